"""heap_web.browser.page: Python in the page and the page's half, which a test plays."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from heap_web.browser.analytics import MAX_COMPLAINTS
from heap_web.browser.load import page_settings
from heap_web.browser.page import DEADLINE, MAX_WAITING, PageAnalytics
from heap_web.browser.results import PendingResult, Result
from heap_web.core.errors import ConfigurationError
from heap_web.core.settings import Settings
from heap_web.core.user import User

DELIVERED = {"status": "delivered", "commands": [["track", "E", {}]]}
STATE = {"heap": "live", "runtime": "ready", "consent": "granted", "waiting": 0}


class FakeHalf:
    """A page's half. It asks Python at once if Heap is `live`; else a test says what became of each call."""

    def __init__(self, *, live: bool = True, version: str = "1", app_id: str | None = None) -> None:
        self.live = live
        self.version = version
        self.app_id = app_id
        self.loaded: list[Any] = []
        self.run: Callable[[str], str] | None = None
        self.calls: list[Any] = []
        self.told: list[Any] = []
        self.decisions: list[bool] = []
        self.heard: dict[str, Callable[[str], None]] = {}
        self.changes: dict[str, Any] = {}
        self.broken: Exception | None = None
        self.before: Callable[[], object] = lambda: None

    def load(self, settings: str) -> None:
        self.loaded.append(json.loads(settings))

    def attach(self, run: Callable[[str], str], settled: Callable[[int, str], None]) -> None:
        self.run, self.settled = run, settled

    def detach(self) -> None:
        self.run = None

    def take(self, text: str, method: str) -> str | int:
        if self.broken is not None:
            raise self.broken
        call = json.loads(text)
        assert call["m"] == method
        self.calls.append(call)
        if not self.live or self.run is None:
            return len(self.calls)
        self.before()
        batch = {"config": {}, "user": {"id": None, "traits": {}, "anonymousId": None}, "calls": [call]}
        (result,) = json.loads(self.run(json.dumps(batch)))["results"]
        self.told += result["commands"]
        reason = {"reason": result["reason"]} if "reason" in result else {}
        return json.dumps({"status": "dropped" if reason else "delivered", "commands": result["commands"], **reason})

    def user(self) -> str:
        return '{"id":7,"traits":{"a":1},"anonymousId":"an"}'

    def state(self) -> str:
        heap = "live" if self.live else "loading"
        return json.dumps({**STATE, "heap": heap, **self.changes})

    def flush(self) -> int:
        return 0 if self.live else len(self.calls)

    def consent(self, granted: bool) -> None:
        self.decisions.append(granted)

    def listen(self, name: str, heard: Callable[[str], None]) -> None:
        assert name not in self.heard
        self.heard[name] = heard

    def unlisten(self, name: str) -> None:
        del self.heard[name]

    def say(self, name: str, event: Any = None) -> None:
        """An event of the page's half."""
        self.heard[name](json.dumps(event))


class FakePage:
    """A page whose time is the test's, with a half of its own or one that can be brought."""

    version = "1"

    def __init__(self, half: FakeHalf | None = None, brought: FakeHalf | None = None) -> None:
        self.half = half
        self.brought = brought
        self.fetched: list[str] = []
        self.complaints: list[str] = []
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.now = 0.0

    def find(self) -> FakeHalf | None:
        return self.half

    def bring(self) -> str:
        self.half = self.brought
        return "" if self.half else "no inline script runs here: pass script= or nonce="

    def fetch(self, url: str, ended: Callable[[str], None]) -> None:
        self.fetched.append(url)
        self.ended = ended

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        self.timers.append((self.now + seconds, function))

    def python(self, value: Any) -> Any:
        return ["from", "javascript"] if value is JAVASCRIPT else value

    def complain(self, message: str) -> None:
        self.complaints.append(message)

    def pass_time(self, seconds: float) -> None:
        """Lets time pass and runs what was to be run then."""
        end = self.now + seconds
        while self.timers and min(at for at, _ in self.timers) <= end:
            at, function = min(self.timers, key=lambda timer: timer[0])
            self.timers.remove((at, function))
            self.now = at
            function()
        self.now = end


JAVASCRIPT = object()


def loaded(page: FakePage, script: str | None = None, **settings: Any) -> PageAnalytics:
    """Analytics in a page."""
    checked = Settings.of("7", **settings)
    return PageAnalytics(checked, page, page_settings(checked), script)


@pytest.fixture
def half() -> FakeHalf:
    return FakeHalf()


@pytest.fixture
def page(half: FakeHalf) -> FakePage:
    return FakePage(half)


