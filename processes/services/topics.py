"""What the service tasks of the diagrams do, by topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.connectors import BpmnError
from engine.core.calendar import CHINA
from processes.services import callbacks, clocks, groups, levels, notices, order_notices
from processes.services.recording import case_of, log_event, moment, set_state, show_head
from storage import cases, deadlines

if TYPE_CHECKING:
    from engine.connectors import ServiceContext
    from storage.tables.cases import ServiceCase

USUAL = ["accept", "contact", "reply", "resolve", "day5_call"]
DUE_NAMES = {"day5_call": "day5_due"}
PHASE_RESULTS = {"answered": "record_result", "merged": "record_result", "not_ours": "dispatch_result"}
CLOSED_STATES = {"merged": "已并", "withdrawn": "已撤"}
CLOSE_NAMES = {
    "answered": "已答复",
    "merged": "已并案",
    "not_ours": "非我方办结",
    "accepted": "客户认可关闭",
    "internal": "内部认定关闭",
    "withdrawn": "撤诉",
    "external": "转外部解决",
}


def _names(value: Any) -> list[str]:
    if isinstance(value, str):
        return [name.strip() for name in value.split(",") if name.strip()]
    return [str(name) for name in value or []]


def _facts(ctx: ServiceContext, case: ServiceCase) -> dict[str, Any]:
    known = ctx.variables
    return {
        "category": known.get("clock_category") or known.get("category") or case.category,
        "urgency": known.get("urgency") or case.urgency,
        "scope": known.get("scope") or case.scope,
        "external": known.get("external") or case.intake.get("external"),
    }


def deadlines_start(ctx: ServiceContext) -> dict[str, Any]:
    """Start the clocks named by `clocks`, else the usual five; answers `<clock>_due` for each, in the calendar's zone.

    The customer's clocks start when the request was received (D24), the others now. The first `resolve` is the
    promise as long as no plan gives another.
    """
    case = case_of(ctx)
    route(ctx, case)
    answer: dict[str, Any] = {}
    wanted = _names(ctx.variables.get("clocks")) or USUAL + (["on_site"] if case.urgency == "特急" else [])
    for clock in wanted:
        start = case.received_at if clock in (*clocks.AT_START, "on_site", "day5_call", "feedback") else ctx.now
        start = moment(ctx.variables.get("clock_start")) or start
        accountable = case.owner if clock in ("contact", "day5_call", "callback", "callback2") else case.acceptor
        row = clocks.start_clock(
            ctx.session, case, clock, start=start, now=ctx.now, facts=_facts(ctx, case), accountable=accountable
        )
        if row is not None:
            answer[DUE_NAMES.get(clock, f"{clock}_due")] = row.due_at.astimezone(CHINA).isoformat()
        if clock == "resolve" and row is not None and case.promised_at is None:
            case.promised_at = case.original_promised_at = row.due_at
    return {**answer, "record_result": "go"}


def route(ctx: ServiceContext, case: ServiceCase) -> None:
    """Keep what DMN-01 and DMN-02 answered with the case."""
    known = ctx.variables
    case.category = str(known.get("category") or case.category)
    case.department = case.department or str(known.get("department") or "")
    show_head(ctx.session, case)


def deadlines_met(ctx: ServiceContext) -> dict[str, Any]:
    """Stop the clocks named by `clocks` (or `clock`): done."""
    case = case_of(ctx)
    for clock in _names(ctx.variables.get("clocks") or ctx.variables.get("clock")):
        clocks.meet(ctx.session, case.number, clock, now=ctx.now)
    return {}


def case_notify(ctx: ServiceContext) -> dict[str, Any]:
    """Tell whom DMN-08 names about `event`."""
    case = case_of(ctx)
    notices.tell(
        ctx.session,
        case,
        str(ctx.variables.get("event") or ""),
        now=ctx.now,
        known=ctx.variables,
        registry=ctx.registry,
    )
    return {}


def case_state(ctx: ServiceContext) -> dict[str, Any]:
    """Move the case to `state`; a closed one stays closed."""
    case = case_of(ctx)
    if case.open:
        set_state(ctx.session, case, str(ctx.variables.get("state") or case.state))
    return {}


def case_level(ctx: ServiceContext) -> dict[str, Any]:
    """Write down the level that DMN-06 suggests; answers `suggested_level` and `level`.

    A `round` above the case's begins the next handling (E18).
    """
    case = case_of(ctx)
    next_round(ctx, case, int(ctx.variables.get("round") or case.round))
    decided = ctx.variables.get("set_level")
    if decided is not None:
        levels.change(ctx, case, int(decided), suggested=False, reason=str(ctx.variables.get("level_reason") or ""))
        groups.tell_linked(ctx, case)
        return {"level": case.level}
    level = levels.note_suggestion(ctx.session, case, ctx.now, known=ctx.variables)
    if level >= 2:  # noqa: PLR2004  from the department's level on others are told (DMN-08)
        notices.tell(
            ctx.session, case, "级别变化", now=ctx.now, known={**ctx.variables, "level": level}, registry=ctx.registry
        )
    return {"suggested_level": level, "level": case.level}


def next_round(ctx: ServiceContext, case: ServiceCase, number: int) -> None:
    """Begin the second (third …) handling: the customer's clocks keep their start, a new promise runs (B30)."""
    if number <= case.round:
        return
    case.round, case.solved_at = number, None
    log_event(ctx, case, "二次处理", "", {"round": number})
    again = moment(ctx.variables.get("callback_promised_at") or ctx.variables.get("new_promised_at"))
    if again is not None and again > ctx.now:
        case.original_promised_at = case.original_promised_at or again
        case.promised_at = again
        if not deadlines.running(ctx.session, case.number, "resolve"):
            clocks.fixed(ctx.session, case, "resolve", again, start=ctx.now, source="B30", accountable=case.acceptor)
    set_state(ctx.session, case, "方案中")


