"""The rechecks of an order: what R10–R13 write, inside and by the owner, and who signs for the opinion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from engine import access, instances, tasks
from engine.access import SYSTEM, Action
from engine.core.forms import FieldError
from engine.errors import N_, InvalidFormError
from processes.services import order_clocks, order_facts, orders
from processes.services.listeners_orders import log
from processes.services.listeners_repair import FAILED, PASSED, lines, pending
from processes.services.orders import order_of, set_defect, set_state
from processes.services.recording import log_contact, log_document, moment, text
from storage import orders as rows
from storage.tables.cases import Appointment
from storage.tables.defects import Defect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.connectors import ListenerContext
    from storage.tables.defects import RectificationOrder

RECEIPT = "rect_receipt"
"""The process by which the developer signs for an opinion."""


def r10(ctx: ListenerContext) -> dict[str, Any]:
    """The recheck on the same day (C07, C10): what passed goes to the owner, what failed is repaired again (C09)."""
    order = order_of(ctx)
    failed = []
    for defect, row in lines(ctx, "checks", pending(ctx, order, "待复核")):
        seen = [{"attachment": str(one), "kind": "recheck"} for one in row.get("check_photos") or []]
        defect.photos = [*defect.photos, *seen]
        if row.get("passed") == PASSED:
            set_defect(ctx.session, defect, "待客户复验", actor=ctx.actor.login, now=ctx.now)
        else:
            failed.append((defect, text(row, "problem")))
    order.reviewed_at = ctx.now
    order_clocks.meet(ctx, order, "recheck")
    result = FAILED if failed else PASSED
    log(ctx, order, "内部复核", result, {"may_tell": ctx.values.get("may_tell_customer")})
    photos = [one for row in ctx.values.get("checks") or [] for one in row.get("check_photos") or []]
    log_document(ctx, order, "复核意见书", method=result, attachments=photos)
    _deliver(ctx, order, result)
    if failed:
        return {"check_passed": False, **_again(ctx, order, failed)}
    due = None
    if (ctx.variables.get("check_rule") or {}).get("customer_check"):
        set_state(ctx.session, order, "待客户复验", actor=ctx.actor.login, now=ctx.now)
        due = order_clocks.start(ctx, order, "owner_recheck")
    return {"check_passed": True, "outcome": PASSED, "owner_recheck_due": due, "told_tries": 0}


def _deliver(ctx: ListenerContext, order: RectificationOrder, result: str) -> None:
    """Let the opinion be signed for by the developer the same day (C10, C20), beside what the order does next."""
    due = order_clocks.start(ctx, order, "opinion")
    instances.start(
        ctx.session,
        key=RECEIPT,
        variables={"order_number": order.number, "opinion_due": due, "opinion_result": result},
        viewer=SYSTEM,
        now=ctx.now,
        registry=ctx.registry,
        business_key=order.number,
        scope=order.project,
        title=f"{orders.title_of(order)}：复核意见书（{result}）",
        fields=orders.fields_of(order),
    )


def r10s(ctx: ListenerContext) -> dict[str, Any]:
    """The developer signs for the recheck opinion (C20)."""
    order = order_of(ctx)
    signed = ctx.values.get("receipt")
    by = text(ctx.values, "received_by")
    log(ctx, order, "意见书签收", by, {"result": ctx.variables.get("opinion_result")})
    attachments = [signed] if signed else []
    log_document(ctx, order, "复核意见书签收", method="电子签名" if signed else "系统签收", attachments=attachments)
    order_clocks.meet(ctx, order, "opinion")
    return {}


def _again(ctx: ListenerContext, order: RectificationOrder, failed: Sequence[tuple[Defect, str]]) -> dict[str, Any]:
    """Begin the rework, due today (C11); DMN-10 is asked with the new figures."""
    order.rework += 1
    for defect, problem in failed:
        defect.rework, defect.rejected = defect.rework + 1, problem
        set_defect(ctx.session, defect, "整改中", actor=ctx.actor.login, now=ctx.now, said=problem)
    set_state(ctx.session, order, "整改中", actor=ctx.actor.login, now=ctx.now)
    due = order_clocks.start(ctx, order, "rework")
    found = order_facts.substitution(ctx.session, order, ctx.now)
    return {**found, "outcome": "返工", "due_at": due, "all_done": False}


def r11(ctx: ListenerContext) -> dict[str, Any]:
    """The owner is asked to inspect (C08); after three tries in vain a manager decides (R13).

    What was said holds for all orders of the house that wait for the call, if the caller says so.
    """
    order, values = order_of(ctx), ctx.values
    result = text(values, "told_result")
    at = moment(values.get("told_at")) or ctx.now
    reached = result != "联系不上"
    log_contact(ctx, order, "通知验收", said=result, channel=text(values, "told_way"), at=at, reached=reached)
    visit = moment(values.get("owner_visit_at"))
    if visit is not None:
        made = {"made_by": ctx.actor.login, "made_at": ctx.now}
        ctx.session.add(Appointment(case_number=order.number, starts_at=visit, visitors=[], **made))
    if values.get("told_all"):
        _tell_of_the_others(ctx, order)
    return {"told_tries": int(ctx.variables.get("told_tries") or 0) + (0 if reached else 1)}


def _tell_of_the_others(ctx: ListenerContext, order: RectificationOrder) -> None:
    """Enter the same call with the other orders of the house that the caller may complete."""
    said = {**ctx.values, "told_all": False}
    for task, _ in rows.of_house_at(ctx.session, order, "R11"):
        if access.allowed(ctx.actor, Action.TASK_COMPLETE, task):
            tasks.complete(ctx.session, ctx.actor, task.id, data=said, now=ctx.now, registry=ctx.registry)


def r12(ctx: ListenerContext) -> dict[str, Any]:
    """The owner's recheck: satisfied and signed, or item by item what is not right (C08, B58)."""
    order, values = order_of(ctx), ctx.values
    result = text(values, "owner_result")
    log(ctx, order, "客户复验", result, {"satisfaction": text(values, "satisfaction")})
    if result not in (PASSED, FAILED):
        return {}
    order.satisfaction = text(values, "satisfaction")
    order_clocks.meet(ctx, order, "owner_recheck")
    found = lines(ctx, "owner_checks", pending(ctx, order))
    failed = [(defect, text(row, "problem")) for defect, row in found if row.get("satisfied") is False]
    if (result == FAILED) != bool(failed):
        template = N_("The result and the opinions on the items contradict each other.")
        raise InvalidFormError([FieldError("owner_result", template, label="结果")])
    _new_defects(ctx, order)
    for defect, row in found:
        if row.get("satisfied") is not False:
            set_defect(ctx.session, defect, orders.DONE, actor=ctx.actor.login, now=ctx.now)
            defect.open, defect.closed_at = False, ctx.now
    if failed:
        return _again(ctx, order, failed)
    log_document(ctx, order, "客户签认", method="电子签名", attachments=[values.get("owner_signature")])
    return {"outcome": PASSED}


