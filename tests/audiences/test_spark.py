"""Audiences on Spark, run for real: compared where the tables are, kept there without deleting rows, never all in the
driver.

One session for all: two workers' threads in this process' Java, and a bound on what the driver may collect that is
smaller than the members are.
"""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import pytest
from pyspark.sql import SparkSession
from sqlglot.expressions import Literal

from heap_web.audiences import AudienceShrinks, AudienceSync, Summary, TraitSummary, TraitSync
from heap_web.audiences.engines import keeps
from heap_web.audiences.store import MemberStore, changed
from heap_web.cloud import HeapCloud, Outbox
from heap_web.dev.serve.heap_api import UNLIMITED, Heap, running

pytestmark = pytest.mark.timeout(900)

ODD = ["a", "A", "a ", "é", "e\u0301", "7", "ünï", "o'Neil", 'q"uote', "back\\slash"]
"""Ids that differ in case, blanks or Unicode form alone, and such as SQL must quote."""


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Spark in local mode, with its own plain catalogue of Parquet tables."""
    folder = tmp_path_factory.mktemp("spark")
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")  # short runs
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.memory", "512m")
        .config("spark.driver.maxResultSize", "400k")
        .config("spark.sql.autoBroadcastJoinThreshold", "100k")  # what is broadcast goes through the driver
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.warehouse.dir", str(folder))
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where locks, and members without a store, go."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("HEAP_WEB_AUDIENCES", raising=False)


@pytest.fixture
def connection(spark: SparkSession) -> Iterator[Any]:
    """Ibis on Spark, with an empty catalogue."""
    connection = ibis.pyspark.connect(spark)
    yield connection
    for name in connection.list_tables():
        connection.raw_sql(f"DROP {'VIEW' if name.startswith('heap_web_members') else 'TABLE'} IF EXISTS `{name}`")


@pytest.fixture
def outbox(sqlite_outbox: str) -> Iterator[Outbox]:
    """Where the calls go."""
    outbox = Outbox(sqlite_outbox, app_id="11")
    yield outbox
    outbox.close()


def visitors(spark: SparkSession, ids: list[str]) -> Any:
    """A DataFrame of user ids."""
    rows = ", ".join(f"({Literal.string(id_).sql('spark')})" for id_ in ids)
    return spark.sql(f"SELECT * FROM VALUES {rows} AS t(user_id)")


def tables(connection: Any) -> list[str]:
    """Our tables, without what differs from run to run."""
    return sorted(name.split("_")[4] for name in connection.list_tables() if name.startswith("heap_web_vip"))


def test_in_step(spark: SparkSession, connection: Any, outbox: Outbox) -> None:
    """Only who came or went is told, run after run, though rows cannot be deleted; one table is left."""
    audience = AudienceSync("VIP", outbox, store=connection)
    assert audience.sync(visitors(spark, ODD)) == Summary(10, 0, 0, 10)
    assert audience.sync(visitors(spark, ODD)) == Summary(0, 0, 10, 0)
    assert audience.sync(visitors(spark, [*ODD[2:], "new"])) == Summary(1, 2, 8, 3)
    assert audience.sync([*ODD, "new"]) == Summary(2, 0, 9, 2)  # from a program, compared in Spark all the same
    assert audience.sync([], dry_run=True) == Summary(0, 11, 0, 0)
    with pytest.raises(AudienceShrinks):
        audience.sync([])
    assert audience.sync([*ODD, "new"]) == Summary(0, 0, 11, 0)
    assert tables(connection) == ["told"]
    assert audience.retire() == Summary(0, 11, 0, 11)
    assert tables(connection) == []


def test_store_beside(spark: SparkSession, tmp_path: Path, sqlite_outbox: str) -> None:
    """Spark's catalogue in memory keeps no tables: then the members are kept in the default file, and calls arrive."""
    connection = ibis.pyspark.connect(spark)
    assert not keeps(connection)
    heap = Heap(limits=UNLIMITED)
    with (
        running(heap) as url,
        HeapCloud("11", outbox=sqlite_outbox, base_url=url, background=False) as client,
    ):
        for ids, summary in ((ODD, Summary(10, 0, 0, 10)), (ODD[1:], Summary(0, 1, 9, 1))):
            assert AudienceSync("VIP", client).sync(visitors(spark, ids)) == summary
        client.flush()
    assert heap.users == {user: {"vip": user != "a"} for user in ODD}
    assert (tmp_path / "heap-web" / "audiences.duckdb").exists()


