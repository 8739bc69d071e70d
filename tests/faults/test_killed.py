"""Processes that die amid a burst of calls, or beside others that live on."""

from __future__ import annotations

import contextlib

import pytest
from playwright.sync_api import Error, Page, Route

from .visitor import Visitor, heap_script, ids

TABS = 20
EACH = 50  # with the tabs: all that the journal takes, so that no call is in the memory of a killed page alone
CALLS = f"<script>lab.burst(location.search.slice(1), {EACH})</script>"


# Firefox writes localStorage when the tick is over.
@pytest.mark.only_browser("chromium")
@pytest.mark.parametrize("moment", [1, 250, 499])
@pytest.mark.fault(5, "renderer killed amid a burst of 500 calls in one tick")
def test_a_renderer_killed_amid_a_burst_loses_no_call_that_was_made(visitor: Visitor, moment: int) -> None:
    """Every call that had returned when the renderer was killed arrives once, from the next visit."""
    page = visitor.open("/")

    def made(call: str) -> None:
        if len(visitor.site.made) == moment:
            visitor.kill()

    visitor.site.on_made = made
    with contextlib.suppress(Error):
        page.evaluate("() => lab.told('burst', 500)")
    assert len(visitor.site.made) == moment
    visitor.made += visitor.site.made


@pytest.mark.only_browser("chromium")
@pytest.mark.fault(12, "20 tabs opened at once, each with 50 calls, then 10 killed")
def test_tabs_killed_beside_others_lose_no_call(visitor: Visitor) -> None:
    """Of twenty tabs that wait for Heap half are killed: the calls of all arrive once, from those that are left."""
    held: list[Route] = []
    crashed: set[Page] = set()

    def hold(route: Route) -> None:
        held.append(route)

    def count(page: Page) -> None:
        crashed.add(page)

    visitor.answer_heap(hold)
    url = visitor.put("/tab", after=CALLS)
    tabs = [visitor.context.new_page() for _ in range(TABS)]
    for i, tab in enumerate(tabs):
        tab.on("crash", count)
        tab.evaluate("(url) => void setTimeout(() => (location.href = url))", f"{url}?tab-{i}")
    for i, tab in enumerate(tabs):
        tab.wait_for_function(f"() => window.lab?.made === {EACH} && analytics.state.runtime === 'ready'")
        visitor.made += ids(f"tab-{i}", EACH)
    visitor.until(lambda: len(held) == TABS, "all tabs ask for Heap's script", seen=lambda: len(held))
    tabs[0].wait_for_function(f"() => lab.journal().length === {TABS * EACH}")
    assert not visitor.site.received()
    visitor.kill(half=True)
    # Two of the processes show the browser's own pages, or none. The SharedWorker may go with one of the tabs.
    visitor.until(lambda: len(crashed) >= TABS // 2 - 1, "half of the tabs crash", seen=lambda: len(crashed))
    for route in held:
        with contextlib.suppress(Error):  # of a tab that is gone
            heap_script(route)
    visitor.arrived(visitor.made)
    assert len(crashed) <= TABS // 2 + 1
