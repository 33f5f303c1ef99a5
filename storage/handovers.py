"""Queries about handovers: batches, time slots, houses at the stations, keys, fees, letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, func, or_, select, true, update

from storage.tables.cases import CaseEvent
from storage.tables.deadlines import Deadline
from storage.tables.defects import Defect
from storage.tables.estate import Phase, Project, Unit
from storage.tables.handovers import (
    FeeItem,
    HandoverBatch,
    HandoverUnit,
    KeyMovement,
    KeySet,
    MeterReading,
    Notice,
    Refusal,
    Slot,
    StationCheck,
)
from storage.tables.instances import ProcessInstance
from storage.tables.work import UserTask
from storage.words import squeezed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

DELIVERED = ("已交付", "带问题交付", "视同交付")
AT_WORK = ("已签到", "验房中", "办理中")
GONE = ("已取消", "退房")
"""States of houses that are not to be handed over any more."""
ABSENT = "未到场"
QUEUE = 400
"""Houses shown in the queue of a day: more than a desk serves."""


def batch(session: Session, number: str) -> HandoverBatch | None:
    """Read a batch by its number."""
    return session.scalar(select(HandoverBatch).where(HandoverBatch.number == number))


def batches(session: Session, scopes: frozenset[str] | None) -> Sequence[HandoverBatch]:
    """List the batches of some projects (None: of all), open ones first, newest first."""
    query = select(HandoverBatch)
    if scopes is not None:
        query = query.where(HandoverBatch.project.in_(scopes))
    return session.scalars(query.order_by(HandoverBatch.open.desc(), HandoverBatch.id.desc())).all()


def house(session: Session, number: str) -> HandoverUnit | None:
    """Read the handover of a house by its number."""
    return session.scalar(select(HandoverUnit).where(HandoverUnit.number == number))


def phase_named(session: Session, name: str) -> tuple[Project, Phase] | None:
    """Find a phase written as project/phase."""
    project, _, phase = name.partition("/")
    query = select(Project, Phase).join(Phase, Phase.project_id == Project.id)
    row = session.execute(query.where(Project.code == project, Phase.name == phase)).first()
    return (row[0], row[1]) if row else None


def phases(session: Session) -> Sequence[str]:
    """List all phases as project/phase."""
    query = select(Project.code, Phase.name).join(Phase, Phase.project_id == Project.id).where(Project.active)
    return [f"{project}/{phase}" for project, phase in session.execute(query.order_by(Project.code, Phase.name))]


def units_of_phase(session: Session, phase_id: int) -> Sequence[int]:
    """List the keys of the houses of a phase in the order of their codes."""
    return session.scalars(select(Unit.id).where(Unit.phase_id == phase_id).order_by(Unit.code)).all()


def open_batch_of_phase(session: Session, phase_id: int) -> HandoverBatch | None:
    """Find the open batch of a phase."""
    return session.scalar(select(HandoverBatch).where(HandoverBatch.phase_id == phase_id, HandoverBatch.open).limit(1))


# slots


def slots(session: Session, batch_number: str) -> Sequence[Slot]:
    """List the time slots of a batch in the order of time."""
    return session.scalars(select(Slot).where(Slot.batch_number == batch_number).order_by(Slot.starts_at)).all()


def slots_by_id(session: Session, ids: Collection[int]) -> Mapping[int, Slot]:
    """Read time slots by their keys."""
    return {slot.id: slot for slot in session.scalars(select(Slot).where(Slot.id.in_(ids)))}


def take_place(session: Session, slot_id: int) -> bool:
    """Take one place of a slot; False when it is full. Of two who want the last one, one gets it."""
    taking = update(Slot).where(Slot.id == slot_id, Slot.taken < Slot.capacity).values(taken=Slot.taken + 1)
    return session.execute(taking.returning(Slot.id)).first() is not None


def free_place(session: Session, slot_id: int) -> None:
    """Give a place of a slot back."""
    session.execute(update(Slot).where(Slot.id == slot_id, Slot.taken > 0).values(taken=Slot.taken - 1))


# houses


@dataclass(frozen=True, slots=True)
class Figures:
    """How a handover stands: houses expected, come, delivered (some with problems), refused, being served, open."""

    expected: int = 0
    attended: int = 0
    delivered: int = 0
    with_problems: int = 0
    refused: int = 0
    in_process: int = 0
    deemed: int = 0
    open: int = 0


Span = tuple["datetime", "datetime"]


def counted(span: Span | None = None) -> Mapping[str, ColumnElement[bool]]:
    """Say which houses each figure counts: of a whole batch, or of those who had to come or came in a span of time.

    Figures and lists are asked with the same conditions, so that a total is always the length of its list.
    """
    state = HandoverUnit.state
    came: ColumnElement[bool] = HandoverUnit.signed_in_at.is_not(None)
    signed = came
    came = came | (HandoverUnit.refusals > 0)  # who refused came, also when his next visit is still to be
    refused: ColumnElement[bool] = (state == "拒收") | ((HandoverUnit.refusals > 0) & state.in_(("已通知", "已预约")))
    delivered: ColumnElement[bool] = state.in_(("已交付", "带问题交付"))
    expected: ColumnElement[bool] = true()
    if span is not None:
        signed = HandoverUnit.signed_in_at.between(span[0], span[1])
        booked = select(Slot.id).where(Slot.id == HandoverUnit.slot_id, Slot.starts_at.between(span[0], span[1]))
        absent = select(CaseEvent.id).where(
            CaseEvent.case_number == HandoverUnit.number, CaseEvent.kind == ABSENT,
            CaseEvent.at.between(span[0], span[1]),
        )  # fmt: skip
        said_no = select(Refusal.id).where(
            Refusal.handover_number == HandoverUnit.number, Refusal.at.between(span[0], span[1])
        )
        came = signed | said_no.exists()
        expected = came | ((booked.exists() | absent.exists()) & state.not_in(GONE))
        refused = (signed & (state == "拒收")) | said_no.exists()
        delivered = delivered & HandoverUnit.delivered_at.between(span[0], span[1])
    return {
        "expected": expected,
        "attended": came,
        "delivered": delivered,
        "with_problems": delivered & (state == "带问题交付"),
        "refused": refused,
        "in_process": signed & state.in_(AT_WORK),
        "deemed": state == "视同交付",
        "open": HandoverUnit.open.is_(True),
    }


def figures(session: Session, numbers: Collection[str], *, span: Span | None = None) -> Mapping[str, Figures]:
    """Count the houses of batches; of a span of time only when one is given."""
    conditions = counted(span)
    columns = [func.count(case((condition, 1))).label(name) for name, condition in conditions.items()]
    query = select(HandoverUnit.batch_number, *columns).where(HandoverUnit.batch_number.in_(numbers))
    rows = session.execute(query.group_by(HandoverUnit.batch_number))
    return {row[0]: Figures(**dict(zip(conditions, (int(value) for value in row[1:]), strict=True))) for row in rows}


def listed(session: Session, batch_number: str, figure: str, *, span: Span | None = None) -> Sequence[HandoverUnit]:
    """List the houses that a figure counts."""
    query = select(HandoverUnit).where(HandoverUnit.batch_number == batch_number, counted(span)[figure])
    return session.scalars(
        query.order_by(HandoverUnit.signed_in_at.is_(None), HandoverUnit.signed_in_at, HandoverUnit.house)
    ).all()


def next_queue_no(session: Session, batch_number: str, since: datetime) -> int:
    """Give the next queue number of a day."""
    query = select(func.max(HandoverUnit.queue_no)).where(HandoverUnit.batch_number == batch_number)
    return (session.scalar(query.where(HandoverUnit.signed_in_at >= since)) or 0) + 1


def search(
    session: Session, batch_number: str, text: str, *, states: Collection[str] = (), limit: int = 40
) -> Sequence[HandoverUnit]:
    """Find houses of a batch by room, code or number (what a QR code holds), in one of some states when given."""
    query = select(HandoverUnit).join(Unit, Unit.id == HandoverUnit.unit_id)
    query = query.where(HandoverUnit.batch_number == batch_number)
    if states:
        query = query.where(HandoverUnit.state.in_(states))
    for piece in text.split():
        wanted = [HandoverUnit.number == piece, HandoverUnit.house.contains(piece, autoescape=True)]
        if squeezed(piece):
            wanted.append(Unit.search.contains(squeezed(piece), autoescape=True))
        query = query.where(or_(*wanted))
    order = (HandoverUnit.queue_no.is_(None), HandoverUnit.signed_in_at, HandoverUnit.house)
    return session.scalars(query.order_by(*order).limit(limit)).all()


def queue(session: Session, batch_number: str, day: tuple[datetime, datetime]) -> Sequence[HandoverUnit]:
    """List who is expected or has come on a day: by queue number, then by slot."""
    query = select(HandoverUnit).outerjoin(Slot, Slot.id == HandoverUnit.slot_id)
    query = query.where(HandoverUnit.batch_number == batch_number, HandoverUnit.open)
    today = (Slot.starts_at >= day[0]) & (Slot.starts_at < day[1])
    query = query.where(today | HandoverUnit.state.in_(AT_WORK))
    order = (HandoverUnit.queue_no.is_(None), HandoverUnit.queue_no, Slot.starts_at, HandoverUnit.house)
    return session.scalars(query.order_by(*order).limit(QUEUE)).all()


def open_tasks(session: Session, instances: Collection[UUID]) -> Sequence[UserTask]:
    """List the open tasks of handovers."""
    query = select(UserTask).where(UserTask.instance_id.in_(instances), UserTask.state == "open")
    return session.scalars(query.order_by(UserTask.created_at)).all()


def instance_of(session: Session, business_key: str) -> ProcessInstance | None:
    """Find the process instance of a batch or a house."""
    return session.scalar(select(ProcessInstance).where(ProcessInstance.business_key == business_key).limit(1))


def late_clocks(session: Session, numbers: Collection[str], now: datetime) -> Sequence[Deadline]:
    """List the clocks of houses that run and are past their end, the longest overdue first."""
    query = select(Deadline).where(Deadline.case_number.in_(numbers), Deadline.open, Deadline.due_at <= now)
    return session.scalars(query.order_by(Deadline.due_at)).all()


def slow(session: Session, batch_number: str, now: datetime) -> Sequence[HandoverUnit]:
    """List the houses of a batch with a clock past its end."""
    late = select(Deadline.id).where(Deadline.case_number == HandoverUnit.number, Deadline.open, Deadline.due_at <= now)
    query = select(HandoverUnit).where(HandoverUnit.batch_number == batch_number, late.exists())
    return session.scalars(query.order_by(HandoverUnit.house).limit(QUEUE)).all()


def checks(session: Session, number: str) -> Mapping[str, StationCheck]:
    """Read the procedure sheet (入住程序表) of a house: station → who countersigned when."""
    rows = session.scalars(select(StationCheck).where(StationCheck.handover_number == number))
    return {row.station: row for row in rows}


def meters(session: Session, number: str) -> Sequence[MeterReading]:
    """List the meter readings of a handover."""
    query = select(MeterReading).where(MeterReading.handover_number == number)
    return session.scalars(query.order_by(MeterReading.id)).all()


def fees(session: Session, unit_id: int) -> Sequence[FeeItem]:
    """List the fees of a house."""
    return session.scalars(select(FeeItem).where(FeeItem.unit_id == unit_id).order_by(FeeItem.id)).all()


def notices(session: Session, number: str) -> Sequence[Notice]:
    """List the letters of a handover, oldest first."""
    return session.scalars(select(Notice).where(Notice.handover_number == number).order_by(Notice.id)).all()


def refusals(session: Session, number: str) -> Sequence[Refusal]:
    """List the refusals of a handover, oldest first."""
    return session.scalars(select(Refusal).where(Refusal.handover_number == number).order_by(Refusal.id)).all()


def defects(session: Session, number: str, *, unassigned: bool = False) -> Sequence[Defect]:
    """List the defects that a handover found; `unassigned`: open ones without an order."""
    query = select(Defect).where(Defect.found_in == number)
    if unassigned:
        query = query.where(Defect.open, Defect.order_number == "")
    return session.scalars(query.order_by(Defect.found_at, Defect.id)).all()


def phase_defects(session: Session, phase_id: int) -> tuple[int, int, int, int]:
    """Count a phase's defects of all inspections: all, closed, open of severity A, open of severity B."""
    query = select(
        func.count(), func.count(case((Defect.open.is_(False), 1))),
        func.count(case(((Defect.open & (Defect.severity == "A")), 1))),
        func.count(case(((Defect.open & (Defect.severity == "B")), 1))),
    ).join(Unit, Unit.id == Defect.unit_id)  # fmt: skip
    row = session.execute(query.where(Unit.phase_id == phase_id)).one()
    return (int(row[0]), int(row[1]), int(row[2]), int(row[3]))


