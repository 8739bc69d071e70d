"""Objects that must know of a fork: they let go of what a child cannot share, and a child begins anew.

Only the thread that forks lives on in the child. Whatever another thread held at that moment (a lock, a transaction,
a socket in the middle of a request) stays as it was for ever, and sockets and files are the parent's too.
"""

from __future__ import annotations

import os
import threading
from typing import Protocol
from weakref import WeakSet

LONGEST_PAUSE = 30.0
"""Seconds that a fork waits for transactions to end; a child that was forked within one says so when it is used."""


class Forks(Protocol):
    """What an object does about a fork."""

    def before_fork(self) -> None:
        """Comes to rest, in the process that forks."""

    def after_fork_in_parent(self) -> None:
        """Goes on."""

    def after_fork_in_child(self) -> None:
        """Forgets what is the parent's. Does no work yet: the child may be about to start another program."""


class _Watch:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.objects: WeakSet[Forks] = WeakSet()
        self.resting: list[Forks] = []
        self.registered = False


_watch = _Watch()


def watch(forks: Forks) -> None:
    """From now on the object is told of forks, for as long as somebody else refers to it."""
    with _watch.lock:
        _watch.objects.add(forks)
        if not _watch.registered and hasattr(os, "register_at_fork"):
            os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
            _watch.registered = True


def _before() -> None:
    _watch.lock.acquire()
    _watch.resting = list(_watch.objects)
    for forks in _watch.resting:
        forks.before_fork()


def _in_parent() -> None:
    for forks in _watch.resting:
        forks.after_fork_in_parent()
    _watch.resting = []
    _watch.lock.release()


def _in_child() -> None:
    for forks in _watch.resting:
        forks.after_fork_in_child()
    _watch.resting = []
    _watch.lock = threading.Lock()
