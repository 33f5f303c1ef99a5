"""What the service tasks of the rectification order do, and those by which a case starts and collects its orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from engine import messages
from engine.access import SYSTEM
from processes.services import clocks, order_facts, order_notices, orders, owner_texts
from processes.services.decisions import decide
from processes.services.order_clocks import feedback, start
from processes.services.recording import case_of, log_event
from storage import cases
from storage import instances as instance_rows
from storage import orders as rows
from storage.tables.defects import Defect

if TYPE_CHECKING:
    from engine.connectors import ServiceContext
    from storage.tables.cases import CaseTask, ServiceCase
    from storage.tables.contractors import Contractor
    from storage.tables.defects import RectificationOrder

CLOSE_BY = {"转有偿": orders.PAID, "作废": orders.VOID, "挂账": orders.CARRIED}
ORDER_TASKS = ("整改", "物业维修")
"""Kinds of plan tasks that become orders; 部门处理 stays a task of a department (T16)."""


def assess(ctx: ServiceContext) -> dict[str, Any]:
    """DMN-03: warranty by part and dates, and what DMN-04 asks."""
    order = orders.order_of(ctx)
    found = order_facts.assess(ctx.session, order, now=ctx.now)
    order.in_warranty, order.stage, order.trade = found["in_warranty"], found["stage"], found["trade"] or order.trade
    order.structural = found["structural"]
    if order.structural:
        order_notices.tell(ctx.session, order, "结构安全", now=ctx.now, registry=ctx.registry)
    return found


def assign(ctx: ServiceContext) -> dict[str, Any]:
    """DMN-04 and DMN-05: write who answers and who repairs, unless the starter said it; begin the clocks."""
    order = orders.order_of(ctx)
    rule = ctx.variables.get("unit_rule") or {}
    known = {row.code: row for row in rows.contractors(ctx.session).values()}
    responsible = _named(ctx, order, str(rule.get("responsible") or ""), known)
    repair = _named(ctx, order, str(rule.get("repair") or ""), known)
    order.responsible_id = order.responsible_id or (responsible.id if responsible else None)
    order.repair_id = order.repair_id or (repair.id if repair else None)
    order.paid_service = order.stage == "保修期外" and order.unit_id is not None
    for defect in rows.defects_of(ctx.session, order.number):
        defect.responsible_id = defect.responsible_id or order.responsible_id
        defect.repair_id, defect.stage = order.repair_id, order.stage
    sign = start(ctx, order, "sign")
    orders.add_event(
        ctx.session, order.number, "判定", str(rule.get("cost") or ""), actor=ctx.actor.login, now=ctx.now,
        detail={"in_warranty": order.in_warranty, "stage": order.stage},
    )  # fmt: skip
    orders.show_head(ctx.session, order)
    decided = orders.variables_of(ctx.session, order)
    return {
        **{name: decided[name] for name in ("responsible_unit", "repair_unit", "repair_group")},
        "ruling": bool(rule.get("ruling")) or order.repair_id is None,
        "paid_service": order.paid_service,
        "visit_first": order.unit_id is not None and order.stage in order_facts.AFTER,
        "sign_due": sign,
        **feedback(ctx, order, "销售", start_at=order.reported_at),
    }


def _named(
    ctx: ServiceContext, order: RectificationOrder, name: str, known: dict[str, Contractor]
) -> Contractor | None:
    """Turn DMN-04's word into a unit: a code of the register, or a kind of unit."""
    if name in known:
        return known[name]
    if name in ("物业", "物业维修"):
        return order_facts.property_unit(ctx.session, order.project)
    kinds = {"设计单位": "设计", "供应商": "供应商", "代维": "代维"}
    found = rows.units_of_kind(ctx.session, kinds[name]) if name in kinds else ()
    return found[0] if len(found) == 1 else None


def notify(ctx: ServiceContext) -> dict[str, Any]:
    """Tell whom DMN-08 names about `event`."""
    order = orders.order_of(ctx)
    event = str(ctx.variables.get("event") or "")
    order_notices.tell(ctx.session, order, event, now=ctx.now, registry=ctx.registry, known=ctx.variables)
    return {}


