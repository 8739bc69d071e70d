"""page.py: calls are taken at once and Heap is told in order, against a page without a browser."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

import heap_web
from heap_web.browser.analytics import MAX_COMPLAINTS
from heap_web.browser.page import DEADLINE, PageAnalytics
from heap_web.browser.results import Result, Settled
from heap_web.core.commands import Command
from heap_web.core.errors import ConfigurationError
from heap_web.core.settings import Settings
from heap_web.core.user import User


class FakePage:
    """A page whose time, storage and Heap are the test's."""

    def __init__(self, *, live: bool = False, tracks: bool = True) -> None:
        self.live = live
        self.tracks = tracks
        self.store: dict[str, str] = {}
        self.denied = False
        self.told: list[Any] = []
        self.installed: list[Settings] = []
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.now = 0.0
        self.complaints: list[str] = []
        self.ended: Callable[[str | None], None] = lambda why: None
        self.refuses: set[str] = set()

    def read(self, key: str) -> str | None:
        return None if self.denied else self.store.get(key)

    def write(self, key: str, text: str | None) -> None:
        if self.denied:
            raise OSError("denied")
        if text is None:
            self.store.pop(key, None)
        else:
            self.store[key] = text

    def install(self, settings: Settings, ended: Callable[[str | None], None]) -> None:
        self.installed.append(settings)
        self.ended = ended

    def is_live(self) -> bool:
        return self.live

    def tell(self, command: Command) -> None:
        if command.method in self.refuses:
            raise RuntimeError("Heap threw")
        self.told.append([command.method, *command.arguments])

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        self.timers.append((self.now + seconds, function))

    def local(self, text: str) -> str | None:
        return "2020-06-07T12:09:10.000Z" if text == "2020-06-07 08:09:10" else None

    def python(self, value: Any) -> Any:
        return ["from", "javascript"] if value is JAVASCRIPT else value

    def new_id(self) -> str:
        return "new-id"

    def asks_not_to_track(self) -> bool:
        return not self.tracks

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


def analytics(page: FakePage, **settings: Any) -> PageAnalytics:
    """Analytics in a page."""
    return PageAnalytics(Settings.of("7", **settings), page)


def test_with_a_live_heap_a_call_is_delivered_in_the_same_tick() -> None:
    """With a live Heap a call is delivered in the same tick, and nothing is put into the page."""
    page = FakePage(live=True)
    result = analytics(page).track("E", {"a": {"b": 1}})
    assert page.told == [["track", "E", {"a.b": 1}]]
    assert (result.status, result.reason) == ("delivered", None)
    assert page.installed == []


def test_without_heap_calls_wait_in_order_until_it_is_live() -> None:
    """Without Heap the script is put in once, and calls wait in order until Heap is live."""
    page = FakePage()
    calls = analytics(page)
    results = [calls.track("A"), calls.identify("u1", {"p": 1}), calls.track("B")]
    assert [result.status for result in results] == ["kept"] * 3
    assert (len(page.installed), calls.flush()) == (1, 3)
    page.live = True
    page.ended(None)
    assert [told[0] for told in page.told] == ["track", "identify", "addUserProperties", "track"]
    assert {result.status for result in results} == {"delivered"}
    assert calls.flush() == 0


def test_heap_is_noticed_without_a_script_of_ours() -> None:
    """A Heap that comes by another script is noticed by looking now and then."""
    page = FakePage()
    result = analytics(page).track("E")
    page.pass_time(1)
    page.live = True
    page.pass_time(2)
    assert result.status == "delivered"
    assert page.timers == []


def test_a_heap_that_never_comes_ends_in_a_stated_state() -> None:
    """A Heap that never comes ends the looking; calls are reported as kept, with one warning, and go out if it does."""
    page = FakePage()
    calls = analytics(page)
    errors: list[str] = []
    calls.on("error", errors.append)
    result = calls.track("A")
    page.pass_time(DEADLINE * 3)
    assert page.timers == []
    assert (result.status, result.reason) == ("kept", "Heap did not start")
    assert (errors, len(page.complaints)) == (["Heap did not start"], 1)
    page.live = True
    calls.track("B")
    assert [told[1] for told in page.told] == ["A", "B"]
    assert result.status == "delivered"


def test_a_blocked_script_is_reported_at_once() -> None:
    """A script that is blocked is reported at once."""
    page = FakePage()
    result = analytics(page).track("A")
    page.ended("was blocked or not found")
    assert (result.status, result.reason) == ("kept", "Heap's script was blocked or not found")


