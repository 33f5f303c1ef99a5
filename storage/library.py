"""Queries for the library of the studio: versions without their files, drafts under way, heads of regulations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import load_only, undefer

from storage.tables.definitions import ProcessDefinition
from storage.tables.studio import ChangeSet, Draft

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

LIVE = ("open", "in_review")


def process_versions(session: Session) -> Sequence[ProcessDefinition]:
    """List all versions of all processes, newest first, with only what a card shows of them."""
    d = ProcessDefinition
    shown = load_only(d.key, d.version, d.state, d.number, d.executing_department, d.author)
    return session.scalars(select(d).options(shown).order_by(d.key, d.version.desc())).all()


def drafted(session: Session, file: str = "") -> list[tuple[str, UUID, str]]:
    """List (file, change, its title) of the drafts of changes that are under way, the latest first."""
    query = select(Draft.file, ChangeSet.id, ChangeSet.title).join(ChangeSet, ChangeSet.id == Draft.change_set_id)
    query = query.where(ChangeSet.state.in_(LIVE)).order_by(ChangeSet.updated_at.desc(), ChangeSet.id)
    query = query.where(Draft.file == file) if file else query
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def bases(session: Session, change_id: UUID) -> dict[str, bytes]:
    """Read what was published when the drafts of a change began, by file."""
    query = select(Draft).filter_by(change_set_id=change_id).options(undefer(Draft.base_source))
    return {row.file: row.base_source for row in session.scalars(query)}


def process_for_update(session: Session, definition_id: UUID) -> ProcessDefinition | None:
    """Find a version of a process, held until the transaction ends."""
    return session.get(ProcessDefinition, definition_id, with_for_update={"key_share": True})
