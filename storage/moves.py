"""Queries over moves of instances to other versions of their process, and the rows that a move changes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Text, Uuid, cast, delete, func, insert, or_, select, update
from sqlalchemy.orm import undefer

from storage.instances import RUNNING, close_incidents
from storage.tables.base import UtcDateTime, table_of
from storage.tables.instances import HistoryEvent, MessageSubscription, ProcessInstance
from storage.tables.moves import InstanceMigration, MigrationBatch
from storage.tables.work import Incident, Job, UserTask

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session

    from storage.tables.base import Base

OF_TOKENS = ("timer", "service")
MADE = ("moved", "undoing", "stayed")
"""The states of a move that was made and not undone."""
_UNSEEN = {"synchronize_session": False}
_WHOLE = (undefer(ProcessInstance.state), undefer(ProcessInstance.variables), undefer(ProcessInstance.waits))


def get(session: Session, move_id: UUID) -> InstanceMigration | None:
    """Find a move."""
    return session.get(InstanceMigration, move_id)


def add(session: Session, **values: Any) -> InstanceMigration:
    """Add a move."""
    row = InstanceMigration(**values)
    session.add(row)
    return row


def last_of(session: Session, instance_id: UUID) -> Sequence[InstanceMigration]:
    """Find the latest moves of an instance that were made and not undone, with what an undo needs."""
    made = (InstanceMigration.instance_id == instance_id, InstanceMigration.state.in_(MADE))
    last = select(func.max(InstanceMigration.moved_at)).where(*made).scalar_subquery()
    whole = select(InstanceMigration).options(undefer(InstanceMigration.before), undefer(InstanceMigration.kept))
    return session.scalars(whole.where(*made, InstanceMigration.moved_at == last)).all()


def of_instance(session: Session, instance_id: UUID, state: str) -> Sequence[InstanceMigration]:
    """List the moves of an instance that are in a state."""
    return session.scalars(select(InstanceMigration).filter_by(instance_id=instance_id, state=state)).all()


def forget(session: Session, before: datetime) -> None:
    """Drop what undoing would need of moves made before a moment."""
    old = (InstanceMigration.moved_at < before, InstanceMigration.digest != "")
    values = {"before": b"", "kept": {}, "digest": ""}
    session.execute(update(InstanceMigration).where(*old).values(**values), execution_options=_UNSEEN)


# Which instances


def running(session: Session, definition_id: UUID, ids: Collection[UUID] | None = None) -> Sequence[UUID]:
    """List the running instances of a version, or that have called it, oldest first; of `ids`, those among them."""
    calls = cast(ProcessInstance.waits, Text).contains(str(definition_id))  # each token names its version
    query = select(ProcessInstance.id).where(
        ProcessInstance.status.in_(RUNNING), or_(ProcessInstance.definition_id == definition_id, calls)
    )
    query = query if ids is None else query.where(ProcessInstance.id.in_(list(ids)))
    return session.scalars(query.order_by(ProcessInstance.started_at, ProcessInstance.id)).all()


def whole(session: Session, ids: Sequence[UUID], size: int = 200) -> Iterator[ProcessInstance]:
    """Fetch instances with their states in the order of their ids, some at a time, so that memory stays small."""
    for start in range(0, len(ids), size):
        part = ids[start : start + size]
        rows = session.scalars(select(ProcessInstance).where(ProcessInstance.id.in_(part)).options(*_WHOLE))
        found = {row.id: row for row in rows}
        yield from (found[one] for one in part if one in found)
        for row in found.values():
            session.expunge(row)


def counts(session: Session) -> dict[UUID, int]:
    """Count the running instances of each version; of one that was called, those with an open task in it."""
    query = select(ProcessInstance.definition_id, func.count()).where(ProcessInstance.status.in_(RUNNING))
    own = {row[0]: row[1] for row in session.execute(query.group_by(ProcessInstance.definition_id))}
    tasks = select(UserTask.definition_id, func.count(UserTask.instance_id.distinct())).where(UserTask.state == "open")
    called = {UUID(row[0]): row[1] for row in session.execute(tasks.group_by(UserTask.definition_id))}
    return called | own


def running_total(session: Session) -> int:
    """Count all running instances."""
    return session.scalar(select(func.count(ProcessInstance.id)).where(ProcessInstance.status.in_(RUNNING))) or 0


# Batches


def batch(session: Session, batch_id: UUID) -> MigrationBatch | None:
    """Find a batch."""
    return session.get(MigrationBatch, batch_id)


def batches(session: Session, limit: int = 50) -> Sequence[MigrationBatch]:
    """List batches, newest first."""
    return session.scalars(select(MigrationBatch).order_by(MigrationBatch.created_at.desc()).limit(limit)).all()


def add_batch(
    session: Session, row: MigrationBatch, moves: Sequence[dict[str, Any]], jobs: Sequence[dict[str, Any]]
) -> None:
    """Add a batch with its moves and their jobs."""
    session.add(row)
    session.flush()
    if moves:
        session.execute(insert(table_of(InstanceMigration)), moves)
        add_jobs(session, jobs)


def change_states(session: Session, batch_id: UUID, before: str, after: str) -> Sequence[tuple[UUID, UUID]]:
    """Change the state of the moves of a batch that are in one; return them with their instances."""
    of_batch = (InstanceMigration.batch_id == batch_id, InstanceMigration.state == before)
    found = session.execute(
        update(InstanceMigration)
        .where(*of_batch)
        .values(state=after)
        .returning(InstanceMigration.id, InstanceMigration.instance_id),
        execution_options={"synchronize_session": "fetch"},
    )
    return [(move, instance) for move, instance in found]


def add_jobs(session: Session, jobs: Sequence[dict[str, Any]]) -> None:
    """Add jobs."""
    if jobs:
        session.execute(insert(table_of(Job)), jobs)


def progress(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """Count the moves of batches by state."""
    query = select(InstanceMigration.batch_id, InstanceMigration.state, func.count()).where(
        InstanceMigration.batch_id.in_(list(batch_ids))
    )
    found: dict[UUID, dict[str, int]] = {}
    for batch_id, state, count in session.execute(query.group_by(InstanceMigration.batch_id, InstanceMigration.state)):
        if batch_id is not None:
            found.setdefault(batch_id, {})[state] = count
    return found


def in_state(
    session: Session, batch_id: UUID, state: str, limit: int = 200
) -> Sequence[tuple[InstanceMigration, ProcessInstance]]:
    """List the moves of a batch that are in a state, with their instances."""
    query = (
        select(InstanceMigration, ProcessInstance)
        .join(ProcessInstance, ProcessInstance.id == InstanceMigration.instance_id)
        .where(InstanceMigration.batch_id == batch_id, InstanceMigration.state == state)
        .order_by(ProcessInstance.started_at, ProcessInstance.id)
        .limit(limit)
    )
    return [(move, instance) for move, instance in session.execute(query)]


# The rows that a move changes


def plain(row: Base, columns: Iterable[str] = ()) -> dict[str, Any]:
    """Give a row, or some of its columns, as JSON."""
    names = columns or table_of(type(row)).columns.keys()
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value


def row_values(model: type[Base], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values of a row from what `plain` made of it."""
    columns = table_of(model).columns
    readers: dict[type, Any] = {UUID: UUID, datetime: datetime.fromisoformat}
    kinds = {name: _kind(columns[name].type) for name in kept}
    return {
        name: readers[kinds[name]](value) if value is not None and kinds[name] in readers else value
        for name, value in kept.items()
    }


