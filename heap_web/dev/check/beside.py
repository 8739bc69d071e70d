"""A command that runs beside others, its output kept until they are through."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Sequence
from types import TracebackType
from typing import IO

from heap_web.dev.build.steps import ROOT


class Beside:
    """Runs a command in the background from `with` on, and no longer than that."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self.command = command
        self._output: IO[bytes]
        self._process: subprocess.Popen[bytes]
        self._start = 0.0

    def __enter__(self) -> Beside:
        self._output = tempfile.TemporaryFile()
        self._start = time.monotonic()
        self._process = subprocess.Popen(
            self.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT
        )
        return self

    def outcome(self) -> tuple[int, float]:
        """Waits for its end, prints what it printed; returns its status and its seconds up to now."""
        status = self._process.wait()
        seconds = time.monotonic() - self._start
        self._output.seek(0)
        print(f"\n── {self.name}\n{self._output.read().decode(errors='replace')}", flush=True)
        return status, seconds

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
        self._output.close()
