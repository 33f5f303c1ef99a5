"""Queries over tasks. The inbox reads a few short ranges of an index: a page costs the same however many are open.

A viewer's tasks are the union of branches: one range of `task_candidate` for each (candidate, project) he holds, and
one of `user_task` for what he took. Each branch is sorted by the index and cut to what the page needs before the union.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, false, func, insert, literal, or_, select, union_all, update
from sqlalchemy.orm import undefer
from sqlalchemy.orm.util import identity_key

from storage.instances import RUNNING, matches
from storage.tables.base import table_of
from storage.tables.instances import ProcessInstance
from storage.tables.work import Attachment, Comment, TaskCandidate, TaskSubmission, UserTask

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select, Subquery
    from sqlalchemy.orm import Session

    Query = Select[*tuple[Any, ...]]

COUNT_LIMIT = 1000
TOTAL_LIMIT = 10_000
SORTS = {
    "due": (UserTask.sort_due, UserTask.id),
    "-due": (UserTask.sort_due.desc(), UserTask.id),
    "created": (UserTask.created_at, UserTask.id),
    "-created": (UserTask.created_at.desc(), UserTask.id),
    "priority": (func.coalesce(ProcessInstance.priority, UserTask.priority).desc(), UserTask.sort_due, UserTask.id),
    "name": (UserTask.name, UserTask.sort_due, UserTask.id),
    "title": (ProcessInstance.title, UserTask.sort_due, UserTask.id),
    "-completed": (UserTask.completed_at.desc(), UserTask.id),
}


@dataclass(frozen=True, slots=True)
class Inbox:
    """Which tasks: `candidates` are (candidate, project or "" for all), `assignees` logins.

    `claimed` None: taken or not. `everything`: all open tasks. `done`: closed tasks completed by `assignees`.
    `assignee`: of all these, only the tasks this person has taken.
    `instances`: only tasks of these (what a search found); `text` is searched for when they are too many to list.
    """

    candidates: tuple[tuple[str, str], ...] = ()
    assignees: tuple[str, ...] = ()
    claimed: bool | None = None
    everything: bool = False
    done: bool = False
    due_before: datetime | None = None
    scope: str = ""
    process: str = ""
    text: str = ""
    assignee: str = ""
    instances: tuple[UUID, ...] | None = None


def _narrowed(query: Query, inbox: Inbox, *, candidates: bool) -> Query:
    """Apply what applies to every branch; joins only when a filter needs them."""
    row = TaskCandidate if candidates else UserTask
    if inbox.due_before is not None:
        query = query.where(row.sort_due < inbox.due_before)
    if inbox.scope and not candidates:
        query = query.where(UserTask.scope == inbox.scope)
    if (inbox.process or inbox.assignee) and candidates:
        query = query.join(UserTask, UserTask.id == TaskCandidate.task_id)
    if inbox.assignee:
        query = query.where(UserTask.assignee == inbox.assignee)
    if inbox.process:
        query = query.where(UserTask.process_key == inbox.process)
    if inbox.instances is not None:
        query = query.where(row.instance_id.in_(inbox.instances))
    elif inbox.text:
        found = select(ProcessInstance.id).where(ProcessInstance.status.in_(RUNNING), *matches(inbox.text))
        query = query.where(row.instance_id.in_(found))
    return query


def _branches(inbox: Inbox, *, sorted_by_index: bool) -> list[Query]:
    """List the branches of an inbox: many that an index sorts by due date, or few for counting and other orders."""
    task = select(UserTask.id.label("id"), UserTask.sort_due.label("sort_due"))
    if inbox.done:
        return [_done(inbox)]
    if inbox.everything:
        return [_narrowed(task.where(UserTask.state == "open"), inbox, candidates=False)]
    found = [
        _narrowed(task.where(UserTask.state == "open", UserTask.assignee == login), inbox, candidates=False)
        for login in inbox.assignees
    ]
    line = select(TaskCandidate.task_id.label("id"), TaskCandidate.sort_due.label("sort_due"))
    claimed = (False, True) if inbox.claimed is None else (inbox.claimed,)
    for candidates, scopes in _pools(inbox):
        if not sorted_by_index or inbox.instances is not None:
            pool = line.where(TaskCandidate.candidate.in_(candidates), TaskCandidate.claimed.in_(claimed))
            pool = pool.where(TaskCandidate.scope.in_(scopes)) if scopes else pool
            found.append(_narrowed(pool, inbox, candidates=True))
            continue
        for candidate, scope, taken in product(candidates, scopes or ("",), claimed):
            one = line.where(TaskCandidate.candidate == candidate, TaskCandidate.claimed == literal(taken))
            one = one.where(TaskCandidate.scope == scope) if scope else one
            found.append(_narrowed(one, inbox, candidates=True))
    return found


def _pools(inbox: Inbox) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Group candidates by the projects they are held for; no projects means all."""
    held: dict[str, set[str]] = {}
    for candidate, scope in inbox.candidates:
        if not scope or not inbox.scope or scope == inbox.scope:
            held.setdefault(candidate, set()).add(inbox.scope or scope)
    pools: dict[tuple[str, ...], list[str]] = {}
    for candidate, scopes in held.items():
        pools.setdefault(() if "" in scopes else tuple(sorted(scopes)), []).append(candidate)
    return [(tuple(candidates), scopes) for scopes, candidates in pools.items()]


