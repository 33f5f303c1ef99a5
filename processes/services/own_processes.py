"""Processes that a company drew itself: who may start which of them, and for which project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine import definitions
from engine.errors import N_, NotFoundError
from storage import estate

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer

BY_HAND = frozenset({"decoration", "handover_batch", "review", "survey"})
"""Shipped processes that are started like those a company drew itself."""
SHIPPED = frozenset(file.stem for file in Path(__file__).parent.parent.glob("*/*.bpmn")) - BY_HAND
"""Keys of the other processes that come with Keyturn: they have pages of their own, or start each other."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A process that somebody may start; `places`: code and name of the projects he may start it for, "" for none."""

    key: str
    name: str
    documentation: str
    definition_id: UUID
    places: tuple[tuple[str, str], ...]


def offers(session: Session, viewer: Viewer) -> tuple[Offer, ...]:
    """List what a viewer may start, by name."""
    found: dict[str, Offer] = {}
    for place in [*((project.code, project.name) for project in estate.projects(session)), ("", "")]:
        for info in definitions.listed(session, viewer, place[0]):
            if info.key not in SHIPPED:
                before = found[info.key].places if info.key in found else ()
                found[info.key] = Offer(info.key, info.name, info.documentation, info.id, (*before, place))
    return tuple(sorted(found.values(), key=lambda offer: (offer.name, offer.key)))


def offer(session: Session, viewer: Viewer, key: str) -> Offer:
    """Give one of them. Raises NotFoundError when there is none that the viewer may start."""
    for found in offers(session, viewer):
        if found.key == key:
            return found
    raise NotFoundError(N_("There is no process {key} that you may start."), key=key)
