"""Handovers as pages show them: batches, the desk of a day, a house with its procedure sheet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine import messages
from engine.access import SYSTEM, Action, allowed
from engine.core.calendar import CHINA
from engine.errors import N_, InvalidInputError, NotAllowedError, NotFoundError
from processes.services import keys, rights
from processes.services.handover_batches import STATIONS
from processes.services.handover_units import owner_of
from storage import cases
from storage import handovers as rows
from storage import orders as order_rows
from storage import people as staff
from storage.handovers import Figures
from storage.privacy import mask_name
from storage.tables.cases import CaseEvent
from storage.tables.handovers import Slot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from storage.tables.defects import Defect, RectificationOrder
    from storage.tables.handovers import FeeItem, HandoverBatch, HandoverUnit, MeterReading, Notice, Refusal

SIGN_IN = "签到"
LONGEST = 500


@dataclass(frozen=True, slots=True)
class TaskLink:
    """An open task of a house; `mine` when the person may do it."""

    id: UUID
    name: str
    process: str
    mine: bool


@dataclass(frozen=True, slots=True)
class HouseItem:
    """A house in the queue or in a list."""

    number: str
    house: str
    owner: str
    state: str
    decision: str
    queue_no: int | None
    slot_at: datetime | None
    by_proxy: bool
    refusals: int
    no_shows: int
    tasks: tuple[TaskLink, ...]


@dataclass(frozen=True, slots=True)
class BatchItem:
    """A batch with its figures."""

    row: HandoverBatch
    figures: Figures


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk of a batch: all figures and today's, the queue of today, what a search found, the day reports."""

    row: HandoverBatch
    figures: Figures
    today: Figures
    queue: tuple[HouseItem, ...]
    found: tuple[HouseItem, ...] | None
    reports: tuple[tuple[str, Mapping[str, Any]], ...]
    tasks: tuple[TaskLink, ...]
    leads: bool


@dataclass(frozen=True, slots=True)
class Station:
    """A row of the procedure sheet (入住程序表)."""

    name: str
    at: datetime | None
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class HousePage:
    """Everything about the handover of a house."""

    item: HouseItem
    row: HandoverUnit
    batch: HandoverBatch
    stations: tuple[Station, ...]
    meters: Sequence[MeterReading]
    fees: Sequence[FeeItem]
    keys: Sequence[keys.KeyItem]
    defects: Sequence[Defect]
    orders: Sequence[RectificationOrder]
    notices: Sequence[Notice]
    refusals: Sequence[Refusal]
    events: tuple[tuple[CaseEvent, str], ...]
    leads: bool


def index(session: Session, viewer: Viewer) -> list[BatchItem]:
    """List the batches of the projects a person sees; NotFoundError when handovers are none of his business."""
    scopes = rights.scopes_of(viewer, rights.HANDOVER)
    if scopes is not None and not scopes:
        raise NotFoundError(N_("There is no such page."))
    found = rows.batches(session, scopes)
    counted = rows.figures(session, [one.number for one in found])
    return [BatchItem(one, counted.get(one.number, Figures())) for one in found]


def desk(session: Session, viewer: Viewer, number: str, *, now: datetime, text: str = "") -> Desk:
    """Show a batch at the desk. `text` finds houses by room, code or the number a QR code holds.

    Raises:
        NotFoundError: no such batch, or of a project that he does not see.
    """
    row = _batch(session, viewer, number)
    local = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    queue = rows.queue(session, number, (local, local + timedelta(days=1)))
    found = rows.search(session, number, text) if text else None
    every = rows.figures(session, [number]).get(number, Figures())
    today = rows.figures(session, [number], since=local).get(number, Figures())
    reports = sorted(dict(row.plan.get("days") or {}).items(), reverse=True)
    tasks = _tasks(session, viewer, [row.instance_id] if row.instance_id else [])
    return Desk(
        row, every, today, _items(session, viewer, queue),
        None if found is None else _items(session, viewer, found), tuple(reports),
        tuple(tasks.get(row.instance_id, ())) if row.instance_id else (),
        rights.leads_handover(viewer, row.project),
    )  # fmt: skip


