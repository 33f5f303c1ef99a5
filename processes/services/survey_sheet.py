"""The households of a survey as people ask them: one by one, by phone or at the door; and what comes out (B19)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import N_, ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from processes.services import surveys
from processes.services.rights import CALLERS, scopes_of
from processes.services.surveys import FINAL, REACHED, RESULTS
from storage import parties, reviews
from storage import people as staff
from storage import surveys as rows
from storage.privacy import mask_name, vault
from storage.tables.cases import SurveyResponse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from storage.tables.surveys import SurveyHousehold, SurveyPlan

READERS = frozenset({"agent", "cs_sup", "cs_mgr", "prop_cs", "leader", "gm", "process_owner", "admin"})
ASKERS = frozenset({"agent", "cs_sup", "cs_mgr", "prop_cs"})
"""Roles that record answers in their projects."""
BEST, LONGEST = 5, 1000
RUNNING = "进行中"


@dataclass(frozen=True, slots=True)
class Average:
    """A question or a project: how many answered, and the average (marks of 1–5, or points of 100)."""

    name: str
    count: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A household of the list. `name` is masked; `total` on the scale of 100 when it answered."""

    place: int
    house: str
    name: str
    result: str
    attempts: int
    total: float | None


@dataclass(frozen=True, slots=True)
class Measure:
    """An improvement that was decided on."""

    measure: str
    person: str
    due_on: date
    state: str
    result: str
    open: bool
    source: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey with all that its page shows. `next` is the place of the next household to ask, None when all are."""

    number: str
    title: str
    kind: str
    project: str
    mode: str
    customers: str
    state: str
    open: bool
    starts_on: date
    ends_on: date
    planned: int
    done: int
    score: float | None
    households: tuple[Asked, ...]
    questions: tuple[Average, ...]
    projects: tuple[Average, ...]
    measures: tuple[Measure, ...]
    purpose: str
    analysis: str
    may_ask: bool
    next: int | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is filled in for one household: the questions (code, text) and what was answered before."""

    number: str
    title: str
    mode: str
    place: int
    house: str
    name: str
    phone: str
    result: str
    attempts: int
    questions: tuple[tuple[str, str], ...]
    marks: Mapping[str, int]
    opinion: str
    open: bool
    results: tuple[str, ...]
    done: int
    planned: int


def _plan(session: Session, viewer: Viewer, number: str, *, lock: bool = False) -> SurveyPlan:
    row = rows.get(session, number, lock=lock)
    scopes = scopes_of(viewer, READERS)
    if row is None or not (scopes is None or row.project in scopes):
        raise NotFoundError(N_("There is no survey {number}."), number=number)
    return row


def _may_ask(viewer: Viewer, row: SurveyPlan) -> bool:
    scopes = scopes_of(viewer, ASKERS)
    return scopes is None or row.project in scopes


def measures_of(session: Session, source: str) -> tuple[Measure, ...]:
    """List the improvements of a review or survey with the names of their people."""
    return named(session, reviews.items(session, source))


def named(session: Session, items: Sequence[Any]) -> tuple[Measure, ...]:
    """Give improvements with the names of their people."""
    names = staff.names(session, {one.person for one in items})
    return tuple(
        Measure(one.measure, names.get(one.person, one.person), one.due_on, one.state, one.result, one.open, one.source)
        for one in items
    )


def survey(session: Session, viewer: Viewer, number: str) -> Survey:
    """Gather what the page of a survey shows. Raises NotFoundError when there is none that the person may see."""
    row = _plan(session, viewer, number)
    found, answers = rows.households(session, number), rows.answers(session, number)
    totals = {one.round: one.total for one in answers}
    asked = tuple(_asked(session, one, totals.get(one.place)) for one in found)
    may_ask = _may_ask(viewer, row) and row.state == RUNNING
    left = [one.place for one in found if one.result not in FINAL]
    fresh = [one.place for one in found if not one.result]
    return Survey(
        row.number, row.title, row.kind, row.project, row.mode, row.customers, row.state, row.open, row.starts_on,
        row.ends_on, row.planned, row.done, surveys.mean(list(totals.values())), asked, _by_question(row, answers),
        _by_project(found, totals), measures_of(session, number), str(row.notes.get("purpose") or ""),
        str(row.notes.get("analysis") or ""), may_ask, next(iter(fresh or left), None) if may_ask else None,
    )  # fmt: skip


def _asked(session: Session, one: SurveyHousehold, total: float | None) -> Asked:
    party = parties.get(session, one.party_id)
    return Asked(one.place, one.house, mask_name(party.name) if party else "", one.result, one.attempts, total)


def _by_question(row: SurveyPlan, answers: Sequence[SurveyResponse]) -> tuple[Average, ...]:
    found = []
    for question in row.questions:
        marks = [one.answers[question["code"]] for one in answers if question["code"] in one.answers]
        mean = round(sum(marks) / len(marks), 2) if marks else None
        found.append(Average(question["question"], len(marks), mean))
    return tuple(found)


