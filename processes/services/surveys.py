"""Surveys by plan (B04, B15, B19, D22): planned, approved, drawn from the register, asked house by house, analysed."""

from __future__ import annotations

import random
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine import instances
from engine.core.calendar import CHINA
from engine.core.forms import FieldError
from engine.errors import N_, InvalidFormError, NotFoundError
from processes.services import improvements
from processes.services.decisions import decide
from processes.services.improvements import EVENING, day
from processes.services.orders import add_event
from processes.services.recording import text
from storage import cases, estate
from storage import surveys as rows
from storage.tables.instances import ProcessInstance
from storage.tables.surveys import SurveyHousehold, SurveyPlan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from engine.connectors import ListenerContext, ServiceContext

PROCESS, NAME = "survey", "满意度调查"
GUEST = "神秘访客"
"""A survey without households: somebody visits and pretends to be a customer."""
REACHED = "完成"
RESULTS = (REACHED, "未接", "拒访", "号码错误", "改约")
FINAL = (REACHED, "拒访", "号码错误")
"""Results after which nobody asks again."""


def row_of(ctx: ServiceContext) -> SurveyPlan:
    """Read the plan of an instance; NotFoundError when there is none."""
    row = rows.get(ctx.session, str(ctx.variables.get("survey_number") or ctx.business_key))
    if row is None:
        raise NotFoundError(N_("There is no survey {number}."), number=ctx.business_key)
    return row


def _log(ctx: ServiceContext, row: SurveyPlan, kind: str, said: str = "") -> None:
    add_event(ctx.session, row.number, kind, said, actor=ctx.actor.login, now=ctx.now)


def show_head(session: Session, row: SurveyPlan) -> None:
    """Refresh what inbox rows show of a survey."""
    if row.instance_id is not None:
        shown = " · ".join(one for one in (row.kind, row.state, f"{row.done}/{row.planned}") if one)
        title = f"{row.number} {row.title or NAME}"
        instances.update_head(session, row.instance_id, title=title, summary=shown, fields={"number": row.number})


def s1_begins(ctx: ListenerContext) -> dict[str, Any]:
    """The plan gets its number when its first task begins."""
    if ctx.variables.get("survey_number"):
        return {}
    today = ctx.now.astimezone(CHINA).date()
    series = f"DC-{today:%Y}"
    instance = ctx.session.get_one(ProcessInstance, ctx.instance_id)
    row = SurveyPlan(
        title=instance.title if instance.title != NAME else "",
        number=f"{series}-{cases.next_value(ctx.session, series):06d}", project=ctx.scope, starts_on=today,
        ends_on=today, questions=[], notes={}, created_at=ctx.now, created_by=ctx.actor.login,
        instance_id=ctx.instance_id,
    )  # fmt: skip
    ctx.session.add(row)
    instance.business_key = row.number
    ctx.session.flush()
    show_head(ctx.session, row)
    return {"survey_number": row.number, "scope_project": ctx.scope}


def s1(ctx: ListenerContext) -> dict[str, Any]:
    """The plan: what is asked, whom, how many, from when to when (S1).

    Raises InvalidFormError when it ends before it begins, or there are not so many households.
    """
    row, values = row_of(ctx), ctx.values
    row.kind, row.title, row.mode = text(values, "kind"), text(values, "survey_title"), text(values, "mode")
    row.project = ctx.scope or text(values, "survey_project")
    row.customers = text(values, "customers") or rows.EVERYBODY
    row.starts_on, row.ends_on = day(values["starts_on"]), day(values["ends_on"])
    row.planned = int(values["count"])
    if row.ends_on < row.starts_on:
        raise InvalidFormError([FieldError("ends_on", N_("It ends before it begins."), label="结束日期")])
    if row.kind != GUEST:
        known = len(rows.candidates(ctx.session, row.project, row.customers))
        if known < row.planned:
            problem = N_("The register has only {count} such households.")
            raise InvalidFormError([FieldError("count", problem, {"count": known}, "户数")])
    row.notes = {**row.notes, "purpose": text(values, "purpose")}
    row.state = "待审批"
    _log(ctx, row, "编制调查计划", f"{row.kind} {row.planned} 户")
    show_head(ctx.session, row)
    return {"survey_due": datetime.combine(row.ends_on, EVENING, tzinfo=CHINA).isoformat(), "survey_opinion": None}


