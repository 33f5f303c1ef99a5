"""Queries about rectification orders, their defects and the units that mend them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Select, func, or_, select

from storage.tables.contractors import Contractor, ContractScope, Deduction
from storage.tables.defects import Defect, DefectEvent, RectificationOrder
from storage.tables.estate import Company, Phase, Project
from storage.tables.people import RoleGrant, User
from storage.tables.work import UserTask

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from storage.tables.estate import Unit


def get(session: Session, number: str) -> RectificationOrder | None:
    """Read an order by its number."""
    return session.scalar(select(RectificationOrder).where(RectificationOrder.number == number))


def of_starter(session: Session, starter: str) -> Sequence[RectificationOrder]:
    """List the orders that a case, inspection or handover started, oldest first."""
    query = select(RectificationOrder).where(RectificationOrder.starter == starter)
    return session.scalars(query.order_by(RectificationOrder.id)).all()


def open_of_starter(session: Session, starter: str) -> Sequence[RectificationOrder]:
    """List the open orders of a starter as they are now, oldest first."""
    query = select(RectificationOrder).where(RectificationOrder.starter == starter, RectificationOrder.open)
    return session.scalars(query.order_by(RectificationOrder.id)).all()


def count_open(session: Session, starter: str) -> int:
    """Count the open orders of a starter. Exact when the starter's instance is locked."""
    query = select(func.count()).where(RectificationOrder.starter == starter, RectificationOrder.open)
    return session.scalar(query) or 0


def defects_of(session: Session, number: str) -> Sequence[Defect]:
    """List the defects of an order in the order they were found."""
    query = select(Defect).where(Defect.order_number == number)
    return session.scalars(query.order_by(Defect.found_at, Defect.id)).all()


def defects_by_id(session: Session, ids: Collection[UUID]) -> Mapping[UUID, Defect]:
    """Read defects by their ids."""
    return {row.id: row for row in session.scalars(select(Defect).where(Defect.id.in_(ids)))}


def defect_events(session: Session, defect_ids: Collection[UUID]) -> Sequence[DefectEvent]:
    """List what happened to defects, oldest first."""
    query = select(DefectEvent).where(DefectEvent.defect_id.in_(defect_ids))
    return session.scalars(query.order_by(DefectEvent.at, DefectEvent.id)).all()


def of_house_at(
    session: Session, order: RectificationOrder, element_id: str
) -> Sequence[tuple[UserTask, RectificationOrder]]:
    """List the other orders of an order's house or area that wait at a task too, with that task, oldest first."""
    query = select(UserTask, RectificationOrder).join(
        RectificationOrder, RectificationOrder.instance_id == UserTask.instance_id
    )
    query = query.where(UserTask.state == "open", UserTask.element_id == element_id)
    query = query.where(RectificationOrder.project == order.project, RectificationOrder.id != order.id)
    if order.unit_id is not None:
        query = query.where(RectificationOrder.unit_id == order.unit_id)
    else:
        query = query.where(RectificationOrder.unit_id.is_(None), RectificationOrder.area == order.area)
    return [(task, other) for task, other in session.execute(query.order_by(RectificationOrder.id))]


def contractor(session: Session, code: str) -> Contractor | None:
    """Read a responsible unit by its code (the `org` of its people's roles)."""
    return session.scalar(select(Contractor).where(Contractor.code == code)) if code else None


def contractors(session: Session, ids: Collection[int | None] = ()) -> Mapping[int, Contractor]:
    """Read responsible units by their keys; all of them when none is named."""
    wanted = {key for key in ids if key is not None}
    query = select(Contractor).where(Contractor.id.in_(wanted)) if ids else select(Contractor)
    return {row.id: row for row in session.scalars(query.order_by(Contractor.id))}


def deductions(session: Session, number: str) -> Sequence[Deduction]:
    """List the deductions of an order, oldest first."""
    query = select(Deduction).where(Deduction.order_number == number)
    return session.scalars(query.order_by(Deduction.id)).all()


def open_by_unit(session: Session, now: datetime) -> Mapping[int, tuple[int, int]]:
    """Count the open orders of each repairing unit: key → (open, past due)."""
    late = func.count().filter(RectificationOrder.due_at < now)
    query = select(RectificationOrder.repair_id, func.count(), late).where(RectificationOrder.open)
    found = session.execute(query.group_by(RectificationOrder.repair_id))
    return {unit: (every, overdue) for unit, every, overdue in found if unit is not None}


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """What a list of orders asks for. `status`: open, closed or ""; `late`: past due at `now`.

    `scopes` None means every project; `orgs` limits to orders that these units answer for or mend.
    """

    text: str = ""
    status: str = "open"
    project: str = ""
    contractor: str = ""
    state: str = ""
    starter: str = ""
    late: bool = False
    page: int = 1
    size: int = 25
    scopes: frozenset[str] | None = None
    orgs: frozenset[str] = frozenset()


def search(session: Session, query: OrderQuery, *, now: datetime) -> Sequence[RectificationOrder]:
    """Find a page of orders: open ones by their limit, the most urgent first; of closed ones the latest first."""
    rows = _filtered(query, now, select(RectificationOrder)).order_by(*_sorted(query))
    return session.scalars(rows.limit(query.size).offset((query.page - 1) * query.size)).all()