# keys


def key_set(session: Session, key: int) -> KeySet | None:
    """Read a set of keys as it is now."""
    return session.get(KeySet, key, populate_existing=True)


def keys_of(session: Session, unit_id: int) -> Sequence[KeySet]:
    """List the key sets of a house."""
    return session.scalars(select(KeySet).where(KeySet.unit_id == unit_id).order_by(KeySet.id)).all()


def key_moves(session: Session, keys: Collection[int]) -> Sequence[KeyMovement]:
    """List the movements of key sets, newest first."""
    query = select(KeyMovement).where(KeyMovement.key_set_id.in_(keys))
    return session.scalars(query.order_by(KeyMovement.at.desc(), KeyMovement.id.desc())).all()


def move_keys(session: Session, key: int, *, before: str, after: str, holder: str, due: datetime | None) -> bool:
    """Give a set of keys another holder if it is still in the state one takes it to be in; False otherwise."""
    values = {"state": after, "holder": holder, "due_back_at": due, "revision": KeySet.revision + 1}
    moving = update(KeySet).where(KeySet.id == key, KeySet.state == before).values(values)
    return session.execute(moving.returning(KeySet.id)).first() is not None


def key_register(
    session: Session, scopes: frozenset[str] | None, *, state: str = "", text: str = "", limit: int = 100
) -> Sequence[tuple[KeySet, Unit, str]]:
    """List key sets with house and project: lent ones by the day they are due back, others by house."""
    query = select(KeySet, Unit, Project.code).join(Unit, Unit.id == KeySet.unit_id)
    query = query.join(Project, Project.id == Unit.project_id)
    if scopes is not None:
        query = query.where(Project.code.in_(scopes))
    if state:
        query = query.where(KeySet.state == state)
    for piece in text.split():
        wanted = [Unit.code.contains(piece, autoescape=True), KeySet.holder.contains(piece, autoescape=True)]
        if squeezed(piece):
            wanted.append(Unit.search.contains(squeezed(piece), autoescape=True))
        query = query.where(or_(*wanted))
    order = (KeySet.due_back_at.is_(None), KeySet.due_back_at, Unit.code, KeySet.id)
    return [(row[0], row[1], row[2]) for row in session.execute(query.order_by(*order).limit(limit))]


def keys_late(session: Session, scopes: frozenset[str] | None, now: datetime) -> int:
    """Count the key sets that are lent and past the day they were due back."""
    query = select(func.count()).select_from(KeySet).join(Unit, Unit.id == KeySet.unit_id)
    query = query.join(Project, Project.id == Unit.project_id)
    query = query.where(KeySet.state == "借出", KeySet.due_back_at < now)
    return session.scalar(query if scopes is None else query.where(Project.code.in_(scopes))) or 0
