"""The rows behind the report of customer groups: houses with an owner, by class, use and project (B20, B68)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, case, exists, func, literal, or_, select, union_all

from storage.report_callbacks import REACHED, score
from storage.report_cases import Case, genuine
from storage.report_office import FILE_FIELDS, filled
from storage.reports import Span, row
from storage.tables.cases import SurveyResponse
from storage.tables.estate import Building, Phase, Project, Unit
from storage.tables.handovers import HandoverUnit
from storage.tables.parties import Ownership, Party
from storage.tables.surveys import SurveyHousehold

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

IMPORTANT, ORDINARY = "重要", "一般"
OWNER, TENANT = "业主", "租户"
LIVED_IN, LET, EMPTY = "自住", "出租", "空置"
EACH = 1_000


def _lasting(span: Span, role: str) -> ColumnElement[bool]:
    day = span.cut.astimezone(span.start.tzinfo).date()
    begun = or_(Ownership.since.is_(None), Ownership.since <= day)
    return and_(Ownership.role == role, begun, or_(Ownership.until.is_(None), Ownership.until >= day))


def _has(span: Span, role: str, *more: Any) -> ColumnElement[bool]:
    found = exists().where(Ownership.unit_id == Unit.id, _lasting(span, role), *more)
    return found.correlate(Unit)


def _groups(span: Span) -> dict[str, Any]:
    """Name the groups a house belongs to as of the cut-off.

    It is of the important customers when one of its owners is. Its use is what the register says (a tenant lives there,
    it stands empty), else what the owner said at the handover, else lived in when its state says so.
    """
    important = _has(span, OWNER, Ownership.party_id == Party.id, Party.importance == IMPORTANT)
    said = HandoverUnit.file["usage"].as_string()
    last = select(said).where(HandoverUnit.unit_id == Unit.id, said.is_not(None))
    last = last.order_by(HandoverUnit.id.desc()).limit(1).correlate(Unit)
    use = case(
        (_has(span, TENANT), LET),
        (Unit.state == EMPTY, EMPTY),
        else_=func.coalesce(last.scalar_subquery(), case((Unit.state == "入住", LIVED_IN), else_="")),
    )
    return {
        "project": Project.code,
        "phase": Phase.name,
        "building": Building.code,
        "stage": case((important, IMPORTANT), else_=ORDINARY),
        "use": use,
    }


def _of_houses(columns: list[Any], span: Span, source: Any = Unit, on: Any = None) -> Select[Any]:
    """Select from something of houses that have an owner; `on` joins the house to it."""
    query = select(*columns).select_from(source)
    query = query if on is None else query.join(Unit, on)
    query = query.join(Project, Project.id == Unit.project_id).join(Phase, Phase.id == Unit.phase_id)
    return query.join(Building, Building.id == Unit.building_id).where(_has(span, OWNER))


def _houses(span: Span, value: int) -> Select[Any]:
    columns = row(
        subject=Unit.code, link="unit", at=literal(span.start, Case.received_at.type), value=value, **_groups(span)
    )
    return _of_houses(columns, span)


def households(span: Span) -> Select[Any]:
    """Houses with an owner, as of the cut-off."""
    return _houses(span, 1)


def per_thousand(kind: str) -> Callable[[Span], Select[Any]]:
    """Requests of a kind received in the period for 1,000 households; below the line are the households."""

    def rows(span: Span) -> Select[Any]:
        columns = row(subject=Case.number, link="case", at=Case.received_at, counted=0, value=EACH, **_groups(span))
        requests = _of_houses(columns, span, Case, Unit.id == Case.unit_id).where(
            Case.kind == kind, Case.received_at >= span.start, Case.received_at < span.end, genuine()
        )
        return select(union_all(requests, _houses(span, 0)).subquery())

    return rows


def satisfaction(span: Span) -> Select[Any]:
    """What customers gave in the period on the scale of 100, in call-backs and in surveys by plan."""
    inside = (SurveyResponse.at >= span.start, SurveyResponse.at < span.end)
    called = row(subject=Case.number, link="case", at=SurveyResponse.at, value=score(), **_groups(span))
    calls = _of_houses(called, span, Case, Unit.id == Case.unit_id)
    calls = calls.join(SurveyResponse, SurveyResponse.case_number == Case.number)
    calls = calls.where(SurveyResponse.result == REACHED, score().is_not(None), genuine(), *inside)
    place = SurveyHousehold
    asked = row(
        subject=place.plan_number, link="survey", at=SurveyResponse.at, value=SurveyResponse.total, **_groups(span)
    )
    answer = and_(SurveyResponse.case_number == place.plan_number, SurveyResponse.round == place.place)
    planned = _of_houses(asked, span, place, Unit.id == place.unit_id).join(SurveyResponse, answer)
    planned = planned.where(SurveyResponse.total.is_not(None), *inside)
    return select(union_all(calls, planned).subquery())


def files(span: Span) -> Select[Any]:
    """The fields of the files of the owners of a house that are filled, of those required, as of the cut-off (K33)."""
    columns = row(
        subject=Unit.code, link="unit", at=Party.created_at, counted=FILE_FIELDS, value=filled(), **_groups(span)
    )
    query = _of_houses(columns, span, Ownership, Unit.id == Ownership.unit_id)
    query = query.join(Party, Party.id == Ownership.party_id)
    return query.where(_lasting(span, OWNER), Party.created_at < span.cut)
