"""Who is in an audience, as it was last told: tables in the engine that compares, read and written through Ibis
alone.

Three tables, named after the app and the property: the members as told, the changes that are being told, and,
where the new members come as an iterable, these. Nothing needs a transaction over several statements: each step
may be repeated, and a step that was cut short leaves a part of the changes, which is told and then found told.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from sqlglot.expressions import Literal, to_identifier

from heap_web.cloud.documented import LONGEST_IDENTITY
from heap_web.cloud.messages import identity
from heap_web.core.errors import ConfigurationError

USER = "user_id"
STAGED_AT_ONCE = 50_000
WRITTEN_AT_ONCE = 5_000
READ_AT_ONCE = 10_000
MEMORY_LIMIT = "256MB"
"""Of DuckDB; what a comparison needs beyond it goes to the disk."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a comparison found."""

    entered: int
    left: int
    unchanged: int
    skipped: int
    """Different ids among the members that Heap does not take."""


class MemberStore:
    """The members of one audience, as told."""

    def __init__(self, connection: Any, app_id: str, property_name: str) -> None:
        self._connection = connection
        slug = re.sub("[^a-z0-9]+", "_", property_name.lower())[:24].strip("_")
        digest = sha256(f"{app_id}\n{property_name}".encode()).hexdigest()[:10]
        base = f"heap_web_{slug}_{digest}"
        self._told, self._changes, self._staged = f"{base}_told", f"{base}_changes", f"{base}_new"

    @property
    def told(self) -> ir.Table:
        """The members as told: one text column, `user_id`."""
        if not self._has(self._told):
            self._connection.create_table(self._told, schema=ibis.schema({USER: "!string"}))
        return self._table(self._told)

    @property
    def changes(self) -> ir.Table | None:
        """The changes that are being told, if a run has begun and not ended: `user_id`, `member`, `run`."""
        return self._table(self._changes) if self._has(self._changes) else None

    def stage(self, members: Iterable[object]) -> tuple[ir.Table, int]:
        """Writes ids into a table, a batch at a time; gives it, and how many were no ids that Heap takes."""
        self.unstage()
        self._connection.create_table(self._staged, schema=ibis.schema({USER: "string"}))
        write = self._write_arrow if self._connection.name == "duckdb" else self._write_literals
        skipped, ids = 0, iter(members)
        while batch := list(islice(ids, STAGED_AT_ONCE)):
            texts = [text for value in batch if (text := _id(value)) is not None]
            skipped += len(batch) - len(texts)
            if texts:
                write(texts)
        return self._table(self._staged), skipped

    def _write_arrow(self, texts: list[str]) -> None:
        # Not through Ibis' own tables of memory: the engine would keep each batch until the process ends.
        self._connection.con.register("heap_web_batch", pa.table({USER: pa.array(texts, pa.string())}))
        try:
            self._connection.raw_sql(f"INSERT INTO {self._quoted(self._staged)} SELECT {USER} FROM heap_web_batch")
        finally:
            self._connection.con.unregister("heap_web_batch")

    def _write_literals(self, texts: list[str]) -> None:
        table, dialect = self._quoted(self._staged), self._connection.dialect
        for start in range(0, len(texts), WRITTEN_AT_ONCE):
            rows = ", ".join(
                f"({Literal.string(text).sql(dialect)})" for text in texts[start : start + WRITTEN_AT_ONCE]
            )
            self._connection.raw_sql(f"INSERT INTO {table} VALUES {rows}")

    def unstage(self) -> None:
        """Removes the staged ids."""
        if self._has(self._staged):
            self._drop(self._staged)

    def owns(self, members: ir.Table) -> bool:
        """Whether a table is in this store's engine, so that it need not be copied to be compared."""
        return members.get_backend() is self._connection

    def count(self, changes: ir.Table, told: ir.Table) -> Counts:
        """How many come, go and stay by these changes of the told members."""
        numbers = changes.aggregate(
            entered=changes.member.sum(), left=(~changes.member).sum(), skipped=changes.member.isnull().sum()
        ).to_pyarrow()
        entered, left, skipped = (int(column[0].as_py() or 0) for column in numbers.columns)
        return Counts(entered, left, int(told.count().to_pyarrow().as_py()) - left, skipped)

    def run(self, changes: ir.Table) -> tuple[str, int]:
        """The run that is telling these changes, and how many there are."""
        row = changes.aggregate(run=changes.run.max(), total=changes.member.count()).to_pyarrow().to_pylist()[0]
        return str(row["run"]), int(row["total"])

    def current(self) -> ir.Table:
        """The members as they will be told once the changes that are being told have been."""
        told, changes = self.told, self.changes
        if changes is None:
            return told
        left = changes.filter(~changes.member).select(USER)
        came = changes.filter(changes.member).select(USER)
        return ibis.union(told.anti_join(left, USER), came.anti_join(told, USER))

    def begin(self, changes: ir.Table) -> ir.Table:
        """Writes down what has changed; from here on the run can be completed whatever happens."""
        self._connection.create_table(self._changes, changes)
        return self._table(self._changes)

    def ids(self, changes: ir.Table, after: str | None) -> Iterator[tuple[list[str], list[bool]]]:
        """The changes in the order of their user ids, from behind `after`, some at a time."""
        left = changes.filter(changes.member.notnull())
        if after is not None:
            left = left.filter(left[USER] > after)
        ordered = left.select(USER, "member").order_by(USER)
        for batch in ordered.to_pyarrow_batches(chunk_size=READ_AT_ONCE):
            if batch.num_rows:
                yield batch.column(0).to_pylist(), batch.column(1).to_pylist()

    def finish(self, changes: ir.Table) -> None:
        """Takes the changes into the members as told. May be repeated."""
        left = changes.filter(~changes.member).select(USER)
        table = self._quoted(self._told)
        self._connection.raw_sql(
            f"DELETE FROM {table} WHERE {self._quoted(USER)} IN ({self._connection.compile(left)})"
        )
        came = changes.filter(changes.member).select(USER)
        self._connection.insert(self._told, came.anti_join(self._table(self._told), USER))
        self._drop(self._changes)

    def _drop(self, name: str) -> None:
        # In plain SQL: Ibis 12 leaves out the table's name where sqlglot is younger than it (seen with sqlglot 30.30).
        self._connection.raw_sql(f"DROP TABLE {self._quoted(name)}")

    def _has(self, name: str) -> bool:
        return name in self._connection.list_tables(like=f"^{name}$")

    def _table(self, name: str) -> ir.Table:
        table: ir.Table = self._connection.table(name)
        return table

    def _quoted(self, name: str) -> str:
        return to_identifier(name, quoted=True).sql(self._connection.dialect)


