"""Reports and key figures: on the screen, as Excel, as a print and PDF, and the rows behind each figure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import gettext

from engine.errors import N_, InvalidInputError, NotFoundError
from processes.services.reports import behind, contractors, fixed, labels, registry, workbook
from processes.services.reports import kpi as figures
from processes.services.reports import question as asking
from tasks_ui import assets, context, reading, report_words
from tasks_ui.i18n import local, locale

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from processes.services.reports.measure import Measure
    from processes.services.reports.question import Period, Question
    from processes.services.reports.table import Kind, Report

blueprint = Blueprint("reports", __name__)
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PRINTED = 2_000
"""Rows a print or PDF takes; the Excel file has all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks: the question, and what to keep of the address in links."""

    question: Question
    kept: dict[str, str]


@blueprint.app_template_global()
def reads_reports(*, works: bool = False) -> bool:
    """Tell whether who is signed in reads reports; `works`: those of defects and responsible units."""
    person = context.signed_in()
    return person is not None and asking.reads(person, works=works)


@blueprint.app_template_global()
def reads_statement() -> bool:
    """Tell whether who is signed in belongs to a responsible unit, which reads its own statement."""
    person = context.signed_in()
    return person is not None and any(grant.org for grant in person.grants)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _period(cycles: tuple[str, ...], *, current: bool = False) -> Period:
    """Read the period; what makes no sense is the last whole one of the report's first cycle, or the running one."""
    today = local(context.utcnow()).date()
    cycle = request.args.get("cycle", "")
    cycle = cycle if cycle in cycles else cycles[0]
    first, last, day = _day("first"), _day("last"), _day("day")
    try:
        if cycle == "days":
            return asking.between(first or today.replace(day=1), last or today)
        if day or current:
            return asking.period(cycle, day or today)
        return asking.period(cycle, today).before()
    except InvalidInputError:
        return asking.period("month", today).before()


def _ask(cycles: tuple[str, ...], *, current: bool = False, units: tuple[str, ...] = (), works: bool = False) -> Asked:
    period = _period(cycles, current=current)
    filters = {name: request.args.get(name, "")[:200] for name in asking.DIMENSIONS if request.args.get(name)}
    question = asking.ask(
        context.viewer(), period, now=context.utcnow(), zone=context.settings().zone, filters=filters, locale=locale(),
        units=units, works=works,
    )  # fmt: skip
    return Asked(question, {**_kept(period), **question.filters})


def _ask_kind(opened: Session, kind: Kind) -> Asked:
    """Ask what a report is asked; one that units read about themselves may be asked by their people."""
    units = contractors.own_units(opened, context.viewer()) if kind.own else ()
    return _ask(kind.cycles, current=kind.current, units=units, works=kind.works)


def _kept(period: Period) -> dict[str, str]:
    if period.cycle == "days":
        return {"cycle": "days", "first": period.first.isoformat(), "last": period.last.isoformat()}
    return {"cycle": period.cycle, "day": period.first.isoformat()}


def _page() -> int:
    return reading.page(request.args.get("page", ""))


