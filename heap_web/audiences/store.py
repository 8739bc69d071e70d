"""What Heap was last told of an audience or a trait: tables in the engine that compares, read and written through
Ibis.

Tables, named after the app and the property: the users as told (`…_told`), the changes that are being told
(`…_changes_<run>`), and, where the new ones come from a program, these (`…_new`). Nothing needs a transaction over
several statements: each step may be repeated, and whatever step a run is cut short at, what is there tells how to
go on:

| there is | and the outbox knows the run | then |
| --- | --- | --- |
| changes | no | the run was not begun: they are dropped |
| changes | yes | they are told from where the telling ended, and taken into the told |
| no changes | - | nothing is under way |

Where rows cannot be deleted (Spark's own catalogue), taking in the changes writes a new table of the told,
`…_told_<run>`, then drops the old one, then the changes. As long as both are there with changes of that run, the
new one may be cut short and is written again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any

import ibis
import ibis.expr.types as ir

from heap_web.audiences import engines
from heap_web.audiences.values import encoded
from heap_web.cloud.documented import LONGEST_IDENTITY
from heap_web.cloud.messages import identity
from heap_web.core.errors import ConfigurationError

USER, VALUE, MEMBER, BEFORE = "user_id", "value", "member", "before"
STAGED_AT_ONCE = 50_000
READ_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Counts:
    """What a comparison found."""

    entered: int
    """Users who came, or got a value."""
    changed: int
    """Users whose value is another one."""
    left: int
    unchanged: int
    skipped: int
    """Different ids that Heap does not take."""

    @property
    def told(self) -> int:
        """Users that Heap was told of before."""
        return self.changed + self.left + self.unchanged


class MemberStore:
    """The users of one audience, or of one trait with their values, as told."""

    def __init__(
        self, connection: Any, app_id: str, property_name: str, *, kind: str = "audience", valued: bool = False
    ) -> None:
        self._connection = connection
        slug = re.sub("[^a-z0-9]+", "_", property_name.lower())[:24].strip("_")
        of_kind = "" if kind == "audience" else f"{kind}\n"
        digest = sha256(f"{of_kind}{app_id}\n{property_name}".encode()).hexdigest()[:10]
        self.name = f"heap_web_{slug}_{digest}"
        """What the names of its tables begin with."""
        self._staged = f"{self.name}_new"
        self._columns = (USER, VALUE) if valued else (USER,)

    @property
    def told(self) -> ir.Table:
        """The users as told: the text column `user_id`, and for a trait `value`."""
        changes = self._names("changes")
        return self._table(self._told(changes[-1].removeprefix(f"{self.name}_changes_") if changes else None))

    @property
    def changes(self) -> ir.Table | None:
        """The changes that a run wrote down, if it has not ended: `user_id`, `member`, `value` for a trait, `run`."""
        names = self._names("changes")
        return self._table(names[-1]) if names else None

    def stage(self, members: Iterable[Any]) -> tuple[ir.Table, int]:
        """Writes ids, or pairs of id and value, into a table, a batch at a time; gives it, and how many had no id that
        Heap takes.
        """
        self.unstage()
        self._connection.create_table(self._staged, schema=ibis.schema(dict.fromkeys(self._columns, "string")))
        skipped, left = 0, iter(members)
        while batch := list(islice(left, STAGED_AT_ONCE)):
            columns, wrong = self._texts(batch)
            skipped += wrong
            if columns[USER]:
                engines.write(self._connection, self._staged, columns)
        return self._table(self._staged), skipped

    def _texts(self, batch: list[Any]) -> tuple[dict[str, list[str]], int]:
        if VALUE not in self._columns:
            texts = [text for value in batch if (text := _id(value)) is not None]
            return {USER: texts}, len(batch) - len(texts)
        users: list[str] = []
        values: list[str] = []
        wrong = 0
        for user, value in batch:
            text, told = _id(user), encoded(value)
            wrong += text is None
            if text is not None and told is not None:
                users.append(text)
                values.append(told)
        return {USER: users, VALUE: values}, wrong

    def unstage(self) -> None:
        """Removes what was staged."""
        if self._has(self._staged):
            self._drop(self._staged)

    def owns(self, members: ir.Table) -> bool:
        """Whether a table is in this store's engine, so that it need not be copied to be compared."""
        return engines.same(members.get_backend(), self._connection)

    def rows(self, table: ir.Table) -> Iterator[Any]:
        """The rows of another engine's table, to be staged here."""
        for columns in engines.batches(table.get_backend(), table, STAGED_AT_ONCE):
            yield from zip(*columns, strict=True) if len(columns) > 1 else columns[0]

    def count(self, changes: ir.Table, told: ir.Table) -> Counts:
        """How many come, go and stay by these changes of the told."""
        numbers = changes.aggregate(
            came=changes.member.sum(), left=(~changes.member).sum(), skipped=changes.member.isnull().sum()
        ).to_pyarrow()
        came, left, skipped = (int(column[0].as_py() or 0) for column in numbers.columns)
        changed = _number(changes.filter(changes.member).semi_join(told, USER)) if VALUE in self._columns else 0
        return Counts(came - changed, changed, left, _number(told) - left - changed, skipped)

    def run(self, changes: ir.Table) -> tuple[str, int]:
        """The run that is telling these changes, and how many there are."""
        row = changes.aggregate(run=changes.run.max(), total=changes.member.count()).to_pyarrow().to_pylist()[0]
        return str(row["run"]), int(row["total"])

    def current(self) -> ir.Table:
        """The users as they will have been told once the changes that are being told have been."""
        changes = self.changes
        return self.told if changes is None else self._after(self.told, changes)

    def begin(self, changes: ir.Table, run: str) -> ir.Table:
        """Writes down what has changed. Once the outbox knows the run, it is completed whatever happens."""
        name = f"{self.name}_changes_{run[:10]}"
        self._connection.create_table(name, changes)
        return self._table(name)

    def ids(self, changes: ir.Table, after: str | None) -> Iterator[list[list[Any]]]:
        """The changes in the order of their user ids, from behind `after`, some at a time: `user_id`, `member`, for a
        trait `value`, and `before` where it is known.
        """
        left = changes.filter(changes.member.notnull())
        if after is not None:
            left = left.filter(left[USER] > after)
        more = [BEFORE] if BEFORE in left.columns else []
        ordered = left.select(USER, MEMBER, *self._columns[1:], *more).order_by(USER)
        yield from engines.batches(self._connection, ordered, READ_AT_ONCE)

    def finish(self, changes: ir.Table) -> None:
        """Takes the changes into what was told. May be repeated."""
        name = changes.get_name()
        run = name.removeprefix(f"{self.name}_changes_")
        if engines.changes_rows(self._connection):
            self._change_rows(self._told(run), changes)
        else:
            self._write_anew(run, changes)
        self._drop(name)

    def forget_changes(self) -> None:
        """Drops the changes of a run that was not begun, and what it may have left."""
        for name in self._names("changes"):
            run = name.removeprefix(f"{self.name}_changes_")
            told = self._told(run)
            for other in self._names("told"):
                if other != told:
                    self._drop(other)
            self._drop(name)

    def forget(self) -> None:
        """Drops all tables."""
        for name in [*self._names("changes"), *self._names("told")]:
            self._drop(name)
        self.unstage()

    def _change_rows(self, told: str, changes: ir.Table) -> None:
        touched = self._connection.compile(changes.filter(changes.member.notnull()).select(USER))
        self._connection.raw_sql(f"DELETE FROM {self._quoted(told)} WHERE {self._quoted(USER)} IN ({touched})")
        self._connection.insert(told, changes.filter(changes.member).select(*self._columns))

    def _write_anew(self, run: str, changes: ir.Table) -> None:
        following = f"{self.name}_told_{run}"
        old = [name for name in self._names("told") if name != following]
        if not old:
            return  # written, and the old one dropped, before a run was cut short
        if self._has(following):
            self._drop(following)
        self._connection.create_table(following, self._after(self._table(old[-1]), changes))
        for name in old:
            self._drop(name)

    def _after(self, told: ir.Table, changes: ir.Table) -> ir.Table:
        stay = told.anti_join(changes.filter(changes.member.notnull()), USER).select(*self._columns)
        return ibis.union(stay, changes.filter(changes.member).select(*self._columns))

    def _told(self, run: str | None) -> str:
        """The name of the table of the told, made when missing. `run`: the one whose changes are there, if any."""
        names = self._names("told")
        older = [name for name in names if run is None or name != f"{self.name}_told_{run}"]
        if older or names:
            return (older or names)[-1]
        # A name of its own where a dropped table's folder may still be there.
        name = f"{self.name}_told" if engines.changes_rows(self._connection) else f"{self.name}_told_{_chance()}"
        self._connection.create_table(name, schema=ibis.schema(dict.fromkeys(self._columns, "!string")))
        return name

    def _names(self, kind: str) -> list[str]:
        return sorted(self._connection.list_tables(like=f"^{self.name}_{kind}(_[0-9a-f]+)?$"))

    def _drop(self, name: str) -> None:
        # In plain SQL: Ibis 12 leaves out the table's name where sqlglot is younger than it (seen with sqlglot 30.30).
        self._connection.raw_sql(f"DROP TABLE {self._quoted(name)}")

    def _has(self, name: str) -> bool:
        return name in self._connection.list_tables(like=f"^{name}$")

    def _table(self, name: str) -> ir.Table:
        table: ir.Table = self._connection.table(name)
        return table

    def _quoted(self, name: str) -> str:
        return engines.quoted(self._connection, name)


