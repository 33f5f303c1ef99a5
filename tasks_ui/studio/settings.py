"""What an administrator decides for the studio, and where its other settings are."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from engine import access
from engine.access import Action
from engine.studio import settings as studio_settings
from tasks_ui import context

blueprint = Blueprint("studio_settings", __name__, url_prefix="/studio/settings")
ELSEWHERE = (
    ("registers.holidays", lazy_gettext("Holidays"), lazy_gettext("Which days are worked: time limits count on it.")),
    ("admin_people.roles", lazy_gettext("Roles"), lazy_gettext("Who stands behind the lanes of diagrams.")),
    ("registers.index", lazy_gettext("Registers"), lazy_gettext("Lists to choose from: kinds, causes, contractors …")),
    ("studio_texts.index", lazy_gettext("Texts of messages"), lazy_gettext("How mails and notifications are worded.")),
)
"""Settings with a page of their own: endpoint, label, what it is good for."""


@blueprint.get("")
def index() -> str:
    """Show what an administrator decides for the studio, and where the other settings are."""
    with context.reading() as opened:
        access.require(context.viewer(), Action.STUDIO_USE)
        wanted = studio_settings.second_person(opened)
    found = [place for place in ELSEWHERE if place[0] in current_app.view_functions]
    return render_template("studio_settings.html", wanted=wanted, fixed=context.registry().four_eyes, elsewhere=found)


@blueprint.post("")
def decide() -> Response:
    """Decide whether a second person has to approve of changes."""
    wanted = request.form.get("second_person") == "yes"
    with context.transaction() as opened:
        studio_settings.set_second_person(opened, context.viewer(), wanted=wanted, now=context.utcnow())
    said = (
        gettext("From now on a second person has to approve of every change.")
        if wanted
        else gettext("From now on changes are published without a second person.")
    )
    flash(said, "success")
    return make_response(redirect(url_for("studio_settings.index"), 303))
