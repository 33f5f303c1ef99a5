"""What the forms of a handover look up: phases to hand over, time slots with places left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from storage import handovers as rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from engine.access import Viewer

    Context = Mapping[str, Any]
    Options = list[dict[str, str]]


def phases(session: Session, _viewer: Viewer, typed: str, context: Context) -> Options:
    """Phases as project/phase."""
    found = rows.phases(session)
    if "value" in context:
        return [_option(one) for one in found if one == context["value"]]
    return [_option(one) for one in found if typed.strip() in one]


def slots(session: Session, _viewer: Viewer, typed: str, context: Context) -> Options:
    """Time slots of the batch; those with places left when choosing, any when reading a value back."""
    found = rows.slots(session, str(context.get("batch_number") or ""))
    if "value" in context:
        found = [one for one in found if str(one.id) == str(context["value"])]
    else:
        found = [one for one in found if one.taken < one.capacity]
    options = [
        _option(
            str(one.id),
            f"{one.starts_at.astimezone(CHINA):%m-%d %H:%M}–{one.ends_at.astimezone(CHINA):%H:%M}",
            f"{one.capacity - one.taken}/{one.capacity}",
        )
        for one in found
    ]
    return [one for one in options if "value" in context or typed.strip() in one["label"]]


def _option(value: str, label: str = "", hint: str = "") -> dict[str, str]:
    return {"value": value, "label": label or value, "hint": hint}


SOURCES: dict[str, Callable[[Session, Viewer, str, Context], Options]] = {"phases": phases, "slots": slots}
