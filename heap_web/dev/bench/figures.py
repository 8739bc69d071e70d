"""What is measured: each figure's key, title, unit and direction, and the values that a run collects for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity. `unit` is one of ``B``, ``ms``, ``us``, ``/s`` and ``count``."""

    key: str
    title: str
    unit: str
    more_is_better: bool = False


#: Stages of a first page on the way to the first call, by the name that `waterfall` gives them.
STAGES: Mapping[str, str] = {
    "script": "the script's arrival",
    "worker": "the worker's start",
    "fetched": "the runtime being there and compiled",
    "thawed": "Python being there",
}

FIGURES: Mapping[str, Figure] = {
    figure.key: figure
    for figure in (
        Figure("script_bytes", "script in the page, on the wire", "B"),
        Figure("cold_bytes", "all bytes on the wire, cold", "B"),
        Figure("cold", "first page, cold: navigation to heap.track", "ms"),
        Figure("again", "first page, second visit: navigation to heap.track", "ms"),
        *(
            Figure(f"{visit}_{key}", f"first page, {when}: navigation to {what}", "ms")
            for visit, when in (("cold", "cold"), ("again", "second visit"))
            for key, what in STAGES.items()
        ),
        Figure("further", "further pages: navigation to heap.track", "ms"),
        Figure("firefox_further", "further pages, Firefox: navigation to heap.track", "ms"),
        Figure("busy_cold", "busy machine: first page, cold", "ms"),
        Figure("busy_again", "busy machine: first page, second visit", "ms"),
        Figure("busy_further", "busy machine: further pages", "ms"),
        Figure("busy_firefox_further", "busy machine: further pages, Firefox", "ms"),
        Figure("busy_own_long_tasks", "busy machine, seven pages: long tasks from the contestant's scripts", "count"),
        Figure("fast4g_cold", "Fast 4G: first page, cold", "ms"),
        Figure("slow4g_cold", "Slow 4G: first page, cold", "ms"),
        Figure("own_long_tasks", "main thread, seven pages: long tasks from the contestant's scripts", "count"),
        Figure("long_tasks", "main thread, seven pages: long tasks in all", "count"),
        Figure("long_task_sum", "main thread, seven pages: long tasks, sum", "ms"),
        Figure("long_task_worst", "main thread, seven pages: long tasks, worst", "ms"),
        Figure("script", "main thread, seven pages: script time", "ms"),
        Figure("script_later", "main thread, seven pages: script time, with what comes two seconds later", "ms"),
        Figure("call", "the call itself, median", "us"),
        Figure("singly", "10,000 calls, each awaited", "/s", more_is_better=True),
        Figure("burst", "10,000 calls in a burst", "/s", more_is_better=True),
        Figure("memory_1k", "memory of page and worker after 1,000 calls", "B"),
        Figure("memory_100k", "memory of page and worker after 100,000 calls", "B"),
        Figure("proxies_1k", "live PyProxies after 1,000 calls", "count"),
        Figure("proxies_100k", "live PyProxies after 100,000 calls", "count"),
        Figure("python_import", "Python in the page: import and load", "ms"),
        Figure("python_first", "Python in the page: import, load and a first call", "ms"),
        Figure("python_calls", "Python in the page: 10,000 calls", "/s", more_is_better=True),
    )
}


@dataclass(slots=True)
class Samples:
    """Values by contestant and figure, in the order they were measured."""

    values: defaultdict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, contestant: str, figure: str, value: float) -> None:
        """Keep one more value. Raises KeyError for a figure that is not in `FIGURES`."""
        self.values[contestant, FIGURES[figure].key].append(float(value))

    def extend(self, contestant: str, figure: str, values: Iterable[float]) -> None:
        """Keep several values of one figure."""
        for value in values:
            self.add(contestant, figure, value)

    def of(self, contestant: str, figure: str) -> tuple[float, ...]:
        """The values measured so far; empty when there are none."""
        return tuple(self.values.get((contestant, figure), ()))
