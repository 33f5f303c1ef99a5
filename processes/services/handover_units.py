"""What the house process of a handover does: slots, absence, orders, complaint, end (P3u)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from engine import instances, messages, tasks
from engine.access import SYSTEM
from engine.core.calendar import CHINA
from engine.core.forms import FieldError
from engine.errors import N_, InvalidFormError
from processes.services import batches, clocks, orders, owner_texts, task_clocks, warranties
from storage import cases, parties
from storage import handovers as rows
from storage import instances as instance_rows
from storage.privacy import mask_name
from storage.tables.cases import CaseEvent, ContactLog, ServiceCase
from storage.tables.estate import Unit
from storage.tables.handovers import Slot

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from engine.connectors import ServiceContext
    from storage.tables.handovers import HandoverUnit

EVENING = 18


def day(value: Any) -> date | None:
    """Read a day of a form."""
    if isinstance(value, datetime):
        return value.astimezone(CHINA).date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10]) if value else None


def refused(field: str, template: str, label: str, **fields: Any) -> InvalidFormError:
    """Refuse a field of a form with a sentence."""
    return InvalidFormError([FieldError(field, template, fields, label=label)])


def house_of(ctx: ServiceContext) -> HandoverUnit:
    """Read the row of the house a process instance belongs to; NotFoundError when there is none."""
    found: HandoverUnit = batches.house_of(ctx, batches.HANDOVER)
    return found


def iso(moment: datetime) -> str:
    """Write a moment as process variables do: China's, with offset."""
    return moment.astimezone(CHINA).isoformat()


def log(ctx: ServiceContext, row: HandoverUnit, kind: str, said: str = "", **detail: Any) -> None:
    """Write down what happened to a house (the same log as a case's, by its number)."""
    ctx.session.add(
        CaseEvent(case_number=row.number, at=ctx.now, actor=ctx.actor.login, kind=kind, text=said, detail=detail)
    )


def owner_of(session: Session, unit_id: int) -> str:
    """Name the owner of a house; "" when the register has none."""
    return next((party.name for _, party in parties.people_of(session, [unit_id])), "")


def set_state(session: Session, row: HandoverUnit, state: str) -> None:
    """Move a house to a state and show it in the inbox rows and in the register of houses."""
    row.state = state
    unit = session.get_one(Unit, row.unit_id)
    if state in ("已交付", "带问题交付"):
        unit.state = state
    elif state == "视同交付":
        unit.state = "已交付"
    show_head(session, row)


def show_head(session: Session, row: HandoverUnit) -> None:
    """Refresh what inbox rows show of a house: the owner's name is masked."""
    if row.instance_id is None:
        return
    shown = [mask_name(owner_of(session, row.unit_id)), row.state]
    shown += [f"{row.queue_no} 号"] if row.queue_no else []
    shown += [f"拒收 {row.refusals} 次"] if row.refusals else []
    fields = {"number": row.number, "house": row.house, "batch": row.batch_number, "state": row.state}
    instances.update_head(
        session, row.instance_id, summary=" · ".join(piece for piece in shown if piece), fields=fields
    )


def hold(session: Session, row: HandoverUnit) -> None:
    """Hold a house until the transaction ends, its instance first, and read it as whoever held it before left it."""
    if row.instance_id is not None:
        instance_rows.lock(session, row.instance_id)
    session.flush()  # what this transaction changed itself stays
    session.refresh(row, with_for_update=True)


def book(session: Session, row: HandoverUnit, slot_id: int, *, now: datetime) -> Slot:
    """Take a place in a slot and give the earlier one back.

    Raises:
        InvalidFormError: no such slot in this batch, it is over, or it is full: the field says so.
    """
    hold(session, row)
    slot = session.get(Slot, slot_id, populate_existing=True)
    if slot is None or slot.batch_number != row.batch_number:
        raise refused("slot", N_("There is no such time slot."), "时段")
    if slot.ends_at <= now:
        raise refused("slot", N_("This time slot is over."), "时段")
    if row.slot_id == slot.id:
        return slot
    if not rows.take_place(session, slot.id):
        raise refused("slot", N_("This time slot has just been filled."), "时段")
    if row.slot_id is not None:
        rows.free_place(session, row.slot_id)
    row.slot_id = slot.id
    return slot


