"""Queries over process instances and what they wait for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, bindparam, cast, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import undefer

from storage.tables.base import table_of
from storage.tables.definitions import ProcessDefinition
from storage.tables.instances import HistoryEvent, MessageSubscription, ProcessInstance
from storage.tables.work import Comment, IdempotencyKey, Incident, Job, TaskCandidate, UserTask
from storage.words import squeezed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    Seen = tuple[Sequence[tuple[str, str]], Sequence[str]]

_WHOLE = (
    undefer(ProcessInstance.state),
    undefer(ProcessInstance.variables),
    undefer(ProcessInstance.waits),
)

# What is already in the session may be older than the lock, so it is read again.
_AGAIN = {"populate_existing": True}
_LOCK = select(ProcessInstance).options(*_WHOLE).where(ProcessInstance.id == bindparam("id")).with_for_update()
_OF_TASK = select(UserTask.instance_id).where(UserTask.id == bindparam("id")).scalar_subquery()
_LOCK_BY_TASK = select(ProcessInstance).options(*_WHOLE).where(ProcessInstance.id == _OF_TASK).with_for_update()

RUNNING = ("active", "suspended")


def get(session: Session, instance_id: UUID) -> ProcessInstance | None:
    """Fetch an instance with its state, without a lock."""
    return session.get(ProcessInstance, instance_id, options=_WHOLE)


def lock(session: Session, instance_id: UUID) -> ProcessInstance | None:
    """Fetch an instance as it is now and hold it until the transaction ends."""
    return session.scalars(_LOCK, {"id": instance_id}, execution_options=_AGAIN).first()


def lock_by_task(session: Session, task_id: UUID) -> ProcessInstance | None:
    """Fetch and hold the instance of a task, open or not."""
    return session.scalars(_LOCK_BY_TASK, {"id": task_id}, execution_options=_AGAIN).first()


def replace_waits(
    session: Session,
    instance_id: UUID,
    *,
    jobs_gone: Sequence[UUID],
    subscriptions_gone: Sequence[UUID],
    jobs: Sequence[dict[str, Any]],
    subscriptions: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    """Write what a step changed about timers, services and subscriptions; tokens name what is gone."""
    if jobs_gone:
        of_tokens = (Job.instance_id == instance_id, Job.token_id.in_(jobs_gone), Job.kind.in_(("timer", "service")))
        close_incidents(session, select(Job.id).where(*of_tokens), "", now)
        session.execute(delete(Job).where(*of_tokens))
    if subscriptions_gone:
        session.execute(
            delete(MessageSubscription).where(
                MessageSubscription.instance_id == instance_id, MessageSubscription.token_id.in_(subscriptions_gone)
            )
        )
    if jobs:
        session.execute(insert(table_of(Job)), jobs)
    if subscriptions:
        session.execute(insert(table_of(MessageSubscription)), subscriptions)


def close_incidents(session: Session, job_ids: Any, actor: str, now: datetime) -> None:
    """Close the open incidents of these jobs (ids or a query of ids)."""
    session.execute(
        update(Incident)
        .where(Incident.job_id.in_(job_ids), Incident.resolved_at.is_(None))
        .values(resolved_at=now, resolved_by=actor, resolution="gone"),
        execution_options={"synchronize_session": False},
    )


def business_keys(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Map instances to their business keys."""
    wanted = list(dict.fromkeys(ids))
    query = select(ProcessInstance.id, ProcessInstance.business_key).where(ProcessInstance.id.in_(wanted))
    return {row.id: row.business_key for row in session.execute(query)} if wanted else {}


def subscriptions(session: Session, kind: str, name: str, correlation_key: str = "") -> Sequence[MessageSubscription]:
    """List who waits for a message or signal, oldest first; `correlation_key` "" asks for any."""
    query = select(MessageSubscription).where(MessageSubscription.kind == kind, MessageSubscription.name == name)
    if correlation_key:
        query = query.where(MessageSubscription.correlation_key == correlation_key)
    return session.scalars(query.order_by(MessageSubscription.id)).all()


def subscriptions_of(session: Session, instance_id: UUID) -> Sequence[MessageSubscription]:
    """List what an instance waits for, oldest first."""
    return session.scalars(
        select(MessageSubscription).filter_by(instance_id=instance_id).order_by(MessageSubscription.id)
    ).all()


def waiting(session: Session, instance_id: UUID, token_id: UUID) -> bool:
    """Tell whether a token still waits for a message or signal."""
    query = exists().where(MessageSubscription.instance_id == instance_id, MessageSubscription.token_id == token_id)
    return bool(session.scalar(select(query)))


def rekey(session: Session, instance_id: UUID, business_key: str, scope: str) -> None:
    """Give an instance that began without its application's number that number and its scope; what waits follows."""
    row = session.get_one(ProcessInstance, instance_id)
    own = update(MessageSubscription).where(MessageSubscription.instance_id == instance_id)
    own = own.where(MessageSubscription.correlation_key == row.business_key)
    session.execute(own.values(correlation_key=business_key))
    row.business_key, row.scope = business_key, scope
    tasks = update(UserTask).where(UserTask.instance_id == instance_id, UserTask.state == "open")
    session.execute(tasks.values(scope=scope))
    session.execute(update(TaskCandidate).where(TaskCandidate.instance_id == instance_id).values(scope=scope))


