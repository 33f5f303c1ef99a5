"""The job table as a queue."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import case, delete, func, or_, select, update

from storage.session import WAKE
from storage.tables.work import Incident, Job, OutboxMessage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

LEASE = timedelta(minutes=5)
EARLIEST_FIRST = (Job.due_at, Job.priority.desc(), Job.id)
"""In order of time, as the processes expect; priority decides between jobs of the same moment."""


def add(session: Session, *, kind: str, due_at: datetime, now: datetime, **values: Any) -> Job:
    """Add a job; a worker in this process is woken when the transaction commits."""
    job = Job(kind=kind, due_at=due_at, created_at=now, **values)
    session.add(job)
    wake(session)
    return job


def wake(session: Session) -> None:
    """Wake this process's worker after the commit."""
    session.info[WAKE] = True


def lease(
    session: Session, *, now: datetime, hold: timedelta = LEASE, limit: int = 1, kinds: Sequence[str] = ()
) -> Sequence[Job]:
    """Lease the oldest due jobs until `now + hold`. Commit this alone: the work comes in later transactions.

    A worker that dies leaves leases that run out; whoever comes next takes the jobs again. `kinds` limits the choice.
    """
    free = select(Job).where(Job.due_at <= now, or_(Job.leased_until.is_(None), Job.leased_until < now))
    free = free.where(Job.kind.in_(kinds)) if kinds else free
    jobs = session.scalars(free.order_by(*EARLIEST_FIRST).limit(limit).with_for_update(skip_locked=True)).all()
    if jobs:
        token = uuid4()
        for job in jobs:
            job.leased_until, job.lease = now + hold, token
    return jobs


def finish(session: Session, job: Job) -> bool:
    """Delete a job inside the work's transaction; False when a step or another worker already did."""
    gone = delete(Job).where(Job.id == job.id).returning(Job.id)
    return session.scalar(gone, execution_options={"synchronize_session": False}) is not None


def held(session: Session, job: Job) -> Job | None:
    """Fetch a job that is still under the given lease."""
    query = select(Job).where(Job.id == job.id, Job.lease == job.lease).with_for_update()
    return session.scalars(query, execution_options={"populate_existing": True}).first()


def get(session: Session, job_id: UUID) -> Job | None:
    """Find a job."""
    return session.get(Job, job_id)


def next_due(session: Session, before: datetime) -> datetime | None:
    """Find the earliest due time of any job, if it is not after `before`."""
    return session.scalar(select(func.min(Job.due_at)).where(Job.due_at <= before))


def first_due(session: Session) -> str:
    """Name what the job due first is about: the element of a diagram, else its own name."""
    job = session.scalars(select(Job).where(Job.due_at.is_not(None)).order_by(Job.due_at, Job.id).limit(1)).first()
    return (job.element_id or job.name or job.kind) if job else ""


def of_instance(session: Session, instance_id: UUID) -> Sequence[Job]:
    """List an instance's jobs, earliest first, those that wait for a person last."""
    return session.scalars(
        select(Job).filter_by(instance_id=instance_id).order_by(case((Job.due_at.is_(None), 1), else_=0), Job.due_at)
    ).all()


def listed(session: Session, *, kind: str = "", limit: int = 100, offset: int = 0) -> Sequence[Job]:
    """List jobs, earliest due first."""
    query = select(Job).order_by(case((Job.due_at.is_(None), 0), else_=1), Job.due_at, Job.id)
    query = query.where(Job.kind == kind) if kind else query
    return session.scalars(query.limit(limit).offset(offset)).all()


def named(session: Session, kind: str, name: str) -> Sequence[Job]:
    """List the jobs of a kind with this name."""
    return session.scalars(select(Job).filter_by(kind=kind, name=name)).all()


def delete_named(session: Session, kind: str, name: str) -> None:
    """Delete the jobs of a kind with this name."""
    session.execute(delete(Job).where(Job.kind == kind, Job.name == name))


def put_back(session: Session, job_id: UUID, *, now: datetime) -> bool:
    """Make a job due at once with all its tries; False when it is gone."""
    values = {"due_at": now, "attempts": 0, "leased_until": None, "lease": None}
    changed = session.scalar(update(Job).where(Job.id == job_id).values(**values).returning(Job.id))
    wake(session)
    return changed is not None


def periodic(session: Session) -> dict[str, Job]:
    """Map names to the periodic jobs."""
    return {job.name: job for job in session.scalars(select(Job).filter_by(kind="periodic"))}


def slow_down(session: Session, now: datetime, until: datetime) -> None:
    """Put periodic jobs that are due after now and before `until` off until then."""
    soon = (Job.kind == "periodic") & (Job.due_at > now) & (Job.due_at < until)
    session.execute(update(Job).where(soon).values(due_at=until), execution_options={"synchronize_session": False})


def depth(session: Session, now: datetime) -> dict[str, int]:
    """Count due jobs by kind, and those that wait for a person as `incident`."""
    rows = session.execute(select(Job.kind, func.count()).where(Job.due_at <= now).group_by(Job.kind))
    counts = {kind: count for kind, count in rows}  # noqa: C416  rows are not pairs to mypy
    counts["incident"] = session.scalar(select(func.count()).where(Incident.resolved_at.is_(None))) or 0
    return counts


def oldest_due(session: Session, now: datetime) -> datetime | None:
    """Find since when the longest waiting due job waits."""
    return session.scalar(select(func.min(Job.due_at)).where(Job.due_at <= now))


def message(session: Session, message_id: UUID) -> OutboxMessage | None:
    """Find an outbox message."""
    return session.get(OutboxMessage, message_id)


def outbox(session: Session, *, limit: int = 100, offset: int = 0) -> Sequence[OutboxMessage]:
    """List outbox messages, newest first."""
    return session.scalars(
        select(OutboxMessage).order_by(OutboxMessage.created_at.desc()).limit(limit).offset(offset)
    ).all()