def found_instances(session: Session, text: str, limit: int) -> tuple[UUID, ...] | None:
    """List the running instances that a search finds; None when they are more than `limit`."""
    query = select(ProcessInstance.id).where(ProcessInstance.status.in_(RUNNING), *matches(text)).limit(limit + 1)
    ids = tuple(session.scalars(query))
    return ids if len(ids) <= limit else None


def _done(inbox: Inbox) -> Query:
    query = select(UserTask.id.label("id"), UserTask.completed_at.label("sort_due")).where(
        UserTask.completed_by.in_(inbox.assignees), UserTask.state == "completed"
    )
    if inbox.scope:
        query = query.where(UserTask.scope == inbox.scope)
    if inbox.process:
        query = query.where(UserTask.process_key == inbox.process)
    if inbox.text:
        query = query.join(ProcessInstance, ProcessInstance.id == UserTask.instance_id).where(*matches(inbox.text))
    return query


def _union(branches: Sequence[Query]) -> Subquery:
    """Join branches into one list of (id, sort_due) without doubles."""
    if len(branches) == 1:
        return branches[0].subquery()
    parts = [select(branch.subquery()) for branch in branches]
    every = union_all(*parts).subquery()
    return select(every.c.id, every.c.sort_due).distinct().subquery()


def page(session: Session, inbox: Inbox, *, sort: str, offset: int, limit: int) -> Sequence[UUID]:
    """List the ids of one page of tasks."""
    by_due = sort == "due" and not inbox.done
    branches = _branches(inbox, sorted_by_index=by_due)
    if not branches:
        return []
    if by_due:
        cut = [b.order_by("sort_due", "id").limit(offset + limit) for b in branches]
        found = _union(cut)
        return session.scalars(
            select(found.c.id).order_by(found.c.sort_due, found.c.id).limit(limit).offset(offset)
        ).all()
    found = _union(branches)
    query = select(UserTask.id).join(found, found.c.id == UserTask.id)
    if sort in ("priority", "title"):
        query = query.join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
    return session.scalars(query.order_by(*SORTS[sort]).limit(limit).offset(offset)).all()


def counts(session: Session, wanted: Mapping[str, tuple[Inbox, int]]) -> dict[str, int]:
    """Count several inboxes in one statement, each no further than its limit.

    Counting a million tasks costs what reading them does; nobody looks at the difference between 10,000 and more.
    """
    columns = {}
    for name, (inbox, limit) in wanted.items():
        branches = [branch.limit(limit) for branch in _branches(inbox, sorted_by_index=False)]
        if branches:
            found = select(literal(1)).select_from(_union(branches)).limit(limit).subquery()
            columns[name] = select(func.count()).select_from(found).scalar_subquery().label(name)
    row = session.execute(select(*columns.values())).one() if columns else ()
    return dict.fromkeys(wanted, 0) | dict(zip(columns, row, strict=True))


def rows(session: Session, ids: Sequence[UUID]) -> list[tuple[UserTask, ProcessInstance]]:
    """Fetch tasks with their instances, in the order of `ids`."""
    if not ids:
        return []
    found = session.execute(
        select(UserTask, ProcessInstance)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(UserTask.id.in_(ids))
    )
    by_id = {task.id: (task, instance) for task, instance in found}
    return [by_id[i] for i in ids if i in by_id]


def get(session: Session, task_id: UUID) -> UserTask | None:
    """Find a task, open or not, with its draft."""
    return session.get(UserTask, task_id, options=[undefer(UserTask.draft)], populate_existing=True)


def by_ids(session: Session, ids: Collection[UUID]) -> Sequence[UserTask]:
    """Fetch tasks; no statement when there are no ids or all are in the session."""
    known = [task for task_id in ids if (task := session.identity_map.get(identity_key(UserTask, task_id)))]
    if len(known) == len(ids):
        return known
    return session.scalars(select(UserTask).where(UserTask.id.in_(list(ids)))).all()


def open_of(session: Session, instance_id: UUID) -> Sequence[UserTask]:
    """List an instance's open tasks as they are now, oldest first."""
    query = select(UserTask).where(UserTask.instance_id == instance_id, UserTask.state == "open")
    return session.scalars(
        query.order_by(UserTask.created_at, UserTask.id), execution_options={"populate_existing": True}
    ).all()