def hold(ctx: ServiceContext) -> dict[str, Any]:
    """Nobody was at home as often as the table allows: suspended, customer service is told."""
    order = orders.order_of(ctx)
    orders.set_state(ctx.session, order, "挂起", now=ctx.now)
    order_notices.tell(ctx.session, order, "整改挂起", now=ctx.now, registry=ctx.registry)
    said = f"{order.no_shows} 次上门无人"
    orders.add_event(ctx.session, order.number, "挂起", said, actor=ctx.actor.login, now=ctx.now)
    return {}


def facts(ctx: ServiceContext) -> dict[str, Any]:
    """Give DMN-10 what it asks, as it stands when the work begins (again) or a substitute is asked for."""
    order = orders.order_of(ctx)
    found = order_facts.substitution(ctx.session, order, ctx.now)
    return {**found, "substitute_asked_by": str(ctx.variables.get("substitute_asked_by") or "")}


def overdue(ctx: ServiceContext) -> dict[str, Any]:
    """The work is due and not done (D19): what DMN-10 says is written down once; rework has to be explained (C11)."""
    order = orders.order_of(ctx)
    told = str(ctx.variables.get("late_told") or "")
    due = str(ctx.variables.get("due_at") or "")
    found = order_facts.substitution(ctx.session, order, ctx.now)
    if told == due:  # the same limit was told of before the work was begun again
        return {"overdue_days": found["overdue_days"], "explain": False}
    said = decide(ctx.session, "substitute_deduction", found, now=ctx.now) or {}
    action = str(said.get("action") or "")
    orders.add_event(ctx.session, order.number, "逾期", action, actor=ctx.actor.login, now=ctx.now, detail={"due": due})
    if action in ("代维", "立即代维"):
        order_notices.tell(ctx.session, order, "建议代维", now=ctx.now, registry=ctx.registry)
    return {"overdue_days": found["overdue_days"], "explain": order.rework > 0, "late_told": due}


def close(ctx: ServiceContext) -> dict[str, Any]:
    """Close the order by its outcome; the last one of its starter tells it (ORDERS_DONE)."""
    order = orders.order_of(ctx)
    close_type = CLOSE_BY.get(str(ctx.variables.get("outcome") or ""), orders.DONE)
    for clock in ("owner_recheck", "recheck", "work", "rework") if close_type == orders.DONE else ():
        clocks.meet(ctx.session, order.number, clock, now=ctx.now)
    clocks.withdraw(ctx.session, order.number, now=ctx.now, keep="opinion")  # still to be signed for (C20)
    orders.close(ctx, order, close_type)
    if close_type == orders.DONE:
        owner_texts.mended(ctx.session, order, now=ctx.now, registry=ctx.registry)
    return {"close_type": close_type}


def withdrawn(ctx: ServiceContext) -> dict[str, Any]:
    """The starter or a person takes the order back: the unit is told, nothing is deleted (AC09, B35).

    What a substitute did until now is settled afterwards, by DMN-10 as it stands at this moment.
    """
    order = orders.order_of(ctx)
    found = order_facts.substitution(ctx.session, order, ctx.now)
    rule = decide(ctx.session, "substitute_deduction", found, now=ctx.now) or {}
    reason = str(ctx.variables.get("withdraw_reason") or "")
    order_notices.tell(
        ctx.session, order, "整改撤回", now=ctx.now, registry=ctx.registry, known={"said": reason or order.brief}
    )
    orders.add_event(ctx.session, order.number, "撤回", reason, actor=ctx.actor.login, now=ctx.now)
    clocks.withdraw(ctx.session, order.number, now=ctx.now, keep="opinion")
    orders.close(ctx, order, orders.VOID)
    decided = {"substituted": order.substituted, "actual_cost": order.cost or 0, "dmn10": rule}
    return {"close_type": orders.VOID, **decided}


# A case and its orders


