"""Who of the processes on one SQLite outbox sends: the one that holds SQLite's own exclusive lock on a small file
beside it.

The operating system releases the lock when the process ends, however it ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager


class SenderLock:
    """The right to send from the outbox at `database` (a path)."""

    def __init__(self, database: str) -> None:
        self._path = database + "-sender"

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Whether this block has the right; if not, another process or thread has it."""
        lock = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        with closing(lock):
            yield _taken(lock)


def _taken(lock: sqlite3.Connection) -> bool:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    return True
