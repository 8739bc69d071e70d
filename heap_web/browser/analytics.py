"""analytics.js' methods for Python, whatever carries the calls to the page's half: the page itself or a bridge."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..core.objects import attempt
from ..core.settings import Settings
from .callbacks import Callbacks
from .results import PendingResult

if TYPE_CHECKING:
    from ..core.user import User
    from .blocks import Tracked
    from .world import World

Self = TypeVar("Self", bound="Analytics")

#: How many different warnings are given; they may name events, properties and what Heap said, without end.
MAX_COMPLAINTS: Final = 1_000


class Analytics(ABC):
    """What `heap_web.load` gives. No call of it raises; each gives a `PendingResult`: await it, or leave it alone."""

    def __init__(self, settings: Settings, world: "World") -> None:
        self.settings = settings
        self.closed = False
        self._javascript = world
        self._handlers: dict[str, list[tuple[Callable[..., object], bool]]] = {}  # and whether it hears once only
        self._callbacks = Callbacks(world.later, self._call)
        self._complaints: set[str] = set()

    def prepare(self) -> None:
        """Imports what calls need.

        `load` has it done in a task of its own. Importing takes long, so the page is free between the two; and most
        first calls find it done.
        """
        import_module(".encode", __package__)

    # -- the calls

    def identify(
        self, user_id: object = None, traits: object = None, options: object = None, callback: object = None
    ) -> PendingResult:
        """Says who the visitor is (a string or number) and what they are like (a mapping); either may be left out."""
        return self._make("identify", (user_id, traits, options, callback))

    def track(
        self, event: object, properties: object = None, options: object = None, callback: object = None
    ) -> PendingResult:
        """Says what the visitor did: the event's name, and a mapping of its properties."""
        return self._make("track", (event, properties, options, callback))

    def tracked(self, event: str, properties: object = None) -> "Tracked":
        """Tracks a block of code when it ends, with `duration_ms`, `succeeded` and the type of its `error`.

        As a decorator, `@analytics.tracked("Ran model")`, also of coroutines and generators; or in a `with` statement,
        `with analytics.tracked("Ran model") as properties:`. Raises CallError if `event` is no name.
        """
        from .blocks import Tracked  # here: few pages have blocks

        return Tracked(self.track, time.perf_counter, event, properties)

    def page(self, *arguments: object) -> PendingResult:
        """Accepted, and told to nobody: Heap records page views itself."""
        return self._make("page", arguments)

    def group(self, *arguments: object) -> PendingResult:
        """Accepted, and told to nobody."""
        return self._make("group", arguments)

    def alias(self, *arguments: object) -> PendingResult:
        """Accepted, and told to nobody."""
        return self._make("alias", arguments)

    def reset(self) -> PendingResult:
        """Forgets the visitor: id, traits and anonymous id."""
        return self._make("reset", ())

    def set_anonymous_id(self, anonymous_id: object) -> PendingResult:
        """Names the visitor as long as no id is known."""
        return self._make("setAnonymousId", (anonymous_id,))

    setAnonymousId = set_anonymous_id  # noqa: N815 - analytics.js' name for it

    def _make(self, method: str, arguments: tuple[object, ...]) -> PendingResult:
        """Encodes one call, at once, and hands it over."""
        if method in self._handlers:
            self._emit(method, *arguments)
        warnings: list[str] = []
        try:
            from .encode import encode  # here: see `prepare`

            text, callback = encode(method, arguments, warnings, self._javascript.python)
        except RecursionError:  # the caller's stack is nearly used up
            return PendingResult(method).settle("dropped", "the call was made too deep in a recursion to be read")
        for warning in warnings:
            self._complain(f"{method}: {warning}")
        hear = self._hear if callback is None else self._hear_with(self._callbacks.add(callback))
        name = arguments[0] if arguments and type(arguments[0]) is str else None  # nothing else is kept of a call
        result = PendingResult(method, name, hear)
        if self.closed:
            return result.settle("dropped", CLOSED)
        self._hand_over(text, method, result)
        return result

    def _hear(self, result: PendingResult) -> None:
        if "settled" in self._handlers:
            self._emit("settled", result)

    def _hear_with(self, settled: Callable[[], None]) -> Callable[[PendingResult], None]:
        def hear(result: PendingResult) -> None:
            settled()
            self._hear(result)

        return hear

    # -- what each way does in its own manner

    @abstractmethod
    def _hand_over(self, text: str, method: str, result: PendingResult) -> None:
        """Hands one call, as wire text, to the page's half; `result` is settled when it is known what became of it."""

    @abstractmethod
    def user(self) -> "User":
        """Who the visitor is: `id`, `traits`, `anonymous_id`."""

    @abstractmethod
    def consent(self, granted: bool) -> None:
        """The visitor's decision: Heap is loaded and told what waited, or nothing is and what waited is dropped."""

    @abstractmethod
    def ready(self, callback: Callable[[], object] | None = None) -> PendingResult:
        """Calls back when calls reach Heap. `await analytics.ready()` waits for that, or for its failure."""

    @abstractmethod
    def flush(self) -> int:
        """Hands over what waits, if it can be; gives how many calls still wait."""

    @abstractmethod
    def close(self) -> None:
        """Lets the page's half go, for good: later calls are dropped."""

    @abstractmethod
    def loaded_again(self, settings: Settings) -> None:
        """The same App ID is loaded again: says so where other settings come too late."""

    @property
    @abstractmethod
    def state(self) -> str:
        """How it goes, in a few words."""

    # -- events

    def on(self: Self, name: str, handler: Callable[..., object]) -> Self:
        """Calls the handler at each "ready", "settled" (result), "error" (message), and method name (arguments).

        In the page also at each "call", "transformed", "state" and "warning" of the page's half (a dict).
        """
        self._handlers.setdefault(name, []).append((handler, False))
        return self

    def once(self: Self, name: str, handler: Callable[..., object]) -> Self:
        """`on`, for the first time only."""
        self.on(name, handler)
        self._handlers[name][-1] = (handler, True)
        return self

    def off(self: Self, name: str, handler: Callable[..., object] | None = None) -> Self:
        """Takes a handler away, whether it came by `on` or `once`, or all of that name."""
        left = [pair for pair in self._handlers.get(name, ()) if handler is not None and pair[0] != handler]
        if left:
            self._handlers[name] = left
        else:
            self._handlers.pop(name, None)
        return self

    def _emit(self, name: str, *arguments: object) -> None:
        for pair in tuple(self._handlers.get(name, ())):
            if pair[1]:
                handlers = self._handlers.get(name, [])
                if pair not in handlers:
                    continue  # it was called by a handler before it
                handlers.remove(pair)
                if not handlers:
                    self.off(name)
            self._call(pair[0], *arguments)

    def _call(self, function: Any, *arguments: object) -> None:
        try:
            function(*arguments)
        except Exception as error:  # noqa: BLE001 - a callback or handler that raises stops nothing
            self._complain(f"a callback raised {type(error).__name__}: {attempt(str, error)}")

    def _complain(self, message: str) -> None:
        if message not in self._complaints and len(self._complaints) < MAX_COMPLAINTS:
            self._complaints.add(message)
            self._javascript.complain(f"[heap-web] {message}")

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


CLOSED: Final = "analytics was closed"
