"""Browsers, a site to serve to them, and pages that fail their test on any error that nobody declared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, WebError

from heap_web.dev.bench.browser import FLAGS
from heap_web.dev.build.bundle import bundle
from heap_web.dev.build.steps import DIST

from .counting import RECEIPT, FaultySite
from .serving import Site, serving

HERE = Path(__file__).parent
CODEC = HERE.parent / "conformance" / "cases" / "codec.js"
RECORDER = HERE / "recorder.js"
# WebAssembly stays as it is first compiled. To make it faster takes more time than a test's page has any use for.
QUICK = "--js-flags=--liftoff-only"
# Chromium without the windows around its pages: a third of the time for each new profile. FULL has the windows.
LAUNCH: dict[str, dict[str, Any]] = {
    "chromium": {"executable_path": "/usr/bin/chromium-headless-shell", "args": [*FLAGS, QUICK]},
    "firefox": {"executable_path": "/usr/bin/firefox-esr", "channel": "moz-firefox"},
}
FULL: dict[str, dict[str, Any]] = {"chromium": {"executable_path": "/usr/bin/chromium"}}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_name: str) -> dict[str, Any]:
    """How each browser is started: Debian's own, without the network traffic of a first run."""
    return LAUNCH[browser_name]


@pytest.fixture(scope="session")
def dist() -> Path:
    """dist/, built from the sources as they are now."""
    bundle()
    return DIST


@pytest.fixture(scope="session")
def running_site(dist: Path) -> Iterator[Site]:
    """One server for all tests."""
    with serving(dist, Site) as site:
        yield site


@pytest.fixture
def site(running_site: Site) -> Site:
    """The site without any pages yet."""
    running_site.pages.clear()
    running_site.pages["/received"] = RECEIPT
    running_site.asked.clear()
    return running_site


@pytest.fixture
def faulty(dist: Path) -> Iterator[FaultySite]:
    """A site of the test's own, which can hold answers back or spoil them."""
    with serving(dist, FaultySite) as site:
        site.pages["/received"] = RECEIPT
        yield site


class Watch:
    """What goes wrong in a context's pages: uncaught errors and console errors, but for those that a test expects."""

    def __init__(self, context: BrowserContext) -> None:
        self.seen: list[str] = []
        self.expected: list[re.Pattern[str]] = []
        context.on("console", self._console)
        context.on("weberror", self._error)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.seen.append(f"console: {message.text}")

    def _error(self, error: WebError) -> None:
        self.seen.append(f"uncaught: {error.error}")

    def expect(self, pattern: str) -> None:
        """Declares errors that fit a regular expression; one that is declared and never comes fails the test too."""
        self.expected.append(re.compile(pattern))

    def check(self) -> None:
        """Fails on errors that were not expected and on expectations without an error."""
        surprises = [text for text in self.seen if not any(pattern.search(text) for pattern in self.expected)]
        missed = [p.pattern for p in self.expected if not any(p.search(text) for text in self.seen)]
        self.seen.clear()
        assert not surprises, f"errors in the page: {surprises}"
        assert not missed, f"errors that did not come: {missed}"


@pytest.fixture
def watch(context: BrowserContext) -> Iterator[Watch]:
    """Watches the test's context, and judges it when the test is over."""
    watching = Watch(context)
    yield watching
    watching.check()


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Page:
    """A page whose errors fail the test."""
    return context.new_page()


def record(context: BrowserContext) -> None:
    """Gives every page of a context a live Heap that remembers what it is told."""
    context.add_init_script(path=CODEC)
    context.add_init_script(path=RECORDER)


@pytest.fixture
def recorded(context: BrowserContext) -> Callable[[Page], list[Any]]:
    """Installs the recorder; returns what asks a page for all that Heap was told there, encoded as the cases are."""
    record(context)
    return lambda page: page.evaluate("() => recorder.told")
