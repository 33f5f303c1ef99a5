"""Work that waits for a person (tasks) or for the worker (jobs), and what people attach to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import FAR_FUTURE, Base, big_key, code, uuid_key

OPEN = text("state = 'open'")


class UserTask(Base):
    """A user or manual task. `id` is the machine's; `state` is open, completed or canceled.

    `sort_due` equals `due_at`, or a moment after all others when there is none. `scope_id` is the scope of variables,
    `scope` the project code of the instance.
    """

    __tablename__ = "user_task"
    __table_args__ = (
        Index("ix_user_task_open_of_instance", "instance_id", "state"),
        Index("ix_user_task_mine", "assignee", "sort_due", "id", postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_user_task_done", "completed_by", "completed_at"),
        Index(None, "completed_at"),
        Index(None, "element_id", "due_at"),
        Index("ix_user_task_open_due", "sort_due", "id", postgresql_where=OPEN, sqlite_where=OPEN),
    )
    id: Mapped[UUID] = uuid_key()
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    definition_id: Mapped[str] = mapped_column(code(64))
    process_key: Mapped[str] = mapped_column(code())
    scope: Mapped[str] = mapped_column(code(), default="")
    element_id: Mapped[str] = mapped_column(code())
    name: Mapped[str] = mapped_column(default="")
    type: Mapped[str] = mapped_column(code(40), default="userTask")
    lane: Mapped[str] = mapped_column(default="")
    form_key: Mapped[str] = mapped_column(code(), default="")
    form_binding: Mapped[str] = mapped_column(code(), default="")
    assignee: Mapped[str] = mapped_column(code(), default="")
    candidate_groups: Mapped[list[Any]] = mapped_column(default=list)
    candidate_users: Mapped[list[Any]] = mapped_column(default=list)
    due_at: Mapped[datetime | None]
    sort_due: Mapped[datetime] = mapped_column(default=FAR_FUTURE)
    follow_up_at: Mapped[datetime | None]
    priority: Mapped[int] = mapped_column(default=50)
    scope_id: Mapped[str] = mapped_column(default="")
    properties: Mapped[dict[str, Any]] = mapped_column(default=dict)
    listeners: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(code(20), default="open")
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    owner: Mapped[str] = mapped_column(code(), default="")
    completed_at: Mapped[datetime | None]
    completed_by: Mapped[str | None] = mapped_column(code())
    escalated_at: Mapped[datetime | None]
    draft: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    draft_by: Mapped[str] = mapped_column(code(), default="")
    draft_at: Mapped[datetime | None]


class TaskCandidate(Base):
    """One line per open task and candidate: the index behind the inbox, so that a page costs the same at any total.

    `candidate` is a role code, or `@login` for a candidate user. Lines go when the task is closed.
    """

    __tablename__ = "task_candidate"
    __table_args__ = (
        Index("ix_task_candidate_everywhere", "candidate", "claimed", "sort_due", "task_id"),
        Index("ix_task_candidate_scope", "candidate", "scope", "claimed", "sort_due", "task_id"),
    )
    task_id: Mapped[UUID] = mapped_column(ForeignKey("user_task.id"), primary_key=True)
    candidate: Mapped[str] = mapped_column(code(), primary_key=True)
    instance_id: Mapped[UUID] = mapped_column(index=True)
    scope: Mapped[str] = mapped_column(code(), default="")
    claimed: Mapped[bool] = mapped_column(default=False)
    sort_due: Mapped[datetime]


class TaskSubmission(Base):
    """The record of a form: the checked values as a person handed them in. One per completed task.

    `result` is what the caller was told, given again when the same `idempotency_key` comes a second time.
    """

    __tablename__ = "task_submission"
    __table_args__ = (Index(None, "instance_id", "element_id"),)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("user_task.id"), primary_key=True)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    element_id: Mapped[str] = mapped_column(code())
    form_definition_id: Mapped[UUID | None]
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    submitted_at: Mapped[datetime]
    submitted_by: Mapped[str] = mapped_column(code())
    on_behalf_of: Mapped[str] = mapped_column(code(), default="")
    idempotency_key: Mapped[str] = mapped_column(code(), default="")
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Comment(Base):
    """What somebody wrote about a task or an instance."""

    __tablename__ = "comment"
    __table_args__ = (Index(None, "instance_id", "at"),)
    id: Mapped[UUID] = uuid_key()
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[UUID | None]
    author: Mapped[str] = mapped_column(code())
    text: Mapped[str]
    at: Mapped[datetime]


class Attachment(Base):
    """A file of a task's form field; its bytes lie in the data folder under their SHA-256."""

    __tablename__ = "attachment"
    __table_args__ = (Index(None, "instance_id", "at"), Index(None, "task_id"))
    id: Mapped[UUID] = uuid_key()
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[UUID | None]
    field: Mapped[str] = mapped_column(code(), default="")
    name: Mapped[str]
    media_type: Mapped[str] = mapped_column(code())
    size: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    sha256: Mapped[str] = mapped_column(code(64), index=True)
    at: Mapped[datetime]
    author: Mapped[str] = mapped_column(code())
    removed_at: Mapped[datetime | None]


