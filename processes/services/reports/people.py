"""Reports of people's work: call-backs and satisfaction (B25, B46), posts and persons (B43), steps (K39)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processes.services import rights
from processes.services.reports import complaints, labels, measure
from processes.services.reports.kpi import shape_of
from processes.services.reports.registry import find
from processes.services.reports.table import Cell, Column, Kind, Link, Report, Table
from storage import report_lookups
from storage.reports import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from processes.services.reports.question import Question

CALLBACKS = ("C1", "C2a", "C2b", "C2c", "C2d", "C2e", "C2f", "K09", "C5", "C3", "C4")
POSTS = ("P1", "P2", "P3", "P6", "P4", "P5")
STEPS = ("K39", "K39b", "K39c")
TIMES = {"小时": "hours", "秒": "seconds"}
HEADINGS = {
    "P1": ("期末未办任务", "Open at the end"),
    "P2": ("其中未领取", "Of these nobody's"),
    "P3": ("其中逾期", "Of these late"),
    "P6": ("本期到期任务", "Due in the period"),
    "P4": ("其中按时完成率", "Of these done in time"),
    "P5": ("本期完成任务（不论到期日）", "Done in the period, whenever due"),
    "C1": ("接通率", "Reached"),
    "K09": ("满意率", "Satisfied, rate"),
    "C5": ("回访得分（百分制）", "Score of 100"),
}


def grid(session: Session, question: Question, by: str, ids: Sequence[str], title: tuple[str, str]) -> Table:
    """Answer several measures by a dimension, each figure leading to its list; the last line is the whole."""
    measures = [find(one) for one in ids]
    found = measure.several(session, measures, question, [question.span], by)
    whole = [measure.together(one, figures) for one, figures in zip(measures, found, strict=True)]
    return laid_out(session, question, by, measures, found, whole, title)


def laid_out(
    session: Session, question: Question, by: str, measures: Sequence[measure.Measure],
    found: Sequence[Mapping[str, Sequence[measure.Figure]]], whole: Sequence[measure.Figure], title: tuple[str, str],
) -> Table:  # fmt: skip
    """Write figures that were found by a dimension as a table; `whole` is its last line."""
    keys = {key for figures in found for key, line in figures.items() if line[0].rows}
    names = labels.shown(session, by, keys, question.locale)
    order = sorted(keys, key=lambda key: (-sum(one[key][0].rows if key in one else 0 for one in found), names[key]))
    rows = []
    for key in order:
        filters = {by: key or NONE}
        cells = [
            _cell(one, figures[key][0] if key in figures else measure.NOTHING, filters)
            for one, figures in zip(measures, found, strict=True)
        ]
        rows.append((names[key] or NONE, *cells))
    columns = [Column(*_heading(one), shape=shape_of(one)) for one in measures]
    first = Column(labels.dimension(measures[0], by, "zh"), labels.dimension(measures[0], by, "en"))
    last = [_cell(one, figure, {}) for one, figure in zip(measures, whole, strict=True)]
    total = ("合计" if question.locale != "en" else "Sum", *last)
    return Table(title[0], title[1], (first, *columns), tuple(rows), total)


def _heading(one: measure.Measure) -> tuple[str, str]:
    """Name a column, with the unit its figures are in."""
    zh, english = HEADINGS.get(one.id, (one.zh, one.en))
    return (f"{zh}（{one.unit}）", f"{english} ({TIMES[one.unit]})") if one.unit in TIMES else (zh, english)


def _cell(one: measure.Measure, figure: measure.Figure, filters: dict[str, str]) -> Cell:
    amount = figure.amount if figure.rows or one.fraction else 0
    return Cell(amount, Link("rows", one.id, filters) if figure.rows else None)


OPINIONS = (
    Column("时间", "When", "moment"), Column("编号", "Number"), Column("客户", "Customer"), Column("总体", "Overall"),
    Column("意见", "Opinion"), Column("新诉求", "New demand"),
)  # fmt: skip


def fill_callbacks(session: Session, viewer: Viewer, question: Question, page: int | None) -> Report:
    """Fill B46 and B25: results of call-backs by kind of request, department and person, and what customers said."""
    del viewer
    limit, offset = complaints.window(page)
    found, count = report_lookups.opinions(session, question.span, question.within, limit=limit, offset=offset)
    said: tuple[tuple[Any, ...], ...] = tuple(
        (
            answer.at,
            Cell(case.number, Link("case", case.number)),
            rights.mask_name(case.caller_name),
            answer.overall,
            answer.opinion,
            answer.new_demand,
        )
        for answer, case in found
    )
    surveys = grid(session, question, "stage", ("C6",), ("调研得分", "Scores of surveys"))
    tables = (
        grid(session, question, "stage", CALLBACKS, ("按诉求类型", "By kind of request")),
        grid(session, question, "department", CALLBACKS, ("按部门", "By department")),
        grid(session, question, "person", CALLBACKS, ("按受理人", "By who accepted")),
        *((surveys,) if surveys.rows else ()),
        Table("回访意见", "Opinions", OPINIONS, said),
    )
    return Report(tables, count, page or 1, complaints.pages(count))


def fill_posts(session: Session, viewer: Viewer, question: Question, page: int | None) -> Report:
    """Fill B43: what each post and person has open, unassigned, late, and did in time."""
    del viewer, page
    tables = (
        grid(session, question, "stage", POSTS, ("按岗位", "By post")),
        grid(session, question, "person", POSTS, ("按人员", "By person")),
        grid(session, question, "project", POSTS, ("按项目", "By project")),
    )
    return Report(tables, sum(len(table.rows) for table in tables))


def fill_steps(session: Session, viewer: Viewer, question: Question, page: int | None) -> Report:
    """Fill K39: how long tasks wait and are worked on, step by step, what comes back, and incidents."""
    del viewer, page
    tables = (
        grid(session, question, "stage", STEPS, ("按环节", "By step")),
        grid(session, question, "category", (*STEPS, "K39d", "K39e"), ("按流程", "By process")),
    )
    return Report(tables, len(tables[0].rows))


REPORTS = (
    Kind(
        "callbacks", "回访与满意度", "Call-backs and satisfaction",
        "客户满意吗？哪类诉求、哪个部门、哪位受理人需要改进？客户说了什么？（按回访日期统计）",
        "Are customers satisfied? Which kind of request, department or person has to improve? What did they say? "
        "(by the day of the call)",
        "B25 B46 K35", fill_callbacks, filters=complaints.FILTERS, landscape=True,
    ),
    Kind(
        "posts", "各岗位任务完成情况", "Tasks by post and person",
        "每个岗位、每个人手上有多少任务，多少没人领、多少逾期，按时完成了多少？（每项任务计一次；未办按期末，到期按到期日，完成按完成日期）",
        "What does each post and person have open, unassigned, late, and how much was done in time? "
        "(every task once: open at the end, due by the day due, done by the day done)",
        "B43", fill_posts, cycles=("day", "week", "month", "quarter", "days"),
    ),
    Kind(
        "process", "流程运行情况", "How the process runs",
        "任务在哪个环节等得久、做得久、退得多？（按任务完成日期统计）",
        "At which step do tasks wait, take long or come back? (by the day done)",
        "K39", fill_steps, cycles=("week", "month", "quarter", "year", "days"),
    ),
)  # fmt: skip
