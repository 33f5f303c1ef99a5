"""Scenarios: how those of a change went, and one of them as readable steps with its text, versions and results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from engine import access, studio
from engine.access import Action
from engine.core import compare
from engine.errors import InvalidInputError, KeyturnError, NotFoundError
from engine.rehearsing import missing_steps, scenario_runs
from engine.studio import choices, resources
from tasks_ui import context, i18n, reading
from tasks_ui.studio.marking import said
from tasks_ui.studio.words import identity

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.studio import ChangeView

blueprint = Blueprint("studio_scenarios", __name__, url_prefix="/studio")
OF_CHANGE = "/changes/<uuid:change_id>/scenarios"
STATES = {"passed": "check-circle", "failed": "x-circle", "waiting": "hourglass-split", "outdated": "clock"}


@blueprint.get(OF_CHANGE)
def runs(change_id: UUID) -> str:
    """Show the scenarios that concern a change."""
    with context.reading() as opened:
        change = studio.change(opened, context.viewer(), change_id)
        shown = parts(opened, change_id)
        lines = _lines(opened, change)
    return render_template("studio_scenarios.html", change=change, lines=lines, **shown)


def _lines(opened: Session, change: ChangeView) -> dict[str, list[str]]:
    """Say in words what the change does to stories, by their files."""
    drafts = {one.file: one for one in change.drafts if one.kind == "scenario" and not one.is_new}
    contents = studio.files(opened, change.id) if drafts else {}
    lines: dict[str, list[str]] = {}
    for file in drafts:
        try:
            found = compare.compare("scenario", resources.source(opened, file), contents[file], compare.Words())
        except InvalidInputError:  # it cannot be read: its run says so
            continue
        lines[file] = [one.message if i18n.locale() == "en" else one.message_zh for one in found]
    return {file: said_ for file, said_ in lines.items() if said_}


@blueprint.get(f"{OF_CHANGE}/state")
def state(change_id: UUID) -> str:
    """Give the section alone, for the page that waits."""
    with context.reading() as opened:
        change = studio.change(opened, context.viewer(), change_id)
        shown = parts(opened, change_id)
    return render_template("_scenario_runs.html", change=change, **shown)


@blueprint.post(f"{OF_CHANGE}/run")
def run(change_id: UUID) -> Response:
    """Have them played."""
    with context.transaction() as opened:
        count = scenario_runs.request(
            opened, context.viewer(), change_id, now=context.utcnow(), registry=context.registry(),
            near="near" in request.form,
        )  # fmt: skip
    if not count:
        flash(gettext("There is nothing to play: all that concern this change have passed, or none does."), "success")
    return make_response(redirect(url_for("studio_scenarios.runs", change_id=change_id), 303))


@blueprint.post(f"{OF_CHANGE}/step")
def step(change_id: UUID) -> Response:
    """Write a task that the change adds into the stories that stop at it, and have them played again."""
    with context.transaction() as opened:
        told = missing_steps.add(
            opened, context.viewer(), change_id, request.form.get("step", ""), now=context.utcnow(),
            registry=context.registry(),
        )  # fmt: skip
    said_ = gettext("The step was added to these scenarios, which are being played again: %(names)s.",
                    names=gettext(", ").join(told))  # fmt: skip
    flash(said_, "success")
    return make_response(redirect(url_for("studio_scenarios.runs", change_id=change_id), 303))


def parts(opened: Session, change_id: UUID) -> dict[str, Any]:
    """What `_scenario_runs.html` needs beside the change: the runs, their icons, what each says, steps they lack."""
    found = scenario_runs.state(opened, change_id, registry=context.registry())
    english = i18n.locale() == "en"
    told = {one.file: one.message if english else one.message_zh for one in found.items}
    lacking = missing_steps.missing(opened, change_id, found)
    return {"runs": found, "run_icons": STATES, "run_said": told, "lacking": lacking}


@blueprint.get("/scenarios/<file>")
def show(file: str) -> Response:
    """Show a scenario in words."""
    return _page(file)


@blueprint.post("/scenarios/<file>")
def save(file: str) -> Response:
    """Check the text of a drafted scenario, and save it unless only a look was wanted."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    change_id = identity(request.form.get("change", ""))
    if "look" in request.form:
        return _page(file, text=text)
    try:
        with context.transaction() as opened:
            saved = studio.save(
                opened, context.viewer(), change_id, file, source=text.encode(),
                revision=reading.whole(request.form.get("revision", "")), now=context.utcnow(),
            )  # fmt: skip
    except NotFoundError:
        raise
    except KeyturnError as problem:
        return _page(file, text=text, problem=problem)
    if saved.conflicts:
        flash(gettext("Somebody else saved this scenario meanwhile; both texts are kept in its history."), "warning")
    flash(gettext("The scenario is saved in the change."), "success")
    return make_response(redirect(url_for("studio_scenarios.show", file=file, change=change_id), 303))


def _page(file: str, *, text: str | None = None, problem: KeyturnError | None = None) -> Response:
    from tasks_ui.studio import scenario_text  # noqa: PLC0415  YAML costs memory, and few look at a story

    change, draft, published = None, None, b""
    with context.reading() as opened:
        viewer = context.viewer()
        access.require(viewer, Action.STUDIO_USE)
        if wanted := request.values.get("change", ""):
            change = studio.change(opened, viewer, identity(wanted))
            draft = studio.draft(opened, viewer, change.id, file) if change.draft(file) else None
        known = any(one.file == file and one.kind == "scenario" for one in resources.published(opened))
        if not known and draft is None:
            raise NotFoundError
        if known:
            published = resources.source(opened, file)
        versions = resources.versions(opened, file) if known else ()
        results = scenario_runs.results(opened, viewer, file)
        titles = {one: studio.change(opened, viewer, one).title for one in results}
        source = text.encode() if text is not None else draft.source if draft else published
        mine = choices.recent(opened, viewer, now=context.utcnow())
        told = scenario_text.told(opened, file, source, registry=context.registry())
    page = render_template(
        "studio_scenario.html", file=file, change=change, draft=draft, versions=versions, results=results,
        titles=titles, text=source.decode("utf-8", "replace"), told=told, said=said, mine=mine, run_icons=STATES,
        english=i18n.locale() == "en", problem=i18n.translate(problem.template, problem.fields) if problem else "",
    )  # fmt: skip
    return make_response(page, problem.status if problem else 200)
