"""How figures of reports are written, where cells lead, and the picture of two years: one way for screen and paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask import current_app, url_for
from flask_babel import gettext, lazy_gettext

from processes.services.reports.table import Cell
from tasks_ui.i18n import local, locale, money

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processes.services.reports.measure import Figure, Measure
    from processes.services.reports.question import Period, Question
    from processes.services.reports.table import Column, Link, Shape

NOTHING = "—"
CYCLES = {
    "day": lazy_gettext("daily"),
    "week": lazy_gettext("weekly"),
    "month": lazy_gettext("monthly"),
    "quarter": lazy_gettext("quarterly"),
    "half": lazy_gettext("half-yearly"),
    "year": lazy_gettext("yearly"),
    "days": lazy_gettext("From – to"),
}
UNITS = {
    "小时": lazy_gettext("hours"),
    "工作日": lazy_gettext("working days"),
    "天": lazy_gettext("days"),
    "分": lazy_gettext("points"),
    "元": lazy_gettext("yuan"),
    "次": lazy_gettext("times"),
    "秒": lazy_gettext("seconds"),
}
WIDTH, HEIGHT, LEFT, TOP, FOOT = 720, 220, 52, 14, 30
HALF = 6


def unit_of(measure: Measure) -> str:
    """Name what a measure's figure is in."""
    return str(UNITS.get(measure.unit, measure.unit)) if measure.unit else ""


def write(value: Any, shape: Shape = "text") -> str:
    """Write a value; what has no figure is —."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        return f"{local(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if shape == "rate":
        return f"{value * 100:.1f} %"
    if shape == "amount":
        return money(value)
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def cell(column: Column, value: Any) -> str:
    """Write a cell of a report's table."""
    if isinstance(value, Cell):
        return write(value.value, value.shape or column.shape)
    return write(value, column.shape)


def link(target: Link, asked: Mapping[str, str]) -> str:
    """Give the address a cell leads to; "" when there is none."""
    if target.kind == "rows":
        return address("reports.rows", {"measure_id": target.subject, **asked, **target.filters})
    if target.kind == "kpi":
        return address("reports.kpi", {"measure_id": target.subject, **asked})
    if target.kind == "report":
        return address("reports.show", {"slug": target.subject, **asked, **target.filters})
    return where(target.kind, target.subject, target.filters)


def address(endpoint: str, values: Mapping[str, Any]) -> str:
    """Give the address of a page."""
    return url_for(endpoint, **dict(values))


def where(kind: str, subject: str, more: Mapping[str, str]) -> str:
    """Give the page of an object; "" when it has none. An inspected house is shown on the board of its batch."""
    if not subject:
        return ""
    if kind == "inspection" and more.get("batch"):
        return url_for("batches.show", number=more["batch"], q=more.get("house", ""))
    if kind == "unit":
        return url_for("cases.index", q=subject)
    if kind == "batch":
        return url_for("handover.desk", number=subject)
    if kind == "case":
        return url_for("cases.show", number=subject)
    if kind == "order" and "orders.show" in current_app.view_functions:
        return url_for("orders.show", number=subject)
    if kind == "survey" and "surveys.show" in current_app.view_functions:
        return url_for("surveys.show", number=subject)
    if kind == "handover" and "handover.house" in current_app.view_functions:
        return url_for("handover.house", number=subject)
    return ""


def name_of(period: Period) -> str:
    """Name a period in words: 2026 年 10 月, 2026 Q3, 2026-10-05 – 2026-10-11."""
    first, year = period.first, str(period.first.year)
    if period.cycle == "month":
        return gettext("%(year)s-%(month)s", year=year, month=f"{first.month:02d}")
    if period.cycle == "quarter":
        return gettext("quarter %(number)d of %(year)s", year=year, number=(first.month + 2) // 3)
    if period.cycle == "half":
        return (
            gettext("first half of %(year)s", year=year)
            if first.month < HALF
            else gettext("second half of %(year)s", year=year)
        )
    if period.cycle == "year":
        return gettext("year %(year)s", year=year)
    if period.cycle == "day":
        return first.isoformat()
    return f"{first} – {period.last}"


def about(question: Question, by_name: str) -> list[str]:
    """Say in lines what a file or a print is about: period, filters, who made it and when."""
    named = name_of(question.period)
    said = question.period.cycle in ("day", "week", "days")  # its name is its days
    lines = [named if said else f"{named}（{question.period.first} – {question.period.last}）"]
    if question.filters:
        lines.append(" · ".join(question.filters.values()))
    elif question.scopes is not None:
        lines.append(" · ".join(sorted(question.scopes)))
    made = gettext("Made by %(name)s on %(moment)s", name=by_name, moment=write(question.now))
    return [*lines, made]


@dataclass(frozen=True, slots=True)
class Mark:
    """A month in the picture: its place, its height as a bar, what it says. `month` is written below some."""

    x: float
    y: float
    tall: float
    text: str
    month: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The picture of two years: bars for numbers, lines for rates and averages. Lines break where nothing counts."""

    bars: bool
    marks: tuple[Mark, ...]
    lines: tuple[str, ...]
    ticks: tuple[tuple[float, str], ...]
    goal: float | None
    step: float
    summary: str


def chart(measure: Measure, months: Sequence[tuple[Period, Figure]], goal: float | None, shape: Shape) -> Chart:
    """Draw the months of a measure."""
    amounts = [figure.amount for _, figure in months]
    known = [one for one in amounts if one is not None]
    top = _ceiling(max([*known, goal or 0.0, 0.0]), shape)
    inner = HEIGHT - TOP - FOOT
    step = (WIDTH - LEFT) / max(1, len(months))

    def height(amount: float) -> float:
        return round(TOP + inner * (1 - min(amount, top) / top), 1)

    marks: list[Mark] = []
    lines: list[list[str]] = [[]]
    for place, (period, figure) in enumerate(months):
        x = round(LEFT + step * (place + 0.5), 1)
        if figure.amount is None:
            lines.append([])
            continue
        y = height(figure.amount)
        month = f"{period.first:%Y-%m}"
        marks.append(Mark(x, y, round(HEIGHT - FOOT - y, 1), f"{month}: {write(figure.amount, shape)}", month))
        lines[-1].append(f"{x},{y}")
    best = f"{write(min(known), shape)} – {write(max(known), shape)}" if known else NOTHING
    return Chart(
        bars=not measure.fraction and measure.kind not in ("median", "p90"),
        marks=tuple(marks),
        lines=tuple(" ".join(line) for line in lines if line),
        ticks=tuple((height(top * part / 4), write(top * part / 4, shape)) for part in range(5)),
        goal=height(goal) if goal is not None else None,
        step=round(step, 1),
        summary=gettext(
            "%(name)s over %(count)d months: %(range)s", name=measure.name(locale()), count=len(months), range=best
        ),
    )


def _ceiling(most: float, shape: Shape) -> float:
    """Give a round number at or above the highest figure."""
    if shape == "rate" and most <= 1:
        return 1.0
    size = 1.0
    while size < most:
        for factor in (2.0, 4.0, 10.0):
            if size * factor >= most:
                return size * factor
        size *= 10
    return size
