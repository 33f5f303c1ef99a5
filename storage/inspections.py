"""Queries about inspection batches, their houses, checklists and defects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, case, func, literal, or_, select

from storage.estate import compact
from storage.tables.contractors import Contractor, ContractScope
from storage.tables.defects import Defect, DefectEvent
from storage.tables.estate import Building, Part, Phase, Unit
from storage.tables.inspections import (
    Checklist,
    ChecklistItem,
    InspectionBatch,
    InspectionResult,
    InspectionUnit,
    Layout,
)
from storage.tables.registers import ProblemType

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import tzinfo
    from uuid import UUID

    from sqlalchemy.orm import Session

VOID, NOT_LOOKED_AT = "作废", "未查"


def batch(session: Session, number: str) -> InspectionBatch | None:
    """Read a batch by its number."""
    return session.scalar(select(InspectionBatch).where(InspectionBatch.number == number))


def house(session: Session, number: str, *, lock: bool = False) -> InspectionUnit | None:
    """Read the inspection of a house by its number; `lock` it until the transaction ends."""
    query = select(InspectionUnit).where(InspectionUnit.number == number)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else query)


def batches(
    session: Session, *, scopes: Collection[str] | None, status: str, limit: int, offset: int
) -> tuple[Sequence[InspectionBatch], int]:
    """List batches, newest first, of some projects (None: all); `status`: open, closed or "". Gives the total too."""
    query = select(InspectionBatch)
    if scopes is not None:
        query = query.where(InspectionBatch.project.in_(scopes))
    if status:
        query = query.where(InspectionBatch.open.is_(status == "open"))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = query.order_by(InspectionBatch.open.desc(), InspectionBatch.id.desc()).limit(limit).offset(offset)
    return session.scalars(rows).all(), total


def units(session: Session, phase_id: int, buildings: Collection[str] = (), keys: Collection[int] = ()) -> list[int]:
    """List the houses of a phase in the order of work: all, those of some buildings (by code), or those with the keys.

    Building by building, entrance by entrance, room by room.
    """
    query = select(Unit.id).join(Building, Building.id == Unit.building_id).where(Unit.phase_id == phase_id)
    if keys:
        query = query.where(Unit.id.in_(keys))
    elif buildings:
        query = query.where(Building.code.in_(buildings))
    order = (Building.code, Unit.entrance, func.length(Unit.room), Unit.room, Unit.id)
    return list(session.scalars(query.order_by(*order)))


def building_codes(session: Session, keys: Collection[int]) -> dict[int, str]:
    """Map the keys of buildings to their codes."""
    return {row.id: row.code for row in session.scalars(select(Building).where(Building.id.in_(keys)))}


def buildings_of(session: Session, phase_id: int) -> Sequence[Building]:
    """List the buildings of a phase by code."""
    return session.scalars(select(Building).where(Building.phase_id == phase_id).order_by(Building.code)).all()


def phases(session: Session, project_ids: Collection[int]) -> Sequence[Phase]:
    """List the phases of projects."""
    query = select(Phase).where(Phase.project_id.in_(project_ids))
    return session.scalars(query.order_by(Phase.project_id, Phase.name)).all()


# What is looked at


def checklists(session: Session, *, kind: str = "") -> Sequence[Checklist]:
    """List the newest published version of each checklist, of one finish (毛坯, 精装) if asked for."""
    query = select(Checklist).where(Checklist.active).order_by(Checklist.code, Checklist.version)
    newest = {row.code: row for row in session.scalars(query)}
    return [row for row in newest.values() if not kind or row.kind == kind]


def items(session: Session, checklist_id: int | None) -> Sequence[ChecklistItem]:
    """List what a version of a checklist looks at, in its order."""
    if checklist_id is None:
        return ()
    query = select(ChecklistItem).where(ChecklistItem.checklist_id == checklist_id)
    return session.scalars(query.order_by(ChecklistItem.sort, ChecklistItem.id)).all()


def layout_of(session: Session, unit: Unit) -> Layout | None:
    """Read the layout of a house."""
    query = select(Layout).where(Layout.project_id == unit.project_id, Layout.code == unit.layout)
    return session.scalar(query)


def results(session: Session, number: str) -> Sequence[InspectionResult]:
    """List the answers given in the inspection of a house."""
    query = select(InspectionResult).where(InspectionResult.inspection_number == number)
    return session.scalars(query.order_by(InspectionResult.at, InspectionResult.id)).all()


def result_at(session: Session, number: str, room: str, item: str) -> InspectionResult | None:
    """Read the answer to one line."""
    query = select(InspectionResult).where(InspectionResult.inspection_number == number)
    return session.scalar(query.where(InspectionResult.room == room, InspectionResult.item == item))


def problems(session: Session) -> Sequence[ProblemType]:
    """List the kinds of defect in use."""
    return session.scalars(select(ProblemType).where(ProblemType.active).order_by(ProblemType.id)).all()


def parts(session: Session) -> Sequence[Part]:
    """List the parts of houses in use: rooms and, below them, elements."""
    return session.scalars(select(Part).where(Part.active).order_by(Part.sort, Part.id)).all()


def contract_unit(session: Session, unit: Unit, trade: str) -> Contractor | None:
    """Find whose contract covers a trade in a house: one for its building before one for its whole phase (DMN-04)."""
    query = select(Contractor).join(ContractScope, ContractScope.contractor_id == Contractor.id)
    query = query.where(ContractScope.phase_id == unit.phase_id, ContractScope.trade == trade, ContractScope.active)
    query = query.where(or_(ContractScope.building_id == unit.building_id, ContractScope.building_id.is_(None)))
    own_first = case((ContractScope.building_id.is_(None), 1), else_=0)
    return session.scalar(query.where(Contractor.active).order_by(own_first, ContractScope.id).limit(1))


# Defects


def defects(session: Session, number: str, *, open_only: bool = False) -> Sequence[Defect]:
    """List the defects that the inspection of a house found, those struck out left aside, in the order found."""
    query = select(Defect).where(Defect.found_in == number, Defect.state != VOID)
    query = query.where(Defect.open) if open_only else query
    return session.scalars(query.order_by(Defect.found_at, Defect.id)).all()


def last_event(session: Session, defect_id: UUID) -> DefectEvent | None:
    """Read what happened to a defect last."""
    query = select(DefectEvent).where(DefectEvent.defect_id == defect_id)
    return session.scalar(query.order_by(DefectEvent.at.desc(), DefectEvent.id.desc()).limit(1))


def found_in(number: str) -> Select[str]:
    """Select the numbers under which a batch's houses found their defects."""
    return select(InspectionUnit.number).where(InspectionUnit.batch_number == number)


