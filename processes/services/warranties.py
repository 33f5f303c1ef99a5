"""Until when a part of a house is under warranty: two clocks, counted to the day (DMN-03, A03, AC23).

The contractor answers to the developer from the day the works passed acceptance (竣工验收合格), the developer to the
owner from delivery, for at least what is left of the contractor's time and at least the minimum of 1998.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from processes.services.decisions import decide
from storage.tables.estate import Part, Phase, Unit
from storage.tables.handovers import UnitWarranty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

MONTHS = 12
SEASON_ENDS = ((3, 15), (9, 30))
"""When a heating and a cooling season end; the later of the two counts (R: local rules differ)."""
SEASON_BEGINS = ((11, 15), (6, 1))
SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Cover:
    """Whether a part is under warranty on a day: None when nobody can say. Days are China's, the last one included."""

    in_warranty: bool | None
    expires_on: date | None
    remaining_days: int | None
    contractor_until: date | None
    trade: str
    law: str
    note: str

    @property
    def ends_soon(self) -> bool:
        """Tell whether it ends within thirty days: repair now."""
        return self.in_warranty is True and self.remaining_days is not None and self.remaining_days <= SOON.days


UNKNOWN = Cover(None, None, None, None, "", "", "")


def rule(session: Session, warranty_class: str, *, cause: str = "", now: datetime) -> dict[str, Any]:
    """Ask DMN-03 for a class of parts."""
    asked = {"warranty_class": warranty_class or None, "cause": cause or None}
    row = decide(session, "warranty", asked, now=now)
    return row if isinstance(row, dict) else {}


def add_months(start: date, months: int) -> date:
    """Give the same day some months later; the last day of the month where it has none such."""
    month = start.month - 1 + months
    year, month = start.year + month // MONTHS, month % MONTHS + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def after_seasons(start: date, seasons: int) -> date:
    """Give the end of the n-th whole heating or cooling season after a day, whichever comes later."""
    found = []
    for begins, ends in zip(SEASON_BEGINS, SEASON_ENDS, strict=True):
        first = date(start.year, *begins)
        year = start.year if start <= first else start.year + 1
        last = year + seasons - 1 + (ends < begins)
        found.append(date(last, *ends))
    return max(found)


def owners_end(
    row: Mapping[str, Any], delivered: date, contractor_end: date | None, promise: int | None
) -> date | None:
    """Give the last day of the owner's warranty: the longest of the minimum, the promise and the contractor's rest."""
    months = [value for value in (row.get("minimum_months"), promise or row.get("promise_months")) if value]
    ends = [add_months(delivered, int(value)) for value in months]
    if row.get("seasons"):
        ends.append(after_seasons(delivered, int(row["seasons"])))
    if contractor_end is not None and contractor_end > delivered:
        ends.append(contractor_end)
    return max(ends, default=None)


def contractors_end(row: Mapping[str, Any], completed: date | None) -> date | None:
    """Give the last day on which the contractor answers to the developer."""
    if completed is None:
        return None
    if row.get("seasons"):
        return after_seasons(completed, int(row["seasons"]))
    return add_months(completed, int(row["statutory_months"])) if row.get("statutory_months") else None


def cover(session: Session, unit: Unit | None, part: str, day: date, *, now: datetime, cause: str = "") -> Cover:
    """Tell whether a part of a house is under warranty on a day of China's calendar, its last day included (AC23).

    The class of the part decides (DMN-03); a promise written at the part itself replaces the table's. Unknown: no such
    part or class, or the house is not delivered.
    """
    found = session.scalar(select(Part).where(Part.code == part)) if part else None
    if found is None or not found.warranty_class:
        return UNKNOWN
    row = rule(session, found.warranty_class, cause=cause, now=now)
    said = {"trade": row.get("trade") or "", "law": row.get("law") or "", "note": row.get("note") or ""}
    if row.get("covered") is False:
        return Cover(False, None, None, None, **said)
    completed = session.scalar(select(Phase.completed_on).where(Phase.id == unit.phase_id)) if unit else None
    contractor = contractors_end(row, completed)
    if unit is None or unit.delivered_on is None or row.get("covered") is None:
        return Cover(None, None, None, contractor, **said)
    ends = owners_end(row, unit.delivered_on, contractor, found.warranty_months)
    if ends is None:
        return Cover(None, None, None, contractor, **said)
    return Cover(day <= ends, ends, (ends - day).days, contractor, **said)


def compute(session: Session, unit: Unit, *, now: datetime) -> Sequence[UnitWarranty]:
    """Write the warranty of every class of parts of a delivered house; computed anew it replaces what was written.

    A house that is not delivered has none: what was written goes.
    """
    kept = {row.warranty_class: row for row in session.scalars(select(UnitWarranty).filter_by(unit_id=unit.id))}
    rows: list[UnitWarranty] = []
    if unit.delivered_on is not None:
        completed = session.scalar(select(Phase.completed_on).where(Phase.id == unit.phase_id))
        for warranty_class, promise in _classes(session).items():
            row = rule(session, warranty_class, now=now)
            contractor = contractors_end(row, completed)
            one = kept.pop(warranty_class, None) or UnitWarranty(unit_id=unit.id, warranty_class=warranty_class)
            one.starts_on, one.contractor_ends_on = unit.delivered_on, contractor
            one.ends_on = owners_end(row, unit.delivered_on, contractor, promise)
            one.rule, one.computed_at = str(row.get("law") or ""), now
            rows.append(one)
    for gone in kept.values():
        session.delete(gone)
    session.add_all(rows)
    session.flush()
    return rows


def _classes(session: Session) -> dict[str, int | None]:
    """List the classes of active parts with the shortest promise that is written at a part of the class."""
    found: dict[str, int | None] = {}
    query = select(Part.warranty_class, Part.warranty_months).where(Part.active, Part.warranty_class != "")
    for warranty_class, months in session.execute(query.order_by(Part.sort, Part.code)):
        known = found.get(warranty_class)
        found[warranty_class] = min(months, known) if months and known else months or known
    return found
