"""Queries about service cases: numbers, reading, searching, what belongs to a case."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.privacy import is_phone, vault
from storage.tables.cases import CaseEvent, CaseTask, ContactLog, ProgressReport, ServiceCase
from storage.tables.registers import NumberSequence
from storage.words import squeezed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session


def next_value(session: Session, name: str) -> int:
    """Take the next number of a sequence. The row stays locked until the transaction ends: no gaps, no doubles."""
    return next_values(session, name, 1)[0]


def next_values(session: Session, name: str, count: int) -> range:
    """Take the next numbers of a sequence at once, as `next_value` does."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(NumberSequence).values(name=name, value=0).on_conflict_do_nothing())
    taken = update(NumberSequence).where(NumberSequence.name == name).values(value=NumberSequence.value + count)
    last = session.execute(taken.returning(NumberSequence.value)).scalar_one()
    return range(last - count + 1, last + 1)


def get(session: Session, number: str, *, lock: bool = False) -> ServiceCase | None:
    """Read a case by its number; `lock` it until the transaction ends."""
    query = select(ServiceCase).where(ServiceCase.number == number)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else query)


def by_request(session: Session, key: str) -> ServiceCase | None:
    """Find the case that a request has already made (posted twice)."""
    return session.scalar(select(ServiceCase).where(ServiceCase.request_key == key)) if key else None


def open_of_units(session: Session, unit_ids: Collection[int], *, limit: int = 20) -> Sequence[ServiceCase]:
    """List the open cases of houses, newest first."""
    query = select(ServiceCase).where(ServiceCase.unit_id.in_(unit_ids), ServiceCase.open)
    return session.scalars(query.order_by(ServiceCase.received_at.desc()).limit(limit)).all()


def earlier_of_unit(session: Session, unit_id: int, *, limit: int = 20) -> Sequence[ServiceCase]:
    """List all cases of a house, newest first (A23)."""
    query = select(ServiceCase).where(ServiceCase.unit_id == unit_id)
    return session.scalars(query.order_by(ServiceCase.received_at.desc()).limit(limit)).all()


def linked(session: Session, number: str) -> Sequence[ServiceCase]:
    """List the cases merged into a case or led by it as master (群诉)."""
    query = select(ServiceCase).where(or_(ServiceCase.duplicate_of == number, ServiceCase.group_master == number))
    return session.scalars(query.order_by(ServiceCase.number)).all()


def alike(session: Session, case: ServiceCase, *, limit: int) -> Sequence[ServiceCase]:
    """List open cases of the same project and sub-class that belong to no group, newest first."""
    query = select(ServiceCase).where(
        ServiceCase.open, ServiceCase.project == case.project, ServiceCase.cat2 == case.cat2,
        ServiceCase.group_master == "", ServiceCase.id != case.id, ServiceCase.instance_id.is_not(None),
    )  # fmt: skip
    if case.part:
        query = query.where(ServiceCase.part == case.part)
    return session.scalars(query.order_by(ServiceCase.received_at.desc()).limit(limit)).all()


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """What a list of cases asks for. `status`: open, closed or "".

    `scopes` None means every project; `people` adds the cases these logins had to do with.
    """

    text: str = ""
    status: str = "open"
    project: str = ""
    kind: str = ""
    level: int | None = None
    page: int = 1
    size: int = 25
    scopes: frozenset[str] | None = None
    people: tuple[str, ...] = ()


def narrowed(query: CaseQuery, *, scopes: frozenset[str] | None, people: Collection[str]) -> CaseQuery:
    """Limit what is asked for to projects and to what people had to do with."""
    return replace(query, scopes=scopes, people=tuple(people), page=max(1, query.page))


def search(session: Session, query: CaseQuery) -> tuple[Sequence[ServiceCase], int]:
    """Find cases by number, house, name, phone or words; gives a page and the total."""
    found = _filtered(session, query)
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    rows = select(ServiceCase).where(ServiceCase.id.in_(found))
    rows = rows.order_by(ServiceCase.received_at.desc(), ServiceCase.id.desc())
    return session.scalars(rows.limit(query.size).offset((query.page - 1) * query.size)).all(), total


def _filtered(session: Session, query: CaseQuery) -> Select[int]:
    found = select(ServiceCase.id)
    if query.status:
        found = found.where(ServiceCase.open.is_(query.status == "open"))
    if query.scopes is not None:
        found = found.where(or_(ServiceCase.project.in_(query.scopes), _involves(query.people)))
    if query.project:
        found = found.where(ServiceCase.project == query.project)
    if query.kind:
        found = found.where(ServiceCase.kind == query.kind)
    if query.level is not None:
        found = found.where(ServiceCase.level >= query.level)
    text = query.text.strip()
    if not text:
        return found
    if is_phone(text):
        return found.where(ServiceCase.phone_hash == vault(session).digest(text))
    for piece in filter(squeezed, text.split()):
        spelled = dict.fromkeys((piece, squeezed(piece)))
        found = found.where(or_(*(ServiceCase.search.contains(one, autoescape=True) for one in spelled)))
    return found


def _involves(people: Collection[str]) -> ColumnElement[bool]:
    handled = select(CaseTask.case_number).where(CaseTask.handler.in_(people))
    return or_(
        ServiceCase.registered_by.in_(people),
        ServiceCase.owner.in_(people),
        ServiceCase.acceptor.in_(people),
        ServiceCase.number.in_(handled),
    )


def contacts(session: Session, number: str) -> Sequence[ContactLog]:
    """List who talked with whom about a case, oldest first."""
    query = select(ContactLog).where(ContactLog.case_number == number)
    return session.scalars(query.order_by(ContactLog.at, ContactLog.id)).all()


def events(session: Session, number: str) -> Sequence[CaseEvent]:
    """List what happened to a case, oldest first."""
    query = select(CaseEvent).where(CaseEvent.case_number == number)
    return session.scalars(query.order_by(CaseEvent.at, CaseEvent.id)).all()


def tasks(session: Session, number: str, *, open_only: bool = False) -> Sequence[CaseTask]:
    """List the tasks of a case's plan."""
    query = select(CaseTask).where(CaseTask.case_number == number)
    if open_only:
        query = query.where(CaseTask.done_at.is_(None), CaseTask.withdrawn_at.is_(None))
    return session.scalars(query.order_by(CaseTask.id)).all()


def reports(session: Session, number: str) -> Sequence[ProgressReport]:
    """List the handlers' progress reports, newest first (D20)."""
    query = select(ProgressReport).where(ProgressReport.case_number == number)
    return session.scalars(query.order_by(ProgressReport.at.desc())).all()
