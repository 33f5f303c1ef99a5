"""What an administrator watches: jobs, outgoing messages, the audit log, the versions in force. Nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine import access
from engine.access import Action, Viewer
from engine.definitions import translate
from engine.errors import N_, NotFoundError
from engine.regulation import HEAD
from storage import audit, definitions, instances, moves, people
from storage import jobs as queries

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from storage.tables.definitions import ProcessDefinition

PAGE = 50


@dataclass(frozen=True, slots=True)
class Measures:
    """How much waits: due jobs by kind, since when the oldest one waits (None: nothing waits), open incidents."""

    due: Mapping[str, int]
    oldest_due: datetime | None
    incidents: int

    @property
    def total(self) -> int:
        """All due jobs."""
        return sum(self.due.values())


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job. `state`: waiting, due, leased, failing (will be tried again) or incident (waits for a person)."""

    id: UUID
    kind: str
    name: str
    element_id: str
    instance_id: UUID | None
    due_at: datetime | None
    leased_until: datetime | None
    attempts: int
    max_attempts: int
    last_error: str
    state: str


@dataclass(frozen=True, slots=True)
class MessageRow:
    """An outgoing message; `sent_at` is None until it has gone."""

    id: UUID
    connector: str
    recipient: str
    template: str
    fields: Mapping[str, Any]
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry of the audit log."""

    id: int
    at: datetime
    actor: str
    actor_name: str
    on_behalf_of: str
    action: str
    subject: str
    business_key: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a process, and whether new cases start with it."""

    id: UUID
    key: str
    version: int
    version_tag: str
    name: str
    note: str
    state: str
    created_at: datetime
    created_by: str
    newest: bool
    head: Mapping[str, Any] = field(default_factory=dict)
    documentation: str = ""
    file: str = ""


def measures(session: Session, *, now: datetime) -> Measures:
    """Count what waits, for the monitoring of the installation: numbers only, so no viewer is asked for."""
    depth = dict(queries.depth(session, now))
    incidents = depth.pop("incident", 0)
    return Measures(due=depth, oldest_due=queries.oldest_due(session, now), incidents=incidents)


def overview(session: Session, viewer: Viewer, *, now: datetime) -> Measures:
    """Count what waits, for the administrators' first page."""
    access.require(viewer, Action.INCIDENT_VIEW)
    return measures(session, now=now)


def jobs(
    session: Session, viewer: Viewer, *, kind: str = "", page: int = 1, size: int = PAGE, now: datetime
) -> tuple[tuple[JobRow, ...], bool]:
    """List jobs, those that wait for a person first, then the earliest due; and tell whether there are more."""
    access.require(viewer, Action.JOB_VIEW)
    rows = queries.listed(session, kind=kind, limit=size + 1, offset=(page - 1) * size)
    return tuple(_job(row, now) for row in rows[:size]), len(rows) > size


def _job(row: Any, now: datetime) -> JobRow:
    if row.due_at is None:
        state = "incident"
    elif row.leased_until is not None and row.leased_until > now:
        state = "leased"
    elif row.attempts:
        state = "failing"
    else:
        state = "due" if row.due_at <= now else "waiting"
    return JobRow(
        id=row.id,
        kind=row.kind,
        name=row.name,
        element_id=row.element_id,
        instance_id=row.instance_id,
        due_at=row.due_at,
        leased_until=row.leased_until,
        attempts=row.attempts,
        max_attempts=row.max_attempts,
        last_error=row.last_error,
        state=state,
    )


def outbox(session: Session, viewer: Viewer, *, page: int = 1) -> tuple[tuple[MessageRow, ...], bool]:
    """List outgoing messages, newest first, and tell whether there are more."""
    access.require(viewer, Action.JOB_VIEW)
    rows = queries.outbox(session, limit=PAGE + 1, offset=(page - 1) * PAGE)
    found = tuple(
        MessageRow(row.id, row.connector, row.recipient, row.template, dict(row.fields), row.created_at, row.sent_at)
        for row in rows[:PAGE]
    )
    return found, len(rows) > PAGE


def audit_log(
    session: Session, viewer: Viewer, *, actor: str = "", subject: str = "", before: int | None = None
) -> tuple[tuple[AuditRow, ...], bool]:
    """List entries of the audit log, newest first, from the one before `before` on; and tell whether there are more."""
    access.require(viewer, Action.AUDIT_VIEW)
    rows = audit.entries(session, actor=actor, subject=subject, before=before, limit=PAGE + 1)
    names = people.names(session, [row.actor for row in rows])
    keys = instances.business_keys(session, [row.instance_id for row in rows if row.instance_id])
    found = tuple(
        AuditRow(
            id=row.id,
            at=row.at,
            actor=row.actor,
            actor_name=names.get(row.actor, row.actor),
            on_behalf_of=row.on_behalf_of,
            action=row.action,
            subject=row.subject,
            business_key=keys.get(row.instance_id, "") if row.instance_id else "",
            detail=dict(row.detail),
        )
        for row in rows[:PAGE]
    )
    return found, len(rows) > PAGE


def versions(session: Session, viewer: Viewer) -> tuple[VersionRow, ...]:
    """List every version of every process, the newest of each first."""
    access.require(viewer, Action.DEFINITION_VIEW)
    newest = {row.key: row.id for row in definitions.newest_processes(session)}
    return tuple(
        _version(row, newest=newest.get(row.key) == row.id)
        for key in sorted(definitions.process_keys(session))
        for row in definitions.process_versions(session, key)
    )


def process_versions(session: Session, viewer: Viewer, key: str) -> tuple[VersionRow, ...]:
    """List every version of a process, the newest first."""
    access.require(viewer, Action.DEFINITION_VIEW)
    newest = definitions.latest_process(session, key)
    rows = definitions.process_versions(session, key)
    return tuple(_version(row, newest=newest is not None and newest.id == row.id) for row in rows)


def version(session: Session, viewer: Viewer, definition_id: UUID) -> VersionRow:
    """Describe one version with the head of its regulation (A24, B60). Raises NotFoundError."""
    access.require(viewer, Action.DEFINITION_VIEW)
    row = definitions.process(session, definition_id)
    if row is None:
        raise NotFoundError
    newest = {found.key: found.id for found in definitions.newest_processes(session)}
    return _version(row, newest=newest.get(row.key) == row.id)


def _version(row: ProcessDefinition, *, newest: bool) -> VersionRow:
    return VersionRow(
        id=row.id,
        key=row.key,
        version=row.version,
        version_tag=row.version_tag,
        name=row.name,
        note=row.note,
        state=row.state,
        created_at=row.created_at,
        created_by=row.created_by,
        newest=newest,
        head={name: getattr(row, name) for name in HEAD},
        documentation=row.documentation,
        file=row.file,
    )


def running(session: Session, viewer: Viewer) -> Mapping[UUID, int]:
    """Count the running instances of each version; of one that was called, those with an open task in it."""
    access.require(viewer, Action.DEFINITION_VIEW)
    return moves.counts(session)


def version_id(session: Session, key: str, number: int = 0) -> UUID:
    """Give the id of a version of a process; 0 is the newest in force. Raises NotFoundError."""
    row = definitions.process_version(session, key, number) if number else definitions.latest_process(session, key)
    if row is None:
        raise NotFoundError(N_("There is no such version of a process."))
    return row.id


def process_names(session: Session, locale: str) -> dict[str, str]:
    """Map the keys of the processes in force to their names in a language."""
    newest = definitions.newest_processes(session)
    return {row.key: translate(session, row.id, row.name, locale) or row.key for row in newest}
