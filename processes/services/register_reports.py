"""Registers of reports: the goals of measures, and the figures that are entered by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.forms import FieldError
from engine.errors import N_, InvalidFormError
from processes.services.register_columns import Column, Register
from processes.services.reports.registry import MEASURES
from storage.report_office import ITEMS
from storage.tables.reports import EnteredFigure, MeasureGoal

if TYPE_CHECKING:
    from collections.abc import Mapping

INDEXES = tuple(one.id for one in MEASURES.values() if one.index)
LABELS = {one.id: (one.zh, one.en) for one in MEASURES.values()}
WHOLE, GOAL = 100, "目标值"
PROJECT = Column("project", "项目（空为全部）", "Project (empty: all)", "ref", ref="project_code")


def check_goal(values: Mapping[str, Any]) -> None:
    """Refuse goals that no figure can be: rates are 0–100 percent, nothing is below 0. Raises InvalidFormError."""
    goal, rate = float(values["goal"]), MEASURES[values["measure"]].kind == "rate"
    if rate and 0 < goal < 1:
        message = N_("{column}: rates are in percent; write {percent} for {value}.")
        fields = {"column": GOAL, "percent": f"{goal * WHOLE:g}", "value": f"{goal:g}"}
        raise InvalidFormError([FieldError("goal", message, fields)])
    if goal < 0 or (rate and goal > WHOLE):
        message = N_("{column}: a rate is 0 to 100.") if rate else N_("{column}: 0 at least.")
        raise InvalidFormError([FieldError("goal", message, {"column": GOAL})])


REPORTS: tuple[Register, ...] = (
    Register(
        "goals",
        "指标目标",
        "Goals of key figures",
        MeasureGoal,
        (
            Column("measure", "指标编号", "Key figure", "choice", required=True, choices=INDEXES, labels=LABELS),
            PROJECT,
            Column("since", "自何日起", "From", "date", required=True),
            Column("goal", "目标值（率填百分数）", "Goal (rates in percent)", "number", required=True),
            Column("note", "备注", "Note"),
        ),
        ("measure", "project", "since"),
        ("measure", "project", "note"),
        check=check_goal,
        of_processes=True,
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
