"""A run that would empty an audience, or meets another run, is refused before anything is told."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pytest

from heap_web.audiences import AudienceBusy, AudienceShrinks, AudienceSync, Summary, lock
from heap_web.cloud import Outbox
from heap_web.core.errors import ConfigurationError

MANY = [f"user {n}" for n in range(100)]


@pytest.fixture
def outbox(sqlite_outbox: str) -> Iterator[Outbox]:
    """Where the calls go."""
    outbox = Outbox(sqlite_outbox, app_id="11")
    yield outbox
    outbox.close()


@pytest.fixture(params=["duckdb", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A URL of an engine, where two connections see the same tables."""
    if request.param == "duckdb":
        return f"duckdb://{tmp_path}/a.duckdb"
    url: str = request.getfixturevalue("postgres_url")
    return url


def test_shrinks(outbox: Outbox, store: str) -> None:
    """More than half of the members leaving is refused, and afterwards nothing has happened; allowed, it is told."""
    connection = ibis.connect(store)
    audience = AudienceSync("VIP", outbox, store=connection)
    audience.sync(MANY)
    for members in ([], MANY[:20], [f"other {name}" for name in MANY]):
        with pytest.raises(AudienceShrinks, match=r"of the 100 members .* say allow_shrink=True") as refused:
            audience.sync(members)
        assert (refused.value.left, refused.value.told) == (100 - len(set(members) & set(MANY)), 100)
    assert outbox.waiting() == 100
    assert audience.sync(MANY) == Summary(0, 0, 100, 0)
    assert audience.sync(MANY[:20], dry_run=True) == Summary(0, 80, 20, 0)
    assert audience.sync(MANY[:20], allow_shrink=0.8) == Summary(0, 80, 20, 80)
    assert audience.sync([], allow_shrink=True) == Summary(0, 20, 0, 20)
    connection.disconnect()


def test_few_may_leave(outbox: Outbox, tmp_path: Path) -> None:
    """Fewer than ten may always leave, and with `allow_shrink=False` no more than that."""
    audience = AudienceSync("VIP", outbox, store=tmp_path / "a.duckdb")
    audience.sync(MANY)
    with pytest.raises(AudienceShrinks):
        audience.sync(MANY[10:], allow_shrink=False)
    assert audience.sync(MANY[9:], allow_shrink=False) == Summary(0, 9, 91, 9)
    audience.sync(MANY[:9], allow_shrink=True)
    assert audience.sync([]) == Summary(0, 9, 0, 9)


@pytest.mark.parametrize("share", [-0.1, 1.5, "all", None])
def test_wrong_share(share: object, outbox: Outbox, tmp_path: Path) -> None:
    """What is no share is refused."""
    audience = AudienceSync("VIP", outbox, store=tmp_path / "a.duckdb")
    with pytest.raises(ConfigurationError, match="from 0 to 1"):
        audience.sync([], allow_shrink=share)  # type: ignore[arg-type]


