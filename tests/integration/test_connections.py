"""PostgreSQL closes connections: at rest nobody notices, at work it is said, and the worker goes on by itself."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, text

from engine import worker
from engine.connectors import Registry
from engine.errors import UnavailableError
from storage import session as sessions
from storage.session import Database
from storage.tables.work import Incident, Job

pytestmark = pytest.mark.postgres


def ended(url, pid):
    """End a connection as the server does when it goes down."""
    other = Database(url)
    with other.transaction() as session:
        session.execute(text(f"SELECT pg_terminate_backend({pid})"))
    other.dispose()


def test_a_connection_that_died_while_it_rested_is_replaced(postgres_url, monkeypatch):
    monkeypatch.setattr(sessions, "RESTED_SECONDS", 0)
    database = Database(postgres_url)
    with database.transaction() as session:
        first = session.scalar(text("SELECT pg_backend_pid()"))
    ended(postgres_url, first)
    with database.transaction() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != first
    database.dispose()


@pytest.mark.parametrize("way", ["read", "transaction"])
def test_a_connection_that_dies_at_work_is_said_to_be_away(postgres_url, way):
    database = Database(postgres_url)
    with pytest.raises(UnavailableError), getattr(database, way)() as session:  # noqa: PT012
        ended(postgres_url, session.scalar(text("SELECT pg_backend_pid()")))
        session.scalar(text("SELECT 1"))
    with getattr(database, way)() as session:
        assert session.scalar(text("SELECT 1")) == 1
    database.dispose()


def test_a_server_that_is_not_there_is_said_to_be_away():
    database = Database("postgresql://keyturn@127.0.0.1:1/nowhere")
    with pytest.raises(UnavailableError), database.read() as session:
        session.scalar(text("SELECT 1"))


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_jobs_of_a_worker_that_lost_its_database_are_free_at_once(app, sample, database_url):
    app.deploy(sample.SERVICE)
    for _ in range(3):
        app.start("service")
    calls = []

    def service(ctx):
        calls.append(ctx.token_id)
        if len(calls) == 1:
            ended(database_url, ctx.session.scalar(text("SELECT pg_backend_pid()")))
            ctx.session.scalar(text("SELECT 1"))

    given = {"clock": app.clock, "registry": Registry(services={"sum": service}), "stop": threading.Event()}
    assert worker.run_some(app.database, limit=10, **given) == 0
    with app.database.read() as s:
        assert [(job.attempts, job.leased_until) for job in s.scalars(select(Job))] == [(0, None)] * 3
    assert worker.run_some(app.database, limit=10, **given) == 3
    assert [task.element_id for task in app.open()] == ["a"] * 3
    with app.database.read() as s:
        assert s.scalars(select(Incident)).all() == []
