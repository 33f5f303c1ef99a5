"""Handovers as pages show them: batches, the desk of a day, a house with its procedure sheet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine import messages
from engine.access import SYSTEM, Action, allowed
from engine.core.calendar import CHINA
from engine.errors import N_, InvalidInputError, NotAllowedError, NotFoundError
from processes.services import handover_clocks, house_slots, keys, rights
from processes.services.handover_batches import STATIONS, day_span
from storage import cases, parties
from storage import handovers as rows
from storage import orders as order_rows
from storage import people as staff
from storage.handovers import Figures
from storage.privacy import mask_name
from storage.tables.cases import CaseEvent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from storage.tables.defects import Defect, RectificationOrder
    from storage.tables.handovers import FeeItem, HandoverBatch, HandoverUnit, MeterReading, Notice, Refusal, Slot

SIGN_IN = "签到"
LONGEST = 500


@dataclass(frozen=True, slots=True)
class TaskLink:
    """An open task of a house; `mine` when the person may do it and nobody else has it. `minutes` it has waited."""

    id: UUID
    name: str
    process: str
    mine: bool
    element: str = ""
    since: datetime | None = None
    minutes: int = 0


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
    late: tuple[str, ...] = ()


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
    days: tuple[Day, ...]
    tasks: tuple[TaskLink, ...]
    leads: bool
    stations: tuple[Waiting, ...]
    station: str
    late: int
    day: date
    keys_late: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A station of the desk with how many houses wait there; `element` "" stands for all."""

    element: str
    name: str
    houses: int


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the handover: the figures of its lists as they stand now, and what was reported in the evening."""

    on: date
    figures: Figures
    report: Mapping[str, Any]


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
    clocks: tuple[handover_clocks.Clock, ...]
    slots: tuple[Slot, ...]
    may_link: bool


def index(session: Session, viewer: Viewer) -> list[BatchItem]:
    """List the batches of the projects a person sees; NotFoundError when handovers are none of his business."""
    scopes = rights.scopes_of(viewer, rights.HANDOVER)
    if scopes is not None and not scopes:
        raise NotFoundError(N_("There is no such page."))
    found = rows.batches(session, scopes)
    counted = rows.figures(session, [one.number for one in found])
    return [BatchItem(one, counted.get(one.number, Figures())) for one in found]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the desk is asked for.

    `text` finds houses by room, code or the number a QR code holds; `station` leaves those that wait there; `figure`
    of a day (None: of all days) lists the houses it counts.
    """

    text: str = ""
    station: str = ""
    figure: str = ""
    day: date | None = None


LATE = "late"


def desk(session: Session, viewer: Viewer, number: str, *, now: datetime, asked: Asked) -> Desk:
    """Show a batch at the desk.

    Raises:
        NotFoundError: no such batch, or of a project that he does not see.
    """
    row = _batch(session, viewer, number)
    today = now.astimezone(CHINA).date()
    queue = _items(session, viewer, rows.queue(session, number, day_span(today)), now=now)
    found = _found(session, number, asked, now)
    tasks = _tasks(session, viewer, [row.instance_id] if row.instance_id else [], now=now)
    scopes = frozenset([row.project])
    return Desk(
        row=row,
        figures=_figures(session, number),
        today=_figures(session, number, today),
        queue=tuple(one for one in queue if not asked.station or _waits(one, asked.station)),
        found=None if found is None else _items(session, viewer, found, now=now),
        days=_days(session, row, today),
        tasks=tuple(tasks.get(row.instance_id, ())) if row.instance_id else (),
        leads=rights.leads_handover(viewer, row.project),
        stations=_stations(row, queue),
        station=asked.station,
        late=len(rows.slow(session, number, now)),
        day=today,
        keys_late=rows.keys_late(session, scopes, now),
    )


def _figures(session: Session, number: str, on: date | None = None) -> Figures:
    return rows.figures(session, [number], span=day_span(on) if on else None).get(number, Figures())


def _found(session: Session, number: str, asked: Asked, now: datetime) -> Sequence[HandoverUnit] | None:
    if asked.text:
        return rows.search(session, number, asked.text)
    if asked.figure == LATE:
        return rows.slow(session, number, now)
    if asked.figure in rows.counted():
        return rows.listed(session, number, asked.figure, span=day_span(asked.day) if asked.day else None)
    return None


