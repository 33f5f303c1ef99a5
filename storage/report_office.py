"""The rows behind the measures of the office itself: owner files, entered figures, tasks, incidents (DOMAIN 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from storage.report_cases import Case, places
from storage.report_clocks import link_of
from storage.reports import Span, flag, hours, row
from storage.tables.estate import Project, Unit
from storage.tables.instances import AuditEntry, ProcessInstance
from storage.tables.parties import Contact, Ownership, Party
from storage.tables.reports import EnteredFigure
from storage.tables.work import Incident, UserTask

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

COSTS, LOST, RELATIONS = "客服费用", "大客户流失", "客户关系维护评分"
ITEMS = (COSTS, LOST, RELATIONS)
FILE_FIELDS = 6
"""What an owner file has to say: name, phone, preferred way, class, since when, relation to the house (B68)."""


def filled() -> ColumnElement[int]:
    """Count the fields of an owner's file that are filled; the query has `Party` and `Ownership`."""
    phone = exists().where(Contact.party_id == Party.id, Contact.value_hash != "")
    fields = (
        *(Party.name != "", phone, Party.prefer != "", Party.importance != ""),
        *(Ownership.since.is_not(None), Ownership.role != ""),
    )
    return sum((flag(one) for one in fields), literal(0))


def owner_files(span: Span) -> Select[Any]:
    """K33: the fields of owner files that are filled, of those required, as of the cut-off."""
    columns = row(
        subject=Unit.code, link="unit", at=Party.created_at, counted=FILE_FIELDS, value=filled(), project=Project.code,
        **places(Ownership.unit_id),
    )  # fmt: skip
    query = select(*columns).select_from(Ownership).join(Party, Party.id == Ownership.party_id)
    query = query.join(Unit, Unit.id == Ownership.unit_id).join(Project, Project.id == Unit.project_id)
    lasting = or_(Ownership.until.is_(None), Ownership.until >= span.cut.date())
    return query.where(Party.created_at < span.cut, Ownership.role == "业主", lasting)


def entered(item: str) -> Callable[[Span], Select[Any]]:
    """K36: a figure entered by hand for the months of the period; below the line its budget, or one for each."""

    def rows(span: Span) -> Select[Any]:
        counted = func.coalesce(EnteredFigure.budget, 0) if item == COSTS else literal(1)
        columns = row(
            subject=EnteredFigure.item, link="entered", at=literal(span.start, Case.received_at.type),
            counted=counted, value=EnteredFigure.amount, project=EnteredFigure.project,
        )  # fmt: skip
        first, last = span.start.date(), span.end.date()
        return select(*columns).where(
            EnteredFigure.item == item, EnteredFigure.month >= first, EnteredFigure.month < last
        )

    return rows


# The process itself (K39)


def _number() -> Any:
    """Give the business key of a task's instance; looked up for lists only, sums leave it out."""
    key = select(ProcessInstance.business_key).where(ProcessInstance.id == UserTask.instance_id)
    return key.correlate_except(ProcessInstance).scalar_subquery()


def _tasks(
    at: Any, *, counted: Any = 1, value: Any = None, person: Any = UserTask.completed_by, stage: Any = UserTask.name
) -> Select[Any]:
    columns = row(
        subject=_number(), link=link_of(_number()), at=at, counted=counted, value=value, project=UserTask.scope,
        person=person, category=UserTask.process_key, stage=stage,
    )  # fmt: skip
    return select(*columns)


def waiting(_span: Span) -> Select[Any]:
    """K39: hours a task waited until somebody took it."""
    taken = func.coalesce(UserTask.claimed_at, UserTask.completed_at)
    rows = _tasks(UserTask.completed_at, value=hours(UserTask.created_at, taken))
    return rows.where(UserTask.state == "completed")


def working(_span: Span) -> Select[Any]:
    """K39: hours from taking a task to its completion; tasks done without being taken do not count."""
    rows = _tasks(UserTask.completed_at, value=hours(UserTask.claimed_at, UserTask.completed_at))
    return rows.where(UserTask.state == "completed", UserTask.claimed_at < UserTask.completed_at)


