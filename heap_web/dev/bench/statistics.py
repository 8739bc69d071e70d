"""Medians and spread of measured values, and how a figure is written for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True)
class Summary:
    """Median, quartiles, extremes and number of the values of one figure, all in the figure's unit."""

    median: float
    lower: float
    upper: float
    least: float
    most: float
    count: int


def summarize(values: Sequence[float]) -> Summary:
    """Sum up at least one value. Quartiles interpolate between the values (inclusive). Raises ValueError for none."""
    if not values:
        raise ValueError("there are no values to sum up: measure at least once")
    if len(values) == 1:
        return Summary(values[0], values[0], values[0], values[0], values[0], 1)
    lower, middle, upper = quantiles(values, n=4, method="inclusive")
    return Summary(middle, lower, upper, min(values), max(values), len(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Median of ours by median of theirs; infinite when theirs is 0 and ours is not, 1 when both are 0."""
    above, below = median(ours), median(theirs)
    if below == 0:
        return 1.0 if above == 0 else float("inf")
    return above / below


def written(value: float, unit: str) -> str:
    """One value with its unit, to about three significant digits: ``5.18 MB``, ``128 ms``, ``8,900/s``."""
    match unit:
        case "B":
            return _bytes(value)
        case "ms" | "us":
            return f"{_digits(value)} {'µs' if unit == 'us' else unit}"
        case "/s":
            return f"{value:,.0f}/s"
        case "count":
            return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
        case _:
            raise ValueError(f"no way to write the unit {unit!r}: use B, ms, us, /s or count")


def _bytes(value: float) -> str:
    for size, name in ((1e6, "MB"), (1e3, "KB")):
        if abs(value) >= size:
            return f"{value / size:.2f} {name}"
    return f"{value:.0f} B"


def _digits(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
