"""What an application registers by name: services, listeners, connectors, periodic work. And what each is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.errors import KeyturnError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.core.calendar import WorkCalendar
    from engine.rehearsing.sandboxes import Sandbox
    from storage.session import Database
    from storage.tables.work import Job

    ServiceFn = Callable[["ServiceContext"], Mapping[str, Any] | None]
    ListenerFn = Callable[["ListenerContext"], Mapping[str, Any] | None]
    ConnectorFn = Callable[["OutboxMessage"], None]
    PeriodicFn = Callable[[Session, datetime, "Registry"], None]
    AsideFn = Callable[[Database, Job, Callable[[], datetime], "Registry"], None]


class BpmnError(KeyturnError):
    """A service reports a business error: it goes to the error boundary event with this code."""

    def __init__(self, code: str, message: str = "", variables: Mapping[str, Any] | None = None) -> None:
        """Keep the code, the message and the variables the process shall get."""
        super().__init__(message or code)
        self.code = code
        self.message = message
        self.variables = dict(variables or {})


@dataclass(frozen=True, slots=True)
class ServiceContext:
    """What a service function is given. It runs inside the transaction that also completes the task: exactly once.

    `variables` are the task's inputs; `idempotency_key` is the same in every attempt.
    """

    session: Session
    now: datetime
    instance_id: UUID
    business_key: str
    scope: str
    element_id: str
    token_id: UUID
    variables: Mapping[str, Any]
    actor: Viewer
    idempotency_key: str
    registry: Registry
    definition_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class ListenerContext(ServiceContext):
    """What a task listener is given: also the task and the checked form values, those that are no variables too."""

    task_id: UUID | None = None
    event: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """What a connector sends. At least once: the receiver can tell doubles by `idempotency_key`.

    `text` is the message in the recipient's language, `payload` what the sender added.
    """

    id: UUID
    connector: str
    recipient: str
    text: str
    payload: Mapping[str, Any]
    link: str
    locale: str
    idempotency_key: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything an application adds to the engine, by name. `{}` is a working registry.

    `periodic` work is given the registry of the worker that runs it, connectors included. `calendar` gives the working
    calendar (None: Monday to Friday in China's zone), `render` a message template in a locale. `case_head` and `extra`
    are the application's own; `extra["lookups"](session, viewer)` gives the sources of looked-up form fields,
    `extra["before_start"](session, *, key, scope, variables, now)` may refuse a process that somebody starts;
    `extra["words"]` says what codes of decision tables mean: `column.code` → (Chinese, English).
    `strict`: a diagram that names an unknown topic or listener is refused. `hours(message, now)` says until when a
    message has to wait (quiet hours); None: it may go. `sandbox` gives what scenarios and rehearsals play on; it is
    called when one is, since it costs memory. `four_eyes`: changes of the studio are published only when a second
    person has approved of them.
    """

    services: Mapping[str, ServiceFn] = field(default_factory=dict)
    listeners: Mapping[str, ListenerFn] = field(default_factory=dict)
    connectors: Mapping[str, ConnectorFn] = field(default_factory=dict)
    periodic: Mapping[str, tuple[timedelta, PeriodicFn]] = field(default_factory=dict)
    calendar: Callable[[Session], WorkCalendar] | None = None
    render: Callable[[str, Mapping[str, Any], str], str] | None = None
    case_head: Callable[..., Any] | None = None
    strict: bool = True
    hours: Callable[[OutboxMessage, datetime], datetime | None] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    sandbox: Callable[[], Sandbox] | None = None
    aside: Mapping[str, AsideFn] = field(default_factory=dict)
    four_eyes: bool = False

    def verbs(self) -> frozenset[str] | None:
        """Name the verbs that the application adds to scenarios; None when it says nothing of them."""
        return self.sandbox().verbs if self.sandbox else None