def listed(
    session: Session,
    *,
    process_key: str = "",
    open_only: bool = False,
    seen_by: Seen | None = None,
    text: str = "",
    business_key: str = "",
    limit: int = 50,
    offset: int = 0,
) -> Sequence[ProcessInstance]:
    """List instances, newest first: all, or those that `seen_by` says."""
    query = _filtered(select(ProcessInstance), process_key, seen_by, text, business_key, open_only=open_only)
    query = query.order_by(ProcessInstance.started_at.desc(), ProcessInstance.id)
    return session.scalars(query.limit(limit).offset(offset)).all()


def count(
    session: Session,
    *,
    process_key: str = "",
    open_only: bool = False,
    seen_by: Seen | None = None,
    text: str = "",
    business_key: str = "",
    limit: int = 10_000,
) -> int:
    """Count what `listed` would list in all, no further than `limit`."""
    query = _filtered(select(ProcessInstance.id), process_key, seen_by, text, business_key, open_only=open_only)
    return session.scalar(select(func.count()).select_from(query.limit(limit).subquery())) or 0


def _filtered(
    query: Select[*tuple[Any, ...]],
    process_key: str,
    seen_by: Seen | None,
    text: str,
    business_key: str,
    *,
    open_only: bool,
) -> Select[*tuple[Any, ...]]:
    if process_key:
        query = query.where(ProcessInstance.process_key == process_key)
    if business_key:
        query = query.where(ProcessInstance.business_key == business_key)
    if open_only:
        query = query.where(ProcessInstance.status.in_(RUNNING))
    if seen_by is not None:
        query = query.where(_seen(*seen_by))
    return query.where(*matches(text))


def _seen(roles: Sequence[tuple[str, str]], logins: Sequence[str]) -> Any:
    """Say in SQL who had to do with an instance: by a role of its process or of a task, or as a person."""
    here = UserTask.instance_id == ProcessInstance.id
    mine = or_(
        UserTask.assignee.in_(logins),
        UserTask.completed_by.in_(logins),
        UserTask.owner.in_(logins),
        *(_holds(UserTask.candidate_users, login) for login in logins),
    )
    ways = [
        ProcessInstance.started_by.in_(logins),
        exists().where(here, mine),
        exists().where(Comment.instance_id == ProcessInstance.id, Comment.author.in_(logins)),
    ]
    by_scope: dict[str, list[str]] = {}
    for role, scope in roles:
        by_scope.setdefault(scope, []).append(role)
    for scope, codes in by_scope.items():
        processes = select(ProcessDefinition.id).where(or_(*(_holds(ProcessDefinition.roles, c) for c in codes)))
        tasks = exists().where(here, or_(*(_holds(UserTask.candidate_groups, c) for c in codes)))
        of_roles = or_(ProcessInstance.definition_id.in_(processes), tasks)
        ways.append(and_(ProcessInstance.scope == scope, of_roles) if scope else of_roles)
    return or_(*ways)


def _holds(column: Any, name: str) -> Any:
    """Tell in SQL, the same way on both databases, whether a JSON list of texts holds this one."""
    listed_ = cast(column, Text)
    return func.replace(listed_, json.dumps(name, ensure_ascii=False), "") != listed_


def matches(text: str) -> list[Any]:
    """Say in SQL that each word of a search occurs in an instance's head, as typed or without its dashes."""
    return [
        or_(*(ProcessInstance.search.contains(one, autoescape=True) for one in dict.fromkeys((word, squeezed(word)))))
        for word in text.casefold().split()
        if squeezed(word)
    ]


def add_history(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Append history events."""
    if rows:
        session.execute(insert(table_of(HistoryEvent)), rows)


def involved(session: Session, instance_id: UUID) -> tuple[frozenset[str], frozenset[str]]:
    """List the logins of those who had to do with an instance, and the candidate groups of its tasks.

    Having to do means: started it, holds, did or may do a task, wrote a comment.
    """
    started = select(ProcessInstance.started_by).where(ProcessInstance.id == instance_id)
    people: set[str] = set(session.scalars(started))
    groups: set[str] = set()
    rows = session.execute(
        select(
            UserTask.assignee,
            UserTask.completed_by,
            UserTask.owner,
            UserTask.candidate_users,
            UserTask.candidate_groups,
        ).where(UserTask.instance_id == instance_id)
    )
    for assignee, completed_by, owner, users, candidates in rows:
        people.update((assignee, completed_by or "", owner, *users))
        groups.update(candidates)
    people.update(session.scalars(select(Comment.author).where(Comment.instance_id == instance_id)))
    return frozenset(people - {""}), frozenset(groups)


def people_of(session: Session, instance_id: UUID) -> frozenset[str]:
    """List the logins of those who had to do with an instance."""
    return involved(session, instance_id)[0]


def remember(session: Session, actor: str, key: str, result: dict[str, Any], now: datetime) -> None:
    """Keep the result of a request under its idempotency key."""
    session.add(IdempotencyKey(actor=actor, key=key, result=result, created_at=now))


def remembered(session: Session, actor: str, key: str) -> dict[str, Any] | None:
    """Give the result of a request that was carried out already."""
    row = session.get(IdempotencyKey, (actor, key))
    return None if row is None else row.result


def forget_keys(session: Session, before: datetime) -> int:
    """Delete idempotency keys older than a moment; return how many."""
    gone = session.scalars(
        delete(IdempotencyKey).where(IdempotencyKey.created_at < before).returning(IdempotencyKey.key)
    )
    return len(gone.all())
