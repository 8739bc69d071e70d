"""The durable outbox: a call is in the database before `track` returns, and leaves it when Heap has taken it.

SQLite by default: one process sends at a time (elected by `SenderLock`), any number may put calls in. PostgreSQL and
MariaDB, which know `SELECT ... FOR UPDATE SKIP LOCKED`: many processes send at once. Users are dealt to `LANES` lanes,
and a sender holds the locks of a few lanes' rows for as long as it sends from them, so a user's calls are sent in order
by one process at a time. A process that dies drops its connection, the server drops its locks, and the next sender
takes over at once: there are no leases to wait for and no clocks to trust.

What Heap has answered is committed before the next request goes out, in a transaction apart from the one that holds
the locks. If it cannot be written (the disk is full), it is kept in memory and written as soon as there is room;
meanwhile the sending goes on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from zlib import crc32

from sqlalchemy import (
    Connection,
    Select,
    Table,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.exc import SQLAlchemyError

from heap_web.cloud import forks
from heap_web.cloud.bound import Bound, Filling
from heap_web.cloud.calls import check_kind, check_seconds, checked_app_id
from heap_web.cloud.database import PATIENCE, Database, default_url, resolved
from heap_web.cloud.entries import MOST_PER_REQUEST, Entry, is_event, property_names, without_properties
from heap_web.cloud.errors import OutboxError, OutboxFullError
from heap_web.cloud.group import Group
from heap_web.cloud.messages import message_key
from heap_web.cloud.pacing import EVENT_WINDOW, Blocked, Pacer, Sent
from heap_web.cloud.sender_lock import SenderLock
from heap_web.cloud.tables import LONG_USER, checkpoints, lanes, ledger, make, make_again, refused, waiting

__all__ = ["Claim", "Outbox", "Refusal", "Row", "default_url"]

LANES = 32
LANES_PER_CLAIM = 8
"""So that four processes can send at once, each from a quarter of the users."""
APP_LANE = -1
BYTES_PER_CLAIM = 4_000_000
"""A claim holds no more than this much JSON text (and always at least one call)."""
ROWS_PER_COMMIT = 1_000
"""Calls of callers that come together that share a transaction."""
ROWS_PER_STATEMENT = 1_000
"""With 8 values each: well below SQLite's 32,766 values in a statement."""
PAGE = 500
"""Calls read at a time when all are looked through."""
MOST_DROPPED = 10_000
"""Calls looked at to make room for others, where there is a bound on their size."""
CONFLICTS = 6
"""Tries to write where other transactions are in the way."""
MOST_LEFT = 5_000
"""Calls that Heap has taken and that cannot be struck; with more of them the sending stops."""
QUIET = 600.0
"""Seconds in which the same trouble is logged once."""
NOTHING_BLOCKED = Blocked()
NOT_KEPT = "The call was not kept"

_log = logging.getLogger("heap_web.cloud")


