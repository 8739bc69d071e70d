"""A wait with an end for work that has none: a database that is locked, busy or away answers when it likes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work()` gives, or raises. `TimeoutError` when it takes longer; a thread then goes on with it, and ends with
    the program.
    """
    done: Future[T] = Future()
    try:
        threading.Thread(target=_do, args=(work, done), name="heap-web-outbox", daemon=True).start()
    except RuntimeError:  # the interpreter ends and starts no threads
        return work()
    return done.result(seconds)


def _do(work: Callable[[], T], done: Future[T]) -> None:
    try:
        done.set_result(work())
    except BaseException as error:  # noqa: BLE001 - who waits is told
        done.set_exception(error)
