"""Queries over deployments as other programs ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.tables.definitions import DecisionDefinition, DecisionResource, Deployment, ProcessDefinition

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session


def deployments(session: Session, *, name: str, name_like: str, limit: int, offset: int) -> Sequence[Deployment]:
    """List deployments, newest first; `name_like` is a pattern with %."""
    query = select(Deployment).order_by(Deployment.created_at.desc(), Deployment.id)
    query = query.where(Deployment.name == name) if name else query
    query = query.where(Deployment.name.like(name_like)) if name_like else query
    return session.scalars(query.limit(limit).offset(offset)).all()


def deployment(session: Session, deployment_id: UUID) -> Deployment | None:
    """Find a deployment."""
    return session.get(Deployment, deployment_id)


def processes(session: Session, ids: Iterable[UUID]) -> Sequence[ProcessDefinition]:
    """Read versions of processes by their ids, in the order of their keys."""
    query = select(ProcessDefinition).where(ProcessDefinition.id.in_(list(ids)))
    return session.scalars(query.order_by(ProcessDefinition.key)).all()


def decisions(session: Session, ids: Iterable[UUID]) -> Sequence[tuple[DecisionDefinition, DecisionResource]]:
    """Read versions of decisions with the files they lie in, in the order of their keys."""
    query = select(DecisionDefinition, DecisionResource).join(
        DecisionResource, DecisionResource.id == DecisionDefinition.resource_id
    )
    found = session.execute(query.where(DecisionDefinition.id.in_(list(ids))).order_by(DecisionDefinition.key))
    return [(row[0], row[1]) for row in found]
