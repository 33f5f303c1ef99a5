"""The rows behind the measures of cases: one select each (DOMAIN 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, exists, or_, select

from storage.reports import Span, flag, row
from storage.tables.cases import CaseEvent, ServiceCase
from storage.tables.estate import Building, Phase, Unit

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

Case = ServiceCase
LEFT_OUT = ("withdrawn", "merged")


def places(unit_id: Any) -> dict[str, Any]:
    """Give the dimensions phase and building of a house; looked up only where they are asked for."""
    phase = select(Phase.name).join(Unit, Unit.phase_id == Phase.id).where(Unit.id == unit_id)
    building = select(Building.code).join(Unit, Unit.building_id == Building.id).where(Unit.id == unit_id)
    return {
        "phase": phase.correlate_except(Phase, Unit).scalar_subquery(),
        "building": building.correlate_except(Building, Unit).scalar_subquery(),
    }


def dimensions(person: Any = Case.acceptor) -> dict[str, Any]:
    """Give the dimensions of a case; `person` is who answers for what is measured."""
    return {
        "project": Case.project,
        **places(Case.unit_id),
        "department": Case.department,
        "contractor": Case.responsible,
        "person": person,
        "category": Case.category,
        "channel": Case.channel,
        "urgency": Case.urgency,
    }


def genuine() -> ColumnElement[bool]:
    """Leave out what was withdrawn, merged, or found not to be so (不属实)."""
    untrue = exists().where(
        CaseEvent.case_number == Case.number, CaseEvent.kind == "现场查勘", CaseEvent.text == "不属实"
    )
    return and_(Case.close_type.not_in(LEFT_OUT), ~untrue)


def case_row(at: Any, *, counted: Any = 1, value: Any = None, person: Any = Case.acceptor) -> list[Any]:
    """Name the columns of a select over cases."""
    return row(subject=Case.number, link="case", at=at, counted=counted, value=value, **dimensions(person))


def solved_in_time(span: Span) -> Select[Any]:
    """K06: by the first promise; open ones count, as not in time, from the moment it is broken."""
    due = Case.original_promised_at
    counted = or_(Case.solved_at.is_not(None), due < span.now)
    hit = Case.solved_at <= due
    return select(*case_row(due, counted=flag(counted), value=flag(hit))).where(due.is_not(None), genuine())
