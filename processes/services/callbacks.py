"""Calling customers back after a case (SP2): when, how, how often; again after a month where it matters (X06, E19)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from processes.services import clocks
from processes.services.decisions import decide
from processes.services.recording import add_event, case_of, set_state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors import ServiceContext
    from storage.tables.cases import ServiceCase

PROCESS = "callback"


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
    """Plan a call-back and start its clock (B61)."""
    case = case_of(ctx)
    plan = dict(plan_for(ctx, case))
    due = clocks.start_clock(
        ctx.session,
        case,
        "callback",
        start=ctx.now,
        now=ctx.now,
        facts={"category": case.category, "urgency": case.urgency},
        accountable=case.owner,
        process=PROCESS,
    )
    add_event(ctx.session, case, "回访计划", str(plan.get("questionnaire") or ""), actor=ctx.actor.login, now=ctx.now)
    if case.open:
        set_state(ctx.session, case, "待回访")
    return {**plan, "callback_due": due.due_at.astimezone(CHINA).isoformat() if due else None}


def second_wave(ctx: ServiceContext, case: ServiceCase) -> None:
    """Start the clock of the second call-back where DMN-07 asks for one (E19); the diagram makes the call."""
    if plan_for(ctx, case).get("second_wave"):
        facts = {"category": case.category, "urgency": case.urgency}
        clocks.start_clock(
            ctx.session,
            case,
            "callback2",
            start=ctx.now,
            now=ctx.now,
            facts=facts,
            accountable=case.owner,
            process=PROCESS,
        )
