"""Administration of process instances: where each stands, and what an operator may do to it, with a reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from engine import access, definitions, instance_views, operator
from engine.access import Action
from engine.core.model import ACTIVITY_TYPES
from engine.errors import N_, InvalidInputError, KeyturnError, NotAllowedError, NotFoundError
from tasks_ui import context
from tasks_ui.i18n import translate

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy.orm import Session

blueprint = Blueprint("admin_instances", __name__, url_prefix="/admin")
SIZE = 50
LONGEST_VALUE = 100_000
LONGEST_SEARCH = 100
MOST_PAGES = 1_000_000
STATUSES = {
    "active": (lazy_gettext("running"), "chip-ok"),
    "suspended": (lazy_gettext("suspended"), "chip-warn"),
    "completed": (lazy_gettext("completed"), ""),
    "terminated": (lazy_gettext("terminated"), ""),
    "canceled": (lazy_gettext("cancelled"), ""),
    "error": (lazy_gettext("ended with an error"), "chip-danger"),
}


@blueprint.get("/instances")
def index() -> str:
    """List process instances, newest first."""
    text = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    page = min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)
    with context.reading() as opened:
        access.require(context.viewer(), Action.INCIDENT_VIEW)
        found = instance_views.page(opened, context.viewer(), text=text, number=page, size=SIZE)
    return render_template(
        "admin_instances.html",
        instances=found.items,
        found=found,
        page=page,
        text=text,
        statuses=STATUSES,
        address=lambda number: url_for("admin_instances.index", q=text or None, page=number),
    )


@blueprint.get("/instances/<uuid:instance_id>")
def show(instance_id: UUID) -> Response:
    """Show where an instance stands, with the operator's acts."""
    return _page(instance_id)


def _page(instance_id: UUID, problem: KeyturnError | None = None) -> Response:
    with context.reading() as opened:
        access.require(context.viewer(), Action.INCIDENT_VIEW)
        found = instance_views.describe(opened, instance_id, context.viewer(), context.utcnow())
        program = definitions.program(opened, found.head.definition_id)
    elements = [(node.id, node.name or node.id) for node in program.process.nodes.values()]
    tokens = found.tokens
    page = render_template(
        "admin_instance.html",
        found=found,
        head=found.head,
        statuses=STATUSES,
        elements=elements,
        places=list(
            {token.element_id: (token.element_id, token.name or token.element_id) for token in tokens}.values()
        ),
        tokens=[(str(token.id), f"{token.name or token.element_id} ({token.element_id})") for token in tokens],
        holders=[
            (str(token.id), f"{token.name or token.element_id} · {str(token.id)[:8]}")
            for token in tokens
            if token.element_type in ACTIVITY_TYPES
        ],
        variables={name: json.dumps(value, ensure_ascii=False) for name, value in found.variables.items()},
        problem=translate(problem.template, problem.fields) if problem else "",
        typed=request.form if problem else {},
    )
    return make_response(page, problem.status if problem else 200)


def _suspend(opened: Session, instance_id: UUID, reason: str) -> None:
    operator.suspend(opened, context.viewer(), instance_id, reason=reason, now=context.utcnow())


def _resume(opened: Session, instance_id: UUID, reason: str) -> None:
    operator.resume(opened, context.viewer(), instance_id, reason=reason, now=context.utcnow())


def _cancel(opened: Session, instance_id: UUID, reason: str) -> None:
    operator.cancel(opened, context.viewer(), instance_id, reason=reason, **_surroundings())


def _cancel_token(opened: Session, instance_id: UUID, reason: str) -> None:
    token = next(
        (token.id for token in _tokens(opened, instance_id) if str(token.id) == request.form.get("token")), None
    )
    if token is None:
        raise NotFoundError
    operator.cancel_token(opened, context.viewer(), instance_id, token, reason=reason, **_surroundings())


def _tokens(opened: Session, instance_id: UUID) -> Any:
    return instance_views.describe(opened, instance_id, context.viewer(), context.utcnow()).tokens


def _move(opened: Session, instance_id: UUID, reason: str) -> None:
    operator.move(
        opened,
        context.viewer(),
        instance_id,
        from_element=request.form.get("from", ""),
        to_element=request.form.get("element", ""),
        reason=reason,
        **_surroundings(),
    )


def _start(opened: Session, instance_id: UUID, reason: str) -> None:
    operator.start_element(
        opened,
        context.viewer(),
        instance_id,
        element=request.form.get("element", ""),
        where="after" if request.form.get("where") == "after" else "before",
        reason=reason,
        within=_within(opened, instance_id),
        **_surroundings(),
    )


def _within(opened: Session, instance_id: UUID) -> UUID | None:
    chosen = request.form.get("within", "")
    return next((token.id for token in _tokens(opened, instance_id) if str(token.id) == chosen), None)


def _variable(opened: Session, instance_id: UUID, reason: str) -> None:
    name, text = request.form.get("name", "").strip(), request.form.get("value", "")
    try:
        value = json.loads(text[:LONGEST_VALUE], parse_constant=lambda _text: _refuse())
    except (ValueError, RecursionError) as error:
        message = N_("The value is not JSON. Write a text in quotation marks, a number, true, false or null.")
        raise InvalidInputError(message) from error
    if not name:
        raise InvalidInputError(N_("The variable needs a name."))
    operator.set_variables(
        opened, context.viewer(), instance_id, variables={name: value}, reason=reason, **_surroundings()
    )


def _refuse() -> None:
    raise ValueError


def _surroundings() -> dict[str, Any]:
    return {"now": context.utcnow(), "registry": context.registry()}


ACTS: dict[str, Callable[[Session, UUID, str], None]] = {
    "suspend": _suspend,
    "resume": _resume,
    "cancel": _cancel,
    "cancel-token": _cancel_token,
    "move": _move,
    "start": _start,
    "variable": _variable,
}


@blueprint.post("/instances/<uuid:instance_id>/<act>")
def do(instance_id: UUID, act: str) -> Response:
    """Carry out one of the operator's acts. What goes wrong is said on the page, and nothing is changed."""
    if act not in ACTS:
        raise NotFoundError
    reason = request.form.get("reason", "").strip()[:2000]
    try:
        with context.transaction() as opened:
            if not reason:
                access.require(context.viewer(), Action.INCIDENT_RESOLVE)
                raise InvalidInputError(N_("Please say why."))
            ACTS[act](opened, instance_id, reason)
    except (NotFoundError, NotAllowedError):
        raise
    except KeyturnError as problem:
        return _page(instance_id, problem)
    flash(gettext("Done. It stands in the audit log."), "success")
    return make_response(redirect(url_for("admin_instances.show", instance_id=instance_id), 303))
