"""What the tasks of a handover batch write: H01–H06."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine import instances
from engine.core.calendar import CHINA
from engine.errors import N_
from processes.services.handover_batches import STATIONS, batch_of
from processes.services.handover_units import day, refused
from processes.services.recording import text
from storage import cases
from storage import handovers as rows
from storage import instances as instance_rows
from storage.tables.handovers import HandoverBatch, Slot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors import ListenerContext

PLANS = {"plan_media": "media", "plan_group": "group", "plan_weather": "weather"}
LEGAL = ("completion_filed", "takeover_done", "fire_lift_ok", "books_printed", "area_reported", "unit_sheets")
LONGEST_DAYS = 60


def h01(ctx: ListenerContext) -> dict[str, Any]:
    """Write the plan: batch, its slots on every day, stations in their order. Answers number and dates."""
    values, session = ctx.values, ctx.session
    found = rows.phase_named(session, text(values, "phase"))
    if found is None:
        raise refused("phase", N_("There is no such phase."), "项目分期")
    project, phase = found
    if ctx.scope not in ("", project.code):
        raise refused("phase", N_("This handover was begun for project {project}."), "项目分期", project=ctx.scope)
    starts, ends = day(values.get("starts_on")), day(values.get("ends_on"))
    if starts is None or ends is None or ends < starts or (ends - starts).days > LONGEST_DAYS:
        raise refused("ends_on", N_("The handover ends after it begins, at most 60 days later."), "集中交付结束")
    order = [str(one.get("station")) for one in values.get("station_order") or []]
    if sorted(order) != sorted(STATIONS) or order.index("抄表与钥匙") < order.index("陪同验房"):
        raise refused("station_order", N_("Each station exactly once, and the keys after the inspection."), "站点顺序")
    batch = rows.batch(session, str(ctx.variables.get("batch_number") or ""))
    other = rows.open_batch_of_phase(session, phase.id)
    if other is not None and other is not batch:
        raise refused("phase", N_("Batch {number} hands this phase over already."), "项目分期", number=other.number)
    if batch is None:
        year = f"JP-{ctx.now.astimezone(CHINA):%Y}"
        batch = HandoverBatch(
            number=f"{year}-{cases.next_value(session, year):06d}", project=project.code, phase_id=phase.id,
            starts_on=starts, ends_on=ends, created_by=ctx.actor.login, created_at=ctx.now,
            instance_id=ctx.instance_id,
        )  # fmt: skip
        session.add(batch)
    batch.contract_on, batch.starts_on, batch.ends_on, batch.stations = (
        day(values.get("contract_on")),
        starts,
        ends,
        order,
    )
    batch.fees, batch.papers = list(values.get("fees") or []), list(values.get("papers") or [])
    batch.plan = {name: text(values, key) for key, name in PLANS.items()} | {"roster": list(values.get("roster") or [])}
    batch.state = "条件核查"
    session.flush()
    instance_rows.rekey(session, ctx.instance_id, batch.number, batch.project)
    title = f"{batch.number} {project.name}{phase.name} 交付"
    instances.update_head(session, ctx.instance_id, title=title, fields={"number": batch.number, "state": batch.state})
    _slots(ctx, batch, list(values.get("day_slots") or []))
    return {"batch_number": batch.number, "handover_starts": batch.starts_on.isoformat(), "project": project.code}


def _slots(ctx: ListenerContext, batch: HandoverBatch, given: list[Mapping[str, Any]]) -> None:
    """Write the slots of every day of the handover; those there already keep who booked them."""
    known = {slot.starts_at: slot for slot in rows.slots(ctx.session, batch.number)}
    for offset in range((batch.ends_on - batch.starts_on).days + 1):
        on = batch.starts_on + timedelta(days=offset)
        for one in given:
            begins, ends = (_clock(on, text(one, name)) for name in ("slot_from", "slot_to"))
            if ends <= begins:
                raise refused("day_slots", N_("A time slot ends after it begins."), "每日时段")
            capacity = int(one.get("capacity") or 0)
            slot = known.get(begins)
            if slot is None:
                slot = Slot(batch_number=batch.number, starts_at=begins, ends_at=ends, capacity=capacity, taken=0)
                ctx.session.add(slot)
                known[begins] = slot
            slot.capacity = max(capacity, slot.taken)
    ctx.session.flush()


def _clock(on: date, text_: str) -> datetime:
    hour, _, minute = text_.partition(":")
    return datetime(on.year, on.month, on.day, int(hour), int(minute), tzinfo=CHINA)


def _part(ctx: ListenerContext) -> dict[str, Any]:
    """Keep what one department answers for."""
    batch = batch_of(ctx)
    takeover = day(ctx.values.get("takeover_on"))
    kept = {name: ctx.values[name] for name in (*LEGAL, "utilities_ok", "filing_no") if name in ctx.values}
    kept |= {"takeover_on": takeover.isoformat()} if takeover else {}
    batch.conditions = {**batch.conditions, **kept, f"by_{ctx.element_id}": ctx.actor.login}
    return {}


h02a = h02b = h02c = h02d = _part


def h02(ctx: ListenerContext) -> dict[str, Any]:
    """Sum up what the departments answered; answers the inputs of DMN-12a."""
    batch = batch_of(ctx)
    known = {**ctx.variables, **batch.conditions}
    takeover = day(known.get("takeover_on")) if known.get("takeover_done") is True else None
    batch.state = "待审批"
    return {
        "legal_ok": all(known.get(name) is True for name in LEGAL),
        "takeover_days": (batch.starts_on - takeover).days if takeover else 0,
    }


def h03(ctx: ListenerContext) -> dict[str, Any]:
    """The executive's decision with its conditions."""
    batch, values = batch_of(ctx), ctx.values
    said = text(values, "handover_approval")
    batch.conditions = {**batch.conditions, "approval": said, "conditions": text(values, "approval_conditions")}
    batch.state = "条件核查" if said == "退回" else "已批准"
    return {}


def h04(ctx: ListenerContext) -> dict[str, Any]:
    """The notices went out; each house gets its row when it is begun."""
    batch = batch_of(ctx)
    batch.plan = {**batch.plan, "notice": list(ctx.values.get("notice_channels") or [])}
    return {}


def h05(ctx: ListenerContext) -> dict[str, Any]:
    """The day report, kept with the batch by its day."""
    batch, values = batch_of(ctx), ctx.values
    names = ("expected", "attended", "delivered", "with_problems", "refused", "in_process", "defects_found")
    report = {name: ctx.variables.get(name) for name in names}
    report |= {"problems": text(values, "day_problems"), "actions": text(values, "day_actions"), "by": ctx.actor.login}
    today = ctx.now.astimezone(CHINA).date().isoformat()
    batch.plan = {**batch.plan, "days": {**batch.plan.get("days", {}), today: report}}
    return {}


def h06(ctx: ListenerContext) -> dict[str, Any]:
    """What is left becomes single handovers."""
    batch, values = batch_of(ctx), ctx.values
    left = {"owner": text(values, "straggler_owner"), "plan": text(values, "straggler_plan")}
    batch.plan, batch.state = {**batch.plan, "stragglers": left}, "零散交付"
    return {}
