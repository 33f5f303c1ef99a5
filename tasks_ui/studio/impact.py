"""The page that says what publishing a change would do to the running cases, before anything is published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from engine import studio
from engine.errors import InvalidInputError
from engine.publishing import impact, publication
from tasks_ui import context
from tasks_ui.i18n import translate
from tasks_ui.studio import deciding, marking, words

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.datastructures import MultiDict

    from engine.errors import KeyturnError
    from engine.publishing.impact import Decided, Impact
    from engine.publishing.publication import Readiness
    from engine.studio import ChangeView

blueprint = Blueprint("studio_impact", __name__, url_prefix="/studio")
SHOWN = 100
"""Cases listed for each outcome of a process."""


@dataclass(frozen=True, slots=True)
class Considered:
    """A change as it would be published now. `impact` is None as long as something drafted cannot run."""

    change: ChangeView
    ready: Readiness
    files: dict[str, bytes]
    impact: Impact | None
    decided: dict[str, Decided]
    problem: KeyturnError | None


def consider(opened: Session, change_id: UUID, values: MultiDict[str, str]) -> Considered:
    """Look at a change: what stands in its way, and what it would do to the running cases as it was decided."""
    viewer, registry = context.viewer(), context.registry()
    change = studio.change(opened, viewer, change_id)
    ready = publication.readiness(opened, viewer, change_id, registry=registry)
    files = {file: source for file, source in studio.files(opened, change_id).items() if file in ready.files}
    decided, problem, found = deciding.decided(values), None, None
    if files and not ready.errors:
        given: dict[str, Any] = {"files": files, "now": context.utcnow(), "registry": registry}
        try:
            found = impact.look(opened, viewer, decided=decided, **given)
        except InvalidInputError as error:  # a decision for a step that was renamed or removed since
            problem, decided = error, {}
            found = impact.look(opened, viewer, **given)
    return Considered(change, ready, files, found, decided, problem)


def pieces(found: Considered) -> dict[str, Any]:
    """Give templates what they show of an impact: pictures, choices, what was decided."""
    processes = found.impact.processes if found.impact is not None else ()
    return {
        "change": found.change, "ready": found.ready, "impact": found.impact, "outcomes": deciding.OUTCOMES,
        "pictures": marking.pictures(found.files, found.ready.errors), "shown": SHOWN, "said": marking.said,
        "drawn": {one.key: marking.waiting(one, f"p{at}") for at, one in enumerate(processes)},
        "elsewhere": {one.key: marking.elsewhere(one) for one in processes},
        "steps": {one.key: deciding.steps(one) for one in processes},
        "decided": found.decided, "fields": deciding.fields(found.decided), "kinds": words.KINDS,
    }  # fmt: skip


@blueprint.get("/changes/<uuid:change_id>/impact")
def show(change_id: UUID) -> Response:
    """Show what would become of the running cases, and what has to be decided for them."""
    with context.reading() as opened:
        found = consider(opened, change_id, request.args)
        if not found.change.editable:
            return make_response(redirect(url_for("studio_changes.show", change_id=change_id), 303))
        shown = pieces(found)
    problem = translate(found.problem.template, found.problem.fields) if found.problem else ""
    page = render_template("studio_impact.html", **shown, problem=problem)
    return make_response(page, found.problem.status if found.problem else 200)
