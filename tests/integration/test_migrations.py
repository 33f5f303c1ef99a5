from __future__ import annotations

import pytest
from sqlalchemy import inspect

from storage import migrate
from storage.session import Database
from storage.tables import Base


@pytest.fixture
def empty(database_url):
    database = Database(database_url)
    yield database
    database.dispose()


def test_the_migrations_make_the_tables_of_this_version(empty):
    assert migrate.is_empty(empty)
    assert migrate.current(empty) is None
    migrate.upgrade(empty)
    migrate.upgrade(empty)
    assert migrate.current(empty) == migrate.head()
    assert migrate.differences(empty) == []
    assert set(Base.metadata.tables) | {"alembic_version"} == set(inspect(empty.engine).get_table_names())


def test_the_migrations_can_be_undone(empty):
    migrate.upgrade(empty)
    migrate.downgrade(empty)
    assert set(inspect(empty.engine).get_table_names()) <= {"alembic_version"}


def test_create_all_and_the_tables_agree(database):
    assert migrate.differences(database) == []
