"""What has a number, clocks and a log: a case, a rectification order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from engine.errors import N_, NotFoundError
from storage import cases, orders
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


def find(session: Session, number: str) -> Subject | None:
    """Find what a number stands for; None when nothing has it."""
    return cases.get(session, number) or orders.get(session, number)


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
    return f"/orders/{subject.number}" if isinstance(subject, RectificationOrder) else f"/cases/{subject.number}"
