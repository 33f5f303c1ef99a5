"""Look at process instances: where they stand, what they wait for, what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine import access, definitions, errors
from engine.access import Action, InstanceSubject
from engine.core.snapshot import Token
from engine.errors import N_, NotFoundError
from storage import definitions as definition_rows
from storage import history as history_rows
from storage import incidents as incident_rows
from storage import instances, people, tasks
from storage import jobs as job_rows
from storage.tasks import TOTAL_LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from storage.tables.instances import ProcessInstance
    from storage.tables.work import Incident, Job, UserTask


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """A task of an instance, as its page lists it."""

    id: UUID
    element_id: str
    name: str
    groups: tuple[str, ...]
    assignee: str
    assignee_name: str
    due_at: datetime | None
    overdue: bool
    created_at: datetime
    state: str
    completed_at: datetime | None
    completed_by: str
    definition_id: str


@dataclass(frozen=True, slots=True)
class JobInfo:
    """A timer, service, message or other job; `due_at` None: an incident waits for a person."""

    id: UUID
    kind: str
    name: str
    element_id: str
    token_id: UUID | None
    instance_id: UUID | None
    due_at: datetime | None
    attempts: int
    last_error: str


@dataclass(frozen=True, slots=True)
class WaitInfo:
    """A message or signal the instance waits for."""

    element_id: str
    kind: str
    name: str
    correlation_key: str


@dataclass(frozen=True, slots=True)
class IncidentInfo:
    """Something that needs a person. The sentence is `template` with `fields`."""

    id: UUID
    kind: str
    instance_id: UUID | None
    job_id: UUID | None
    element_id: str
    template: str
    fields: dict[str, Any]
    created_at: datetime
    title: str = ""
    business_key: str = ""
    process_key: str = ""

    @property
    def message(self) -> str:
        """The sentence in English."""
        return self.template.format(**self.fields) if self.fields else self.template


@dataclass(frozen=True, slots=True)
class InstanceHead:
    """An instance as lists show it."""

    id: UUID
    definition_id: UUID
    process_key: str
    business_key: str
    scope: str
    title: str
    summary: str
    fields: dict[str, Any]
    priority: int | None
    status: str
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    end_element: str
    end_name: str
    end_kind: str
    end_code: str


@dataclass(frozen=True, slots=True)
class InstancePage:
    """A page of instances; `more`: another follows. `total` and `pages` stop at 10,000 instances: `capped` says so."""

    items: tuple[InstanceHead, ...]
    total: int
    pages: int
    capped: bool
    more: bool


@dataclass(frozen=True, slots=True)
class InstanceView:
    """Everything about one instance except its history."""

    head: InstanceHead
    process_name: str
    version: int
    started_by_name: str
    tokens: tuple[Token, ...]
    tasks: tuple[TaskInfo, ...]
    timers: tuple[JobInfo, ...]
    services: tuple[JobInfo, ...]
    waits: tuple[WaitInfo, ...]
    incidents: tuple[IncidentInfo, ...]
    variables: dict[str, Any]
    local_variables: dict[str, dict[str, Any]]

    @property
    def id(self) -> UUID:
        """The instance's id."""
        return self.head.id


@dataclass(frozen=True, slots=True)
class HistoryInfo:
    """One thing that happened to a token."""

    id: int
    at: datetime
    actor: str
    actor_name: str
    action: str
    element_id: str
    element_type: str
    name: str
    token_id: UUID | None
    detail: dict[str, Any]


def subject(session: Session, instance: ProcessInstance) -> InstanceSubject:
    """Say what access decides by about an instance."""
    row = definition_rows.process(session, instance.definition_id)
    persons, groups = instances.involved(session, instance.id)
    return InstanceSubject(instance.scope, tuple({*groups, *(row.roles if row else ())}), persons)


def visible(session: Session, viewer: Viewer, instance_id: UUID) -> ProcessInstance:
    """Fetch an instance the viewer may see. Raises NotFoundError."""
    instance = instances.get(session, instance_id)
    if instance is None:
        raise NotFoundError(N_("There is no such process instance."))
    access.require(viewer, Action.INSTANCE_VIEW, subject(session, instance))
    return instance


def head_of(instance: ProcessInstance) -> InstanceHead:
    """Give the head of an instance as plain data."""
    return InstanceHead(**{name: getattr(instance, name) for name in InstanceHead.__slots__})


