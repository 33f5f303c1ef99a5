"""The rows behind a figure as a table, and what a page has to choose from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from processes.services.reports import complaints, labels, measure
from processes.services.reports.table import Cell, Column, Link, Report, Table
from storage import report_lookups
from storage.reports import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from processes.services.reports.measure import Measure
    from processes.services.reports.question import Question
    from storage.reports import Row

BASIC = (
    Column("编号", "Number"), Column("日期", "Date", "moment"), Column("房号/位置", "Home, place"),
    Column("内容", "About"), Column("状态", "State"), Column("项目", "Project"), Column("人员", "Person"),
)  # fmt: skip


def choices(session: Session, question: Question) -> Mapping[str, Sequence[str]]:
    """List what the period's cases offer to choose from, by dimension."""
    return report_lookups.choices(session, question.span, question.scopes)


def shown(session: Session, name: str, text: str, locale: str) -> str:
    """Say how a chosen text of a dimension is shown."""
    return labels.shown(session, name, [text], locale)[text]


def shortened(report: Report, most: int) -> Report:
    """Cut tables to so many rows, for paper."""
    return replace(report, tables=tuple(replace(table, rows=table.rows[:most]) for table in report.tables))


def listed(session: Session, one: Measure, question: Question, page: int | None) -> Report:
    """List the rows that a figure counts; as many as it says (AC20). The total line repeats the figure."""
    limit, offset = complaints.window(page)
    count = measure.count(session, one, question)
    found = measure.rows(session, one, question, limit=limit, offset=offset)
    heads = report_lookups.heads(session, {(row.link, row.subject) for row in found})
    parts = one.mix.parts if one.mix else ()
    heads = {**heads, **{("kpi", part.id): report_lookups.Head("", part.name(question.locale), "") for part in parts}}
    people = labels.shown(session, "person", {row.dimensions.get("person", "") for row in found})
    stages = labels.shown(session, "stage", {row.dimensions.get("stage", "") for row in found}, question.locale)
    value = _value_column(one)
    stage = (Column(one.stage_zh, one.stage_en),) if "stage" in one.dimensions else ()
    rows = tuple(_line(one, row, heads.get((row.link, row.subject)), people, stages) for row in found)
    table = Table(one.zh, one.en, (*BASIC, *stage, value), rows)
    return Report((table,), count, page or 1, complaints.pages(count))


def _value_column(one: Measure) -> Column:
    if one.kind == "rate":
        return Column("达标", "Counts as")
    unit = f"（{one.unit}）" if one.unit else ""
    return Column(f"数值{unit}", "Value", "amount" if one.unit == "元" else "number")


def _line(
    one: Measure, row: Row, head: report_lookups.Head | None, people: Mapping[str, str], stages: Mapping[str, str]
) -> tuple[Any, ...]:
    more = {"batch": row.dimensions.get("batch", ""), "house": head.place if head else ""}
    number: Any = Cell(row.subject or NONE, Link(row.link, row.subject, more if row.link == "inspection" else {}))
    basic = (
        number,
        row.at,
        head.place if head else "",
        head.brief if head else "",
        head.state if head else "",
        row.dimensions.get("project", ""),
        people[row.dimensions.get("person", "")],
    )
    stage = (stages[row.dimensions.get("stage", "")],) if "stage" in one.dimensions else ()
    value: Any = ("✓" if row.value else "×") if one.kind == "rate" and row.counted == 1 else row.value
    return (*basic, *stage, value)
