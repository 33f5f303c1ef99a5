"""One visit for all that was repaired in a house: the checker at the door, the owner behind his link (C08, R11)."""

from __future__ import annotations

import base64
import binascii
import io
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import gettext

from engine import attachments
from engine.errors import InvalidInputError
from processes.services import daily, owner_accept
from tasks_ui import attachments as uploads
from tasks_ui import context, reading
from tasks_ui.daily import FAIL, PASS, Answer, each

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from engine.attachments import Prepared

blueprint = Blueprint("owner_visits", __name__)
DRAWN = "data:image/png;base64,"
LONGEST = 2_000_000
"""Characters of a drawn signature."""


def verdicts_of(task_id: UUID) -> dict[str, daily.Verdict]:
    """Read what was said about the defects of an order."""
    names = [name for name in request.form.getlist(f"defect-{task_id}")[: daily.MOST] if len(name) < 50]  # noqa: PLR2004
    said = {name: request.form.get(f"is-{name}", "") for name in names}
    return {
        name: daily.Verdict(text == PASS if text in (PASS, FAIL) else None, request.form.get(f"why-{name}", "")[:300])
        for name, text in said.items()
    }


def signature() -> Prepared | None:
    """Read the one signature of the visit, drawn or as a picture; None when there is none."""
    drawn, sent = request.form.get("signature", ""), request.files.get("signature_file")
    if drawn.startswith(DRAWN) and len(drawn) < LONGEST:
        try:
            content = base64.b64decode(drawn.removeprefix(DRAWN), validate=True)
        except binascii.Error:
            raise InvalidInputError(uploads.NO_PICTURE, name="") from None
        return attachments.prepare("signature.png", io.BytesIO(content))
    if sent is None or not sent.filename:
        return None
    ready = attachments.prepare(sent.filename, sent.stream)
    if not ready.width:
        raise InvalidInputError(uploads.NO_PICTURE, name=sent.filename)
    return ready


def said_about(tasks: list[UUID]) -> dict[UUID, dict[str, daily.Verdict]]:
    """Read the verdicts of those orders of which something was said."""
    found = {task_id: verdicts_of(task_id) for task_id in tasks}
    return {task_id: said for task_id, said in found.items() if any(one.passed is not None for one in said.values())}


def key_of(task_id: UUID) -> str:
    """Make a second post of the same page harmless."""
    return f"{request.form.get('_key', '')[:27]}{task_id}"[:64]


@blueprint.get("/daily/owners")
def show() -> Response:
    """Show the houses whose owners are to be visited, each with all its orders."""
    return _page([])


def _page(answers: list[Answer], problem: str = "", status: int = 200) -> Response:
    with context.reading() as opened:
        found = owner_accept.houses(opened, context.viewer(), now=context.utcnow())
    page = render_template(
        "daily_owners.html", houses=found, answers=answers, problem=problem, key=uuid4().hex, typed=request.form,
        satisfied=owner_accept.SATISFIED,
    )  # fmt: skip
    return make_response(page, status)


@blueprint.post("/daily/owners")
def accept() -> Response:
    """Enter what an owner says about his house: every order of it of which something was said, one signature."""
    said = said_about(_tasks())
    if not said:
        return _page([], gettext("Nothing was said about any defect yet."), 422)
    signed = signature()

    def act(opened: Session, task_id: UUID) -> None:
        owner_accept.accept(
            opened, context.viewer(), task_id, verdicts=said[task_id],
            satisfaction=request.form.get("satisfaction", ""), signature=signed, now=context.utcnow(),
            registry=context.registry(), files=uploads.files(), idempotency_key=key_of(task_id),
        )  # fmt: skip

    return _page(each(list(said), act))


def _tasks() -> list[UUID]:
    return reading.ids(request.form.getlist("task")[: daily.MOST])
