"""Python in the page: encodes its calls, hands them to the page's half, and answers its batches as the page's runtime.

Where Heap is live and nothing waits before it, a call is told in the tick in which it is made: the page's half asks
this same Python, within `take`. The page's half keeps the journal, the visitor, consent and Heap; see `door` for how it
is found or brought.
"""

import json
from collections import deque
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ..core.errors import ConfigurationError
from ..core.settings import Settings
from .analytics import CLOSED, Analytics
from .results import PendingResult

if TYPE_CHECKING:
    from ..core.user import User
    from .world import Half, Page

#: A script that was asked for must be there after so many seconds; then calls that wait are reported as kept.
DEADLINE: Final = 15.0
#: How many calls wait for a page's half that does not come.
MAX_WAITING: Final = 100_000

#: Events of the page's half that handlers hear as they are.
_RELAYED: Final = frozenset(("call", "transformed", "state", "warning"))
_TOO_LATE: Final = "Heap is loaded already, with other settings: those given now have no effect"
_LET_GO: Final = "Python was closed before it knew; what the page's half has in its journal is delivered"


class PageAnalytics(Analytics):
    """Analytics in the page itself."""

    def __init__(self, settings: Settings, page: "Page", given: str, script: str | None = None) -> None:
        """`given`: the settings as the page's half takes them. `script`: the URL of heap-web.js, to fetch it there.

        Raises ConfigurationError if the page lets no inline script run, or has another App ID.
        """
        super().__init__(settings, page)
        self._page = page
        self._given = given
        self._half: Half | None = None
        self._waiting: deque[tuple[str, str, PendingResult]] = deque()  # calls, for a page's half that is on its way
        self._decision: bool | None = None  # on consent, likewise
        self._pending: dict[int, PendingResult] = {}
        self._heard: set[str] = set()
        self._missing: str | None = None  # why there is no page's half
        self._ready = PendingResult("ready")
        half = page.find()
        if half is None and script is None:
            why = page.bring()
            half = page.find()
            if half is None:
                raise ConfigurationError(why)
        if half is not None:
            self._open(half)
        else:
            assert script is not None
            page.fetch(script, self._fetched)
            page.later(DEADLINE, lambda: self._fetched(f"{script} was not there within {DEADLINE:.0f} s"))

    def loaded_again(self, settings: Settings) -> None:
        """Says so where other settings come too late."""
        if settings != self.settings:
            self._complain(_TOO_LATE)

    def prepare(self) -> None:
        """Imports what calls need, and what their batches need."""
        super().prepare()
        import_module("heap_web.runtime")

    # -- the page's half comes

    def _open(self, half: "Half") -> None:
        """The page's half is there: what waited is handed over, in order."""
        settings = self.settings
        if half.app_id not in (None, settings.app_id):
            raise ConfigurationError(
                f"app_id: this page has App ID {half.app_id} already, Python was given {settings.app_id}."
                f" Pass {half.app_id}, or change the page's."
            )
        if half.version != self._page.version:
            self._complain(
                f"the page has heap-web.js {half.version}, Python has heap_web {self._page.version}: use one version"
            )
        if half.app_id is not None and settings != Settings(settings.app_id):
            self._complain(_TOO_LATE)
        self._half, self._missing = half, None
        half.attach(_run, self._settled)
        self._heard = {"ready", "error"}
        half.listen("ready", lambda _: self._became_ready())
        half.listen("error", self._failed)
        for name in self._handlers:
            self._relay(name)
        half.load(self._given)
        if self._decision is not None:
            half.consent(self._decision)
        self._look()
        waiting, self._waiting = self._waiting, deque()
        for text, method, result in waiting:
            self._take(half, text, method, result)

    def _fetched(self, why: str) -> None:
        """A script has run (""), or cannot be had."""
        if self._half is not None or self.closed:
            return
        half = self._page.find()
        if half is not None:
            try:
                self._open(half)
                return
            except ConfigurationError as error:
                why = str(error)
        why = why or "the script that was asked for is not heap-web.js"
        if self._missing is not None:
            return
        self._missing = f"{why}; calls wait in this page's memory"
        self._complain(self._missing)
        self._ready.settle("kept", self._missing)
        for _, _, result in tuple(self._waiting):
            result.settle("kept", self._missing)
        self._emit("error", self._missing)

    def _find(self) -> "Half | None":
        """The page's half; once it could not be had, it is looked for again."""
        if self._half is None and self._missing is not None and not self.closed:
            half = self._page.find()
            if half is not None and half.app_id in (None, self.settings.app_id):
                self._open(half)
        return self._half

    # -- calls

    def _hand_over(self, text: str, method: str, result: PendingResult) -> None:
        half = self._half or self._find()
        if half is not None:
            self._take(half, text, method, result)
        elif len(self._waiting) >= MAX_WAITING:
            self._complain("too many calls wait")
            result.settle("dropped", "too many calls wait")
        else:
            self._waiting.append((text, method, result))
            if self._missing is not None:
                result.settle("kept", self._missing)

    def _take(self, half: "Half", text: str, method: str, result: PendingResult) -> None:
        try:
            told = half.take(text, method)
        except Exception as error:  # noqa: BLE001 - no call raises, whatever a page has done to its own half
            self._complain(f"{method}: the page's half failed: {error}")
            result.settle("dropped", f"the page's half failed: {error}")
            return
        if isinstance(told, str):
            result.settle_by(told)
        else:
            self._pending[int(told)] = result

    def _settled(self, number: int, text: str) -> None:
        result = self._pending.pop(int(number), None)
        if result is not None:
            result.settle_by(text)

    # -- the visitor, consent, how it goes

    def user(self) -> "User":
        """Who the visitor is: `id`, `traits`, `anonymous_id`."""
        from ..core.properties import Plain
        from ..core.user import User

        half = self._find()
        user = json.loads(half.user()) if half is not None else {}
        return User(user.get("id"), Plain(user.get("traits") or {}), user.get("anonymousId"))

    def consent(self, granted: bool) -> None:
        """The visitor's decision: Heap is loaded and told what waited, or nothing is and what waited is dropped."""
        half = self._find()
        if half is None:
            self._decision = granted
            return
        half.consent(granted)
        if granted and self._ready.status == "dropped":
            self._ready = PendingResult("ready")
        self._look()

    def ready(self, callback: Callable[[], object] | None = None) -> PendingResult:
        """Calls back when Heap is live, at once if it is. `await analytics.ready()` waits for that, or its failure."""
        if callback is not None:
            if self._ready.status == "delivered":
                self._call(callback)
            else:
                self.once("ready", callback)
        return self._ready

    def flush(self) -> int:
        """How many calls wait for Heap."""
        half = self._find()
        return len(self._waiting) + (int(half.flush()) if half is not None else 0)

    @property
    def state(self) -> str:
        """How it goes, in a few words."""
        half = self._find()
        if self.closed:
            return "closed"
        if half is None:
            how, waiting = self._missing or "heap-web.js is on its way", len(self._waiting)
        else:
            state = json.loads(half.state())
            how, waiting = _words(state, self.settings), state["waiting"]
        return f"{how}, {waiting} calls wait" if waiting else how

    def _look(self) -> None:
        """Whether calls reach Heap, or never will, as far as it is known now."""
        if self._half is None:
            return
        state = json.loads(self._half.state())
        if state["heap"] == "live" and state["runtime"] == "ready":
            self._became_ready()
        elif (state["consent"] == "refused" or not self.settings.loads_heap) and self._ready.status != "delivered":
            self._ready.settle("dropped", _words(state, self.settings))

    def _became_ready(self) -> None:
        if self._ready.status != "delivered":
            self._ready.settle("delivered")
            self._emit("ready")

    def _failed(self, event: str) -> None:
        message = json.loads(event)["message"]
        if self._ready.status != "delivered":
            self._ready.settle("kept", message)
        self._emit("error", message)

    # -- events

    def on(self, name: str, handler: Callable[..., object]) -> "PageAnalytics":
        super().on(name, handler)
        self._relay(name)
        return self

    def off(self, name: str, handler: Callable[..., object] | None = None) -> "PageAnalytics":
        super().off(name, handler)
        if name in _RELAYED and name in self._heard and name not in self._handlers and self._half is not None:
            self._heard.discard(name)
            self._half.unlisten(name)
        return self

    def _relay(self, name: str) -> None:
        """Has handlers hear an event of the page's half."""
        if name in _RELAYED and name not in self._heard and self._half is not None:
            self._heard.add(name)
            self._half.listen(name, lambda event: self._emit(name, json.loads(event)))

    # -- the end

    def close(self) -> None:
        """Lets the page's half go, which goes on without this Python. Calls that it has not got are dropped."""
        if self.closed:
            return
        self.closed = True
        half, self._half = self._half, None
        if half is not None:
            for name in self._heard:
                half.unlisten(name)
            half.detach()
        if self._ready.status != "delivered":
            self._ready.settle("dropped", CLOSED)
        waiting, self._waiting = self._waiting, deque()
        pending, self._pending = self._pending, {}
        for _, _, result in waiting:
            result.settle("dropped", CLOSED)
        for result in pending.values():
            result.settle("kept", _LET_GO)


def _run(batch: str) -> str:
    """What the worker's entry makes of a batch."""
    from ..runtime import run  # here: see `prepare`

    return run(batch)


def _words(state: dict[str, Any], settings: Settings) -> str:
    """How it goes, by the state of the page's half."""
    if state["consent"] == "refused":
        return "the visitor does not consent"
    if not settings.loads_heap:
        return "Heap is switched off by the integrations in the settings"
    if state["consent"] == "required":
        return "waiting for consent"
    if state["heap"] == "failed":
        return "Heap could not be loaded"
    if state["runtime"] == "failed":
        return "Python could not be started"
    return "live" if state["heap"] == "live" and state["runtime"] == "ready" else "loading"
