"""Calling customers back after a case (SP2): when, how, how often; again after a month where it matters (X06, E19)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import instances, messages
from engine.access import SYSTEM
from engine.core.calendar import CHINA
from processes.services import clocks
from processes.services.decisions import decide
from processes.services.recording import add_event, case_of, fields_of, log_event, set_state, show_head, title_of
from storage import cases
from storage.tables.cases import ServiceCase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors import ServiceContext

PROCESS = "callback"
FACTS = ("stage", "important", "repeated", "dissatisfied", "kind", "category", "level", "urgency")
KEPT = ("project", "unit_id", "house", "area", "party_id", "caller_name", "caller_role", "caller_phone", "phone_hash")
KEPT_TOO = ("phone_masked", "prefer", "received_by", "kind", "subject", "cat1", "cat2", "part", "location")


def plan_for(ctx: ServiceContext, case: ServiceCase) -> Mapping[str, Any]:
    """Ask DMN-07: questionnaire, waiting time, attempts, way, second wave."""
    known = ctx.variables
    asked = {
        "stage": known.get("stage"),
        "kind": case.kind,
        "category": case.category,
        "important": known.get("important"),
        "level": case.level,
        "repeated": known.get("repeated"),
        "dissatisfied": bool(known.get("dissatisfied")) or case.round > 1,
    }
    row = decide(ctx.session, "questionnaire_callback", asked, now=ctx.now)
    return row if isinstance(row, dict) else {}


def callback_plan(ctx: ServiceContext) -> dict[str, Any]:
    """Plan a call-back and start its clock; the second wave waits as long as DMN-07 says."""
    case = case_of(ctx)
    plan = dict(plan_for(ctx, case))
    wave = int(ctx.variables.get("wave") or 1)
    if wave > 1:
        plan = {**plan, "wait": plan.get("second_wave") or plan.get("wait"), "second_wave": None}
    due = clocks.start_clock(
        ctx.session,
        case,
        "callback2" if wave > 1 else "callback",
        start=ctx.now,
        now=ctx.now,
        facts={"category": case.category, "urgency": case.urgency},
        accountable=case.owner,
        process=PROCESS,
    )
    add_event(ctx.session, case, "回访计划", str(plan.get("questionnaire") or ""), actor=ctx.actor.login, now=ctx.now)
    if case.open:
        set_state(ctx.session, case, "待回访")
    return {**plan, "wave": wave, "callback_due": due.due_at.astimezone(CHINA).isoformat() if due else None}


def second_wave(ctx: ServiceContext, case: ServiceCase) -> None:
    """Let important, repeated or once dissatisfied customers be called again later (E19), beside the closed case."""
    if not plan_for(ctx, case).get("second_wave"):
        return
    variables = {name: ctx.variables.get(name) for name in FACTS}
    instances.start(
        ctx.session,
        key=PROCESS,
        variables={**variables, "case_number": case.number, "project": case.project, "wave": 2, "round": case.round},
        viewer=SYSTEM,
        now=ctx.now,
        registry=ctx.registry,
        business_key=case.number,
        scope=case.project,
        title=title_of(case),
        fields=fields_of(case),
    )
    log_event(ctx, case, "二次回访", "一个月后再次回访")


def follow_up(ctx: ServiceContext, case: ServiceCase, said: str) -> str:
    """Open a new case for what a customer demands after his case was closed (E18); an agent completes the intake."""
    year = f"TS-{ctx.now.astimezone(CHINA):%Y}"
    fresh = ServiceCase(
        number=f"{year}-{cases.next_value(ctx.session, year):06d}",
        channel="电话",
        registered_by=ctx.actor.login,
        received_at=ctx.now,
        brief=f"回访 {case.number}：不满意"[:40],
        facts=said,
        intake={},
        **{name: getattr(case, name) for name in (*KEPT, *KEPT_TOO)},
    )
    fresh.search = " ".join(piece for piece in (fresh.number, case.number, fresh.house, fresh.caller_name) if piece)
    ctx.session.add(fresh)
    ctx.session.flush()
    fresh.instance_id = messages.correlate(
        ctx.session,
        name="CASE_FROM_CALLBACK",
        business_key=fresh.number,
        variables={"case_number": fresh.number, "project": case.project, "from_case": case.number},
        viewer=SYSTEM,
        now=ctx.now,
        registry=ctx.registry,
    )
    show_head(ctx.session, fresh)
    log_event(ctx, case, "回访转新案", said, {"case": fresh.number})
    return fresh.number
