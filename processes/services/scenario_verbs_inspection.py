"""What scenarios of inspection say: begin a batch, turn to a house, close its orders, check what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import select

from engine import operator, people
from engine.access import SYSTEM
from engine.connectors import ServiceContext
from engine.scenarios import CheckFailed, Play
from processes.services import inspection_batches, orders
from storage import inspections as rows
from storage import orders as order_rows
from storage.tables.estate import Phase, Project
from storage.tables.inspections import InspectionBatch, InspectionUnit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

ORGANISER = "孙明礼"


def _login(stage: Play, step: Mapping[str, Any]) -> str:
    name = str(step.get("由") or ORGANISER)
    return stage.people.get(name, name)


def _begin(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """验房批次: begin a batch in a project; 户数 takes the first so many houses."""
    asked = dict(value or {})
    bench = stage.bench
    with bench.transaction() as session:
        query = select(Phase.id).join(Project, Project.id == Phase.project_id)
        phase = session.scalars(query.where(Project.code == str(asked.get("项目") or "知夏苑"))).first() or 0
        houses = rows.units(session, phase)[: int(asked["户数"])] if asked.get("户数") else []
        viewer = people.viewer(session, _login(stage, step), now=bench.now)
        number = inspection_batches.plan(
            session, viewer, phase_id=phase, round=str(asked.get("轮次") or "一户一验"), houses=houses, now=bench.now,
            registry=bench.registry,
        )  # fmt: skip
    stage.current = stage.keys[str(step.get("称为") or "批次")] = number


def _house(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """转到户: from here on the n-th house of the newest batch is meant."""
    del step
    with stage.bench.database.read() as session:
        batch = session.scalars(select(InspectionBatch.number).order_by(InspectionBatch.id.desc())).first()
        query = select(InspectionUnit.number).where(InspectionUnit.batch_number == batch).order_by(InspectionUnit.id)
        numbers = session.scalars(query).all()
    if not 0 < int(value) <= len(numbers):
        raise CheckFailed(f"the batch has {len(numbers)} houses", f"批次只有 {len(numbers)} 户")
    stage.current = stage.keys[f"户{value}"] = numbers[int(value) - 1]


def _close_orders(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """整改办结: the open orders of the house close in this way (已销项 …), whatever is left to do in them."""
    del step
    bench = stage.bench
    with bench.transaction() as session:
        found = list(order_rows.open_of_starter(session, stage.current))
        if not found:
            raise CheckFailed(f"{stage.current} has no open order", f"{stage.current} 没有在办的整改单")
        for order in found:
            context = ServiceContext(
                session=session, now=bench.now, instance_id=order.instance_id or uuid4(), business_key=order.number,
                scope=order.project, element_id="", token_id=uuid4(), variables={}, actor=SYSTEM, idempotency_key="",
                registry=bench.registry,
            )  # fmt: skip
            orders.close(context, order, str(value or orders.DONE))
            if order.instance_id is not None:
                operator.cancel(
                    session, SYSTEM, order.instance_id, reason="场景", now=bench.now, registry=bench.registry
                )
    bench.run_jobs()


def _cancel(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """取消验房: the newest batch is cancelled, for this reason."""
    bench = stage.bench
    with bench.transaction() as session:
        viewer = people.viewer(session, _login(stage, step), now=bench.now)
        number = session.scalars(select(InspectionBatch.number).order_by(InspectionBatch.id.desc())).first() or ""
        inspection_batches.cancel(session, viewer, number, reason=str(value), now=bench.now, registry=bench.registry)
    bench.run_jobs()


def _compare(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    for name, expected in wanted.items():
        if found[str(name)] != expected:
            english = f"{name} is {found[str(name)]!r}, not {expected!r}"
            raise CheckFailed(english, f"{name}应为 {expected!r}，实际为 {found[str(name)]!r}")


def _check_house(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """查户: 状态, 缺陷 (all), 未销项, 整改单 (open), 检查项 (lines answered) of the house meant."""
    del step
    with stage.bench.database.read() as session:
        row = _row(session, stage.current)
        found = rows.defects(session, row.number)
        _compare(
            {
                "状态": row.state,
                "缺陷": len(found),
                "未销项": sum(one.open for one in found),
                "整改单": order_rows.count_open(session, row.number),
                "检查项": len(rows.results(session, row.number)),
            },
            value,
        )


def _row(session: Session, number: str) -> InspectionUnit:
    row = rows.house(session, number)
    if row is None:
        raise CheckFailed(f"there is no inspection {number}", f"没有 {number} 这次验房")
    return row


def _check_batch(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """查批次: 状态, 户数, 在办, 批次数 of the batch meant."""
    del step
    with stage.bench.database.read() as session:
        row = rows.batch(session, stage.current)
        if row is None:
            raise CheckFailed(f"there is no batch {stage.current}", f"没有 {stage.current} 这个批次")
        states = rows.states(session, row.number)
        every = session.scalars(select(InspectionBatch.number).order_by(InspectionBatch.id)).all()
        open_ = session.scalars(
            select(InspectionUnit.id).where(InspectionUnit.batch_number == row.number, InspectionUnit.open)
        ).all()
        _compare({"状态": row.state, "户数": sum(states.values()), "在办": len(open_), "批次数": len(every)}, value)


VERBS = {
    "验房批次": _begin,
    "转到户": _house,
    "整改办结": _close_orders,
    "取消验房": _cancel,
    "查户": _check_house,
    "查批次": _check_batch,
}