@pytest.fixture
def analytics(page: FakePage) -> PageAnalytics:
    return loaded(page)


def test_with_a_live_heap_a_call_is_told_in_the_same_tick(half: FakeHalf, analytics: PageAnalytics) -> None:
    """With a live Heap the page's half asks this Python within the call, whose result is known when it returns."""
    result = analytics.track("E", {"a": {"b": 1}})
    assert half.told == [["track", "E", {"a.b": 1}]]
    assert (result.status, result.reason, result.commands) == ("delivered", None, (("track", ("E", {"a.b": 1})),))


def test_what_the_page_tells_later_becomes_the_result(half: FakeHalf, analytics: PageAnalytics) -> None:
    """A call that waits is settled when the page's half says so, once, by its id, in whatever order."""
    half.live = False
    first, second = analytics.track("A"), analytics.track("B")
    assert (first.status, repr(first), analytics.flush()) == ("kept", "<track 'A': on its way>", 2)
    half.settled(2, json.dumps({"status": "kept", "commands": [], "reason": "Heap is blocked"}))
    half.settled(1, json.dumps(DELIVERED))
    half.settled(1, json.dumps({"status": "dropped", "commands": []}))
    half.settled(99, json.dumps(DELIVERED))
    assert (first.status, second.status, second.reason) == ("delivered", "kept", "Heap is blocked")


@pytest.mark.parametrize("method", ["page", "group", "alias", "reset"])
def test_what_heap_is_not_told_is_dropped_with_the_reason(analytics: PageAnalytics, method: str) -> None:
    """page, group, alias and reset report that Heap is not told of them, as from JavaScript."""
    result = getattr(analytics, method)()
    assert (result.status, result.commands) == ("dropped", ())
    assert "not told to Heap" in str(result.reason)


def test_a_call_that_cannot_be_forwarded_is_dropped_with_the_reason(analytics: PageAnalytics) -> None:
    """A call without an event's name is dropped, with what to pass instead."""
    result = analytics.track("")
    assert (result.status, result.reason) == (
        "dropped",
        "track: the event's name is empty; pass a non-empty string, like track('Signed Up')",
    )


def test_settings_reach_the_page_under_javascripts_names(half: FakeHalf, page: FakePage) -> None:
    """The page's half gets what was set, under its own names, and nothing that was not."""
    loaded(page, sdk="latest", ingest_server="https://c.site.example", array_limit=5, integrations={"All": True})
    assert half.loaded == [
        {
            "appId": "7",
            "sdk": "latest",
            "ingestServer": "https://c.site.example",
            "integrations": {"All": True},
            "arrayLimit": 5,
        }
    ]


def test_without_a_half_one_is_brought() -> None:
    """A page without the page's half gets that of this package."""
    page = FakePage(brought=FakeHalf())
    assert loaded(page).track("E").status == "delivered"


def test_a_page_that_lets_no_inline_script_run_is_an_error() -> None:
    """Where no inline script runs, `load` raises and says what to pass."""
    with pytest.raises(ConfigurationError, match="pass script= or nonce="):
        loaded(FakePage())


def test_calls_wait_for_a_script_that_loads(half: FakeHalf) -> None:
    """With `script`, calls wait in order for the script, with consent decided meanwhile, and are handed over then."""
    page = FakePage()
    analytics = loaded(page, "/heap-web.js", consent_required=True)
    ready = analytics.ready()
    results = [analytics.track(name) for name in "AB"]
    analytics.consent(True)
    assert (page.fetched, analytics.flush(), analytics.user()) == (["/heap-web.js"], 2, User(None, {}, None))
    assert analytics.state == "heap-web.js is on its way, 2 calls wait"
    page.half = half
    page.ended("")
    assert (half.loaded, half.decisions) == ([{"appId": "7", "consentRequired": True}], [True])
    assert [call["a"][0] for call in half.calls] == ["A", "B"]
    assert {result.status for result in (*results, ready)} == {"delivered"}
    page.pass_time(DEADLINE * 2)
    assert page.complaints == []


