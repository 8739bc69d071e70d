"""A run on the terminal: figures by contestant, then the targets."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table

from heap_web.dev.bench.figures import Figure
from heap_web.dev.bench.leaving import SECONDS, shares
from heap_web.dev.bench.report import Report
from heap_web.dev.bench.statistics import written

MARKS = {True: "[green]met[/]", False: "[red]missed[/]", None: "[dim]-[/]"}


def tables(report: Report) -> Iterator[RenderableType]:
    """The tables to print, in order."""
    yield figures(report)
    yield targets(report)
    yield leaving(report)


def figures(report: Report) -> Table:
    """Medians, with the quartiles below, one column for each contestant."""
    table = Table(title=f"Medians of {report.rounds} rounds, quartiles below", title_justify="left")
    table.add_column("")
    for title in report.contestants.values():
        table.add_column(title, justify="right")
    for figure in report.measured():
        table.add_row(figure.title, *(_cell(report, each, figure) for each in report.contestants))
    return table


def targets(report: Report) -> Table:
    """Each target with what was measured."""
    table = Table(title="Targets", title_justify="left")
    for column in ("", "target", "measured", ""):
        table.add_column(column)
    for verdict in report.verdicts:
        table.add_row(verdict.row, verdict.target, verdict.measured, MARKS[verdict.met])
    return table


def leaving(report: Report) -> Table:
    """The share of visitors who leave early and never return whose event Heap got."""
    table = Table(
        title="Of visitors who leave their first page and never return: whose event Heap got", title_justify="left"
    )
    for column in ("", "", *(f"{seconds} s" for seconds in SECONDS)):
        table.add_column(column)
    for share in shares(report.samples, report.contestants):
        table.add_row(share.condition, share.contestant, *(f"{part:.0%}" for part in share.shares))
    return table


def _cell(report: Report, contestant: str, figure: Figure) -> str:
    summary = report.summary(contestant, figure.key)
    if summary is None:
        return "[dim]-[/]"
    text = written(summary.median, figure.unit)
    if summary.lower == summary.upper:
        return text
    return f"{text}\n[dim]{written(summary.lower, figure.unit)} - {written(summary.upper, figure.unit)}[/]"
