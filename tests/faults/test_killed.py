"""Processes that die amid a burst of calls."""

from __future__ import annotations

import contextlib

import pytest
from playwright.sync_api import Error

from .visitor import Visitor


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
