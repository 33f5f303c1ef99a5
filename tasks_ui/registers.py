"""The registers' pages: look, correct, import, export; duty rota; holidays."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from babel.dates import get_day_names, get_month_names
from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from engine import access
from engine.access import Action
from engine.errors import N_, InvalidFormError, InvalidInputError
from processes.services import registers, workdays
from tasks_ui import context, i18n, reading
from tasks_ui.form_view import message_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.calendar import WorkCalendar

blueprint = Blueprint("registers", __name__)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_SEARCH = 60
YEARS = range(2000, 2099)
MOST_TRIED = 366


def _number(name: str) -> int:
    return reading.page(request.args.get(name, ""))


@blueprint.get("/admin/registers")
def index() -> str:
    """List the registers."""
    with context.reading() as opened:
        found = registers.registers(opened, context.viewer())
    return render_template("registers.html", registers=found, locale_code=i18n.locale())


@blueprint.get("/admin/registers/<code>")
def show(code: str) -> str:
    """Show a page of a register."""
    return _list(code)


@blueprint.get("/admin/rota")
def rota() -> str:
    """Show who is on duty when."""
    return _list("rota")


def _list(code: str, problem: str = "") -> str:
    text = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    with context.reading() as opened:
        page = registers.page(opened, context.viewer(), code, text=text, number=_number("page"))
    return render_template(
        "registers_list.html", page=page, register=page.register, text=text, locale_code=i18n.locale(), problem=problem
    )


@blueprint.get("/admin/registers/<code>/new")
@blueprint.get("/admin/registers/<code>/entries/<row_id>")
def edit(code: str, row_id: str = "") -> Response:
    """Show an entry to be corrected, or an empty one."""
    with context.reading() as opened:
        values = registers.row(opened, context.viewer(), code, row_id) if row_id else {}
        registers.page(opened, context.viewer(), code)
    return _entry(code, row_id, values)


def _entry(
    code: str, row_id: str, values: Mapping[str, Any], errors: Mapping[str, str] | None = None, sentence: str = ""
) -> Response:
    page = render_template(
        "registers_entry.html",
        register=registers.named(code),
        row_id=row_id,
        values=values,
        errors=errors or {},
        sentence=sentence,
        locale_code=i18n.locale(),
    )
    return make_response(page, 422 if errors or sentence else 200)


@blueprint.post("/admin/registers/<code>/new")
@blueprint.post("/admin/registers/<code>/entries/<row_id>")
def save(code: str, row_id: str = "") -> Response:
    """Keep an entry; what is wrong is said next to its field."""
    sent = request.form.to_dict()
    try:
        with context.transaction() as opened:
            registers.save(opened, context.viewer(), code, row_id, sent, now=context.utcnow())
    except InvalidFormError as problem:
        return _entry(code, row_id, sent, {error.path: message_of(error) for error in problem.errors})
    except InvalidInputError as problem:
        return _entry(code, row_id, sent, sentence=i18n.translate(problem.template, problem.fields))
    flash(gettext("The entry is saved."), "success")
    return make_response(redirect(url_for("registers.show", code=code), 303))


# Files


def _file(name: str, content: bytes) -> Response:
    response = make_response(content)
    response.headers["Content-Type"] = XLSX if name.endswith(".xlsx") else "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/admin/registers/<code>/template")
def template(code: str) -> Response:
    """Give an empty file to fill in."""
    return _file(*registers.template(context.viewer(), code))


@blueprint.post("/admin/registers/<code>/export")
def export(code: str) -> Response:
    """Write the whole register into a file; the export is logged."""
    kind = "csv" if request.form.get("kind") == "csv" else "xlsx"
    with context.transaction() as opened:
        name, content = registers.export(opened, context.viewer(), code, kind, now=context.utcnow())
    return _file(name, content)


@blueprint.post("/admin/registers/<code>/import")
def check(code: str) -> Response:
    """Try an import and show what would become of each row."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return make_response(_list(code, gettext("Choose a file first.")), InvalidInputError.status)
    try:
        content = sent.stream.read()
        with context.transaction() as opened:
            run = registers.check(opened, context.viewer(), code, sent.filename, content, now=context.utcnow())
    except InvalidInputError as problem:
        return make_response(_list(code, i18n.translate(problem.template, problem.fields)), problem.status)
    return make_response(redirect(url_for("registers.report", run=run), 303))


