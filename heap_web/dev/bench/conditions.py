"""What the measured visits happen under: a quiet machine, a busy one, and two mobile networks.

DevTools' network emulation holds for one target, and playwright cannot give it to a SharedWorker. But that fetches
most of what heap_web loads. So the bench's server is the slow line: all answers share its rate, whoever asked.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Condition:
    """What is different from a quiet machine.

    `rate`: bytes a second, 0 for no bound. `delay`: seconds from a request to its answer. `slowdown`: how many times
    slower the page's CPU is. `burners`: how many processes load the machine.
    """

    key: str
    title: str
    rate: float = 0.0
    delay: float = 0.0
    slowdown: float = 1.0
    burners: int = 0


MEGABIT = 1_000_000 / 8
QUIET = Condition("quiet", "quiet machine")
BUSY = Condition("busy", "busy machine: both cores loaded, CPU throttled 4 x", slowdown=4.0, burners=2)
FAST_4G = Condition("fast4g", "Fast 4G: 9 Mbit/s, 165 ms", rate=9 * MEGABIT, delay=0.165)
SLOW_4G = Condition("slow4g", "Slow 4G: 1.6 Mbit/s, 560 ms", rate=1.6 * MEGABIT, delay=0.560)
CONDITIONS = (QUIET, BUSY, FAST_4G, SLOW_4G)

#: Bytes sent at a time: a small file must not wait for the whole of a big one.
PIECE = 16_384
#: A load that gives way to everything else, as other programs of the same user do not: hence only a little nicer.
_BURN = "while True: pass"
_NICE = 5


@contextmanager
def loaded(condition: Condition) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Keeps the machine as busy as the condition says, until the block ends."""
    command = [sys.executable, "-c", f"import os; os.nice({_NICE})\n{_BURN}"]
    burners = [subprocess.Popen(command, env=dict(os.environ)) for _ in range(condition.burners)]
    try:
        yield burners
    finally:
        for burner in burners:
            burner.kill()
        for burner in burners:
            burner.wait()


@dataclass(slots=True)
class Line:
    """A visitor's line: everything that is sent goes through it one after the other."""

    condition: Condition = QUIET
    _free: float = field(default=0.0)  # when the line has sent what it was given so far

    async def wait_for_answer(self) -> None:
        """Waits as long as a request and the beginning of its answer take."""
        if self.condition.delay:
            await asyncio.sleep(self.condition.delay)

    async def wait_for(self, size: int) -> None:
        """Waits until so many bytes have gone through."""
        if not self.condition.rate:
            return
        self._free = max(self._free, time.monotonic()) + size / self.condition.rate
        await asyncio.sleep(self._free - time.monotonic())
