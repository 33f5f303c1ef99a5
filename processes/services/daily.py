"""What a supervisor does in one go: sign the orders of the daily sheet (C04), enter a round of rechecks (C07–C09).

Each order is a transaction of its own and gets an answer of its own; the same sheet sent twice changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine import access, inbox, tasks
from engine.access import Action
from engine.errors import N_, InvalidInputError, NotFoundError
from processes.services import owner_accept, owner_texts
from processes.services.orders import place_of
from processes.services.owner_accept import AFTER, BEFORE
from storage import orders as rows
from storage.tables.defects import RectificationOrder
from storage.tables.instances import ProcessInstance
from storage.tables.work import UserTask

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from storage.tables.defects import Defect

SIGN, RECHECK, OPINION = "R03a", "R10", "R10s"
TO_RECHECK = "待复核"
MOST = 200
"""Orders shown and done at a time."""
READ = 2000


@dataclass(frozen=True, slots=True)
class DefectRow:
    """A fault to look at again."""

    id: str
    place: str
    text: str
    measures: str
    rework: int
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that waits for a signature or a recheck; `delivered`: an owner waits for what it mends."""

    task_id: UUID
    number: str
    project: str
    unit: str
    place: str
    brief: str
    urgency: str
    issued_at: datetime
    due_at: datetime | None
    overdue: bool
    rework: int
    assignee: str
    defects: tuple[DefectRow, ...]
    delivered: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Orders of one project and repairing unit, or of one house."""

    project: str
    name: str
    orders: tuple[Waiting, ...]


def to_sign(session: Session, viewer: Viewer, *, now: datetime) -> tuple[Group, ...]:
    """List what waits for this person's signature, by project and repairing unit."""
    found = _waiting(session, viewer, SIGN, now)
    return _grouped(found, lambda one: (one.project, one.unit))


def to_recheck(session: Session, viewer: Viewer, *, now: datetime, numbers: Collection[str] = ()) -> tuple[Group, ...]:
    """List what this person is to recheck (of some orders when any are named), by house, with each order's defects."""
    found = _waiting(session, viewer, RECHECK, now, numbers)
    return _grouped(found, lambda one: (one.project, one.place))


def rechecks(session: Session, viewer: Viewer, numbers: Collection[str], *, now: datetime) -> bool:
    """Tell whether this person is to recheck any of some orders."""
    return bool(_waiting(session, viewer, RECHECK, now, numbers))


def to_receive(session: Session, viewer: Viewer, *, now: datetime) -> tuple[Group, ...]:
    """List the recheck opinions that this person is to sign for today, by project and repairing unit (C20)."""
    found = _waiting(session, viewer, OPINION, now)
    return _grouped(found, lambda one: (one.project, one.unit))


def _grouped(found: Sequence[Waiting], key: Any) -> tuple[Group, ...]:
    groups: dict[tuple[str, str], list[Waiting]] = {}
    for one in found:
        groups.setdefault(key(one), []).append(one)
    return tuple(Group(project, name, tuple(groups[project, name])) for project, name in sorted(groups))


def _waiting(
    session: Session, viewer: Viewer, element: str, now: datetime, numbers: Collection[str] = ()
) -> list[Waiting]:
    query = select(UserTask, RectificationOrder)
    if element == OPINION:  # of a process of its own, under the order's number
        query = query.join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        query = query.join(RectificationOrder, RectificationOrder.number == ProcessInstance.business_key)
    else:
        query = query.join(RectificationOrder, RectificationOrder.instance_id == UserTask.instance_id)
    query = query.where(UserTask.state == "open", UserTask.element_id == element, inbox.open_to(viewer))
    if numbers:
        query = query.where(RectificationOrder.number.in_(numbers))
    query = query.order_by(UserTask.due_at, UserTask.id).limit(READ)
    allowed = [
        (task, order) for task, order in session.execute(query) if access.allowed(viewer, Action.TASK_COMPLETE, task)
    ][:MOST]
    units = rows.contractors(session, [0, *(order.repair_id for _, order in allowed)])
    return [
        Waiting(
            task_id=task.id,
            number=order.number,
            project=order.project,
            unit=units[order.repair_id or 0].name if (order.repair_id or 0) in units else "",
            place=place_of(order),
            brief=order.brief,
            urgency=order.urgency,
            issued_at=order.issued_at,
            due_at=None if task.due_at is None or task.due_at.year > now.year + 100 else task.due_at,
            overdue=task.due_at is not None and task.due_at < now,
            rework=order.rework,
            assignee=task.assignee,
            defects=tuple(_defect(one) for one in _pending(session, order.number)) if element == RECHECK else (),
            delivered=order.stage in owner_texts.STAGES,
        )
        for task, order in allowed
    ]


