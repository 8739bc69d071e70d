"""What Python's edge needs of JavaScript, as protocols: for type checkers alone, and no page imports them."""

from collections.abc import Callable
from typing import Any, Protocol


class World(Protocol):
    """What every way to the page's half needs of JavaScript; `interop.JavaScript` is the real one."""

    def python(self, value: Any) -> Any:
        """A JavaScript value as Python values."""

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        """Calls a function later."""

    def complain(self, message: str) -> None:
        """One warning in the console."""


class Half(Protocol):
    """The page's half, as far as Python is concerned; everything that goes through it is text."""

    @property
    def version(self) -> str:
        """The version of heap_web that it is of."""

    @property
    def app_id(self) -> str | None:
        """The App ID that it has been loaded with, if any."""

    def load(self, settings: str) -> None:
        """Loads Heap with settings: JSON text, names as in JavaScript."""

    def attach(self, run: Callable[[str], str], settled: Callable[[int, str], None]) -> None:
        """Makes this Python its runtime; `settled` hears of calls that `take` could not tell."""

    def detach(self) -> None:
        """Lets this Python go."""

    def take(self, text: str, method: str) -> str | int:
        """Makes a call of wire text: its result as JSON text, or the id under which `settled` hears of it."""

    def user(self) -> str:
        """The visitor, as JSON text."""

    def state(self) -> str:
        """`analytics.state`, as JSON text."""

    def flush(self) -> int:
        """How many calls wait."""

    def consent(self, granted: bool) -> None:
        """The visitor's decision."""

    def listen(self, name: str, heard: Callable[[str], None]) -> None:
        """Hears each event of a name, as JSON text."""

    def unlisten(self, name: str) -> None:
        """Hears it no more."""


class Page(World, Protocol):
    """What `PageAnalytics` needs of the page; `door.Browser` is the real one."""

    version: str  # of this package

    def find(self) -> Half | None:
        """The page's half, if it is there."""

    def bring(self) -> str:
        """Puts the page's half, which is in this package, into the page; "" or why it is not there now."""

    def fetch(self, url: str, ended: Callable[[str], None]) -> None:
        """Asks for the page's half as a script of this URL; `ended` is told "" or why it cannot be had."""


class Worker(World, Protocol):
    """What the bridge needs of its worker; `channel.Channel` is the real one."""

    def open(self, receive: Callable[[str], None]) -> None:
        """Opens the channel; `receive` is given each message."""

    def post(self, text: str) -> None:
        """Sends a message to everyone else on the channel."""

    def close(self) -> None:
        """Closes the channel and gives the lock back."""

    def hold(self, name: str, held: Callable[[], None]) -> None:
        """Holds a Web Lock until it is closed or the worker ends; calls `held` once it does."""

    def now(self) -> float:
        """Seconds, never running backwards."""

    def new_id(self) -> str:
        """An id that nobody else has."""

    def origin(self) -> str:
        """The origin that a page must be of."""
