"""What the forms of a handover show before anyone has typed: it comes from the registers, not from the process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processes.services import keys
from storage import handovers as rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

MOST_SETS = 12
"""So many sets of keys the form takes."""


def prefill(session: Session, form: str, variables: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in the sets of keys that lie in stock for the house (K06); what is in `data` otherwise stays."""
    if form != "K06":
        return dict(data)
    house = rows.house(session, str(variables.get("unit_number") or ""))
    stock = [
        {"label": one.label, "count": one.count}
        for one in (rows.keys_of(session, house.unit_id) if house is not None else ())
        if one.state == keys.IN_STOCK and one.label != keys.FOR_REPAIRS
    ]
    return {**data, "key_sets": stock[:MOST_SETS]} if stock else dict(data)