def _new_defects(ctx: ListenerContext, order: RectificationOrder) -> None:
    """What the owner finds besides becomes defects of an order of its own, for the same starter."""
    found = [
        Defect(
            id=uuid4(),
            project=order.project,
            unit_id=order.unit_id,
            house=order.house,
            area=order.area,
            found_in=order.number,
            part=text(row, "part"),
            room=text(row, "part").partition("/")[0],
            text=text(row, "text"),
            photos=[{"attachment": str(one), "kind": "before"} for one in row.get("new_photos") or []],
            found_at=ctx.now,
            found_by=ctx.actor.login,
        )
        for row in ctx.values.get("new_problems") or []
    ]
    if not found:
        return
    numbers = orders.issue(
        ctx.session,
        starter=order.starter,
        starter_kind=order.starter_kind,
        stage="保修期" if order.stage == "保修期外" else order.stage,
        source_channel=order.source_channel,
        defects=found,
        viewer=ctx.actor,
        now=ctx.now,
        registry=ctx.registry,
        reported_at=ctx.now,
    )
    log(ctx, order, "新问题", "、".join(numbers), {"orders": numbers})


def r13(ctx: ListenerContext) -> dict[str, Any]:
    """Repaired, and the owner does not come or sign without reason: taken as accepted on evidence (DMN-10 row 2)."""
    order, values = order_of(ctx), ctx.values
    decision = text(values, "deemed_decision")
    log(ctx, order, "视同认定", f"{decision}：{text(values, 'deemed_evidence')}", {"until": values.get("carry_until")})
    log_document(ctx, order, "视同认定证据", attachments=list(values.get("deemed_photos") or []))
    if decision == "视同认定":
        order_clocks.meet(ctx, order, "owner_recheck")
        return {"outcome": PASSED, "owner_refuses": True}
    return {"outcome": "挂账"} if decision == "挂账" else {"told_tries": 0}
