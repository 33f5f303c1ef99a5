"""Queries over what happened to an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.tables.instances import HistoryEvent
from storage.tables.work import Attachment, Comment, TaskSubmission

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session


def events(session: Session, instance_id: UUID, *, after: int = 0, limit: int = 2000) -> Sequence[HistoryEvent]:
    """List what happened to an instance, oldest first; `after` is the id to continue from."""
    query = select(HistoryEvent).where(HistoryEvent.instance_id == instance_id, HistoryEvent.id > after)
    return session.scalars(query.order_by(HistoryEvent.id).limit(limit)).all()


def submissions(session: Session, instance_id: UUID, element_id: str = "") -> Sequence[TaskSubmission]:
    """List the forms handed in for an instance (or one of its elements), oldest first."""
    query = select(TaskSubmission).where(TaskSubmission.instance_id == instance_id)
    if element_id:
        query = query.where(TaskSubmission.element_id == element_id)
    return session.scalars(query.order_by(TaskSubmission.submitted_at)).all()


def comments(session: Session, instance_id: UUID) -> Sequence[Comment]:
    """List the comments on an instance, oldest first."""
    return session.scalars(select(Comment).filter_by(instance_id=instance_id).order_by(Comment.at)).all()


def attachments(session: Session, instance_id: UUID) -> Sequence[Attachment]:
    """List the files of an instance that were not removed, oldest first."""
    query = select(Attachment).where(Attachment.instance_id == instance_id, Attachment.removed_at.is_(None))
    return session.scalars(query.order_by(Attachment.at)).all()
