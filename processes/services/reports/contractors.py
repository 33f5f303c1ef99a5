"""The reports of responsible units: what is overdue (R7), how good they are (K31), the statement of one (R9)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from processes.services.reports import complaints, labels, measure
from processes.services.reports.kpi import shape_of
from processes.services.reports.people import laid_out
from processes.services.reports.registry import find
from processes.services.reports.table import Cell, Column, Kind, Link, Report, Table
from storage import report_sites as sites
from storage.report_clocks import BUCKETS, MORE
from storage.reports import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from processes.services.reports.question import Question

LATE = (*(name for _, name in BUCKETS), MORE)
SCORE = ("K31", "K19", "K20", "K31c", "K31d", "K31b", "R7b", "K31g", "K31e", "K31f", "R9")
HEADINGS = {
    "K31": ("评分", "Score"), "K19": ("整改及时率（缺陷）", "In time (defects)"),
    "K20": ("一次合格率（缺陷）", "First attempt (defects)"), "K31c": ("逾期率（缺陷）", "Overdue, share (defects)"),
    "K31d": ("接单及时率（工单）", "Accepted in time (orders)"), "K31b": ("未销项缺陷", "Open defects"),
    "R7b": ("逾期缺陷", "Overdue defects"), "K31g": ("返工缺陷", "Defects mended again"),
    "K31e": ("代维（工单）", "Substitutes (orders)"), "K31f": ("扣款", "Deductions"), "R9": ("整改单", "Orders"),
}  # fmt: skip
ENOUGH = 5
"""Defects or orders a unit is judged by at least."""
FORMULA = (
    (
        "评分 = 40 × 整改及时率 + 30 × 一次合格率 + 20 ×（1 − 逾期率）+ 10 × 接单及时率；没有数据的分项不计权重。"
        "不足 5 项缺陷和 5 张整改单的单位不评分；未定责任单位的不评分、不排名，计入合计。"
    ),
    (
        "Score = 40 × in time + 30 × first attempt + 20 × (1 − overdue) + 10 × accepted in time, of the parts with "
        "data. Units with fewer than 5 defects and 5 orders and what no unit answers for get none."
    ),
)


def _sum_word(question: Question) -> str:
    return "合计" if question.locale != "en" else "Sum"


def own_units(session: Session, viewer: Viewer) -> tuple[str, ...]:
    """List the names of the responsible units a person belongs to (AC19)."""
    codes = {grant.org for grant in viewer.grants if grant.org}
    return tuple(name for code, name in sites.contractors(session).items() if code in codes) if codes else ()


def _units(session: Session, question: Question) -> Mapping[str, Sequence[str]]:
    if question.own:
        return {"contractor": question.own}
    found = sites.places(session, question.scopes, question.filters.get("project", ""))
    return {**found, "contractor": list(sites.contractors(session).values())}


# R7


def buckets(session: Session, question: Question, key: str, by: str, title: tuple[str, str]) -> Table:
    """Count what is late by a dimension and by how late; the last line is counted without the dimension (AC20)."""
    one = find(key)
    found = measure.cross(session, one, question, (by, "stage"))
    names = labels.shown(session, by, {who for who, _ in found}, question.locale)
    totals: dict[str, float] = {}
    for (who, _), figure in found.items():
        totals[who] = totals.get(who, 0) + figure.value
    rows = []
    for who in sorted(totals, key=lambda each: (-totals[each], names[each])):
        cells = [_cell(found.get((who, days)), key, {by: who or NONE, "stage": days}) for days in LATE]
        rows.append((names[who] or NONE, *cells, Cell(totals[who], Link("rows", key, {by: who or NONE}))))
    whole = measure.figures(session, one, question, [question.span], "stage")
    line = [_cell(whole[days][0] if days in whole else None, key, {"stage": days}) for days in LATE]
    every = measure.figure(session, one, question)
    columns = (
        Column(labels.dimension(one, by, "zh"), labels.dimension(one, by, "en")),
        *(Column(name, labels.ENGLISH[name], "number") for name in LATE),
        Column("合计", "Sum", "number"),
    )
    total = (_sum_word(question), *line, _cell(every, key, {}))
    return Table(title[0], title[1], columns, tuple(rows), total)


def _cell(figure: measure.Figure | None, key: str, filters: Mapping[str, str]) -> Cell:
    if figure is None or not figure.rows:
        return Cell(0)
    return Cell(figure.amount, Link("rows", key, filters))


OVERDUE = (
    Column("编号", "Number"), Column("时限", "Clock"), Column("到期", "Due", "moment"),
    Column("逾期天数", "Days late", "number"),
    Column("责任人", "Who answers"), Column("责任单位", "Responsible unit"), Column("项目", "Project"),
)  # fmt: skip


def fill_overdue(session: Session, viewer: Viewer, question: Question, page: int | None) -> Report:
    """Fill R7: what is late at the end of the period, by person and unit and by how late, and the list."""
    del viewer
    limit, offset = complaints.window(page)
    one = find("R7")
    count = measure.count(session, one, question)
    found = measure.rows(session, one, question, limit=limit, offset=offset)
    people = labels.shown(session, "person", {row.dimensions.get("person", "") for row in found})
    names = labels.shown(session, "stage", {row.dimensions.get("category", "") for row in found}, question.locale)
    rows = tuple(
        (
            Cell(row.subject, Link(row.link, row.subject)),
            names[row.dimensions.get("category", "")],
            row.at.replace(second=0, microsecond=0),
            round((question.span.cut - row.at) / timedelta(days=1), 1),
            people[row.dimensions.get("person", "")] or NONE,
            row.dimensions.get("contractor", "") or NONE,
            row.dimensions.get("project", ""),
        )
        for row in found
    )
    tables = (
        buckets(session, question, "R7", "person", ("按责任人", "By who answers")),
        buckets(session, question, "R7", "contractor", ("按责任单位", "By responsible unit")),
        buckets(session, question, "R7b", "contractor", ("逾期缺陷", "Defects overdue")),
        Table("逾期清单", "What is overdue", OVERDUE, rows),
    )
    return Report(tables, count, page or 1, complaints.pages(count))


# K31


UNITS, SITES = ("contractor", "project")
TITLES = {UNITS: ("责任单位排名", "Ranking of responsible units"), SITES: ("按项目", "By project")}


def _scores(session: Session, question: Question) -> tuple[Table, Table]:
    """Score units and projects out of one look at the rows; the score of all is no mean of the scores."""
    measures = [find(key) for key in SCORE]
    found = measure.by_each(session, measures, question, (UNITS, SITES))
    whole = [lines[""][0] if lines else measure.NOTHING for lines in found[""]]
    found[UNITS] = _with_enough(found[UNITS])
    units, projects = (laid_out(session, question, by, measures, found[by], whole, TITLES[by]) for by in (UNITS, SITES))
    return units, projects


def _with_enough(found: Sequence[Mapping[str, Sequence[measure.Figure]]]) -> list[dict[str, list[measure.Figure]]]:
    """Leave out scores of what no unit answers for, and of units with too few defects and orders to judge them by."""
    counted: dict[str, float] = {}
    for key, figures in zip(SCORE, found, strict=True):
        for name, line in figures.items():
            if name and key in ("K19", "K20", "K31c", "R9"):
                counted[name] = max(counted.get(name, 0), line[0].counted)
    return [
        {
            name: [measure.NOTHING] if key == "K31" and counted.get(name, 0) < ENOUGH else list(line)
            for name, line in figures.items()
        }
        for key, figures in zip(SCORE, found, strict=True)
    ]


def _ranked(table: Table) -> Table:
    """Rank the units by their score, the best first; every figure leads to its rows."""
    ranked = sorted(table.rows, key=lambda row: (row[0] == NONE, row[1].value is None, -(row[1].value or 0)))
    rows = []
    for place, (name, *cells) in enumerate(ranked, 1):
        leads = Cell(name, Link("report", "statement", {"contractor": name})) if name != NONE else name
        rows.append((place if cells[0].value is not None and name != NONE else None, leads, *cells))
    columns = (
        Column("名次", "Rank", "number"), table.columns[0],
        *(Column(*HEADINGS[key], shape=shape_of(find(key))) for key in SCORE),
    )  # fmt: skip
    return Table(table.zh, table.en, columns, tuple(rows), ("", *table.total), *FORMULA)


def fill_ranking(session: Session, viewer: Viewer, question: Question, page: int | None) -> Report:
    """Fill the ranking of responsible units, and their scores by project."""
    del viewer, page
    units, projects = _scores(session, question)
    return Report((_ranked(units), projects), len(units.rows))


# R9

CHOOSE = ("请先在上方选择责任单位。", "Choose a responsible unit above.")
PARTS = (
    Column("指标", "Index"), Column("本期", "Period", "number"), Column("上期", "Before", "number"),
    Column("公式", "Formula"),
)  # fmt: skip
ORDERS = (
    Column("整改单", "Order"), Column("房号", "Home"), Column("内容", "About"), Column("派发", "Issued", "day"),
    Column("期限", "Due", "day"), Column("完成", "Finished", "day"), Column("销项", "Closed", "day"),
    Column("状态", "State"), Column("返工", "Reworks", "number"), Column("按期", "In time"),
)  # fmt: skip
DEDUCTIONS = (
    Column("整改单", "Order"), Column("房号", "Home"), Column("日期", "Date", "day"),
    Column("代维费用", "Cost", "amount"), Column("管理费 %", "Fee %", "number"),
    Column("扣款金额", "Deducted", "amount"), Column("扣自", "Taken from"), Column("状态", "State"),
)  # fmt: skip


def fill_statement(session: Session, viewer: Viewer, question: Question, page: int | None) -> Report:
    """Fill R9: a unit's score with its parts, its orders and deductions; without a unit it asks for one."""
    unit = question.filters.get("contractor", "")
    if not unit:
        return Report((Table("履约情况", "Performance", PARTS, (), (), *CHOOSE, unasked=True),))
    del viewer
    limit, offset = complaints.window(page)
    one = find("R9")
    count = measure.count(session, one, question)
    found = measure.rows(session, one, question, limit=limit, offset=offset)
    known = sites.orders_of(session, [row.subject for row in found])
    lines = tuple(_order(known[row.subject], question) for row in found)
    tables = (
        _parts(session, question, linked=not question.own),
        _deductions(session, question),
        Table("整改单", "Orders", ORDERS, lines, (_sum_word(question), f"{count}", *[""] * 8)),
    )
    return Report(tables, count, page or 1, complaints.pages(count))


