"""Queries over deployed files: what is in force under each file name, and which versions there were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal, select

from storage import kept
from storage.tables.definitions import (
    DecisionDefinition,
    DecisionResource,
    Deployment,
    FormDefinition,
    ProcessDefinition,
    ScenarioDefinition,
    TranslationCatalogue,
)
from storage.tables.studio import PublicationFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Row:
    """One version of a deployed file; `id` is of the definition (of the resource, for a decision table)."""

    kind: str
    id: UUID
    file: str
    key: str
    version: int
    name: str
    digest: str
    definition_id: UUID
    deployment_id: UUID
    deployment: str
    note: str
    created_at: datetime
    created_by: str


def _processes() -> Select[*tuple[Any, ...]]:
    d = ProcessDefinition
    return select(
        d.id, d.file, d.key, d.version, d.name, d.digest, d.id.label("definition_id"), d.deployment_id,
        Deployment.name.label("deployment"), Deployment.note, d.created_at, d.created_by,
    ).join(Deployment, Deployment.id == d.deployment_id)  # fmt: skip


def _decisions() -> Select[*tuple[Any, ...]]:
    d, r = DecisionDefinition, DecisionResource
    return (
        select(
            r.id, r.file, d.key, d.version, d.name, r.digest, d.id.label("definition_id"), r.deployment_id,
            Deployment.name.label("deployment"), Deployment.note, d.created_at, d.created_by,
        )
        .join(r, r.id == d.resource_id)
        .join(Deployment, Deployment.id == r.deployment_id)
    )  # fmt: skip


def _forms() -> Select[*tuple[Any, ...]]:
    d = FormDefinition
    return (
        select(
            d.id, d.file, d.key, d.version, literal("").label("name"), d.digest, d.id.label("definition_id"),
            d.deployment_id, Deployment.name.label("deployment"), Deployment.note, d.created_at, d.created_by,
        )
        .join(Deployment, Deployment.id == d.deployment_id)
        .where(d.key.not_like("%#%"))  # those are drawn inside a diagram
    )  # fmt: skip


def _scenarios() -> Select[*tuple[Any, ...]]:
    d = ScenarioDefinition
    return select(
        d.id, d.key.label("file"), d.key, d.version, d.name, d.digest, d.id.label("definition_id"), d.deployment_id,
        Deployment.name.label("deployment"), Deployment.note, d.created_at, d.created_by,
    ).join(Deployment, Deployment.id == d.deployment_id)  # fmt: skip


_ALL: Mapping[str, tuple[type[Any], Select[*tuple[Any, ...]]]] = {
    "bpmn": (ProcessDefinition, _processes()),
    "dmn": (DecisionDefinition, _decisions()),
    "form": (FormDefinition, _forms()),
    "scenario": (ScenarioDefinition, _scenarios()),
}


def newest(session: Session) -> tuple[Row, ...]:
    """List the newest version in force of every key: processes, decisions, forms, scenarios."""
    return kept.once(session, "newest files", lambda: _newest(session))


def _newest(session: Session) -> tuple[Row, ...]:
    found: list[Row] = []
    for kind, (table, query) in _ALL.items():
        last = select(table.key, func.max(table.version).label("version")).where(table.state == "in_force")
        sub = last.group_by(table.key).subquery()
        wanted = query.join(sub, (table.key == sub.c.key) & (table.version == sub.c.version)).order_by(table.key)
        found += _rows(session, kind, wanted)
    return tuple(found)


def of_file(session: Session, file: str) -> list[Row]:
    """List every version of a file, newest first."""
    found: list[Row] = []
    for kind, (table, query) in _ALL.items():
        column = {"dmn": DecisionResource.file, "scenario": ScenarioDefinition.key}.get(kind)
        wanted = query.where((table.file if column is None else column) == file)
        found += _rows(session, kind, wanted.order_by(table.created_at.desc(), table.version.desc(), table.key))
    return found


def _rows(session: Session, kind: str, query: Select[*tuple[Any, ...]]) -> list[Row]:
    return [Row(kind, *row) for row in session.execute(query)]


def source(session: Session, kind: str, row_id: UUID) -> bytes:
    """Read the file of a version."""
    table: Any = {
        "bpmn": ProcessDefinition, "dmn": DecisionResource, "form": FormDefinition, "scenario": ScenarioDefinition,
    }[kind]  # fmt: skip
    return bytes(session.scalars(select(table.source).where(table.id == row_id)).one())


def first_folders(session: Session) -> dict[str, str]:
    """Map the keys of processes, forms, decisions and scenarios (`kind:key`) to the deployment that brought them."""
    return kept.once(session, "first folders", lambda: _first_folders(session))


def _first_folders(session: Session) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, (table, query) in _ALL.items():
        wanted = query.where(table.version == 1).with_only_columns(table.key, Deployment.name)
        found.update({f"{kind}:{key}": name for key, name in session.execute(wanted)})
    return found


def chosen_folders(session: Session) -> dict[str, str]:
    """Map the files that were published from the studio to the folder they were put into."""
    query = select(PublicationFile.file, PublicationFile.folder).where(PublicationFile.folder != "").distinct()
    return dict(session.execute(query).all())


def catalogues(session: Session, keys: Iterable[str]) -> Sequence[TranslationCatalogue]:
    """Read the English texts of processes, by key."""
    query = select(TranslationCatalogue).where(
        TranslationCatalogue.key.in_(sorted(keys)), TranslationCatalogue.locale == "en"
    )
    return session.scalars(query.order_by(TranslationCatalogue.key)).all()
