"""The clicks of a rehearsal: begin, do a task, let time pass, take back, save. Forms are those of real life."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from flask import Response, flash, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext

from engine import tasks
from engine.access import SYSTEM
from engine.core import forms
from engine.errors import (
    N_,
    ConflictError,
    InvalidFormError,
    InvalidInputError,
    KeyturnError,
    NotFoundError,
)
from engine.rehearsing import rehearsal
from engine.rehearsing import story as rehearsal_story
from engine.rehearsing import views as rehearsal_views
from engine.rehearsing.sandbox_bases import inside, sandbox_of
from engine.studio import resources
from processes.services.worksheet import prefill, worksheet
from tasks_ui import context, form_actions, form_lookup, form_view, i18n, names, task_page
from tasks_ui.form_controls import FileView
from tasks_ui.notes import plain_note
from tasks_ui.studio.rehearse_pages import acted, loaded, problem_of, show, to
from tasks_ui.task_page import Typed

if TYPE_CHECKING:
    from uuid import UUID

    from engine.rehearsing.rehearsal import Kept
    from engine.rehearsing.views import Way

NEXT = "next"
SPANS = ("PT1H", "P1D", "P3D", "P7D")


def _back(rehearsal_id: UUID) -> Response:
    return to(url_for("studio_rehearse.show", rehearsal_id=rehearsal_id))


# Forms


def _page(session: Any, env: Any, known: Any, translate: Any, typed: Typed) -> form_view.Page:
    own = inside(context.registry())
    lookups = tasks.lookups(session, SYSTEM, own) or {}
    samples = sandbox_of(context.registry()).files
    files = {token: FileView(token, name, "#") for token, name in samples.items()}
    return form_view.Page(env, known, translate, lookups, files, typed.choices, typed.texts)


def _posted(form: forms.Form | None, lookups: Any) -> Typed:
    """Read what was posted; a file that came along without script stands by the name of a sample."""
    if form is None:
        return Typed()
    data = forms.read(form, request.form)
    samples = sandbox_of(context.registry()).uploads
    for one in forms.fields_of(form.components):
        if one.upload and any(file.filename for file in request.files.getlist(f"{one.key}__file")):
            data[one.key] = [samples[one.upload]] if one.many else samples[one.upload]
    found = form_lookup.resolve(form, data, request.form.to_dict(), lookups, {})
    return Typed(found.data, found.errors, "", found.choices, found.texts)


def _correct(sent: Typed) -> None:
    if sent.errors:
        raise InvalidFormError(sent.errors)


def _problem(sent: Typed, error: KeyturnError) -> Typed:
    errors = error.errors if isinstance(error, InvalidFormError) else ()
    return Typed(sent.data, errors, "" if errors else problem_of(error), sent.choices, sent.texts)


# Begin


def start(rehearsal_id: UUID, number: int) -> Response:
    """Show the form of a way to begin with an example, or begin."""
    kept, registry = loaded(rehearsal_id), context.registry()
    with rehearsal.on_stage(kept, registry) as play, play.bench.database.read() as session:
        ways = rehearsal_views.ways(session, kept.process, registry)
        if not 0 < number <= len(ways):
            raise NotFoundError
        way = ways[number - 1]
        env = tasks.feel_env(session, play.bench.registry, kept.clock)
        lookups = tasks.lookups(session, SYSTEM, play.bench.registry) or {}
        if request.method == "GET":
            given = rehearsal_views.filled(way, env, registry, lookups) if "blank" not in request.args else {}
            return _start_page(kept, way, number, session, env, Typed(given))
        sent = _posted(way.form, lookups)
        if request.form.get("_action") and way.form is not None:
            data = form_actions.apply(way.form, sent.data, request.form["_action"], {}, env)
            return _start_page(kept, way, number, session, env, Typed(data))
        try:
            _correct(sent)
            filled = dict(sent.data if way.form is not None else way.example)
            do = rehearsal_views.beginning(way, filled, env, place=request.form.get("_place", ""))
        except InvalidFormError as error:
            return _start_page(kept, way, number, session, env, _problem(sent, error), error.status)
    try:
        acted(kept, rehearsal.act(kept, registry, do))
    except KeyturnError as error:
        return _start_again(kept, way, number, _problem(sent, error), error)
    return _back(rehearsal_id)


def _start_again(kept: Kept, way: Way, number: int, typed: Typed, error: KeyturnError) -> Response:
    if way.form is None and not way.places:
        return show(kept.id, error)
    with rehearsal.on_stage(kept, context.registry()) as play, play.bench.database.read() as session:
        env = tasks.feel_env(session, play.bench.registry, kept.clock)
        return _start_page(kept, way, number, session, env, typed, error.status)


def _start_page(kept: Kept, way: Way, number: int, session: Any, env: Any, typed: Typed, status: int = 200) -> Response:
    view = None
    if way.form is not None:
        data = {**forms.initial(way.form, {}, env), **typed.data}
        word = partial(i18n_text, kept.process)
        view = form_view.build(way.form, data, _page(session, env, {}, word, typed), typed.errors)
    page = render_template(
        "studio_rehearse_start.html", kept=kept, way=way, number=number, form=view, sentence=typed.sentence,
        key=str(uuid4()), place=request.form.get("_place"), urls=_urls(kept, url_for(
            "studio_rehearse.start", rehearsal_id=kept.id, number=number)),
    )  # fmt: skip
    return make_response(page, status)


def i18n_text(process: str, words: str) -> str:
    """Say a text of a process in the reader's language."""
    return str(names.text(words, process))


