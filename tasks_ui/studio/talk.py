"""What is said of a change: comments, and the second person's review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request
from flask_babel import gettext

from engine import studio
from tasks_ui import context
from tasks_ui.studio.changes import ONE, carried_out

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer

blueprint = Blueprint("studio_talk", __name__, url_prefix="/studio")


@blueprint.post(f"{ONE}/comments")
def say(change_id: UUID) -> Response:
    """Say something of a change or of one of its files."""

    def work(opened: Session, viewer: Viewer) -> None:
        said = {"text": request.form.get("text", ""), "file": request.form.get("file", "")}
        studio.comment(opened, viewer, change_id, **said, now=context.utcnow())

    return carried_out(change_id, work, "comments")


@blueprint.post(f"{ONE}/comments/<uuid:comment_id>")
def settle(change_id: UUID, comment_id: UUID) -> Response:
    """Mark what was said as settled, or as open again."""

    def work(opened: Session, viewer: Viewer) -> None:
        settled = request.form.get("settled", "yes") == "yes"
        studio.resolve_comment(opened, viewer, change_id, comment_id, settled=settled, now=context.utcnow())

    return carried_out(change_id, work, "comments")


@blueprint.post(f"{ONE}/ask-review")
def ask(change_id: UUID) -> Response:
    """Ask a second person to look at a change."""

    def work(opened: Session, viewer: Viewer) -> str:
        reviewer = request.form.get("reviewer", "")
        studio.ask_review(opened, viewer, change_id, reviewer=reviewer, now=context.utcnow())
        name = studio.reviewers(opened, now=context.utcnow()).get(reviewer, reviewer)
        return gettext("%(name)s is asked to review the change.", name=name)

    return carried_out(change_id, work, "review")


@blueprint.post(f"{ONE}/review")
def review(change_id: UUID) -> Response:
    """Approve of a change, or return it with the reason."""

    def work(opened: Session, viewer: Viewer) -> str:
        said = {name: request.form.get(name, "") for name in ("verdict", "opinion")}
        studio.review(opened, viewer, change_id, **said, now=context.utcnow())
        return gettext("Your opinion is kept, and the authors are told.")

    return carried_out(change_id, work, "review")
