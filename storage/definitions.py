"""Queries over deployed processes, decisions, forms and translations."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, or_, select

from storage.tables.definitions import (
    DecisionDefinition,
    DecisionResource,
    Deployment,
    FormDefinition,
    ProcessDefinition,
    ScenarioDefinition,
    StartSubscription,
    TranslationCatalogue,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

WITHDRAWN = "withdrawn"


def process(session: Session, definition_id: UUID) -> ProcessDefinition | None:
    """Find a version of a process."""
    return session.get(ProcessDefinition, definition_id)


def latest_process(session: Session, key: str, *, usable: bool = True) -> ProcessDefinition | None:
    """Find the newest version of a process; with `usable`, the newest that is in force."""
    query = select(ProcessDefinition).where(ProcessDefinition.key == key)
    if usable:
        query = query.where(ProcessDefinition.state == "in_force")
    return session.scalars(query.order_by(ProcessDefinition.version.desc()).limit(1)).first()


def process_version(session: Session, key: str, version: int) -> ProcessDefinition | None:
    """Find a version of a process by its number."""
    return session.scalars(select(ProcessDefinition).filter_by(key=key, version=version)).first()


def tagged_process(session: Session, key: str, tag: str) -> ProcessDefinition | None:
    """Find the newest version of a process with this version tag."""
    query = select(ProcessDefinition).filter_by(key=key, version_tag=tag)
    return session.scalars(query.order_by(ProcessDefinition.version.desc()).limit(1)).first()


def process_as_of(session: Session, key: str, moment: datetime) -> ProcessDefinition | None:
    """Find the version of a process that a deployment of this moment came with: published with it, or last before."""
    query = select(ProcessDefinition).where(ProcessDefinition.key == key, ProcessDefinition.created_at <= moment)
    return session.scalars(query.order_by(ProcessDefinition.version.desc()).limit(1)).first()


def newest_processes(session: Session) -> Sequence[ProcessDefinition]:
    """List the newest version in force of every process, by key."""
    newest = (
        select(ProcessDefinition.key, func.max(ProcessDefinition.version).label("version"))
        .where(ProcessDefinition.state == "in_force")
        .group_by(ProcessDefinition.key)
        .subquery()
    )
    query = select(ProcessDefinition).join(
        newest, (ProcessDefinition.key == newest.c.key) & (ProcessDefinition.version == newest.c.version)
    )
    return session.scalars(query.order_by(ProcessDefinition.key)).all()


def process_versions(session: Session, key: str) -> Sequence[ProcessDefinition]:
    """List all versions of a process, newest first."""
    return session.scalars(
        select(ProcessDefinition).filter_by(key=key).order_by(ProcessDefinition.version.desc())
    ).all()


def process_names(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Map versions to the names of their processes."""
    wanted = list(ids)
    if not wanted:
        return {}
    query = select(ProcessDefinition.id, ProcessDefinition.name).where(ProcessDefinition.id.in_(wanted))
    return {row.id: row.name for row in session.execute(query)}


def process_keys(session: Session) -> frozenset[str]:
    """List the keys of all processes in force."""
    query = select(ProcessDefinition.key).where(ProcessDefinition.state == "in_force").distinct()
    return frozenset(session.scalars(query))


def hold(session: Session, keys: Iterable[str]) -> None:
    """Let nobody else publish, withdraw or begin by a timer these processes until the transaction ends.

    The first version's row stands for the process. Instances may be started all the same.
    """
    first = select(ProcessDefinition.id).where(ProcessDefinition.key.in_(sorted(keys)), ProcessDefinition.version == 1)
    session.execute(first.order_by(ProcessDefinition.key).with_for_update(key_share=True)).all()


def next_process_version(session: Session, key: str) -> int:
    """Count on from the newest version of a process."""
    return (session.scalar(select(func.max(ProcessDefinition.version)).where(ProcessDefinition.key == key)) or 0) + 1


def next_moment(session: Session, now: datetime) -> datetime:
    """Give now, or the moment after the last deployment: no two are of the same moment."""
    last = session.scalar(select(func.max(Deployment.created_at)))
    return now if last is None or last < now else last + timedelta(microseconds=1)


def add_deployment(session: Session, *, name: str, note: str, created_by: str, now: datetime) -> Deployment:
    """Add a deployment."""
    row = Deployment(name=name, note=note, created_by=created_by, created_at=now)
    session.add(row)
    session.flush()
    return row


def replace_starts(session: Session, row: ProcessDefinition, starts: Iterable[tuple[str, str, str]]) -> None:
    """Make (kind, name, element id) the only start subscriptions of this process, for this version."""
    remove_starts(session, row.key)
    session.add_all(
        StartSubscription(definition_id=row.id, process_key=row.key, kind=kind, name=name, element_id=element)
        for kind, name, element in starts
    )


