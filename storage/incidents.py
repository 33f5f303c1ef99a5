"""Queries over incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.tables.instances import ProcessInstance
from storage.tables.work import Incident

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def get(session: Session, incident_id: UUID) -> Incident | None:
    """Fetch and hold an incident."""
    query = select(Incident).where(Incident.id == incident_id).with_for_update()
    return session.scalars(query, execution_options={"populate_existing": True}).first()


def instance_of(session: Session, incident_id: UUID) -> UUID | None:
    """Name the instance of an incident, if it has one."""
    return session.scalar(select(Incident.instance_id).where(Incident.id == incident_id))


def open_of(session: Session, instance_id: UUID) -> Sequence[Incident]:
    """List the open incidents of an instance, oldest first."""
    query = select(Incident).where(Incident.instance_id == instance_id, Incident.resolved_at.is_(None))
    return session.scalars(query.order_by(Incident.created_at)).all()


def open_with_instances(
    session: Session, limit: int = 200, offset: int = 0
) -> Sequence[tuple[Incident, ProcessInstance | None]]:
    """List all open incidents with their instances, newest first."""
    rows = session.execute(
        select(Incident, ProcessInstance)
        .outerjoin(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(Incident.resolved_at.is_(None))
        .order_by(Incident.created_at.desc(), Incident.id)
        .limit(limit)
        .offset(offset)
    )
    return [(incident, instance) for incident, instance in rows]


def close_commands(session: Session, instance_id: UUID, open_tasks: Collection[str], now: datetime) -> bool:
    """Close the incidents of completions whose task is no longer open; tell whether any others remain."""
    remaining = False
    for row in open_of(session, instance_id):
        task_id = row.payload.get("task_id")
        if task_id and task_id not in open_tasks:
            row.resolved_at, row.resolution = now, "gone"
        else:
            remaining = remaining or bool(task_id)
    return remaining
