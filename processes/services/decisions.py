"""Ask the decision tables that are in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import definitions
from engine.core import feel
from processes.services.workdays import calendar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


def decide(session: Session, decision: str, variables: Mapping[str, Any], *, now: datetime) -> Any:
    """Evaluate the latest version of a decision and answer JSON values; ProcessError when it is not deployed."""
    days = calendar(session)
    return feel.to_json(definitions.decide(session, ref=decision, variables=variables, calendar=days, now=now).value)
