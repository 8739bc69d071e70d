"""Many audiences over one table in one pass: each user is told once, of the audiences that changed alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import pytest

from heap_web.audiences import AudienceSetSync, AudienceShrinks, Summary
from heap_web.cloud import Outbox
from heap_web.core.errors import ConfigurationError


@pytest.fixture
def outbox(sqlite_outbox: str) -> Iterator[Outbox]:
    """Where the calls go."""
    outbox = Outbox(sqlite_outbox, app_id="11")
    yield outbox
    outbox.close()


@pytest.fixture(params=["duckdb", "postgresql"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """An engine."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else f"duckdb://{tmp_path}/m.duckdb"
    connection = ibis.connect(url)
    yield connection
    connection.disconnect()


def orders(connection: Any, rows: list[tuple[str, int | None]]) -> Any:
    """A table of orders, several of a user."""
    connection.raw_sql("DROP TABLE IF EXISTS orders")
    connection.create_table("orders", schema=ibis.schema({"user_id": "string", "total": "int64"}))
    values = ", ".join(f"('{user}', {'NULL' if total is None else total})" for user, total in rows)
    connection.raw_sql(f"INSERT INTO orders VALUES {values}")
    return connection.table("orders")


def told(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, bool]]:
    """What users are told from here on."""
    calls: dict[str, dict[str, bool]] = {}
    put = outbox.put

    def remembered(entries: Any, *, checkpoint: Any = None) -> None:
        put(entries, checkpoint=checkpoint)
        for entry in entries:
            assert entry.user not in calls
            calls[entry.user] = json.loads(entry.body)["properties"]

    monkeypatch.setattr(outbox, "put", remembered)
    return calls


def test_in_step(connection: Any, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who came into which audience or went is told; one that is new, renamed or ended too; the rest is not told."""
    calls = told(outbox, monkeypatch)
    audiences = AudienceSetSync("Orders", outbox)
    table = orders(connection, [("a", 5), ("a", 2_000), ("b", 5), ("c", None)])
    wanted = {"VIP": table.total > 1_000, "Small order": table.total < 10}
    assert audiences.sync(table, wanted) == {"small_order": Summary(2, 0, 0, 2), "vip": Summary(1, 0, 0, 2)}
    assert calls == {"a": {"vip": True, "small_order": True}, "b": {"small_order": True}}
    calls.clear()
    assert audiences.sync(table, wanted) == {"small_order": Summary(0, 0, 2, 0), "vip": Summary(0, 0, 1, 0)}
    table = orders(connection, [("a", 2_000), ("b", 5), ("c", 3)])
    wanted = {"VIP": table.total > 1_000, "Small order": table.total < 10}
    assert audiences.sync(table, wanted, dry_run=True)["small_order"] == Summary(1, 1, 1, 0)
    assert audiences.sync(table, wanted) == {"small_order": Summary(1, 1, 1, 2), "vip": Summary(0, 0, 1, 2)}
    assert calls == {"a": {"small_order": False}, "c": {"small_order": True}}
    calls.clear()
    assert audiences.sync(table, {"Gold": table.total > 1_000, "Small order": table.total < 10}) == {
        "gold": Summary(1, 0, 0, 1),
        "small_order": Summary(0, 0, 2, 1),
    }
    assert calls == {"a": {"gold": True, "vip": False}}
    calls.clear()
    audiences.sync(table, {"Gold": table.total > 1_000})
    assert calls == {"b": {"small_order": False}, "c": {"small_order": False}}


def test_shrinks(connection: Any, outbox: Outbox) -> None:
    """Each audience is guarded by itself."""
    audiences = AudienceSetSync("Orders", outbox)
    table = orders(connection, [(f"u{n}", n) for n in range(100)])
    audiences.sync(table, {"All": table.total >= 0, "Upper": table.total >= 80})
    with pytest.raises(AudienceShrinks, match="the audience 'upper': 20 of the 20 members"):
        audiences.sync(table, {"All": table.total >= 0, "Upper": table.total >= 200})
    assert audiences.sync(table, {"All": table.total >= 0, "Upper": table.total >= 85})["upper"] == Summary(0, 5, 15, 5)


def test_wrong_use(outbox: Outbox) -> None:
    """What is no table or no condition is refused, with what to pass."""
    audiences = AudienceSetSync("Orders", outbox)
    table = ibis.memtable({"user_id": ["a"], "total": [1]})
    for given, wanted, said in (
        ([1], {"VIP": table.total > 1}, "pass an Ibis table"),
        (table, {}, "pass an Ibis table"),
        (table, {"VIP": table.total}, "is no condition"),
        (table, {"VIP": True}, "is no condition"),
        (table, {"VIP": table.total > 1, "vip": table.total > 2}, "would be one property"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            audiences.sync(given, wanted)  # type: ignore[arg-type]
