"""A small phase of the past for the mini demonstration: six houses inspected, mended and handed over, as rows only."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from sqlalchemy import select

from engine.core.calendar import CHINA
from processes.services.demo.people import CHUNHE
from processes.services.handover_batches import STATIONS
from storage import cases
from storage.tables.contractors import Contractor, Deduction
from storage.tables.defects import Defect, RectificationOrder
from storage.tables.estate import Phase, Project, Unit
from storage.tables.handovers import HandoverBatch, HandoverUnit, Refusal
from storage.tables.inspections import InspectionBatch, InspectionUnit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

HOUSES = 6
SPACE = UUID("0b6f5a34-7d0e-4a55-9c4e-6f1d1d2c9b77")
BEFORE = "交付前内部验房"
FAULTS = (
    ("客厅", "客厅/窗", "门窗/关闭不严", "B", "方正样板门窗分包"),
    ("客厅", "客厅/墙面抹灰", "土建/开裂", "C", "示例总包一公司"),
    ("厨房", "厨房/排水管道", "机电/漏水", "A", "明灯机电分包"),
)
STATES = ("已交付", "带问题交付", "已交付", "已交付", "视同交付", "已交付")
REFUSED, CLEAN, LATE = 3, 5, 0
"""Places of the house that was refused at first, of the one without defects, of the one that was mended late."""


def add_small(session: Session) -> None:
    """Write a round of inspection and the handover of the first houses of 春和里1期, at its handover and before."""
    query = select(Phase).join(Project, Project.id == Phase.project_id).where(Project.code == CHUNHE)
    phase = session.scalars(query.order_by(Phase.id)).first()
    if phase is None or phase.handover_on is None:
        return
    handed = datetime.combine(phase.handover_on, time(9), tzinfo=CHINA)
    units = session.scalars(select(Unit).where(Unit.phase_id == phase.id).order_by(Unit.code).limit(HOUSES)).all()
    known = {row.code: row for row in session.scalars(select(Contractor))}
    _inspected(session, phase, units, handed - timedelta(days=46), known)
    _handed_over(session, phase, units, handed)
    session.flush()


def _number(session: Session, kind: str, at: datetime) -> str:
    series = f"{kind}-{at.year}"
    return f"{series}-{cases.next_value(session, series):06d}"


def _inspected(
    session: Session, phase: Phase, units: Sequence[Unit], began: datetime, known: dict[str, Contractor]
) -> None:
    number = _number(session, "YP", began)
    session.add(
        InspectionBatch(
            number=number, project=CHUNHE, phase_id=phase.id, round="一户一验", stage=BEFORE, buildings=[],
            houses=[unit.id for unit in units], plan={}, starts_on=began.date(),
            ends_on=(began + timedelta(days=30)).date(), teams=[], contractors=[], per_day=HOUSES, state="通过",
            open=False, result={}, created_by="sun.mingli", created_at=began - timedelta(days=6),
            closed_at=began + timedelta(days=30),
        )
    )  # fmt: skip
    for place, unit in enumerate(units):
        own = _number(session, "YF", began)
        session.add(
            InspectionUnit(
                number=own, batch_number=number, unit_id=unit.id, house=unit.code, project=CHUNHE,
                inspector="wei.yanfang1", planned_on=began.date(), state="已通过", open=False, started_at=began,
                ended_at=began + timedelta(days=20), result="已通过", sealed={},
            )
        )  # fmt: skip
        for fault in FAULTS if place != CLEAN else ():
            _mended(session, unit, own, began, fault, known[fault[4]], late=place == LATE and fault == FAULTS[0])


def _mended(
    session: Session, unit: Unit, found_in: str, at: datetime, fault: tuple[str, ...], who: Contractor, *, late: bool
) -> None:
    """Write an order with its defect; the late one was taken over by nobody, but deducted for."""
    number = _number(session, "ZG", at)
    due = at + timedelta(days=8)
    done = due + timedelta(days=4) if late else due - timedelta(days=3)
    trade = fault[2].partition("/")[0]
    whose = {"project": CHUNHE, "unit_id": unit.id, "house": unit.code, "responsible_id": who.id, "repair_id": who.id}
    session.add(
        RectificationOrder(
            number=number, **whose, starter=found_in, starter_kind="inspection", stage=BEFORE, source_channel="验房",
            trade=trade, brief=fault[1], state="已销项", open=False, reported_at=at, issued_at=at + timedelta(hours=4),
            signed_at=at + timedelta(hours=6), signed_by="wu.gongjia", accepted_at=at + timedelta(hours=20),
            due_at=due, original_due_at=due, finished_at=done - timedelta(hours=3), reviewed_at=done, closed_at=done,
            close_type="已销项", rework=int(late),
        )
    )  # fmt: skip
    session.add(
        Defect(
            id=uuid5(SPACE, number), **whose, order_number=number, found_in=found_in, stage=BEFORE, room=fault[0],
            part=fault[1], problem=fault[2], trade=trade, severity=fault[3], text=f"{fault[1]} {fault[2]}",
            state="已销项", open=False, rework=int(late), found_at=at, found_by="wei.yanfang1", due_at=due,
            closed_at=done,
        )
    )  # fmt: skip
    if late:
        session.add(
            Deduction(
                order_number=number, contractor_id=who.id, cost=500.0, fee_percent=20.0, amount=600.0,
                taken_from="质保金", rule="DMN-10", state="已扣", at=done, actor="tao.chengben",
            )
        )  # fmt: skip


def _handed_over(session: Session, phase: Phase, units: Sequence[Unit], handed: datetime) -> None:
    number = _number(session, "JP", handed)
    contract = handed + timedelta(days=5)
    session.add(
        HandoverBatch(
            number=number, project=CHUNHE, phase_id=phase.id, contract_on=contract.date(), starts_on=handed.date(),
            ends_on=(handed + timedelta(days=2)).date(), stations=list(STATIONS), fees=[], papers=[], plan={},
            conditions={}, state="已关闭", open=False, created_by="cao.jiaofu", created_at=handed - timedelta(days=40),
            closed_at=handed + timedelta(days=75),
        )
    )  # fmt: skip
    for place, (unit, state) in enumerate(zip(units, STATES, strict=True)):
        own = _number(session, "JF", handed)
        came = handed + timedelta(minutes=30 * place)
        refused, deemed = place == REFUSED, state == "视同交付"
        done = came + (timedelta(days=9) if refused else timedelta(days=60) if deemed else timedelta(minutes=80))
        again = came + timedelta(days=9, minutes=-80)
        session.add(
            HandoverUnit(
                number=own, batch_number=number, unit_id=unit.id, house=unit.code, project=CHUNHE, state=state,
                open=False, queue_no=place + 1, signed_in_at=None if deemed else again if refused else came,
                decision={"带问题交付": "带问题收楼", "已交付": "收楼"}.get(state, ""), delivered_at=done,
                refusals=int(refused), satisfaction={}, file={"complete": 100}, closed_at=done,
            )
        )  # fmt: skip
        if refused:
            session.add(
                Refusal(
                    handover_number=own, count=1, reasons=["质量"], demand="修好再收。", promise="十日内修好",
                    again_at=again, at=came + timedelta(minutes=70), actor="cao.jiaofu",
                )
            )  # fmt: skip
        if state == "带问题交付":
            session.add(
                Defect(
                    id=uuid5(SPACE, own), project=CHUNHE, unit_id=unit.id, house=unit.code, found_in=own,
                    stage="正式交付", room="客厅", part="客厅/窗", problem="门窗/关闭不严", trade="门窗", severity="B",
                    text="客厅大窗关不严。", state="已销项", open=False, found_at=came, found_by="wei.yanfang1",
                    due_at=done + timedelta(days=7), closed_at=done + timedelta(days=3),
                )
            )  # fmt: skip
