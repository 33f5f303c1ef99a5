"""The rows behind the measures of call-backs and surveys: reached or not, satisfied or not (DOMAIN 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, case, exists, func, literal, or_, select, union_all

from storage.report_cases import Case, case_row, genuine
from storage.reports import Span, flag, hours, row
from storage.tables.cases import SurveyResponse
from storage.tables.deadlines import Deadline
from storage.tables.surveys import SurveyPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

REACHED = "接通"
CALLED = SurveyResponse.wave > 0
"""Not an owner's own rating behind his link, which no call preceded."""
SOLVED = ("accepted", "internal")
"""Ends after which the customer is called back."""
WEEK_HOURS = 168
BEST = 20
"""A mark of 1–5 on the scale of 100."""
WORDS = {"满意": 100, "基本满意": 80, "不满意": 40}
"""What a rating in words counts when no marks were given."""


def _first(*conditions: Any) -> Any:
    query = select(func.min(SurveyResponse.at)).where(SurveyResponse.case_number == Case.number, *conditions)
    return query.where(SurveyResponse.wave == 1).correlate_except(SurveyResponse).scalar_subquery()


def _due() -> Any:
    query = select(func.max(Deadline.original_due_at)).where(Deadline.case_number == Case.number)
    return query.where(Deadline.clock == "callback").correlate_except(Deadline).scalar_subquery()


def _within_limit(called: Any) -> ColumnElement[bool]:
    """Tell whether a call was in the limit of DMN-05, or in seven days where no clock is known (B61)."""
    due = _due()
    return or_(called <= due, and_(due.is_(None), hours(Case.solved_at, called) <= WEEK_HOURS))


def _wanted(value: Callable[[], Any]) -> Callable[[Span], Select[Any]]:
    """Give cases that were closed and want a call-back, and open ones whose call-back is late already."""

    def rows(span: Span) -> Select[Any]:
        closed = case_row(Case.closed_at, value=value(), person=Case.owner)
        late = case_row(Deadline.due_at, value=0, person=Case.owner)
        both = union_all(
            select(*closed).where(Case.close_type.in_(SOLVED), genuine()),
            select(*late)
            .join(Deadline, Deadline.case_number == Case.number)
            .where(Case.open, Deadline.clock == "callback", Deadline.open, Deadline.due_at < span.now),
        ).subquery()
        return select(both)

    return rows


called_back = _wanted(lambda: flag(_within_limit(_first(SurveyResponse.result == REACHED))))
tried = _wanted(lambda: flag(_within_limit(_first())))


def unreached(_span: Span) -> Select[Any]:
    """K08: closed without the customer having been reached, although it was tried."""
    tried_once = exists().where(SurveyResponse.case_number == Case.number, SurveyResponse.wave == 1)
    met = exists().where(SurveyResponse.case_number == Case.number, SurveyResponse.result == REACHED)
    columns = case_row(Case.closed_at, person=Case.owner)
    return select(*columns).where(Case.close_type.in_(SOLVED), tried_once, ~met, genuine())


def _answers(value: Any, *conditions: Any, stage: Any = None) -> Select[Any]:
    columns = case_row(SurveyResponse.at, value=value, person=Case.acceptor, stage=stage)
    query = select(*columns).join(SurveyResponse, SurveyResponse.case_number == Case.number)
    return query.where(*conditions, genuine())


def satisfied(*words: str) -> Callable[[Span], Select[Any]]:
    """K09: reached call-backs with a rating, and those with one of these words; the stage is the kind of request."""

    def rows(_span: Span) -> Select[Any]:
        rated = (SurveyResponse.result == REACHED, SurveyResponse.overall != "")
        return _answers(flag(SurveyResponse.overall.in_(words)), *rated, stage=Case.kind)

    return rows


def score() -> ColumnElement[Any]:
    """Give what a customer gave on the scale of 100, by marks or by words; null when he gave neither."""
    attitude, outcome = SurveyResponse.attitude, SurveyResponse.outcome
    return case(
        (and_(attitude.is_not(None), outcome.is_not(None)), (attitude + outcome) * (BEST / 2)),
        (attitude.is_not(None), attitude * BEST),
        (outcome.is_not(None), outcome * BEST),
        else_=case(WORDS, value=SurveyResponse.overall, else_=None),
    )


def call_scores(_span: Span) -> Select[Any]:
    """B46: what customers gave at call-backs on the scale of 100; the stage is the kind of request."""
    return _answers(score(), SurveyResponse.result == REACHED, score().is_not(None), stage=Case.kind)


def survey_scores(_span: Span) -> Select[Any]:
    """B65: what households gave in surveys by plan on the scale of 100; the stage is the kind of survey."""
    surveys = row(
        subject=SurveyPlan.number, link="survey", at=SurveyResponse.at, value=SurveyResponse.total,
        project=SurveyPlan.project, person=SurveyResponse.actor, stage=SurveyPlan.kind,
    )  # fmt: skip
    planned = select(*surveys).join(SurveyResponse, SurveyResponse.case_number == SurveyPlan.number)
    return planned.where(SurveyResponse.total.is_not(None))


def scores(span: Span) -> Select[Any]:
    """K35: what customers gave on the scale of 100; the stage is the kind of request, or of the survey by plan."""
    return select(union_all(call_scores(span), survey_scores(span)).subquery())


def surveyed(span: Span) -> Select[Any]:
    """K32: households that answered, of those planned, of the approved surveys whose last day is in the period."""
    columns = row(
        subject=SurveyPlan.number, link="survey", at=SurveyPlan.created_at, counted=SurveyPlan.planned,
        value=SurveyPlan.done, project=SurveyPlan.project, stage=SurveyPlan.kind,
    )  # fmt: skip
    return select(*columns).where(
        SurveyPlan.ends_on >= span.start.date(), SurveyPlan.ends_on < span.end.date(),
        SurveyPlan.approved_at.is_not(None), SurveyPlan.state != "不实施",
    )  # fmt: skip


def marks(column: Any) -> Callable[[Span], Select[Any]]:
    """B46: a mark of 1–5 as given; the stage is the kind of request."""

    def rows(_span: Span) -> Select[Any]:
        return _answers(column, SurveyResponse.result == REACHED, column.is_not(None), stage=Case.kind)

    return rows


attitudes = marks(SurveyResponse.attitude)
outcomes = marks(SurveyResponse.outcome)


def calls(_span: Span) -> Select[Any]:
    """B46: every call-back tried, and those that reached the customer; the stage is the kind of request."""
    return _answers(flag(SurveyResponse.result == REACHED), CALLED, stage=Case.kind)


def with_result(result: str) -> Callable[[Span], Select[Any]]:
    """B46: call-backs with a result or an overall rating; the stage is the kind of request."""

    def rows(_span: Span) -> Select[Any]:
        found = or_(SurveyResponse.overall == result, SurveyResponse.result == result)
        return _answers(literal(1), found, CALLED, stage=Case.kind)

    return rows


def wrong_numbers(_span: Span) -> Select[Any]:
    """K33: call-backs that found a wrong number."""
    return _answers(flag(SurveyResponse.result == "号码错误"), CALLED)