@dataclass(frozen=True, slots=True)
class Tally:
    """Defects of one group: all and open, by severity A, B, C; `late`: open and past due."""

    name: str = ""
    total: int = 0
    open: int = 0
    open_a: int = 0
    open_b: int = 0
    open_c: int = 0
    late: int = 0

    @property
    def closed_percent(self) -> int | None:
        """How much is closed, in whole percent, rounded down; None when there was nothing."""
        return (self.total - self.open) * 100 // self.total if self.total else None


def tallies(session: Session, number: str, by: str, now: datetime) -> Sequence[Tally]:
    """Count the defects of a batch: `by` building, contractor (the repairing unit), trade, or "" for all in one."""
    found = select(Defect).join(InspectionUnit, InspectionUnit.number == Defect.found_in)
    name: Any = literal("")
    if by == "building":
        found = found.join(Unit, Unit.id == Defect.unit_id).join(Building, Building.id == Unit.building_id)
        name = Building.code
    elif by == "contractor":
        found = found.outerjoin(Contractor, Contractor.id == Defect.repair_id)
        name = func.coalesce(Contractor.name, "")
    elif by == "trade":
        name = Defect.trade
    counts = [func.count(), func.count().filter(Defect.open)]
    counts += [func.count().filter(Defect.open, Defect.severity == grade) for grade in "ABC"]
    counts.append(func.count().filter(Defect.open, Defect.due_at < now))
    query = found.with_only_columns(name, *counts).where(InspectionUnit.batch_number == number, Defect.state != VOID)
    query = query.group_by(name).order_by(name) if by else query
    return [Tally(row[0] or "", *row[1:]) for row in session.execute(query)]


def count_leaks(session: Session, number: str) -> int:
    """Count the open leaks (trade 防水) of a batch."""
    query = select(func.count()).select_from(Defect).where(Defect.found_in.in_(found_in(number)))
    return session.scalar(query.where(Defect.open, Defect.trade == "防水", Defect.state != VOID)) or 0


def states(session: Session, number: str) -> dict[str, int]:
    """Count the houses of a batch by state."""
    query = select(InspectionUnit.state, func.count()).where(InspectionUnit.batch_number == number)
    return {row[0]: row[1] for row in session.execute(query.group_by(InspectionUnit.state))}


@dataclass(frozen=True, slots=True)
class HouseQuery:
    """Which houses of a batch a list asks for. `contractor`: the name of a unit that has something to mend there."""

    text: str = ""
    building: str = ""
    state: str = ""
    contractor: str = ""
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class HouseRow:
    """A house of a batch as lists show it, with its defects."""

    number: str
    house: str
    building: str
    entrance: str
    room: str
    inspector: str
    planned_on: date | None
    state: str
    open: bool
    ended_at: datetime | None
    defects: int
    defects_open: int
    open_a: int


