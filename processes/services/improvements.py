"""Improvements that a review or a survey decided on: who does what until when, done and checked (B41, B62)."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from engine import notifications
from engine.core.calendar import CHINA
from engine.core.forms import FieldError
from engine.errors import N_, InvalidFormError, NotFoundError
from processes.services.recording import text
from storage import people as staff
from storage import reviews as rows
from storage.tables.surveys import ImprovementItem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors import ListenerContext, ServiceContext

EVENING = time(18, 0)
PAGE = "/quality"
TOLD = {
    "改进到期": N_("An improvement is due on {due}: {measure}"),
    "改进逾期": N_("An improvement is overdue since {due}: {measure}"),
}


def day(value: Any) -> date:
    """Read a day of a form."""
    return value if isinstance(value, date) and not isinstance(value, datetime) else date.fromisoformat(str(value)[:10])


def decided(ctx: ListenerContext, source: str, project: str) -> list[dict[str, Any]]:
    """Write down the measures of a form and give them as the diagram wants them; those of an earlier try are replaced.

    Raises InvalidFormError when a measure was due before today.
    """
    for old in rows.items(ctx.session, source):
        ctx.session.delete(old)
    ctx.session.flush()
    today, found = ctx.now.astimezone(CHINA).date(), []
    for place, one in enumerate(ctx.values.get("measures") or [], start=1):
        due = day(one["due"])
        if due < today:
            path = f"measures.{place - 1}.due"
            raise InvalidFormError([FieldError(path, N_("Choose today or a later day."), label="期限")])
        row = ImprovementItem(
            source=source, place=place, project=project, measure=str(one["measure"]), person=str(one["person"]),
            due_on=due,
        )  # fmt: skip
        ctx.session.add(row)
        found.append(
            {
                "source": source,
                "place": place,
                "measure": row.measure,
                "person": row.person,
                "due_at": datetime.combine(due, EVENING, tzinfo=CHINA).isoformat(),
            }
        )
    ctx.session.flush()
    return found


def _row(variables: Mapping[str, Any], ctx: ServiceContext) -> ImprovementItem:
    item = variables.get("item") or {}
    row = rows.item(ctx.session, str(item.get("source") or ""), int(item.get("place") or 0))
    if row is None:
        raise NotFoundError(N_("There is no such improvement."))
    return row


def v4(ctx: ListenerContext) -> dict[str, Any]:
    """The person says what was done (V4)."""
    row = _row(ctx.variables, ctx)
    row.result, row.state, row.done_at = text(ctx.values, "item_result"), "待验证", ctx.now
    return {"item_said": row.result}


def v5(ctx: ListenerContext) -> dict[str, Any]:
    """The manager finds it effective, or gives it back (V5)."""
    row = _row(ctx.variables, ctx)
    if text(ctx.values, "item_check") == "退回":
        row.state, row.done_at = "进行中", None
        return {"item_opinion": text(ctx.values, "check_note")}
    row.state, row.open, row.closed_at = "已落实", False, ctx.now
    return {}


def remind(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `improvement.remind`: the day before, the person is told."""
    row = _row(ctx.variables, ctx)
    _tell(ctx, [row.person], TOLD["改进到期"], row)
    return {}


def late(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `improvement.late`: the day is over, the person and the managers are told."""
    row = _row(ctx.variables, ctx)
    managers = staff.holders(ctx.session, "cs_mgr", row.project, ctx.now)
    _tell(ctx, [row.person, *managers], TOLD["改进逾期"], row)
    return {}


def _tell(ctx: ServiceContext, logins: list[str], template: str, row: ImprovementItem) -> None:
    fields = {"due": row.due_on.isoformat(), "measure": row.measure}
    for login in dict.fromkeys(logins):
        notifications.notify(
            ctx.session, recipient=login, template=template, fields=fields, link=PAGE, now=ctx.now,
            instance_id=ctx.instance_id,
        )  # fmt: skip
