"""Administration: put running cases onto another version of their process: look first, decide, move, take back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from engine import access, definitions, instance_views, migration_batches, migrations, operations
from engine.access import Action
from engine.core.model import ACTIVITY_TYPES, GATEWAY_TYPES
from engine.errors import N_, InvalidInputError, KeyturnError, NotAllowedError, NotFoundError
from tasks_ui import context
from tasks_ui.i18n import translate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session
    from werkzeug.datastructures import MultiDict

    from engine.core.findings import Finding
    from engine.migrations import InstancePlan
    from engine.operations import VersionRow

blueprint = Blueprint("admin_versions", __name__, url_prefix="/admin")
SHOWN, LOOKED_AT = 100, 2_000
"""Cases listed for each outcome, and cases looked at: so many take about two seconds."""
PREFIX = "to:"
WAITS = ACTIVITY_TYPES | GATEWAY_TYPES | {"intermediateCatchEvent", "boundaryEvent"}
OUTCOMES = {
    "continues": (lazy_gettext("goes on where it is"), "chip-ok"),
    "moves": (lazy_gettext("goes on, with changes"), "chip-accent"),
    "decision": (lazy_gettext("needs a decision"), "chip-warn"),
}


def _decided(values: MultiDict[str, str]) -> dict[str, Any]:
    """Read what was decided: to which step each step goes, and what was agreed to."""
    mapping = {name.removeprefix(PREFIX): to for name, to in values.items() if name.startswith(PREFIX) and to}
    return {"mapping": mapping, "accept": values.getlist("agree")}


def _surroundings() -> dict[str, Any]:
    return {"now": context.utcnow(), "registry": context.registry()}


def _reason() -> str:
    reason = request.form.get("reason", "").strip()[:2000]
    if not reason:
        raise InvalidInputError(N_("Please say why."))
    return reason


def _chosen(values: MultiDict[str, str]) -> UUID | None:
    try:
        return UUID(values.get("target", ""))
    except ValueError:
        return None


def _questions(plans: Iterable[InstancePlan]) -> list[tuple[Finding, int]]:
    """List what has to be decided, each once, with the number of cases it concerns."""
    counted = Counter(finding for plan in plans for finding in plan.findings)
    return sorted(counted.items(), key=lambda item: (item[0].severity != "error", -item[1]))


def _steps(opened: Session, target: UUID) -> list[tuple[str, str]]:
    """List the steps of a version at which a case can wait."""
    nodes = definitions.program(opened, target).process.nodes.values()
    return [(node.id, node.name or node.id) for node in nodes if node.type in WAITS]


# One case


@blueprint.get("/instances/<uuid:instance_id>/version")
def show(instance_id: UUID) -> Response:
    """Show the versions a case can be put onto and, for the one chosen, what would become of it."""
    return _page(instance_id, request.args)


def _page(instance_id: UUID, values: MultiDict[str, str], problem: KeyturnError | None = None) -> Response:
    target, plan, steps = _chosen(values), None, list[tuple[str, str]]()
    with context.reading() as opened:
        viewer = context.viewer()
        access.require(viewer, Action.INCIDENT_VIEW)
        last = migrations.last_move(opened, viewer, instance_id)
        found = instance_views.describe(opened, instance_id, viewer, context.utcnow())
        used = {token.definition_id for token in found.tokens} | {str(found.head.definition_id)}
        rows = operations.versions(opened, viewer)
        keys = {row.key for row in rows if str(row.id) in used}
        versions = [row for row in rows if row.key in keys and str(row.id) not in used]
        if target is not None:
            try:
                (plan,) = migrations.dry_run(
                    opened, viewer, instance_ids=[instance_id], target_definition_id=target, **_decided(values),
                    **_surroundings(),
                )  # fmt: skip
            except InvalidInputError as error:
                problem = problem or error
            steps = _steps(opened, target)
    page = render_template(
        "admin_version.html",
        found=found,
        head=found.head,
        versions=versions,
        target=target,
        plan=plan,
        questions=_questions([plan] if plan else []),
        steps=steps,
        decided=_decided(values),
        outcomes=OUTCOMES,
        last=last,
        problem=translate(problem.template, problem.fields) if problem else "",
    )
    return make_response(page, problem.status if problem else 200)


@blueprint.post("/instances/<uuid:instance_id>/version")
def move(instance_id: UUID) -> Response:
    """Put a case onto another version. What keeps it from that is said on the page, and nothing is changed."""
    try:
        with context.transaction() as opened:
            migrations.migrate(
                opened, context.viewer(), instance_id, target_definition_id=_chosen(request.form) or instance_id,
                **_decided(request.form), **_surroundings(), reason=_reason(),
            )  # fmt: skip
    except (NotFoundError, NotAllowedError):
        raise
    except KeyturnError as problem:
        return _page(instance_id, request.form, problem)
    flash(gettext("The case is on the other version now. You can take it back as long as nothing is done."), "success")
    return make_response(redirect(url_for("admin_versions.show", instance_id=instance_id), 303))


@blueprint.post("/instances/<uuid:instance_id>/version/undo")
def undo(instance_id: UUID) -> Response:
    """Take a case back to the version it came from."""
    try:
        with context.transaction() as opened:
            migrations.undo(opened, context.viewer(), instance_id, now=context.utcnow(), reason=_reason())
    except (NotFoundError, NotAllowedError):
        raise
    except KeyturnError as problem:
        return _page(instance_id, request.form, problem)
    flash(gettext("The case is back on its earlier version."), "success")
    return make_response(redirect(url_for("admin_versions.show", instance_id=instance_id), 303))


# All cases of a version


@blueprint.get("/versions/<uuid:definition_id>")
def cases(definition_id: UUID) -> Response:
    """Say what would become of the running cases of a version, grouped by outcome."""
    return _cases(definition_id, request.args)


def _cases(definition_id: UUID, values: MultiDict[str, str], problem: KeyturnError | None = None) -> Response:
    plans: Sequence[InstancePlan] = ()
    with context.reading() as opened:
        migration_batches.listed(opened, context.viewer(), limit=1)  # only for those who may move
        rows = operations.versions(opened, context.viewer())
        source = next((row for row in rows if row.id == definition_id), None)
        if source is None:
            raise NotFoundError
        others = [row for row in rows if row.key == source.key and row.id != source.id]
        target = _target(values, others)
        if target is not None:
            try:
                plans = migrations.dry_run(
                    opened, context.viewer(), definition_id=definition_id, target_definition_id=target,
                    limit=LOOKED_AT, **_decided(values), **_surroundings(),
                )  # fmt: skip
            except InvalidInputError as error:
                problem = problem or error
        steps = _steps(opened, target) if target else []
        running = operations.running(opened, context.viewer()).get(definition_id, 0)
    page = render_template(
        "admin_version_cases.html",
        source=source,
        running=running,
        versions=others,
        target=target,
        groups=[(name, [plan for plan in plans if plan.outcome == name]) for name in reversed(OUTCOMES)],
        total=len(plans),
        shown=SHOWN,
        questions=_questions(plans),
        steps=steps,
        decided=_decided(values),
        outcomes=OUTCOMES,
        problem=translate(problem.template, problem.fields) if problem else "",
    )
    return make_response(page, problem.status if problem else 200)


def _target(values: MultiDict[str, str], others: Sequence[VersionRow]) -> UUID | None:
    """Take the version that was chosen, else the newest other one."""
    chosen = _chosen(values)
    return chosen or next((row.id for row in others), None)


@blueprint.post("/versions/<uuid:definition_id>")
def move_all(definition_id: UUID) -> Response:
    """Have the running cases of a version moved in the background."""
    try:
        with context.transaction() as opened:
            made = migration_batches.migrate_all(
                opened, context.viewer(), definition_id, target_definition_id=_chosen(request.form) or definition_id,
                reason=_reason(), now=context.utcnow(), **_decided(request.form),
            )  # fmt: skip
    except (NotFoundError, NotAllowedError):
        raise
    except KeyturnError as problem:
        return _cases(definition_id, request.form, problem)
    return make_response(redirect(url_for("admin_versions.batch", batch_id=made), 303))


@blueprint.get("/moves")
def batches() -> str:
    """List what was or is being moved in the background."""
    with context.reading() as opened:
        found = migration_batches.listed(opened, context.viewer())
    return render_template("admin_moves.html", batches=found)


@blueprint.get("/moves/<uuid:batch_id>")
def batch(batch_id: UUID) -> Response:
    """Show how far the moves have come, and which cases stayed where they were."""
    return _batch(batch_id)


def _batch(batch_id: UUID, problem: KeyturnError | None = None) -> Response:
    with context.reading() as opened:
        found, refused = migration_batches.progress(opened, context.viewer(), batch_id)
    said = translate(problem.template, problem.fields) if problem else ""
    page = render_template("admin_move.html", found=found, refused=refused, problem=said)
    return make_response(page, problem.status if problem else 200)


@blueprint.post("/moves/<uuid:batch_id>/undo")
def undo_all(batch_id: UUID) -> Response:
    """Have all cases that were moved together taken back in the background."""
    try:
        with context.transaction() as opened:
            migration_batches.undo_all(opened, context.viewer(), batch_id, reason=_reason(), now=context.utcnow())
    except (NotFoundError, NotAllowedError):
        raise
    except KeyturnError as problem:
        return _batch(batch_id, problem)
    return make_response(redirect(url_for("admin_versions.batch", batch_id=batch_id), 303))
