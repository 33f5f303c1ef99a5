"""Everything a task's page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import access, definitions
from engine.access import Action
from engine.core.variables import view_of
from engine.errors import N_, NotFoundError
from engine.inbox import InboxItem, item_of
from storage import definitions as definition_rows
from storage import history, instances, people
from storage import tasks as queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.core.forms import Form
    from storage.tables.work import Attachment, Comment, UserTask


@dataclass(frozen=True, slots=True)
class CommentInfo:
    """A comment with its author's name."""

    id: UUID
    author: str
    author_name: str
    text: str
    at: datetime
    task_id: UUID | None


@dataclass(frozen=True, slots=True)
class AttachmentInfo:
    """A file; `field` is the form field it belongs to. Pictures have a width and a height in pixels."""

    id: UUID
    task_id: UUID | None
    field: str
    name: str
    size: int
    media_type: str
    width: int | None
    height: int | None
    at: datetime
    author: str


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as its page needs it. `submission` is what was handed in last time for the same element, for prefill.

    `variables` are those the task sees; `may` holds the actions the viewer may take now. `suspended`: its process is,
    so that it cannot be completed.
    """

    item: InboxItem
    state: str
    completed_by: str
    completed_by_name: str
    form: Form | None
    draft: Mapping[str, Any] | None
    draft_by: str
    draft_at: datetime | None
    submission: Mapping[str, Any] | None
    submitted: Mapping[str, Any] | None
    comments: tuple[CommentInfo, ...]
    attachments: tuple[AttachmentInfo, ...]
    listeners: tuple[tuple[str, str], ...]
    variables: Mapping[str, Any]
    head: Mapping[str, Any]
    properties: Mapping[str, str]
    may: frozenset[Action]
    documentation: str
    owner: str
    suspended: bool = False

    @property
    def id(self) -> UUID:
        """The task's id."""
        return self.item.id


ACTIONS = (
    Action.TASK_CLAIM,
    Action.TASK_RELEASE,
    Action.TASK_COMPLETE,
    Action.TASK_DRAFT,
    Action.TASK_DELEGATE,
    Action.TASK_REASSIGN,
    Action.TASK_COMMENT,
    Action.ATTACHMENT_PUT,
)


def open_task(session: Session, viewer: Viewer, task_id: UUID, *, now: datetime) -> TaskView:
    """Show a task, open or done. Raises NotFoundError when there is none for this viewer."""
    task = queries.get(session, task_id)
    instance = instances.get(session, task.instance_id) if task is not None else None
    if task is None or instance is None:
        raise NotFoundError(N_("There is no such task."))
    access.require(viewer, Action.TASK_VIEW, task)
    names = people.names(session, [task.assignee, task.completed_by or "", task.owner])
    process = definition_rows.process(session, instance.definition_id)
    item = item_of(viewer, task, instance, now, names=names, process_name=process.name if process else "")
    earlier = history.submissions(session, instance.id, task.element_id)
    mine = next((s for s in earlier if s.task_id == task_id), None)
    node = definitions.program(session, task.definition_id).process.nodes.get(task.element_id)
    scopes = instance.variables or {}
    return TaskView(
        item=item,
        state=task.state,
        completed_by=task.completed_by or "",
        completed_by_name=names.get(task.completed_by or "", task.completed_by or ""),
        form=definitions.form(session, task),
        draft=task.draft if task.state == "open" else None,
        draft_by=task.draft_by,
        draft_at=task.draft_at,
        submission=earlier[-1].values if earlier and mine is None else None,
        submitted=mine.values if mine else None,
        comments=comment_infos(session, history.comments(session, instance.id)),
        attachments=tuple(attachment_info(row) for row in queries.attachments(session, task_id)),
        listeners=tuple((event, name) for event, name in task.listeners),
        variables=view_of(scopes, task.scope_id),
        head=dict(instance.fields or {}),
        properties=dict(task.properties),
        may=frozenset(a for a in ACTIONS if task.state == "open" and access.allowed(viewer, a, task)),
        documentation=node.documentation if node else "",
        owner=task.owner,
        suspended=instance.status == "suspended",
    )


def comment_infos(session: Session, rows: Sequence[Comment]) -> tuple[CommentInfo, ...]:
    """Give comments as plain data with their authors' names."""
    names = people.names(session, [row.author for row in rows])
    return tuple(
        CommentInfo(row.id, row.author, names.get(row.author, row.author), row.text, row.at, row.task_id)
        for row in rows
    )


def attachment_info(row: Attachment) -> AttachmentInfo:
    """Give a file as plain data."""
    return AttachmentInfo(**{name: getattr(row, name) for name in AttachmentInfo.__slots__})


def first_of(session: Session, viewer: Viewer, instance_id: UUID) -> UserTask | None:
    """Give the first open task of an instance that the viewer may do; None when there is none."""
    found = queries.open_of(session, instance_id)
    return next((one for one in found if access.allowed(viewer, Action.TASK_COMPLETE, one)), None)
