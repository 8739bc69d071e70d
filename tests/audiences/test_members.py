"""Members are read in whatever shape a program has them, and what holds no ids is refused with what to pass."""

import csv
import io
import sqlite3
from collections import namedtuple
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import duckdb
import ibis
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sqlalchemy import create_engine, text

from heap_web.audiences import AudienceSync, Summary
from heap_web.audiences.members import Columns, rows_of, table_of
from heap_web.cloud import Outbox
from heap_web.core.errors import ConfigurationError

IDS = ["ann", "bob", "cid"]
TWO = {"user_id": IDS, "age": [1, 2, 3]}
Row = namedtuple("Row", ["user_id", "age"])


def cursor() -> Any:
    """Rows of SQLite, plain tuples."""
    connection = sqlite3.connect(":memory:")
    connection.executescript("CREATE TABLE t (user_id, age); INSERT INTO t VALUES ('ann', 1), ('bob', 2), ('cid', 3)")
    return connection.execute("SELECT user_id FROM t ORDER BY 1")


def named_rows() -> Any:
    """Rows of SQLite that know their columns' names."""
    rows = cursor()
    rows.connection.row_factory = sqlite3.Row
    return rows.connection.execute("SELECT age, user_id FROM t ORDER BY 2").fetchall()


def of_sqlalchemy() -> Any:
    """Rows of SQLAlchemy."""
    with create_engine("sqlite://").connect() as connection:
        return connection.execute(text("SELECT 'ann' AS user_id UNION SELECT 'bob' UNION SELECT 'cid'")).all()


