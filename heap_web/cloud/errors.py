"""What can go wrong in keeping and sending calls that the caller must know."""

from __future__ import annotations

from typing import Literal

Kind = Literal["full", "locked", "read-only", "corrupt", "unreachable", "conflict", "data", "forked", "bound", "other"]
"""What is wrong with the outbox; `OutboxError.kind`."""


class DeliveryError(Exception):
    """Heap could not be reached, or had no room, for as many tries as the `Retry` allows. Nothing is lost: see
    `waiting`.
    """

    def __init__(self, reason: str, waiting: int) -> None:
        super().__init__(reason, waiting)
        self.reason = reason
        """What Heap, or the network, said last."""
        self.waiting = waiting
        """Calls that stay in the outbox."""

    def __str__(self) -> str:
        return (
            f"Heap did not take the calls: {self.reason}. "
            f"{self.waiting} are safe in the outbox; the next flush or the next start sends them."
        )


class OutboxError(Exception):
    """The outbox's database could not do what was asked. From `track` and its like: the call was not kept.

    The message says what to do, and holds nothing of the calls: no statement, no value, no user.
    """

    def __init__(self, message: str, kind: Kind = "other") -> None:
        super().__init__(message, kind)
        self.kind = kind
        """What is wrong, for programs: "full" (the disk), "locked", "read-only", "corrupt", "unreachable", "conflict",
        "data", "forked", "bound" (the outbox's own), "other".
        """

    def __str__(self) -> str:
        return str(self.args[0])


class OutboxFullError(OutboxError):
    """The outbox holds as much as its `Bound` allows; the call was not kept."""
