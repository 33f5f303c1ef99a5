"""The page of key figures (R3) and the page of one: by dimension and over two years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from processes.services.reports import goals, labels, measure
from processes.services.reports.measure import NOTHING, Figure, Measure
from processes.services.reports.registry import MEASURES
from processes.services.reports.table import Cell, Column, Kind, Link, Report, Table
from storage.reports import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from processes.services.reports.question import Period, Question
    from processes.services.reports.table import Shape

MONTHS = 24
FIGURES = (
    Column("类别", "Kind"), Column("考核指标", "Index"), Column("考核周期", "Cycle"),
    Column("指标定义/公式", "Definition, formula"),
    Column("目标", "Goal", "number"), Column("本期", "Period", "number"), Column("达标", "Goal met"),
    Column("上期", "Before", "number"), Column("去年同期", "Last year", "number"), Column("数据来源", "Source"),
)  # fmt: skip
CYCLE_NAMES = {"month": ("月", "month"), "quarter": ("季", "quarter"), "year": ("年", "year")}


def shape_of(one: Measure) -> Shape:
    """Say how a measure's figure is written."""
    return "rate" if one.kind == "rate" else "amount" if one.unit == "元" else "number"


def fill(session: Session, viewer: Viewer, question: Question, page: int | None) -> Report:
    """Fill R3: every index with B66's columns, its goal, the period, the one before and last year's."""
    del viewer, page
    locale = question.locale
    known = goals.in_force(session, question)
    rows = []
    shown = [one for one in MEASURES.values() if one.index]
    for one, found in zip(shown, measure.several(session, shown, question, question.spans()), strict=True):
        here, before, earlier = found[""]
        rows.append(_line(one, known.get(one.id), (here, before, earlier), locale))
    return Report((Table("考核指标", "Key figures", FIGURES, tuple(rows)),), len(rows))


def _line(one: Measure, goal: float | None, found: tuple[Figure, Figure, Figure], locale: str) -> tuple[object, ...]:
    here, before, earlier = found
    shape = shape_of(one)
    unit = {"小时": "h", "工作日": "working days", "天": "days", "分": "points", "次": "", "元": "CNY"}.get(
        one.unit, ""
    )
    unit = unit if locale == "en" else one.unit
    name = f"{one.id} {one.name(locale)}" + (f"（{unit}）" if unit and locale != "en" else f" ({unit})" if unit else "")
    cycles = "/".join(CYCLE_NAMES[cycle][locale == "en"] for cycle in one.cycles)
    good = goals.met(one, here.amount, goal)
    said = None if good is None else GOOD[good][locale == "en"]
    return (
        GROUPS.get(one.group, one.group) if locale == "en" else one.group,
        Cell(name, Link("kpi", one.id)),
        cycles,
        one.formula(locale),
        Cell(goal, shape=shape),
        Cell(here.amount, Link("rows", one.id) if here.rows else None, shape, good),
        Cell(said, good=good),
        Cell(before.amount, shape=shape),
        Cell(earlier.amount, shape=shape),
        f"{one.data(locale)}（{one.rule}）" if locale != "en" else f"{one.data(locale)} ({one.rule})",
    )


GOOD = {True: ("✓ 达标", "✓ Met"), False: ("× 未达目标", "× Missed")}
GROUPS = {
    "及时": "Timeliness", "办结": "Closing", "满意": "Satisfaction", "质量": "Quality", "逾期": "Lateness",
    "客户与费用": "Customers, costs", "流程自身": "The process", "整改": "Rectification", "交付": "Handover",
    "责任单位": "Contractors", "调研": "Surveys",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a measure's page: a text of the dimension as stored and as shown, and its figures.

    `filters` narrow the question to the line.
    """

    key: str
    name: str
    figures: tuple[Figure, ...]
    filters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Detail:
    """A measure's page: its figures (period, before, last year), lines by a dimension, months, goal."""

    measure: Measure
    figures: tuple[Figure, ...]
    goal: float | None
    good: bool | None
    by: str
    lines: tuple[Line, ...]
    months: tuple[tuple[Period, Figure], ...]
    siblings: tuple[Measure, ...]


def detail(session: Session, one: Measure, question: Question, by: str) -> Detail:
    """Answer by a dimension (the measure's first when it does not have the one named), and for 24 months."""
    by = by if by in one.dimensions else one.dimensions[0]
    spans = question.spans()
    whole = measure.figures(session, one, question, spans)[""]
    found = measure.figures(session, one, question, spans, by)
    names = labels.shown(session, by, found, question.locale)
    lines = [
        Line(key, names[key] or NONE, tuple(figures), {by: key or NONE})
        for key, figures in found.items()
        if figures[0].rows or (one.kind in measure.MOST and figures[0].amount is not None)
    ]
    lines.sort(key=lambda line: (-line.figures[0].counted, -line.figures[0].value, line.name))
    periods = question.period.months(MONTHS)
    months = measure.figures(session, one, question, [span.span(question.zone, question.now) for span in periods])[""]
    goal = goals.in_force(session, question).get(one.id)
    past = [
        (period, NOTHING if period.span(question.zone, question.now).start > question.now else figure)
        for period, figure in zip(periods, months, strict=True)
    ]
    return Detail(
        measure=one,
        figures=tuple(whole),
        goal=goal,
        good=goals.met(one, whole[0].amount, goal),
        by=by,
        lines=tuple(lines),
        months=tuple(past),
        siblings=tuple(other for other in MEASURES.values() if other.id[:3] == one.id[:3] and other.id != one.id),
    )


KPI = Kind(
    "kpi", "考核指标表", "Key figures",
    "各项指标完成得怎么样？与目标、上期、去年同期比如何？（日期口径见各指标公式，如有效投诉按办结日期）",
    "How did each index do, against its goal, the period before and last year? "
    "(each by the day its formula names, valid complaints by the day closed)",
    "R3 B64 B65 B66", fill, cycles=("month", "quarter", "half", "year", "week", "day", "days"),
    filters=("project", "department", "category", "channel", "urgency"), landscape=True,
)  # fmt: skip