def _parts(session: Session, question: Question, *, linked: bool) -> Table:
    rows = []
    spans = question.spans()[:2]
    for key in SCORE:
        one = find(key)
        here, before = measure.figures(session, one, question, spans)[""]
        leads = Link("rows", key) if linked and here.rows else None
        shape, name, formula = shape_of(one), one.name(question.locale), one.formula(question.locale)
        rows.append((name, Cell(here.amount, leads, shape), Cell(before.amount, None, shape), formula))
    return Table("履约情况", "Performance", PARTS, tuple(rows), (), *FORMULA)


def _order(order: Any, question: Question) -> tuple[Any, ...]:
    days = [
        None if at is None else at.astimezone(question.zone).date()
        for at in (order.issued_at, order.due_at, order.finished_at, order.closed_at)
    ]
    ended = order.reviewed_at or order.finished_at or question.now
    kept = None if order.due_at is None else "✓" if ended <= order.due_at else "×"
    return (
        Cell(order.number, Link("order", order.number)), order.house or order.area, order.brief, *days, order.state,
        order.rework, kept,
    )  # fmt: skip


def _deductions(session: Session, question: Question) -> Table:
    found = sites.deductions_of(session, question.span, question.within)
    rows = tuple(
        (
            Cell(order.number, Link("order", order.number)), order.house or order.area,
            deduction.at.astimezone(question.zone).date(), deduction.cost, deduction.fee_percent, deduction.amount,
            deduction.taken_from, deduction.state,
        )
        for deduction, order in found
    )  # fmt: skip
    total = measure.figure(session, find("K31f"), question).amount
    line = (_sum_word(question), "", "", "", "", total, "", "")
    note = ("已撤销的扣款不计入合计。", "Revoked deductions are not in the sum.")
    return Table("代维扣款", "Deductions", DEDUCTIONS, rows, line, *note)