def house(session: Session, viewer: Viewer, number: str, *, now: datetime) -> HousePage:
    """Show the handover of a house. Raises NotFoundError when he does not see it."""
    row = _house(session, viewer, number)
    batch = _batch(session, viewer, row.batch_number)
    checks = rows.checks(session, number)
    events = cases.events(session, number)
    people = staff.names(session, {one.actor for one in checks.values()} | {one.actor for one in events})
    stations = [SIGN_IN, *(str(one) for one in batch.stations or STATIONS)]
    sheet = [
        Station(name, check.at, people.get(check.actor, check.actor), check.note)
        if (check := checks.get(name))
        else Station(name, None, "", "")
        for name in stations
    ]
    return HousePage(
        item=_items(session, viewer, [row])[0],
        row=row,
        batch=batch,
        stations=tuple(sheet),
        meters=rows.meters(session, number),
        fees=rows.fees(session, row.unit_id),
        keys=keys.of_house(session, row.unit_id, house=row.house, project=row.project, now=now),
        defects=rows.defects(session, number),
        orders=order_rows.of_starter(session, number),
        notices=rows.notices(session, number),
        refusals=rows.refusals(session, number),
        events=tuple((one, people.get(one.actor, one.actor)) for one in events),
        leads=rights.leads_handover(viewer, row.project),
    )


def give_back(session: Session, viewer: Viewer, number: str, *, reason: str, now: datetime, registry: Registry) -> None:
    """The owner returns his house (退房): the process ends.

    Raises:
        NotAllowedError: only the head of the handover may. InvalidInputError: no reason. NotFoundError: it has ended.
    """
    row = _house(session, viewer, number)
    _lead(viewer, row.project)
    if not reason.strip():
        raise InvalidInputError(N_("Say why."))
    session.add(
        CaseEvent(case_number=number, at=now, actor=viewer.login, kind="退房", text=reason[:LONGEST], detail={})
    )
    messages.correlate(session, name="UNIT_RETURNED", business_key=number, viewer=SYSTEM, now=now, registry=registry)


def cancel(session: Session, viewer: Viewer, number: str, *, now: datetime, registry: Registry) -> None:
    """Call the whole batch off: its houses are taken back. Raises as `give_back`."""
    row = _batch(session, viewer, number)
    _lead(viewer, row.project)
    messages.correlate(session, name="HANDOVER_CANCEL", business_key=number, viewer=SYSTEM, now=now, registry=registry)


def _lead(viewer: Viewer, project: str) -> None:
    if not rights.leads_handover(viewer, project):
        raise NotAllowedError(N_("Only the head of the handover may do this."))


def _batch(session: Session, viewer: Viewer, number: str) -> HandoverBatch:
    row = rows.batch(session, number)
    if row is None or not rights.sees_handover(viewer, row.project):
        raise NotFoundError(N_("There is no batch {number}."), number=number)
    return row


def _house(session: Session, viewer: Viewer, number: str) -> HandoverUnit:
    row = rows.house(session, number)
    if row is None or not rights.sees_handover(viewer, row.project):
        raise NotFoundError(N_("There is no inspection or handover {number}."), number=number)
    return row


def _tasks(session: Session, viewer: Viewer, instances: Sequence[UUID]) -> dict[UUID, list[TaskLink]]:
    found: dict[UUID, list[TaskLink]] = {}
    for task in rows.open_tasks(session, instances):
        mine = allowed(viewer, Action.TASK_VIEW, task)
        link = TaskLink(task.id, task.name, task.process_key, mine)
        found.setdefault(task.instance_id, []).append(link)
    return found


def _items(session: Session, viewer: Viewer, found: Sequence[HandoverUnit]) -> tuple[HouseItem, ...]:
    tasks = _tasks(session, viewer, [one.instance_id for one in found if one.instance_id])
    items = []
    for one in found:
        slot = session.get(Slot, one.slot_id) if one.slot_id else None
        links = tuple(tasks.get(one.instance_id, ())) if one.instance_id else ()
        items.append(
            HouseItem(
                one.number,
                one.house,
                mask_name(owner_of(session, one.unit_id)),
                one.state,
                one.decision,
                one.queue_no,
                slot.starts_at if slot else None,
                one.by_proxy,
                one.refusals,
                one.no_shows,
                links,
            )
        )
    return tuple(items)
