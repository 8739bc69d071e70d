"""A network that goes away and comes back."""

from __future__ import annotations

import pytest

from .visitor import Visitor


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
