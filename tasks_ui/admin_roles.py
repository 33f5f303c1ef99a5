"""Administration: the roles that lanes and tasks may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from engine import access, role_table
from engine.access import Action
from engine.errors import N_, ConflictError, InvalidInputError, NotFoundError
from tasks_ui import context, names
from tasks_ui.i18n import translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.errors import KeyturnError

blueprint = Blueprint("admin_roles", __name__, url_prefix="/admin/roles")


@blueprint.get("")
def index() -> Response:
    """List the roles, how many processes have tasks for each, and a form for a new one."""
    return _index({})


def _index(typed: Mapping[str, str], problem: KeyturnError | None = None) -> Response:
    with context.reading() as opened:
        access.require(context.viewer(), Action.DEFINITION_DEPLOY)
        used = role_table.used_by(opened)
    said = translate(problem.template, problem.fields) if problem else ""
    page = render_template("admin_roles.html", roles=names.roles(), used=used, typed=typed, problem=said)
    return make_response(page, problem.status if problem else 200)


@blueprint.post("")
def add() -> Response:
    """Add a role; what was typed stays when it is refused."""
    given = {name: request.form.get(name, "") for name in ("code", "name_zh", "name_en")}
    try:
        with context.transaction() as opened:
            role_table.add(opened, context.viewer(), **given, now=context.utcnow())
    except InvalidInputError as problem:
        return _index(given, problem)
    names.forget()
    flash(gettext("The role is there: give it to people, and to tasks and lanes of a diagram."), "success")
    return make_response(redirect(url_for("admin_roles.index"), 303))


@blueprint.get("/<code>")
def show(code: str) -> Response:
    """Show one role with its names and whose tasks it supervises."""
    return _role(code, None)


def _role(code: str, typed: Mapping[str, str] | None, problem: KeyturnError | None = None) -> Response:
    with context.reading() as opened:
        access.require(context.viewer(), Action.DEFINITION_DEPLOY)
        used = role_table.used_by(opened).get(code, ())
        supervised = role_table.supervised(opened, code)
    role = names.roles().get(code)
    if role is None:
        raise NotFoundError(N_("There is no such role."))
    said = translate(problem.template, problem.fields) if problem else ""
    page = render_template(
        "admin_role.html", role=role, used=used, roles=names.roles(), supervised=supervised, problem=said,
        typed=typed or {"name_zh": role.name_zh, "name_en": role.name_en}, may_supervise=context.viewer().is_admin,
    )  # fmt: skip
    return make_response(page, problem.status if problem else 200)


@blueprint.post("/<code>")
def change(code: str) -> Response:
    """Give a role other names, or other roles to supervise."""
    given = {name: request.form.get(name, "") for name in ("name_zh", "name_en")}
    try:
        with context.transaction() as opened:
            kept = role_table.supervised(opened, code)
            wanted = request.form.getlist("supervises") if context.viewer().is_admin else kept
            role_table.change(opened, context.viewer(), code, **given, supervises=wanted, now=context.utcnow())
    except InvalidInputError as problem:
        return _role(code, given, problem)
    names.forget()
    flash(gettext("The role is changed."), "success")
    return make_response(redirect(url_for("admin_roles.index"), 303))


@blueprint.post("/<code>/remove")
def remove(code: str) -> Response:
    """Remove a role that nobody holds and no process names."""
    try:
        with context.transaction() as opened:
            role_table.remove(opened, context.viewer(), code, now=context.utcnow())
    except ConflictError as problem:
        return _role(code, None, problem)
    names.forget()
    flash(gettext("The role is removed."), "success")
    return make_response(redirect(url_for("admin_roles.index"), 303))
