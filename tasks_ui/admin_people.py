"""Administration of people: who there is, what they may do where, who stands in for whom."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from engine import directory, people
from engine.access import Action, Grant, require
from engine.errors import ConflictError, InvalidInputError
from tasks_ui import context, names
from tasks_ui.i18n import DEFAULT, LOCALES, translate

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from engine.directory import Person
    from engine.errors import KeyturnError

blueprint = Blueprint("admin_people", __name__, url_prefix="/admin")
FIELDS = ("name", "email", "phone", "department", "title")
PASSWORD_BYTES = 9


@blueprint.get("/people")
def show() -> str:
    """List people, found by a part of login, name, phone or e-mail, or by role."""
    text, role = request.args.get("q", "").strip(), request.args.get("role", "")
    page = request.args.get("page", 1, type=int)
    with context.reading() as opened:
        found, more = directory.people(
            opened, context.viewer(), text=text, role=role, page=max(page, 1), now=context.utcnow()
        )

    def address(number: int) -> str:
        return url_for("admin_people.show", q=text or None, role=role or None, page=number)

    return render_template(
        "admin_people.html",
        people=found,
        more=more,
        page=page,
        address=address,
        text=text,
        role=role,
        roles=names.roles(),
    )


@blueprint.get("/people/new")
def new() -> str:
    """Show the form for a new person."""
    require(context.viewer(), Action.PEOPLE_EDIT)
    return _form(None)


@blueprint.get("/people/<login>")
def person(login: str) -> str:
    """Show one person."""
    with context.reading() as opened:
        found = directory.person(opened, context.viewer(), login, now=context.utcnow())
    return _form(found)


def _form(found: Person | None, *, problem: KeyturnError | None = None) -> str:
    typed = request.form if problem else None
    scopes = names.projects()
    grants = _read_grants() if problem else found.grants if found else ()
    return render_template(
        "admin_person.html",
        person=found,
        typed=typed,
        grants=[*grants, Grant(""), Grant("")],
        problem=translate(problem.template, problem.fields) if problem else "",
        roles=names.roles(),
        scopes=scopes,
        locales=LOCALES,
    )


def _read_grants() -> tuple[Grant, ...]:
    rows = zip(request.form.getlist("role"), request.form.getlist("scope"), request.form.getlist("org"), strict=False)
    return tuple(Grant(role, scope, org.strip()) for role, scope, org in rows if role)


@blueprint.post("/people/new")
def add() -> Response:
    """Add a person with a first password, shown once."""
    login, secret = request.form.get("login", "").strip(), secrets.token_urlsafe(PASSWORD_BYTES)
    try:
        with context.transaction() as opened:
            directory.require_free(opened, login)
            _save(opened, login, password=secret)
    except (InvalidInputError, ConflictError) as problem:
        return make_response(_form(None, problem=problem), problem.status)
    flash(gettext("Added. The first password, shown only now: %(secret)s", secret=secret), "info")
    return make_response(redirect(url_for("admin_people.person", login=login), 303))


@blueprint.post("/people/<login>")
def change(login: str) -> Response:
    """Change a person and what he may do."""
    try:
        with context.transaction() as opened:
            _save(opened, login, password=None)
    except (InvalidInputError, ConflictError) as problem:
        with context.reading() as opened:
            found = directory.person(opened, context.viewer(), login, now=context.utcnow())
        return make_response(_form(found, problem=problem), problem.status)
    flash(gettext("Saved."), "success")
    return make_response(redirect(url_for("admin_people.person", login=login), 303))


def _save(opened: Session, login: str, *, password: str | None) -> None:
    locale = request.form.get("locale", "")
    people.save_user(
        opened,
        context.viewer(),
        login=login,
        password=password,
        grants=_read_grants(),
        now=context.utcnow(),
        locale=locale if locale in LOCALES else DEFAULT,
        active="active" in request.form,
        **{name: request.form.get(name, "").strip() for name in FIELDS},
    )


@blueprint.post("/people/<login>/password")
def reset_password(login: str) -> Response:
    """Give a person a new password, shown once."""
    secret = secrets.token_urlsafe(PASSWORD_BYTES)
    with context.transaction() as opened:
        directory.person(opened, context.viewer(), login, now=context.utcnow())
        people.save_user(opened, context.viewer(), login=login, password=secret, now=context.utcnow())
    flash(gettext("The new password, shown only now: %(secret)s", secret=secret), "info")
    return make_response(redirect(url_for("admin_people.person", login=login), 303))