def test_a_call_made_after_heap_has_failed_can_be_awaited() -> None:
    """A call made once Heap has failed, or as that is told, is reported as kept at once, and goes out if Heap comes."""
    page = FakePage()
    calls = analytics(page)
    results: list[Result] = []
    calls.on("error", lambda _: results.append(calls.track("A")))
    page.ended("was blocked or not found")
    results.append(calls.track("B"))

    async def wait() -> list[str | None]:
        return [(await asyncio.wait_for(result, 1)).reason for result in results]

    assert asyncio.run(wait()) == ["Heap's script was blocked or not found"] * 2
    page.live = True
    results.append(calls.track("C"))
    assert [repr(result) for result in results] == ["<delivered (track)>"] * 3


def test_no_more_than_so_many_calls_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Heap does not come, no more than MAX_WAITING calls wait; those beyond are dropped, with one warning."""
    monkeypatch.setattr("heap_web.browser.page.MAX_WAITING", 2)
    page = FakePage()
    calls = analytics(page)
    results = [calls.track(name) for name in "ABCD"]
    assert [result.status for result in results] == ["kept", "kept", "dropped", "dropped"]
    assert (page.complaints, results[3].reason) == (["[heap-web] too many calls wait"], "too many calls wait")
    page.live = True
    assert calls.track("E").status == "delivered"
    assert [told[1] for told in page.told] == ["A", "B", "E"]


def test_a_method_of_heap_that_throws_stops_nothing() -> None:
    """A method of Heap that throws drops its call and stops nothing."""
    page = FakePage(live=True)
    page.refuses = {"identify"}
    calls = analytics(page)
    assert calls.identify("u1").status == "dropped"
    assert calls.track("E").status == "delivered"


def test_the_visitor_is_kept_under_segments_keys() -> None:
    """The visitor is kept under Segment's own storage keys, and found there."""
    page = FakePage(live=True)
    page.store = {
        "ajs_user_id": '"u1"',
        "ajs_user_traits": '{"a":1,"big":1152921504606846976}',
        "ajs_anonymous_id": '"an"',
    }
    calls = analytics(page)
    assert calls.user() == User("u1", {"a": 1, "big": float(2**60)}, "an")
    calls.identify({"b": "2020-06-07"})
    assert page.told[1][1] == {"a": 1, "big": float(2**60), "b": "2020-06-07T00:00:00.000Z", "id": "u1"}
    assert json.loads(page.store["ajs_user_traits"])["b"] == "2020-06-07"
    calls.reset()
    assert page.store == {"ajs_user_traits": "{}"}
    assert calls.user().anonymous_id == "new-id"
    assert page.store["ajs_anonymous_id"] == '"new-id"'


@pytest.mark.parametrize("text", ["nonsense", "7", "[1]", '"x"', "null", "[" * 100_000])
def test_a_spoilt_storage_is_read_as_nobody(text: str) -> None:
    """A storage that holds nonsense is read as no traits, and overwritten."""
    page = FakePage(live=True)
    page.store = {"ajs_user_traits": text}
    calls = analytics(page)
    assert calls.user().traits == {}
    calls.identify({"a": 1})
    assert page.store["ajs_user_traits"] == '{"a":1}'


def test_what_another_page_stores_is_seen() -> None:
    """What another page of the site stores is seen at the next identify."""
    page = FakePage(live=True)
    calls = analytics(page)
    calls.identify("u1", {"a": 1})
    page.store |= {"ajs_user_id": '"u2"', "ajs_user_traits": '{"z":1}'}
    calls.identify({"b": 2})
    assert page.told[-1][1] == {"z": 1, "b": 2, "id": "u2"}


def test_with_storage_denied_traits_are_kept_in_memory() -> None:
    """With storage denied the traits are kept within the page."""
    page = FakePage(live=True)
    page.denied = True
    calls = analytics(page)
    calls.identify("u1", {"a": 1})
    calls.identify("u1", {"b": 2})
    assert page.told[-1][1] == {"a": 1, "b": 2, "id": "u1"}


def test_a_call_that_cannot_be_forwarded_is_dropped_with_one_warning() -> None:
    """A call that cannot be forwarded is dropped, and the developer is warned once."""
    page = FakePage(live=True)
    calls = analytics(page)
    results = [calls.track(""), calls.track("")]
    assert {result.status for result in results} == {"dropped"}
    assert page.complaints == [f"[heap-web] {results[0].reason}"]
    assert page.told == []


def test_warnings_are_bounded() -> None:
    """Warnings that differ each time, as by an error's text, end after MAX_COMPLAINTS: so few are kept."""
    page = FakePage(live=True)
    calls = analytics(page)

    def handler(event: str, *_: object) -> None:
        raise ValueError(event)

    calls.on("track", handler)
    for number in range(MAX_COMPLAINTS + 5):
        assert calls.track(f"E{number}").status == "delivered"
    assert len(page.complaints) == MAX_COMPLAINTS
    assert page.complaints[-1].endswith(f"ValueError: E{MAX_COMPLAINTS - 1}")


