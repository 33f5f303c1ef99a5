"""The decoration of a house: registered, patrolled, accepted, its deposit refunded (装修管理, B09)."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from engine import instances, tasks
from engine.core.calendar import CHINA
from engine.core.forms import FieldError
from engine.errors import N_, InvalidFormError, InvalidInputError, NotFoundError
from processes.services import clocks, subjects
from processes.services.improvements import day
from processes.services.orders import add_event
from processes.services.recording import amount, text
from storage import cases, estate, handovers
from storage import decorations as rows
from storage.tables.decorations import Decoration
from storage.tables.handovers import FeeItem
from storage.tables.instances import ProcessInstance
from storage.tables.work import UserTask

if TYPE_CHECKING:
    from datetime import date

    from engine.connectors import ListenerContext
    from storage.tables.estate import Unit

PROCESS, DEPOSIT, DECORATING = "decoration", "装修保证金", "装修"
MORNING = time(9, 0)


def _row(ctx: ListenerContext) -> Decoration:
    number = str(ctx.variables.get("decoration_number") or ctx.business_key)
    row = rows.get(ctx.session, number)
    if row is None:
        raise NotFoundError(N_("There is no decoration {number}."), number=number)
    return row


def _log(ctx: ListenerContext, row: Decoration, kind: str, said: str = "") -> None:
    add_event(ctx.session, row.number, kind, said, actor=ctx.actor.login, now=ctx.now)
    instances.update_head(
        ctx.session, ctx.instance_id, title=f"{row.number} {row.house}".strip(), summary=f"装修 · {row.state}",
        fields={"number": row.number},
    )  # fmt: skip


def _refuse(field: str, problem: str, label: str, **known: Any) -> InvalidFormError:
    return InvalidFormError([FieldError(field, problem, known, label)])


def _morning(on: date) -> str:
    return datetime.combine(on, MORNING, tzinfo=CHINA).isoformat()


def begins(ctx: ListenerContext) -> dict[str, Any]:
    """The decoration gets its number when its first task begins, and the task its clock.

    Raises InvalidInputError without a project: nobody of the project would see its tasks.
    """
    if not ctx.scope:
        raise InvalidInputError(N_("Choose a project from the list."))
    today = ctx.now.astimezone(CHINA).date()
    series = f"ZX-{today:%Y}"
    row = Decoration(
        number=f"{series}-{cases.next_value(ctx.session, series):06d}", project=ctx.scope, patrols=[],
        created_by=ctx.actor.login, created_at=ctx.now, instance_id=ctx.instance_id,
    )  # fmt: skip
    ctx.session.add(row)
    ctx.session.get_one(ProcessInstance, ctx.instance_id).business_key = row.number
    ctx.session.flush()
    _log(ctx, row, "装修申报")
    _begin_clock(ctx, row)
    return {"decoration_number": row.number}


def clock(ctx: ListenerContext) -> dict[str, Any]:
    """Start the clock of a task when it begins, stop it when it is done (DMN-05, `process` decoration)."""
    row = _row(ctx)
    if ctx.event == "create":
        _begin_clock(ctx, row)
    else:
        clocks.meet(ctx.session, row.number, "", now=ctx.now, object_id=str(ctx.task_id))
    return {}


def _begin_clock(ctx: ListenerContext, row: Decoration) -> None:
    task = ctx.session.get_one(UserTask, ctx.task_id)
    name = str(task.properties.get("clock") or "")
    found = clocks.limit(ctx.session, name, {}, start=ctx.now, now=ctx.now, process=PROCESS)
    subject = subjects.find(ctx.session, row.number)
    if found is None or subject is None:
        return
    clocks.add(
        ctx.session, subject, found, start=ctx.now, accountable=task.assignee, object_type=PROCESS,
        object_id=str(task.id),
    )  # fmt: skip
    tasks.begin_due(ctx.session, task, found.due_at)


def d1(ctx: ListenerContext) -> dict[str, Any]:
    """The decoration is registered with its days, its company and its plan (D1).

    Raises InvalidFormError for a house that is not there or is being decorated, or days the wrong way round.
    """
    row, values = _row(ctx), ctx.values
    unit = _house(ctx, row)
    begins_on, ends_on = day(values["begins_on"]), day(values["ends_on"])
    if ends_on < begins_on:
        raise _refuse("ends_on", N_("It ends before it begins."), "计划完工日期")
    row.unit_id, row.house = unit.id, unit.code
    row.company, row.plan = text(values, "company"), text(values, "plan")
    row.begins_on, row.ends_on = begins_on, ends_on
    row.deposit = _deposit(ctx, unit.id)
    row.state = "装修中"
    before, unit.state = unit.state, DECORATING
    _log(ctx, row, "装修登记", f"{row.company} {begins_on} – {ends_on}")
    return {"deposit_paid": row.deposit, "patrol_at": _morning(begins_on), "house_state": before, "to_mend": None}


def _house(ctx: ListenerContext, row: Decoration) -> Unit:
    unit = estate.unit_by_code(ctx.session, text(ctx.values, "unit"))
    project = None if unit is None else estate.project_by_code(ctx.session, row.project)
    if unit is None or project is None or project.id != unit.project_id:
        raise _refuse("unit", N_("Choose a house of the project."), "房号")
    if unit.delivered_on is None:
        raise _refuse("unit", N_("The house has not been handed over."), "房号")
    other = rows.running(ctx.session, unit.id, row.number)
    if other is not None:
        raise _refuse("unit", N_("The house is being decorated already: {number}."), "房号", number=other.number)
    return unit


def _fee(ctx: ListenerContext, unit_id: int) -> FeeItem | None:
    found = [one for one in handovers.fees(ctx.session, unit_id) if one.kind == DEPOSIT and one.paid]
    return next((one for one in reversed(found) if one.refunded_at is None), None)


def _deposit(ctx: ListenerContext, unit_id: int) -> float:
    """Give the deposit paid at the handover, or take down the one that is paid now; 0 for none."""
    fee, much = _fee(ctx, unit_id), amount(ctx.values.get("deposit")) or 0
    if fee is None and much:
        fee = FeeItem(
            unit_id=unit_id, kind=DEPOSIT, amount=much, paid=much, paid_at=ctx.now, receipt=text(ctx.values, "receipt")
        )
        ctx.session.add(fee)
    return float(fee.paid) if fee is not None else 0.0


def d2(ctx: ListenerContext) -> dict[str, Any]:
    """A patrol: what was found, and when the next one is; or the work is done (D2).

    Raises InvalidFormError when the next patrol is not after today.
    """
    row, values = _row(ctx), ctx.values
    result, today = text(values, "patrol_result"), ctx.now.astimezone(CHINA).date()
    found = text(values, "findings")
    answer: dict[str, Any] = {"decoration_result": result, "to_mend": None}
    if result != "已完工":
        on = day(values["next_on"])
        if on <= today:
            raise _refuse("next_on", N_("Choose a later day."), "下次巡查日期")
        answer["patrol_at"] = _morning(on)
    photos = [str(one) for one in values.get("photos") or []]
    patrol = {"on": today.isoformat(), "by": ctx.actor.login, "result": result, "findings": found, "photos": photos}
    row.patrols = [*row.patrols, patrol]
    row.state = "待验收" if result == "已完工" else "装修中"
    _log(ctx, row, "装修巡查", "；".join(piece for piece in (result, found) if piece))
    return answer


def d3(ctx: ListenerContext) -> dict[str, Any]:
    """The decoration is accepted, or something is to be mended first (D3)."""
    row, note = _row(ctx), text(ctx.values, "accept_note")
    passed = text(ctx.values, "accept_result") == "通过"
    if not passed:
        row.state = "整改"
        _log(ctx, row, "装修验收", f"需整改：{note}")
        return {"to_mend": note}
    row.accepted_on = row.ends_on = ctx.now.astimezone(CHINA).date()
    if row.unit_id is not None:
        unit = estate.unit_by_code(ctx.session, row.house)
        if unit is not None and unit.state == DECORATING:
            unit.state = str(ctx.variables.get("house_state") or "已交付")
    row.state = "待退保证金"
    if not row.deposit:
        row.state, row.open, row.closed_at = "已完成", False, ctx.now
    _log(ctx, row, "装修验收", "通过")
    return {"to_mend": None}


def d4(ctx: ListenerContext) -> dict[str, Any]:
    """The deposit goes back, less what is kept for a reason (D4): the fee is refunded, the decoration over.

    Raises InvalidFormError when refund and deduction are not the deposit together.
    """
    row, values = _row(ctx), ctx.values
    refund, kept = amount(values.get("refund")) or 0, amount(values.get("deduction")) or 0
    if round(refund + kept - row.deposit, 2):
        problem = N_("Refund and deduction must together be the deposit of {deposit} yuan.")
        raise _refuse("refund", problem, "退还金额", deposit=f"{row.deposit:.2f}")
    row.refund, row.deduction, row.reason = refund, kept, text(values, "deduction_reason")
    row.refunded_on = day(values["refunded_on"])
    fee = _fee(ctx, row.unit_id or 0)
    if fee is not None:
        fee.refunded_at = datetime.combine(row.refunded_on, MORNING, tzinfo=CHINA)
    row.state, row.open, row.closed_at = "已完成", False, ctx.now
    _log(ctx, row, "退还装修保证金", f"退 {refund:.2f} 元，扣 {kept:.2f} 元 {row.reason}".strip())
    return {}
