"""What a person does with a task: find, take, hand on, fill in, finish."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine import access, definitions, instances, submissions
from engine.access import Action
from engine.core import forms, machine
from engine.errors import N_, ConflictError, InvalidInputError, KeyturnError, NotAllowedError, NotFoundError
from engine.inbox import InboxItem, InboxPage, InboxQuery, inbox, item_of
from engine.submissions import checked, feel_env, lookups
from engine.task_views import TaskView, open_task
from storage import audit, people
from storage import instances as instance_rows
from storage import tasks as queries
from storage.tables.base import FAR_FUTURE
from storage.tables.work import TaskSubmission

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.core.program import Program
    from engine.core.snapshot import Environment, Saved, Snapshot
    from engine.recording import Opened
    from storage.tables.instances import ProcessInstance
    from storage.tables.work import UserTask

__all__ = [
    "CompleteResult",
    "InboxItem",
    "InboxPage",
    "InboxQuery",
    "NextTask",
    "TaskView",
    "bulk_claim",
    "claim",
    "comment",
    "complete",
    "complete_and_look",
    "delegate",
    "feel_env",
    "inbox",
    "item_of",
    "lookups",
    "open_task",
    "reassign",
    "release",
    "save_draft",
    "set_due",
]

MAX_BULK = 200
Reader = Callable[["forms.Form | None"], Mapping[str, Any]]
"""Reads what was sent by the form that it is for; may raise InvalidFormError."""


@dataclass(frozen=True, slots=True)
class NextTask:
    """A task that came up and that the viewer may do at once."""

    id: UUID
    element_id: str
    name: str


@dataclass(frozen=True, slots=True)
class CompleteResult:
    """What a completion led to. The same again when the same request comes a second time."""

    instance_id: UUID
    next_tasks: tuple[NextTask, ...]


def _locked(session: Session, task_id: UUID) -> tuple[ProcessInstance, UserTask]:
    """Lock a task's instance, then read the task as it is now."""
    instance = instance_rows.lock_by_task(session, task_id)
    task = queries.get(session, task_id)
    if instance is None or task is None:
        raise NotFoundError(N_("There is no such task."))
    return instance, task


def _held(session: Session, viewer: Viewer, task_id: UUID, action: Action) -> tuple[ProcessInstance, UserTask]:
    """Lock a task's instance, then read the task: visible, open, and the action allowed."""
    instance, task = _locked(session, task_id)
    access.require(viewer, Action.TASK_VIEW, task)
    if task.state != "open":
        raise _closed(session, task)
    _require(session, viewer, action, task)
    return instance, task


def _require(session: Session, viewer: Viewer, action: Action, task: UserTask) -> None:
    """Check a right; a conflict names the person who holds the task, not his login."""
    try:
        access.require(viewer, action, task)
    except ConflictError as conflict:
        raise ConflictError(conflict.template, user=_name(session, str(conflict.fields.get("user", "")))) from conflict


def _name(session: Session, login: str) -> str:
    return people.names(session, [login]).get(login, login)


def _closed(session: Session, task: UserTask) -> ConflictError:
    if task.state == "completed" and task.completed_at is not None:
        message = N_("The task “{task}” was completed by {user} at {time}.")
        user = _name(session, task.completed_by or "")
        return ConflictError(message, task=task.name, user=user, time=task.completed_at)
    return ConflictError(N_("The task “{task}” is no longer needed: the process has moved on."), task=task.name)


# Completing


def complete(
    session: Session,
    viewer: Viewer,
    task_id: UUID,
    *,
    data: Mapping[str, Any] | Reader,
    now: datetime,
    registry: Registry,
    idempotency_key: str = "",
) -> CompleteResult:
    """Finish a task with what was filled in (as `forms.read` gives it, or JSON).

    With a form, `data` is checked against it and anything else is left out; without one, `data` become variables.
    A page gives a function: it is called with the form when the task is held, so that no reading must come before.

    Raises:
        NotFoundError: no such task for this viewer. ConflictError: somebody was first, or holds it; it says who.
        InvalidFormError: fields need correcting. NotAllowedError: four eyes. ProcessError: the process cannot go on.
    """
    _, result = _complete(
        session, viewer, task_id, data=data, now=now, registry=registry, idempotency_key=idempotency_key
    )
    return result


def complete_and_look(
    session: Session,
    viewer: Viewer,
    task_id: UUID,
    *,
    data: Mapping[str, Any] | Reader,
    now: datetime,
    registry: Registry,
    idempotency_key: str = "",
) -> tuple[CompleteResult, submissions.Standing]:
    """Finish a task as `complete` does, and say where its instance stands then."""
    instance, result = _complete(
        session, viewer, task_id, data=data, now=now, registry=registry, idempotency_key=idempotency_key
    )
    return result, submissions.standing_of(session, viewer, instance, since=now)


