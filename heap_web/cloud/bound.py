"""How much an outbox may hold, and what becomes of a call for which there is no room."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heap_web.core.errors import ConfigurationError

if TYPE_CHECKING:
    from typing import Literal

    Policy = Literal["refuse", "drop_oldest", "drop_newest"]

POLICIES = ("refuse", "drop_oldest", "drop_newest")
COUNTED_AGAIN = 1.0
"""Seconds between two counts of what is there, while the outbox is full."""
DISK_SEEN = 0.2
"""Seconds for which a disk that had room is believed to have it."""
STALE = 60.0
"""Seconds after which an outbox that was more than half full is counted again, for others put calls in too."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How much may wait. `policy`: "refuse" raises `OutboxFullError` at the caller, which nothing is kept of;
    "drop_oldest" removes the oldest waiting calls to make room (and raises for more than would fit into an empty
    outbox); "drop_newest" does not keep the new call. What is
    dropped is lost: it is counted in `stats()` and logged.
    """

    calls: int = 10_000_000
    """Calls that may wait."""
    size: int = 10_000_000_000
    """Characters of JSON text that may wait."""
    free: int = 50_000_000
    """Bytes that are left free on the disk of an outbox in SQLite, so that there is room to strike what was sent."""
    policy: Policy = "refuse"

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise ConfigurationError(f"policy {self.policy!r} is unknown; pass one of {', '.join(POLICIES)}")
        numbers = (self.calls, self.size, self.free)
        if not all(isinstance(number, int) and not isinstance(number, bool) for number in numbers):
            raise ConfigurationError(f"a bound's calls, size and free must be whole numbers, not {numbers!r}")
        if min(self.calls, self.size) < 1 or self.free < 0:
            raise ConfigurationError("a bound must let at least one call wait; pass calls and size of 1 or more")


class Filling:
    """How full an outbox is: counted once, then kept by what this process puts in and strikes, and counted again
    when it seems to be full.
    """

    def __init__(
        self,
        bound: Bound,
        count: Callable[[], tuple[int, int]],
        file: str | None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.bound = bound
        self._count = count
        self._file = file
        self._monotonic = monotonic
        self.reset()

    def reset(self) -> None:
        """Knows nothing any more, in a forked child."""
        self._lock = threading.Lock()
        self._calls = self._size = 0
        self._counted: float | None = None
        self._disk_seen = -DISK_SEEN

    def over(self, calls: int, size: int) -> str | None:
        """What there would be too much of with so many calls more, or None."""
        if self._file is not None and (short := self._short_of_disk()) is not None:
            return short
        with self._lock:
            age = None if self._counted is None else self._monotonic() - self._counted
            over = self._over(calls, size)
            if age is None or age > (COUNTED_AGAIN if over else STALE if self._half_full() else float("inf")):
                self._calls, self._size = self._count()
                self._counted = self._monotonic()
                over = self._over(calls, size)
            return over

    def is_known(self, calls: int, size: int) -> bool:
        """Whether there is room for so much without a look at the database."""
        with self._lock:
            if self._counted is None or self._over(calls, size) is not None:
                return False
            return not self._half_full() or self._monotonic() - self._counted <= STALE

    def never_fits(self, calls: int, size: int) -> bool:
        """Whether so much has no room even where nothing else waits."""
        return calls > self.bound.calls or size > self.bound.size

    def changed(self, calls: int, size: int) -> None:
        """So much more is there, or less."""
        with self._lock:
            self._calls = max(self._calls + calls, 0)
            self._size = max(self._size + size, 0)

    def excess(self, calls: int, size: int) -> tuple[int, int]:
        """How many calls, and how much text, must go to make room for so much; a little more, so that not every call
        has to make its own. (Of a full disk: as much as is to come, for the database uses its free pages again.)
        """
        with self._lock:
            over = self._calls + calls - self.bound.calls, self._size + size - self.bound.size
            if max(over) <= 0:
                return calls, size
            spare = self.bound.calls // 100, self.bound.size // 100
            return (over[0] + spare[0] if over[0] > 0 else 0), (over[1] + spare[1] if over[1] > 0 else 0)

    def _half_full(self) -> bool:
        return self._calls * 2 > self.bound.calls or self._size * 2 > self.bound.size

    def _over(self, calls: int, size: int) -> str | None:
        if self._calls + calls > self.bound.calls:
            return f"{self.bound.calls} calls wait already, as many as its bound allows"
        if self._size + size > self.bound.size:
            return f"{self.bound.size} characters wait already, as many as its bound allows"
        return None

    def _short_of_disk(self) -> str | None:
        now = self._monotonic()
        if not self.bound.free or self._file is None or now - self._disk_seen < DISK_SEEN:
            return None
        try:
            free = shutil.disk_usage(os.path.dirname(self._file) or ".").free
        except OSError:
            return None
        if free >= self.bound.free:
            self._disk_seen = now
            return None
        return f"only {free} bytes are free on its disk, and {self.bound.free} are to stay free"
