"""What was handed in for an instance so far, and the form that a task expects next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import access, definitions, instance_views
from engine.access import Action
from engine.core import feel, forms
from engine.core.variables import view_of
from engine.errors import N_, InvalidFormError, NotFoundError
from storage import history, instances, people
from storage import tasks as queries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.core.forms import Form
    from storage.tables.instances import ProcessInstance
    from storage.tables.work import UserTask


@dataclass(frozen=True, slots=True)
class SubmissionInfo:
    """A form as somebody handed it in; `form` is the version it was filled in with, None when it had none."""

    task_id: UUID
    element_id: str
    name: str
    by: str
    by_name: str
    behalf_name: str
    at: datetime
    form: Form | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A task that waits now: its name, and the person or the roles that have it."""

    name: str
    person: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an instance stands; `end_name` names how it ended. `working`: a service runs, more is about to come.

    `mine` are the open tasks that the viewer may do and that came up since a moment.
    """

    process_key: str
    ended: bool
    end_name: str
    tasks: tuple[Upcoming, ...]
    working: bool = False
    mine: tuple[UUID, ...] = ()


def standing(session: Session, viewer: Viewer, instance_id: UUID, *, since: datetime) -> Standing:
    """Say where an instance stands, for somebody who has just finished one of its tasks (no further right is asked)."""
    instance = instances.get(session, instance_id)
    if instance is None:
        raise NotFoundError(N_("There is no such process instance."))
    return standing_of(session, viewer, instance, since=since)


def standing_of(session: Session, viewer: Viewer, instance: ProcessInstance, *, since: datetime) -> Standing:
    """Say where an instance that was fetched with its state stands."""
    if instance.ended_at is not None:
        return Standing(instance.process_key, ended=True, end_name=instance.end_name, tasks=())
    waiting = queries.waiting(session, instance.id) if (instance.waits or {}).get("tasks") else ()
    logins = {task.assignee for task in waiting if task.assignee}
    names = people.names(session, logins) if logins else {}
    tasks = tuple(Upcoming(t.name, names.get(t.assignee, t.assignee), tuple(t.candidate_groups)) for t in waiting)
    fresh = [task for task in waiting if task.created_at >= since]
    mine = tuple(task.id for task in fresh if access.allowed(viewer, Action.TASK_COMPLETE, task))
    working = bool((instance.waits or {}).get("services"))
    return Standing(instance.process_key, ended=False, end_name="", tasks=tasks, working=working, mine=mine)


def form_of(session: Session, viewer: Viewer, task_id: UUID) -> Form | None:
    """Give the form of a task that the viewer sees. Raises NotFoundError."""
    return definitions.form(session, _task(session, viewer, task_id))


def files_of(session: Session, viewer: Viewer, task_id: UUID) -> frozenset[str]:
    """Name the files that a task's form may speak of: those of its own instance. Raises NotFoundError."""
    task = _task(session, viewer, task_id)
    return frozenset(str(row.id) for row in history.attachments(session, task.instance_id))


def checked(
    session: Session,
    viewer: Viewer,
    instance: ProcessInstance,
    task: UserTask,
    form: forms.Form | None,
    data: Mapping[str, Any],
    *,
    now: datetime,
    registry: Registry,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Check data against a task's form; give (values as handed in, those that become process variables)."""
    if form is None:
        plain = {name: feel.to_json(value) for name, value in data.items()}
        return plain, dict(plain)
    context = view_of(instance.variables, task.scope_id)
    values = forms.validate(
        form, data, context, feel_env(session, registry, now), lookups=lookups(session, viewer, registry)
    )
    require_own_files(session, instance.id, form, values)
    return values, dict(forms.variables(form, values))


def feel_env(session: Session, registry: Registry, now: datetime) -> feel.Env:
    """Give moment, zone and functions to a form's expressions."""
    calendar = definitions.calendar(session, registry)
    return feel.Env(now=now, zone=calendar.zone, functions=calendar.functions(now))


def lookups(session: Session, viewer: Viewer, registry: Registry) -> Any:
    """Give the application's sources of looked-up values, bound to this viewer; None when it has none."""
    bind = registry.extra.get("lookups")
    return bind(session, viewer) if bind else None


def require_own_files(session: Session, instance_id: UUID, form: Form, values: Mapping[str, Any]) -> None:
    """Refuse checked values that name a file which is none of the instance's own (InvalidFormError)."""
    named = [
        (path, component, one)
        for path, component, value in _uploads(form.components, values, "")
        for one in (value if isinstance(value, list) else [value])
        if one is not None
    ]
    if not named:
        return
    known = {str(row.id) for row in history.attachments(session, instance_id)}
    template = N_("A file here does not belong to this case. Please upload it again.")
    strange = {path: component.label for path, component, one in named if one not in known}
    if strange:
        raise InvalidFormError([forms.FieldError(path, template, {}, label) for path, label in strange.items()])


def _uploads(
    components: tuple[forms.Component, ...], values: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, forms.Component, Any]]:
    for component in forms.fields_of(components):
        if component.type == "dynamiclist":
            for index, row in enumerate(forms.rows_of(values, component)):
                yield from _uploads(component.components, row, f"{prefix}{component.key}-{index}-")
        elif component.upload:
            yield f"{prefix}{component.key}", component, values.get(component.key)


def _task(session: Session, viewer: Viewer, task_id: UUID) -> UserTask:
    task = queries.get(session, task_id)
    if task is None:
        raise NotFoundError(N_("There is no such task."))
    access.require(viewer, Action.TASK_VIEW, task)
    return task


def earlier(session: Session, viewer: Viewer, instance_id: UUID, *, limit: int = 30) -> tuple[SubmissionInfo, ...]:
    """List what was handed in last for an instance, newest first; nothing for somebody who may not see the instance."""
    try:
        instance_views.visible(session, viewer, instance_id)
    except NotFoundError:
        return ()
    rows = history.submissions(session, instance_id)[-limit:]
    names = people.names(session, [login for row in rows for login in (row.submitted_by, row.on_behalf_of) if login])
    titles = {task.id: task.name for task in queries.by_ids(session, [row.task_id for row in rows])}
    return tuple(
        SubmissionInfo(
            task_id=row.task_id,
            element_id=row.element_id,
            name=titles.get(row.task_id, row.element_id),
            by=row.submitted_by,
            by_name=names.get(row.submitted_by, row.submitted_by),
            behalf_name=names.get(row.on_behalf_of, row.on_behalf_of),
            at=row.submitted_at,
            form=definitions.form_by_id(session, row.form_definition_id) if row.form_definition_id else None,
            values=row.values,
        )
        for row in reversed(rows)
    )
