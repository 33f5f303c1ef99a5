"""Timers and deadlines of tokens: what `schedule` makes of the texts of a diagram, kept with the token."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.core import feel, schedule
from engine.core.schedule import ISO_CYCLE, ISO_DURATION, ISO_MOMENT, is_literal
from engine.errors import N_, ProcessError

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.core.model import EventDefinition
    from engine.core.run import Run

__all__ = ["ISO_CYCLE", "ISO_DURATION", "ISO_MOMENT", "arm", "due_of", "is_literal", "rearm"]


def _refuse(task: Task, value: Any) -> ProcessError:
    message = N_("{name}: {text} is not a moment, a duration (P3D) or a cycle (R/P3D).")
    name, text = task.task_spec.label, str(feel.to_json(value))
    return ProcessError(message, element_id=task.task_spec.name, name=name, text=text)


def due_of(run: Run, task: Task, text: str) -> str | None:
    """Evaluate `camunda:dueDate` or `camunda:followUpDate`: "" gives None, else an ISO text in UTC."""
    value = run.text(task, text.strip()) if text else None
    if value is None or value == "":
        return None
    due = schedule.moment(value, run.env.calendar.zone, run.env.now)
    if due is None:
        raise _refuse(task, value)
    return due.isoformat()


def arm(run: Run, task: Task, event: EventDefinition) -> None:
    """Set the token's first due time, and for a cycle how often and how far apart."""
    text = event.expression.strip()
    value: Any = text if is_literal(text) else run.evaluate(task, text.removeprefix("="))
    found = schedule.first(value, run.env.calendar.zone, run.env.now, repeats=event.timer == "cycle")
    if found is None:
        raise _refuse(task, value)
    due, cycle = found
    if cycle is not None:
        task.internal_data["cycle"] = cycle
    task.internal_data["due"] = due.isoformat()


def rearm(run: Run, task: Task) -> bool:
    """Move a cycle to its next due time after now; missed rounds are used up by this one firing (ENG-04).

    False when the timer does not repeat or has no round left.
    """
    cycle = task.internal_data.get("cycle")
    due = datetime.fromisoformat(task.internal_data["due"])
    found = schedule.following(due, cycle, run.env.calendar.zone, run.env.now) if cycle else None
    if found is None:
        return False
    task.internal_data["due"], task.internal_data["cycle"] = found[0].isoformat(), found[1]
    return True