def _urls(kept: Kept, submit: str, preview: str = "") -> dict[str, str]:
    return {
        "submit": submit, "draft": "", "preview": preview,
        "upload": url_for("studio_rehearse.upload", rehearsal_id=kept.id),
        "lookup": url_for("studio_rehearse.lookup", rehearsal_id=kept.id, source="__source__"),
    }  # fmt: skip


# Tasks


def task(rehearsal_id: UUID, task_id: UUID) -> Response:
    """Show a task's form with usual answers, or finish it."""
    kept, registry = loaded(rehearsal_id), context.registry()
    if request.method == "GET":
        return _task_page(kept, task_id)
    with rehearsal.on_stage(kept, registry) as play, play.bench.database.read() as session:
        card = rehearsal_views.card(session, task_id, kept.clock)
        view = tasks.open_task(session, SYSTEM, task_id, now=kept.clock)
        sent = _posted(view.form, tasks.lookups(session, SYSTEM, play.bench.registry) or {})
        env = tasks.feel_env(session, play.bench.registry, kept.clock)
    if request.form.get("_action") and view.form is not None:
        data = form_actions.apply(view.form, sent.data, request.form["_action"], view.variables, env)
        return _task_page(kept, task_id, Typed(data))
    doers = dict(card.doers)
    chosen = request.form.get("_by", "")
    person = doers.get(chosen) or (card.doers[0][1] if card.doers else "")
    try:
        _correct(sent)
        do = {"由": person} if person else {}
        acted(kept, rehearsal.act(kept, registry, do, task=task_id, data=sent.data))
    except ConflictError as error:
        return show(rehearsal_id, error)
    except KeyturnError as error:
        return _task_page(kept, task_id, _problem(sent, error), error.status)
    return _back(rehearsal_id)


def _task_page(kept: Kept, task_id: UUID, typed: Typed | None = None, status: int = 200) -> Response:
    registry = context.registry()
    with rehearsal.on_stage(kept, registry) as play:
        found = next((one for one in play.tasks() if one.id == task_id), None)
        if found is None:
            return show(kept.id, ConflictError(N_("This task is no longer open in the rehearsal.")))
        blank = "blank" in request.args
        usual = {} if typed or blank else dict(sandbox_of(registry).answers(play, found))
        with play.bench.database.read() as session:
            view = tasks.open_task(session, SYSTEM, task_id, now=kept.clock)
            card = rehearsal_views.card(session, task_id, kept.clock)
            env = tasks.feel_env(session, play.bench.registry, kept.clock)
            word = partial(task_page.in_words, session, view.item.definition_id, i18n.locale())
            shown = typed or Typed(usual)
            sheet = worksheet(session, view.item.business_key, view.item.element_id, view.variables)
            form = None
            if view.form is not None:
                fresh = forms.initial(view.form, view.variables, env, last=view.submission)
                fresh = prefill(sheet, view.item.element_id, fresh)
                data = form_actions.refill(view.form, {**fresh, **shown.data}, fresh, view.variables, env)
                page = _page(session, env, view.variables, word, shown)
                form = form_view.build(view.form, data, page, shown.errors)
            name, process = word(view.item.name), word(view.item.process_name)
            about = plain_note(word(view.documentation))
    body = render_template(
        "studio_rehearse_task.html", kept=kept, card=card, item=view.item, form=form, name=name, process=process,
        about=about, sentence=shown.sentence, blank=blank, key=str(uuid4()), by=request.form.get("_by", ""),
        roles=[names.role(group) for group in card.groups],
        urls=_urls(
            kept, url_for("studio_rehearse.task", rehearsal_id=kept.id, task_id=task_id),
            url_for("studio_rehearse.preview", rehearsal_id=kept.id, task_id=task_id),
        ),
    )  # fmt: skip
    return make_response(body, status)


