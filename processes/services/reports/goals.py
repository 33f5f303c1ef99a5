"""The goals of measures: rows that an administrator changes, from a day on, for all projects or one."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from processes.services.reports import limits
from processes.services.reports.registry import MEASURES
from storage.tables.reports import MeasureGoal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from processes.services.reports.measure import Measure
    from processes.services.reports.question import Question

SINCE = date(2020, 1, 1)
PERCENT = 100
FIRST: Mapping[str, float] = {
    **dict.fromkeys(("K01", "K02", "K03", "K04", "K05", "K08", "K09"), 95),
    "K06": 90, "K12": 3, "K13": 5, "K13b": 10, "K14b": 95, "K15": 100, "K16": 95, "K18": 95, "K19": 90, "K20": 90,
    "K21": 95, "K24": 90, "K29": 10, "K32": 100, "K33": 98, "K34": 90, "K35": 85, "K36": 100, "K36b": 0, "K38": 95,
    "K38b": 95,
}  # fmt: skip
"""What a new installation proposes; the company sets its own."""


def in_force(session: Session, question: Question) -> Mapping[str, float]:
    """Give the goals by measure as figures are written (a rate 0–1), on the last day of the period.

    The goal of the project that is asked about wins over the general one.
    """
    return {
        key: goal / PERCENT if key in MEASURES and MEASURES[key].kind == "rate" else goal
        for key, goal in limits.stored(session, question).items()
    }


def met(measure: Measure, amount: float | None, goal: float | None) -> bool | None:
    """Tell whether a figure reaches its goal; None when there is no figure or no goal."""
    if amount is None or goal is None or not measure.better:
        return None
    return amount >= goal if measure.better == "up" else amount <= goal


def seed(session: Session) -> None:
    """Write the goals a new installation begins with."""
    session.add_all(
        MeasureGoal(measure=key, since=SINCE, goal=goal, note=f"{MEASURES[key].zh}（初始建议值）")
        for key, goal in sorted(FIRST.items())
        if key in MEASURES
    )
