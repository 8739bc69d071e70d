"""The page under hostile values, in real browsers: what a call with them throws, and what Heap is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.serving import Site

HOSTILE = (Path(__file__).parent / "hostile.js").read_text("utf-8")
COUNTS = [100, pytest.param(100_000, marks=pytest.mark.long)]
CHUNK = 1_000
PAGE = '<!doctype html><meta charset=utf-8><title>fuzz</title><body><script src="/hostile.js"></script>'
READY = "() => analytics.state.runtime === 'ready' && analytics.state.heap === 'live'"
# Milliseconds until a promise that has not settled counts as one that never will.
PATIENCE = 120_000


RUN = "(given) => fuzz.run(...given)"
# What a tracker does that has no thought of hostile values.
NAIVE = """() => {
  const { track } = analytics;
  analytics.track = (...args) => (JSON.stringify(args), track(...args));
}"""


def go(page: Page, site: Site) -> None:
    """Opens the page and waits until calls can be delivered."""
    site.script("/hostile.js", HOSTILE)
    page.goto(site.page("/", f'{PAGE}<script src="/dist/heap-web.js" data-app-id="11"></script>'))
    page.wait_for_function(READY)


@pytest.mark.parametrize("count", COUNTS)
def test_no_value_breaks_the_page(page: Page, site: Site, count: int, seed: int) -> None:
    """Any value in a call costs itself alone: nothing thrown or rejected, every promise settles, flat scalars out."""
    go(page, site)
    told = 0
    for start in range(0, count, CHUNK):
        seen: dict[str, Any] = page.evaluate(RUN, [seed, start, min(start + CHUNK, count), PATIENCE])
        told += seen.pop("received")
        statuses, reasons = seen.pop("status"), seen.pop("reasons")
        assert set(statuses) <= {"delivered", "dropped"}, reasons
        assert not any(seen.values()), f"--seed {seed}: {seen}"
    assert told > count / 3


@pytest.mark.only_browser("chromium")
def test_the_values_are_hostile(page: Page, site: Site, seed: int) -> None:
    """A tracker that writes its arguments as JSON throws at many of these values, and that is seen."""
    go(page, site)
    page.evaluate(NAIVE)
    seen = page.evaluate(RUN, [seed, 0, 500, PATIENCE])
    assert len(seen["thrown"]) > 10
    assert seen["lost"]
