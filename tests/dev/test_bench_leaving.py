"""Tests of heap_web.dev.bench.leaving."""

from __future__ import annotations

from heap_web.dev.bench.figures import Samples
from heap_web.dev.bench.leaving import shares


def test_a_visitor_counts_from_the_second_at_which_the_call_had_arrived() -> None:
    """The share for each second is that of the first pages whose first call had arrived by then."""
    samples = Samples()
    samples.extend("ours", "cold", [900, 1000, 1001, 4000])
    samples.extend("ours", "slow4g_cold", [10_001])
    quiet, slow = shares(samples, {"ours": "ours", "theirs": "theirs"})
    assert (quiet.condition, quiet.contestant, quiet.visits) == ("quiet machine", "ours", 4)
    assert quiet.shares == (0.5, 0.75, 0.75, 1.0, 1.0)
    assert slow.shares == (0.0,) * 5
