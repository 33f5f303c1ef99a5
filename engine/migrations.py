"""Put running instances onto another version of their process, or say what would become of them (ENGINE.md §6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from engine import access, definitions, instances
from engine.access import Action
from engine.core import migration
from engine.core.findings import Finding
from engine.core.snapshot import Saved
from engine.errors import N_, ConflictError, InvalidInputError, KeyturnError, MigrationRefused, NotFoundError
from engine.migration_undo import LastMove, digest_of, kept_of, last_move, undo
from engine.recording import retell
from storage import definitions as definition_rows
from storage import instances as instance_rows
from storage import moves

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.core.migration import Move, Plan
    from engine.core.program import Program
    from engine.core.snapshot import Environment, Snapshot
    from storage.tables.definitions import ProcessDefinition
    from storage.tables.instances import ProcessInstance
    from storage.tables.moves import InstanceMigration

__all__ = [
    "ALL",
    "InstancePlan",
    "LastMove",
    "Target",
    "carry_out",
    "check_pair",
    "count",
    "dry_run",
    "foresee",
    "last_move",
    "migrate",
    "undo",
]

ALL = migration.ALL
QUIET = frozenset({"migrated", "entered", "canceled"})
"""What a move may do without anything having gone on: then it can be undone."""


@dataclass(frozen=True, slots=True)
class InstancePlan:
    """What would become of an instance. Findings: errors need a mapping, warnings somebody's consent."""

    instance_id: UUID
    business_key: str
    title: str
    process_key: str
    from_version: int
    to_version: int
    outcome: Literal["continues", "moves", "decision"]
    moves: tuple[Move, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A version to move to, stored or only drafted.

    `around` gives what a step may use, by the stored version that the instance itself would run on then (None: this).
    """

    program: Program
    version: int
    around: Callable[[UUID | None], Environment]


# Looking


def dry_run(
    session: Session,
    viewer: Viewer,
    *,
    target_definition_id: UUID,
    instance_ids: Collection[UUID] | None = None,
    definition_id: UUID | None = None,
    only: Collection[UUID] | None = None,
    limit: int | None = None,
    mapping: Mapping[str, str] | None = None,
    accept: Collection[str] = (),
    now: datetime,
    registry: Registry,
) -> tuple[InstancePlan, ...]:
    """Say what would become of instances, or of the running ones of a version (those in `only`), without keeping it.

    `limit`: no more than so many of a version, the oldest first.

    Raises InvalidInputError when the mapping names unknown elements, NotFoundError, NotAllowedError.
    """
    row = _definition(session, target_definition_id)
    if instance_ids is None:
        _check_pair(session, _definition(session, definition_id or row.id), row, mapping or {})

    def around(own: UUID | None) -> Environment:
        return definitions.environment(
            session, now=now, registry=registry, definition_id=own or target_definition_id, decided=[]
        )

    target = Target(definitions.program(session, row.id), row.version, around)
    if instance_ids is None:
        return foresee(
            session, viewer, definition_id=definition_id or row.id, target=target, only=only, limit=limit,
            mapping=mapping, accept=accept,
        )  # fmt: skip
    for one in instance_ids:
        instance = instance_rows.get(session, one)
        if instance is None:
            raise NotFoundError(N_("There is no such process instance."))
        access.require(viewer, Action.INSTANCE_MIGRATE, instances.subject(session, instance))
    wanted = _Wanted(mapping or {}, accept, definition_id)
    return tuple(_planned(session, one, target, wanted) for one in moves.whole(session, list(instance_ids)))


def foresee(
    session: Session,
    viewer: Viewer,
    *,
    definition_id: UUID,
    target: Target,
    only: Collection[UUID] | None = None,
    limit: int | None = None,
    mapping: Mapping[str, str] | None = None,
    accept: Collection[str] = (),
) -> tuple[InstancePlan, ...]:
    """Say what would become of the running instances of a version on one that need not be stored, oldest first.

    Raises InvalidInputError when the mapping names unknown elements, NotAllowedError.
    """
    access.require(viewer, Action.DEFINITION_MIGRATE)
    migration.check_mapping(definitions.program(session, definition_id), target.program, mapping or {})
    wanted = _Wanted(mapping or {}, accept, definition_id)
    chosen = moves.running(session, definition_id, only)[:limit]
    return tuple(_planned(session, one, target, wanted) for one in moves.whole(session, chosen))


def count(session: Session, viewer: Viewer, definition_id: UUID, *, only: Collection[UUID] | None = None) -> int:
    """Count the running instances of a version, or those of `only` among them. Raises NotAllowedError."""
    access.require(viewer, Action.DEFINITION_MIGRATE)
    return len(moves.running(session, definition_id, only))


@dataclass(frozen=True, slots=True)
class _Wanted:
    mapping: Mapping[str, str]
    accept: Collection[str]
    source: UUID | None = None


def _definition(session: Session, definition_id: UUID) -> ProcessDefinition:
    row = definition_rows.process(session, definition_id)
    if row is None:
        raise NotFoundError(N_("There is no such version of a process."))
    return row


def _check_pair(
    session: Session, source: ProcessDefinition, target: ProcessDefinition, mapping: Mapping[str, str]
) -> None:
    """Refuse versions of different processes and a mapping of elements that are not there."""
    if source.key != target.key:
        raise InvalidInputError(N_("The version belongs to another process."))
    if source.id == target.id:
        raise InvalidInputError(N_("Choose another version than the one they have."))
    migration.check_mapping(definitions.program(session, source.id), definitions.program(session, target.id), mapping)


def check_pair(session: Session, source_id: UUID, target_id: UUID, mapping: Mapping[str, str]) -> None:
    """Refuse versions of different processes and a mapping of elements that are not there.

    Raises InvalidInputError, NotFoundError.
    """
    _check_pair(session, _definition(session, source_id), _definition(session, target_id), mapping)


@dataclass(frozen=True, slots=True)
class _Pair:
    """The programs of a move; `within` is the instance's own when a process it called is moved."""

    old: Program
    new: Program
    within: Program | None


def stands_on(instance: ProcessInstance, definition_id: UUID) -> bool:
    """Tell whether an instance runs on a version, or has called it."""
    used = {token[5] for token in (instance.waits or {}).get("tokens", ())}
    return instance.definition_id == definition_id or str(definition_id) in used


def _pair(session: Session, instance: ProcessInstance, new: Program, source: UUID | None = None) -> _Pair:
    """Find what is to be moved: the instance itself, or a process it has called (the one on `source`, if given)."""
    own = definitions.program(session, instance.definition_id)
    if instance.ended_at is not None:
        raise ConflictError(N_("The process instance has ended."))
    if own.key == new.key:
        if own.definition_id == new.definition_id:
            raise ConflictError(N_("The process instance is on this version already."))
        return _Pair(own, new, None)
    used = dict.fromkeys(token[5] for token in (instance.waits or {}).get("tokens", ()))
    called = [found for name in used if (found := definitions.program(session, name)).key == new.key]
    if not called:
        raise InvalidInputError(N_("The version belongs to another process."))
    wanted = {str(source)} if source else {found.definition_id for found in called}
    older = [found for found in called if found.definition_id in wanted - {new.definition_id}]
    if not older:
        raise ConflictError(N_("The process instance is on this version already."))
    return _Pair(older[0], new, own)


def _planned(session: Session, instance: ProcessInstance, target: Target, wanted: _Wanted) -> InstancePlan:
    before = _definition(session, instance.definition_id)
    found: Plan | None = None
    try:
        pair = _pair(session, instance, target.program, wanted.source)
        before = _definition(session, UUID(pair.old.definition_id))
        saved = _saved(instance)
        found = migration.plan(
            pair.old, pair.new, saved, wanted.mapping, accept=wanted.accept, called=pair.within is not None
        )
        if not found.decisions:
            _moved(pair, saved, target.around(None if pair.within is None else instance.definition_id), wanted)
        findings = found.findings
    except MigrationRefused as refused:
        findings = refused.findings
    except InvalidInputError:  # what was asked for is wrong, not the instance
        raise
    except KeyturnError as error:
        findings = (_trouble(error),)
    outcome = found.outcome if found is not None and findings == found.findings else "decision"
    return InstancePlan(
        instance_id=instance.id,
        business_key=instance.business_key,
        title=instance.title,
        process_key=instance.process_key,
        from_version=before.version,
        to_version=target.version,
        outcome=outcome,
        moves=found.moves if found is not None else (),
        findings=findings,
    )


def _saved(instance: ProcessInstance) -> Saved:
    return Saved(instance.state or b"", instance.variables or {})


def _trouble(error: KeyturnError) -> Finding:
    element = str(getattr(error, "element_id", ""))
    return Finding(element, "cannot-go-on", "error", str(error), f"按新版本无法继续：{error}", name=element)


def _moved(pair: _Pair, saved: Saved, env: Environment, wanted: _Wanted) -> Snapshot:
    """Move in memory; whatever the new version stumbles over is a reason to refuse."""
    try:
        return migration.migrate(
            pair.old, pair.new, saved, env, wanted.mapping, accept=wanted.accept, within=pair.within
        )
    except MigrationRefused:
        raise
    except KeyturnError as error:
        raise MigrationRefused((_trouble(error),)) from error


# Moving


def migrate(
    session: Session,
    viewer: Viewer,
    instance_id: UUID,
    *,
    target_definition_id: UUID,
    mapping: Mapping[str, str] | None = None,
    now: datetime,
    registry: Registry,
    accept: Collection[str] = (),
    reason: str = "",
) -> Plan:
    """Put a running instance, or a process it has called, onto another version: whole or not at all.

    `mapping` names elements of the new version by those of the old one ("": a waiting event begins anew); `accept`
    lists the elements whose warnings somebody agrees to ("*": all).

    Raises:
        MigrationRefused: somebody has to decide first. ConflictError: it is there already, or has ended.
        InvalidInputError: the mapping, or a version of another process. NotFoundError, NotAllowedError.
    """
    instance = instances.permitted(session, viewer, instance_id, Action.INSTANCE_MIGRATE)
    target = _definition(session, target_definition_id)
    pair = _pair(session, instance, definitions.program(session, target.id))
    move = moves.add(
        session, instance_id=instance.id, from_definition_id=UUID(pair.old.definition_id),
        to_definition_id=target.id, actor=viewer.login,
    )  # fmt: skip
    return carry_out(
        session, instance, move, viewer=viewer, mapping=mapping or {}, accept=accept, reason=reason, now=now,
        registry=registry,
    )  # fmt: skip


def carry_out(
    session: Session,
    instance: ProcessInstance,
    move: InstanceMigration,
    *,
    viewer: Viewer,
    mapping: Mapping[str, str],
    accept: Collection[str],
    reason: str,
    now: datetime,
    registry: Registry,
) -> Plan:
    """Move a locked instance and keep what an undo needs. Raises MigrationRefused before anything is written."""
    target = _definition(session, move.to_definition_id)
    pair = _pair(session, instance, definitions.program(session, target.id), move.from_definition_id)
    wanted = _Wanted(mapping, accept)
    saved, own = _saved(instance), instance.definition_id
    plan = migration.plan(pair.old, pair.new, saved, mapping, accept=accept, called=pair.within is not None)
    made: list[Snapshot] = []

    def go(_program: Program, _saved: Saved, env: Environment) -> Snapshot:
        made.append(_moved(pair, saved, env, wanted))
        return made[0]

    known = moves.open_tasks(session, instance.id)
    before, kept = instance.state, kept_of(session, instance)
    detail = {"from": str(move.from_definition_id), "to": str(target.id), "version": target.version, "reason": reason}
    detail |= {"mapping": dict(mapping), "accept": sorted(accept)}
    if pair.within is None:
        instance.definition_id = target.id
    try:
        instances.step(
            session, instance, go, actor=viewer, action="instance.migrate", now=now, registry=registry, detail=detail
        )
    except MigrationRefused:
        instance.definition_id = own
        raise
    others = {f.element_id for f in plan.findings if f.rule == "role-changed"}
    reassigned = {m.token_id for m in plan.moves if m.element_id in others}
    retell(session, instance, made[0], known=known, reassigned=reassigned, now=now)
    session.flush()
    move.state, move.moved_at = "moved", now
    if {event.action for event in made[0].history} <= QUIET:
        move.before, move.kept = before, kept
        move.digest = digest_of(session, instance)
    session.flush()
    return plan