class Job(Base):
    """Work for the worker: kind timer, start, service, message, signal, outbox, periodic, migrate or scenario.

    `due_at` is NULL while an incident waits for a person. `lease` names the worker's hold, over at `leased_until`.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index(None, "due_at"),
        Index(None, "instance_id", "token_id"),
        Index(
            "uq_job_periodic",
            "name",
            unique=True,
            postgresql_where=text("kind = 'periodic'"),
            sqlite_where=text("kind = 'periodic'"),
        ),
    )
    id: Mapped[UUID] = uuid_key()
    kind: Mapped[str] = mapped_column(code(20))
    name: Mapped[str] = mapped_column(code(), default="")
    instance_id: Mapped[UUID | None]
    token_id: Mapped[UUID | None]
    element_id: Mapped[str] = mapped_column(code(), default="")
    due_at: Mapped[datetime | None]
    priority: Mapped[int] = mapped_column(default=50)
    leased_until: Mapped[datetime | None]
    lease: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=3)
    last_error: Mapped[str] = mapped_column(default="")
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]


class Incident(Base):
    """Something that needs a person: a job that failed for good, or a command the process could not carry out."""

    __tablename__ = "incident"
    __table_args__ = (Index(None, "resolved_at", "created_at"), Index(None, "instance_id"), Index(None, "job_id"))
    id: Mapped[UUID] = uuid_key()
    kind: Mapped[str] = mapped_column(code(20))
    instance_id: Mapped[UUID | None]
    job_id: Mapped[UUID | None]
    element_id: Mapped[str] = mapped_column(code(), default="")
    template: Mapped[str]
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str] = mapped_column(code(), default="")
    resolution: Mapped[str] = mapped_column(default="")


class OutboxMessage(Base):
    """A mail, webhook call or short message to be sent; its job is of kind outbox and names it in the payload."""

    __tablename__ = "outbox_message"
    __table_args__ = (UniqueConstraint("idempotency_key"), Index(None, "created_at"))
    id: Mapped[UUID] = uuid_key()
    connector: Mapped[str] = mapped_column(code())
    recipient: Mapped[str]
    template: Mapped[str] = mapped_column(default="")
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    locale: Mapped[str] = mapped_column(code(20), default="")
    link: Mapped[str] = mapped_column(default="")
    instance_id: Mapped[UUID | None] = mapped_column(index=True)
    idempotency_key: Mapped[str] = mapped_column(code())
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class Notification(Base):
    """A line in a person's list of news."""

    __tablename__ = "notification"
    __table_args__ = (Index(None, "recipient", "read_at", "id"),)
    id: Mapped[int] = big_key()
    recipient: Mapped[str] = mapped_column(code())
    template: Mapped[str]
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    link: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    """A request that was carried out: the same actor's same key gets the same answer."""

    __tablename__ = "idempotency_key"
    actor: Mapped[str] = mapped_column(code(), primary_key=True)
    key: Mapped[str] = mapped_column(code(), primary_key=True)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(index=True)
