"""What the clock brings without anybody's doing: reminders, daily chasing, overdue marks, suggestions to escalate.

Safe to run at any time and as often as one likes: at most one call task is open for a limit and kind, one is made a
day, and after days of downtime it is one, not one for each day missed (D18, D19, ENG-03, ENG-04). Each limit stands
for itself: one that cannot be dealt with is written down and the others go on.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DataError, IntegrityError

from engine import instances, operator, telemetry
from engine.access import SYSTEM
from engine.core.calendar import CHINA
from engine.errors import ConflictError, KeyturnError, NotFoundError
from processes.services import clocks, handover_notices, levels, notices, order_notices, subjects
from storage import audit, deadlines
from storage import people as staff
from storage.tables.cases import ServiceCase
from storage.tables.deadlines import Reminder
from storage.tables.defects import RectificationOrder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from processes.services.subjects import Subject
    from storage.tables.deadlines import Deadline

FAULTS = (KeyturnError, DataError, IntegrityError, LookupError, TypeError, ValueError, AttributeError)
FAILED = "deadline.failed"
DUE_SOON = "到期提醒"
OVERDUE = "逾期催办"
BREACHED = "逾期"
WITHDRAWN = "收回提醒"
BATCH = 200


def sweep(session: Session, now: datetime, registry: Registry) -> None:
    """Do all that is due now, in bounded batches; what is left comes with the next run."""
    withdraw_outlived(session, now, registry)
    mark_overdue(session, now, registry)
    for row in deadlines.to_remind(session, now, DUE_SOON, limit=BATCH):
        _alone(session, row.id, DUE_SOON, now, partial(_remind, session, row, DUE_SOON, now, registry))
    nine = datetime.combine(now.astimezone(CHINA).date(), clocks.MORNING, tzinfo=CHINA)
    if now >= nine:
        for row in deadlines.to_chase(session, nine, nine.date(), OVERDUE, limit=BATCH, but=clocks.QUIET):
            _alone(session, row.id, OVERDUE, now, partial(_remind, session, row, OVERDUE, now, registry))


def _alone(session: Session, deadline_id: int, step: str, now: datetime, work: Callable[[], None]) -> None:
    """Deal with one limit in a savepoint: what fails is undone, noted once in the audit log, and tried again later."""
    try:
        with session.begin_nested():
            work()
    except FAULTS as error:
        telemetry.fault("deadlines", error)
        subject = f"deadline:{deadline_id}"
        if all(entry.detail.get("step") != step for entry in audit.entries(session, subject=subject)):
            detail = {"step": step, "error": f"{type(error).__name__}: {error}"}
            audit.record(session, actor=SYSTEM.login, action=FAILED, subject=subject, detail=detail, now=now)
            session.flush()


def withdraw_outlived(session: Session, now: datetime, registry: Registry) -> None:
    """Take back the calls whose limit was met or withdrawn meanwhile (AC03), and reminders that came to late."""
    for reminder, row in deadlines.outlived(session, DUE_SOON, now, limit=BATCH):
        _alone(session, row.id, WITHDRAWN, now, partial(_take_back, session, reminder, row, now, registry))


def _take_back(session: Session, reminder: Reminder, row: Deadline, now: datetime, registry: Registry) -> None:
    reminder.open, reminder.closed_at = False, now
    reminder.outcome = "已完成" if not row.open else "已到期"
    if reminder.instance_id is None:
        return
    with suppress(ConflictError, NotFoundError):  # it has ended by itself
        operator.cancel(session, SYSTEM, reminder.instance_id, reason=reminder.outcome, now=now, registry=registry)


def mark_overdue(session: Session, now: datetime, registry: Registry) -> None:
    """Write down each breach once, tell whom DMN-08 names and note the level DMN-06 suggests."""
    for row in deadlines.newly_overdue(session, now, limit=BATCH):
        row.breached_at = row.due_at  # true whether or not anybody can be told
        _alone(session, row.id, BREACHED, now, partial(_breached, session, row, now, registry))


def _breached(session: Session, row: Deadline, now: datetime, registry: Registry) -> None:
    subject = subjects.find(session, row.case_number)
    if subject is None or row.clock in clocks.QUIET:
        return
    known = {
        "overdue_days": 1,
        "accountable": row.accountable,
        "clock_name": clocks.NAMES.get(row.clock, row.clock),
        "due_text": f"{row.due_at.astimezone(CHINA):%m-%d %H:%M}",
    }
    _tell(session, subject, "逾期", known, now, registry)
    if isinstance(subject, ServiceCase):
        levels.note_suggestion(session, subject, now)


def _tell(
    session: Session, subject: Subject, event: str, known: Mapping[str, Any], now: datetime, registry: Registry
) -> None:
    """Tell whom DMN-08 names, of a case, of an order or of a handover."""
    if isinstance(subject, ServiceCase):
        notices.tell(session, subject, event, now=now, known=known, registry=registry)
    elif isinstance(subject, RectificationOrder):
        order_notices.tell(session, subject, event, now=now, known=known, registry=registry)
    elif isinstance(subject, subjects.Handover):
        handover_notices.tell(session, subject, event, now=now, known=known, registry=registry)


def _remind(session: Session, row: Deadline, kind: str, now: datetime, registry: Registry) -> None:
    """Start the call task of a limit."""
    case = subjects.find(session, row.case_number)
    if case is None or not case.open:
        return
    reminder = Reminder(deadline_id=row.id, kind=kind, day=now.astimezone(CHINA).date(), opened_at=now)
    session.add(reminder)
    session.flush()
    clock = clocks.NAMES.get(row.clock, row.clock)
    due_text = f"{row.due_at.astimezone(CHINA):%m-%d %H:%M}"
    person = staff.names(session, [row.accountable]).get(row.accountable, row.accountable)
    late = max(0, (now.astimezone(CHINA).date() - row.due_at.astimezone(CHINA).date()).days)
    variables = {
        "case_number": case.number,
        "deadline_id": row.id,
        "reminder_kind": kind,
        "clock": row.clock,
        "clock_name": clock,
        "accountable": row.accountable,
        "accountable_name": person,
        "due_at": row.due_at.astimezone(CHINA).isoformat(),
        "overdue_days": late,
    }
    place = subjects.place_of(case)
    title = f"{subjects.title_of(case)}：{clock}" + (f"逾期 {late} 天" if kind == OVERDUE else f"将于 {due_text} 到期")
    reminder.instance_id = instances.start(
        session,
        key="reminder",
        variables=variables,
        viewer=SYSTEM,
        now=now,
        registry=registry,
        business_key=case.number,
        scope=case.project,
        title=title,
        fields={"number": case.number, "house": place, "person": person, "clock": clock, "due": due_text},
    )
    known = {"accountable": row.accountable, "clock_name": clock, "due_text": due_text}
    if kind == DUE_SOON:
        _tell(session, case, "即将到期", known, now, registry)
    elif late > 1:
        if isinstance(case, ServiceCase):
            levels.note_suggestion(session, case, now)
        _tell(session, case, "逾期", {**known, "overdue_days": late}, now, registry)
