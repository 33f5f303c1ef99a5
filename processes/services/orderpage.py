"""Rectification orders as pages show them: the list with its totals, and everything about one (AC19, K06)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine import access, attachments, instance_views
from engine.access import SYSTEM, Action
from engine.errors import N_, NotFoundError
from processes.services import casefile, casepage, clocks, order_access, order_actions, orders
from processes.services.lookups import defect_label
from storage import audit, cases, deadlines, decorations
from storage import orders as rows
from storage import people as staff
from storage import tasks as task_rows
from storage.orders import OrderQuery
from storage.tables.cases import Appointment, CaseDocument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.task_views import AttachmentInfo
    from processes.services.casepage import Page, Wait
    from storage.files import Files
    from storage.tables.defects import Defect, RectificationOrder


__all__ = ["OrderItem", "OrderList", "OrderPage", "OrderQuery", "note_refusal", "of_case", "page", "photo", "search"]


@dataclass(frozen=True, slots=True)
class OrderItem:
    """A line of the list of orders. `defects` and `left`: all of them, and those still open."""

    number: str
    place: str
    brief: str
    urgency: str
    stage: str
    state: str
    open: bool
    starter: str
    responsible: str
    repair: str
    due_at: datetime | None
    overdue: bool
    rework: int
    extended: int
    defects: int
    left: int
    repair_code: str = ""


@dataclass(frozen=True, slots=True)
class OrderList:
    """A page of a list of orders, with how many there are by state and how many are late."""

    items: tuple[OrderItem, ...]
    total: int
    page: int
    pages: int
    states: tuple[tuple[str, int], ...]
    late: int
    contractors: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture of a defect: before, after, or evidence."""

    id: str
    kind: str


