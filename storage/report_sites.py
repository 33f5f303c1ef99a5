"""What the reports of houses and contractors list: orders, deductions, clocks, warranties, what there is to choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, select

from storage import report_defects
from storage.reports import NONE, inside
from storage.tables.contractors import Contractor, Deduction
from storage.tables.deadlines import Deadline
from storage.tables.defects import RectificationOrder
from storage.tables.estate import Building, Phase, Project, Unit
from storage.tables.handovers import HandoverBatch, HandoverUnit, UnitWarranty
from storage.tables.inspections import InspectionBatch

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from storage.reports import Span, Within

Order = RectificationOrder


def contractors(session: Session) -> Mapping[str, str]:
    """Map the codes of all responsible units to their names."""
    query = select(Contractor.code, Contractor.name).order_by(Contractor.name)
    return {code: name for code, name in session.execute(query)}  # noqa: C416  rows are no pairs to mypy


def places(session: Session, scopes: frozenset[str] | None, project: str) -> Mapping[str, Sequence[str]]:
    """List projects, and of a project its phases and buildings."""
    query = select(Project.code).where(Project.active).order_by(Project.code)
    found: dict[str, Sequence[str]] = {
        "project": session.scalars(query if scopes is None else query.where(Project.code.in_(scopes))).all()
    }
    of_project = select(Phase.name).join(Project, Project.id == Phase.project_id).where(Project.code == project)
    buildings = select(Building.code).join(Phase, Phase.id == Building.phase_id)
    buildings = buildings.join(Project, Project.id == Phase.project_id).where(Project.code == project)
    found["phase"] = session.scalars(of_project.distinct().order_by(Phase.name)).all() if project else ()
    found["building"] = session.scalars(buildings.distinct().order_by(Building.code)).all() if project else ()
    return found


def inspections(session: Session, scopes: frozenset[str] | None, project: str) -> Sequence[str]:
    """List the numbers of rounds of inspection, the newest first."""
    return _numbers(session, select(InspectionBatch.number), InspectionBatch, scopes, project)


def handovers(session: Session, scopes: frozenset[str] | None, project: str) -> Sequence[str]:
    """List the numbers of handovers, the newest first."""
    return _numbers(session, select(HandoverBatch.number), HandoverBatch, scopes, project)


def _numbers(
    session: Session, query: Select[str], table: Any, scopes: frozenset[str] | None, project: str
) -> Sequence[str]:
    query = query.where(table.project == project) if project else query
    query = query.where(table.project.in_(scopes)) if scopes is not None else query
    return session.scalars(query.order_by(table.id.desc()).limit(50)).all()


def day_notes(session: Session, numbers: Collection[str]) -> Sequence[tuple[str, str, dict[str, Any]]]:
    """Read the day reports that the heads of handovers wrote (H05): batch, project, plan."""
    query = select(HandoverBatch.number, HandoverBatch.project, HandoverBatch.plan)
    found = session.execute(query.where(HandoverBatch.number.in_(numbers)).order_by(HandoverBatch.id))
    return [(number, project, plan) for number, project, plan in found]


def orders_of(session: Session, numbers: Collection[str]) -> Mapping[str, RectificationOrder]:
    """Read orders by number."""
    return {one.number: one for one in session.scalars(select(Order).where(Order.number.in_(numbers)))}


def deductions_of(session: Session, span: Span, within: Within) -> Sequence[tuple[Deduction, RectificationOrder]]:
    """List the deductions that K31f sums up, the newest first, and the revoked ones too."""
    keys = inside(report_defects.deductions(Deduction.id.label("key")), span, within, "key")
    query = select(Deduction, Order).join(Order, Order.number == Deduction.order_number)
    found = session.execute(query.where(Deduction.id.in_(keys)).order_by(Deduction.at.desc(), Deduction.id.desc()))
    return [(deduction, order) for deduction, order in found]


def clocks_late(session: Session, numbers: Collection[str], cut: Any) -> Mapping[tuple[str, str, str], Deadline]:
    """Read late clocks by number, clock and who answers."""
    query = select(Deadline).where(Deadline.case_number.in_(numbers), Deadline.due_at < cut)
    return {(one.case_number, one.clock, one.accountable): one for one in session.scalars(query)}


@dataclass(frozen=True, slots=True)
class Ending:
    """A warranty that ends: the house, its part class, the owner's and the unit's end; the house's last handover."""

    house: str
    part: str
    ends_on: date | None
    unit_ends_on: date | None
    rule: str
    handover: str


def ending(session: Session, first: date, last: date, within: Within, *, limit: int, offset: int) -> Sequence[Ending]:
    """List the warranties that end from a day to another."""
    handed = select(func.max(HandoverUnit.number)).where(HandoverUnit.unit_id == Unit.id)
    columns = (
        Unit.code, UnitWarranty.warranty_class, UnitWarranty.ends_on, UnitWarranty.contractor_ends_on,
        UnitWarranty.rule, handed.correlate(Unit).scalar_subquery(),
    )  # fmt: skip
    query = select(*columns).join(Unit, Unit.id == UnitWarranty.unit_id).join(Project, Project.id == Unit.project_id)
    query = query.join(Phase, Phase.id == Unit.phase_id).join(Building, Building.id == Unit.building_id)
    query = query.where(UnitWarranty.ends_on >= first, UnitWarranty.ends_on <= last)
    if within.scopes is not None:
        query = query.where(Project.code.in_(within.scopes))
    named: dict[str, Any] = {"project": Project.code, "phase": Phase.name, "building": Building.code}
    named["stage"] = func.coalesce(UnitWarranty.warranty_class, "")
    for name, text in within.filters.items():
        if name in named:
            query = query.where(named[name] == ("" if text == NONE else text))
    ordered = query.order_by(UnitWarranty.ends_on, Unit.code, UnitWarranty.warranty_class)
    found = session.execute(ordered.limit(limit).offset(offset))
    return [Ending(house, part, ends, theirs, rule, number or "") for house, part, ends, theirs, rule, number in found]
