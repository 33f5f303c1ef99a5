"""What programs send and get about process instances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tasks_ui.api.models import Code, Needed, Number, Position, Reason, Size, Variables


@dataclass(frozen=True, slots=True)
class InstanceQuery:
    """Which instances. `open_only`: those that have not ended. `business_key`: exactly this one."""

    process: Code = ""
    open_only: bool = False
    text: Code = ""
    business_key: Code = ""
    page: Position = 1
    size: Size = 50


@dataclass(frozen=True, slots=True)
class Instance:
    """A process instance. `status`: active, suspended, completed, terminated, canceled or error."""

    id: UUID
    definition_id: UUID
    process_key: str
    business_key: str
    scope: str
    title: str
    summary: str
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
class Instances:
    """A page of instances, newest first. `total` and `pages` stop counting at 10,000 instances (`capped`)."""

    items: tuple[Instance, ...]
    page: int
    size: int
    more: bool
    total: int
    pages: int
    capped: bool


@dataclass(frozen=True, slots=True)
class Token:
    """Where an instance stands."""

    id: UUID
    element_id: str
    element_type: str
    name: str
    scope_id: str
    definition_id: str


@dataclass(frozen=True, slots=True)
class TaskOfInstance:
    """A task of an instance."""

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
class JobOfInstance:
    """A timer or service an instance waits for; without `due_at` it waits for a person."""

    id: UUID
    kind: str
    name: str
    element_id: str
    token_id: UUID | None
    due_at: datetime | None
    attempts: int
    last_error: str


@dataclass(frozen=True, slots=True)
class Wait:
    """A message or signal an instance waits for."""

    element_id: str
    kind: str
    name: str
    correlation_key: str


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that needs a person."""

    id: UUID
    kind: str
    instance_id: UUID | None
    job_id: UUID | None
    element_id: str
    message: str
    created_at: datetime
    title: str
    business_key: str
    process_key: str


@dataclass(frozen=True, slots=True)
class InstanceDetail:
    """An instance with its tokens and everything it waits for."""

    head: Instance
    process_name: str
    version: int
    tokens: tuple[Token, ...]
    tasks: tuple[TaskOfInstance, ...]
    timers: tuple[JobOfInstance, ...]
    services: tuple[JobOfInstance, ...]
    waits: tuple[Wait, ...]
    incidents: tuple[Incident, ...]


@dataclass(frozen=True, slots=True)
class InstanceVariables:
    """The variables of an instance; `local` holds those of inner scopes by scope id."""

    variables: Variables
    local: Variables


@dataclass(frozen=True, slots=True)
class SetVariables:
    """Variables to set, in the process's own scope or an inner one."""

    variables: Variables
    reason: Reason
    scope_id: Code = ""


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Only events after the one with this number."""

    after: Number = 0


@dataclass(frozen=True, slots=True)
class HistoryEvent:
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
    detail: Variables


@dataclass(frozen=True, slots=True)
class History:
    """What happened to an instance, oldest first."""

    items: tuple[HistoryEvent, ...]


@dataclass(frozen=True, slots=True)
class TasksOfInstance:
    """All tasks of an instance, open and closed, oldest first."""

    items: tuple[TaskOfInstance, ...]


@dataclass(frozen=True, slots=True)
class Because:
    """Why an operator does it."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class MoveRequest:
    """From which element to which."""

    from_element: Needed
    to_element: Needed
    reason: Reason


@dataclass(frozen=True, slots=True)
class ElementRequest:
    """Which element of the process, also inside a sub-process: what it is drawn in is opened when it does not run.

    `within` is needed when several rounds or calls of that sub-process run: the token of the one meant (the `scope_id`
    of a token in it). The token of a running parallel multi-instance itself gets a further round.
    """

    element: Needed
    reason: Reason
    within: UUID | None = None