def _complete(
    session: Session,
    viewer: Viewer,
    task_id: UUID,
    *,
    data: Mapping[str, Any] | Reader,
    now: datetime,
    registry: Registry,
    idempotency_key: str,
) -> tuple[ProcessInstance, CompleteResult]:
    instance, task = _locked(session, task_id)
    if task.state != "open" and idempotency_key:
        earlier = queries.submission(session, task_id)
        if earlier and (earlier.submitted_by, earlier.idempotency_key) == (viewer.login, idempotency_key):
            return instance, _result(instance.id, earlier.result)
    _allowed_to_complete(session, viewer, task, now)
    form = definitions.form(session, task)
    given = data(form) if callable(data) else data
    values, variables = checked(session, viewer, instance, task, form, given, now=now, registry=registry)
    variables.update(_completed(session, instance, task, values, viewer=viewer, now=now, registry=registry))

    def finish(program: Program, saved: Saved, env: Environment) -> Snapshot:
        return machine.complete(program, saved, env, task_id=task_id, variables=variables)

    behalf = task.assignee if task.assignee in viewer.acting_for else ""
    opened = instances.step(
        session, instance, finish, actor=viewer, action="task.complete", now=now, registry=registry,
        completed=task_id, on_behalf_of=behalf,
    )  # fmt: skip
    submission = TaskSubmission(
        task_id=task_id,
        instance_id=instance.id,
        element_id=task.element_id,
        form_definition_id=definitions.form_id(session, task),
        values=dict(values),
        submitted_at=now,
        submitted_by=viewer.login,
        on_behalf_of=behalf,
        idempotency_key=idempotency_key,
        result={"next": _offered(viewer, opened)},
    )
    session.add(submission)
    session.flush()
    return instance, _result(instance.id, submission.result)


def _completed(
    session: Session,
    instance: ProcessInstance,
    task: UserTask,
    values: Mapping[str, Any],
    *,
    viewer: Viewer,
    now: datetime,
    registry: Registry,
) -> dict[str, Any]:
    """Run the complete listeners; give the variables they return."""
    found: dict[str, Any] = {}
    for event, name in task.listeners:
        if event == "complete":
            context = instances.listener_context(
                session, instance, task, name=name, event=event, actor=viewer, now=now, registry=registry, values=values
            )
            found.update(instances.call_listener(registry, name, context) or {})
    return found


def _nobody_else(session: Session, viewer: Viewer, task: UserTask, now: datetime) -> bool:
    """Whether the task lets one who did the step before do it when nobody else holds its roles (fourEyesAlone)."""
    if task.properties.get("fourEyesAlone") != "allowed":
        return False
    others = {login for role in task.candidate_groups for login in people.holders(session, role, task.scope, now)}
    return others <= set(viewer.logins)


def _allowed_to_complete(session: Session, viewer: Viewer, task: UserTask, now: datetime) -> None:
    access.require(viewer, Action.TASK_VIEW, task)
    if task.state != "open":
        raise _closed(session, task)
    _require(session, viewer, Action.TASK_COMPLETE, task)
    elements = [name.strip() for name in str(task.properties.get("fourEyes", "")).split(",") if name.strip()]
    if elements:
        before = queries.performers(session, task.instance_id, elements)
        if not before.isdisjoint(viewer.logins) and not _nobody_else(session, viewer, task, now):
            raise NotAllowedError(N_("Four eyes: whoever did the step before may not do “{task}”."), task=task.name)


def _offered(viewer: Viewer, opened: Iterable[Opened]) -> list[list[str]]:
    return [
        [str(task.id), task.element_id, task.name]
        for task in opened
        if access.allowed(viewer, Action.TASK_COMPLETE, task)
    ]


def _result(instance_id: UUID, stored: Mapping[str, Any]) -> CompleteResult:
    tasks = tuple(NextTask(UUID(row[0]), row[1], row[2]) for row in stored.get("next", ()))
    return CompleteResult(instance_id, tasks)


# Taking and handing on


def claim(session: Session, viewer: Viewer, task_id: UUID, *, now: datetime) -> None:
    """Take a task. Raises NotFoundError, ConflictError when somebody else has it (it says who)."""
    _, task = _held(session, viewer, task_id, Action.TASK_CLAIM)
    if task.assignee == viewer.login:
        return
    _assign(session, viewer, task, viewer.login, action="task.claim", now=now)
    task.claimed_at = now


def release(session: Session, viewer: Viewer, task_id: UUID, *, now: datetime) -> None:
    """Give a task back to its candidates."""
    _, task = _held(session, viewer, task_id, Action.TASK_RELEASE)
    if not task.candidate_groups and not task.candidate_users:
        raise InvalidInputError(N_("This task has no group to go back to. Hand it on to a person instead."))
    _assign(session, viewer, task, "", action="task.release", now=now)
    task.claimed_at = None