def _id(value: object) -> str | None:
    """A user id that Heap takes; most are plain text and need no closer look."""
    text = value if type(value) is str and value.isalnum() and value.isascii() else identity(value)
    return text if text is not None and len(text) <= LONGEST_IDENTITY else None


def changed(members: ir.Table, told: ir.Table, run: str, *, integers: bool = False) -> ir.Table:
    """Who came and who went, as one expression for every engine that Ibis knows: `user_id`, `member`, `run`.

    The comparison is an anti-join, once each way: the members that were not told, and the told that are no
    members. Only what it leaves is looked at any closer: `member` is null for what is no id that Heap takes.
    `integers`: ids come from integers.
    """
    came = members.anti_join(told, USER).distinct()
    text = came[USER]
    is_id = text.notnull() & (text.strip() != "") & (text.length() <= LONGEST_IDENTITY)
    if integers:
        is_id &= text != "0"
    unknown = ibis.null("boolean")
    entered = came.mutate(member=ibis.ifelse(ibis.coalesce(is_id, False), ibis.literal(True), unknown))
    left = told.anti_join(members, USER).mutate(member=ibis.literal(False))
    return ibis.union(entered, left).mutate(run=ibis.literal(run))


def ids_of(members: ir.Table, column: str | None) -> tuple[ir.Table, bool]:
    """A table's user ids, in `user_id`, and whether they are integers; `ConfigurationError` for what cannot be ids."""
    name = _column(members, column)
    kind = members[name].type()
    if not (kind.is_string() or kind.is_integer()):
        raise ConfigurationError(f"user ids must be text or integers; the column {name!r} is {kind}")
    return members.select(members[name].name(USER)), kind.is_integer()


def _column(members: ir.Table, column: str | None) -> str:
    if column is not None and column in members.columns:
        return column
    if column is None and (USER in members.columns or len(members.columns) == 1):
        return USER if USER in members.columns else members.columns[0]
    raise ConfigurationError(
        f"the members have no column {column or USER!r}; pass user_id= as one of {', '.join(members.columns)}"
    )


def keeps(connection: Any) -> bool:
    """Whether an engine keeps tables: a database server or a file, not this process's memory."""
    if connection.name == "duckdb":
        here = "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
        return bool(connection.raw_sql(here).fetchone()[0])
    return hasattr(connection, "raw_sql") and connection.name not in {"datafusion", "polars", "sqlite"}


def default_file() -> str:
    """Where the members are kept when nobody says: `HEAP_WEB_AUDIENCES`, else a file in the user's state directory."""
    chosen = os.environ.get("HEAP_WEB_AUDIENCES")
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return chosen or os.path.join(state, "heap-web", "audiences.duckdb")


def open_file(path: str | os.PathLike[str]) -> Any:
    """A DuckDB file, made when missing, in bounded memory."""
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    return ibis.duckdb.connect(
        file, memory_limit=MEMORY_LIMIT, temp_directory=f"{file}.tmp", preserve_insertion_order=False
    )
