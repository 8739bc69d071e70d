"""Where our script is put: before an import map, in frames without an address, in a page that is a file."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from heap_web.dev.build.steps import DIST

from .conftest import Watch
from .serving import Site
from .test_site_habits import DOCTYPE, FLUSHED, READY, ours, warnings

Told = Callable[[Page], list[Any]]
MAP = '<script type="importmap">{"imports": {"shop": "/shop.js"}}</script>'
MODULE = '<script type="module">import { sells } from "shop"; window.sells = sells;</script>'
ALONE = "<script>delete window.SharedWorker; delete window.Worker;</script>"
# Long enough for an import() of ours to begin, if one did.
SLOW = '<script src="/slow.js"></script>'


@pytest.mark.parametrize("before", ["", ALONE], ids=["worker", "page"])
@pytest.mark.parametrize(
    "attribute", [pytest.param("", marks=pytest.mark.one_engine), "data-inspector"], ids=["plain", "inspector"]
)
def test_an_import_map_after_our_script_is_the_pages_own(
    page: Page, recorded: Told, site: Site, before: str, attribute: str
) -> None:
    """A page whose import map stands after our script loads its own modules by it, wherever Python runs."""
    site.script("/shop.js", "export const sells = 'jello';")
    site.script("/slow.js", "for (const end = performance.now() + 300; performance.now() < end; );")
    script = ours(site, f'data-app-id="11" {attribute}')
    head = f"{DOCTYPE}<head>{before}{script}{SLOW}{MAP}{MODULE}</head>"
    page.goto(site.page("/", head))
    page.wait_for_function("() => window.sells === 'jello'")
    page.wait_for_function(READY)
    page.evaluate("() => analytics.track('A')")
    page.evaluate(FLUSHED)
    assert recorded(page) == [["track", "A", {}]]
    assert page.evaluate("() => analytics.state.mode") == ("page" if before else "shared")


@pytest.mark.parametrize("runtime", ["", "data-runtime={}"], ids=["beside", "relative"])
def test_a_frame_without_an_address_of_its_own_is_served(page: Page, recorded: Told, site: Site, runtime: str) -> None:
    """In a frame whose document is an attribute, Python starts, also by a relative URL of the runtime's folder."""
    del recorded  # a live Heap is enough
    folder = next((DIST / "runtime").iterdir()).name
    script = ours(site, f'data-app-id="11" {runtime.format(f"dist/runtime/{folder}/")}')
    page.goto(site.page("/", f'{DOCTYPE}<iframe srcdoc="{escape(script)}"></iframe>'))
    frame = page.frames[-1]
    assert frame.url == "about:srcdoc"
    frame.wait_for_function(READY)
    result = frame.evaluate("() => analytics.track('A', { in: { a: 'frame' } })")
    assert result == {"status": "delivered", "commands": [["track", "A", {"in.a": "frame"}]]}


@pytest.mark.one_engine
def test_a_relative_folder_of_the_runtime_is_relative_to_the_pages_base(page: Page, recorded: Told, site: Site) -> None:
    """A relative `data-runtime` is relative to what the page's other URLs are relative to: its base, if it has one."""
    folder = next((DIST / "runtime").iterdir()).name
    script = ours(site, f'data-app-id="11" data-runtime="../runtime/{folder}"')
    page.goto(site.page("/deep/in/site", f'{DOCTYPE}<base href="/dist/x/">{script}'))
    page.wait_for_function(READY)
    page.evaluate("() => analytics.track('A')")
    page.evaluate(FLUSHED)
    assert recorded(page) == [["track", "A", {}]]


def test_a_page_that_is_a_file_says_that_it_needs_a_server(
    page: Page, context: BrowserContext, tmp_path: Path, watch: Watch, recorded: Told
) -> None:
    """A page opened as a file delivers, or says on the console that it must be served; nothing is thrown into it."""
    said = warnings(context)
    file = tmp_path / "page.html"
    file.write_text(f'{DOCTYPE}<script src="{(DIST / "heap-web.js").as_uri()}" data-app-id="11"></script>', "utf-8")
    page.goto(file.as_uri())
    result = page.evaluate("() => analytics.track('A')")
    if result["status"] == "delivered":
        assert recorded(page) == [["track", "A", {}]]
    else:
        assert result["status"] == "kept"
        assert result["reason"].endswith("browsers start no Python from files; serve the page: python3 -m http.server")
        assert len(said) == 1
        watch.expect("Python did not start|file:|^console: $|CORS|blocked|Failed to load resource")
