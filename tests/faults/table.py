"""The table of faults: calls made, calls received, duplicates, errors that the page saw."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .visitor import Visitor

HEAD = ("fault", "", "engines", "runs", "calls made", "received", "lost", "twice", "page errors")


@dataclass(frozen=True)
class Row:
    """What one fault cost in one engine. `unordered`, `wrong`: calls out of order, and values that are not flat."""

    fault: int
    name: str
    engine: str
    made: int
    received: int
    lost: tuple[str, ...]
    twice: tuple[str, ...]
    errors: tuple[str, ...]
    unordered: tuple[str, ...]
    wrong: tuple[str, ...]

    @classmethod
    def of(cls, fault: int, name: str, engine: str, visitor: Visitor) -> Row:
        """Counts what a visitor made and what the site received."""
        received = visitor.site.received()
        made = set(visitor.made)
        told_last = last_words(visitor.site.of("received")) if visitor.dying else set()
        return cls(
            fault,
            name,
            engine,
            made=len(made),
            received=len(set(received) & made) + len(set(received) - made),
            lost=tuple(sorted(made - set(received) - visitor.refused)),
            twice=tuple(call for call, times in received.items() if times > 1 + (call in told_last)),
            errors=tuple(visitor.errors()),
            unordered=tuple(out_of_order(visitor.site.of("received"))),
            wrong=tuple(note["what"] for note in visitor.site.of("wrong")),
        )

    def check(self) -> None:
        """Fails unless the fault cost nothing."""
        assert not self.lost, f"{len(self.lost)} of {self.made} lost: {self.lost[:5]}"
        assert not self.twice, f"{len(self.twice)} twice: {self.twice}"
        assert not self.errors, f"the page saw errors: {self.errors}"
        assert not self.unordered, f"out of order: {self.unordered[:5]}"
        assert not self.wrong, f"Heap was told what is not flat: {self.wrong[:5]}"


def last_words(notes: Sequence[dict[str, str]]) -> set[str]:
    """The call that each page told Heap of last.

    Where pages die at any moment, one may die between telling Heap and noting so, which are one tick: the next page
    tells that call again, for it cannot know, and Heap itself will hardly have sent it.
    """
    last: dict[str, tuple[int, str]] = {}
    for note in notes:
        page, _, number = note["key"].rpartition(":")
        last[page] = max(last.get(page, (-1, "")), (int(number), note["call"]))
    return {call for _, call in last.values()}


def out_of_order(notes: Sequence[dict[str, str]]) -> list[str]:
    """Calls that a page delivered after a later one of the same burst. Ids end in -<number within the burst>."""
    last: dict[tuple[str, str], int] = {}
    found = []
    for note in sorted(notes, key=lambda note: int(note["key"].rpartition(":")[2])):
        burst, _, number = note["call"].rpartition("-")
        of = (note["key"].partition(":")[0], burst)
        if int(number) < last.get(of, -1):
            found.append(note["call"])
        last[of] = int(number)
    return found


def as_json(rows: Sequence[Row]) -> str:
    """The rows as JSON, in the order of the faults."""
    return json.dumps([asdict(row) for row in ordered(rows)], indent=1) + "\n"


def as_markdown(rows: Sequence[Row]) -> str:
    """A Markdown table with a line for each fault, over all of its runs and engines, and their sum."""
    lines = [HEAD, ("---:", "---", "---", "---:", "---:", "---:", "---:", "---:", "---:")]
    for (fault, name), group in groupby(ordered(rows), lambda row: (row.fault, row.name)):
        runs = list(group)
        engines = ", ".join(sorted({run.engine.capitalize() for run in runs}))
        lines.append((str(fault), name, engines, *sums(runs)))
    lines.append(("", "all", "", *sums(rows)))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def as_matrix(rows: Sequence[Row], entrances: Sequence[str]) -> str:
    """A Markdown table with a line for each fault and a column for each entrance, which a row's name ends with.

    A cell says how many calls Heap received of how many that were made, in all engines, and what went wrong.
    """
    lines = [
        ("fault", "", *(name.replace("-", " ").replace("python", "Python") for name in entrances)),
        ("---:", "---", *("---:" for _ in entrances)),
    ]
    for (fault, name), group in groupby(ordered(rows), lambda row: (row.fault, row.name.rpartition(", ")[0])):
        runs = list(group)
        cells = [cell([run for run in runs if run.name.endswith(f", {entrance}")]) for entrance in entrances]
        lines.append((str(fault), name, *cells))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cell(rows: Sequence[Row]) -> str:
    """What one fault cost at one entrance; a dash where it does not run."""
    if not rows:
        return "—"
    _, made, received, lost, twice, errors = sums(rows)
    wrong = [
        f"{count} {what}" for count, what in ((lost, "lost"), (twice, "twice"), (errors, "errors")) if count != "0"
    ]
    return ", ".join([f"{received} of {made}", *wrong])


def sums(rows: Sequence[Row]) -> list[str]:
    """How many runs, and what they made, received, lost, doubled and saw go wrong."""
    lists = [sum(len(getattr(row, field)) for row in rows) for field in ("lost", "twice", "errors")]
    return [f"{total:,}" for total in (len(rows), sum(r.made for r in rows), sum(r.received for r in rows), *lists)]


def ordered(rows: Sequence[Row]) -> list[Row]:
    """The rows by fault, name and engine."""
    return sorted(rows, key=lambda row: (row.fault, row.name, row.engine))
