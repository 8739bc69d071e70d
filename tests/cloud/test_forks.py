"""Forked children: a client made before the fork works in them, nothing is lost, and nothing hangs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from heap_web.dev.serve.heap_api import Heap

CALLS = 5
STORM_S = 200


def run(heap_url: str, outbox_url: str, ack: Path, children: int, calls: int) -> dict[str, object]:
    """Runs the storm; gives what it said."""
    command = [sys.executable, "-m", "tests.cloud.storm", heap_url, outbox_url, str(ack), str(children), str(calls)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=STORM_S, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    said: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    said["stderr"] = done.stderr
    return said


@pytest.mark.parametrize("children", [5, pytest.param(200, marks=pytest.mark.long)])
def test_storm(heap_url: str, heap: Heap, outbox_url: str, tmp_path: Path, children: int) -> None:
    """Forked while threads make calls and the background sends, every child's calls are taken, and all arrive."""
    ack = tmp_path / "taken"
    said = run(heap_url, outbox_url, ack, children, CALLS)
    taken = ack.read_text().split()
    assert said["ended"] == [0] * children, said
    assert said["waiting"] == 0
    assert len([key for key in taken if key.startswith("child")]) == children * CALLS
    assert set(taken) == set(heap.events)


def test_forked_in_a_request(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """A child that is forked while the parent waits for Heap's answer sends its own calls, when the parent is done."""
    code = f"""
import os, signal, threading, time
from heap_web.cloud import HeapCloud
heap = HeapCloud("11", outbox={sqlite_url!r}, base_url={heap_url!r}, linger=0.0)
heap.track("E", user_id="ann", message_id="parent")
time.sleep(0.3)
if os.fork() == 0:
    signal.alarm(20)
    heap.track("E", user_id="bob", message_id="child")
    done = heap.flush(15)
    os._exit(0 if done.waiting == 0 else 1)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
"""
    heap.slow = 1.0
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert set(heap.events) == {"parent", "child"}


def test_inherited_by_a_program(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """Another program that is started after a fork (fork and exec) is nobody's business: calls go on in the parent."""
    code = f"""
import subprocess, sys
from heap_web.cloud import HeapCloud
with HeapCloud("11", outbox={sqlite_url!r}, base_url={heap_url!r}, linger=0.0) as heap:
    for n in range(5):
        heap.track("E", user_id="ann", message_id=str(n))
        subprocess.run([sys.executable, "-c", ""], preexec_fn=lambda: None, check=True)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert set(heap.events) == {str(n) for n in range(5)}


def test_multiprocessing(heap_url: str, heap: Heap, outbox_url: str) -> None:
    """The workers of a forking pool use the parent's client."""
    code = f"""
import multiprocessing
from heap_web.cloud import HeapCloud
heap = HeapCloud("11", outbox={outbox_url!r}, base_url={heap_url!r}, linger=0.0)
heap.track("E", user_id="ann", message_id="first")
def work(n):
    return heap.track("E", user_id=f"user {{n}}", message_id=str(n))
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(work, range(40)) == [str(n) for n in range(40)]
heap.close(20)
assert heap.outbox.waiting() == 0
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert set(heap.events) == {"first", *(str(n) for n in range(40))}


def test_made_by_many_processes(outbox_url: str) -> None:
    """Processes that make the same outbox at the same moment all get it, and their calls are in it."""
    code = f"""
import os
from heap_web.cloud import Outbox
from heap_web.cloud.entries import Entry
start, end = os.pipe()
children = []
for n in range(12):
    pid = os.fork()
    if pid == 0:
        os.close(end)
        os.read(start, 1)  # until the parent has made all
        code = 1
        try:
            Outbox({outbox_url!r}, app_id="11").put([Entry("/api/track", f"u{{n}}", f"k{{n}}", "{{}}")])
            code = 0
        finally:
            os._exit(code)
    children.append(pid)
os.close(end)
codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
print(codes, Outbox({outbox_url!r}, app_id="11").waiting())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout == f"{[0] * 12} 12\n", done.stderr
