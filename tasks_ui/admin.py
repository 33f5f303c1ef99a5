"""Administration of the running work: incidents, jobs, outgoing messages, versions, the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from engine import access, operations
from engine import incidents as incident_cases
from engine.access import Action
from tasks_ui import context
from tasks_ui.studio import audited

if TYPE_CHECKING:
    from uuid import UUID

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
JOB_KINDS = {
    "timer": lazy_gettext("Timers"),
    "service": lazy_gettext("Service tasks"),
    "message": lazy_gettext("Messages"),
    "signal": lazy_gettext("Signals"),
    "outbox": lazy_gettext("Outgoing messages"),
    "migrate": lazy_gettext("Changes of version"),
    "migrate_undo": lazy_gettext("Changes of version taken back"),
    "periodic": lazy_gettext("Periodic work"),
}
JOB_STATES = {
    "waiting": (lazy_gettext("waiting"), ""),
    "due": (lazy_gettext("due"), "chip-accent"),
    "leased": (lazy_gettext("running"), "chip-ok"),
    "failing": (lazy_gettext("failing"), "chip-warn"),
    "incident": (lazy_gettext("incident"), "chip-danger"),
}

AUDIT_ACTIONS = {
    "attachment.remove": lazy_gettext("File removed"),
    "calendar.clear": lazy_gettext("Calendar day cleared"),
    "calendar.set": lazy_gettext("Calendar day set"),
    "comment": lazy_gettext("Comment written"),
    "deadline.failed": lazy_gettext("Deadline could not be dealt with"),
    "definition.head": lazy_gettext("Head of a process changed"),
    "definition.migrate": lazy_gettext("Cases of a version moved to another"),
    "definition.migrate.undo": lazy_gettext("Cases of a version taken back"),
    "deliver": lazy_gettext("Files delivered by a program"),
    "deploy": lazy_gettext("Version published"),
    "incident.close": lazy_gettext("Incident closed"),
    "instance.cancel": lazy_gettext("Case cancelled"),
    "instance.migrate": lazy_gettext("Case moved to another version"),
    "instance.migrate.undo": lazy_gettext("Change of version taken back"),
    "instance.move": lazy_gettext("Case moved to another step"),
    "instance.resume": lazy_gettext("Case resumed"),
    "instance.start": lazy_gettext("Case started"),
    "instance.start_element": lazy_gettext("Step started by an operator"),
    "instance.suspend": lazy_gettext("Case suspended"),
    "instance.variables": lazy_gettext("Data of the case changed"),
    "listener": lazy_gettext("Case brought up to date"),
    "login": lazy_gettext("Signed in"),
    "login.failed": lazy_gettext("Sign-in failed"),
    "message": lazy_gettext("Message received"),
    "password": lazy_gettext("Password changed"),
    "phone": lazy_gettext("Phone number looked at"),
    "paper.issue": lazy_gettext("Sheet issued"),
    "print": lazy_gettext("Sheet printed"),
    "service": lazy_gettext("Service carried out"),
    "signal": lazy_gettext("Signal received"),
    "substitution": lazy_gettext("Substitute named"),
    "substitution.end": lazy_gettext("Substitution ended"),
    "task.cancel": lazy_gettext("Task cancelled"),
    "task.claim": lazy_gettext("Task taken"),
    "task.complete": lazy_gettext("Task completed"),
    "task.delegate": lazy_gettext("Task delegated"),
    "task.due": lazy_gettext("Deadline of a task changed"),
    "task.reassign": lazy_gettext("Task handed on"),
    "task.release": lazy_gettext("Task given back"),
    "timer": lazy_gettext("Timer went off"),
    "token.cancel": lazy_gettext("Step withdrawn by an operator"),
    "token.new": lazy_gettext("Access key made"),
    "token.revoke": lazy_gettext("Access key revoked"),
    "user.grants": lazy_gettext("Roles changed"),
    "user.save": lazy_gettext("Person changed"),
}


def _page() -> int:
    return max(request.args.get("page", 1, type=int), 1)


@blueprint.get("/")
def index() -> str:
    """Show what waits, at a glance."""
    with context.reading() as opened:
        found = operations.overview(opened, context.viewer(), now=context.utcnow())
    return render_template("admin_index.html", found=found, kinds=JOB_KINDS, settings=context.settings())


@blueprint.get("/incidents")
def incidents() -> str:
    """List what needs a person, newest first."""
    with context.reading() as opened:
        found = incident_cases.list_open(opened, context.viewer())
    return render_template("admin_incidents.html", incidents=found, viewer=context.viewer())


@blueprint.post("/incidents/<uuid:incident_id>/retry")
def retry(incident_id: UUID) -> Response:
    """Try again what failed."""
    with context.transaction() as opened:
        incident_cases.retry(opened, context.viewer(), incident_id, now=context.utcnow(), registry=context.registry())
    flash(gettext("It is being tried again."), "success")
    return make_response(redirect(url_for("admin.incidents"), 303))


@blueprint.post("/incidents/<uuid:incident_id>/resolve")
def resolve(incident_id: UUID) -> Response:
    """Put an incident aside, with what was done about it."""
    with context.transaction() as opened:
        incident_cases.resolve(
            opened, context.viewer(), incident_id, reason=request.form.get("note", "").strip(), now=context.utcnow()
        )
    flash(gettext("The incident is closed."), "success")
    return make_response(redirect(url_for("admin.incidents"), 303))


@blueprint.get("/jobs")
def jobs() -> str:
    """List the worker's jobs."""
    kind, page = request.args.get("kind", ""), _page()
    kind = kind if kind in JOB_KINDS else ""
    with context.reading() as opened:
        found, more = operations.jobs(opened, context.viewer(), kind=kind, page=page, now=context.utcnow())

    def address(number: int) -> str:
        return url_for("admin.jobs", kind=kind or None, page=number)

    return render_template(
        "admin_jobs.html",
        jobs=found,
        more=more,
        page=page,
        kind=kind,
        kinds=JOB_KINDS,
        states=JOB_STATES,
        address=address,
    )


