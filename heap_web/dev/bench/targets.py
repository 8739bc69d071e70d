"""The targets: what the bench must show of heap_web, each a check of one run's samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from heap_web.dev.bench.figures import FIGURES, Samples
from heap_web.dev.bench.statistics import ratio, written

OURS = "heap_web"
PEER = "analytics_next"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target's outcome. `met` is None when the run did not measure it."""

    row: str
    target: str
    measured: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Target:
    """One row: what is asked in words, and how a run's samples answer it (raises LookupError if not measured)."""

    row: str
    target: str
    check: Callable[[Samples], tuple[str, bool]]

    def judge(self, samples: Samples) -> Verdict:
        """Compare one run with the target."""
        try:
            measured, met = self.check(samples)
        except LookupError:
            return Verdict(self.row, self.target, "not measured", None)
        return Verdict(self.row, self.target, measured, met)


def _values(samples: Samples, contestant: str, figure: str) -> tuple[float, ...]:
    values = samples.of(contestant, figure)
    if not values:
        raise LookupError(f"{contestant} has no {figure}")
    return values


def _at_most(figure: str, limit: float) -> Callable[[Samples], tuple[str, bool]]:
    def check(samples: Samples) -> tuple[str, bool]:
        value = median(_values(samples, OURS, figure))
        return written(value, FIGURES[figure].unit), value <= limit

    return check


def _at_least(figure: str, limit: float) -> Callable[[Samples], tuple[str, bool]]:
    def check(samples: Samples) -> tuple[str, bool]:
        value = median(_values(samples, OURS, figure))
        return written(value, FIGURES[figure].unit), value >= limit

    return check


def _never(figure: str) -> Callable[[Samples], tuple[str, bool]]:
    def check(samples: Samples) -> tuple[str, bool]:
        values = _values(samples, OURS, figure)
        return f"{sum(values):.0f} in {len(values)} rounds", not any(values)

    return check


def _ratio(figure: str, peer: str, limit: float) -> Callable[[Samples], tuple[str, bool]]:
    def check(samples: Samples) -> tuple[str, bool]:
        ours, theirs = _values(samples, OURS, figure), _values(samples, peer, figure)
        share, unit = ratio(ours, theirs), FIGURES[figure].unit
        return f"{share:.2f} x ({written(median(ours), unit)} / {written(median(theirs), unit)})", share <= limit

    return check


def _growth(before: str, after: str, limit: float) -> Callable[[Samples], tuple[str, bool]]:
    def check(samples: Samples) -> tuple[str, bool]:
        grown = median(_values(samples, OURS, after)) - median(_values(samples, OURS, before))
        return written(grown, FIGURES[after].unit), grown <= limit

    return check


TARGETS: tuple[Target, ...] = (
    Target("page script, all of it on the wire", "at most 16 KB", _at_most("script_bytes", 16e3)),
    Target("all bytes, cold", "at most 1.2 MB", _at_most("cold_bytes", 1.2e6)),
    Target("first page, cold", "at most 2.5 x analytics.js 2", _ratio("cold", PEER, 2.5)),
    Target("first page, second visit", "at most 1.6 x analytics.js 2", _ratio("again", PEER, 1.6)),
    Target("first page, second visit, busy", "at most 1.6 x analytics.js 2", _ratio("busy_again", PEER, 1.6)),
    Target("further pages", "at most 0.85 x analytics.js 2", _ratio("further", PEER, 0.85)),
    Target("further pages, Firefox", "at most 0.85 x analytics.js 2", _ratio("firefox_further", PEER, 0.85)),
    Target("further pages, busy", "at most 1.0 x analytics.js 2", _ratio("busy_further", PEER, 1.0)),
    Target("further pages, Firefox, busy", "at most 1.0 x analytics.js 2", _ratio("busy_firefox_further", PEER, 1.0)),
    Target("first page, cold, Fast 4G", "at most 1.6 s", _at_most("fast4g_cold", 1600)),
    Target("first page, cold, Slow 4G", "at most 7 s", _at_most("slow4g_cold", 7000)),
    Target("main thread: long tasks from us", "none", _never("own_long_tasks")),
    Target("main thread: long tasks from us, busy", "none", _never("busy_own_long_tasks")),
    Target("main thread: script time", "at most 1.0 x analytics.js 2", _ratio("script", PEER, 1.0)),
    Target("track() itself, against the peer", "at most 1.0 x analytics.js 2", _ratio("call", PEER, 1.0)),
    Target("track() itself", "at most 60 µs", _at_most("call", 60)),
    Target("burst of 10,000 calls", "at least 8,000/s", _at_least("burst", 8000)),
    Target("10,000 calls, each awaited", "at least 1,800/s", _at_least("singly", 1800)),
    Target("memory growth, 1,000 to 100,000 calls", "at most 1 MB", _growth("memory_1k", "memory_100k", 1e6)),
    Target("growth of live PyProxies", "none", _growth("proxies_1k", "proxies_100k", 0)),
    Target("Python in the page: import and load", "at most 40 ms", _at_most("python_import", 40)),
    Target("Python in the page: calls", "at least 6,000/s", _at_least("python_calls", 6000)),
)


def verdicts(samples: Samples) -> tuple[Verdict, ...]:
    """Every target's outcome for one run, in the order of `TARGETS`."""
    return tuple(target.judge(samples) for target in TARGETS)