@pytest.mark.parametrize(
    ("ends", "says"),
    [
        (lambda page: page.ended("script: /x.js was not found"), "script: /x.js was not found"),
        (lambda page: page.ended(""), "is not heap-web.js"),
        (lambda page: page.pass_time(DEADLINE + 1), "/x.js was not there within 15 s"),
    ],
)
def test_a_script_that_does_not_come(half: FakeHalf, ends: Callable[[FakePage], None], says: str) -> None:
    """A script that is not found, is another or never ends: that is said once, calls are kept, until one is there."""
    page = FakePage()
    analytics = loaded(page, "/x.js")
    errors: list[str] = []
    analytics.on("error", errors.append)
    ready, result = analytics.ready(), analytics.track("A")
    ends(page)
    page.pass_time(DEADLINE * 2)
    later = analytics.track("B")
    assert [one.status for one in (ready, result, later)] == ["kept"] * 3
    assert (len(errors), len(page.complaints)) == (1, 1)
    assert says in errors[0] == later.reason
    page.half = half
    assert analytics.track("C").status == "delivered"
    assert [call["a"][0] for call in half.calls] == ["A", "B", "C"]
    assert (result.status, later.status) == ("delivered", "delivered")


def test_no_more_than_so_many_calls_wait() -> None:
    """Without the page's half no more than MAX_WAITING calls wait; those beyond are dropped, with one warning."""
    page = FakePage()
    analytics = loaded(page, "/x.js")
    for _ in range(MAX_WAITING):
        analytics.track("E")
    assert [analytics.track("over").reason for _ in range(3)] == ["too many calls wait"] * 3
    assert page.complaints == ["[heap-web] too many calls wait"]


def test_a_half_of_another_version_is_shared(half: FakeHalf, page: FakePage) -> None:
    """The page's half of another version is shared too, with one warning."""
    half.version = "2"
    assert loaded(page).track("E").status == "delivered"
    assert page.complaints == ["[heap-web] the page has heap-web.js 2, Python has heap_web 1: use one version"]


def test_a_page_with_another_app_id_is_an_error(half: FakeHalf, page: FakePage) -> None:
    """A page that has loaded another App ID is an error that names both; the same one is shared."""
    half.app_id = "8"
    with pytest.raises(ConfigurationError, match="has App ID 8 already, Python was given 7"):
        loaded(page)
    assert half.run is None
    half.app_id = "7"
    assert loaded(page).track("E").status == "delivered"
    assert page.complaints == []


def test_settings_that_come_too_late_are_said(half: FakeHalf, page: FakePage) -> None:
    """Settings for a page that is loaded already have no effect, which is said once."""
    half.app_id = "7"
    analytics = loaded(page, array_limit=2)
    analytics.loaded_again(Settings.of("7", array_limit=3))
    analytics.loaded_again(Settings.of("7", array_limit=2))
    assert page.complaints == ["[heap-web] Heap is loaded already, with other settings: those given now have no effect"]


def test_a_half_that_fails_raises_nothing(half: FakeHalf, page: FakePage, analytics: PageAnalytics) -> None:
    """Whatever the page has done to its half, a call raises nothing: it is dropped, and that is said."""
    half.broken = RuntimeError("no")
    result = analytics.track("E")
    assert (result.status, result.reason) == ("dropped", "the page's half failed: no")
    assert len(page.complaints) == 1


def test_a_call_too_deep_in_a_recursion_raises_nothing(analytics: PageAnalytics) -> None:
    """A call where the stack is nearly used up raises nothing of its own: every call has a result."""
    results: list[PendingResult] = []

    def descend() -> None:
        results.append(analytics.track("E", {"a": {"b": [1.5]}}))
        descend()

    with pytest.raises(RecursionError):
        descend()
    assert {result.status for result in results} <= {"delivered", "dropped"}


# -- ready, consent, the visitor


def test_ready(half: FakeHalf, page: FakePage) -> None:
    """`ready` is there when Heap is live, and calls back once, then or at once."""
    half.live = False
    analytics = loaded(page)
    called: list[str] = []
    ready = analytics.ready(lambda: called.append("early"))
    assert (repr(ready), called) == ("<ready: on its way>", [])
    half.live = True
    half.say("ready")
    analytics.ready(lambda: called.append("late"))
    assert (ready.status, called) == ("delivered", ["early", "late"])


def test_ready_that_fails(half: FakeHalf, page: FakePage) -> None:
    """An error of the page's half ends the waiting for `ready`; should Heap come later, it is ready all the same."""
    half.live = False
    analytics = loaded(page)
    errors: list[str] = []
    analytics.on("error", errors.append)
    half.say("error", {"code": "heap", "message": "Heap's script was blocked"})

    async def wait() -> Result:
        return await asyncio.wait_for(analytics.ready(), 1)

    assert asyncio.run(wait())[0::2] == ("kept", "Heap's script was blocked")
    assert errors == ["Heap's script was blocked"]
    half.say("ready")
    assert analytics.ready().status == "delivered"


