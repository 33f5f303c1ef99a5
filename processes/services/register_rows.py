"""Registers whose rows are more than one table row: checklists by version, layouts with rooms, defects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import select

from engine.errors import N_, InvalidInputError
from processes.services.register_columns import Register, named
from storage.tables.defects import Defect, DefectEvent
from storage.tables.estate import Part, Project, Unit
from storage.tables.inspections import Checklist, ChecklistItem, InspectionBatch, Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Rows:
    """How a register finds, reads and writes its rows, where columns alone do not say it."""

    cells: Callable[[Session, Register, Any], dict[str, Any]]
    find: Callable[[Session, Mapping[str, Any]], Any]
    write: Callable[[Session, Any, Mapping[str, Any], datetime], str]


def _changed(row: Any, wanted: Mapping[str, Any]) -> str:
    changed = {key: value for key, value in wanted.items() if getattr(row, key) != value}
    for key, value in changed.items():
        setattr(row, key, value)
    return "changed" if changed else "same"


# Checklists: a line is an item; the version it names is made with its first line, and stays as it is once in use


def _item_cells(session: Session, register: Register, row: ChecklistItem) -> dict[str, Any]:
    head = session.get_one(Checklist, row.checklist_id)
    whole = {"checklist": head.code, "version": head.version, "name": head.name, "kind": head.kind}
    return {column.key: whole.get(column.key, getattr(row, column.key, None)) for column in register.columns}


def _head(session: Session, values: Mapping[str, Any]) -> Checklist | None:
    query = select(Checklist).where(Checklist.code == values["checklist"], Checklist.version == values["version"])
    return session.scalar(query)


def _find_item(session: Session, values: Mapping[str, Any]) -> ChecklistItem | None:
    head = _head(session, values)
    query = select(ChecklistItem).where(ChecklistItem.code == values["code"])
    return session.scalar(query.where(ChecklistItem.checklist_id == head.id)) if head else None


def _write_item(session: Session, row: ChecklistItem | None, values: Mapping[str, Any], _now: datetime) -> str:
    head = _head(session, values)
    about = {"name": values["name"], "kind": values["kind"]}
    wanted = {"text": values["text"], "sort": values["sort"] or 0}
    wanted |= {key: values[key] or "" for key in ("code", "room", "part", "measure")}
    if head is None:
        head = Checklist(code=values["checklist"], version=values["version"], active=True, **about)
        session.add(head)
        session.flush()
    same = row is not None and all(getattr(row, key) == value for key, value in wanted.items())
    if same and all(getattr(head, key) == value for key, value in about.items()):
        return "same"
    used = select(InspectionBatch.number).where(InspectionBatch.checklist_id == head.id)
    number = session.scalar(used.order_by(InspectionBatch.id))
    if number is not None:
        message = N_("Version {version} is used by inspection {number}: give the changed list a new version number.")
        raise InvalidInputError(message, version=head.version, number=number)
    outcome = _changed(head, about)
    if row is None:
        session.add(ChecklistItem(checklist_id=head.id, **wanted))
        outcome = "accepted"
    elif _changed(row, wanted) == "changed":
        outcome = "changed"
    session.flush()
    return outcome


# Layouts: rooms keep their places on the floor plan


def _layout_cells(session: Session, register: Register, row: Layout) -> dict[str, Any]:
    code = session.get_one(Project, row.project_id).code
    return {column.key: code if column.kind == "ref" else getattr(row, column.key) for column in register.columns}


def _find_layout(session: Session, values: Mapping[str, Any]) -> Layout | None:
    query = select(Layout).where(Layout.project_id == values["project_id"], Layout.code == values["code"])
    return session.scalar(query)


def _write_layout(session: Session, row: Layout | None, values: Mapping[str, Any], _now: datetime) -> str:
    codes = {code for room in values["rooms"] for code in room["parts"]}
    known = set(session.scalars(select(Part.code).where(Part.code.in_(codes))))
    if codes - known:
        raise InvalidInputError(N_("{column}: there is no “{value}”."), column="部位", value=min(codes - known))
    before = {room["name"]: room for room in (row.rooms if row else [])}
    rooms = [{**before.get(room["name"], {}), **room} for room in values["rooms"]]
    wanted = {"name": values["name"] or "", "rooms": rooms}
    if row is None:
        session.add(Layout(project_id=values["project_id"], code=values["code"], **wanted))
        session.flush()
        return "accepted"
    outcome = _changed(row, wanted)
    session.flush()
    return outcome


# Defects: by the id of the export or any key of the file's own; those in an order belong to their process


def defect_id(text: str) -> UUID:
    """Give the id a file's key stands for: the id itself, or one made of the key, the same at each import."""
    try:
        return UUID(text)
    except ValueError:
        return uuid5(NAMESPACE_URL, f"defect:{text}")


def _defect_cells(session: Session, register: Register, row: Defect) -> dict[str, Any]:
    return {
        column.key: named(session, column, getattr(row, column.key))
        if column.kind == "ref"
        else str(row.id)
        if column.key == "id"
        else getattr(row, column.key)
        for column in register.columns
    }


def _find_defect(session: Session, values: Mapping[str, Any]) -> Defect | None:
    return session.get(Defect, defect_id(str(values["id"])))


def _write_defect(session: Session, row: Defect | None, values: Mapping[str, Any], now: datetime) -> str:
    wanted = {key: values[key] or "" for key in ("room", "part", "problem", "trade", "severity", "text", "found_by")}
    wanted |= {key: values[key] for key in ("unit_id", "responsible_id", "repair_id")}
    unit = session.get_one(Unit, values["unit_id"])
    if row is None:
        wanted |= {"house": unit.code, "project": session.get_one(Project, unit.project_id).code}
        row = Defect(id=defect_id(str(values["id"])), found_at=values["found_at"], **wanted)
        session.add(row)
        session.flush()
        session.add(DefectEvent(defect_id=row.id, at=now, actor=values["found_by"], kind="导入", text=wanted["text"]))
        return "accepted"
    if all(getattr(row, key) == value for key, value in wanted.items()):
        return "same"
    if row.order_number or not row.open:
        message = N_("Defect {id} is already in an order or closed.")
        raise InvalidInputError(message, id=row.order_number or str(row.id))
    wanted["house"], row.revision = unit.code, row.revision + 1
    _changed(row, wanted)
    session.flush()
    return "changed"


ROWS: Mapping[str, Rows] = {
    "checklists": Rows(_item_cells, _find_item, _write_item),
    "layouts": Rows(_layout_cells, _find_layout, _write_layout),
    "defects": Rows(_defect_cells, _find_defect, _write_defect),
}
