"""What an inspector takes with him for one house: rooms, lines of the checklist, what was answered and found so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine.errors import N_, NotFoundError
from storage import inspections as rows
from storage.tables.estate import Unit
from storage.tables.work import UserTask

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.tables.defects import Defect
    from storage.tables.inspections import InspectionResult, InspectionUnit


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to look at in one room, and what was answered; `revision` 0 while nothing was."""

    room: str
    item: str
    text: str
    part: str
    measure: str
    result: str = ""
    value: str = ""
    note: str = ""
    revision: int = 0
    id: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """A room of the layout with its parts (codes) and its box on the floor plan (x, y, width, height, 0 to 1)."""

    name: str
    parts: tuple[str, ...]
    box: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A defect as a device keeps it."""

    id: str
    room: str
    part: str
    problem: str
    text: str
    severity: str
    trade: str
    plan_x: float | None
    plan_y: float | None
    photos: tuple[Any, ...]
    state: str
    open: bool
    revision: int


@dataclass(frozen=True, slots=True)
class Checklist:
    """All that an inspector takes with him for a house. `task_id`: the open task of the visit, "" when it is done.

    `problems`: (code, name, trade, severity); `plan`: the floor plan in the file store, "" when there is none.
    """

    number: str
    batch: str
    house: str
    project: str
    state: str
    inspector: str
    planned_on: str
    layout: str
    plan: str
    rooms: tuple[Room, ...]
    lines: tuple[Line, ...]
    defects: tuple[Found, ...]
    problems: tuple[tuple[str, str, str, str], ...]
    parts: tuple[tuple[str, str], ...]
    task_id: str = ""


def checklist_of(session: Session, number: str) -> Checklist:
    """Give the whole checklist of a house with what was recorded so far (see `visible` for the right to it)."""
    row = rows.house(session, number)
    if row is None:
        raise NotFoundError(N_("There is no inspection {number}."), number=number)
    unit = session.get_one(Unit, row.unit_id)
    layout = rows.layout_of(session, unit)
    task = task_of(session, row)
    return Checklist(
        number=row.number,
        batch=row.batch_number,
        house=row.house,
        project=row.project,
        state=row.state,
        inspector=row.inspector,
        planned_on=row.planned_on.isoformat() if row.planned_on else "",
        layout=unit.layout,
        plan=layout.plan if layout else "",
        rooms=rooms_of(session, unit),
        lines=lines_of(session, row),
        defects=tuple(_found(one) for one in rows.defects(session, number)),
        problems=tuple((one.code, one.name, one.trade, one.severity) for one in rows.problems(session)),
        parts=tuple((one.code, one.name) for one in rows.parts(session)),
        task_id=str(task.id) if task else "",
    )


def rooms_of(session: Session, unit: Unit) -> tuple[Room, ...]:
    """List the rooms of a house by its layout; without one, the rooms of the part tree."""
    layout = rows.layout_of(session, unit)
    if layout is not None and layout.rooms:
        return tuple(
            Room(str(one["name"]), tuple(one.get("parts") or ()), tuple(one.get("box") or ())) for one in layout.rooms
        )
    known = rows.parts(session)
    below: dict[int | None, list[str]] = {}
    for part in known:
        below.setdefault(part.parent_id, []).append(part.code)
    return tuple(Room(part.name, tuple(below.get(part.id, ()))) for part in known if part.parent_id is None)


def lines_of(session: Session, row: InspectionUnit) -> tuple[Line, ...]:
    """List the lines of a house's checklist, room by room, with the answers so far."""
    batch = rows.batch(session, row.batch_number)
    unit = session.get_one(Unit, row.unit_id)
    given = {(one.room, one.item): one for one in rows.results(session, row.number)}
    found = []
    items = rows.items(session, batch.checklist_id if batch else None)
    for room in rooms_of(session, unit):
        for item in items:
            if (item.room and item.room != room.name) or (item.part and item.part not in room.parts):
                continue
            line = Line(room.name, item.code, item.text, item.part, item.measure)
            answer = given.get((room.name, item.code))
            found.append(line if answer is None else _answered(line, answer))
    return tuple(found)


def _answered(line: Line, answer: InspectionResult) -> Line:
    return Line(
        line.room, line.item, line.text, line.part, line.measure, answer.result, answer.value, answer.note,
        answer.revision, str(answer.id),
    )  # fmt: skip


def _found(defect: Defect) -> Found:
    return Found(
        str(defect.id), defect.room, defect.part, defect.problem, defect.text, defect.severity, defect.trade,
        defect.plan_x, defect.plan_y, tuple(defect.photos), defect.state, defect.open, defect.revision,
    )  # fmt: skip


def task_of(session: Session, row: InspectionUnit, element: str = "U01") -> UserTask | None:
    """Find the open task of a house."""
    query = select(UserTask).where(UserTask.instance_id == row.instance_id, UserTask.state == "open")
    return session.scalars(query.where(UserTask.element_id == element)).first()
