"""What has a number, clocks and a log: a case, a rectification order, a house in handover or its batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from engine.errors import N_, NotFoundError
from storage import cases, decorations, handovers, orders
from storage.tables.defects import RectificationOrder

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from engine.connectors import ServiceContext


class Numbered(Protocol):
    """What clocks and logs need to know: its number is the business key, its project the scope."""

    number: Any
    project: Any


class Subject(Numbered, Protocol):
    """What reminders are about."""

    house: Any
    area: Any
    brief: Any
    open: Any


@dataclass(slots=True)
class Handover:
    """A house in handover (JF-…), or the batch of one (JP-…)."""

    number: str
    project: str
    house: str
    area: str
    brief: str
    open: bool


@dataclass(slots=True)
class Decoration:
    """The decoration of a house (ZX-…)."""

    number: str
    project: str
    house: str
    area: str
    brief: str
    open: bool


def find(session: Session, number: str) -> Subject | None:
    """Find what a number stands for; None when nothing has it."""
    found = cases.get(session, number) or orders.get(session, number) or _handover(session, number)
    return found or _decoration(session, number)


def _decoration(session: Session, number: str) -> Decoration | None:
    row = decorations.get(session, number)
    return Decoration(number, row.project, row.house, row.project, f"装修{row.state}", row.open) if row else None


def _handover(session: Session, number: str) -> Handover | None:
    house = handovers.house(session, number)
    if house is not None:
        running = house.open or house.delivered_at is not None  # after the keys come calls and papers
        return Handover(number, house.project, house.house, "", house.state, running)
    batch = handovers.batch(session, number)
    return Handover(number, batch.project, "", batch.project, batch.state, batch.open) if batch else None


def of(ctx: ServiceContext) -> Subject:
    """Read what a process instance is about; NotFoundError when there is nothing of its number."""
    number = str(ctx.variables.get("case_number") or ctx.business_key)
    found = find(ctx.session, number)
    if found is None:
        raise NotFoundError(N_("There is no case {number}."), number=number)
    return found


def title_of(subject: Subject) -> str:
    """Name it in one line: number, house or place, what it is about."""
    return " ".join(piece for piece in (subject.number, place_of(subject), subject.brief) if piece)


def place_of(subject: Subject) -> str:
    """Name the house or the common area it is about."""
    return str(subject.house or subject.area)


def link_of(subject: Numbered) -> str:
    """Give the page of it."""
    if isinstance(subject, Handover):
        return f"/handover/houses/{subject.number}" if subject.house else f"/handover/{subject.number}"
    if isinstance(subject, Decoration):
        return f"/inbox?q={subject.number}"
    return f"/orders/{subject.number}" if isinstance(subject, RectificationOrder) else f"/cases/{subject.number}"
