"""Which databases an outbox takes, and what its errors say: what to do, and nothing of the calls."""

import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from heap_web.cloud import HeapCloud, Outbox, OutboxError
from heap_web.cloud.database import kind_of, resolved
from heap_web.cloud.entries import Entry
from heap_web.cloud.sender_lock import SenderLock
from heap_web.core.errors import ConfigurationError

SECRET = "ann@example.com"
EVENT = "Secret Event"
PASSWORD = "hidden"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("oracle://scott:tiger@db/x", "cannot be in oracle: it was never tested there; pass a file's name"),
        ("mssql+pyodbc://u:hidden@host/x", "cannot be in mssql"),
        ("postgresql+asyncpg://u@host/x", r"cannot use asyncpg; pass postgresql\+psycopg://"),
        ("nonsense://", "is no SQLAlchemy URL; pass a file name, or such as postgresql://"),
        ("postgresql+nonsense://u:hidden@host/x", "is no SQLAlchemy URL"),
        ("postgresql://u:hidden@host:port/x", "is no SQLAlchemy URL"),
        ("sqlite://", "in memory would lose calls"),
        (":memory:", "is no file that calls can be kept in"),
        ("file:outbox.db?mode=memory", "is no file that calls can be kept in"),
        ("", "is no file that calls can be kept in"),
        ("/tmp", "is no file that calls can be kept in"),
        ("out\0box.db", "is no file that calls can be kept in"),
        (7, "is a file's name or an SQLAlchemy URL, not int"),
        (b"outbox.db", "is a file's name or an SQLAlchemy URL, not bytes"),
        ("/proc/nowhere/outbox.db", "folder '/proc/nowhere' cannot be made .*; pass a file in another folder"),
    ],
)
def test_refused_urls(url: Any, said: str) -> None:
    """A database that an outbox cannot be in is refused with what to pass instead, and without the password."""
    with pytest.raises(ConfigurationError, match=said) as raised:
        Outbox(url, app_id="11")
    assert "hidden" not in str(raised.value)


def test_an_untested_driver_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """A driver that was never tested is used, and named."""
    with pytest.raises((OutboxError, ConfigurationError)):
        Outbox("postgresql+pg8000://nobody@127.0.0.1:1/x", app_id="11")
    assert "never tested with pg8000, but with psycopg" in caplog.text


def locked(path: Path) -> Callable[[], object]:
    """Another process writes, for ever."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other.close


def corrupt(path: Path) -> Callable[[], object]:
    """The file is no database any more."""
    for name in (path, Path(f"{path}-wal")):
        if name.exists():
            name.write_bytes(b"no database at all" * 1_000)
    return lambda: None


def test_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path may begin with `~`, as settings often have it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolved("~/outbox.db").database == str(tmp_path / "outbox.db")


def test_tables_of_others(tmp_path: Path) -> None:
    """A file whose tables are not an outbox's, or are gone, is said so, with what to do."""
    with closing(sqlite3.connect(tmp_path / "outbox.db")) as file:
        file.execute("CREATE TABLE heap_web_outbox (x)")
    with pytest.raises(OutboxError, match="its tables are missing, or are not ours; move it away"):
        Outbox(tmp_path / "outbox.db", app_id="11", patience=0.2)


def test_a_folder(tmp_path: Path) -> None:
    """Of a file that cannot be opened nobody is told to check a server."""
    with pytest.raises(OutboxError, match="it cannot be opened; check that it is a file"):
        Outbox(f"sqlite:///{tmp_path}", app_id="11", patience=0.2)


@pytest.mark.parametrize(
    ("trouble", "kind", "said"),
    [
        (locked, "locked", "another process keeps it locked; end that process, or wait (SQLITE_BUSY)"),
        (corrupt, "corrupt", "it is damaged or no database; move it away, and a new one is made (SQLITE_NOTADB)"),
    ],
)
def test_errors(tmp_path: Path, trouble: Callable[[Path], Callable[[], object]], kind: str, said: str) -> None:
    """A file that cannot be used is one error, soon, that says what to do and holds nothing of the call."""
    path = tmp_path / "outbox.db"
    outbox = Outbox(path, app_id="11", patience=0.2)
    if trouble is corrupt:
        outbox.close()
    with closing(outbox):
        mend = trouble(path)
        with HeapCloud("11", outbox=outbox, background=False) as heap:
            with pytest.raises(OutboxError) as raised:
                heap.track(EVENT, user_id=SECRET, properties={"email": SECRET})
            heap.close(0)
        mend()
    whole = "".join(traceback.format_exception(raised.value))
    assert raised.value.kind == kind
    assert said in str(raised.value)
    assert str(raised.value).endswith("The call was not kept")
    assert SECRET not in whole
    assert EVENT not in whole
    assert "INSERT" not in whole
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_a_server_that_is_away(postgres_url: str) -> None:
    """A server that cannot be reached is said to be so, without the password."""
    with pytest.raises(OutboxError, match="cannot be reached; check that it runs") as raised:
        Outbox(f"postgresql://user:{PASSWORD}@127.0.0.1:1/x", app_id="11", patience=1)
    assert raised.value.kind == "unreachable"
    assert PASSWORD not in "".join(traceback.format_exception(raised.value))


def test_what_a_database_refuses(any_outbox_url: str) -> None:
    """A call that a database does not take is refused alone, and its values are not said."""
    with closing(Outbox(any_outbox_url, app_id="11")) as outbox:
        with pytest.raises(OutboxError, match="does not take this call") as raised:
            outbox.put([Entry(SECRET * 20, SECRET, "k", None)])  # type: ignore[arg-type]
        assert SECRET not in "".join(traceback.format_exception(raised.value))
        assert outbox.waiting() == 0


