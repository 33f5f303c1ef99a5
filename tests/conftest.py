"""Databases for the tests: SQLite always, PostgreSQL on a throw-away server when its programs are found."""

from __future__ import annotations

import gc
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher
from sqlalchemy import create_engine, text

from engine import people
from storage.session import Database
from tests import postgres

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 09:00 in China


def pytest_collection_finish() -> None:
    """What the imports have left is never garbage: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def quick_passwords():
    """Passwords that are cheap to check: the tests make many, and none of them is worth guessing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


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
def fresh_postgres(server: str, like: str = "template1") -> Iterator[str]:
    """The URL of a fresh database on a server, empty or like another, dropped afterwards."""
    admin = create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    name = f"test_{uuid.uuid4().hex[:12]}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {like}"))
    yield server.rsplit("/", 1)[0] + f"/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def postgres_url(postgres_server):
    """A fresh database on the server, dropped afterwards."""
    with fresh_postgres(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory):
    """A database with all tables, made once: copy it."""
    file = tmp_path_factory.mktemp("tables") / "keyturn.db"
    _create_tables(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_tables(postgres_server):
    """The name of a database with all tables, made once: copy it."""
    with fresh_postgres(postgres_server) as url:
        _create_tables(url)
        yield url.rsplit("/", 1)[1]


def _create_tables(url: str) -> None:
    database = Database(url)
    database.create_all()
    database.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request, tmp_path):
    """The URL of a database of each kind: with all tables for those who ask for `database` too, else empty."""
    filled = "database" in request.fixturenames
    if request.param == "sqlite":
        if filled:
            shutil.copy(request.getfixturevalue("sqlite_tables"), tmp_path / "keyturn.db")
        yield f"sqlite:///{tmp_path}/keyturn.db"
    elif filled:
        server = request.getfixturevalue("postgres_server")
        with fresh_postgres(server, request.getfixturevalue("postgres_tables")) as url:
            yield url
    else:
        yield request.getfixturevalue("postgres_url")


@pytest.fixture
def database(database_url):
    """An empty database with all tables, of each kind."""
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def sqlite_database(tmp_path, sqlite_tables):
    """An empty SQLite database with all tables, for what does not depend on the kind."""
    shutil.copy(sqlite_tables, tmp_path / "keyturn.db")
    database = Database(f"sqlite:///{tmp_path}/keyturn.db")
    yield database
    database.dispose()


@pytest.fixture
def now():
    """A Monday morning, 09:00 in China."""
    return NOW
