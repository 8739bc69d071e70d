"""The durable outbox: a call is in the database before `track` returns, and leaves it when Heap has taken it.

Any SQLAlchemy URL. SQLite by default: one process sends at a time (elected by `SenderLock`), any number may put calls
in. PostgreSQL, MySQL 8 and other servers that know `SELECT ... FOR UPDATE SKIP LOCKED`: many processes send at once.
Users are dealt to `LANES` lanes, and a sender holds the locks of a few lanes' rows for as long as it sends from them,
so a user's calls are sent in order by one process at a time. A process that dies drops its connection, the server drops
its locks, and the next sender takes over at once: there are no leases to wait for and no clocks to trust.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from sqlalchemy import (
    Connection,
    Engine,
    Select,
    Table,
    create_engine,
    delete,
    event,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, ProgrammingError

from heap_web.cloud.entries import MOST_PER_REQUEST, Entry, is_event
from heap_web.cloud.pacing import EVENT_WINDOW, Blocked, Pacer, Sent
from heap_web.cloud.sender_lock import SenderLock
from heap_web.cloud.tables import checkpoints, lanes, ledger, metadata, refused, waiting
from heap_web.core.errors import ConfigurationError

LANES = 32
LANES_PER_CLAIM = 8
"""So that four processes can send at once, each from a quarter of the users."""
APP_LANE = -1
BYTES_PER_CLAIM = 4_000_000
"""A claim holds no more than this much JSON text (and always at least one call)."""
MAKING_TRIES = 10
"""Each try makes at least one of the tables, or finds that others have made it."""
NOTHING_BLOCKED = Blocked()


@dataclass(frozen=True, slots=True)
class Row:
    """A waiting call."""

    id: int
    path: str
    user: str
    body: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that Heap said no to."""

    path: str
    user: str
    message_id: str
    body: str
    """JSON text of the call, as it was sent."""
    status: int
    """Heap's HTTP status."""
    reason: str
    """What Heap said."""
    at: float
    """Seconds since 1970."""


class Claim:
    """Calls of one endpoint that this sender alone may send, in order. What it does not report on stays in the
    outbox.
    """

    def __init__(
        self, rows: Sequence[Row], finish: Callable[[Sequence[int], Sequence[tuple[Row, int, str]]], None]
    ) -> None:
        self.rows = rows
        self._finish = finish

    def delivered(self, rows: Sequence[Row]) -> None:
        """Heap has taken these."""
        self._finish([row.id for row in rows], ())

    def refused(self, rows: Sequence[Row], status: int, reason: str) -> None:
        """Heap said no to these: they are moved aside, with what Heap said."""
        self._finish([row.id for row in rows], [(row, status, reason) for row in rows])


