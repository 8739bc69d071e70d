"""A block of code as one event: how long it ran and whether it succeeded. The clock is passed in."""

import functools
import inspect
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, ParamSpec, TypeVar, cast

from ..core.errors import CallError
from ..core.properties import entries

P = ParamSpec("P")
R = TypeVar("R")

#: Tells the event: (event, properties).
Track = Callable[[str, Mapping[str, Any]], object]


class Tracked:
    """A decorator and a context manager: when the block ends, its event is tracked with what was measured.

    The event's properties: `duration_ms` (milliseconds, to the tenth), `succeeded`, and if it did not, `error`: the
    name of the exception's type, without its message, which may hold what should not leave the page. The exception
    goes on as if there were no block. Properties that are given, or set inside the block, win over the measured ones.

        @analytics.tracked("Ran model", {"model": "trees"})
        def run(data): ...

        with analytics.tracked("Loaded file") as properties:
            properties["rows"] = len(load())
    """

    def __init__(self, track: Track, clock: Callable[[], float], event: str, properties: object = None) -> None:
        """`clock`: seconds, never running backwards. Raises CallError if `event` is no name."""
        if not isinstance(event, str) or not event:
            hint = ": put it in brackets, @analytics.tracked('Ran model')" if callable(event) else ""
            raise CallError(f"tracked: the event's name comes first, a non-empty string{hint}")
        self._track = track
        self._clock = clock
        self._event = event
        self._given = dict(entries(properties))
        self._open: list[tuple[float, dict[str, Any]]] = []  # blocks entered and not left, the innermost last

    def __enter__(self) -> dict[str, Any]:
        """The event's properties, for the block to add to."""
        properties = dict(self._given)
        self._open.append((self._clock(), properties))
        return properties

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        start, properties = self._open.pop()
        measured: dict[str, Any] = {
            "duration_ms": round((self._clock() - start) * 1000, 1),
            "succeeded": kind is None,
        }
        if kind is not None:
            measured["error"] = kind.__name__
        self._track(self._event, measured | properties)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """The function, each call of it a block. A coroutine's block ends when it has been awaited to its end."""
        if inspect.isasyncgenfunction(function):
            name = function.__name__
            raise CallError(f"tracked: {name} is an async generator; use `with analytics.tracked(…)` inside it")
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def run_to_end(*arguments: P.args, **named: P.kwargs) -> Any:
                with self._again():
                    return await function(*arguments, **named)

            return cast("Callable[P, R]", run_to_end)
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def iterate(*arguments: P.args, **named: P.kwargs) -> Any:
                with self._again():
                    return (yield from function(*arguments, **named))

            return cast("Callable[P, R]", iterate)

        @functools.wraps(function)
        def run(*arguments: P.args, **named: P.kwargs) -> R:
            with self._again():
                return function(*arguments, **named)

        return run

    def _again(self) -> "Tracked":
        """The same block anew: calls that run at the same time do not share what is open."""
        return Tracked(self._track, self._clock, self._event, self._given)

    def __repr__(self) -> str:
        return f"<tracked {self._event!r}>"
