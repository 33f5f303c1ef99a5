"""Houses to be inspected, for tests: a batch, a checklist, a layout, and the visit's task for each house."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine import instances
from engine.access import SYSTEM
from storage.tables.estate import Phase, Project, Unit
from storage.tables.inspections import Checklist, ChecklistItem, InspectionBatch, InspectionUnit, Layout

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from tests.sites import Site

INSPECTOR, OTHER = "wei.yanfang1", "wei.yanfang2"
PROJECT = "知夏苑"
ROOMS = [
    {"name": "客厅", "parts": ["客厅/木地板", "客厅/窗", "客厅/开关插座"], "box": [0, 0.4, 0.6, 0.6]},
    {"name": "主卧", "parts": ["卧室/木地板", "卧室/窗"], "box": [0, 0, 0.6, 0.4]},
    {"name": "主卫", "parts": ["卫生间/地面防水", "卫生间/地漏"], "box": [0.6, 0, 0.4, 1]},
]
LINES = [
    ("L1", "客厅/木地板", "地板平整，无起鼓", ""),
    ("L2", "客厅/窗", "窗开关灵活", ""),
    ("L3", "客厅/开关插座", "插座有电", ""),
    ("B1", "卧室/木地板", "地板平整，无起鼓", "mm"),
    ("B2", "卧室/窗", "窗开关灵活", ""),
    ("W1", "卫生间/地面防水", "蓄水 24 小时不渗", ""),
]


def add_visits(site: Site, count: int = 2, *, inspectors: tuple[str, ...] = (INSPECTOR,)) -> list[str]:
    """Have the first houses of a project inspected, in turn by the inspectors; gives the numbers."""
    registry, now = site.app.extensions["keyturn"].registry, site.clock()
    with site.database.transaction() as session:
        return begin(session, registry, now, PROJECT, count, inspectors)


def begin(
    session: Session, registry: Registry, now: datetime, code: str, count: int, inspectors: tuple[str, ...]
) -> list[str]:
    """Make the rows and the instances."""
    project = session.scalars(select(Project).where(Project.code == code)).one()
    phase = session.scalars(select(Phase).where(Phase.project_id == project.id)).first()
    assert phase is not None
    checklist = Checklist(code=f"测试精装{code}", name="精装检查表", kind="精装")
    session.add(checklist)
    session.add(Layout(project_id=project.id, code="测试户型", name="测试户型", rooms=ROOMS))
    session.flush()
    session.add_all(
        ChecklistItem(checklist_id=checklist.id, code=item, part=part, text=text, measure=measure, sort=at)
        for at, (item, part, text, measure) in enumerate(LINES)
    )
    batch = InspectionBatch(
        number=f"YP-2026-{900_000 + project.id}", project=code, phase_id=phase.id, round="一户一验", buildings=[], houses=[],
        plan={}, starts_on=now.date(), ends_on=now.date() + timedelta(days=9), checklist_id=checklist.id, teams=[],
        contractors=[], state="进行中", result={}, created_by="admin", created_at=now,
    )  # fmt: skip
    session.add(batch)
    units = session.scalars(select(Unit).where(Unit.project_id == project.id).order_by(Unit.code)).all()[:count]
    for unit in units:
        unit.layout = "测试户型"
    who = [(unit, inspectors[at % len(inspectors)]) for at, unit in enumerate(units)]
    return [_visit(session, registry, now, batch, unit, inspector) for unit, inspector in who]


def _visit(
    session: Session, registry: Registry, now: datetime, batch: InspectionBatch, unit: Unit, inspector: str
) -> str:
    row = InspectionUnit(
        number=f"YF-2026-{900_000 + unit.id}", batch_number=batch.number, unit_id=unit.id, house=unit.code,
        project=batch.project, inspector=inspector, planned_on=now.date(), sealed={},
    )  # fmt: skip
    session.add(row)
    session.flush()
    row.instance_id = instances.start(
        session, key="inspection_unit", viewer=SYSTEM, now=now, registry=registry, business_key=row.number,
        scope=batch.project, title=f"{row.number} {row.house}",
        variables={
            "inspector": row.inspector, "batch_number": batch.number, "unit_number": row.number, "house": row.house,
            "late_at": (now + timedelta(days=9)).isoformat(), "round": batch.round,
            "stage": batch.stage, "defects": 0,
        },
    )  # fmt: skip
    return row.number
