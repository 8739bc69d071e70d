"""An audience of 10,000,000 members of whom 100,000 have changed: how long a run takes, on what, and how much
memory.

`python -m heap_web.dev.bench.audiences [MEMBERS [CHANGES]]`. The members as told, and the new members, are tables
of a DuckDB file; the calls go through an outbox in SQLite to a Heap on loopback. Measured in a process of its
own, so that its peak memory is the run's.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from heap_web.audiences import AudienceSync
from heap_web.audiences.engines import open_file
from heap_web.audiences.store import MemberStore
from heap_web.cloud import HeapCloud, Limits
from heap_web.dev.serve.heap_api import elsewhere

MEMBERS = 10_000_000
CHANGES = 100_000
NAME = "Order completed last 30 days"
UNLIMITED = Limits(10**12, 10**12, 10**12)


def measure(members: int = MEMBERS, changes: int = CHANGES, *, iterable: bool = True) -> dict[str, float]:
    """The figures, by name; the unit is the name's end. `iterable`: also with members that come one by one from
    Python.
    """
    figures: dict[str, float] = {}
    with elsewhere() as heap, tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/audiences.duckdb"
        _child("--seed", file, str(members), str(changes))
        for name, count in (
            ("nothing changed", 0),
            (f"{changes:,} changed", changes),
            (f"{changes:,} changed back", 0),
        ):
            figures |= _prefixed(name, _child("--run", file, f"{folder}/outbox.db", heap, str(members), str(count)))
        if iterable:
            arguments = (file, f"{folder}/outbox.db", heap, str(members), str(changes))
            figures |= _prefixed(f"{changes:,} changed, members as an iterable", _child("--iterate", *arguments))
    return figures


def _seed(file: str, members: int, changes: int) -> None:
    """Makes the members as told, and the members before and after the changes."""
    connection = open_file(file)
    store = MemberStore(connection, "11", "order_completed_last_30_days")
    told = store.told.get_name()
    half = changes // 2
    ids = "SELECT 'user-' || lpad((i + {0})::VARCHAR, 8, '0') AS user_id FROM range({1}) r(i)"
    connection.raw_sql(f"INSERT INTO {told} {ids.format(0, members)}")
    connection.raw_sql(f"CREATE TABLE members_0 AS {ids.format(0, members)}")
    connection.raw_sql(f"CREATE TABLE members_{changes} AS {ids.format(half, members)}")
    connection.disconnect()


def _run(file: str, outbox: str, heap: str, members: int, changes: int, *, iterate: bool = False) -> dict[str, float]:
    """One run, as a program would make it: who changed, told to Heap."""
    figures: dict[str, float] = {}
    connection = open_file(file)
    with HeapCloud("11", outbox=outbox, base_url=heap, limits=UNLIMITED, background=False) as client:
        audience = AudienceSync(NAME, client, store=connection)
        with _timed(figures, "sync, s"), _parts(figures):
            if iterate:
                summary = audience.sync(f"user-{n + changes // 2:08}" for n in range(members))
            else:
                summary = audience.sync(connection.table(f"members_{changes}"))
        with _timed(figures, "outbox to Heap, s"):
            delivered = client.flush().delivered
        if summary.sent != delivered or summary.entered != summary.left or summary.unchanged + summary.left != members:
            raise RuntimeError(f"wrong: {summary}, {delivered} delivered")
    figures["changes told"] = summary.sent
    figures["peak memory, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


@contextmanager
def _parts(figures: dict[str, float]) -> Iterator[None]:
    """Times the parts of a sync."""
    originals = {name: getattr(MemberStore, name) for name in ("stage", "begin", "finish")}
    for name, original in originals.items():

        def timed(*arguments: Any, _name: str = name, _original: Any = original) -> Any:
            with _timed(figures, f"of which {_name}, s"):
                return _original(*arguments)

        setattr(MemberStore, name, timed)
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(MemberStore, name, original)


@contextmanager
def _timed(figures: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    figures[name] = time.perf_counter() - start


def _child(*arguments: str) -> dict[str, float]:
    command = [sys.executable, "-W", "ignore", "-m", "heap_web.dev.bench.audiences", *arguments]
    said = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3])
    if said.returncode:
        raise RuntimeError(said.stderr)
    figures: dict[str, float] = json.loads(said.stdout or "{}")
    return figures


def _prefixed(name: str, figures: dict[str, float]) -> dict[str, float]:
    return {f"{name}: {what}": value for what, value in figures.items()}


def main(arguments: list[str]) -> int:
    """Measures and shows."""
    match arguments:
        case ["--seed", file, members, changes]:
            _seed(file, int(members), int(changes))
        case ["--run", file, outbox, heap, members, changes]:
            print(json.dumps(_run(file, outbox, heap, int(members), int(changes))))
        case ["--iterate", file, outbox, heap, members, changes]:
            print(json.dumps(_run(file, outbox, heap, int(members), int(changes), iterate=True)))
        case _:
            numbers = [int(argument.replace("_", "")) for argument in arguments]
            table = Table("figure", "value", title=f"An audience of {(numbers or [MEMBERS])[0]:,} members")
            for name, value in measure(*numbers).items():
                table.add_row(name, f"{value:,.2f}" if value < 100 else f"{value:,.0f}")
            Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
