"""Story 14 of the demo: 知夏苑 in 一户一验: 180 houses, 3,200 defects, 74 % closed, two units late (DOMAIN 8).

Houses that have passed are written as rows, and of the others what the units in time have mended; all else are real
instances that were played up to where they stand.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import insert, select

from engine import people
from engine.core.calendar import CHINA
from processes.services import inspection_batches
from processes.services.demo.estate import SEED
from processes.services.demo.people import ZHIXIA
from processes.services.demo.player import Play, Step
from storage import cases
from storage import inspections as rows
from storage.tables.contractors import Contractor
from storage.tables.defects import Defect, RectificationOrder
from storage.tables.estate import Phase, Project, Unit
from storage.tables.inspections import InspectionUnit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

STORY = "zhixia"
INSPECTORS = ("wei.yanfang1", "wei.yanfang2")
SUN, YAN, WU, ZHAO = "sun.mingli", "yan.lingdao", "wu.gongjia", "zhao.zhiqiu"
KINDS: tuple[tuple[str, str, str, str, str], ...] = (
    ("客厅", "客厅/窗", "门窗/关闭不严", "B", "窗扇关闭不严，密封条脱开。"),
    ("客厅", "客厅/木地板", "精装/起鼓", "B", "靠窗处地板起鼓约半米。"),
    ("主卧", "卧室/墙面抹灰", "土建/空鼓", "B", "东墙空鼓，约 300×200。"),
    ("主卧", "卧室/门", "门窗/五金损坏", "B", "门锁舌不回弹。"),
    ("次卧", "卧室/窗", "门窗/玻璃破损", "C", "玻璃有划痕。"),
    ("厨房", "厨房/橱柜", "精装/色差", "C", "门板色差明显。"),
    ("厨房", "厨房/排水管道", "机电/漏水", "A", "水槽下水接口滴水。"),
    ("客厅", "客厅/开关插座", "机电/跳闸", "B", "插座接地不良。"),
    ("阳台", "阳台/地面防水", "防水/渗漏", "A", "淋水后楼下顶板潮湿。"),
    ("客厅", "客厅/墙面抹灰", "土建/开裂", "C", "阴角细裂缝。"),
    ("阳台", "阳台/推拉门", "门窗/关闭不严", "B", "推拉门卡滞。"),
    ("主卧", "卧室/木地板", "精装/起鼓", "C", "踢脚线脱开。"),
)
LATE = (0, 1, 3, 5, 10, 11)
"""Kinds whose units lag behind: windows and fitting out."""
LOOKS = tuple(kind for kind in KINDS if kind[3] == "C")
FINE, MORE = 8, 1.12
"""Every eighth house that has passed had nothing but looks to mend (K23); the others have the more."""
TAKEN = 11.4
"""Days ago: by then the houses that are being mended were inspected and confirmed."""
FOREMEN = {"方正样板门窗分包": "fang.shifu", "细木精装分包": "xi.shifu"}


@dataclass(frozen=True, slots=True)
class Share:
    """How many houses have passed, are being mended, wait for confirmation; the rest wait to be inspected.

    `each`: the defects of a house on the average; `late`: how many of those of a house being mended are open and late.
    """

    passed: int
    mended: int
    found: int
    each: int
    late: int


SHARES = {"mini": Share(1, 1, 1, 3, 2), "demo": Share(116, 34, 8, 18, 23)}


def play(stage: Play, size: str, *, now: datetime) -> str:
    """Play the batch up to `now`; gives its number."""
    share = SHARES[size]
    began = _at(now, 16, 9)
    with stage.database.transaction() as session:
        number = _begun(session, stage, share, began)
    stage.numbers[STORY] = number
    plan = {
        "starts_on": _at(now, 13, 9).date().isoformat(), "ends_on": (now + timedelta(days=12)).date().isoformat(),
        "per_day": 12,
    }  # fmt: skip
    steps = [
        Step(began + timedelta(hours=1), STORY, SUN, "I01", plan), Step(_at(now, 15, 10), STORY, YAN, "I02"),
        Step(_at(now, 15, 14), STORY, SUN, "I03"), Step(_at(now, 14, 9), STORY, WU, "I04"),
    ]  # fmt: skip
    stage.run(steps, _at(now, 13, 9))
    visits = _visits(stage, number, share, now)
    taken = now - timedelta(days=TAKEN)
    stage.run([step for step in visits if step.at < taken], taken)
    stage.run([*_accepted(stage, number, taken), *(step for step in visits if step.at >= taken)], now)
    with stage.database.transaction() as session:
        _mended(session, number, share, taken)
    return number


def _at(now: datetime, days: float, hour: int) -> datetime:
    local = (now - timedelta(days=days)).astimezone(CHINA)
    return local.replace(hour=hour, minute=0, second=0, microsecond=0)


def _begun(session: Session, stage: Play, share: Share, at: datetime) -> str:
    """Begin the batch and write the houses that have passed already."""
    query = select(Phase.id).join(Project, Project.id == Phase.project_id).where(Project.code == ZHIXIA)
    phase = session.scalars(query).one()
    viewer = people.viewer(session, SUN, now=at)
    number = inspection_batches.plan(session, viewer, phase_id=phase, round="一户一验", now=at, registry=stage.registry)
    keys = rows.units(session, phase)[: share.passed]
    units = {unit.id: unit for unit in session.scalars(select(Unit).where(Unit.id.in_(keys)))}
    series = f"YF-{at.astimezone(CHINA):%Y}"
    numbers = cases.next_values(session, series, len(keys))
    rng = random.Random(SEED + 14)  # noqa: S311  invented data, the same every time
    trades = _trades(session, units[keys[0]]) if keys else {}
    each = share.each * (MORE if share.passed >= FINE else 1)
    houses, defects = [], []
    for place, (key, value) in enumerate(zip(keys, numbers, strict=True)):
        own, started = f"{series}-{value:06d}", at + timedelta(days=3 + place // 20, hours=place % 8)
        unit = units[key]
        unit.state = "可交付"
        fine = place % FINE == FINE - 1
        count = rng.randrange(4) if fine else max(0, round(rng.gauss(each, share.each / 4)))
        kinds = LOOKS if fine else KINDS
        found = [_defect(rng, unit, own, started, trades, kinds) for _ in range(count)]
        kept = [one for one in found if one["open"]]
        state = "带缺陷通过" if kept else "已通过"
        houses.append(_house(unit, own, number, place, started, state))
        defects += found
    session.execute(insert(InspectionUnit), houses)
    session.execute(insert(Defect), defects)
    return number


def _trades(session: Session, unit: Unit) -> dict[str, Contractor | None]:
    return {trade: rows.contract_unit(session, unit, trade) for trade in ("防水", "土建", "门窗", "精装", "机电")}


def _house(unit: Unit, own: str, number: str, place: int, started: datetime, state: str) -> dict[str, Any]:
    return {
        "number": own, "batch_number": number, "unit_id": unit.id, "house": unit.code, "project": ZHIXIA,
        "inspector": INSPECTORS[place % 2], "planned_on": started.date(), "state": state, "open": False,
        "started_at": started, "ended_at": started + timedelta(days=6), "result": state, "sealed": {},
    }  # fmt: skip


def _defect(
    rng: random.Random, unit: Unit, own: str, at: datetime, trades: dict[str, Contractor | None],
    kinds: Sequence[tuple[str, str, str, str, str]] = KINDS,
) -> dict[str, Any]:  # fmt: skip
    room, part, problem, severity, text = rng.choice(kinds)
    trade = problem.partition("/")[0]
    contractor = trades.get(trade)
    carried = severity == "C" and rng.random() < 0.02  # noqa: PLR2004  the share left by consent
    closed = at + timedelta(days=rng.uniform(1, 6))
    return {
        "id": UUID(int=rng.getrandbits(128), version=4), "project": ZHIXIA, "unit_id": unit.id, "house": unit.code,
        "found_in": own, "stage": "交付前内部验房", "room": room, "part": part, "problem": problem, "trade": trade,
        "severity": severity, "text": text, "responsible_id": contractor.id if contractor else None,
        "repair_id": contractor.id if contractor else None, "photos": [], "state": "挂起" if carried else "已销项",
        "open": carried, "rework": int(rng.random() < 0.1), "found_at": at, "found_by": INSPECTORS[0],  # noqa: PLR2004
        "due_at": at + timedelta(days=7), "closed_at": None if carried else closed,
    }  # fmt: skip


def _visits(stage: Play, number: str, share: Share, now: datetime) -> list[Step]:
    """Inspect some of the houses that are left: the first are being mended since days, the last just inspected."""
    with stage.database.read() as session:
        query = select(InspectionUnit).where(InspectionUnit.batch_number == number, InspectionUnit.open)
        houses = session.scalars(query.order_by(InspectionUnit.id).limit(share.mended + share.found)).all()
    rng = random.Random(SEED + 15)  # noqa: S311  invented data, the same every time
    steps: list[Step] = []
    for place, house in enumerate(houses):
        mended = place < share.mended
        story = f"{STORY}-{place}"
        stage.numbers[story] = house.number
        visited = now - timedelta(days=12.9 - place * 1.2 / share.mended if mended else 0.8)
        kinds = [KINDS[one] for one in LATE]
        found = rng.choices(kinds, k=share.late) if mended else rng.sample(KINDS, k=min(share.each, 6))
        defects = [
            {"room": room, "part": part, "problem": problem, "description": text, "severity": severity}
            for room, part, problem, severity, text in found
        ]
        steps.append(Step(visited, story, house.inspector, "U01", {"defects": defects}))
        if mended:
            steps.append(Step(visited + timedelta(hours=5), story, ZHAO, "U02"))
    return steps


def _accepted(stage: Play, number: str, at: datetime) -> list[Step]:
    """The orders of the houses being mended are signed and accepted, and then nothing happens: they get late."""
    query = select(RectificationOrder.number, Contractor.code)
    query = query.join(InspectionUnit, InspectionUnit.number == RectificationOrder.starter)
    query = query.join(Contractor, Contractor.id == RectificationOrder.repair_id)
    with stage.database.read() as session:
        found = session.execute(query.where(InspectionUnit.batch_number == number, Contractor.code.in_(FOREMEN))).all()
    steps = []
    for place, (order, unit) in enumerate(found):
        stage.numbers[order] = order
        steps.append(Step(at + timedelta(minutes=place), order, WU, "R03a"))
        steps.append(Step(at + timedelta(hours=4, minutes=place), order, FOREMEN[unit], "R03b"))
    return steps


def _mended(session: Session, number: str, share: Share, at: datetime) -> None:
    """Write what the other units had to do in the houses being mended, and have done, order by order of a house."""
    query = select(InspectionUnit, Unit).join(Unit, Unit.id == InspectionUnit.unit_id)
    query = query.where(InspectionUnit.batch_number == number, InspectionUnit.state == "整改中")
    houses = session.execute(query.order_by(InspectionUnit.id)).all()
    rng = random.Random(SEED + 16)  # noqa: S311  invented data, the same every time
    trades = _trades(session, houses[0][1]) if houses else {}
    others = tuple(kind for at, kind in enumerate(KINDS) if at not in LATE)
    found = [
        _defect(rng, unit, house.number, house.started_at or at, trades, others)
        for house, unit in houses
        for _ in range(max(1, round(share.each * 0.4)))
    ]
    for one in found:
        if one["open"]:  # these houses are not sealed yet: nothing is left by consent
            one |= {"state": "已销项", "open": False, "closed_at": one["found_at"] + timedelta(days=5)}
    session.execute(insert(Defect), found)
