"""The inspection of one house (验房, P2u): what is looked at, answered and found, row by row, also from a phone.

A device keeps what was recorded and sends it when it can. Every row has an id of the device's own: sent twice, it is
written once. A row that somebody else has changed since the device read it (`revision`) is a conflict that names him;
nothing is overwritten and nothing dropped (AC15).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import instances, tasks
from engine.core.calendar import CHINA
from engine.errors import N_, ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from processes.services import orders
from processes.services.decisions import decide
from processes.services.inspection_sheet import Checklist, Found, Line, Room, checklist_of, lines_of, rooms_of, task_of
from processes.services.rights import scopes_of
from storage import inspections as rows
from storage import orders as order_rows
from storage import people as staff
from storage.tables.defects import Defect
from storage.tables.estate import Unit
from storage.tables.inspections import InspectionResult, InspectionUnit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry

__all__ = [
    "Checklist",
    "Found",
    "Kept",
    "Line",
    "Room",
    "checklist_of",
    "finish",
    "lines_of",
    "may",
    "record_defect",
    "record_result",
    "rooms_of",
    "task_of",
    "visible",
]
KIND = "inspection"
ANSWERS = ("合格", "不合格", "不适用")
SEVERITIES = ("A", "B", "C")
OPEN_TO_RECORD = ("待验", "验房中")
OPEN_TO_ADD = ("待验", "验房中", "待复验")
INSPECTORS = ("inspector", "cs_sup", "cs_mgr", "eng_lead", "engineer")
WATCHERS = (*INSPECTORS, "prop_check", "prop_cs", "ho_lead", "leader", "gm", "process_owner", "admin")
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a row that was sent: its revision now, and whether it is new."""

    id: str
    revision: int
    new: bool


# Who may


def may(viewer: Viewer, row: InspectionUnit, roles: tuple[str, ...]) -> bool:
    """Tell whether a person holds one of the roles where the house is, or inspects it."""
    scopes = scopes_of(viewer, roles)
    return scopes is None or row.project in scopes or row.inspector in viewer.logins


def visible(session: Session, viewer: Viewer, number: str) -> InspectionUnit:
    """Read the inspection of a house for somebody who may see it; NotFoundError for others."""
    row = rows.house(session, number)
    if row is None or not may(viewer, row, WATCHERS):
        raise NotFoundError(N_("There is no inspection {number}."), number=number)
    return row


def _held(session: Session, viewer: Viewer, number: str, states: Sequence[str]) -> InspectionUnit:
    """Lock the row of a house in which a person may record now."""
    row = rows.house(session, number, lock=True)
    if row is None or not may(viewer, row, WATCHERS):
        raise NotFoundError(N_("There is no inspection {number}."), number=number)
    if not may(viewer, row, INSPECTORS):
        raise NotAllowedError(N_("You may not record what an inspection finds."))
    if row.state not in states:
        raise ConflictError(N_("The inspection of {house} is over: {state}."), house=row.house, state=row.state)
    return row


# What is recorded


def record_result(
    session: Session,
    viewer: Viewer,
    number: str,
    *,
    id: UUID,  # noqa: A002  the device's name for the row
    room: str,
    item: str,
    result: str,
    value: str = "",
    note: str = "",
    revision: int = 0,
    now: datetime,
) -> Kept:
    """Write the answer to one line; the same again changes nothing. `revision`: the one the sender has read, 0: none.

    Raises:
        ConflictError: somebody has changed the line since; it names him. InvalidInputError: no such answer.
        NotFoundError, NotAllowedError: not for this viewer.
    """
    row = _held(session, viewer, number, OPEN_TO_RECORD)
    if result not in ANSWERS:
        raise InvalidInputError(N_("There is no answer {result}."), result=result)
    content = {"result": result, "value": value[:60], "note": note[:LONGEST]}
    return keep_result(session, viewer, row, id, (room, item), content, revision=revision, now=now)


