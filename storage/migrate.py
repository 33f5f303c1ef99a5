"""Bring a database to the tables of this version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from storage.session import explained
from storage.tables import Base

if TYPE_CHECKING:
    from storage.session import Database

FOLDER = Path(__file__).parent / "migrations"


def _config(connection: Any) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Run the migrations that a database has not had yet, in one transaction. Raises UnavailableError."""
    with explained(), database.engine.begin() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str = "base") -> None:
    """Undo migrations down to a revision (for tests)."""
    with database.engine.begin() as connection:
        command.downgrade(_config(connection), revision)


def current(database: Database) -> str | None:
    """Tell the revision a database is at; None for an empty one. Raises UnavailableError."""
    with explained(), database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """Tell the newest revision of this version."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config).get_current_head()


def is_empty(database: Database) -> bool:
    """Tell whether a database has no tables yet."""
    return not inspect(database.engine).get_table_names()


def differences(database: Database) -> list[Any]:
    """List how a database's tables differ from those of this version (after `upgrade`: not at all)."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        return list(compare_metadata(context, Base.metadata))


def revise(database: Database, message: str) -> None:
    """Write a new migration with what the tables have and this database, upgraded to the head, has not."""
    with database.engine.begin() as connection:
        command.revision(_config(connection), message, autogenerate=True)
