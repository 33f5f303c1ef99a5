"""What programs send and get about tasks, messages, incidents, jobs, expressions and the clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from tasks_ui.api.models import Code, Expression, Needed, Position, Size, Span, Variables
from tasks_ui.api.models_instances import Incident


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Which tasks.

    `view`: mine, group (free, for one of my roles), all (both), overdue, team (also taken by others), done.
    """

    view: Literal["mine", "group", "all", "overdue", "team", "done"] = "all"
    group: Code = ""
    assignee: Code = ""
    process: Code = ""
    scope: Code = ""
    text: Code = ""
    sort: Literal["due", "newest", "oldest", "priority", "name", "title"] = "due"
    page: Position = 1
    size: Size = 25


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks to count."""

    view: Literal["mine", "group", "all", "overdue", "team", "done"] = "all"
    group: Code = ""
    assignee: Code = ""
    process: Code = ""
    scope: Code = ""
    text: Code = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A task as lists show it."""

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
    candidate_users: tuple[str, ...]
    due_at: datetime | None
    follow_up_at: datetime | None
    overdue: bool
    created_at: datetime
    completed_at: datetime | None
    priority: int
    business_key: str
    scope: str
    definition_id: str
    form_key: str


@dataclass(frozen=True, slots=True)
class Tasks:
    """A page of tasks. `total` stops at 10,000: `capped` says so."""

    items: tuple[Task, ...]
    total: int
    page: int
    pages: int
    capped: bool


@dataclass(frozen=True, slots=True)
class TaskCount:
    """How many tasks. `count` stops at 10,000, those by view at 1,000."""

    count: int
    views: dict[str, int]


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """A task with what one needs to do it. `may` lists the actions open to the viewer."""

    item: Task
    state: str
    owner: str
    completed_by: str
    documentation: str
    variables: Variables
    form: Any
    may: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Completion:
    """What the form's fields are filled in with; without a form, the variables to set."""

    data: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NextTask:
    """A task that came up and that the viewer may do at once."""

    id: UUID
    element_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Completed:
    """What a completion led to."""

    instance_id: UUID
    next_tasks: tuple[NextTask, ...]


@dataclass(frozen=True, slots=True)
class MessageRequest:
    """A message for the one instance that waits for it, or the process that starts with it, in the project `scope`."""

    name: Needed
    business_key: Code = ""
    scope: Code = ""
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receiver:
    """The instance that got the message."""

    instance_id: UUID


@dataclass(frozen=True, slots=True)
class SignalRequest:
    """A signal for everybody who waits for it."""

    name: Needed
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reached:
    """How many instances and processes get the signal."""

    receivers: int


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Which page."""

    page: Position = 1
    size: Size = 50


@dataclass(frozen=True, slots=True)
class Incidents:
    """Open incidents, newest first."""

    items: tuple[Incident, ...]
    page: int
    size: int
    more: bool


@dataclass(frozen=True, slots=True)
class Done:
    """It is done."""

    done: bool = True


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Which jobs."""

    kind: Literal["", "timer", "service", "message", "signal", "outbox", "periodic", "start"] = ""
    page: Position = 1
    size: Size = 50


@dataclass(frozen=True, slots=True)
class Job:
    """A job. `state`: waiting, due, leased, failing or incident (waits for a person)."""

    id: UUID
    kind: str
    name: str
    element_id: str
    instance_id: UUID | None
    due_at: datetime | None
    attempts: int
    max_attempts: int
    last_error: str
    state: str


@dataclass(frozen=True, slots=True)
class Jobs:
    """A page of jobs, those that wait for a person first, then by due time."""

    items: tuple[Job, ...]
    page: int
    size: int
    more: bool


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """The inputs of a decision."""

    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision says, and the rules that matched."""

    value: Any
    matched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeelRequest:
    """A FEEL expression and the variables it may use; `unary`: the tests of a decision table cell, on `?`."""

    expression: Expression
    variables: Variables = field(default_factory=dict)
    unary: bool = False


@dataclass(frozen=True, slots=True)
class FeelValue:
    """The value of an expression."""

    value: Any
    type: str


@dataclass(frozen=True, slots=True)
class ClockRequest:
    """By how much the clock of a test installation is put forward."""

    advance: Span


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The moment it is for the application, and by how many seconds it is ahead."""

    now: datetime
    ahead_seconds: int
