"""The counting site, a visitor for each test, and the table of what every fault cost: it must be nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType

from heap_web.dev.build.steps import DIST
from tests.browser.conftest import FULL, LAUNCH, dist  # noqa: F401  (a fixture)
from tests.browser.serving import serving

from .counting import Counting
from .table import Row, as_json, as_markdown
from .visitor import Visitor

# Playwright makes Firefox end itself when one of its processes dies.
FIREFOX = """#!/bin/sh
unset MOZ_CRASHREPORTER_SHUTDOWN
exec {program} "$@"
"""
ROWS = pytest.StashKey[list[Row]]()


def know_faults(config: pytest.Config) -> None:
    """Knows the marker that numbers and names a fault."""
    config.addinivalue_line("markers", "fault(number, name, freezing=False): a row; with a back/forward cache")


def pytest_configure(config: pytest.Config) -> None:
    """Knows the faults' marker, and starts an empty table."""
    know_faults(config)
    config.stash[ROWS] = []


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Prints the table, and writes it to dist/ as JSON and as Markdown."""
    rows = config.stash[ROWS]
    if not rows:
        return
    (DIST / "faults.json").write_text(as_json(rows), "utf-8")
    (DIST / "faults.md").write_text(as_markdown(rows), "utf-8")
    terminalreporter.section("faults: what was made and what Heap received")
    terminalreporter.write(as_markdown(rows))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_name: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """How each browser is started, so that it outlives its pages' processes."""
    arguments = LAUNCH[browser_name]
    if browser_name != "firefox":
        return arguments
    script = tmp_path_factory.mktemp("firefox") / "firefox"
    script.write_text(FIREFOX.format(program=arguments["executable_path"]), "utf-8")
    script.chmod(0o755)
    return {**arguments, "executable_path": str(script)}


@pytest.fixture(scope="session")
def running_site(dist: Path) -> Iterator[Counting]:  # noqa: F811
    """One counting server for all faults."""
    with serving(dist, Counting) as site:
        yield site


@pytest.fixture
def site(running_site: Counting) -> Counting:
    """The counting site, with nothing counted yet."""
    running_site.clear()
    return running_site


@pytest.fixture
def visitor(request: pytest.FixtureRequest, browser: Browser, browser_name: str, site: Counting) -> Iterator[Visitor]:
    """A visitor with a fresh profile. After the test every call is accounted for, and the fault gets its row."""
    marker = request.node.get_closest_marker("fault")
    number, name = marker.args
    if marker.kwargs.get("freezing"):
        browser = request.getfixturevalue("freezing_browser")
    with Visitor.of(browser, browser_name, site) as visitor:
        yield visitor
        visitor.leave()
        row = Row.of(number, name, browser_name, visitor)
    request.config.stash[ROWS].append(row)
    row.check()


@pytest.fixture(scope="session")
def freezing_browser(
    browser_type: BrowserType,
    browser_name: str,
    browser_type_launch_args: dict[str, Any],
) -> Iterator[Browser]:
    """A browser that keeps its back/forward cache, which Playwright switches off by itself."""
    full = FULL.get(browser_name, {})
    arguments = {**browser_type_launch_args, **full, "ignore_default_args": ["--disable-back-forward-cache"]}
    browser = browser_type.launch(**arguments)
    yield browser
    browser.close()
