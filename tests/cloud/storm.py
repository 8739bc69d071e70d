"""A program that forks in the midst of everything: run as `python -m tests.cloud.storm`; says what came of it as JSON.

Threads of the parent make calls and the background sends, while children are forked that use the same client.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from heap_web.cloud import HeapCloud, Limits, Retry

UNLIMITED = Limits(10**9, 10**9, 10**9)
CHILD_S = 60
"""A child that lives longer hangs."""
FLUSH_S = 2.0
"""How long a child sends. It is never through by itself, for the parent's threads go on making calls."""


def calls(heap: HeapCloud, ack: int, name: str, count: int, stop: threading.Event | None = None) -> int:
    """Makes calls and writes down each that was taken; gives how many raised."""
    raised = 0
    for n in range(count):
        if stop is not None and stop.wait(0.003):
            break
        key = f"{name}-{n}"
        try:
            heap.track("E", user_id=f"user {name}", properties={"n": n}, message_id=key)
        except Exception as error:  # noqa: BLE001
            os.write(2, f"{key}: {error!r}\n".encode())
            raised += 1
        else:
            os.write(ack, f"{key}\n".encode())
    return raised


def child(heap: HeapCloud, ack: int, name: str, count: int, *, leaves: str) -> int:
    """A forked child's life: calls, and an end by `os._exit`, with or without a flush before."""
    signal.alarm(CHILD_S)
    raised = calls(heap, ack, name, count)
    if leaves == "flush":
        heap.flush(FLUSH_S)
    elif leaves == "close":
        heap.close(FLUSH_S)
    return min(raised, 100)


def main(base_url: str, outbox: str, ack_file: str, children: int, count: int) -> None:
    """Forks children, three at a time, while threads make calls."""
    ack = os.open(ack_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    heap = HeapCloud("11", outbox=outbox, base_url=base_url, limits=UNLIMITED, linger=0.0, retry=Retry(first=0.01))
    calls(heap, ack, "first", 1)
    stop = threading.Event()
    threads = [threading.Thread(target=calls, args=(heap, ack, f"thread{n}", 10**6, stop)) for n in range(3)]
    for thread in threads:
        thread.start()
    living: dict[int, str] = {}
    ended: list[int] = []
    longest_fork = 0.0
    for n in range(children):
        leaves = ("flush", "close", "die")[n % 3]
        begun = time.monotonic()
        pid = os.fork()
        if pid == 0:
            code = 101
            try:
                code = child(heap, ack, f"child{n}", count, leaves=leaves)
            finally:
                os._exit(code)
        longest_fork = max(longest_fork, time.monotonic() - begun)
        living[pid] = leaves
        while len(living) >= 3 or (n == children - 1 and living):
            done, status = os.wait()
            living.pop(done)
            ended.append(os.waitstatus_to_exitcode(status))
    stop.set()
    for thread in threads:
        thread.join()
    heap.flush(60)
    waiting = heap.outbox.waiting()
    heap.close(10)
    print(json.dumps({"ended": ended, "waiting": waiting, "fork_s": longest_fork}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], str(Path(sys.argv[3])), int(sys.argv[4]), int(sys.argv[5]))
