"""The inspector's phone (U01): the houses he takes along, and the rows it sends when there is a network (AC15).

A row that somebody else has changed since comes back with his version beside the sentence, for the inspector to choose.
Who may: whoever may complete the visit's task. What is recorded and how, `inspections` says.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func, or_, select

from engine import access, attachments
from engine.access import Action
from engine.core.calendar import CHINA
from engine.errors import N_, ConflictError, InvalidInputError, NotFoundError
from processes.services import inspections
from storage import inspections as rows
from storage import instances as instance_rows
from storage import people as staff
from storage.tables.defects import Defect
from storage.tables.estate import Building, Unit
from storage.tables.inspections import InspectionResult, InspectionUnit
from storage.tables.work import Attachment, UserTask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.attachments import Prepared
    from engine.connectors import Registry
    from storage.files import Files

VISIT = "U01"
FIELDS = ("photos", "inspector_signature")
MOST_HOUSES, MOST_PHOTOS, MOST_STROKES, MOST_POINTS = 500, 6, 60, 400
LIKELY = {
    **dict.fromkeys(("防水", "屋面防水"), ("防水", "土建")),
    **dict.fromkeys(("装修", "家电其他"), ("精装", "门窗", "土建")),
    **dict.fromkeys(("管线设备", "灯具开关", "管道堵塞"), ("机电",)),
    "主体结构": ("土建",),
}
"""Trades whose problems come first for a part, by the part's class of warranty."""
IN_NAME = {"门窗": ("门", "窗")}


@dataclass(frozen=True, slots=True)
class HouseCard:
    """A house in the inspector's list. `today`: it is planned for today or earlier, or has no day."""

    number: str
    unit: str
    building: str
    entrance: str
    room: str
    floor: str
    project: str
    planned_on: str
    today: bool
    state: str
    answered: int
    defects: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row that was sent: as it stands now, or why not, with the other's version in `row`."""

    row: Mapping[str, Any]
    conflict: ConflictError | None = None


# Which houses


def houses(session: Session, viewer: Viewer, *, now: datetime) -> tuple[HouseCard, ...]:
    """List the houses whose visit a person may make, those of today first, by building, entrance and room."""
    query = (
        select(InspectionUnit, UserTask, Unit, Building.code)
        .join(UserTask, UserTask.instance_id == InspectionUnit.instance_id)
        .join(Unit, Unit.id == InspectionUnit.unit_id)
        .join(Building, Building.id == Unit.building_id)
        .where(InspectionUnit.open, UserTask.state == "open", UserTask.element_id == VISIT)
    )
    if not viewer.is_admin:
        query = query.where(or_(UserTask.assignee.in_(viewer.logins), UserTask.assignee == ""))
    order = (Building.code, Unit.entrance, func.length(Unit.room), Unit.room)
    found = [
        row for row in session.execute(query.order_by(*order)) if access.allowed(viewer, Action.TASK_COMPLETE, row[1])
    ][:MOST_HOUSES]
    numbers = [row[0].number for row in found]
    answered = _counts(session, InspectionResult.inspection_number, numbers)
    defects = _counts(session, Defect.found_in, numbers, Defect.state != rows.VOID)
    today = now.astimezone(CHINA).date()
    cards = [
        HouseCard(
            number=row.number,
            unit=unit.code,
            building=building,
            entrance=unit.entrance,
            room=unit.room,
            floor=unit.room[:-2].lstrip("0"),
            project=row.project,
            planned_on=row.planned_on.isoformat() if row.planned_on else "",
            today=row.planned_on is None or row.planned_on <= today,
            state=row.state,
            answered=answered.get(row.number, 0),
            defects=defects.get(row.number, 0),
        )
        for row, _task, unit, building in found
    ]
    return tuple(sorted(cards, key=lambda card: not card.today))


def _counts(session: Session, column: Any, numbers: Sequence[str], *conditions: Any) -> dict[str, int]:
    query = select(column, func.count()).where(column.in_(numbers), *conditions).group_by(column)
    return {str(row[0]): int(row[1]) for row in session.execute(query)}


def number_of(session: Session, viewer: Viewer, unit: str, *, now: datetime) -> str:
    """Find the visit of a house by the house's code, as its QR code names it. NotFoundError when none waits for him."""
    found = next((card.number for card in houses(session, viewer, now=now) if card.unit == unit), None)
    if found is None:
        raise NotFoundError(N_("No inspection of {house} waits for you."), house=unit)
    return found


