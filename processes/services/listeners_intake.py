"""From the first call to acceptance: what T01–T09 and T30 write (phases 投诉信息记录 and 投诉分派)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from engine.core.forms import FieldError
from engine.errors import N_, InvalidFormError, InvalidInputError
from processes.services import clocks, levels, notices, warranties
from processes.services.recording import (
    case_of,
    log_contact,
    log_event,
    moment,
    note_lessons,
    set_state,
    show_head,
    text,
)
from storage import cases, deadlines, estate, instances, parties
from storage import people as staff
from storage.privacy import digits, mask, vault
from storage.tables.cases import ServiceCase
from storage.words import squeezed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from engine.connectors import ListenerContext
    from storage.tables.estate import Unit

AGAIN = "再次转派"
REPEAT_WITHIN = timedelta(days=90)
MINUTE = timedelta(minutes=1)
TEXTS = (
    *("channel", "received_by", "kind", "subject", "cat1", "cat2", "part", "location", "brief", "facts", "demand"),
    *("urgency", "scope", "prefer", "area"),
)
KEPT = (
    *("purpose", "visit_pref", "external", "danger", "companion", "comforted", "wording_confirmed", "readback"),
    *("answered", "answer", "remark", "evidence", "evidence_files"),
)


def t01(ctx: ListenerContext) -> dict[str, Any]:
    """Write the intake into the case and answer what routing needs (DMN-01, DMN-02, DMN-07)."""
    case, values, session = _case(ctx), ctx.values, ctx.session
    unit = estate.unit_by_code(session, text(values, "unit"))
    if text(values, "unit") and unit is None:
        raise InvalidInputError(N_("There is no house {house} in the register."), house=text(values, "unit"))
    for name in TEXTS:
        setattr(case, name, text(values, name) or getattr(case, name, ""))
    case.urgency, case.scope = case.urgency or "一般", case.scope or "单人"
    case.event_at = moment(values.get("event_at"))
    kept = {name: values[name] for name in KEPT if values.get(name) not in (None, "", [])}
    case.intake = {**case.intake, **kept}
    case.duplicate_of = text(values, "duplicate_of")
    if unit is not None:
        case.unit_id, case.house = unit.id, unit.code
        case.project = estate.project_of(session, unit.project_id).code
    if ctx.scope != case.project and case.project:
        instances.rekey(session, ctx.instance_id, case.number, case.project)
    _caller(session, case, values, unit)
    tail = case.phone_masked[-parties.TAIL :]
    said = (case.number, case.house, squeezed(case.house), case.area, case.caller_name, tail, case.brief)
    case.search = " ".join(piece for piece in said if piece)
    log_contact(ctx, case, "来电登记", said=case.brief, channel=case.channel)
    log_event(ctx, case, "登记", case.brief, {"kind": case.kind, "urgency": case.urgency})
    session.flush()
    show_head(session, case)
    return {**_facts(ctx, case, unit), **_people(ctx, case)}


def _case(ctx: ListenerContext) -> ServiceCase:
    """Find the case that was opened at the desk; a process that a message began (S2–S4) has none yet: open one."""
    case = cases.get(ctx.session, str(ctx.variables.get("case_number") or ctx.business_key))
    if case is not None and case.instance_id == ctx.instance_id:
        return case
    year = f"TS-{ctx.now.astimezone(CHINA):%Y}"
    opened = ServiceCase(
        number=f"{year}-{cases.next_value(ctx.session, year):06d}",
        project=ctx.scope,
        channel=text(ctx.values, "channel"),
        received_by=text(ctx.values, "received_by"),
        kind=text(ctx.values, "kind"),
        registered_by=ctx.actor.login,
        received_at=ctx.now,
        instance_id=ctx.instance_id,
        intake={"from": case.number if case is not None else ctx.business_key},
    )
    ctx.session.add(opened)
    ctx.session.flush()
    instances.rekey(ctx.session, ctx.instance_id, opened.number, opened.project)
    return opened


def _caller(session: Session, case: ServiceCase, values: Mapping[str, Any], unit: Unit | None) -> None:
    safe, phone = vault(session), text(values, "phone")
    case.caller_name, case.caller_role = text(values, "name"), text(values, "is_owner")
    case.caller_phone, case.phone_hash, case.phone_masked = safe.seal(phone), safe.digest(phone), mask(phone)
    known = {party.id for party in parties.by_phone(session, phone)} if len(digits(phone)) > parties.TAIL else set()
    here = [party for _, party in parties.people_of(session, [unit.id])] if unit else []
    by_phone = [party.id for party in here if party.id in known]
    by_name = [party.id for party in here if party.name == case.caller_name]
    case.party_id = next(iter(by_phone + by_name), None)


def _facts(ctx: ListenerContext, case: ServiceCase, unit: Unit | None) -> dict[str, Any]:
    project = estate.project_by_code(ctx.session, case.project)
    earlier = cases.earlier_of_unit(ctx.session, unit.id) if unit else ()
    since = case.received_at - REPEAT_WITHIN
    same = [one for one in earlier if one.id != case.id and one.cat2 == case.cat2 and one.received_at >= since]
    party = parties.get(ctx.session, case.party_id)
    day = case.received_at.astimezone(CHINA).date()
    return {
        "case_number": case.number,
        "project": case.project,
        "house": case.house,
        "property_affiliated": project.property_affiliated if project else True,
        "in_warranty": warranties.cover(ctx.session, unit, case.part, day, now=ctx.now).in_warranty,
        "important": bool(party and party.importance == "重要"),
        "repeated": bool(same),
        "received_at": case.received_at.astimezone(CHINA).isoformat(),
        "registered_by": ctx.actor.login,
    }


def _people(ctx: ListenerContext, case: ServiceCase) -> dict[str, Any]:
    """Propose who accepts: the one on duty, else the first project supervisor (B47, D10)."""
    proposed = parties.on_duty(ctx.session, case.project, "cs_sup", ctx.now)
    if not proposed:
        proposed = next(iter(staff.holders(ctx.session, "cs_sup", case.project, ctx.now)), "")
    case.owner = case.owner or (ctx.actor.login if ctx.actor.has("agent") else proposed)
    case.acceptor = case.acceptor or proposed
    return {"acceptor": proposed, "case_owner": case.owner}


def t02(ctx: ListenerContext) -> dict[str, Any]:
    """Answer on the spot: the answer is the result, the case is solved (B01, B35)."""
    case = case_of(ctx)
    log_contact(ctx, case, "答复", said=text(ctx.values, "answer"), channel=case.prefer)
    case.solved_at = ctx.now
    case.close_reason = text(ctx.values, "answer")
    for clock in clocks.AT_START:
        clocks.meet(ctx.session, case.number, clock, now=ctx.now)
    return {}


def t03(ctx: ListenerContext) -> dict[str, Any]:
    """Merge into another case."""
    case = case_of(ctx)
    case.duplicate_of = text(ctx.values, "duplicate_of")
    if case.duplicate_of == case.number:
        raise InvalidInputError(N_("A case cannot be merged into itself."))
    master = cases.get(ctx.session, case.duplicate_of, lock=True)  # its count of calls is raised
    if master is None:
        raise InvalidInputError(N_("There is no case {number}."), number=case.duplicate_of)
    case.close_reason = text(ctx.values, "merge_reason")
    master.urged += 1
    log_event(ctx, case, "并案", case.close_reason, {"master": master.number})
    log_event(ctx, master, "并入", case.brief, {"merged": case.number})
    return {"duplicate_of": case.duplicate_of}


def t04(ctx: ListenerContext) -> dict[str, Any]:
    """Emergency: who was there when, what was done, what is learned (B18)."""
    case, values = case_of(ctx), ctx.values
    detail = {k: values.get(k) for k in ("present", "present_at", "emergency_measures", "controlled_at", "structural")}
    log_event(ctx, case, "应急", note_lessons(case, values), detail)
    clocks.meet(ctx.session, case.number, "on_site", now=moment(values.get("present_at")) or ctx.now)
    clocks.meet(ctx.session, case.number, "contact", now=ctx.now)
    ctx.session.flush()
    levels.note_suggestion(ctx.session, case, ctx.now)
    return {}


def t05(ctx: ListenerContext) -> dict[str, Any]:
    """Not ours: explained, and guided to somebody else (B50, E05)."""
    case, values = case_of(ctx), ctx.values
    said = f"{text(values, 'guidance')} → {text(values, 'referred_to')}"
    log_contact(ctx, case, "解释指引", said=said, channel=case.prefer)
    log_event(ctx, case, "非我方说明", said, {"reason": text(values, "not_ours_reason")})
    clocks.meet(ctx.session, case.number, "contact", now=ctx.now)
    if values.get("customer_agrees"):
        case.close_reason = text(values, "not_ours_reason")
    return {}


def t06(ctx: ListenerContext) -> dict[str, Any]:
    """The supervisor decides whether it is ours."""
    log_event(
        ctx, case_of(ctx), "责任复核", text(ctx.values, "verdict_basis"), {"verdict": text(ctx.values, "verdict")}
    )
    return {}


def t07(ctx: ListenerContext) -> dict[str, Any]:
    """Dispatch: acceptor, department, and a limit that may be shortened only (A10, AC02)."""
    case, values = case_of(ctx), ctx.values
    _accept_limit(ctx, case)
    if case.acceptor and case.acceptor != text(values, "acceptor"):
        _transferred(ctx, case)
    case.acceptor, case.department = text(values, "acceptor"), text(values, "department")
    clocks.hand_over(ctx.session, case.number, case.acceptor, ["accept", "reply", "resolve"])
    note = text(values, "dispatch_note")
    log_event(ctx, case, "派单", note, {"acceptor": case.acceptor, "department": case.department})
    set_state(ctx.session, case, "待受理")
    return {"acceptor": case.acceptor}


def _accept_limit(ctx: ListenerContext, case: ServiceCase) -> None:
    """Move the limit to accept to what was chosen.

    It lies ahead and not after the limit of the table, so a limit that was set wrongly can be put right when the case
    comes back. A limit that has passed may stay as it is: the case is late, and dispatching must not wait for that.
    """
    due = moment(ctx.values.get("accept_due"))
    running = deadlines.running(ctx.session, case.number, "accept")
    if not running or due is None or abs(due - running[0].due_at) < MINUTE:
        return
    if due < ctx.now:
        raise InvalidFormError([FieldError("accept_due", N_("This must not be in the past."), label="受理时限")])
    if due > running[0].original_due_at + MINUTE:
        template = N_("The time limit to accept may be shortened, not extended.")
        raise InvalidFormError([FieldError("accept_due", template, label="受理时限")])
    reason = "派单时缩短" if due < running[0].due_at else "派单时更正"
    clocks.move(ctx.session, running[0], due, reason=reason)


def t08(ctx: ListenerContext) -> dict[str, Any]:
    """Every attempt to reach the acceptor by phone, and the backup contact after three failures (D03, D04)."""
    case = case_of(ctx)
    attempts = ctx.values.get("attempts") or []
    for attempt in attempts:
        result = str(attempt.get("result") or "")
        log_contact(
            ctx,
            case,
            "通知受理人",
            said=result,
            reached=result == "接通",
            with_whom="受理人",
            at=moment(attempt.get("at")),
        )
    reached = any(attempt.get("result") == "接通" for attempt in attempts)
    backup = text(ctx.values, "backup_contact")
    if backup:
        log_event(ctx, case, "转备用联系人", "", {"backup_contact": backup})
        case.acceptor = backup
        clocks.hand_over(ctx.session, case.number, backup, ["accept", "reply", "resolve"])
    return {"acceptor_reached": reached, "acceptor": case.acceptor}


def _transferred(ctx: ListenerContext, case: ServiceCase) -> None:
    """Count that the case goes to somebody else; from the second time on the supervisor is told (A17)."""
    case.transfers += 1
    if case.transfers > 1:
        notices.tell(ctx.session, case, AGAIN, now=ctx.now, known=ctx.variables, registry=ctx.registry)


def t09(ctx: ListenerContext) -> dict[str, Any]:
    """Accept, or send back for another acceptor."""
    case, values = case_of(ctx), ctx.values
    if text(values, "decision") == "退回改派":
        log_event(ctx, case, "退回改派", text(values, "return_reason"))
        set_state(ctx.session, case, "待派单")
        return {}
    case.acceptor = ctx.actor.login
    clocks.meet(ctx.session, case.number, "accept", now=ctx.now)
    clocks.hand_over(ctx.session, case.number, ctx.actor.login, ["reply", "resolve"])
    log_event(ctx, case, "受理", text(values, "remark"), {"reply_expected": values.get("reply_expected")})
    set_state(ctx.session, case, "查勘中" if values.get("needs_visit") else "方案中")
    return {"acceptor": case.acceptor, "dispatch_result": "go"}


def t30(ctx: ListenerContext) -> dict[str, Any]:
    """The responsible head on site, or whom he authorised (C26–C28)."""
    case, values = case_of(ctx), ctx.values
    delegate = text(values, "delegate_to")
    detail = {"arrived_at": values.get("arrived_at"), "delegate": delegate, "unresolved": values.get("unresolved")}
    log_event(ctx, case, "现场处理", text(values, "onsite_handling"), detail)
    log_contact(ctx, case, "现场处理", said=text(values, "onsite_handling"), channel="当面")
    clocks.meet(ctx.session, case.number, "contact", now=ctx.now)
    return {}
