"""The level of a case (A13–A15): the table suggests, people decide, both are written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processes.services import clocks
from processes.services.decisions import decide
from processes.services.recording import add_event, show_head
from storage import cases, deadlines, estate
from storage.tables.deadlines import Escalation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import ServiceContext
    from storage.tables.cases import ServiceCase

SECONDS_A_DAY = 86_400
HIGHEST = 5
FOLLOWS = "随群诉主案"
ON_SITE = ("structural", "unresolved")


def facts(session: Session, case: ServiceCase, now: datetime, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Gather what DMN-06 asks about a case; `known` adds or corrects."""
    linked = len(cases.linked(session, case.number)) + 1
    project = estate.project_by_code(session, case.project)
    running = deadlines.running(session, case.number)
    late = max(((now - row.due_at).total_seconds() / SECONDS_A_DAY for row in running if row.due_at < now), default=0.0)
    told = _told(session, case)
    asked = {
        "danger": case.intake.get("danger"),
        "structural": told.get("structural"),
        "external": case.intake.get("external"),
        "linked": linked,
        "linked_share": linked / project.households if project and project.households else 0,
        "unresolved": told.get("unresolved"),
        "great_loss": _great_loss(session, case, now),
        "scope": case.scope,
        "left_alone": _left_alone(case),
        "round": case.round,
        "refusals": 0,
        "overdue_days": int(late),
        "promise_missed": case.promised_at is not None and case.solved_at is None and case.promised_at < now,
        "pressed": case.urged,
        "callback_satisfaction": None,
    }
    return asked | {name: value for name, value in (known or {}).items() if name in asked and value is not None}


def _told(session: Session, case: ServiceCase) -> dict[str, Any]:
    """Give what was said last on site: `structural` (T04, B18), `unresolved` (T30, C27)."""
    told: dict[str, Any] = {}
    for event in cases.events(session, case.number):
        told |= {name: event.detail[name] for name in ON_SITE if event.detail.get(name) is not None}
    return told


def _left_alone(case: ServiceCase) -> bool | None:
    """Tell whether a customer on site waited alone (C39); None when the intake does not say."""
    if case.intake.get("companion"):
        return False
    return True if case.intake.get("comforted") is False else None


def _great_loss(session: Session, case: ServiceCase, now: datetime) -> bool | None:
    """Tell whether the loss is beyond what anybody below the general manager may grant (DMN-09); None: not known."""
    if case.loss_amount is None:
        return None
    row = decide(session, "approval_authority", {"approval_kind": "方案", "compensation": case.loss_amount}, now=now)
    return isinstance(row, dict) and row.get("approval_role") == "gm"


def suggest(
    session: Session, case: ServiceCase, now: datetime, known: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Ask DMN-06 for a level: `level`, `level_name`, `owner`, `told`."""
    row = decide(session, "escalation_level", facts(session, case, now, known), now=now)
    return row if isinstance(row, dict) else {"level": 0, "owner": "", "told": []}


def note_suggestion(
    session: Session, case: ServiceCase, now: datetime, *, known: Mapping[str, Any] | None = None
) -> int:
    """Write down a suggestion that is above the level in force and above earlier suggestions; gives the level."""
    row = suggest(session, case, now, known)
    level = int(row.get("level") or 0)
    if level > max(case.level, suggested_before(session, case)):
        _write(session, case, level, actor="system", now=now, suggested=True, owner=str(row.get("owner") or ""))
    return level


def change(ctx: ServiceContext, case: ServiceCase, level: int, *, suggested: bool, reason: str) -> None:
    """Put a level in force, with who and why; above 0 it must be acted upon within its time (DMN-05 act)."""
    level = max(0, min(HIGHEST, level))
    if level != case.level:
        _write(ctx.session, case, level, actor=ctx.actor.login, now=ctx.now, suggested=suggested, reason=reason)
        add_event(
            ctx.session,
            case,
            "级别变化",
            reason,
            actor=ctx.actor.login,
            now=ctx.now,
            detail={"from": case.level, "to": level},
        )
    clocks.meet(ctx.session, case.number, "act", now=ctx.now)
    if level > case.level:
        clocks.start_clock(
            ctx.session,
            case,
            "act",
            start=ctx.now,
            now=ctx.now,
            facts={"category": f"L{level}", "urgency": case.urgency},
            process="escalation",
        )
    case.level = level
    show_head(ctx.session, case)


def follow(session: Session, case: ServiceCase, master: ServiceCase, *, actor: str, now: datetime) -> None:
    """Give a linked case of a group complaint its master's level; the master's people act for all (DOMAIN 2.6)."""
    if case.level == master.level:
        return
    reason = f"{FOLLOWS} {master.number}"
    _write(session, case, master.level, actor=actor, now=now, suggested=False, reason=reason)
    detail = {"from": case.level, "to": master.level, "master": master.number}
    add_event(session, case, "级别变化", reason, actor=actor, now=now, detail=detail)
    case.level = master.level
    show_head(session, case)


def alone(session: Session, case: ServiceCase, master: str, *, actor: str, now: datetime) -> None:
    """Give a case that leaves its group complaint its own level: what people decided of it or the table says now.

    It is never raised by leaving: where the table says more, people are asked as for any case (A14).
    """
    own = [one for one in deadlines.escalations(session, case.number) if not one.suggested]
    decided = [one.level_to for one in own if not one.reason.startswith(FOLLOWS)]
    suggested = int(suggest(session, case, now).get("level") or 0)
    level = min(case.level, max(suggested, decided[-1] if decided else 0))
    if level == case.level:
        return
    reason = f"退出群诉 {master}"
    _write(session, case, level, actor=actor, now=now, suggested=False, reason=reason)
    detail = {"from": case.level, "to": level, "master": master}
    add_event(session, case, "级别变化", reason, actor=actor, now=now, detail=detail)
    case.level = level
    show_head(session, case)


def suggested_before(session: Session, case: ServiceCase) -> int:
    """Give the highest level written down for a case so far."""
    return max((one.level_to for one in deadlines.escalations(session, case.number)), default=0)


def acted(ctx: ServiceContext, case: ServiceCase) -> None:
    """The first action on an escalation was taken (K14)."""
    for row in deadlines.escalations(ctx.session, case.number):
        row.acted_at = row.acted_at or ctx.now
    clocks.meet(ctx.session, case.number, "act", now=ctx.now)


def _write(
    session: Session,
    case: ServiceCase,
    level: int,
    *,
    actor: str,
    now: datetime,
    suggested: bool,
    reason: str = "",
    owner: str = "",
) -> None:
    session.add(
        Escalation(
            case_number=case.number,
            at=now,
            actor=actor,
            suggested=suggested,
            level_from=case.level,
            level_to=level,
            owner=owner,
            reason=reason,
            source="DMN-06" if suggested else "",
        )
    )
