"""Queries over scenarios that were played for a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from storage.tables.definitions import ScenarioDefinition
from storage.tables.studio import Draft, ScenarioRun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

LATEST = 10


def of_change(session: Session, change_id: UUID) -> dict[str, ScenarioRun]:
    """Give the runs of a change by the scenario's file name."""
    return {row.file: row for row in session.scalars(select(ScenarioRun).filter_by(change_set_id=change_id))}


def get(session: Session, run_id: UUID, *, locked: bool = False) -> ScenarioRun | None:
    """Find a run; `locked` until the transaction ends."""
    query = select(ScenarioRun).where(ScenarioRun.id == run_id)
    return session.scalars(query.with_for_update() if locked else query).first()


def of_file(session: Session, file: str) -> Sequence[ScenarioRun]:
    """List the runs of a scenario that were played, newest first."""
    query = select(ScenarioRun).where(ScenarioRun.file == file, ScenarioRun.played_at.is_not(None))
    return session.scalars(query.order_by(ScenarioRun.played_at.desc(), ScenarioRun.id).limit(LATEST)).all()


def stories(session: Session) -> Sequence[ScenarioDefinition]:
    """List the newest version of every scenario, with its text."""
    last = select(ScenarioDefinition.key, func.max(ScenarioDefinition.version).label("version"))
    newest = last.group_by(ScenarioDefinition.key).subquery()
    query = select(ScenarioDefinition).join(
        newest, (ScenarioDefinition.key == newest.c.key) & (ScenarioDefinition.version == newest.c.version)
    )
    return session.scalars(query.options(undefer(ScenarioDefinition.source))).all()


def folders(session: Session, change_id: UUID) -> dict[str, str]:
    """Map the drafts of a change to the folder they lie in."""
    rows = session.execute(select(Draft.file, Draft.folder).where(Draft.change_set_id == change_id))
    return {row.file: row.folder for row in rows}
