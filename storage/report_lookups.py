"""What lists of reports show beside the numbers: places and briefs of cases and orders, choices, goals, notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from storage.report_cases import case_row
from storage.reports import inside
from storage.tables.cases import ServiceCase, SurveyResponse
from storage.tables.defects import Defect, RectificationOrder
from storage.tables.handovers import HandoverUnit
from storage.tables.inspections import InspectionUnit
from storage.tables.reports import BoardNote, MeasureGoal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from storage.reports import Span, Within

CHOSEN = ("project", "department", "category", "channel", "urgency")
"""Dimensions that are offered to choose from."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a row is about, in short."""

    place: str
    brief: str
    state: str


def heads(session: Session, subjects: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Head]:
    """Look up what numbers are about, by (link, number); a statement for each kind."""
    found: dict[tuple[str, str], Head] = {}
    for link, table in (("case", ServiceCase), ("order", RectificationOrder)):
        numbers = [number for kind, number in subjects if kind == link]
        columns = (table.number, table.house, table.area, table.brief, table.state)
        for number, house, area, brief, state in session.execute(select(*columns).where(table.number.in_(numbers))):
            found[link, number] = Head(house or area, brief, state)
    houses: tuple[tuple[str, Any], ...] = (("handover", HandoverUnit), ("inspection", InspectionUnit))
    for link, table in houses:
        numbers = [number for kind, number in subjects if kind == link]
        query = select(table.number, table.house, table.state).where(table.number.in_(numbers))
        for number, house, state in session.execute(query):
            found[link, number] = Head(house, "", state)
    return found


def cases(session: Session, numbers: Collection[str]) -> Mapping[str, ServiceCase]:
    """Read cases by number."""
    return {one.number: one for one in session.scalars(select(ServiceCase).where(ServiceCase.number.in_(numbers)))}


def defect_counts(session: Session, numbers: Collection[str]) -> Mapping[str, int]:
    """Count the defects that orders of these cases mend."""
    query = select(RectificationOrder.starter, func.count(Defect.id)).join(
        Defect, Defect.order_number == RectificationOrder.number
    )
    query = query.where(RectificationOrder.starter.in_(numbers)).group_by(RectificationOrder.starter)
    return {number: count for number, count in session.execute(query)}  # noqa: C416  rows are no pairs to mypy


def choices(session: Session, span: Span, scopes: frozenset[str] | None) -> Mapping[str, Sequence[str]]:
    """List what the cases received in a span have to choose from, by dimension."""
    columns = [getattr(ServiceCase, name) for name in CHOSEN]
    query = select(*columns).distinct()
    query = query.where(ServiceCase.received_at >= span.start, ServiceCase.received_at < span.end)
    if scopes is not None:
        query = query.where(ServiceCase.project.in_(scopes))
    rows = session.execute(query).all()
    return {name: sorted({row[place] for row in rows if row[place]}) for place, name in enumerate(CHOSEN)}


def opinions(session: Session, span: Span, within: Within, *, limit: int | None, offset: int) -> tuple[Any, int]:
    """List what customers said at call-backs, newest first, and how many; the stage is the kind of request."""
    said = or_(SurveyResponse.opinion != "", SurveyResponse.new_demand != "")
    columns = case_row(SurveyResponse.at, stage=ServiceCase.kind)
    rows = select(*columns, SurveyResponse.id.label("key"))
    rows = rows.join(SurveyResponse, SurveyResponse.case_number == ServiceCase.number).where(said)
    wanted = SurveyResponse.id.in_(inside(rows, span, within, "key"))
    query = select(SurveyResponse, ServiceCase).join(ServiceCase, ServiceCase.number == SurveyResponse.case_number)
    query = query.where(wanted).order_by(SurveyResponse.at.desc(), SurveyResponse.id).limit(limit).offset(offset)
    return session.execute(query).all(), session.scalar(select(func.count(SurveyResponse.id)).where(wanted)) or 0


def goals(session: Session, day: date) -> Sequence[MeasureGoal]:
    """List the goals in force on a day, the later after the earlier."""
    query = select(MeasureGoal).where(MeasureGoal.since <= day).order_by(MeasureGoal.since, MeasureGoal.id)
    return session.scalars(query).all()


def notes(session: Session, span: str, first: date, scopes: frozenset[str] | None) -> Sequence[BoardNote]:
    """List the notes of a board; those of no project are for everybody."""
    query = select(BoardNote).where(BoardNote.span == span, BoardNote.first == first)
    if scopes is not None:
        query = query.where(or_(BoardNote.project == "", BoardNote.project.in_(scopes)))
    return session.scalars(query.order_by(BoardNote.at, BoardNote.id)).all()
