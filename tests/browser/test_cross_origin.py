"""Our files from another origin, a CDN: Python in a worker of the page's own, also under a strict policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page
from starlette.requests import Request
from starlette.responses import Response

from .conftest import Watch, record
from .counting import HEAP, FaultySite, expect_events, received
from .serving import Site, serving

TOLD = [["track", "E", {"foo.bar.cheese": "american", "foo.bar.prop": "[1,2,3]"}]]
CALL = """
async () => {
  const { status } = await analytics.track("E", { foo: { bar: { cheese: "american", prop: [1, 2, 3] } } });
  return { status, mode: analytics.state.mode, told: recorder.told };
}
"""


class Cdn(FaultySite):
    """A site whose files every origin may read."""

    async def answer(self, request: Request) -> Response:
        """Answers as a site does, with the header that lets others read it."""
        response = await super().answer(request)
        response.headers["access-control-allow-origin"] = "*"
        return response


@pytest.fixture
def cdn(dist: Path) -> Iterator[Cdn]:
    """Another origin that serves our files."""
    with serving(dist, Cdn) as running:
        yield running


def put_page(site: Site, cdn: Site, **headers: str) -> str:
    """Puts a page on the site that loads heap-web.js from the other origin; returns its URL."""
    script = f'<script src="{cdn.built("heap-web.js")}" data-app-id="11" crossorigin="anonymous"></script>'
    return site.page("/", f"<!doctype html><title>elsewhere</title>{script}", **headers)


def test_served_from_another_origin_python_runs_in_a_worker_of_the_page(
    context: BrowserContext, page: Page, site: Site, cdn: Cdn
) -> None:
    """Served from another origin, Python runs in a worker of the page's own, and Heap is told as ever."""
    record(context)
    page.goto(put_page(site, cdn))
    assert page.evaluate(CALL) == {"status": "delivered", "mode": "dedicated", "told": TOLD}
    assert not any(path.startswith("/dist/") for _, path, _ in site.asked)


def test_the_documented_policy_is_enough_for_files_from_another_origin(
    context: BrowserContext, page: Page, site: Site, cdn: Cdn
) -> None:
    """A policy that names the other origin, and lets workers begin as blobs, is enough."""
    record(context)
    policy = (
        f"default-src 'none'; script-src {cdn.url} 'wasm-unsafe-eval'; worker-src blob: {cdn.url};"
        f" connect-src {cdn.url}; img-src 'self'"
    )
    page.goto(put_page(site, cdn, Content_Security_Policy=policy))
    assert page.evaluate(CALL) == {"status": "delivered", "mode": "dedicated", "told": TOLD}


def test_the_module_from_another_origin_finds_its_runtime_there(
    context: BrowserContext, page: Page, site: Site, cdn: Cdn
) -> None:
    """heap-web.mjs imported from another origin finds its runtime beside itself."""
    record(context)
    script = f'import {{ load }} from "{cdn.built("heap-web.mjs")}"; load({{ appId: "11", global: "analytics" }});'
    page.goto(site.page("/", f'<!doctype html><title>module</title><script type="module">{script}</script>'))
    assert page.evaluate(CALL) == {"status": "delivered", "mode": "dedicated", "told": TOLD}


def test_calls_made_on_one_page_are_delivered_by_the_next_from_another_origin_too(
    context: BrowserContext, page: Page, site: Site, cdn: Cdn
) -> None:
    """Calls made right before the page is left are delivered by the next page, as Python was not there before."""
    context.add_init_script(HEAP)
    cdn.held.add("python.bin")
    page.goto(put_page(site, cdn))
    with page.expect_navigation():
        page.evaluate("() => { analytics.track('Left'); location.reload(); }")
    assert received(site) == []
    cdn.held.clear()
    expect_events(page, site, ["Left"])
    assert received(site) == [["track", "Left", {}]]


def test_without_the_header_the_developer_is_told_that_the_files_cannot_be_loaded(
    context: BrowserContext, page: Page, site: Site, dist: Path, watch: Watch
) -> None:
    """Where the other origin does not let its files be read, calls are kept and the developer is told."""
    record(context)
    watch.expect(r"\[heap-web\]|CORS|Cross-Origin|Failed to load")
    with serving(dist, Site) as closed:
        script = f'<script src="{closed.built("heap-web.js")}" data-app-id="11"></script>'
        page.goto(site.page("/", f"<!doctype html><title>closed</title>{script}"))
        result = page.evaluate("() => analytics.track('E')")
    assert result["status"] == "kept"
    assert result["reason"]
