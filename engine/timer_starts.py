"""Timer start events: processes that begin by themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.core.timers import ISO_CYCLE, ISO_DURATION, ISO_MOMENT, is_literal
from engine.errors import N_, InvalidInputError
from storage import jobs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from engine.core.calendar import WorkCalendar
    from engine.core.program import Start
    from storage.tables.definitions import ProcessDefinition

MAX_SKIPPED = 100_000


def replace(
    session: Session, row: ProcessDefinition, starts: Iterable[Start], *, calendar: WorkCalendar, now: datetime
) -> None:
    """Make the jobs that start a process those of this version. Raises InvalidInputError for an unusable timer."""
    jobs.delete_named(session, "start", row.key)
    for start in starts:
        if start.kind == "timer":
            due, cycle = first(start.expression, calendar=calendar, now=now)
            payload = {"definition_id": str(row.id), "cycle": cycle}
            jobs.add(
                session, kind="start", name=row.key, element_id=start.element_id, due_at=due, now=now, payload=payload
            )


def first(text: str, *, calendar: WorkCalendar, now: datetime) -> tuple[datetime, dict[str, Any] | None]:
    """Say when a timer start is due first, and for a cycle how many rounds are left and how far apart."""
    text = text.strip()
    env = feel.Env(now=now, zone=calendar.zone, functions=calendar.functions(now))
    value = text if is_literal(text) else feel.compile(text.removeprefix("=")).evaluate({}, env)
    cycle = ISO_CYCLE.fullmatch(value) if isinstance(value, str) else None
    if cycle is None:
        return _moment(value, calendar, now), None
    count, begin, every = cycle.groups()
    due = _moment(begin, calendar, now) if begin else _plus(now, every, calendar)
    return due, {"left": int(count) if count else None, "every": every}


def following(
    due: datetime, cycle: dict[str, Any], *, calendar: WorkCalendar, now: datetime
) -> tuple[datetime, dict[str, Any]] | None:
    """Give the next round after now; missed rounds are used up. None when none is left."""
    left = cycle["left"]
    for _ in range(MAX_SKIPPED):
        left = None if left is None else left - 1
        if left == 0:
            return None
        due = _plus(due, cycle["every"], calendar)
        if due > now:
            return due, {**cycle, "left": left}
    return None


def _plus(start: datetime, duration: str, calendar: WorkCalendar) -> datetime:
    result = feel.compile("start + duration(text)").evaluate(
        {"start": start.astimezone(calendar.zone), "text": duration}
    )
    if not isinstance(result, datetime):
        raise InvalidInputError(N_("{text} is not a duration such as P3D or PT4H."), text=duration)
    return result.astimezone(UTC)


def _moment(value: Any, calendar: WorkCalendar, now: datetime) -> datetime:
    plain = value if isinstance(value, str | date) else feel.to_json(value)
    if isinstance(plain, str) and ISO_DURATION.fullmatch(plain):
        return _plus(now, plain, calendar)
    if isinstance(plain, str) and ISO_MOMENT.fullmatch(plain):
        plain = datetime.fromisoformat(plain)
    if not isinstance(plain, date):
        message = N_("{text} is not a moment, a duration (P3D) or a cycle (R/P3D).")
        raise InvalidInputError(message, text=str(feel.to_json(value)))
    moment = plain if isinstance(plain, datetime) else datetime.combine(plain, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=calendar.zone)).astimezone(UTC)
