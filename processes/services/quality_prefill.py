"""What the forms of reviews and surveys show before anyone has typed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from storage import reviews, surveys

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

LASTS = timedelta(days=14)
HOUSEHOLDS = 30


def prefill(
    session: Session, form: str, variables: Mapping[str, Any], data: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Fill in what is known for V2, V3 and S1; what is in `data` otherwise stays."""
    today = now.astimezone(CHINA).date()
    if form == "V3":
        return {**data, "met_on": data.get("met_on") or today.isoformat()}
    if form == "V2":
        row = reviews.get(session, str(variables.get("review_number") or ""))
        known = {"cases": row.cases, "analysis": row.notes.get("analysis", "")} if row is not None and row.cases else {}
        return {**data, **known}
    if form == "S1":
        plan = surveys.get(session, str(variables.get("survey_number") or ""))
        return {**data, **(_plan(plan) if plan is not None else {})}
    return dict(data)


def _plan(plan: Any) -> dict[str, Any]:
    if not plan.planned:
        ends = plan.starts_on + LASTS
        return {
            "survey_title": plan.title,
            "starts_on": plan.starts_on.isoformat(),
            "ends_on": ends.isoformat(),
            "count": HOUSEHOLDS,
            "customers": "所有客户",
        }
    return {
        "kind": plan.kind,
        "survey_title": plan.title,
        "survey_project": plan.project,
        "customers": plan.customers,
        "mode": plan.mode,
        "starts_on": plan.starts_on.isoformat(),
        "ends_on": plan.ends_on.isoformat(),
        "count": plan.planned,
        "purpose": plan.notes.get("purpose", ""),
    }
