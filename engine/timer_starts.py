"""Timer start events: processes that begin by themselves."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.core import feel, schedule
from engine.errors import N_, InvalidInputError
from storage import jobs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from engine.core.calendar import WorkCalendar
    from engine.core.program import Start
    from storage.tables.definitions import ProcessDefinition
    from storage.tables.work import Job


def replace(
    session: Session, row: ProcessDefinition, starts: Iterable[Start], *, calendar: WorkCalendar, now: datetime
) -> None:
    """Make the jobs that start a process those of this version. Raises InvalidInputError for an unusable timer.

    A timer that the version before had too, at the same element with the same text, keeps its due time and the rounds
    that are left: publishing puts nothing off. A moment that has passed when its version comes into force starts
    nothing, neither does a round of a cycle.
    """
    running = {(job.element_id, job.payload.get("text")): job for job in jobs.named(session, "start", row.key)}
    jobs.delete_named(session, "start", row.key)
    for start in starts:
        if start.kind != "timer":
            continue
        due, cycle = first(start.expression, calendar=calendar, now=now, repeats=start.timer == "cycle")
        before = running.get((start.element_id, start.expression))
        if before is not None and before.due_at is not None:
            due, cycle = due_of(before), before.payload["cycle"]
        elif due < now:
            later = following(due, cycle, calendar=calendar, now=now) if cycle is not None else None
            if later is None:
                continue
            due, cycle = later
        payload = {"definition_id": str(row.id), "text": start.expression}
        add(session, row.key, start.element_id, payload, due, cycle, now=now)


def add(
    session: Session,
    key: str,
    element_id: str,
    payload: dict[str, Any],
    due: datetime,
    cycle: dict[str, Any] | None,
    *,
    now: datetime,
) -> None:
    """Write the job of a timer's next round. The due time is kept beside the job's own, which tries may put off."""
    payload = {**payload, "cycle": cycle, "due": due.isoformat()}
    jobs.add(session, kind="start", name=key, element_id=element_id, due_at=due, now=now, payload=payload)


def due_of(job: Job) -> datetime:
    """Say when a start was due by its timer, however often it was tried since."""
    text = job.payload.get("due")
    return datetime.fromisoformat(text) if text else job.due_at or job.created_at


def first(
    text: str, *, calendar: WorkCalendar, now: datetime, repeats: bool = False
) -> tuple[datetime, dict[str, Any] | None]:
    """Say when a timer start is due first, and for a cycle what is left of it. Raises InvalidInputError."""
    text = text.strip()
    env = feel.Env(now=now, zone=calendar.zone, functions=calendar.functions(now))
    value = text if schedule.is_literal(text) else feel.compile(text.removeprefix("=")).evaluate({}, env)
    found = schedule.first(value, calendar.zone, now, repeats=repeats)
    if found is None:
        message = N_("{text} is not a moment, a duration (P3D) or a cycle (R/P3D).")
        raise InvalidInputError(message, text=str(feel.to_json(value)))
    return found


def following(
    due: datetime, cycle: dict[str, Any], *, calendar: WorkCalendar, now: datetime
) -> tuple[datetime, dict[str, Any]] | None:
    """Give the next round after now; missed rounds are used up. None when none is left."""
    return schedule.following(due, cycle, calendar.zone, now)