def test_members_stay_in_the_engine(spark: SparkSession, connection: Any, outbox: Outbox) -> None:
    """The driver may collect 400 KB, and the 200,000 members are more: they are compared and written where they are,
    and what is told comes a part at a time.
    """
    connection.raw_sql("CREATE TABLE visitors USING parquet AS SELECT md5(string(id)) AS user_id FROM range(200000)")
    table = connection.table("visitors")
    with pytest.raises(Exception, match="maxResultSize"):
        spark.table("visitors").collect()
    store = MemberStore(connection, "11", "vip")
    plan = spark.sql(connection.compile(changed(table, store.told, "run")))._jdf.queryExecution().toString()
    assert plan.count("LeftAnti") >= 2
    told = store.told.get_name()
    connection.raw_sql(f"INSERT INTO {told} SELECT user_id FROM visitors")
    audience = AudienceSync("VIP", outbox, store=connection)
    assert audience.sync(table.filter(table.user_id > "01")) == Summary(0, *expected(spark))


def expected(spark: SparkSession) -> tuple[int, int, int]:
    """How many go, stay and are told."""
    left = spark.table("visitors").filter("user_id <= '01'").count()
    return left, 200_000 - left, left


@pytest.mark.parametrize("step", [4, 10, *(pytest.param(step, marks=pytest.mark.long) for step in (7, 12))])
def test_cut_short(
    step: int, spark: SparkSession, connection: Any, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut short at a step, the next run makes it right: whoever was told to be a member is one."""
    calls: list[tuple[str, bool]] = []
    put = outbox.put

    def remembered(entries: Any, *, checkpoint: Any = None) -> None:
        put(entries, checkpoint=checkpoint)
        calls.extend((entry.user, json.loads(entry.body)["properties"]["vip"]) for entry in entries)

    monkeypatch.setattr(outbox, "put", remembered)
    audience = AudienceSync("VIP", outbox, store=connection)
    audience.sync(visitors(spark, ["a", "b"]))
    with monkeypatch.context() as patch:
        left = [step]

        def stepped(function: Any) -> Any:
            def call(*arguments: Any, **named: Any) -> Any:
                left[0] -= 1
                if not left[0]:
                    raise InterruptedError
                return function(*arguments, **named)

            return call

        for target, name in ((connection, "create_table"), (connection, "raw_sql"), (audience, "_put")):
            patch.setattr(target, name, stepped(getattr(target, name)))
        with contextlib.suppress(InterruptedError):
            audience.sync(visitors(spark, ["b", "c"]))
    audience.sync(visitors(spark, ["b", "d"]))
    assert dict(calls) == {user: user in {"b", "d"} for user in dict(calls)}
    assert {"a", "b", "d"} <= dict(calls).keys()
    assert audience.sync(visitors(spark, ["b", "d"])) == Summary(0, 0, 2, 0)
    assert tables(connection) == ["told"]


def test_trait(spark: SparkSession, connection: Any, outbox: Outbox) -> None:
    """A trait's values are compared in Spark too."""
    trait = TraitSync("Total", outbox, store=connection)
    first = spark.sql(
        "SELECT * FROM VALUES ('a', 1.5D), ('b', 2D), ('c', NULL), ('d', double('NaN')) AS t(user_id, value)"
    )
    second = spark.sql("SELECT * FROM VALUES ('a', 1.5D), ('c', 4D) AS t(user_id, value)")
    assert trait.sync(first) == TraitSummary(2, 0, 0, 0, 2)
    assert trait.sync(first) == TraitSummary(0, 0, 0, 2, 0)
    assert trait.sync(second) == TraitSummary(1, 0, 1, 1, 2)