class Outbox:
    """Calls of one app on their way to Heap.

    `url`: an SQLAlchemy URL, or the path of an SQLite file; by default `HEAP_WEB_OUTBOX`, else a file in the user's
    state directory, so that a restarted program finds what it left. Tables are made when missing. Use one per process,
    from any thread. Raises `ConfigurationError` for a URL that keeps nothing (SQLite in memory) or that SQLAlchemy
    cannot read.
    """

    def __init__(
        self, url: str | os.PathLike[str] | None = None, *, app_id: str, clock: Callable[[], float] = time.time
    ) -> None:
        self.app_id = app_id
        self._clock = clock
        self._url = _resolved(url)
        self._is_sqlite = self._url.get_backend_name() == "sqlite"
        self._engine = _engine(self._url)
        self._reader = self._engine.execution_options(heap_web_reads=True)
        _make_tables(self._engine)
        self._lock = SenderLock(str(self._url.database)) if self._is_sqlite else None
        self._make_lanes()
        self._seen = 0

    @property
    def url(self) -> str:
        """Where the calls are kept, without the password."""
        return self._url.render_as_string(hide_password=True)

    def put(self, entries: Sequence[Entry], *, checkpoint: tuple[str, str] | None = None) -> None:
        """Keeps calls, all or none; they are durable when this returns.

        A call whose message id still waits is not kept twice. `checkpoint`, a (name, position), is written with them.
        """
        rows = [
            {
                "app_id": self.app_id,
                "lane": crc32(entry.user.encode("utf-8", "replace")) % LANES,
                "path": entry.path,
                "user_key": _storable(entry.user)[:1024],
                "message_id": _storable(entry.key),
                "body": entry.body,
            }
            for entry in entries
        ]
        with self._engine.begin() as connection:
            if rows:
                _insert_new(connection, waiting, rows)
            if checkpoint is not None:
                _write_checkpoint(connection, self.app_id, *checkpoint)

    def checkpoint(self, name: str) -> str | None:
        """The position last written under this name."""
        with self._reader.connect() as connection:
            return connection.scalar(
                select(checkpoints.c.position).where(checkpoints.c.app_id == self.app_id, checkpoints.c.name == name)
            )

    def forget_checkpoint(self, name: str) -> None:
        """Removes what was written under this name."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(checkpoints).where(checkpoints.c.app_id == self.app_id, checkpoints.c.name == name)
            )

    def waiting(self) -> int:
        """How many calls Heap has not taken yet."""
        with self._reader.connect() as connection:
            return connection.scalar(select(func.count()).where(waiting.c.app_id == self.app_id)) or 0

    def users_waiting(self, most: int) -> list[tuple[str, str]]:
        """The (path, user) of the oldest waiting calls, for telling how long they must wait."""
        query = (
            select(waiting.c.path, waiting.c.user_key)
            .where(waiting.c.app_id == self.app_id)
            .order_by(waiting.c.id)
            .limit(most)
        )
        with self._reader.connect() as connection:
            return [(path, user) for path, user in connection.execute(query)]

    @contextmanager
    def claim(self, blocked: Blocked = NOTHING_BLOCKED, most: int = MOST_PER_REQUEST) -> Iterator[Claim]:
        """Takes the oldest calls that nobody else is sending, of one endpoint and nothing `blocked`.

        The claim is empty if there are none. It ends with the `with` block, or with the process, however that ends.
        """
        if self._lock is not None:
            with self._lock.held() as held:
                yield Claim(self._oldest(blocked, most) if held else (), self._finish)
            return
        with self._engine.connect() as connection, connection.begin():
            mine = self._take_lanes(connection)
            rows = _read(connection, self._query(blocked, most).where(waiting.c.lane.in_(mine))) if mine else ()
            yield Claim(rows, lambda ids, refusals: self._strike(connection, ids, refusals))

    def reserve(self, pacer: Pacer, rows: Sequence[Row]) -> list[Row]:
        """Those of `rows` (of one endpoint) that Heap's limits let into a request now, counted as sent from here on.

        The count is shared by all processes on this outbox and outlives them; `pacer` learns what the others sent.
        """
        now = self._clock()
        events = is_event(rows[0].path)
        with self._engine.begin() as connection:
            if not self._is_sqlite:
                connection.execute(self._lane(APP_LANE).with_for_update())
            self._learn(connection, pacer, now)
            admitted = [rows[n] for n in pacer.admit(now, [row.user for row in rows], events=events)]
            if admitted:
                self._record(connection, pacer, Sent(now, events, tuple(row.user for row in admitted)), rows[0].path)
        return admitted

    def learn(self, pacer: Pacer) -> None:
        """Tells `pacer` what other processes, or this one's predecessors, sent in the last minute."""
        with self._reader.connect() as connection:
            self._learn(connection, pacer, self._clock())

    def refusals(self) -> Iterator[Refusal]:
        """The calls that Heap said no to, oldest first."""
        query = (
            select(
                refused.c.path,
                refused.c.user_key,
                refused.c.message_id,
                refused.c.body,
                refused.c.status,
                refused.c.reason,
                refused.c.at,
            )
            .where(refused.c.app_id == self.app_id)
            .order_by(refused.c.id)
        )
        with self._reader.connect() as connection:
            for row in connection.execute(query, execution_options={"stream_results": True}):
                yield Refusal(*row)

    def retry_refused(self) -> int:
        """Puts the refused calls back among the waiting ones, after the cause was mended. Gives how many."""
        again = 0
        query = select(refused).where(refused.c.app_id == self.app_id).order_by(refused.c.id).limit(1_000)
        with self._engine.begin() as connection:
            while rows := connection.execute(query).mappings().all():
                _insert_new(connection, waiting, [_waiting_again(dict(row)) for row in rows])
                connection.execute(delete(refused).where(refused.c.id.in_([row["id"] for row in rows])))
                again += len(rows)
        return again

    def close(self) -> None:
        """Closes the database's connections. The calls stay."""
        self._engine.dispose()

    def _make_lanes(self) -> None:
        with self._reader.connect() as connection:
            there = set(connection.scalars(select(lanes.c.lane).where(lanes.c.app_id == self.app_id)))
        missing = [{"app_id": self.app_id, "lane": lane} for lane in range(APP_LANE, LANES) if lane not in there]
        if missing:
            with self._engine.begin() as connection:
                _insert_new(connection, lanes, missing)

    def _lane(self, lane: int) -> Select[int]:
        return select(lanes.c.lane).where(lanes.c.app_id == self.app_id, lanes.c.lane == lane)

    def _take_lanes(self, connection: Connection) -> list[int]:
        oldest = (
            select(func.min(waiting.c.id))
            .where(waiting.c.app_id == lanes.c.app_id, waiting.c.lane == lanes.c.lane)
            .scalar_subquery()
        )
        query = (
            select(lanes.c.lane)
            .where(
                lanes.c.app_id == self.app_id,
                exists().where(waiting.c.app_id == lanes.c.app_id, waiting.c.lane == lanes.c.lane),
            )
            .order_by(oldest)
            .limit(LANES_PER_CLAIM)
            .with_for_update(skip_locked=True)
        )
        return list(connection.scalars(query))

    def _query(self, blocked: Blocked, most: int) -> Select[int, str, str, str]:
        query = (
            select(waiting.c.id, waiting.c.path, waiting.c.user_key, waiting.c.body)
            .where(waiting.c.app_id == self.app_id)
            .order_by(waiting.c.id)
            .limit(most)
        )
        is_event_row = waiting.c.path.like("%/track")
        if blocked.users:
            query = query.where(waiting.c.user_key.not_in(_some(blocked.users)))
        if blocked.events:
            query = query.where(not_(is_event_row))
        elif blocked.event_users:
            query = query.where(or_(not_(is_event_row), waiting.c.user_key.not_in(_some(blocked.event_users))))
        return query

    def _oldest(self, blocked: Blocked, most: int) -> Sequence[Row]:
        with self._reader.connect() as connection:
            return _read(connection, self._query(blocked, most))

    def _finish(self, ids: Sequence[int], refusals: Sequence[tuple[Row, int, str]]) -> None:
        with self._engine.begin() as connection:
            self._strike(connection, ids, refusals)

    def _strike(self, connection: Connection, ids: Sequence[int], refusals: Sequence[tuple[Row, int, str]]) -> None:
        for row, status, reason in refusals:
            values = select(
                waiting.c.app_id,
                waiting.c.path,
                waiting.c.user_key,
                waiting.c.message_id,
                waiting.c.body,
                literal(status),
                literal(reason),
                literal(self._clock()),
            ).where(waiting.c.id == row.id)
            columns = ["app_id", "path", "user_key", "message_id", "body", "status", "reason", "at"]
            connection.execute(insert(refused).from_select(columns, values))
        connection.execute(delete(waiting).where(waiting.c.id.in_(ids)))

    def _learn(self, connection: Connection, pacer: Pacer, now: float) -> None:
        query = (
            select(ledger.c.id, ledger.c.at, ledger.c.path, ledger.c.users)
            .where(ledger.c.app_id == self.app_id, ledger.c.id > self._seen, ledger.c.at > now - EVENT_WINDOW)
            .order_by(ledger.c.id)
        )
        for id_, at, path, users in connection.execute(query):
            # A process whose clock is ahead of ours must not stop us for longer than the window.
            pacer.record(Sent(min(at, now), is_event(path), tuple(json.loads(users))))
            self._seen = id_

    def _record(self, connection: Connection, pacer: Pacer, sent: Sent, path: str) -> None:
        row = {"app_id": self.app_id, "at": sent.at, "path": path, "users": json.dumps(sent.users)}
        key = connection.execute(insert(ledger).values(row)).inserted_primary_key
        pacer.record(sent)
        if key is not None:
            self._seen = key[0]
        connection.execute(
            delete(ledger).where(ledger.c.app_id == self.app_id, ledger.c.at < sent.at - 2 * EVENT_WINDOW)
        )


