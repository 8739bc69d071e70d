"""A trait kept in step: new and other values are told, one that is gone is told as gone, and nobody else is told."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heap_web.audiences import AudienceShrinks, AudienceSync, Summary, TraitSummary, TraitSync
from heap_web.audiences.values import decoded, encoded
from heap_web.cloud import Outbox
from heap_web.cloud.entries import Entry
from heap_web.core.errors import ConfigurationError


class Told(Outbox):
    """An outbox that remembers the values put into it."""

    def __init__(self, path: str) -> None:
        super().__init__(path, app_id="11")
        self.calls: dict[str, Any] = {}

    def put(self, entries: Iterable[Entry], *, checkpoint: tuple[str, str] | None = None) -> None:
        """Puts and remembers."""
        entries = list(entries)
        super().put(entries, checkpoint=checkpoint)
        self.calls |= {entry.user: json.loads(entry.body)["properties"]["total"] for entry in entries}

    def taken(self) -> dict[str, Any]:
        """What was put since this was last asked."""
        calls, self.calls = self.calls, {}
        return calls


@pytest.fixture
def told(sqlite_outbox: str) -> Iterator[Told]:
    """An outbox that remembers."""
    outbox = Told(sqlite_outbox)
    yield outbox
    outbox.close()


@pytest.fixture(params=["mapping", "pairs", "pandas", "polars", "duckdb", "postgresql"])
def given_as(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A store, and how values are given: by a program or as a table beside what was told."""
    if request.param in {"mapping", "pairs", "pandas", "polars"}:
        shapes = {
            "mapping": lambda values: values,
            "pairs": lambda values: iter(values.items()),
            "pandas": lambda values: pd.DataFrame({"user_id": list(values), "total": list(values.values()), "x": 1}),
            "polars": lambda values: pl.DataFrame({"user_id": list(values), "total": list(values.values())}),
        }
        yield tmp_path / "a.duckdb", shapes[request.param]
        return
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else f"duckdb://{tmp_path}/m.duckdb"
    connection = ibis.connect(url)

    def table(values: dict[str, Any]) -> Any:
        connection.raw_sql("DROP TABLE IF EXISTS totals")
        connection.create_table("totals", schema=ibis.schema({"user_id": "string", "total": "int64"}))
        rows = ", ".join(f"('{user}', {'NULL' if value is None else value})" for user, value in values.items())
        connection.raw_sql(f"INSERT INTO totals VALUES {rows}")
        return connection.table("totals")

    yield None, table
    connection.disconnect()


def test_in_step(given_as: Any, told: Told) -> None:
    """New values, other ones and those that are gone are told; None is no value; the rest is not told."""
    store, made = given_as
    trait = TraitSync("Total", told, store=store)
    asked = {"value": "total"} if not isinstance(made({"a": 1}), dict) else {}
    assert trait.sync(made({"a": 1, "b": 2, "c": None}), **asked) == TraitSummary(2, 0, 0, 0, 2)
    assert told.taken() == {"a": 1, "b": 2}
    assert trait.sync(made({"a": 1, "b": 3, "c": 4}), dry_run=True, **asked) == TraitSummary(1, 1, 0, 1, 0)
    assert told.taken() == {}
    assert trait.sync(made({"a": 1, "b": 3, "c": 4}), **asked) == TraitSummary(1, 1, 0, 1, 2)
    assert told.taken() == {"b": 3, "c": 4}
    assert trait.sync(made({"b": 3, "c": None}), **asked) == TraitSummary(0, 0, 2, 1, 2)
    assert told.taken() == {"a": "", "c": ""}
    assert trait.sync(made({"b": 3}), **asked) == TraitSummary(0, 0, 0, 1, 0)


def test_kinds_of_values(told: Told, tmp_path: Path) -> None:
    """Values of every kind arrive as what they are; the same digits as text and as a number are different values."""
    trait = TraitSync("Total", told, store=tmp_path / "a.duckdb", gone=0)
    values = {
        "text": "7",
        "number": 7,
        "double": 7.5,
        "flag": True,
        "empty": "",
        "date": date(2026, 1, 31),
        "moment": datetime(2026, 1, 31, 12, tzinfo=UTC),
        "decimal": Decimal("1.25"),
        "large": 2**60,
        "nul": "a\0b",
        "long": "x" * 2_000,
        "nothing": None,
        "no number": float("nan"),
        "missing": pd.NA,
    }
    assert trait.sync(values).new == 11
    assert told.taken() == {
        "text": "7",
        "number": 7,
        "double": 7.5,
        "flag": True,
        "empty": "",
        "date": "2026-01-31",
        "moment": "2026-01-31T12:00:00.000Z",
        "decimal": 1.25,
        "large": str(2**60),
        "nul": "a\0b",
        "long": "x" * 1_023,
    }
    assert trait.sync(values).unchanged == 11
    assert trait.sync({**values, "text": 7, "number": "7", "flag": None}) == TraitSummary(0, 2, 1, 8, 3)
    assert told.taken() == {"text": 7, "number": "7", "flag": 0}


