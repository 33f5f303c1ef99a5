"""Connections that PostgreSQL closed while they rested are replaced without anybody noticing."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from storage import session as sessions
from storage.session import Database


@pytest.mark.postgres
def test_a_connection_that_died_while_it_rested_is_replaced(postgres_url, monkeypatch):
    monkeypatch.setattr(sessions, "RESTED_SECONDS", 0)
    database, other = Database(postgres_url), Database(postgres_url)
    with database.transaction() as session:
        first = session.scalar(text("SELECT pg_backend_pid()"))
    with other.transaction() as session:
        session.execute(text(f"SELECT pg_terminate_backend({first})"))
    with database.transaction() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != first
    database.dispose()
    other.dispose()
