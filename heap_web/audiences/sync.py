"""Keeping an audience or a trait in step: Heap is told of those who changed since it was last told, and of nobody else.

A run writes down what has changed, notes the run in the outbox, puts a call for each change there, and takes the
changes into what was told. Cut short before the note, nothing has happened; cut short after it, the next run first
completes it: the changes are there, and how many of them are in the outbox is written with the calls, in one
transaction.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import ibis
import ibis.expr.types as ir
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from heap_web.audiences import lock, members, values
from heap_web.audiences.engines import default_file, keeps, open_file
from heap_web.audiences.errors import AudienceBusy, AudienceShrinks
from heap_web.audiences.members import Columns
from heap_web.audiences.names import checked, property_name
from heap_web.audiences.store import BEFORE, USER, VALUE, Counts, MemberStore, changed, ids_of, with_before
from heap_web.cloud import documented, partner
from heap_web.cloud.client import HeapCloud
from heap_web.cloud.entries import Entry
from heap_web.cloud.outbox import Outbox
from heap_web.core.errors import ConfigurationError
from heap_web.core.scalars import Scalar

Report = Callable[[int, int], None]
Store = Any | str | os.PathLike[str] | None

SET = "set"
ALLOWED_SHARE = 0.5
"""Of the users told, who may leave in one run unless the caller says more."""
FEW = 10
"""Fewer than so many may always leave."""


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
    """Members left out because Heap takes no such id: empty, longer than 255 characters, or with U+0000. (In a table:
    different ones.)
    """


@dataclass(frozen=True, slots=True)
class TraitSummary:
    """What a run has found and done. Numbers of users."""

    new: int
    """Who had no value before: told it."""
    changed: int
    """Who has another value: told it."""
    gone: int
    """Who has no value any longer: told `gone`."""
    unchanged: int
    """Whose value is the same: not told."""
    sent: int
    """Calls put into the outbox, those of an earlier run that was cut short included; 0 for a dry run."""
    skipped: int = 0
    """Users left out because Heap takes no such id."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Members as they were given: a table of some engine, or rows."""

    table: ir.Table | None = None
    rows: Iterable[Any] = ()
    integers: bool = False
    """Whether the table's ids come from integers."""


