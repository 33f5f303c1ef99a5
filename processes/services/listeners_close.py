"""Opinions and penalties, filing, call-back, escalation and reminder calls: T21–T25, CB1–CB2, ES1–ES3, T28–T29."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import tasks
from processes.services import clocks, groups, levels, penalties, subjects
from processes.services.recording import amount, case_of, log_contact, log_document, log_event, moment, text
from storage import deadlines
from storage.tables.cases import Penalty, SurveyResponse
from storage.tables.deadlines import Deadline
from storage.tables.work import UserTask

if TYPE_CHECKING:
    from engine.connectors import ListenerContext

RATED = ("q_timely", "q_quality", "q_clean", "q_solved", "q_card", "q_fee", "q_promise", "q_honest", "q_plan", "q_time")
ANSWERS = (*RATED, "q_clear", "q_advice")


def t21(ctx: ListenerContext) -> dict[str, Any]:
    """The person complained about tells his side (客户投诉反馈单, C30)."""
    detail = {"resolved": ctx.values.get("resolved"), "severity": text(ctx.values, "severity")}
    log_event(ctx, case_of(ctx), "被投诉人说明", text(ctx.values, "account"), detail)
    return {"accused": ctx.actor.login, "position": penalties.position_of(ctx.actor)}


def t22(ctx: ListenerContext) -> dict[str, Any]:
    """The supervisor's first opinion (C31)."""
    return {**_opinion(ctx, "主管初步意见", "sup", "建议"), "penalties": penalties.proposals(ctx)}


def t23(ctx: ListenerContext) -> dict[str, Any]:
    """The manager's finding (C31)."""
    return _opinion(ctx, "经理认定", "mgr", "认定")


def t24(ctx: ListenerContext) -> dict[str, Any]:
    """The general manager's decision, with the number of the published document (C31, C32)."""
    return _opinion(ctx, "总经理阅批", "gm", "批准")


def _opinion(ctx: ListenerContext, kind: str, prefix: str, stage: str) -> dict[str, Any]:
    case, values = case_of(ctx), ctx.values
    log_event(ctx, case, kind, text(values, f"{prefix}_opinion"), {"fault": text(values, f"{prefix}_fault")})
    for row in values.get("penalties") or []:
        ctx.session.add(
            Penalty(
                case_number=case.number,
                person=str(row.get("person") or ""),
                clause=str(row.get("clause") or ""),
                amount=amount(row.get("amount")),
                notice=bool(row.get("notice")),
                proposed_by=ctx.actor.login,
                proposed_at=ctx.now,
                stage=stage,
                document_no=text(values, "document_no"),
            )
        )
    return {}


def t25(ctx: ListenerContext) -> dict[str, Any]:
    """The check of the finished record (B28): filed, or sent back to be completed."""
    case, values = case_of(ctx), ctx.values
    if values.get("returned"):
        log_event(ctx, case, "退回补录", text(values, "return_note"))
        return {}
    score = values.get("norm_score")
    case.norm_score = int(score) if score is not None else None
    log_event(ctx, case, "复查归档", "", {"score": case.norm_score, "complete": values.get("records_complete")})
    return {}


CLOCKS = {"T26": ("day5_call",), "CB1": ("callback", "callback2"), "CB2": ("callback", "callback2")}
"""Tasks that are due when a clock of their case is."""


def clock_due(ctx: ListenerContext) -> dict[str, Any]:
    """Make the end of a case's clock the due date of the task that meets it: one case, one date."""
    number, task = ctx.business_key, ctx.session.get_one(UserTask, ctx.task_id)
    running = [row for clock in CLOCKS[ctx.element_id] for row in deadlines.running(ctx.session, number, clock)]
    if running:
        tasks.begin_due(ctx.session, task, running[0].due_at)
    return {}


