"""Queries over what was published from the studio, and over withdrawing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.orm import undefer

from storage import definitions
from storage.definitions import WITHDRAWN
from storage.tables.definitions import (
    DecisionDefinition,
    DecisionResource,
    Deployment,
    FormDefinition,
    ProcessDefinition,
    ScenarioDefinition,
)
from storage.tables.studio import ChangeSet, Publication, PublicationFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

_UNSEEN = {"synchronize_session": False}


def hold(session: Session) -> None:
    """Let nobody else publish from the studio until the transaction ends: the first deployment stands for all."""
    first = select(Deployment.id).order_by(Deployment.created_at, Deployment.id).limit(1)
    session.execute(first.with_for_update(key_share=True)).all()
    definitions.hold(session, definitions.process_keys(session))


def get(session: Session, publication_id: UUID, *, lock: bool = False) -> Publication | None:
    """Find a publication; with `lock`, let nobody else write to it until the transaction ends."""
    query = select(Publication).where(Publication.id == publication_id)
    fresh = {"populate_existing": True}
    return session.scalars(query.with_for_update() if lock else query, execution_options=fresh).first()


def of_change(session: Session, change_id: UUID) -> Publication | None:
    """Find the publication of a change."""
    return session.scalars(select(Publication).filter_by(change_set_id=change_id)).first()


def listed(session: Session, limit: int, offset: int) -> Sequence[tuple[Publication, ChangeSet]]:
    """List publications with their changes, newest first."""
    query = select(Publication, ChangeSet).join(ChangeSet, ChangeSet.id == Publication.change_set_id)
    query = query.order_by(Publication.published_at.desc(), Publication.id).limit(limit).offset(offset)
    return [(row, change) for row, change in session.execute(query)]


def one(session: Session, publication_id: UUID) -> tuple[Publication, ChangeSet] | None:
    """Find a publication with its change."""
    query = select(Publication, ChangeSet).join(ChangeSet, ChangeSet.id == Publication.change_set_id)
    row = session.execute(query.where(Publication.id == publication_id)).first()
    return (row[0], row[1]) if row is not None else None


def versions_of(session: Session, deployment_id: UUID) -> Sequence[ProcessDefinition]:
    """List the versions of processes that a deployment made."""
    query = select(ProcessDefinition).where(ProcessDefinition.deployment_id == deployment_id)
    return session.scalars(query.order_by(ProcessDefinition.key)).all()


def moment_of(session: Session, deployment_id: UUID) -> datetime:
    """Say when a deployment was made."""
    return session.scalars(select(Deployment.created_at).where(Deployment.id == deployment_id)).one()


def files(session: Session, publication_ids: Iterable[UUID], *, whole: bool = False) -> Sequence[PublicationFile]:
    """List the files of publications; with `whole`, with what is in them."""
    query = select(PublicationFile).where(PublicationFile.publication_id.in_(list(publication_ids)))
    query = query.options(undefer(PublicationFile.before), undefer(PublicationFile.after)) if whole else query
    fresh = {"populate_existing": True}
    return session.scalars(query.order_by(PublicationFile.folder, PublicationFile.file), execution_options=fresh).all()


def file(session: Session, publication_id: UUID, name: str) -> PublicationFile | None:
    """Find a file of a publication with what is in it."""
    return next((one for one in files(session, [publication_id], whole=True) if one.file == name), None)


def new_files(session: Session, publication_ids: Iterable[UUID]) -> set[UUID]:
    """Name the files of publications that did not exist before."""
    query = select(PublicationFile.id).where(PublicationFile.publication_id.in_(list(publication_ids)))
    return set(session.scalars(query.where(PublicationFile.before.is_(None))))


def later(session: Session, name: str, since: datetime) -> Sequence[tuple[Publication, ChangeSet]]:
    """List what was published over a file after a moment, newest first."""
    query = select(Publication, ChangeSet).join(ChangeSet, ChangeSet.id == Publication.change_set_id)
    query = query.join(PublicationFile, PublicationFile.publication_id == Publication.id)
    query = query.where(PublicationFile.file == name, Publication.published_at > since, Publication.undone_at.is_(None))
    return [(row, change) for row, change in session.execute(query.order_by(Publication.published_at.desc()))]


def withdraw(session: Session, kind: str, file_name: str, deployment_id: UUID) -> None:
    """Offer a form, table or scenario that a deployment brought no more; what runs with it still finds it."""
    if kind == "form":
        row = FormDefinition.deployment_id == deployment_id
        query = update(FormDefinition).where(row, FormDefinition.file == file_name)
    elif kind == "dmn":
        resources = select(DecisionResource.id).where(
            DecisionResource.deployment_id == deployment_id, DecisionResource.file == file_name
        )
        query = update(DecisionDefinition).where(DecisionDefinition.resource_id.in_(resources))
    else:
        row = ScenarioDefinition.deployment_id == deployment_id
        query = update(ScenarioDefinition).where(row, ScenarioDefinition.key == file_name)
    session.execute(query.values(state=WITHDRAWN), execution_options=_UNSEEN)
