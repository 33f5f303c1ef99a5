"""A form as staff will see it, while it is being edited: drawn by our own pages from a source that nobody has saved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, make_response, render_template, url_for
from flask_babel import force_locale, gettext
from werkzeug.datastructures import MultiDict

from engine import studio, tasks
from engine.core import forms
from engine.errors import InvalidFormError
from engine.studio import blanks as studio_blanks
from engine.studio import form_bench
from tasks_ui import context, form_actions, form_lookup, form_view, i18n, security
from tasks_ui.studio.editing import FILE, plainly, sent, sent_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from engine.core import feel
    from tasks_ui.form_controls import FormView

blueprint = Blueprint("studio_forms", __name__, url_prefix="/studio")
MOST_NAMES = 40
LONGEST_VALUE = 2_000
UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True)
class Trial:
    """What the preview is drawn from: the form, the values of the case, what was typed, in whose language."""

    form: forms.Form
    variables: Mapping[str, Any]
    typed: tuple[tuple[str, str], ...] | None
    example: bool
    check: bool
    action: str
    locale: str


@dataclass(slots=True)
class Drawn:
    """A drawn trial: the controls, and everything that would be refused."""

    view: FormView
    errors: list[forms.FieldError] = field(default_factory=list)


@blueprint.get(FILE + "/preview")
def frame(change_id: UUID, file: str) -> Response:
    """Give the page that lies in the editor's frame; its script is handed the drawn form."""
    with context.reading() as opened:
        studio.draft(opened, context.viewer(), change_id, file)
    response = make_response(render_template("studio_form_preview.html"))
    response.headers["Content-Security-Policy"] = security.policy(frame_ancestors="'self'")
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@blueprint.post(FILE + "/preview")
@plainly
def preview(change_id: UUID, file: str) -> Response:
    """Draw a source as a form. Nothing is stored."""
    body = sent()
    trial = _trial(body)
    with context.reading() as opened:
        studio.draft(opened, context.viewer(), change_id, file)
        words = form_bench.english(opened, change_id, file) if trial.locale == "en" else {}
        lookups = tasks.lookups(opened, context.viewer(), context.registry()) or {}
        env = tasks.feel_env(opened, context.registry(), context.utcnow())
        with force_locale(trial.locale):
            drawn = _draw(trial, lookups, env, partial(_word, words))
            urls = {
                "submit": url_for("studio_forms.preview", change_id=change_id, file=file),
                "upload": url_for("studio_forms.upload", change_id=change_id, file=file),
                "lookup": url_for("work.lookup", source="__source__"),
            }
            html = render_template("_studio_form.html", form=drawn.view, urls=urls)
    return jsonify(
        html=html,
        faults=len(drawn.errors),
        names=forms.outside_names(trial.form)[:MOST_NAMES],
        lookups=sorted(name for name in lookups if ":" not in name),
    )


@blueprint.post(FILE + "/preview/upload")
def upload(change_id: UUID, file: str) -> Response:
    """Say that a preview keeps no files."""
    with context.reading() as opened:
        studio.draft(opened, context.viewer(), change_id, file)
    message = gettext("This is a preview: files are not kept.")
    return make_response(jsonify(error={"message": message}), UNPROCESSABLE)


@blueprint.post(FILE + "/uses")
@plainly
def uses(change_id: UUID, file: str) -> Response:
    """List the other files of the folder that name a field: they must be changed with it."""
    key = str(sent().get("key", ""))[:100]
    with context.reading() as opened:
        studio.draft(opened, context.viewer(), change_id, file)
        found = form_bench.uses(opened, change_id, file, key)
    return jsonify(uses=[{"file": one.file, "name": one.name} for one in found])


