"""Inspections and handovers of the phases that were delivered within the past, as rows only (DOMAIN 8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from engine.core.calendar import CHINA
from processes.services import warranties
from processes.services.demo.history_orders import BEFORE, Fault, Past
from processes.services.demo.history_rows import Book, by_day
from processes.services.demo.people import CHUNHE, ZHENXI
from processes.services.handover_batches import STATIONS
from storage import cases
from storage.tables.contractors import Contractor
from storage.tables.estate import Building, Phase, Project, Unit
from storage.tables.handovers import (
    FeeItem,
    HandoverBatch,
    HandoverUnit,
    KeyMovement,
    KeySet,
    MeterReading,
    Notice,
    Refusal,
    Slot,
    StationCheck,
    UnitWarranty,
)
from storage.tables.inspections import Checklist, InspectionBatch, InspectionUnit
from storage.tables.parties import Ownership, Party

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

SUN, LEAD, DESK = "sun.mingli", "cao.jiaofu", "miao.qiantai"
INSPECTORS = ("wei.yanfang1", "wei.yanfang2")
KINDS: tuple[tuple[int, str, Fault], ...] = (
    (5, "方正样板门窗分包", Fault("客厅", "客厅/窗", "门窗/关闭不严", "B", "窗扇关闭不严，密封条脱开。")),
    (5, "方正样板门窗分包", Fault("主卧", "卧室/门", "门窗/五金损坏", "B", "门锁舌不回弹。")),
    (6, "方正样板门窗分包", Fault("次卧", "卧室/窗", "门窗/玻璃破损", "C", "玻璃有划痕。")),
    (8, "细木精装分包", Fault("客厅", "客厅/木地板", "精装/起鼓", "B", "靠窗处地板起鼓。")),
    (12, "细木精装分包", Fault("主卧", "卧室/木地板", "精装/起鼓", "C", "踢脚线脱开。")),
    (14, "土建", Fault("主卧", "卧室/墙面抹灰", "土建/空鼓", "B", "东墙空鼓，约 300×200。")),
    (18, "土建", Fault("客厅", "客厅/墙面抹灰", "土建/开裂", "C", "阴角细裂缝。")),
    (9, "明灯机电分包", Fault("客厅", "客厅/开关插座", "机电/跳闸", "B", "插座接地不良。")),
    (6, "明灯机电分包", Fault("厨房", "厨房/排水管道", "机电/漏水", "A", "水槽下水接口滴水。")),
    (7, "青檐防水分包", Fault("阳台", "阳台/地面防水", "防水/渗漏", "A", "淋水后楼下顶板潮湿。")),
    (6, "甲供-样例橱柜", Fault("厨房", "厨房/橱柜", "精装/色差", "C", "门板色差明显。")),
    (4, "暖屋暖通分包", Fault("客厅", "客厅/木地板", "暖通/不热", "B", "地暖一路不热。")),
)
ROUNDS = (("一户一验", 46, 19.3), ("交付前复查", 14, 2.3))
"""Round, days before the handover, defects a house."""
CLEAN = 0.09
"""The share of houses where nothing but looks is wrong."""
PER_DAY, DAYS, CAPACITY = 20, 3, 40


@dataclass(frozen=True, slots=True)
class House:
    """A house of a phase."""

    id: int
    code: str
    general: str
    place: int
    owner: str


@dataclass(frozen=True, slots=True)
class Site:
    """A phase of the past with its houses and the units that built it."""

    id: int
    project: str
    name: str
    handed: datetime
    houses: tuple[House, ...]
    units: dict[str, Contractor]


def add_phases(session: Session, book: Book) -> list[Past]:
    """Write the inspections and handovers of the earlier phases; gives the orders they led to."""
    units = {row.code: row for row in session.scalars(select(Contractor))}
    wanted = select(Phase, Project.code).join(Project, Project.id == Phase.project_id)
    wanted = wanted.where(Project.code.in_((CHUNHE, ZHENXI))).order_by(Phase.handover_on)
    orders: list[Past] = []
    for phase, project in session.execute(wanted).all():
        if phase.handover_on and (book.now.date() - phase.handover_on).days < 700:  # noqa: PLR2004  two years
            site = _site(session, phase, project, units)
            for name, days, each in ROUNDS:
                orders += _inspected(session, book, site, name, days, each)
            orders += _handed_over(session, book, site)
    _warranties(session, book)
    return orders


def _site(session: Session, phase: Phase, project: str, units: dict[str, Contractor]) -> Site:
    query = select(Unit.id, Unit.code, Building.code).join(Building, Building.id == Unit.building_id)
    found = session.execute(query.where(Unit.phase_id == phase.id).order_by(Unit.code)).all()
    owners = select(Ownership.unit_id, Party.name).join(Party, Party.id == Ownership.party_id)
    names: dict[int, str] = {row[0]: row[1] for row in session.execute(owners.where(Ownership.role == "业主"))}
    buildings = sorted({row[2] for row in found})
    general = {
        code: "示例总包一公司" if at < (len(buildings) + 1) // 2 else "示例总包二公司"
        for at, code in enumerate(buildings)
    }
    houses = tuple(House(row[0], row[1], general[row[2]], at, names.get(row[0], "")) for at, row in enumerate(found))
    handed = datetime.combine(phase.handover_on or date.min, time(9), tzinfo=CHINA)
    return Site(phase.id, project, phase.name, handed, houses, units)


def _numbers(session: Session, series: str, count: int) -> list[str]:
    return [f"{series}-{value:06d}" for value in cases.next_values(session, series, count)]


def _faults(book: Book, each: float, *, clean: bool) -> list[tuple[str, Fault]]:
    rng = book.rng
    count = rng.randrange(0, 4) if clean else max(1, round(rng.gauss(each, each / 4)))
    kinds = [one for one in KINDS if one[2].severity == "C"] if clean else KINDS
    return [(unit, fault) for _, unit, fault in rng.choices(kinds, weights=[one[0] for one in kinds], k=count)]


def _inspected(session: Session, book: Book, site: Site, name: str, days: int, each: float) -> list[Past]:
    """A round of inspection of all houses of a phase."""
    began = site.handed - timedelta(days=days)
    (number,) = _numbers(session, f"YP-{began.year}", 1)
    series = f"YF-{began.year}"
    numbers = _numbers(session, series, len(site.houses))
    orders: list[Past] = []
    total = 0
    for house, own in zip(site.houses, numbers, strict=True):
        came = by_day(book.rng, began + timedelta(days=house.place // PER_DAY))
        faults = _faults(book, each, clean=book.chance(CLEAN if each > PER_DAY / 4 else 0.3))
        total += len(faults)
        found = _orders(site, house, own, "inspection", BEFORE, came, faults, book)
        orders += found
        book.add(
            InspectionUnit, number=own, batch_number=number, unit_id=house.id, house=house.code, project=site.project,
            inspector=INSPECTORS[house.place % 2], planned_on=came.date(), state="已通过", open=False, started_at=came,
            ended_at=came + timedelta(days=12 if found else 0.1), result="已通过", sealed={},
        )  # fmt: skip
        book.event(own, came + timedelta(days=12 if found else 0.1), SUN, "户验收", "已通过")
    ended = site.handed - timedelta(days=2 if days < 20 else 17)  # noqa: PLR2004  the second round ends just before
    checklist = session.scalar(select(Checklist.id).where(Checklist.kind == "精装").limit(1))
    result = {"defects_total": total, "defects_open": 0, "closed_rate": 100, "open_a": 0, "open_b_per_house": 0}
    book.add(
        InspectionBatch, number=number, project=site.project, phase_id=site.id, round=name, stage=BEFORE, buildings=[],
        houses=[house.id for house in site.houses], plan={}, starts_on=began.date(), ends_on=ended.date(),
        checklist_id=checklist, teams=[], contractors=[], per_day=PER_DAY, state="通过", open=False,
        result={**result, "open_leaks": 0}, created_by=SUN, created_at=began - timedelta(days=6), closed_at=ended,
    )  # fmt: skip
    book.event(number, ended, "yan.lingdao", "批次结束", "通过")
    return orders


def _orders(
    site: Site, house: House, own: str, kind: str, stage: str, at: datetime, faults: Sequence[tuple[str, Fault]],
    book: Book,
) -> list[Past]:  # fmt: skip
    """Sort what was found by who mends it: an order each."""
    sorted_: dict[str, list[Fault]] = {}
    for unit, fault in faults:
        sorted_.setdefault(house.general if unit == "土建" else unit, []).append(fault)
    issued = at + timedelta(hours=book.rng.uniform(2, 22))
    before = stage == BEFORE
    return [
        Past(
            starter=own, kind=kind, stage=stage, channel="验房", project=site.project,
            unit_id=house.id, house=house.code, area="", unit=site.units[unit],
            trade=found[0].problem.partition("/")[0], reported_at=at, issued_at=issued, faults=tuple(found),
            found_in=own, found_by=INSPECTORS[house.place % 2],
            satisfied="" if before else book.rng.choice(("满意", "满意", "基本满意")),
        )
        for unit, found in sorted_.items()
    ]  # fmt: skip


def _handed_over(session: Session, book: Book, site: Site) -> list[Past]:
    """The handover of a phase: three days of crowds, then one by one."""
    (number,) = _numbers(session, f"JP-{site.handed.year}", 1)
    last = site.handed + timedelta(days=DAYS - 1)
    contract = (site.handed + timedelta(days=DAYS + 2)).date()
    book.add(
        HandoverBatch, number=number, project=site.project, phase_id=site.id, contract_on=contract,
        starts_on=site.handed.date(), ends_on=last.date(), stations=list(STATIONS), fees=["面积补差", "物业费"],
        papers=["交接书", "住宅质量保证书", "住宅使用说明书"], plan={}, conditions={}, state="已关闭", open=False,
        created_by=LEAD, created_at=site.handed - timedelta(days=40), closed_at=site.handed + timedelta(days=75),
    )  # fmt: skip
    _slots(book, number, site)
    orders: list[Past] = []
    days: dict[int, date] = {}
    for house, own in zip(site.houses, _numbers(session, f"JF-{site.handed.year}", len(site.houses)), strict=True):
        orders += _one_house(book, site, house, (number, own), days)
    for key, day in days.items():
        session.execute(update(Unit).where(Unit.id == key).values(delivered_on=day))
    book.event(number, site.handed + timedelta(days=75), LEAD, "交付关闭", f"{len(site.houses)} 户")
    return orders


def _slots(book: Book, number: str, site: Site) -> None:
    for day in range(DAYS):
        for hour in (9, 14):
            starts = site.handed.replace(hour=hour) + timedelta(days=day)
            book.add(Slot, batch_number=number, starts_at=starts, ends_at=starts + timedelta(hours=3),
                     capacity=CAPACITY, taken=min(CAPACITY, len(site.houses) // 6))  # fmt: skip


def _one_house(book: Book, site: Site, house: House, numbers: tuple[str, str], days: dict[int, date]) -> list[Past]:
    """When the owner came, what he decided, when he had his keys."""
    rng, (batch, own) = book.rng, numbers
    crowd = book.chance(0.9)
    came = by_day(rng, site.handed + timedelta(days=rng.randrange(DAYS) if crowd else rng.uniform(4, 60)))
    refused = book.chance(0.055)
    done = came + (timedelta(days=rng.uniform(5, 24)) if refused else timedelta(minutes=80))
    faults = _faults(book, 1.8, clean=False) if book.chance(0.3) else []
    letter = not crowd and came - site.handed > timedelta(days=20)
    deemed = letter and not refused and book.chance(0.2)
    state = "视同交付" if deemed else "带问题交付" if faults else "已交付"
    days[house.id] = done.astimezone(CHINA).date()
    score = rng.choice((5, 5, 4, 4, 4, 3)) - (1 if refused else 0)
    book.add(
        HandoverUnit, number=own, batch_number=batch, unit_id=house.id, house=house.code, project=site.project,
        state=state, open=False, queue_no=house.place % 60 + 1, signed_in_at=None if deemed else came,
        decision="" if deemed else "带问题收楼" if faults else "收楼", promise="七日内修好" if faults else "",
        delivered_at=done, refusals=int(refused), no_shows=int(not crowd),
        satisfaction={} if deemed else {"score_overall": score},
        file={"complete": rng.choice((100, 100, 100, 92, 85))}, closed_at=done + timedelta(days=30),
    )  # fmt: skip
    _papers(book, house, own, came, done, letter=letter, deemed=deemed)
    if refused:
        book.add(
            Refusal, handover_number=own, count=1, reasons=[rng.choice(("质量", "货不对板", "面积", "配套"))],
            demand="修好再收。", promise="十日内修好", again_at=done, at=came + timedelta(minutes=90), actor=LEAD,
        )  # fmt: skip
    if deemed or not faults:
        return []
    return _orders(site, house, own, "handover", "正式交付", came + timedelta(minutes=40), faults, book)


def _papers(
    book: Book, house: House, own: str, came: datetime, done: datetime, *, letter: bool, deemed: bool
) -> None:  # fmt: skip
    """Stations, meters, fees, keys and letters of a house."""
    book.add(Notice, handover_number=own, kind="入伙通知", channel="EMS、短信", number="", actor=DESK,
             sent_at=came - timedelta(days=18), delivered_at=came - timedelta(days=15), proof="本人签收")  # fmt: skip
    if letter:
        book.add(Notice, handover_number=own, kind="催告函", channel="EMS", number=f"EX{house.id:09d}", actor=DESK,
                 sent_at=came - timedelta(days=4), delivered_at=came - timedelta(days=2), proof="家人代收")  # fmt: skip
    book.event(own, done, DESK, "交付", "视同交付" if deemed else "")
    if deemed:
        return
    for at, station in enumerate(("签到", *STATIONS)):
        moment = came if at == 0 else done - timedelta(minutes=14 * (len(STATIONS) - at))
        book.add(StationCheck, handover_number=own, station=station, at=moment, actor=DESK, note="")
    for kind, value in (("水表", 2.0 + house.place % 5), ("电表", 11.0 + house.place % 9)):
        book.add(MeterReading, unit_id=house.id, handover_number=own, kind=kind, value=value, at=done, actor=DESK)
    for kind, amount in (("面积补差", 500.0 + house.place), ("物业费", 3980.0)):
        book.add(FeeItem, unit_id=house.id, handover_number=own, kind=kind, amount=amount, paid=amount, paid_at=done)
    key = {"unit_id": house.id, "label": "入户门钥匙", "kind": "入户门", "count": 5, "holder": house.owner}
    book.add(KeySet, **key, state="已交业主")


def add_key_moves(session: Session, book: Book) -> None:
    """Write when the keys of the past were given out, once the sets have their ids."""
    query = select(KeySet.id, KeySet.holder, HandoverUnit.delivered_at).join(
        HandoverUnit, HandoverUnit.unit_id == KeySet.unit_id
    )
    for key, holder, at in session.execute(query.where(KeySet.state == "已交业主")):
        book.add(KeyMovement, key_set_id=key, kind="交业主", holder=holder, at=at, actor=DESK, note="")


def _warranties(session: Session, book: Book) -> None:
    """Count the warranty of every delivered house: those of one phase and day have the same."""
    session.flush()
    known: dict[tuple[int, Any], list[UnitWarranty]] = {}
    units = session.scalars(
        select(Unit).where(Unit.delivered_on.is_not(None)).order_by(Unit.id).execution_options(populate_existing=True)
    ).all()
    for unit in units:
        key = (unit.phase_id, unit.delivered_on)
        if key not in known:
            known[key] = list(warranties.compute(session, unit, now=book.now))
            continue
        for one in known[key]:
            book.add(
                UnitWarranty, unit_id=unit.id, warranty_class=one.warranty_class, starts_on=one.starts_on,
                ends_on=one.ends_on, contractor_ends_on=one.contractor_ends_on, rule=one.rule, computed_at=book.now,
            )  # fmt: skip