def test_page_group_and_alias_tell_heap_nothing() -> None:
    """page, group and alias are accepted and tell Heap nothing."""
    page = FakePage(live=True)
    calls = analytics(page)
    results = [calls.page("Home"), calls.group("g", {"a": 1}), calls.alias("new", "old"), calls.set_anonymous_id("an")]
    assert {result.status for result in results} == {"delivered"}
    assert page.told == []
    assert calls.user().anonymous_id == "an"


def test_callbacks_are_called_once_in_order_and_may_raise() -> None:
    """Callbacks are called once, in order, and one that raises stops nothing."""
    page = FakePage(live=True)
    calls = analytics(page)
    called: list[int] = []

    def first() -> None:
        called.append(1)
        raise RuntimeError("no")

    calls.track("E", {}, {}, first)
    calls.identify("u1", lambda: called.append(2))
    calls.page("n", lambda: called.append(3))
    assert called == []
    page.pass_time(0)
    assert called == [1, 2, 3]
    assert page.complaints == ["[heap-web] a callback raised RuntimeError: no"]


def test_an_exception_that_cannot_be_shown_stops_nothing() -> None:
    """A handler's exception whose text cannot be had stops nothing either."""

    class Unshowable(Exception):
        def __str__(self) -> str:
            raise ValueError("no text")

    def handler(*_: object) -> None:
        raise Unshowable

    page = FakePage(live=True)
    calls = analytics(page)
    calls.on("track", handler)
    assert calls.track("E").status == "delivered"
    assert "Unshowable" in page.complaints[0]


def test_javascript_values_and_local_dates_are_read_by_the_page() -> None:
    """JavaScript's values and local dates are read by the page, at any depth."""
    page = FakePage(live=True)
    calls = analytics(page)
    calls.track("E", {"a": {"b": JAVASCRIPT}, "at": "2020-06-07 08:09:10"})
    calls.track("E", JAVASCRIPT)
    assert page.told == [
        ["track", "E", {"a.b": '["from","javascript"]', "at": "2020-06-07T12:09:10.000Z"}],
        ["track", "E", {"0": "from", "1": "javascript"}],
    ]


def test_nothing_is_loaded_or_stored_before_consent() -> None:
    """Before consent nothing is loaded or stored; after it what waited is delivered."""
    page = FakePage()
    calls = analytics(page, consent_required=True)
    result = calls.identify("u1", {"a": 1})
    assert (page.installed, page.store, result.status) == ([], {}, "kept")
    page.live = True
    calls.consent(True)
    assert (result.status, calls.user().id) == ("delivered", "u1")


def test_a_refusal_drops_what_waited_and_clears_the_storage() -> None:
    """A refusal drops what waited and what comes, and clears what was stored."""
    page = FakePage()
    calls = analytics(page)
    waiting = calls.identify("u1", {"a": 1})
    calls.consent(False)
    later = calls.track("E")
    assert {waiting.status, later.status} == {"dropped"}
    assert (page.store, page.told) == ({}, [])


def test_consent_given_again_looks_for_heap_again() -> None:
    """`ready` ends with a refusal; with consent given again Heap is looked for anew, and found when it is live."""
    page = FakePage()
    calls = analytics(page, consent_required=True)
    calls.consent(True)
    calls.consent(False)
    assert repr(calls.ready()) == "<dropped, the visitor does not consent>"
    page.pass_time(1)
    assert page.timers == []
    calls.consent(True)
    ready, result = calls.ready(), calls.track("E")
    assert repr(ready) == "<call: on its way>"
    page.live = True
    page.pass_time(1)
    assert (ready.status, result.status, page.timers, len(page.installed)) == ("delivered", "delivered", [], 1)


def test_consent_given_again_at_once_keeps_one_watch() -> None:
    """Consent given many times over, or given again at once, lets one watch look for Heap, to one deadline."""
    page = FakePage()
    calls = analytics(page, consent_required=True)
    for granted in (True, True, False, True, True):
        calls.consent(granted)
    assert len(page.timers) == 1
    page.pass_time(DEADLINE * 2)
    assert (page.timers, calls.ready().reason) == ([], "Heap did not start")


def test_a_failure_after_a_refusal_is_not_told() -> None:
    """That Heap's script fails once consent is refused concerns nobody: no call is kept for it."""
    page = FakePage()
    calls = analytics(page)
    calls.consent(False)
    page.ended("was blocked or not found")
    page.pass_time(DEADLINE * 2)
    assert page.complaints == []
    assert calls.ready().status == "dropped"


