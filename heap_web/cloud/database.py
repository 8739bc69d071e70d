"""The outbox's database: which ones there are, how each is opened, and what its errors mean.

Tested: SQLite, PostgreSQL by psycopg, MariaDB by PyMySQL. No connection is shared with a forked child. SQLite keeps its
locks in the memory of the process, so a copy of the process would believe to hold them: a fork waits until no
transaction is open, and all connections are closed first.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

from heap_web.cloud import forks
from heap_web.cloud.errors import Kind, OutboxError
from heap_web.core.errors import ConfigurationError

DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg", "mysql": "pymysql"}
"""The databases that an outbox may be in, and the driver that each is tested with."""
PATIENCE = 15.0
"""Seconds that a call waits for a database that another process keeps locked, or that cannot be reached."""
NOWHERE = (-1, -1)
"""In place of a file's device and number, after one could not be made."""
PAUSE = 0.005
MAKING_TRIES = 12
"""Each try makes at least one of the tables or columns, or finds that others have made it."""
OLDEST_MARIADB, OLDEST_MYSQL = (10, 6), (8, 0, 1)
"""The first that know SKIP LOCKED."""

ADVICE: dict[Kind, str] = {
    "full": "there is no room on its disk, or the disk fails; make room",
    "locked": "another process keeps it locked; end that process, or wait",
    "read-only": "it must not be written to; let this program's user write to the file and its folder",
    "corrupt": "it is damaged or no database; move it away, and a new one is made",
    "unreachable": "it cannot be reached; check that it runs, and its address, user and password",
    "conflict": "other transactions were in the way again and again; try again",
    "data": "the database does not take this call",
    "other": "the database failed",
}

OF_A_FILE: dict[Kind, str] = {
    **ADVICE,
    "unreachable": "it cannot be opened; check that it is a file, and that this program's user may use its folder",
    "other": "its tables are missing, or are not ours; move it away, and a new one is made",
}
"""Advice for SQLite, which has no server that could be away."""

_log = logging.getLogger("heap_web.cloud")
_inherited: list[object] = []
"""The parent's connections. A child must neither use nor close them, so it keeps them for ever."""


class Database:
    """Connections to one database, for any thread, before and after a fork. What fails in it is an `OutboxError`."""

    def __init__(self, url: URL, patience: float = PATIENCE) -> None:
        self.url = url
        self.name: str = url.get_backend_name()
        self.is_sqlite = self.name == "sqlite"
        self._patience = patience
        self._making = threading.Lock()
        self._engine: Engine | None = None
        self._gate = _Gate()
        self._forked_within = False
        self._again: Callable[[Connection], None] | None = None
        self._file: tuple[int, int] | None = None
        self._finding = threading.RLock()
        forks.watch(self)

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def begin(self, doing: str = "") -> Iterator[Connection]:
        """A transaction that writes. `doing` is said when it fails."""
        self._find_file()
        with self._open(), self._errors(doing), self.engine().begin() as connection:
            yield connection

    @contextmanager
    def read(self, doing: str = "") -> Iterator[Connection]:
        """A transaction that only reads. End it soon: on SQLite a fork waits for it."""
        self._find_file()
        with self._open(), self._errors(doing), self._reader().connect() as connection:
            yield connection

    @contextmanager
    def held(self) -> Iterator[Connection]:
        """A transaction that is kept open while calls are sent, for the locks that it holds. (Not for SQLite.)"""
        with self._errors(""), self.engine().connect() as connection, connection.begin():
            yield connection

    def engine(self) -> Engine:
        """SQLAlchemy's engine of this process."""
        if self._forked_within:
            raise OutboxError(
                f"the outbox {self}: this process was forked while another thread was in the midst of a transaction; "
                "make the client in the child, after the fork",
                "forked",
            )
        with self._making:
            if self._engine is None:
                self._engine = _engine(self.url, self._patience)
            return self._engine

    def _reader(self) -> Engine:
        return self.engine().execution_options(heap_web_reads=True)

    def make(self, tables: Callable[[Connection], None], again: Callable[[Connection], None] | None = None) -> None:
        """Makes tables; another process may be making them at the same moment. `again` makes them in another file of
        SQLite, where the first is removed while it is in use.
        """
        if self.is_sqlite:
            _make_folder(self.url)
        self._make(tables)
        if self.is_sqlite and again is not None:
            self._again, self._file = again, _file_of(self.url)

    def _find_file(self) -> None:
        """What is written to a file of SQLite that was removed or replaced would be lost with this process."""
        if self._again is None or _file_of(self.url) == self._file:
            return
        with self._finding:
            if self._file is None or _file_of(self.url) == self._file:
                return
            _log.error(
                "the file of the outbox %s was removed or replaced while it was in use: the calls that waited in it "
                "are gone, and the file that is there now is used",
                self,
            )
            self.close()
            self._file = None  # for the calls of this method from within
            try:
                self._make(self._again)
            except BaseException:
                self._file = NOWHERE
                raise
            self._file = _file_of(self.url)

    def _make(self, tables: Callable[[Connection], None]) -> None:
        for left in reversed(range(MAKING_TRIES)):
            try:
                with self.begin("its tables could not be made") as connection:
                    _check_version(connection)
                    tables(connection)
                return
            except OutboxError as error:
                if not left or error.kind not in {"data", "conflict", "other"}:
                    raise
                time.sleep(PAUSE)

    def close(self) -> None:
        """Closes the connections; the next use opens new ones."""
        with self._making:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def before_fork(self) -> None:
        """Waits until no transaction is open in SQLite, and closes all its connections."""
        if self.is_sqlite and self._gate.close(forks.LONGEST_PAUSE) and self._engine is not None:
            self._engine.dispose()

    def after_fork_in_parent(self) -> None:
        """Lets transactions begin again."""
        self._gate.open()

    def after_fork_in_child(self) -> None:
        """Leaves the parent's connections alone, for ever."""
        _inherited.append(self._engine)
        self._engine = None
        self._forked_within = self.is_sqlite and self._gate.count > 0
        self._making = threading.Lock()
        self._finding = threading.RLock()
        self._gate = _Gate()

    @contextmanager
    def _open(self) -> Iterator[None]:
        self._gate.enter()
        try:
            yield
        finally:
            self._gate.leave()

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            kind, code = kind_of(error)
            advice = (OF_A_FILE if self.is_sqlite else ADVICE)[kind]
            raise OutboxError(f"the outbox {self}: {advice} ({code}){doing and '. '}{doing}", kind) from None


