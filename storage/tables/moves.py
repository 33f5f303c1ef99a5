"""Instances that were or will be put onto another version of their process, one by one or many at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, code, uuid_key


class MigrationBatch(Base):
    """Instances of one version that are put onto another in the background.

    `mapping` names elements of the new version by those of the old one, `accept` lists what was agreed to.
    """

    __tablename__ = "migration_batch"
    id: Mapped[UUID] = uuid_key()
    from_definition_id: Mapped[UUID] = mapped_column(ForeignKey("process_definition.id"))
    to_definition_id: Mapped[UUID] = mapped_column(ForeignKey("process_definition.id"))
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    accept: Mapped[list[Any]] = mapped_column(default=list)
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(index=True)
    created_by: Mapped[str] = mapped_column(code())


class InstanceMigration(Base):
    """The move of one instance. `state`: pending, moved, refused (see `findings`), skipped, undone; undoing, stayed.

    `undoing` waits to be taken back together with its batch, `stayed` could not be, as the case had gone on.

    `before`, `kept` are what an undo puts back: the state, and in plain data the variables and rows it had. `digest` is
    of what the move left: an undo is possible as long as nothing of it has changed. "" when it cannot be undone at all.
    """

    __tablename__ = "instance_migration"
    __table_args__ = (Index(None, "instance_id", "moved_at"), Index(None, "batch_id", "state"))
    id: Mapped[UUID] = uuid_key()
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("migration_batch.id"))
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    from_definition_id: Mapped[UUID]
    to_definition_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(code(20), default="pending")
    findings: Mapped[list[Any]] = mapped_column(default=list)
    before: Mapped[bytes] = mapped_column(default=b"", deferred=True)
    kept: Mapped[dict[str, Any]] = mapped_column(default=dict, deferred=True)
    digest: Mapped[str] = mapped_column(code(64), default="")
    actor: Mapped[str] = mapped_column(code())
    moved_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(code(), default="")