def cb1(ctx: ListenerContext) -> dict[str, Any]:
    """A call-back: reached or not, the answers, and whether the case is opened again (B30, E18)."""
    case, values = case_of(ctx), ctx.values
    result, overall = text(values, "callback_result"), text(values, "callback_satisfaction")
    wave = 1 if case.open else 2  # after the case is closed it is the second wave (E19)
    earlier = ctx.session.query(SurveyResponse).filter(
        SurveyResponse.case_number == case.number, SurveyResponse.wave == wave, SurveyResponse.round == case.round
    )
    attempt = earlier.count() + 1
    ctx.session.add(
        SurveyResponse(
            case_number=case.number,
            questionnaire=str(ctx.variables.get("questionnaire") or ""),
            round=case.round,
            wave=wave,
            attempt=attempt,
            at=ctx.now,
            actor=ctx.actor.login,
            result=result,
            attitude=_score(values.get("attitude_score")),
            outcome=_score(values.get("result_score")),
            overall=overall if result == "接通" else "",
            opinion=text(values, "callback_opinion"),
            new_demand=text(values, "new_demand_text"),
            answers={name: values[name] for name in ANSWERS if values.get(name) is not None},
        )
    )
    again = moment(values.get("callback_promised_at"))
    log_contact(ctx, case, "回访", said=overall or result, reached=result == "接通", promised_at=again)
    if result != "接通":
        return {"callback_outcome": "unreached"}
    case.satisfaction = overall
    clocks.meet(ctx.session, case.number, "callback2" if wave > 1 else "callback", now=ctx.now)
    if overall == "不满意" or values.get("callback_new_demand"):
        return {"callback_outcome": "reopen", "dissatisfied": True}
    return {"callback_outcome": "ok"}


def cb2(ctx: ListenerContext) -> dict[str, Any]:
    """A call-back in person, with signature and photos."""
    answer = cb1(ctx)
    signed = [ctx.values.get("visit_signature"), *(ctx.values.get("visit_photos") or [])]
    if any(signed):
        log_document(ctx, case_of(ctx), "上门回访", method="电子签名", attachments=[one for one in signed if one])
    return answer


def es1(ctx: ListenerContext) -> dict[str, Any]:
    """The escalation is taken: the level people decide, whatever was suggested (A14)."""
    case, values = case_of(ctx), ctx.values
    level = int(values.get("level") or case.level)
    levels.change(ctx, case, level, suggested=False, reason=text(values, "escalation_reason"))
    groups.tell_linked(ctx, case)
    if values.get("take_over"):
        log_event(ctx, case, "接管", "", {"from": case.owner, "to": ctx.actor.login})
        case.owner = ctx.actor.login
    return {"level": level, "case_owner": case.owner}


def es2(ctx: ListenerContext) -> dict[str, Any]:
    """What is done about it, what may be said in public, when the next report comes."""
    case, values = case_of(ctx), ctx.values
    levels.acted(ctx, case)  # a plan is the first action; taking the escalation starts its clock (K14)
    detail = {
        "authorised": amount(values.get("authorised_amount")),
        "statement": text(values, "public_statement"),
        "next_report_at": values.get("next_report_at"),
    }
    log_event(ctx, case, "升级处置", text(values, "escalation_plan"), detail)
    return {}


def es3(ctx: ListenerContext) -> dict[str, Any]:
    """The level is lowered or lifted."""
    case, values = case_of(ctx), ctx.values
    level = int(values.get("new_level") or 0)
    levels.change(ctx, case, level, suggested=False, reason=text(values, "conclusion"))
    groups.tell_linked(ctx, case)
    return {"level": level}


def t28(ctx: ListenerContext) -> dict[str, Any]:
    """A reminder call before a limit (D18)."""
    return _reminded(ctx, "到期提醒")


def t29(ctx: ListenerContext) -> dict[str, Any]:
    """A chasing call after a limit, one a day (D19)."""
    return _reminded(ctx, "逾期催办")


def _reminded(ctx: ListenerContext, kind: str) -> dict[str, Any]:
    case, values = subjects.of(ctx), ctx.values
    again = moment(values.get("promise_at"))
    reached = bool(values.get("reached"))
    log_contact(ctx, case, kind, said=text(values, "reason"), reached=reached, with_whom="责任人", promised_at=again)
    row = deadlines.reminder_of(ctx.session, ctx.instance_id)
    if row is not None:
        row.open, row.closed_at, row.outcome = False, ctx.now, text(values, "reason")
        deadline = ctx.session.get_one(Deadline, row.deadline_id)
        deadline.reason = text(values, "reason") or deadline.reason
    return {}


def _score(value: Any) -> int | None:
    return None if value is None else int(value)
