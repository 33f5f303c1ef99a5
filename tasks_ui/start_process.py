"""Starting a process that the company drew itself: its start form, what it is about, and the project."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup, escape

from engine import definitions, starts, task_views, tasks
from engine.core import forms
from engine.errors import N_, ConflictError, InvalidFormError, InvalidInputError, KeyturnError
from processes.services import own_processes, reviews
from tasks_ui import context, form_actions, form_lookup, form_view, i18n, names
from tasks_ui.task_page import Typed
from tasks_ui.work import say

blueprint = Blueprint("process", __name__, url_prefix="/start/process")
LONGEST_TITLE = 500


@blueprint.get("/<key>")
def show(key: str) -> Response:
    """Show what a process asks of whoever starts it."""
    return _render(key)


def _render(key: str, typed: Typed | None = None, status: int = 200) -> Response:
    person, now = context.viewer(), context.utcnow()
    with context.reading() as opened:
        offer = own_processes.offer(opened, person, key)
        form = definitions.start_form(opened, offer.definition_id)
        view = None
        if form is not None:
            env = tasks.feel_env(opened, context.registry(), now)
            data = {**forms.initial(form, {}, env), **(typed.data if typed else {})}
            word = partial(definitions.translate, opened, offer.definition_id, locale=i18n.locale())
            known = tasks.lookups(opened, person, context.registry()) or {}
            page = form_view.Page(env, {}, word, known)
            if typed:
                page = form_view.Page(env, {}, word, known, {}, typed.choices, typed.texts)
            view = form_view.build(form, data, page, typed.errors if typed else ())
    body = render_template(
        "start_process.html",
        offer=offer,
        form=view,
        key=request.form.get("_key", "")[:64] or str(uuid4()),
        title=request.form.get("_title", "")[:LONGEST_TITLE],
        place=request.form.get("_place"),
        sentence=typed.sentence if typed else "",
    )
    return make_response(body, status)


@blueprint.post("/<key>")
def begin(key: str) -> Response:
    """Start the process. What is wrong is said next to its field; the same page sent twice starts it once."""
    person, now, action = context.viewer(), context.utcnow(), request.form.get("_action", "")
    with context.reading() as opened:
        offer = own_processes.offer(opened, person, key)
        form = definitions.start_form(opened, offer.definition_id)
        sent = _read(form, tasks.lookups(opened, person, context.registry()) or {}) if form else Typed({})
        env = tasks.feel_env(opened, context.registry(), now)
    if action and form:
        return _render(key, Typed(form_actions.apply(form, sent.data, action, {}, env)))
    if sent.errors:
        return _render(key, sent, InvalidFormError.status)
    place, title = request.form.get("_place", ""), request.form.get("_title", "").strip()[:LONGEST_TITLE]
    if place not in dict(offer.places):
        return _again(key, sent, InvalidInputError(N_("Choose a project from the list.")))
    if key == reviews.PROCESS:
        with context.reading() as opened:
            number = reviews.open_already(opened, place, str(sent.data.get("period") or ""), now=now)
        if number:
            return _render(key, replace(sent, sentence=_known(number)), ConflictError.status)
    try:
        with context.transaction() as opened:
            instance = starts.start(
                opened, key=key, variables=sent.data, viewer=person, now=now, registry=context.registry(),
                scope=place, title=title or offer.name,
                idempotency_key=f"page:{person.login}:{request.form.get('_key', '')[:64]}",
            )  # fmt: skip
    except KeyturnError as problem:
        return _again(key, sent, problem)
    _tell(instance, title or offer.name)
    return make_response(redirect(url_for("inbox.show"), 303))


def _known(number: str) -> str:
    said = escape(gettext("This project and period are being reviewed already:"))
    return said + Markup(' <a href="{}">{}</a>').format(url_for("quality.review", number=number), number)


def _tell(instance: UUID, name: str) -> None:
    """Say on the next page what was begun, with the way to its first task when it is there and one's own."""
    said = escape(gettext("%(name)s is started.", name=name))
    with context.reading() as opened:
        first = task_views.first_of(opened, context.viewer(), instance)
    if first is not None:
        word = names.text(first.name, first.process_key)
        said += Markup(' <a href="{}">{}</a>').format(url_for("work.show", task_id=first.id), word)
    flash(said, "success")


def _again(key: str, sent: Typed, problem: KeyturnError) -> Response:
    errors = tuple(problem.errors) if isinstance(problem, InvalidFormError) else ()
    sentence = "" if errors else say(problem)
    return _render(key, Typed(sent.data, errors, sentence, sent.choices, sent.texts), problem.status)


def _read(form: forms.Form, lookups: Any) -> Typed:
    data = forms.read(form, request.form)
    found = form_lookup.resolve(form, data, request.form.to_dict(), lookups, {})
    return Typed({**data, **found.data}, tuple(found.errors), "", found.choices, found.texts)
