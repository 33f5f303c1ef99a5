"""The goals as they are stored: which of them are in force for a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import report_lookups

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from processes.services.reports.question import Question


def stored(session: Session, question: Question) -> Mapping[str, float]:
    """Give the goals by measure as they were entered (a rate in percent), on the last day of the period.

    The goal of the project that is asked about wins over the general one.
    """
    project = question.filters.get("project", "")
    found: dict[str, tuple[bool, float]] = {}
    for row in report_lookups.goals(session, question.period.last):
        special = bool(row.project)
        if (special and row.project != project) or (found.get(row.measure, (False, 0.0))[0] and not special):
            continue
        found[row.measure] = (special, row.goal)
    return {key: goal for key, (_, goal) in found.items()}
