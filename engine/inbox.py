"""The inbox: which tasks a person sees, filtered, sorted, counted, by page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.errors import N_, InvalidInputError
from storage import definitions as definition_rows
from storage import people
from storage import tasks as queries
from storage.tasks import COUNT_LIMIT, TOTAL_LIMIT, Inbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from storage.tables.instances import ProcessInstance
    from storage.tables.work import UserTask

VIEWS = ("mine", "group", "all", "overdue", "team", "done")
SORTS = {"newest": "-created", "oldest": "created"}
MAX_SIZE = 200
SEARCH_LIMIT = 500


@dataclass(frozen=True, slots=True)
class InboxQuery:
    """What to show.

    `view`: mine (taken by me), group (free, for one of my roles), all (both: what I can do now), overdue (of all), team
    (also taken by others, and the roles I supervise), done (by me). `assignee`: only what this person has taken.
    `sort`: due, newest, oldest, priority, name, title. `nearest`: for a page that is not there give the last one, as
    people expect; without it the page is empty, as programs that read to the end do.
    """

    view: str = "all"
    role: str = ""
    scope: str = ""
    process: str = ""
    text: str = ""
    assignee: str = ""
    sort: str = "due"
    page: int = 1
    size: int = 25
    nearest: bool = True


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One line of the inbox."""

    id: UUID
    instance_id: UUID
    element_id: str
    name: str
    process_key: str
    process_name: str
    title: str
    summary: str
    assignee: str
    assignee_name: str
    groups: tuple[str, ...]
    due_at: datetime | None
    overdue: bool
    created_at: datetime
    priority: int
    claimed_by_me: bool
    business_key: str
    scope: str
    fields: Mapping[str, Any]
    definition_id: str
    completed_at: datetime | None
    candidate_users: tuple[str, ...] = ()
    follow_up_at: datetime | None = None
    form_key: str = ""


@dataclass(frozen=True, slots=True)
class InboxPage:
    """A page of the inbox. `total` and `counts` stop at their limits (10,000 and 1,000): `capped` says so."""

    items: tuple[InboxItem, ...]
    total: int
    counts: Mapping[str, int]
    page: int
    pages: int
    capped: bool = False


def inbox(session: Session, viewer: Viewer, query: InboxQuery, *, now: datetime) -> InboxPage:
    """Give a page of the viewer's tasks. Raises InvalidInputError for an unknown view or sort order."""
    sort = SORTS.get(query.sort, query.sort)
    if query.view not in VIEWS or sort not in queries.SORTS:
        raise InvalidInputError(N_("There is no such view or sort order."))
    hits = queries.found_instances(session, query.text, SEARCH_LIMIT) if query.text else None
    views = {view: _wanted(viewer, replace(query, view=view), now, hits) for view in VIEWS}
    limits = {view: TOTAL_LIMIT if view == query.view else COUNT_LIMIT for view in VIEWS}
    counts = queries.counts(session, {view: (views[view], limits[view]) for view in VIEWS})
    total = counts[query.view]
    size = max(1, min(query.size, MAX_SIZE))
    pages = max(1, -(-total // size))
    page = max(1, min(query.page, pages) if query.nearest else query.page)
    if query.view == "done":
        sort = "-completed"
    ids = queries.page(session, views[query.view], sort=sort, offset=(page - 1) * size, limit=size)
    rows = queries.rows(session, ids)
    return InboxPage(
        items=_items(session, viewer, rows, now),
        total=total,
        counts={view: min(count, COUNT_LIMIT) for view, count in counts.items()},
        page=page,
        pages=pages,
        capped=total >= TOTAL_LIMIT,
    )


def _wanted(viewer: Viewer, query: InboxQuery, now: datetime, hits: tuple[UUID, ...] | None) -> Inbox:
    """Say in terms of storage what a query means for a viewer."""
    narrow: dict[str, Any] = {"scope": query.scope, "process": query.process, "text": query.text}
    narrow["assignee"] = query.assignee
    logins = tuple(login for login in viewer.logins if login)
    mine = logins if not query.role else ()
    if query.view != "done":
        narrow["instances"] = hits
    if query.view == "done":
        return Inbox(assignees=logins, done=True, **narrow)
    if query.view == "mine":
        return Inbox(assignees=logins, **narrow)
    if query.view == "team":
        if viewer.is_admin and not query.role:
            return Inbox(everything=True, **narrow)
        return Inbox(_candidates(viewer, query.role, team=True), mine, claimed=None, **narrow)
    if query.view == "group":
        return Inbox(_candidates(viewer, query.role), claimed=False, **narrow)
    before = now if query.view == "overdue" else None
    return Inbox(_candidates(viewer, query.role), mine, claimed=False, due_before=before, **narrow)


def _candidates(viewer: Viewer, role: str, *, team: bool = False) -> tuple[tuple[str, str], ...]:
    """List (candidate, project) pairs; a role held everywhere makes its single projects superfluous."""
    held = [(name, grant.scope) for grant in viewer.grants for name in grant.candidates]
    if team:
        held += [(name, grant.scope) for grant in viewer.supervised for name in (grant.role, f"{grant.role}:")]
    if viewer.is_admin and role:
        held.append((role, ""))
    held = [pair for pair in held if not role or pair[0].split(":")[0] == role]
    everywhere = {name for name, scope in held if not scope}
    pairs = [(name, scope) for name, scope in held if not scope or name not in everywhere]
    personal = [] if role else [(f"@{login}", "") for login in viewer.logins if login]
    return tuple(dict.fromkeys([*pairs, *personal]))


def open_to(viewer: Viewer) -> ColumnElement[bool]:
    """Give the condition that a person is a candidate of a task or holds it, for lists of one kind of task."""
    return queries.open_to(_candidates(viewer, ""), viewer.logins)


def _items(
    session: Session, viewer: Viewer, rows: Iterable[tuple[UserTask, ProcessInstance]], now: datetime
) -> tuple[InboxItem, ...]:
    pairs = list(rows)
    names = people.names(session, [task.assignee for task, _ in pairs])
    processes = definition_rows.process_names(session, {instance.definition_id for _, instance in pairs})
    return tuple(
        item_of(viewer, task, instance, now, names=names, process_name=processes.get(instance.definition_id, ""))
        for task, instance in pairs
    )


def item_of(
    viewer: Viewer,
    task: UserTask,
    instance: ProcessInstance,
    now: datetime,
    *,
    names: Mapping[str, str],
    process_name: str,
) -> InboxItem:
    """Give a task and its instance's head as a line of the inbox."""
    return InboxItem(
        id=task.id,
        instance_id=instance.id,
        element_id=task.element_id,
        name=task.name,
        process_key=instance.process_key,
        process_name=process_name,
        title=instance.title,
        summary=task.properties.get("summary") or instance.summary,
        assignee=task.assignee,
        assignee_name=names.get(task.assignee, task.assignee),
        groups=tuple(task.candidate_groups),
        due_at=task.due_at,
        overdue=task.state == "open" and task.due_at is not None and task.due_at < now,
        created_at=task.created_at,
        priority=task.priority if instance.priority is None else instance.priority,
        claimed_by_me=task.assignee == viewer.login,
        business_key=instance.business_key,
        scope=instance.scope,
        fields=dict(instance.fields or {}),
        definition_id=task.definition_id,
        completed_at=task.completed_at,
        candidate_users=tuple(task.candidate_users),
        follow_up_at=task.follow_up_at,
        form_key=task.form_key,
    )
