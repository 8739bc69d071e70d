"""The outbox's tables, the same in every database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()
_Id = BigInteger().with_variant(Integer(), "sqlite")

waiting = Table(
    "heap_web_outbox",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True, comment="Order of the calls."),
    Column("app_id", String(20), nullable=False),
    Column(
        "lane", Integer, nullable=False, comment="Users of one lane are sent by one process at a time, so in order."
    ),
    Column("path", String(64), nullable=False),
    Column("user_key", String(1024), nullable=False),
    Column("message_id", String(255), nullable=False),
    Column("body", Text, nullable=False),
    Index("heap_web_outbox_once", "app_id", "message_id", "path", unique=True),
    Index("heap_web_outbox_lane", "app_id", "lane", "id"),
    sqlite_autoincrement=True,
)
"""Calls that Heap has not taken yet."""

refused = Table(
    "heap_web_refused",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("app_id", String(20), nullable=False),
    Column("path", String(64), nullable=False),
    Column("user_key", String(1024), nullable=False),
    Column("message_id", String(255), nullable=False),
    Column("body", Text, nullable=False),
    Column("status", Integer, nullable=False, comment="Heap's HTTP status."),
    Column("reason", Text, nullable=False, comment="What Heap said."),
    Column("at", Float, nullable=False, comment="Seconds since 1970."),
    Index("heap_web_refused_app", "app_id", "id"),
)
"""Calls that Heap said no to. Kept, so that nothing is lost: they can be looked at and sent again."""

lanes = Table(
    "heap_web_lanes",
    metadata,
    Column("app_id", String(20), primary_key=True),
    Column("lane", Integer, primary_key=True, autoincrement=False),
)
"""One row a lane; a sender holds the rows' locks while it sends. Lane -1 is the app itself: its lock guards the ledger.
"""

ledger = Table(
    "heap_web_ledger",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("app_id", String(20), nullable=False),
    Column("at", Float, nullable=False, comment="Seconds since 1970."),
    Column("path", String(64), nullable=False),
    Column("users", Text, nullable=False, comment="JSON array: each item's user."),
    Index("heap_web_ledger_app", "app_id", "id"),
    sqlite_autoincrement=True,
)
"""The requests of the last minutes, so that Heap's limits hold across processes and restarts."""

checkpoints = Table(
    "heap_web_checkpoints",
    metadata,
    Column("app_id", String(20), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("position", Text, nullable=False),
)
"""How far a bulk load has come, written in the same transaction as the calls it has put."""
