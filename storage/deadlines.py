"""Queries about clocks and their reminders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.tables.deadlines import Deadline, Escalation, Reminder

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def of_case(session: Session, number: str) -> Sequence[Deadline]:
    """List all clocks of a case in order of their due time."""
    query = select(Deadline).where(Deadline.case_number == number)
    return session.scalars(query.order_by(Deadline.original_due_at, Deadline.id)).all()


def running(session: Session, number: str, clock: str = "", object_id: str = "") -> Sequence[Deadline]:
    """List the running clocks of a case, of one kind or one object if named."""
    query = select(Deadline).where(Deadline.case_number == number, Deadline.open)
    if clock:
        query = query.where(Deadline.clock == clock)
    if object_id:
        query = query.where(Deadline.object_id == object_id)
    return session.scalars(query.order_by(Deadline.due_at, Deadline.id)).all()


def to_remind(session: Session, now: datetime, *, limit: int = 500) -> Sequence[Deadline]:
    """List running clocks whose reminder time has come and that are not due yet."""
    query = select(Deadline).where(Deadline.open, Deadline.remind_at <= now, Deadline.due_at > now)
    return session.scalars(query.order_by(Deadline.remind_at).limit(limit)).all()


def overdue(session: Session, now: datetime, *, after_id: int = 0, limit: int = 500) -> Sequence[Deadline]:
    """List running clocks that are past due, by key."""
    query = select(Deadline).where(Deadline.open, Deadline.due_at <= now, Deadline.id > after_id)
    return session.scalars(query.order_by(Deadline.id).limit(limit)).all()


def open_reminders(session: Session, deadline_ids: Collection[int]) -> Sequence[Reminder]:
    """List the reminders that are still open for clocks."""
    return session.scalars(select(Reminder).where(Reminder.deadline_id.in_(deadline_ids), Reminder.open)).all()


def reminders(session: Session, deadline_ids: Collection[int]) -> Sequence[Reminder]:
    """List all reminders of clocks."""
    query = select(Reminder).where(Reminder.deadline_id.in_(deadline_ids))
    return session.scalars(query.order_by(Reminder.opened_at)).all()


def reminder_of(session: Session, instance_id: UUID) -> Reminder | None:
    """Find the reminder that a reminder process was started for."""
    return session.scalar(select(Reminder).where(Reminder.instance_id == instance_id))


def escalations(session: Session, number: str) -> Sequence[Escalation]:
    """List the level's changes of a case, oldest first."""
    query = select(Escalation).where(Escalation.case_number == number)
    return session.scalars(query.order_by(Escalation.at, Escalation.id)).all()
