"""Of visitors who leave their first page early and never return: the share whose event Heap got.

A visitor who leaves after some seconds is counted if the first call had reached Heap by then. What the journal keeps
for a later page does not count here, as these visitors have no later page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heap_web.dev.bench.conditions import CONDITIONS
from heap_web.dev.bench.figures import Samples

SECONDS = (1, 2, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class Share:
    """One contestant under one condition: the share (0 to 1) for each of `SECONDS`, over so many first pages."""

    condition: str
    contestant: str
    shares: tuple[float, ...]
    visits: int


def shares(samples: Samples, contestants: Mapping[str, str]) -> tuple[Share, ...]:
    """Every condition and contestant that was measured, in order."""
    found = []
    for condition in CONDITIONS:
        figure = "cold" if condition.key == "quiet" else f"{condition.key}_cold"
        for key, title in contestants.items():
            firsts = samples.of(key, figure)
            if firsts:
                found.append(Share(condition.title, title, _within(firsts), len(firsts)))
    return tuple(found)


def _within(firsts: Sequence[float]) -> tuple[float, ...]:
    return tuple(sum(first <= seconds * 1000 for first in firsts) / len(firsts) for seconds in SECONDS)
