"""Write a step: the one place that turns a Snapshot into rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine import drafts
from engine.core import feel
from engine.core.calendar import CHINA
from engine.core.variables import view_of
from engine.roles import role_codes
from storage import audit, incidents, instances, jobs, tasks
from storage import definitions as definition_rows
from storage.tables.base import FAR_FUTURE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.core.snapshot import OpenTask, Snapshot
    from storage.tables.instances import ProcessInstance
    from storage.tables.work import UserTask


@dataclass(frozen=True, slots=True)
class Opened:
    """A task that a step has just opened: enough to decide who may do it."""

    id: UUID
    element_id: str
    name: str
    scope: str
    assignee: str
    candidate_groups: tuple[str, ...]
    candidate_users: tuple[str, ...]
    owner: str = ""
    state: str = "open"
    completed_by: str | None = None


def record(
    session: Session,
    instance: ProcessInstance,
    snapshot: Snapshot,
    *,
    actor: Viewer,
    action: str,
    now: datetime,
    completed: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
    on_behalf_of: str = "",
    decided: Sequence[Mapping[str, Any]] = (),
) -> tuple[Opened, ...]:
    """Write a step in the caller's transaction: state, tasks, timers, jobs, subscriptions, history, audit.

    `completed` is the task that the step completed. Returns the new tasks. Few statements: lists are compared with what
    the last step left in `instance.waits`, and only differences are written; the caller flushes.
    """
    before, after = dict(instance.waits or {}), _waits(snapshot)
    instance.state, instance.variables, instance.waits = snapshot.saved.state, snapshot.saved.variables, after
    instance.updated_at = now
    if snapshot.ended is not None:
        end = snapshot.ended
        instance.status, instance.ended_at = end.kind, now
        instance.end_element, instance.end_name, instance.end_kind, instance.end_code = (
            end.element_id, end.name, end.kind, end.code,
        )  # fmt: skip
    if instance not in session:
        session.add(instance)
        session.flush()
    if before.get("incidents"):
        after["incidents"] = incidents.close_commands(session, instance.id, {str(t.id) for t in snapshot.tasks}, now)
        instance.waits = dict(after)
    with session.no_autoflush:  # one flush at the end writes the instance, the closed tasks and the audit entry
        opened = _write_tasks(session, instance, snapshot, before, completed=completed, actor=actor, now=now)
        _write_waits(session, instance, snapshot, before, after, now=now)
        _write_history(session, instance, snapshot, decided, actor=actor, now=now)
    _write_thrown(session, instance, snapshot, now=now)
    audit.record(
        session,
        actor=actor.login,
        on_behalf_of=on_behalf_of,
        action=action,
        subject=f"task:{completed}" if completed else f"instance:{instance.id}",
        instance_id=instance.id,
        detail=detail,
        now=now,
    )
    return opened


def _waits(snapshot: Snapshot) -> dict[str, Any]:
    """Say in plain data what the instance waits for; the keys are token ids."""
    return {
        "tasks": [str(task.id) for task in snapshot.tasks],
        "timers": {str(t.token_id): [t.element_id, t.due_at.isoformat()] for t in snapshot.timers},
        "services": {str(s.token_id): [s.element_id, s.topic] for s in snapshot.services},
        "subscriptions": {
            str(s.token_id): [s.element_id, s.kind, s.name, s.correlation_key] for s in snapshot.subscriptions
        },
        "tokens": [
            [str(t.id), t.element_id, t.element_type, t.name, t.scope_id, t.definition_id] for t in snapshot.tokens
        ],
    }


def _write_tasks(
    session: Session,
    instance: ProcessInstance,
    snapshot: Snapshot,
    before: Mapping[str, Any],
    *,
    completed: UUID | None,
    actor: Viewer,
    now: datetime,
) -> tuple[Opened, ...]:
    known = {UUID(text) for text in before.get("tasks", ())}
    wanted = {task.id for task in snapshot.tasks}
    gone = known - wanted
    left: dict[str, list[UserTask]] = {}
    for task in tasks.by_ids(session, gone):
        task.state = "completed" if task.id == completed else "canceled"
        task.completed_at = now
        if task.id != completed and task.draft_at is not None:
            left.setdefault(task.element_id, []).append(task)
            continue
        task.draft = None
        if task.id == completed:
            task.completed_by, task.claimed_at = actor.login, task.claimed_at or now
            task.assignee = task.assignee or actor.login
    tasks.remove_candidates(session, sorted(gone, key=str))
    fresh = [task for task in snapshot.tasks if task.id not in known]
    rows = [_task_row(session, instance, task, now) for task in fresh]
    tasks.add(session, rows, [line for row in rows for line in _candidate_lines(row)])
    drafts.keep(session, instance, left, rows, before.get("drafts") or {}, over=snapshot.ended is not None)
    return tuple(
        Opened(
            id=row["id"],
            element_id=row["element_id"],
            name=row["name"],
            scope=row["scope"],
            assignee=row["assignee"],
            candidate_groups=tuple(row["candidate_groups"]),
            candidate_users=tuple(row["candidate_users"]),
        )
        for row in rows
    )


def _task_row(session: Session, instance: ProcessInstance, task: OpenTask, now: datetime) -> dict[str, Any]:
    return {
        "id": task.id,
        "instance_id": instance.id,
        "definition_id": task.definition_id,
        "process_key": instance.process_key,
        "scope": instance.scope,
        "element_id": task.element_id,
        "name": task.name,
        "type": task.type,
        "lane": task.lane,
        "form_key": task.form_key,
        "form_binding": task.form_binding,
        "assignee": task.assignee,
        "candidate_groups": list(role_codes(session, task.candidate_groups)),
        "candidate_users": list(task.candidate_users),
        "due_at": task.due_at,
        "sort_due": task.due_at or FAR_FUTURE,
        "follow_up_at": task.follow_up_at,
        "priority": task.priority,
        "scope_id": task.scope_id,
        "properties": dict(task.properties) | _about(instance, task, now),
        "listeners": [list(pair) for pair in task.listeners],
        "created_at": now,
        "claimed_at": now if task.assignee else None,
    }


MOVED = (
    "definition_id", "element_id", "name", "type", "lane", "form_key", "form_binding", "scope_id", "properties",
    "listeners", "candidate_groups", "candidate_users",
)  # fmt: skip
"""What a task takes over from another version of its process; the rest (who has it, dates, draft) is its own."""


def retell(
    session: Session,
    instance: ProcessInstance,
    snapshot: Snapshot,
    *,
    known: Mapping[UUID, UserTask],
    reassigned: Collection[UUID],
    now: datetime,
) -> None:
    """Let open tasks say what another version of the process says about them.

    `known` are the rows of the tasks that were open before; of those in `reassigned` the candidates change too.
    """
    for task in snapshot.tasks:
        row = known.get(task.id)
        if row is None:
            continue
        told = _task_row(session, instance, task, now)
        names = MOVED if task.id in reassigned else MOVED[:-2]
        for name in names:
            if getattr(row, name) != told[name]:
                setattr(row, name, told[name])
        if task.id in reassigned:
            list_candidates(session, row)


def list_candidates(session: Session, task: UserTask) -> None:
    """Write the lines of the inbox index of an open task anew."""
    names = ("id", "instance_id", "scope", "candidate_groups", "candidate_users", "assignee", "sort_due")
    tasks.remove_candidates(session, [task.id])
    tasks.add(session, [], _candidate_lines({name: getattr(task, name) for name in names}))


def _about(instance: ProcessInstance, task: OpenTask, now: datetime) -> dict[str, str]:
    """Say what a task is about when its element has a property `summary`: an expression over what the task sees."""
    said = task.properties.get("summary", "")
    if not said.startswith("="):
        return {}
    env = feel.Env(now=now, zone=CHINA, functions={}, strict=False)
    try:
        found = feel.compile(said[1:]).evaluate(view_of(instance.variables, task.scope_id), env)
    except feel.FeelProblem:  # a line of help must not stop the process
        found = None
    return {"summary": found if isinstance(found, str) else ""}


def _candidate_lines(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List a task's lines of the inbox index; `role:` leads those who supervise a role to its organisations' tasks."""
    groups = row["candidate_groups"]
    shared = [f"{group.partition(':')[0]}:" for group in groups if ":" in group]
    candidates = [*groups, *shared, *(f"@{login}" for login in row["candidate_users"])]
    return [
        {
            "task_id": row["id"],
            "candidate": candidate,
            "instance_id": row["instance_id"],
            "scope": row["scope"],
            "claimed": bool(row["assignee"]),
            "sort_due": row["sort_due"],
        }
        for candidate in dict.fromkeys(candidates)
    ]


