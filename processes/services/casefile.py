"""Everything about one case on one page (D20), and lists of cases; personal data masked by role (B29)."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select

from engine.errors import N_, NotAllowedError, NotFoundError
from processes.services import clocks, rights
from processes.services.casedata import (
    CaseHead,
    CaseItem,
    CasePage,
    CaseView,
    ClockView,
    ContactView,
    EventView,
    LinkView,
    ReportView,
    TaskView,
)
from processes.services.recording import place_of
from storage import cases, deadlines, estate, parties
from storage import instances as instance_rows
from storage import people as staff
from storage import tasks as task_rows
from storage.privacy import is_phone, mask_name, vault
from storage.tables.cases import Appointment, CaseDocument, Penalty, ServiceCase, SurveyResponse
from storage.tables.instances import ProcessInstance

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer

T = TypeVar("T")


def visible(session: Session, viewer: Viewer, number: str) -> ServiceCase:
    """Read a case; NotFoundError when there is none or the person may not know of it."""
    case = cases.get(session, number)
    if case is not None:
        involved = instance_rows.people_of(session, case.instance_id) if case.instance_id else frozenset()
        handlers = frozenset(task.handler for task in cases.tasks(session, number))
        if rights.sees(viewer, case, frozenset(involved) | handlers):
            return case
    raise NotFoundError(N_("There is no such case, or you may not see it."))


def view(session: Session, viewer: Viewer, number: str, *, now: datetime) -> CaseView:
    """Gather a case for its page. Phone numbers are masked; `reveal` shows one and logs it.

    Raises NotFoundError for a case that does not exist or that the person may not know of.
    """
    case = visible(session, viewer, number)
    contacts, events = cases.contacts(session, number), cases.events(session, number)
    tasks, running = cases.tasks(session, number), deadlines.of_case(session, number)
    reports = cases.reports(session, number)
    logins = {case.owner, case.acceptor, case.registered_by, *(task.handler for task in tasks)}
    logins |= {row.actor for row in contacts} | {row.actor for row in events} | {row.actor for row in reports}
    logins |= {row.accountable for row in running}
    names = staff.names(session, logins)
    started = select(ProcessInstance.id).where(ProcessInstance.business_key == number)
    earlier = cases.earlier_of_unit(session, case.unit_id) if case.unit_id else ()
    linked = cases.linked(session, number)
    about = {str(task.id): task.content for task in tasks}
    known = {case.id, *(row.id for row in linked)}
    return CaseView(
        head=_head(session, viewer, case, names),
        clocks=tuple(_clock(row, names, now, about) for row in running),
        contacts=tuple(_filled(ContactView, row, actor_name=names.get(row.actor, row.actor)) for row in contacts),
        events=tuple(_filled(EventView, row, actor_name=names.get(row.actor, row.actor)) for row in events),
        tasks=tuple(_filled(TaskView, row, handler_name=names.get(row.handler, row.handler)) for row in tasks),
        reports=tuple(
            _filled(ReportView, row, actor_name=names.get(row.actor, row.actor)) for row in reversed(reports)
        ),
        escalations=tuple(_plain(row) for row in deadlines.escalations(session, number)),
        appointments=_rows(session, Appointment, number),
        surveys=_rows(session, SurveyResponse, number),
        penalties=_rows(session, Penalty, number) if rights.sees_penalties(viewer, case.project) else (),
        documents=_rows(session, CaseDocument, number),
        linked=tuple(_filled(LinkView, row) for row in linked),
        of_house=tuple(_filled(LinkView, row) for row in earlier if row.id not in known),
        instances=tuple(session.scalars(started.order_by(ProcessInstance.started_at))),
    )


def head(session: Session, viewer: Viewer, number: str) -> CaseHead | None:
    """Give the head of a case to somebody who has one of its tasks (the caller checked it); None without a case."""
    case = cases.get(session, number) if number else None
    if case is None:
        return None
    return _head(session, viewer, case, staff.names(session, {case.owner, case.acceptor, case.registered_by}))


def _filled(kind: type[T], row: Any, **more: Any) -> T:
    """Build a view from the columns of the same names and what is added."""
    wanted = [one.name for one in fields(kind) if one.name not in more]  # type: ignore[arg-type]
    return kind(**{name: getattr(row, name) for name in wanted}, **more)


def _head(session: Session, viewer: Viewer, case: ServiceCase, names: Mapping[str, str]) -> CaseHead:
    project = estate.project_by_code(session, case.project)
    party = parties.get(session, case.party_id)
    callable_ = _reaches(session, viewer, case)
    return _filled(
        CaseHead,
        case,
        title=f"{case.number} {place_of(case)}",
        project_name=project.name if project else case.project,
        caller=case.caller_name if callable_ else mask_name(case.caller_name),
        phone=case.phone_masked,
        reaches=callable_,
        may_reveal=callable_ and bool(case.caller_phone),
        important=bool(party and party.importance == "重要"),
        owner_name=names.get(case.owner, case.owner),
        acceptor_name=names.get(case.acceptor, case.acceptor),
        registered_by_name=names.get(case.registered_by, case.registered_by),
    )


def _reaches(session: Session, viewer: Viewer, case: ServiceCase) -> bool:
    """Apply the one rule about a customer's name and number (B29)."""
    if not case.open:
        return rights.may_call(viewer, case.project)
    working = {task.handler for task in cases.tasks(session, case.number, open_only=True)}
    if case.instance_id is not None:
        working |= {task.assignee for task in task_rows.open_of(session, case.instance_id)}
    return rights.reaches(viewer, case, frozenset(working - {""}))


