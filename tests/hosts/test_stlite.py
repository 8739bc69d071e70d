"""stlite: Streamlit in a worker, which runs its script anew for each click. Its data features are not run here."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import record
from tests.browser.serving import Site

from .conftest import START_MS, told_so_many
from .recipes import STLITE, recipes_site
from .self_hosted import host_version, pyodide, stlite

pytestmark = pytest.mark.host(
    f"stlite {host_version('@stlite/browser')}",
    "the documented page, clicked five times, in Chromium, once a week in Firefox;"
    " Streamlit's data features are not run",
)
CLICKS = (1, 2, 3, 4, 5)
# What is there for workers: the locks that are held, of workers and of the page for them, and the page's marks.
FOR_WORKERS = """async () => {
  const names = (await navigator.locks.query()).held.map(({ name }) => name);
  const ids = (kind, all) => all.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length));
  const bridge = "heap-web:bridge:";
  return [ids("heap-web:worker:", names), ids(bridge, names), ids(bridge, Object.keys(localStorage))];
}"""


@pytest.mark.one_engine
def test_clicks_of_a_script_that_runs_anew_for_each(page: Page, host_site: Site) -> None:
    """Each click's call reaches Heap flat, in order, once; of all runs of the script one lock and one mark are left."""
    site = recipes_site(host_site)
    site.folders |= {"/stlite/": stlite(), "/py313/": pyodide("stlite")}
    record(page.context)
    page.goto(site.page("/stlite.html", STLITE))
    page.get_by_role("button", name="Buy").wait_for(timeout=START_MS)
    bought = [["track", "Bought", {"cart.number": number, "cart.total": 4.5}] for number in CLICKS]
    for number in CLICKS:
        page.get_by_role("button", name="Buy").click()
        assert told_so_many(page, number) == bought[:number]
    [worker], served, marked = page.evaluate(FOR_WORKERS)
    assert (served, marked) == ([worker], [worker])