def keep_result(
    session: Session,
    viewer: Viewer,
    row: InspectionUnit,
    key: UUID,
    line: tuple[str, str],
    content: Mapping[str, str],
    *,
    revision: int,
    now: datetime,
) -> Kept:
    """Write the answer to a line (room and item) for somebody whose right to it was checked."""
    begun(session, row, now=now)
    room, item = line
    known = rows.result_at(session, row.number, room, item)
    if known is None:
        session.add(
            InspectionResult(
                id=key, inspection_number=row.number, room=room, item=item, at=now, actor=viewer.login, **content
            )
        )
        session.flush()
        return Kept(str(key), 1, new=True)
    if all(getattr(known, name) == one for name, one in content.items()):
        return Kept(str(known.id), known.revision, new=False)
    if revision < known.revision:
        raise ConflictError(
            N_("{user} has answered “{line}” otherwise since: {result}."),
            user=_name(session, known.actor), line=f"{room} {item}", result=known.result,
        )  # fmt: skip
    for name, one in content.items():
        setattr(known, name, one)
    known.at, known.actor, known.revision = now, viewer.login, known.revision + 1
    session.flush()
    return Kept(str(known.id), known.revision, new=False)


def record_defect(
    session: Session,
    viewer: Viewer,
    number: str,
    *,
    id: UUID,  # noqa: A002  the device's name for the row
    room: str,
    part: str,
    problem: str,
    text: str = "",
    severity: str = "",
    plan_x: float | None = None,
    plan_y: float | None = None,
    photos: Sequence[Any] = (),
    revision: int = 0,
    removed: bool = False,
    now: datetime,
) -> Kept:
    """Write a defect of a house; the same again changes nothing. Trade and unit follow from the kind of problem.

    `severity` "" takes the usual one of the problem. `removed` strikes out one that was recorded by mistake.

    Raises:
        ConflictError: somebody has changed it since `revision`; it names him. InvalidInputError: it makes no sense.
        NotFoundError, NotAllowedError: not for this viewer.
    """
    row = _held(session, viewer, number, OPEN_TO_ADD)
    content = {
        "room": room[:60], "part": part[:60], "problem": problem[:60], "text": text[:LONGEST], "plan_x": plan_x,
        "plan_y": plan_y, "photos": list(photos), "severity": severity or _usual(session, problem),
    }  # fmt: skip
    if content["severity"] not in SEVERITIES:
        raise InvalidInputError(N_("The severity is A, B or C."))
    known = session.get(Defect, id)
    if known is None:
        return new_defect(session, viewer, row, id, content, now=now)
    if known.found_in != number:
        raise ConflictError(N_("This defect belongs to another inspection: {number}."), number=known.found_in)
    return _changed_defect(session, viewer, known, content, revision=revision, removed=removed, now=now)


def new_defect(
    session: Session, viewer: Viewer, row: InspectionUnit, key: UUID, content: Mapping[str, Any], *, now: datetime
) -> Kept:
    """Write a new defect of a house for somebody whose right to it was checked; `content` are columns."""
    begun(session, row, now=now)
    if not content["room"] or not content["problem"]:
        raise InvalidInputError(N_("A defect needs its room and its kind of problem."))
    defect = Defect(
        id=key, project=row.project, unit_id=row.unit_id, house=row.house, found_in=row.number, found_at=now,
        found_by=viewer.login, state="待派", stage=_stage(session, row), trade=trade_of(session, content["problem"]),
        **content,
    )  # fmt: skip
    assign(session, defect, now=now)
    session.add(defect)
    session.flush()
    orders.note(session, defect, "发现", defect.text, actor=viewer.login, now=now)
    return Kept(str(key), 1, new=True)


def _changed_defect(
    session: Session,
    viewer: Viewer,
    known: Defect,
    content: Mapping[str, Any],
    *,
    revision: int,
    removed: bool,
    now: datetime,
) -> Kept:
    gone = known.state == rows.VOID
    same = all(getattr(known, name) == one for name, one in content.items())
    if removed == gone and (gone or same):
        return Kept(str(known.id), known.revision, new=False)
    if revision < known.revision or known.state != "待派":
        last = rows.last_event(session, known.id)
        who = last.actor if last is not None else known.found_by
        raise ConflictError(
            N_("{user} has changed this defect since: {state}."), user=_name(session, who), state=known.state
        )
    if removed:
        strike_out(session, known, "误记", actor=viewer.login, now=now)
        return Kept(str(known.id), known.revision, new=False)
    other_trade = content["problem"] != known.problem
    for name, one in content.items():
        setattr(known, name, one)
    if other_trade:
        known.trade = trade_of(session, known.problem)
        assign(session, known, now=now)
    known.revision += 1
    orders.note(session, known, "修改", known.text, actor=viewer.login, now=now)
    session.flush()
    return Kept(str(known.id), known.revision, new=False)


