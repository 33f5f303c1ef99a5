"""Reading the rows that a phone sends: each value is checked by itself, what makes no sense is said in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine.errors import N_, InvalidInputError
from storage.tables.work import Attachment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from storage.tables.work import UserTask

MOST_PHOTOS, MOST_STROKES, MOST_POINTS = 6, 60, 400


def uuid_of(value: Any) -> UUID | None:
    """Read a UUID written as text; None for anything else."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def id_of(body: Mapping[str, Any]) -> UUID:
    """Read the row's own id."""
    found = uuid_of(body.get("id"))
    if found is None:
        raise InvalidInputError(N_("The row has no id."))
    return found


def text_of(body: Mapping[str, Any], name: str, longest: int) -> str:
    """Read a text of at most so many characters."""
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > longest or "\x00" in value:
        raise InvalidInputError(N_("“{field}” takes a text of at most {limit} characters."), field=name, limit=longest)
    return value.strip()


def revision_of(body: Mapping[str, Any]) -> int:
    """Read the revision on which a row was made; 0: none."""
    value = body.get("revision", 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise InvalidInputError(N_("The revision must be a whole number."))
    return value


def place_of(body: Mapping[str, Any], name: str) -> float | None:
    """Read a place on the floor plan, 0 to 1."""
    value = body.get(name)
    if value is None:
        return None
    if not _share(value):
        raise InvalidInputError(N_("A place on the floor plan lies between 0 and 1."))
    return round(float(value), 4)


def _share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def photos_of(session: Session, task: UserTask, given: Any, kind: str = "before") -> list[dict[str, Any]]:
    """Read the photos of a defect: each was sent before, with marks as lists of points beside it."""
    wrong = InvalidInputError(N_("The photos of a defect cannot be read."))
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise wrong
    if len(given) > MOST_PHOTOS:
        raise InvalidInputError(N_("A defect takes at most {limit} photos."), limit=MOST_PHOTOS)
    found = []
    for one in given:
        key = uuid_of(one.get("attachment"))
        photo = session.get(Attachment, key) if key else None
        if photo is None or photo.instance_id != task.instance_id or photo.removed_at is not None:
            raise InvalidInputError(N_("A photo of this defect has not arrived yet."))
        found.append({"attachment": str(key), "kind": kind, "marks": _marks(one.get("marks", []), wrong)})
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