class _State(Exception):
    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


def _sqlite(name: str) -> sqlite3.Error:
    error = sqlite3.OperationalError()
    error.sqlite_errorname, error.sqlite_errorcode = name, getattr(sqlite3, name)
    return error


@pytest.mark.parametrize(
    ("orig", "kind"),
    [
        (_sqlite("SQLITE_FULL"), "full"),
        (_sqlite("SQLITE_IOERR_WRITE"), "full"),
        (_sqlite("SQLITE_READONLY"), "read-only"),
        (_sqlite("SQLITE_CANTOPEN"), "unreachable"),
        (_State("53100"), "full"),
        (_State("40001"), "conflict"),
        (_State("23502"), "data"),
        (_State("57P01"), "unreachable"),
        (Exception(1213, "Deadlock"), "conflict"),
        (Exception(1205, "Lock wait"), "locked"),
        (Exception(1406, "Too long"), "data"),
        (Exception(2006, "Gone away"), "unreachable"),
        (Exception("?"), "other"),
    ],
)
def test_kinds(orig: BaseException, kind: str) -> None:
    """Each database's codes are told apart by what an operator can do."""
    assert kind_of(DBAPIError("INSERT", {}, orig))[0] == kind
    assert kind_of(OperationalError("INSERT", {}, orig))[0] == kind


def test_no_free_connection() -> None:
    """Connections that are all busy are a lock."""
    assert kind_of(NoConnection())[0] == "locked"


def test_read_only_sender_file(tmp_path: Path) -> None:
    """With a sender's file that may only be read nobody sends, and it is said why."""
    path = tmp_path / "outbox.db"
    Outbox(path, app_id="11").close()
    with SenderLock(str(path)).held() as held:
        assert held
    (tmp_path / "outbox.db-sender").chmod(0o444)
    tmp_path.chmod(0o777)
    code = f"""
import os
from heap_web.cloud.sender_lock import SenderLock
from heap_web.cloud.errors import OutboxError
os.setgid(65534); os.setuid(65534)
try:
    with SenderLock({str(path)!r}).held() as held:
        print(held)
except OutboxError as error:
    print(error.kind, error)
"""
    if os.geteuid() != 0:
        code = code.replace("os.setgid(65534); os.setuid(65534)", "")
    for folder in tmp_path.parents:
        if os.stat(folder).st_uid == os.geteuid() and folder != Path("/") and folder != Path("/tmp"):
            folder.chmod(0o755)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("read-only nothing can be sent: "), done.stderr
    assert "let this program's user write to it" in done.stdout


def test_columns_are_added(tmp_path: Path) -> None:
    """An outbox of an earlier version gets what it lacks, and keeps its calls."""
    path = tmp_path / "outbox.db"
    Outbox(path, app_id="11").close()
    with closing(sqlite3.connect(path)) as old:
        old.execute("ALTER TABLE heap_web_outbox DROP COLUMN at")
        old.execute("ALTER TABLE heap_web_refused DROP COLUMN newer")
        old.execute(
            "INSERT INTO heap_web_outbox (app_id, lane, path, user_key, message_id, body) "
            "VALUES ('11', 0, '/api/track', 'u', 'k', '{}')"
        )
        old.commit()
    with closing(Outbox(path, app_id="11")) as outbox:
        outbox.put([Entry("/api/track", "u", "k2", "{}")])
        assert outbox.waiting() == 2


@pytest.mark.parametrize("how", ["removed", "moved", "replaced"])
def test_a_file_that_goes_away(tmp_path: Path, how: str, caplog: pytest.LogCaptureFixture) -> None:
    """Calls go on to be durable where the outbox's file is removed or replaced while it is in use, and this is said.
    What Heap answers for calls of the old file strikes none of the new one.
    """
    path = tmp_path / "outbox.db"
    outbox = Outbox(path, app_id="11")
    outbox.put([Entry("/api/track", "ann", "old", "{}")])
    with outbox.claim() as claim:
        if how == "moved":
            for name in ("outbox.db", "outbox.db-wal", "outbox.db-shm"):
                (tmp_path / name).rename(tmp_path / f"old-{name}")
        else:
            for file in tmp_path.glob("outbox.db*"):
                if not file.name.endswith("-sender"):
                    file.unlink()
        if how == "replaced":
            other = Outbox(path, app_id="11")
            other.put([Entry("/api/track", "ann", "other", "{}")])
            other.close()
        outbox.put([Entry("/api/track", "ann", "new", "{}")])
        claim.delivered(claim.rows)
    outbox.close()
    assert [record.levelname for record in caplog.records if "removed or replaced" in record.message] == ["ERROR"]
    again = Outbox(path, app_id="11")
    with again.claim() as claim:
        assert [row.message_id for row in claim.rows] == (["other", "new"] if how == "replaced" else ["new"])
    again.close()


def test_a_folder_that_goes_away(tmp_path: Path) -> None:
    """Where no file can be made a call is not taken for kept; when the folder is there again, calls are."""
    folder = tmp_path / "folder"
    folder.mkdir()
    outbox = Outbox(folder / "outbox.db", app_id="11", patience=0.2)
    shutil.rmtree(folder)
    for _ in range(2):
        with pytest.raises(OutboxError, match="it cannot be opened"):
            outbox.put([Entry("/api/track", "ann", "a", "{}")])
    folder.mkdir()
    outbox.put([Entry("/api/track", "ann", "b", "{}")])
    assert outbox.waiting() == 1
    outbox.close()
