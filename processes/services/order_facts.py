"""What the tables ask about an order: its warranty, trades, contract, how bad, how late."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine.core.calendar import CHINA
from processes.services import warranties
from storage import cases, deadlines
from storage import orders as rows
from storage.tables.cases import Appointment
from storage.tables.estate import Part, Project, Unit
from storage.tables.registers import ProblemType

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storage.tables.cases import ContactLog
    from storage.tables.contractors import Contractor
    from storage.tables.defects import Defect, RectificationOrder

STRUCTURE = frozenset({"主体结构", "地基基础"})
WET = frozenset({"防水", "屋面防水", "外墙防渗漏"})
WET_WORDS = ("渗", "漏", "空鼓", "开裂", "裂缝", "起砂")
BEFORE = frozenset({"交付前内部验房", "开放日/业主预验", "承接查验"})
AFTER = frozenset({"正式交付", "保修期", "保修期外"})
CUSTOMER_REPORTED = "保修期"
NOT_THE_UNITS = frozenset({"使用不当", "业主装修", "使用", "装修", "第三方", "不可抗力"})
EMERGENCY, AT_ONCE, A_DAY = "特急", timedelta(hours=2), timedelta(days=1)
WARNING, IN_CHARGE = "书面催告", "责任人"


def assess(session: Session, order: RectificationOrder, *, now: datetime) -> dict[str, Any]:
    """Gather what DMN-04 asks: warranty by part and dates (DMN-03), causes, trades, the unit under contract."""
    defects = rows.defects_of(session, order.number)
    unit = session.get(Unit, order.unit_id) if order.unit_id else None
    day = order.reported_at.astimezone(CHINA).date()
    covers = [warranties.cover(session, unit, one.part, day, now=now, cause=one.cause) for one in defects]
    known = [cover.in_warranty for cover in covers]
    covered = True if True in known else False if False in known else None
    trades = {
        one.trade or problem_trade(session, one.problem) or cover.trade
        for one, cover in zip(defects, covers, strict=True)
    } - {""}
    contract = contract_unit(session, order, unit, sorted(trades))
    causes = {one.cause for one in defects} - {""}
    return {
        "in_warranty": covered,
        "stage": "保修期外" if order.stage == CUSTOMER_REPORTED and covered is False else order.stage,
        "cause": causes.pop() if len(causes) == 1 else None,
        "supplied": contract is not None and contract.kind == "供应商",
        "trades": len(trades),
        "trade": trades.pop() if len(trades) == 1 else order.trade,
        "contract_unit": contract.code if contract else "",
        "severity": severity(defects),
        "structural": order.structural or is_structural(session, defects),
        "substitute": False,
    }


def problem_trade(session: Session, problem: str) -> str:
    """Give the trade of a kind of problem; "" when the register does not say."""
    if not problem:
        return ""
    return session.scalar(select(ProblemType.trade).where(ProblemType.name == problem, ProblemType.active)) or ""


def contract_unit(
    session: Session, order: RectificationOrder, unit: Unit | None, trades: Sequence[str]
) -> Contractor | None:
    """Find the one unit with the contract of these trades; None when there is none, or several for an area."""
    found: list[Contractor] = []
    for trade in trades:
        units = rows.contract_units(session, unit=unit, project=order.project, trade=trade)
        found += units[:1] if unit is not None else units
    different = list(dict.fromkeys(found))
    return different[0] if different and (unit is not None or len(different) == 1) else None


def severity(defects: Sequence[Defect]) -> str:
    """Give the worst severity of the open defects: A before B before C."""
    return min((one.severity or "B" for one in defects if one.open), default="C")


def is_structural(session: Session, defects: Sequence[Defect]) -> bool:
    """Tell whether a crack or worse is in the structure itself (B18)."""
    codes = [one.part for one in defects if one.part]
    classes = session.scalars(select(Part.warranty_class).where(Part.code.in_(codes)))
    return not STRUCTURE.isdisjoint(classes)


def work_category(session: Session, order: RectificationOrder, *, needs_material: bool = False) -> str:
    """Name the row of DMN-05 for the work: 订料, 交付前A to C, 渗漏空鼓开裂, else the stage."""
    defects = rows.defects_of(session, order.number)
    if needs_material:
        return "订料"
    if order.stage in BEFORE:
        return f"交付前{severity(defects)}"
    codes = [one.part for one in defects if one.part]
    classes = set(session.scalars(select(Part.warranty_class).where(Part.code.in_(codes))))
    said = "".join(f"{one.problem}{one.text}" for one in defects)
    wet = not WET.isdisjoint(classes) or any(word in said for word in WET_WORDS)
    return "渗漏空鼓开裂" if wet else order.stage


def overdue_days(session: Session, order: RectificationOrder, now: datetime) -> int:
    """Count the whole days since the work was due."""
    running = [row for row in deadlines.running(session, order.number) if row.clock in ("work", "rework")]
    return max((int((now - row.due_at).total_seconds() // 86_400) for row in running if row.due_at < now), default=0)


def substitution(session: Session, order: RectificationOrder, now: datetime) -> dict[str, Any]:
    """Gather what DMN-10 asks: all of it from what was written down about the order."""
    defects = rows.defects_of(session, order.number)
    contacts = cases.contacts(session, order.number)
    heard = _signs_of_life(session, order, contacts)
    return {
        "units_fault": units_fault(order, defects),
        "owner_refuses": None,
        "urgency": order.urgency,
        "cannot_come": cannot_come(order, now),
        "severity": severity(defects),
        "overdue_days": overdue_days(session, order, now),
        "rework": order.rework,
        "unreachable_days": unreachable_days(contacts, heard, now),
        "warnings": warnings(contacts, heard, now),
    }


def units_fault(order: RectificationOrder, defects: Sequence[Defect]) -> bool | None:
    """Tell whether the unit is to blame: as was ruled (R04), else by the causes of the defects; None: not known."""
    if order.units_fault is not None:
        return order.units_fault
    causes = {one.cause for one in defects}
    return False if causes and causes <= NOT_THE_UNITS else None


def cannot_come(order: RectificationOrder, now: datetime) -> bool | None:
    """Tell whether an emergency waits in vain: the unit said so (R03b), or did not answer for two hours."""
    if order.cannot_come is not None or order.urgency != EMERGENCY:
        return order.cannot_come
    return True if order.accepted_at is None and now - order.issued_at > AT_ONCE else None


def _signs_of_life(session: Session, order: RectificationOrder, contacts: Sequence[ContactLog]) -> Sequence[datetime]:
    """List when the unit was heard of: it accepted, reported, made an appointment, answered a call."""
    made = session.scalars(select(Appointment.made_at).where(Appointment.case_number == order.number))
    reached = [row.at for row in contacts if row.with_whom == IN_CHARGE and row.reached]
    reports = [row.at for row in cases.reports(session, order.number)]
    return [one for one in (order.accepted_at, *made, *reached, *reports) if one is not None]


def unreachable_days(contacts: Sequence[ContactLog], heard: Sequence[datetime], now: datetime) -> int | None:
    """Count the whole days since the first of two or more calls in vain (D18, D19) after which nothing was heard."""
    last = max(heard, default=None)
    vain = [
        row.at for row in contacts if row.with_whom == IN_CHARGE and not row.reached and (last is None or row.at > last)
    ]
    return (now - min(vain)).days if len(vain) >= 2 else None  # noqa: PLR2004  one call in vain says nothing


def warnings(contacts: Sequence[ContactLog], heard: Sequence[datetime], now: datetime) -> int:
    """Count the written warnings to which nobody answered within a day."""
    given = [row.at for row in contacts if row.kind == WARNING and now - row.at >= A_DAY]
    return sum(not any(at < one <= at + A_DAY for one in heard) for at in given)


def property_unit(session: Session, project: str) -> Contractor | None:
    """Find the property company as a repairing unit: the project's own, else the only or first one."""
    units = rows.units_of_kind(session, "物业")
    query = select(Project.property_company_id).where(Project.code == project)
    company = session.scalar(query)
    own = [one for one in units if company is not None and one.code == rows.company_code(session, company)]
    return next(iter(own or units), None)
