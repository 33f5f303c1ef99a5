"""The recheck of a house (U03) defect by defect, also from a phone: what was seen, before it is ended (AC15).

As with the first visit a row has an id of the device's own: sent twice it is written once, changed by two it is a
choice. Ending the recheck hands the rows to its form; until then a colleague at a desk finds them filled in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine import tasks
from engine.errors import N_, ConflictError, InvalidInputError
from processes.services.inspection_sheet import task_of
from storage import inspections as rows
from storage import orders as order_rows
from storage import people as staff
from storage.tables.inspections import DefectRecheck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from storage.tables.defects import Defect
    from storage.tables.work import UserTask

RECHECK = "U03"
RECHECKED = "户复验通过"
"""The event of a defect that an inspector has found in order after the repair."""
PASSED, FAILED = "通过", "不通过"
NEW = "待派"
"""The state of a defect that nobody was asked to mend yet."""


def due(session: Session, number: str) -> list[Defect]:
    """List the defects of a house that a recheck has to look at: what it finds itself is not among them."""
    found = [one for one in rows.defects(session, number) if one.order_number or one.state != NEW]
    events = order_rows.defect_events(session, [one.id for one in found])
    passed = {one.defect_id for one in events if one.kind == RECHECKED}
    return [one for one in found if one.open or one.id not in passed]


def seen(session: Session, task_id: UUID) -> dict[UUID, DefectRecheck]:
    """Map the defects that were rechecked so far in a task to what was seen."""
    found = session.scalars(select(DefectRecheck).where(DefectRecheck.task_id == task_id))
    return {row.defect_id: row for row in found}


def keep(
    session: Session,
    viewer: Viewer,
    task: UserTask,
    number: str,
    defect_id: UUID,
    content: Mapping[str, Any],
    *,
    key: UUID,
    revision: int,
    now: datetime,
) -> DefectRecheck:
    """Write what was seen of a defect (`passed`, `note`, `photos`); the same again changes nothing.

    Raises:
        ConflictError: somebody has written otherwise since `revision`; it names him. InvalidInputError: no such answer,
        no reason, no photo, or a defect that is not to be rechecked here.
    """
    if content["passed"] not in (PASSED, FAILED):
        raise InvalidInputError(N_("There is no answer {result}."), result=content["passed"])
    if content["passed"] == FAILED and not content["note"]:
        raise InvalidInputError(N_("Say what is still wrong."))
    if not content["photos"]:
        raise InvalidInputError(N_("A recheck needs at least one photo."))
    if defect_id not in {one.id for one in due(session, number)}:
        raise InvalidInputError(N_("This defect is not to be rechecked here."))
    known = seen(session, task.id).get(defect_id)
    if known is None:
        known = DefectRecheck(
            id=key, task_id=task.id, inspection_number=number, defect_id=defect_id, at=now, actor=viewer.login,
            **content,
        )  # fmt: skip
        session.add(known)
    elif any(getattr(known, name) != one for name, one in content.items()):
        if revision < known.revision:
            who = staff.names(session, [known.actor]).get(known.actor, known.actor)
            raise ConflictError(
                N_("{user} has rechecked this defect otherwise since: {result}."), user=who, result=known.passed
            )
        for name, one in content.items():
            setattr(known, name, one)
        known.at, known.actor, known.revision = now, viewer.login, known.revision + 1
    session.flush()
    return known


def rows_of_form(session: Session, number: str) -> list[dict[str, Any]]:
    """Fill in the rows of the form: what a phone has sent, the rest as passed."""
    row = rows.house(session, number)
    task = task_of(session, row, RECHECK) if row is not None else None
    known = seen(session, task.id) if task is not None else {}
    return [_row_of_form(one, known.get(one.id)) for one in due(session, number)]


def _row_of_form(defect: Defect, known: DefectRecheck | None) -> dict[str, Any]:
    if known is None:
        return {"defect": str(defect.id), "passed": PASSED}
    found = {"defect": str(defect.id), "passed": known.passed, "photos": [one["attachment"] for one in known.photos]}
    return found | ({"note": known.note} if known.note else {})


def with_marks(session: Session, task_id: UUID, defect: Defect, keys: Sequence[Any]) -> list[dict[str, Any]]:
    """Write the photos of a recheck as those of a defect, with what was drawn on them; they are of its place."""
    known = seen(session, task_id).get(defect.id)
    drawn = {one["attachment"]: one.get("marks", []) for one in known.photos} if known is not None else {}
    return [{"attachment": str(key), "kind": "after", "marks": drawn.get(str(key), [])} for key in keys]


def finish(
    session: Session,
    viewer: Viewer,
    task: UserTask,
    number: str,
    *,
    agreed_by: str = "",
    now: datetime,
    registry: Registry,
) -> None:
    """End the recheck (complete U03) with what was seen. `agreed_by`: who agrees that class C stays as it is.

    Raises:
        InvalidInputError: not everything was rechecked. Others: as `tasks.complete`.
    """
    missing = {one.id for one in due(session, number)} - set(seen(session, task.id))
    if missing:
        raise InvalidInputError(N_("{count} defects have not been rechecked yet."), count=len(missing))
    data = {"rechecks": rows_of_form(session, number), "new_defects": [], "carry_agreed": bool(agreed_by)}
    if agreed_by:
        data["agreed_by"] = agreed_by
    tasks.complete(session, viewer, task.id, data=data, now=now, registry=registry)
