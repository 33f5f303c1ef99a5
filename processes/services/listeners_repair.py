"""From the repair to the deduction: what R06–R09, R14 and R15 write (work, progress, extension, substitute)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from engine.core.forms import FieldError
from engine.errors import N_, InvalidFormError
from processes.services import clocks, order_clocks, order_notices
from processes.services.listeners_orders import log, units
from processes.services.orders import note, order_of, set_state
from processes.services.recording import amount, log_contact, log_document, moment, text
from storage import deadlines
from storage import orders as rows
from storage.tables.cases import ProgressReport
from storage.tables.contractors import Deduction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.connectors import ListenerContext
    from storage.tables.defects import Defect, RectificationOrder

AT_WORK = ("整改中", "代维中", "待签收", "挂起")
DONE, UNDONE, PASSED, FAILED = "完成", "未完成", "通过", "不通过"


def pending(ctx: ListenerContext, order: RectificationOrder, *states: str) -> list[Defect]:
    """List the open defects of an order in some states, of any state when none is named."""
    found = rows.defects_of(ctx.session, order.number)
    return [one for one in found if one.open and (not states or one.state in states)]


def lines(ctx: ListenerContext, field: str, wanted: Sequence[Defect]) -> list[tuple[Defect, Mapping[str, Any]]]:
    """Pair the lines of a list with the defects they are about; each wanted one exactly once.

    Raises:
        InvalidFormError: a defect is missing, named twice, or not among those wanted.
    """
    by_id = {str(one.id): one for one in wanted}
    found = [(by_id.get(str(row.get("defect") or "")), row) for row in ctx.values.get(field) or []]
    named = [defect.id for defect, _ in found if defect is not None]
    if len(named) != len(found) or set(named) != {one.id for one in wanted} or len(set(named)) != len(named):
        template = N_("Every defect of the order needs exactly one line.")
        raise InvalidFormError([FieldError(field, template, label="逐项结果")])
    return [(defect, row) for defect, row in found if defect is not None]


def r06(ctx: ListenerContext) -> dict[str, Any]:
    """What was done about each defect, with photos; what is not done names reason and date (E14)."""
    order = order_of(ctx)
    found = lines(ctx, "results", pending(ctx, order, *AT_WORK))
    for defect, row in found:
        done = row.get("done") == DONE
        _repaired(ctx, defect, row) if done else _unfinished(ctx, defect, row)
    finished = all(row.get("done") == DONE for _, row in found)
    log(ctx, order, "整改施工", DONE if finished else UNDONE, {"done": sum(r.get("done") == DONE for _, r in found)})
    return {"all_done": finished}


def _repaired(ctx: ListenerContext, defect: Defect, row: Mapping[str, Any]) -> None:
    photos = [{"attachment": str(one), "kind": "after"} for one in row.get("after_photos") or []]
    defect.photos = [*defect.photos, *photos]
    material = f"（{text(row, 'material')}）" if text(row, "material") else ""
    defect.measures, defect.unfinished = text(row, "measures") + material, ""
    note(ctx.session, defect, "已修", defect.measures, actor=ctx.actor.login, now=ctx.now)


def _unfinished(ctx: ListenerContext, defect: Defect, row: Mapping[str, Any]) -> None:
    defect.unfinished = text(row, "unfinished_reason")
    expected = {"expected_at": row.get("expected_at")}
    note(ctx.session, defect, UNDONE, defect.unfinished, actor=ctx.actor.login, now=ctx.now, **expected)


def r06p(ctx: ListenerContext) -> dict[str, Any]:
    """A progress report; the next is due in three days (D15)."""
    order, values = order_of(ctx), ctx.values
    ctx.session.add(
        ProgressReport(
            case_number=order.number,
            at=ctx.now,
            actor=ctx.actor.login,
            percent=int(values.get("progress") or 0),
            done=text(values, "done_so_far"),
            next_step=text(values, "next_step"),
            expected_at=moment(values.get("expected_at")),
            needs=text(values, "coordination"),
        )
    )
    return {}


def r06f(ctx: ListenerContext) -> dict[str, Any]:
    """The written feedback, finished or not, item by item (C05, C17)."""
    order = order_of(ctx)
    found = lines(ctx, "feedback", pending(ctx, order))
    for defect, row in found:
        said = "；".join(piece for piece in (text(row, "unfinished_reason"), text(row, "plan")) if piece)
        note(ctx.session, defect, "反馈", f"{row.get('done')} {said}".strip(), actor=ctx.actor.login, now=ctx.now)
    open_ = sum(row.get("done") != DONE for _, row in found)
    log(ctx, order, "结果反馈", f"未完成 {open_} 项" if open_ else "全部完成", {"unfinished": open_})
    log_document(ctx, order, "整改结果反馈", attachments=list(ctx.values.get("feedback_papers") or []))
    order_clocks.meet(ctx, order, "feedback")
    return {"feedback_given": True}


def r06r(ctx: ListenerContext) -> dict[str, Any]:
    """Why the rework was not finished on the day (C11); customer service is told to explain it."""
    order, values = order_of(ctx), ctx.values
    reason = text(values, "rework_reason")
    for row in deadlines.running(ctx.session, order.number, "rework"):
        row.reason = reason
    log(ctx, order, "返工未完成", reason, {"expected_at": values.get("rework_expected_at")})
    known = {"said": reason}
    order_notices.tell(ctx.session, order, "返工未完成", now=ctx.now, registry=ctx.registry, known=known)
    return {}


def r06c(ctx: ListenerContext) -> dict[str, Any]:
    """The customer hears why it takes longer (C11)."""
    said = "；".join(piece for piece in (text(ctx.values, "understanding"), text(ctx.values, "explained")) if piece)
    log_contact(ctx, order_of(ctx), "返工说明", said=said, reached=bool(ctx.values.get("reached")))
    return {}


def r07(ctx: ListenerContext) -> dict[str, Any]:
    """Handed in with the written document (C07); finishing counts as the feedback."""
    order = order_of(ctx)
    if not ctx.values.get("self_check_passed"):
        log(ctx, order, "自检", "不合格")
        return {}
    log(ctx, order, "提交完成", text(ctx.values, "completion_note"))
    attachments = list(ctx.values.get("completion_photos") or [])
    log_document(ctx, order, "整改完成单", attachments=attachments)
    return _handed_in(ctx, order)


def _handed_in(ctx: ListenerContext, order: RectificationOrder) -> dict[str, Any]:
    order.finished_at = ctx.now
    order_clocks.meet(ctx, order, "work", "rework", "feedback", "progress")
    set_state(ctx.session, order, "待复核", actor=ctx.actor.login, now=ctx.now)
    return {"feedback_given": True, "recheck_due": order_clocks.start(ctx, order, "recheck"), "outcome": "继续"}


def r08(ctx: ListenerContext) -> dict[str, Any]:
    """More time, or not: the clock moves, the original promise stays (AC08, K06)."""
    order, values = order_of(ctx), ctx.values
    decision, due = text(values, "extend_decision"), moment(values.get("new_due"))
    reason = text(values, "extend_reason")
    detail = {"new_due": values.get("new_due"), "reason": reason, "consents": values.get("customer_consents")}
    log(ctx, order, "延期审批", decision, detail)
    if decision != "同意" or due is None:
        return {}
    for clock in ("work", "rework"):
        for row in deadlines.running(ctx.session, order.number, clock):
            clocks.move(ctx.session, row, due, reason=reason)
    order.due_at, order.extended = due, order.extended + 1
    for defect in pending(ctx, order):
        defect.due_at = due
    return {"due_at": due.astimezone(CHINA).isoformat(), "extended": order.extended}


def r09(ctx: ListenerContext) -> dict[str, Any]:
    """Somebody else repairs (DMN-10): the unit that answers stays, the one that repairs changes."""
    order, values = order_of(ctx), ctx.values
    decision, trigger = text(values, "substitute_decision"), text(values, "substitute_trigger")
    detail = {"trigger": trigger, "estimate": amount(values.get("substitute_estimate"))}
    log(ctx, order, "代维审批", f"{decision}：{trigger}", detail)
    if decision != "同意":
        return {"substitute_asked_by": ""}
    other = rows.contractor(ctx.session, text(values, "substitute_unit"))
    if other is None:
        template = N_("There is no responsible unit {unit}.")
        fields = {"unit": text(values, "substitute_unit")}
        raise InvalidFormError([FieldError("substitute_unit", template, fields, label="代维单位")])
    order.repair_id, order.substituted = other.id, True
    log_document(ctx, order, "代维书面通知", attachments=list(values.get("written_notice") or []))
    for defect in pending(ctx, order, *AT_WORK):
        defect.repair_id = other.id
    set_state(ctx.session, order, "代维中", actor=ctx.actor.login, now=ctx.now)
    return {**units(ctx, order), "substituted": True, "substitute_asked_by": ""}


def r14(ctx: ListenerContext) -> dict[str, Any]:
    """The substitute has repaired; what it cost is kept for the deduction."""
    order, values = order_of(ctx), ctx.values
    for defect, row in lines(ctx, "results", pending(ctx, order, *AT_WORK)):
        _repaired(ctx, defect, row)
    order.cost = (order.cost or 0) + (amount(values.get("actual_cost")) or 0)
    log(ctx, order, "代维施工", "", {"cost": order.cost, "invoice": values.get("invoice") or []})
    return {**_handed_in(ctx, order), "actual_cost": order.cost}


def r14w(ctx: ListenerContext) -> dict[str, Any]:
    """The order was withdrawn: what the substitute had done by then is settled, and deducted as ever (DMN-10)."""
    order, values = order_of(ctx), ctx.values
    order.cost = amount(values.get("actual_cost")) or 0
    log(ctx, order, "代维结算", text(values, "work_done"), {"cost": order.cost, "invoice": values.get("invoice") or []})
    return {"actual_cost": order.cost}


def r15(ctx: ListenerContext) -> dict[str, Any]:
    """The deduction: actual cost and the fee of DMN-10, from retention money or payments."""
    order, values = order_of(ctx), ctx.values
    unit = rows.contractor(ctx.session, text(values, "deduct_unit"))
    if unit is None:
        template = N_("There is no responsible unit {unit}.")
        fields = {"unit": text(values, "deduct_unit")}
        raise InvalidFormError([FieldError("deduct_unit", template, fields, label="责任单位")])
    cost, fee = amount(values.get("deduct_cost")) or 0, amount(values.get("deduct_fee")) or 0
    rule = str((ctx.variables.get("dmn10") or {}).get("note") or "")
    given = rows.deductions(ctx.session, order.number)
    row = given[-1] if given else Deduction(order_number=order.number, rule=f"DMN-10 {rule}".strip())
    row.contractor_id, row.cost, row.fee_percent = unit.id, cost, fee
    row.amount, row.taken_from = round(cost * (1 + fee / 100), 2), text(values, "deduct_from")
    row.at, row.actor, row.state = ctx.now, ctx.actor.login, "待确认"
    ctx.session.add(row)
    log(ctx, order, "扣款单", unit.name, {"amount": row.amount, "from": row.taken_from})
    return {}


def r15b(ctx: ListenerContext) -> dict[str, Any]:
    """Finance confirms the deduction or objects."""
    order = order_of(ctx)
    decision = text(ctx.values, "deduct_decision")
    for row in rows.deductions(ctx.session, order.number):
        row.state = "已确认" if decision == "确认" else "有异议"
    log(ctx, order, "扣款确认", "；".join(one for one in (decision, text(ctx.values, "deduct_opinion")) if one))
    return {}