@dataclass(frozen=True, slots=True)
class DefectView:
    """A defect of the order with its photos."""

    label: str
    state: str
    severity: str
    rework: int
    measures: str
    unfinished: str
    rejected: str
    photos: tuple[Photo, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of what happened: an event, a call, a report."""

    at: datetime
    kind: str
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A clock: the present limit and the original one (K06)."""

    name: str
    due_at: datetime
    original_due_at: datetime
    met: bool
    withdrawn: bool
    late: bool
    accountable: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Everything the page of an order needs; `may`: extend, substitute, withdraw."""

    item: OrderItem
    facts: Mapping[str, Any]
    defects: tuple[DefectView, ...]
    clocks: tuple[ClockLine, ...]
    timeline: tuple[Entry, ...]
    documents: tuple[tuple[str, str, datetime], ...]
    deductions: tuple[Mapping[str, Any], ...]
    shares: tuple[tuple[str, float], ...]
    waits: tuple[Wait, ...]
    pages: tuple[Page, ...]
    may: frozenset[str]
    case_visible: bool


def search(session: Session, viewer: Viewer, query: OrderQuery, *, now: datetime) -> OrderList:
    """Find the orders a person may see, those due first; a unit's people find their unit's."""
    scopes = order_access.scopes(viewer)
    asked = replace(query, scopes=scopes, orgs=order_access.orgs_of(viewer), page=max(1, query.page))
    found = rows.search(session, asked, now=now)
    counted = rows.totals(session, asked, now=now)
    total = rows.total_of(asked, counted)
    known = rows.contractors(session)
    numbers = rows.count_defects(session, [row.number for row in found])
    outside = scopes is not None and not scopes
    return OrderList(
        items=tuple(_item(row, known, numbers, now) for row in found),
        total=total,
        page=asked.page,
        pages=max(1, -(-total // asked.size)),
        states=tuple(sorted(((state, every) for state, (every, _) in counted.items()), key=lambda one: -one[1])),
        late=sum(overdue for _, overdue in counted.values()),
        contractors=() if outside else tuple((one.code, one.name) for one in known.values()),
    )


def _item(
    row: RectificationOrder, known: Mapping[int, Any], numbers: Mapping[str, tuple[int, int]], now: datetime
) -> OrderItem:
    every, left = numbers.get(row.number, (0, 0))
    return OrderItem(
        number=row.number,
        place=orders.place_of(row),
        brief=row.brief,
        urgency=row.urgency,
        stage=row.stage,
        state=row.state,
        open=row.open,
        starter=row.starter,
        responsible=_unit(known, row.responsible_id),
        repair=_unit(known, row.repair_id),
        due_at=row.due_at,
        overdue=row.open and row.due_at is not None and row.due_at < now,
        rework=row.rework,
        extended=row.extended,
        defects=every,
        left=left,
        repair_code=_code(known, row.repair_id),
    )


def _unit(known: Mapping[int, Any], key: int | None) -> str:
    unit = known.get(key or 0)
    return str(unit.name) if unit is not None else ""


def _code(known: Mapping[int, Any], key: int | None) -> str:
    unit = known.get(key or 0)
    return str(unit.code) if unit is not None else ""


def page(session: Session, viewer: Viewer, number: str, *, now: datetime) -> OrderPage:
    """Gather an order for its page. NotFoundError when there is none or the person may not know of it."""
    order = order_access.visible(session, viewer, number)
    known = rows.contractors(session)
    defects = rows.defects_of(session, number)
    waits, pages = _standing(session, viewer, order, now)
    events, contacts = cases.events(session, number), cases.contacts(session, number)
    reports = cases.reports(session, number)
    running = deadlines.of_case(session, number)
    logins = {row.actor for row in events} | {row.actor for row in contacts} | {row.actor for row in reports}
    logins |= {row.accountable for row in running}
    names = staff.names(session, logins)
    lines = [Entry(one.at, one.kind, names.get(one.actor, one.actor), one.text) for one in events]
    lines += [Entry(one.at, one.kind, names.get(one.actor, one.actor), one.text) for one in contacts]
    lines += [
        Entry(one.at, "进展汇报", names.get(one.actor, one.actor), f"{one.percent}% {one.done}") for one in reports
    ]
    documents = session.query(CaseDocument).filter(CaseDocument.case_number == number).order_by(CaseDocument.id)
    return OrderPage(
        item=_item(order, known, rows.count_defects(session, [number]), now),
        facts=_facts(session, order),
        defects=tuple(_defect(one) for one in defects),
        clocks=tuple(_clock(row, names, now) for row in running),
        timeline=tuple(sorted(lines, key=lambda one: one.at, reverse=True)),
        documents=tuple((row.kind, row.method, row.at) for row in documents),
        deductions=tuple(_deduction(row, known) for row in rows.deductions(session, number)),
        shares=tuple((str(one.get("unit")), float(one.get("percent") or 0)) for one in order.shares),
        waits=waits,
        pages=pages,
        may=order_actions.possible(session, viewer, order),
        case_visible=_case_visible(session, viewer, order),
    )


def _facts(session: Session, order: RectificationOrder) -> dict[str, Any]:
    visits = session.query(Appointment).filter(Appointment.case_number == order.number).order_by(Appointment.id)
    decorated = decorations.newest(session, order.unit_id) if order.unit_id is not None else None
    return {
        "decorated": (decorated.begins_on, decorated.ends_on) if decorated is not None else None,
        "reported_at": order.reported_at,
        "signed_at": order.signed_at,
        "accepted_at": order.accepted_at,
        "finished_at": order.finished_at,
        "closed_at": order.closed_at,
        "original_due_at": order.original_due_at,
        "visit_at": order.visit_at,
        "visits": visits.count(),
        "in_warranty": order.in_warranty,
        "paid_service": order.paid_service,
        "structural": order.structural,
        "quote": order.quote,
        "cost": order.cost,
        "satisfaction": order.satisfaction,
        "close_type": order.close_type,
        "source_channel": order.source_channel,
    }


def _defect(row: Defect) -> DefectView:
    photos = tuple(Photo(str(one.get("attachment")), str(one.get("kind") or "before")) for one in row.photos)
    return DefectView(
        defect_label(row), row.state, row.severity, row.rework, row.measures, row.unfinished, row.rejected, photos
    )


def _clock(row: Any, names: Mapping[str, str], now: datetime) -> ClockLine:
    ended = row.met_at or (row.withdrawn_at and row.due_at) or now
    return ClockLine(
        name=clocks.NAMES.get(row.clock, row.clock),
        due_at=row.due_at,
        original_due_at=row.original_due_at,
        met=row.met_at is not None,
        withdrawn=row.withdrawn_at is not None and row.met_at is None,
        late=ended > row.due_at,
        accountable=names.get(row.accountable, row.accountable),
    )


def _deduction(row: Any, known: Mapping[int, Any]) -> dict[str, Any]:
    return {
        "unit": _unit(known, row.contractor_id),
        "cost": row.cost,
        "fee": row.fee_percent,
        "amount": row.amount,
        "from": row.taken_from,
        "state": row.state,
    }


def _standing(
    session: Session, viewer: Viewer, order: RectificationOrder, now: datetime
) -> tuple[tuple[Wait, ...], tuple[Page, ...]]:
    """What the order waits for, and its diagrams with where it stands; tasks are links for those who may open them."""
    if order.instance_id is None:
        return (), ()
    # whoever may see the order may see where it stands: `order_access.visible` has decided that
    instance = instance_views.describe(session, order.instance_id, SYSTEM, now)
    events = instance_views.history(session, order.instance_id, SYSTEM)
    programs = casepage.programs_of(session, instance)
    waits = casepage.waits_of(session, order.number, instance, programs)
    found = task_rows.by_ids(session, [wait.task_id for wait in waits if wait.task_id])
    openable = {row.id for row in found if access.allowed(viewer, Action.TASK_VIEW, row)}
    shown = tuple(replace(wait, task_id=wait.task_id if wait.task_id in openable else None) for wait in waits)
    return shown, casepage.pages_of(instance, programs, shown, events)


def _case_visible(session: Session, viewer: Viewer, order: RectificationOrder) -> bool:
    try:
        casefile.visible(session, viewer, order.starter)
    except NotFoundError:
        return False
    return True


def of_case(session: Session, viewer: Viewer, number: str, *, now: datetime) -> tuple[OrderItem, ...]:
    """List the orders that a case (inspection, handover) started and this person may see, oldest first."""
    found: Sequence[RectificationOrder] = rows.of_starter(session, number)
    known = rows.contractors(session) if found else {}
    numbers = rows.count_defects(session, [row.number for row in found]) if found else {}
    return tuple(_item(row, known, numbers, now) for row in found if order_access.sees(session, viewer, row))


def photo(
    session: Session, viewer: Viewer, number: str, attachment_id: UUID, *, files: Files
) -> tuple[AttachmentInfo, Path]:
    """Give a picture of one of an order's defects to whoever sees the order (a unit's people see no case)."""
    order_access.visible(session, viewer, number)
    known = {str(one.get("attachment")) for row in rows.defects_of(session, number) for one in row.photos}
    if str(attachment_id) not in known:
        raise NotFoundError(N_("There is no such order, or you may not see it."))
    return attachments.get(session, SYSTEM, attachment_id, files=files)


def note_refusal(session: Session, viewer: Viewer, number: str, *, now: datetime) -> None:
    """Write down that somebody asked for an order he may not know of (AC19); unknown numbers leave nothing."""
    order = rows.get(session, number)
    if order is not None and not order_access.sees(session, viewer, order):
        detail = {"unit": sorted(order_access.orgs_of(viewer))}
        audit.record(
            session, actor=viewer.login, action="order.refused", subject=f"order:{number}", detail=detail, now=now
        )
