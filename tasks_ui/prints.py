"""Sheets on paper: the forms of the source documents, filled with an object's data, as A4 pages and as PDF."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import force_locale, gettext, ngettext

from engine import attachments
from engine.errors import N_, InvalidInputError, NotFoundError
from processes.services import papers
from tasks_ui import assets, context
from tasks_ui.attachments import files
from tasks_ui.guard import public
from tasks_ui.i18n import DEFAULT, local, money, translate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.wrappers import Response as BaseResponse

    from processes.services.sheets import Field, Sheet, Signature
    from tasks_ui.sheet_pdf import Words

blueprint = Blueprint("prints", __name__)
MOST = 100
"""Sheets printed at a time."""
NO_FONT = N_(
    "This server has no Chinese font for PDF. Run `make`, or install the package fonts-noto-cjk; printing from the "
    "browser works without it."
)


@blueprint.get("/print/<document>/<number>")
def show(document: str, number: str) -> str:
    """Show a sheet. It is in Chinese, as the customer signs it; `?lang=en` gives it in English to colleagues."""
    with context.transaction() as session:
        sheet = papers.sheet(session, context.viewer(), document, number, now=context.utcnow())
    language = _language()
    bar = {
        "print": gettext("Print this sheet"),
        "back": gettext("Back to the case") if sheet.back.startswith("/cases/") else gettext("Back"),
        "issue": gettext("Give it a number"),
        "other": gettext("English sheet") if language == DEFAULT else gettext("Chinese sheet"),
        "kinds": [(kind, gettext(title)) for kind, title in papers.kinds(document)],
        "no_font": "" if assets.sheet_font() else gettext(NO_FONT),
    }
    with force_locale(language):
        return render_template("print/sheet.html", sheet=sheet, bar=bar, write=write, cell=cell, day=day, pairs=pairs,
                               sentence=translate, language=language)  # fmt: skip


@blueprint.post("/print/<document>/<number>/issue")
def issue(document: str, number: str) -> BaseResponse:
    """Give the sheet a number and keep the hash of what it says; the same content keeps the number it has."""
    with context.transaction() as session:
        papers.issue(session, context.viewer(), document, number, now=context.utcnow())
    language = "en" if request.args.get("lang") == "en" else None
    return redirect(url_for("prints.show", document=document, number=number, lang=language), 303)


@blueprint.get("/print/<document>/<number>/pdf")
def pdf(document: str, number: str) -> Response:
    """Send the sheet as PDF with its font in it; one that has no number yet says that it is a preview."""
    from tasks_ui import sheet_pdf  # noqa: PLC0415  its library takes 33 MB: only a process that draws pays

    typeface = assets.sheet_font()
    if typeface is None:
        raise InvalidInputError(NO_FONT)
    with context.transaction() as session:
        sheet = papers.sheet(session, context.viewer(), document, number, now=context.utcnow())
        pictures = _pictures(session, [sheet])
    with force_locale(_language()):
        content = sheet_pdf.draw(sheet, typeface, _words(), pictures)
    return _pdf(content, f"{document}-{sheet.issued or sheet.sheet_number}.pdf")


def _words() -> Words:
    from tasks_ui import sheet_pdf  # noqa: PLC0415  see above

    return sheet_pdf.Words(tr=gettext, sentence=translate, field=write, cell=cell, day=day)


def _pdf(content: bytes, name: str) -> Response:
    answer = make_response(content)
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers.set("Content-Disposition", "inline", filename=name)
    return answer


@blueprint.get("/prints/<document>")
def many(document: str) -> str:
    """Show the sheets of several objects one after another (`?number=`, repeated), to be printed at once."""
    numbers, sheets = _chosen(document)
    language = _language()
    bar = {
        "print": gettext("Print"),
        "back": gettext("Back"),
        "other": gettext("English sheet") if language == DEFAULT else gettext("Chinese sheet"),
        "kinds": [(kind, gettext(title)) for kind, title in papers.kinds(document)],
        "count": ngettext("%(num)d sheet", "%(num)d sheets", len(sheets)),
        "no_font": "" if assets.sheet_font() else gettext(NO_FONT),
    }
    with force_locale(language):
        return render_template("print/sheets.html", sheets=sheets, document=document, numbers=numbers, bar=bar,
                               write=write, cell=cell, day=day, pairs=pairs, sentence=translate,
                               language=language)  # fmt: skip


@blueprint.get("/prints/<document>/pdf")
def many_pdf(document: str) -> Response:
    """Send the sheets of several objects as one PDF."""
    from tasks_ui import sheet_pdf  # noqa: PLC0415  see above

    typeface = assets.sheet_font()
    if typeface is None:
        raise InvalidInputError(NO_FONT)
    _, sheets = _chosen(document)
    with context.reading() as session:
        pictures = _pictures(session, sheets)
    with force_locale(_language()):
        content = sheet_pdf.draw_all(sheets, typeface, _words(), pictures)
    return _pdf(content, f"{document}-{len(sheets)}.pdf")


def _chosen(document: str) -> tuple[list[str], list[Sheet]]:
    """Fill the sheets asked for, each once; NotFoundError when one is unknown to the person."""
    numbers = list(dict.fromkeys(request.args.getlist("number")))[:MOST]
    with context.transaction() as session:
        found = [papers.sheet(session, context.viewer(), document, one, now=context.utcnow()) for one in numbers]
    sheets = list({sheet.number: sheet for sheet in found}.values())
    if not sheets:
        raise NotFoundError(N_("There is no sheet of this kind."))
    return numbers, sheets


def _pictures(session: Any, sheets: Iterable[Sheet]) -> dict[str, bytes]:
    """Read the pictures of signatures, as far as there are any."""
    signs = [sign for sheet in sheets for sign in sheet.signatures if sign.attachment]
    found = {sign.attachment: _picture(session, sign) for sign in signs}
    return {key: data for key, data in found.items() if data}


@blueprint.get("/verify")
@public
def verify() -> str:
    """Say whether a paper is genuine, to whoever holds it: its number and its hash are asked for, no name is told."""
    number, sha256 = request.args.get("number", ""), request.args.get("hash", "")
    proof = None
    if number or sha256:
        with context.reading() as session:
            proof = papers.verify(session, number[:60], sha256[:100])
    return render_template("print/verify.html", proof=proof, number=number, sha256=sha256)


def _language() -> str:
    return "en" if request.args.get("lang") == "en" else DEFAULT


def _picture(session: Any, sign: Signature) -> bytes:
    """Read the picture of a signature; none when the person may not see it or it is gone."""
    try:
        info, path = attachments.get(session, context.viewer(), UUID(sign.attachment), files=files())
    except (NotFoundError, ValueError):
        return b""
    return path.read_bytes() if info.media_type.startswith("image/") and path.exists() else b""


def write(field: Field) -> str:
    """Write the value of a box as text."""
    value: Any = field.value
    if field.shape == "tick":
        return "☑" if value else "☐"
    if value in (None, ""):
        return ""
    if field.shape == "moment":
        return f"{local(value):%Y-%m-%d %H:%M}"
    if field.shape == "date":
        return f"{local(value):%Y-%m-%d}"
    return money(value) if field.shape == "money" else str(value)


def cell(value: Any) -> str:
    """Write a cell of a table as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "☑" if value else "☐"
    if isinstance(value, datetime):
        return f"{local(value):%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:g}" if isinstance(value, float | Decimal) else str(value)


def day(value: datetime | None) -> str:
    """Write the day of a signature; empty when nobody has signed yet."""
    return f"{local(value):%Y-%m-%d}" if value else ""


def pairs(sheet: Sheet) -> str:
    """Write the hash in groups of eight, as people compare it."""
    return " ".join(sheet.sha256[start : start + 8] for start in range(0, len(sheet.sha256), 8))