@pytest.mark.parametrize("kind", ["duckdb", "postgresql"])
def test_kinds_of_columns(kind: str, told: Told, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A table's columns likewise, whatever their type; a definition that changes its type tells the other values."""
    url = request.getfixturevalue("postgres_url") if kind == "postgresql" else f"duckdb://{tmp_path}/m.duckdb"
    connection = ibis.connect(url)
    double, stamp = ("float8", "timestamptz") if kind == "postgresql" else ("double", "timestamptz")
    columns = {
        "integers": ("bigint", "9007199254740993", "9007199254740993"),
        "texts": ("text", "'7'", "7"),
        "doubles": (double, "1.5", 1.5),
        "whole doubles": (double, "7", 7),
        "decimals": ("decimal(10,2)", "2.50", 2.5),
        "flags": ("boolean", "false", False),
        "dates": ("date", "'2026-01-31'", "2026-01-31"),
        "moments": (stamp, "'2026-01-31 12:00:00+02'", "2026-01-31T10:00:00.000Z"),
    }
    trait = TraitSync("Total", told)
    for number, (name, (type_, literal, value)) in enumerate(columns.items()):
        connection.raw_sql(f"CREATE TABLE \"{name}\" AS SELECT 'u' AS user_id, CAST({literal} AS {type_}) AS value")
        connection.raw_sql(f"INSERT INTO \"{name}\" VALUES ('none', NULL)")
        found = trait.sync(connection.table(name))
        assert (name, found.new, found.changed, found.gone) == (name, int(not number), int(bool(number)), 0)
        assert told.taken() == {"u": value}
    connection.disconnect()


def test_several_values(told: Told, tmp_path: Path) -> None:
    """Of several values of one user one counts, the same in each run."""
    trait = TraitSync("Total", told, store=tmp_path / "a.duckdb")
    assert trait.sync([("a", 1), ("a", 3), ("a", 2)]) == TraitSummary(1, 0, 0, 0, 1)
    assert told.taken() == {"a": 3}
    assert trait.sync([("a", 2), ("a", 3)]) == TraitSummary(0, 0, 0, 1, 0)


def test_apart_from_audiences(told: Told, tmp_path: Path) -> None:
    """An audience and a trait of one name are told apart in one store."""
    store = tmp_path / "a.duckdb"
    plain = Outbox(tmp_path / "plain.db", app_id="11")
    assert AudienceSync("Total", plain, store=store).sync(["a"]) == Summary(1, 0, 0, 1)
    assert TraitSync("Total", told, store=store).sync({"a": 1}) == TraitSummary(1, 0, 0, 0, 1)
    plain.close()


def test_shrinks(told: Told, tmp_path: Path) -> None:
    """Most values gone at once is refused, most values changed is not."""
    trait = TraitSync("Total", told, store=tmp_path / "a.duckdb")
    values = {f"user {n}": n for n in range(100)}
    trait.sync(values)
    with pytest.raises(AudienceShrinks, match="the trait 'total'"):
        trait.sync({"user 1": 1})
    assert trait.sync({user: n + 1 for user, n in values.items()}) == TraitSummary(0, 100, 0, 0, 100)
    assert trait.sync({}, allow_shrink=True).gone == 100


@pytest.mark.parametrize(
    ("users", "said"),
    [
        (["a", "b"], r"member 1 is 'a' \(str\); pass \(id, value\) pairs"),
        ([("a", 1, 2)], "a row of 3 columns; pass rows of two columns"),
        ({"a": [1]}, "a trait's value must be text, a number, a date or a bool, not list"),
        ({"a": {}}, "not dict"),
        ({(1, 2): 1}, "a user id must be text or a number"),
        (pd.DataFrame({"user_id": ["a"]}), "no column 'value'"),
        (pd.DataFrame({"user_id": ["a"], "x": [1], "y": [2]}), "pass value= as one of user_id, x, y"),
        (
            ibis.memtable({"user_id": ["a"], "value": [[1]]}),
            "a trait's values must be text, numbers, dates or booleans",
        ),
        ("abc", "must be an iterable"),
    ],
)
def test_wrong_users(users: Any, said: str, told: Told, tmp_path: Path) -> None:
    """What holds no values is refused, with what to pass."""
    with pytest.raises(ConfigurationError, match=said):
        TraitSync("Total", told, store=tmp_path / "a.duckdb").sync(users)


@pytest.mark.parametrize("gone", [None, float("nan"), [1]])
def test_wrong_gone(gone: Any, told: Told) -> None:
    """What Heap has no value for cannot stand for a value that is gone."""
    with pytest.raises(ConfigurationError):
        TraitSync("Total", told, gone=gone)


@given(
    st.text(max_size=20)
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
)
def test_values_come_back(value: str | float | bool) -> None:
    """A value is decoded to what was encoded, of the same kind."""
    text = encoded(value)
    assert text is not None
    back = decoded(text)
    assert back == value
    assert isinstance(back, bool) == isinstance(value, bool)
    assert isinstance(back, str) == isinstance(value, str)