def describe(session: Session, instance_id: UUID, viewer: Viewer, now: datetime) -> InstanceView:
    """Say where an instance stands and what it waits for. Raises NotFoundError."""
    instance = visible(session, viewer, instance_id)
    program = definitions.program(session, instance.definition_id)
    row = definition_rows.process(session, instance.definition_id)
    waiting = job_rows.of_instance(session, instance_id)
    scopes = instance.variables or {}
    return InstanceView(
        head=head_of(instance),
        process_name=program.name,
        version=row.version if row else 0,
        started_by_name=people.names(session, [instance.started_by]).get(instance.started_by, instance.started_by),
        tokens=tuple(tokens_of(instance)),
        tasks=task_infos(session, tasks.open_of(session, instance_id), now),
        timers=tuple(job_info(job) for job in waiting if job.kind == "timer"),
        services=tuple(job_info(job) for job in waiting if job.kind != "timer"),
        waits=tuple(
            WaitInfo(s.element_id, s.kind, s.name, s.correlation_key)
            for s in instances.subscriptions_of(session, instance_id)
        ),
        incidents=tuple(incident_info(i, instance) for i in incident_rows.open_of(session, instance_id)),
        variables=dict(scopes.get("", {})),
        local_variables={scope: values for scope, values in scopes.items() if scope},
    )


def tokens_of(instance: ProcessInstance) -> list[Token]:
    """List the live tokens."""
    return [Token(UUID(t[0]), *t[1:]) for t in (instance.waits or {}).get("tokens", ())]


def task_infos(session: Session, rows: Sequence[UserTask], now: datetime) -> tuple[TaskInfo, ...]:
    """Give tasks as plain data with people's names."""
    names = people.names(session, [row.assignee for row in rows])
    return tuple(
        TaskInfo(
            id=row.id,
            element_id=row.element_id,
            name=row.name,
            groups=tuple(row.candidate_groups),
            assignee=row.assignee,
            assignee_name=names.get(row.assignee, row.assignee),
            due_at=row.due_at,
            overdue=row.state == "open" and row.due_at is not None and row.due_at < now,
            created_at=row.created_at,
            state=row.state,
            completed_at=row.completed_at,
            completed_by=row.completed_by or "",
            definition_id=row.definition_id,
        )
        for row in rows
    )


def job_info(job: Job) -> JobInfo:
    """Give a job as plain data."""
    return JobInfo(**{name: getattr(job, name) for name in JobInfo.__slots__})


def incident_info(row: Incident, instance: ProcessInstance | None) -> IncidentInfo:
    """Give an incident as plain data."""
    return IncidentInfo(
        id=row.id,
        kind=row.kind,
        instance_id=row.instance_id,
        job_id=row.job_id,
        element_id=row.element_id,
        template=row.template,
        fields=errors.from_json(row.fields or {}),
        created_at=row.created_at,
        title=instance.title if instance else "",
        business_key=instance.business_key if instance else "",
        process_key=instance.process_key if instance else "",
    )


def history(session: Session, instance_id: UUID, viewer: Viewer, *, after: int = 0) -> tuple[HistoryInfo, ...]:
    """List what happened to an instance, oldest first. Raises NotFoundError."""
    visible(session, viewer, instance_id)
    rows = history_rows.events(session, instance_id, after=after)
    names = people.names(session, [row.actor for row in rows])
    return tuple(
        HistoryInfo(
            id=row.id,
            at=row.at,
            actor=row.actor,
            actor_name=names.get(row.actor, row.actor),
            action=row.action,
            element_id=row.element_id,
            element_type=row.element_type,
            name=row.name,
            token_id=row.token_id,
            detail=dict(row.detail or {}),
        )
        for row in rows
    )


def tasks_of(session: Session, instance_id: UUID, viewer: Viewer, now: datetime) -> tuple[TaskInfo, ...]:
    """List all tasks of an instance, open and closed, oldest first. Raises NotFoundError."""
    visible(session, viewer, instance_id)
    return task_infos(session, tasks.all_of(session, instance_id), now)


def listed(
    session: Session,
    viewer: Viewer,
    *,
    process_key: str = "",
    open_only: bool = False,
    text: str = "",
    business_key: str = "",
    limit: int = 50,
    offset: int = 0,
) -> tuple[InstanceHead, ...]:
    """List the instances the viewer may see, newest first."""
    rows = instances.listed(
        session, process_key=process_key, open_only=open_only, seen_by=_seen_by(viewer), text=text,
        business_key=business_key, limit=limit, offset=offset,
    )  # fmt: skip
    return tuple(head_of(row) for row in rows)


def page(
    session: Session,
    viewer: Viewer,
    *,
    process_key: str = "",
    open_only: bool = False,
    text: str = "",
    business_key: str = "",
    number: int = 1,
    size: int = 50,
) -> InstancePage:
    """Give a page of the instances the viewer may see, newest first, and how many there are in all."""
    wanted: dict[str, Any] = {"process_key": process_key, "open_only": open_only, "text": text}
    wanted["business_key"] = business_key
    total = instances.count(session, **wanted, seen_by=_seen_by(viewer), limit=TOTAL_LIMIT)
    items = listed(session, viewer, **wanted, limit=size + 1, offset=(number - 1) * size)
    return InstancePage(
        items[:size], total, max(1, -(-total // size)), capped=total >= TOTAL_LIMIT, more=len(items) > size
    )


def _seen_by(viewer: Viewer) -> tuple[Sequence[tuple[str, str]], Sequence[str]] | None:
    found = access.reach(viewer)
    return None if found is None else (found.roles, found.logins)
