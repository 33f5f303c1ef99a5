"""The rows behind the measures of houses: inspected, handed over, refused, late (K22–K28)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, String, and_, case, cast, exists, extract, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from storage.handovers import counted
from storage.report_cases import places
from storage.report_clocks import unit_name
from storage.reports import DAY_SECONDS, Span, flag, local_day, row
from storage.tables.defects import Defect
from storage.tables.estate import Project, Unit
from storage.tables.handovers import HandoverBatch, HandoverUnit, Refusal, UnitWarranty
from storage.tables.inspections import InspectionBatch, InspectionUnit

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy import ColumnElement

House = HandoverUnit
Visit = InspectionUnit
VOID, CANCELLED = "作废", "已取消"
BY_OWNER = ("已交付", "带问题交付")
GONE = (CANCELLED, "退房")


# Inspected


def visit_row(*, counted: Any = 1, value: Any = None) -> list[Any]:
    """Name the columns of a select over inspected houses; the stage is the round."""
    return row(
        subject=Visit.number, link="inspection", at=Visit.started_at, counted=counted, value=value,
        project=Visit.project, **places(Visit.unit_id), person=Visit.inspector, stage=InspectionBatch.round,
        batch=Visit.batch_number,
    )  # fmt: skip


def _inspected(columns: list[Any]) -> Select[Any]:
    query = select(*columns).join(InspectionBatch, InspectionBatch.number == Visit.batch_number)
    return query.where(Visit.started_at.is_not(None), Visit.state != CANCELLED)


def defects_each(*severities: str) -> Callable[[Span], Select[Any]]:
    """K22: defects of each inspected house, of some severities or all."""

    def rows(_span: Span) -> Select[Any]:
        number = select(func.count()).where(Defect.found_in == Visit.number, Defect.state != VOID)
        number = number.where(Defect.severity.in_(severities)) if severities else number
        return _inspected(visit_row(value=number.correlate_except(Defect).scalar_subquery()))

    return rows


def passed_at_once(_span: Span) -> Select[Any]:
    """K23: houses without a defect A or B when they were inspected for the first time."""
    before = aliased(InspectionUnit)
    earlier = exists().where(
        before.unit_id == Visit.unit_id, before.started_at < Visit.started_at, before.state != CANCELLED
    )
    serious = exists().where(Defect.found_in == Visit.number, Defect.state != VOID, Defect.severity.in_(("A", "B")))
    return _inspected(visit_row(value=flag(~serious))).where(~earlier)


# Handed over


def house_row(at: Any, *, counted: Any = 1, value: Any = None) -> list[Any]:
    """Name the columns of a select over houses being handed over; the stage is their state."""
    return row(
        subject=House.number, link="handover", at=at, counted=counted, value=value, project=House.project,
        **places(House.unit_id), stage=House.state, batch=House.batch_number,
    )  # fmt: skip


def came_first() -> Any:
    """Give when the owner came for the first time: a refusal is written down on that day, the next visit overwrites."""
    refused = select(func.min(Refusal.at)).where(Refusal.handover_number == House.number)
    return func.coalesce(refused.correlate_except(Refusal).scalar_subquery(), House.signed_in_at)


def refused() -> ColumnElement[bool]:
    """Tell whether the owner refused at least once."""
    return or_(House.refusals > 0, House.state == "拒收")


def _attended(value: ColumnElement[bool]) -> Select[Any]:
    first = came_first()
    query = select(*house_row(first, value=flag(value)))
    return query.where(or_(House.signed_in_at.is_not(None), House.refusals > 0), House.state.not_in(GONE))


def at_first_attendance(_span: Span) -> Select[Any]:
    """K24: delivered when the owner came for the first time."""
    return _attended(and_(House.state.in_(BY_OWNER), ~refused()))


def refusing(_span: Span) -> Select[Any]:
    """K27: refused at least once of those who came."""
    return _attended(refused())


def without_defect(_span: Span) -> Select[Any]:
    """K26: delivered without a defect found by the owner."""
    wrong = exists().where(Defect.found_in == House.number, Defect.state != VOID)
    query = select(*house_row(House.delivered_at, value=flag(~wrong)))
    return query.where(House.delivered_at.is_not(None), House.state.in_(BY_OWNER))


def _last_day(span: Span) -> date:
    """Give the local day of the cut-off; a period that is over ends with its last day."""
    zone = span.start.tzinfo
    last = span.cut.astimezone(zone).date()
    return (span.end.astimezone(zone) - span.end.resolution).date() if span.cut == span.end else last


def _day(column: Any) -> ColumnElement[Any]:
    """Give the number of a date, as `local_day` gives that of a moment."""
    return extract("epoch", column) / float(DAY_SECONDS)


def delivered(span: Span) -> Select[Any]:
    """K25: delivered at the cut-off of the houses whose day of the contract has come."""
    at = func.coalesce(House.delivered_at, literal(span.cut, House.delivered_at.type))
    query = select(*house_row(at, value=flag(House.delivered_at < span.cut)))
    query = query.join(HandoverBatch, HandoverBatch.number == House.batch_number)
    return query.where(HandoverBatch.contract_on <= _last_day(span), House.state.not_in(GONE))


def delivered_in_crowd(span: Span) -> Select[Any]:
    """K25: delivered by the end of the concentrated handover that ended in the period."""
    zone = span.start.tzinfo
    at = func.coalesce(House.delivered_at, literal(span.cut, House.delivered_at.type))
    hit = and_(House.delivered_at.is_not(None), local_day(House.delivered_at, span) <= _day(HandoverBatch.ends_on))
    query = select(*house_row(at, value=flag(hit)))
    query = query.join(HandoverBatch, HandoverBatch.number == House.batch_number)
    return query.where(
        HandoverBatch.ends_on >= span.start.astimezone(zone).date(), HandoverBatch.ends_on <= _last_day(span),
        House.state.not_in(GONE),
    )  # fmt: skip


def late_houses(span: Span) -> Select[Any]:
    """K28: days past the contract until delivery or the cut-off, of the houses that were late in the period."""
    cut = literal(span.cut, House.delivered_at.type)
    until = case((House.delivered_at < span.cut, House.delivered_at), else_=cut)
    days = local_day(until, span) - _day(HandoverBatch.contract_on)
    query = select(*house_row(until, value=days))
    query = query.join(HandoverBatch, HandoverBatch.number == House.batch_number)
    return query.where(
        HandoverBatch.contract_on < _last_day(span), days > 0, House.state.not_in(GONE),
        or_(House.delivered_at.is_(None), House.delivered_at >= span.start),
    )  # fmt: skip


def late_count(span: Span) -> Select[Any]:
    """K28: those houses, for their number."""
    every = late_houses(span).subquery()
    columns = [column for column in every.c if column.name not in ("counted", "value")]
    one = literal(1.0)
    return select(*columns, one.label("counted"), one.label("value"))


# A day of the handover (R6)


def _of_day(span: Span, which: str) -> Select[Any]:
    """List houses that a figure of the handover board counts in the period, each once; the moment is their last."""
    at = func.coalesce(House.signed_in_at, literal(span.start, House.signed_in_at.type))
    return select(*house_row(at)).where(counted((span.start, span.end - span.end.resolution))[which])


def expected(span: Span) -> Select[Any]:
    """R6: houses whose owner had an appointment, came or stayed away, as on the handover board."""
    return _of_day(span, "expected")


def came(span: Span) -> Select[Any]:
    """R6: houses whose owner came, once whatever the number of visits, as on the handover board."""
    return _of_day(span, "attended")


def handed(*states: str) -> Callable[[Span], Select[Any]]:
    """R6: houses handed over, those in some states."""

    def rows(_span: Span) -> Select[Any]:
        return select(*house_row(House.delivered_at)).where(House.delivered_at.is_not(None), House.state.in_(states))

    return rows


def refusals(_span: Span) -> Select[Any]:
    """R6: refusals, those included whose talk is still to come."""
    said = select(*house_row(Refusal.at)).join(Refusal, Refusal.handover_number == House.number)
    told = exists().where(Refusal.handover_number == House.number, Refusal.at >= House.signed_in_at)
    pending = select(*house_row(House.signed_in_at)).where(
        House.state == "拒收", House.signed_in_at.is_not(None), ~told
    )
    return select(union_all(said, pending).subquery())


def at_stations(span: Span) -> Select[Any]:
    """R6: houses that were signed in and neither handed over nor refused at the end of the period."""
    said = exists().where(
        Refusal.handover_number == House.number, Refusal.at >= House.signed_in_at, Refusal.at < span.cut
    )
    pending = and_(House.state == "拒收", House.signed_in_at < span.cut)  # refused, the talk is still to come
    query = select(*house_row(House.signed_in_at)).where(House.signed_in_at < span.cut, ~said, ~pending)
    return query.where(or_(House.delivered_at.is_(None), House.delivered_at >= span.cut), House.state.not_in(GONE))


def found_by_owners(_span: Span) -> Select[Any]:
    """R6: defects that owners found."""
    columns = row(
        subject=House.number, link="handover", at=Defect.found_at, project=House.project, **places(House.unit_id),
        contractor=unit_name(func.coalesce(Defect.responsible_id, Defect.repair_id)), stage=House.state,
        severity=Defect.severity, batch=House.batch_number,
    )  # fmt: skip
    return select(*columns).join(Defect, Defect.found_in == House.number).where(Defect.state != VOID)


# Warranties that end (R10)


def ending(days: int) -> Callable[[Span], Select[Any]]:
    """R10: warranties of part classes that end within so many days of the cut-off; the subject names house and day."""

    def rows(span: Span) -> Select[Any]:
        first = span.cut.astimezone(span.start.tzinfo).date()
        last = UnitWarranty.ends_on
        columns = row(
            subject=Unit.code + literal("：") + cast(last, String), link="",
            at=literal(span.cut, House.delivered_at.type),
            project=Project.code, **places(UnitWarranty.unit_id), stage=UnitWarranty.warranty_class,
        )  # fmt: skip
        query = select(*columns).select_from(UnitWarranty).join(Unit, Unit.id == UnitWarranty.unit_id)
        query = query.join(Project, Project.id == Unit.project_id)
        return query.where(last >= first, last <= first + timedelta(days=days))

    return rows
