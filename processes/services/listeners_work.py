"""From the visit to the customer's signature: what T10–T20, T26 and T27 write (phases 投诉处理 and 处理过程跟踪)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from engine.errors import N_, InvalidInputError
from processes.services import clocks, owner_texts
from processes.services.recording import (
    amount,
    case_of,
    log_contact,
    log_document,
    log_event,
    moment,
    note_lessons,
    require_lessons,
    set_state,
    text,
)
from storage import cases, deadlines
from storage.tables.cases import Appointment, CaseTask, ProgressReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors import ListenerContext, ServiceContext
    from storage.tables.cases import ServiceCase

MOST_TASKS = 30


def t10(ctx: ListenerContext) -> dict[str, Any]:
    """An appointment for a visit (D02)."""
    case, values = case_of(ctx), ctx.values
    start = moment(values.get("visit_from")) or ctx.now
    earlier = ctx.session.query(Appointment).filter(Appointment.case_number == case.number).count()
    ctx.session.add(
        Appointment(
            case_number=case.number,
            starts_at=start,
            ends_at=moment(values.get("visit_to")),
            visitors=list(values.get("visitors") or []),
            attempt=earlier + 1,
            made_by=ctx.actor.login,
            made_at=ctx.now,
        )
    )
    log_contact(ctx, case, "预约上门", said=f"{start.astimezone(CHINA):%m-%d %H:%M}")
    clocks.meet(ctx.session, case.number, "contact", now=ctx.now)
    set_state(ctx.session, case, "查勘中")
    visitors = [str(login) for login in values.get("visitors") or []]
    owner_texts.visit_of_case(ctx.session, case, start, visitors, now=ctx.now, registry=ctx.registry)
    return {"visit_attempt": earlier + 1, "visitor": visitors[0] if len(visitors) == 1 else None}


def t11(ctx: ListenerContext) -> dict[str, Any]:
    """The survey on site: true or not, why, with photos; nobody at home leads to another appointment."""
    case, values = case_of(ctx), ctx.values
    absent = text(values, "survey_result") == "无人在家"
    last = ctx.session.query(Appointment).filter(Appointment.case_number == case.number).order_by(Appointment.id.desc())
    row = last.first()
    if row is not None:
        row.state = "未遇" if absent else "已到"
    case.root_cause = text(values, "root_cause") or case.root_cause
    detail = {"arrived_at": values.get("visit_arrived_at"), "defects": values.get("defects") or []}
    log_event(ctx, case, "现场查勘", text(values, "survey_result"), detail)
    if values.get("customer_signature"):
        log_document(ctx, case, "查勘签字", method="电子签名", attachments=[values["customer_signature"]])
    if not absent:
        set_state(ctx.session, case, "方案中")
    return {"no_show": case_no_shows(ctx, case)}


def case_no_shows(ctx: ListenerContext, case: ServiceCase) -> int:
    """Count the visits that met nobody."""
    found = ctx.session.query(Appointment).filter(Appointment.case_number == case.number, Appointment.state == "未遇")
    return found.count()


def t12(ctx: ListenerContext) -> dict[str, Any]:
    """The plan: its tasks each with a person and a limit not after the promise (D10, D13), and what is promised."""
    case, values = case_of(ctx), ctx.values
    rows = list(values.get("plan_tasks") or [])
    promised = moment(values.get("promised_at"))
    if len(rows) > MOST_TASKS:
        raise InvalidInputError(N_("A plan has at most {count} tasks."), count=MOST_TASKS)
    for task in cases.tasks(ctx.session, case.number, open_only=True):
        task.withdrawn_at = ctx.now
        clocks.meet(ctx.session, case.number, "task", now=ctx.now, object_id=str(task.id))
    tasks = [_plan_task(ctx, case, row) for row in rows]
    if promised is not None:
        promise(ctx, case, promised, reason="制定方案")
    detail = {
        "types": values.get("plan_types") or [],
        "liable": text(values, "company_liable"),
        "compensation": amount(values.get("compensation")),
        "quote": amount(values.get("quote")),
        "promise": text(values, "promise_text"),
    }
    log_event(ctx, case, "制定方案", text(values, "plan"), detail)
    set_state(ctx.session, case, "处理中")
    return {"plan_tasks": tasks, "plan_task_ids": [task["id"] for task in tasks]}


def promise(ctx: ServiceContext, case: ServiceCase, due: Any, *, reason: str) -> None:
    """Give the customer a date: the first one is the original promise, the clock follows the current one (K06)."""
    case.original_promised_at = case.original_promised_at or due
    case.promised_at = due
    for row in deadlines.running(ctx.session, case.number, "resolve"):
        if row.due_at != due:
            clocks.move(ctx.session, row, due, reason=reason)


def _plan_task(ctx: ListenerContext, case: ServiceCase, row: Mapping[str, Any]) -> dict[str, Any]:
    due = moment(row.get("due"))
    task = CaseTask(
        case_number=case.number,
        round=case.round,
        kind=str(row.get("type") or "部门处理"),
        department=str(row.get("department") or ""),
        handler=str(row.get("person") or ""),
        content=str(row.get("content") or ""),
        assigned_at=ctx.now,
        due_at=due,
    )
    ctx.session.add(task)
    ctx.session.flush()
    if due is not None:
        clocks.fixed(
            ctx.session,
            case,
            "task",
            due,
            start=ctx.now,
            source="T12 D13",
            accountable=task.handler,
            object_type="case_task",
            object_id=str(task.id),
        )
    return {
        "id": task.id,
        "type": task.kind,
        "department": task.department,
        "person": task.handler,
        "due": due.astimezone(CHINA).isoformat() if due else None,
        "unit": str(row.get("unit") or ""),
        "content": task.content[:200],
    }


def task_of(ctx: ServiceContext, case: ServiceCase) -> CaseTask | None:
    """Find the plan task that a handler's user task is about: by the iteration's item, else by the person."""
    item = ctx.variables.get("task")
    key = item.get("id") if isinstance(item, dict) else None
    if key is not None:
        return ctx.session.get(CaseTask, int(key))
    running = cases.tasks(ctx.session, case.number, open_only=True)
    mine = [task for task in running if task.handler == ctx.actor.login]
    return next(iter(mine or running), None)


def t13(ctx: ListenerContext) -> dict[str, Any]:
    """The leader's opinion on the plan (B56)."""
    case, values = case_of(ctx), ctx.values
    detail = {"decision": text(values, "approval_decision"), "amount": amount(values.get("approved_amount"))}
    log_event(ctx, case, "方案审核", text(values, "approval_opinion"), detail)
    set_state(ctx.session, case, "处理中" if detail["decision"] == "同意" else "方案中")
    return {}