def _connected() -> frozenset[str]:
    """Name the connectors that really send."""
    settings = context.settings()
    known = {"mail": settings.smtp is not None, "webhook": bool(settings.webhook_url)}
    return frozenset(name for name in context.registry().connectors if known.get(name, True))


@blueprint.get("/outbox")
def outbox() -> str:
    """List messages that went out, or are about to."""
    page = _page()
    with context.reading() as opened:
        found, more = operations.outbox(opened, context.viewer(), page=page)
    return render_template(
        "admin_outbox.html",
        messages=found,
        connected=_connected(),
        more=more,
        page=page,
        address=lambda number: url_for("admin.outbox", page=number),
    )


@blueprint.get("/audit")
def audit() -> str:
    """List who did what."""
    actor, subject = request.args.get("actor", "").strip(), request.args.get("subject", "").strip()
    with context.reading() as opened:
        found, more = operations.audit_log(
            opened, context.viewer(), actor=actor, subject=subject, before=request.args.get("before", type=int)
        )
    older = url_for("admin.audit", actor=actor or None, subject=subject or None, before=found[-1].id) if more else ""
    return render_template(
        "admin_audit.html", entries=found, older=older, actor=actor, subject=subject,
        actions={**AUDIT_ACTIONS, **audited.ACTIONS}, written=audited.written,
    )  # fmt: skip


@blueprint.get("/deployments")
def deployments() -> Response:
    """Go to the library, which lists the processes with all their versions."""
    access.require(context.viewer(), Action.DEFINITION_VIEW)
    return make_response(redirect(url_for("studio_library.index"), 302))


@blueprint.get("/processes/<uuid:definition_id>")
def process(definition_id: UUID) -> Response:
    """Go to the page of a version in the library."""
    with context.reading() as opened:
        found = operations.version(opened, context.viewer(), definition_id)
    return make_response(redirect(url_for("studio_library.process", key=found.key, version=found.version), 302))