SHAPES = {
    "a list": IDS,
    "a generator": (name for name in IDS),
    "a dict's keys": dict.fromkeys(IDS).keys(),
    "one-column rows": [(name,) for name in IDS],
    "one-column lists": [[name] for name in IDS],
    "named rows": [Row(name, 1) for name in IDS],
    "mappings": [{"age": 1, "user_id": name} for name in IDS],
    "mappings of one": [{"id": name} for name in IDS],
    "a cursor": cursor(),
    "sqlite3's named rows": named_rows(),
    "SQLAlchemy's rows": of_sqlalchemy(),
    "pandas: a frame": pd.DataFrame(TWO),
    "pandas: a frame of one column": pd.DataFrame({"id": IDS}),
    "pandas: a series": pd.Series(IDS),
    "pandas: an index": pd.Index(IDS),
    "pandas: categories": pd.Series(IDS, dtype="category"),
    "pandas: the index's name": pd.DataFrame({"age": [1, 2, 3]}, index=pd.Index(IDS, name="user_id")),
    "pandas: an index alone": pd.DataFrame(index=pd.Index(IDS, name="user_id")),
    "pandas: counted by user": pd.DataFrame(TWO).groupby("user_id").size(),
    "pandas: a series with named rows": pd.Series(IDS, index=pd.Index([7, 8, 9], name="row"), name="user_id"),
    "pandas: by Arrow": pd.DataFrame(TWO).convert_dtypes(dtype_backend="pyarrow"),
    "polars: a frame": pl.DataFrame(TWO),
    "polars: a series": pl.Series("user_id", IDS),
    "polars: categories": pl.DataFrame(TWO, schema_overrides={"user_id": pl.Categorical}),
    "Arrow: a table": pa.table(TWO),
    "Arrow: a batch": pa.record_batch(TWO),
    "Arrow: a reader": pa.table(TWO).to_reader(),
    "Arrow: an array": pa.array(IDS),
    "Arrow: chunks": pa.chunked_array([IDS[:1], IDS[1:]]),
    "Arrow: a dictionary": pa.table({"user_id": pa.array(IDS).dictionary_encode()}),
    "Arrow: scalars": list(pa.array(IDS)),
    "DuckDB: a relation": duckdb.sql("SELECT unnest(['ann', 'bob', 'cid']) AS user_id, 1 AS age"),
    "NumPy: an array": np.array(IDS),
    "NumPy: a column": np.array([[name] for name in IDS]),
    "NumPy: a masked array": np.ma.array([*IDS, "dan"], mask=[0, 0, 0, 1])[:3],
    "NumPy: records": np.array([(name, 1) for name in IDS], dtype=[("user_id", "U9"), ("age", "i4")]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(shape: str) -> None:
    """Each way to have a column of ids is read as these ids."""
    assert list(map(str, rows_of(SHAPES[shape], Columns()))) == IDS


def test_whole_numbers() -> None:
    """Integers are ids in every shape; pandas' doubles, which a missing value makes of them, are too."""
    assert next(rows_of(pd.DataFrame({"user_id": [7, None]}), Columns())) == 7.0
    assert list(rows_of(pl.DataFrame({"user_id": [7, None]}), Columns())) == [7, None]
    assert list(rows_of(np.array([7, 8]), Columns())) == [7, 8]
    assert list(rows_of(pd.DataFrame({"user_id": [pd.NA, pd.NaT, 1]}, dtype=object), Columns())) == [None, None, 1]
    assert [*rows_of([Decimal(7), UUID(int=7)], Columns())] == [Decimal(7), UUID(int=7)]
    assert list(rows_of(np.ma.array([7, 8], mask=[0, 1]), Columns())) == [7, None]


def test_which_column() -> None:
    """`user_id=` names the column wherever columns have names."""
    wanted = Columns("id")
    for members in (
        pd.DataFrame({"id": IDS, "user_id": [1, 2, 3]}),
        pl.DataFrame({"user_id": [1, 2, 3], "id": IDS}),
        [{"id": name, "user_id": 1} for name in IDS],
    ):
        assert list(rows_of(members, wanted)) == IDS


def test_of_an_engine() -> None:
    """A table or column of Ibis is compared where it is."""
    table = ibis.memtable(TWO)
    assert table_of(table) is table
    column = table_of(table.user_id)
    assert column is not None
    assert column.columns == ("user_id",)


class Liar:
    """A value that cannot even be shown."""

    def __repr__(self) -> str:
        raise LookupError


WRONG: dict[str, tuple[Any, str]] = {
    "a number": (7, "must be an iterable of user ids, not 7 (int); pass an iterable"),
    "nothing": (None, "must be an iterable"),
    "text": ("abc", "must be an iterable"),
    "bytes": (b"abc", "must be an iterable"),
    "a mapping": ({"user_id": IDS}, "not a mapping; pass its ids"),
    "a file": (io.StringIO("ann\nbob\n"), "pass (line.strip() for line in file)"),
    "a coroutine-like thing": (SimpleNamespace(), "must be an iterable"),
    "a lazy frame": (pl.LazyFrame(TWO), "not a LazyFrame of polars"),
    "two columns, neither of ids": (
        pd.DataFrame({"a": IDS, "b": IDS}),
        "no column 'user_id'; pass user_id= as one of a, b",
    ),
    "two columns of ids": (pd.DataFrame([[1, 2]], columns=["user_id", "user_id"]), "more than one column 'user_id'"),
    "a frame without columns": (pd.DataFrame(), "no column 'user_id'"),
    "polars, neither of ids": (pl.DataFrame({"a": IDS, "b": IDS}), "no column 'user_id'"),
    "rows of two columns": ([("ann", 1)], "member 1 is a row of 2 columns; pass ids, or rows with one column"),
    "rows of none": ([()], "member 1 is a row of 0 columns"),
    "named rows without ids": ([{"a": 1, "b": 2}], "member 1 is a row with no column 'user_id'"),
    "bytes among ids": (["ann", b"bob"], "member 2 is b'bob' (bytes); a user id must be text or a number"),
    "sets among ids": ([{"ann"}], "a user id must be text or a number"),
    "frames among ids": ([pd.DataFrame(TWO)], "a user id must be text or a number"),
    "dates": (pd.DataFrame({"user_id": pd.to_datetime(["2026-01-31"])}), "a user id must be text or a number"),
    "rows of rows": ([(("ann", 1),)], "a user id must be text or a number"),
    "what cannot be shown": ([Liar()], "a user id must be text or a number"),
    "large doubles": ([2.0**60], "doubles this large do not tell ids apart"),
    "no finite number": ([float("inf")], "member 1 is inf; a user id must be text or a finite number"),
    "a series named by its rows": (
        pd.Series([1, 2], index=pd.Index(["a", "b"], name="customer"), name="orders"),
        "no column 'user_id'; pass user_id= as one of customer, orders",
    ),
    "a table's header": (csv.reader(["user_id", "ann"]), "leave the header out"),
    "a list that begins with a column's name": (["user_id", "ann"], "leave the header out"),
    "lines of a file": (["ann\n", "bob\n"], "pass line.strip() of each"),
    "a scalar of Arrow": (pa.scalar("ann"), "must be an iterable"),
    "a scalar of Ibis": (ibis.literal("ann"), "must be an iterable"),
    "an expression without a table": (ibis._.user_id, "must be an iterable"),
    "a matrix": (np.zeros((2, 2)), "an array with 2 columns"),
    "a scalar array": (np.array(7), "an array of 0 dimensions"),
    "a MultiIndex": (pd.MultiIndex.from_tuples([("a", 1)]), "a row of 2 columns"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_shapes(what: str) -> None:
    """What is no set of ids is refused, and the message says what to pass."""
    members, said = WRONG[what]
    with pytest.raises(ConfigurationError) as error:
        list(rows_of(members, Columns()))
    assert said in str(error.value)


@pytest.fixture
def audience(tmp_path: Path) -> Iterator[AudienceSync]:
    """An audience that Heap was told has three members."""
    outbox = Outbox(tmp_path / "outbox.db", app_id="11")
    audience = AudienceSync("VIP", outbox, store=tmp_path / "a.duckdb")
    assert audience.sync(IDS) == Summary(3, 0, 0, 3)
    yield audience
    outbox.close()


@pytest.mark.parametrize("shape", ["pandas: a frame", "polars: a frame", "Arrow: a table", "one-column rows"])
def test_shapes_stay_in_step(shape: str, audience: AudienceSync) -> None:
    """The same members in another shape are the same members."""
    assert audience.sync(SHAPES[shape]) == Summary(0, 0, 3, 0)


def test_wrong_shapes_tell_nobody(audience: AudienceSync) -> None:
    """After a refusal, also one amid the members, nobody has been told to have left and the next run is as if nothing
    had been.
    """
    for members in ({"user_id": IDS}, [("ann", 1)], ["ann", b"bob"]):
        with pytest.raises(ConfigurationError):
            audience.sync(members)
    assert audience.sync(IDS) == Summary(0, 0, 3, 0)


@pytest.mark.parametrize("members", [[True, False, True], np.array([True]), pd.Series([None, None]), ["", " "]])
def test_no_ids_at_all(members: Any, audience: AudienceSync) -> None:
    """A column that holds no id at all is a wrong one: nobody is told to have left, in a dry run neither."""
    for dry_run in (True, False):
        with pytest.raises(ConfigurationError, match="none of the members is an id"):
            audience.sync(members, dry_run=dry_run, allow_shrink=True)
    assert audience.sync(IDS) == Summary(0, 0, 3, 0)
    assert audience.sync([]) == Summary(0, 3, 0, 3)


@pytest.mark.parametrize(
    "given",
    [
        pd.Series({"ann": 1, "bob": 2}),
        pd.DataFrame({"user_id": ["ann", "bob"], "age": [1, 2]}).set_index("user_id"),
        pd.DataFrame({"user_id": ["ann", "bob"], "age": [1, 2]}).set_index("user_id")["age"],
        np.array([["ann", 1], ["bob", 2]], dtype=object),
        [{"user_id": "ann", "age": 1}, {"user_id": "bob", "age": 2}],
    ],
    ids=["a series", "a frame with an index", "a series with an index", "an array", "mappings"],
)
def test_pairs(given: Any) -> None:
    """Ids with values are read as pairs."""
    assert list(rows_of(given, Columns(valued=True))) == [("ann", 1), ("bob", 2)]
