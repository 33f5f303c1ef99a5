"""Queries of surveys by plan: households to ask, answers, averages; how much of the plans is done (K32, K35)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storage.tables.cases import SurveyResponse
from storage.tables.estate import Project, Unit
from storage.tables.parties import Ownership, Party
from storage.tables.surveys import SurveyHousehold, SurveyPlan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

APPROVED = ("进行中", "分析", "改进", "已完成")
"""States of plans that count: those given up or not approved yet were never promised."""
EVERYBODY = "所有客户"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a plan is (K32: `done` ÷ `planned`), and the average of its answers on the scale of 100 (K35)."""

    number: str
    kind: str
    title: str
    project: str
    starts_on: date
    ends_on: date
    planned: int
    done: int
    score: float | None


def get(session: Session, number: str, *, lock: bool = False) -> SurveyPlan | None:
    """Read a plan by its number; `lock` holds its row."""
    query = select(SurveyPlan).where(SurveyPlan.number == number)
    return session.scalar(query.with_for_update() if lock else query)


def listed(session: Session, scopes: frozenset[str] | None, *, limit: int = 20) -> Sequence[SurveyPlan]:
    """List plans of these projects (None: all), the newest first."""
    query = select(SurveyPlan).order_by(SurveyPlan.id.desc()).limit(limit)
    return session.scalars(query if scopes is None else query.where(SurveyPlan.project.in_(scopes))).all()


def candidates(session: Session, project: str, customers: str) -> Sequence[tuple[Unit, str, int]]:
    """List the houses that have an owner now, of a project ("": every one) and a class of customers, by key.

    Each with its project's code and the owner's key; a house with several owners comes once, with the first.
    """
    query = (
        select(Unit, Project.code, func.min(Ownership.party_id))
        .join(Project, Project.id == Unit.project_id)
        .join(Ownership, Ownership.unit_id == Unit.id)
        .join(Party, Party.id == Ownership.party_id)
        .where(Ownership.role == "业主", Ownership.until.is_(None), Project.active)
        .group_by(Unit.id, Project.code)
        .order_by(Unit.id)
    )
    if project:
        query = query.where(Project.code == project)
    if customers != EVERYBODY:
        query = query.where(Party.importance == customers.removesuffix("客户"))
    return [(unit, code, party) for unit, code, party in session.execute(query)]


def households(session: Session, number: str) -> Sequence[SurveyHousehold]:
    """List the households of a plan in the order they were drawn."""
    query = select(SurveyHousehold).where(SurveyHousehold.plan_number == number)
    return session.scalars(query.order_by(SurveyHousehold.place)).all()


def household(session: Session, number: str, place: int) -> SurveyHousehold | None:
    """Read one of them."""
    query = select(SurveyHousehold).where(SurveyHousehold.plan_number == number, SurveyHousehold.place == place)
    return session.scalar(query)


def answers(session: Session, number: str) -> Sequence[SurveyResponse]:
    """List what was answered to a plan, one row a household."""
    query = select(SurveyResponse).where(SurveyResponse.case_number == number)
    return session.scalars(query.order_by(SurveyResponse.round)).all()


def answer(session: Session, number: str, place: int) -> SurveyResponse | None:
    """Read the answer of one household."""
    query = select(SurveyResponse).where(SurveyResponse.case_number == number, SurveyResponse.round == place)
    return session.scalar(query)


def progress(session: Session, start: date, end: date, scopes: frozenset[str] | None) -> tuple[Progress, ...]:
    """List the approved plans that end in a span (both days included), each with what is done and its average."""
    score = func.avg(SurveyResponse.total)
    query = (
        select(SurveyPlan, score)
        .outerjoin(SurveyResponse, SurveyResponse.case_number == SurveyPlan.number)
        .where(SurveyPlan.ends_on >= start, SurveyPlan.ends_on <= end, SurveyPlan.state.in_(APPROVED))
        .group_by(SurveyPlan.id)
        .order_by(SurveyPlan.ends_on, SurveyPlan.id)
    )
    if scopes is not None:
        query = query.where(SurveyPlan.project.in_(scopes))
    return tuple(
        Progress(
            row.number, row.kind, row.title, row.project, row.starts_on, row.ends_on, row.planned, row.done,
            None if mean is None else round(float(mean), 1),
        )
        for row, mean in session.execute(query)
    )  # fmt: skip
