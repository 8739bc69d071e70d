"""Commands in lanes: a lane that is through with one command takes the next, so that no processor stands idle."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple


class Outcome(NamedTuple):
    """How a command ended, and how long it took."""

    name: str
    status: int
    seconds: float


def run_in_lanes(commands: Mapping[str, Sequence[str]], lanes: int, cwd: Path) -> list[Outcome]:
    """Runs named commands, begun in this order; prints what each has printed when it is through."""
    waiting: SimpleQueue[tuple[str, Sequence[str]]] = SimpleQueue()
    for command in commands.items():
        waiting.put(command)
    outcomes: list[Outcome] = []
    printing = threading.Lock()

    def lane() -> None:
        while True:
            try:
                name, command = waiting.get_nowait()
            except Empty:
                return
            start = time.monotonic()
            with tempfile.TemporaryFile() as output:
                status = running.run(command, output.fileno(), cwd)
                output.seek(0)
                with printing:
                    print(f"\n── {name}\n{output.read().decode(errors='replace')}", flush=True)
                    outcomes.append(Outcome(name, status, time.monotonic() - start))

    with _Running.until_the_end() as running:
        threads = [threading.Thread(target=lane, daemon=True) for _ in range(lanes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    order = list(commands)
    return sorted(outcomes, key=lambda outcome: order.index(outcome.name))


class _Running:
    """The processes that run, so that none outlives an interrupt."""

    def __init__(self) -> None:
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._ended = False

    @classmethod
    @contextmanager
    def until_the_end(cls) -> Iterator[_Running]:
        """Ends what still runs when the block is left, as it is when this process is asked to end."""
        running = cls()
        before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        try:
            yield running
        finally:
            running.end()
            signal.signal(signal.SIGTERM, before)

    def run(self, command: Sequence[str], output: int, cwd: Path) -> int:
        """Runs one command to its end; returns its status."""
        with self._lock:
            if self._ended:
                return -1
            process = subprocess.Popen(
                command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
            self._processes.add(process)
        try:
            return process.wait()
        finally:
            with self._lock:
                self._processes.discard(process)

    def end(self) -> None:
        """Ends what runs, and lets nothing more begin."""
        with self._lock:
            self._ended = True
            left = list(self._processes)
        for process in left:
            process.terminate()
        for process in left:
            process.wait()
