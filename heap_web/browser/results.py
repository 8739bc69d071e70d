"""What becomes of a call: PendingResult, which may be awaited or left alone, and Result, which awaiting it gives."""

import json
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from asyncio import Future

    from ..core.commands import Command

Status = Literal["delivered", "kept", "dropped"]


_UNKNOWN: Final = '{"status":"kept"}'


class Result(NamedTuple):
    """What became of a call, as far as it was known when it was awaited.

    A value of its own, as it must not be awaitable: JavaScript awaits what it is given until that no longer is, so a
    page's `await pyodide.runPythonAsync("analytics.track('E')")` would never end.
    """

    status: Status
    commands: tuple["Command", ...]
    reason: str | None
    call: str  # how to show the call

    def __repr__(self) -> str:
        what = f"{self.call}: " if self.call else ""
        told = f" ({', '.join(command.method for command in self.commands)})" if self.commands else ""
        return f"<{what}{self.status}{told}{f', {self.reason}' if self.reason else ''}>"


class PendingResult:
    """What will become of one call. `await` it to wait until Heap has been told, or cannot be for the time being.

    `status`: "delivered" (Heap was told), "kept" (waits for Heap) or "dropped" (Heap is not told), with a `reason`.
    `commands`: the calls of `window.heap`'s methods. Awaiting gives these as `Result` and never raises; one that nobody
    awaits does no harm.
    """

    __slots__ = ("_hear", "_method", "_name", "_outcome", "_settled", "_waiting")

    def __init__(
        self, method: str = "", name: str | None = None, hear: "Callable[[PendingResult], None] | None" = None
    ) -> None:
        """`method`, `name`: how to show the call. `hear` is called once, when it is first known what became of it."""
        self._method = method
        self._name = name
        self._hear = hear
        self._settled = False
        self._outcome: Result | str = _UNKNOWN  # JSON text until somebody asks, which for most calls nobody does
        self._waiting: list[Future[None]] | None = None

    def __repr__(self) -> str:
        if self._settled:
            return repr(self._result())
        return f"<{self._call() or 'call'}: on its way>"

    def _call(self) -> str:
        return f"{self._method} {self._name!r}" if self._name is not None else self._method

    def __await__(self) -> Generator[Any, None, Result]:
        if not self._settled:
            import asyncio  # here: only who waits needs it, and a page that runs Python has it

            future: Future[None] = asyncio.get_running_loop().create_future()
            if self._waiting is None:
                self._waiting = []
            self._waiting.append(future)
            yield from future
        return self._result()

    @property
    def status(self) -> Status:
        """What became of the call, as far as it is known."""
        return self._result().status

    @property
    def commands(self) -> "tuple[Command, ...]":
        """What Heap was told."""
        return self._result().commands

    @property
    def reason(self) -> str | None:
        """Why Heap was not told, if so."""
        return self._result().reason

    def _result(self) -> Result:
        outcome = self._outcome
        if isinstance(outcome, str):
            outcome = self._outcome = self._read(**json.loads(outcome))
        return outcome

    def _read(self, status: Status, reason: str | None = None, commands: Sequence[Sequence[Any]] = ()) -> Result:
        if not commands:
            return Result(status, (), reason, self._call())
        from ..core.commands import Command  # here: see `Analytics.prepare`

        told = tuple([Command(method, tuple(arguments)) for method, *arguments in commands])
        return Result(status, told, reason, self._call())

    def settle(
        self, status: Status, reason: str | None = None, commands: Sequence[Sequence[Any]] = ()
    ) -> "PendingResult":
        """Makes it final, except that what is kept may be delivered later. `commands`: [method, *arguments] each."""
        return self._settle(self._read(status, reason, commands))

    def settle_by(self, text: str) -> "PendingResult":
        """`settle` by the JSON text of an object that has its arguments by name."""
        return self._settle(text)

    def _settle(self, outcome: Result | str) -> "PendingResult":
        self._outcome, self._settled = outcome, True
        waiting, self._waiting = self._waiting, None
        for future in waiting or ():
            if not future.done():
                future.set_result(None)
        hear, self._hear = self._hear, None
        if hear is not None:
            hear(self)
        return self