def _by_project(found: Sequence[SurveyHousehold], totals: Mapping[int, float | None]) -> tuple[Average, ...]:
    by: dict[str, list[float]] = {}
    for one in found:
        mark = totals.get(one.place)
        if mark is not None:
            by.setdefault(one.project, []).append(mark)
    return tuple(Average(name, len(marks), surveys.mean(marks)) for name, marks in sorted(by.items()))


def sheet(session: Session, viewer: Viewer, number: str, place: int, *, reveal: bool, now: datetime) -> Sheet:
    """Give the sheet of one household. `reveal` gives the owner's name and whole number; the look is logged (B29).

    Raises NotFoundError when there is no such household in a survey that the person may see, NotAllowedError when he
    does not ask people.
    """
    row = _plan(session, viewer, number)
    if not _may_ask(viewer, row):
        raise NotAllowedError(N_("You may not record answers of this survey."))
    one = rows.household(session, number, place)
    if one is None:
        raise NotFoundError(N_("There is no such household in survey {number}."), number=number)
    party = parties.get(session, one.party_id)
    name, phone = (mask_name(party.name) if party else ""), ""
    contact = parties.contacts_of(session, [party.id]).get(party.id) if party else None
    scopes = scopes_of(viewer, CALLERS)
    if contact is not None:
        phone = contact.masked
        if reveal and party is not None and (scopes is None or one.project in scopes):
            phone, name = vault(session).open(contact.value), party.name
            parties.log_access(session, actor=viewer.login, action="phone", subject=f"party:{party.id}", now=now)
    before = rows.answer(session, number, place)
    return Sheet(
        row.number, row.title, row.mode, place, one.house, name, phone, one.result, one.attempts,
        tuple((question["code"], question["question"]) for question in row.questions),
        dict(before.answers) if before else {}, before.opinion if before else "", row.state == RUNNING, RESULTS,
        row.done, row.planned,
    )  # fmt: skip


def _held(
    session: Session, viewer: Viewer, number: str, place: int, attempts: int | None
) -> tuple[SurveyPlan, SurveyHousehold]:
    """Hold a running survey and one of its households as they are now."""
    row = _plan(session, viewer, number, lock=True)
    if not _may_ask(viewer, row):
        raise NotAllowedError(N_("You may not record answers of this survey."))
    one = rows.household(session, number, place)
    if one is None:
        raise NotFoundError(N_("There is no such household in survey {number}."), number=number)
    if row.state != RUNNING:
        raise ConflictError(N_("The survey is over."))
    session.refresh(one)
    if attempts is not None and attempts != one.attempts:
        name = staff.names(session, [one.actor]).get(one.actor, one.actor)
        raise ConflictError(
            N_("{user} has recorded something for this household since you opened it. Send yours again to replace it."),
            user=name,
        )
    return row, one


def record(
    session: Session, viewer: Viewer, number: str, place: int, *, result: str, marks: Mapping[str, int],
    opinion: str, now: datetime, attempts: int | None = None,
) -> int | None:  # fmt: skip
    """Keep what one household answered; a later answer replaces it. Gives the place of the next one to ask.

    `attempts` is how many there were when the sheet was opened: whoever recorded meanwhile is not overwritten.

    Raises:
        NotFoundError, NotAllowedError: as `sheet`. ConflictError: the survey is not running (any more), or somebody
        recorded meanwhile. InvalidInputError: no such result, a question without a mark though the household answered,
        a mark beyond 1–5, a call without an answer where there is one.
    """
    row, one = _held(session, viewer, number, place, attempts)
    if result not in RESULTS:
        raise InvalidInputError(N_("Choose what came of it."))
    codes = [str(question["code"]) for question in row.questions]
    if result == REACHED and any(not 1 <= marks.get(code, 0) <= BEST for code in codes):
        raise InvalidInputError(N_("Answer every question with 1 to 5."))
    before = rows.answer(session, number, place)
    if before is not None and result not in FINAL:
        raise InvalidInputError(N_("This household has answered already; its answer stays."))
    if before is not None:
        session.delete(before)
        session.flush()
    if result == REACHED:
        kept = {code: int(marks[code]) for code in codes}
        session.add(
            SurveyResponse(
                case_number=number, round=place, questionnaire=row.kind, at=now, actor=viewer.login, result=result,
                opinion=opinion.strip()[:LONGEST], answers=kept, house=one.house,
                total=surveys.total(row.questions, kept),
            )
        )  # fmt: skip
    one.result, one.attempts, one.at, one.actor = result, one.attempts + 1, now, viewer.login
    session.flush()
    found = rows.households(session, number)
    row.done = sum(other.result == REACHED for other in found)
    surveys.show_head(session, row)
    later = [other.place for other in found if not other.result]
    return next((other for other in later if other > place), next(iter(later), None))