def test_consent_refused_and_given_again(half: FakeHalf, page: FakePage) -> None:
    """`ready` ends with a refusal, and with consent given again Heap is waited for anew."""
    half.live = False
    half.changes = {"consent": "required"}
    analytics = loaded(page, consent_required=True)
    assert analytics.state == "waiting for consent"
    half.changes = {"consent": "refused"}
    analytics.consent(False)
    assert repr(analytics.ready()) == "<ready: dropped, the visitor does not consent>"
    half.changes = {}
    analytics.consent(True)
    assert repr(analytics.ready()) == "<ready: on its way>"
    half.say("ready")
    assert (half.decisions, analytics.ready().status) == ([False, True], "delivered")


def test_consent_refused_within_a_call(half: FakeHalf, analytics: PageAnalytics) -> None:
    """What Heap or a listener has decided within a call holds when it returns."""
    half.before = lambda: analytics.consent(False)
    analytics.track("E")
    assert half.decisions == [False]


@pytest.mark.parametrize(
    ("changes", "settings", "words"),
    [
        ({}, {}, "live"),
        ({"heap": "loading", "waiting": 3}, {}, "loading, 3 calls wait"),
        ({"heap": "failed"}, {}, "Heap could not be loaded"),
        ({"runtime": "failed"}, {}, "Python could not be started"),
        ({"consent": "refused"}, {}, "the visitor does not consent"),
        (
            {"heap": "idle"},
            {"integrations": {"All": False}},
            "Heap is switched off by the integrations in the settings",
        ),
    ],
)
def test_how_it_goes_in_words(
    half: FakeHalf, page: FakePage, changes: dict[str, Any], settings: dict[str, Any], words: str
) -> None:
    """The state in a few words, as the page's half has it."""
    half.changes = changes
    analytics = loaded(page, **settings)
    assert analytics.state == words
    assert repr(analytics) == f"<analytics: App ID 7, {words}>"


def test_who_the_visitor_is(analytics: PageAnalytics) -> None:
    """The visitor is the page's."""
    assert analytics.user() == User(7, {"a": 1}, "an")
    assert "<td>7</td>" in analytics._repr_html_()


# -- results, events, callbacks


def test_results_can_be_awaited(half: FakeHalf, analytics: PageAnalytics) -> None:
    """Awaiting a call waits until it is known what became of it, and gives that."""

    async def visit() -> list[Result]:
        known = await analytics.track("A")
        half.live = False
        waiting = analytics.track("B")
        asyncio.get_running_loop().call_soon(half.settled, 2, json.dumps(DELIVERED))
        return [known, await waiting]

    assert [result.status for result in asyncio.run(visit())] == ["delivered", "delivered"]


def test_handlers_hear_of_calls_and_results(half: FakeHalf, analytics: PageAnalytics) -> None:
    """Handlers hear of each call as it was made and of each result, until they are taken away."""
    heard: list[Any] = []
    track: Callable[..., None] = lambda *given: heard.append(("track", *given))  # noqa: E731
    analytics.on("track", track).on("settled", lambda result: heard.append(result.status))
    analytics.track("E", {"a": 1})
    assert heard == [("track", "E", {"a": 1}, None, None), "delivered"]
    analytics.off("track", track).off("settled")
    analytics.track("E")
    assert len(heard) == 2


def test_once(analytics: PageAnalytics) -> None:
    """A handler by `once` hears once, and none at all if it is taken away first, by its own function."""
    heard: list[str] = []
    analytics.once("track", lambda *_: heard.append("once"))
    taken: Callable[..., None] = lambda *_: heard.append("never")  # noqa: E731
    analytics.once("track", taken).off("track", taken)
    analytics.track("A")
    analytics.track("B")
    assert heard == ["once"]


def test_once_calls_within_itself(analytics: PageAnalytics) -> None:
    """A handler by `once` that makes a call itself does not hear of that one."""
    heard: list[str] = []

    def hear(*_: object) -> None:
        heard.append("once")
        analytics.track("B")

    analytics.once("track", hear)
    analytics.track("A")
    assert heard == ["once"]


@pytest.mark.parametrize("name", ["call", "transformed", "state", "warning"])
def test_events_of_the_pages_half_are_heard_while_somebody_listens(
    half: FakeHalf, analytics: PageAnalytics, name: str
) -> None:
    """An event of the page's half reaches handlers as it is; without any it is not listened to."""
    heard: list[Any] = []
    assert name not in half.heard
    analytics.on(name, heard.append).on(name, heard.append)
    half.say(name, {"id": 1})
    assert heard == [{"id": 1}] * 2
    analytics.off(name)
    assert name not in half.heard
    analytics.once(name, heard.append)
    half.say(name, {"id": 2})
    assert name not in half.heard
    assert heard[2:] == [{"id": 2}]


