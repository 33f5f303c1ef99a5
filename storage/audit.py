"""The audit log: append only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event, select

from storage.tables.instances import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def record(
    session: Session,
    *,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    now: datetime,
    instance_id: UUID | None = None,
    on_behalf_of: str = "",
) -> None:
    """Append one entry. `subject` is `<kind>:<id>`, `detail` holds what changed and why."""
    session.add(
        AuditEntry(
            at=now,
            actor=actor,
            on_behalf_of=on_behalf_of,
            action=action,
            subject=subject,
            instance_id=instance_id,
            detail=dict(detail or {}),
        )
    )


def entries(
    session: Session,
    *,
    subject: str = "",
    instance_id: UUID | None = None,
    actor: str = "",
    before: int | None = None,
    limit: int = 50,
) -> Sequence[AuditEntry]:
    """List entries, newest first; `before` is the id to continue from."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if subject:
        query = query.where(AuditEntry.subject == subject)
    if instance_id:
        query = query.where(AuditEntry.instance_id == instance_id)
    if actor:
        query = query.where(AuditEntry.actor == actor)
    if before:
        query = query.where(AuditEntry.id < before)
    return session.scalars(query).all()


def _refuse(_mapper: object, _connection: object, _target: object) -> None:
    raise TypeError("audit entries are only ever added")


event.listen(AuditEntry, "before_update", _refuse)
event.listen(AuditEntry, "before_delete", _refuse)