@blueprint.get("/admin/imports/<int:run>")
def report(run: int) -> str:
    """Show the report of an import."""
    with context.reading() as opened:
        found = registers.report(opened, context.viewer(), run)
    reasons = [[i18n.translate(template, dict(fields)) for template, fields in one.reasons] for one in found.rows]
    rows = list(zip(found.rows, reasons, strict=True))
    return render_template("registers_import.html", report=found, rows=rows, locale_code=i18n.locale())


@blueprint.post("/admin/imports/<int:run>")
def carry_out(run: int) -> Response:
    """Do the import that was checked."""
    with context.transaction() as opened:
        registers.carry_out(opened, context.viewer(), run, now=context.utcnow())
    flash(gettext("The import is done."), "success")
    return make_response(redirect(url_for("registers.report", run=run), 303))


@blueprint.get("/admin/imports/<int:run>/refused")
def refused(run: int) -> Response:
    """Give the refused rows with their reasons, to be corrected and sent again."""
    with context.reading() as opened:
        return _file(*registers.refused_rows(opened, context.viewer(), run))


# Holidays


@blueprint.get("/admin/holidays")
def holidays() -> str:
    """Show a year's holidays and make-up days."""
    text = request.args.get("year", "")
    asked = int(text) if text.isascii() and text.isdigit() and len(text) == len("2026") else 0
    year = asked if asked in YEARS else context.utcnow().year
    with context.reading() as opened:
        days = workdays.days(opened, context.viewer(), year)
        months = workdays.months(opened, context.viewer(), year)
        tried = _tried(workdays.calendar(opened, context.settings().zone))
    chosen = request.args.get("day", "")
    return render_template(
        "registers_holidays.html", days=days, year=year, published=workdays.is_published(year), months=months,
        month_names=tuple(get_month_names(context="stand-alone", locale=i18n.locale()).values()),
        weekdays=_weekdays(),
        tried=tried, chosen=chosen, may=access.allowed(context.viewer(), Action.PROCESS_REGISTER_EDIT),
    )  # fmt: skip


def _weekdays() -> list[str]:
    """Name the days of a week from Monday in one or two letters."""
    named = get_day_names("short", context="stand-alone", locale=i18n.locale())
    return [named[day].removeprefix("周") for day in range(7)]


def _tried(days: WorkCalendar) -> tuple[date, int, date] | None:
    """Say on which day so many working days from a day end; None when nothing, or nonsense, was asked."""
    try:
        begin = date.fromisoformat(request.args.get("from", ""))
        count = int(request.args.get("days", ""))
    except ValueError:
        return None
    if begin.year not in YEARS or not 0 <= count <= MOST_TRIED:
        return None
    start = datetime.combine(begin, time(9), tzinfo=context.settings().zone)
    return begin, count, days.add_workdays(start, count).astimezone(context.settings().zone).date()


@blueprint.post("/admin/holidays")
def set_day() -> Response:
    """Enter a holiday or a make-up day, or take an entry back."""
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError as problem:
        raise InvalidInputError(N_("Choose a day.")) from problem
    with context.transaction() as opened:
        if request.form.get("worked") == "clear":
            workdays.clear_day(opened, context.viewer(), day=day, now=context.utcnow())
        else:
            workdays.set_day(
                opened,
                context.viewer(),
                day=day,
                worked=request.form.get("worked") == "yes",
                note=request.form.get("note", "").strip()[:100],
                now=context.utcnow(),
            )
    flash(gettext("The calendar is changed; running deadlines keep their dates."), "success")
    return make_response(redirect(url_for("registers.holidays", year=day.year), 303))
