"""A PostgreSQL server of our own."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from heap_web.dev.check import postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of our own."""
    with postgres.server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """The server's database, empty."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return postgres_server


@pytest.fixture
def sqlite_outbox(tmp_path: Path) -> str:
    """The path of an outbox that is not there yet."""
    return str(tmp_path / "outbox.db")