class _Gate:
    """Counts who is inside; may be closed until all have left."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._closed = False
        self.count = 0

    def enter(self) -> None:
        with self._changed:
            while self._closed:
                self._changed.wait()
            self.count += 1

    def leave(self) -> None:
        with self._changed:
            self.count -= 1
            if not self.count:
                self._changed.notify_all()

    def close(self, timeout: float) -> bool:
        """Lets nobody in any more; gives whether all have left in time."""
        with self._changed:
            self._closed = True
            return self._changed.wait_for(lambda: not self.count, timeout)

    def open(self) -> None:
        with self._changed:
            self._closed = False
            self._changed.notify_all()


def default_url() -> str:
    """Where the outbox is when nobody says: `HEAP_WEB_OUTBOX`, else `heap-web/outbox.db` in the user's state
    directory.
    """
    chosen = os.environ.get("HEAP_WEB_OUTBOX")
    if chosen:
        return chosen
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, "heap-web", "outbox.db")


def resolved(url: str | os.PathLike[str] | None) -> URL:
    """An outbox's URL or path as a URL with a driver. Raises `ConfigurationError` for one that cannot keep calls."""
    if not (url is None or isinstance(url, str | os.PathLike)):
        raise ConfigurationError(f"an outbox is a file's name or an SQLAlchemy URL, not {type(url).__name__}")
    text = default_url() if url is None else os.fsdecode(url)
    if "://" not in text:
        file = os.path.expanduser(text)
        if text in ("", ":memory:") or text.startswith("file:") or "\0" in text or os.path.isdir(file):
            raise ConfigurationError(f"the outbox {text!r} is no file that calls can be kept in; pass a file's name")
        return _of_file(URL.create("sqlite", database=os.path.abspath(file)))
    try:
        parsed = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise _no_url(text) from error
    name = "mysql" if parsed.get_backend_name() == "mariadb" else parsed.get_backend_name()
    if name not in DRIVERS:
        try:
            parsed.get_dialect()
        except NoSuchModuleError as error:
            raise _no_url(text) from error
        raise ConfigurationError(
            f"an outbox cannot be in {name}: it was never tested there; "
            "pass a file's name for SQLite, or the URL of a PostgreSQL or MariaDB server"
        )
    driver = parsed.drivername.partition("+")[2]
    if name != "sqlite" or driver:
        parsed = parsed.set(drivername=f"{name}+{driver or DRIVERS[name]}")
    try:
        is_async = parsed.get_dialect().is_async
    except NoSuchModuleError as error:
        raise _no_url(text) from error
    if is_async:
        raise ConfigurationError(f"an outbox cannot use {driver}; pass {name}+{DRIVERS[name]}://…")
    if driver and driver != DRIVERS[name]:
        _log.warning("an outbox in %s was never tested with %s, but with %s", name, driver, DRIVERS[name])
    return _of_file(parsed) if name == "sqlite" else parsed


def kind_of(error: SQLAlchemyError) -> tuple[Kind, str]:
    """What is wrong, and the database's own code for it."""
    orig = getattr(error, "orig", None)
    if isinstance(orig, sqlite3.Error):
        return kind_of_sqlite(orig)
    if isinstance(error, NoConnection):
        return "locked", "no connection became free"
    if orig is None:
        return "data", type(error).__name__
    name = type(orig).__name__
    number = orig.args[0] if getattr(orig, "args", ()) and isinstance(orig.args[0], int) else None
    if number is not None:
        return _of_mysql(number), f"{name} {number}"
    state = getattr(orig, "sqlstate", None)
    if isinstance(state, str):
        return _of_state(state), f"{name} {state}"
    return ("unreachable" if name in {"OperationalError", "InterfaceError", "ConnectionTimeout"} else "other"), name


