"""heap_web.browser.bridge and heap_web.browser.handover: calls from a worker to the page, in order and once each."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from heap_web.browser.bridge import DEADLINE, BridgeAnalytics
from heap_web.browser.handover import MAX_KEPT, MESSAGE_CALLS, Handover
from heap_web.browser.results import PendingResult, Result
from heap_web.core.commands import Command
from heap_web.core.errors import NoPageError
from heap_web.core.settings import Settings


class World:
    """A worker's world with a clock that a test moves, and pages that a test plays."""

    def __init__(self) -> None:
        self.time = 0.0
        self.timers: list[tuple[float, int, Callable[[], None]]] = []
        self.sent: list[dict[str, Any]] = []
        self.said: list[str] = []
        self.is_open = False
        self.locks: list[str] = []

    def open(self, receive: Callable[[str], None]) -> None:
        self.receive, self.is_open = receive, True

    def post(self, text: str) -> None:
        assert self.is_open, "a closed channel raises"
        self.sent.append(json.loads(text))

    def close(self) -> None:
        assert self.is_open, "its listener cannot be destroyed twice"
        self.is_open = False
        self.locks.clear()

    def now(self) -> float:
        return self.time

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        self.timers.append((self.time + seconds, len(self.timers), function))

    def hold(self, name: str, held: Callable[[], None]) -> None:
        self.locks.append(name)
        self.held = held

    def python(self, value: Any) -> Any:
        return value

    def new_id(self) -> str:
        return "w1"

    def origin(self) -> str:
        return "https://shop.example.com"

    def complain(self, message: str) -> None:
        self.said.append(message)

    def run(self, seconds: float) -> None:
        """Lets time pass, and timers with it."""
        end = self.time + seconds
        while self.timers and min(self.timers)[0] <= end:
            timer = min(self.timers)
            self.timers.remove(timer)
            self.time = timer[0]
            timer[2]()
        self.time = end

    def say(self, kind: str, to: str = "w1", **fields: Any) -> None:
        """What a page says."""
        self.receive(json.dumps({"to": to, "type": kind, **fields}))

    def take(self, kind: str) -> list[dict[str, Any]]:
        """The messages of a kind that were sent since the last time."""
        found = [message for message in self.sent if message["type"] == kind]
        self.sent = [message for message in self.sent if message["type"] != kind]
        return found


DELIVERED = {"status": "delivered", "commands": [["track", "E", {}]]}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def analytics(world: World) -> BridgeAnalytics:
    return BridgeAnalytics(Settings.of("1535634150"), world)


def names(messages: list[dict[str, Any]]) -> list[str]:
    """The events in `calls` messages."""
    return [call["a"][0] for message in messages for call in message["calls"]]


def test_calls_wait_for_a_page(world: World, analytics: BridgeAnalytics) -> None:
    """Calls made before a page answers are sent when one does, in order, and kept until it has them."""
    analytics.track("A")
    analytics.track("B", {"n": 1})
    assert world.take("calls") == []
    assert world.take("hello")[0]["appId"] == "1535634150"
    world.say("here", page="p1", taken=0, user={"id": "u", "traits": {"a": 1}, "anonymousId": "x"})
    (message,) = world.take("calls")
    assert (message["first"], names([message])) == (1, ["A", "B"])
    assert analytics.user() == ("u", {"a": 1}, "x")
    assert analytics.flush() == 2
    world.say("taken", page="p1", taken=2)
    assert analytics.flush() == 0


def test_each_call_at_once(world: World, analytics: BridgeAnalytics) -> None:
    """With a page there, each call is sent at once, under its number."""
    world.say("here", page="p1", taken=0)
    for name in "ABC":
        analytics.track(name)
    assert [(message["first"], names([message])) for message in world.take("calls")] == [
        (1, ["A"]),
        (2, ["B"]),
        (3, ["C"]),
    ]


def test_result(world: World, analytics: BridgeAnalytics) -> None:
    """Awaiting a call gives what the page says became of it; its callback is called once, soon after."""
    called: list[int] = []
    result = analytics.track("E", None, None, lambda: called.append(1))
    world.say("here", page="p1", taken=0)
    assert called == []
    world.say("settled", page="p1", call=1, result=DELIVERED, user={"id": 7})

    async def wait() -> Result:
        return await result

    assert asyncio.run(wait()) == ("delivered", (Command("track", ("E", {})),), None, "track 'E'")
    assert (result.status, result.commands) == ("delivered", (Command("track", ("E", {})),))
    world.run(1)
    assert called == [1]
    assert analytics.user().id == 7
    assert repr(result) == "<track 'E': delivered (track)>"


