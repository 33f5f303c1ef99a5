"""What a person needs to know to do one task of a case: his assignment of the plan, and whom he is to call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from processes.services import clocks
from processes.services.listeners_repair import AT_WORK
from processes.services.recording import moment
from storage import cases, orders, parties
from storage import people as staff
from storage.tables.cases import CaseTask

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storage.tables.cases import ServiceCase
    from storage.tables.defects import RectificationOrder

CALLS = {"T08": "acceptor", "T28": "accountable", "T29": "accountable"}
"""Tasks that are a call to a member of staff, and who that is (D03, D04, D18, D19)."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """The task of the plan that a handler has (T12, D13)."""

    kind: str
    department: str
    content: str
    due_at: datetime | None
    handler_name: str


@dataclass(frozen=True, slots=True)
class Callee:
    """A member of staff to call; `why`: acceptor, accountable or backup. `phone` "" when the account has none."""

    why: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Worksheet:
    """`clock` and `clock_due`: the limit that a reminder is about; `defects`: the ids that need a line each.

    `others`: the orders of the same house that wait for the same call, as (number, what it is about).
    """

    assignment: Assignment | None = None
    callees: tuple[Callee, ...] = ()
    clock: str = ""
    clock_due: datetime | None = None
    defects: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()


TELL = "R11"
LISTS = {
    "R06": ("results", AT_WORK),
    "R14": ("results", AT_WORK),
    "R06f": ("feedback", ()),
    "R10": ("checks", ("待复核",)),
    "R12": ("owner_checks", ()),
}
"""Tasks that ask about each defect of an order: the list, and the states of the defects it is about (() for any)."""


def worksheet(session: Session, number: str, element_id: str, variables: Mapping[str, Any]) -> Worksheet:
    """Gather it for somebody who has the task (the caller checked that). `variables` are those the task sees."""
    case = cases.get(session, number) if number else None
    order = orders.get(session, number) if number and case is None else None
    if order is not None:
        return _of_order(session, order, element_id, variables)
    if case is None:
        return Worksheet()
    clock = str(variables.get("clock") or "") if CALLS.get(element_id) == "accountable" else ""
    return Worksheet(
        assignment=_assignment(session, case, variables.get("task")),
        callees=_callees(session, case, CALLS.get(element_id, ""), variables),
        clock=clocks.NAMES.get(clock, clock),
        clock_due=moment(variables.get("due_at")) if clock else None,
    )


def _of_order(session: Session, order: RectificationOrder, element_id: str, variables: Mapping[str, Any]) -> Worksheet:
    """An order's worksheet: its defects, and for a reminder whom to call: who answers, else the unit's own number."""
    calls = CALLS.get(element_id) == "accountable"
    clock = str(variables.get("clock") or "") if calls else ""
    login = str(variables.get("accountable") or "")
    person = staff.user(session, login) if calls and login else None
    unit = orders.contractors(session, [order.repair_id, 0]).get(order.repair_id or 0)
    callees: tuple[Callee, ...] = ()
    if person is not None:
        callees = (Callee("accountable", person.name, person.phone),)
    elif calls and unit is not None:
        callees = (Callee("accountable", unit.contact or unit.name, unit.phone),)
    return Worksheet(
        callees=callees,
        clock=clocks.NAMES.get(clock, clock),
        clock_due=moment(variables.get("due_at")) if clock else None,
        defects=defects_of_task(session, order.number, element_id),
        others=_others(session, order) if element_id == TELL else (),
    )


def _others(session: Session, order: RectificationOrder) -> tuple[tuple[str, str], ...]:
    return tuple((other.number, other.brief) for _, other in orders.of_house_at(session, order, TELL))


def defects_of_task(session: Session, number: str, element_id: str) -> tuple[str, ...]:
    """List the open defects of an order that a task asks about."""
    if element_id not in LISTS:
        return ()
    states = LISTS[element_id][1]
    rows = orders.defects_of(session, number)
    return tuple(str(row.id) for row in rows if row.open and (not states or row.state in states))


def _assignment(session: Session, case: ServiceCase, item: Any) -> Assignment | None:
    key = item.get("id") if isinstance(item, dict) else None
    row = session.get(CaseTask, int(key)) if key is not None else None
    if row is None or row.case_number != case.number:
        return None
    department = parties.department(session, row.department)
    names = staff.names(session, [row.handler])
    return Assignment(
        kind=row.kind,
        department=department.name if department else row.department,
        content=row.content,
        due_at=row.due_at,
        handler_name=names.get(row.handler, row.handler),
    )


def _callees(session: Session, case: ServiceCase, why: str, variables: Mapping[str, Any]) -> tuple[Callee, ...]:
    """The person to call first, then who takes over when he cannot be reached."""
    if not why:
        return ()
    first = case.acceptor if why == "acceptor" else str(variables.get("accountable") or "")
    wanted = [(why, first)]
    if why == "acceptor":
        wanted += [("backup", login) for login in parties.backup_for(session, case.project, "cs_sup")[:2]]
    found = []
    seen: set[str] = set()
    for one, login in wanted:
        person = staff.user(session, login) if login and login not in seen else None
        seen.add(login)
        if person is not None:
            found.append((one, person))
    return tuple(Callee(one, person.name, person.phone) for one, person in found)


def prefill(sheet: Worksheet, element_id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Put in what the tables know: the number to call (T08), the defects in their list, one call for a house (R11)."""
    if element_id == TELL:
        return {**data, "told_all": bool(sheet.others)}
    if element_id in LISTS:
        name = LISTS[element_id][0]
        blank: dict[str, Any] = next(iter(data.get(name) or []), {})
        return {**data, name: [{**blank, "defect": one} for one in sheet.defects]}
    rows = data.get("attempts")
    if element_id != "T08" or not sheet.callees or not isinstance(rows, list) or not rows:
        return dict(data)
    first = {**rows[0], "number": rows[0].get("number") or sheet.callees[0].phone}
    return {**data, "attempts": [first, *rows[1:]]}
