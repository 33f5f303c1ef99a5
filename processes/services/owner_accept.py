"""The owner's recheck of everything repaired in his house in one visit: one round, one signature (C08, R11).

Each order is completed for itself (R12): what is right is closed, what is not goes back to be repaired. It is done by
the checker at the door and by the owner behind his link.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine import access, attachments, inbox, tasks
from engine.access import Action, Grant, Viewer
from engine.errors import N_, InvalidInputError, NotFoundError
from engine.task_views import AttachmentInfo, attachment_info
from processes.services import link_owner
from processes.services.orders import place_of
from storage import orders as rows
from storage import tasks as submissions
from storage.tables.cases import Appointment
from storage.tables.defects import RectificationOrder
from storage.tables.work import Attachment, UserTask

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.attachments import Prepared
    from engine.connectors import Registry
    from processes.services.daily import Verdict
    from processes.services.links import LinkView
    from storage.files import Files
    from storage.tables.defects import Defect

ACCEPT, TELL = "R12", "R11"
SATISFIED = ("满意", "基本满意", "不满意")
MOST, READ = 100, 2000
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True, slots=True)
class Repaired:
    """A defect that the owner is to look at, with its pictures (ids)."""

    id: str
    place: str
    text: str
    measures: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToAccept:
    """An order that waits for its owner; `task_id` is the recheck."""

    task_id: UUID
    number: str
    brief: str
    unit: str
    due_at: datetime | None
    overdue: bool
    defects: tuple[Repaired, ...]


@dataclass(frozen=True, slots=True)
class House:
    """A house with all its orders that wait for the owner, and when he expects somebody."""

    project: str
    place: str
    visit_at: datetime | None
    orders: tuple[ToAccept, ...]


def houses(session: Session, viewer: Viewer, *, now: datetime) -> tuple[House, ...]:
    """List the houses whose owners are to be visited, those expected first: one visit for all orders of a house."""
    query = select(UserTask, RectificationOrder).join(
        RectificationOrder, RectificationOrder.instance_id == UserTask.instance_id
    )
    query = query.where(UserTask.state == "open", UserTask.element_id == ACCEPT, inbox.open_to(viewer))
    query = query.order_by(UserTask.due_at, UserTask.id)
    found = [
        (task, order)
        for task, order in session.execute(query.limit(READ))
        if access.allowed(viewer, Action.TASK_COMPLETE, task)
    ][:MOST]
    return _by_house(session, found, now)


def _by_house(
    session: Session, found: Sequence[tuple[UserTask, RectificationOrder]], now: datetime
) -> tuple[House, ...]:
    units = rows.contractors(session, [0, *(order.repair_id for _, order in found)])
    visits = _visits(session, [order.number for _, order in found])
    grouped: dict[tuple[str, str], list[ToAccept]] = {}
    expected: dict[tuple[str, str], datetime] = {}
    for task, order in found:
        key = (order.project, place_of(order))
        unit = units.get(order.repair_id or 0)
        one = ToAccept(
            task.id, order.number, order.brief, unit.name if unit else "", task.due_at,
            task.due_at is not None and task.due_at < now,
            tuple(_repaired(row) for row in rows.defects_of(session, order.number) if row.open),
        )  # fmt: skip
        grouped.setdefault(key, []).append(one)
        at = visits.get(order.number)
        if at is not None and (key not in expected or at < expected[key]):
            expected[key] = at
    made = [House(*key, expected.get(key), tuple(of)) for key, of in grouped.items()]
    return tuple(sorted(made, key=lambda one: (one.visit_at is None, one.visit_at or now, one.project, one.place)))


def _visits(session: Session, numbers: Collection[str]) -> dict[str, datetime]:
    """The last appointment of each order."""
    query = select(Appointment.case_number, Appointment.starts_at).where(Appointment.case_number.in_(numbers))
    return {row.case_number: row.starts_at for row in session.execute(query.order_by(Appointment.id))}


def _repaired(defect: Defect) -> Repaired:
    place = " · ".join(piece for piece in (defect.room, defect.part) if piece) or defect.area
    said = " ".join(piece for piece in (defect.problem, defect.text) if piece)
    return Repaired(str(defect.id), place, said, defect.measures, pictures(defect, BEFORE), pictures(defect, AFTER))


def pictures(defect: Defect, kind: str) -> tuple[str, ...]:
    """Name a defect's pictures of a kind (before or after its repair)."""
    photos: Sequence[Mapping[str, Any]] = defect.photos or ()
    return tuple(str(one["attachment"]) for one in photos if one.get("kind", BEFORE) == kind and one.get("attachment"))