_WHO_MAY = (
    UserTask.id, UserTask.name, UserTask.scope, UserTask.state, UserTask.assignee, UserTask.owner,
    UserTask.completed_by, UserTask.candidate_groups, UserTask.candidate_users, UserTask.created_at,
)  # fmt: skip
_WAITING = (
    select(*_WHO_MAY)
    .where(UserTask.instance_id == bindparam("instance_id"), UserTask.state == "open")
    .order_by(UserTask.created_at, UserTask.id)
)


def waiting(session: Session, instance_id: UUID) -> Sequence[Any]:
    """List an instance's open tasks, oldest first: their names, and what decides who may do them."""
    return session.execute(_WAITING, {"instance_id": instance_id}).all()


def all_of(session: Session, instance_id: UUID) -> Sequence[UserTask]:
    """List all tasks of an instance, oldest first."""
    query = select(UserTask).where(UserTask.instance_id == instance_id)
    return session.scalars(query.order_by(UserTask.created_at, UserTask.id)).all()


def open_tasks(session: Session, limit: int = 10_000) -> Sequence[UserTask]:
    """List all open tasks, due first."""
    query = select(UserTask).where(UserTask.state == "open").order_by(UserTask.sort_due, UserTask.created_at)
    return session.scalars(query.limit(limit)).all()


def open_to(candidates: Sequence[tuple[str, str]], logins: Sequence[str]) -> ColumnElement[bool]:
    """Give the condition that a task is one of these candidates' (candidate, project or "" for all), or is held."""
    row = TaskCandidate
    held = [
        and_(row.candidate == candidate, row.scope == scope) if scope else row.candidate == candidate
        for candidate, scope in candidates
    ]
    return or_(UserTask.id.in_(select(row.task_id).where(or_(false(), *held))), UserTask.assignee.in_(logins))


def add(session: Session, tasks: Sequence[dict[str, Any]], candidates: Sequence[dict[str, Any]]) -> None:
    """Insert new tasks and their lines of the inbox index."""
    if tasks:
        session.execute(insert(table_of(UserTask)), tasks)
    if candidates:
        session.execute(insert(table_of(TaskCandidate)), candidates)


def carry_draft(session: Session, old: UUID, new: UUID | None) -> None:
    """Move what was typed into a closed task to one that was just inserted, or forget it (None).

    It is forgotten too when other people may do the new one (AC19): an order goes to another unit by the same step.
    """
    table = table_of(UserTask)
    if new is not None:
        kept = (table.c.draft, table.c.draft_by, table.c.draft_at)
        query = select(table.c.id, *kept, table.c.candidate_groups, table.c.scope).where(table.c.id.in_((old, new)))
        rows = {row.id: row for row in session.execute(query)}
        found, here = rows[old], rows[new]
        if sorted(found.candidate_groups) == sorted(here.candidate_groups) and found.scope == here.scope:
            values = {"draft": found.draft, "draft_by": found.draft_by, "draft_at": found.draft_at}
            session.execute(update(table).where(table.c.id == new).values(**values))
    session.execute(update(table).where(table.c.id == old).values(draft=None))


# By "=" and not by a list, which would be expanded anew at each call; on the table, as no session holds a line.
_GONE = delete(table_of(TaskCandidate)).where(TaskCandidate.task_id == bindparam("gone"))


def remove_candidates(session: Session, task_ids: Sequence[UUID]) -> None:
    """Take closed tasks out of the inbox index."""
    if task_ids:
        session.execute(_GONE, [{"gone": task_id} for task_id in task_ids])


def set_candidates(session: Session, task: UserTask, **values: Any) -> None:
    """Change `claimed`, `sort_due` or `scope` in a task's lines of the inbox index."""
    session.execute(update(TaskCandidate).where(TaskCandidate.task_id == task.id).values(**values))


def is_open(session: Session, task_id: str) -> bool:
    """Tell whether a task, by the text of its key, is still to be done."""
    try:
        key = UUID(task_id)
    except ValueError:
        return False
    return session.scalar(select(UserTask.id).where(UserTask.id == key, UserTask.state == "open")) is not None


def submission(session: Session, task_id: UUID) -> TaskSubmission | None:
    """Find what was handed in for a task."""
    return session.get(TaskSubmission, task_id)


def performers(session: Session, instance_id: UUID, elements: Sequence[str]) -> frozenset[str]:
    """List who handed in these elements' forms, and in whose place."""
    found = session.execute(
        select(TaskSubmission.submitted_by, TaskSubmission.on_behalf_of).where(
            TaskSubmission.instance_id == instance_id, TaskSubmission.element_id.in_(elements)
        )
    )
    return frozenset(login for row in found for login in row if login)


def comments(session: Session, task_id: UUID) -> Sequence[Comment]:
    """List a task's comments, oldest first."""
    return session.scalars(select(Comment).filter_by(task_id=task_id).order_by(Comment.at)).all()


def attachments(session: Session, task_id: UUID) -> Sequence[Attachment]:
    """List a task's files that were not removed, oldest first."""
    query = select(Attachment).where(Attachment.task_id == task_id, Attachment.removed_at.is_(None))
    return session.scalars(query.order_by(Attachment.at)).all()
