"""Queries about clocks and their reminders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, or_, select

from storage.tables.deadlines import Deadline, Escalation, Reminder

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime
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


def to_remind(session: Session, now: datetime, kind: str, *, limit: int) -> Sequence[Deadline]:
    """List running clocks whose reminder time has come, that are not due yet and were not reminded of since then."""
    told = exists().where(
        Reminder.deadline_id == Deadline.id, Reminder.kind == kind, Reminder.opened_at >= Deadline.remind_at
    )
    query = select(Deadline).where(Deadline.open, Deadline.remind_at <= now, Deadline.due_at > now, ~told)
    return session.scalars(query.order_by(Deadline.remind_at, Deadline.id).limit(limit)).all()


def newly_overdue(session: Session, now: datetime, *, limit: int) -> Sequence[Deadline]:
    """List running clocks past due whose breach is not written down yet."""
    query = select(Deadline).where(Deadline.open, Deadline.due_at <= now, Deadline.breached_at.is_(None))
    return session.scalars(query.order_by(Deadline.due_at, Deadline.id).limit(limit)).all()


def to_chase(
    session: Session, since: datetime, day: date, kind: str, *, limit: int, but: Collection[str] = ()
) -> Sequence[Deadline]:
    """List running clocks that were due at `since`, without a reminder of the kind that is open or of that day.

    Clocks named in `but` are left out.
    """
    chased = exists().where(
        Reminder.deadline_id == Deadline.id, Reminder.kind == kind, or_(Reminder.open, Reminder.day == day)
    )
    query = select(Deadline).where(Deadline.open, Deadline.due_at <= since, Deadline.clock.not_in(but), ~chased)
    return session.scalars(query.order_by(Deadline.due_at, Deadline.id).limit(limit)).all()


def outlived(session: Session, kind_due: str, now: datetime, *, limit: int) -> Sequence[tuple[Reminder, Deadline]]:
    """List open reminders whose clock stopped, and those before a limit (`kind_due`) that has passed."""
    query = select(Reminder, Deadline).join(Deadline, Deadline.id == Reminder.deadline_id)
    query = query.where(Reminder.open, or_(~Deadline.open, (Reminder.kind == kind_due) & (Deadline.due_at <= now)))
    return session.execute(query.order_by(Reminder.id).limit(limit)).all()


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
