"""Reading decorations of houses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.tables.decorations import Decoration

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def get(session: Session, number: str) -> Decoration | None:
    """Read one by its number."""
    return session.scalar(select(Decoration).where(Decoration.number == number))


def newest(session: Session, unit_id: int | None) -> Decoration | None:
    """Read the last registered decoration of a house."""
    query = select(Decoration).where(Decoration.unit_id == unit_id, Decoration.begins_on.is_not(None))
    return session.scalar(query.order_by(Decoration.begins_on.desc(), Decoration.id.desc()).limit(1))


def running(session: Session, unit_id: int, number: str) -> Decoration | None:
    """Read another decoration of a house that goes on."""
    query = select(Decoration).where(Decoration.unit_id == unit_id, Decoration.open, Decoration.number != number)
    return session.scalar(query.limit(1))
