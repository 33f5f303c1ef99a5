"""News for a person: what happened that he should know."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from engine import notifications as news
from tasks_ui import context
from tasks_ui.auth import safe_target
from tasks_ui.i18n import locale

blueprint = Blueprint("notifications", __name__)
SIZE = 50
MANY = 99


@blueprint.get("/notifications")
def show() -> str:
    """List a person's news, newest first."""
    before = request.args.get("before", 0, type=int)
    with context.reading() as opened:
        found = news.listed(opened, context.viewer(), limit=SIZE + 1, before=before, locale=locale())
    older = url_for("notifications.show", before=found[SIZE - 1].id) if len(found) > SIZE else ""
    return render_template("notifications.html", news=found[:SIZE], older=older)


@blueprint.get("/notifications/badge")
def badge() -> str:
    """Give the number of unread news, for the bell in the header."""
    with context.reading() as opened:
        number = news.unread(opened, context.viewer())
    return render_template("notifications_badge.html", number=number, many=MANY)


@blueprint.post("/notifications/read")
def read_all() -> Response:
    """Mark all news as read."""
    with context.transaction() as opened:
        news.mark_read(opened, context.viewer(), now=context.utcnow())
    return make_response(redirect(url_for("notifications.show"), 303))


@blueprint.post("/notifications/<int:number>/open")
def follow(number: int) -> Response:
    """Mark one line as read and go where it leads."""
    with context.transaction() as opened:
        news.mark_read(opened, context.viewer(), [number], now=context.utcnow())
    return make_response(redirect(safe_target(request.form.get("link")), 303))
