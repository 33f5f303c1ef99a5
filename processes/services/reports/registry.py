"""All measures, in the order of the key figures' page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import N_, NotFoundError
from processes.services.reports import measures_cases, measures_customers, measures_houses, measures_work
from processes.services.reports.measure import by_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processes.services.reports.measure import Measure

MEASURES: Mapping[str, Measure] = by_id(
    sorted(
        (
            *(*measures_cases.MEASURES, *measures_work.MEASURES),
            *(*measures_houses.MEASURES, *measures_customers.MEASURES),
        ),
        key=lambda one: one.id,
    )
)


WORKS = (measures_houses.MENDING, measures_houses.UNITS)
BEHIND_WORKS = ("R5", "R7", "R9")
"""Measures behind the fixed reports of defects, of what is overdue, and of responsible units."""


def find(measure_id: str) -> Measure:
    """Find a measure; NotFoundError."""
    if measure_id not in MEASURES:
        raise NotFoundError(N_("There is no such key figure."))
    return MEASURES[measure_id]


def of_works(one: Measure) -> bool:
    """Tell whether a measure is about defects, responsible units or what is overdue: heads of engineering read it."""
    return one.group in WORKS or one.id.rstrip("bcdefgh") in BEHIND_WORKS
