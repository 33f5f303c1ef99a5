"""The page of reviews, surveys, improvements and the daily check of closed cases (B28, B41, E20)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from engine.errors import N_, InvalidInputError, NotAllowedError, NotFoundError
from processes.services.recording import add_event
from processes.services.rights import scopes_of
from processes.services.survey_sheet import READERS, Measure, measures_of, named
from processes.services.workdays import calendar
from storage import cases, reviews, surveys
from storage import people as staff

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from storage.tables.cases import ServiceCase
    from storage.tables.surveys import CaseReview

CHECKERS = frozenset({"cs_sup", "cs_mgr"})
"""Roles that check closed cases of their projects every day."""
SAMPLE = 10
CHECKED = "每日抽查"
BEST, LONGEST = 100, 500


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A review in the list."""

    number: str
    project: str
    period: str
    first: date
    last: date
    state: str
    open: bool


@dataclass(frozen=True, slots=True)
class SurveyItem:
    """A survey in the list."""

    number: str
    title: str
    kind: str
    project: str
    state: str
    open: bool
    ends_on: date
    planned: int
    done: int


@dataclass(frozen=True, slots=True)
class Sampled:
    """A closed case to check: what the customer said at the call-back, and the score it got (0–100)."""

    number: str
    place: str
    brief: str
    close_type: str
    satisfaction: str
    acceptor: str
    score: int | None
    checked: bool


@dataclass(frozen=True, slots=True)
class Index:
    """What the page lists for a person; `sampled_on`: the first of the days whose closed cases are sampled."""

    reviews: tuple[ReviewItem, ...]
    surveys: tuple[SurveyItem, ...]
    measures: tuple[Measure, ...]
    sampled: tuple[Sampled, ...]
    sampled_on: date | None
    closed: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """A case that was chosen and analysed."""

    number: str
    place: str
    brief: str
    cause: str
    lesson: str


@dataclass(frozen=True, slots=True)
class Review:
    """A review with its lists (rows as they were computed), the chosen cases and the improvements."""

    item: ReviewItem
    count: int
    data: Mapping[str, Any]
    cases: tuple[Chosen, ...]
    measures: tuple[Measure, ...]
    data_note: str
    analysis: str
    analysis_by: str
    opinion: str
    met_on: str
    attendees: tuple[str, ...]
    published_at: datetime | None


def index(session: Session, viewer: Viewer, *, now: datetime) -> Index:
    """List reviews, surveys and open improvements of a person's projects, and what he is to check today."""
    scopes = scopes_of(viewer, READERS)
    found = reviews.open_items(session, None)
    mine = [one for one in found if scopes is None or one.project in scopes or one.person in viewer.logins]
    sampled, since, closed = _sampled(session, viewer, now)
    return Index(
        tuple(_review_item(one) for one in reviews.listed(session, scopes)),
        tuple(
            SurveyItem(
                one.number, one.title, one.kind, one.project, one.state, one.open, one.ends_on, one.planned, one.done
            )
            for one in surveys.listed(session, scopes)
        ),
        named(session, mine),
        sampled,
        since,
        closed,
    )


def _review_item(row: CaseReview) -> ReviewItem:
    return ReviewItem(row.number, row.project, row.period, row.first, row.last, row.state, row.open)


def _sampled(session: Session, viewer: Viewer, now: datetime) -> tuple[tuple[Sampled, ...], date | None, int]:
    """Choose what was closed since the last working day began: all, or ten by chance; the same all day (B28)."""
    scopes = scopes_of(viewer, CHECKERS)
    if scopes is not None and not scopes:
        return (), None, 0
    today, days = now.astimezone(CHINA).date(), calendar(session)
    since = next(day for day in (today - timedelta(days=back) for back in range(1, 32)) if days.is_workday(day))
    start = datetime.combine(since, time(), tzinfo=CHINA)
    closed = reviews.closed_between(session, scopes, start, datetime.combine(today, time(), tzinfo=CHINA))
    chosen = list(closed)
    if len(chosen) > SAMPLE:
        chance = random.Random(f"{today}{viewer.login}")  # noqa: S311  a fair choice, no secret
        chosen = sorted(chance.sample(chosen, SAMPLE), key=lambda one: one.number)
    names = staff.names(session, {one.acceptor for one in chosen})
    return tuple(_one_sampled(session, one, names) for one in chosen), since, len(closed)


def _one_sampled(session: Session, one: ServiceCase, names: Mapping[str, str]) -> Sampled:
    done = any(event.kind == CHECKED for event in cases.events(session, one.number))
    who = names.get(one.acceptor, one.acceptor)
    place = one.house or one.area
    return Sampled(one.number, place, one.brief, one.close_type, one.satisfaction, who, one.norm_score, done)


def check(session: Session, viewer: Viewer, number: str, *, score: int | None, note: str, now: datetime) -> None:
    """Keep the score of a closed case that was checked; it counts for K34 in place of an earlier one (B28, B41).

    Raises NotFoundError, NotAllowedError, InvalidInputError for a score beyond 0–100 or a case that is open.
    """
    case = cases.get(session, number, lock=True)
    scopes = scopes_of(viewer, CHECKERS)
    if case is None or not (scopes is None or case.project in scopes):
        if scopes is not None and not scopes:
            raise NotAllowedError(N_("You may not do this."))
        raise NotFoundError(N_("There is no case {number}."), number=number)
    if score is None or not 0 <= score <= BEST:
        raise InvalidInputError(N_("The score is between 0 and 100."))
    if case.closed_at is None:
        raise InvalidInputError(N_("Only closed cases are checked."))
    said, detail = note.strip()[:LONGEST], {"score": score, "before": case.norm_score}
    case.norm_score = score
    add_event(session, case, CHECKED, f"{score} 分 {said}".strip(), actor=viewer.login, now=now, detail=detail)


def review(session: Session, viewer: Viewer, number: str) -> Review:
    """Gather what the page and the sheet of a review show. Raises NotFoundError when the person may not see it."""
    row = reviews.get(session, number)
    scopes = scopes_of(viewer, READERS)
    if row is None or not (scopes is None or row.project in scopes):
        raise NotFoundError(N_("There is no review {number}."), number=number)
    notes: Mapping[str, Any] = row.notes
    who = [str(one) for one in notes.get("attendees") or []]
    names = staff.names(session, {*who, str(notes.get("analysis_by") or "")})
    return Review(
        _review_item(row), int(row.data.get("count") or 0), row.data, _chosen(session, row.cases),
        measures_of(session, number), str(notes.get("data") or ""), str(notes.get("analysis") or ""),
        names.get(str(notes.get("analysis_by") or ""), ""), str(notes.get("opinion") or ""),
        str(notes.get("met_on") or ""), tuple(names.get(one, one) for one in who), row.published_at,
    )  # fmt: skip


def _chosen(session: Session, chosen: Sequence[Mapping[str, str]]) -> tuple[Chosen, ...]:
    found = []
    for one in chosen:
        case = cases.get(session, one["case"])
        place, brief = (case.house or case.area, case.brief) if case is not None else ("", "")
        found.append(Chosen(one["case"], place, brief, one["cause"], one["lesson"]))
    return tuple(found)
