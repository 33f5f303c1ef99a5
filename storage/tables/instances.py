"""Running and finished process instances, what they wait for, and what happened to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, big_key, code, uuid_key


class ProcessInstance(Base):
    """A process instance. `revision` is the optimistic lock; `state` is the machine's and is never looked into here.

    `scope` is the project code, "" for none. `title`, `summary`, `search`, `fields` are the head that inbox rows show
    and searches read. `waits` holds what the last step waits for, so that the next one writes only the difference.
    """

    __tablename__ = "process_instance"
    __table_args__ = (
        Index(None, "process_key", "business_key"),
        Index(None, "business_key"),
        Index(None, "status", "started_at"),
    )
    id: Mapped[UUID] = uuid_key()
    definition_id: Mapped[UUID] = mapped_column(ForeignKey("process_definition.id"), index=True)
    process_key: Mapped[str] = mapped_column(code())
    business_key: Mapped[str] = mapped_column(code(), default="")
    scope: Mapped[str] = mapped_column(code(), default="")
    title: Mapped[str] = mapped_column(default="")
    summary: Mapped[str] = mapped_column(default="")
    search: Mapped[str] = mapped_column(default="")
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    priority: Mapped[int | None]
    status: Mapped[str] = mapped_column(code(20), default="active")
    started_at: Mapped[datetime]
    started_by: Mapped[str] = mapped_column(code())
    updated_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_element: Mapped[str] = mapped_column(code(), default="")
    end_name: Mapped[str] = mapped_column(default="")
    end_kind: Mapped[str] = mapped_column(code(20), default="")
    end_code: Mapped[str] = mapped_column(code(), default="")
    state: Mapped[bytes] = mapped_column(default=b"", deferred=True)
    variables: Mapped[dict[str, Any]] = mapped_column(default=dict, deferred=True)
    waits: Mapped[dict[str, Any]] = mapped_column(default=dict, deferred=True)
    revision: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  SQLAlchemy's own way to say it


class MessageSubscription(Base):
    """A token that waits for a message or a signal. For messages `correlation_key` is the business key by default."""

    __tablename__ = "message_subscription"
    __table_args__ = (Index(None, "kind", "name", "correlation_key"),)
    id: Mapped[int] = big_key()
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), index=True)
    token_id: Mapped[UUID]
    element_id: Mapped[str] = mapped_column(code())
    kind: Mapped[str] = mapped_column(code(20))
    name: Mapped[str] = mapped_column(code())
    correlation_key: Mapped[str] = mapped_column(code(), default="")


class HistoryEvent(Base):
    """One thing that happened to a token, in order of `id` within an instance."""

    __tablename__ = "history_event"
    __table_args__ = (Index(None, "instance_id", "id"),)
    id: Mapped[int] = big_key()
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(code())
    action: Mapped[str] = mapped_column(code(40))
    element_id: Mapped[str] = mapped_column(code(), default="")
    element_type: Mapped[str] = mapped_column(code(40), default="")
    name: Mapped[str] = mapped_column(default="")
    token_id: Mapped[UUID | None]
    scope_id: Mapped[str] = mapped_column(default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class AuditEntry(Base):
    """Who did what to what, when, in whose place and why. Only ever added to."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "subject", "id"), Index(None, "at"))
    id: Mapped[int] = big_key()
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(code())
    on_behalf_of: Mapped[str] = mapped_column(code(), default="")
    action: Mapped[str] = mapped_column(code(60))
    subject: Mapped[str] = mapped_column(code())
    instance_id: Mapped[UUID | None] = mapped_column(index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