def _clock(row: Any, names: Mapping[str, str], now: datetime, about: Mapping[str, str]) -> ClockView:
    ended = row.met_at or (row.withdrawn_at and row.due_at) or now
    return _filled(
        ClockView,
        row,
        name=clocks.NAMES.get(row.clock, row.clock),
        late=ended > row.due_at,
        about=about.get(row.object_id, "") if row.object_type == "case_task" else "",
        accountable_name=names.get(row.accountable, row.accountable),
    )


def _rows(session: Session, table: Any, number: str) -> tuple[Mapping[str, Any], ...]:
    return tuple(_plain(row) for row in session.scalars(select(table).where(table.case_number == number)))


def _plain(row: Any) -> Mapping[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def search(session: Session, viewer: Viewer, query: cases.CaseQuery, *, now: datetime) -> CasePage:
    """Find the cases a person may see, newest first. A whole phone number finds its caller's cases."""
    scopes = rights.scopes_of(viewer, rights.WATCHERS)
    asked = cases.narrowed(query, scopes=scopes, people=viewer.logins)
    rows, total = cases.search(session, asked)
    names = staff.names(session, {login for row in rows for login in (row.owner, row.acceptor)})
    items = tuple(_item(viewer, row, names, now) for row in rows)
    return CasePage(items, total, asked.page, max(1, -(-total // asked.size)))


def _item(viewer: Viewer, row: ServiceCase, names: Mapping[str, str], now: datetime) -> CaseItem:
    late = row.open and row.solved_at is None and row.promised_at is not None and row.promised_at < now
    return _filled(
        CaseItem,
        row,
        place=place_of(row),
        caller=row.caller_name if rights.may_call(viewer, row.project) else mask_name(row.caller_name),
        due_at=row.promised_at,
        overdue=late,
        owner_name=names.get(row.owner, row.owner),
        acceptor_name=names.get(row.acceptor, row.acceptor),
    )


def reveal(session: Session, viewer: Viewer, number: str, *, now: datetime) -> str:
    """Show the caller's whole number to somebody who may call him; the look is logged (B29)."""
    case = visible(session, viewer, number)
    if not _reaches(session, viewer, case):
        raise NotAllowedError(N_("You may not do this."))
    parties.log_access(session, actor=viewer.login, action="phone", subject=f"case:{number}", now=now)
    return vault(session).open(case.caller_phone)


def search_terms(session: Session, typed: str) -> str:
    """Turn what was typed into an inbox search into words that the inbox rows hold: a phone number into its token."""
    return vault(session).digest(typed)[:16] if is_phone(typed) else typed
