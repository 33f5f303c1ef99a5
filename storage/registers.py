"""Queries about code lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.tables.registers import Category, Knowledge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


def categories(session: Session, parent: str = "") -> Sequence[Category]:
    """List the active classes, or the sub-classes of one."""
    query = select(Category).where(Category.active)
    if parent:
        above = select(Category.id).where(Category.name == parent, Category.parent_id.is_(None)).scalar_subquery()
        query = query.where(Category.parent_id == above)
    else:
        query = query.where(Category.parent_id.is_(None))
    return session.scalars(query.order_by(Category.sort, Category.id)).all()



def knowledge(session: Session, text: str, *, limit: int = 10) -> Sequence[Knowledge]:
    """Find ready answers by words of their title."""
    query = select(Knowledge).where(Knowledge.active)
    for piece in text.split():
        query = query.where(Knowledge.title.contains(piece, autoescape=True))
    return session.scalars(query.order_by(Knowledge.title).limit(limit)).all()
