"""Changes: the list, a new one, and the page of one with its files, problems, comments and review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from engine import resources, studio
from engine.errors import KeyturnError, NotAllowedError, NotFoundError
from tasks_ui import context
from tasks_ui.i18n import translate
from tasks_ui.studio import words

if TYPE_CHECKING:
    from uuid import UUID

blueprint = Blueprint("studio_changes", __name__, url_prefix="/studio")


@blueprint.get("/changes")
def index() -> str:
    """List the changes in a state."""
    state = request.args.get("state", "")
    page = max(request.args.get("page", 1, int), 1)
    with context.reading() as opened:
        rows, counts, more = studio.changes(opened, context.viewer(), state=state, page=page)
    return render_template(
        "studio_changes.html", rows=rows, counts=counts, more=more, page=page, state=state, states=words.STATES,
        page_address=lambda number: url_for("studio_changes.index", state=state or None, page=number),
    )  # fmt: skip


@blueprint.get("/changes/new")
def new() -> Response:
    """Ask for a title, a reason and the files."""
    return _new()


def _new(problem: KeyturnError | None = None) -> Response:
    with context.reading() as opened:
        viewer = context.viewer()
        studio.changes(opened, viewer)
        files = resources.published(opened)
    chosen = request.form.getlist("file") or request.args.getlist("file")
    page = render_template(
        "studio_new.html", files=files, chosen=chosen, kinds=words.KINDS, said=request.form,
        problem=translate(problem.template, problem.fields) if problem else "",
    )  # fmt: skip
    return make_response(page, problem.status if problem else 200)


@blueprint.post("/changes")
def begin() -> Response:
    """Begin a change, and go on to its editor when it was begun from one file."""
    wanted = [file for file in request.form.getlist("file") if file]
    try:
        with context.transaction() as opened:
            change_id = studio.begin(
                opened, context.viewer(), wanted=wanted, title=request.form.get("title", ""),
                reason=request.form.get("reason", ""), now=context.utcnow(),
            )  # fmt: skip
    except (NotFoundError, NotAllowedError):
        raise
    except KeyturnError as problem:
        return _new(problem)
    if len(wanted) == 1:
        return _to(url_for("studio_editing.edit", change_id=change_id, file=wanted[0]))
    return _to(url_for("studio_changes.show", change_id=change_id))


def _to(address: str) -> Response:
    return make_response(redirect(address, 303))


@blueprint.post("/changes/<uuid:change_id>/comments")
def say(change_id: UUID) -> Response:
    """Say something of a change or of one of its files."""
    with context.transaction() as opened:
        studio.comment(
            opened, context.viewer(), change_id, text=request.form.get("text", ""), file=request.form.get("file", ""),
            now=context.utcnow(),
        )  # fmt: skip
    return _to(url_for("studio_changes.show", change_id=change_id))


@blueprint.post("/changes/<uuid:change_id>/take-over")
def take_over(change_id: UUID) -> Response:
    """Take over into a draft what was published since it began."""
    file = request.form.get("file", "")
    with context.transaction() as opened:
        studio.take_over(opened, context.viewer(), change_id, file, now=context.utcnow())
    return _to(url_for("studio_editing.edit", change_id=change_id, file=file))


@blueprint.get("/changes/<uuid:change_id>")
def show(change_id: UUID) -> Response:
    """Show a change with all that belongs to it."""
    return _page(change_id)


def _page(change_id: UUID, problem: KeyturnError | None = None) -> Response:
    with context.reading() as opened:
        viewer = context.viewer()
        change = studio.change(opened, viewer, change_id)
        findings = studio.check(opened, viewer, change_id, registry=context.registry())
        present = studio.present(opened, viewer, change_id, now=context.utcnow())
    data: dict[str, Any] = {"change": change, "findings": findings, "present": present}
    page = render_template(
        "studio_change.html", **data, kinds=words.KINDS, states=words.STATES,
        problem=translate(problem.template, problem.fields) if problem else "",
    )  # fmt: skip
    return make_response(page, problem.status if problem else 200)


@blueprint.post("/changes/<uuid:change_id>/files")
def add(change_id: UUID) -> Response:
    """Take published files into a change."""
    wanted = [file for file in request.form.getlist("file") if file]
    with context.transaction() as opened:
        for file in wanted:
            studio.add_file(opened, context.viewer(), change_id, file, now=context.utcnow())
    if len(wanted) == 1 and request.form.get("edit"):
        return _to(url_for("studio_editing.edit", change_id=change_id, file=wanted[0]))
    flash(gettext("The files are in the change."), "success")
    return _to(url_for("studio_changes.show", change_id=change_id))
