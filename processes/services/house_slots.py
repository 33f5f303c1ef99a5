"""The appointment to take a house over: made or moved by the owner behind his link, or by the desk.

Places are counted in the table of slots: of two who want the last one, one gets it. Until the day before the
appointment it may be moved; then the owner has been reminded, and calls the desk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import messages, tasks
from engine.access import SYSTEM
from engine.core.calendar import CHINA
from engine.errors import N_, ConflictError, InvalidFormError, InvalidInputError
from processes.services import handover_units as units
from processes.services import owner_texts, task_clocks
from storage import handovers as rows
from storage import instances as instance_rows
from storage.tables.cases import CaseEvent, ContactLog

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from storage.tables.handovers import HandoverUnit, Slot
    from storage.tables.work import UserTask

MOVED = "SLOT_MOVED"
ASK = ("K01", "K01b")
"""The tasks that ask for an appointment (预约确认, 零散预约)."""


def free(session: Session, row: HandoverUnit, now: datetime) -> tuple[Slot, ...]:
    """List the slots to come that have places left, but for the one the house has."""
    return tuple(
        slot
        for slot in rows.slots(session, row.batch_number)
        if slot.starts_at > now and slot.taken < slot.capacity and slot.id != row.slot_id
    )


def may_move(session: Session, row: HandoverUnit, now: datetime) -> bool:
    """Tell whether an appointment of a house can be made or moved now."""
    return row.open and (_asking(session, row) is not None or _booked(session, row, now))


def _asking(session: Session, row: HandoverUnit) -> UserTask | None:
    found = rows.open_tasks(session, [row.instance_id]) if row.instance_id else ()
    return next((task for task in found if task.element_id in ASK), None)


def _booked(session: Session, row: HandoverUnit, now: datetime) -> bool:
    slot = rows.slots_by_id(session, [row.slot_id]).get(row.slot_id) if row.slot_id else None
    waits = bool(instance_rows.subscriptions(session, "message", MOVED, row.number))
    return slot is not None and slot.starts_at > now and waits


def choose(
    session: Session, row: HandoverUnit, slot_id: int, *, actor: str, how: str, now: datetime, registry: Registry
) -> None:
    """Make or move the appointment of a house. The same slot twice changes nothing.

    Raises:
        InvalidInputError: no such slot, it is over, or has just been filled. ConflictError: it can no longer be moved.
    """
    units.hold(session, row)
    if row.slot_id == slot_id:
        return
    try:
        asking = _asking(session, row)
        if asking is not None:
            data = {"appoint_result": "已预约", "slot": str(slot_id), "visitors": 2, "by_proxy": row.by_proxy or False}
            tasks.complete(session, SYSTEM, asking.id, data=data, now=now, registry=registry)
        elif _booked(session, row, now):
            _move(session, row, slot_id, now=now, registry=registry)
        else:
            raise ConflictError(N_("This appointment can no longer be changed here. Please call us."))
    except InvalidFormError as problem:
        first = problem.errors[0]
        raise InvalidInputError(first.template, **first.fields) from problem
    slot = rows.slots_by_id(session, [slot_id])[slot_id]
    at = f"{slot.starts_at.astimezone(CHINA):%m-%d %H:%M}"
    session.add(CaseEvent(case_number=row.number, at=now, actor=actor, kind=how, text=at, detail={}))
    session.add(
        ContactLog(case_number=row.number, at=now, actor=actor, with_whom="业主", kind="预约收楼", channel=how,
                   reached=True, text=at)
    )  # fmt: skip


def _move(session: Session, row: HandoverUnit, slot_id: int, *, now: datetime, registry: Registry) -> None:
    slot = units.book(session, row, slot_id, now=now)
    units.set_state(session, row, "已预约")
    owner_texts.appointed(session, row, slot, now=now, registry=registry)
    known = {
        "slot_from": units.iso(slot.starts_at),
        "slot_to": units.iso(slot.ends_at),
        "no_show_at": units.iso(task_clocks.due(session, "no_show", start=slot.ends_at, now=now)),
    }
    messages.correlate(
        session, name=MOVED, business_key=row.number, variables=known, viewer=SYSTEM, now=now, registry=registry
    )