def preview(rehearsal_id: UUID, task_id: UUID) -> Response:
    """Tell what is hidden and required as the form is filled in now."""
    kept = loaded(rehearsal_id)
    with rehearsal.on_stage(kept, context.registry()) as play, play.bench.database.read() as session:
        rehearsal_views.card(session, task_id, kept.clock)
        view = tasks.open_task(session, SYSTEM, task_id, now=kept.clock)
        if view.form is None:
            return jsonify(hidden=[], required=[])
        env = tasks.feel_env(session, play.bench.registry, kept.clock)
        return jsonify(form_actions.preview(view.form, forms.read(view.form, request.form), view.variables, env))


def upload(rehearsal_id: UUID) -> Response:
    """Answer as the real page does; of the file nothing is kept."""
    loaded(rehearsal_id)
    sandbox, sent = sandbox_of(context.registry()), request.files.get("file")
    suffix = (sent.filename or "").rpartition(".")[2].lower() if sent else ""
    kind = "photo" if suffix in ("jpg", "jpeg", "png", "webp", "heic") else "file"
    kind = "signature" if sent and sent.filename == "signature.png" else kind
    token = sandbox.uploads[kind]
    return jsonify(id=token, name=sandbox.files[token], size=0, url="#", preview="")


def lookup(rehearsal_id: UUID, source: str) -> Response:
    """Search among the invented people, houses and lists."""
    kept = loaded(rehearsal_id)
    with rehearsal.on_stage(kept, context.registry()) as play, play.bench.database.read() as session:
        search = (tasks.lookups(session, SYSTEM, play.bench.registry) or {}).get(source)
        if search is None:
            raise NotFoundError
        asked = {name: text for name, text in request.args.items() if name not in ("q", "value")}
        asked["today"] = i18n.local(kept.clock).date().isoformat()
        found = [forms.as_option(option) for option in search(request.args.get("q", "")[:100], asked)]
    return jsonify([{"value": one.value, "label": one.label, "hint": one.hint} for one in found])


# Time, back, anew


def time(rehearsal_id: UUID) -> Response:
    """Let a span pass, or time until the next limit or a chosen moment."""
    kept, registry = loaded(rehearsal_id), context.registry()
    span = request.form.get("span", "")
    try:
        if span == NEXT:
            with rehearsal.on_stage(kept, registry) as play:
                moment = rehearsal.next_limit(play, registry)
            if moment is None:
                raise InvalidInputError(N_("Nothing is due: no time limit and no timer runs at the moment."))
            after = rehearsal.until(kept, registry, moment)
        elif span in SPANS:
            after = rehearsal.hours(kept, registry, span)
        else:
            after = rehearsal.until(kept, registry, _moment(request.form.get("until", "")))
        acted(kept, after)
    except KeyturnError as error:
        return show(rehearsal_id, error)
    return _back(rehearsal_id)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=context.settings().zone)
    except ValueError as error:
        raise InvalidInputError(N_("Please choose a day and a time.")) from error


def undo(rehearsal_id: UUID) -> Response:
    """Take the last step back."""
    kept = loaded(rehearsal_id)
    try:
        acted(kept, rehearsal.undo(kept))
    except KeyturnError as error:
        return show(rehearsal_id, error)
    return _back(rehearsal_id)


def restart(rehearsal_id: UUID) -> Response:
    """Begin anew, and take the same steps again where that was wanted."""
    kept, registry = loaded(rehearsal_id), context.registry()
    stuck: KeyturnError | None = None
    try:
        with context.reading() as opened:
            anew = rehearsal.fresh(opened, context.viewer(), kept, registry)
        if request.form.get("again"):
            anew, stuck = rehearsal.again(kept, anew, registry)
        acted(kept, anew)
    except KeyturnError as error:
        return show(rehearsal_id, error)
    if stuck is not None:
        at = len(anew.steps) + 1
        reason = problem_of(stuck)
        flash(gettext("Step %(number)d cannot be taken any more: %(reason)s", number=at, reason=reason), "warning")
    elif request.form.get("again"):
        flash(gettext("All steps were taken again with the drafts as they are now."), "success")
    return _back(rehearsal_id)


def save(rehearsal_id: UUID) -> Response:
    """Save the walk as a scenario of the change."""
    kept, registry = loaded(rehearsal_id), context.registry()
    try:
        with context.transaction() as opened:
            folder = next((r.folder for r in resources.published(opened) if r.key == kept.process), "")
            change_id, file, red = rehearsal_story.save(
                opened, context.viewer(), kept, name=request.form.get("name", ""), folder=folder,
                now=context.application().clock(), registry=registry,
            )  # fmt: skip
    except KeyturnError as error:
        return show(rehearsal_id, error, asked="save")
    if red is None:
        flash(gettext("Saved as the scenario %(file)s. It was played once and passed.", file=file), "success")
    else:
        reason = red.reason if i18n.locale() == "en" else red.reason_zh
        flash(gettext("Saved as %(file)s, but it fails when played: %(reason)s", file=file, reason=reason), "warning")
    return to(url_for("studio_scenarios.show", file=file, change=change_id))
