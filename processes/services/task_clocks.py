"""The clock of a task: a property of the diagram names it, DMN-05 says how long it runs; its end is the due date.

A listener starts it when the task begins and stops it when the task is done. One whose task went away otherwise (nobody
came, the house was returned) is withdrawn. Tasks that begin before there is a number have a due date but no clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine import tasks
from engine.core.calendar import CHINA
from processes.services import clocks, subjects
from storage import deadlines
from storage import handovers as rows
from storage import tasks as task_rows
from storage.tables.work import UserTask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from engine.connectors import ListenerContext

HANDOVER = "handover"
NOTICE, DAY5 = "notice", "day5_call"
LATEST = timedelta(days=1)
"""How long a task has whose limit lies in the past when it begins."""


def due(
    session: Session, clock: str, *, start: datetime, now: datetime, category: str = "", process: str = HANDOVER
) -> datetime:
    """Say when a clock of a process is due that starts at `start`; a day later when the table leaves it open."""
    found = clocks.limit(session, clock, {"category": category or None}, start=start, now=now, process=process)
    return found.due_at if found else start + LATEST


def handover(ctx: ListenerContext) -> dict[str, Any]:
    """Start the clock of a task of a handover when it begins, stop it when it is done (STS, DMN-05)."""
    number = str(ctx.variables.get("unit_number") or ctx.variables.get("batch_number") or "")
    if ctx.event != "create":
        clocks.meet(ctx.session, number, "", now=ctx.now, object_id=str(ctx.task_id))
        return {}
    task = ctx.session.get_one(UserTask, ctx.task_id)
    limit = _limit(ctx, task.properties)
    if limit is None:
        return {}
    subject = subjects.find(ctx.session, number)
    if subject is not None:
        withdraw_outlived(ctx.session, number, now=ctx.now)
        clocks.add(
            ctx.session, subject, limit, start=ctx.now, accountable=task.assignee, object_type=HANDOVER,
            object_id=str(task.id),
        )  # fmt: skip
    tasks.begin_due(ctx.session, task, limit.due_at)
    return {}


def _limit(ctx: ListenerContext, properties: Mapping[str, str]) -> clocks.Limit | None:
    clock, start = str(properties.get("clock") or ""), ctx.now
    known = {"category": properties.get("clockCategory") or None}
    if not clock:
        return None
    if clock == NOTICE:
        return _before(ctx, clock)
    if clock == DAY5:
        row = rows.house(ctx.session, str(ctx.variables.get("unit_number") or ""))
        start = row.delivered_at if row is not None and row.delivered_at else start
    found = clocks.limit(ctx.session, clock, known, start=start, now=ctx.now, process=HANDOVER)
    if found is None or found.due_at > ctx.now:
        return found
    return _at(found, ctx.now.astimezone(CHINA).replace(hour=18, minute=0), ctx.now)


def _before(ctx: ListenerContext, clock: str) -> clocks.Limit | None:
    """A limit counted back from the first day of the handover (入伙通知)."""
    begins = datetime.fromisoformat(str(ctx.variables["handover_starts"])).replace(tzinfo=CHINA)
    found = clocks.limit(ctx.session, clock, {}, start=begins, now=ctx.now, process=HANDOVER)
    return _at(found, begins - (found.due_at - begins), ctx.now) if found else None


def _at(found: clocks.Limit, end: datetime, now: datetime) -> clocks.Limit:
    """Give a limit another end: never one that has passed."""
    end = end if end > now else now + LATEST
    return clocks.Limit(found.clock, end, None, None, found.value, found.unit, found.pausable, found.source)


def withdraw_outlived(session: Session, number: str, *, now: datetime) -> None:
    """Withdraw the running clocks of a number whose tasks are gone."""
    for row in deadlines.running(session, number):
        if row.object_type == HANDOVER and not task_rows.is_open(session, row.object_id):
            row.open, row.withdrawn_at = False, now
