"""A contractor's pages behind a signed link: his company's orders, and the steps that wait for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from flask import Blueprint, Response, jsonify, make_response, redirect, request, url_for

from engine import attachments as uploads
from engine import incidents, submissions, tasks
from engine.errors import InvalidFormError, InvalidInputError, KeyturnError, NotFoundError, ProcessError
from processes.services import link_orders, links
from processes.services.worksheet import worksheet
from tasks_ui import attachments, context, form_actions, form_view, i18n, link_door, notes, reading, task_page, work
from tasks_ui.form_controls import FileView
from tasks_ui.guard import public
from tasks_ui.task_page import Typed

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as BaseResponse

    from engine.task_views import AttachmentInfo
    from tasks_ui.form_controls import FormView

blueprint = Blueprint("contractor", __name__, url_prefix="/c/<token>")
link_door.install(blueprint, frozenset({links.CONTRACTOR}))
STATUSES = ("open", "closed")


@dataclass(frozen=True, slots=True)
class Step:
    """A step that waits for the company, with its form; `key` makes a second post of it harmless."""

    id: UUID
    element_id: str
    name: str
    note: str
    due_at: object
    overdue: bool
    form: FormView | None
    sentence: str
    key: str


@blueprint.get("")
@public
def index() -> Response:
    """List the company's orders, those due first in front."""
    status = request.args.get("status", "open")
    number = request.args.get("page", "1")
    with context.reading() as opened:
        found = link_orders.listed(
            opened, link_door.link(), status=status if status in STATUSES else "open",
            page=reading.page(number), now=context.utcnow(),
        )  # fmt: skip
    return link_door.page("link_orders.html", found=found, shown=status, done=link_door.done_sentence())


@blueprint.post("/language")
@public
def language() -> BaseResponse:
    """Read these pages in another language."""
    return link_door.choose_language(url_for(".index"))


@blueprint.get("/orders/<number>")
@public
def order(number: str) -> Response:
    """Show one order of the company; any other is refused and logged (AC19)."""
    return _render(number)


def _render(number: str, task_id: UUID | None = None, typed: Typed | None = None, status: int = 200) -> Response:
    with context.reading() as opened:
        sheet = link_orders.sheet(opened, link_door.link(), number, now=context.utcnow())
        steps = [_step(opened, number, one, typed if one == task_id else None) for one in sheet.tasks]
    sentence = typed.sentence if typed and task_id not in sheet.tasks else ""
    asked = str(task_id) if task_id else request.args.get("task", "")  # one form a page: its fields' names are its own
    chosen = next((step.id for step in steps if str(step.id) == asked), steps[0].id if steps else None)
    return link_door.page(
        "link_order.html", status=status, sheet=sheet, steps=steps, chosen=chosen, sentence=sentence,
        done=link_door.done_sentence(),
    )  # fmt: skip


def _step(opened: Session, number: str, task_id: UUID, typed: Typed | None) -> Step:
    person, now = context.viewer(), context.utcnow()
    view = tasks.open_task(opened, person, task_id, now=now)
    translate = partial(task_page.in_words, opened, view.item.definition_id, i18n.locale())
    files = {str(row.id): _file(number, row) for row in link_orders.sent_files(opened, link_door.link(), task_id)}
    page = form_view.Page(
        tasks.feel_env(opened, context.registry(), now), view.variables, translate,
        tasks.lookups(opened, person, context.registry()) or {}, files,
    )  # fmt: skip
    about = worksheet(opened, view.item.business_key, view.item.element_id, view.variables)
    shown = typed or Typed()
    return Step(
        id=task_id,
        element_id=view.item.element_id,
        name=translate(view.item.name),
        note=notes.plain_note(translate(view.documentation)),
        due_at=view.item.due_at,
        overdue=view.item.overdue,
        form=task_page.form_for(opened, view, page, shown, about),
        sentence=shown.sentence,
        key=shown.key or str(uuid4()),
    )


def _file(number: str, row: AttachmentInfo) -> FileView:
    url = url_for(".picture", number=number, attachment_id=row.id)
    return FileView(str(row.id), row.name, url, f"{url}?size=small" if row.width else "", row.size)


