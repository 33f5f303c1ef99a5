"""The inbox: what waits for a person, due first; taking, giving back and handing on."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext, ngettext
from flask_wtf.csrf import generate_csrf

from engine import directory, tasks
from engine.errors import N_, InvalidInputError
from engine.tasks import InboxPage, InboxQuery
from processes.services import cases
from tasks_ui import context, names, reading
from tasks_ui.auth import safe_target
from tasks_ui.errors import is_htmx
from tasks_ui.guard import asks_itself
from tasks_ui.i18n import translate

if TYPE_CHECKING:
    from collections.abc import Sequence

blueprint = Blueprint("inbox", __name__)
VIEWS = {
    "all": lazy_gettext("To do"),
    "overdue": lazy_gettext("Overdue"),
    "mine": lazy_gettext("Mine"),
    "group": lazy_gettext("Up for grabs"),
    "team": lazy_gettext("Team"),
    "done": lazy_gettext("Done"),
}
SORTS = {
    "due": lazy_gettext("Due first"),
    "priority": lazy_gettext("Most urgent first"),
    "newest": lazy_gettext("Newest first"),
    "oldest": lazy_gettext("Oldest first"),
}
SIZE = 25
LONGEST_SEARCH = 100


def read_query() -> InboxQuery:
    """Read the query from the address; what makes no sense falls back to the plain inbox."""
    view, sort, page = (request.values.get(name, "") for name in ("view", "sort", "page"))
    return InboxQuery(
        view=view if view in VIEWS else "all",
        role=request.values.get("role", ""),
        scope=request.values.get("scope", ""),
        process=request.values.get("process", ""),
        text=request.values.get("q", "").strip()[:LONGEST_SEARCH],
        sort=sort if sort in SORTS else "due",
        page=reading.page(page),
        size=SIZE,
    )


def address(query: InboxQuery, **changes: object) -> str:
    """Write the address of a query, changed in some parts; a change of anything but the page starts at the first."""
    changed = replace(query, **({"page": 1} | changes))  # type: ignore[arg-type]
    parts = {
        "view": changed.view if changed.view != "all" else "",
        "role": changed.role,
        "scope": changed.scope,
        "process": changed.process,
        "q": changed.text,
        "sort": changed.sort if changed.sort != "due" else "",
        "page": changed.page if changed.page > 1 else "",
    }
    text = urlencode({name: value for name, value in parts.items() if value})
    return url_for("inbox.show") + (f"?{text}" if text else "")


def _read(query: InboxQuery) -> InboxPage:
    with context.reading() as opened:
        asked = replace(query, text=cases.search_terms(opened, query.text))
        return tasks.inbox(opened, context.viewer(), asked, now=context.utcnow())


def _render(template: str, query: InboxQuery, page: InboxPage) -> str:
    viewer = context.viewer()
    return render_template(
        template,
        query=query,
        page=page,
        views={view: label for view, label in VIEWS.items() if view != "team" or viewer.supervised or viewer.is_admin},
        sorts=SORTS,
        address=address,
        viewer=viewer,
        facets=names.facets(viewer),
    )


@blueprint.get("/inbox")
@asks_itself
def show() -> Response:
    """Show a page of the inbox; htmx gets the list alone, or nothing when it has not changed."""
    query = read_query()
    if not is_htmx() or request.headers.get("HX-Boosted"):
        return make_response(_render("inbox.html", query, _read(query)))
    body = _render("inbox_list.html", query, _read(query))
    # The forms' token carries the second it was made in, which is no change of the list.
    digest = blake2b(body.replace(generate_csrf(), "").encode(), digest_size=8).hexdigest()
    if request.headers.get("X-Seen") == digest:
        return make_response("", 204)
    response = make_response(body)
    response.headers["X-Seen"] = digest
    return response


def _back() -> Response:
    """Answer a change: the list again for htmx, the page it came from for everybody else."""
    if is_htmx():
        query = read_query()
        return make_response(_render("inbox_list.html", query, _read(query)) + render_template("_toasts.html"))
    return make_response(redirect(safe_target(address(read_query())), 303))


@blueprint.post("/inbox/<uuid:task_id>/claim")
def claim(task_id: UUID) -> Response:
    """Take a task."""
    with context.transaction() as opened:
        tasks.claim(opened, context.viewer(), task_id, now=context.utcnow())
    flash(gettext("The task is yours now."), "success")
    return _back()


@blueprint.post("/inbox/<uuid:task_id>/release")
def release(task_id: UUID) -> Response:
    """Give a task back to its group."""
    with context.transaction() as opened:
        tasks.release(opened, context.viewer(), task_id, now=context.utcnow())
    flash(gettext("The task is back with its group."), "success")
    return _back()


@blueprint.post("/inbox/claim")
def claim_several() -> Response:
    """Take all chosen tasks; those that somebody else took first are named."""
    chosen = _chosen()
    with context.transaction() as opened:
        results = tasks.bulk_claim(opened, context.viewer(), chosen, now=context.utcnow())
    refused = [error for error in results.values() if error is not None]
    taken = len(results) - len(refused)
    if taken:
        flash(ngettext("%(num)d task is yours now.", "%(num)d tasks are yours now.", taken), "success")
    if refused:
        flash(
            ngettext("%(num)d task could not be taken.", "%(num)d tasks could not be taken.", len(refused)), "warning"
        )
    return _back()


@blueprint.get("/inbox/<uuid:task_id>/reassign")
def reassign_form(task_id: UUID) -> str:
    """Ask a supervisor to whom a task shall go, and why."""
    return _reassign_page(task_id)


def _reassign_page(task_id: UUID, problem: str = "") -> str:
    viewer, now = context.viewer(), context.utcnow()
    with context.reading() as opened:
        task = tasks.open_task(opened, viewer, task_id, now=now)
        people = directory.holders(opened, viewer, task.item.groups, task.item.scope, now=now)
    return render_template(
        "inbox_reassign.html", item=task.item, people=people, problem=problem, typed=request.form, back=_origin()
    )


def _origin() -> str:
    return safe_target(request.values.get("next"))


@blueprint.post("/inbox/<uuid:task_id>/reassign")
def reassign(task_id: UUID) -> Response:
    """Give a task to somebody else."""
    try:
        with context.transaction() as opened:
            tasks.reassign(
                opened,
                context.viewer(),
                task_id,
                to_login=request.form.get("to", ""),
                reason=request.form.get("reason", "").strip(),
                now=context.utcnow(),
            )
    except InvalidInputError as error:
        return make_response(_reassign_page(task_id, translate(error.template, error.fields)), error.status)
    flash(gettext("The task has been handed on."), "success")
    return make_response(redirect(_origin(), 303))


def _chosen() -> Sequence[UUID]:
    try:
        chosen = [UUID(text) for text in request.form.getlist("task")]
    except ValueError as problem:
        raise InvalidInputError from problem
    if not chosen:
        raise InvalidInputError(N_("Choose at least one task first."))
    return chosen
