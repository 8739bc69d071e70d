"""What an operator does with an outbox: see how it stands, look at calls, send refused ones again, drop, export."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import Table, delete, func, null, select

from heap_web.cloud.entries import is_event
from heap_web.cloud.outbox import PAGE, Outbox, conditions
from heap_web.cloud.tables import refused, waiting
from heap_web.core.errors import ConfigurationError

if TYPE_CHECKING:
    from typing import Literal, TypedDict, Unpack

    Which = Literal["waiting", "refused"]

    class Meant(TypedDict, total=False):
        """Which calls are meant; all of those given must hold."""

        user: str | None
        message_ids: Iterable[str] | None
        path: str | None
        status: int | None
        """Heap's HTTP status; refused calls only."""
        before: float | None
        """Kept before this moment, in seconds since 1970."""


TABLES: dict[str, Table] = {"waiting": waiting, "refused": refused}


@dataclass(frozen=True, slots=True)
class Status:
    """How an outbox stands."""

    url: str
    """Where it is, without the password."""
    app_id: str
    waiting: int
    """Calls that Heap has not taken yet."""
    events: int
    """Those of them that are events."""
    size: int
    """Characters of JSON text that wait."""
    oldest: float | None
    """When the oldest waiting call was put in, in seconds since 1970."""
    refused: int
    """Calls that Heap said no to."""
    statuses: dict[int, int]
    """How many of them by Heap's HTTP status."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A call in the outbox."""

    id: int
    """Its place in the order of all calls."""
    path: str
    user: str
    message_id: str
    body: str
    """JSON text of the call."""
    at: float | None
    """When it was put in, or refused, in seconds since 1970."""
    status: int | None = None
    """Heap's HTTP status, of a refused call."""
    reason: str | None = None
    """What Heap said."""


def status(outbox: Outbox) -> Status:
    """How it stands."""
    counted = (func.count(), func.coalesce(func.sum(func.length(waiting.c.body)), 0), func.min(waiting.c.at))
    of_app = waiting.c.app_id == outbox.app_id
    with outbox.database.read() as connection:
        by_path = connection.execute(select(waiting.c.path, *counted).where(of_app).group_by(waiting.c.path)).all()
        by_status = connection.execute(
            select(refused.c.status, func.count()).where(refused.c.app_id == outbox.app_id).group_by(refused.c.status)
        ).all()
    statuses = {int(code): int(calls) for code, calls in by_status}
    return Status(
        url=outbox.url,
        app_id=outbox.app_id,
        waiting=sum(int(calls) for _, calls, _, _ in by_path),
        events=sum(int(calls) for path, calls, _, _ in by_path if is_event(path)),
        size=sum(int(size) for _, _, size, _ in by_path),
        oldest=min((at for *_, at in by_path if at is not None), default=None),
        refused=sum(statuses.values()),
        statuses=statuses,
    )


def calls(outbox: Outbox, which: Which = "refused", **meant: Unpack[Meant]) -> Iterator[Kept]:
    """The calls that wait, or that were refused, oldest first."""
    table = _table(which)
    columns = (table.c.id, table.c.path, table.c.user_key, table.c.message_id, table.c.body, table.c.at)
    said = (table.c.status, table.c.reason) if table is refused else (null(), null())
    query = select(*columns, *said).where(table.c.app_id == outbox.app_id, *_conditions(table, meant))
    for row in outbox.pages(query, table):
        yield Kept(*row)


def retry(outbox: Outbox, **meant: Unpack[Meant]) -> int:
    """Puts refused calls back among the waiting ones; gives how many. See `Outbox.retry_refused`."""
    return outbox.retry_refused(**meant)


def drop(outbox: Outbox, which: Which = "refused", **meant: Unpack[Meant]) -> int:
    """Removes calls for good; gives how many. `export` them first."""
    table = _table(which)
    query = select(table.c.id).where(table.c.app_id == outbox.app_id, *_conditions(table, meant))
    dropped = 0
    while True:
        with outbox.database.begin("Nothing was dropped") as connection:
            ids = list(connection.scalars(query.order_by(table.c.id).limit(PAGE)))
            if ids:
                dropped += connection.execute(delete(table).where(table.c.id.in_(ids))).rowcount
        if len(ids) < PAGE:
            return dropped


def export(outbox: Outbox, file: IO[str], which: Which = "refused", **meant: Unpack[Meant]) -> int:
    """Writes calls to a text file, one JSON object a line, as `Kept` has them; gives how many."""
    written = 0
    for kept in calls(outbox, which, **meant):
        line: dict[str, Any] = {**asdict(kept), "body": json.loads(kept.body)}
        file.write(json.dumps({name: value for name, value in line.items() if value is not None}) + "\n")
        written += 1
    return written


def _table(which: str) -> Table:
    if which not in TABLES:
        raise ConfigurationError(f"which is {which!r}; pass one of {', '.join(map(repr, TABLES))}")
    return TABLES[which]


def _conditions(table: Table, meant: Meant) -> list[Any]:
    if table is waiting and meant.get("status") is not None:
        raise ConfigurationError("status: only refused calls have one; pass which='refused'")
    return conditions(table, **meant)
