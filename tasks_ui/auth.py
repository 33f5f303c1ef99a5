"""Signing in and out, and a person's own page: language, colours, password, substitutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext

from engine import directory, people
from engine.access import Action, allowed
from engine.errors import N_, InvalidInputError, KeyturnError, NotAllowedError, NotFoundError
from tasks_ui import context
from tasks_ui.guard import public
from tasks_ui.i18n import COOKIE, LOCALES, translate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from engine.access import Viewer
    from engine.directory import Person

blueprint = Blueprint("auth", __name__)
THEMES = ("auto", "light", "dark")
THEME_COOKIE = "theme"
YEAR_SECONDS = 31_536_000


def safe_target(target: str | None) -> str:
    """Return where to go after signing in: a path of our own, never another site."""
    parts = urlsplit(target or "")
    if not target or parts.scheme or parts.netloc or not target.startswith("/") or target.startswith(("//", "/\\")):
        return url_for("inbox.show")
    return target


def _enter(person: Viewer, target: str, proof: str) -> Response:
    session.clear()  # a session known before the sign-in is worth nothing after it
    session.permanent = True
    session["login"], session["proof"] = person.login, proof
    return make_response(redirect(target, 303))


def _login_page(*, problem: str = "", login: str = "", status: int = 200) -> Response:
    personas: Mapping[str, tuple[Person, ...]] = {}
    if context.settings().demo:
        with context.reading() as opened:
            personas = directory.by_role(opened, now=context.utcnow())
    target = request.values.get("next", "")
    return make_response(
        render_template("login.html", problem=problem, login=login, personas=personas, target=target), status
    )


@blueprint.get("/login")
@public
def login() -> Response:
    """Show the sign-in page; whoever is signed in goes on."""
    if context.signed_in() is not None and not context.settings().demo:
        return make_response(redirect(safe_target(request.args.get("next")), 303))
    return _login_page()


@blueprint.post("/login")
@public
def enter() -> Response:
    """Check login and password."""
    name, password = request.form.get("login", "").strip(), request.form.get("password", "")
    try:
        with context.transaction() as opened:
            person = people.authenticate(
                opened, login=name, password=password, now=context.utcnow(), address=request.remote_addr or ""
            )
            proof = people.session_proof(opened, name)
    except NotAllowedError as locked:
        return _login_page(problem=translate(locked.template, locked.fields), login=name, status=429)
    if person is None:
        return _login_page(problem=gettext("Login or password is not right."), login=name, status=422)
    return _enter(person, safe_target(request.form.get("next")), proof)


@blueprint.post("/login/as")
@public
def enter_as() -> Response:
    """Sign in as a person of the demonstration; only in demo mode."""
    if not context.settings().demo:
        raise NotFoundError
    with context.reading() as opened:
        person = people.viewer(opened, request.form.get("login", ""), now=context.utcnow())
        proof = people.session_proof(opened, person.login)
    return _enter(person, safe_target(request.form.get("next")), proof)


@blueprint.post("/logout")
@public
def logout() -> Response:
    """Sign out."""
    session.clear()
    return make_response(redirect(url_for("auth.login"), 303))


@blueprint.get("/me")
def me() -> str:
    """Show a person's own page."""
    return _me_page()


def _me_page(*, problem: str = "", typed: dict[str, str] | None = None) -> str:
    viewer, now = context.viewer(), context.utcnow()
    with context.reading() as opened:
        substitutes = directory.stand_ins(opened, viewer, viewer.login, now=now)
        colleagues, _more = (
            directory.people(opened, viewer, now=now) if allowed(viewer, Action.PEOPLE_VIEW) else ((), False)
        )
    return render_template(
        "me.html",
        viewer=viewer,
        substitutes=substitutes,
        colleagues=[one for one in colleagues if one.login != viewer.login and one.active],
        problem=problem,
        typed=typed or {},
        themes=THEMES,
        theme=request.cookies.get(THEME_COOKIE, "auto"),
    )


@blueprint.post("/me/language")
@public
def language() -> Response:
    """Change the language, for good when a person is signed in."""
    chosen = request.form.get("language", "")
    if chosen not in LOCALES:
        raise InvalidInputError
    person = context.signed_in()
    if person is not None:
        with context.transaction() as opened:
            people.set_locale(opened, person, chosen)
    return _keep(COOKIE, chosen)


@blueprint.post("/me/theme")
@public
def theme() -> Response:
    """Change the colours of this browser."""
    chosen = request.form.get("theme", "")
    if chosen not in THEMES:
        raise InvalidInputError
    return _keep(THEME_COOKIE, chosen)


def _keep(name: str, value: str) -> Response:
    response = make_response(redirect(safe_target(request.form.get("next")), 303))
    secure = context.settings().secure
    response.set_cookie(name, value, max_age=YEAR_SECONDS, secure=secure, httponly=True, samesite="Lax")
    return response


@blueprint.post("/me/password")
def password() -> str | Response:
    """Change one's own password: this session goes on, the person's others end."""
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    if new != again:
        return make_response(_me_page(problem=gettext("The new password was typed differently the second time.")), 422)
    try:
        with context.transaction() as opened:
            people.change_password(opened, context.viewer(), old=old, new=new, now=context.utcnow())
            proof = people.session_proof(opened, context.viewer().login)
    except (InvalidInputError, NotAllowedError) as problem:
        return make_response(_me_page(problem=translate(problem.template, problem.fields)), 422)
    session["proof"] = proof
    flash(gettext("The password has been changed."), "success")
    return make_response(redirect(url_for("auth.me"), 303))


@blueprint.post("/me/substitutes")
def substitute() -> str | Response:
    """Name a substitute for a period of whole days in the zone of the people."""
    typed = {name: request.form.get(name, "").strip() for name in ("substitute", "from", "until", "reason")}
    viewer = context.viewer()
    try:
        from_at, until_at = _day(typed["from"]), _day(typed["until"]) + timedelta(days=1)
        with context.transaction() as opened:
            people.substitute(
                opened,
                viewer,
                login=viewer.login,
                substitute=typed["substitute"],
                from_at=from_at,
                until_at=until_at,
                reason=typed["reason"],
                now=context.utcnow(),
            )
    except KeyturnError as problem:
        return make_response(_me_page(problem=translate(problem.template, problem.fields), typed=typed), problem.status)
    flash(gettext("The substitute has been named."), "success")
    return make_response(redirect(url_for("auth.me"), 303))


@blueprint.post("/me/substitutes/<uuid:substitution_id>/end")
def end_substitute(substitution_id: UUID) -> Response:
    """End a substitution now."""
    with context.transaction() as opened:
        people.end_substitution(opened, context.viewer(), substitution_id, now=context.utcnow())
    flash(gettext("The substitution has ended."), "success")
    return make_response(redirect(url_for("auth.me"), 303))


def _day(text: str) -> datetime:
    try:
        day = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007  the zone is set in the same breath
    except ValueError as problem:
        raise InvalidInputError(N_("Please give the first and the last day.")) from problem
    return day.replace(tzinfo=context.settings().zone)


@blueprint.app_context_processor
def _for_templates() -> dict[str, object]:
    """Give each page its viewer and colours."""
    chosen = request.cookies.get(THEME_COOKIE, "auto") if request else "auto"
    known = chosen if chosen in THEMES else "auto"
    person = g.get("viewer") if g.get("link") is None else None  # behind a link nobody is signed in
    return {"signed_in": person, "theme": known, "demo": context.settings().demo}
