"""Queries of case reviews: what a week or month had most, again, longest and to the customers' dissatisfaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal, or_, select

from storage.reports import hours
from storage.tables.cases import ServiceCase, SurveyResponse
from storage.tables.contractors import Contractor
from storage.tables.defects import Defect
from storage.tables.surveys import CaseReview, ImprovementItem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

Case = ServiceCase
MOST = 10
DISSATISFIED = "不满意"


def get(session: Session, number: str) -> CaseReview | None:
    """Read a review by its number."""
    return session.scalar(select(CaseReview).where(CaseReview.number == number))


def of_period(session: Session, project: str, period: str, first: date) -> CaseReview | None:
    """Find the review of a period that began on a day."""
    query = select(CaseReview).where(
        CaseReview.project == project, CaseReview.period == period, CaseReview.first == first
    )
    return session.scalars(query.order_by(CaseReview.id)).first()


def open_of_period(session: Session, project: str, period: str, first: date) -> CaseReview | None:
    """Find the open review of a period that began on a day."""
    query = select(CaseReview).where(
        CaseReview.project == project, CaseReview.period == period, CaseReview.first == first, CaseReview.open
    )
    return session.scalars(query.order_by(CaseReview.id)).first()


def listed(session: Session, scopes: frozenset[str] | None, *, limit: int = 20) -> Sequence[CaseReview]:
    """List reviews of these projects, the newest first; None: all, those of every project together too.

    A review of every project shows cases of every project: who sees some projects only does not see it.
    """
    query = select(CaseReview).order_by(CaseReview.id.desc()).limit(limit)
    return session.scalars(query if scopes is None else query.where(CaseReview.project.in_(scopes))).all()


def items(session: Session, source: str) -> Sequence[ImprovementItem]:
    """List the improvements that a review or a survey decided on."""
    query = select(ImprovementItem).where(ImprovementItem.source == source)
    return session.scalars(query.order_by(ImprovementItem.place)).all()


def item(session: Session, source: str, place: int) -> ImprovementItem | None:
    """Read one of them."""
    query = select(ImprovementItem).where(ImprovementItem.source == source, ImprovementItem.place == place)
    return session.scalar(query)


def open_items(session: Session, scopes: frozenset[str] | None, *, limit: int = 50) -> Sequence[ImprovementItem]:
    """List what is still to be done, the most urgent first."""
    query = select(ImprovementItem).where(ImprovementItem.open).order_by(ImprovementItem.due_on, ImprovementItem.id)
    query = query if scopes is None else query.where(ImprovementItem.project.in_(scopes))
    return session.scalars(query.limit(limit)).all()


def _within(query: Any, column: Any, project: str, start: datetime, end: datetime) -> Any:
    query = query.where(column >= start, column < end)
    return query.where(column.class_.project == project) if project else query


def count(session: Session, project: str, start: datetime, end: datetime) -> int:
    """Count the cases received or closed in a span."""
    seen = or_(
        (Case.received_at >= start) & (Case.received_at < end), (Case.closed_at >= start) & (Case.closed_at < end)
    )
    query = select(func.count(Case.id)).where(seen)
    return session.scalar(query.where(Case.project == project) if project else query) or 0


def top_categories(session: Session, project: str, start: datetime, end: datetime) -> Sequence[tuple[str, str, int]]:
    """Give the classes of problems that came most often: class, sub-class, cases."""
    first = case((Case.final_cat1 != "", Case.final_cat1), else_=Case.cat1)
    second = case((Case.final_cat2 != "", Case.final_cat2), else_=Case.cat2)
    number = func.count(Case.id)
    query = select(first, second, number).group_by(first, second).order_by(number.desc(), first, second)
    rows = session.execute(_within(query, Case.received_at, project, start, end).limit(MOST)).all()
    return [tuple(row) for row in rows]


def repeated_houses(session: Session, project: str, start: datetime, end: datetime) -> Sequence[tuple[str, str, int]]:
    """Give houses that came more than once with the same class of problem: house, class, cases (E19)."""
    number = func.count(Case.id)
    query = select(Case.house, Case.cat1, number).where(Case.house != "").group_by(Case.house, Case.cat1)
    query = query.having(number > 1).order_by(number.desc(), Case.house, Case.cat1)
    rows = session.execute(_within(query, Case.received_at, project, start, end).limit(MOST)).all()
    return [tuple(row) for row in rows]


def repeated_defects(session: Session, project: str, start: datetime, end: datetime) -> Sequence[tuple[str, str, int]]:
    """Give the units that answer for the same problem again and again: unit, problem, defects."""
    number = func.count(Defect.id)
    query = select(Contractor.name, Defect.problem, number).join(Contractor, Contractor.id == Defect.responsible_id)
    query = query.where(Defect.state != "作废", Defect.problem != "").group_by(Contractor.name, Defect.problem)
    query = query.having(number > 1).order_by(number.desc(), Contractor.name, Defect.problem)
    rows = session.execute(_within(query, Defect.found_at, project, start, end).limit(MOST)).all()
    return [tuple(row) for row in rows]


def longest(session: Session, project: str, start: datetime, end: datetime) -> Sequence[ServiceCase]:
    """Give the cases closed in a span, or open at its end, that took longest until then; the longest first."""
    query = select(Case).where(Case.received_at < end, or_(Case.closed_at.is_(None), Case.closed_at >= start))
    query = query.where(Case.project == project) if project else query
    until = literal(end, Case.received_at.type)
    took = hours(Case.received_at, case((Case.closed_at < end, Case.closed_at), else_=until))
    return session.scalars(query.order_by(took.desc(), Case.id).limit(MOST)).all()


def dissatisfied(session: Session, project: str, start: datetime, end: datetime) -> Sequence[ServiceCase]:
    """Give the cases whose customers said at a call-back of the span that they are not satisfied."""
    said = select(SurveyResponse.case_number).where(
        SurveyResponse.overall == DISSATISFIED, SurveyResponse.at >= start, SurveyResponse.at < end
    )
    query = select(Case).where(Case.number.in_(said))
    query = query.where(Case.project == project) if project else query
    return session.scalars(query.order_by(Case.received_at, Case.id).limit(MOST)).all()


def unclear(session: Session, project: str, start: datetime, end: datetime) -> Sequence[tuple[str, str]]:
    """List the cases of a span whose data cannot be right or are not complete: number, what is wrong."""
    wrong = case(
        (Case.open, "承诺时间已过仍未办结"),
        (Case.solved_at < Case.received_at, "解决时间早于受理时间"),
        (Case.final_cat1 == "", "没有最终类别"),
        (Case.responsible == "", "没有责任方"),
        else_="",
    )
    closed = (Case.closed_at >= start) & (Case.closed_at < end) & Case.close_type.in_(("accepted", "internal"))
    late = Case.open & (Case.promised_at < end) & (Case.received_at < end)
    query = select(Case.number, wrong).where(or_(closed, late), wrong != "")
    query = query.where(Case.project == project) if project else query
    return [tuple(row) for row in session.execute(query.order_by(Case.number.desc()).limit(5 * MOST))]


def closed_between(
    session: Session, scopes: frozenset[str] | None, start: datetime, end: datetime
) -> Sequence[ServiceCase]:
    """List the cases closed in a span in these projects (None: all), in the order of their numbers (B28)."""
    query = select(Case).where(Case.closed_at >= start, Case.closed_at < end).order_by(Case.number)
    return session.scalars(query if scopes is None else query.where(Case.project.in_(scopes))).all()
