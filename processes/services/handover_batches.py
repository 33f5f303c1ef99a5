"""What the batch process of a handover does: figures, houses one by one, day by day, the end (P3)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from engine.core.calendar import CHINA
from processes.services import batches
from processes.services.handover_units import EVENING, iso
from storage import handovers as rows
from storage.tables.defects import Defect
from storage.tables.handovers import HandoverUnit, Notice

if TYPE_CHECKING:
    from engine.connectors import ServiceContext
    from storage.tables.estate import Unit
    from storage.tables.handovers import HandoverBatch

STATIONS = {"款项核对": "K03", "陪同验房": "K04", "签署与资料": "K05", "抄表与钥匙": "K06", "现场满意度": "K07"}
"""The stations by the words of the plan; the usual order (H01)."""
WAYS = 20


def batch_of(ctx: ServiceContext) -> HandoverBatch:
    """Read the batch a process instance belongs to; NotFoundError when there is none."""
    found: HandoverBatch = batches.batch_of(ctx, batches.HANDOVER)
    return found


def begin_variables(batch: HandoverBatch) -> dict[str, Any]:
    """Give the variables a house begins with: the stations in the order of the plan, nothing decided."""
    return {
        "stations": [STATIONS[str(one)] for one in batch.stations],
        "station_index": 1,
        "appoint_result": None,
        "by_proxy": False,
        "decision": None,
        "keys_blocked": False,
        "onsite_result": None,
        "absent_result": None,
        "refusal_outcome": None,
        "approval_role": None,
        "promise_approval": None,
        "deemed_decision": None,
        "movein_satisfaction": None,
        "recheck": None,
        "refusals": 0,
        "no_shows": 0,
        "letters": 0,
        "orders": 0,
        "with_problems": False,
    }


def spawn(ctx: ServiceContext) -> dict[str, Any]:
    """Begin the next houses and note the notice that went to each owner (H04); answers `left` (AC12)."""
    batch, session = batch_of(ctx), ctx.session
    batch.state = "集中交付"

    def begin(_unit: Unit, _place: int) -> batches.House:
        return batches.House(variables=begin_variables(batch), fields={"state": "已通知"}, columns={"state": "已通知"})

    units = rows.units_of_phase(session, batch.phase_id)
    answer = batches.spawn(ctx, batches.HANDOVER, batch, units, begin)
    noticed = select(Notice.handover_number).where(Notice.kind == "入伙通知")
    fresh = select(HandoverUnit.number).where(HandoverUnit.batch_number == batch.number)
    ways = "、".join(str(one) for one in ctx.variables.get("notice_channels") or []) or "EMS"
    session.add_all(
        Notice(handover_number=number, kind="入伙通知", channel=ways[:WAYS], sent_at=ctx.now,
               actor=ctx.actor.login)
        for number in session.scalars(fresh.where(HandoverUnit.number.not_in(noticed)))
    )  # fmt: skip
    return dict(answer)


def figures(ctx: ServiceContext) -> dict[str, Any]:
    """Sum up: houses, open defects and share closed before (DMN-12a), who came and took over during the handover."""
    batch, session = batch_of(ctx), ctx.session
    houses = len(rows.units_of_phase(session, batch.phase_id))
    every, closed, a_open, b_open = rows.phase_defects(session, batch.phase_id)
    now = rows.figures(session, [batch.number]).get(batch.number, rows.Figures())
    return {
        "houses": houses,
        "a_open": a_open,
        "b_open": b_open,
        "b_per_house": round(b_open / houses, 3) if houses else 0,
        "closure_rate": round(100 * closed / every, 1) if every else 100,
        "expected": now.expected or houses,
        "attended": now.attended,
        "delivered": now.delivered,
        "with_problems": now.with_problems,
        "refused": now.refused,
        "in_process": now.in_process,
        "units_open": now.open,
        "defects_found": _found(ctx, batch),
    }


def day_figures(ctx: ServiceContext) -> dict[str, Any]:
    """Sum up the day (H05): who had to come, came, took over, refused; `last_day`: the handover is over."""
    batch, local = batch_of(ctx), ctx.now.astimezone(CHINA)
    span = day_span(local.date())
    now = rows.figures(ctx.session, [batch.number], span=span).get(batch.number, rows.Figures())
    names = ("expected", "attended", "delivered", "with_problems", "refused", "in_process")
    return {
        **{name: getattr(now, name) for name in names},
        "defects_found": _found(ctx, batch, span),
        "last_day": local.date() >= batch.ends_on,
    }


def day_span(on: date) -> rows.Span:
    """Give the first and the last moment of a day in China."""
    begins = datetime(on.year, on.month, on.day, tzinfo=CHINA)
    return begins, begins + timedelta(days=1) - timedelta(microseconds=1)


def _found(ctx: ServiceContext, batch: HandoverBatch, span: rows.Span | None = None) -> int:
    numbers = select(HandoverUnit.number).where(HandoverUnit.batch_number == batch.number)
    query = select(func.count()).where(Defect.found_in.in_(numbers))
    return ctx.session.scalar(query.where(Defect.found_at.between(*span)) if span else query) or 0


def day(ctx: ServiceContext) -> dict[str, Any]:
    """Say when the next day of the handover ends: at six of today or of the first day, whichever comes later."""
    batch = batch_of(ctx)
    local = ctx.now.astimezone(CHINA)
    today = local.date() if local.hour < EVENING else local.date() + timedelta(days=1)
    wanted: date = max(batch.starts_on, today)
    return {"day_end": iso(datetime(wanted.year, wanted.month, wanted.day, EVENING, tzinfo=CHINA))}


def close(ctx: ServiceContext) -> dict[str, Any]:
    """Close the batch: `batch_state` 已关闭 or 已取消."""
    batch = batch_of(ctx)
    batch.state, batch.open, batch.closed_at = str(ctx.variables.get("batch_state") or "已关闭"), False, ctx.now
    return {}


def cancel_houses(ctx: ServiceContext) -> dict[str, Any]:
    """Take the next houses back; answers `left`."""
    return dict(batches.cancel_houses(ctx, batches.HANDOVER, batch_of(ctx).number))
