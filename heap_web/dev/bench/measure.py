"""The measurements: visits, calls, memory and Python in the page, each in browsers of its own."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Playwright

from heap_web.dev.bench.browser import chromium, firefox
from heap_web.dev.bench.conditions import BUSY, FAST_4G, SLOW_4G, Line, loaded
from heap_web.dev.bench.contestants import Contestant
from heap_web.dev.bench.devtools import Target
from heap_web.dev.bench.figures import Samples
from heap_web.dev.bench.memory import held
from heap_web.dev.bench.server import Site
from heap_web.dev.bench.statistics import summarize
from heap_web.dev.bench.waterfall import stages

FURTHER = 5  # pages after the first of a visit
STAY = 0.7  # seconds that a visitor stays on a page after its first call has arrived
LATER = 1.8  # more seconds on a quiet machine: what a page leaves for later is counted too
KEYS = 16  # of the cart of 21 leaves when it is flat: the two products are one text
OWN = 5.0  # ms that a contestant's scripts must have run in a long task for it to be theirs


class PageError(RuntimeError):
    """A contestant's page did not do what it was asked: its figures would mean nothing."""


class Tab(Protocol):
    """A tab of either browser."""

    def goto(self, url: str) -> object:
        """Opens a page, and waits until it has loaded."""

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript, awaited."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What a measurement needs: the playwright driver for Firefox, the site with its base URL, and where values go."""

    playwright: Playwright
    site: Site
    base: str
    samples: Samples


@dataclass(frozen=True, slots=True)
class Visited:
    """One page, in ms: when its first call arrived since navigation, its long tasks, its main thread's script time.

    `script`: as long as a visitor stays; `script_later`: with what the page leaves for later.
    """

    first: float
    tasks: tuple[Mapping[str, Any], ...]
    script: float
    script_later: float


def visits(bench: Bench, contestant: Contestant) -> None:
    """Two visits on a fresh profile, each by a browser process of its own, the second of one and five further pages."""
    add, key = bench.samples.add, contestant.key
    with _profile() as profile:
        bench.site.log.clear()
        with chromium(profile) as tab:
            pages = [_visit(bench, contestant, tab)]
            _stages(bench, contestant, tab, "cold")
            sent = [each for each in bench.site.log if not each.path.endswith(".html")]
        with chromium(profile) as tab:
            pages.append(_visit(bench, contestant, tab))
            _stages(bench, contestant, tab, "again")
            pages.extend(_visit(bench, contestant, tab) for _ in range(FURTHER))
    add(key, "cold_bytes", sum(each.size for each in sent))
    add(key, "script_bytes", sum(each.body for each in sent if each.path == contestant.script))
    add(key, "cold", pages[0].first)
    add(key, "again", pages[1].first)
    bench.samples.extend(key, "further", [page.first for page in pages[2:]])
    tasks = [task for page in pages for task in page.tasks]
    add(key, "long_tasks", len(tasks))
    add(key, "own_long_tasks", sum(own(task) for task in tasks))
    add(key, "long_task_sum", sum(task["ms"] for task in tasks))
    add(key, "long_task_worst", max((task["ms"] for task in tasks), default=0))
    add(key, "script", sum(page.script for page in pages))
    add(key, "script_later", sum(page.script_later for page in pages))


def busy_visits(bench: Bench, contestant: Contestant) -> None:
    """The same two visits while both cores are loaded and the page's CPU is throttled."""
    add, key = bench.samples.add, contestant.key
    with _profile() as profile, loaded(BUSY):
        with chromium(profile) as tab:
            pages = [_visit(bench, contestant, tab, BUSY.slowdown)]
        with chromium(profile) as tab:
            pages.extend(_visit(bench, contestant, tab, BUSY.slowdown) for _ in range(1 + FURTHER))
    add(key, "busy_cold", pages[0].first)
    add(key, "busy_again", pages[1].first)
    bench.samples.extend(key, "busy_further", [page.first for page in pages[2:]])
    add(key, "busy_own_long_tasks", sum(own(task) for page in pages for task in page.tasks))


def slow_visits(bench: Bench, contestant: Contestant) -> None:
    """A first page on a fresh profile, over each of the mobile networks."""
    for condition in (FAST_4G, SLOW_4G):
        bench.site.line = Line(condition)
        try:
            with _profile() as profile, chromium(profile) as tab:
                first = _first(bench, contestant, tab)
        finally:
            bench.site.line = Line()
        bench.samples.add(contestant.key, f"{condition.key}_cold", first)


def firefox_visit(bench: Bench, contestant: Contestant) -> None:
    """One visit in Firefox on a fresh profile: a first page, then five further ones."""
    bench.samples.extend(contestant.key, "firefox_further", _in_firefox(bench, contestant))


