"""The complaint statistics 客户投诉（月、季、年）分析统计表 (R1, B45), and the pack for case analysis (R8, E20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processes.services import rights
from processes.services.reports import labels, measure
from processes.services.reports.registry import find
from processes.services.reports.table import Cell, Column, Kind, Link, Report, Table
from storage import report_lookups
from storage.reports import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from processes.services.reports.question import Question
    from storage.reports import Row
    from storage.tables.cases import ServiceCase

PAGE = 50
MOST = 20_000
"""Rows of a file or a print: a year's complaints of a large group."""
UNDECIDED = {"contractor": ("未定", "not decided"), "stage": ("未定", "not decided")}
WAYS = ("赔偿", "退货", "折价", "其他")
LIST = (
    Column("编号", "Number"), Column("日期", "Date", "day"), Column("投诉客户姓名", "Customer"),
    Column("投诉内容", "Complaint"), Column("房号/部位（品名）", "Home, part"),
    Column("项数（数量）", "Items", "number"), Column("责任单位", "Responsible unit"),
    Column("处理方式", "Settled by"), Column("损失金额", "Loss", "amount"),
)  # fmt: skip
PACK = (
    Column("编号", "Number"), Column("日期", "Date", "day"), Column("入选原因", "Why"), Column("房号", "Home"),
    Column("内容", "About"), Column("级别", "Level", "number"), Column("轮次", "Round", "number"),
    Column("满意度", "Satisfaction"), Column("根因", "Cause"), Column("处理方式", "Settled by"),
    Column("遗留问题", "Left open"),
)  # fmt: skip


def window(page: int | None) -> tuple[int, int]:
    """Give limit and offset of a page; None is everything a file takes."""
    return (MOST, 0) if page is None else (PAGE, (page - 1) * PAGE)


