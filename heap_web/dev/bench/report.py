"""A run's results: the record that `bench.json` holds, and the self-contained HTML report made from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from heap_web.dev.bench.figures import FIGURES, Figure, Samples
from heap_web.dev.bench.leaving import SECONDS, shares
from heap_web.dev.bench.statistics import Summary, summarize, written
from heap_web.dev.bench.targets import Verdict, verdicts

OUTCOMES = {True: "met", False: "missed", None: "not measured"}
TEMPLATES = Path(__file__).parents[3] / "templates" / "bench"


@dataclass(frozen=True, slots=True)
class Report:
    """One run: when (ISO text, UTC), where, how many rounds, who took part (key -> title), and what came of it."""

    date: str
    machine: Mapping[str, str]
    rounds: int
    contestants: Mapping[str, str]
    samples: Samples
    verdicts: tuple[Verdict, ...]

    @classmethod
    def of(
        cls,
        samples: Samples,
        *,
        date: datetime,
        machine: Mapping[str, str],
        rounds: int,
        contestants: Mapping[str, str],
    ) -> Report:
        """Judge a run's samples."""
        when = date.isoformat(timespec="seconds")
        return cls(when, machine, rounds, contestants, samples, verdicts(samples))

    def summary(self, contestant: str, figure: str) -> Summary | None:
        """The figure of a contestant, or None where it was not measured."""
        values = self.samples.of(contestant, figure)
        return summarize(values) if values else None

    def measured(self) -> tuple[Figure, ...]:
        """The figures that at least one contestant has, in the order of `FIGURES`."""
        return tuple(
            figure for figure in FIGURES.values() if any(self.samples.of(each, figure.key) for each in self.contestants)
        )


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: lengths are shares (0 to 1) of the chart's widest value, whiskers between quartiles."""

    title: str
    text: str
    length: float
    lower: float
    upper: float
    ours: bool


def record(report: Report) -> dict[str, Any]:
    """The run as plain JSON values: every figure's summary and single values by contestant, and the targets."""
    figures = {
        figure.key: {
            "title": figure.title,
            "unit": figure.unit,
            "contestants": {
                each: {**asdict(summarize(values)), "values": list(values)}
                for each in report.contestants
                if (values := report.samples.of(each, figure.key))
            },
        }
        for figure in report.measured()
    }
    return {
        "date": report.date,
        "machine": dict(report.machine),
        "rounds": report.rounds,
        "contestants": dict(report.contestants),
        "figures": figures,
        "targets": [asdict(verdict) for verdict in report.verdicts],
        "leaving": [asdict(share) for share in shares(report.samples, report.contestants)],
    }


def bars(report: Report, figure: Figure) -> tuple[Bar, ...]:
    """A figure's chart: one bar for each contestant that has it, in the contestants' order."""
    found = [
        (key, title, values)
        for key, title in report.contestants.items()
        if (values := report.summary(key, figure.key)) is not None
    ]
    widest = max((values.upper for _, _, values in found), default=0) or 1
    return tuple(
        Bar(
            title,
            written(values.median, figure.unit),
            values.median / widest,
            values.lower / widest,
            values.upper / widest,
            key == "heap_web",
        )
        for key, title, values in found
    )


def html(report: Report) -> str:
    """The report as one HTML file that needs no other: tables, charts and styles within."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True, trim_blocks=True
    )
    environment.filters["written"] = written
    charts: Sequence[tuple[Figure, tuple[Bar, ...]]] = [(figure, bars(report, figure)) for figure in report.measured()]
    return environment.get_template("report.html").render(report=report, charts=charts)


def markdown(report: Report) -> str:
    """The run's medians and targets as two Markdown tables, with the date and the machine, for the documentation."""
    where = report.machine
    titles = list(report.contestants.values())
    lines = [
        f"Medians of {report.rounds} rounds on {report.date[:10]}: {where['processor']}, {where['cores']} cores, "
        f"{where['memory']}, {where['Chromium']}, Pyodide {where['pyodide']}.",
        "",
        _row(["", *titles]),
        _row(["---", *["--:"] * len(titles)]),
    ]
    for figure in report.measured():
        found = [report.summary(each, figure.key) for each in report.contestants]
        lines.append(_row([figure.title, *("" if one is None else written(one.median, figure.unit) for one in found)]))
    lines += ["", _row(["", "target", "measured", ""]), _row(["---", "---", "---", "---"])]
    for verdict in report.verdicts:
        lines.append(_row([verdict.row, verdict.target, verdict.measured, OUTCOMES[verdict.met]]))
    lines += [
        "",
        "The share of visitors whose event Heap got, of those who leave their first page so soon and never return:",
        "",
    ]
    lines += [_row(["", "", *(f"{seconds} s" for seconds in SECONDS)]), _row(["---", "---", *["--:"] * len(SECONDS)])]
    for share in shares(report.samples, report.contestants):
        lines.append(_row([share.condition, share.contestant, *(f"{part:.0%}" for part in share.shares)]))
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def write(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write `bench.json`, `bench.html` and `bench.md` into the folder; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "bench.json": json.dumps(record(report), indent=1) + "\n",
        "bench.html": html(report),
        "bench.md": markdown(report),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in texts)
