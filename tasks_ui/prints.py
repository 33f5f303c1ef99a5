"""Sheets on paper: the forms of the source documents, filled with a case's data, ready for A4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, render_template, request
from flask_babel import force_locale, gettext

from processes.services import documents
from tasks_ui import context
from tasks_ui.i18n import DEFAULT, local, money

if TYPE_CHECKING:
    from datetime import datetime

blueprint = Blueprint("prints", __name__)


@blueprint.get("/print/<document>/<number>")
def show(document: str, number: str) -> str:
    """Show a sheet. It is in Chinese, as the customer signs it; `?lang=en` gives it in English to colleagues."""
    with context.transaction() as session:
        sheet = documents.sheet(session, context.viewer(), document, number, now=context.utcnow())
    language = "en" if request.args.get("lang") == "en" else DEFAULT
    bar = {
        "print": gettext("Print this sheet"),
        "back": gettext("Back to the case"),
        "other": gettext("English sheet") if language == DEFAULT else gettext("Chinese sheet"),
        "kinds": [(kind, gettext(title)) for kind, (title, _) in documents.SHEETS.items()],
    }
    with force_locale(language):
        return render_template("print/sheet.html", sheet=sheet, bar=bar, write=write, day=day, language=language)


def write(field: documents.Field) -> str:
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


def day(value: datetime | None) -> str:
    """Write the day of a signature; empty when nobody has signed yet."""
    return f"{local(value):%Y-%m-%d}" if value else ""
