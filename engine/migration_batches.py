"""Put many instances onto another version in the background: a job and a transaction each; a kill loses nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from engine import access, migrations
from engine.access import ADMIN, Action, Grant, Viewer
from engine.core.findings import Finding
from engine.errors import N_, MigrationRefused, NotFoundError
from storage import audit, definitions, instances, moves
from storage import jobs as queue
from storage.tables.moves import MigrationBatch

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from storage.tables.work import Job

KIND = "migrate"
PRIORITY = 10
"""After everything of the same moment: cases that go on come first."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch has come. `refused` need a decision, `skipped` ended or were moved by somebody meanwhile."""

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

    @property
    def total(self) -> int:
        """All instances of the batch."""
        return self.pending + self.done

    @property
    def done(self) -> int:
        """Those that have had their turn."""
        return self.moved + self.refused + self.skipped + self.undone

    @property
    def finished(self) -> bool:
        """Tell whether nothing is left to do."""
        return self.pending == 0


@dataclass(frozen=True, slots=True)
class Refused:
    """An instance that was left on its version, and why."""

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
    jobs = [_job(one["id"], one["instance_id"], now) for one in wanted]
    moves.add_batch(session, row, [one | versions for one in wanted], jobs)
    queue.wake(session)
    detail = {"to": str(target_definition_id), "instances": len(chosen), "reason": reason}
    detail |= {"mapping": row.mapping, "accept": row.accept}
    subject = f"definition:{definition_id}"
    audit.record(session, actor=viewer.login, action="definition.migrate", subject=subject, detail=detail, now=now)
    session.flush()
    return row.id


def _job(move_id: Any, instance_id: Any, now: datetime) -> dict[str, Any]:
    return {
        "kind": KIND, "name": "", "instance_id": instance_id, "due_at": now, "created_at": now, "priority": PRIORITY,
        "payload": {"move": str(move_id)},
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
        for move, instance in moves.refused(session, batch_id)
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
                **{name: states.get(name, 0) for name in ("pending", "moved", "refused", "skipped", "undone")},
            )
        )
    return tuple(found)
