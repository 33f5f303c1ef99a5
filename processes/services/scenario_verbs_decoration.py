"""What scenarios of decorations say: begin one for a house that was handed over, check what became of it (B09)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine import people, starts
from engine.scenarios import CheckFailed, Play
from processes.services.decorations import DEPOSIT, PROCESS
from storage import deadlines, decorations, handovers
from storage.tables.decorations import Decoration
from storage.tables.estate import Unit
from storage.tables.handovers import FeeItem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session


def _begin(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """装修: begin one for a house (房号) of a 项目, by a person (由).

    The house is handed over (its 房态 says how), its deposit paid (已缴).
    """
    asked, bench = dict(value or {}), stage.bench
    project, person = str(asked.get("项目") or "春和里"), str(asked.get("由") or step.get("由"))
    with bench.transaction() as session:
        unit = session.scalars(select(Unit).where(Unit.code == str(asked["房号"]))).one()
        unit.delivered_on, unit.state = unit.delivered_on or bench.now.date(), str(asked.get("房态") or "已交付")
        paid = float(asked.get("已缴") or 0)
        if paid:
            session.add(FeeItem(unit_id=unit.id, kind=DEPOSIT, amount=paid, paid=paid, paid_at=bench.now))
        viewer = people.viewer(session, stage.people.get(person, person), now=bench.now)
        starts.start(
            session, key=PROCESS, variables={}, viewer=viewer, now=bench.now,
            registry=bench.registry, scope=project, title=PROCESS,
        )  # fmt: skip
    bench.run_jobs()
    with bench.database.read() as session:
        number = session.scalars(select(Decoration.number).order_by(Decoration.id.desc()).limit(1)).one()
    stage.current = stage.keys[str(step.get("称为") or number)] = str(number)


def _facts(session: Session, row: Decoration) -> dict[str, Any]:
    unit = session.get_one(Unit, row.unit_id) if row.unit_id is not None else None
    fees = handovers.fees(session, row.unit_id) if row.unit_id is not None else ()
    return {
        "状态": row.state,
        "房态": unit.state if unit is not None else "",
        "保证金": row.deposit,
        "开工": str(row.begins_on or ""),
        "完工": str(row.ends_on or ""),
        "巡查": len(row.patrols),
        "退还": row.refund,
        "扣款": row.deduction,
        "费用已退": any(one.kind == DEPOSIT and one.refunded_at is not None for one in fees),
        "时限": len(deadlines.running(session, row.number)),
    }


def _check(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """查装修: 状态, 房态, 保证金, 开工, 完工, 巡查 (patrols), 退还, 扣款, 费用已退, 时限 (clocks that run)."""
    del step
    with stage.bench.database.read() as session:
        row = decorations.get(session, stage.current)
        if row is None:
            raise CheckFailed(f"there is no decoration {stage.current}", f"没有装修 {stage.current}")
        found = _facts(session, row)
    for name, expected in dict(value).items():
        if found[str(name)] != expected:
            english = f"{name} is {found[str(name)]!r}, not {expected!r}"
            raise CheckFailed(english, f"{name}应为 {expected!r}，实际为 {found[str(name)]!r}")


VERBS = {"装修": _begin, "查装修": _check}