@blueprint.post("/orders/<number>/tasks/<uuid:task_id>")
@public
def complete(number: str, task_id: UUID) -> Response | BaseResponse:
    """Finish a step of an own order. Whatever goes wrong is said in a sentence, and what was typed stays."""
    sent = _read(number, task_id)
    if action := request.form.get("_action", ""):
        return _changed(number, task_id, sent, action)
    if sent.errors:
        return _again(number, task_id, sent, InvalidFormError(sent.errors))
    try:
        with context.transaction() as opened:
            link_orders.task_of(opened, link_door.link(), number, task_id)
            tasks.complete(
                opened, context.viewer(), task_id, data=sent.data, now=context.utcnow(), registry=context.registry(),
                idempotency_key=sent.key,
            )  # fmt: skip
    except NotFoundError:
        raise
    except ProcessError as stuck:  # an administrator is to see it, with what was typed
        incidents.record_failed_command(
            context.application().database, stuck, task_id=task_id, data=sent.data, viewer=context.viewer(),
            now=context.utcnow(),
        )  # fmt: skip
        return _again(number, task_id, sent, stuck)
    except KeyturnError as problem:
        return _again(number, task_id, sent, problem)
    return redirect(url_for(".order", number=number, done=1), 303)


def _read(number: str, task_id: UUID) -> Typed:
    """Read what was posted, and keep the files that came along (a page without script sends them so)."""
    with context.reading() as opened:
        link_orders.task_of(opened, link_door.link(), number, task_id)
        form = submissions.form_of(opened, context.viewer(), task_id)
        sent = work.posted(opened, task_id, form)
    if form is None:
        return sent
    data, refused = attachments.keep_posted(task_id, form, sent.data)
    return Typed(data, (*sent.errors, *refused), "", sent.choices, sent.texts, sent.key)


def _changed(number: str, task_id: UUID, sent: Typed, action: str) -> Response:
    """Add or remove a row or a file and show the page again (buttons of a page without script)."""
    with context.reading() as opened:
        view = tasks.open_task(opened, context.viewer(), task_id, now=context.utcnow())
        if view.form is None:
            return _render(number)
        env = task_page.calm_env(opened, context.utcnow())
        data = form_actions.apply(view.form, sent.data, action, view.variables, env)
    return _render(number, task_id, Typed(data, key=sent.key))


def _again(number: str, task_id: UUID, sent: Typed, problem: KeyturnError) -> Response:
    errors = problem.errors if isinstance(problem, InvalidFormError) else ()
    sentence = "" if errors else work.say(problem)
    typed = Typed(sent.data, errors, sentence, sent.choices, sent.texts, sent.key)
    return _render(number, task_id, typed, problem.status)


@blueprint.post("/orders/<number>/tasks/<uuid:task_id>/draft")
@public
def draft(number: str, task_id: UUID) -> Response:
    """Keep what is typed while it is typed: a phone that loses the network or the page loses nothing."""
    with context.reading() as opened:
        link_orders.task_of(opened, link_door.link(), number, task_id)
        form = submissions.form_of(opened, context.viewer(), task_id)
        data = work.posted(opened, task_id, form).data
    with context.transaction() as opened:
        tasks.save_draft(opened, context.viewer(), task_id, data=data, now=context.utcnow())
    return jsonify(saved=i18n.local(context.utcnow()).strftime("%H:%M"))


@blueprint.post("/orders/<number>/tasks/<uuid:task_id>/files")
@public
def send_file(number: str, task_id: UUID) -> Response:
    """Keep one picture as soon as it is chosen: nothing is lost when the form comes back."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise InvalidInputError(attachments.NO_PICTURE, name="")
    with context.reading() as opened:
        link_orders.task_of(opened, link_door.link(), number, task_id)
        form = submissions.form_of(opened, context.viewer(), task_id)
    component = attachments.field_of(form, request.form.get("field", ""))
    ready = attachments.prepared(component, sent)
    with context.transaction() as opened:
        kept = uploads.put(
            opened, context.viewer(), task_id=task_id, field=component.key if component else "",
            filename=ready.name, stream=ready, now=context.utcnow(), files=attachments.files(),
        )  # fmt: skip
    shown = _file(number, kept)
    return jsonify(id=shown.id, name=shown.name, size=shown.size, url=shown.url, preview=shown.preview)


@blueprint.get("/orders/<number>/files/<uuid:attachment_id>")
@public
def picture(number: str, attachment_id: UUID) -> Response:
    """Send a picture of an own order's faults, or a file sent through this link; `size=small` a small one."""
    with context.reading() as opened:
        found, path = link_orders.picture(opened, link_door.link(), number, attachment_id, files=attachments.files())
    return make_response(attachments.answer(path, found, small=request.args.get("size") == "small"))
