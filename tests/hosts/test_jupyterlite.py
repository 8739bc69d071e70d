"""JupyterLite, built from its packages, with its kernel and Pyodide served from here: its Python is in a worker."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Playwright

from tests.browser.conftest import LAUNCH
from tests.browser.serving import Site

from .conftest import BRIDGED, HERE, PREPARE, RUN, START_MS, case_calls, furnish, wrong
from .self_hosted import jupyterlite, pyodide

NOTEBOOK = """
import piplite

await piplite.install("{wheel}")

import heap_web

analytics = heap_web.load("1535634150")
await analytics.ready()
print(repr(await analytics.track("Ran cell", {{"rows": 3}})))
"""


@pytest.fixture
def chromium_page(playwright: Playwright) -> Iterator[Page]:
    """A page of a Chromium of its own: JupyterLite starts slowly enough in one browser."""
    with closing(playwright.chromium.launch(**LAUNCH["chromium"])) as browser:
        yield browser.new_page(timezone_id="UTC")


def test_a_notebook_has_the_page_tell_heap_what_parity_or_the_rules_demand(
    chromium_page: Page, host_site: Site
) -> None:
    """A notebook of JupyterLite in a frame has the page around it tell Heap what parity or the rules demand."""
    page, words = chromium_page, furnish(host_site)
    host_site.folders |= {
        "/lite/pyodide/": pyodide("pyodide-314"),
        "/lite/": jupyterlite("./pyodide/pyodide.mjs"),
    }
    run = RUN.format(way="over_bridge").replace("await cases", "outcomes = await cases")
    code = NOTEBOOK.format(**words) + PREPARE.format(**words) + run + 'print("all", len(json.loads(outcomes)), "made")'
    html = (HERE / "pages/lite.html").read_text("utf-8").replace("@CODE@", quote(code))
    page.goto(host_site.page("/lite.html", html))
    output = page.frame_locator("iframe").locator("body")
    output.get_by_text(re.compile(r"all \d+ made")).wait_for(timeout=START_MS)
    assert "<track 'Ran cell': delivered (track)>" in output.inner_text()
    told = page.evaluate("() => recorder.told")
    assert told[0] == ["track", "Ran cell", {"rows": 3}]
    silent = [case for case in BRIDGED if "callbacks" not in case["expect"]]
    assert wrong({name: (calls, []) for name, calls in case_calls(told).items()}, silent) == {}