def _trial(body: Mapping[str, Any]) -> Trial:
    given = body.get("context")
    typed = body.get("data")
    locale = body.get("locale")
    return Trial(
        form=forms.parse(sent_source(dict(body))),
        variables={str(name): _value(text) for name, text in given.items()} if isinstance(given, Mapping) else {},
        typed=tuple(_pairs(typed)) if isinstance(typed, list) else None,
        example=body.get("example") is True,
        check=body.get("check") is True,
        action=str(body.get("action") or ""),
        locale=locale if locale in i18n.LOCALES else i18n.locale(),
    )


def _pairs(typed: list[Any]) -> list[tuple[str, str]]:
    return [
        (one[0], one[1])
        for one in typed
        if isinstance(one, list) and [type(part) for part in one] == [str, str] and one[0] != "csrf_token"
    ]


def _value(text: Any) -> Any:
    """Read what was typed for a value of the case: a number, yes or no, a date or a list as JSON, else the text."""
    if not isinstance(text, str) or not text.strip():
        return None
    with suppress(ValueError, RecursionError):
        return json.loads(text[:LONGEST_VALUE])
    return text[:LONGEST_VALUE]


def _word(words: Mapping[str, str], text: str) -> str:
    return words.get(text, text)


def _draw(trial: Trial, lookups: forms.Lookups, env: feel.Env, translate: Callable[[str], str]) -> Drawn:
    form, variables = trial.form, trial.variables
    quiet = forms.lenient(env)
    data = forms.initial(form, variables, quiet)
    page = form_view.Page(quiet, variables, translate, lookups)
    errors: list[forms.FieldError] = []
    if trial.typed is not None:
        posted = MultiDict(trial.typed)
        typed = forms.read(form, posted)
        found = form_lookup.resolve(form, typed, posted.to_dict(), lookups, variables)
        fresh = data
        data = form_actions.refill(form, {**fresh, **typed, **found.data}, fresh, variables, quiet)
        page = replace(page, choices=found.choices, texts=found.texts)
        errors = list(found.errors) if trial.check else []
    elif trial.example:
        data = form_bench.filled(form, data, variables, quiet, lookups)
    if trial.action:
        data = form_actions.apply(form, data, trial.action, variables, quiet)
    if trial.check:
        errors += _refused(form, data, variables, quiet, lookups, {error.path for error in errors})
    return Drawn(form_view.build(form, data, page, errors), errors)


def _refused(
    form: forms.Form,
    data: Mapping[str, Any],
    variables: Mapping[str, Any],
    env: feel.Env,
    lookups: forms.Lookups,
    named: set[str],
) -> list[forms.FieldError]:
    try:
        forms.validate(form, data, variables, env, lookups=lookups)
    except InvalidFormError as problem:
        return [error for error in problem.errors if error.path not in named]
    return []


@blueprint.post(FILE + "/fields")
@plainly
def fields(change_id: UUID, file: str) -> Response:
    """Give the fields of another form, to be copied into this one."""
    other = str(sent().get("file", ""))
    with context.reading() as opened:
        studio.draft(opened, context.viewer(), change_id, file)
        found = form_bench.fields(opened, change_id, other)
    return jsonify(components=found)


@blueprint.post("/changes/<uuid:change_id>/forms")
@plainly
def begin(change_id: UUID) -> Response:
    """Add a new form of a user task to a change, for the diagram's editor: named after the task."""
    body = sent()
    name, near = (str(body.get(part) or "") for part in ("name", "file"))
    with context.transaction() as opened:
        change = studio.change(opened, context.viewer(), change_id)
        beside = change.draft(near)
        key = form_bench.free_key(opened, change_id, str(body.get("key") or "form"))
        made = studio_blanks.add_new(
            opened,
            context.viewer(),
            change_id,
            kind="form",
            name=name[: studio_blanks.MAX_NAME],
            key=key,
            folder=beside.folder if beside else "",
            now=context.utcnow(),
        )
    return jsonify(file=made.file, key=key, url=url_for("studio_editing.edit", change_id=change_id, file=made.file))
