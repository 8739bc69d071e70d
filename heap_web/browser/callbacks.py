"""Callbacks of calls: once each, in the order of the calls, when the call has settled or a little later."""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

#: For so many seconds at most a callback waits for its call: the page's half has the call in its journal by then.
PATIENCE: Final = 0.3


class Callbacks:
    """The callbacks that have not been called yet, in the order of their calls."""

    def __init__(self, later: Callable[[float, Callable[[], None]], None], call: Callable[[Any], None]) -> None:
        """`later` calls a function in so many seconds; `call` calls a callback, whatever that raises."""
        self._later = later
        self._call = call
        self._waiting: deque[_Waiting] = deque()

    def add(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Takes a callback; gives the function that tells that its call has settled."""
        waiting = _Waiting(callback)

        def due() -> None:
            waiting.is_due = True
            while self._waiting and self._waiting[0].is_due:
                self._call(self._waiting.popleft().callback)

        self._waiting.append(waiting)
        self._later(PATIENCE, due)
        return lambda: self._later(0, due)  # never within the call itself


class _Waiting:
    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback = callback
        self.is_due = False
