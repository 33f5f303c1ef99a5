"""The task page: fill in, take, give back, hand on, comment, finish."""

from __future__ import annotations

from dataclasses import replace
from time import sleep
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from engine import incidents, submissions, tasks
from engine.core import forms
from engine.errors import (
    ConflictError,
    InvalidFormError,
    InvalidInputError,
    KeyturnError,
    NotFoundError,
    ProcessError,
)
from processes.services import cases, owner_phone
from tasks_ui import attachments, context, form_actions, form_lookup, i18n, task_page
from tasks_ui.errors import is_htmx, shown_again
from tasks_ui.guard import asks_itself
from tasks_ui.names import role, text
from tasks_ui.task_page import Typed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

blueprint = Blueprint("work", __name__)
blueprint.register_blueprint(attachments.blueprint)
AT_THE_DESK = "handover_unit"
"""The process whose people serve one family after the other."""
NEXT_SHOWN = 3
PAUSES = (0.1, 0.15, 0.2, 0.3, 0.35, 0.4)
"""Seconds to wait for the worker between looks, 1.5 s in all: then the page says that the case goes on by itself."""
BAD_REQUEST = 400


@blueprint.get("/tasks/<uuid:task_id>")
@asks_itself
def show(task_id: UUID) -> Response:
    """Show a task with its form."""
    return _render(task_id)


def _render(task_id: UUID, typed: Typed | None = None, status: int = 200, *, phone: str = "") -> Response:
    with context.reading() as opened:
        page = task_page.gather(opened, task_id, typed, phone=phone)
    return make_response(render_template("task.html", page=page, task=page.task, item=page.task.item), status)


def _stale(sentence: str, task_id: UUID) -> Response:
    """Show what was posted from a page that is out of date, to be sent again; nothing is kept yet."""
    sent = _read(task_id, keep=False)
    return _render(task_id, Typed(sent.data, (), sentence, sent.choices, sent.texts, sent.key), BAD_REQUEST)


@blueprint.post("/tasks/<uuid:task_id>/complete")
@asks_itself
@shown_again(_stale)
def complete(task_id: UUID) -> Response:
    """Finish a task. Whatever goes wrong is said in a sentence, and what was typed stays on the page.

    One transaction asks who it is, reads the form, completes the task and looks at what comes next.
    """
    if action := request.form.get("_action", ""):
        return _acted(task_id, action)
    sent = _read(task_id) if any(file.filename for file in request.files.values()) else None

    def read(form: forms.Form | None) -> Mapping[str, Any]:
        nonlocal sent
        sent = sent or posted(opened, task_id, form)
        if sent.errors:
            raise InvalidFormError(sent.errors)
        return sent.data

    try:
        with context.transaction() as opened:
            result, found = tasks.complete_and_look(
                opened, context.viewer(), task_id, data=read, now=context.utcnow(), registry=context.registry(),
                idempotency_key=_key(),
            )  # fmt: skip
    except NotFoundError:
        raise
    except ProcessError as stuck:  # the process cannot go on: an administrator is to see it, with what was typed
        sent = sent or _read(task_id, keep=False)
        incidents.record_failed_command(
            context.application().database, stuck, task_id=task_id, data=sent.data, viewer=context.viewer(),
            now=context.utcnow(),
        )  # fmt: skip
        return _again(task_id, sent, stuck)
    except KeyturnError as problem:
        return _again(task_id, sent or _read(task_id, keep=False), problem)
    found = _settled(result, found)
    flash(_what_next(found), "success")
    ready = [task.id for task in result.next_tasks] or found.mine
    if ready:
        return make_response(redirect(url_for("work.show", task_id=ready[0]), 303))
    if found.process_key == AT_THE_DESK:
        return make_response(redirect(url_for("handover.after", task_id=task_id), 303))
    return make_response(redirect(url_for("inbox.show"), 303))


def _settled(result: tasks.CompleteResult, found: submissions.Standing) -> submissions.Standing:
    """Read where the case stands now; while only a service runs, wait a moment for the task that comes after it."""
    for pause in PAUSES:
        if result.next_tasks or found.tasks or found.ended or not found.working:
            break
        sleep(pause)
        with context.reading() as opened:
            found = submissions.standing(opened, context.viewer(), result.instance_id, since=context.utcnow())
    return found


