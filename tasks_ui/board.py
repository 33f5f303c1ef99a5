"""The week and month board of rectification orders, and the lists behind its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext

from processes.services import board_notes, order_board
from tasks_ui import context, reading
from tasks_ui.i18n import local

if TYPE_CHECKING:
    from datetime import date

    from werkzeug.wrappers import Response as BaseResponse

    from processes.services.order_board import Line

blueprint = Blueprint("board", __name__)
SPANS = {"week": lazy_gettext("Week"), "month": lazy_gettext("Month")}
KINDS = {
    "new": lazy_gettext("New"),
    "finished": lazy_gettext("Finished"),
    "on_time": lazy_gettext("In time"),
    "overdue": lazy_gettext("Overdue"),
    "rework": lazy_gettext("Repaired again"),
}


def _asked() -> tuple[str, date]:
    """Read which week or month is asked for; what makes no sense is this week."""
    return _span(request.args.get("span", "")), _day(request.args.get("day", ""))


def _span(text: str) -> str:
    return text if text in SPANS else "week"


def _day(text: str) -> date:
    return reading.day(text) or local(context.utcnow()).date()


@blueprint.get("/board")
def show() -> str:
    """Show the board."""
    span, day = _asked()
    with context.reading() as opened:
        found = order_board.board(opened, context.viewer(), span=span, day=day, now=context.utcnow())
        notes = board_notes.listed(opened, context.viewer(), span=span, day=day)

    def behind(kind: str, line: Line, *, unit: bool) -> str:
        asked = {"kind": kind, "span": span, "day": found.first.isoformat(), "project": line.project}
        asked |= {"unit": str(line.unit_id)} if unit else {}
        return f"{url_for('.listed')}?{urlencode({name: text for name, text in asked.items() if text})}"

    return render_template("board.html", board=found, notes=notes, spans=SPANS, kinds=KINDS, behind=behind)


@blueprint.post("/board/notes")
def note() -> BaseResponse:
    """Add a free note to a board (B70)."""
    sent = request.form
    with context.transaction() as opened:
        board_notes.add(
            opened, context.viewer(), span=_span(sent.get("span", "")), day=_day(sent.get("day", "")),
            project=sent.get("project", ""), text=sent.get("text", ""), now=context.utcnow(),
        )  # fmt: skip
    return redirect(url_for(".show", span=_span(sent.get("span", "")), day=_day(sent.get("day", ""))), 303)


@blueprint.get("/board/list")
def listed() -> str:
    """List the orders that a figure counts."""
    span, day = _asked()
    kind, unit, page = (request.args.get(name, "") for name in ("kind", "unit", "page"))
    with context.reading() as opened:
        found = order_board.listed(
            opened, context.viewer(), kind, span=span, day=day, project=request.args.get("project", ""),
            unit=reading.whole(unit) or None,
            page=reading.page(page), now=context.utcnow(),
        )  # fmt: skip
    first, after = order_board.days_of(span, day)
    asked = {name: value for name, value in request.args.items() if name != "page"}
    return render_template(
        "board_list.html", found=found, kind=kind, kinds=KINDS, span=span, first=first, after=after, asked=asked
    )