def t14(ctx: ListenerContext) -> dict[str, Any]:
    """The customer is told plan and date: the reply clock stops (D11)."""
    case, values = case_of(ctx), ctx.values
    at = moment(values.get("replied_at")) or ctx.now
    said = "；".join(piece for piece in (text(values, "plan_reply"), text(values, "plan_reply_text")) if piece)
    log_contact(
        ctx, case, "方案答复", said=said, channel=text(values, "reply_method"), at=at, promised_at=case.promised_at
    )
    clocks.meet(ctx.session, case.number, "contact", now=at)
    clocks.meet(ctx.session, case.number, "reply", now=at)
    return {}


def t15(ctx: ListenerContext) -> dict[str, Any]:
    """Was the customer told, and is it clear (D17)? A no counts against the acceptor."""
    case, values = case_of(ctx), ctx.values
    told = all(values.get(name) for name in ("told_plan", "told_time", "plan_clear"))
    log_contact(ctx, case, "过程回访", said=text(values, "checkback_comment"))
    log_event(ctx, case, "过程回访", "清楚" if told else "未说清", {"acceptor": case.acceptor})
    missed = int(ctx.variables.get("not_told") or 0) + (0 if told else 1)
    return {"not_told": missed, "told": told}


def t16(ctx: ListenerContext) -> dict[str, Any]:
    """A handler's result; what is left open is named (E16)."""
    case, values = case_of(ctx), ctx.values
    task = task_of(ctx, case)
    if task is not None:
        task.done_at, task.result = ctx.now, text(values, "task_result")
        task.measures, task.remaining = text(values, "measures"), text(values, "remaining")
        clocks.meet(ctx.session, case.number, "task", now=ctx.now, object_id=str(task.id))
    if not cases.tasks(ctx.session, case.number, open_only=True):
        for clock in ("progress", "feedback"):
            clocks.meet(ctx.session, case.number, clock, now=ctx.now)
    detail = {"result": text(values, "task_result"), "task": task.id if task else None}
    log_event(ctx, case, "部门处理", text(values, "measures"), detail)
    return {}


