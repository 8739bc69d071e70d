"""Tests of heap_web.dev.bench.statistics."""

from __future__ import annotations

import math

import pytest

from heap_web.dev.bench.statistics import Summary, ratio, summarize, written


@pytest.mark.parametrize(
    ("values", "summary"),
    [
        ([7.0], Summary(7.0, 7.0, 7.0, 7.0, 7.0, 1)),
        ([1.0, 3.0], Summary(2.0, 1.5, 2.5, 1.0, 3.0, 2)),
        ([5.0, 1.0, 4.0, 2.0, 3.0], Summary(3.0, 2.0, 4.0, 1.0, 5.0, 5)),
        ([10.0, 10.0, 10.0, 1000.0], Summary(10.0, 10.0, 257.5, 10.0, 1000.0, 4)),
    ],
)
def test_summary(values: list[float], summary: Summary) -> None:
    """Values in any order give their median, quartiles, extremes and number."""
    assert summarize(values) == summary


def test_nothing_to_sum_up() -> None:
    """No values have no summary, and the error says what to do."""
    with pytest.raises(ValueError, match="measure at least once"):
        summarize([])


@pytest.mark.parametrize(
    ("ours", "theirs", "share"),
    [([1.0, 2.0, 99.0], [4.0], 0.5), ([0.0], [0.0], 1.0), ([3.0], [0.0], math.inf), ([0.0], [5.0], 0.0)],
)
def test_ratio(ours: list[float], theirs: list[float], share: float) -> None:
    """A ratio compares medians, and nothing against nothing is even."""
    assert ratio(ours, theirs) == share


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (5_181_000, "B", "5.18 MB"),
        (6_043, "B", "6.04 KB"),
        (-1_500_000, "B", "-1.50 MB"),
        (12, "B", "12 B"),
        (1234.5, "ms", "1,234 ms"),
        (12.34, "ms", "12.3 ms"),
        (4.0, "us", "4.00 µs"),
        (8912.4, "/s", "8,912/s"),
        (3.0, "count", "3"),
        (2.5, "count", "2.5"),
    ],
)
def test_written(value: float, unit: str, text: str) -> None:
    """A value is written with its unit and the digits that matter."""
    assert written(value, unit) == text


def test_unknown_unit() -> None:
    """A unit that nobody knows is an error that names the units there are."""
    with pytest.raises(ValueError, match="use B, ms, us, /s or count"):
        written(1, "furlongs")