def accept(
    session: Session,
    viewer: Viewer,
    task_id: UUID,
    *,
    verdicts: Mapping[str, Verdict],
    satisfaction: str,
    signature: Prepared | None,
    now: datetime,
    registry: Registry,
    files: Files,
    idempotency_key: str,
) -> None:
    """Enter what the owner says about one order; the one signature is kept with each order that it accepts.

    Raises:
        InvalidInputError: a defect without a verdict, a wrong one without a reason, no satisfaction, no signature.
        NotFoundError, ConflictError, ProcessError: as for any task.
    """
    task = session.get(UserTask, task_id)
    if task is None or task.element_id != ACCEPT:
        raise NotFoundError(N_("There is no such task."))
    wrong = [one for one in verdicts.values() if one.passed is False]
    if task.state == "open":
        if not verdicts or any(one.passed is None for one in verdicts.values()):
            raise InvalidInputError(N_("Please say of every defect whether the owner is satisfied."))
        if any(not one.problem.strip() for one in wrong):
            raise InvalidInputError(N_("Please say what is wrong with each defect the owner is not satisfied with."))
        if satisfaction not in SATISFIED:
            raise InvalidInputError(N_("Please say how satisfied the owner is."))
        if signature is None and not wrong:
            raise InvalidInputError(N_("Please have it signed by the owner."))
    kept = None
    if signature is not None and not wrong and task.state == "open":
        kept = attachments.put(
            session, viewer, task_id=task_id, field="owner_signature", filename=signature.name, stream=signature,
            now=now, files=files,
        )  # fmt: skip
    data = {
        "owner_result": "不通过" if wrong else "通过",
        "owner_checks": [
            {"defect": key, "satisfied": one.passed, "problem": one.problem.strip() or None}
            for key, one in verdicts.items()
        ],
        "satisfaction": satisfaction,
        "owner_signature": str(kept.id) if kept is not None else None,
    }
    tasks.complete(session, viewer, task_id, data=data, now=now, registry=registry, idempotency_key=idempotency_key)


# Behind the owner's link


def of_orders(session: Session, numbers: Collection[str], *, now: datetime) -> House | None:
    """Gather what an owner may accept now of the orders that his page shows; None when nothing waits for him."""
    query = select(UserTask, RectificationOrder).join(
        RectificationOrder, RectificationOrder.instance_id == UserTask.instance_id
    )
    query = query.where(UserTask.state == "open", UserTask.element_id == ACCEPT, RectificationOrder.number.in_(numbers))
    found = [(task, order) for task, order in session.execute(query.order_by(UserTask.id)) if not task.assignee]
    made = _by_house(session, found, now)
    return made[0] if made else None


def behind(session: Session, link: LinkView, *, now: datetime) -> House | None:
    """Gather what waits for the owner behind a link: of his own matters and their orders."""
    own = [matter.number for matter in link_owner.view(session, link, now=now).matters]
    numbers = {*own, *(order.number for number in own for order in rows.open_of_starter(session, number))}
    return of_orders(session, numbers, now=now)


def picture(
    session: Session, link: LinkView, number: str, attachment_id: UUID, *, files: Files, now: datetime
) -> tuple[AttachmentInfo, Path] | None:
    """Find a picture, before or after, of a repair that waits for the owner; None for any other."""
    house = behind(session, link, now=now)
    shown = [one for order in (house.orders if house else ()) if order.number == number for one in order.defects]
    if str(attachment_id) not in {name for one in shown for name in (*one.before, *one.after)}:
        return None
    row = session.get(Attachment, attachment_id)
    return None if row is None or row.removed_at is not None else (attachment_info(row), files.path(row.sha256))


def kept(session: Session, link: LinkView, task_id: UUID, idempotency_key: str) -> bool:
    """Tell whether what this post says was kept already."""
    earlier = submissions.submission(session, task_id)
    return earlier is not None and (earlier.submitted_by, earlier.idempotency_key) == (link.login, idempotency_key)


def owner(link: LinkView, project: str) -> Viewer:
    """Whoever holds the link, with the one right to say what he thinks of his own repairs.

    The caller has made sure that the task is of an order which the link shows.
    """
    return Viewer(link.login, link.label, (Grant("prop_check", project),), locale=link.locale)