def test_events_asked_for_before_the_page_is_there(half: FakeHalf) -> None:
    """Handlers of the page's events may come before the page's half."""
    page = FakePage()
    analytics = loaded(page, "/x.js")
    heard: list[Any] = []
    analytics.on("transformed", heard.append)
    page.half = half
    page.ended("")
    half.say("transformed", {"id": 1})
    assert heard == [{"id": 1}]


def test_callbacks_are_called_once_in_order_and_may_raise(page: FakePage, analytics: PageAnalytics) -> None:
    """Callbacks are called once, in order, after their call, and one that raises stops nothing."""
    called: list[int] = []

    def first() -> None:
        called.append(1)
        raise RuntimeError("no")

    analytics.track("E", {}, {}, first)
    analytics.identify("u1", lambda: called.append(2))
    analytics.page("n", lambda: called.append(3))
    assert called == []
    page.pass_time(0)
    page.pass_time(1)
    assert called == [1, 2, 3]
    assert page.complaints == ["[heap-web] a callback raised RuntimeError: no"]


def test_an_exception_that_cannot_be_shown_stops_nothing(page: FakePage, analytics: PageAnalytics) -> None:
    """A handler's exception whose text cannot be had stops nothing either."""

    class Unshowable(Exception):
        def __str__(self) -> str:
            raise ValueError("no text")

    def handler(*_: object) -> None:
        raise Unshowable

    analytics.on("track", handler)
    assert analytics.track("E").status == "delivered"
    assert "Unshowable" in page.complaints[0]


def test_warnings_are_bounded(page: FakePage, analytics: PageAnalytics) -> None:
    """Warnings that differ each time, as by an error's text, end after MAX_COMPLAINTS: so few are kept."""

    def handler(event: str, *_: object) -> None:
        raise ValueError(event)

    analytics.on("track", handler)
    for number in range(MAX_COMPLAINTS + 5):
        analytics.track(f"E{number}")
    assert len(page.complaints) == MAX_COMPLAINTS


def test_javascript_values_are_read(half: FakeHalf, analytics: PageAnalytics) -> None:
    """JavaScript's values are read by the page, as arguments and at any depth."""
    analytics.track("E", {"a": {"b": JAVASCRIPT}})
    analytics.track("E", JAVASCRIPT)
    assert half.told == [
        ["track", "E", {"a.b": '["from","javascript"]'}],
        ["track", "E", {"0": "from", "1": "javascript"}],
    ]


def test_values_too_deep_are_said(page: FakePage, analytics: PageAnalytics) -> None:
    """Values nested too deep are dropped, and that is said once."""
    value: dict[str, Any] = {}
    for _ in range(600):
        value = {"a": value}
    for _ in range(2):
        analytics.track("E", value)
    assert page.complaints == ["[heap-web] track: values nested more than 500 levels deep were dropped"]


# -- the end


def test_closed_it_lets_the_page_go(half: FakeHalf, analytics: PageAnalytics) -> None:
    """Closed, also twice, it holds nothing of the page; calls that wait are kept there, later ones are dropped."""
    analytics.on("transformed", print)
    half.live = False
    waiting = analytics.track("A")
    analytics.close()
    analytics.close()
    later = analytics.track("B")
    assert (half.run, half.heard) == (None, {})
    assert (waiting.status, later.status, later.reason) == ("kept", "dropped", "analytics was closed")
    assert (analytics.state, analytics.flush()) == ("closed", 0)


def test_closed_before_the_page_is_there(half: FakeHalf) -> None:
    """Closed before the script has come, it drops what waited, and the script that comes is left alone."""
    page = FakePage()
    analytics = loaded(page, "/x.js")
    waiting, ready = analytics.track("A"), analytics.ready()
    analytics.close()
    page.half = half
    page.ended("")
    page.pass_time(DEADLINE * 2)
    assert [waiting.status, ready.status] == ["dropped"] * 2
    assert (half.run, half.loaded, page.complaints) == (None, [], [])


@pytest.mark.parametrize("event", ["track", "settled"])
def test_closed_by_a_handler(analytics: PageAnalytics, event: str) -> None:
    """A handler may close it amid a call: every result is known."""
    analytics.on(event, lambda *_: analytics.close())
    results = [analytics.track(name) for name in "ABC"]
    assert "on its way" not in repr(results)
    assert results[-1].status == "dropped"
