"""Publish a change on one page; what was published, how far its moves have come, and taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.core import compare
from engine.errors import DeploymentRefused, InvalidInputError, KeyturnError, NotAllowedError, NotFoundError
from engine.publishing import publication, publications, taking_back
from engine.publishing.publication import Moves
from engine.studio import comparisons, resources
from tasks_ui import context, i18n, reading
from tasks_ui.i18n import translate
from tasks_ui.studio import deciding, impact, scenarios, words
from tasks_ui.studio.compare import english

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

blueprint = Blueprint("studio_publishing", __name__, url_prefix="/studio")
LINES = 30
"""Differences listed of a file; the comparison has all of them."""
CASES = 500
"""Cases of a process to choose from; more are moved all or not at all."""


# Before


@blueprint.get("/changes/<uuid:change_id>/publish")
def show(change_id: UUID) -> Response:
    """Show on one page what changes, whether it is ready, and what becomes of the running cases."""
    with context.reading() as opened:
        made = publications.of_change(opened, context.viewer(), change_id)
    if made is not None:
        return _to(url_for("studio_publishing.published", publication_id=made))
    return _page(change_id)


def _to(address: str) -> Response:
    return make_response(redirect(address, 303))


def _page(change_id: UUID, problem: KeyturnError | None = None) -> Response:
    with context.reading() as opened:
        found = impact.consider(opened, change_id, request.values)
        if not found.change.editable:
            return _to(url_for("studio_changes.show", change_id=change_id))
        shown = impact.pieces(found)
        known = {one.file for one in resources.published(opened)}
        before = {file: resources.source(opened, file) for file in found.files if file in known}
        folders = {one.file: one.folder for one in found.change.drafts if one.file in found.files}
        lines = differences(opened, folders, lambda file: (before.get(file), found.files[file]))
        registry = context.registry()
        shown |= scenarios.parts(opened, change_id) if registry.sandbox else {}
    problem = problem or found.problem
    page = render_template(
        "studio_publish.html", **shown, problem=_sentence(problem), most=LINES, most_cases=CASES,
        lines=lines,
        reason=request.values.get("reason", found.change.reason), which=request.values.get("which", "none"),
        chosen={str(one) for one in deciding.chosen(request.values)}, has=_has,
    )  # fmt: skip
    return make_response(page, problem.status if problem else 200)


def _has(endpoint: str) -> bool:
    """Tell whether the application has a page: the places of the studio link to one another."""
    return endpoint in current_app.view_functions


def _sentence(problem: KeyturnError | None) -> str:
    if isinstance(problem, DeploymentRefused):
        return gettext("Nothing was published: what is marked below has to be mended first.")
    return translate(problem.template, problem.fields) if problem else ""


def differences(
    opened: Session, files: Mapping[str, str], contents: Callable[[str], tuple[bytes | None, bytes]]
) -> dict[str, list[str]]:
    """Say in words what differs in each of `files` (with their folders), without what is only drawn otherwise."""
    chinese = i18n.locale() != "en"
    words_of = {
        folder: comparisons.words(opened, english=english(folder), folder=folder) for folder in set(files.values())
    }
    lines: dict[str, list[str]] = {}
    for file, folder in files.items():
        before, after = contents(file)
        try:
            found = compare.compare(resources.kind_of(file), before or b"", after, words_of[folder])
        except InvalidInputError:  # it cannot be read: that is said elsewhere
            found = ()
        lines[file] = [one.message_zh if chinese else one.message for one in found if one.kind != "layout"]
    return lines


@blueprint.post("/changes/<uuid:change_id>/publish")
def publish(change_id: UUID) -> Response:
    """Publish a change; what keeps it from that is said on the page, with all that was typed."""
    moved = Moves(_which(), deciding.chosen(request.form), deciding.decided(request.form))
    try:
        with context.transaction() as opened:
            made = publication.publish(
                opened, context.viewer(), change_id, reason=request.form.get("reason", ""), moved=moved,
                now=context.utcnow(), registry=context.registry(),
            )  # fmt: skip
    except (NotFoundError, NotAllowedError):
        raise
    except KeyturnError as problem:
        return _page(change_id, problem)
    flash(gettext("It is published: new cases go by it from now on."), "success")
    return _to(url_for("studio_publishing.published", publication_id=made))


def _which() -> Literal["none", "all", "some"]:
    wanted = request.form.get("which", "none")
    return "all" if wanted == "all" else "some" if wanted == "some" else "none"


# After


@blueprint.get("/publications")
def index() -> str:
    """List what was published, newest first."""
    page = reading.page(request.args.get("page", ""))
    with context.reading() as opened:
        rows, more = publications.listed(opened, context.viewer(), page=page)
    return render_template(
        "studio_publications.html", rows=rows, more=more, page=page, kinds=words.KINDS,
        page_address=lambda number: url_for("studio_publishing.index", page=number),
    )  # fmt: skip


@blueprint.get("/publications/<uuid:publication_id>")
def published(publication_id: UUID) -> Response:
    """Show what was published, how far the moves of its cases have come, and how to take it back."""
    return _published(publication_id)


def _published(publication_id: UUID, problem: KeyturnError | None = None) -> Response:
    with context.reading() as opened:
        viewer = context.viewer()
        found = publications.view(opened, viewer, publication_id)
        lines = differences(
            opened, {one.file: one.folder for one in found.row.files},
            lambda file: publications.source(opened, viewer, publication_id, file),
        )  # fmt: skip
    page = render_template(
        "studio_publication.html", found=found, row=found.row, lines=lines, most=LINES, kinds=words.KINDS,
        problem=_sentence(problem), reason=request.form.get("reason", ""), keep=request.form.get("back") == "no",
        has=_has,
    )  # fmt: skip
    return make_response(page, problem.status if problem else 200)


@blueprint.post("/publications/<uuid:publication_id>/take-back")
def take_back(publication_id: UUID) -> Response:
    """Publish again what was in force before, and have the cases that were moved go back if that is wanted."""
    try:
        with context.transaction() as opened:
            taking_back.take_back(
                opened, context.viewer(), publication_id, reason=request.form.get("reason", ""),
                move_back=request.form.get("back") != "no", now=context.utcnow(), registry=context.registry(),
            )  # fmt: skip
    except (NotFoundError, NotAllowedError):
        raise
    except KeyturnError as problem:
        return _published(publication_id, problem)
    flash(gettext("It is taken back: new cases go by what was in force before."), "success")
    return _to(url_for("studio_publishing.published", publication_id=publication_id))


@blueprint.post("/publications/<uuid:publication_id>/again")
def again(publication_id: UUID) -> Response:
    """Begin a change with what was in force before a publication, where taking it back is not possible any more."""
    with context.transaction() as opened:
        change = taking_back.begin_again(opened, context.viewer(), publication_id, now=context.utcnow())
    return _to(url_for("studio_changes.show", change_id=change))
