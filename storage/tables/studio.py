"""The studio: changes that are drafted together, what was said of them, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, code, uuid_key


class ChangeSet(Base):
    """Drafts of several resources that are published together or not at all.

    `state`: open, in_review, published, discarded. `verdict` of the second person: "", approved, refused.
    """

    __tablename__ = "change_set"
    __table_args__ = (Index(None, "state", "updated_at"),)
    id: Mapped[UUID] = uuid_key()
    title: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(code(20), default="open")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(code())
    updated_at: Mapped[datetime]
    reviewer: Mapped[str] = mapped_column(code(), default="")
    reviewed_by: Mapped[str] = mapped_column(code(), default="")
    reviewed_at: Mapped[datetime | None]
    verdict: Mapped[str] = mapped_column(code(20), default="")
    opinion: Mapped[str] = mapped_column(default="")


class Draft(Base):
    """A resource as it is drafted. `base` is the digest of the published file it began from, "" for a new one.

    `file` is the resource's name (`complaint.bpmn`); `kind`: bpmn, dmn, form, scenario, texts; `folder` the process it
    lies with. `revision` counts the saves; `base_source` is what was published when the draft began (the common
    ancestor when two changes meet).
    """

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("change_set_id", "file"),)
    id: Mapped[UUID] = uuid_key()
    change_set_id: Mapped[UUID] = mapped_column(ForeignKey("change_set.id"))
    file: Mapped[str] = mapped_column(code())
    kind: Mapped[str] = mapped_column(code(20))
    folder: Mapped[str] = mapped_column(code(), default="")
    base: Mapped[str] = mapped_column(code(64), default="")
    base_source: Mapped[bytes] = mapped_column(default=b"", deferred=True)
    source: Mapped[bytes] = mapped_column(deferred=True)
    revision: Mapped[int] = mapped_column(default=1)
    edited_at: Mapped[datetime]
    edited_by: Mapped[str] = mapped_column(code())


class DraftRevision(Base):
    """A draft as it was saved once: nothing that was drawn is lost."""

    __tablename__ = "draft_revision"
    __table_args__ = (UniqueConstraint("draft_id", "revision"),)
    id: Mapped[UUID] = uuid_key()
    draft_id: Mapped[UUID] = mapped_column(ForeignKey("draft.id"))
    revision: Mapped[int]
    source: Mapped[bytes] = mapped_column(deferred=True)
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(code())


class ChangeComment(Base):
    """What somebody said of a change, perhaps at a file and an element of it."""

    __tablename__ = "change_comment"
    id: Mapped[UUID] = uuid_key()
    change_set_id: Mapped[UUID] = mapped_column(ForeignKey("change_set.id"), index=True)
    file: Mapped[str] = mapped_column(code(), default="")
    element_id: Mapped[str] = mapped_column(code(), default="")
    text: Mapped[str]
    written_at: Mapped[datetime]
    written_by: Mapped[str] = mapped_column(code())
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str] = mapped_column(code(), default="")


class StudioSetting(Base):
    """What an administrator decided for the studio of this installation, by name (`second_person`)."""

    __tablename__ = "studio_setting"
    name: Mapped[str] = mapped_column(code(), primary_key=True)
    value: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(code())


class Presence(Base):
    """Who has a draft open, as of the last time his browser said so."""

    __tablename__ = "presence"
    draft_id: Mapped[UUID] = mapped_column(ForeignKey("draft.id"), primary_key=True)
    login: Mapped[str] = mapped_column(code(), primary_key=True)
    seen_at: Mapped[datetime]
    element_id: Mapped[str] = mapped_column(code(), default="")


class Publication(Base):
    """A change set that was published, with what was in force before, and that it was taken back.

    `batches` lists the ids of the moves of running cases that belong to it.
    """

    __tablename__ = "publication"
    id: Mapped[UUID] = uuid_key()
    change_set_id: Mapped[UUID] = mapped_column(ForeignKey("change_set.id"), unique=True)
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployment.id"))
    published_at: Mapped[datetime] = mapped_column(index=True)
    published_by: Mapped[str] = mapped_column(code())
    batches: Mapped[list[Any]] = mapped_column(default=list)
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(code(), default="")
    undone_reason: Mapped[str] = mapped_column(default="")
    undo_deployment_id: Mapped[UUID | None] = mapped_column(ForeignKey("deployment.id"))


class PublicationFile(Base):
    """A file of a publication: what was in force before, and what came into force."""

    __tablename__ = "publication_file"
    __table_args__ = (UniqueConstraint("publication_id", "file"),)
    id: Mapped[UUID] = uuid_key()
    publication_id: Mapped[UUID] = mapped_column(ForeignKey("publication.id"))
    file: Mapped[str] = mapped_column(code())
    kind: Mapped[str] = mapped_column(code(20))
    folder: Mapped[str] = mapped_column(code(), default="")
    before: Mapped[bytes | None] = mapped_column(deferred=True)
    after: Mapped[bytes] = mapped_column(deferred=True)


class ScenarioRun(Base):
    """One scenario played on a change set before it may be published. `state`: waiting, passed, failed.

    `digest` is of all drafts of the change set as they were played: another draft, another run.
    """

    __tablename__ = "scenario_run"
    __table_args__ = (UniqueConstraint("change_set_id", "file"),)
    id: Mapped[UUID] = uuid_key()
    change_set_id: Mapped[UUID] = mapped_column(ForeignKey("change_set.id"))
    file: Mapped[str] = mapped_column(code())
    name: Mapped[str] = mapped_column(default="")
    digest: Mapped[str] = mapped_column(code(64))
    state: Mapped[str] = mapped_column(code(20), default="waiting")
    step: Mapped[int] = mapped_column(default=0)
    message: Mapped[str] = mapped_column(default="")
    message_zh: Mapped[str] = mapped_column(default="")
    element_id: Mapped[str] = mapped_column(code(), default="")
    open_tasks: Mapped[list[Any]] = mapped_column(default=list)
    """What was open when it failed: `id` of the element, `name`, `role`."""
    played_at: Mapped[datetime | None]


class Rehearsal(Base):
    """A sandbox in which somebody plays a change through: its whole database, its clock and the steps taken so far."""

    __tablename__ = "rehearsal"
    id: Mapped[UUID] = uuid_key()
    change_set_id: Mapped[UUID | None] = mapped_column(ForeignKey("change_set.id"), index=True)
    process_key: Mapped[str] = mapped_column(code())
    owner: Mapped[str] = mapped_column(code(), index=True)
    digest: Mapped[str] = mapped_column(code(64), default="")
    clock: Mapped[datetime]
    steps: Mapped[list[Any]] = mapped_column(default=list)
    database: Mapped[bytes] = mapped_column(deferred=True)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class MessageText(Base):
    """The wording of a message in place of the shipped one. `digest` is of the shipped text (`template`)."""

    __tablename__ = "message_text"
    digest: Mapped[str] = mapped_column(code(64), primary_key=True)
    locale: Mapped[str] = mapped_column(code(20), primary_key=True)
    template: Mapped[str]
    text: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(code())
