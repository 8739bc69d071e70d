"""Tests of heap_web.dev.bench.waterfall."""

from __future__ import annotations

from heap_web.dev.bench.figures import FIGURES, STAGES
from heap_web.dev.bench.waterfall import ended

PAGE = {"origin": 1_000_000.0, "arrived": 31.5}
WORKER = {
    "origin": 1_000_040.0,
    "ends": [["heap-web:fetch", 60.0], ["heap-web:thaw", 75.0], ["heap-web:boot", 75.5], ["heap-web:run", 90.0]],
}


def test_ended() -> None:
    """Each stage's end is told on the page's clock, and what is no stage is left out."""
    assert ended(PAGE, WORKER) == {"script": 31.5, "worker": 40.0, "fetched": 100.0, "thawed": 115.0}


def test_figures() -> None:
    """Each stage is a figure of both first pages."""
    assert list(ended(PAGE, WORKER)) == list(STAGES)
    assert {f"{visit}_{stage}" for visit in ("cold", "again") for stage in STAGES} <= set(FIGURES)