def case_merge(ctx: ServiceContext) -> dict[str, Any]:
    """Merge the case into `duplicate_of`; a BPMN error `NO_MASTER` when that is no case."""
    case = case_of(ctx)
    case.duplicate_of = str(ctx.variables.get("duplicate_of") or case.duplicate_of)
    if cases.get(ctx.session, case.duplicate_of) is None:
        raise BpmnError("NO_MASTER", case.duplicate_of)
    return close(ctx, case, "merged")


def case_close(ctx: ServiceContext) -> dict[str, Any]:
    """Close the case with `close_type`: the clocks stop, nothing is deleted (B35)."""
    case = case_of(ctx)
    return close(ctx, case, str(ctx.variables.get("close_type") or case.close_type or "accepted"))


def close(ctx: ServiceContext, case: ServiceCase, close_type: str) -> dict[str, Any]:
    """End a case: what was not met is withdrawn when it ended otherwise than by a solution."""
    case.close_type, case.closed_at, case.open = close_type, ctx.now, False
    if close_type in ("accepted", "internal", "answered", "not_ours"):
        case.solved_at = case.solved_at or ctx.now
        for clock in (*clocks.AT_START, "accept"):
            clocks.meet(ctx.session, case.number, clock, now=ctx.now)
    clocks.withdraw(ctx.session, case.number, now=ctx.now)
    for task in cases.tasks(ctx.session, case.number, open_only=True):
        task.withdrawn_at = ctx.now
    log_event(ctx, case, "关闭", CLOSE_NAMES.get(close_type, close_type), {"reason": case.close_reason})
    if close_type == "external":
        order_notices.case_left(ctx.session, case.number, now=ctx.now, registry=ctx.registry)
    set_state(ctx.session, case, CLOSED_STATES.get(close_type, "已关闭"))
    if close_type in ("accepted", "internal"):
        callbacks.second_wave(ctx, case)
    return {PHASE_RESULTS.get(close_type, "dispatch_result"): close_type, "close_type": close_type}