REPORTS = (
    Kind(
        "overdue", "逾期清单", "What is overdue",
        "现在有哪些事项逾期？谁负责、哪个单位、逾期多久？（按期末时点统计）",
        "What is overdue, who answers for it, and since when? (at the end of the period)",
        "R7 B63 D19", fill_overdue, cycles=("day", "week", "month", "days"), filters=("project", "contractor"),
        landscape=True, current=True, works=True, choices=_units,
    ),
    Kind(
        "contractors", "责任单位排名", "Ranking of responsible units",
        "哪家责任单位干得好，哪家拖后腿？差在及时、质量还是逾期？（及时按到期日，合格与返工按复核日，接单按签收日，逾期按期末）",
        "Which responsible unit does well, which lags, and in what? "
        "(in time by the day due, first attempt by recheck, acceptance by signature, overdue at the end)",
        "K31 C05 C07", fill_ranking, cycles=("month", "quarter", "half", "year", "days"),
        filters=("project", "phase"), landscape=True, works=True, choices=_units,
    ),
    Kind(
        "statement", "责任单位对账单", "Statement of a responsible unit",
        "这家单位本期有哪些整改单、扣了多少款、评分多少？（整改单按派发日期，扣款按扣款日期）",
        "Which orders and deductions did a unit have, and what is its score? "
        "(orders by the day issued, deductions by their day)",
        "R9 K31", fill_statement, cycles=("month", "quarter", "half", "year", "days"),
        filters=("contractor", "project"), landscape=True, choices=_units, own=True, works=True,
    ),
)  # fmt: skip