def s2(ctx: ListenerContext) -> dict[str, Any]:
    """The manager approves, sends back, or gives it up (S2)."""
    row, decision, opinion = row_of(ctx), text(ctx.values, "survey_decision"), text(ctx.values, "opinion")
    _log(ctx, row, "审批调查计划", "；".join(piece for piece in (decision, opinion) if piece))
    if decision == "同意":
        row.approved_at = ctx.now
    elif decision == "退回":
        row.state = "编制"
    else:
        row.state, row.open, row.closed_at = "不实施", False, ctx.now
    show_head(ctx.session, row)
    return {"survey_opinion": opinion if decision == "退回" else None}


def draw(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `survey.draw`: choose households by chance, always the same for a plan; keep the questions as they are."""
    row = row_of(ctx)
    found = decide(ctx.session, "survey_questions", {"kind": row.kind}, now=ctx.now) or []
    row.questions = [{"code": str(one["code"]), "question": str(one["question"])} for one in found]
    if not rows.households(ctx.session, row.number):
        ctx.session.add_all(_guests(ctx.session, row) if row.kind == GUEST else _sample(ctx.session, row))
        ctx.session.flush()
    row.planned = len(rows.households(ctx.session, row.number))
    row.state = "进行中"
    _log(ctx, row, "抽取住户", f"{row.planned} 户")
    show_head(ctx.session, row)
    return {"survey_planned": row.planned}


def _guests(session: Session, row: SurveyPlan) -> list[SurveyHousehold]:
    place = estate.project_by_code(session, row.project)
    where = f"{place.name if place else ''}暗访"
    return [
        SurveyHousehold(plan_number=row.number, place=number, house=f"{where} {number}", project=row.project)
        for number in range(1, row.planned + 1)
    ]


def _sample(session: Session, row: SurveyPlan) -> list[SurveyHousehold]:
    known = rows.candidates(session, row.project, row.customers)
    chosen = random.Random(row.number).sample(known, min(row.planned, len(known)))  # noqa: S311  a fair choice
    chosen.sort(key=lambda one: one[0].code)
    return [
        SurveyHousehold(
            plan_number=row.number, place=place, unit_id=unit.id, house=unit.code, project=project, party_id=party
        )
        for place, (unit, project, party) in enumerate(chosen, start=1)
    ]


def s3(ctx: ListenerContext) -> dict[str, Any]:
    """The asking is over (S3). Raises InvalidFormError when households are left and nobody says why."""
    row = row_of(ctx)
    left = sum(not one.result for one in rows.households(ctx.session, row.number))
    note = text(ctx.values, "left_note")
    if left and not note:
        problem = N_("{count} households were not asked yet: say why, or ask them.")
        raise InvalidFormError([FieldError("left_note", problem, {"count": left}, "未完成的说明")])
    row.notes = {**row.notes, "left": note}
    row.state = "分析"
    _log(ctx, row, "实施调查", note)
    show_head(ctx.session, row)
    return {"survey_done": row.done, "survey_score": mean([one.total for one in rows.answers(ctx.session, row.number)])}


def s4(ctx: ListenerContext) -> dict[str, Any]:
    """The analysis and what is to be improved (S4)."""
    row = row_of(ctx)
    row.notes = {**row.notes, "analysis": text(ctx.values, "analysis"), "analysis_by": ctx.actor.login}
    row.state = "改进"
    items = improvements.decided(ctx, row.number, row.project)
    _log(ctx, row, "分析与改进", f"{len(items)} 项措施")
    show_head(ctx.session, row)
    return {"items": items}


def close(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `survey.close`: the survey is finished."""
    row = row_of(ctx)
    row.state, row.open, row.closed_at = "已完成", False, ctx.now
    _log(ctx, row, "调查完成", f"{row.done}/{row.planned} 户")
    show_head(ctx.session, row)
    return {}


def mean(totals: Sequence[float | None]) -> float | None:
    """Average what is known, to one digit; None when nothing is."""
    known = [float(one) for one in totals if one is not None]
    return round(sum(known) / len(known), 1) if known else None


def total(questions: Sequence[Mapping[str, Any]], answers: Mapping[str, int]) -> float | None:
    """Give the total of marks 1–5 on the scale of 100; None when nothing was answered."""
    marks = [answers[str(one["code"])] for one in questions if str(one["code"]) in answers]
    return round(sum(marks) / len(marks) * 20, 1) if marks else None
