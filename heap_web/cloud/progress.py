"""How far a command is, on standard error: a bar on a terminal, a line now and then where the output goes to a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

EVERY = 5.0
"""Seconds from one line to the next."""

Step = Callable[[int], None]


@contextmanager
def shown(console: Console, what: str, total: int | None, done: int = 0) -> Iterator[Step]:
    """A function that is told how much is done."""
    if not console.is_terminal:
        yield _lines(what, total)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(what, total=total, completed=done)
        yield lambda now: progress.update(task, completed=now)


def _lines(what: str, total: int | None) -> Step:
    begun = last = time.monotonic()

    def step(done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY:
            last = now
            of = f" of {total:,} ({done / total:.0%})" if total else ""
            print(f"{what}: {done:,}{of}, after {now - begun:.0f} s", file=sys.stderr, flush=True)

    return step
