"""What can go wrong in sending that the caller must know."""

from __future__ import annotations


class DeliveryError(Exception):
    """Heap could not be reached, or had no room, for as many tries as the `Retry` allows. Nothing is lost: see
    `waiting`.
    """

    def __init__(self, reason: str, waiting: int) -> None:
        super().__init__(
            f"Heap did not take the calls: {reason}. "
            f"{waiting} are safe in the outbox; the next flush or the next start sends them."
        )
        self.reason = reason
        """What Heap, or the network, said last."""
        self.waiting = waiting
        """Calls that stay in the outbox."""
