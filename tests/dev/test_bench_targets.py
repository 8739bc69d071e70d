"""Tests of heap_web.dev.bench.targets."""

from __future__ import annotations

import pytest

from heap_web.dev.bench.figures import Samples
from heap_web.dev.bench.targets import TARGETS, verdicts

GOOD = {
    "heap_web": {
        "script_bytes": 6000.0,
        "cold_bytes": 1.1e6,
        "cold": 240.0,
        "again": 150.0,
        "busy_again": 150.0,
        "further": 80.0,
        "firefox_further": 80.0,
        "busy_further": 100.0,
        "busy_firefox_further": 100.0,
        "fast4g_cold": 1500.0,
        "slow4g_cold": 6900.0,
        "own_long_tasks": 0.0,
        "busy_own_long_tasks": 0.0,
        "script": 90.0,
        "call": 40.0,
        "burst": 9000.0,
        "singly": 2000.0,
        "memory_1k": 20e6,
        "memory_100k": 20.5e6,
        "proxies_1k": 3.0,
        "proxies_100k": 3.0,
        "python_import": 30.0,
        "python_calls": 7000.0,
    },
    "analytics_next": {
        **dict.fromkeys(("cold", "again", "busy_again", "further", "firefox_further", "script"), 100.0),
        **dict.fromkeys(("busy_further", "busy_firefox_further"), 100.0),
        "call": 300.0,
    },
}


def samples(**changed: float) -> Samples:
    """A run that meets every target, but for heap_web's figures given."""
    made = Samples()
    for contestant, figures in GOOD.items():
        for figure, value in figures.items():
            made.add(contestant, figure, changed.get(figure, value) if contestant == "heap_web" else value)
    return made


def test_good_run() -> None:
    """A run within every limit meets every target."""
    assert [verdict.row for verdict in verdicts(samples()) if verdict.met is not True] == []


@pytest.mark.parametrize(
    ("figure", "value", "rows"),
    [
        ("script_bytes", 16_385, ["page script, all of it on the wire"]),
        ("cold_bytes", 1_200_001, ["all bytes, cold"]),
        ("cold", 250.1, ["first page, cold"]),
        ("again", 160.1, ["first page, second visit"]),
        ("busy_again", 160.1, ["first page, second visit, busy"]),
        ("further", 85.1, ["further pages"]),
        ("firefox_further", 85.1, ["further pages, Firefox"]),
        ("busy_further", 100.1, ["further pages, busy"]),
        ("busy_firefox_further", 100.1, ["further pages, Firefox, busy"]),
        ("fast4g_cold", 1601, ["first page, cold, Fast 4G"]),
        ("slow4g_cold", 7001, ["first page, cold, Slow 4G"]),
        ("own_long_tasks", 1, ["main thread: long tasks from us"]),
        ("busy_own_long_tasks", 1, ["main thread: long tasks from us, busy"]),
        ("script", 100.1, ["main thread: script time"]),
        ("call", 61, ["track() itself"]),
        ("call", 301, ["track() itself, against the peer", "track() itself"]),
        ("burst", 7999, ["burst of 10,000 calls"]),
        ("singly", 1799, ["10,000 calls, each awaited"]),
        ("memory_100k", 21_000_001, ["memory growth, 1,000 to 100,000 calls"]),
        ("proxies_100k", 4, ["growth of live PyProxies"]),
        ("python_import", 40.1, ["Python in the page: import and load"]),
        ("python_calls", 5999, ["Python in the page: calls"]),
    ],
)
def test_missed(figure: str, value: float, rows: list[str]) -> None:
    """One figure beyond its limit misses its own row and no other."""
    assert [verdict.row for verdict in verdicts(samples(**{figure: value})) if verdict.met is False] == rows


def test_one_long_task_in_one_round() -> None:
    """A long task in a single round of many misses the row, whatever the median says."""
    made = samples()
    made.extend("heap_web", "own_long_tasks", [0, 0, 1, 0])
    (verdict,) = [each for each in verdicts(made) if each.row == "main thread: long tasks from us"]
    assert (verdict.measured, verdict.met) == ("1 in 5 rounds", False)


def test_not_measured() -> None:
    """A run without figures neither meets nor misses anything."""
    assert [verdict.met for verdict in verdicts(Samples())] == [None] * len(TARGETS)
