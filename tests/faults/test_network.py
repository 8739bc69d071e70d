"""A network that goes away and comes back."""

from __future__ import annotations

import pytest

from .visitor import Visitor


@pytest.mark.fault(16, "offline before the runtime is there, then online")
def test_a_page_that_was_offline_delivers_when_the_network_is_back(visitor: Visitor) -> None:
    """A page that could load neither Heap nor the runtime's files tries both again when the network is back."""
    for file in ("worker.js", "python.js", next(visitor.site.dist.glob("runtime/*/engine.*.js")).name):
        visitor.site.altered[file] = visitor.site.cut
    visitor.block_heap()
    page = visitor.open("/")
    visitor.burst(page, "offline", 20)
    assert visitor.settle(page) == {"kept": 20}
    visitor.context.set_offline(True)
    visitor.burst(page, "still", 20)
    visitor.site.altered.clear()
    visitor.answer_heap()
    visitor.context.set_offline(False)
    visitor.arrived(visitor.made)


@pytest.mark.fault(16, "offline once Python and Heap are there, then online")
def test_calls_made_offline_reach_a_live_heap(visitor: Visitor) -> None:
    """Once Python and Heap are there, calls need no network to reach Heap."""
    page = visitor.open("/")
    visitor.ready(page)
    visitor.context.set_offline(True)
    visitor.burst(page, "offline", 20)
    assert visitor.settle(page) == {"delivered": 20}
    visitor.context.set_offline(False)
    visitor.arrived(visitor.made)