@dataclass(frozen=True, slots=True)
class Row:
    """A waiting call."""

    id: int
    path: str
    user: str
    message_id: str
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


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What Heap answered for some calls: it took them, or (with a status) said no."""

    rows: Sequence[Row]
    status: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Put:
    """What one caller puts in."""

    rows: Sequence[dict[str, Any]]
    size: int
    checkpoint: tuple[str, str] | None


class Claim:
    """Calls of one endpoint that this sender alone may send, in order. What it does not report on stays in the
    outbox.
    """

    def __init__(self, rows: Sequence[Row], finish: Callable[[_Outcome], None], holds: Callable[[], bool]) -> None:
        self.rows = rows
        self._finish = finish
        self.holds = holds
        """Whether the right is still ours; a server that was restarted has given it to others."""

    def delivered(self, rows: Sequence[Row]) -> None:
        """Heap has taken these. Durable when it returns."""
        self._finish(_Outcome(rows))

    def refused(self, rows: Sequence[Row], status: int, reason: str) -> None:
        """Heap said no to these: they are moved aside, with what Heap said."""
        self._finish(_Outcome(rows, status, reason))


class Outbox:
    """Calls of one app on their way to Heap.

    `url`: the path of an SQLite file, or an SQLAlchemy URL of a SQLite, PostgreSQL or MariaDB database; by default
    `HEAP_WEB_OUTBOX`, else a file in the user's state directory, so that a restarted program finds what it left. Tables
    are made when missing. Use one per program, from any thread and in forked children. `bound`: how much may wait.
    `patience`: seconds that a call waits for a database that is locked or away.

    Raises `ConfigurationError` for a URL that keeps nothing (SQLite in memory) or that it cannot use, and for other
    settings that cannot work, `OutboxError` when the database fails.
    """

    def __init__(
        self,
        url: str | os.PathLike[str] | None = None,
        *,
        app_id: str,
        bound: Bound | None = None,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app_id = checked_app_id(app_id)
        check_seconds("patience", patience, endless=False)
        check_kind("bound", bound, Bound)
        self._clock = clock
        self._monotonic = monotonic
        self.database = Database(resolved(url), patience)
        """The connections, for `outbox_admin`."""
        self.database.make(make, make_again)
        file = str(self.database.url.database) if self.database.is_sqlite else None
        self._lock = None if file is None else SenderLock(file)
        self._filling = Filling(bound or Bound(), self._counted, file, monotonic)
        self._group: Group[_Put] = Group(self._write, lambda put: len(put.rows) or 1, ROWS_PER_COMMIT)
        self.dropped = 0
        """Calls that this process dropped because the outbox was full."""
        self._make_lanes()
        self._reset()
        forks.watch(self)

    def _reset(self) -> None:
        self._seen = 0
        self._unwritten = threading.Lock()
        self._left: list[_Outcome] = []
        self._left_ids: set[int] = set()
        self._said: dict[str, float] = {}

    @property
    def url(self) -> str:
        """Where the calls are kept, without the password."""
        return str(self.database)

    def put(self, entries: Sequence[Entry], *, checkpoint: tuple[str, str] | None = None) -> None:
        """Keeps calls, all or none; they are durable when this returns. Callers that come together share a commit.

        A call whose message id still waits is not kept twice. `checkpoint`, a (name, position), is written with them.
        Raises `OutboxError`, or `OutboxFullError` if the `Bound` is reached; nothing is kept then.
        """
        put = self._admitted(entries, checkpoint)
        if put is not None:
            self._group.put(put)
            self._filling.changed(len(put.rows), put.size)

    async def aput(self, entries: Sequence[Entry], *, checkpoint: tuple[str, str] | None = None) -> None:
        """As `put`, for tasks of an event loop."""
        size = sum(len(entry.body) for entry in entries)
        if self._filling.is_known(len(entries), size):
            put = self._admitted(entries, checkpoint)
        else:
            put = await asyncio.to_thread(self._admitted, entries, checkpoint)
        if put is not None:
            await self._group.aput(put)
            self._filling.changed(len(put.rows), put.size)

    def checkpoint(self, name: str) -> str | None:
        """The position last written under this name."""
        with self.database.read() as connection:
            return connection.scalar(
                select(checkpoints.c.position).where(
                    checkpoints.c.app_id == self.app_id, checkpoints.c.name == storable(name)
                )
            )

    def forget_checkpoint(self, name: str) -> None:
        """Removes what was written under this name."""
        with self.database.begin() as connection:
            connection.execute(
                delete(checkpoints).where(checkpoints.c.app_id == self.app_id, checkpoints.c.name == storable(name))
            )

    def waiting(self) -> int:
        """How many calls Heap has not taken yet."""
        with self.database.read() as connection:
            return connection.scalar(select(func.count()).where(waiting.c.app_id == self.app_id)) or 0

    def users_waiting(self, most: int) -> list[tuple[str, str]]:
        """The (path, user) of the oldest waiting calls, for telling how long they must wait."""
        query = (
            select(waiting.c.path, waiting.c.user_key)
            .where(waiting.c.app_id == self.app_id)
            .order_by(waiting.c.id)
            .limit(most)
        )
        with self.database.read() as connection:
            return [(path, user) for path, user in connection.execute(query)]

    @contextmanager
    def claim(self, blocked: Blocked = NOTHING_BLOCKED, most: int = MOST_PER_REQUEST) -> Iterator[Claim]:
        """Takes the oldest calls that nobody else is sending, of one endpoint and nothing `blocked`.

        The claim is empty if there are none. It ends with the `with` block, or with the process, however that ends.
        """
        trouble = self._write_what_is_left()
        if self._lock is not None:
            with self._lock.held() as held:
                rows: Sequence[Row] = ()
                if held:
                    with self.database.read() as connection:
                        rows = self._read(connection, self._query(blocked, most))
                if trouble is not None and not rows:
                    raise trouble
                yield Claim(rows, self._finish, lambda: True)
            return
        with self.database.held() as connection:
            mine = self._take_lanes(connection)
            rows = self._read(connection, self._query(blocked, most).where(waiting.c.lane.in_(mine))) if mine else ()
            if trouble is not None and not rows:
                raise trouble
            yield Claim(rows, self._finish, lambda: _is_alive(connection))

    def reserve(self, pacer: Pacer, rows: Sequence[Row]) -> list[Row]:
        """Those of `rows` (of one endpoint) that Heap's limits let into a request now, counted as sent from here on.

        The count is shared by all processes on this outbox and outlives them; `pacer` learns what the others sent.
        """
        now = self._monotonic()
        events = is_event(rows[0].path)
        try:
            with self.database.begin() as connection:
                if not self.database.is_sqlite:
                    connection.execute(self._lane(APP_LANE).with_for_update())
                self._learn(connection, pacer, now)
                admitted = [rows[n] for n in pacer.admit(now, [row.user for row in rows], events=events)]
                if admitted:
                    self._record(connection, tuple(row.user for row in admitted), rows[0].path)
        except OutboxError as error:
            if error.kind not in {"full", "read-only"}:
                raise
            self._log_trouble(error)  # we count on our own until there is room
            admitted = [rows[n] for n in pacer.admit(now, [row.user for row in rows], events=events)]
        if admitted:
            pacer.record(Sent(now, events, tuple(row.user for row in admitted)))
        return admitted

    def learn(self, pacer: Pacer) -> None:
        """Tells `pacer` what other processes, or this one's predecessors, sent in the last minute."""
        with self.database.read() as connection:
            self._learn(connection, pacer, self._monotonic())

    def refusals(self) -> Iterator[Refusal]:
        """The calls that Heap said no to, oldest first."""
        columns = (refused.c.path, refused.c.user_key, refused.c.message_id, refused.c.body)
        said = (refused.c.status, refused.c.reason, refused.c.at)
        query = select(refused.c.id, *columns, *said).where(refused.c.app_id == self.app_id)
        for row in self.pages(query, refused):
            yield Refusal(*row[1:])

    def retry_refused(self, **of: Any) -> int:
        """Puts refused calls back among the waiting ones, each in its old place, after the cause was mended. Gives how
        many.

        User properties that later calls have set since are left out, so that older values do not overtake newer
        ones. `of`: which ones, by `status`, `user` or `message_ids`; all by default.
        """
        again = 0
        query = select(refused).where(refused.c.app_id == self.app_id, *conditions(refused, **of))
        while True:
            with self.database.begin("Nothing was put back") as connection:
                rows = connection.execute(query.order_by(refused.c.id).limit(PAGE)).mappings().all()
                if not rows:
                    return again
                back = [left for row in rows if (left := self._waiting_again(dict(row))) is not None]
                if back:
                    _insert_new(connection, waiting, back)
                connection.execute(delete(refused).where(refused.c.id.in_([row["id"] for row in rows])))
            again += len(back)

    def pages(self, query: Select[Any], table: Table) -> Iterator[Any]:
        """The rows of a query whose first column is the table's id, in its order, some at a time: no transaction is
        open while the caller looks at them.
        """
        after = -1
        while True:
            with self.database.read() as connection:
                rows = connection.execute(query.where(table.c.id > after).order_by(table.c.id).limit(PAGE)).all()
            yield from rows
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    def close(self) -> None:
        """Closes the database's connections. The calls stay."""
        with suppress(OutboxError):
            self._write_what_is_left()
        self.database.close()

    def before_fork(self) -> None:
        """The database and the lock see to it."""

    def after_fork_in_parent(self) -> None:
        """Nothing has changed."""

    def after_fork_in_child(self) -> None:
        """What the parent is about to write is the parent's."""
        self._group.reset()
        self._filling.reset()
        self._reset()

    def _admitted(self, entries: Sequence[Entry], checkpoint: tuple[str, str] | None) -> _Put | None:
        """What to write, or None if there is nothing or no room for it."""
        now = self._clock()
        rows = [
            {
                "app_id": self.app_id,
                "lane": _lane_of(entry.user),
                "path": entry.path,
                "user_key": user_key(entry.user),
                "message_id": storable(entry.key),
                "body": entry.body,
                "at": now,
            }
            for entry in entries
        ]
        size = sum(len(entry.body or "") for entry in entries)
        if rows and (over := self._filling.over(len(rows), size)) is not None:
            policy = self._filling.bound.policy
            if policy == "refuse" or (policy == "drop_oldest" and self._filling.never_fits(len(rows), size)):
                raise OutboxFullError(f"the outbox {self.url} is full: {over}. {NOT_KEPT}", "bound")
            self.dropped += self._drop_oldest(len(rows), size) if policy == "drop_oldest" else len(rows)
            self._log_trouble(OutboxFullError(f"the outbox {self.url} is full: {over}. {policy}: calls are lost"))
            if policy == "drop_newest":
                rows, size = [], 0
        if not rows and checkpoint is None:
            return None
        return _Put(rows, size, checkpoint)

    def _drop_oldest(self, calls: int, size: int) -> int:
        """Makes room for so much; gives how many calls are lost."""
        calls, size = self._filling.excess(calls, size)
        query = (
            select(waiting.c.id, func.length(waiting.c.body))
            .where(waiting.c.app_id == self.app_id)
            .order_by(waiting.c.id)
            .limit(max(calls, MOST_DROPPED))
        )
        with self.database.begin(NOT_KEPT) as connection:
            dropped: list[int] = []
            gained = 0
            for id_, length in connection.execute(query):
                if len(dropped) >= calls and gained >= size:
                    break
                dropped.append(id_)
                gained += length
            for start in range(0, len(dropped), PAGE):
                connection.execute(delete(waiting).where(waiting.c.id.in_(dropped[start : start + PAGE])))
        self._filling.changed(-len(dropped), -gained)
        return len(dropped)

    def _write(self, puts: Sequence[_Put]) -> None:
        for left in reversed(range(CONFLICTS)):
            try:
                with self.database.begin(NOT_KEPT) as connection:
                    rows = [row for put in puts for row in put.rows]
                    if rows:
                        _insert_new(connection, waiting, rows)
                    for put in puts:
                        if put.checkpoint is not None:
                            _write_checkpoint(connection, self.app_id, *put.checkpoint)
                return
            except OutboxError as error:
                if error.kind != "conflict" or not left:
                    raise

    def _counted(self) -> tuple[int, int]:
        query = select(func.count(), func.coalesce(func.sum(func.length(waiting.c.body)), 0))
        with self.database.read(NOT_KEPT) as connection:
            calls, size = connection.execute(query.where(waiting.c.app_id == self.app_id)).one()
            return int(calls), int(size)

    def _make_lanes(self) -> None:
        with self.database.read() as connection:
            there = set(connection.scalars(select(lanes.c.lane).where(lanes.c.app_id == self.app_id)))
        missing = [{"app_id": self.app_id, "lane": lane} for lane in range(APP_LANE, LANES) if lane not in there]
        for left in reversed(range(CONFLICTS)):
            try:
                if missing:
                    with self.database.begin() as connection:
                        _insert_new(connection, lanes, missing)
                return
            except OutboxError as error:
                if error.kind != "conflict" or not left:
                    raise

    def _lane(self, lane: int) -> Select[int]:
        return select(lanes.c.lane).where(lanes.c.app_id == self.app_id, lanes.c.lane == lane)

    def _take_lanes(self, connection: Connection) -> list[int]:
        """Locks a few lanes in which calls wait, those with the oldest first. Never the app's own, which `reserve`
        locks meanwhile.
        """
        oldest = (
            select(func.min(waiting.c.id))
            .where(waiting.c.app_id == lanes.c.app_id, waiting.c.lane == lanes.c.lane)
            .scalar_subquery()
        )
        query = (
            select(lanes.c.lane)
            .where(
                lanes.c.app_id == self.app_id,
                lanes.c.lane >= 0,
                exists().where(waiting.c.app_id == lanes.c.app_id, waiting.c.lane == lanes.c.lane),
            )
            .order_by(oldest)
        )
        full = list(connection.scalars(query))
        # Read and locked apart: where a statement locks all the rows that it reads, as in MariaDB, it would lock the
        # calls too.
        for start in range(0, len(full), LANES_PER_CLAIM):
            some = lanes.c.lane.in_(full[start : start + LANES_PER_CLAIM])
            free = select(lanes.c.lane).where(lanes.c.app_id == self.app_id, some).with_for_update(skip_locked=True)
            if mine := list(connection.scalars(free)):
                return mine
        return []

    def _query(self, blocked: Blocked, most: int) -> Select[int, str, str, str, str]:
        query = (
            select(waiting.c.id, waiting.c.path, waiting.c.user_key, waiting.c.message_id, waiting.c.body)
            .where(waiting.c.app_id == self.app_id)
            .order_by(waiting.c.id)
            .limit(most)
        )
        is_event_row = waiting.c.path.like("%/track")
        if self._left_ids:
            query = query.where(waiting.c.id.not_in(sorted(self._left_ids)))
        if blocked.users:
            query = query.where(waiting.c.user_key.not_in(_some(blocked.users)))
        if blocked.events:
            query = query.where(not_(is_event_row))
        elif blocked.event_users:
            query = query.where(or_(not_(is_event_row), waiting.c.user_key.not_in(_some(blocked.event_users))))
        return query

    def _read(self, connection: Connection, query: Select[int, str, str, str, str]) -> Sequence[Row]:
        """The first rows, of the first one's endpoint, up to a claim's bytes; read a few at a time, so memory stays
        bounded.
        """
        rows: list[Row] = []
        size = 0
        with connection.execute(query, execution_options={"stream_results": True, "max_row_buffer": 100}) as result:
            for found in result:
                row = Row(*found)
                size += len(row.body)
                if rows and size > BYTES_PER_CLAIM:
                    break
                if not rows or row.path == rows[0].path:
                    rows.append(row)
        return rows

    def _finish(self, outcome: _Outcome) -> None:
        """Writes what Heap answered; if that cannot be, remembers it, so that the sending goes on."""
        if not outcome.rows:
            return
        try:
            self._strike(outcome)
        except OutboxError as error:
            with self._unwritten:
                self._left.append(outcome)
                self._left_ids.update(row.id for row in outcome.rows)
            self._log_trouble(error)

    def _write_what_is_left(self) -> OutboxError | None:
        """Tries to write what could not be written; gives what is still in the way."""
        with self._unwritten:
            if not self._left:
                return None
            try:
                while self._left:
                    self._strike(self._left[0])
                    self._left_ids.difference_update(row.id for row in self._left.pop(0).rows)
            except OutboxError as error:
                if len(self._left_ids) > MOST_LEFT or error.kind not in {"full", "read-only"}:
                    raise
                return error
        self._said.clear()
        _log.info("the outbox %s can be written to again", self.url)
        return None

    def _strike(self, outcome: _Outcome) -> None:
        for left in reversed(range(CONFLICTS)):
            try:
                with self.database.begin() as connection:
                    if outcome.status:
                        self._move_aside(connection, outcome)
                    elif not is_event(outcome.rows[0].path):
                        self._supersede(connection, outcome.rows)
                    connection.execute(delete(waiting).where(*self._these(outcome.rows)))
                break
            except OutboxError as error:
                if error.kind != "conflict" or not left:
                    raise
        self._filling.changed(-len(outcome.rows), -sum(len(row.body) for row in outcome.rows))

    def _move_aside(self, connection: Connection, outcome: _Outcome) -> None:
        columns = ["id", "app_id", "path", "user_key", "message_id", "body"]
        values = select(
            *(waiting.c[name] for name in columns),
            literal(outcome.status),
            literal(storable(outcome.reason)),
            literal(self._clock()),
        ).where(*self._these(outcome.rows))
        connection.execute(insert(refused).from_select([*columns, "status", "reason", "at"], values))

    def _these(self, rows: Sequence[Row]) -> list[Any]:
        """The rows as SQL. In a file that came in place of another, other calls may have their numbers."""
        found: list[Any] = [waiting.c.id.in_([row.id for row in rows])]
        if self.database.is_sqlite:
            found.append(waiting.c.message_id.in_([row.message_id for row in rows]))
        return found

    def _supersede(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Of a user's older calls that may still be sent, those properties count no more that Heap has now newer.

        Such calls are among the refused ones, or were put back from there while the newer ones were being sent.
        """
        newer: dict[str, list[Row]] = {}
        for row in rows:
            newer.setdefault(row.user, []).append(row)
        last = max(row.id for row in rows)
        for table in (refused, waiting):
            query = select(table).where(
                table.c.app_id == self.app_id,
                not_(table.c.path.like("%/track")),  # of whichever endpoint: it is one user with one set of properties
                table.c.id < last,
                table.c.user_key.in_(list(newer)),
            )
            if table is waiting:
                query = query.where(table.c.id.not_in([row.id for row in rows]))
            for old in connection.execute(query).mappings().all():
                names: set[str] = set()
                for row in newer[old["user_key"]]:
                    if row.id > old["id"]:
                        names |= property_names(row.body)
                self._drop_properties(connection, table, dict(old), names & property_names(old["body"]))

    def _drop_properties(self, connection: Connection, table: Table, old: Mapping[str, Any], names: set[str]) -> None:
        if not names:
            return
        this = table.c.id == old["id"]
        if table is refused:
            told = sorted(names | set(json.loads(old["newer"] or "[]")))
            connection.execute(update(refused).where(this).values(newer=json.dumps(told)))
            return
        body = without_properties(old["body"], names)
        if body is None:
            connection.execute(delete(waiting).where(this))
        else:
            connection.execute(update(waiting).where(this).values(body=body))

    def _waiting_again(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        kept = {key: row[key] for key in ("id", "app_id", "path", "user_key", "message_id", "body", "at")}
        names = set(json.loads(row["newer"] or "[]"))
        body = without_properties(row["body"], names) if names else row["body"]
        return None if body is None else {**kept, "body": body, "lane": _lane_of(row["user_key"])}

    def _learn(self, connection: Connection, pacer: Pacer, now: float) -> None:
        wall = self._clock()
        query = (
            select(ledger.c.id, ledger.c.at, ledger.c.path, ledger.c.users)
            .where(ledger.c.app_id == self.app_id, ledger.c.id > self._seen, ledger.c.at > wall - EVENT_WINDOW)
            .order_by(ledger.c.id)
        )
        for id_, at, path, users in connection.execute(query):
            # Another's clock, or ours since then, may have been set: nothing stops us for longer than the window.
            age = min(max(wall - at, 0.0), EVENT_WINDOW)
            pacer.record(Sent(now - age, is_event(path), tuple(json.loads(users))))
            self._seen = id_

    def _record(self, connection: Connection, users: tuple[str, ...], path: str) -> None:
        at = self._clock()
        row = {"app_id": self.app_id, "at": at, "path": path, "users": json.dumps(users)}
        key = connection.execute(insert(ledger).values(row)).inserted_primary_key
        if key is not None:
            self._seen = key[0]
        # What seems to be of the future was written before a clock was set back.
        old = or_(ledger.c.at < at - 2 * EVENT_WINDOW, ledger.c.at > at + 2 * EVENT_WINDOW)
        connection.execute(delete(ledger).where(ledger.c.app_id == self.app_id, old))

    def _log_trouble(self, error: OutboxError) -> None:
        """Says it once, and again when it goes on for long."""
        now = self._monotonic()
        if now - self._said.get(error.kind, -QUIET) >= QUIET:
            self._said[error.kind] = now
            _log.error("%s", error, extra={"heap_web": {"event": "outbox", "kind": error.kind}})


def conditions(
    table: Table,
    *,
    status: int | None = None,
    user: str | None = None,
    message_ids: Iterable[str] | None = None,
    path: str | None = None,
    before: float | None = None,
) -> list[Any]:
    """Which calls are meant, as SQL. `message_ids`: several, or one as text. `before`: kept before this moment, in
    seconds since 1970.
    """
    found: list[Any] = []
    if status is not None:
        found.append(table.c.status == status)
    if user is not None:
        found.append(table.c.user_key == user_key(str(user)))
    if message_ids is not None:
        some = [message_ids] if isinstance(message_ids, str) else message_ids
        found.append(table.c.message_id.in_([storable(message_key(key) or "") for key in some]))
    if path is not None:
        found.append(table.c.path == path)
    if before is not None:
        found.append(table.c.at < before)
    return found


def storable(text: str) -> str:
    """Databases refuse U+0000 and lone surrogates."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def user_key(user: str) -> str:
    """What a user is kept under: longer ids than Heap takes end in a hash, so that they fit and stay apart."""
    key = storable(user)
    return key if len(key) <= LONG_USER else f"{key[:LONG_USER]}#{sha256(key.encode()).hexdigest()}"


def _lane_of(user: str) -> int:
    return crc32(user_key(user).encode()) % LANES


def _is_alive(connection: Connection) -> bool:
    try:
        connection.execute(select(1))
    except SQLAlchemyError:
        return False
    return True


def _insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts the rows that the table has not yet, by its unique keys."""
    name = connection.dialect.name
    if name == "mysql":
        # "INSERT IGNORE" would also cut what does not fit, without a word.
        statement = mysql.insert(table)
        connection.execute(statement.on_duplicate_key_update(app_id=statement.inserted.app_id), rows)
    elif name == "postgresql":
        connection.execute(postgresql.insert(table).on_conflict_do_nothing(), rows)
    else:
        # One statement for many rows: Python's driver lets other threads run, and waits for them, at each statement.
        columns = list(rows[0])
        places = f"({', '.join('?' * len(columns))})"
        for start in range(0, len(rows), ROWS_PER_STATEMENT):
            some = rows[start : start + ROWS_PER_STATEMENT]
            connection.exec_driver_sql(
                f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {', '.join([places] * len(some))} "
                "ON CONFLICT DO NOTHING",
                tuple(row[column] for row in some for column in columns),
            )


def _write_checkpoint(connection: Connection, app_id: str, name: str, position: str) -> None:
    this = (checkpoints.c.app_id == app_id, checkpoints.c.name == storable(name))
    if connection.scalar(select(func.count()).where(*this)):
        connection.execute(update(checkpoints).where(*this).values(position=storable(position)))
    else:
        connection.execute(insert(checkpoints).values(app_id=app_id, name=storable(name), position=storable(position)))


def _some(users: Collection[str]) -> list[str]:
    """No more names than a statement holds; `reserve` finds the rest."""
    return sorted(users)[:5_000]