# Topics


def remind(ctx: ServiceContext) -> dict[str, Any]:
    """Remind the owner the day before (K01); the contact log says whether a message could be sent."""
    row = house_of(ctx)
    slot = ctx.session.get_one(Slot, row.slot_id) if row.slot_id else None
    said = f"{slot.starts_at.astimezone(CHINA):%m-%d %H:%M}" if slot else ""
    sent = slot is not None and owner_texts.tomorrow(ctx.session, row, slot, now=ctx.now, registry=ctx.registry)
    ctx.session.add(
        ContactLog(
            case_number=row.number, at=ctx.now, actor=ctx.actor.login, with_whom="业主", kind="预约提醒",
            channel=owner_texts.SMS, reached=sent, text=said,
        )
    )  # fmt: skip
    return {}


def no_show(ctx: ServiceContext) -> dict[str, Any]:
    """The owner did not come: the place is gone, the house waits for another appointment; answers `no_shows`."""
    row = house_of(ctx)
    row.no_shows += 1
    row.slot_id = None
    log(ctx, row, "未到场", f"第 {row.no_shows} 次")
    task_clocks.withdraw_outlived(ctx.session, row.number, now=ctx.now)
    set_state(ctx.session, row, "已通知")
    return {"no_shows": row.no_shows, "onsite_result": "absent"}


def absent(ctx: ServiceContext) -> dict[str, Any]:
    """Begin to wait for an owner who did not come; answers when the two letters are due, by DMN-05 (K11)."""
    row = house_of(ctx)
    batch = batches.batch(ctx.session, batches.HANDOVER, row.batch_number)
    over = datetime(batch.ends_on.year, batch.ends_on.month, batch.ends_on.day, EVENING, tzinfo=CHINA)
    letters = sum(one.kind == "催告函" for one in rows.notices(ctx.session, row.number))
    ends = [task_clocks.due(ctx.session, clock, start=over, now=ctx.now) for clock in ("letter1", "letter2")]
    first = max(ends[0], ctx.now)
    second = max(ends[1], first + (ends[1] - ends[0]) if letters == 0 else ctx.now)
    task_clocks.withdraw_outlived(ctx.session, row.number, now=ctx.now)
    log(ctx, row, "转零散", f"未到场 {row.no_shows} 次")
    set_state(ctx.session, row, "催告中")
    return {"letter1_due": iso(first), "letter2_due": iso(second), "letters": letters, "absent_result": "waiting"}


def issue_orders(ctx: ServiceContext) -> dict[str, Any]:
    """Issue orders for the defects that have none (stage 正式交付); answers `orders`, how many are open."""
    row = house_of(ctx)
    found = list(rows.defects(ctx.session, row.number, unassigned=True))
    issued: list[str] = []
    if found:
        issued = orders.issue(
            ctx.session,
            starter=row.number,
            starter_kind="handover",
            stage="正式交付",
            source_channel="验房",
            defects=found,
            viewer=SYSTEM,
            now=ctx.now,
            registry=ctx.registry,
            reported_at=ctx.now,
        )
        log(ctx, row, "开整改单", "、".join(issued))
    return {"orders": len(issued)}


