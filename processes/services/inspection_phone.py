"""The inspector's phone (U01, U03): the houses he takes along, and the rows it sends when there is a network (AC15).

A row that somebody else has changed since comes back with his version beside the sentence, for the inspector to choose.
Who may: whoever may complete the visit's task. What is recorded and how, `inspections` says.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from engine import access, attachments
from engine.access import Action
from engine.core.calendar import CHINA
from engine.errors import N_, ConflictError, InvalidInputError, NotFoundError
from processes.services import inspection_rechecks, inspections
from processes.services.phone_rows import id_of, photos_of, place_of, revision_of, text_of, uuid_of
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
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.attachments import Prepared
    from engine.connectors import Registry
    from storage.files import Files
    from storage.tables.inspections import DefectRecheck

VISIT, RECHECK = "U01", inspection_rechecks.RECHECK
VISITS = (VISIT, RECHECK)
FIELDS = ("photos", "inspector_signature")
MOST_HOUSES = 500
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
    """A house in the inspector's list. `today`: it is planned for today or earlier, or has no day.

    `visit`: the task's key, another one when the house is visited again; `recheck`: what was repaired is looked at.
    """

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
    visit: str
    recheck: bool
    unit_id: int


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
        .where(InspectionUnit.open, UserTask.state == "open", UserTask.element_id.in_(VISITS))
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
            visit=str(task.id),
            recheck=task.element_id == RECHECK,
            unit_id=unit.id,
        )
        for row, task, unit, building in found
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


def _visit(
    session: Session, viewer: Viewer, number: str, *, hold: bool = False, visit: str = ""
) -> tuple[InspectionUnit, UserTask]:
    """Read a house and its open task, held against others if asked. `visit`: the task that a row was made for.

    Raises:
        NotFoundError: no such visit for this viewer. ConflictError: it is over, or somebody else makes it.
    """
    row = rows.house(session, number)
    if row is None or row.instance_id is None:
        raise NotFoundError(N_("There is no inspection {number}."), number=number)
    if hold:
        instance_rows.lock(session, row.instance_id)
    query = select(UserTask).where(UserTask.instance_id == row.instance_id, UserTask.element_id.in_(VISITS))
    task = session.scalars(query.order_by((UserTask.state == "open").desc(), UserTask.created_at.desc())).first()
    if task is None or not access.allowed(viewer, Action.TASK_VIEW, task):
        raise NotFoundError(N_("There is no inspection {number}."), number=number)
    if task.state != "open" or visit not in ("", str(task.id)):
        raise ConflictError(N_("The inspection of {house} is over: {state}."), house=row.house, state=row.state)
    try:
        access.require(viewer, Action.TASK_COMPLETE, task)
    except ConflictError as taken:
        name = staff.names(session, [task.assignee]).get(task.assignee, task.assignee)
        raise ConflictError(taken.template, user=name) from taken
    return row, task


def take_along(session: Session, viewer: Viewer, number: str) -> dict[str, Any]:
    """Give all that the phone needs of a house without network, as JSON values."""
    row, task = _visit(session, viewer, number)
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
        "visit": str(task.id),
        **(_recheck(session, task, number) if task.element_id == RECHECK else {"recheck": False}),
    }


def _recheck(session: Session, task: UserTask, number: str) -> dict[str, Any]:
    """Say which defects are looked at again, and what was seen of them so far; others found now are new ones."""
    seen = inspection_rechecks.seen(session, task.id)
    return {
        "recheck": True,
        "due": [str(one.id) for one in inspection_rechecks.due(session, number)],
        "rechecks": [_seen(one) for one in seen.values()],
    }


def _seen(row: DefectRecheck) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in ("passed", "note", "photos", "revision")}
    return {"id": str(row.id), "defect": str(row.defect_id), **values}


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
    _visit(session, viewer, number, hold=True, visit=text_of(body, "visit", 40))
    room, item = text_of(body, "room", 60), text_of(body, "item", 60)
    known = {(line.room, line.item) for line in inspections.checklist_of(session, number).lines}
    if (room, item) not in known:
        raise InvalidInputError(N_("The checklist of this house has no line {line}."), line=f"{room} {item}")
    conflict: ConflictError | None = None
    try:
        inspections.record_result(
            session, viewer, number, id=id_of(body), room=room, item=item, result=text_of(body, "result", 10),
            value=text_of(body, "value", 60), note=text_of(body, "note", 500), revision=revision_of(body), now=now,
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
    _row, task = _visit(session, viewer, number, hold=True, visit=text_of(body, "visit", 40))
    key, removed = id_of(body), body.get("gone") is True
    known = session.get(Defect, key)
    if known is not None and known.found_in != number:
        raise InvalidInputError(N_("This defect belongs to another inspection."))
    photos = photos_of(session, task, body.get("photos"))
    if not photos and not removed:
        raise InvalidInputError(N_("A defect needs at least one photo."))
    conflict: ConflictError | None = None
    try:
        inspections.record_defect(
            session, viewer, number, id=key, room=text_of(body, "room", 60), part=text_of(body, "part", 60),
            problem=text_of(body, "problem", 60), text=text_of(body, "text", 500),
            severity=text_of(body, "severity", 4),
            plan_x=place_of(body, "plan_x"), plan_y=place_of(body, "plan_y"), photos=photos, revision=revision_of(body),
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
        key=id_of({"id": key}),
    )  # fmt: skip
    return {"id": str(kept.id), "size": kept.size, "width": kept.width, "height": kept.height}


def put_recheck(session: Session, viewer: Viewer, number: str, body: Mapping[str, Any], *, now: datetime) -> Outcome:
    """Keep what was seen of a repaired defect. Raises InvalidInputError, NotFoundError, ConflictError."""
    _row, task = _visit(session, viewer, number, hold=True, visit=text_of(body, "visit", 40))
    if task.element_id != RECHECK:
        raise InvalidInputError(N_("This house is not being rechecked."))
    defect = uuid_of(body.get("defect")) or id_of(body)
    content = {
        "passed": text_of(body, "passed", 10), "note": text_of(body, "note", 200),
        "photos": photos_of(session, task, body.get("photos"), "after"),
    }  # fmt: skip
    conflict: ConflictError | None = None
    try:
        inspection_rechecks.keep(
            session, viewer, task, number, defect, content, key=id_of(body), revision=revision_of(body), now=now
        )
    except ConflictError as problem:
        conflict = problem
    return Outcome(_seen(inspection_rechecks.seen(session, task.id)[defect]), conflict)


def finish(
    session: Session, viewer: Viewer, number: str, body: Mapping[str, Any], *, now: datetime, registry: Registry
) -> dict[str, Any]:
    """End the visit or the recheck. Sent again by the same person it stays ended.

    Raises InvalidInputError, NotFoundError, ConflictError when somebody else has ended it.
    """
    visit = text_of(body, "visit", 40)
    try:
        row, task = _visit(session, viewer, number, hold=True, visit=visit)
    except ConflictError:
        row = inspections.visible(session, viewer, number)
        if _ended_by(session, row, uuid_of(visit)) in viewer.logins:
            return {"id": str(id_of(body)), "state": row.state}
        raise
    key = str(id_of(body))
    if task.element_id == RECHECK:
        agreed = text_of(body, "agreed_by", 60)
        inspection_rechecks.finish(session, viewer, task, number, agreed_by=agreed, now=now, registry=registry)
        return {"id": key, "state": row.state}
    signature = uuid_of(body.get("signature"))
    signed = session.get(Attachment, signature) if signature else None
    if signed is None or signed.task_id != task.id or signed.field != "inspector_signature":
        raise InvalidInputError(N_("The inspector's signature is missing."))
    state = inspections.finish(
        session, viewer, number, signature=str(signature), witness=text_of(body, "witness", 120),
        remark=text_of(body, "remark", 1000), now=now, registry=registry,
    )  # fmt: skip
    return {"id": key, "state": state}


def _ended_by(session: Session, row: InspectionUnit, visit: UUID | None) -> str:
    """Say who ended a visit: the one named, else the first."""
    query = select(UserTask.completed_by).where(UserTask.instance_id == row.instance_id)
    query = query.where(UserTask.id == visit if visit else UserTask.element_id == VISIT)
    return session.scalars(query.where(UserTask.state == "completed")).first() or ""
