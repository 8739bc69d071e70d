"""Who of the processes on one SQLite outbox sends: the one that holds SQLite's own exclusive lock on a small file
beside it.

The operating system releases the lock when the process ends, however it ends. A forked child does not have it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from heap_web.cloud import forks
from heap_web.cloud.database import kind_of_sqlite
from heap_web.cloud.errors import OutboxError


class SenderLock:
    """The right to send from the outbox at `database` (a path)."""

    def __init__(self, database: str) -> None:
        self._path = database + "-sender"
        self._opening = threading.Lock()
        self._open: set[sqlite3.Connection] = set()
        forks.watch(self)

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Whether this block has the right; if not, another process or thread has it. `OutboxError` if nobody can."""
        with self._opening:
            lock = self._connected()
            self._open.add(lock)
        try:
            with self._opening:
                taken = self._taken(lock)
            yield taken
        finally:
            with self._opening:
                lock.close()
                self._open.discard(lock)

    def before_fork(self) -> None:
        """SQLite must be at rest: its own locks are copied as they are."""
        self._opening.acquire()

    def after_fork_in_parent(self) -> None:
        """Goes on."""
        self._opening.release()

    def after_fork_in_child(self) -> None:
        """Closes the copies; in the child they hold no lock, yet SQLite would believe it."""
        for lock in self._open:
            with suppress(sqlite3.Error):
                lock.close()
        self._open = set()
        self._opening = threading.Lock()

    def _connected(self) -> sqlite3.Connection:
        try:
            return sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise self._error(error) from None

    def _taken(self, lock: sqlite3.Connection) -> bool:
        try:
            lock.execute("PRAGMA journal_mode = MEMORY").fetchone()  # a file would need room on the disk
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if kind_of_sqlite(error)[0] == "locked":
                return False
            raise self._error(error) from None
        if not os.access(self._path, os.W_OK):
            # On a file that it may only read, SQLite grants everyone this "exclusive" lock.
            raise OutboxError(
                f"nothing can be sent: {self._path} is read-only, so senders cannot tell who of them sends; "
                "let this program's user write to it, or remove it",
                "read-only",
            )
        return True

    def _error(self, error: sqlite3.Error) -> OutboxError:
        kind, code = kind_of_sqlite(error)
        return OutboxError(
            f"nothing can be sent: {self._path} cannot be locked ({code}); "
            "make room on the disk, or let this program's user write to the file and its folder",
            kind,
        )