def kind_of_sqlite(error: sqlite3.Error) -> tuple[Kind, str]:
    """Likewise, for SQLite alone."""
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "other"), name


_SQLITE: dict[int, Kind] = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "full",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_PERM: "read-only",
    sqlite3.SQLITE_CANTOPEN: "unreachable",
    sqlite3.SQLITE_CORRUPT: "corrupt",
    sqlite3.SQLITE_NOTADB: "corrupt",
    sqlite3.SQLITE_CONSTRAINT: "data",
    sqlite3.SQLITE_MISMATCH: "data",
    sqlite3.SQLITE_TOOBIG: "data",
}


def _of_state(state: str) -> Kind:
    """PostgreSQL's codes (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""
    exact: dict[str, Kind] = {
        "53100": "full",
        "55P03": "locked",
        "25006": "read-only",
        "42501": "read-only",
        "42P07": "conflict",  # made by another process at this moment
        "42701": "conflict",
    }
    classes: dict[str, Kind] = {
        "40": "conflict",
        "22": "data",
        "23": "data",
        "08": "unreachable",
        "28": "unreachable",
        "3D": "unreachable",
        "53": "unreachable",
        "57": "unreachable",
        "XX": "corrupt",
        "58": "full",
    }
    return exact.get(state) or classes.get(state[:2], "other")


def _of_mysql(number: int) -> Kind:
    """MariaDB's codes (https://mariadb.com/docs/server/reference/error-codes/mariadb-error-code-reference)."""
    kinds: dict[Kind, set[int]] = {
        "conflict": {1213, 1050, 1060, 1061, 1020},
        "locked": {1205, 3572},
        "full": {3, 28, 1021, 1114, 1030},
        "read-only": {1290, 1836, 1142, 1044},
        "unreachable": {1040, 1045, 1049, 1053, 1927, 2002, 2003, 2005, 2006, 2013},
        "data": {1048, 1062, 1153, 1264, 1366, 1406, 1452},
    }
    return next((kind for kind, numbers in kinds.items() if number in numbers), "other")


def _no_url(text: str) -> ConfigurationError:
    return ConfigurationError(
        f"outbox {_without_password(text)!r} is no SQLAlchemy URL; "
        "pass a file name, or such as postgresql://user@host/database"
    )


def _without_password(text: str) -> str:
    scheme, _, rest = text.partition("://")
    return f"{scheme}://…{rest[rest.rindex('@') :]}" if "@" in rest else text


def _of_file(url: URL) -> URL:
    if not url.database or url.database == ":memory:" or "mode=memory" in str(url):
        raise ConfigurationError("an outbox in memory would lose calls; pass a file name")
    return url


def _make_folder(url: URL) -> None:
    folder = Path(str(url.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"the outbox's folder {str(folder)!r} cannot be made ({error.strerror}); pass a file in another folder"
        ) from error


def _file_of(url: URL) -> tuple[int, int] | None:
    """Which file is at an SQLite outbox's path; None if none is."""
    try:
        there = os.stat(str(url.database))
    except OSError:
        return None
    return there.st_dev, there.st_ino


def _engine(url: URL, patience: float) -> Engine:
    name = url.get_backend_name()
    seconds = max(round(patience), 1)
    if name == "sqlite":
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_timeout=patience,
            connect_args={"timeout": patience, "check_same_thread": False},
        )
        event.listen(engine, "connect", lambda connection, _: _prepare_sqlite(connection, patience))
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    arguments = {} if "connect_timeout" in url.query else {"connect_timeout": seconds}
    try:
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_timeout=patience,
            isolation_level="READ COMMITTED",
            connect_args=arguments,
        )
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"an outbox in {name} needs {error.name}: install it") from error


def _prepare_sqlite(connection: Any, patience: float) -> None:
    """Readers never wait for writers (WAL), and a commit is on the disk before it returns (FULL): power may fail
    too.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    until = time.monotonic() + patience
    while True:
        try:
            if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                cursor.execute("PRAGMA journal_mode = WAL").fetchone()
            break
        except sqlite3.OperationalError as error:
            # For this change SQLite does not wait; another process is making it on the same new file.
            if kind_of_sqlite(error)[0] != "locked" or time.monotonic() > until:
                raise
            time.sleep(PAUSE)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A transaction waits for its turn to write when it begins; one that begins by reading could later only fail."""
    reads = connection.get_execution_options().get("heap_web_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _check_version(connection: Connection) -> None:
    if connection.dialect.name != "mysql":
        return
    version = connection.dialect.server_version_info or ()
    is_mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
    oldest = OLDEST_MARIADB if is_mariadb else OLDEST_MYSQL
    if version < oldest:
        name = "MariaDB" if is_mariadb else "MySQL"
        wanted, found = (".".join(map(str, numbers)) for numbers in (oldest, version))
        raise ConfigurationError(f"an outbox in {name} needs version {wanted} or newer, not {found}")
    if not is_mariadb:
        _log.warning("an outbox in MySQL was never tested; MariaDB was")
