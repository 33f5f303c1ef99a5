"""Handover: the batches, the desk of a batch, the page of a house, the key register."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from engine.core.calendar import CHINA
from engine.errors import ConflictError, InvalidInputError
from processes.services import handover_next, handovers, keys
from processes.services.handovers import Asked
from tasks_ui import context, reading
from tasks_ui.handover_words import word
from tasks_ui.i18n import translate

if TYPE_CHECKING:
    from uuid import UUID

    from engine.errors import KeyturnError

blueprint = Blueprint("handover", __name__)
LONGEST_SEARCH = 100
KEY_STATES = {
    keys.LENT: lazy_gettext("Lent"),
    keys.IN_STOCK: lazy_gettext("In stock"),
    keys.WITH_OWNER: lazy_gettext("With the owner"),
    "": lazy_gettext("All"),
}
FIGURES = {
    "expected": lazy_gettext("Expected"),
    "attended": lazy_gettext("Attended"),
    "delivered": lazy_gettext("Accepted"),
    "with_problems": lazy_gettext("With problems"),
    "refused": lazy_gettext("Refused"),
    "in_process": lazy_gettext("In process"),
    "late": lazy_gettext("Past their time limit"),
}
EVENING = 18


@blueprint.app_template_filter("handover_word")
def show_word(text: str) -> str:
    """Show a word of the handover tables in the reader's language."""
    return word(text)


@blueprint.get("/handover")
def index() -> str:
    """List the batches of the projects a person sees."""
    with context.reading() as opened:
        found = handovers.index(opened, context.viewer())
    return render_template("handover.html", found=found)


@blueprint.get("/handover/<number>")
def desk(number: str) -> str | Response:
    """Show the desk of a batch; a number or code that fits one house leads straight to it (QR code)."""
    text = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    figure, on = request.args.get("show", ""), reading.day(request.args.get("day", ""))
    asked = Asked(text, request.args.get("station", ""), figure, on)
    with context.reading() as opened:
        page = handovers.desk(opened, context.viewer(), number, now=context.utcnow(), asked=asked)
    if page.found is not None and len(page.found) == 1 and text in (page.found[0].number, page.found[0].house):
        return make_response(redirect(url_for("handover.house", number=page.found[0].number), 303))
    said = FIGURES.get(figure, gettext("Found"))
    title = f"{said} · {on}" if on and figure in FIGURES else said
    return render_template(
        "handover_batch.html", page=page, batch=page.row, text=text, title=title, figures=FIGURES, figure=figure
    )


@blueprint.get("/handover/<number>/next")
def following(number: str) -> Response:
    """Go to the next family that waits at a station; back to the desk when none does."""
    station = request.args.get("station", "")
    with context.reading() as opened:
        found = handovers.next_task(opened, context.viewer(), number, station, now=context.utcnow())
    if found is not None:
        return make_response(redirect(url_for("work.show", task_id=found), 303))
    flash(gettext("Nobody waits at this station."), "info")
    return make_response(redirect(url_for("handover.desk", number=number, station=station), 303))


@blueprint.get("/handover/after/<uuid:task_id>")
def after(task_id: UUID) -> Response:
    """Go on after a task: to those who wait at its station; to the inbox after tasks of no station."""
    with context.reading() as opened:
        found = handover_next.desk_of(opened, context.viewer(), task_id)
    if found is None:
        return make_response(redirect(url_for("inbox.show"), 303))
    number, station = found
    return make_response(redirect(url_for("handover.desk", number=number, station=station, _anchor="today-title"), 303))


@blueprint.post("/handover/<number>/cancel")
def cancel(number: str) -> Response:
    """Call a batch off."""
    with context.transaction() as opened:
        handovers.cancel(opened, context.viewer(), number, now=context.utcnow(), registry=context.registry())
    flash(gettext("The batch is being cancelled; its houses are taken back."), "success")
    return make_response(redirect(url_for("handover.desk", number=number), 303))


@blueprint.get("/handover/houses/<number>")
def house(number: str) -> str:
    """Show the handover of a house with its procedure sheet."""
    return _house(number)


def _house(number: str, problem: str = "") -> str:
    with context.reading() as opened:
        page = handovers.house(opened, context.viewer(), number, now=context.utcnow())
        return render_template("handover_house.html", page=page, item=page.item, row=page.row, problem=problem)


@blueprint.post("/handover/houses/<number>/slot")
def slot(number: str) -> Response:
    """Make or move the appointment of a house."""
    chosen = request.form.get("slot", "")
    try:
        with context.transaction() as opened:
            handovers.choose_slot(
                opened, context.viewer(), number, slot_id=reading.whole(chosen),
                now=context.utcnow(), registry=context.registry(),
            )  # fmt: skip
    except (ConflictError, InvalidInputError) as error:
        return make_response(_house(number, translate(error.template, error.fields)), error.status)
    flash(gettext("The appointment stands."), "success")
    return make_response(redirect(url_for("handover.house", number=number), 303))


@blueprint.post("/handover/houses/<number>/return")
def give_back(number: str) -> Response:
    """Note that the owner returns his house."""
    try:
        with context.transaction() as opened:
            handovers.give_back(
                opened,
                context.viewer(),
                number,
                reason=request.form.get("reason", ""),
                now=context.utcnow(),
                registry=context.registry(),
            )
    except InvalidInputError as error:
        return make_response(_house(number, translate(error.template, error.fields)), error.status)
    flash(gettext("The return of the house has been noted."), "success")
    return make_response(redirect(url_for("handover.house", number=number), 303))


@blueprint.get("/keys")
def register() -> str:
    """Show who has which keys; lent ones first."""
    return _keys()


def _keys(problem: str = "") -> str:
    state = request.values.get("state", keys.LENT)
    text = request.values.get("q", "").strip()[:LONGEST_SEARCH]
    state = state if state in KEY_STATES else keys.LENT
    with context.reading() as opened:
        found = keys.register(opened, context.viewer(), now=context.utcnow(), state=state, text=text)
    typed = request.form if problem else {}
    moved = (request.view_args or {}).get("key")
    return render_template(
        "keys.html", found=found, state=state, states=KEY_STATES, text=text, problem=problem, typed=typed, moved=moved
    )


@blueprint.post("/keys/<int:key>")
def move(key: int) -> Response:
    """Give out keys or take them back."""
    try:
        with context.transaction() as opened:
            keys.move(
                opened,
                context.viewer(),
                key,
                kind=request.form.get("kind", ""),
                holder=request.form.get("holder", ""),
                order=request.form.get("order", ""),
                due_back=_due(request.form.get("due", "")),
                now=context.utcnow(),
            )
    except (ConflictError, InvalidInputError) as error:
        return _again(error)
    flash(gettext("The keys have been booked."), "success")
    shown: dict[str, Any] = {name: request.form.get(name, "") for name in ("state", "q")}
    return make_response(redirect(url_for("handover.register", **shown), 303))


def _again(error: KeyturnError) -> Response:
    return make_response(_keys(translate(error.template, error.fields)), error.status)


def _due(text: str) -> datetime | None:
    """Read the day on which keys come back: until six in the evening."""
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        return None
    return day.replace(hour=EVENING, minute=0, tzinfo=CHINA)
