"""What became of a call: Result, which may be awaited, looked at or forgotten, and Settled, which awaiting it gives."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ..core.commands import Command

if TYPE_CHECKING:
    from asyncio import Future

Status = Literal["delivered", "kept", "dropped"]


class Settled(NamedTuple):
    """What awaiting a Result gives.

    A value of its own, as it must not be awaitable: JavaScript awaits what it is given until that no longer is, so a
    page's `await pyodide.runPythonAsync("analytics.track('E')")` would never end.
    """

    status: Status
    commands: tuple[Command, ...]
    reason: str | None
    call: str  # how to show what it is the outcome of

    def __repr__(self) -> str:
        what = f"{self.call}: " if self.call else ""
        told = f" ({', '.join(command.method for command in self.commands)})" if self.commands else ""
        return f"<{what}{self.status}{told}{f', {self.reason}' if self.reason else ''}>"


class Result:
    """What becomes of one call. `await` it to wait until Heap has been told, or cannot be for the time being.

    `status`: "delivered" (Heap was told, or there was nothing to tell), "kept" (waits for Heap) or "dropped", with a
    `reason`. `commands`: the calls of `window.heap`'s methods. Awaiting gives these as `Settled` and never raises; a
    result that nobody awaits does no harm.
    """

    __slots__ = ("_call", "_settled", "_waiting", "commands", "reason", "status")

    def __init__(self, commands: tuple[Command, ...] = (), call: str = "") -> None:
        """`call`: how to show what it is the result of."""
        self.status: Status = "kept"
        self.commands = commands
        self.reason: str | None = None
        self._call = call
        self._settled = False
        self._waiting: list[Future[None]] = []

    def __repr__(self) -> str:
        if self._settled:
            return repr(self._as_settled())
        return f"<{self._call or 'call'}: on its way>"

    def __await__(self) -> Generator[Any, None, Settled]:
        if not self._settled:
            import asyncio  # here: only who waits needs it, and a page that runs Python has it

            future: Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            yield from future
        return self._as_settled()

    def _as_settled(self) -> Settled:
        return Settled(self.status, self.commands, self.reason, self._call)

    def settle(self, status: Status, reason: str | None = None) -> "Result":
        """Makes it final, except that what is kept may be delivered later."""
        self.status, self.reason, self._settled = status, reason, True
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
        return self