def pages(count: int) -> int:
    """Give the number of pages."""
    return max(1, -(-count // PAGE))


def summary(session: Session, question: Question, by: str, title: tuple[str, str]) -> Table:
    """Sum complaints and losses up by a dimension; the last line is the whole, as it is counted without it (AC20)."""
    count, loss = find("R1"), find("R1b")
    counts = measure.figures(session, count, question, [question.span], by)
    losses = measure.figures(session, loss, question, [question.span], by)
    names = labels.shown(session, by, counts, question.locale)
    rows = []
    for key in sorted(counts, key=lambda one: (-counts[one][0].value, one)):
        filters = {by: key or NONE}
        name = names[key] or UNDECIDED.get(by, ("未填", "not given"))[question.locale == "en"]
        rows.append(
            (
                name,
                Cell(counts[key][0].amount, Link("rows", "R1", filters)),
                Cell(losses[key][0].amount, Link("rows", "R1b", filters)),
            )
        )
    whole = (measure.figure(session, count, question).amount, measure.figure(session, loss, question).amount)
    columns = (
        Column(*labels.NAMES.get(by, ("", "")) if by != "stage" else ("处理方式", "Settled by")),
        Column("件数", "Complaints", "number"),
        Column("损失金额", "Loss", "amount"),
    )
    total = ("合计" if question.locale != "en" else "Sum", Cell(whole[0], Link("rows", "R1")), whole[1])
    return Table(title[0], title[1], columns, tuple(rows), total)


def fill(session: Session, viewer: Viewer, question: Question, page: int | None) -> Report:
    """Fill R1: by responsible unit, by the way of settling, and the list with B45's columns."""
    del viewer
    limit, offset = window(page)
    one = find("R1")
    count = measure.count(session, one, question)
    found = measure.rows(session, one, question, limit=limit, offset=offset)
    numbers = [row.subject for row in found]
    known = report_lookups.cases(session, numbers)
    items = report_lookups.defect_counts(session, numbers)
    rows = tuple(_line(known[row.subject], row, items.get(row.subject, 1), question) for row in found)
    loss = measure.figure(session, find("R1b"), question).amount
    whole = f"合计 {count} 件" if question.locale != "en" else f"Sum: {count}"
    total = (Cell(whole, Link("rows", "R1")), "", "", "", "", "", "", "", loss)
    tables = (
        summary(session, question, "contractor", ("按责任单位", "By responsible unit")),
        summary(session, question, "stage", ("按处理方式", "By the way of settling")),
        Table("客户投诉统计表", "Complaints", LIST, rows, total, *_note()),
    )
    return Report(tables, count, page or 1, pages(count))


def _note() -> tuple[str, str]:
    return (
        "撤诉、并案、不属实的不计。处理方式按四类归并，维修、道歉解释等计入“其他”。",
        "Withdrawn, merged and untrue ones do not count. Repairs and apologies are among “其他”.",
    )


def _line(case: ServiceCase, row: Row, items: int, question: Question) -> tuple[Any, ...]:
    place = " ".join(piece for piece in (case.house or case.area, case.part) if piece)
    return (
        Cell(case.number, Link("case", case.number)),
        case.received_at.astimezone(question.zone).date(),
        rights.mask_name(case.caller_name),
        case.brief or case.facts,
        place,
        items,
        case.responsible or UNDECIDED["contractor"][question.locale == "en"],
        row.dimensions.get("stage", "") or UNDECIDED["stage"][question.locale == "en"],
        case.loss_amount,
    )


def fill_pack(session: Session, viewer: Viewer, question: Question, page: int | None) -> Report:
    """Fill R8: the cases an analysis looks at, by reason, each with what is known of it."""
    del viewer
    limit, offset = window(page)
    one = find("R8")
    reasons = measure.figures(session, one, question, [question.span], "stage")
    count = measure.count(session, one, question)
    found: Sequence[Row] = measure.rows(session, one, question, limit=limit, offset=offset)
    known = report_lookups.cases(session, [row.subject for row in found])
    names = labels.shown(session, "stage", reasons, question.locale)
    by_reason = tuple(
        (names[key], Cell(reasons[key][0].amount, Link("rows", "R8", {"stage": key or NONE})))
        for key in sorted(reasons, key=lambda key: -reasons[key][0].value)
    )
    rows = tuple(
        _pack_line(known[row.subject], names.get(row.dimensions.get("stage", ""), ""), question) for row in found
    )
    total = ("合计" if question.locale != "en" else "Sum", Cell(count, Link("rows", "R8")))
    tables = (
        Table("按入选原因", "By reason", (PACK[2], Column("件数", "Cases", "number")), by_reason, total),
        Table("案例清单", "Cases", PACK, rows),
    )
    return Report(tables, count, page or 1, pages(count))


def _pack_line(case: ServiceCase, why: str, question: Question) -> tuple[Any, ...]:
    return (
        Cell(case.number, Link("case", case.number)),
        case.received_at.astimezone(question.zone).date(),
        why,
        case.house or case.area,
        case.brief,
        case.level,
        case.round,
        case.satisfaction,
        case.root_cause,
        case.treatment,
        case.remaining,
    )


FILTERS = ("project", "department", "category", "channel", "urgency")
REPORTS = (
    Kind(
        "complaints", "客户投诉分析统计表", "Complaint statistics",
        "收到了哪些投诉，责任在谁，怎么处理的，损失多少？（按受理日期统计）",
        "Which complaints came, whose fault, how settled, at what loss? (by the day received)",
        "R1 B45", fill, filters=FILTERS, landscape=True,
    ),
    Kind(
        "analysis", "案例分析资料", "Case analysis",
        "本期哪些案例值得分析（升级、群诉、二次处理、不满意、逾期、催促）？（按受理日期统计；群诉只列主案）",
        "Which cases deserve an analysis (escalated, of many, handled again, dissatisfied, late, pressed)? "
        "(by the day received; of a group only the master)",
        "R8 E20", fill_pack, cycles=("week", "month", "quarter", "half", "year", "days"), filters=FILTERS,
        landscape=True,
    ),
)  # fmt: skip
