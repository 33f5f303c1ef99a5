"""From the signed sheet to the visit: what R01–R05 write (signature, acceptance, ruling, appointment)."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from engine.core.forms import FieldError
from engine.errors import N_, InvalidFormError
from processes.services import clocks, order_clocks, order_facts, order_notices, owner_texts, register_prices
from processes.services.orders import add_event, order_of, set_state, show_head, variables_of
from processes.services.recording import amount, log_contact, log_document, moment, text
from storage import orders as rows
from storage.tables.cases import Appointment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors import ListenerContext
    from storage.tables.contractors import Contractor
    from storage.tables.defects import RectificationOrder

WHOLE = 100
UNIT = ("responsible_unit", "repair_unit", "repair_group")


def log(
    ctx: ListenerContext, order: RectificationOrder, kind: str, said: str = "", detail: Mapping[str, Any] | None = None
) -> None:
    """Write down what happened to an order."""
    add_event(ctx.session, order.number, kind, said, actor=ctx.actor.login, now=ctx.now, detail=detail)


def units(ctx: ListenerContext, order: RectificationOrder) -> dict[str, Any]:
    """Give the variables that say who answers and who repairs."""
    found = variables_of(ctx.session, order)
    return {name: found[name] for name in UNIT}


def r01(ctx: ListenerContext) -> dict[str, Any]:
    """The report on structural safety, with the design scheme (B18)."""
    order, values = order_of(ctx), ctx.values
    detail = {"reported_at": values.get("structural_reported_at"), "filing": text(values, "filing_no")}
    log(ctx, order, "结构安全报告", text(values, "structural_authority"), detail)
    log_document(ctx, order, "结构安全报告", attachments=list(values.get("design_scheme") or []))
    return {}


def r02(ctx: ListenerContext) -> dict[str, Any]:
    """The quotation: with the owner's consent work begins, without it he is told where to go (A19, E13)."""
    order, values = order_of(ctx), ctx.values
    found = register_prices.lines(ctx.session, values.get("quote_items") or [], order.project, ctx.now)
    order.quote = register_prices.total(found, amount(values.get("quote_total")))
    agreed = bool(values.get("owner_agrees"))
    items = [{**asdict(line), "total": line.total} for line in found]
    detail = {"items": items, "total": order.quote}
    log(ctx, order, "报价", "业主同意" if agreed else f"业主不同意 {text(values, 'guided_to')}".strip(), detail)
    if agreed:
        log_document(ctx, order, "报价确认", method="电子签名", attachments=[values.get("quote_signature")])
    return {"outcome": "继续" if agreed else "转有偿", "quote_total": order.quote}


def r03a(ctx: ListenerContext) -> dict[str, Any]:
    """The developer signs (C04, C15): property's feedback clock begins now (C17), the unit is told."""
    order, values = order_of(ctx), ctx.values
    decision = text(values, "sign_decision")
    log(ctx, order, "工程签收", "；".join(piece for piece in (decision, text(values, "sign_reason")) if piece))
    if decision == "不属实或重复":
        order_clocks.meet(ctx, order, "sign")
        return {"outcome": "作废"}
    if decision == "责任异议":
        set_state(ctx.session, order, "异议", actor=ctx.actor.login, now=ctx.now)
    if decision != "签收":
        return {}
    order_clocks.meet(ctx, order, "sign")
    order.signed_at, order.signed_by = order.signed_at or ctx.now, ctx.actor.login
    set_state(ctx.session, order, "待接单", actor=ctx.actor.login, now=ctx.now)
    order_notices.tell(ctx.session, order, "工单指派", now=ctx.now, registry=ctx.registry)
    due = order_clocks.start(ctx, order, "accept")
    return {"accept_due": due, **order_clocks.feedback(ctx, order, "物业", start_at=order.signed_at)}


def r03b(ctx: ListenerContext) -> dict[str, Any]:
    """The unit accepts (D13): the work's clock begins; or it disputes that it answers for the fault."""
    order, values = order_of(ctx), ctx.values
    decision = text(values, "accept_decision")
    detail = {"planned_finish_at": values.get("planned_finish_at"), "evidence": values.get("dispute_evidence") or []}
    said = "；".join(piece for piece in (decision, text(values, "dispute_reason")) if piece)
    log(ctx, order, "责任单位接单", said, detail)
    if decision != "接单":
        if decision == "责任异议":
            set_state(ctx.session, order, "异议", actor=ctx.actor.login, now=ctx.now)
        return {}
    order_clocks.meet(ctx, order, "accept")
    order.accepted_at, order.visit_at = ctx.now, moment(values.get("planned_visit_at"))
    category = order_facts.work_category(ctx.session, order, needs_material=bool(values.get("needs_material")))
    row = order_clocks.start_row(ctx, order, "work", category=category, accountable=ctx.actor.login)
    if row is not None:
        order.due_at, order.original_due_at = row.due_at, order.original_due_at or row.due_at
        for defect in rows.defects_of(ctx.session, order.number):
            defect.due_at = row.due_at
    due = order.due_at.astimezone(CHINA).isoformat() if order.due_at else None
    if values.get("can_come") is not None:
        order.cannot_come = values.get("can_come") is False
    visit = ctx.variables.get("visit_first") is True and not order.cannot_come
    set_state(ctx.session, order, "待预约" if visit else "整改中", actor=ctx.actor.login, now=ctx.now)
    appoint = order_clocks.start(ctx, order, "appoint") if visit else None
    return {"due_at": due, "appoint_due": appoint, "visit_first": visit}


