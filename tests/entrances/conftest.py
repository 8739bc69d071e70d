"""The counting site with Pyodide and Segment's analytics.js 2 on it, and a visitor who comes in by each entrance."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright

from heap_web.dev.build.steps import DIST, cached, fingerprint
from tests.browser.conftest import LAUNCH, dist  # noqa: F401  (a fixture)
from tests.browser.serving import Answer, serving
from tests.browser.test_segment import refuse_network, segment_script  # noqa: F401  (a fixture)
from tests.faults.conftest import browser_type_launch_args, freezing_browser, know_faults  # noqa: F401  (fixtures)
from tests.faults.counting import Counting
from tests.faults.table import Row, as_matrix
from tests.faults.visitor import Visitor
from tests.hosts.self_hosted import pyodide

from .entrance import ENTRANCES, Entrance

PAGES = Path(__file__).parent / "pages"
ROWS = pytest.StashKey[list[Row]]()
FREEZE = """async () => {
  const { freeze } = await import("/python.mjs");
  const memory = await freeze();
  let text = "";
  for (let i = 0; i < memory.length; i += 1 << 15) text += String.fromCharCode(...memory.subarray(i, i + (1 << 15)));
  return btoa(text);
}"""


def pytest_configure(config: pytest.Config) -> None:
    """Knows the faults' marker, and starts an empty table."""
    know_faults(config)
    config.stash[ROWS] = []


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Prints the table, and writes it to dist/ as Markdown."""
    if rows := config.stash[ROWS]:
        matrix = as_matrix(rows, list(ENTRANCES))
        (DIST / "entrances.md").write_text(matrix, "utf-8")
        terminalreporter.section("entrances: what Heap received of what was made")
        terminalreporter.write(matrix)


@dataclass
class Hosting(Counting):
    """A counting site with what the entrances need on it."""

    segment: str = ""

    def clear(self) -> None:
        """Forgets all but the files of the tests."""
        super().clear()
        for file in PAGES.iterdir():
            kind = "text/javascript" if file.suffix == ".mjs" else "text/plain"
            self.pages[f"/{file.name}"] = Answer(file.read_bytes(), kind)
        self.script("/segment.js", self.segment)
        (wheel,) = self.dist.glob("*.whl")
        self.pages["/wheel.whl"] = Answer(wheel.read_bytes(), "application/zip")


@pytest.fixture(scope="session")
def running_site(dist: Path, playwright: Playwright, segment_script: str) -> Iterator[Hosting]:  # noqa: F811
    """One site for all of it. Python is booted once for all pages and workers: they go on from its memory."""
    with serving(dist, Hosting) as site:
        site.segment = segment_script
        site.folders["/pyodide/"] = pyodide("pyodide-314")
        site.clear()

        def freeze(out: Path) -> None:
            with closing(playwright.chromium.launch(**LAUNCH["chromium"])) as browser:
                page = browser.new_page()
                page.goto(site.page("/", "<!doctype html><title>Python</title>"))
                (out / "runtime").mkdir()
                (out / "runtime" / "python.bin").write_bytes(base64.b64decode(page.evaluate(FREEZE)))

        (wheel,) = dist.glob("*.whl")
        key = fingerprint([wheel, PAGES / "python.mjs"], pyodide=str(site.folders["/pyodide/"]))
        site.folders["/frozen/"] = cached("entrances", key, freeze, keep=1)
        yield site


@pytest.fixture
def site(running_site: Hosting) -> Hosting:
    """The site with nothing counted yet."""
    running_site.clear()
    return running_site


@pytest.fixture(params=ENTRANCES)
def entrance(request: pytest.FixtureRequest, browser: Browser, browser_name: str, site: Hosting) -> Iterator[Entrance]:
    """A visitor with a fresh profile. After the test every call is accounted for, and the fault gets its row."""
    marker = request.node.get_closest_marker("fault")
    number, name = marker.args
    if marker.kwargs.get("freezing"):
        browser = request.getfixturevalue("freezing_browser")
    with Visitor.of(browser, browser_name, site) as visitor:
        refuse_network(visitor.context)
        yield ENTRANCES[request.param](visitor)
        visitor.leave()
        row = Row.of(number, f"{name}, {request.param}", browser_name, visitor)
    request.config.stash[ROWS].append(row)
    row.check()
