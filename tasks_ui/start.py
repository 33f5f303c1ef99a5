"""Starting work: registering a call in under a minute (B49, D08)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from engine import attachments, definitions, tasks
from engine.core import forms
from engine.errors import InvalidFormError, InvalidInputError, KeyturnError
from processes.services import cases, intake, own_processes, rights
from tasks_ui import attachments as uploads
from tasks_ui import context, form_actions, form_lookup, form_view, i18n, reading, start_process
from tasks_ui.errors import shown_again
from tasks_ui.task_page import Typed
from tasks_ui.work import say

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from engine.core import feel
    from processes.services.intake import StartForm

blueprint = Blueprint("start", __name__)
blueprint.register_blueprint(start_process.blueprint)
LONGEST_SEARCH = 60
BAD_REQUEST = 400


@blueprint.get("/start")
def index() -> str:
    """Offer what a person may start."""
    person = context.viewer()
    with context.reading() as opened:
        offers = own_processes.offers(opened, person)
    return render_template("start.html", may_register=rights.may_start(person), offers=offers)


@blueprint.get("/start/complaint")
def complaint() -> Response:
    """Show the intake form, with the draft of the last time; `unit` and `party` fill in a match that was picked."""
    unit, party = request.args.get("unit", ""), request.args.get("party", "")
    typed = None
    if unit:
        number = reading.whole(party)
        with context.transaction() as opened:
            found = cases.pick(opened, context.viewer(), unit=unit, party=number, now=context.utcnow())
        typed = Typed({name: getattr(found, name) for name in ("unit", "name", "phone", "is_owner", "prefer")})
    return _render(typed)


def _render(typed: Typed | None = None, status: int = 200) -> Response:
    """Draw the page with what was typed, else the draft, else the form's defaults."""
    person, now = context.viewer(), context.utcnow()
    query = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    with context.reading() as opened:
        start = intake.start_form(opened, person)
        draft = intake.draft(opened, person) if typed is None else None
        env = tasks.feel_env(opened, context.registry(), now)
        translate = partial(_word, opened, start)
        fresh = {**forms.initial(start.form, {}, env), "received_by": start.received_by}
        given = typed.data if typed else (draft.data if draft else {})
        matches = cases.find_caller(opened, person, query) if query else ()
        unknown = {} if matches else cases.typed_caller(query)
        fresh |= unknown
        data = form_actions.refill(start.form, {**fresh, **_known(given)}, fresh, {}, env)
        page = form_view.Page(env, {}, translate, tasks.lookups(opened, person, context.registry()) or {})
        if typed:
            page = form_view.Page(env, {}, translate, page.lookups, {}, typed.choices, typed.texts)
        view = form_view.build(start.form, data, page, typed.errors if typed else ())
        expected = cases.expected_dates(opened, data, now=now)
        open_ones = cases.open_cases(opened, person, str(data.get("unit") or ""))
    body = render_template(
        "start_complaint.html",
        form=view,
        key=(typed.key if typed else "") or str(uuid4()),
        sentence=typed.sentence if typed else "",
        draft=draft,
        query=query,
        matches=matches,
        unknown=unknown,
        expected=expected,
        open_cases=open_ones,
    )
    return make_response(body, status)


def _known(given: Any) -> dict[str, Any]:
    return {name: value for name, value in dict(given).items() if value not in (None, "")}


def _word(opened: Session, start: StartForm, text: str) -> str:
    return definitions.translate(opened, start.definition_id, text, i18n.locale()) if text else text


def _read(opened: Session, start: StartForm) -> Typed:
    """Read what was posted."""
    data = forms.read(start.form, request.form)
    lookups = tasks.lookups(opened, context.viewer(), context.registry()) or {}
    found = form_lookup.resolve(start.form, data, request.form.to_dict(), lookups, {})
    key = request.form.get("_key", "")[:64]
    return Typed({**data, **found.data}, tuple(found.errors), "", found.choices, found.texts, key)


def _stale(sentence: str) -> Response:
    """Show what was posted from a page that is out of date, to be sent again."""
    with context.reading() as opened:
        sent = _read(opened, intake.start_form(opened, context.viewer()))
    return _render(Typed(sent.data, (), sentence, sent.choices, sent.texts, sent.key), BAD_REQUEST)


@blueprint.post("/start/complaint")
@shown_again(_stale)
def register() -> Response:
    """Register the case. Whatever is wrong is said next to the field, and nothing typed is lost."""
    key, action = request.form.get("_key", "")[:64], request.form.get("_action", "")
    person, now = context.viewer(), context.utcnow()
    with context.reading() as opened:
        start = intake.start_form(opened, person)
        sent = _read(opened, start)
        env = tasks.feel_env(opened, context.registry(), now)
    if action == "save":
        return _keep(sent.data)
    if action:
        changed = form_actions.apply(start.form, sent.data, action, {}, env)
        return _render(Typed(changed, key=key))
    files, refused = _posted_files(start.form)
    if sent.errors or refused:
        return _again(sent, InvalidFormError(_all_errors(start.form, sent, refused, env)))
    try:
        with context.transaction() as opened:
            number = cases.register(
                opened,
                person,
                sent.data,
                now=now,
                registry=context.registry(),
                request_key=key,
                uploads=files,
                files=uploads.files(),
            )
            intake.forget_draft(opened, person)
    except KeyturnError as problem:
        return _again(sent, problem)
    return make_response(redirect(url_for("start.done", number=number), 303))


