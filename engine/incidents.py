"""What went wrong and needs a person: kept with its reason, tried again by an administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine import access, people
from engine.access import Action, Grant, Viewer
from engine.errors import N_, ConflictError, KeyturnError, NotFoundError, ProcessError, to_json
from engine.instance_views import IncidentInfo, incident_info
from storage import audit, instances
from storage import incidents as rows
from storage import jobs as queue
from storage.tables.work import Incident

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from storage.session import Database
    from storage.tables.work import Job


def record_failed_job(session: Session, job: Job, error: Exception, *, now: datetime) -> None:
    """Record that a job failed for the last time; it waits until somebody retries."""
    template, fields = _sentence(error)
    session.add(
        Incident(
            kind=job.kind,
            instance_id=job.instance_id,
            job_id=job.id,
            element_id=getattr(error, "element_id", "") or job.element_id,
            template=template,
            fields=fields,
            payload={"name": job.name},
            created_at=now,
        )
    )
    session.flush()


def record_failed_command(
    database: Database,
    error: ProcessError,
    *,
    task_id: UUID,
    data: Mapping[str, Any],
    viewer: Viewer,
    now: datetime,
) -> UUID | None:
    """Record, in a transaction of its own, that a task could not be completed because the process cannot go on.

    Call it after the failed transaction was rolled back. `data` is what was handed in: a retry hands it in again. A
    second failure of the same task replaces the first.
    """
    template, fields = _sentence(error)
    with database.transaction() as session:
        instance = instances.lock_by_task(session, task_id)
        if instance is None:
            return None
        known = [i for i in rows.open_of(session, instance.id) if i.payload.get("task_id") == str(task_id)]
        row = known[0] if known else Incident(kind="command", instance_id=instance.id, created_at=now)
        row.template, row.fields, row.element_id = template, fields, error.element_id
        row.payload = {"task_id": str(task_id), "data": to_json(data), "login": viewer.login}
        instance.waits = {**(instance.waits or {}), "incidents": True}
        session.add(row)
        session.flush()
        return row.id


def _sentence(error: Exception) -> tuple[str, dict[str, Any]]:
    if isinstance(error, KeyturnError):
        return error.template, to_json(error.fields)
    return N_("Unexpected fault: {fault}"), {"fault": f"{type(error).__name__}: {error}"[:2000]}


def list_open(session: Session, viewer: Viewer, *, limit: int = 200, offset: int = 0) -> tuple[IncidentInfo, ...]:
    """List open incidents, newest first."""
    access.require(viewer, Action.INCIDENT_VIEW)
    return tuple(incident_info(row, instance) for row, instance in rows.open_with_instances(session, limit, offset))


def _open(session: Session, viewer: Viewer, incident_id: UUID) -> Incident:
    access.require(viewer, Action.INCIDENT_RESOLVE)
    if (instance_id := rows.instance_of(session, incident_id)) is not None:
        instances.lock(session, instance_id)  # before the incident, as whoever takes a step does
    row = rows.get(session, incident_id)
    if row is None:
        raise NotFoundError(N_("There is no such incident."))
    if row.resolved_at is not None:
        raise ConflictError(N_("The incident is already closed."))
    return row


def retry(session: Session, viewer: Viewer, incident_id: UUID, *, now: datetime, registry: Registry) -> None:
    """Try again: a job is due at once, a completion is carried out now with what was handed in then.

    Raises ProcessError when the completion fails again: the incident stays open.
    """
    row = _open(session, viewer, incident_id)
    if row.job_id is not None:
        if not queue.put_back(session, row.job_id, now=now):
            raise ConflictError(N_("There is nothing left to try: the process has moved on."))
    elif row.payload.get("task_id"):
        from engine import tasks  # noqa: PLC0415  tasks may record incidents, so it must not be needed to load this

        actor = _actor(session, str(row.payload["login"]), now)
        tasks.complete(
            session, actor, UUID(row.payload["task_id"]), data=row.payload["data"], now=now, registry=registry
        )
    _close(session, viewer, row, "retry", now)


def _actor(session: Session, login: str, now: datetime) -> Viewer:
    try:
        return people.viewer(session, login, now=now)
    except NotFoundError:  # he has left since; the work he did counts all the same
        return Viewer(login, login, (Grant(access.ADMIN),))


def resolve(session: Session, viewer: Viewer, incident_id: UUID, *, reason: str, now: datetime) -> None:
    """Close an incident without trying again; its job, if any, is dropped (periodic work goes on)."""
    row = _open(session, viewer, incident_id)
    job = queue.get(session, row.job_id) if row.job_id else None
    if job is not None and job.kind in ("timer", "service"):
        raise ConflictError(N_("The process waits for this job. Try again, or move the process to another step."))
    if job is not None and job.kind != "periodic":
        queue.finish(session, job)
    _close(session, viewer, row, reason, now)


def _close(session: Session, viewer: Viewer, row: Incident, resolution: str, now: datetime) -> None:
    row.resolved_at, row.resolved_by, row.resolution = now, viewer.login, resolution
    audit.record(
        session,
        actor=viewer.login,
        action="incident.close",
        subject=f"incident:{row.id}",
        instance_id=row.instance_id,
        detail={"resolution": resolution},
        now=now,
    )
    session.flush()
