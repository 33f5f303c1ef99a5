"""Queries over people's news and outgoing messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, literal, select, update

from storage.tables.work import Notification, OutboxMessage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

MOST = 100


def by_key(session: Session, key: str) -> bool:
    """Tell whether a message with this idempotency key is in the outbox or was sent."""
    return bool(session.scalar(select(exists().where(OutboxMessage.idempotency_key == key))))


def count_unread(session: Session, login: str) -> int:
    """Count unread news, up to 100."""
    query = select(literal(1)).where(Notification.recipient == login, Notification.read_at.is_(None)).limit(MOST)
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def listed(session: Session, login: str, *, limit: int, before: int) -> Sequence[Notification]:
    """List news, newest first."""
    query = select(Notification).where(Notification.recipient == login)
    query = query.where(Notification.id < before) if before else query
    return session.scalars(query.order_by(Notification.id.desc()).limit(limit)).all()


def mark_read(session: Session, login: str, ids: Sequence[int] | None, now: datetime) -> None:
    """Mark news of a person as read: those with these ids, or all."""
    query = update(Notification).where(Notification.recipient == login, Notification.read_at.is_(None))
    query = query if ids is None else query.where(Notification.id.in_(ids))
    session.execute(query.values(read_at=now), execution_options={"synchronize_session": False})
