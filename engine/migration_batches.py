"""Put many instances onto another version in the background: a job and a transaction each; a kill loses nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from engine import access, migration_undo, migrations
from engine.access import ADMIN, Action, Grant, Viewer
from engine.core.findings import Finding
from engine.errors import N_, ConflictError, InvalidInputError, MigrationRefused, NotFoundError
from storage import audit, definitions, instances, moves
from storage import jobs as queue
from storage.tables.moves import MigrationBatch

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from storage.tables.work import Job

KIND, UNDO = "migrate", "migrate_undo"
STATES = ("pending", "moved", "refused", "skipped", "undone", "undoing", "stayed")
PRIORITY = 10
"""After everything of the same moment: cases that go on come first."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch has come. `refused` need a decision, `skipped` ended or were moved by somebody meanwhile.

    `undoing` wait to be taken back, `stayed` could not be taken back because they had gone on.
    """

    id: UUID
    process_key: str
    from_definition_id: UUID
    to_definition_id: UUID
    from_version: int
    to_version: int
    created_at: datetime
    created_by: str
    reason: str
    pending: int
    moved: int
    refused: int
    skipped: int
    undone: int
    undoing: int
    stayed: int

    @property
    def total(self) -> int:
        """All instances of the batch."""
        return self.pending + self.undoing + self.done

    @property
    def done(self) -> int:
        """Those that have had their turn."""
        return self.moved + self.refused + self.skipped + self.undone + self.stayed

    @property
    def finished(self) -> bool:
        """Tell whether nothing is left to do."""
        return self.pending == self.undoing == 0


@dataclass(frozen=True, slots=True)
class Refused:
    """An instance that was left on its version, and why; without findings: it had gone on and was not taken back."""

    instance_id: UUID
    business_key: str
    title: str
    findings: tuple[Finding, ...]


def migrate_all(
    session: Session,
    viewer: Viewer,
    definition_id: UUID,
    *,
    target_definition_id: UUID,
    mapping: Mapping[str, str] | None = None,
    accept: Collection[str] = (),
    instance_ids: Collection[UUID] | None = None,
    reason: str = "",
    now: datetime,
) -> UUID:
    """Have the running instances of a version, or those of `instance_ids`, moved in the background; return the batch.

    Raises InvalidInputError for a mapping of unknown elements or a version of another process, NotAllowedError.
    """
    access.require(viewer, Action.DEFINITION_MIGRATE)
    migrations.check_pair(session, definition_id, target_definition_id, mapping or {})
    chosen = moves.running(session, definition_id, instance_ids)
    row = MigrationBatch(
        id=uuid4(), from_definition_id=definition_id, to_definition_id=target_definition_id,
        mapping=dict(mapping or {}), accept=sorted(accept), reason=reason, created_at=now, created_by=viewer.login,
    )  # fmt: skip
    versions = {"from_definition_id": definition_id, "to_definition_id": target_definition_id}
    wanted = [{"id": uuid4(), "batch_id": row.id, "instance_id": one, "actor": viewer.login} for one in chosen]
    jobs = [_job(KIND, one["id"], one["instance_id"], now) for one in wanted]
    moves.add_batch(session, row, [one | versions for one in wanted], jobs)
    queue.wake(session)
    detail = {"to": str(target_definition_id), "instances": len(chosen), "reason": reason}
    detail |= {"mapping": row.mapping, "accept": row.accept}
    subject = f"definition:{definition_id}"
    audit.record(session, actor=viewer.login, action="definition.migrate", subject=subject, detail=detail, now=now)
    session.flush()
    return row.id


def _job(kind: str, move_id: Any, instance_id: Any, now: datetime, **payload: str) -> dict[str, Any]:
    return {
        "kind": kind, "name": "", "instance_id": instance_id, "due_at": now, "created_at": now, "priority": PRIORITY,
        "payload": {"move": str(move_id), **payload},
    }  # fmt: skip


def carry_out(session: Session, job: Job, now: datetime, registry: Registry) -> None:
    """Move one instance of a batch: locked first, then the job deleted, then the move, all in one transaction."""
    instance = instances.lock(session, job.instance_id) if job.instance_id else None
    move = moves.get(session, UUID(job.payload["move"]))
    if not queue.finish(session, job) or move is None or move.state != "pending":
        return
    batch = moves.batch(session, move.batch_id) if move.batch_id else None
    here = instance is not None and not instance.ended_at and migrations.stands_on(instance, move.from_definition_id)
    if instance is None or batch is None or not here:
        move.state = "skipped"
        return
    viewer = Viewer(batch.created_by, batch.created_by, (Grant(ADMIN),))
    try:
        migrations.carry_out(
            session, instance, move, viewer=viewer, mapping=batch.mapping, accept=batch.accept, reason=batch.reason,
            now=now, registry=registry,
        )  # fmt: skip
    except MigrationRefused as refused:
        move.state, move.findings = "refused", [asdict(finding) for finding in refused.findings]
        session.flush()


def undo_all(session: Session, viewer: Viewer, batch_id: UUID, *, reason: str, now: datetime) -> int:
    """Have all that a batch has moved put back in the background, and move no more of it; return how many.

    A case that has gone on since stays on the version it is on. Raises ConflictError when nothing is left to put back,
    NotFoundError, NotAllowedError.
    """
    access.require(viewer, Action.DEFINITION_MIGRATE)
    if moves.batch(session, batch_id) is None:
        raise NotFoundError(N_("There is no such change of versions."))
    if not reason.strip():
        raise InvalidInputError(N_("Please say why."))
    stopped = moves.change_states(session, batch_id, "pending", "skipped")
    found = moves.change_states(session, batch_id, "moved", "undoing")
    if not found and not stopped:
        raise ConflictError(N_("Nothing is left to take back."))
    given = {"actor": viewer.login, "reason": reason.strip()}
    moves.add_jobs(session, [_job(UNDO, move, instance, now, **given) for move, instance in found])
    queue.wake(session)
    detail = {"instances": len(found), "not_moved": len(stopped), "reason": given["reason"]}
    subject = f"migration:{batch_id}"
    audit.record(session, actor=viewer.login, action="definition.migrate.undo", subject=subject, detail=detail, now=now)
    session.flush()
    return len(found)


def carry_out_undo(session: Session, job: Job, now: datetime, _registry: Registry) -> None:
    """Put one instance of a batch back, unless it has gone on since: locked first, then the job deleted."""
    instance = instances.lock(session, job.instance_id) if job.instance_id else None
    move = moves.get(session, UUID(job.payload["move"]))
    if not queue.finish(session, job) or move is None or move.state != "undoing":
        return
    actor = job.payload["actor"]
    viewer = Viewer(actor, actor, (Grant(ADMIN),))
    waiting = {one.id: one for one in (moves.of_instance(session, instance.id, "undoing") if instance else ())}
    while instance is not None and waiting:
        # of several moves of a case, the last one goes first
        last = migration_undo.latest(session, instance) if len(waiting) > 1 else next(iter(waiting.values()))
        if last is None or waiting.pop(last.id, None) is None:
            break
        try:
            migration_undo.undo(session, viewer, instance.id, now=now, reason=job.payload["reason"], move_id=last.id)
        except ConflictError:  # it has gone on; this is found out before anything is changed
            last.state = "stayed"
        session.flush()
    if move.state == "undoing":
        move.state = "stayed"
    session.flush()


def listed(session: Session, viewer: Viewer, *, limit: int = 50) -> tuple[Progress, ...]:
    """List batches, newest first."""
    access.require(viewer, Action.DEFINITION_MIGRATE)
    return _progress(session, moves.batches(session, limit))


def progress(session: Session, viewer: Viewer, batch_id: UUID) -> tuple[Progress, tuple[Refused, ...]]:
    """Say how far a batch has come, and which instances were refused. Raises NotFoundError, NotAllowedError."""
    access.require(viewer, Action.DEFINITION_MIGRATE)
    row = moves.batch(session, batch_id)
    if row is None:
        raise NotFoundError(N_("There is no such change of versions."))
    problems = tuple(
        Refused(instance.id, instance.business_key, instance.title, tuple(Finding(**one) for one in move.findings))
        for state in ("refused", "stayed")
        for move, instance in moves.in_state(session, batch_id, state)
    )
    return _progress(session, [row])[0], problems


def _progress(session: Session, rows: Sequence[MigrationBatch]) -> tuple[Progress, ...]:
    counted = moves.progress(session, [row.id for row in rows])
    found = []
    for row in rows:
        source, target = (definitions.process(session, one) for one in (row.from_definition_id, row.to_definition_id))
        states = counted.get(row.id, {})
        found.append(
            Progress(
                id=row.id,
                process_key=source.key if source else "",
                from_definition_id=row.from_definition_id,
                to_definition_id=row.to_definition_id,
                from_version=source.version if source else 0,
                to_version=target.version if target else 0,
                created_at=row.created_at,
                created_by=row.created_by,
                reason=row.reason,
                **{name: states.get(name, 0) for name in STATES},
            )
        )
    return tuple(found)
