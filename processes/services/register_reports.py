"""Registers of reports: the goals of measures, and the figures that are entered by hand."""

from __future__ import annotations

from processes.services.register_columns import Column, Register
from processes.services.reports.registry import MEASURES
from storage.report_office import ITEMS
from storage.tables.reports import EnteredFigure, MeasureGoal

INDEXES = tuple(one.id for one in MEASURES.values() if one.index)
PROJECT = Column("project", "项目（空为全部）", "Project (empty: all)", "ref", ref="project_code")

REPORTS: tuple[Register, ...] = (
    Register(
        "goals",
        "指标目标",
        "Goals of key figures",
        MeasureGoal,
        (
            Column("measure", "指标编号", "Key figure", "choice", required=True, choices=INDEXES),
            PROJECT,
            Column("since", "自何日起", "From", "date", required=True),
            Column("goal", "目标值（率填百分数）", "Goal (rates in percent)", "number", required=True),
            Column("note", "备注", "Note"),
        ),
        ("measure", "project", "since"),
        ("measure", "project", "note"),
    ),
    Register(
        "figures",
        "人工录入数（费用、流失、评分）",
        "Entered figures (costs, losses, scores)",
        EnteredFigure,
        (
            Column("item", "项目名称", "Item", "choice", required=True, choices=ITEMS),
            PROJECT,
            Column("month", "月份（填当月任一天）", "Month (any day of it)", "date", required=True),
            Column("amount", "数值", "Amount", "number", required=True),
            Column("budget", "预算", "Budget", "number"),
            Column("note", "备注", "Note"),
        ),
        ("item", "project", "month"),
        ("item", "project", "note"),
    ),
)