def test_another_page_takes_over(world: World, analytics: BridgeAnalytics) -> None:
    """A page that takes over gets what is not safe yet, and no more; what the one before took is reported kept."""
    world.say("here", page="p1", taken=0)
    results = [analytics.track(name) for name in "ABC"]
    world.say("taken", page="p1", taken=1)
    world.take("calls")
    world.say("here", page="p2", taken=2)
    assert names(world.take("calls")) == ["C"]
    assert [result.status for result in results[:2]] == ["kept", "kept"]
    assert "journal" in (results[0].reason or "")
    world.say("settled", page="p2", call=3, result=DELIVERED)
    assert results[2].status == "delivered"


def test_a_page_that_has_lost_its_mark_is_told_what_is_safe(world: World, analytics: BridgeAnalytics) -> None:
    """With its calls a page is told how many before them are safe, as far as a page has confirmed it."""
    world.say("here", page="p1", taken=0)
    for name in "ABC":
        analytics.track(name)
    world.say("taken", page="p1", taken=2)
    assert [message["taken"] for message in world.take("calls")] == [0, 0, 0]
    world.say("here", page="p2", taken=0)  # its storage has been cleared
    analytics.track("D")
    assert [(message["first"], message["taken"]) for message in world.take("calls")] == [(3, 2), (4, 2)]


def test_old_page_is_ignored(world: World, analytics: BridgeAnalytics) -> None:
    """What a page says that no longer serves counts for nothing."""
    world.say("here", page="p1", taken=0)
    analytics.track("A")
    world.say("here", page="p2", taken=0)
    world.take("calls")
    world.say("taken", page="p1", taken=1)
    world.say("gone", page="p1")
    assert analytics.flush() == 1
    assert world.take("hello")


def test_page_goes(world: World, analytics: BridgeAnalytics) -> None:
    """When the page says that it goes, another is looked for at once, and calls wait for it."""
    world.say("here", page="p1", taken=0)
    world.take("hello")
    world.say("gone", page="p1")
    assert len(world.take("hello")) == 1
    analytics.track("A")
    assert world.take("calls") == []
    world.say("here", page="p2", taken=0)
    assert names(world.take("calls")) == ["A"]


def test_ready_between_two_pages(world: World, analytics: BridgeAnalytics) -> None:
    """Once a page has answered, `ready` calls back at once, also while the next page is looked for."""
    called: list[int] = []
    world.say("here", page="p1", taken=0)
    world.say("gone", page="p1")
    analytics.ready(lambda: called.append(1))
    world.say("here", page="p2", taken=0)
    assert called == [1]


def test_page_dies_silently(world: World, analytics: BridgeAnalytics) -> None:
    """A page that dies without a word is missed within seconds of the next call, which the next page gets."""
    world.say("here", page="p1", taken=0)
    analytics.track("A")
    world.take("calls")
    world.run(5)
    assert world.take("hello")
    world.say("here", page="p2", taken=0)
    assert names(world.take("calls")) == ["A"]


def test_other_workers_do_not_hide_that_the_page_is_dead(world: World, analytics: BridgeAnalytics) -> None:
    """What other workers and pages say on the channel is no sign of life of the page that serves this one."""
    world.say("here", page="p1", taken=0)
    analytics.track("A")
    world.take("hello")
    for _ in range(8):
        world.run(0.5)
        world.say("hello", to="pages", worker="w2", appId="1535634150")
        world.say("here", to="w2", page="p3", taken=0)
    assert world.take("hello")
    assert "looking for a page" in analytics.state


def test_a_slow_page_is_no_dead_page(world: World, analytics: BridgeAnalytics) -> None:
    """A page that answers, but whose Heap is not there yet, keeps its calls: they are not sent again."""
    world.say("here", page="p1", taken=0)
    analytics.track("A")
    world.say("taken", page="p1", taken=1)
    world.take("calls")
    for _ in range(30):
        world.run(0.5)
        if world.take("hello"):
            world.say("here", page="p1", taken=1)
    assert world.take("calls") == []
    assert "in the page" in analytics.state


def test_nobody_answers(world: World, analytics: BridgeAnalytics) -> None:
    """With no page, `ready` raises by the deadline and says what to do; calls are reported kept, and stay."""
    errors: list[str] = []
    analytics.on("error", errors.append)
    result, ready = analytics.track("A"), analytics.ready()
    world.run(DEADLINE + 1)

    async def wait() -> None:
        await ready

    with pytest.raises(NoPageError, match=r"heap-web\.js into a page of https://shop\.example\.com"):
        asyncio.run(wait())
    assert (result.status, len(world.said), len(errors)) == ("kept", 1, 1)
    assert "no page has answered, 1 calls wait" in repr(analytics)
    assert analytics.track("B").status == "kept"
    world.run(60)
    assert world.timers == []
    world.say("page", to="workers")
    world.take("hello")
    again = analytics.ready()
    assert world.take("hello")
    world.say("here", page="p1", taken=0)
    assert names(world.take("calls")) == ["A", "B"]
    assert again.status == "delivered"
    world.say("settled", page="p1", call=1, result=DELIVERED)
    assert result.status == "delivered"


