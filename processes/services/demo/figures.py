"""Figures that finance and leaders would have entered month by month: costs against budget, customers lost, scores."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from processes.services.demo.estate import SEED
from processes.services.reports.question import period
from storage.report_office import COSTS, LOST, RELATIONS
from storage.tables.reports import EnteredFigure

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

MONTHS = 24


def add_figures(session: Session, *, now: datetime) -> None:
    """Write two years of monthly figures for the whole company."""
    rng = random.Random(SEED + 7)  # noqa: S311  invented data, the same every time
    for month in period("month", now.date()).before().months(MONTHS):
        budget = 120_000.0 if month.first.month in (6, 9, 12) else 90_000.0
        known = {"month": month.first, "note": "虚构数据"}
        cost = round(budget * rng.uniform(0.85, 1.08), -2)
        session.add(EnteredFigure(item=COSTS, amount=cost, budget=budget, **known))
        session.add(EnteredFigure(item=LOST, amount=rng.choice((0, 0, 0, 1)), **known))
        session.add(EnteredFigure(item=RELATIONS, amount=rng.randint(82, 95), **known))
