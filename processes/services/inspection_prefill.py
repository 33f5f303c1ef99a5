"""What the forms of inspection show before anyone has typed: it comes from the tables, not from the process."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from processes.services import inspection_rechecks
from storage import inspections as rows
from storage import orders as order_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


DUE = {"A": 3, "B": 7, "C": 14}
"""Days to mend a defect by severity, as proposed to who confirms it [P]."""


def prefill(
    session: Session, form: str, variables: Mapping[str, Any], data: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Fill in what is known for a form (I01, I03, I05, U02, U03); what is in `data` otherwise stays."""
    source = SOURCES.get(form)
    return {**data, **(source(session, variables, now) if source else {})}


def _plan(session: Session, variables: Mapping[str, Any], _now: datetime) -> dict[str, Any]:
    batch = rows.batch(session, str(variables.get("batch_number") or ""))
    if batch is None:
        return {}
    lists = rows.checklists(session, kind=str(variables.get("finish") or ""))
    found: dict[str, Any] = {"starts_on": batch.starts_on.isoformat(), "ends_on": batch.ends_on.isoformat()}
    if lists:
        found["checklist"] = f"{lists[0].code}@{lists[0].version}"
    return found


def _progress(session: Session, variables: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    number = str(variables.get("batch_number") or "")
    states = rows.states(session, number)
    tally = next(iter(rows.tallies(session, number, "", now)), rows.Tally())
    done = sum(states.get(one, 0) for one in ("已通过", "带缺陷通过"))
    late = rows.late_houses(session, number, now.astimezone(CHINA).date())
    houses = f"共 {sum(states.values())} 户，完成 {done} 户，逾期未验 {late} 户"
    defects = f"缺陷 {tally.total} 项，未销项 {tally.open} 项（A 类 {tally.open_a} 项），逾期 {tally.late} 项"
    return {"progress": f"{houses}；{defects}。"}


def _confirm(session: Session, variables: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    found = rows.defects(session, str(variables.get("unit_number") or ""), open_only=True)
    units = {key: one.code for key, one in order_rows.contractors(session, [0, *_units(found)]).items()}
    items = [
        {
            "defect": str(one.id),
            "decision": "确认",
            "responsible": units.get(one.responsible_id or 0),
            "repair": units.get(one.repair_id or 0),
            "due": (now.astimezone(CHINA).date() + timedelta(days=DUE.get(one.severity, 7))).isoformat(),
        }
        for one in found
    ]
    return {"items": items} if items else {}


def _units(found: Any) -> list[int]:
    return [key for one in found for key in (one.responsible_id, one.repair_id) if key]


def _recheck(session: Session, variables: Mapping[str, Any], _now: datetime) -> dict[str, Any]:
    found = inspection_rechecks.rows_of_form(session, str(variables.get("unit_number") or ""))
    return {"rechecks": found} if found else {}


SOURCES: dict[str, Callable[[Session, Mapping[str, Any], datetime], dict[str, Any]]] = {
    "I01": _plan,
    "I05": _progress,
    "U02": _confirm,
    "U03": _recheck,
}