def _key() -> str:
    return request.form.get("_key", "")[:64]


def _read(task_id: UUID, *, keep: bool = True) -> Typed:
    """Read what was posted; files that came along (no script) are kept at once, so that no error loses them."""
    with context.reading() as opened:
        form = submissions.form_of(opened, context.viewer(), task_id)
        sent = posted(opened, task_id, form)
    if form is None or not keep:
        return sent
    data, refused = attachments.keep_posted(task_id, form, sent.data)
    return replace(sent, data=data, errors=(*sent.errors, *refused))


def posted(opened: Session, task_id: UUID, form: forms.Form | None) -> Typed:
    """Read the fields that were posted."""
    if form is None:
        return Typed(key=_key())
    person = context.viewer()
    data = forms.read(form, request.form)
    if any(component.upload for component in form.walk()):
        data = form_actions.own_files(form, data, submissions.files_of(opened, person, task_id))
    lookups = tasks.lookups(opened, person, context.registry()) or {}
    found = form_lookup.resolve(form, data, request.form.to_dict(), lookups, {})
    return Typed(found.data, found.errors, "", found.choices, found.texts, _key())


def _acted(task_id: UUID, action: str) -> Response:
    """Do what a button of the form says that does not finish the task."""
    sent = _read(task_id)
    if action == "save":
        return _keep(task_id, sent.data)
    with context.reading() as opened:
        return _changed(opened, task_id, sent.data, action, sent.key)


def _again(task_id: UUID, sent: Typed, problem: KeyturnError) -> Response:
    """Show the page again with what was typed and why it was not carried out."""
    errors = problem.errors if isinstance(problem, InvalidFormError) else ()
    sentence = "" if errors else say(problem)
    typed = Typed(sent.data, errors, sentence, sent.choices, sent.texts, sent.key)
    return _render(task_id, typed, problem.status)


def say(problem: KeyturnError) -> str:
    """Say a problem in the reader's language."""
    return i18n.translate(problem.template, problem.fields)


def _changed(opened: Session, task_id: UUID, data: Any, action: str, key: str) -> Response:
    """Add or remove a row or a file and show the page again (buttons of a page without script)."""
    view = tasks.open_task(opened, context.viewer(), task_id, now=context.utcnow())
    if view.form is not None:
        env = task_page.calm_env(opened, context.utcnow())
        data = form_actions.apply(view.form, data, action, view.variables, env)
    page = task_page.gather(opened, task_id, Typed(data, key=key))
    return make_response(render_template("task.html", page=page, task=page.task, item=page.task.item))


def _what_next(found: submissions.Standing) -> str:
    """Say where the case stands now: the next tasks and who has them, or that it is over."""
    if found.ended:
        return str(gettext("Done. The case is finished: %(end)s.", end=text(found.end_name, found.process_key)))
    steps = []
    for task in found.tasks[:NEXT_SHOWN]:
        who = task.person or gettext(", ").join(role(group) for group in task.groups)
        name = text(task.name, found.process_key)
        steps.append(f"{name} ({who})" if who else name)
    if not steps:
        return str(gettext("Done. The case goes on by itself."))
    return str(gettext("Done. Next: %(tasks)s.", tasks=gettext("; ").join(steps)))


@blueprint.post("/tasks/<uuid:task_id>/phone")
def phone(task_id: UUID) -> Response:
    """Show the customer's whole number on the task's page; the look is logged (B29)."""
    with context.transaction() as opened:
        view = tasks.open_task(opened, context.viewer(), task_id, now=context.utcnow())
        asked: tuple[Any, ...] = (opened, context.viewer(), view.item.business_key)
        if view.item.element_id in owner_phone.TALKS:
            found = owner_phone.reveal(*asked, holds=task_page.holds(context.viewer(), view), now=context.utcnow())
        else:
            found = cases.reveal(*asked, now=context.utcnow())
    if is_htmx():
        with context.reading() as opened:
            page = task_page.gather(opened, task_id)
        return make_response(render_template("_case_phone.html", head=page.head or page.owner, phone=found))
    return _render(task_id, phone=found)


# Drafts, and what the page's script asks