def _write_waits(
    session: Session,
    instance: ProcessInstance,
    snapshot: Snapshot,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    """Make the jobs of timers and services and the subscriptions what the step left."""
    old_jobs = {**before.get("timers", {}), **before.get("services", {})}
    new_jobs = {**after["timers"], **after["services"]}
    old_subs, new_subs = before.get("subscriptions", {}), after["subscriptions"]
    rows = [
        _job(instance, "timer", t.token_id, t.element_id, "", t.due_at, now)
        for t in snapshot.timers
        if old_jobs.get(str(t.token_id)) != new_jobs[str(t.token_id)]
    ]
    for s in snapshot.services:
        if old_jobs.get(str(s.token_id)) != new_jobs[str(s.token_id)]:
            job = _job(instance, "service", s.token_id, s.element_id, s.topic, now, now)
            job |= {
                "max_attempts": s.retries,
                "priority": s.priority,
                "payload": {"variables": s.variables, "name": s.name} | ({"pauses": s.pauses} if s.pauses else {}),
            }
            rows.append(job)
    subscriptions = [
        {
            "instance_id": instance.id,
            "token_id": s.token_id,
            "element_id": s.element_id,
            "kind": s.kind,
            "name": s.name,
            "correlation_key": s.correlation_key or (instance.business_key if s.kind == "message" else ""),
        }
        for s in snapshot.subscriptions
        if s.kind != "conditional" and old_subs.get(str(s.token_id)) != new_subs[str(s.token_id)]
    ]
    instances.replace_waits(
        session,
        instance.id,
        jobs_gone=[UUID(key) for key in old_jobs if old_jobs[key] != new_jobs.get(key)],
        subscriptions_gone=[UUID(key) for key in old_subs if old_subs[key] != new_subs.get(key)],
        jobs=rows,
        subscriptions=subscriptions,
        now=now,
    )
    if rows:
        jobs.wake(session)


def _job(
    instance: ProcessInstance, kind: str, token_id: UUID, element_id: str, name: str, due_at: datetime, now: datetime
) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": name,
        "instance_id": instance.id,
        "token_id": token_id,
        "element_id": element_id,
        "due_at": due_at,
        "created_at": now,
        "max_attempts": 3,
        "priority": 50,
        "payload": {},
    }


