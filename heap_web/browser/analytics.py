"""analytics.js' methods for Python, whatever carries the calls to Heap: the page itself, or a bridge to it."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Final, TypeVar

from ..core.scalars import attempt
from ..core.settings import Settings
from ..core.user import User
from .blocks import Tracked
from .results import Result

Self = TypeVar("Self", bound="Analytics")

#: How many different warnings are given; they may name events, properties and what Heap said, without end.
MAX_COMPLAINTS: Final = 1_000


class Analytics(ABC):
    """What `heap_web.load` gives. No call of it raises; each gives a `Result`, which may be awaited or left alone."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._handlers: dict[str, list[Callable[..., object]]] = {}
        self._complaints: set[str] = set()

    # -- the calls

    def identify(
        self, user_id: object = None, traits: object = None, options: object = None, callback: object = None
    ) -> Result:
        """Says who the visitor is (a string or number) and what they are like (a mapping); either may be left out."""
        return self._make("identify", (user_id, traits, options, callback))

    def track(
        self, event: object, properties: object = None, options: object = None, callback: object = None
    ) -> Result:
        """Says what the visitor did: the event's name, and a mapping of its properties."""
        return self._make("track", (event, properties, options, callback))

    def tracked(self, event: str, properties: object = None) -> Tracked:
        """Tracks a block of code when it ends, with `duration_ms`, `succeeded` and the type of its `error`.

        As a decorator, `@analytics.tracked("Ran model")`, also of coroutines and generators; or in a `with` statement,
        `with analytics.tracked("Ran model") as properties:`. Raises CallError if `event` is no name.
        """
        return Tracked(self.track, time.perf_counter, event, properties)

    def page(self, *arguments: object) -> Result:
        """Accepted, and told to nobody: Heap records page views itself."""
        return self._make("page", arguments)

    def group(self, *arguments: object) -> Result:
        """Accepted, and told to nobody."""
        return self._make("group", arguments)

    def alias(self, *arguments: object) -> Result:
        """Accepted, and told to nobody."""
        return self._make("alias", arguments)

    def reset(self) -> Result:
        """Forgets the visitor: id, traits and anonymous id."""
        return self._make("reset", ())

    def set_anonymous_id(self, anonymous_id: object) -> Result:
        """Names the visitor as long as no id is known."""
        return self._make("setAnonymousId", (anonymous_id,))

    setAnonymousId = set_anonymous_id  # noqa: N815 - analytics.js' name for it

    # -- what each way does in its own manner

    @abstractmethod
    def _make(self, method: str, arguments: tuple[object, ...]) -> Result:
        """Takes one call on its way."""

    @abstractmethod
    def user(self) -> User:
        """Who the visitor is: `id`, `traits`, `anonymous_id`."""

    @abstractmethod
    def consent(self, granted: bool) -> None:
        """The visitor's decision: Heap is loaded and told what waited, or nothing is and what waited is dropped."""

    @abstractmethod
    def ready(self, callback: Callable[[], object] | None = None) -> Result:
        """Calls back when calls reach Heap. `await analytics.ready()` waits for that, or for its failure."""

    @abstractmethod
    def flush(self) -> int:
        """Hands over what waits, if it can be; gives how many calls still wait."""

    @property
    @abstractmethod
    def state(self) -> str:
        """How it goes, in a few words."""

    # -- events

    def on(self: Self, name: str, handler: Callable[..., object]) -> Self:
        """Calls the handler at each "ready", "settled" (result), "error" (message), and method name (arguments)."""
        self._handlers.setdefault(name, []).append(handler)
        return self

    def once(self: Self, name: str, handler: Callable[..., object]) -> Self:
        """`on`, for the first time only."""

        def first(*arguments: object) -> None:
            self.off(name, first)
            handler(*arguments)

        return self.on(name, first)

    def off(self: Self, name: str, handler: Callable[..., object] | None = None) -> Self:
        """Takes a handler away, or all of that name."""
        handlers = self._handlers.get(name, [])
        self._handlers[name] = [] if handler is None else [other for other in handlers if other != handler]
        return self

    def _emit(self, name: str, *arguments: object) -> None:
        for handler in tuple(self._handlers.get(name, ())):
            self._call(handler, *arguments)

    def _call(self, function: Any, *arguments: object) -> None:
        try:
            function(*arguments)
        except Exception as error:  # noqa: BLE001 - a callback or handler that raises stops nothing
            self._complain(f"a callback raised {type(error).__name__}: {attempt(str, error)}")

    def _complain(self, message: str) -> None:
        if message not in self._complaints and len(self._complaints) < MAX_COMPLAINTS:
            self._complaints.add(message)
            self._warn(f"[heap-web] {message}")

    @abstractmethod
    def _warn(self, message: str) -> None:
        """One warning in the console."""

    # -- how a notebook shows it

    def __repr__(self) -> str:
        return f"<analytics: App ID {self.settings.app_id}, {self.state}>"

    def _repr_html_(self) -> str:
        from html import escape  # here: its table of entities takes longer to load than this package

        user = self.user()
        who = user.id if user.id is not None else "not identified"
        rows = (("App ID", self.settings.app_id), ("Heap", self.state), ("visitor", who))
        cells = "".join(f"<tr><th>{name}</th><td>{escape(str(value))}</td></tr>" for name, value in rows)
        return f"<table><caption>heap_web analytics</caption>{cells}</table>"
