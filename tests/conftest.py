"""Databases for the tests: SQLite always, PostgreSQL on a throw-away server when its programs are found."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from storage.session import Database

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 09:00 in China
HOW_TO_ENABLE = "PostgreSQL's programs (initdb, pg_ctl) were not found: install `postgresql` to run these tests"


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]), reverse=True)
    if found:
        return found[0].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path and shutil.which("pg_ctl") else None


def _unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root: become somebody else."""
    if os.getuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            if shutil.which("setpriv"):
                return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
            return ["su", name, "-s", "/bin/sh", "-c", 'exec "$0" "$@"', "--"]
    return []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_server():
    """The URL of a PostgreSQL server: KEYTURN_TEST_POSTGRES, or a throw-away one."""
    given = os.environ.get("KEYTURN_TEST_POSTGRES")
    if given:
        yield given
        return
    programs = _programs()
    if programs is None:
        pytest.skip(HOW_TO_ENABLE)
    folder = Path(tempfile.mkdtemp(prefix="keyturn-pg-", dir="/tmp"))
    folder.chmod(0o777)
    become, port, data = _unprivileged(), _free_port(), folder / "data"

    def run(*command: object) -> None:
        subprocess.run([*become, *map(str, command)], check=True, cwd="/", stdout=subprocess.DEVNULL)

    try:
        run(programs / "initdb", "-D", data, "-U", "keyturn", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=200 -c jit=off -c fsync=off"
        run(programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql://keyturn@127.0.0.1:{port}/postgres"
        finally:
            run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server):
    """A fresh database on the server, dropped afterwards."""
    admin = create_engine(
        postgres_server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    name = f"test_{uuid.uuid4().hex[:12]}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield postgres_server.rsplit("/", 1)[0] + f"/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


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
