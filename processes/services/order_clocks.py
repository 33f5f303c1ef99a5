"""The clocks of an order by DMN-05, as its process wants them: times as text with China's offset."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from processes.services import clocks

if TYPE_CHECKING:
    from datetime import datetime

    from engine.connectors import ServiceContext
    from storage.tables.deadlines import Deadline
    from storage.tables.defects import RectificationOrder


ASK_BEFORE = timedelta(days=1)
FED_BACK = ("销售", "物业")
"""Where an order comes from whose result has to be fed back within days."""


def start_row(
    ctx: ServiceContext,
    order: RectificationOrder,
    clock: str,
    *,
    category: str = "",
    start_at: datetime | None = None,
    accountable: str = "",
) -> Deadline | None:
    """Start a clock of an order, or give the one that runs."""
    return clocks.start_clock(
        ctx.session,
        order,
        clock,
        start=start_at or ctx.now,
        now=ctx.now,
        facts={"category": category or None, "urgency": order.urgency},
        accountable=accountable,
        process="rectification",
        object_type="order",
    )


def start(
    ctx: ServiceContext,
    order: RectificationOrder,
    clock: str,
    *,
    category: str = "",
    start_at: datetime | None = None,
    accountable: str = "",
) -> str | None:
    """Start a clock of an order and give when it is due."""
    row = start_row(ctx, order, clock, category=category, start_at=start_at, accountable=accountable)
    return row.due_at.astimezone(CHINA).isoformat() if row is not None else None


def feedback(ctx: ServiceContext, order: RectificationOrder, source: str, *, start_at: datetime) -> dict[str, Any]:
    """Start the clock of the result's feedback when it begins for this source (C05 report, C17 signature).

    `feedback_at` is a day before it is due: then the task comes. Orders from elsewhere owe no feedback.
    """
    if order.source_channel not in FED_BACK:
        return {"feedback_given": True, "feedback_at": ctx.now.astimezone(CHINA).isoformat()}
    if order.source_channel != source:
        return {}
    row = start_row(ctx, order, "feedback", category=source, start_at=start_at)
    if row is None:
        return {}
    due = row.due_at.astimezone(CHINA)
    at = max(start_at, due - ASK_BEFORE).astimezone(CHINA)
    return {"feedback_given": False, "feedback_due": due.isoformat(), "feedback_at": at.isoformat()}


def meet(ctx: ServiceContext, order: RectificationOrder, *names: str) -> None:
    """Stop clocks of an order: done."""
    for name in names:
        clocks.meet(ctx.session, order.number, name, now=ctx.now)