def _days(session: Session, row: HandoverBatch, today: date) -> tuple[Day, ...]:
    """The days up to today, newest first; those that were reported on later too."""
    reports: Mapping[str, Any] = row.plan.get("days") or {}
    last = min(row.ends_on, today)
    known = {row.starts_on + timedelta(days=at) for at in range((last - row.starts_on).days + 1)}
    known |= {date.fromisoformat(one) for one in reports}
    return tuple(
        Day(on, _figures(session, row.number, on), reports.get(on.isoformat()) or {})
        for on in sorted(known, reverse=True)
    )


def _waits(item: HouseItem, station: str) -> bool:
    return any(task.element == station for task in item.tasks)


def _stations(row: HandoverBatch, queue: Sequence[HouseItem]) -> tuple[Waiting, ...]:
    order = [("", ""), ("K02", SIGN_IN), *((STATIONS[str(one)], str(one)) for one in row.stations or STATIONS)]
    return tuple(
        Waiting(element, name, sum(not element or _waits(one, element) for one in queue)) for element, name in order
    )


def next_task(session: Session, viewer: Viewer, number: str, station: str, *, now: datetime) -> UUID | None:
    """Find what this person may do for the family that has waited longest at a station, or at any ("")."""
    row = _batch(session, viewer, number)
    queue = _items(session, viewer, rows.queue(session, row.number, day_span(now.astimezone(CHINA).date())), now=now)
    waiting = [
        (task.since, item.queue_no or 0, task.id)
        for item in queue
        for task in item.tasks
        if task.mine and task.element in (station or task.element)
    ]
    return min(waiting, default=(None, 0, None), key=lambda one: (one[0] or now, one[1]))[2]


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
        item=_items(session, viewer, [row], now=now)[0],
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
        clocks=handover_clocks.of_house(session, number, now),
        slots=_slots(session, row, now) if rights.books_handover(viewer, row.project) else (),
        may_link=rights.sends_house_link(viewer, row.project),
    )


def _slots(session: Session, row: HandoverUnit, now: datetime) -> tuple[Slot, ...]:
    """The slots that the appointment of a house may be moved to, while it may."""
    if not house_slots.may_move(session, row, now):
        return ()
    return house_slots.free(session, row, now)


def choose_slot(
    session: Session, viewer: Viewer, number: str, *, slot_id: int, now: datetime, registry: Registry
) -> None:
    """Make or move the appointment of a house for its owner. Raises as `house_slots.choose`, NotAllowedError."""
    row = _house(session, viewer, number)
    if not rights.books_handover(viewer, row.project):
        raise NotAllowedError(N_("You may not make appointments here."))
    house_slots.choose(session, row, slot_id, actor=viewer.login, how="电话", now=now, registry=registry)


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


def _tasks(session: Session, viewer: Viewer, instances: Sequence[UUID], *, now: datetime) -> dict[UUID, list[TaskLink]]:
    found: dict[UUID, list[TaskLink]] = {}
    for task in rows.open_tasks(session, instances):
        mine = allowed(viewer, Action.TASK_COMPLETE, task)
        waited = max(0, int((now - task.created_at).total_seconds() // 60))
        link = TaskLink(task.id, task.name, task.process_key, mine, task.element_id, task.created_at, waited)
        found.setdefault(task.instance_id, []).append(link)
    return found


def _items(session: Session, viewer: Viewer, found: Sequence[HandoverUnit], *, now: datetime) -> tuple[HouseItem, ...]:
    """Dress houses for a list: a fixed number of statements however many there are."""
    tasks = _tasks(session, viewer, [one.instance_id for one in found if one.instance_id], now=now)
    owners: dict[int, str] = {}
    for tie, party in parties.people_of(session, [one.unit_id for one in found]):
        owners.setdefault(tie.unit_id, party.name)
    slots = rows.slots_by_id(session, {one.slot_id for one in found if one.slot_id})
    late = rows.late_clocks(session, [one.number for one in found], now)
    named = handover_clocks.names(session, late)
    return tuple(
        HouseItem(
            number=one.number,
            house=one.house,
            owner=mask_name(owners.get(one.unit_id, "")),
            state=one.state,
            decision=one.decision,
            queue_no=one.queue_no,
            slot_at=slots[one.slot_id].starts_at if one.slot_id else None,
            by_proxy=one.by_proxy,
            refusals=one.refusals,
            no_shows=one.no_shows,
            tasks=tuple(tasks.get(one.instance_id, ())) if one.instance_id else (),
            late=tuple(named[row.id] for row in late if row.case_number == one.number),
        )
        for one in found
    )
