"""What the service tasks of a house's inspection do (P2u): orders, reminders, the end that its batch counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import notifications
from engine.errors import N_
from processes.services import batches, orders
from processes.services.batches import INSPECTION
from processes.services.inspection_batches import BEFORE_DELIVERY
from processes.services.inspections import show_head
from storage import inspections as rows
from storage import people as staff
from storage.tables.estate import Unit

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from engine.connectors import ServiceContext
    from storage.tables.inspections import InspectionUnit

TOLD = {
    "到期未验": N_("{house} has not been inspected; it was planned for {day}."),
    "多次返工": N_("{house}: a defect was repaired {count} times and is still not in order. Decide on a substitute."),
}


def row_of(ctx: ServiceContext) -> InspectionUnit:
    """Read the house a process instance inspects."""
    found: InspectionUnit = batches.house_of(ctx, INSPECTION)
    return found


def set_state(session: Session, row: InspectionUnit, state: str) -> None:
    """Move the inspection of a house to a state and show it in the inbox rows."""
    if row.state != state:
        row.state = state
        show_head(session, row)


def issue_orders(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `inspection.orders`: an order for each repairing unit of what is to be mended; answers how many."""
    row = row_of(ctx)
    waiting = [one for one in rows.defects(ctx.session, row.number, open_only=True) if one.state == "待派"]
    if not waiting:
        return {"orders": 0}
    numbers = orders.issue(
        ctx.session,
        starter=row.number,
        starter_kind="inspection",
        stage=str(ctx.variables.get("stage") or waiting[0].stage),
        source_channel="验房",
        defects=waiting,
        viewer=ctx.actor,
        now=ctx.now,
        registry=ctx.registry,
        reported_at=min(one.found_at for one in waiting),
    )
    set_state(ctx.session, row, "整改中")
    _house(ctx, row, "整改中")
    return {"orders": len(numbers)}


def _house(ctx: ServiceContext, row: InspectionUnit, state: str) -> None:
    """Move the house itself, as long as it has not been handed over."""
    unit = ctx.session.get_one(Unit, row.unit_id)
    if unit.state in BEFORE_DELIVERY and unit.delivered_on is None:
        unit.state = state


def close(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `inspection.close`: the house has passed, with or without defects; the last one of its batch tells it."""
    row = row_of(ctx)
    left = rows.defects(ctx.session, row.number, open_only=True)
    row.result, row.ended_at = "带缺陷通过" if left else "已通过", ctx.now
    set_state(ctx.session, row, row.result)
    _house(ctx, row, "可交付")
    orders.add_event(ctx.session, row.number, "户验收", row.result, actor=ctx.actor.login, now=ctx.now)
    batches.house_ended(ctx.session, INSPECTION, row, now=ctx.now, registry=ctx.registry)
    return {"defects_open": len(left)}


def cancelled(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `inspection.cancelled`: the batch was cancelled; what was found stays, orders under way go on."""
    row = row_of(ctx)
    row.result, row.ended_at = "取消", ctx.now
    set_state(ctx.session, row, "已取消")
    batches.house_ended(ctx.session, INSPECTION, row, now=ctx.now, registry=ctx.registry)
    return {}


def late(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `inspection.late`: the planned day is over and nobody came."""
    row = row_of(ctx)
    day = row.planned_on.isoformat() if row.planned_on else ""
    _tell(ctx, row, ("cs_sup",), TOLD["到期未验"], {"house": row.house, "day": day}, also=row.inspector)
    return {}


def often(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `inspection.often`: repaired three times and still not in order (DMN-10, DMN-06)."""
    row = row_of(ctx)
    count = int(ctx.variables.get("rework_most") or 0)
    _tell(ctx, row, ("cs_mgr",), TOLD["多次返工"], {"house": row.house, "count": count})
    orders.add_event(ctx.session, row.number, "多次返工", str(count), actor=ctx.actor.login, now=ctx.now)
    return {}


def _tell(
    ctx: ServiceContext,
    row: InspectionUnit,
    roles: tuple[str, ...],
    template: str,
    fields: dict[str, Any],
    *,
    also: str = "",
) -> None:
    people = [login for role in roles for login in staff.holders(ctx.session, role, row.project, ctx.now)]
    for login in dict.fromkeys([*people, *([also] if also else [])]):
        notifications.notify(
            ctx.session, recipient=login, template=template, fields=fields, link=f"/batches/{row.batch_number}",
            now=ctx.now,
        )  # fmt: skip
