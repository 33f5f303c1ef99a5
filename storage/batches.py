"""Queries about batches of houses, of inspection and of handover."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storage.tables.instances import MessageSubscription, ProcessInstance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


def count_waiting(session: Session, name: str, keys: Sequence[str]) -> int:
    """Count the tokens that wait for a message with one of these keys."""
    query = select(func.count()).where(MessageSubscription.kind == "message", MessageSubscription.name == name)
    return session.scalar(query.where(MessageSubscription.correlation_key.in_(keys))) or 0


def hold_waiting(session: Session, name: str, keys: Sequence[str], *, limit: int) -> Sequence[str]:
    """Lock instances that wait for a message with one of these keys, those held by others left out; give their keys."""
    query = select(MessageSubscription.correlation_key).join(
        ProcessInstance, ProcessInstance.id == MessageSubscription.instance_id
    )
    query = query.where(MessageSubscription.kind == "message", MessageSubscription.name == name)
    query = query.where(MessageSubscription.correlation_key.in_(keys), ProcessInstance.status == "active")
    query = query.order_by(MessageSubscription.id).limit(limit).with_for_update(of=ProcessInstance, skip_locked=True)
    return session.scalars(query).all()