def _frame(
    opened: Session, asked: Asked, cycles: tuple[str, ...], offered: tuple[str, ...], kind: Kind | None = None,
    measure: Measure | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Gather what every report's page shows above its tables: periods, filters, what is chosen."""
    question = asked.question
    choices = (kind.choices if kind and kind.choices else behind.choices)(opened, question)
    later = question.period.after()
    chosen = [
        (
            name,
            labels.dimension(measure, name, locale()),
            behind.shown(opened, name, text, locale()),
            _without(asked.kept, name),
        )
        for name, text in question.filters.items()
        if name not in offered
    ]
    return {
        "question": question,
        "kept": asked.kept,
        "cycles": {name: report_words.CYCLES[name] for name in cycles},
        "selects": [
            (name, labels.dimension(measure, name, locale()), labels.shown(opened, name, choices[name], locale()))
            for name in offered
            if name in choices
        ],
        "chosen": chosen,
        "before": {**asked.kept, **_kept(question.period.before())},
        "after": {**asked.kept, **_kept(later)}
        if later.span(question.zone, question.now).start <= question.now
        else None,
        "named": report_words.name_of(question.period),
        "words": report_words,
    }


def _without(kept: dict[str, str], name: str) -> dict[str, str]:
    return {key: text for key, text in kept.items() if key != name}


@blueprint.get("/reports")
def index() -> str:
    """List the reports by the question each answers."""
    _ask(("month",), works=True)
    every = asking.reads(context.viewer())
    kinds = [kind for kind in fixed.REPORTS.values() if every or kind.works]
    return render_template("reports.html", kinds=kinds, locale_now=locale())


@blueprint.get("/reports/<slug>")
def show(slug: str) -> str:
    """Show a report."""
    kind = fixed.find(slug)
    page = _page()
    with context.reading() as opened:
        asked = _ask_kind(opened, kind)
        report = kind.fill(opened, context.viewer(), asked.question, page)
        frame = _frame(opened, asked, kind.cycles, kind.filters, kind)
    return render_template("report.html", kind=kind, report=report, page=page, here=locale(), **frame)


def _whole(kind: Kind) -> tuple[Report, Asked, list[str]]:
    with context.reading() as opened:
        asked = _ask_kind(opened, kind)
        report = kind.fill(opened, context.viewer(), asked.question, None)
    about = report_words.about(asked.question, context.viewer().name)
    shown = len(report.tables[-1].rows)
    if report.count > shown:  # a file takes so many rows and no more: it must not look whole
        said = gettext(
            "Only the first %(shown)d of %(count)d rows are listed: take a shorter period or one project.",
            shown=shown, count=report.count,
        )  # fmt: skip
        about.append(said)
    return report, asked, about


@blueprint.get("/reports/excel/<slug>")
def excel(slug: str) -> Response:
    """Send a report as an Excel file, all its rows."""
    kind = fixed.find(slug)
    report, asked, about = _whole(kind)
    content = workbook.write(kind.name(locale()), about, report, asked.question)
    return _file(content, EXCEL, f"{slug}-{asked.question.period.first}.xlsx")


def _file(content: bytes, kind: str, name: str) -> Response:
    answer = make_response(content)
    answer.headers["Content-Type"] = kind
    answer.headers.set("Content-Disposition", "attachment" if kind == EXCEL else "inline", filename=name)
    return answer


@blueprint.get("/reports/print/<slug>")
def paper(slug: str) -> str:
    """Show a report as it is printed, at most 2,000 rows of a table."""
    kind = fixed.find(slug)
    report, asked, about = _whole(kind)
    return render_template(
        "print/report.html", kind=kind, report=behind.shortened(report, PRINTED), about=about, kept=asked.kept,
        words=report_words, here=locale(), no_font=not assets.sheet_font(), count=PRINTED,
        cut=any(len(table.rows) > PRINTED for table in report.tables),
    )  # fmt: skip


@blueprint.get("/reports/pdf/<slug>")
def pdf(slug: str) -> Response:
    """Send a report as PDF, at most 2,000 rows of a table."""
    from tasks_ui import report_pdf  # noqa: PLC0415  its library takes 33 MB: only a process that draws pays

    kind = fixed.find(slug)
    typeface = assets.sheet_font()
    if typeface is None:
        raise InvalidInputError(N_("This server has no Chinese font for PDF; print from the browser instead."))
    report, asked, about = _whole(kind)
    content = report_pdf.draw(
        kind.name(locale()), about, behind.shortened(report, PRINTED), typeface, report_words.cell,
        landscape=kind.landscape, locale=locale(), now=context.utcnow(),
    )  # fmt: skip
    return _file(content, "application/pdf", f"{slug}-{asked.question.period.first}.pdf")


@blueprint.get("/reports/kpi/<measure_id>")
def kpi(measure_id: str) -> str:
    """Show one key figure: by a dimension, and over two years."""
    measure = registry.find(measure_id)
    asked = _ask(figures.KPI.cycles, works=registry.of_works(measure))
    with context.reading() as opened:
        found = figures.detail(opened, measure, asked.question, request.args.get("by", ""))
        frame = _frame(opened, asked, figures.KPI.cycles, figures.KPI.filters, measure=measure)
    shape = figures.shape_of(measure)
    picture = report_words.chart(measure, found.months, found.goal, shape)
    tabs = [(name, labels.dimension(measure, name, locale())) for name in measure.dimensions]
    return render_template(
        "report_kpi.html", measure=measure, found=found, shape=shape, chart=picture, tabs=tabs, here=locale(), **frame
    )


@blueprint.get("/reports/kpi/<measure_id>/rows")
def rows(measure_id: str) -> str:
    """List the rows behind a figure."""
    measure = registry.find(measure_id)
    asked, page = _ask(asking.CYCLES, works=registry.of_works(measure)), _page()
    with context.reading() as opened:
        found = behind.listed(opened, measure, asked.question, page)
        frame = _frame(opened, asked, asking.CYCLES, (), measure=measure)
    if page > found.pages:
        raise NotFoundError(N_("There is no such page."))
    return render_template(
        "report_rows.html", measure=measure, found=found, shape=figures.shape_of(measure), page=page, here=locale(),
        back=report_words.address(".kpi", {"measure_id": measure_id, **asked.kept}), **frame,
    )  # fmt: skip


@blueprint.get("/reports/kpi/<measure_id>/excel")
def rows_excel(measure_id: str) -> Response:
    """Send the rows behind a figure as an Excel file."""
    measure = registry.find(measure_id)
    asked = _ask(asking.CYCLES, works=registry.of_works(measure))
    with context.reading() as opened:
        found = behind.listed(opened, measure, asked.question, None)
    about = report_words.about(asked.question, context.viewer().name)
    content = workbook.write(f"{measure.id} {measure.name(locale())}", about, found, asked.question)
    return _file(content, EXCEL, f"{measure.id}-{asked.question.period.first}.xlsx")