def complain(ctx: ServiceContext) -> dict[str, Any]:
    """Open a complaint with the house's history: message CASE_FROM_HANDOVER, business key the new case's (AC22).

    It waits at the intake with everything known filled in; nothing is opened twice for a house.
    """
    row, session = house_of(ctx), ctx.session
    if row.file.get("complaint"):
        return {"complaint": row.file["complaint"]}
    unit = session.get_one(Unit, row.unit_id)
    history = rows.refusals(session, row.number)
    year = f"TS-{ctx.now.astimezone(CHINA):%Y}"
    brief = f"业主第 {row.refusals} 次拒收房屋" if history else "入住回访不满意"
    facts = "\n".join(
        f"{one.at.astimezone(CHINA):%Y-%m-%d %H:%M} 第 {one.count} 次拒收：{'、'.join(map(str, one.reasons))}；"
        f"诉求：{one.demand}；承诺：{one.promise}"
        for one in history
    )
    demand = history[-1].demand if history else str(row.satisfaction.get("movein_opinion") or "")
    case = ServiceCase(
        number=f"{year}-{cases.next_value(session, year):06d}", project=row.project, channel="公司现场",
        received_by="地产", kind="投诉", registered_by=ctx.actor.login, received_at=ctx.now, unit_id=unit.id,
        house=row.house, brief=brief, facts=facts or demand, demand=demand, intake={"from": row.number},
    )  # fmt: skip
    session.add(case)
    session.flush()
    for one in history:
        detail = {"handover": row.number, "demand": one.demand, "promise": one.promise}
        said = f"第 {one.count} 次：{'、'.join(map(str, one.reasons))}"
        session.add(
            CaseEvent(case_number=case.number, at=one.at, actor=one.actor, kind="拒收", text=said, detail=detail)
        )
    known = {"case_number": case.number, "project": row.project, "unit": row.house, "handover_number": row.number}
    case.instance_id = messages.correlate(
        session, name="CASE_FROM_HANDOVER", business_key=case.number,
        variables={**known, "penalty_active": False}, viewer=SYSTEM, now=ctx.now, registry=ctx.registry,
        scope=row.project,
    )  # fmt: skip
    instances.update_head(session, case.instance_id, title=f"{case.number} {row.house} {brief}", priority=70)
    _prepare(ctx, case, row)
    row.file = {**row.file, "complaint": case.number}
    log(ctx, row, "转投诉", case.number)
    return {"complaint": case.number}


def _prepare(ctx: ServiceContext, case: ServiceCase, row: HandoverUnit) -> None:
    """Begin the intake with what the handover knows, so that nobody types it twice."""
    draft = {
        "unit": row.house, "name": owner_of(ctx.session, row.unit_id), "is_owner": "业主", "channel": case.channel,
        "received_by": "地产", "kind": "投诉", "subject": "自己房产", "cat1": "工程维修类", "cat2": "户内维修",
        "brief": case.brief, "facts": case.facts, "demand": case.demand, "urgency": "紧急", "scope": "单人",
    }  # fmt: skip
    if case.instance_id is None:
        return
    for task in rows.open_tasks(ctx.session, [case.instance_id]):
        tasks.save_draft(ctx.session, SYSTEM, task.id, data=draft, now=ctx.now)


def close(ctx: ServiceContext) -> dict[str, Any]:
    """End the handover of a house: delivered, deemed, or `unit_state` (退房, 已取消); the last one tells the batch."""
    row, session = house_of(ctx), ctx.session
    if not row.open:
        return {}
    wanted = str(ctx.variables.get("unit_state") or "")
    state = wanted or ("视同交付" if row.state == "视同交付" else row.state)
    row.closed_at = ctx.now
    if wanted:
        clocks.withdraw(session, row.number, now=ctx.now)
    if wanted and row.slot_id is not None and row.signed_in_at is None:
        rows.free_place(session, row.slot_id)
    set_state(session, row, state)
    log(ctx, row, "办结", state)
    batches.house_ended(session, batches.HANDOVER, row, now=ctx.now, registry=ctx.registry)
    return {"with_problems": row.decision == "带问题收楼"}


def delivered(session: Session, row: HandoverUnit, *, at: datetime, now: datetime) -> None:
    """The keys are handed over, or the handover is deemed: the owner's warranty begins on that day (DMN-03, AC23)."""
    unit = session.get_one(Unit, row.unit_id)
    row.delivered_at = at
    unit.delivered_on = at.astimezone(CHINA).date()
    session.flush()
    warranties.compute(session, unit, now=now)
