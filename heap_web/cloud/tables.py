"""The outbox's tables, the same in every database: text is kept exactly, case, accents and blanks at its end
included.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    inspect,
    text,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import CreateColumn
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData()
_Id = BigInteger().with_variant(Integer(), "sqlite")
_MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
LONG_USER = 255
"""Characters of a user kept as they are; more than Heap takes of an identity."""


class Exact(TypeDecorator[str]):
    """Text of bounded length that is equal only to itself.

    MariaDB and MySQL compare text without case, accents or blanks at its end, and the collations that do not are named
    differently in each. Bytes they compare as they are.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self._length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Bytes in MariaDB and MySQL."""
        kind = mysql.VARBINARY(4 * self._length) if dialect.name == "mysql" else String(self._length)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """As the database takes it."""
        return value.encode() if dialect.name == "mysql" and value is not None else value

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """As it was given."""
        return value.decode() if isinstance(value, bytes) else value


_Long = Text().with_variant(mysql.LONGTEXT(charset="utf8mb4", collation="utf8mb4_bin"), "mysql")
"""Text of any length; MySQL's own TEXT ends at 64 KB."""

waiting = Table(
    "heap_web_outbox",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True, comment="Order of the calls."),
    Column("app_id", Exact(20), nullable=False),
    Column(
        "lane", Integer, nullable=False, comment="Users of one lane are sent by one process at a time, so in order."
    ),
    Column("path", Exact(64), nullable=False),
    Column("user_key", Exact(1024), nullable=False),
    Column("message_id", Exact(255), nullable=False),
    Column("body", _Long, nullable=False),
    Column("at", Float(53), comment="When it was put in, seconds since 1970."),
    Index("heap_web_outbox_once", "app_id", "message_id", "path", unique=True),
    Index("heap_web_outbox_lane", "app_id", "lane", "id"),
    sqlite_autoincrement=True,
    **_MYSQL,
)
"""Calls that Heap has not taken yet."""

refused = Table(
    "heap_web_refused",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True, comment="The one it had among the waiting calls."),
    Column("app_id", Exact(20), nullable=False),
    Column("path", Exact(64), nullable=False),
    Column("user_key", Exact(1024), nullable=False),
    Column("message_id", Exact(255), nullable=False),
    Column("body", _Long, nullable=False),
    Column("status", Integer, nullable=False, comment="Heap's HTTP status."),
    Column("reason", _Long, nullable=False, comment="What Heap said."),
    Column("at", Float(53), nullable=False, comment="Seconds since 1970."),
    Column("newer", _Long, comment="JSON array: the user's properties that later calls have set by now."),
    Index("heap_web_refused_app", "app_id", "id"),
    **_MYSQL,
)
"""Calls that Heap said no to. Kept, so that nothing is lost: they can be looked at and sent again."""

lanes = Table(
    "heap_web_lanes",
    metadata,
    Column("app_id", Exact(20), primary_key=True),
    Column("lane", Integer, primary_key=True, autoincrement=False),
    **_MYSQL,
)
"""One row a lane; a sender holds the rows' locks while it sends. Lane -1 is the app itself: its lock guards the ledger.
"""

ledger = Table(
    "heap_web_ledger",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("app_id", Exact(20), nullable=False),
    Column("at", Float(53), nullable=False, comment="Seconds since 1970."),
    Column("path", Exact(64), nullable=False),
    Column("users", _Long, nullable=False, comment="JSON array: each item's user."),
    Index("heap_web_ledger_app", "app_id", "id"),
    sqlite_autoincrement=True,
    **_MYSQL,
)
"""The requests of the last minutes, so that Heap's limits hold across processes and restarts."""

checkpoints = Table(
    "heap_web_checkpoints",
    metadata,
    Column("app_id", Exact(20), primary_key=True),
    Column("name", Exact(255), primary_key=True),
    Column("position", _Long, nullable=False),
    **_MYSQL,
)
"""How far a bulk load has come, written in the same transaction as the calls it has put."""


def make(connection: Connection) -> None:
    """Makes what is missing: tables, and columns of tables that an earlier version made."""
    metadata.create_all(connection)
    quote = connection.dialect.identifier_preparer.quote
    for table in (waiting, refused):
        there = {column["name"] for column in inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                definition = CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {quote(table.name)} ADD COLUMN {definition}")


def make_again(connection: Connection) -> None:
    """As `make`, in a file of SQLite that has come in place of another: with ids that none of the other's calls had,
    for some of these may be on their way.
    """
    make(connection)
    above = time.time_ns() // 1_000
    for table in (waiting, ledger):
        last = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        connection.execute(
            text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"),
            {"name": table.name, "seq": max(last or 0, above)},
        )