def _sorted(query: OrderQuery) -> tuple[Any, ...]:
    """Sort by an index where much is found; where little is, sqlite would walk the whole index for it."""
    number, due = RectificationOrder.id, RectificationOrder.due_at
    if query.status == "closed":
        at = func.coalesce(RectificationOrder.closed_at, RectificationOrder.issued_at)
        few = query.contractor or query.orgs or query.text or query.starter
        return (at.desc(), number.desc()) if few else (RectificationOrder.closed_at.desc(), number.desc())
    if query.status == "open":
        return due.asc().nulls_last(), number
    return RectificationOrder.open.desc(), due.asc().nulls_last(), number


def totals(session: Session, query: OrderQuery, *, now: datetime) -> Mapping[str, tuple[int, int]]:
    """Count by state what a query finds, whatever state or lateness it asks for: state → (all, past due)."""
    wide = replace(query, state="", late=False)
    late = func.count().filter(RectificationOrder.open, RectificationOrder.due_at < now)
    rows = _filtered(wide, now, cast("Select[Any]", select(RectificationOrder.state, func.count(), late)))
    rows = rows.group_by(RectificationOrder.state)
    return {str(state): (int(count), int(overdue)) for state, count, overdue in session.execute(rows)}


def total_of(query: OrderQuery, counted: Mapping[str, tuple[int, int]]) -> int:
    """Tell from the counts how many orders a query finds."""
    wanted = [counts for state, counts in counted.items() if query.state in ("", state)]
    return sum(overdue if query.late else every for every, overdue in wanted)


def count_defects(session: Session, numbers: Collection[str]) -> Mapping[str, tuple[int, int]]:
    """Count the defects of orders: number → (all, open)."""
    query = select(Defect.order_number, func.count(), func.count().filter(Defect.open))
    rows = session.execute(query.where(Defect.order_number.in_(numbers)).group_by(Defect.order_number))
    return {number: (every, left) for number, every, left in rows}


def _filtered(query: OrderQuery, now: datetime, found: Select[Any]) -> Select[Any]:
    if query.status:
        found = found.where(RectificationOrder.open.is_(query.status == "open"))
    mine = select(Contractor.id).where(Contractor.code.in_(query.orgs))
    own = or_(RectificationOrder.repair_id.in_(mine), RectificationOrder.responsible_id.in_(mine))
    if query.scopes is not None:
        found = found.where(or_(RectificationOrder.project.in_(query.scopes), own))
    if query.project:
        found = found.where(RectificationOrder.project == query.project)
    if query.contractor:
        of_unit = select(Contractor.id).where(Contractor.code == query.contractor)
        found = found.where(
            or_(RectificationOrder.repair_id.in_(of_unit), RectificationOrder.responsible_id.in_(of_unit))
        )
    if query.state:
        found = found.where(RectificationOrder.state == query.state)
    if query.starter:
        found = found.where(RectificationOrder.starter == query.starter)
    if query.late:
        found = found.where(RectificationOrder.open, RectificationOrder.due_at < now)
    columns = [RectificationOrder.number, RectificationOrder.house, RectificationOrder.area]
    columns += [RectificationOrder.brief, RectificationOrder.starter]
    for piece in query.text.split():
        found = found.where(or_(*(column.contains(piece, autoescape=True) for column in columns)))
    return found


def people_of_unit(session: Session, code: str, project: str, now: datetime) -> Sequence[str]:
    """List the logins of a responsible unit's active people (their role's `org`) for a project."""
    query = select(RoleGrant.login).join(User, User.login == RoleGrant.login)
    query = query.where(RoleGrant.org == code, RoleGrant.scope.in_({"", project}), User.active)
    query = query.where(or_(RoleGrant.valid_until.is_(None), RoleGrant.valid_until > now))
    return session.scalars(query.distinct().order_by(RoleGrant.login)).all()


def contract_units(session: Session, *, unit: Unit | None, project: str, trade: str) -> Sequence[Contractor]:
    """List who has the contract of a trade: of a house its building before its phase, of an area the project."""
    query = select(Contractor, ContractScope.building_id).join(
        ContractScope, ContractScope.contractor_id == Contractor.id
    )
    query = query.where(ContractScope.trade == trade, ContractScope.active, Contractor.active)
    if unit is not None:
        query = query.where(ContractScope.phase_id == unit.phase_id)
        query = query.where(or_(ContractScope.building_id == unit.building_id, ContractScope.building_id.is_(None)))
    else:
        query = query.join(Phase, Phase.id == ContractScope.phase_id).join(Project, Project.id == Phase.project_id)
        query = query.where(Project.code == project)
    rows = session.execute(query.order_by(ContractScope.building_id.is_(None), Contractor.id)).all()
    return list(dict.fromkeys(row for row, _ in rows))


def units_of_kind(session: Session, *kinds: str) -> Sequence[Contractor]:
    """List the active units of some kinds, oldest first."""
    query = select(Contractor).where(Contractor.active, Contractor.kind.in_(kinds))
    return session.scalars(query.order_by(Contractor.id)).all()


def company_code(session: Session, key: int) -> str:
    """Read the code of a company, which is also the code of its responsible unit."""
    return session.scalar(select(Company.code).where(Company.id == key)) or ""
