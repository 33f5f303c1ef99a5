"""A contractor's orders behind a link: only those his company mends or answers for, nothing else (AC19)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import access
from engine.access import Action
from engine.errors import N_, NotAllowedError, NotFoundError
from engine.task_views import AttachmentInfo, attachment_info
from processes.services import rights
from processes.services.links import ROLE
from processes.services.orders import place_of
from storage import orders as rows
from storage import tasks as task_rows
from storage.tables.work import Attachment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from processes.services.links import LinkView
    from storage.files import Files
    from storage.tables.defects import Defect, RectificationOrder

SIZE = 20
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order in the list; `todo`: a step waits for this company."""

    number: str
    place: str
    brief: str
    state: str
    urgency: str
    open: bool
    due_at: datetime | None
    overdue: bool
    closed_at: datetime | None
    rework: int
    defects: int
    left: int
    todo: bool


@dataclass(frozen=True, slots=True)
class DefectLine:
    """A fault with its pictures (ids), as the contractor sees it."""

    id: UUID
    place: str
    problem: str
    text: str
    severity: str
    state: str
    open: bool
    rejected: str
    rework: int
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderSheet:
    """One order: its faults, its plan and the steps that wait for this company."""

    line: OrderLine
    stage: str
    project: str
    issued_at: datetime
    visit_at: datetime | None
    original_due_at: datetime | None
    defects: tuple[DefectLine, ...]
    tasks: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class OrderLines:
    """A page of the list, those due first in front; `late` counts all that are overdue."""

    items: tuple[OrderLine, ...]
    total: int
    late: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Company:
    """A contractor with its open and overdue orders."""

    code: str
    name: str
    contact: str
    open: int
    late: int


def companies(session: Session, viewer: Viewer, *, now: datetime) -> tuple[Company, ...]:
    """List the contractors for those who send them their links, those with overdue orders first. NotAllowedError."""
    if not rights.gives_links(viewer):
        raise NotAllowedError(N_("You may not give this link away."))
    counts = rows.open_by_unit(session, now)
    found = [
        Company(unit.code, unit.name, unit.contact, *counts.get(unit.id, (0, 0)))
        for unit in rows.contractors(session).values()
        if unit.active
    ]
    return tuple(sorted(found, key=lambda one: (-one.late, -one.open, one.name)))


def listed(session: Session, link: LinkView, *, status: str = "open", page: int = 1, now: datetime) -> OrderLines:
    """List the orders of a link's company: `status` open or closed."""
    query = rows.OrderQuery(
        status=status, page=page, size=SIZE, scopes=frozenset(), orgs=frozenset({link.subject})
    )  # no project of its own: only what its units mend or answer for
    found = rows.search(session, query, now=now)
    counted = rows.totals(session, query, now=now)
    total = rows.total_of(query, counted)
    counts = rows.count_defects(session, [order.number for order in found])
    lines = tuple(_line(session, link, order, counts.get(order.number, (0, 0)), now) for order in found)
    return OrderLines(lines, total, sum(late for _, late in counted.values()), page, max(1, -(-total // SIZE)))


def _line(
    session: Session, link: LinkView, order: RectificationOrder, counts: tuple[int, int], now: datetime
) -> OrderLine:
    return OrderLine(
        number=order.number,
        place=place_of(order),
        brief=order.brief,
        state=order.state,
        urgency=order.urgency,
        open=order.open,
        due_at=order.due_at,
        overdue=bool(order.open and order.due_at and order.due_at < now),
        closed_at=order.closed_at,
        rework=order.rework,
        defects=counts[0],
        left=counts[1],
        todo=bool(order.open and _tasks(session, link, order)),
    )


def _tasks(session: Session, link: LinkView, order: RectificationOrder) -> tuple[UUID, ...]:
    if order.instance_id is None:
        return ()
    unit = rows.contractor(session, link.subject)
    mends, group = unit is not None and unit.id == order.repair_id, f"{ROLE}:{link.subject}"
    found = task_rows.open_of(session, order.instance_id)
    return tuple(
        task.id
        for task in found
        if (mends or group in task.candidate_groups) and access.allowed(link.viewer, Action.TASK_COMPLETE, task)
    )


def own(session: Session, link: LinkView, number: str) -> RectificationOrder:
    """Read an order of the link's company. Raises NotFoundError for any other (the caller logs it)."""
    order = rows.get(session, number)
    unit = rows.contractor(session, link.subject)
    if order is None or unit is None or unit.id not in (order.repair_id, order.responsible_id):
        raise NotFoundError(N_("There is no such order for you."))
    return order


def sheet(session: Session, link: LinkView, number: str, *, now: datetime) -> OrderSheet:
    """Gather one order. Raises NotFoundError when it is another company's."""
    order = own(session, link, number)
    defects = rows.defects_of(session, number)
    left = sum(defect.open for defect in defects)
    return OrderSheet(
        line=_line(session, link, order, (len(defects), left), now),
        stage=order.stage,
        project=order.project,
        issued_at=order.issued_at,
        visit_at=order.visit_at,
        original_due_at=order.original_due_at,
        defects=tuple(_defect(defect) for defect in defects),
        tasks=_tasks(session, link, order) if order.open else (),
    )


def _defect(defect: Defect) -> DefectLine:
    place = " · ".join(piece for piece in (defect.room, defect.part) if piece) or defect.area
    return DefectLine(
        id=defect.id,
        place=place,
        problem=defect.problem,
        text=defect.text,
        severity=defect.severity,
        state=defect.state,
        open=defect.open,
        rejected=defect.rejected if defect.open else "",
        rework=defect.rework,
        before=_pictures(defect, BEFORE),
        after=_pictures(defect, AFTER),
    )


def _pictures(defect: Defect, kind: str) -> tuple[str, ...]:
    """Name the pictures of a kind; evidence of inside talks is not shown outside."""
    found: Sequence[Any] = defect.photos or ()
    return tuple(str(one["attachment"]) for one in found if one.get("kind", BEFORE) == kind and one.get("attachment"))


def task_of(session: Session, link: LinkView, number: str, task_id: UUID) -> RectificationOrder:
    """Check that a task belongs to an order of the link's company. Raises NotFoundError."""
    order = own(session, link, number)
    task = task_rows.get(session, task_id)
    if task is None or order.instance_id is None or task.instance_id != order.instance_id:
        raise NotFoundError(N_("There is no such task."))
    if task.state == "open" and task.id not in _tasks(session, link, order):
        raise NotFoundError(N_("There is no such task."))
    return order


def picture(
    session: Session, link: LinkView, number: str, attachment_id: UUID, *, files: Files
) -> tuple[AttachmentInfo, Path]:
    """Find a picture of a fault of an own order, or a file sent through this link. Raises NotFoundError."""
    order = own(session, link, number)
    row = session.get(Attachment, attachment_id)
    known = {
        one
        for defect in rows.defects_of(session, number)
        for kind in (BEFORE, AFTER)
        for one in _pictures(defect, kind)
    }
    sent = row is not None and row.instance_id == order.instance_id and row.author == link.login
    if row is None or row.removed_at is not None or not (str(row.id) in known or sent):
        raise NotFoundError(N_("There is no such file."))
    return attachment_info(row), files.path(row.sha256)


def sent_files(session: Session, link: LinkView, task_id: UUID) -> tuple[AttachmentInfo, ...]:
    """List what was sent through this link for a task."""
    return tuple(attachment_info(row) for row in task_rows.attachments(session, task_id) if row.author == link.login)
