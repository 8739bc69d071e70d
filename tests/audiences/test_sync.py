"""An audience kept in step: who came is told true, who went false, and nobody else is told."""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heap_web.audiences import AudienceSync, Summary
from heap_web.audiences.store import changed
from heap_web.cloud import HeapCloud, Limits, Outbox
from heap_web.cloud.entries import Entry
from heap_web.core.errors import ConfigurationError
from heap_web.dev.serve.heap_api import UNLIMITED, Heap, running

NAME = "Order completed last 30 days"
PROPERTY = "order_completed_last_30_days"


class Told(Outbox):
    """An outbox that remembers what was put into it."""

    def __init__(self, path: str) -> None:
        super().__init__(path, app_id="11")
        self.calls: list[tuple[str, bool]] = []

    def put(self, entries: Iterable[Entry], *, checkpoint: tuple[str, str] | None = None) -> None:
        """Puts and remembers."""
        entries = list(entries)
        super().put(entries, checkpoint=checkpoint)
        self.calls += [(entry.user, json.loads(entry.body)["properties"][PROPERTY]) for entry in entries]

    def taken(self) -> dict[str, bool]:
        """What was put since this was last asked."""
        calls, self.calls = self.calls, []
        assert len(dict(calls)) == len(calls)
        return dict(calls)


@pytest.fixture
def told(sqlite_outbox: str) -> Iterator[Told]:
    """An outbox that remembers."""
    outbox = Told(sqlite_outbox)
    yield outbox
    outbox.close()


Make = Callable[[list[Any]], Any]


@dataclass
class Engine:
    """Where members come from and where they are kept."""

    store: Any
    members: Make


