"""Undo the last change of version of an instance, as long as nothing has happened to it since."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine import access, instances
from engine.access import Action
from engine.errors import N_, ConflictError, NotFoundError
from engine.recording import MOVED, list_candidates
from storage import audit, definitions, moves
from storage import instances as instance_rows
from storage.tables.instances import MessageSubscription
from storage.tables.work import Job

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from storage.tables.instances import ProcessInstance
    from storage.tables.moves import InstanceMigration


@dataclass(frozen=True, slots=True)
class LastMove:
    """The last move of an instance that was not undone; `undoable` as long as nothing has happened since."""

    id: UUID
    from_version: int
    to_version: int
    moved_at: datetime
    actor: str
    undoable: bool


def kept_of(session: Session, instance: ProcessInstance) -> dict[str, Any]:
    """Give what a move changes, as it is now, as plain data."""
    jobs, subscriptions = moves.rows_of(session, instance.id)
    return {
        "definition_id": str(instance.definition_id),
        "variables": instance.variables,
        "waits": instance.waits,
        "tasks": [moves.plain(task, ("id", *MOVED)) for task in moves.open_tasks(session, instance.id).values()],
        "jobs": [moves.plain(job) for job in jobs],
        "subscriptions": [moves.plain(one) for one in subscriptions],
    }


def digest_of(session: Session, instance: ProcessInstance) -> str:
    """Recognise an instance to which nothing has happened since: a step leaves another state or a line of history."""
    last = moves.last_event(session, instance.id, besides="migrated")
    facts = f"{last} {instance.definition_id} {instance.business_key}".encode()
    return sha256(facts + b" " + instance.state).hexdigest()


def last_move(session: Session, viewer: Viewer, instance_id: UUID) -> LastMove | None:
    """Tell of the last move of an instance that was not undone. Raises NotFoundError, NotAllowedError."""
    instance = instance_rows.get(session, instance_id)
    if instance is None:
        raise NotFoundError(N_("There is no such process instance."))
    access.require(viewer, Action.INSTANCE_VIEW, instances.subject(session, instance))
    row = latest(session, instance)
    if row is None or row.moved_at is None:
        return None
    versions = [version_of(session, one) for one in (row.from_definition_id, row.to_definition_id)]
    undoable = instance.ended_at is None and row.digest == digest_of(session, instance)
    return LastMove(row.id, versions[0], versions[1], row.moved_at, row.actor, undoable)


def latest(session: Session, instance: ProcessInstance) -> InstanceMigration | None:
    """Find the last move; of several at one moment the one that left what is there now."""
    rows, digest = moves.last_of(session, instance.id), digest_of(session, instance)
    return next((row for row in rows if row.digest == digest), rows[0]) if rows else None


def version_of(session: Session, definition_id: UUID) -> int:
    """Give the number of a version, 0 when it is unknown."""
    row = definitions.process(session, definition_id)
    return row.version if row is not None else 0


def undo(
    session: Session,
    viewer: Viewer,
    instance_id: UUID,
    *,
    now: datetime,
    reason: str = "",
    move_id: UUID | None = None,
) -> None:
    """Put an instance back onto the version it was moved from, exactly as it was; tasks keep who took them since.

    `move_id`: only when this was the last move.

    Raises ConflictError when there is no such move or something has happened since, NotFoundError, NotAllowedError.
    """
    instance = instances.permitted(session, viewer, instance_id, Action.INSTANCE_MIGRATE)
    move = latest(session, instance)
    if move is None:
        raise ConflictError(N_("The process instance was not moved to another version."))
    if move.digest != digest_of(session, instance) or move_id not in {None, move.id}:
        raise ConflictError(N_("The process has gone on since: the change of version can no longer be undone."))
    kept = move.kept
    open_now = {key: value for key, value in (instance.waits or {}).items() if key == "incidents"}
    instance.definition_id = UUID(kept["definition_id"])
    instance.state, instance.variables = move.before, kept["variables"]
    instance.waits = {**{k: v for k, v in kept["waits"].items() if k != "incidents"}, **open_now}
    instance.updated_at = now
    _tasks_back(session, instance, kept["tasks"])
    jobs, subscriptions = moves.rows_of(session, instance.id)
    rows = [moves.row_values(Job, row) for row in kept["jobs"]]
    again = moves.put_back_jobs(session, jobs, rows, now=now)
    if move.moved_at is not None:
        moves.reopen_incidents(session, again, move.moved_at)
    rows = [moves.row_values(MessageSubscription, row) for row in kept["subscriptions"]]
    moves.put_back_subscriptions(session, subscriptions, rows)
    move.state, move.undone_at, move.undone_by = "undone", now, viewer.login
    _tell(session, viewer, instance, move, reason=reason, now=now)


def _tasks_back(session: Session, instance: ProcessInstance, kept: list[dict[str, Any]]) -> None:
    open_now = moves.open_tasks(session, instance.id)
    for values in kept:
        row = open_now[UUID(values["id"])]
        candidates = (row.candidate_groups, row.candidate_users)
        for name in MOVED:
            if getattr(row, name) != values[name]:
                setattr(row, name, values[name])
        if candidates != (row.candidate_groups, row.candidate_users):
            list_candidates(session, row)


def _tell(
    session: Session, viewer: Viewer, instance: ProcessInstance, move: InstanceMigration, *, reason: str, now: datetime
) -> None:
    versions = {"source": str(move.to_definition_id), "target": str(move.from_definition_id), "undone": True}
    line = {
        "instance_id": instance.id, "at": now, "actor": viewer.login, "action": "migrated", "detail": versions,
        "element_id": instance.process_key, "element_type": "process", "name": "", "token_id": None, "scope_id": "",
    }  # fmt: skip
    instance_rows.add_history(session, [line])
    audit.record(
        session, actor=viewer.login, action="instance.migrate.undo", subject=f"instance:{instance.id}",
        instance_id=instance.id, detail={**versions, "reason": reason}, now=now,
    )  # fmt: skip
    session.flush()
