"""What scenarios of the handover say: hand a phase over, check a house, close its orders, send a letter's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine.access import SYSTEM
from engine.connectors import ServiceContext
from engine.scenarios import CheckFailed
from processes.services import orders
from storage import handovers as rows
from storage import orders as order_rows
from storage.tables.cases import ServiceCase
from storage.tables.estate import Unit
from storage.tables.handovers import HandoverUnit, UnitWarranty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.scenarios import Play

PREPARED = ("H01", "H02a", "H02b", "H02c", "H02d", "H02", "H03", "H04")
PATIENCE = 12
NAMES = {
    "状态": "state",
    "收楼意见": "decision",
    "拒收": "refusals",
    "未到": "no_shows",
    "排队号": "queue_no",
    "在办": "open",
    "批次": "batch_number",
}


def _hand_over(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """交付: plan, check, approve and announce the handover of a phase, until each house waits for its appointment.

    Its houses are then called 户1, 户2 …, its batch 批次; 户1 is meant from here on.
    """
    _prepare(stage, value, step)
    bench = stage.bench
    with bench.database.read() as session:
        batch = rows.batches(session, None)[0]
        houses = session.scalars(select(HandoverUnit.number).order_by(HandoverUnit.id)).all()
    stage.keys |= {"批次": batch.number, **{f"户{at}": number for at, number in enumerate(houses, start=1)}}
    stage.current = houses[0] if houses else batch.number


def _prepare(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """备交付: begin a handover and go on until it is announced, or until its conditions are not fulfilled.

    Its batch is then called 批次, and meant from here on.
    """
    del step
    bench = stage.bench
    bench.start("handover_batch", {}, business_key="handover")
    changes = dict(stage.value(value or {}))
    for form in PREPARED:
        bench.run_jobs()
        task = next((one for one in bench.tasks() if one.form_key == form), None)
        if task is None:
            break
        given = {**stage.usual(stage, task), **(changes.pop(form, None) or {})}
        bench.complete(task, given)
    for _ in range(PATIENCE):
        bench.run_jobs()
    with bench.database.read() as session:
        stage.current = stage.keys["批次"] = rows.batches(session, None)[0].number


def _check_house(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """户: columns of the house, 保修 (are warranties counted), 交付日, 程序表 (its stations), 催告, 钥匙."""
    del step
    with stage.bench.database.read() as session:
        row = rows.house(session, stage.current)
        if row is None:
            raise CheckFailed(f"there is no house {stage.current}", f"没有交付户 {stage.current}")
        unit = session.get_one(Unit, row.unit_id)
        known = {
            "保修": session.scalar(select(UnitWarranty.id).where(UnitWarranty.unit_id == unit.id).limit(1)) is not None,
            "交付日": str(unit.delivered_on) if unit.delivered_on else None,
            "房屋状态": unit.state,
            "程序表": [
                one.station for one in sorted(rows.checks(session, row.number).values(), key=lambda c: (c.at, c.id))
            ],
            "催告": sum(one.kind == "催告函" for one in rows.notices(session, row.number)),
            "钥匙": [f"{one.label} {one.state}" for one in rows.keys_of(session, unit.id)],
            **{name: getattr(row, column) for name, column in NAMES.items()},
        }
    for name, expected in value.items():
        found = known[str(name)]
        wanted = str(expected) if name == "交付日" and expected is not None else expected
        if found != wanted:
            raise CheckFailed(f"{name} is {found!r}, not {wanted!r}", f"{name}应为 {wanted!r}，实际为 {found!r}")


def _close_orders(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """销项: close so many open orders of the house as repaired (全部: all of them)."""
    del step
    with stage.bench.transaction() as session:
        found = list(order_rows.open_of_starter(session, stage.current))
        chosen = found if value == "全部" else found[: int(value)]
        if not chosen:
            raise CheckFailed("there is no open order", "没有未销的整改单")
        for order in chosen:
            orders.close(_context(stage, session, order), order, orders.DONE)


def _context(stage: Play, session: Any, order: Any) -> ServiceContext:
    return ServiceContext(
        session=session, now=stage.bench.now, instance_id=order.instance_id, business_key=order.number,
        scope=order.project, element_id="", token_id=order.instance_id, variables={}, actor=SYSTEM,
        idempotency_key="", registry=stage.bench.registry,
    )  # fmt: skip


def _complaint(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """转来投诉: the case that the house became, by what must be written in it; it is meant from here on."""
    del step
    with stage.bench.database.read() as session:
        row = rows.house(session, stage.current)
        number = str(row.file.get("complaint") or "") if row else ""
        case = session.scalar(select(ServiceCase).where(ServiceCase.number == number))
    if case is None:
        raise CheckFailed("no complaint was opened", "没有转投诉")
    missing = [piece for piece in value if piece not in case.facts]
    if missing:
        raise CheckFailed(f"{missing} is not in: {case.facts}", f"案情里没有 {missing}：{case.facts}")
    stage.current = stage.keys["投诉"] = case.number


def _cancel(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """取消批次: the whole handover is called off."""
    del value, step
    stage.bench.correlate("HANDOVER_CANCEL", stage.keys["批次"], {})
    for _ in range(PATIENCE):
        stage.bench.run_jobs()


VERBS = {
    "交付": _hand_over,
    "备交付": _prepare,
    "户": _check_house,
    "销项": _close_orders,
    "转来投诉": _complaint,
    "取消批次": _cancel,
}
