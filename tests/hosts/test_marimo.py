"""marimo: notebooks exported as pages, with their Python served from here, which runs in a worker."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import record
from tests.browser.serving import Site

from .conftest import START_MS, told_so_many
from .recipes import ADDRESS, MARIMO_EXPORT, MARIMO_NOTEBOOKS, MARIMO_PYODIDE, SCRIPT, recipes_site
from .self_hosted import marimo, pyodide

pytestmark = pytest.mark.host(
    f"marimo {version('marimo')}",
    "the documented notebooks, exported and self-hosted, in Chromium, once a week in Firefox",
)
OPENED = ["track", "Opened notebook", {"rows.read": 1000}]
CLICKS = (1, 2, 3)


@pytest.fixture(scope="module")
def exported() -> Path:
    """The folder that marimo exports of the documented notebooks."""
    return marimo(MARIMO_EXPORT, MARIMO_NOTEBOOKS)


def open_notebook(page: Page, host_site: Site, exported: Path, name: str) -> None:
    """Opens an exported page, with the script tag and our own Pyodide as the documentation says."""
    site = recipes_site(host_site)
    site.folders |= {"/marimo/": exported, "/py314/": pyodide("marimo")}
    # The notebook's code stands in the page as a part of a URL does.
    html = (exported / name).read_text("utf-8").replace(quote(ADDRESS, safe=""), quote(site.url, safe=""))
    html, pyodides = re.subn("<marimo-wasm[^>]*></marimo-wasm>", MARIMO_PYODIDE, html)
    html, heads = re.subn("<head>", f"<head>{SCRIPT}", html)
    assert (pyodides, heads) == (1, 1)
    record(page.context)
    page.goto(site.page(f"/marimo/{name}", html))
    page.get_by_text("<track 'Opened notebook': delivered (track)>").wait_for(timeout=START_MS)


@pytest.mark.one_engine
def test_a_notebook_that_depends_on_the_wheel(page: Page, host_site: Site, exported: Path) -> None:
    """The calls of a notebook that depends on the wheel, and of its button, reach Heap flat, in order, once each."""
    open_notebook(page, host_site, exported, "index.html")
    for _ in CLICKS:
        page.get_by_role("button", name="Buy").click()
    opened = [["identify", "ada"], ["addUserProperties", {"company.plan": "pro", "id": "ada"}], OPENED]
    bought = [["track", "Bought", {"cart.number": number, "cart.total": 4.5}] for number in CLICKS]
    assert told_so_many(page, len(opened + bought)) == opened + bought


@pytest.mark.one_engine
def test_a_notebook_that_installs_the_wheel(page: Page, host_site: Site, exported: Path) -> None:
    """The call of a notebook with a cell that installs the wheel reaches Heap flat, once."""
    open_notebook(page, host_site, exported, "installing.html")
    assert told_so_many(page, 1) == [OPENED]