@blueprint.post("/tasks/<uuid:task_id>/draft")
def draft(task_id: UUID) -> Response:
    """Keep what was typed so far; `_discard` throws it away."""
    if "_discard" in request.form:
        with context.transaction() as opened:
            tasks.save_draft(opened, context.viewer(), task_id, data={}, now=context.utcnow())
        return make_response(redirect(url_for("work.show", task_id=task_id), 303))
    with context.transaction() as opened:
        form = submissions.form_of(opened, context.viewer(), task_id)
        data = forms.read(form, request.form) if form else {}
        tasks.save_draft(opened, context.viewer(), task_id, data=data, now=context.utcnow())
    return jsonify(saved=f"{i18n.local(context.utcnow()):%H:%M}")


def _keep(task_id: UUID, data: Any) -> Response:
    with context.transaction() as opened:
        tasks.save_draft(opened, context.viewer(), task_id, data=data, now=context.utcnow())
    flash(gettext("The draft is saved."), "success")
    return make_response(redirect(url_for("work.show", task_id=task_id), 303))


@blueprint.post("/tasks/<uuid:task_id>/preview")
def preview(task_id: UUID) -> Response:
    """Tell which fields are hidden and required now, for conditions that only the server evaluates."""
    with context.reading() as opened:
        view = tasks.open_task(opened, context.viewer(), task_id, now=context.utcnow())
        if view.form is None:
            return jsonify(hidden=[], required=[])
        env = task_page.calm_env(opened, context.utcnow())
        return jsonify(form_actions.preview(view.form, forms.read(view.form, request.form), view.variables, env))


@blueprint.get("/lookup/<source>")
def lookup(source: str) -> Response:
    """Search one of the application's sources while somebody types."""
    with context.reading() as opened:
        search = (tasks.lookups(opened, context.viewer(), context.registry()) or {}).get(source)
        if search is None:
            raise NotFoundError
        asked = {name: text for name, text in request.args.items() if name != "q"}
        asked.pop("value", None)
        asked["today"] = i18n.local(context.utcnow()).date().isoformat()
        found = [(forms.as_option(option), option) for option in search(request.args.get("q", "")[:100], asked)]
    return jsonify(
        [
            {"value": one.value, "label": one.label, "hint": one.hint}
            | ({"number": raw["number"]} if isinstance(raw, dict) and raw.get("number") else {})  # a price goes along
            for one, raw in found
        ]
    )


# Who has the task


def _done(task_id: UUID, told: str) -> Response:
    flash(told, "success")
    return make_response(redirect(url_for("work.show", task_id=task_id), 303))


@blueprint.post("/tasks/<uuid:task_id>/claim")
def claim(task_id: UUID) -> Response:
    """Take the task."""
    with context.transaction() as opened:
        tasks.claim(opened, context.viewer(), task_id, now=context.utcnow())
    return _done(task_id, gettext("The task is yours now."))


@blueprint.post("/tasks/<uuid:task_id>/release")
def release(task_id: UUID) -> Response:
    """Give the task back to its group."""
    with context.transaction() as opened:
        tasks.release(opened, context.viewer(), task_id, now=context.utcnow())
    flash(gettext("The task is back with its group."), "success")
    return make_response(redirect(url_for("inbox.show"), 303))


@blueprint.post("/tasks/<uuid:task_id>/reassign")
def reassign(task_id: UUID) -> Response:
    """Hand the task on: a supervisor reassigns, its holder delegates."""
    to_login, reason = request.form.get("to", ""), request.form.get("reason", "")
    hand_on = tasks.delegate if request.form.get("how") == "delegate" else tasks.reassign
    try:
        with context.transaction() as opened:
            hand_on(opened, context.viewer(), task_id, to_login=to_login, reason=reason, now=context.utcnow())
    except (InvalidInputError, ConflictError) as problem:
        return _render(task_id, Typed(sentence=say(problem)), problem.status)
    flash(gettext("The task was handed on."), "success")
    return make_response(redirect(url_for("inbox.show"), 303))


@blueprint.post("/tasks/<uuid:task_id>/comment")
def comment(task_id: UUID) -> Response:
    """Write a comment."""
    words = request.form.get("text", "")
    if words.strip():
        with context.transaction() as opened:
            tasks.comment(opened, context.viewer(), task_id, text=words, now=context.utcnow())
    return make_response(redirect(url_for("work.show", task_id=task_id, _anchor="comments"), 303))