def test_consent_refused_within_heap_ends_the_call_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a method of Heap has consent refused, the rest of its call is not told, and the call counts as dropped."""
    page = FakePage(live=True)
    calls = analytics(page)
    tell = page.tell

    def refuse(command: Command) -> None:
        tell(command)
        calls.consent(False)

    monkeypatch.setattr(page, "tell", refuse)
    result = calls.identify("u1", {"a": 1})
    assert page.told == [["identify", "u1"]]
    assert (result.status, result.reason) == ("dropped", "the visitor does not consent")
    assert page.store == {}


@pytest.mark.parametrize("live", [True, False])
def test_who_the_visitor_became_before_consent_is_stored(live: bool) -> None:
    """Who the visitor became before consent is stored when it is given; calls made as Heap is ready build on that."""
    page = FakePage(live=live)
    page.store = {"ajs_anonymous_id": '"an"'}
    calls = analytics(page, consent_required=True)
    calls.ready(lambda: calls.identify("u2", {"b": 2}))
    calls.identify("u1", {"a": 1})
    calls.identify({"c": 3})
    calls.consent(True)
    assert calls.user() == (User("u2", {"b": 2}, "an") if live else User("u1", {"a": 1, "c": 3}, "an"))
    assert json.loads(page.store["ajs_user_id"]) == calls.user().id
    assert json.loads(page.store["ajs_user_traits"]) == calls.user().traits


def test_consent_given_as_a_refusal_is_told() -> None:
    """Who hears at a refusal that a call is dropped may have consent given: the visitor who is known then stays."""
    page = FakePage()
    calls = analytics(page)

    def grant(result: Result) -> None:
        calls.consent(True)
        calls.identify("u2")

    calls.once("settled", grant)
    results = [calls.identify("u1"), calls.track("E")]
    calls.consent(False)
    assert [result.status for result in results] == ["dropped"] * 2
    assert (calls.user().id, page.store["ajs_user_id"], calls.flush()) == ("u2", '"u2"', 1)


@pytest.mark.parametrize(
    ("settings", "tracks"), [({"respect_dnt": True}, False), ({"integrations": {"Heap": False}}, True)]
)
def test_where_heap_must_not_be_told_it_is_not_loaded(settings: dict[str, Any], tracks: bool) -> None:
    """Where the browser asks not to be tracked, or Heap is switched off, nothing is loaded or told."""
    page = FakePage(live=True, tracks=tracks)
    calls = analytics(page, **settings)
    assert calls.track("E").status == "dropped"
    assert (page.told, page.installed) == ([], [])
    assert calls.ready().status == "dropped"


def test_results_can_be_awaited() -> None:
    """A result can be awaited until Heap has been told, or cannot be."""
    page = FakePage()
    calls = analytics(page)

    async def visit() -> list[Settled]:
        asyncio.get_running_loop().call_soon(setattr, page, "live", True)
        asyncio.get_running_loop().call_soon(page.ended, None)
        return [await calls.track("A"), await calls.ready(), await calls.track("B")]

    assert {result.status for result in asyncio.run(visit())} == {"delivered"}


def test_handlers_hear_of_calls_results_and_readiness() -> None:
    """Handlers hear of calls, of their results and of Heap's readiness, until they are taken away."""
    page = FakePage()
    calls = analytics(page)
    heard: list[Any] = []
    calls.on("track", lambda *arguments: heard.append(arguments[0]))
    calls.on("settled", lambda result: heard.append(result.status))
    calls.once("ready", lambda: heard.append("ready"))
    calls.ready(lambda: heard.append("ready, too"))
    calls.track("A")
    page.live = True
    calls.flush()
    calls.ready(lambda: heard.append("at once"))
    calls.off("track").off("settled")
    calls.track("B")
    assert heard == ["A", "ready", "ready, too", "delivered", "at once"]


def test_a_call_made_while_heap_is_told_comes_after_it() -> None:
    """A call that a handler makes while Heap is told comes after those that wait."""
    page = FakePage()
    calls = analytics(page)
    calls.once("ready", lambda: calls.track("C"))
    calls.track("A")
    calls.track("B")
    page.live = True
    calls.flush()
    assert [told[1] for told in page.told] == ["A", "B", "C"]


def test_a_result_shows_what_became_of_the_call() -> None:
    """A result shows its status, what Heap was told, and why not."""
    page = FakePage(live=True)
    calls = analytics(page)
    assert repr(calls.identify("u1")) == "<delivered (identify, addUserProperties)>"
    assert repr(calls.page()).startswith("<delivered, page is not told")


def test_outside_a_page_load_says_what_it_needs() -> None:
    """Outside a page load says that it needs one; a wrong setting is told first."""
    with pytest.raises(RuntimeError, match="needs a web page"):
        heap_web.load("7")
    with pytest.raises(ConfigurationError, match="App ID"):
        heap_web.load()