def test_calls_made_when_it_is_heard_that_nobody_answers(world: World, analytics: BridgeAnalytics) -> None:
    """Who hears that a call is kept may make another, at the deadline and later: nothing raises, each is told."""
    heard: list[str] = []

    def hear(result: PendingResult) -> None:
        heard.append(repr(result))
        if len(heard) < 4:
            analytics.track(f"after {len(heard)}")

    analytics.on("settled", hear)
    analytics.track("A", None, None, lambda: analytics.track("by callback"))
    analytics.track("B")
    world.run(DEADLINE + 1)
    assert len(heard) == 6
    analytics.track("C", None, None, lambda: analytics.track("by callback, later"))
    world.run(1)
    assert len(heard) == 8
    assert [text for text in heard if "kept, no page took" not in text] == []
    analytics.ready()
    world.take("hello")
    world.run(5)
    assert world.take("hello")  # it still looks for a page
    world.say("here", page="p1", taken=0)
    assert names(world.take("calls"))[:2] == ["A", "B"]


@pytest.mark.parametrize("event", ["error", "settled"])
def test_asked_to_look_again_when_nobody_answers(world: World, analytics: BridgeAnalytics, event: str) -> None:
    """Who hears that no page has answered may have it look again at once: it does, until the next deadline."""
    again: list[PendingResult] = []
    analytics.once(event, lambda _: again.append(analytics.ready()))
    first = analytics.ready()
    analytics.track("A")
    world.run(DEADLINE + 1)
    assert "no page took" in repr(first)
    assert repr(again[0]) == "<call: on its way>"
    world.run(DEADLINE + 1)
    assert "no page took" in repr(again[0])
    assert world.timers == []


def test_refused(world: World, analytics: BridgeAnalytics) -> None:
    """A page that will not serve says why, and so does the error."""
    world.say("refused", reason="the page has App ID 1, Python was given 2")
    world.run(DEADLINE + 1)
    assert "the page has App ID 1, Python was given 2" in world.said[0]


def test_nothing_left_running(world: World, analytics: BridgeAnalytics) -> None:
    """When nothing is under way, no timer runs."""
    world.say("here", page="p1", taken=0)
    analytics.track("A")
    world.say("taken", page="p1", taken=1)
    world.say("settled", page="p1", call=1, result=DELIVERED)
    world.run(5)
    assert world.timers == []


def test_close(world: World, analytics: BridgeAnalytics) -> None:
    """Closed, also twice, it listens and asks no more; whoever waits is told, and what no page has is dropped."""
    waiting, ready = analytics.track("A"), analytics.ready()
    analytics.close()
    analytics.close()
    later = analytics.track("B")
    world.run(60)
    assert (world.is_open, world.timers, world.said) == (False, [], [])
    assert repr(waiting) == "<track 'A': dropped, analytics was closed>"
    assert repr(ready) == "<dropped, analytics was closed>"
    assert (later.status, analytics.flush()) == ("dropped", 0)
    assert analytics.state == "closed"


def test_closed_while_a_page_serves(world: World, analytics: BridgeAnalytics) -> None:
    """Calls that a page has been sent are reported as kept: it may have them."""
    world.say("here", page="p1", taken=0)
    sent = analytics.track("A")
    analytics.close()
    assert repr(sent) == "<track 'A': kept, analytics was closed>"


@pytest.mark.parametrize(
    ("closes", "statuses"), [("track", ["dropped"] * 3), ("settled", ["kept"] * 3), ("ready", ["kept"] * 3)]
)
def test_closed_by_a_handler(world: World, analytics: BridgeAnalytics, closes: str, statuses: list[str]) -> None:
    """A handler may close it amid a call or a message: nothing more is sent, and every result is known."""
    analytics.on(closes, lambda *_: analytics.close())
    if closes == "settled":
        world.say("here", page="p1", taken=0)
    results = [analytics.track(name) for name in "ABC"]
    world.say("here", page="p2", taken=2)
    world.run(60)
    assert (analytics.state, world.timers) == ("closed", [])
    assert [result.status for result in results] == statuses
    assert "on its way" not in repr(results)


@pytest.mark.parametrize("event", ["", None, 7.5j])
def test_no_event_name(world: World, analytics: BridgeAnalytics, event: Any) -> None:
    """A call that cannot be forwarded is the page's to drop, as one made there is: the page gives the reason."""
    world.say("here", page="p1", taken=0)
    result = analytics.track(event, {"a": 1})
    assert len(world.take("calls")) == 1
    world.say("settled", page="p1", call=1, result={"status": "dropped", "commands": [], "reason": "no name"})
    assert (result.status, result.reason, result.commands) == ("dropped", "no name", ())


