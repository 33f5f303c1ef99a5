"""Queries about code lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from storage.tables.registers import Category, Knowledge, PriceItem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

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


def prices(session: Session, text: str, project: str, day: date | None, *, limit: int = 12) -> Sequence[PriceItem]:
    """Find the prices in force on a day (None: on any), the project's before those of all, the newest of an item."""
    query = select(PriceItem).where(PriceItem.active)
    query = query.where(PriceItem.project.in_({"", project})) if project else query
    if day is not None:
        query = query.where(PriceItem.valid_from <= day)
        query = query.where(or_(PriceItem.valid_until.is_(None), PriceItem.valid_until >= day))
    for piece in text.split():
        query = query.where(or_(*(c.contains(piece, autoescape=True) for c in (PriceItem.item, PriceItem.trade))))
    rows = session.scalars(
        query.order_by(PriceItem.project.desc(), PriceItem.valid_from.desc(), PriceItem.trade, PriceItem.item)
    )
    found: dict[str, PriceItem] = {}
    for row in rows:
        found.setdefault(row.item, row)
    return sorted(found.values(), key=lambda row: (row.trade, row.item))[:limit]


def price(session: Session, item: str, project: str, day: date | None) -> PriceItem | None:
    """Read the price of a service in a project on a day; None when the list does not know it."""
    return next((row for row in prices(session, item, project, day, limit=1000) if row.item == item), None)


def knowledge(session: Session, text: str, *, limit: int = 10) -> Sequence[Knowledge]:
    """Find ready answers by words of their title."""
    query = select(Knowledge).where(Knowledge.active)
    for piece in text.split():
        query = query.where(Knowledge.title.contains(piece, autoescape=True))
    return session.scalars(query.order_by(Knowledge.title).limit(limit)).all()
