"""The browsers: Chromium and Firefox of the system, each started as a new process on a profile folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Playwright

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
SETTLED = 1_000.0  # ms after which a browser has done what it does at its start


def found(names: tuple[str, ...]) -> str | None:
    """Path of the first of these programs that is installed, or None."""
    return next((path for name in names if (path := shutil.which(name))), None)


@contextmanager
def chromium(playwright: Playwright, profile: Path) -> Iterator[BrowserContext]:
    """A new Chromium process on this profile; its caches are on disk when the block has ended."""
    program = found(CHROMIUM)
    if program is None:
        raise FileNotFoundError(f"no Chromium: install one of {', '.join(CHROMIUM)}")
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=program, headless=True, args=list(FLAGS)
    )
    try:
        tab(context).wait_for_timeout(SETTLED)
        yield context
    finally:
        context.close()


@contextmanager
def firefox(playwright: Playwright, profile: Path) -> Iterator[BrowserContext]:
    """A new Firefox process on this profile. Raises FileNotFoundError where none is installed."""
    program = found(FIREFOX)
    if program is None:
        raise FileNotFoundError(f"no Firefox: install one of {', '.join(FIREFOX)}")
    context = playwright.firefox.launch_persistent_context(
        profile, channel="moz-firefox", executable_path=program, headless=True
    )
    try:
        tab(context).wait_for_timeout(SETTLED)
        yield context
    finally:
        context.close()


def tab(context: BrowserContext) -> Page:
    """The tab that the browser opened with, or a new one."""
    return context.pages[0] if context.pages else context.new_page()
