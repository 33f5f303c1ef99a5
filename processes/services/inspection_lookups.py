"""What the forms of inspection look up: buildings, checklists, lines, rooms, kinds of problem, defects of the house."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from processes.services import inspection_sheet as sheet
from storage import inspections as rows
from storage.tables.defects import Defect
from storage.tables.estate import Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from engine.access import Viewer

    Context = Mapping[str, Any]
    Options = list[dict[str, str]]

LIMIT = 60


def _chosen(found: Options, typed: str, context: Context) -> Options:
    """Narrow options to the one of a value, else to what was typed."""
    if "value" in context:
        return [one for one in found if one["value"] == str(context["value"])]
    piece = typed.strip()
    return [one for one in found if piece in one["label"] or piece in one["value"]][:LIMIT]


def _option(value: str, label: str = "", hint: str = "") -> dict[str, str]:
    return {"value": value, "label": label or value, "hint": hint}


def buildings(session: Session, _viewer: Viewer, typed: str, context: Context) -> Options:
    """Buildings of the batch's phase."""
    batch = rows.batch(session, str(context.get("batch_number") or ""))
    found = rows.buildings_of(session, batch.phase_id) if batch else ()
    return _chosen([_option(one.code) for one in found], typed, context)


def checklists(session: Session, _viewer: Viewer, typed: str, context: Context) -> Options:
    """Published checklists, newest versions, those for the finish of the houses first."""
    finish = context.get("finish")
    found = sorted(rows.checklists(session), key=lambda one: (one.kind != finish, one.code))
    options = [_option(f"{one.code}@{one.version}", f"{one.name} v{one.version}", one.kind) for one in found]
    return _chosen(options, typed, context)


def checklist_items(session: Session, _viewer: Viewer, typed: str, context: Context) -> Options:
    """What the batch's checklist looks at."""
    batch = rows.batch(session, str(context.get("batch_number") or ""))
    found = rows.items(session, batch.checklist_id if batch else None)
    return _chosen([_option(one.code, one.text, one.measure) for one in found], typed, context)


def rooms(session: Session, _viewer: Viewer, typed: str, context: Context) -> Options:
    """Rooms of the house by its layout."""
    row = rows.house(session, str(context.get("unit_number") or ""))
    found = sheet.rooms_of(session, session.get_one(Unit, row.unit_id)) if row else ()
    return _chosen([_option(one.name) for one in found], typed, context)


def problems(session: Session, _viewer: Viewer, typed: str, context: Context) -> Options:
    """Kinds of problem by trade."""
    found = [_option(one.code, hint=one.severity) for one in rows.problems(session)]
    return _chosen(found, typed, context)


def defects(session: Session, _viewer: Viewer, typed: str, context: Context) -> Options:
    """Defects that the inspection of the house found."""
    number = str(context.get("unit_number") or "")
    if "value" in context:
        one = session.get(Defect, UUID(str(context["value"]))) if _is_id(str(context["value"])) else None
        return [_defect(one)] if one is not None and one.found_in == number else []
    return _chosen([_defect(one) for one in rows.defects(session, number)], typed, context)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _defect(one: Defect) -> dict[str, str]:
    part = one.part.rpartition("/")[2]
    problem = one.problem.rpartition("/")[2]
    said = " ".join(piece for piece in (one.room, part, problem) if piece)
    return _option(str(one.id), f"[{one.severity}] {said}", one.text)


SOURCES: dict[str, Callable[[Session, Viewer, str, Context], Options]] = {
    "buildings": buildings,
    "checklists": checklists,
    "checklist_items": checklist_items,
    "rooms": rooms,
    "problems": problems,
    "defects": defects,
}
