"""The bench's command: every contestant, interleaved round by round, then the table, `bench.json` and `bench.html`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from heap_web.dev.bench import browser, measure, table
from heap_web.dev.bench.contestants import CONTESTANTS, DIST, ROOT, Contestant, files
from heap_web.dev.bench.figures import Samples
from heap_web.dev.bench.machine import machine
from heap_web.dev.bench.report import Report, markdown, write
from heap_web.dev.bench.server import Site
from heap_web.dev.serve.loopback import serving

Step = tuple[str, Callable[[measure.Bench], None]]
PARTS = ("visits", "firefox", "busy", "networks", "calls", "memory", "python")
ROUNDS = 5
PUBLISHED = ROOT / "templates" / "docs" / "figures" / "speed.md"


def main(arguments: Sequence[str] = ()) -> int:
    """Run the bench; gives 0 when all was measured and every target measured is met, else 1."""
    options = _options(arguments)
    console = Console(width=None if sys.stdout.isatty() else 150)
    chosen = [each for each in CONTESTANTS if not options.only or each.key in options.only]
    steps = list(_steps(chosen, options.rounds, options.parts))
    samples = Samples()
    with console.status("Compressing what the contestants send"):
        site = Site(files())
    progress = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
    with serving(site) as base, sync_playwright() as playwright, progress:
        bench = measure.Bench(playwright, site, base, samples)
        task = progress.add_task("", total=len(steps))
        failed = 0
        for title, step in steps:
            progress.update(task, description=title)
            try:
                step(bench)
            except (BrowserError, RuntimeError, TimeoutError) as error:
                console.print(f"[red]{title}: not measured[/]\n{error}", highlight=False)
                failed += 1
            progress.advance(task)
    report = Report.of(
        samples,
        date=datetime.now(UTC),
        machine=machine(),
        rounds=options.rounds,
        contestants={each.key: each.title for each in chosen},
    )
    for shown in table.tables(report):
        console.print(shown)
    for path in write(report, options.out):
        console.print(f"written: {path}")
    if options.publish:
        PUBLISHED.parent.mkdir(parents=True, exist_ok=True)
        PUBLISHED.write_text(markdown(report), encoding="utf-8")
        console.print(f"written: {PUBLISHED}")
    return 1 if failed or any(verdict.met is False for verdict in report.verdicts) else 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="build.py bench", description="Measure heap_web and its peers in one run.")
    keys = [each.key for each in CONTESTANTS]
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds, interleaved (default {ROUNDS})")
    parser.add_argument(
        "--quick", action="store_true", help="one round of the integrations alone: minutes, not the truth"
    )
    parser.add_argument("--only", nargs="+", choices=keys, metavar="CONTESTANT", help=f"of {', '.join(keys)}")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}"
    )
    parser.add_argument("--out", type=Path, default=DIST, help="folder for bench.json, bench.html, bench.md")
    parser.add_argument("--publish", action="store_true", help="also write the tables that the documentation shows")
    options = parser.parse_args(list(arguments))
    if options.quick:
        options.rounds = 1
        options.only = options.only or [each.key for each in CONTESTANTS if each.integration]
    return options


def _steps(contestants: Sequence[Contestant], rounds: int, parts: Sequence[str]) -> Iterator[Step]:
    """What to do, in order: each round goes through every contestant before the next begins; memory is taken once."""
    with_firefox = "firefox" in parts and browser.found(browser.FIREFOX) is not None
    for number in range(1, rounds + 1):
        for each in _turned(contestants, number):
            where = f"round {number} of {rounds}, {each.title}"
            if "visits" in parts:
                yield f"{where}: visits", _bound(measure.visits, each)
            if "calls" in parts:
                yield f"{where}: calls", _bound(measure.calls, each)
            if with_firefox and each.firefox:
                yield f"{where}: Firefox", _bound(measure.firefox_visit, each)
            if "networks" in parts and each.integration:
                yield f"{where}: Fast 4G, Slow 4G", _bound(measure.slow_visits, each)
            if "busy" in parts and each.integration:
                yield f"{where}: busy", _bound(measure.busy_visits, each)
            if "busy" in parts and with_firefox and each.firefox:
                yield f"{where}: Firefox, busy", _bound(measure.busy_firefox_visit, each)
        if "python" in parts:
            yield f"round {number} of {rounds}, Python in the page", measure.python_page
    if "memory" in parts:
        for each in contestants:
            if each.keeps:
                yield f"memory, {each.title}", _bound(measure.memory, each)


def _turned(contestants: Sequence[Contestant], number: int) -> Sequence[Contestant]:
    """The contestants in another order each round, so that none is always measured after the same one."""
    start = (number - 1) % len(contestants)
    return [*contestants[start:], *contestants[:start]]


def _bound(
    step: Callable[[measure.Bench, Contestant], None], contestant: Contestant
) -> Callable[[measure.Bench], None]:
    return lambda bench: step(bench, contestant)
