"""A Heap on loopback, and outboxes in SQLite, PostgreSQL and MariaDB."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pymysql
import pytest
from sqlalchemy.engine import make_url

from heap_web.dev.check import mariadb, postgres
from heap_web.dev.serve.heap_api import UNLIMITED, Heap, running


@pytest.fixture
def heap() -> Heap:
    """A Heap without rate limits."""
    return Heap(limits=UNLIMITED)


@pytest.fixture
def heap_url(heap: Heap) -> Iterator[str]:
    """Where it is served."""
    with running(heap) as url:
        yield url


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


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    """A MariaDB server of our own."""
    with mariadb.server() as url:
        yield url


@pytest.fixture
def mariadb_url(mariadb_server: str) -> str:
    """The server's database, empty."""
    port = make_url(mariadb_server).port or 0
    with pymysql.connect(host="127.0.0.1", port=port, user="root") as connection, connection.cursor() as cursor:
        cursor.execute("DROP DATABASE heap")
        cursor.execute("CREATE DATABASE heap")
    return mariadb_server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path}/outbox.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def outbox_url(request: pytest.FixtureRequest) -> str:
    """An empty database for an outbox, of each kind."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def any_outbox_url(request: pytest.FixtureRequest) -> str:
    """Likewise, of every kind that there is."""
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url", "mariadb": "mariadb_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url
