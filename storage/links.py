"""Queries about signed links and their use."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete, func, select

from storage.tables.links import LinkUse, SignedLink

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

PREFIX = "link:"
"""Begins the name under which what is done through a link is recorded."""


def get(session: Session, link_id: UUID) -> SignedLink | None:
    """Read a link."""
    return session.get(SignedLink, link_id)


def of_subject(session: Session, kind: str, subject: str) -> Sequence[SignedLink]:
    """List the links to one thing, the newest first."""
    query = select(SignedLink).where(SignedLink.kind == kind, SignedLink.subject == subject)
    return session.scalars(query.order_by(SignedLink.created_at.desc(), SignedLink.id)).all()


def count_made(session: Session, login: str, since: datetime) -> int:
    """Count the links a person made since a moment."""
    query = select(func.count()).where(SignedLink.created_by == login, SignedLink.created_at > since)
    return session.scalar(query) or 0


def count_uses(session: Session, link_id: UUID, since: datetime) -> int:
    """Count how often a link was used since a moment."""
    query = select(func.count()).where(LinkUse.link_id == link_id, LinkUse.at > since)
    return session.scalar(query) or 0


def count_wrong(session: Session, address: str, since: datetime) -> int:
    """Count how often somebody at an address was not let in since a moment."""
    query = select(func.count()).where(LinkUse.address == address, LinkUse.at > since, LinkUse.link_id.is_(None))
    return session.scalar(query) or 0


def uses(session: Session, link_id: UUID, *, limit: int = 20) -> Sequence[LinkUse]:
    """List the last uses of a link, the newest first."""
    query = select(LinkUse).where(LinkUse.link_id == link_id)
    return session.scalars(query.order_by(LinkUse.id.desc()).limit(limit)).all()


def forget_uses(session: Session, before: datetime) -> None:
    """Forget the uses before a moment."""
    session.execute(delete(LinkUse).where(LinkUse.at < before))


def labels(session: Session, logins: Iterable[str]) -> dict[str, str]:
    """Map the names under which links act to who has them."""
    hexes = [login.removeprefix(PREFIX) for login in logins if login.startswith(PREFIX)]
    if not hexes:
        return {}
    keys = [UUID(text) for text in hexes]
    rows = session.execute(select(SignedLink.id, SignedLink.label).where(SignedLink.id.in_(keys)))
    return {PREFIX + row.id.hex: row.label for row in rows}
