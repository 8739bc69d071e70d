"""The browsers: Chromium and Firefox of the system, each started as a new process on a profile folder."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Page, Playwright

from heap_web.dev.bench.devtools import ANSWER, Target, attached

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FIREFOX = ("firefox-esr", "firefox")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SETTLED = 1.0  # seconds after which a browser has done what it does at its start
STARTED = 30.0  # seconds that a browser may take to start
ENDED = 10.0  # seconds that it may take to end, when it has been asked to


def found(names: tuple[str, ...]) -> str | None:
    """Path of the first of these programs that is installed, or None."""
    return next((path for name in names if (path := shutil.which(name))), None)


@contextmanager
def chromium(profile: Path) -> Iterator[Target]:
    """The tab of a new Chromium process on this profile; its caches are on disk when the block has ended."""
    program = found(CHROMIUM)
    if program is None:
        raise FileNotFoundError(f"no Chromium: install one of {', '.join(CHROMIUM)}")
    address = profile / "DevToolsActivePort"
    address.unlink(missing_ok=True)
    command = [program, "--headless=new", *FLAGS, f"--user-data-dir={profile}", "--remote-debugging-port=0"]
    with subprocess.Popen([*command, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            with attached(_devtools(address, process)) as page:
                time.sleep(SETTLED)
                yield page
            with suppress(subprocess.TimeoutExpired):
                process.wait(ENDED)
        finally:
            process.kill()


def _devtools(address: Path, process: subprocess.Popen[bytes]) -> str:
    """Where a browser has its DevTools, once it has written that down: a port and a path."""
    end = time.monotonic() + STARTED
    while time.monotonic() < end and process.poll() is None:
        lines = address.read_text("utf-8").split() if address.exists() else []
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.02)
    raise RuntimeError(f"Chromium did not start within {STARTED:.0f} s")


@contextmanager
def firefox(playwright: Playwright, profile: Path) -> Iterator[Page]:
    """The tab of a new Firefox process on this profile. Raises FileNotFoundError where none is installed."""
    program = found(FIREFOX)
    if program is None:
        raise FileNotFoundError(f"no Firefox: install one of {', '.join(FIREFOX)}")
    context = playwright.firefox.launch_persistent_context(
        profile, channel="moz-firefox", executable_path=program, headless=True
    )
    try:
        page = context.pages[0] if context.pages else context.new_page()
        page.set_default_timeout(ANSWER * 1000)
        page.wait_for_timeout(SETTLED * 1000)
        yield page
    finally:
        context.close()
