"""At the end of the interpreter, clients that nobody closed send what they can in a short time, and say what is
left.
"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any, Protocol
from weakref import WeakSet

LONGEST = 3.0
"""Seconds that a program which did not close its clients takes longer to end, at most."""

_log = logging.getLogger("heap_web.cloud")


class Leftover(Protocol):
    """A client, as far as its end goes."""

    def end(self, timeout: float) -> None:
        """Sends what it can, and says what is left."""


_clients: WeakSet[Leftover] = WeakSet()
_registered = threading.Event()


def watch(client: Leftover) -> None:
    """From now on the client is ended with the interpreter, if it is still there."""
    _clients.add(client)
    if not _registered.is_set():
        _registered.set()
        atexit.register(_end)


def exit_on_sigterm() -> None:
    """Makes SIGTERM end the program as `sys.exit` does, so that `with` blocks are left and what waits is sent.

    For programs of one's own, in the main thread; servers such as gunicorn and uvicorn do so themselves. A handler
    that is already there is left alone.
    """
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _exit)


def _exit(number: int, _frame: FrameType | None) -> Any:
    sys.exit(128 + number)


def _end() -> None:
    for client in list(_clients):
        try:
            client.end(LONGEST)
        except Exception:  # noqa: BLE001 - the program ends, and the others have their turn
            _log.exception("the end of a client in process %d", os.getpid())