def default_url() -> str:
    """Where the outbox is when nobody says: `HEAP_WEB_OUTBOX`, else `heap-web/outbox.db` in the user's state
    directory.
    """
    chosen = os.environ.get("HEAP_WEB_OUTBOX")
    if chosen:
        return chosen
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, "heap-web", "outbox.db")


def _resolved(url: str | os.PathLike[str] | None) -> URL:
    text = default_url() if url is None else os.fspath(url)
    if "://" not in text:
        text = URL.create("sqlite", database=os.path.abspath(text)).render_as_string()
    try:
        resolved = make_url(text)
        resolved.get_dialect()
    except ArgumentError as error:
        raise ConfigurationError(
            f"outbox {text!r} is no SQLAlchemy URL; pass a file name, or such as postgresql://user@host/database"
        ) from error
    if resolved.drivername == "postgresql":
        resolved = resolved.set(drivername="postgresql+psycopg")
    if resolved.get_backend_name() == "sqlite":
        if not resolved.database or resolved.database == ":memory:" or "mode=memory" in text:
            raise ConfigurationError("an outbox in memory would lose calls; pass a file name")
        Path(resolved.database).parent.mkdir(parents=True, exist_ok=True)
    return resolved


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        try:
            return create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED")
        except ModuleNotFoundError as error:
            raise ConfigurationError(f"an outbox in {url.get_backend_name()} needs {error.name}: install it") from error
    engine = create_engine(url, connect_args={"timeout": 60.0, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_tables(engine: Engine) -> None:
    """Makes the tables that are missing; another process may be making them at the same moment."""
    for left in reversed(range(MAKING_TRIES)):
        try:
            metadata.create_all(engine)
            return
        except (IntegrityError, ProgrammingError):
            if not left:
                raise


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Readers never wait for writers (WAL), and a commit is on the disk before it returns (FULL): power may fail
    too.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A transaction waits for its turn to write when it begins; one that begins by reading could later only fail."""
    reads = connection.get_execution_options().get("heap_web_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _read(connection: Connection, query: Select[int, str, str, str]) -> Sequence[Row]:
    """The first rows, of the first one's endpoint, up to a claim's bytes; read a few at a time, so memory stays
    bounded.
    """
    rows: list[Row] = []
    size = 0
    with connection.execute(query, execution_options={"stream_results": True, "max_row_buffer": 100}) as result:
        for id_, path, user, body in result:
            row = Row(id_, path, user, body)
            size += len(row.body)
            if rows and size > BYTES_PER_CLAIM:
                break
            if not rows or row.path == rows[0].path:
                rows.append(row)
    return rows


def _insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts the rows that the table has not yet, by its unique keys."""
    name = connection.dialect.name
    if name == "sqlite":
        connection.execute(sqlite.insert(table).on_conflict_do_nothing(), rows)
        return
    if name == "postgresql":
        connection.execute(postgresql.insert(table).on_conflict_do_nothing(), rows)
        return
    for row in rows:
        try:
            with connection.begin_nested():
                connection.execute(insert(table).values(row))
        except IntegrityError:
            continue  # it is there already


def _write_checkpoint(connection: Connection, app_id: str, name: str, position: str) -> None:
    changed = connection.execute(
        update(checkpoints).where(checkpoints.c.app_id == app_id, checkpoints.c.name == name).values(position=position)
    )
    if changed.rowcount == 0:
        connection.execute(insert(checkpoints).values(app_id=app_id, name=name, position=position))


def _waiting_again(row: dict[str, Any]) -> dict[str, Any]:
    kept = {key: row[key] for key in ("app_id", "path", "user_key", "message_id", "body")}
    return {**kept, "lane": crc32(row["user_key"].encode("utf-8", "replace")) % LANES}


def _some(users: Collection[str]) -> list[str]:
    """No more names than a statement holds; `reserve` finds the rest."""
    return sorted(users)[:5_000]


def _storable(text: str) -> str:
    """Databases refuse U+0000 and lone surrogates."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