def _pending(session: Session, number: str) -> list[Defect]:
    """The defects a recheck asks about: those handed in as repaired."""
    found = [defect for defect in rows.defects_of(session, number) if defect.open]
    return [defect for defect in found if defect.state == TO_RECHECK] or found


def _defect(defect: Defect) -> DefectRow:
    place = " · ".join(piece for piece in (defect.room, defect.part) if piece) or defect.area
    said = " ".join(piece for piece in (defect.problem, defect.text) if piece)
    return DefectRow(
        str(defect.id),
        place,
        said,
        defect.measures,
        defect.rework,
        owner_accept.pictures(defect, BEFORE),
        owner_accept.pictures(defect, AFTER),
    )


def _own(session: Session, task_id: UUID, element: str) -> UserTask:
    task = session.get(UserTask, task_id)
    if task is None or task.element_id != element:
        raise NotFoundError(N_("There is no such task."))
    if not _number(session, task):
        raise NotFoundError(N_("There is no such task."))
    return task


def _number(session: Session, task: UserTask) -> str:
    """Name the order that a task is about; "" when it is about none."""
    number = RectificationOrder.number
    if task.element_id == OPINION:
        query = select(number).join(ProcessInstance, ProcessInstance.business_key == number)
        return session.scalar(query.where(ProcessInstance.id == task.instance_id)) or ""
    return session.scalar(select(number).where(RectificationOrder.instance_id == task.instance_id)) or ""


def number_of(session: Session, viewer: Viewer, task_id: UUID) -> str:
    """Name the order of a task that the person sees; "" for any other."""
    task = session.get(UserTask, task_id)
    if task is None or not access.allowed(viewer, Action.TASK_VIEW, task):
        return ""
    return _number(session, task)


def sign(
    session: Session, viewer: Viewer, task_id: UUID, *, now: datetime, registry: Registry, idempotency_key: str
) -> None:
    """Sign one order of the sheet, as the task's form would (C04, C15).

    Raises NotFoundError, ConflictError (signed by somebody else, or held by somebody), ProcessError.
    """
    _own(session, task_id, SIGN)
    tasks.complete(
        session, viewer, task_id, data={"sign_decision": "签收"}, now=now, registry=registry,
        idempotency_key=idempotency_key,
    )  # fmt: skip


def receive(
    session: Session, viewer: Viewer, task_id: UUID, *, now: datetime, registry: Registry, idempotency_key: str
) -> None:
    """Sign for one recheck opinion (C20). Raises as `sign` does."""
    _own(session, task_id, OPINION)
    tasks.complete(session, viewer, task_id, data={}, now=now, registry=registry, idempotency_key=idempotency_key)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about one defect: `passed` None when nothing was said."""

    passed: bool | None
    problem: str = ""


def recheck(
    session: Session,
    viewer: Viewer,
    task_id: UUID,
    *,
    verdicts: Mapping[str, Verdict],
    may_tell: bool,
    now: datetime,
    registry: Registry,
    idempotency_key: str,
) -> None:
    """Enter the recheck of one order: each of its defects passed, or not and why (C08, C09).

    Raises:
        InvalidInputError: a defect without a verdict, or a failed one without a reason.
        NotFoundError, ConflictError, ProcessError: as for any task.
    """
    task = _own(session, task_id, RECHECK)
    if task.state == "open":
        for verdict in verdicts.values():
            if verdict.passed is None:
                raise InvalidInputError(N_("Please say for every defect whether it passed."))
            if not verdict.passed and not verdict.problem.strip():
                raise InvalidInputError(N_("Please say what is wrong with each defect that did not pass."))
    checks = [
        {"defect": key, "passed": "通过" if one.passed else "不通过", "problem": one.problem.strip() or None}
        for key, one in verdicts.items()
    ]
    tasks.complete(
        session, viewer, task_id, data={"checks": checks, "may_tell_customer": may_tell}, now=now, registry=registry,
        idempotency_key=idempotency_key,
    )  # fmt: skip