@pytest.fixture(params=["iterable", "duckdb", "postgresql", "copied"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Members as an iterable, as a table where they are kept, and as a table of another engine."""
    if request.param == "iterable":
        yield Engine(tmp_path / "audiences.duckdb", iter)
        return
    if request.param == "postgresql":
        connection = ibis.connect(request.getfixturevalue("postgres_url"))
    else:
        connection = ibis.duckdb.connect(tmp_path / "mine.duckdb")

    def table(ids: list[Any]) -> Any:
        connection.raw_sql("DROP TABLE IF EXISTS visitors")
        connection.create_table("visitors", schema=ibis.schema({"id": "string", "age": "int64"}))
        if ids:
            connection.insert("visitors", ibis.memtable({"id": [str(i) for i in ids], "age": [30] * len(ids)}))
        visitors = connection.table("visitors")
        return visitors.filter(visitors.age >= 18).select("id")

    yield Engine(tmp_path / "audiences.duckdb" if request.param == "copied" else None, table)
    connection.disconnect()


def test_in_step(engine: Engine, told: Told) -> None:
    """The first time every member is told, later only who came or went; nothing to tell is nothing sent."""
    with AudienceSync(NAME, told, store=engine.store) as audience:
        assert audience.property == PROPERTY
        assert audience.sync(engine.members(["a", "b", "c"])) == Summary(3, 0, 0, 3)
        assert told.taken() == {"a": True, "b": True, "c": True}
        assert audience.sync(engine.members(["b", "c", "d"])) == Summary(1, 1, 2, 2)
        assert told.taken() == {"a": False, "d": True}
        assert audience.sync(engine.members(["b", "c", "d"])) == Summary(0, 0, 3, 0)
        assert told.taken() == {}
        assert audience.sync(engine.members([])) == Summary(0, 3, 0, 3)
        assert told.taken() == {"b": False, "c": False, "d": False}
        assert audience.sync(engine.members(["a"])) == Summary(1, 0, 0, 1)
        assert told.taken() == {"a": True}


def test_remembers(engine: Engine, told: Told) -> None:
    """Another run, another day, knows what was told."""
    for members, summary in ((["a", "b"], Summary(2, 0, 0, 2)), (["b", "c"], Summary(1, 1, 1, 2))):
        with AudienceSync(NAME, told, store=engine.store) as audience:
            assert audience.sync(engine.members(members)) == summary


def test_dry_run(engine: Engine, told: Told) -> None:
    """A dry run finds out the same and changes nothing."""
    with AudienceSync(NAME, told, store=engine.store) as audience:
        assert audience.sync(engine.members(["a", "b"]), dry_run=True) == Summary(2, 0, 0, 0)
        audience.sync(engine.members(["a", "b"]))
        told.taken()
        assert audience.sync(engine.members(["b", "c", "d"]), dry_run=True) == Summary(2, 1, 1, 0)
        assert told.taken() == {}
        assert audience.sync(engine.members(["b", "c", "d"])) == Summary(2, 1, 1, 3)


def test_odd_ids(told: Told, tmp_path: Path) -> None:
    """Doubles count once, numbers are ids, and what Heap takes as no id is left out and counted."""
    ids = ["a", "a", 7, "7", "", "  ", None, 0, "x" * 256, True, "ü\ud83d", float("nan")]
    with AudienceSync(NAME, told, store=tmp_path / "a.duckdb") as audience:
        assert audience.sync(ids) == Summary(3, 0, 0, 3, skipped=7)
    assert told.taken() == {"a": True, "7": True, "ü\ufffd": True}


@pytest.mark.parametrize("kind", ["duckdb", "postgresql"])
def test_odd_ids_in_a_table(kind: str, told: Told, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The same where the members are a table; integers are ids too."""
    url = request.getfixturevalue("postgres_url") if kind == "postgresql" else f"duckdb://{tmp_path}/mine.duckdb"
    connection = ibis.connect(url)
    connection.create_table("texts", schema=ibis.schema({"user_id": "string"}))
    connection.insert("texts", ibis.memtable({"user_id": ["a", "a", "7", "", "  ", None, "x" * 256]}))
    connection.create_table("numbers", schema=ibis.schema({"n": "int64"}))
    connection.insert("numbers", ibis.memtable({"n": [7, 8, 0, 8]}))
    audience = AudienceSync(NAME, told)
    assert audience.sync(connection.table("texts")) == Summary(2, 0, 0, 2, skipped=4)
    assert told.taken() == {"a": True, "7": True}
    assert audience.sync(connection.table("numbers"), user_id="n") == Summary(1, 1, 1, 2, skipped=1)
    assert told.taken() == {"a": False, "8": True}
    connection.disconnect()


def test_audiences_are_apart(told: Told, tmp_path: Path) -> None:
    """Each audience, and each app, has its own members; long names that begin alike are not mixed up."""
    store = tmp_path / "a.duckdb"
    elsewhere = Outbox(tmp_path / "outbox.db", app_id="22")
    norway, sweden = NAME + " in Norway", NAME + " in Sweden"
    plain = Outbox(tmp_path / "plain.db", app_id="11")
    for name, outbox in ((NAME, plain), (norway, plain), (sweden, plain), (NAME, elsewhere)):
        with AudienceSync(name, outbox, store=store) as audience:
            assert audience.sync(["a"]) == Summary(1, 0, 0, 1)
    for outbox in (plain, elsewhere):
        outbox.close()


def test_memory_table(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members in a table that only this process has are kept in the default file."""
    monkeypatch.setenv("HEAP_WEB_AUDIENCES", str(tmp_path / "kept" / "audiences.duckdb"))
    for expected in (Summary(2, 0, 0, 2), Summary(0, 0, 2, 0)):
        with AudienceSync(NAME, told) as audience:
            assert audience.sync(ibis.memtable({"user_id": ["a", "b"], "x": [1, 2]})) == expected
    assert (tmp_path / "kept" / "audiences.duckdb").exists()


def test_progress(told: Told, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A function is told how far it is; True shows a bar."""
    steps: list[tuple[int, int]] = []
    with AudienceSync(NAME, told, store=tmp_path / "a.duckdb") as audience:
        audience.sync((str(n) for n in range(25_000)), progress=lambda done, total: steps.append((done, total)))
        audience.sync([], progress=True, allow_shrink=True)
    assert steps == [(10_000, 25_000), (20_000, 25_000), (25_000, 25_000)]
    assert PROPERTY in capfd.readouterr().err


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (7, "members must be an iterable"),
        ("abc", "members must be an iterable"),
        (ibis.memtable({"a": [1], "b": [2]}), "no column 'user_id'; pass user_id= as one of a, b"),
        (ibis.memtable({"user_id": [1.5]}), "must be text or integers"),
    ],
)
def test_wrong_members(members: Any, said: str, told: Told, tmp_path: Path) -> None:
    """What is no set of ids is refused, with what to pass."""
    with (
        AudienceSync(NAME, told, store=tmp_path / "a.duckdb") as audience,
        pytest.raises(ConfigurationError, match=said),
    ):
        audience.sync(members)


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "bigquery", "snowflake", "pyspark"])
def test_one_expression(dialect: str) -> None:
    """The comparison is one expression for every engine."""
    members, told = (ibis.table({"user_id": "string"}, name=name) for name in ("members", "told"))
    sql = str(ibis.to_sql(changed(members, told, "run"), dialect=dialect)).upper()
    assert sql.count("ANTI JOIN") == 2 or sql.count("NOT EXISTS") + sql.count("NOT (") >= 2