def busy_firefox_visit(bench: Bench, contestant: Contestant) -> None:
    """The same visit in Firefox while both cores are loaded. Firefox has no throttling to add."""
    with loaded(BUSY):
        bench.samples.extend(contestant.key, "busy_firefox_further", _in_firefox(bench, contestant))


def _in_firefox(bench: Bench, contestant: Contestant) -> list[float]:
    with _profile() as profile, firefox(bench.playwright, profile) as tab:
        # Each by an address of its own: going to the same one again replaces the page in the history, as no link does.
        firsts = [_stay(bench, contestant, tab, f"?page={number}") for number in range(1 + FURTHER)]
    return firsts[1:]


def calls(bench: Bench, contestant: Contestant, *, timed: int = 300) -> None:
    """What a call costs, and how many of them a second, on one page that is up and running."""
    add, key = bench.samples.add, contestant.key
    with _running(bench, contestant) as tab:
        tab.evaluate("workload.burst(500)")  # warm, as a page that has been open for a while
        add(key, "call", summarize(tab.evaluate(f"workload.cost({timed})")).median)
        add(key, "singly", tab.evaluate(f"workload.singly({contestant.count})"))
        add(key, "burst", tab.evaluate(f"workload.burst({contestant.count})"))
        _check(contestant, tab)


def memory(bench: Bench, contestant: Contestant, *, few: int = 1_000, many: int = 100_000) -> None:
    """What page and worker hold after a few and after many calls."""
    add, key = bench.samples.add, contestant.key
    with _running(bench, contestant) as tab:
        for figure, made in (("1k", few), ("100k", many - few)):
            tab.evaluate(f"workload.many({made})")
            holds = held(tab)
            add(key, f"memory_{figure}", holds.size)
            add(key, f"proxies_{figure}", holds.proxies)


def python_page(bench: Bench) -> None:
    """What heap_web adds to a page that already runs Python: importing and loading it, and calls a second."""
    with _profile() as profile, chromium(profile) as tab:
        tab.goto(f"{bench.base}/python_page.html")
        found = tab.evaluate("bench.python()")
    bench.samples.add("heap_web", "python_import", found["importMs"])
    bench.samples.add("heap_web", "python_first", found["firstMs"])
    bench.samples.add("heap_web", "python_calls", found["perSecond"])


def own(task: Mapping[str, Any]) -> bool:
    """Whether scripts other than the page's inline ones ran in this long task, by the browser's account of it."""
    ran: float = sum(script["ms"] for script in task["scripts"] if not script["url"].endswith(".html"))
    return ran >= OWN


def _visit(bench: Bench, contestant: Contestant, tab: Target, slowdown: float = 1.0) -> Visited:
    tab.send("Performance.enable")
    tab.send("Emulation.setCPUThrottlingRate", rate=slowdown)
    first, script = _stay(bench, contestant, tab), _script(tab)
    time.sleep(LATER if slowdown == 1.0 else 0)
    return Visited(first, tuple(tab.evaluate("bench.tasks()")), script, _script(tab))


def _script(tab: Target) -> float:
    """How long scripts have run on the page's main thread, in ms."""
    metrics = {each["name"]: each["value"] for each in tab.send("Performance.getMetrics")["metrics"]}
    return float(metrics["ScriptDuration"] * 1000)


def _stages(bench: Bench, contestant: Contestant, tab: Target, visit: str) -> None:
    if contestant.boots:
        for stage, end in stages(tab, contestant.script).items():
            bench.samples.add(contestant.key, f"{visit}_{stage}", end)


def _stay(bench: Bench, contestant: Contestant, tab: Tab, query: str = "") -> float:
    first = _first(bench, contestant, tab, query)
    time.sleep(STAY)
    return first


def _first(bench: Bench, contestant: Contestant, tab: Tab, query: str = "") -> float:
    tab.goto(f"{bench.base}/{contestant.key}.html{query}")
    first = tab.evaluate("bench.first()")
    _check(contestant, tab)
    return float(first)


def _check(contestant: Contestant, tab: Tab) -> None:
    sample = tab.evaluate("bench.sample()")
    if len(sample) != KEYS or any(isinstance(value, dict | list) for value in sample.values()):
        raise PageError(f"{contestant.title} told Heap something that is not the flat cart: {sample}")


@contextmanager
def _running(bench: Bench, contestant: Contestant) -> Iterator[Target]:
    with _profile() as profile, chromium(profile) as tab:
        _first(bench, contestant, tab, "?isolated")
        tab.evaluate("import('/bench/workload.js').then((module) => { window.workload = module; })")
        yield tab


@contextmanager
def _profile() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="heap-web-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