class _Sync:
    """What audiences and traits share: the store, the lock, and the way of a run."""

    _kind = "audience"
    _valued = False

    def __init__(
        self,
        name: str,
        outbox: HeapCloud | Outbox,
        *,
        property: str | None = None,  # noqa: A002 - the field's term
        store: Store = None,
        wait: float = 0.0,
    ) -> None:
        self.property = property_name(name) if property is None else checked(property)
        """The user property."""
        if not isinstance(outbox, HeapCloud | Outbox):
            raise ConfigurationError(f"outbox must be a HeapCloud or an Outbox, not {type(outbox).__name__}")
        if not (store is None or isinstance(store, str | os.PathLike) or hasattr(store, "create_table")):
            raise ConfigurationError(f"store must be an Ibis connection or a file's path, not {type(store).__name__}")
        self._put = outbox.put
        self._outbox = outbox.outbox if isinstance(outbox, HeapCloud) else outbox
        self._form = partner if isinstance(outbox, HeapCloud) and outbox.api == "integrations" else documented
        self._store = store
        self._wait = wait
        self._shown = f"the {self._kind} {self.property!r}"
        name = f"{self._kind} {self.property}"
        self._checkpoint = name if len(name) <= 255 else f"{name[:190]} {sha256(name.encode()).hexdigest()}"

    def _told_to(self, member: bool, value: str | None, before: str | None) -> dict[str, Scalar]:
        """What Heap is told of a user who changed: the properties and their values."""
        raise NotImplementedError

    def _count(self, changes: ir.Table, told: ir.Table) -> None:
        """Counts more closely, for a set."""

    def _check_shrinking(self, found: Counts, allowed: float) -> None:
        """Raises `AudienceShrinks` if more leave than is allowed."""
        if found.left >= FEW and found.left > allowed * found.told:
            raise AudienceShrinks(self._shown, found.left, found.told, allowed)

    def _run(
        self,
        given: object,
        columns: Columns,
        *,
        dry_run: bool,
        progress: bool | Report,
        allow_shrink: bool | float,
    ) -> tuple[Counts, int, int]:
        """What was found, how many calls were put, and how many members were left out before the comparison."""
        allowed = _share(allow_shrink)
        source = self._source(given, columns)
        with self._member_store(source.table) as store, self._bar(progress) as report:
            resumed = 0 if dry_run else self._complete(store, report)
            try:
                compared, integers, skipped = self._members(store, source)
                told, run = store.current(), uuid4().hex
                changes = changed(compared, told, run, integers=integers, valued=self._valued)
                if self._kind == SET:
                    changes = with_before(changes, told)
                changes = changes if dry_run else store.begin(changes, run)
                found = store.count(changes, told)
                self._count(changes, told)
            finally:
                store.unstage()
            if dry_run:
                _check_ids(found, skipped)
                return found, 0, skipped
            try:
                _check_ids(found, skipped)
                self._check_shrinking(found, allowed)
            except (AudienceShrinks, ConfigurationError):
                store.forget_changes()
                raise
            if found.entered or found.changed or found.left:
                self._note(run, 0, None)
            return found, resumed + self._complete(store, report), skipped

    def _complete(self, store: MemberStore, report: Report) -> int:
        """Tells the changes of the run that the outbox knows, from where the telling ended; gives how many calls it
        put. Changes of a run that was not begun are dropped.
        """
        changes = store.changes
        if changes is None:
            return 0
        run, total = store.run(changes)
        mark = json.loads(self._outbox.checkpoint(self._checkpoint) or "{}")
        if not total or mark.get("run") != run:
            store.forget_changes()
            return 0
        done, after, put = mark["done"], mark["after"], 0
        for users, came, *told in store.ids(changes, after):
            nothing: list[Any] = [None] * len(users)
            now, before = [*told, nothing, nothing][:2]
            entries = [
                self._form.update(user, self._told_to(*what), f"{run}-{done + n}")
                for n, (user, *what) in enumerate(zip(users, came, now, before, strict=True))
            ]
            done += len(entries)
            put += len(entries)
            self._note(run, done, users[-1], entries)
            report(done, total)
        store.finish(changes)
        self._outbox.forget_checkpoint(self._checkpoint)
        return put

    def _note(self, run: str, done: int, after: str | None, entries: Sequence[Entry] = ()) -> None:
        self._put(entries, checkpoint=(self._checkpoint, json.dumps({"run": run, "done": done, "after": after})))

    @contextmanager
    def _member_store(self, table: ir.Table | None) -> Iterator[MemberStore]:
        """Where the members are kept, for this run alone."""
        given, file = self._store, None
        if given is None and table is not None and keeps(table.get_backend()):
            given = table.get_backend()
        if given is None or isinstance(given, str | os.PathLike):
            given = file = self._opened(given or default_file())
        store = MemberStore(given, self._outbox.app_id, self.property, kind=self._kind, valued=self._valued)
        try:
            with lock.held(given, store.name, self._shown, self._wait):
                yield store
        finally:
            if file is not None:
                file.disconnect()

    def _opened(self, path: str | os.PathLike[str]) -> Any:
        for last in lock.tries(self._wait):
            try:
                return open_file(path)
            except AudienceBusy:
                if last:
                    raise
        return None

    def _source(self, given: object, columns: Columns) -> _Source:
        """The members, looked at as far as can be without reading them."""
        table = members.table_of(given)
        if table is None:
            return _Source(rows=members.rows_of(given, columns))
        places = columns.of(table.columns, "the members have")
        users, integers = ids_of(table, places[0])
        chosen = {USER: users}
        if self._valued:
            chosen[VALUE] = self._encoded(table[table.columns[places[1]]])
        return _Source(table.select(**chosen), integers=integers)

    def _encoded(self, column: ir.Value) -> ir.Value:
        """A table's column of values as it is compared."""
        return values.column_of(column)

    def _members(self, store: MemberStore, source: _Source) -> tuple[ir.Table, bool, int]:
        """The members as a table in the store's engine, whether they come from integers, and how many were left out."""
        if source.table is not None and store.owns(source.table):
            return self._one_each(source.table), source.integers, 0
        rows = source.rows
        if source.table is not None:
            rows = _as_in_a_program(store.rows(source.table), valued=self._valued, integers=source.integers)
        staged, skipped = store.stage(rows)
        return self._one_each(staged), False, skipped

    def _one_each(self, table: ir.Table) -> ir.Table:
        """For a trait: one value for each user who has any."""
        if not self._valued:
            return table
        return table.filter(table[VALUE].notnull()).group_by(USER).aggregate(value=table[VALUE].max())

    def _bar(self, progress: bool | Report) -> AbstractContextManager[Report]:
        if progress is True:
            return _progress_bar(self.property)
        return nullcontext(progress if callable(progress) else lambda _done, _total: None)

    def close(self) -> None:
        """Ends the use of this object. Each run opens and closes the file of members itself."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AudienceSync(_Sync):
    """An audience whose members Heap knows by a user property that is true or false.

    `audience`: its name; the property is its snake_case form, or `property`. `outbox`: a `HeapCloud`, which then
    sends what is put into it as it does all else, or an `Outbox` that another program sends from. `store`: where
    the members that Heap was told are kept: an Ibis connection, or the path of a DuckDB file; by default the
    engine that the members come from, if they are a table in a database, else a file in the user's state
    directory. `wait`: seconds to wait for another run of this audience to end; one at a time may use it.

    Raises `ConfigurationError` for a name that no property can be made of.
    """

    def sync(
        self,
        members: Iterable[object] | ir.Table,
        *,
        user_id: str | None = None,
        dry_run: bool = False,
        progress: bool | Report = False,
        allow_shrink: bool | float = ALLOWED_SHARE,
    ) -> Summary:
        """Tells Heap who came and who went; the first time, of every member.

        `members`: all who are in the audience now: an iterable of user ids (text or numbers, doubles allowed) or of
        rows with one column, read once; a DataFrame of pandas, polars or PySpark, an Arrow table; or an Ibis table.
        `user_id`: the column of ids (in pandas also a name of the index); by default `user_id`, or the only one.
        `dry_run`: finds out and tells, changes nothing. `progress`: True for a progress bar, or a function that is
        told (calls put, calls in all). `allow_shrink`: the share of the members told who may leave in one run, from
        0 to 1, or True for any.

        Raises `ConfigurationError` for what holds no ids (an empty iterable is an empty audience), `AudienceShrinks`
        when more would leave than allowed (fewer than ten always may), and `AudienceBusy` while another run is at
        work. Nothing is told then.
        """
        found, sent, skipped = self._run(
            members, Columns(user_id), dry_run=dry_run, progress=progress, allow_shrink=allow_shrink
        )
        return Summary(found.entered, found.left, found.unchanged, sent, found.skipped + skipped)

    def retire(self) -> Summary:
        """Tells every member that they left, and forgets the audience: for one that ended, or has another name by
        now. Where the members are kept must be said by `store`, unless it is the default file.
        """
        summary = self.sync([], allow_shrink=True)
        with self._member_store(None) as store:
            store.forget()
        return summary

    def _told_to(self, member: bool, value: str | None, before: str | None) -> dict[str, Scalar]:
        return {self.property: member}


class TraitSync(_Sync):
    """A trait that Heap knows as a user property: each user's value, told when it is new or another one.

    As `AudienceSync`, with a value in place of the membership. `gone`: what a user is told who has no value any
    longer; Heap has no way to take a property away, so it is empty text unless you say otherwise.
    """

    _kind = "trait"
    _valued = True

    def __init__(
        self,
        trait: str,
        outbox: HeapCloud | Outbox,
        *,
        property: str | None = None,  # noqa: A002 - the field's term
        store: Store = None,
        wait: float = 0.0,
        gone: Scalar = "",
    ) -> None:
        super().__init__(trait, outbox, property=property, store=store, wait=wait)
        text = values.encoded(gone)
        if text is None:
            raise ConfigurationError(f"gone={gone!r} is no value that Heap takes; pass text, a number or a bool")
        self._gone = values.decoded(text)

    def sync(
        self,
        users: Mapping[Any, object] | Iterable[tuple[object, object]] | ir.Table,
        *,
        user_id: str | None = None,
        value: str | None = None,
        dry_run: bool = False,
        progress: bool | Report = False,
        allow_shrink: bool | float = ALLOWED_SHARE,
    ) -> TraitSummary:
        """Tells Heap whose value is new, another one or gone; the first time, of every user.

        `users`: all who have a value now: a mapping of user ids to values, an iterable of (id, value) pairs, a
        DataFrame, an Arrow table or an Ibis table, with the columns `user_id` and `value` or those named. A value is
        text, a number, a bool, a date or a time (in a table: to the second); None is no value. Of several values of
        one user, the greatest as text counts. Otherwise as `AudienceSync.sync`; `allow_shrink` is about the users
        whose value is gone.
        """
        found, sent, skipped = self._run(
            users, Columns(user_id, value, valued=True), dry_run=dry_run, progress=progress, allow_shrink=allow_shrink
        )
        return TraitSummary(found.entered, found.changed, found.left, found.unchanged, sent, found.skipped + skipped)

    def _told_to(self, member: bool, value: str | None, before: str | None) -> dict[str, Scalar]:
        return {self.property: values.decoded(value) if member and value is not None else self._gone}


class AudienceSetSync(_Sync):
    """Many audiences over one table, compared in one pass: each a condition on the table's rows, each a user property
    that is true or false. A user whose audiences changed is told once, of these alone.

    `name`: of the set, which its tables are named after; it is no property. Otherwise as `AudienceSync`.
    """

    _kind = SET
    _valued = True

    def __init__(self, name: str, outbox: HeapCloud | Outbox, *, store: Store = None, wait: float = 0.0) -> None:
        super().__init__(name, outbox, store=store, wait=wait)
        self._names: tuple[str, ...] = ()
        self._found: dict[str, tuple[int, int, int]] = {}

    def sync(
        self,
        table: ir.Table,
        audiences: Mapping[str, ir.BooleanValue],
        *,
        user_id: str | None = None,
        dry_run: bool = False,
        progress: bool | Report = False,
        allow_shrink: bool | float = ALLOWED_SHARE,
    ) -> dict[str, Summary]:
        """Tells Heap who came into which audience and who went; gives a summary for each property.

        `table`: an Ibis table, with one or more rows for a user. `audiences`: their names, and for each a condition
        such as `table.total > 1_000`; who has a row for which it is true is in it. `user_id`: the column of ids. An
        audience that is no longer among them has ended: its members are told that they left. `allow_shrink`: as of
        `AudienceSync.sync`, for each audience. A summary's `sent` counts the calls of the whole set.
        """
        if not isinstance(table, ir.Table) or not isinstance(audiences, Mapping) or not audiences:
            raise ConfigurationError(
                'pass an Ibis table, and a mapping of audiences to conditions such as {"VIP": table.total > 1_000}'
            )
        properties = {name: property_name(name) for name in audiences}
        if len(set(properties.values())) < len(properties):
            raise ConfigurationError(f"two of the audiences would be one property: {', '.join(properties.values())}")
        self._names = tuple(sorted(properties.values()))
        place = Columns(user_id).of(table.columns, "the table has")[0]
        marked = table.select(table[table.columns[place]].name(USER), **_flags(table, audiences, properties))
        one_each = marked.group_by(USER).aggregate(**{name: marked[name].any() for name in self._names})
        listed = ibis.literal(",")
        for name in self._names:
            listed = listed + ibis.ifelse(ibis.coalesce(one_each[name], False), f"{name},", "")
        members = one_each.select(USER, value=listed)
        members = members.filter(members.value != ",")
        found, sent, skipped = self._run(
            members,
            Columns(USER, VALUE, valued=True),
            dry_run=dry_run,
            progress=progress,
            allow_shrink=allow_shrink,
        )
        return {
            name: Summary(entered, left, before - left, sent, found.skipped + skipped)
            for name, (entered, left, before) in self._found.items()
        }

    def _encoded(self, column: ir.Value) -> ir.Value:
        return column

    def _count(self, changes: ir.Table, told: ir.Table) -> None:
        """How many came, went and were before, for each audience."""
        meant = changes.filter(changes.member.notnull())
        now, before = ibis.coalesce(meant.value, ""), ibis.coalesce(meant[BEFORE], "")
        wanted: dict[str, ir.Value] = {}
        for n, name in enumerate(self._names):
            is_now, was = now.contains(f",{name},"), before.contains(f",{name},")
            wanted |= {f"came{n}": (is_now & ~was).sum(), f"left{n}": (was & ~is_now).sum()}
        counted = meant.aggregate(**wanted).to_pyarrow().to_pylist()[0]
        held = {f"had{n}": told.value.contains(f",{name},").sum() for n, name in enumerate(self._names)}
        counted |= told.aggregate(**held).to_pyarrow().to_pylist()[0]
        self._found = {
            name: (int(counted[f"came{n}"] or 0), int(counted[f"left{n}"] or 0), int(counted[f"had{n}"] or 0))
            for n, name in enumerate(self._names)
        }

    def _check_shrinking(self, found: Counts, allowed: float) -> None:
        for name, (_, left, before) in self._found.items():
            if left >= FEW and left > allowed * before:
                raise AudienceShrinks(f"the audience {name!r}", left, before, allowed)

    def _told_to(self, member: bool, value: str | None, before: str | None) -> dict[str, Scalar]:
        now, was = (set((text or "").split(",")) - {""} for text in (value if member else "", before))
        return {name: name in now for name in sorted(now ^ was)}


def _flags(
    table: ir.Table, audiences: Mapping[str, ir.BooleanValue], properties: Mapping[str, str]
) -> dict[str, ir.BooleanValue]:
    flags: dict[str, ir.BooleanValue] = {}
    for name, condition in audiences.items():
        if not isinstance(condition, ir.Value) or not condition.type().is_boolean():
            raise ConfigurationError(f"{name}: {condition!r:.60} is no condition; pass one such as table.total > 1_000")
        flags[properties[name]] = condition
    return flags


def _check_ids(found: Counts, skipped: int) -> None:
    """Raises `ConfigurationError` for members of which none has an id: a wrong column, in which nobody would see that
    everyone has left.
    """
    wrong = found.skipped + skipped
    if wrong and found.left and not (found.entered or found.changed or found.unchanged):
        raise ConfigurationError(
            f"none of the members is an id that Heap takes ({wrong:,} are empty, booleans, too long or with U+0000), "
            "and everyone would leave. Nothing was told; pass the column of ids, or [] if the audience is empty"
        )


def _share(allow_shrink: bool | float) -> float:
    if isinstance(allow_shrink, bool):
        return 1.0 if allow_shrink else 0.0
    if not isinstance(allow_shrink, int | float) or not 0 <= allow_shrink <= 1:
        raise ConfigurationError(
            f"allow_shrink={allow_shrink!r} is no share; pass a number from 0 to 1, such as 0.8, or True for any"
        )
    return float(allow_shrink)


def _as_in_a_program(rows: Iterator[Any], *, valued: bool, integers: bool) -> Iterator[Any]:
    """Rows of another engine's table: an integer 0 is no id, and the values are encoded already."""
    for row in rows:
        user = row[0] if valued else row
        user = None if integers and user == "0" else user
        yield (user, None if row[1] is None else values.Encoded(row[1])) if valued else user


@contextmanager
def _progress_bar(name: str) -> Iterator[Report]:
    """A progress bar on the terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(f"{name}, calls", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
