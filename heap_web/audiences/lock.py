"""One run at a time: what keeps two runs of one audience apart, in this process, on this machine and in the engine.

Every lock ends with its process or its connection, however these end, so there is none to be cleared by hand.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from heap_web.audiences import engines
from heap_web.audiences.errors import AudienceBusy

PAUSE = 0.05
"""Seconds from one try to the next."""

_guard = threading.Lock()
_held: set[tuple[int, str, str]] = set()


@contextmanager
def held(connection: Any, name: str, shown: str, wait: float = 0.0) -> Iterator[None]:
    """This block has the audience to itself. Raises `AudienceBusy` if it has not after `wait` seconds.

    `name`: of its tables. `shown`: what messages call it.
    """
    key = (os.getpid(), engines.identity_of(connection), name)
    until = time.monotonic() + wait
    while not _enter(key):
        _pause(until, shown)
    try:
        if not engines.has_locks(connection):
            with _on_this_machine(name, shown, until):
                yield
            return
        while not engines.take(connection, name):
            _pause(until, shown)
        try:
            yield
        finally:
            engines.give_back(connection, name)
    finally:
        with _guard:
            _held.discard(key)


def tries(wait: float) -> Iterator[bool]:
    """A try at once, and more for `wait` seconds; each tells whether it is the last."""
    until = time.monotonic() + wait
    while time.monotonic() < until:
        yield False
        time.sleep(PAUSE)
    yield True


def _enter(key: tuple[int, str, str]) -> bool:
    with _guard:
        free = key not in _held
        _held.add(key)
        return free


def _pause(until: float, shown: str) -> None:
    if time.monotonic() >= until:
        raise AudienceBusy(
            f"another run of {shown} is at work. Nothing was told; try again when it has ended, or pass wait= seconds"
        )
    time.sleep(PAUSE)


@contextmanager
def _on_this_machine(name: str, shown: str, until: float) -> Iterator[None]:
    """For engines without locks of their own: SQLite's lock on a small file, which the system releases."""
    os.makedirs(engines.state_folder(), exist_ok=True)
    path = os.path.join(engines.state_folder(), f"{name}.lock")
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as file:
        while not _locked(file):
            _pause(until, shown)
        yield


def _locked(file: sqlite3.Connection) -> bool:
    try:
        file.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        return False
    return True
