"""Sheets on paper: the forms of the source documents, filled with an object's data, as A4 pages and as PDF."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import force_locale, gettext

from engine import attachments
from engine.errors import N_, InvalidInputError, NotFoundError
from processes.services import papers
from tasks_ui import assets, context
from tasks_ui.attachments import files
from tasks_ui.guard import public
from tasks_ui.i18n import DEFAULT, local, money, translate

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as BaseResponse

    from processes.services.sheets import Field, Sheet, Signature

blueprint = Blueprint("prints", __name__)
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
        pictures = {sign.attachment: _picture(session, sign) for sign in sheet.signatures if sign.attachment}
    with force_locale(_language()):
        words = sheet_pdf.Words(tr=gettext, sentence=translate, field=write, cell=cell, day=day)
        content = sheet_pdf.draw(sheet, typeface, words, {key: data for key, data in pictures.items() if data})
    answer = make_response(content)
    answer.headers["Content-Type"] = "application/pdf"
    name = f"{document}-{sheet.issued or sheet.sheet_number}.pdf"
    answer.headers.set("Content-Disposition", "inline", filename=name)
    return answer


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
