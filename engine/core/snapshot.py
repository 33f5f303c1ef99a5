"""What a step of the machine needs and what it gives back. Data only; every moment is an aware UTC datetime."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from uuid import UUID

    from engine.core.calendar import WorkCalendar
    from engine.core.program import Program

Json = Any
ROOT_SCOPE = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """Everything from outside that one step may use.

    `decide(decision_ref, binding, variables)` answers a business rule task with the decision's value.
    The binding `deployment:<definition id>` names the version of a process that the decision or process came with.
    `output_of(decision_ref, binding)` names the only output of a decision table, "" when there are several.
    `called(key, binding)` resolves the process of a call activity, `program(definition_id)` one that already runs.
    """

    now: datetime
    calendar: WorkCalendar
    decide: Callable[[str, str, Mapping[str, Json]], Json]
    called: Callable[[str, str], Program]
    program: Callable[[str], Program]
    output_of: Callable[[str, str], str] = lambda _ref, _binding: ""


@dataclass(frozen=True, slots=True)
class Saved:
    """An instance at rest: the engine state and, per scope id, the variables. `ROOT_SCOPE` is the process's own."""

    state: bytes
    variables: dict[str, dict[str, Json]]


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A user or manual task that waits for a person. `id` stays the same as long as it is open.

    `scope_id` lists the scopes of variables it sees, innermost first, for `variables.view_of`.
    """

    id: UUID
    element_id: str
    name: str
    type: Literal["userTask", "manualTask"]
    lane: str
    form_key: str
    form_binding: str
    assignee: str
    candidate_groups: tuple[str, ...]
    candidate_users: tuple[str, ...]
    due_at: datetime | None
    follow_up_at: datetime | None
    priority: int
    scope_id: str
    definition_id: str
    properties: dict[str, str]
    listeners: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Timer:
    """A moment at which `machine.fire` must be called for the token."""

    token_id: UUID
    element_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Subscription:
    """A token that waits for a message, a signal or a condition. `correlation_key` is "" for the business key."""

    token_id: UUID
    element_id: str
    kind: Literal["message", "signal", "conditional"]
    name: str
    correlation_key: str = ""


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """A service or send task that waits for a worker. `variables` are the task's inputs.

    `pauses` are the seconds between its tries, the last for all further ones; none leaves them to the host.
    """

    token_id: UUID
    element_id: str
    name: str
    topic: str
    variables: dict[str, Json]
    retries: int
    priority: int = 50
    pauses: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Thrown:
    """A message or signal that the step threw; the host delivers it after the step."""

    kind: Literal["message", "signal"]
    name: str
    element_id: str
    variables: dict[str, Json]
    business_key: str = ""


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One thing that happened to one token during the step, in order.

    `action` is entered, left, canceled, thrown, fired, error, ended or variable; `token_id` groups them.
    """

    action: str
    element_id: str
    element_type: str
    name: str
    token_id: UUID | None
    scope_id: str
    detail: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """How the process instance came to its end: the end event reached last and, if any, its error code."""

    element_id: str
    name: str
    kind: Literal["completed", "terminated", "canceled", "error"]
    code: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """Where the instance stands: one row a live token, for the diagram and for "what does it wait for"."""

    id: UUID
    element_id: str
    element_type: str
    name: str
    scope_id: str
    definition_id: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All there is to store about an instance after a step. The lists are complete, not differences."""

    saved: Saved
    tasks: tuple[OpenTask, ...]
    timers: tuple[Timer, ...]
    subscriptions: tuple[Subscription, ...]
    services: tuple[ServiceCall, ...]
    tokens: tuple[Token, ...]
    thrown: tuple[Thrown, ...]
    history: tuple[HistoryEvent, ...]
    ended: Ended | None
