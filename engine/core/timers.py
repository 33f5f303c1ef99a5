"""When a timer or a deadline is due. ISO 8601 texts or FEEL; the zone for times without offset is the calendar's."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.errors import N_, ProcessError

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.core.model import EventDefinition
    from engine.core.run import Run

ISO_DURATION = re.compile(r"-?P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")
ISO_CYCLE = re.compile(r"R(\d*)/(?:([^/P][^/]*)/)?(P[^/]+)")
ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
CALENDAR_STEP = re.compile(r"-?P\d+[YM]")
MAX_SKIPPED = 10_000
SHORTEST_CYCLE = timedelta(seconds=1)


def is_literal(text: str) -> bool:
    """Tell an ISO 8601 moment, duration or cycle from a FEEL expression."""
    return any(p.fullmatch(text) for p in (ISO_DURATION, ISO_CYCLE, ISO_MOMENT))


def _refuse(task: Task, text: Any) -> ProcessError:
    message = N_("{name}: {text} is not a moment, a duration (P3D) or a cycle (R/P3D).")
    return ProcessError(message, element_id=task.task_spec.name, name=task.task_spec.label, text=str(text))


def plus(start: datetime, duration: str, run: Run, *, times: int = 1) -> datetime:
    """Add an ISO 8601 duration, `times` over; weeks are read too, months and years by the calendar."""
    weeks = re.fullmatch(r"(-?)P(\d+)W", duration)
    text = f"{weeks[1]}P{int(weeks[2]) * 7}D" if weeks else duration
    local = start.astimezone(run.env.calendar.zone) if CALENDAR_STEP.match(text) else start
    context = {"start": local, "text": text, "times": times}
    result = feel.compile("start + duration(text) * times").evaluate(context, run.feel)
    if not isinstance(result, datetime):
        raise ProcessError(N_("{text} is not a duration such as P3D or PT4H."), text=duration)
    return result.astimezone(UTC)


def moment(run: Run, task: Task, value: Any) -> datetime:
    """Turn a FEEL value or an ISO text into an aware UTC datetime; a duration counts from now."""
    if isinstance(value, str):
        text = value.strip()
        if ISO_DURATION.fullmatch(text):
            return plus(run.env.now, text, run)
        if not ISO_MOMENT.fullmatch(text):
            raise _refuse(task, value)
        try:
            value = datetime.fromisoformat(text)
        except ValueError:  # there is no 30th of February
            raise _refuse(task, value) from None
    elif not isinstance(value, date):
        text = feel.to_json(value)
        if isinstance(text, str) and ISO_DURATION.fullmatch(text):
            return plus(run.env.now, text, run)
        raise _refuse(task, text)
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    aware: datetime = value if value.tzinfo is not None else value.replace(tzinfo=run.env.calendar.zone)
    try:
        return aware.astimezone(UTC)
    except OverflowError:  # the first or last day of the calendar
        raise _refuse(task, value) from None


def due_of(run: Run, task: Task, text: str) -> str | None:
    """Evaluate `camunda:dueDate` or `camunda:followUpDate`: "" gives None, else an ISO text in UTC."""
    value = run.text(task, text.strip()) if text else None
    return None if value is None or value == "" else moment(run, task, value).isoformat()


def arm(run: Run, task: Task, event: EventDefinition) -> None:
    """Set the token's first due time, and for a cycle how often and how far apart."""
    text = event.expression.strip()
    value: Any = text if is_literal(text) else run.evaluate(task, text.removeprefix("="))
    cycle = ISO_CYCLE.fullmatch(value) if isinstance(value, str) else None
    if cycle is None:
        if event.timer == "cycle":
            every = feel.to_json(value)
            if not (isinstance(every, str) and ISO_DURATION.fullmatch(every)):
                raise _refuse(task, every)
            _check_interval(run, task, every)
            task.internal_data["cycle"] = {"left": None, "every": every}
        task.internal_data["due"] = moment(run, task, value).isoformat()
        return
    count, start, every = cycle.groups()
    if count and int(count) == 0:
        raise _refuse(task, value)
    _check_interval(run, task, every)
    first = moment(run, task, start) if start else plus(run.env.now, every, run)
    task.internal_data["cycle"] = {"left": int(count) if count else None, "every": every}
    if CALENDAR_STEP.match(every):  # counted from the first time: the 31st stays the last day
        task.internal_data["cycle"] |= {"anchor": first.isoformat(), "done": 0}
    task.internal_data["due"] = first.isoformat()


def _check_interval(run: Run, task: Task, every: str) -> None:
    """Refuse a cycle that would fire without end: the shortest interval is a second."""
    if plus(run.env.now, every, run) - run.env.now < SHORTEST_CYCLE:
        raise _refuse(task, every)


def rearm(run: Run, task: Task) -> bool:
    """Move a cycle to its next due time after now; missed rounds are used up by this one firing (ENG-04).

    False when the timer does not repeat or has no round left.
    """
    cycle = task.internal_data.get("cycle")
    if not cycle:
        return False
    left, due = cycle["left"], datetime.fromisoformat(task.internal_data["due"])
    step = plus(due, cycle["every"], run) - due
    if not CALENDAR_STEP.match(cycle["every"]) and step > timedelta():
        missed = max(0, (run.env.now - due) // step)
        missed = missed if left is None else min(missed, left - 1)
        due, left = due + missed * step, None if left is None else left - missed
    done, anchor = cycle.get("done", 0), datetime.fromisoformat(cycle.get("anchor", due.isoformat()))
    for _ in range(MAX_SKIPPED):
        left, done = None if left is None else left - 1, done + 1
        due = plus(anchor, cycle["every"], run, times=done) if "anchor" in cycle else plus(due, cycle["every"], run)
        if due > run.env.now or left == 0:
            break
    task.internal_data["cycle"] = {**cycle, "left": left, **({"done": done} if "anchor" in cycle else {})}
    task.internal_data["due"] = due.isoformat()
    return bool(left != 0)
