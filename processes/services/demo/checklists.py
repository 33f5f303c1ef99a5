"""What a new installation inspects by: two checklists; and for the demo the layouts, units and contracts (DOMAIN 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from processes.services.demo.people import CHUNHE, QIUSHI, ZHENXI, ZHIXIA
from storage.tables.contractors import Contractor, ContractScope
from storage.tables.estate import Building, Company, Phase, Project
from storage.tables.inspections import Checklist, ChecklistItem, Layout

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ITEMS: tuple[tuple[str, str, str, str], ...] = (
    ("卫生间/地面防水", "闭水 24 小时无渗漏", "", "毛坯 精装"),
    ("卫生间/墙面防水", "墙面防水高度", "mm", "毛坯 精装"),
    ("卫生间/地漏", "排水通畅，坡向地漏", "", "毛坯 精装"),
    ("卫生间/洁具", "洁具牢固，无破损渗水", "", "精装"),
    ("厨房/地面防水", "闭水 24 小时无渗漏", "", "毛坯 精装"),
    ("厨房/排水管道", "通水通球，无渗漏", "", "毛坯 精装"),
    ("厨房/橱柜", "门板平整，五金灵活", "", "精装"),
    ("客厅/墙面抹灰", "墙面平整度", "mm", "毛坯 精装"),
    ("客厅/木地板", "木地板无起鼓、异响", "", "精装"),
    ("客厅/开关插座", "开关插座通电、接线正确", "", "毛坯 精装"),
    ("客厅/窗", "开启灵活，关闭严密", "", "毛坯 精装"),
    ("卧室/墙面抹灰", "墙面平整度", "mm", "毛坯 精装"),
    ("卧室/木地板", "木地板无起鼓、异响", "", "精装"),
    ("卧室/窗", "淋水试验无渗漏", "", "毛坯 精装"),
    ("卧室/门", "门扇垂直，锁具正常", "", "毛坯 精装"),
    ("阳台/地面防水", "坡向正确，无积水", "", "毛坯 精装"),
    ("阳台/推拉门", "推拉顺畅，密封严密", "", "毛坯 精装"),
    ("电气/电气管线", "绝缘电阻", "MΩ", "毛坯 精装"),
    ("电气/灯具", "灯具完好，回路正确", "", "精装"),
    ("结构/主体结构", "室内净高", "mm", "毛坯 精装"),
)
WET, LIVING = ("卫生间/地面防水", "卫生间/墙面防水", "卫生间/地漏", "卫生间/洁具"), ("客厅/墙面抹灰", "客厅/木地板")
BED = ("卧室/墙面抹灰", "卧室/木地板", "卧室/窗", "卧室/门")
ROOMS: dict[str, tuple[tuple[str, tuple[str, ...], tuple[float, ...]], ...]] = {
    "三室两厅": (
        ("客厅", (*LIVING, "客厅/开关插座", "客厅/窗", "电气/电气管线", "结构/主体结构"), (0.0, 0.4, 0.45, 0.6)),
        ("主卧", BED, (0.0, 0.0, 0.35, 0.4)),
        ("次卧", BED, (0.35, 0.0, 0.3, 0.4)),
        ("书房", BED, (0.65, 0.0, 0.35, 0.3)),
        ("厨房", ("厨房/地面防水", "厨房/排水管道", "厨房/橱柜"), (0.75, 0.3, 0.25, 0.3)),
        ("主卫", WET, (0.45, 0.4, 0.3, 0.2)),
        ("客卫", WET, (0.45, 0.6, 0.3, 0.2)),
        ("阳台", ("阳台/地面防水", "阳台/推拉门", "电气/灯具"), (0.45, 0.8, 0.55, 0.2)),
    ),
    "两室两厅": (
        ("客厅", (*LIVING, "客厅/开关插座", "客厅/窗", "电气/电气管线", "结构/主体结构"), (0.0, 0.45, 0.5, 0.55)),
        ("主卧", BED, (0.0, 0.0, 0.5, 0.45)),
        ("次卧", BED, (0.5, 0.0, 0.5, 0.45)),
        ("厨房", ("厨房/地面防水", "厨房/排水管道", "厨房/橱柜"), (0.75, 0.45, 0.25, 0.3)),
        ("卫生间", WET, (0.5, 0.45, 0.25, 0.3)),
        ("阳台", ("阳台/地面防水", "阳台/推拉门", "电气/灯具"), (0.5, 0.75, 0.5, 0.25)),
    ),
}
UNITS = (
    ("示例总包一公司", "总包"), ("示例总包二公司", "总包"), ("青檐防水分包", "分包"), ("方正样板门窗分包", "分包"),
    ("明灯机电分包", "分包"), ("细木精装分包", "分包"), ("暖屋暖通分包", "分包"), ("绿荫园林分包", "分包"),
    ("甲供-样例橱柜", "供应商"), ("甲供-样例电梯", "供应商"), ("代维-快手维修队", "代维"),
)  # fmt: skip
TRADES = (
    ("防水", "青檐防水分包"), ("门窗", "方正样板门窗分包"), ("机电", "明灯机电分包"), ("精装", "细木精装分包"),
    ("暖通", "暖屋暖通分包"),
)  # fmt: skip


def add_checklists(session: Session) -> None:
    """Write the checklists that every installation begins with, published as version 1."""
    for kind in ("毛坯", "精装"):
        checklist = Checklist(code=f"{kind}分户验收", version=1, name=f"{kind}房分户检查表", kind=kind)
        session.add(checklist)
        session.flush()
        chosen = [(part, text, measure) for part, text, measure, kinds in ITEMS if kind in kinds]
        session.add_all(
            ChecklistItem(checklist_id=checklist.id, code=f"{at:02d}", part=part, text=text, measure=measure, sort=at)
            for at, (part, text, measure) in enumerate(chosen, 1)
        )
    session.flush()


def add_sites(session: Session) -> None:
    """Write the demo's layouts, responsible units and contracts; units that are there already stay."""
    projects = {row.code: row for row in session.scalars(select(Project))}
    for name in (CHUNHE, QIUSHI, ZHIXIA, *({ZHENXI} & projects.keys())):
        for code, rooms in ROOMS.items():
            drawn: list[dict[str, Any]] = [
                {"name": room, "parts": list(parts), "box": list(box)} for room, parts, box in rooms
            ]
            session.add(Layout(project_id=projects[name].id, code=code, name=code, rooms=drawn))
    known = {row.code: row for row in session.scalars(select(Contractor))}
    companies = {row.code: row.name for row in session.scalars(select(Company))}
    for code, kind in UNITS:
        if code not in known:
            known[code] = Contractor(code=code, name=companies.get(code, code), kind=kind)
            session.add(known[code])
    session.flush()
    _contracts(session, known)


def _contracts(session: Session, known: dict[str, Contractor]) -> None:
    """A contract for each trade of a phase; the shell is split between two general contractors by building."""
    made = {
        (row.phase_id, row.building_id, row.trade)
        for row in session.scalars(select(ContractScope).where(ContractScope.active))
    }
    for phase in session.scalars(select(Phase).order_by(Phase.id)).all():
        wanted: list[tuple[int | None, str, str]] = [(None, trade, code) for trade, code in TRADES]
        buildings = session.scalars(select(Building).where(Building.phase_id == phase.id).order_by(Building.code)).all()
        for at, building in enumerate(buildings):
            general = UNITS[0 if at < (len(buildings) + 1) // 2 else 1][0]
            wanted.append((building.id, "土建", general))
        session.add_all(
            ContractScope(
                contractor_id=known[code].id, phase_id=phase.id, building_id=building_id, trade=trade,
                starts_on=phase.completed_on,
            )
            for building_id, trade, code in wanted
            if (phase.id, building_id, trade) not in made
        )  # fmt: skip
    session.flush()