def case_start(ctx: ServiceContext) -> dict[str, Any]:
    """Turn the plan's tasks of kind 整改 and 物业维修 into defects and orders; answers how many orders (D10, D14)."""
    case = case_of(ctx)
    wanted = [task for task in cases.tasks(ctx.session, case.number, open_only=True) if task.kind in ORDER_TASKS]
    if not wanted:
        return {"orders": 0}
    numbers = orders.issue(
        ctx.session,
        starter=case.number,
        starter_kind="case",
        stage="保修期",
        source_channel=_channel(case),
        defects=[_defect(ctx, case, task) for task in wanted],
        viewer=ctx.actor,
        now=ctx.now,
        registry=ctx.registry,
        reported_at=case.received_at,
        urgency=case.urgency,
        structural="结构安全" in (case.intake.get("danger") or []),
        variables={"case_number": case.number},
    )
    log_event(ctx, case, "派发整改", "、".join(numbers), {"orders": numbers})
    return {"orders": len(numbers)}


def _channel(case: ServiceCase) -> str:
    """Say from where it came: the sales desk (C05), property (C17), else the agents."""
    if case.channel == "销售现场":
        return "销售"
    return "物业" if case.received_by == "物业" or case.channel == "管理处现场" else "座席"


def _defect(ctx: ServiceContext, case: ServiceCase, task: CaseTask) -> Defect:
    chosen = _chosen(ctx, task)
    if chosen is None and task.kind == "物业维修":
        chosen = order_facts.property_unit(ctx.session, case.project)
    return Defect(
        id=uuid4(),
        project=case.project,
        unit_id=case.unit_id,
        house=case.house,
        area=case.area if case.unit_id is None else "",
        found_in=f"{case.number}#{task.id}",
        room=case.part.partition("/")[0],
        part=case.part,
        problem=case.brief,
        cause=case.root_cause if case.root_cause in ("使用", "装修", "第三方", "设计", "材料") else "",
        severity="A" if case.urgency == "特急" else "B",
        text=task.content,
        repair_id=chosen.id if chosen else None,
        photos=[{"attachment": str(one), "kind": "before"} for one in case.intake.get("evidence") or []],
        found_at=case.received_at,
        found_by=case.registered_by,
        due_at=task.due_at,
    )


def _chosen(ctx: ServiceContext, task: CaseTask) -> Contractor | None:
    """Give the unit that the plan named for a task (T12)."""
    for row in ctx.variables.get("plan_tasks") or []:
        if isinstance(row, dict) and row.get("id") == task.id and row.get("unit"):
            return rows.contractor(ctx.session, str(row["unit"]))
    return None


def case_collect(ctx: ServiceContext) -> dict[str, Any]:
    """All orders of the case have ended: the plan's tasks they came from are done, with what came of them (D09)."""
    case = case_of(ctx)
    for order in rows.of_starter(ctx.session, case.number):
        for defect in rows.defects_of(ctx.session, order.number):
            key = defect.found_in.removeprefix(f"{case.number}#")
            for task in cases.tasks(ctx.session, case.number, open_only=True):
                if str(task.id) == key:
                    task.done_at, task.measures = ctx.now, defect.measures
                    task.result = "已解决" if order.close_type == orders.DONE else "未解决"
                    task.remaining = "" if order.close_type == orders.DONE else f"{order.number} {order.close_type}"
                    clocks.meet(ctx.session, case.number, "task", now=ctx.now, object_id=key)
    found = orders.results(ctx.session, case.number)
    log_event(ctx, case, "整改完成", "", found)
    return found


def case_withdraw(ctx: ServiceContext) -> dict[str, Any]:
    """Take back the orders of a case that ends otherwise: each hears it as its own message (AC09)."""
    reason = str(ctx.variables.get("withdraw_reason") or "")
    case = case_of(ctx)
    for order in rows.open_of_starter(ctx.session, case.number):
        if instance_rows.subscriptions(ctx.session, "message", "WITHDRAW", order.number):
            messages.correlate(
                ctx.session, name="WITHDRAW", business_key=order.number, variables={"withdraw_reason": reason},
                viewer=SYSTEM, now=ctx.now, registry=ctx.registry,
            )  # fmt: skip
    return {}


SERVICES = {
    "orders.assess": assess,
    "orders.assign": assign,
    "orders.notify": notify,
    "orders.hold": hold,
    "orders.facts": facts,
    "orders.overdue": overdue,
    "orders.close": close,
    "orders.withdrawn": withdrawn,
    "orders.start": case_start,
    "orders.collect": case_collect,
    "orders.withdraw": case_withdraw,
}
