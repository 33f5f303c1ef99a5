"""What an owner says behind his link about the repairs of his house: one look, one signature for all of them (C08)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from flask import Response, make_response, redirect, request, url_for
from flask_babel import gettext

from engine.errors import KeyturnError, NotFoundError
from processes.services import daily, owner_accept
from tasks_ui import attachments as uploads
from tasks_ui import context, link_door, reading
from tasks_ui.guard import public
from tasks_ui.i18n import translate
from tasks_ui.link_owner import blueprint
from tasks_ui.owner_accept import key_of, said_about, signature

if TYPE_CHECKING:
    from uuid import UUID

    from werkzeug.wrappers import Response as BaseResponse

    from processes.services.owner_accept import House


def _house() -> House | None:
    with context.reading() as opened:
        return owner_accept.behind(opened, link_door.link(), now=context.utcnow())


@blueprint.context_processor
def to_accept() -> dict[str, Any]:
    """Let the owner's page lead here when something waits for him."""
    return {"to_accept": lambda: _house() is not None}


def _page(problem: str = "", status: int = 200) -> Response:
    return link_door.page(
        "link_accept.html", status=status, house=_house(), problem=problem, key=uuid4().hex, typed=request.form,
        satisfied=owner_accept.SATISFIED, done=link_door.done_sentence(),
    )  # fmt: skip


@blueprint.get("/repairs")
@public
def repairs() -> Response:
    """Show what was repaired and waits for the owner."""
    return _page()


@blueprint.post("/repairs")
@public
def accept() -> Response | BaseResponse:
    """Keep what the owner says; orders of which he says nothing stay open."""
    house = _house()
    waiting = {one.task_id for one in house.orders} if house is not None else set()
    asked = reading.ids(request.form.getlist("task"))[: daily.MOST]
    said = said_about([task_id for task_id in asked if task_id in waiting])
    if not said and _kept_before(asked):
        return redirect(url_for(".index", done=1), 303)
    if house is None or not said:
        return _page(gettext("Nothing was said about any defect yet."), 422)
    try:
        signed = signature()
        for task_id, verdicts in said.items():  # each order for itself: what is done stays done
            with context.transaction() as opened:
                owner_accept.accept(
                    opened, owner_accept.owner(link_door.link(), house.project), task_id, verdicts=verdicts,
                    satisfaction=request.form.get("satisfaction", ""), signature=signed, now=context.utcnow(),
                    registry=context.registry(), files=uploads.files(), idempotency_key=key_of(task_id),
                )  # fmt: skip
    except KeyturnError as problem:
        return _page(translate(problem.template, problem.fields), problem.status)
    return redirect(url_for(".index", done=1), 303)


def _kept_before(asked: list[UUID]) -> bool:
    """Tell whether this very page was sent before and is kept: a second tap, or an answer that was lost on the way."""
    with context.reading() as opened:
        return any(owner_accept.kept(opened, link_door.link(), task_id, key_of(task_id)) for task_id in asked)


@blueprint.get("/repairs/<number>/files/<uuid:attachment_id>")
@public
def picture(number: str, attachment_id: UUID) -> Response:
    """Send a picture of a repair that waits for the owner; `size=small` a small one."""
    with context.reading() as opened:
        found = owner_accept.picture(
            opened, link_door.link(), number, attachment_id, files=uploads.files(), now=context.utcnow()
        )
    if found is None:
        raise NotFoundError
    kept, path = found
    return make_response(uploads.answer(path, kept, small=request.args.get("size") == "small"))
