"""What the penalty table (DMN-11) proposes for the violations found. Inactive unless the company says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processes.services.decisions import decide

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import ListenerContext

POSITIONS = ("sales_mgr", "sales_sup", "sales_con", "cs_mgr", "cs_sup", "agent", "prop_cs", "repair_tech", "handler")
"""Role codes as the table's column 岗位 names them, highest first: who holds several is judged by the highest (C33)."""


def active(session: Session, *, now: datetime) -> bool:
    """Tell whether the company has switched penalties on; they are off as shipped (AC21)."""
    return decide(session, "penalty_switch", {}, now=now) is True


def position_of(person: Viewer) -> str:
    """Name the position of the person complained about; "" when the table knows none of his roles."""
    return next((role for role in POSITIONS if role in person.roles), "")


def proposals(ctx: ListenerContext) -> list[dict[str, Any]]:
    """Add the table's rows for the ticked violations to those the supervisor wrote himself; the manager sees both."""
    written = [dict(row) for row in ctx.values.get("penalties") or []]
    variables = ctx.variables
    asked = {
        "penalty_active": variables.get("penalty_active") is True,
        "violations": ctx.values.get("violations") or [],
        "position": variables.get("position") or None,
    }
    known = {(row.get("person"), row.get("clause")) for row in written}
    accused = variables.get("accused")
    rows = decide(ctx.session, "staff_penalty", asked, now=ctx.now) if asked["penalty_active"] else []
    fresh = [
        {"person": accused, "clause": row["clause"], "amount": row["amount"], "notice": row["notice"]}
        for row in rows or []
        if (accused, row["clause"]) not in known
    ]
    return written + fresh
