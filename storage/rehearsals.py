"""Queries over rehearsals, and over what happened in the database of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select
from sqlalchemy.orm import undefer

from storage.tables.instances import HistoryEvent, ProcessInstance
from storage.tables.studio import Rehearsal
from storage.tables.work import Incident, Job, Notification, OutboxMessage, UserTask

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

MOST = 20


def get(session: Session, rehearsal_id: UUID, *, lock: bool = False) -> Rehearsal | None:
    """Find a rehearsal with its database; `lock` until the transaction ends."""
    query = select(Rehearsal).where(Rehearsal.id == rehearsal_id).options(undefer(Rehearsal.database))
    return session.scalars(query.with_for_update() if lock else query).first()


def mine(session: Session, owner: str, change_id: UUID | None, process_key: str = "") -> Sequence[Rehearsal]:
    """List somebody's rehearsals of a change, or of what is published, newest first."""
    query = select(Rehearsal).where(Rehearsal.owner == owner)
    query = query.where(Rehearsal.change_set_id == change_id if change_id else Rehearsal.change_set_id.is_(None))
    query = query.where(Rehearsal.process_key == process_key) if process_key else query
    return session.scalars(query.order_by(Rehearsal.updated_at.desc(), Rehearsal.id).limit(MOST)).all()


def forget(session: Session, before: datetime) -> None:
    """Remove rehearsals that nobody has touched since a moment."""
    session.execute(delete(Rehearsal).where(Rehearsal.updated_at < before))


def make_room(session: Session, owner: str) -> None:
    """Remove somebody's oldest rehearsals beyond those a list shows, so that one more fits."""
    kept = select(Rehearsal.id).where(Rehearsal.owner == owner).order_by(Rehearsal.updated_at.desc(), Rehearsal.id)
    old = session.scalars(kept.offset(MOST - 1)).all()
    session.execute(delete(Rehearsal).where(Rehearsal.id.in_(old)))


# Inside a rehearsal's own database


def news_after(session: Session, number: int) -> Sequence[Notification]:
    """List news that people got after one."""
    return session.scalars(select(Notification).where(Notification.id > number).order_by(Notification.id)).all()


def last_news(session: Session) -> int:
    """Give the number of the newest news."""
    return session.scalar(select(func.max(Notification.id))) or 0


def messages(session: Session) -> Sequence[OutboxMessage]:
    """List all messages to the outside, oldest first."""
    return session.scalars(select(OutboxMessage).order_by(OutboxMessage.created_at, OutboxMessage.id)).all()


def timers(session: Session) -> Sequence[Job]:
    """List timers of processes under way, due first."""
    return session.scalars(select(Job).where(Job.kind == "timer", Job.due_at.is_not(None)).order_by(Job.due_at)).all()


def failing(session: Session) -> Sequence[Job]:
    """List jobs that failed and will be tried again."""
    return session.scalars(select(Job).where(Job.attempts > 0, Job.kind != "periodic").order_by(Job.created_at)).all()


def incidents(session: Session) -> Sequence[Incident]:
    """List open incidents, oldest first."""
    return session.scalars(
        select(Incident).where(Incident.resolved_at.is_(None)).order_by(Incident.created_at, Incident.id)
    ).all()


def last_event(session: Session) -> int:
    """Give the number of the newest event of all histories."""
    return session.scalar(select(func.max(HistoryEvent.id))) or 0


def events_after(session: Session, number: int) -> Sequence[HistoryEvent]:
    """List events after one, oldest first."""
    return session.scalars(select(HistoryEvent).where(HistoryEvent.id > number).order_by(HistoryEvent.id)).all()


def instances(session: Session) -> Sequence[ProcessInstance]:
    """List all process instances, oldest first."""
    return session.scalars(select(ProcessInstance).order_by(ProcessInstance.started_at, ProcessInstance.id)).all()


def dated_tasks(session: Session) -> Sequence[UserTask]:
    """List the open tasks that have a time limit of their own."""
    query = select(UserTask).where(UserTask.state == "open", UserTask.due_at.is_not(None))
    return session.scalars(query.order_by(UserTask.due_at, UserTask.id)).all()


def next_moment(session: Session, after: datetime) -> datetime | None:
    """Find the next moment at which a timer fires or an open task is due."""
    timer = session.scalar(select(func.min(Job.due_at)).where(Job.kind == "timer", Job.due_at > after))
    task = session.scalar(select(func.min(UserTask.due_at)).where(UserTask.state == "open", UserTask.due_at > after))
    found = [moment for moment in (timer, task) if moment is not None]
    return min(found) if found else None