def strike_out(session: Session, defect: Defect, why: str, *, actor: str, now: datetime) -> None:
    """Take a defect out of count, with the reason; nothing is deleted."""
    orders.set_defect(session, defect, rows.VOID, actor=actor, now=now, said=why)
    defect.open, defect.closed_at = False, now


def begun(session: Session, row: InspectionUnit, *, now: datetime) -> None:
    """Note that the visit has begun."""
    if row.state == "待验":
        row.state, row.started_at = "验房中", now
        show_head(session, row)


def finish(
    session: Session,
    viewer: Viewer,
    number: str,
    *,
    signature: str,
    arrived_at: datetime | None = None,
    witness: str = "",
    remark: str = "",
    now: datetime,
    registry: Registry,
) -> str:
    """End the visit (complete U01) with what was recorded; lines without an answer stay unlooked at (未查).

    `signature`: an attachment of the task, its field `inspector_signature`. Gives the state of the house after it; a
    visit that is over already stays as it is, so that sending twice ends it once.

    Raises:
        InvalidFormError, ConflictError, NotAllowedError, NotFoundError: as `tasks.complete`.
    """
    row = visible(session, viewer, number)
    task = task_of(session, row)
    if task is None:
        return row.state
    arrived = arrived_at or row.started_at or now
    data = {
        "arrived_at": arrived.astimezone(CHINA).isoformat(),
        "lines": [],
        "rest_ok": False,
        "defects": [],
        "inspector_signature": signature,
        "witness": witness[:120],
        "remark": remark[:1000],
    }
    tasks.complete(session, viewer, task.id, data=data, now=now, registry=registry)
    return row.state


# What follows from it


def trade_of(session: Session, problem: str) -> str:
    """Name the trade of a kind of problem, given by code (防水/渗漏) or name."""
    found = next((one for one in rows.problems(session) if problem in (one.code, one.name)), None)
    return found.trade if found else problem.partition("/")[0] if "/" in problem else ""


def _usual(session: Session, problem: str) -> str:
    found = next((one for one in rows.problems(session) if problem in (one.code, one.name)), None)
    return found.severity if found else "B"


def _stage(session: Session, row: InspectionUnit) -> str:
    batch = rows.batch(session, row.batch_number)
    return batch.stage if batch else ""


def assign(session: Session, defect: Defect, *, now: datetime) -> None:
    """Propose who answers for a defect and who mends it, by the contracts and DMN-04."""
    unit = session.get(Unit, defect.unit_id) if defect.unit_id else None
    contract = rows.contract_unit(session, unit, defect.trade) if unit else None
    asked = {
        "urgency": "一般", "substitute": False, "cause": defect.cause or None, "supplied": False, "trades": 1,
        "stage": "交付前内部验房", "in_warranty": None, "contract_unit": contract.code if contract else None,
    }  # fmt: skip
    row = decide(session, "responsible_unit", asked, now=now)
    said = row if isinstance(row, dict) else {}
    for column, name in (("responsible_id", "responsible"), ("repair_id", "repair")):
        found = order_rows.contractor(session, str(said.get(name) or ""))
        setattr(defect, column, found.id if found else contract.id if contract else None)


def _name(session: Session, login: str) -> str:
    return staff.names(session, [login]).get(login, login)


def show_head(session: Session, row: InspectionUnit) -> None:
    """Refresh what inbox rows show of a house."""
    if row.instance_id is None:
        return
    batch = rows.batch(session, row.batch_number)
    shown = [batch.round if batch else "", row.state, _name(session, row.inspector) if row.inspector else ""]
    fields = {"number": row.number, "house": row.house, "batch": row.batch_number, "state": row.state}
    instances.update_head(
        session, row.instance_id, summary=" · ".join(piece for piece in shown if piece), fields=fields
    )