def _kind(column_type: Any) -> type:
    return datetime if isinstance(column_type, UtcDateTime) else UUID if isinstance(column_type, Uuid) else object


def last_event(session: Session, instance_id: UUID, *, besides: str) -> int:
    """Give the number of the last line of an instance's history that tells of something else than `besides`."""
    query = select(func.max(HistoryEvent.id)).where(HistoryEvent.instance_id == instance_id)
    return session.scalar(query.where(HistoryEvent.action != besides)) or 0


def rows_of(session: Session, instance_id: UUID) -> tuple[Sequence[Job], Sequence[MessageSubscription]]:
    """Fetch the jobs of an instance's tokens and what it is subscribed to, as they are now."""
    fresh = {"populate_existing": True}
    jobs = select(Job).where(Job.instance_id == instance_id, Job.kind.in_(OF_TOKENS))
    subscriptions = select(MessageSubscription).where(MessageSubscription.instance_id == instance_id)
    return (
        session.scalars(jobs, execution_options=fresh).all(),
        session.scalars(subscriptions, execution_options=fresh).all(),
    )


def put_back_jobs(
    session: Session, now_there: Sequence[Job], before: Sequence[Mapping[str, Any]], *, now: datetime
) -> list[UUID]:
    """Make the jobs of an instance what they were: delete the others, insert those gone; return the ids inserted.

    A job that is still there stays as it is; the incidents of those deleted are closed.
    """
    there, wanted = {job.id for job in now_there}, {row["id"]: row for row in before}
    if others := sorted(there - wanted.keys()):
        close_incidents(session, others, "", now)
        session.execute(delete(Job).where(Job.id.in_(others)), execution_options=_UNSEEN)
    gone = [dict(row) for key, row in wanted.items() if key not in there]
    if gone:
        session.execute(insert(table_of(Job)), gone)
    return [row["id"] for row in gone]


def put_back_subscriptions(
    session: Session, now_there: Sequence[MessageSubscription], before: Sequence[Mapping[str, Any]]
) -> None:
    """Make what an instance is subscribed to what it was, in the order it was."""
    there = {one.id: row_values(MessageSubscription, plain(one)) for one in now_there}
    gone = [dict(row) for row in before if there.get(row["id"]) != row]
    others = [key for key, row in there.items() if row not in before]
    if others:
        of_others = MessageSubscription.id.in_(others)
        session.execute(delete(MessageSubscription).where(of_others), execution_options=_UNSEEN)
    # SQLite gives the number of a row that is gone to the next one, here or in another instance.
    wanted = MessageSubscription.id.in_([row["id"] for row in gone])
    taken = set(session.scalars(select(MessageSubscription.id).where(wanted)))
    for row in gone:
        if row["id"] in taken:
            del row["id"]
        session.execute(insert(table_of(MessageSubscription)), row)


def reopen_incidents(session: Session, job_ids: Sequence[UUID], closed_at: datetime) -> None:
    """Open the incidents again that were closed because these jobs were gone."""
    if job_ids:
        session.execute(
            update(Incident)
            .where(Incident.job_id.in_(job_ids), Incident.resolution == "gone", Incident.resolved_at == closed_at)
            .values(resolved_at=None, resolved_by="", resolution=""),
            execution_options=_UNSEEN,
        )


def open_tasks(session: Session, instance_id: UUID) -> dict[UUID, UserTask]:
    """Map an instance's open tasks by id."""
    query = select(UserTask).where(UserTask.instance_id == instance_id, UserTask.state == "open")
    return {row.id: row for row in session.scalars(query)}