def _again(sent: Typed, problem: KeyturnError) -> Response:
    errors = problem.errors if isinstance(problem, InvalidFormError) else ()
    sentence = "" if errors else say(problem)
    return _render(Typed(sent.data, errors, sentence, sent.choices, sent.texts, sent.key), problem.status)


def _all_errors(
    form: forms.Form, sent: Typed, refused: list[forms.FieldError], env: feel.Env
) -> list[forms.FieldError]:
    """Say everything that is wrong at once: files, texts that match nothing, and all other fields."""
    found = [*sent.errors, *refused]
    named = {error.path for error in found}
    try:
        forms.validate(form, sent.data, {}, env)
    except InvalidFormError as problem:
        found += [error for error in problem.errors if error.path not in named]
    order = {component.key: place for place, component in enumerate(form.walk())}
    return sorted(found, key=lambda error: order.get(error.path, 0))


def _posted_files(
    form: forms.Form,
) -> tuple[list[tuple[str, attachments.Prepared]], list[forms.FieldError]]:
    """Check the files that came with the form; each is looked at before any transaction is open."""
    kept, refused = list[tuple[str, attachments.Prepared]](), list[forms.FieldError]()
    for component in form.walk():
        for sent in request.files.getlist(f"{component.key}__file") if component.upload else ():
            if not sent.filename:
                continue
            try:
                kept.append((component.key, uploads.prepared(component, sent)))
            except InvalidInputError as problem:
                refused.append(forms.FieldError(component.key, problem.template, problem.fields, component.label))
    return kept, refused


def _keep(data: Any) -> Response:
    with context.transaction() as opened:
        intake.save_draft(opened, context.viewer(), data, now=context.utcnow())
    flash(gettext("The draft is saved."), "success")
    return make_response(redirect(url_for("start.complaint"), 303))


@blueprint.get("/start/complaint/done/<number>")
def done(number: str) -> str:
    """Say the number and the dates, to be told to the customer, and what comes next (E04, B51)."""
    with context.reading() as opened:
        case = cases.view(opened, context.viewer(), number, now=context.utcnow())
        following = intake.following(opened, context.viewer(), number)
        head = case.head
        asked = {
            name: getattr(head, name) for name in ("urgency", "kind", "subject", "cat1", "channel", "scope", "part")
        }
        asked["answered"] = intake.answered(opened, number)
        # The worker starts the clocks a moment later: until then the dates are foretold.
        clocks = case.clocks or cases.expected_dates(opened, {**asked, "unit": head.house}, now=head.received_at)
    tries = request.args.get("tries", "")
    return render_template(
        "start_done.html",
        head=head,
        clocks=clocks,
        following=following,
        tries=reading.whole(tries),
    )


# What the page's script asks


@blueprint.get("/start/complaint/callers")
def callers() -> str:
    """Find house and owner while somebody types."""
    query = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    with context.reading() as opened:
        matches = cases.find_caller(opened, context.viewer(), query)
    unknown = {} if matches else cases.typed_caller(query)
    return render_template("start_matches.html", matches=matches, query=query, unknown=unknown)


@blueprint.post("/start/complaint/pick")
def pick() -> Response:
    """Give what a picked match fills in; the look at the number is logged."""
    party = request.form.get("party", "")
    with context.transaction() as opened:
        found = cases.pick(
            opened,
            context.viewer(),
            unit=request.form.get("unit", ""),
            party=reading.whole(party),
            now=context.utcnow(),
        )
    filled = {name: getattr(found, name) for name in ("unit", "name", "phone", "is_owner", "prefer")}
    return jsonify({name: value for name, value in filled.items() if value})


@blueprint.get("/start/complaint/open")
def open_cases() -> str:
    """List the open cases of a house: what a call may repeat."""
    with context.reading() as opened:
        found = cases.open_cases(opened, context.viewer(), request.args.get("unit", ""))
    return render_template("start_open.html", open_cases=found)


@blueprint.post("/start/complaint/dates")
def dates() -> str:
    """Compute the dates to promise from what is typed so far."""
    with context.reading() as opened:
        start = intake.start_form(opened, context.viewer())
        data = forms.read(start.form, request.form)
        expected = cases.expected_dates(opened, data, now=context.utcnow())
    return render_template("start_dates.html", expected=expected)


@blueprint.post("/start/complaint/preview")
def preview() -> Response:
    """Tell which fields are hidden and required now, for conditions that only the server evaluates."""
    with context.reading() as opened:
        start = intake.start_form(opened, context.viewer())
        env = tasks.feel_env(opened, context.registry(), context.utcnow())
    return jsonify(form_actions.preview(start.form, forms.read(start.form, request.form), {}, env))


@blueprint.post("/start/complaint/draft")
def draft() -> Response:
    """Keep what was typed so far; `_discard` throws it away."""
    person = context.viewer()
    with context.transaction() as opened:
        if "_discard" in request.form:
            intake.forget_draft(opened, person)
            return make_response(redirect(url_for("start.complaint"), 303))
        start = intake.start_form(opened, person)
        data = forms.read(start.form, request.form)
        intake.save_draft(opened, person, data, now=context.utcnow())
    return jsonify(saved=f"{i18n.local(context.utcnow()):%H:%M}")