def _id(value: object) -> str | None:
    """A user id that Heap takes; most are plain text and need no closer look."""
    text = value if type(value) is str and value.isalnum() and value.isascii() else identity(value)
    # PostgreSQL takes no U+0000 in text.
    return text if text is not None and len(text) <= LONGEST_IDENTITY and "\0" not in text else None


def _number(table: ir.Table) -> int:
    return int(table.count().to_pyarrow().as_py())


def _chance() -> str:
    import secrets

    return secrets.token_hex(5)


def changed(members: ir.Table, told: ir.Table, run: str, *, integers: bool = False, valued: bool = False) -> ir.Table:
    """Who came and who went, as one expression for every engine that Ibis knows: `user_id`, `member`, `run`, and for a
    trait `value`.

    The comparison is an anti-join, once each way: the members (or users with this value) that were not told, and the
    told that are no members. Only what it leaves is looked at any closer: `member` is null for what is no id that Heap
    takes. `integers`: ids come from integers.
    """
    keys = [USER, VALUE] if valued else [USER]
    came = members.anti_join(told, keys).select(*keys).distinct()
    text = came[USER]
    is_id = text.notnull() & (text.strip() != "") & (text.length() <= LONGEST_IDENTITY)
    if integers:
        is_id &= text != "0"
    unknown = ibis.null("boolean")
    entered = came.mutate(member=ibis.ifelse(ibis.coalesce(is_id, False), ibis.literal(True), unknown))
    left = told.anti_join(members, USER).select(USER).mutate(member=ibis.literal(False))
    if valued:
        left = left.mutate(value=ibis.null("string"))
    columns = [USER, MEMBER, *keys[1:]]
    return ibis.union(entered.select(*columns), left.select(*columns)).mutate(run=ibis.literal(run))


def with_before(changes: ir.Table, told: ir.Table) -> ir.Table:
    """Changes, each with the value that was told before, in `before`."""
    earlier = told.select(**{USER: told[USER], BEFORE: told[VALUE]})
    return changes.left_join(earlier, USER).select(*changes.columns, BEFORE)


def ids_of(members: ir.Table, place: int) -> tuple[ir.Value, bool]:
    """A table's column of user ids as text, and whether they are integers; `ConfigurationError` for what cannot be
    ids.
    """
    column = members[members.columns[place]]
    kind = column.type()
    is_whole = kind.is_integer() or (kind.is_decimal() and kind.scale == 0)
    if not (kind.is_string() or is_whole or kind.is_uuid()):
        raise ConfigurationError(f"user ids must be text or integers; the column {column.get_name()!r} is {kind}")
    return (column if kind.is_string() else column.cast("string")), is_whole
