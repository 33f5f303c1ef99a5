"""Who is told what about a handover, by DMN-08: who holds the task, else those who hand over, and their head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import N_
from processes.services import subjects
from processes.services.decisions import decide
from processes.services.notices import STAFF_CHANNELS, send
from storage import people as staff

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from processes.services.subjects import Handover

TEMPLATES = {
    "即将到期": N_("{clock} of handover {number} ({house}) is due at {due}."),
    "逾期": N_("{clock} of handover {number} ({house}) is overdue since {due}."),
}
OTHER = N_("Handover {number}: {event}")
OUTSIDE = ("customer", "agent")
"""Owners are called, and seats have nothing to do with a handover."""
ROLES = {
    "responsible": "ho_desk",
    "handler": "ho_desk",
    "acceptor": "ho_lead",
    "head": "ho_lead",
}


def tell(
    session: Session,
    row: Handover,
    event: str,
    *,
    now: datetime,
    registry: Registry,
    known: Mapping[str, Any],
) -> None:
    """Ask DMN-08 who is to be told about an event of a handover, and tell them: staff only, owners are called."""
    asked = {
        "event": event,
        "urgency": "一般",
        "overdue_days": known.get("overdue_days"),
        "level": None,
        "structural": None,
    }
    answer = decide(session, "notify", asked, now=now)
    told: dict[str, set[str]] = {}
    for line in answer if isinstance(answer, list) else []:
        channels = {STAFF_CHANNELS.get(str(channel), "page") for channel in line.get("channels") or []}
        for login in _people(session, row, str(line["recipient"]), str(known.get("accountable") or ""), now):
            told.setdefault(login, set()).update(channels)
    fields = {
        "number": row.number,
        "house": subjects.place_of(row),
        "event": event,
        "clock": known.get("clock_name") or "",
        "due": known.get("due_text") or "",
    }
    send(session, told, TEMPLATES.get(event, OTHER), fields, link=subjects.link_of(row), now=now, registry=registry)


def _people(session: Session, row: Handover, who: str, accountable: str, now: datetime) -> Sequence[str]:
    if who in OUTSIDE:
        return ()
    if accountable and who in ("responsible", "handler"):
        return [accountable]
    return staff.holders(session, ROLES.get(who, who), row.project, now)