def remove_starts(session: Session, key: str) -> None:
    """Remove the start subscriptions of a process."""
    session.execute(delete(StartSubscription).where(StartSubscription.process_key == key))


def starts_for(session: Session, kind: str, name: str) -> Sequence[StartSubscription]:
    """List what starts on a message or signal."""
    return session.scalars(select(StartSubscription).filter_by(kind=kind, name=name)).all()


def form(session: Session, form_id: UUID) -> FormDefinition | None:
    """Find a version of a form."""
    return session.get(FormDefinition, form_id)


def latest_form(session: Session, key: str) -> FormDefinition | None:
    """Find the newest version of a form."""
    return session.scalars(
        select(FormDefinition).filter_by(key=key).order_by(FormDefinition.version.desc()).limit(1)
    ).first()


def form_keys(session: Session) -> frozenset[str]:
    """List the keys of all forms in force."""
    return frozenset(session.scalars(select(FormDefinition.key).filter_by(state="in_force").distinct()))


def latest_decision(session: Session, name_or_id: str, *, until: datetime | None = None) -> DecisionDefinition | None:
    """Find the newest version of a decision, by id or else by name; with `until`, the newest of that moment."""
    query = (
        select(DecisionDefinition)
        .where(or_(DecisionDefinition.key == name_or_id, DecisionDefinition.name == name_or_id))
        .order_by((DecisionDefinition.key == name_or_id).desc(), DecisionDefinition.version.desc())
    )
    query = query.where(DecisionDefinition.created_at <= until) if until is not None else query
    return session.scalars(query.limit(1)).first()


def decision_by_key(session: Session, key: str) -> DecisionDefinition | None:
    """Find the newest version of a decision by id."""
    query = select(DecisionDefinition).filter_by(key=key).order_by(DecisionDefinition.version.desc())
    return session.scalars(query.limit(1)).first()


def decision(session: Session, decision_id: UUID) -> DecisionDefinition | None:
    """Find a version of a decision."""
    return session.get(DecisionDefinition, decision_id)


def decision_keys(session: Session) -> frozenset[str]:
    """List the ids of all decisions in force."""
    return frozenset(session.scalars(select(DecisionDefinition.key).filter_by(state="in_force").distinct()))


def resource(session: Session, resource_id: UUID) -> DecisionResource | None:
    """Find a `.dmn` file."""
    return session.get(DecisionResource, resource_id)


def latest_scenarios(session: Session, keys: Iterable[str] = ()) -> dict[str, ScenarioDefinition]:
    """Find the newest version of each scenario of these file names, or of all."""
    newest = select(ScenarioDefinition.key, func.max(ScenarioDefinition.version).label("version"))
    wanted = sorted(keys)
    newest = newest.where(ScenarioDefinition.key.in_(wanted)) if wanted else newest
    last = newest.group_by(ScenarioDefinition.key).subquery()
    query = select(ScenarioDefinition).join(
        last, (ScenarioDefinition.key == last.c.key) & (ScenarioDefinition.version == last.c.version)
    )
    return {row.key: row for row in session.scalars(query.order_by(ScenarioDefinition.key))}


def keys_of_folder(session: Session, folder: str) -> Sequence[str]:
    """List the keys of the processes that were ever deployed under a folder's name."""
    query = select(ProcessDefinition.key).join(Deployment, Deployment.id == ProcessDefinition.deployment_id)
    return session.scalars(query.where(Deployment.name == folder).distinct().order_by(ProcessDefinition.key)).all()


def add_texts(session: Session, key: str, locale: str, texts: Mapping[str, Any], now: datetime) -> None:
    """Add translations to a process's catalogue; a text that is already there is replaced."""
    row = session.get(TranslationCatalogue, (key, locale))
    if row is None:
        session.add(TranslationCatalogue(key=key, locale=locale, texts=dict(texts), updated_at=now))
    elif any(row.texts.get(k) != v for k, v in texts.items()):
        row.texts, row.updated_at = {**row.texts, **texts}, now


def every_text(session: Session, locale: str) -> dict[str, str]:
    """Read the catalogues of all processes together, for words that stand outside of a process."""
    found: dict[str, str] = {}
    query = select(TranslationCatalogue).where(TranslationCatalogue.locale == locale)
    for row in session.scalars(query.order_by(TranslationCatalogue.key)):
        found.update(row.texts)
    return found


def texts(session: Session, key: str, locales: Sequence[str]) -> dict[str, str]:
    """Read the catalogue of a process over the one that belongs to all."""
    rows = session.scalars(
        select(TranslationCatalogue)
        .where(TranslationCatalogue.key.in_(("", key)), TranslationCatalogue.locale.in_(locales))
        .order_by(TranslationCatalogue.key)
    )
    found: dict[str, str] = {}
    for row in rows:
        found.update(row.texts)
    return found
