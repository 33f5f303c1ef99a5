"""A case as pages get it: plain, read-only, with nothing left to load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class CaseHead:
    """What stands above everything about a case. `caller` and `phone` are masked for people who may not call him."""

    number: str
    title: str
    project: str
    project_name: str
    house: str
    area: str
    caller: str
    caller_role: str
    phone: str
    reaches: bool
    may_reveal: bool
    prefer: str
    important: bool
    kind: str
    subject: str
    category: str
    cat1: str
    cat2: str
    part: str
    location: str
    brief: str
    facts: str
    demand: str
    urgency: str
    scope: str
    level: int
    round: int
    urged: int
    channel: str
    received_by: str
    state: str
    open: bool
    owner: str
    owner_name: str
    acceptor: str
    acceptor_name: str
    registered_by: str
    registered_by_name: str
    department: str
    received_at: datetime
    event_at: datetime | None
    promised_at: datetime | None
    original_promised_at: datetime | None
    solved_at: datetime | None
    closed_at: datetime | None
    close_type: str
    close_reason: str
    satisfaction: str
    duplicate_of: str
    group_master: str
    instance_id: UUID | None


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock: the current promise and the original one (K06). `late`: overdue now, or met after its end."""

    id: int
    clock: str
    name: str
    start_at: datetime
    due_at: datetime
    original_due_at: datetime
    met_at: datetime | None
    withdrawn_at: datetime | None
    open: bool
    late: bool
    extended: int
    accountable: str
    accountable_name: str
    source: str
    reason: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class ContactView:
    """A call, visit or message."""

    at: datetime
    actor: str
    actor_name: str
    with_whom: str
    kind: str
    channel: str
    reached: bool
    text: str
    promised_at: datetime | None


@dataclass(frozen=True, slots=True)
class EventView:
    """What happened, in words of the trade."""

    at: datetime
    actor: str
    actor_name: str
    kind: str
    text: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task of the plan."""

    id: int
    round: int
    kind: str
    department: str
    handler: str
    handler_name: str
    content: str
    due_at: datetime | None
    done_at: datetime | None
    withdrawn_at: datetime | None
    result: str
    remaining: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """A progress report."""

    at: datetime
    actor_name: str
    percent: int
    done: str
    next_step: str
    expected_at: datetime | None
    needs: str


@dataclass(frozen=True, slots=True)
class LinkView:
    """Another case: merged into this one, led by it, or of the same house."""

    number: str
    brief: str
    kind: str
    state: str
    open: bool
    received_at: datetime


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case with all that belongs to it, each list oldest first."""

    head: CaseHead
    clocks: tuple[ClockView, ...]
    contacts: tuple[ContactView, ...]
    events: tuple[EventView, ...]
    tasks: tuple[TaskView, ...]
    reports: tuple[ReportView, ...]
    escalations: tuple[Mapping[str, Any], ...]
    appointments: tuple[Mapping[str, Any], ...]
    surveys: tuple[Mapping[str, Any], ...]
    penalties: tuple[Mapping[str, Any], ...]
    documents: tuple[Mapping[str, Any], ...]
    linked: tuple[LinkView, ...]
    of_house: tuple[LinkView, ...]
    instances: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class CaseItem:
    """A line of a list of cases."""

    number: str
    place: str
    caller: str
    kind: str
    category: str
    brief: str
    urgency: str
    level: int
    round: int
    state: str
    open: bool
    received_at: datetime
    due_at: datetime | None
    overdue: bool
    owner_name: str
    acceptor_name: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of a list of cases."""

    items: tuple[CaseItem, ...]
    total: int
    page: int
    pages: int
