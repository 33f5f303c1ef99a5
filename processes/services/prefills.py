"""What forms show before anyone has typed, beyond what the process knows: each area fills in its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processes.services import group_prefill, handover_prefill, inspection_prefill, quality_prefill

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


def prefill(
    session: Session, form: str, variables: Mapping[str, Any], data: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Fill in what the tables know for a form; what is in `data` otherwise stays."""
    found = inspection_prefill.prefill(session, form, variables, data, now=now)
    found = quality_prefill.prefill(session, form, variables, found, now=now)
    found = group_prefill.prefill(session, form, variables, found, now=now)
    return handover_prefill.prefill(session, form, variables, found)
