"""Rectification orders of the past with their defects, clocks, rechecks and deductions, as rows only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from engine.core.calendar import CHINA
from processes.services.demo.history_rows import QUALITY, Book, by_day, span
from storage import cases
from storage.tables.contractors import Deduction
from storage.tables.defects import Defect, RectificationOrder

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.tables.contractors import Contractor

WU, SHEN = "wu.gongjia", "shen.fuhe"
SIGN, RECHECK, REWORK = (0, "eod", "DMN-05 C04"), (0, "eod", "DMN-05 C10"), (0, "eod", "DMN-05 C11")
WORK = {"A": (3, "cd", "DMN-05 [P]"), "B": (7, "cd", "DMN-05 [P]"), "C": (10, "cd", "DMN-05 [P]")}
WET, OTHER = (5, "cd", "DMN-05 [R]"), (7, "cd", "DMN-05 [P]")
OWNER = (7, "cd", "DMN-05 [P]")
APPOINT = (24, "h", "DMN-05 [R]")
FEEDBACK = {"销售": (3, "cd", "DMN-05 C05"), "物业": (4, "cd", "DMN-05 C17")}
BEFORE = "交付前内部验房"
SUBSTITUTE = "代维-快手维修队"
LATE_ENOUGH = timedelta(days=7)
WORKERS = {
    "青檐防水分包": "qing.shifu", "方正样板门窗分包": "fang.shifu", "明灯机电分包": "ming.shifu",
    "细木精装分包": "xi.shifu", "示例总包一公司": "bao.zonggong",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """A defect to be mended: room, part, problem, severity, what is wrong."""

    room: str
    part: str
    problem: str
    severity: str
    text: str


@dataclass(frozen=True, slots=True)
class Past:
    """An order of the past before it has a number. `closed`: when it was over if something else says so."""

    starter: str
    kind: str
    stage: str
    channel: str
    project: str
    unit_id: int | None
    house: str
    area: str
    unit: Contractor
    trade: str
    reported_at: datetime
    issued_at: datetime
    faults: tuple[Fault, ...]
    found_in: str
    found_by: str
    urgency: str = "一般"
    closed: datetime | None = None
    satisfied: str = ""
    close_type: str = "已销项"


@dataclass(slots=True)
class Course:
    """How it went: the moments of an order and how often it was mended again."""

    signed: datetime
    accepted: datetime
    due: datetime
    original: datetime
    limit: tuple[float, str, str]
    passed: datetime
    closed: datetime
    finished: datetime
    rework: int
    visit: datetime | None = None
    checks: list[tuple[datetime, bool]] = field(default_factory=list)


def add_orders(session: Session, book: Book, orders: list[Past], substitute: Contractor | None) -> None:
    """Number the orders in the order of their issue and write all that belongs to them."""
    orders.sort(key=lambda one: one.issued_at)
    years: dict[int, list[Past]] = {}
    for one in orders:
        years.setdefault(one.issued_at.astimezone(CHINA).year, []).append(one)
    for year, found in sorted(years.items()):
        series = f"ZG-{year}"
        for value, one in zip(cases.next_values(session, series, len(found)), found, strict=True):
            _write(book, f"{series}-{value:06d}", one, course(book, one), substitute)


def course(book: Book, one: Past) -> Course:
    """Invent how an order went: by the quality of its unit, and over when `closed` says so."""
    rng = book.rng
    on_time, first = QUALITY.get(one.unit.code, (0.85, 0.88))
    evening = book.due(one.issued_at, SIGN)
    signed = one.issued_at + (evening - one.issued_at) * rng.uniform(0.1, 0.95)
    if one.issued_at >= evening or book.chance(0.06):
        signed = by_day(rng, one.issued_at + timedelta(days=1))
    accepted = signed + timedelta(hours=rng.uniform(0.5, 20) if book.chance(0.6 + on_time * 0.38) else 30)
    worst = min((fault.severity for fault in one.faults), default="B")
    before = one.stage == BEFORE
    wet = any(word in fault.text for fault in one.faults for word in ("渗", "漏", "空鼓", "裂"))
    limit = WORK[worst] if before else WET if wet else OTHER
    original = due = book.due(accepted, limit)
    if one.closed is not None:
        closed = max(one.closed, accepted + timedelta(hours=6))
        if book.chance(on_time) and closed - accepted < timedelta(days=16):
            due = original = max(due, closed + timedelta(hours=rng.uniform(2, 40)))
    elif book.chance(on_time):
        closed = accepted + (due - accepted) * rng.uniform(0.35, 0.97)
    else:
        closed = due + span(rng, 0.3, 5 + (1 - on_time) * 12)
    if book.chance(0.12 if closed > due else 0.03):
        due = original + span(rng, 1, 4)  # more time was granted
    passed = closed if before else accepted + (closed - accepted) * rng.uniform(0.75, 0.95)
    finished = max(accepted, passed - timedelta(hours=rng.uniform(0.3, 2.5) if book.chance(0.92) else 20))
    rework = 0
    while rework < 3 and not book.chance(first):  # noqa: PLR2004  after the third somebody else mends it
        rework += 1
    found = Course(signed, accepted, due, original, limit, passed, closed, finished, rework)
    if not before:
        found.visit = min(accepted + span(rng, 0.4, 1.4), finished)
    gap = (finished - accepted) / (rework + 1)
    found.checks = [(accepted + gap * (at + 1), False) for at in range(rework)] + [(passed, True)]
    return found


def _write(book: Book, number: str, one: Past, went: Course, substitute: Contractor | None) -> None:
    late = went.passed - went.original
    replaced = substitute is not None and late > LATE_ENOUGH and book.chance(0.3)
    repair = substitute if replaced and substitute else one.unit
    cost = float(book.rng.choice((600, 1200, 1800, 2600, 4200))) if replaced else None
    whole = one.close_type == "已销项"
    book.add(
        RectificationOrder, number=number, project=one.project, unit_id=one.unit_id, house=one.house, area=one.area,
        starter=one.starter, starter_kind=one.kind, stage=one.stage, source_channel=one.channel, urgency=one.urgency,
        trade=one.trade, responsible_id=one.unit.id, repair_id=repair.id, brief=_brief(one.faults),
        in_warranty=None if one.stage == BEFORE else one.stage != "保修期外", state=_STATES[one.close_type], open=False,
        reported_at=one.reported_at, issued_at=one.issued_at, signed_at=went.signed, signed_by=WU,
        accepted_at=went.accepted if whole else None, visit_at=went.visit, due_at=went.due if whole else None,
        original_due_at=went.original if whole else None, extended=int(went.due != went.original),
        finished_at=went.finished if whole else None, reviewed_at=went.passed if whole else None,
        closed_at=went.closed, close_type=one.close_type, rework=went.rework if whole else 0, cost=cost,
        substituted=replaced,
        satisfaction=one.satisfied if whole else "",
    )  # fmt: skip
    _defects(book, number, one, went, repair)
    _story(book, number, one, went, whole=whole)
    if replaced and cost:
        at = went.closed + timedelta(days=1)
        book.event(number, went.due + timedelta(days=6), "sun.mingli", "代维审批", "同意：逾期且催办无效")
        book.add(
            Deduction, order_number=number, contractor_id=one.unit.id, cost=cost, fee_percent=20.0,
            amount=round(cost * 1.2, 2), taken_from="质保金", rule="DMN-10 逾期代维", state="已扣" if
            at < book.now - timedelta(days=60) else "已确认", at=min(at, book.now), actor="tao.chengben",
        )  # fmt: skip


_STATES = {"已销项": "已销项", "作废": "已作废", "转有偿": "已转有偿"}


def _brief(faults: tuple[Fault, ...]) -> str:
    more = f" 等 {len(faults)} 项" if len(faults) > 1 else ""
    return f"{faults[0].part} {faults[0].problem.rpartition('/')[2]}{more}"


def _defects(book: Book, number: str, one: Past, went: Course, repair: Contractor) -> None:
    again = went.rework
    whole = one.close_type == "已销项"
    for at, fault in enumerate(one.faults):
        mine = again if at == 0 or book.chance(0.35) else 0  # not everything of an order fails
        book.add(
            Defect, id=UUID(int=book.rng.getrandbits(128), version=4), project=one.project, unit_id=one.unit_id,
            house=one.house, area=one.area, order_number=number, found_in=one.found_in, stage=one.stage,
            room=fault.room, part=fault.part, problem=fault.problem, trade=one.trade, severity=fault.severity,
            text=fault.text, responsible_id=one.unit.id, repair_id=repair.id,
            state="已销项" if whole else {"作废": "作废", "转有偿": "转有偿"}[one.close_type], open=False,
            rework=mine if whole else 0, found_at=one.reported_at, found_by=one.found_by,
            due_at=went.due if whole else None, measures="已按规范修复。" if whole else "",
            rejected="复核不通过，已返工。" if mine and whole else "", closed_at=went.closed, revision=3 + mine,
        )  # fmt: skip


def _story(book: Book, number: str, one: Past, went: Course, *, whole: bool) -> None:
    """Write the clocks and what happened, as the process would have."""
    worker = WORKERS.get(one.unit.code, "han.shifu")
    about = ("order", number)
    book.event(number, one.issued_at, "system", "派发", _brief(one.faults), stage=one.stage)
    book.clock(number, one.project, "sign", one.issued_at, book.due(one.issued_at, SIGN), went.signed, limit=SIGN,
               accountable=WU, about=about)  # fmt: skip
    book.event(number, went.signed, WU, "工程签收", "签收" if whole else "不属实或重复")
    if whole:
        book.event(number, went.accepted, worker, "责任单位接单", "接单")
        book.clock(
            number, one.project, "work", went.accepted, went.due, went.finished, limit=went.limit, accountable=worker,
            original=went.original, about=about, reason="天气" if went.due != went.original else "",
        )  # fmt: skip
        _checks(book, number, one, went, worker)
        if one.channel in FEEDBACK and one.stage != BEFORE:
            limit = FEEDBACK[one.channel]
            due = book.due(one.reported_at if one.channel == "销售" else went.signed, limit)
            told = min(went.finished, due + timedelta(hours=30)) if book.chance(0.08) else min(went.finished, due)
            book.clock(number, one.project, "feedback", one.reported_at, due, told, limit=limit, accountable=worker,
                       about=about)  # fmt: skip
    book.event(number, went.closed, "system", "关闭", one.close_type)


def _checks(book: Book, number: str, one: Past, went: Course, worker: str) -> None:
    about = ("order", number)
    if went.visit is not None:
        book.clock(
            number, one.project, "appoint", went.accepted, book.due(went.accepted, APPOINT),
            min(went.visit, went.accepted + timedelta(hours=book.rng.uniform(1, 27))), limit=APPOINT,
            accountable="yang.guanjia", about=about,
        )  # fmt: skip
    for at, passed in went.checks:
        handed = went.finished if passed else at - timedelta(hours=1)
        book.event(number, handed, WU, "提交完成", "自检合格")
        book.clock(number, one.project, "recheck", handed, book.due(handed, RECHECK), at, limit=RECHECK,
                   accountable=SHEN, about=about)  # fmt: skip
        book.event(number, at, SHEN, "内部复核", "通过" if passed else "不通过")
        if not passed:
            again = at + timedelta(hours=book.rng.uniform(1, 30))
            book.clock(number, one.project, "rework", at, book.due(at, REWORK), again, limit=REWORK,
                       accountable=worker, about=about)  # fmt: skip
    if one.stage != BEFORE:
        book.clock(number, one.project, "owner_recheck", went.passed, book.due(went.passed, OWNER), went.closed,
                   limit=OWNER, accountable="lin.xiaoan", about=about)  # fmt: skip
        book.event(number, went.closed, SHEN, "客户复验", "通过", satisfaction=one.satisfied)
