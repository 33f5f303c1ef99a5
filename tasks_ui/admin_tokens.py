"""Administration of API tokens: which programs may act for whom, with which of his roles, until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from engine import people
from engine.errors import N_, InvalidInputError, KeyturnError, NotFoundError
from tasks_ui import context, names
from tasks_ui.i18n import translate

if TYPE_CHECKING:
    from uuid import UUID

blueprint = Blueprint("admin_tokens", __name__, url_prefix="/admin")
STATES = {
    "active": (lazy_gettext("active"), "chip-ok"),
    "expired": (lazy_gettext("expired"), ""),
    "revoked": (lazy_gettext("revoked"), ""),
}
NAME_LENGTH = 200


@blueprint.get("/tokens")
def show() -> str:
    """List tokens, and offer to make one."""
    return _page()


def _page(*, problem: KeyturnError | None = None, secret: str = "") -> str:
    with context.reading() as opened:
        found = people.tokens(opened, context.viewer())
    return render_template(
        "admin_tokens.html",
        tokens=found,
        states=STATES,
        now=context.utcnow(),
        roles=names.roles(),
        typed=request.form if problem else {},
        chosen=request.form.getlist("role") if problem else [],
        problem=translate(problem.template, problem.fields) if problem else "",
        secret=secret,
    )


@blueprint.post("/tokens")
def add() -> Response:
    """Make a token; its text is shown on the answering page only."""
    try:
        with context.transaction() as opened:
            secret = people.new_token(
                opened,
                context.viewer(),
                login=request.form.get("login", "").strip(),
                name=request.form.get("name", "").strip()[:NAME_LENGTH],
                roles=[role for role in request.form.getlist("role") if role],
                expires_at=_end_of(request.form.get("until", "")),
                now=context.utcnow(),
            )
    except (InvalidInputError, NotFoundError) as problem:
        return make_response(_page(problem=problem), 422)
    return make_response(_page(secret=secret))


def _end_of(day: str) -> datetime | None:
    """Read the last day of a token's life; it ends when that day does."""
    if not day:
        return None
    try:
        start = datetime.fromisoformat(day).replace(tzinfo=context.settings().zone)
    except ValueError as error:
        raise InvalidInputError(N_("“{text}” is not a date."), text=day) from error
    return start + timedelta(days=1)


@blueprint.post("/tokens/<uuid:token_id>/revoke")
def revoke(token_id: UUID) -> Response:
    """Make a token worthless at once."""
    with context.transaction() as opened:
        people.revoke_token(opened, context.viewer(), token_id, now=context.utcnow())
    flash(gettext("The token no longer opens anything."), "success")
    return make_response(redirect(url_for("admin_tokens.show"), 303))
