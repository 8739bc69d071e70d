"""THE OTHER EDGE: Python in a worker without a window. Calls go over a BroadcastChannel to the page with heap-web.js.

JupyterLite, marimo, stlite, shinylive and PyScript's workers are such hosts. What it needs of its worker is a
`Channel`, the only class that touches JavaScript, and only inside functions; how it hands over is `handover`'s.
"""

import time
from collections.abc import Callable, Generator, Mapping
from typing import Any, Final, Protocol

from ..core.calls import parse
from ..core.errors import CallError, NoPageError
from ..core.properties import Plain
from ..core.settings import Settings
from ..core.user import User
from .analytics import Analytics
from .encode import record
from .handover import CHANNEL, Handover
from .page import Browser, LocalTexts
from .results import Result, Settled, Status

#: A page must answer within so many seconds; then `ready()` raises, and waiting calls are reported as kept.
DEADLINE: Final = 10.0
#: A page that has not been heard of for so many seconds, though it was asked, is looked for anew.
SILENCE: Final = 3.0

_CLOSED: Final = "the bridge was closed"


class World(Protocol):
    """What the bridge needs of its worker; `Channel` is the real one."""

    def open(self, receive: Callable[[str], None]) -> None:
        """Opens the channel; `receive` is given each message."""

    def post(self, text: str) -> None:
        """Sends a message to everyone else on the channel."""

    def close(self) -> None:
        """Closes the channel."""

    def now(self) -> float:
        """Seconds, never running backwards."""

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        """Calls a function later."""

    def local(self, text: str) -> str | None:
        """`YYYY-MM-DD HH:MM:SS` in the visitor's time zone as ISO text in UTC; None if it is no real date."""

    def python(self, value: Any) -> Any:
        """A JavaScript value as Python values."""

    def new_id(self) -> str:
        """An id that nobody else has."""

    def origin(self) -> str:
        """The origin that a page must be of."""

    def complain(self, message: str) -> None:
        """One warning in the console."""


class Ready(Result):
    """Whether a page has answered. Awaiting it raises NoPageError if none did in time."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, None, Settled]:
        settled = yield from super().__await__()
        if settled.status != "delivered":
            raise NoPageError(settled.reason)
        return settled


class _Sent(Result):
    """A call that a page takes. `told`: called when it is first known what became of it."""

    __slots__ = ("_told",)

    def __init__(self, call: str, told: Callable[[Result], None]) -> None:
        super().__init__(call=call)
        self._told: Callable[[Result], None] | None = told

    def settle(self, status: Status, reason: str | None = None) -> Result:
        super().settle(status, reason)
        told, self._told = self._told, None
        if told is not None:
            told(self)
        return self


class BridgeAnalytics(Analytics):
    """Analytics whose calls a page takes: in order, once each, kept here until the page has them in its journal."""

    def __init__(self, settings: Settings, world: World) -> None:
        super().__init__(settings)
        self._world = world
        self._texts = LocalTexts(world)
        self._handover = Handover(world.new_id(), settings.app_id)
        self._ready: Result = Ready()
        self._unreachable: str | None = None
        self._closed = False
        self._watching = False
        self._heard = self._since = world.now()
        others = [name for name, value in settings._asdict().items() if name != "app_id" and value != _DEFAULTS[name]]
        if others:
            self._complain(
                f"settings other than the App ID are made in the page: {', '.join(others)} has no effect here"
            )
        world.open(self._receive)
        self._watch()

    def user(self) -> User:
        """Who the visitor is: `id`, `traits`, `anonymous_id`, as the page last told it."""
        user = self._handover.user
        return User(user.get("id"), Plain(user.get("traits") or {}), user.get("anonymousId"))

    def consent(self, granted: bool) -> None:
        """Consent is the page's: this only says so."""
        self._complain("consent is given or refused in the page, by analytics.consent(true) or (false) there")

    def ready(self, callback: Callable[[], object] | None = None) -> Result:
        """Calls back when a page has answered: calls are safe there. `await`ed, it raises NoPageError if none does.

        Asked again after that, it looks for a page once more.
        """
        if self._unreachable is not None and not self._closed:
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
        if self._handover.waiting and not self._closed:
            self._look()
        return self._handover.waiting

    def close(self) -> None:
        """Closes the channel for good. Calls that no page has been sent, and later ones, are dropped."""
        if self._closed:
            return
        self._closed = True
        self._world.close()
        if self._ready.status != "delivered":
            self._ready.settle("dropped", _CLOSED)
        self._handover.close(_CLOSED)

    @property
    def state(self) -> str:
        """How it goes, in a few words."""
        if self._closed:
            return "bridge closed"
        if self._handover.connected:
            return "in the page that answered"
        waiting = f", {self._handover.waiting} calls wait" if self._handover.waiting else ""
        return ("no page has answered" if self._unreachable else "looking for a page") + waiting

    # -- how it goes

    def _make(self, method: str, arguments: tuple[object, ...]) -> Result:
        self._emit(method, *arguments)
        while arguments and arguments[-1] is None:
            arguments = arguments[:-1]
        given = [self._world.python(argument) for argument in arguments]
        shown = f"{method} {given[0]!r}" if given and isinstance(given[0], str) else method
        try:
            callback = getattr(parse(method, given, read=_unread), "callback", None)
        except CallError as error:
            self._complain(str(error))
            return self._dropped(shown, str(error))
        if self._closed:
            return self._dropped(shown, _CLOSED)
        warnings: list[str] = []
        text = record(method, given, self._texts, warnings, self._world.python)
        for warning in warnings:
            self._complain(warning)

        def told(result: Result) -> None:
            if callback is not None:
                self._call(callback)
            self._emit("settled", result)

        sent = _Sent(shown, told)
        self._post(self._handover.add(text, sent))
        if self._unreachable is not None:
            self._handover.give_up(self._unreachable)
        else:
            self._watch()
        return sent

    def _dropped(self, shown: str, reason: str) -> Result:
        result = Result(call=shown).settle("dropped", reason)
        self._emit("settled", result)
        return result

    def _post(self, messages: list[str]) -> None:
        for message in messages:
            if not self._closed:  # by a handler of what came in
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
        if not self._watching and not self._closed:
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
        if is_late or is_done or self._closed:
            self._watching = False
            if is_late and not self._closed:
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

    def _warn(self, message: str) -> None:
        self._world.complain(message)


def _unread(value: object, local: Mapping[str, str], warnings: list[str]) -> Plain:
    """The traits and properties are read when the record is made."""
    return Plain()


_DEFAULTS = Settings()._asdict()


class Channel(Browser):
    """The worker that this Python runs in, through Pyodide, and its BroadcastChannel."""

    def open(self, receive: Callable[[str], None]) -> None:
        from pyodide.ffi import create_proxy

        self._channel = self._js.BroadcastChannel.new(CHANNEL)
        self._listener = create_proxy(lambda event: receive(event.data))
        self._channel.onmessage = self._listener

    def post(self, text: str) -> None:
        self._channel.postMessage(text)

    def close(self) -> None:
        self._channel.onmessage = None
        self._channel.close()
        self.later(0, self._listener.destroy)  # a handler may close it while the listener runs

    def now(self) -> float:
        return time.monotonic()

    def origin(self) -> str:
        return str(self._js.origin)