def _write_thrown(session: Session, instance: ProcessInstance, snapshot: Snapshot, *, now: datetime) -> None:
    """Turn thrown messages and signals into jobs: one a message, one a receiver of a signal that waits now."""
    for thrown in snapshot.thrown:
        sent = {"variables": thrown.variables, "source": str(instance.id)}
        if thrown.kind == "message":
            sent["business_key"] = thrown.business_key or instance.business_key
            sent["scope"] = instance.scope
            jobs.add(
                session, kind="message", name=thrown.name, instance_id=instance.id, element_id=thrown.element_id,
                due_at=now, now=now, payload=sent,
            )  # fmt: skip
        else:
            broadcast(session, thrown.name, sent, now=now)


def broadcast(session: Session, name: str, sent: Mapping[str, Any], *, now: datetime) -> int:
    """Write a job for each token that waits for a signal and each process that starts on it; return how many."""
    session.flush()
    receivers: list[dict[str, Any]] = [
        {"instance_id": s.instance_id, "element_id": s.element_id, "payload": {**sent, "token_id": str(s.token_id)}}
        for s in instances.subscriptions(session, "signal", name)
    ]
    receivers += [
        {"element_id": s.element_id, "payload": {**sent, "definition_id": str(s.definition_id)}}
        for s in definition_rows.starts_for(session, "signal", name)
    ]
    for receiver in receivers:
        jobs.add(session, kind="signal", name=name, due_at=now, now=now, **receiver)
    return len(receivers)


def _write_history(
    session: Session,
    instance: ProcessInstance,
    snapshot: Snapshot,
    decided: Sequence[Mapping[str, Any]],
    *,
    actor: Viewer,
    now: datetime,
) -> None:
    common = {"instance_id": instance.id, "at": now, "actor": actor.login}
    rows = [
        {
            **common,
            "action": event.action,
            "element_id": event.element_id,
            "element_type": event.element_type,
            "name": event.name,
            "token_id": event.token_id,
            "scope_id": event.scope_id,
            "detail": event.detail,
        }
        for event in snapshot.history
    ]
    blank = {"element_id": "", "element_type": "", "name": "", "token_id": None, "scope_id": ""}
    rows += [{**common, **blank, "action": "decided", "detail": dict(made)} for made in decided]
    instances.add_history(session, rows)
