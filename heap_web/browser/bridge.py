"""Python in a worker without a window: its calls go over a BroadcastChannel to the page with heap-web.js.

JupyterLite, marimo, stlite, shinylive and PyScript's workers are such hosts. What is sent when is decided in
`handover`; this module knows time: it looks for a page, and says so when none answers.
"""

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Final

from ..core.errors import NoPageError
from ..core.properties import Plain
from ..core.settings import Settings
from ..core.user import User
from .analytics import CLOSED, Analytics
from .handover import Handover
from .results import PendingResult, Result

if TYPE_CHECKING:
    from .world import Worker

#: A page must answer within so many seconds; then `ready()` raises, and waiting calls are reported as kept.
DEADLINE: Final = 10.0
#: A page that has not been heard of for so many seconds, though it was asked, is looked for anew.
SILENCE: Final = 3.0


class Ready(PendingResult):
    """Whether a page has answered. Awaiting it raises NoPageError if none did in time."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, None, Result]:
        result = yield from super().__await__()
        if result.status != "delivered":
            raise NoPageError(result.reason)
        return result


class BridgeAnalytics(Analytics):
    """Analytics whose calls a page takes: in order, once each, kept here until the page has them in its journal."""

    def __init__(self, settings: Settings, world: "Worker") -> None:
        super().__init__(settings, world)
        self._world = world
        self._handover = Handover(world.new_id(), settings.app_id)
        self._ready: PendingResult = Ready()
        self._unreachable: str | None = None
        self._watching = False
        self._heard = self._since = world.now()
        self.loaded_again(settings)
        world.open(self._receive)
        world.hold(self._handover.lock, self._lives)
        self._watch()

    def user(self) -> User:
        """Who the visitor is: `id`, `traits`, `anonymous_id`, as the page last told it."""
        user = self._handover.user
        return User(user.get("id"), Plain(user.get("traits") or {}), user.get("anonymousId"))

    def loaded_again(self, settings: Settings) -> None:
        """Says so where settings other than the App ID are given: they are the page's to make."""
        unset = Settings()._asdict()
        others = [name for name, value in settings._asdict().items() if name != "app_id" and value != unset[name]]
        if others:
            self._complain(
                f"settings other than the App ID are made in the page: {', '.join(others)} has no effect here"
            )

    def consent(self, granted: bool) -> None:
        """Consent is the page's: this only says so."""
        self._complain("consent is given or refused in the page, by analytics.consent(true) or (false) there")

    def ready(self, callback: Callable[[], object] | None = None) -> PendingResult:
        """Calls back when a page has answered: calls are safe there. `await`ed, it raises NoPageError if none does.

        Asked again after that, it looks for a page once more.
        """
        if self._unreachable is not None and not self.closed:
            self._ready = Ready()
            self._look()
        if callback is not None:
            if self._ready.status == "delivered":
                self._call(callback)
            else:
                self.once("ready", callback)
        return self._ready

    def flush(self) -> int:
        """Asks for a page again if none has answered; gives how many calls no page has taken."""
        if self._handover.waiting and not self.closed:
            self._look()
        return self._handover.waiting

    def close(self) -> None:
        """Says goodbye to the page, for good. Calls that no page has been sent, and later ones, are dropped."""
        if self.closed:
            return
        self._post([self._handover.goodbye()])
        self.closed = True
        self._world.close()
        if self._ready.status != "delivered":
            self._ready.settle("dropped", CLOSED)
        self._handover.close(CLOSED)

    @property
    def state(self) -> str:
        """How it goes, in a few words."""
        if self.closed:
            return "closed"
        if self._handover.connected:
            return "in the page that answered"
        if self._handover.denied is not None:
            return f"not told anything: {self._handover.denied}"
        waiting = f", {self._handover.waiting} calls wait" if self._handover.waiting else ""
        return ("no page has answered" if self._unreachable else "looking for a page") + waiting

    # -- how it goes

    def _hand_over(self, text: str, method: str, result: PendingResult) -> None:
        self._post(self._handover.add(text, result))
        if self._handover.denied is not None:
            return
        if self._unreachable is not None:
            self._handover.give_up(self._unreachable)
        else:
            self._watch()

    def _lives(self) -> None:
        """The lock is held: pages can tell from it that this worker lives."""
        self._handover.holds_lock = True
        self._post([self._handover.hello()])

    def _post(self, messages: list[str]) -> None:
        for message in messages:
            if not self.closed:  # by a handler of what came in
                self._world.post(message)

    def _receive(self, text: str) -> None:
        was_connected, heard = self._handover.connected, self._handover.heard
        replies = self._handover.receive(text)
        if self._handover.heard > heard:
            self._heard = self._world.now()
        self._post(replies)
        if self._handover.connected and not was_connected:
            self._connected()
        elif was_connected and not self._handover.connected:
            self._look()
        elif self._handover.denied is not None and self._ready.status != "delivered":
            self._ready.settle("dropped", self._handover.denied)

    def _connected(self) -> None:
        self._unreachable = None
        if self._ready.status != "delivered":
            self._ready.settle("delivered")
            self._emit("ready")
        self._watch()

    def _look(self) -> None:
        """Looks for a page, from now on until the deadline."""
        self._since = self._world.now()
        self._unreachable = None
        self._post([self._handover.hello()])
        self._watch()

    def _watch(self) -> None:
        if not self._watching and not self.closed:
            self._watching = True
            self._heard = self._world.now()
            self._check(0.1)

    def _check(self, pause: float) -> None:
        """Sees to it that a page answers, ever more rarely, for as long as a call is not known to be safe."""
        now, handover = self._world.now(), self._handover
        if handover.connected and now - self._heard > SILENCE:
            handover.lose()
            self._since = now
        is_late = not handover.connected and now - self._since >= DEADLINE
        is_done = handover.connected and not handover.unsettled and not handover.waiting
        is_done = is_done or handover.denied is not None
        is_late = is_late and not is_done
        if is_late or is_done or self.closed:
            self._watching = False
            if is_late and not self.closed:
                self._give_up()  # last: who hears of it may have it look again
            return
        if not handover.connected or now - self._heard > 1:
            self._world.post(handover.hello())
        self._world.later(pause, lambda: self._check(min(pause * 1.5, 1.0)))

    def _give_up(self) -> None:
        refusal = self._handover.refusal
        why = (
            f"{refusal}"
            if refusal
            else f"put heap-web.js into a page of {self._world.origin()} and keep it open: "
            f'<script src="heap-web.js" data-app-id="{self.settings.app_id}"></script>'
        )
        reason = f"no page took the calls within {DEADLINE:.0f} s ({why}); they are kept for one that opens"
        self._unreachable = reason
        self._complain(reason)
        self._ready.settle("kept", reason)
        self._handover.give_up(reason)
        self._emit("error", reason)