def r03s(ctx: ListenerContext) -> dict[str, Any]:
    """What was missing is added (C16); the sheet goes back to be signed."""
    order = order_of(ctx)
    log(ctx, order, "补充资料", text(ctx.values, "supplement"), {"photos": ctx.values.get("supplement_photos") or []})
    return {}


def r04(ctx: ListenerContext) -> dict[str, Any]:
    """The ruling: who answers, who repairs, who pays which share (DMN-04 row 5)."""
    order, values = order_of(ctx), ctx.values
    responsible = _unit(ctx, "ruled_unit")
    repair = _unit(ctx, "ruled_repair") if text(values, "ruled_repair") else responsible
    shares = [dict(share) for share in values.get("shares") or []]
    total = sum(amount(share.get("percent")) or 0 for share in shares)
    if shares and abs(total - WHOLE) > 0.005:  # noqa: PLR2004  half of the last digit that can be typed
        template = N_("The shares add up to {total} %, not to 100 %.")
        raise InvalidFormError([FieldError("shares", template, {"total": f"{total:g}"}, label="费用分摊")])
    order.responsible_id, order.repair_id, order.shares = responsible.id, repair.id, shares
    order.units_fault = values.get("units_fault")
    for defect in rows.defects_of(ctx.session, order.number):
        defect.responsible_id, defect.repair_id = responsible.id, repair.id
    detail: dict[str, Any] = {"basis": text(values, "ruling_basis"), "responsible": responsible.code, "shares": shares}
    detail["units_fault"] = order.units_fault
    log(ctx, order, "责任裁定", text(values, "ruling_note"), detail)
    set_state(ctx.session, order, "待签收", actor=ctx.actor.login, now=ctx.now)
    show_head(ctx.session, order)
    return {**units(ctx, order), "ruling": False, "sign_due": order_clocks.start(ctx, order, "sign")}


def _unit(ctx: ListenerContext, field: str) -> Contractor:
    code = text(ctx.values, field)
    found = rows.contractor(ctx.session, code)
    if found is None:
        template = N_("There is no responsible unit {unit}.")
        raise InvalidFormError([FieldError(field, template, {"unit": code}, label="责任单位")])
    return found


def r05(ctx: ListenerContext) -> dict[str, Any]:
    """An appointment with the owner (D02)."""
    order, values = order_of(ctx), ctx.values
    starts = moment(values.get("visit_from")) or ctx.now
    earlier = ctx.session.query(Appointment).filter(Appointment.case_number == order.number).count()
    people = [name for name in text(values, "visit_people").replace("，", "、").split("、") if name]
    ctx.session.add(
        Appointment(
            case_number=order.number,
            starts_at=starts,
            ends_at=moment(values.get("visit_to")),
            visitors=people,
            attempt=earlier + 1,
            made_by=ctx.actor.login,
            made_at=ctx.now,
        )
    )
    order.visit_at = starts
    log_contact(ctx, order, "预约上门", said=f"{starts.astimezone(CHINA):%m-%d %H:%M}")
    order_clocks.meet(ctx, order, "appoint")
    owner_texts.visit_of_order(ctx.session, order, starts, people, now=ctx.now, registry=ctx.registry)
    set_state(ctx.session, order, "待预约", actor=ctx.actor.login, now=ctx.now)
    return {}


def r05v(ctx: ListenerContext) -> dict[str, Any]:
    """At the door: somebody is at home and work begins, or nobody is and the visit counts."""
    order, values = order_of(ctx), ctx.values
    result = text(values, "home_result")
    home = result == "业主在家"
    query = ctx.session.query(Appointment).filter(Appointment.case_number == order.number)
    row = query.order_by(Appointment.id.desc()).first()
    if row is not None:
        row.state = "已到" if home else "未遇"
    order.no_shows += 0 if home else 1
    log(ctx, order, "上门", result, {"photos": values.get("door_photo") or []})
    if home:
        set_state(ctx.session, order, "整改中", actor=ctx.actor.login, now=ctx.now)
    return {"no_show": order.no_shows}


def r05h(ctx: ListenerContext) -> dict[str, Any]:
    """What becomes of a suspended order: another appointment, agreed for later, or nothing."""
    order, values = order_of(ctx), ctx.values
    decision = text(values, "hold_decision")
    log(ctx, order, "挂起处理", f"{decision}：{text(values, 'hold_reason')}", {"until": values.get("hold_until")})
    if decision == "重新预约":
        order.no_shows = 0
        clocks.withdraw(ctx.session, order.number, "appoint", now=ctx.now)
        set_state(ctx.session, order, "待预约", actor=ctx.actor.login, now=ctx.now)
        return {"no_show": 0, "appoint_due": order_clocks.start(ctx, order, "appoint")}
    return {"outcome": decision}