def t17(ctx: ListenerContext) -> dict[str, Any]:
    """The final classification; the one of the intake is kept (D14, B45, B64-8). Lessons of an emergency (B18)."""
    case, values = case_of(ctx), ctx.values
    learned = note_lessons(case, values)
    require_lessons(case)
    if learned:
        log_event(ctx, case, "应急", learned)
    case.final_cat1, case.final_cat2 = text(values, "final_cat1"), text(values, "final_cat2")
    case.root_cause, case.responsible = text(values, "final_cause"), text(values, "responsible")
    case.valid, case.treatment = values.get("valid"), text(values, "treatment")
    case.loss_amount, case.remaining = amount(values.get("loss_amount")), text(values, "remaining_issue")
    log_event(ctx, case, "问题归类", text(values, "result_text"), {"valid": case.valid, "treatment": case.treatment})
    set_state(ctx.session, case, "待回复")
    return {}


def t18(ctx: ListenerContext) -> dict[str, Any]:
    """The customer hears the result and says what he thinks; dissatisfied means another round (E18, B30)."""
    case, values = case_of(ctx), ctx.values
    at = moment(values.get("result_told_at")) or ctx.now
    case.satisfaction = text(values, "satisfaction")
    again = moment(values.get("new_promised_at"))
    said = "；".join(piece for piece in (case.satisfaction, text(values, "new_demand_text")) if piece)
    log_contact(ctx, case, "结果回复", said=said, channel=text(values, "result_method"), at=at, promised_at=again)
    if again is not None:
        promise(ctx, case, again, reason="客户不满意，重新承诺")
    closing = bool(values.get("close_internally"))
    unhappy = case.satisfaction == "不满意" or bool(values.get("new_demand"))
    if closing or not unhappy:
        set_state(ctx.session, case, "待签认")
    return {"dissatisfied": True} if unhappy else {}


def t19(ctx: ListenerContext) -> dict[str, Any]:
    """The customer signs: solved (B58, A11)."""
    case, values = case_of(ctx), ctx.values
    files = [values.get("signature"), *(values.get("sign_photo") or []), *(values.get("sign_recording") or [])]
    log_document(ctx, case, "处理单", method=text(values, "sign_method"), attachments=[one for one in files if one])
    log_event(ctx, case, "客户签认", text(values, "customer_opinion"), {"method": text(values, "sign_method")})
    solved(ctx, case)
    return {}


def t20(ctx: ListenerContext) -> dict[str, Any]:
    """Closing by the company's own norm without the customer's consent (A12): norm, reason, evidence, approver."""
    case, values = case_of(ctx), ctx.values
    said = f"{text(values, 'close_norm')}：{text(values, 'close_reason')}"
    log_event(ctx, case, "内部认定", said, {"approval": text(values, "close_approval")})
    if text(values, "close_approval") != "同意关闭":
        set_state(ctx.session, case, "方案中")
        return {}
    case.close_reason = said
    log_document(ctx, case, "内部认定证据", attachments=list(values.get("close_evidence") or []))
    solved(ctx, case)
    return {}


def solved(ctx: ServiceContext, case: ServiceCase) -> None:
    """The promise is kept or broken now; what follows is call-back and filing."""
    case.solved_at = case.solved_at or ctx.now
    for clock in (*clocks.AT_START, "day5_call", "progress"):
        clocks.meet(ctx.session, case.number, clock, now=ctx.now)
    set_state(ctx.session, case, "待回访")
    owner_texts.solved(ctx.session, case, now=ctx.now, registry=ctx.registry)


def t26(ctx: ListenerContext) -> dict[str, Any]:
    """The call on the fifth day: what happened, why it is not finished (C06)."""
    case, values = case_of(ctx), ctx.values
    again = moment(values.get("new_promise_at"))
    said = "；".join(piece for piece in (text(values, "unfinished_reason"), text(values, "explained")) if piece)
    log_contact(ctx, case, "第5日沟通", said=said, reached=bool(values.get("reached")), promised_at=again)
    clocks.meet(ctx.session, case.number, "day5_call", now=ctx.now)
    if again is not None:
        promise(ctx, case, again, reason="第5日沟通")
    return {}


def t27(ctx: ListenerContext) -> dict[str, Any]:
    """A progress report; the next is due in as many days again (D15)."""
    case, values = case_of(ctx), ctx.values
    task = task_of(ctx, case)
    ctx.session.add(
        ProgressReport(
            case_number=case.number,
            case_task_id=task.id if task else None,
            at=ctx.now,
            actor=ctx.actor.login,
            percent=int(values.get("progress") or 0),
            done=text(values, "done_so_far"),
            next_step=text(values, "next_step"),
            expected_at=moment(values.get("expected_at")),
            needs=text(values, "coordination"),
        )
    )
    clocks.meet(ctx.session, case.number, "progress", now=ctx.now)
    return {}