def test_it_is_known_to_live_and_says_goodbye(world: World, analytics: BridgeAnalytics) -> None:
    """It holds a lock while it lives, names the lock once it is held, and gives it back with a goodbye."""
    assert world.take("hello")[0].get("lock") is None
    assert world.locks == ["heap-web:worker:w1"]
    world.held()
    assert world.take("hello")[0]["lock"] == "heap-web:worker:w1"
    analytics.close()
    assert (len(world.take("goodbye")), world.locks) == (1, [])


def test_loaded_again(world: World, analytics: BridgeAnalytics) -> None:
    """Loaded again with settings, it says once that these are the page's to make."""
    for _ in range(3):
        analytics.loaded_again(Settings.of("1535634150", array_limit=2))
    assert len(world.said) == 1
    assert "array_limit has no effect here" in world.said[0]


def test_settings_are_the_pages(world: World) -> None:
    """Settings given in a worker have no effect, and that is said."""
    BridgeAnalytics(Settings.of("1535634150", sdk="latest"), world)
    assert "sdk has no effect here" in world.said[0]


def test_methods(world: World, analytics: BridgeAnalytics) -> None:
    """Each method is sent under analytics.js' name, its arguments as given."""
    world.say("here", page="p1", taken=0)
    analytics.identify("u1", {"plan": "pro"})
    analytics.identify({"plan": "pro"})
    analytics.page("Home")
    analytics.group("g1", {"a": 1})
    analytics.alias("new", "old")
    analytics.reset()
    analytics.set_anonymous_id("anna")
    assert [(call["m"], call["a"]) for message in world.take("calls") for call in message["calls"]] == [
        ("identify", ["u1", {"plan": "pro"}]),
        ("identify", [{"plan": "pro"}]),
        ("page", ["Home"]),
        ("group", ["g1", {"a": 1}]),
        ("alias", ["new", "old"]),
        ("reset", []),
        ("setAnonymousId", ["anna"]),
    ]


@pytest.mark.parametrize(
    "text",
    ["", "{", "7", "null", "[]", '{"to":"w1"}', '{"to":"w1","type":"here"}', '{"to":"w1","type":"taken","taken":"x"}'],
)
def test_foreign_messages(world: World, analytics: BridgeAnalytics, text: str) -> None:
    """What somebody else says on the channel harms nothing."""
    analytics.track("A")
    world.receive(text)
    world.say("here", page="p1", taken=0)
    assert names(world.take("calls")) == ["A"]


def test_many_calls_in_messages_of_bounded_size() -> None:
    """What waited is sent in messages of no more than MESSAGE_CALLS calls, and no more than MAX_KEPT wait."""
    handover = Handover("w1", "1")
    for _ in range(MAX_KEPT):
        handover.add("{}", PendingResult())
    over = PendingResult()
    handover.add("{}", over)
    assert over.status == "dropped"
    messages = handover.receive('{"to":"w1","type":"here","page":"p1","taken":0}')
    assert len(messages) == MAX_KEPT / MESSAGE_CALLS
    assert json.loads(messages[1])["first"] == MESSAGE_CALLS + 1


def test_calls_are_dropped_while_the_visitor_refuses(world: World, analytics: BridgeAnalytics) -> None:
    """Once the page says that Heap must not be told, waiting calls and new ones are dropped, until it serves again."""
    waiting, ready = analytics.track("A"), analytics.ready()
    world.say("denied", to="workers", appId="42", reason="no consent")
    assert waiting.reason is None  # another App ID's page
    world.say("denied", to="workers", appId="1535634150", reason="no consent")
    refused = analytics.track("B")
    assert [(one.status, one.reason) for one in (waiting, refused, ready)] == [("dropped", "no consent")] * 3
    assert analytics.state == "not told anything: no consent"
    world.run(60)
    assert (world.timers, world.said) == ([], [])
    world.say("page", to="workers")
    world.say("here", page="p1", taken=0)
    analytics.track("C")
    (message,) = world.take("calls")
    assert names([message]) == ["C"]
    assert message["first"] == message["taken"] + 1


def test_consent_withdrawn_in_the_page_that_serves(world: World, analytics: BridgeAnalytics) -> None:
    """A page that serves says first that it goes: what it has taken is its own to drop, what comes is dropped here."""
    world.say("here", page="p1", taken=0)
    taken = analytics.track("A")
    world.say("taken", page="p1", taken=1)
    world.say("denied", to="w1", appId="1535634150", reason="no consent")
    assert analytics.track("still").reason is None  # not while a page serves
    world.say("settled", page="p1", call=1, result={"status": "dropped", "commands": [], "reason": "no consent"})
    world.say("gone", page="p1")
    world.say("denied", to="w1", appId="1535634150", reason="no consent")
    assert [one.status for one in (taken, analytics.track("B"))] == ["dropped"] * 2
