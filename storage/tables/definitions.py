"""What has been deployed: processes, decisions, forms, their translations. A version never changes once it is there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, code, uuid_key


class Deployment(Base):
    """Files that were published together."""

    __tablename__ = "deployment"
    id: Mapped[UUID] = uuid_key()
    name: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(code())


class ProcessDefinition(Base):
    """One version of a process, with the head of the regulation it implements (B60).

    `digest` covers the diagram, its forms, and the decisions and called processes bound to it by deployment. `forms`
    and `decisions` map keys to the versions that were published with it; `roles` lists the candidate groups of its
    user tasks, `starters` who may start it.
    """

    __tablename__ = "process_definition"
    __table_args__ = (UniqueConstraint("key", "version"),)
    id: Mapped[UUID] = uuid_key()
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployment.id"), index=True)
    key: Mapped[str] = mapped_column(code())
    version: Mapped[int]
    version_tag: Mapped[str] = mapped_column(code(), default="")
    name: Mapped[str] = mapped_column(default="")
    documentation: Mapped[str] = mapped_column(default="")
    file: Mapped[str] = mapped_column(default="")
    digest: Mapped[str] = mapped_column(code(64))
    source: Mapped[bytes] = mapped_column(deferred=True)
    forms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    decisions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    roles: Mapped[list[Any]] = mapped_column(default=list)
    starters: Mapped[list[Any]] = mapped_column(default=list)
    startable: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(code(20), default="in_force")
    number: Mapped[str] = mapped_column(code(), default="")
    note: Mapped[str] = mapped_column(default="")
    executing_department: Mapped[str] = mapped_column(default="")
    supervising_department: Mapped[str] = mapped_column(default="")
    verifying_department: Mapped[str] = mapped_column(default="")
    author: Mapped[str] = mapped_column(default="")
    reviewer: Mapped[str] = mapped_column(default="")
    approver: Mapped[str] = mapped_column(default="")
    written_on: Mapped[date | None]
    reviewed_on: Mapped[date | None]
    approved_on: Mapped[date | None]
    changes: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(code())


class StartSubscription(Base):
    """A message, signal or timer that starts the newest version of a process."""

    __tablename__ = "start_subscription"
    __table_args__ = (Index(None, "kind", "name"),)
    id: Mapped[UUID] = uuid_key()
    definition_id: Mapped[UUID] = mapped_column(ForeignKey("process_definition.id"), index=True)
    process_key: Mapped[str] = mapped_column(code(), index=True)
    kind: Mapped[str] = mapped_column(code(20))
    name: Mapped[str] = mapped_column(code())
    element_id: Mapped[str] = mapped_column(code())


class DecisionResource(Base):
    """A `.dmn` file; several decisions may lie in it and require one another."""

    __tablename__ = "decision_resource"
    id: Mapped[UUID] = uuid_key()
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployment.id"), index=True)
    file: Mapped[str] = mapped_column(default="")
    digest: Mapped[str] = mapped_column(code(64), index=True)
    source: Mapped[bytes]


class DecisionDefinition(Base):
    """One version of a decision. `state`: in_force, withdrawn (offered no more, still there for what runs)."""

    __tablename__ = "decision_definition"
    __table_args__ = (UniqueConstraint("key", "version"),)
    id: Mapped[UUID] = uuid_key()
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("decision_resource.id"), index=True)
    key: Mapped[str] = mapped_column(code())
    version: Mapped[int]
    name: Mapped[str] = mapped_column(default="")
    digest: Mapped[str] = mapped_column(code(64))
    state: Mapped[str] = mapped_column(code(20), default="in_force")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(code())


class FormDefinition(Base):
    """One version of a form. `state` as of a decision."""

    __tablename__ = "form_definition"
    __table_args__ = (UniqueConstraint("key", "version"),)
    id: Mapped[UUID] = uuid_key()
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployment.id"), index=True)
    key: Mapped[str] = mapped_column(code())
    version: Mapped[int]
    file: Mapped[str] = mapped_column(default="")
    digest: Mapped[str] = mapped_column(code(64))
    source: Mapped[bytes]
    state: Mapped[str] = mapped_column(code(20), default="in_force")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(code())


class ScenarioDefinition(Base):
    """One version of a scenario: a story in YAML that is played before its processes are published.

    `key` is the file's name, `folder` the process it lies with. `state`: in_force, withdrawn (played no more).
    """

    __tablename__ = "scenario_definition"
    __table_args__ = (UniqueConstraint("key", "version"),)
    id: Mapped[UUID] = uuid_key()
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployment.id"), index=True)
    key: Mapped[str] = mapped_column(code())
    version: Mapped[int]
    name: Mapped[str] = mapped_column(default="")
    folder: Mapped[str] = mapped_column(code(), default="")
    digest: Mapped[str] = mapped_column(code(64))
    source: Mapped[bytes] = mapped_column(deferred=True)
    state: Mapped[str] = mapped_column(code(20), default="in_force")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(code())


class TranslationCatalogue(Base):
    """Translations of the texts of a process (or of everything, when `key` is empty), by the original text.

    Later deployments add to it, so that running instances of older versions stay translated.
    """

    __tablename__ = "translation_catalogue"
    key: Mapped[str] = mapped_column(code(), primary_key=True)
    locale: Mapped[str] = mapped_column(code(20), primary_key=True)
    texts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    updated_at: Mapped[datetime]
