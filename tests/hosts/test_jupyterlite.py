"""JupyterLite, built from its packages, with its kernel and Pyodide served from here: its Python is in a worker."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Playwright

from tests.browser.conftest import LAUNCH
from tests.browser.serving import Site

from .conftest import BRIDGED, HERE, PREPARE, RUN, START_MS, case_calls, furnish, wrong
from .recipes import ADDRESS, JUPYTERLITE, recipes_site
from .self_hosted import jupyterlite, pyodide

pytestmark = pytest.mark.host(
    f"JupyterLite {version('jupyterlite-core')}",
    "the documented cell and the recorded cases through Python values, self-hosted, in Chromium",
)

# What the cell of the documented recipe goes on with here.
ALSO = """
print(repr(await analytics.track("Ran cell", {"rows": {"count": 3}})))
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
    page, words, site = chromium_page, furnish(host_site), recipes_site(host_site)
    site.folders |= {
        "/lite/pyodide/": pyodide("pyodide-314"),
        "/lite/": jupyterlite("./pyodide/pyodide.mjs"),
    }
    run = RUN.format(way="over_bridge").replace("await cases", "outcomes = await cases")
    code = (
        JUPYTERLITE.replace(ADDRESS, site.url)
        + ALSO
        + PREPARE.format(**words)
        + run
        + 'print("all", len(json.loads(outcomes)), "made")'
    )
    html = (HERE / "pages/lite.html").read_text("utf-8").replace("@CODE@", quote(code))
    page.goto(site.page("/lite.html", html))
    output = page.frame_locator("iframe").locator("body")
    output.get_by_text(re.compile(r"all \d+ made")).wait_for(timeout=START_MS)
    assert "<track 'Ran cell': delivered (track)>" in output.inner_text()
    told = page.evaluate("() => recorder.told")
    ran = ["track", "Ran model", {"rows": 1000, "duration_ms": told[0][2]["duration_ms"], "succeeded": True}]
    assert told[:2] == [ran, ["track", "Ran cell", {"rows.count": 3}]]
    silent = [case for case in BRIDGED if "callbacks" not in case["expect"]]
    assert wrong({name: (calls, []) for name, calls in case_calls(told).items()}, silent) == {}