def returned(_span: Span) -> Select[Any]:
    """K39: tasks that the same instance had done before: it came back to them."""
    earlier = aliased(UserTask)
    before = exists().where(
        earlier.instance_id == UserTask.instance_id, earlier.element_id == UserTask.element_id,
        earlier.state == "completed", earlier.completed_at < UserTask.created_at,
    )  # fmt: skip
    return _tasks(UserTask.completed_at, value=flag(before)).where(UserTask.state == "completed")


def incidents(_span: Span) -> Select[Any]:
    """K39: incidents by the step they happened at."""
    key = func.coalesce(ProcessInstance.business_key, "")
    columns = row(
        subject=key, link=link_of(key), at=Incident.created_at, project=ProcessInstance.scope,
        category=ProcessInstance.process_key, stage=Incident.element_id,
    )  # fmt: skip
    return select(*columns).outerjoin(ProcessInstance, ProcessInstance.id == Incident.instance_id)


def timer_lag(_span: Span) -> Select[Any]:
    """K39: seconds from the moment a timer was due to its being carried out."""
    late = AuditEntry.detail["late"].as_float()

    def of(column: Any) -> Any:
        found = select(column).where(ProcessInstance.id == AuditEntry.instance_id)
        return found.correlate_except(ProcessInstance).scalar_subquery()

    key = of(ProcessInstance.business_key)
    columns = row(
        subject=key, link=link_of(key), at=AuditEntry.at, value=late, project=of(ProcessInstance.scope),
        category=of(ProcessInstance.process_key), stage=AuditEntry.detail["element"].as_string(),
    )  # fmt: skip
    return select(*columns).where(AuditEntry.action == "timer", late.is_not(None))


# What posts and people have to do, rule B43


def _open_then(span: Span, value: Any) -> Select[Any]:
    open_then = or_(UserTask.completed_at.is_(None), UserTask.completed_at >= span.cut)
    rows = _tasks(UserTask.created_at, counted=value, person=UserTask.assignee, stage=post())
    return rows.where(UserTask.created_at < span.cut, open_then)


def post() -> Any:
    """Give the post a task belongs to: its lane, else its name."""
    return case((UserTask.lane != "", UserTask.lane), else_=UserTask.name)


def open_tasks(span: Span) -> Select[Any]:
    """B43: tasks open at the cut-off."""
    return _open_then(span, literal(1))


def late_tasks(span: Span) -> Select[Any]:
    """B43: open tasks past due at the cut-off."""
    return _open_then(span, flag(UserTask.due_at < span.cut))


def unassigned_tasks(span: Span) -> Select[Any]:
    """B43: open tasks that nobody has taken."""
    return _open_then(span, flag(UserTask.assignee == ""))


def due_tasks(span: Span) -> Select[Any]:
    """B43: tasks due in the period and done, or past due; and which of them were done in time."""
    done = and_(UserTask.state == "completed", UserTask.completed_at <= UserTask.due_at)
    dropped = and_(UserTask.state == "canceled", UserTask.completed_at <= UserTask.due_at)
    who = func.coalesce(UserTask.completed_by, UserTask.assignee)
    counted = flag(or_(UserTask.state == "completed", UserTask.due_at < span.now))
    rows = _tasks(UserTask.due_at, counted=counted, value=flag(done), person=who, stage=post())
    return rows.where(UserTask.due_at >= span.start, UserTask.due_at < span.end, ~dropped)


def due_count(span: Span) -> Select[Any]:
    """B43: tasks due in the period, for their number: what the share done in time is of."""
    every = due_tasks(span).subquery()
    columns = [every.c.counted.label("value") if one.name == "value" else one for one in every.c]
    return select(*columns).where(every.c.counted > 0)


def done_tasks(_span: Span) -> Select[Any]:
    """B43: tasks completed in the period."""
    return _tasks(UserTask.completed_at, stage=post()).where(UserTask.state == "completed")