class Stop(Exception):
    """The run is cut short here."""


class Cut:
    """Cuts a run short at a step: before or after whatever is written anywhere."""

    def __init__(self, audience: AudienceSync, connection: Any, outbox: Told, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 0
        for target, name in [
            (connection, "create_table"),
            (connection, "insert"),
            (connection, "raw_sql"),
            (audience, "_put"),
            (outbox, "forget_checkpoint"),
        ]:
            monkeypatch.setattr(target, name, self.stepped(getattr(target, name)))

    def stepped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with a step before and one after it."""

        def call(*arguments: Any, **named: Any) -> Any:
            self.step()
            result = function(*arguments, **named)
            self.step()
            return result

        return call

    def step(self) -> None:
        """Counts down."""
        self.left -= 1
        if self.left == 0:
            raise Stop


runs = st.lists(st.tuples(st.sets(st.sampled_from("abcd")), st.integers(1, 30)), min_size=1, max_size=3)


SLOW: Any = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@settings(max_examples=10, **SLOW)
@given(runs=runs, last=st.sets(st.sampled_from("abcd")))
def test_cut_short_anywhere(
    runs: list[tuple[set[str], int]], last: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever steps runs are cut short at, and whoever comes and goes between them: after a whole run Heap is
    right.
    """
    cut_short(runs, last, tmp_path_factory)


@pytest.mark.long
@settings(max_examples=300, **SLOW)
@given(runs=runs, last=st.sets(st.sampled_from("abcd")))
def test_cut_short_thoroughly(
    runs: list[tuple[set[str], int]], last: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same, for many more runs."""
    cut_short(runs, last, tmp_path_factory)


def cut_short(runs: list[tuple[set[str], int]], last: set[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Cuts runs short, then makes a whole one, and looks at what Heap was told."""
    folder = tmp_path_factory.mktemp("cut")
    connection = ibis.duckdb.connect()
    outbox = Told(str(folder / "outbox.db"))
    audience = AudienceSync(NAME, outbox, store=connection)
    knows: dict[str, bool] = {}
    with pytest.MonkeyPatch.context() as patch:
        cut = Cut(audience, connection, outbox, patch)
        for members, step in [*runs, (last, 0)]:
            cut.left = step
            with contextlib.suppress(Stop):
                audience.sync(members)
            knows.update(outbox.calls)
            outbox.calls.clear()
    assert knows == {user: user in last for user in knows}
    assert last <= set(knows)
    assert audience.sync(last) == Summary(0, 0, len(last), 0)
    outbox.close()
    connection.disconnect()


def test_resumed(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run cut short amid the telling goes on behind the last call that it put: no call twice."""
    connection = ibis.duckdb.connect(tmp_path / "a.duckdb")
    audience = AudienceSync(NAME, told, store=connection)
    monkeypatch.setattr("heap_web.audiences.store.READ_AT_ONCE", 100)
    put, times = audience._put, iter(range(4))  # the first is the note that the run has begun

    def put_thrice(entries: Any, *, checkpoint: Any = None) -> None:
        if next(times, None) is None:
            raise Stop
        put(entries, checkpoint=checkpoint)

    audience._put = put_thrice
    with pytest.raises(Stop):
        audience.sync(str(n) for n in range(1_000))
    audience._put = put
    assert len(told.calls) < 1_000
    summary = audience.sync(str(n) for n in range(1, 1_001))
    assert summary == Summary(1, 1, 999, 1_002 - 300)
    calls = told.calls
    assert len(calls) == 1_002
    assert calls.count(("0", True)) == calls.count(("0", False)) == calls.count(("1000", True)) == 1
    connection.disconnect()


def test_through_heap(tmp_path: Path, sqlite_outbox: str) -> None:
    """With a HeapCloud the calls reach Heap, by either of its APIs."""
    limits = Limits(10**9, 10**9, 10**9)
    for api in ("public", "integrations"):
        heap = Heap(limits=UNLIMITED)
        outbox = f"{sqlite_outbox}{api}"
        with (
            running(heap) as url,
            HeapCloud("11", outbox=outbox, base_url=url, api=api, background=False, limits=limits) as client,
            AudienceSync(NAME, client, store=tmp_path / f"{api}.duckdb") as audience,
        ):
            audience.sync(["a", "b"])
            audience.sync(["b"])
            client.flush()
        assert heap.users == {"a": {PROPERTY: False}, "b": {PROPERTY: True}}