def _visit(session: Session, viewer: Viewer, number: str, *, hold: bool = False) -> tuple[InspectionUnit, UserTask]:
    """Read a house and its open task, held against others if asked.

    Raises:
        NotFoundError: no such visit for this viewer. ConflictError: it is over, or somebody else makes it.
    """
    row = rows.house(session, number)
    if row is None or row.instance_id is None:
        raise NotFoundError(N_("There is no inspection {number}."), number=number)
    if hold:
        instance_rows.lock(session, row.instance_id)
    query = select(UserTask).where(UserTask.instance_id == row.instance_id, UserTask.element_id == VISIT)
    task = session.scalars(query.order_by((UserTask.state == "open").desc(), UserTask.created_at.desc())).first()
    if task is None or not access.allowed(viewer, Action.TASK_VIEW, task):
        raise NotFoundError(N_("There is no inspection {number}."), number=number)
    if task.state != "open":
        raise ConflictError(N_("The inspection of {house} is over: {state}."), house=row.house, state=row.state)
    try:
        access.require(viewer, Action.TASK_COMPLETE, task)
    except ConflictError as taken:
        name = staff.names(session, [task.assignee]).get(task.assignee, task.assignee)
        raise ConflictError(taken.template, user=name) from taken
    return row, task


def take_along(session: Session, viewer: Viewer, number: str) -> dict[str, Any]:
    """Give all that the phone needs of a house without network, as JSON values."""
    row, _task = _visit(session, viewer, number)
    sheet = inspections.checklist_of(session, number)
    names = dict(sheet.parts)
    classes = {part.code: part.warranty_class for part in rows.parts(session)}
    lines = [asdict(line) for line in sheet.lines]
    return {
        "number": number,
        "unit": row.house,
        "batch": sheet.batch,
        "state": sheet.state,
        "planned_on": sheet.planned_on,
        "plan": bool(sheet.plan),
        "rooms": [
            {
                "name": room.name,
                "box": list(room.box),
                "parts": [
                    {"code": code, "name": names.get(code, code), "likely": _likely(code, classes.get(code, ""))}
                    for code in room.parts
                ],
                "lines": [line for line in lines if line["room"] == room.name],
            }
            for room in sheet.rooms
        ],
        "problems": [
            {"code": code, "name": name, "trade": trade, "severity": severity}
            for code, name, trade, severity in sheet.problems
        ],
        "results": [_result(one) for one in rows.results(session, number)],
        "defects": [asdict(one) for one in sheet.defects],
        "finished": False,
    }


def _likely(code: str, warranty_class: str) -> list[str]:
    """Say which trades' problems come first for a part."""
    named = [trade for trade, words in IN_NAME.items() if any(word in code for word in words)]
    return list(dict.fromkeys([*named, *LIKELY.get(warranty_class, ())]))


def plan_of(session: Session, viewer: Viewer, number: str, *, files: Files) -> Path:
    """Find the floor plan of a house. Raises NotFoundError when its layout has none."""
    row, _task = _visit(session, viewer, number)
    layout = rows.layout_of(session, session.get_one(Unit, row.unit_id))
    if layout is None or not layout.plan:
        raise NotFoundError(N_("There is no floor plan of {house}."), house=row.house)
    return files.path(layout.plan)


# What the phone sends


def put_result(session: Session, viewer: Viewer, number: str, body: Mapping[str, Any], *, now: datetime) -> Outcome:
    """Keep the answer to one line. Raises InvalidInputError, NotFoundError, ConflictError when the visit is over."""
    _visit(session, viewer, number, hold=True)
    room, item = _text(body, "room", 60), _text(body, "item", 60)
    known = {(line.room, line.item) for line in inspections.checklist_of(session, number).lines}
    if (room, item) not in known:
        raise InvalidInputError(N_("The checklist of this house has no line {line}."), line=f"{room} {item}")
    conflict: ConflictError | None = None
    try:
        inspections.record_result(
            session, viewer, number, id=_id(body), room=room, item=item, result=_text(body, "result", 10),
            value=_text(body, "value", 60), note=_text(body, "note", 500), revision=_revision(body), now=now,
        )  # fmt: skip
    except ConflictError as problem:
        conflict = problem
    found = rows.result_at(session, number, room, item)
    return Outcome(_result(found) if found else {}, conflict)


def _result(row: InspectionResult) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in ("room", "item", "result", "value", "note", "revision")}
    return {"id": str(row.id), **values}


def put_defect(session: Session, viewer: Viewer, number: str, body: Mapping[str, Any], *, now: datetime) -> Outcome:
    """Keep a defect. Raises InvalidInputError, NotFoundError, ConflictError when the visit is over."""
    _row, task = _visit(session, viewer, number, hold=True)
    key, removed = _id(body), body.get("gone") is True
    known = session.get(Defect, key)
    if known is not None and known.found_in != number:
        raise InvalidInputError(N_("This defect belongs to another inspection."))
    photos = _photos(session, task, body.get("photos"))
    if not photos and not removed:
        raise InvalidInputError(N_("A defect needs at least one photo."))
    conflict: ConflictError | None = None
    try:
        inspections.record_defect(
            session, viewer, number, id=key, room=_text(body, "room", 60), part=_text(body, "part", 60),
            problem=_text(body, "problem", 60), text=_text(body, "text", 500), severity=_text(body, "severity", 4),
            plan_x=_place(body, "plan_x"), plan_y=_place(body, "plan_y"), photos=photos, revision=_revision(body),
            removed=removed, now=now,
        )  # fmt: skip
    except ConflictError as problem:
        conflict = problem
    found = session.get_one(Defect, key)
    return Outcome(_defect(found), conflict)


