"""Keeping an audience in step: Heap is told of those who came or went since it was last told, and of nobody else.

A run writes down what has changed, puts a call for each change into the outbox, and takes the changes into what
was told. Cut short anywhere, the next run first completes it: the changes are there, and how many of them are in
the outbox is written with the calls, in one transaction.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import ibis.expr.types as ir
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from heap_web.audiences.names import checked, property_name
from heap_web.audiences.store import STAGED_AT_ONCE, MemberStore, changed, default_file, ids_of, keeps, open_file
from heap_web.cloud import documented, partner
from heap_web.cloud.client import HeapCloud
from heap_web.cloud.outbox import Outbox
from heap_web.core.errors import ConfigurationError

Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run has found and done. Numbers of users."""

    entered: int
    """Who came: told true."""
    left: int
    """Who went: told false."""
    unchanged: int
    """Who stayed: not told."""
    sent: int
    """Calls put into the outbox, those of an earlier run that was cut short included; 0 for a dry run."""
    skipped: int = 0
    """Members left out because Heap takes no such id: empty, or longer than 255 characters. (In a table:
    different ones.)
    """


class AudienceSync:
    """An audience whose members Heap knows by a user property that is true or false.

    `audience`: its name; the property is its snake_case form, or `property`. `outbox`: a `HeapCloud`, which then
    sends what is put into it as it does all else, or an `Outbox` that another program sends from. `store`: where
    the members that Heap was told are kept: an Ibis connection, or the path of a DuckDB file; by default the
    engine that the members come from, if they are an Ibis table in a database, else a file in the user's state
    directory. One run at a time may use an audience.

    Raises `ConfigurationError` for a name that no property can be made of.
    """

    def __init__(
        self,
        audience: str,
        outbox: HeapCloud | Outbox,
        *,
        property: str | None = None,  # noqa: A002 - the field's term
        store: Any | str | os.PathLike[str] | None = None,
    ) -> None:
        self.property = property_name(audience) if property is None else checked(property)
        """The user property."""
        self._put = outbox.put
        self._outbox = outbox.outbox if isinstance(outbox, HeapCloud) else outbox
        self._form = partner if isinstance(outbox, HeapCloud) and outbox.api == "integrations" else documented
        self._store = store
        self._file: Any = None
        self._checkpoint = f"audience {self.property}"[:255]

    def sync(
        self,
        members: Iterable[object] | ir.Table,
        *,
        user_id: str | None = None,
        dry_run: bool = False,
        progress: bool | Report = False,
    ) -> Summary:
        """Tells Heap who came and who went; the first time, of every member.

        `members`: all who are in the audience now: an iterable of user ids (text or numbers, doubles allowed),
        read once, or an Ibis table. `user_id`: its column of ids; by default `user_id`, or the only one.
        `dry_run`: finds out and tells, changes nothing. `progress`: True for a progress bar, or a function that
        is told (calls put, calls in all).
        """
        store = self._member_store(members)
        with self._bar(progress) as report:
            resumed = 0 if dry_run else self._complete(store, report)
            try:
                table, integers, skipped = self._members(store, members, user_id)
                told = store.current()
                changes = changed(table, told, uuid4().hex, integers=integers)
                found = store.count(changes if dry_run else store.begin(changes), told)
            finally:
                store.unstage()
            sent = 0 if dry_run else self._complete(store, report)
        return Summary(found.entered, found.left, found.unchanged, resumed + sent, found.skipped + skipped)

    def _complete(self, store: MemberStore, report: Report) -> int:
        """Tells the changes that are written down, from where the telling ended; gives how many calls it put."""
        changes = store.changes
        if changes is None:
            return 0
        run, total = store.run(changes)
        mark = json.loads(self._outbox.checkpoint(self._checkpoint) or "{}")
        done, after = (mark["done"], mark["after"]) if mark.get("run") == run else (0, None)
        put = 0
        for users, members in store.ids(changes, after):
            entries = [
                self._form.update(user, {self.property: member}, f"{run}-{done + n}")
                for n, (user, member) in enumerate(zip(users, members, strict=True))
            ]
            done += len(entries)
            put += len(entries)
            self._put(
                entries, checkpoint=(self._checkpoint, json.dumps({"run": run, "done": done, "after": users[-1]}))
            )
            report(done, total)
        store.finish(changes)
        self._outbox.forget_checkpoint(self._checkpoint)
        return put

    def _member_store(self, members: object) -> MemberStore:
        given = self._store
        if given is None and isinstance(members, ir.Table) and keeps(members.get_backend()):
            given = members.get_backend()
        if given is None or isinstance(given, str | os.PathLike):
            self._file = self._file if self._file is not None else open_file(given or default_file())
            given = self._file
        return MemberStore(given, self._outbox.app_id, self.property)

    def _members(self, store: MemberStore, members: object, user_id: str | None) -> tuple[ir.Table, bool, int]:
        """The members as a table in the store's engine, whether they come from integers, and how many were left out."""
        if not isinstance(members, ir.Table):
            if not isinstance(members, Iterable) or isinstance(members, str | bytes):
                raise ConfigurationError(
                    f"members must be an iterable of user ids or an Ibis table, not {members!r:.60}"
                )
            table, skipped = store.stage(members)
            return table, False, skipped
        ids, integers = ids_of(members, user_id)
        if store.owns(members):
            return ids.mutate(user_id=ids.user_id.cast("string")) if integers else ids, integers, 0
        batches = ids.to_pyarrow_batches(chunk_size=STAGED_AT_ONCE)
        table, skipped = store.stage(user for batch in batches for user in batch.column(0).to_pylist())
        return table, False, skipped

    def _bar(self, progress: bool | Report) -> AbstractContextManager[Report]:
        if progress is True:
            return _shown(self.property)
        return nullcontext(progress if callable(progress) else lambda _done, _total: None)

    def close(self) -> None:
        """Closes the file of members, if this object opened one."""
        if self._file is not None:
            self._file.disconnect()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _shown(name: str) -> Iterator[Report]:
    """A progress bar on the terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(f"{name}, calls", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
