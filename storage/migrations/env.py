"""Alembic's entry: run the migrations on the connection that `storage.migrate` gives."""

from __future__ import annotations

from alembic import context

from storage.tables import Base


def run() -> None:
    """Run them in the caller's transaction."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        render_as_batch=True,  # SQLite changes a column only by copying the table
        compare_type=True,
        user_module_prefix="storage.tables.base.",
    )
    with context.begin_transaction():
        context.run_migrations()


run()
