"""Inspection batches: the list, beginning one, the board of one with its houses."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from engine.errors import InvalidInputError
from processes.services import batch_board, inspection_batches
from processes.services.batch_board import HouseQuery
from tasks_ui import context, doors, reading
from tasks_ui.batch_words import batch_word
from tasks_ui.i18n import translate

if TYPE_CHECKING:
    from processes.services.batch_board import Begun

blueprint = Blueprint("batches", __name__)
blueprint.register_blueprint(doors.blueprint)
STATUSES = {"open": lazy_gettext("Under way"), "closed": lazy_gettext("Past"), "": lazy_gettext("All")}
LONGEST_SEARCH = 60
PERIODS = {"day": lazy_gettext("By day"), "week": lazy_gettext("By week"), "month": lazy_gettext("By month")}
TONES = {
    "待验": "wait", "验房中": "now", "待派发": "now", "整改中": "mend", "待复验": "mend", "待封户": "now",
    "已通过": "done", "带缺陷通过": "part", "已取消": "off",
}  # fmt: skip


@blueprint.app_template_filter("batch_word")
def show_batch_word(text: str) -> str:
    """Show a word of inspection in the reader's language."""
    return batch_word(text)


def _page() -> int:
    return reading.page(request.args.get("page", ""))


@blueprint.get("/batches")
def index() -> str:
    """List the batches of one's projects."""
    status = request.args.get("status", "open")
    status = status if status in STATUSES else "open"
    with context.reading() as opened:
        found = batch_board.listing(opened, context.viewer(), status=status, page=_page(), now=context.utcnow())
    return render_template("batches.html", found=found, status=status, statuses=STATUSES)


@blueprint.get("/batches/new")
def new() -> Response:
    """Offer to begin a batch."""
    return _new()


def _new(problem: str = "", begun: Begun | None = None, status: int = 200) -> Response:
    person = context.viewer()
    inspection_batches.require_organise(person)
    with context.reading() as opened:
        choices = batch_board.choices(opened, person)
    refused = [(one, translate(one.template, dict(one.fields))) for one in begun.refused] if begun else []
    body = render_template(
        "batch_new.html",
        choices=choices,
        rounds=inspection_batches.ROUNDS,
        problem=problem,
        refused=refused,
        accepted=begun.accepted if begun else 0,
        typed=request.form,
    )
    return make_response(body, status)


@blueprint.post("/batches/new")
def begin() -> Response:
    """Begin a batch: of a whole phase with one click, or of the houses in a file."""
    phase, file = request.form.get("phase", ""), request.files.get("file")
    try:
        with context.transaction() as opened:
            begun = batch_board.begin(
                opened,
                context.viewer(),
                phase_id=reading.whole(phase),
                round=request.form.get("round", ""),
                filename=file.filename or "" if file else "",
                content=file.stream.read() if file and file.filename else b"",
                now=context.utcnow(),
                registry=context.registry(),
            )
    except InvalidInputError as error:
        return _new(translate(error.template, error.fields), status=error.status)
    if not begun.number:
        return _new(begun=begun, status=422)
    flash(gettext("Batch %(number)s has been begun.", number=begun.number), "success")
    return make_response(redirect(url_for("batches.show", number=begun.number), 303))


@blueprint.get("/batches/<number>")
def show(number: str) -> str:
    """Show the board of a batch."""
    return _board(number)


def _board(number: str, problem: str = "") -> str:
    query = HouseQuery(
        text=request.args.get("q", "").strip()[:LONGEST_SEARCH],
        building=request.args.get("building", "")[:LONGEST_SEARCH],
        state=request.args.get("state", "")[:LONGEST_SEARCH],
        contractor=request.args.get("unit", "")[:LONGEST_SEARCH],
        page=_page(),
    )
    period = request.args.get("by", "week")
    period = period if period in PERIODS else "week"
    with context.reading() as opened:
        board = batch_board.board(opened, context.viewer(), number, query, now=context.utcnow(), period=period)
    return render_template(
        "batch.html", period=period, periods=PERIODS, board=board, item=board.item, query=query, tones=TONES,
        states=batch_board.STATES, address=address, problem=problem,
    )  # fmt: skip


def address(number: str, query: HouseQuery, page: int) -> str:
    """Write the address of a page of a batch's houses."""
    parts = {
        "q": query.text,
        "building": query.building,
        "state": query.state,
        "unit": query.contractor,
        "page": page if page > 1 else "",
    }
    chosen = {name: value for name, value in parts.items() if value}
    return url_for("batches.show", number=number) + ("?" + urlencode(chosen) if chosen else "") + "#houses"


@blueprint.post("/batches/<number>/cancel")
def cancel(number: str) -> Response:
    """Cancel a batch, with a reason."""
    try:
        with context.transaction() as opened:
            batch_board.visible(opened, context.viewer(), number)
            inspection_batches.cancel(
                opened,
                context.viewer(),
                number,
                reason=request.form.get("reason", "")[:500],
                now=context.utcnow(),
                registry=context.registry(),
            )
    except InvalidInputError as error:
        return make_response(_board(number, translate(error.template, error.fields)), error.status)
    flash(gettext("The batch is being cancelled; its houses are told."), "success")
    return make_response(redirect(url_for("batches.show", number=number), 303))