def houses(session: Session, number: str, query: HouseQuery | None = None) -> tuple[Sequence[HouseRow], int]:
    """List houses of a batch in the order of work, with their defects, and the total; None asks for all at once."""
    counted = select(
        Defect.found_in,
        func.count().label("total"),
        func.count().filter(Defect.open).label("open"),
        func.count().filter(Defect.open, Defect.severity == "A").label("open_a"),
    )
    counted = counted.where(Defect.found_in.in_(found_in(number)), Defect.state != VOID).group_by(Defect.found_in)
    own = counted.subquery()
    columns = (
        InspectionUnit.number, InspectionUnit.house, Building.code, Unit.entrance, Unit.room, InspectionUnit.inspector,
        InspectionUnit.planned_on, InspectionUnit.state, InspectionUnit.open, InspectionUnit.ended_at,
        func.coalesce(own.c.total, 0), func.coalesce(own.c.open, 0), func.coalesce(own.c.open_a, 0),
    )  # fmt: skip
    rows = select(*columns).join(Unit, Unit.id == InspectionUnit.unit_id)
    rows = rows.join(Building, Building.id == Unit.building_id).outerjoin(own, own.c.found_in == InspectionUnit.number)
    rows = _narrowed(rows.where(InspectionUnit.batch_number == number), query or HouseQuery())
    total = session.scalar(select(func.count()).select_from(rows.with_only_columns(InspectionUnit.id).subquery())) or 0
    rows = rows.order_by(Building.code, Unit.entrance, func.length(Unit.room), Unit.room)
    if query is not None:
        rows = rows.limit(query.size).offset((query.page - 1) * query.size)
    return [HouseRow(*row) for row in session.execute(rows)], total


def _narrowed(rows: Any, query: HouseQuery) -> Any:
    if query.building:
        rows = rows.where(Building.code == query.building)
    if query.state:
        rows = rows.where(InspectionUnit.state == query.state)
    if query.contractor:
        owed = select(Defect.found_in).join(Contractor, Contractor.id == Defect.repair_id)
        owed = owed.where(Contractor.name == query.contractor, Defect.open, Defect.state != VOID)
        rows = rows.where(InspectionUnit.number.in_(owed))
    for piece in query.text.split():
        wanted = compact(piece)
        rows = rows.where(or_(Unit.code.contains(piece, autoescape=True), Unit.search.contains(wanted)))
    return rows


@dataclass(frozen=True, slots=True)
class Span:
    """What happened in a batch in a day, week or month that begins at `start`: houses and defects."""

    start: date
    planned: int = 0
    inspected: int = 0
    passed: int = 0
    found: int = 0
    settled: int = 0


def spans(session: Session, number: str, first: Callable[[date], date], zone: tzinfo) -> Sequence[Span]:
    """Count a batch's houses and defects by period; `first` names the first day of the period a day is in."""
    counts: dict[date, dict[str, int]] = {}

    def count(name: str, day: date | datetime | None) -> None:
        if day is not None:
            start = first(day.astimezone(zone).date() if isinstance(day, datetime) else day)
            counts.setdefault(start, {}).setdefault(name, 0)
            counts[start][name] += 1

    houses_ = select(
        InspectionUnit.planned_on, InspectionUnit.started_at, InspectionUnit.ended_at, InspectionUnit.result
    )
    for planned, started, ended, result in session.execute(houses_.where(InspectionUnit.batch_number == number)):
        count("planned", planned)
        count("inspected", started)
        count("passed", ended if result in ("已通过", "带缺陷通过") else None)
    query = select(Defect.found_at, Defect.closed_at).where(Defect.found_in.in_(found_in(number)), Defect.state != VOID)
    for found, closed in session.execute(query):
        count("found", found)
        count("settled", closed)
    return [Span(start, **counts[start]) for start in sorted(counts)]


def late_houses(session: Session, number: str, day: date) -> int:
    """Count the houses of a batch that should have been inspected before a day and were not."""
    query = select(func.count()).select_from(InspectionUnit).where(InspectionUnit.batch_number == number)
    query = query.where(InspectionUnit.state.in_(("待验", "验房中")), InspectionUnit.planned_on < day)
    return session.scalar(query) or 0


def not_looked_at(session: Session, number: str) -> dict[str, int]:
    """Count by house the lines of the checklist that nobody looked at, in the visits of a batch that are over."""
    query = select(InspectionResult.inspection_number, func.count()).join(
        InspectionUnit, InspectionUnit.number == InspectionResult.inspection_number
    )
    query = query.where(InspectionUnit.batch_number == number, InspectionResult.result == NOT_LOOKED_AT)
    return {row[0]: row[1] for row in session.execute(query.group_by(InspectionResult.inspection_number))}


def not_passed(session: Session, number: str) -> list[int]:
    """List the houses of a batch that did not pass without defects."""
    query = select(InspectionUnit.unit_id).where(InspectionUnit.batch_number == number)
    return list(session.scalars(query.where(InspectionUnit.state != "已通过").order_by(InspectionUnit.id)))
