"""Queries over deployments as other programs ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from storage.tables.definitions import DecisionDefinition, DecisionResource, Deployment, ProcessDefinition
from storage.tables.instances import AuditEntry
from storage.tables.studio import ChangeSet, Publication

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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


def processes_of(session: Session, deployment_id: UUID) -> Sequence[ProcessDefinition]:
    """List the versions of processes that a deployment brought, by key."""
    query = select(ProcessDefinition).where(ProcessDefinition.deployment_id == deployment_id)
    return session.scalars(query.order_by(ProcessDefinition.key)).all()


def decisions_of(session: Session, deployment_id: UUID) -> Sequence[tuple[DecisionDefinition, DecisionResource]]:
    """List the versions of decisions that a deployment brought, with the files they lie in, by key."""
    query = select(DecisionDefinition, DecisionResource).join(
        DecisionResource, DecisionResource.id == DecisionDefinition.resource_id
    )
    found = session.execute(
        query.where(DecisionResource.deployment_id == deployment_id).order_by(DecisionDefinition.key)
    )
    return [(row[0], row[1]) for row in found]


def deliveries_waiting(session: Session, login: str) -> list[tuple[UUID, Mapping[str, Any]]]:
    """List what a person's programs delivered into changes that are not over, newest first: the change, and what."""
    query = select(ChangeSet.id).where(ChangeSet.created_by == login, ChangeSet.state.in_(("open", "in_review")))
    subjects = {f"change:{one}": one for one in session.scalars(query)}
    told = select(AuditEntry).where(AuditEntry.action == "deliver", AuditEntry.actor == login)
    told = told.where(AuditEntry.subject.in_(subjects)).order_by(AuditEntry.id.desc())
    return [(subjects[one.subject], one.detail) for one in session.scalars(told)]


def deployment_of(session: Session, publication_id: UUID) -> UUID:
    """Give the deployment that a publication made."""
    return session.scalars(select(Publication.deployment_id).where(Publication.id == publication_id)).one()
