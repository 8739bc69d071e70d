"""What engines differ in: whether they keep tables, how rows get in and out, how a run has an audience to itself.

Tested with DuckDB, PostgreSQL and Spark. Any other engine of Ibis is used by the general way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from sqlglot.expressions import Literal, to_identifier

from heap_web.audiences.errors import AudienceBusy
from heap_web.core.errors import ConfigurationError

WRITTEN_AT_ONCE = 5_000
"""Rows in one statement."""
MEMORY_LIMIT = "256MB"
"""Of DuckDB; what a comparison needs beyond it goes to the disk."""

_FORGET = {"datafusion", "polars", "sqlite"}
_CHANGE_ROWS = {"bigquery", "databricks", "duckdb", "mssql", "mysql", "oracle", "postgres", "snowflake", "sqlite"}


def keeps(connection: Any) -> bool:
    """Whether an engine keeps tables: a database server or a file, not this process's memory."""
    if connection.name == "duckdb":
        return duckdb_file(connection) is not None
    if connection.name == "pyspark":
        catalog = connection.current_catalog
        setting = connection._session.conf.get("spark.sql.catalogImplementation", "in-memory")
        return bool(catalog != "spark_catalog" or setting == "hive")
    return hasattr(connection, "raw_sql") and connection.name not in _FORGET


def changes_rows(connection: Any) -> bool:
    """Whether rows of a table can be deleted; in Spark's own catalogue, for one, a table is only written anew."""
    return connection.name in _CHANGE_ROWS


def same(one: Any, other: Any) -> bool:
    """Whether two connections are the same engine's, with the same tables in sight."""
    return one is other or (one.name == other.name == "pyspark" and one._session is other._session)


def quoted(connection: Any, name: str) -> str:
    """A name as the engine's SQL has it."""
    return to_identifier(name, quoted=True).sql(connection.dialect)


def write(connection: Any, table: str, columns: Mapping[str, Sequence[str]]) -> None:
    """Adds rows of text to a table."""
    if connection.name == "duckdb":
        # Not through Ibis' own tables of memory: the engine would keep each batch until the process ends.
        batch = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
        connection.con.register("heap_web_batch", batch)
        try:
            connection.raw_sql(f"INSERT INTO {quoted(connection, table)} SELECT * FROM heap_web_batch")
        finally:
            connection.con.unregister("heap_web_batch")
    elif connection.name == "pyspark":
        import pandas as pd

        schema = ", ".join(f"`{name}` string" for name in columns)
        frame = connection._session.createDataFrame(pd.DataFrame(dict(columns)), schema=schema)
        frame.write.insertInto(table)
    else:
        rows = list(zip(*columns.values(), strict=True))
        for start in range(0, len(rows), WRITTEN_AT_ONCE):
            values = ", ".join(
                f"({', '.join(Literal.string(text).sql(connection.dialect) for text in row)})"
                for row in rows[start : start + WRITTEN_AT_ONCE]
            )
            connection.raw_sql(f"INSERT INTO {quoted(connection, table)} VALUES {values}")


def batches(connection: Any, table: ir.Table, size: int) -> Iterator[list[list[Any]]]:
    """A table's columns, in the table's order, so many rows at a time; never all in this process's memory."""
    if connection.name == "pyspark":  # Ibis would bring all rows here first
        rows: list[Any] = []
        for row in connection._session.sql(connection.compile(table)).toLocalIterator():
            rows.append(row)
            if len(rows) == size:
                yield [list(column) for column in zip(*rows, strict=True)]
                rows = []
        if rows:
            yield [list(column) for column in zip(*rows, strict=True)]
        return
    for batch in table.to_pyarrow_batches(chunk_size=size):
        if batch.num_rows:
            yield [column.to_pylist() for column in batch.columns]


def take(connection: Any, name: str) -> bool:
    """Takes the server's lock of this name; whether it was free. An engine without such locks gives True."""
    if connection.name != "postgres":
        return True
    return bool(connection.raw_sql(f"SELECT pg_try_advisory_lock({_number(name)})").fetchone()[0])


def give_back(connection: Any, name: str) -> None:
    """Gives the server's lock back; it is given back too when the connection ends, however it ends."""
    if connection.name == "postgres":
        with suppress(Exception):
            connection.raw_sql(f"SELECT pg_advisory_unlock({_number(name)})").fetchone()


def has_locks(connection: Any) -> bool:
    """Whether the engine itself keeps runs apart: PostgreSQL by its locks, DuckDB as it opens its file for one process
    alone.
    """
    return connection.name in {"duckdb", "postgres"}


def identity_of(connection: Any) -> str:
    """Tells engines in this process apart."""
    file = duckdb_file(connection) if connection.name == "duckdb" else None
    return file or f"{connection.name} {id(getattr(connection, '_session', connection))}"


def duckdb_file(connection: Any) -> str | None:
    """The path of a connection's file; None for tables in memory."""
    here = "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    path = connection.raw_sql(here).fetchone()[0]
    return str(path) if path else None


def state_folder() -> str:
    """Where the user's programs keep what they remember."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, "heap-web")


def default_file() -> str:
    """Where the members are kept when nobody says: `HEAP_WEB_AUDIENCES`, else a file in the user's state directory."""
    return os.environ.get("HEAP_WEB_AUDIENCES") or os.path.join(state_folder(), "audiences.duckdb")


def open_file(path: str | os.PathLike[str]) -> Any:
    """A DuckDB file, made when missing, in bounded memory. Raises `AudienceBusy` while another process has it open."""
    import duckdb

    file = Path(path)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return ibis.duckdb.connect(
            file, memory_limit=MEMORY_LIMIT, temp_directory=f"{file}.tmp", preserve_insertion_order=False
        )
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise AudienceBusy(
                f"another process has the file of members {str(file)!r} open, and DuckDB lets one in at a time. "
                "Try again when it has ended, pass wait= seconds, or give this audience a file of its own with store="
            ) from error
        raise ConfigurationError(f"the file of members {str(file)!r} cannot be opened: {error}") from error
    except OSError as error:
        raise ConfigurationError(f"the folder of the file of members {str(file)!r} cannot be made: {error}") from error


def _number(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)
