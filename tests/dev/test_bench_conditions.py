"""Tests of heap_web.dev.bench.conditions."""

from __future__ import annotations

import asyncio
import time

from heap_web.dev.bench.conditions import BUSY, QUIET, Condition, Line, loaded


def test_what_is_sent_shares_the_line() -> None:
    """Two files sent at once take as long as both of them one after the other; a quiet line takes no time."""
    line = Line(Condition("slow", "slow", rate=1_000_000))

    async def send() -> None:
        await asyncio.gather(line.wait_for(50_000), line.wait_for(50_000))

    start = time.monotonic()
    asyncio.run(send())
    assert time.monotonic() - start >= 0.1

    quiet = Line(QUIET)
    asyncio.run(quiet.wait_for(10**12))


def test_an_answer_waits_for_its_delay() -> None:
    """The first byte comes after the condition's delay."""
    start = time.monotonic()
    asyncio.run(Line(Condition("far", "far", delay=0.05)).wait_for_answer())
    assert time.monotonic() - start >= 0.05


def test_the_load_ends_with_its_block() -> None:
    """The burners run within the block and are gone after it."""
    with loaded(BUSY) as burners:
        assert [burner.poll() for burner in burners] == [None] * BUSY.burners
    assert all(burner.poll() is not None for burner in burners)