def _defect(row: Defect) -> dict[str, Any]:
    names = ("room", "part", "problem", "text", "severity", "plan_x", "plan_y", "photos", "state", "open", "revision")
    return {"id": str(row.id), "gone": row.state == rows.VOID, **{name: getattr(row, name) for name in names}}


def put_photo(
    session: Session,
    viewer: Viewer,
    number: str,
    *,
    key: str,
    field: str,
    ready: Prepared,
    now: datetime,
    files: Files,
) -> dict[str, Any]:
    """Keep a picture under the phone's own id: a photo of a defect, or the inspector's signature.

    Raises InvalidInputError, NotFoundError, ConflictError when the visit is over.
    """
    _row, task = _visit(session, viewer, number, hold=True)
    if field not in FIELDS:
        raise InvalidInputError(N_("A picture is a photo of a defect or a signature."))
    kept = attachments.put(
        session, viewer, task_id=task.id, field=field, filename=ready.name, stream=ready, now=now, files=files,
        key=_id({"id": key}),
    )  # fmt: skip
    return {"id": str(kept.id), "size": kept.size, "width": kept.width, "height": kept.height}


def finish(
    session: Session, viewer: Viewer, number: str, body: Mapping[str, Any], *, now: datetime, registry: Registry
) -> dict[str, Any]:
    """End the visit. Sent again by the same person it stays ended.

    Raises InvalidInputError, NotFoundError, ConflictError when somebody else has ended it.
    """
    try:
        _row, task = _visit(session, viewer, number, hold=True)
    except ConflictError:
        row = inspections.visible(session, viewer, number)
        if _ended_by(session, row) in viewer.logins:
            return {"id": str(_id(body)), "state": row.state}
        raise
    key = str(_id(body))
    signature = _uuid(body.get("signature"))
    signed = session.get(Attachment, signature) if signature else None
    if signed is None or signed.task_id != task.id or signed.field != "inspector_signature":
        raise InvalidInputError(N_("The inspector's signature is missing."))
    state = inspections.finish(
        session, viewer, number, signature=str(signature), witness=_text(body, "witness", 120),
        remark=_text(body, "remark", 1000), now=now, registry=registry,
    )  # fmt: skip
    return {"id": key, "state": state}


def _ended_by(session: Session, row: InspectionUnit) -> str:
    query = select(UserTask.completed_by).where(UserTask.instance_id == row.instance_id, UserTask.element_id == VISIT)
    return session.scalars(query.where(UserTask.state == "completed")).first() or ""


# Reading what came


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _id(body: Mapping[str, Any]) -> UUID:
    found = _uuid(body.get("id"))
    if found is None:
        raise InvalidInputError(N_("The row has no id."))
    return found


def _text(body: Mapping[str, Any], name: str, longest: int) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > longest or "\x00" in value:
        raise InvalidInputError(N_("“{field}” takes a text of at most {limit} characters."), field=name, limit=longest)
    return value.strip()


def _revision(body: Mapping[str, Any]) -> int:
    value = body.get("revision", 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise InvalidInputError(N_("The revision must be a whole number."))
    return value


def _place(body: Mapping[str, Any], name: str) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if not _share(value):
        raise InvalidInputError(N_("A place on the floor plan lies between 0 and 1."))
    return round(float(value), 4)


def _share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _photos(session: Session, task: UserTask, given: Any) -> list[dict[str, Any]]:
    """Read the photos of a defect: each was sent before, with marks as lists of points beside it."""
    wrong = InvalidInputError(N_("The photos of a defect cannot be read."))
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise wrong
    if len(given) > MOST_PHOTOS:
        raise InvalidInputError(N_("A defect takes at most {limit} photos."), limit=MOST_PHOTOS)
    found = []
    for one in given:
        key = _uuid(one.get("attachment"))
        photo = session.get(Attachment, key) if key else None
        if photo is None or photo.instance_id != task.instance_id or photo.removed_at is not None:
            raise InvalidInputError(N_("A photo of this defect has not arrived yet."))
        found.append({"attachment": str(key), "kind": "before", "marks": _marks(one.get("marks", []), wrong)})
    return found


def _marks(given: Any, wrong: InvalidInputError) -> list[list[list[float]]]:
    if not isinstance(given, list) or len(given) > MOST_STROKES:
        raise wrong
    marks = []
    for stroke in given:
        if not isinstance(stroke, list) or len(stroke) > MOST_POINTS:
            raise wrong
        if not all(isinstance(point, list) and len(point) == 2 and all(map(_share, point)) for point in stroke):  # noqa: PLR2004  x and y
            raise wrong
        marks.append([[round(float(x), 4), round(float(y), 4)] for x, y in stroke])
    return marks
