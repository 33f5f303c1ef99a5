"""Put running instances onto another version of their process: what would happen, one, many, and back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from engine import instance_views, migration_batches, migrations, operations
from tasks_ui.api import models_instances, models_migrations
from tasks_ui.api.operation import operation
from tasks_ui.api.schema import fill

if TYPE_CHECKING:
    from uuid import UUID

    from tasks_ui.api.operation import Call

TAG = "versions of instances"
ONE = "/instances/<uuid:instance_id>"
LISTED, LOOKED_AT = 1_000, 2_000
"""So many are looked at in about two seconds."""


def _decided(body: Any) -> dict[str, Any]:
    return {"mapping": {step.from_element: step.to_element for step in body.steps}, "accept": body.accept}


def _target(call: Call, instance_id: UUID) -> UUID:
    body: models_migrations.MigrationRequest = call.body
    found = instance_views.describe(call.session, instance_id, call.viewer, call.now)
    return operations.version_id(call.session, body.process or found.head.process_key, body.version)


@operation(
    "POST",
    f"{ONE}/migration-plan",
    TAG,
    body=models_migrations.MigrationRequest,
    answer=models_migrations.InstancePlan,
    reads=True,
)
def plan_migration(call: Call, instance_id: UUID) -> models_migrations.InstancePlan:
    """Say what would become of an instance on another version; nothing is changed."""
    (found,) = migrations.dry_run(
        call.session, call.viewer, instance_ids=[instance_id], target_definition_id=_target(call, instance_id),
        now=call.now, registry=call.registry, **_decided(call.body),
    )  # fmt: skip
    return fill(models_migrations.InstancePlan, found)


@operation(
    "POST", f"{ONE}/migrate", TAG, body=models_migrations.MigrationRequest, answer=models_instances.InstanceDetail
)
def migrate(call: Call, instance_id: UUID) -> models_instances.InstanceDetail:
    """Put an instance onto another version, whole or not at all.

    Its tasks keep who has taken them, drafts, dates and comments; its timers the moment they are due. When somebody has
    to decide first, nothing is changed and the problem lists the findings.
    """
    migrations.migrate(
        call.session, call.viewer, instance_id, target_definition_id=_target(call, instance_id), now=call.now,
        registry=call.registry, reason=call.body.reason, **_decided(call.body),
    )  # fmt: skip
    return _after(call, instance_id)


@operation("POST", f"{ONE}/migrate/undo", TAG, body=models_instances.Because, answer=models_instances.InstanceDetail)
def undo_migration(call: Call, instance_id: UUID) -> models_instances.InstanceDetail:
    """Undo the last change of version of an instance, as long as nothing has happened since."""
    migrations.undo(call.session, call.viewer, instance_id, now=call.now, reason=call.body.reason)
    return _after(call, instance_id)


def _after(call: Call, instance_id: UUID) -> models_instances.InstanceDetail:
    found = instance_views.describe(call.session, instance_id, call.viewer, call.now)
    return fill(models_instances.InstanceDetail, found)


# Many


def _pair(call: Call, key: str) -> tuple[UUID, UUID]:
    body: models_migrations.BatchRequest = call.body
    source = operations.version_id(call.session, key, body.from_version)
    return source, operations.version_id(call.session, key, body.version)


@operation(
    "POST",
    "/definitions/<key>/migration-plan",
    TAG,
    body=models_migrations.BatchRequest,
    answer=models_migrations.Plans,
    reads=True,
)
def plan_migrations(call: Call, key: str) -> models_migrations.Plans:
    """Say what would become of the running instances of a version; nothing is changed.

    The oldest 2,000 are looked at; name `instances` to look at others.
    """
    source, target = _pair(call, key)
    chosen = call.body.instances
    running = migrations.count(call.session, call.viewer, source, only=chosen)
    found = migrations.dry_run(
        call.session, call.viewer, definition_id=source, target_definition_id=target, now=call.now,
        registry=call.registry, only=chosen, limit=LOOKED_AT, **_decided(call.body),
    )  # fmt: skip
    counts = Counter(plan.outcome for plan in found)
    items = fill(tuple[models_migrations.InstancePlan, ...], found[:LISTED])
    return models_migrations.Plans(counts["continues"], counts["moves"], counts["decision"], running, items)


@operation(
    "POST",
    "/definitions/<key>/migrate",
    TAG,
    body=models_migrations.BatchRequest,
    answer=models_migrations.Migration,
    status=202,
)
def migrate_instances(call: Call, key: str) -> models_migrations.Migration:
    """Have the running instances of a version moved in the background, each whole or not at all."""
    source, target = _pair(call, key)
    made = migration_batches.migrate_all(
        call.session, call.viewer, source, target_definition_id=target, instance_ids=call.body.instances,
        reason=call.body.reason, now=call.now, **_decided(call.body),
    )  # fmt: skip
    found, _ = migration_batches.progress(call.session, call.viewer, made)
    return fill(models_migrations.Migration, found)


@operation("GET", "/migrations", TAG, answer=models_migrations.Migrations)
def list_migrations(call: Call) -> models_migrations.Migrations:
    """List what was or is being moved in the background, newest first."""
    found = migration_batches.listed(call.session, call.viewer)
    return models_migrations.Migrations(fill(tuple[models_migrations.Migration, ...], found))


@operation("GET", "/migrations/<uuid:batch_id>", TAG, answer=models_migrations.MigrationDetail)
def get_migration(call: Call, batch_id: UUID) -> models_migrations.MigrationDetail:
    """Say how far moves in the background have come, and which instances were refused."""
    found, refused = migration_batches.progress(call.session, call.viewer, batch_id)
    return models_migrations.MigrationDetail(
        fill(models_migrations.Migration, found), fill(tuple[models_migrations.RefusedInstance, ...], refused)
    )


@operation(
    "POST",
    "/migrations/<uuid:batch_id>/undo",
    TAG,
    body=models_instances.Because,
    answer=models_migrations.Migration,
    status=202,
)
def undo_migrations(call: Call, batch_id: UUID) -> models_migrations.Migration:
    """Have all instances of a batch put back in the background; one that has gone on since stays where it is."""
    migration_batches.undo_all(call.session, call.viewer, batch_id, reason=call.body.reason, now=call.now)
    found, _ = migration_batches.progress(call.session, call.viewer, batch_id)
    return fill(models_migrations.Migration, found)


OPERATIONS = (
    plan_migration, migrate, undo_migration, plan_migrations, migrate_instances, list_migrations, get_migration,
    undo_migrations,
)  # fmt: skip
