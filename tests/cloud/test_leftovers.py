"""Programs that end: without `close()`, by SIGTERM, in the midst of a slow request."""

import signal
import subprocess
import sys
import time

import pytest

from heap_web.cloud import Outbox
from heap_web.dev.serve.heap_api import Heap
from tests.cloud import odd_heap

END_S = 30


def run(code: str, *, expect: int = 0) -> str:
    """Runs a program to its end; gives what it wrote to the error output."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == expect, done.stderr
    return done.stderr


def program(url: str, outbox: str, then: str = "", **settings: object) -> str:
    """A program that makes a call and ends, as it may."""
    given = "".join(f", {name}={value!r}" for name, value in settings.items())
    return f"""
import os, signal, sys, time
from heap_web.cloud import HeapCloud, exit_on_sigterm
heap = HeapCloud("11", outbox={outbox!r}, base_url={url!r}{given})
heap.track("E", user_id="ann", message_id="m")
{then}
"""


def test_sends_at_exit(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """A program that ends without `close()` sends what waits, and says nothing."""
    assert run(program(heap_url, sqlite_url, linger=60.0)) == ""
    assert set(heap.events) == {"m"}


@pytest.mark.parametrize("background", [True, False])
def test_says_what_is_left(sqlite_url: str, background: bool) -> None:
    """What cannot be sent in a short time is said in one line, with where it is."""
    begun = time.monotonic()
    with odd_heap.serving(odd_heap.silent) as url:
        said = run(program(url, sqlite_url, background=background))
    assert said.splitlines()[-1].startswith("nobody called close(): 1 calls wait in sqlite:///")
    assert time.monotonic() - begun < END_S
    outbox = Outbox(sqlite_url, app_id="11")
    assert outbox.waiting() == 1
    outbox.close()


def test_an_exception_ends_it(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """So does one that ends by an exception."""
    said = run(program(heap_url, sqlite_url, "raise ValueError('of the program')", linger=60.0), expect=1)
    assert said.splitlines()[-1] == "ValueError: of the program"
    assert set(heap.events) == {"m"}


def test_closed_clients_are_left_alone(heap_url: str, sqlite_url: str) -> None:
    """A client that was closed with calls left says nothing more at the end."""
    assert run(program(heap_url, sqlite_url, "heap.close(0)", background=False)) == ""


def test_sigterm(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """With `exit_on_sigterm()` SIGTERM ends the program as `sys.exit` does: what waits is sent."""
    then = "exit_on_sigterm()\nos.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(60)"
    run(program(heap_url, sqlite_url, then, linger=60.0), expect=128 + signal.SIGTERM)
    assert set(heap.events) == {"m"}


def test_sigterm_handlers_of_others(heap_url: str, sqlite_url: str) -> None:
    """A handler that is there stays."""
    then = "signal.signal(signal.SIGTERM, lambda *_: os._exit(7))\nexit_on_sigterm()\nos.kill(os.getpid(), 15)"
    run(program(heap_url, sqlite_url, then), expect=7)


def test_a_forked_child_says_nothing_of_the_parents_calls(heap_url: str, sqlite_url: str) -> None:
    """A child that made no call ends without a word about those of its parent."""
    then = (
        "heap.close(0)\nheap2 = HeapCloud('11', outbox=heap.outbox, background=False)\nheap2.track('E', user_id='u')\n"
    )
    then += "if os.fork() == 0: sys.exit()\nos.wait(); heap2.close(0)"
    assert run(program(heap_url, sqlite_url, then, background=False)) == ""
