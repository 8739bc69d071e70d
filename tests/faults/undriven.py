"""Chromium without a driver, whose pages drive themselves: with one attached it prerenders nothing."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.conftest import LAUNCH

# There is no Heap's host here and nothing else: a page's own script plays Heap.
ALONE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"


@contextmanager
def undriven(url: str, profile: Path) -> Iterator[None]:
    """A Chromium that shows a page, on a profile of its own."""
    start = LAUNCH["chromium"]
    command = [start["executable_path"], *start["args"], "--headless", f"--user-data-dir={profile}", ALONE, url]
    nowhere = subprocess.DEVNULL
    # A group of its own: the program is a script that starts the browser and does not pass a signal on.
    with subprocess.Popen(command, stdout=nowhere, stderr=nowhere, start_new_session=True) as browser:
        try:
            yield
        finally:
            os.killpg(browser.pid, signal.SIGTERM)
