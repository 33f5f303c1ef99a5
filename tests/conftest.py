"""Databases for the tests: SQLite always, PostgreSQL on a throw-away server when its programs are found."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text

from storage.session import Database
from tests import postgres

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 09:00 in China


@pytest.fixture(scope="session")
def postgres_server():
    """The URL of a PostgreSQL server: KEYTURN_TEST_POSTGRES, or a throw-away one."""
    given = os.environ.get("KEYTURN_TEST_POSTGRES")
    if given:
        yield given
        return
    if postgres.programs() is None:
        pytest.skip(postgres.HOW_TO_ENABLE)
    with postgres.running() as server:
        yield server.url


@pytest.fixture
def mortal_postgres():
    """A PostgreSQL server that this test alone uses and may kill."""
    if postgres.programs() is None:
        pytest.skip(postgres.HOW_TO_ENABLE)
    with postgres.running() as server:
        yield server


@contextmanager
def fresh_postgres(server: str) -> Iterator[str]:
    """The URL of a fresh database on a server, dropped afterwards."""
    admin = create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    name = f"test_{uuid.uuid4().hex[:12]}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.rsplit("/", 1)[0] + f"/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def postgres_url(postgres_server):
    """A fresh database on the server, dropped afterwards."""
    with fresh_postgres(postgres_server) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request, tmp_path):
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/keyturn.db"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def database(database_url):
    """An empty database with all tables, of each kind."""
    database = Database(database_url)
    database.create_all()
    yield database
    database.dispose()


@pytest.fixture
def sqlite_database(tmp_path):
    """An empty SQLite database, for what does not depend on the kind."""
    database = Database(f"sqlite:///{tmp_path}/keyturn.db")
    database.create_all()
    yield database
    database.dispose()


@pytest.fixture
def now():
    """A Monday morning, 09:00 in China."""
    return NOW
