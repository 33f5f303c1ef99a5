"""Queries over where cases wait: how many, how long, and how long that took until now. One statement a measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, case, cast, extract, func, literal, select
from sqlalchemy import text as sql

from storage.instances import RUNNING
from storage.tables.base import UtcDateTime
from storage.tables.definitions import ProcessDefinition
from storage.tables.instances import MessageSubscription, ProcessInstance
from storage.tables.work import Incident, Job, UserTask

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

FINE, COARSE, TURN = 60, 900, 7_200
"""Lengths of time are counted by the minute for two hours, then by the quarter of an hour (seconds)."""
TURN_AT = TURN // FINE
MOST = 200_000
"""Completed tasks that are looked at: enough to say what is usual, and few enough to answer at once."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a process."""

    id: UUID
    key: str
    version: int
    state: str


@dataclass(frozen=True, slots=True)
class Finished:
    """So many tasks of a step took so long (`bucket`, see `seconds`)."""

    definition_id: str
    element_id: str
    bucket: int
    count: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many open tasks of a step have waited so long, and how many of them are overdue."""

    definition_id: str
    element_id: str
    name: str
    bucket: int
    count: int
    overdue: int


def seconds(bucket: int) -> tuple[float, float]:
    """Give the bounds of a bucket."""
    if bucket < TURN_AT:
        return float(bucket * FINE), float((bucket + 1) * FINE)
    begin = TURN + (bucket - TURN_AT) * COARSE
    return float(begin), float(begin + COARSE)


def _bucket(length: ColumnElement[Any]) -> ColumnElement[Any]:
    short = func.floor(length / float(FINE))
    long_ = func.floor((length - TURN) / float(COARSE)) + TURN_AT
    return cast(case((length < 0, 0), (length < TURN, short), else_=long_), Integer)


def _between(session: Session, start: Any, end: Any) -> ColumnElement[Any]:
    """Give the seconds between two moments: in PostgreSQL as a float, whose sums cost less than those of numerics."""
    if session.get_bind().dialect.name == "postgresql":
        return func.date_part("epoch", end - start)
    return extract("epoch", end) - extract("epoch", start)


def _plain(session: Session) -> None:
    """Keep PostgreSQL from compiling each statement: that takes longer than these do."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sql("SET LOCAL jit = off"))


def versions(session: Session) -> list[Version]:
    """List all versions of all processes, newest first."""
    d = ProcessDefinition
    found = session.execute(select(d.id, d.key, d.version, d.state).order_by(d.key, d.version.desc()))
    return [Version(*row) for row in found]


def finished(session: Session, *, since: datetime, definitions: Collection[str] | None = None) -> list[Finished]:
    """Count the tasks completed since a moment, the newest `MOST`, by step and by how long they took."""
    _plain(session)
    t = UserTask
    query = select(t.definition_id, t.element_id, t.created_at, t.completed_at)
    query = query.where(t.completed_at >= since, t.state == "completed")
    query = query if definitions is None else query.where(t.definition_id.in_(sorted(definitions)))
    newest = query.order_by(t.completed_at.desc()).limit(MOST).subquery()
    took = _bucket(_between(session, newest.c.created_at, newest.c.completed_at)).label("took")
    counted = select(newest.c.definition_id, newest.c.element_id, took, func.count())
    found = session.execute(counted.group_by(newest.c.definition_id, newest.c.element_id, took))
    return [Finished(row[0], row[1], int(row[2]), row[3]) for row in found]


def waiting(session: Session, *, now: datetime, definitions: Collection[str] | None = None) -> list[Waiting]:
    """Count the open tasks by step and by how long they have waited."""
    t = UserTask
    waited = _bucket(_between(session, t.created_at, literal(now, UtcDateTime()))).label("waited")
    overdue = func.sum(case((and_(t.due_at.is_not(None), t.due_at < now), 1), else_=0))
    query = select(t.definition_id, t.element_id, func.max(t.name), waited, func.count(), overdue)
    query = query.where(t.state == "open")
    query = query if definitions is None else query.where(t.definition_id.in_(sorted(definitions)))
    found = session.execute(query.group_by(t.definition_id, t.element_id, waited))
    return [Waiting(row[0], row[1], row[2] or "", int(row[3]), row[4], int(row[5])) for row in found]


def pausing(session: Session, elements: Mapping[UUID, Collection[str]]) -> dict[tuple[UUID, str], int]:
    """Count the tokens that wait for a moment, a message or a service by the case's own version and step.

    `elements` names the steps where tokens pause, by version: timers at the border of a step are no pause.
    """
    names = sorted({name for found in elements.values() for name in found})
    counted: dict[tuple[UUID, str], int] = {}
    if not names:
        return counted
    i = ProcessInstance
    for table, kinds in ((Job, ("timer", "service")), (MessageSubscription, ("message", "signal"))):
        row: Any = table
        query = select(i.definition_id, row.element_id, func.count()).join(i, i.id == row.instance_id)
        query = query.where(row.kind.in_(kinds), row.element_id.in_(names), i.status.in_(RUNNING))
        for definition_id, element, count in session.execute(query.group_by(i.definition_id, row.element_id)):
            counted[definition_id, element] = counted.get((definition_id, element), 0) + count
    return counted


def failing(session: Session) -> dict[tuple[UUID, str], int]:
    """Count open incidents by the case's own version and step."""
    i = ProcessInstance
    query = select(i.definition_id, Incident.element_id, func.count()).join(i, i.id == Incident.instance_id)
    query = query.where(Incident.resolved_at.is_(None)).group_by(i.definition_id, Incident.element_id)
    return {(row[0], row[1]): row[2] for row in session.execute(query)}


def running(session: Session) -> dict[UUID, int]:
    """Count the running cases of each version."""
    i = ProcessInstance
    query = select(i.definition_id, func.count()).where(i.status.in_(RUNNING)).group_by(i.definition_id)
    return {row[0]: row[1] for row in session.execute(query)}


def longest(
    session: Session, since: Mapping[tuple[str, str], datetime], limit: int
) -> Sequence[tuple[UserTask, ProcessInstance]]:
    """List open tasks of steps (version, element) that have waited since a moment of their own or longer."""
    if not since:
        return []
    t = UserTask
    # one look at each open task: an index of steps would lead to all that ever were at them
    place = t.definition_id.concat("/").concat(t.element_id)
    bounds = {f"{definition}/{element}": literal(at, UtcDateTime()) for (definition, element), at in since.items()}
    query = select(t, ProcessInstance).join(ProcessInstance, ProcessInstance.id == t.instance_id)
    query = query.where(t.state == "open", t.created_at < case(bounds, value=place))
    query = query.order_by(t.created_at, t.id).limit(limit)
    return [(row[0], row[1]) for row in session.execute(query)]


def of_step(
    session: Session, definitions: Collection[str], element_id: str, limit: int, offset: int
) -> Sequence[tuple[UserTask, ProcessInstance]]:
    """List the open tasks of a step, the one that has waited longest first."""
    t = UserTask
    query = select(t, ProcessInstance).join(ProcessInstance, ProcessInstance.id == t.instance_id)
    query = query.where(t.state == "open", t.element_id == element_id, t.definition_id.in_(sorted(definitions)))
    return [(row[0], row[1]) for row in session.execute(query.order_by(t.created_at, t.id).limit(limit).offset(offset))]
