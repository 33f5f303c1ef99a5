"""Codes of houses (QR): sheets to print for the doors of a batch, and where a scanned one leads."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup

from engine.errors import N_, InvalidInputError, NotFoundError
from processes.services import batch_board, doors, inspection_phone, rights
from tasks_ui import assets, context
from tasks_ui.guard import public
from tasks_ui.prints import NO_FONT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processes.services.doors import Door

blueprint = Blueprint("doors", __name__)
LONGEST = 60
ACROSS, DOWN = 3, 5
NONE = N_("This batch has no houses yet.")


def _found(number: str) -> tuple[Sequence[Door], str]:
    building = request.args.get("building", "")[:LONGEST]
    with context.reading() as opened:
        batch_board.visible(opened, context.viewer(), number)
        secret = context.settings().secret_key
        return doors.of_batch(opened, number, secret=secret, building=building), building


def _address(door: Door) -> str:
    return context.settings().base_url + url_for("batches.doors.scanned", token=door.token)


def _picture(door: Door) -> Markup:
    import segno  # noqa: PLC0415  only a process that prints codes pays for it

    code = segno.make(_address(door), error="m", micro=False)
    return Markup(code.svg_inline(omitsize=True, border=0))  # noqa: S704  drawn by the library out of our own address


@blueprint.get("/batches/<number>/codes")
def sheet(number: str) -> str:
    """Show the codes of a batch's houses, or of one building, as sheets of A4."""
    found, building = _found(number)
    return render_template(
        "print/doors.html", doors=found, number=number, building=building, picture=_picture, each=ACROSS * DOWN,
        no_font="" if assets.sheet_font() else gettext(NO_FONT),
    )  # fmt: skip


@blueprint.get("/batches/<number>/codes.pdf")
def pdf(number: str) -> Response:
    """Send the same as PDF."""
    import segno  # noqa: PLC0415
    from fpdf import FPDF  # noqa: PLC0415  takes 33 MB: only a process that draws pays

    typeface = assets.sheet_font()
    if typeface is None:
        raise InvalidInputError(NO_FONT)
    found, building = _found(number)
    if not found:
        raise InvalidInputError(NONE)
    paper = FPDF(format="A4")
    paper.add_font("sheet", fname=typeface[0], collection_font_number=typeface[1])
    paper.set_auto_page_break(auto=False)
    paper.set_title(" ".join(piece for piece in (number, building) if piece))
    hint = gettext("Inspection and repairs: scan")
    for at, door in enumerate(found):
        place = at % (ACROSS * DOWN)
        if not place:
            paper.add_page()
        x, y = 10 + place % ACROSS * 64, 10 + place // ACROSS * 56
        picture = io.BytesIO()
        segno.make(_address(door), error="m", micro=False).save(picture, kind="png", scale=6, border=2)
        paper.rect(x, y, 62, 54)
        paper.image(picture, x + 13, y + 2, 36, 36)
        for size, line, text in ((12, 39, door.house), (8, 46, hint)):
            paper.set_font("sheet", size=size)
            paper.set_xy(x, y + line)
            paper.cell(62, 7, text, align="C")
    answer = make_response(bytes(paper.output()))
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers.set("Content-Disposition", "inline", filename=f"{number}.pdf")
    return answer


@blueprint.get("/inspect/door/<token>")
@public
def scanned(token: str) -> Response:
    """Go from a scanned code to the house: an inspector to his visit, others to what they may do about it."""
    person = context.signed_in()
    with context.reading() as opened:
        house = doors.house(opened, token, context.settings().secret_key)
        if not house:
            raise NotFoundError(N_("This code belongs to no house here."))
        if person is not None:
            try:
                number = inspection_phone.number_of(opened, person, house, now=context.utcnow())
                return make_response(redirect(url_for("inspect.house", number=number), 303))
            except NotFoundError:
                pass
    register = url_for("start.complaint", unit=house) if person is not None and rights.may_start(person) else ""
    return make_response(render_template("door.html", house=house, person=person, register=register, here=request.path))