def reassign(session: Session, viewer: Viewer, task_id: UUID, *, to_login: str, reason: str, now: datetime) -> None:
    """Give a task to a person (by a supervisor or administrator). Raises InvalidInputError without a reason."""
    _, task = _held(session, viewer, task_id, Action.TASK_REASSIGN)
    _hand_over(session, viewer, task, to_login, reason, action="task.reassign", now=now)


def delegate(session: Session, viewer: Viewer, task_id: UUID, *, to_login: str, reason: str, now: datetime) -> None:
    """Hand one's own task on to somebody; who delegated stays its owner and sees it (C28)."""
    _, task = _held(session, viewer, task_id, Action.TASK_DELEGATE)
    task.owner = task.owner or task.assignee
    _hand_over(session, viewer, task, to_login, reason, action="task.delegate", now=now)


def _hand_over(
    session: Session, viewer: Viewer, task: UserTask, to_login: str, reason: str, *, action: str, now: datetime
) -> None:
    if not reason.strip():
        raise InvalidInputError(N_("Please say why."))
    person = people.user(session, to_login)
    if person is None or not person.active:
        raise InvalidInputError(N_("There is no active user {login}."), login=to_login)
    _assign(session, viewer, task, to_login, action=action, now=now, reason=reason.strip())
    task.claimed_at = now


def _assign(
    session: Session, viewer: Viewer, task: UserTask, login: str, *, action: str, now: datetime, reason: str = ""
) -> None:
    old, task.assignee = task.assignee, login
    if bool(old) != bool(login):
        queries.set_candidates(session, task, claimed=bool(login))
    detail = {"from": old, "to": login} | ({"reason": reason} if reason else {})
    audit.record(
        session,
        actor=viewer.login,
        action=action,
        subject=f"task:{task.id}",
        instance_id=task.instance_id,
        detail=detail,
        now=now,
    )
    session.flush()


def bulk_claim(
    session: Session, viewer: Viewer, ids: Iterable[UUID], *, now: datetime
) -> dict[UUID, KeyturnError | None]:
    """Take several tasks; each succeeds or fails by itself. Returns the error of each, None for success."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MAX_BULK:
        raise InvalidInputError(N_("At most {limit} tasks at once."), limit=MAX_BULK)
    outcome: dict[UUID, KeyturnError | None] = {}
    for task_id in sorted(wanted, key=str):  # one order for all, so that two bulk claims do not wait for each other
        try:
            claim(session, viewer, task_id, now=now)
            outcome[task_id] = None
        except KeyturnError as error:
            outcome[task_id] = error
    return {task_id: outcome[task_id] for task_id in wanted}


def begin_due(session: Session, task: UserTask, due_at: datetime) -> None:
    """Give a task that has just begun its due date: what its diagram leaves to a listener."""
    task.due_at = task.sort_due = due_at
    queries.set_candidates(session, task, sort_due=due_at)
    session.flush()


def set_due(
    session: Session, viewer: Viewer, task_id: UUID, *, due_at: datetime | None, reason: str, now: datetime
) -> None:
    """Change a task's due date (by a supervisor); the old one goes to the audit log."""
    _, task = _held(session, viewer, task_id, Action.TASK_REASSIGN)
    old, task.due_at, task.sort_due = task.due_at, due_at, due_at or FAR_FUTURE
    queries.set_candidates(session, task, sort_due=task.sort_due)
    detail = {"from": old and old.isoformat(), "to": due_at and due_at.isoformat(), "reason": reason}
    audit.record(
        session,
        actor=viewer.login,
        action="task.due",
        subject=f"task:{task.id}",
        instance_id=task.instance_id,
        detail=detail,
        now=now,
    )
    session.flush()


# Writing on a task


def save_draft(session: Session, viewer: Viewer, task_id: UUID, *, data: Mapping[str, Any], now: datetime) -> None:
    """Keep what was typed so far. Raises ConflictError when the task is done or somebody else's."""
    _, task = _held(session, viewer, task_id, Action.TASK_DRAFT)
    task.draft, task.draft_by, task.draft_at = dict(data), viewer.login, now
    session.flush()


def comment(session: Session, viewer: Viewer, task_id: UUID, *, text: str, now: datetime) -> UUID:
    """Write a comment on a task, open or not, and return its id."""
    task = queries.get(session, task_id)
    if task is None:
        raise NotFoundError(N_("There is no such task."))
    access.require(viewer, Action.TASK_COMMENT, task)
    return instances.write_comment(session, viewer, instance_id=task.instance_id, task_id=task_id, text=text, now=now)