def test_refused_run_is_not_completed_later(outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ended between writing down the changes and being let through is forgotten, not completed."""
    audience = AudienceSync("VIP", outbox, store=tmp_path / "a.duckdb")
    audience.sync(MANY)
    with monkeypatch.context() as patch:
        patch.setattr("heap_web.audiences.store.MemberStore.count", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            audience.sync([])
    assert audience.sync(MANY) == Summary(0, 0, 100, 0)


def test_two_at_once(outbox: Outbox, store: str) -> None:
    """A second run of the audience is refused while the first is at work; another audience is not."""
    reached, go_on = threading.Event(), threading.Event()

    def slow_members() -> Iterator[str]:
        yield "a"
        reached.set()
        go_on.wait(60)

    done: list[Summary] = []

    def first() -> None:
        connection = ibis.connect(store)
        done.append(AudienceSync("VIP", outbox, store=connection).sync(slow_members()))
        connection.disconnect()

    thread = threading.Thread(target=first)
    thread.start()
    assert reached.wait(60)
    connection = ibis.connect(store)
    with pytest.raises(AudienceBusy, match="another run of the audience 'vip' is at work"):
        AudienceSync("VIP", outbox, store=connection).sync(["b"])
    assert AudienceSync("Other", outbox, store=connection).sync(["b"]) == Summary(1, 0, 0, 1)
    go_on.set()
    thread.join()
    assert done == [Summary(1, 0, 0, 1)]
    assert AudienceSync("VIP", outbox, store=connection).sync(["a", "b"]) == Summary(1, 0, 1, 1)
    connection.disconnect()


def test_waits(outbox: Outbox, tmp_path: Path) -> None:
    """With `wait` a run begins when the other one has ended."""
    connection = ibis.duckdb.connect(tmp_path / "a.duckdb")
    audience = AudienceSync("VIP", outbox, store=connection, wait=60)
    with lock.held(connection, audience_name(audience), "it"):
        waiting = threading.Thread(target=audience.sync, args=(["a"],))
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
    waiting.join(60)
    assert outbox.waiting() == 1
    connection.disconnect()


def audience_name(audience: AudienceSync) -> str:
    """What the audience's tables are named after."""
    from heap_web.audiences.store import MemberStore

    return MemberStore(None, "11", audience.property).name


def test_other_process(outbox: Outbox, tmp_path: Path) -> None:
    """The file of members open in another process is said so, not DuckDB's own error."""
    file = tmp_path / "a.duckdb"
    code = f"import duckdb, sys; c = duckdb.connect({str(file)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        audience = AudienceSync("VIP", outbox, store=file)
        with pytest.raises(AudienceBusy, match=r"another process has the file of members .* open"):
            audience.sync(["a"])
        other.communicate()
    assert audience.sync(["a"]) == Summary(1, 0, 0, 1)


def test_file_is_free_between_runs(outbox: Outbox, tmp_path: Path) -> None:
    """A program that lives on does not keep the file from others."""
    file = tmp_path / "a.duckdb"
    AudienceSync("VIP", outbox, store=file).sync(["a"])
    code = f"import duckdb; c = duckdb.connect({str(file)!r}); print(c.sql('SHOW TABLES').fetchall())"
    assert b"heap_web_vip" in subprocess.check_output([sys.executable, "-c", code])


def test_file_that_is_none(outbox: Outbox, tmp_path: Path) -> None:
    """A file that is no DuckDB file is said so."""
    (tmp_path / "a.duckdb").write_text("not a database" * 1000)
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        AudienceSync("VIP", outbox, store=tmp_path / "a.duckdb").sync(["a"])


@pytest.mark.parametrize("store", [7, b"a.duckdb", "/proc/nowhere/a.duckdb"])
def test_store_that_is_none(store: Any, outbox: Outbox) -> None:
    """What is no store of members is said so."""
    with pytest.raises(ConfigurationError, match=r"store must be|cannot be made"):
        AudienceSync("VIP", outbox, store=store).sync(["a"])


@pytest.mark.parametrize("wrong", [None, "outbox.db", 7])
def test_outbox_that_is_none(wrong: Any) -> None:
    """What is neither a client nor an outbox is said so."""
    with pytest.raises(ConfigurationError, match="outbox must be"):
        AudienceSync("VIP", wrong)


def test_lock_of_engines_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For an engine without locks a file in the user's state directory keeps runs apart, and is free when one ended."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("heap_web.audiences.engines.has_locks", lambda _: False)
    one, other = ibis.duckdb.connect(), ibis.duckdb.connect()
    with lock.held(one, "n", "it"):
        with pytest.raises(AudienceBusy), lock.held(other, "n", "it"):
            pass
        with lock.held(other, "m", "it"):
            pass
    with lock.held(other, "n", "it"):
        pass


def test_retired(outbox: Outbox, tmp_path: Path) -> None:
    """An audience that was renamed: all members of the old one are told to have left, and nothing of it is kept."""
    file = tmp_path / "a.duckdb"
    audience = AudienceSync("VIP", outbox, store=file)
    audience.sync(MANY)
    assert audience.retire() == Summary(0, 100, 0, 100)
    with duckdb.connect(str(file)) as connection:
        assert connection.sql("SHOW TABLES").fetchall() == []
    assert AudienceSync("Gold", outbox, store=file).sync(MANY) == Summary(100, 0, 0, 100)
