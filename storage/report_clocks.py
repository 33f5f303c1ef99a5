"""The rows behind the measures of clocks and reminders: in time or not, how late, by whom (DOMAIN 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, case, exists, func, literal, literal_column, or_, select, union_all

from storage.report_cases import Case, case_row, genuine, places
from storage.reports import Span, flag, hours, local_day, row
from storage.tables.cases import ContactLog
from storage.tables.contractors import Contractor
from storage.tables.deadlines import Deadline, Reminder
from storage.tables.defects import RectificationOrder
from storage.tables.instances import ProcessInstance
from storage.tables.work import UserTask

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

Order = RectificationOrder
TRANSMISSIONS = ("accept", "sign", "recheck")
"""Clocks of passing something on: registered to accepted (T08/T09), sheet to signature (R03), recheck report (R10)."""
REPORTS = ("T27", "R06p")
"""The elements in which progress is reported (D15)."""
BUCKETS = ((1, "不足 1 天"), (3, "1–3 天"), (7, "4–7 天"), (15, "8–15 天"), (30, "16–30 天"))
MORE = "30 天以上"


def _ended(span: Span) -> ColumnElement[Any]:
    """Give when a clock stopped without being met, else the moment of asking."""
    return func.coalesce(Deadline.withdrawn_at, literal(span.now, Deadline.due_at.type))


def _due(span: Span) -> ColumnElement[int]:
    """Count what was done, and what was not although it was due: an open breach counts from the day it happens."""
    return flag(or_(Deadline.met_at.is_not(None), Deadline.due_at < _ended(span)))


def link_of(number: Any = Deadline.case_number) -> ColumnElement[str]:
    """Say what a number names, by its beginning."""
    return case(
        (number.like("TS-%"), "case"), (number.like("ZG-%"), "order"), (number.like("JF-%"), "handover"),
        (number.like("YF-%"), "inspection"), else_="",
    )  # fmt: skip


def of_case(clock: str) -> Callable[[Span], Select[Any]]:
    """K01–K03: a clock of cases met in time, by the day the case was received."""

    def rows(span: Span) -> Select[Any]:
        hit = flag(Deadline.met_at <= Deadline.due_at)
        columns = case_row(Case.received_at, counted=_due(span), value=hit, person=Deadline.accountable)
        query = select(*columns).join(Deadline, Deadline.case_number == Case.number)
        return query.where(Deadline.clock == clock, Deadline.object_type == "case", genuine())

    return rows


def _clock_row(*, counted: Any, value: Any, at: Any = Deadline.due_at) -> list[Any]:
    return row(
        subject=Deadline.case_number, link=link_of(), at=at, counted=counted, value=value, project=Deadline.project,
        person=Deadline.accountable, stage=Deadline.clock,
    )  # fmt: skip


def passed_on(span: Span) -> Select[Any]:
    """K05: what had to be passed on, and what was in time."""
    columns = _clock_row(counted=_due(span), value=flag(Deadline.met_at <= Deadline.due_at))
    return select(*columns).where(Deadline.clock.in_(TRANSMISSIONS))


def acted(span: Span) -> Select[Any]:
    """K14: the first action on an escalation in its limit."""
    columns = _clock_row(counted=_due(span), value=flag(Deadline.met_at <= Deadline.due_at))
    return select(*columns).where(Deadline.clock == "act")


def fifth_day(span: Span) -> Select[Any]:
    """K15: called on the fifth day, of those not solved by then."""
    called = exists().where(
        ContactLog.case_number == Case.number, ContactLog.kind == "第5日沟通",
        local_day(ContactLog.at, span) <= local_day(Deadline.due_at, span),
    )  # fmt: skip
    unfinished = and_(
        Deadline.due_at < span.now, or_(Case.solved_at.is_(None), Case.solved_at > Deadline.due_at),
        or_(Case.closed_at.is_(None), Case.closed_at > Deadline.due_at),
    )  # fmt: skip
    columns = case_row(
        Deadline.due_at, counted=flag(unfinished), value=flag(and_(unfinished, called)), person=Case.owner
    )
    query = select(*columns).join(Deadline, Deadline.case_number == Case.number)
    return query.where(Deadline.clock == "day5_call", genuine())


def progress(span: Span) -> Select[Any]:
    """K16: progress reports in time, of those due; what became needless before it was due does not count."""
    ended = func.coalesce(UserTask.completed_at, literal(span.now, UserTask.created_at.type))
    done = UserTask.state == "completed"
    key = select(ProcessInstance.business_key).where(ProcessInstance.id == UserTask.instance_id)
    number = key.correlate_except(ProcessInstance).scalar_subquery()
    tasks = row(
        subject=number, link=link_of(number), at=UserTask.due_at,
        counted=flag(or_(done, UserTask.due_at < ended)),
        value=flag(and_(done, UserTask.completed_at <= UserTask.due_at)), project=UserTask.scope,
        person=func.coalesce(UserTask.completed_by, UserTask.assignee),
    )  # fmt: skip
    clocks = row(
        subject=Deadline.case_number, link=link_of(), at=Deadline.due_at, counted=_due(span),
        value=flag(Deadline.met_at <= Deadline.due_at), project=Deadline.project, person=Deadline.accountable,
    )  # fmt: skip
    both = union_all(
        select(*tasks).where(UserTask.element_id.in_(REPORTS), UserTask.due_at.is_not(None)),
        select(*clocks).where(Deadline.clock == "progress"),
    ).subquery()
    return select(both)


def chased(_span: Span) -> Select[Any]:
    """K17: chasing calls for each case and order begun."""
    calls = row(
        subject=Deadline.case_number, link=link_of(), at=Reminder.opened_at, counted=0, value=1,
        project=Deadline.project,
    )  # fmt: skip
    cases = row(subject=Case.number, link="case", at=Case.received_at, counted=1, value=0, project=Case.project)
    orders = row(subject=Order.number, link="order", at=Order.issued_at, counted=1, value=0, project=Order.project)
    every = union_all(
        select(*calls).join(Deadline, Deadline.id == Reminder.deadline_id).where(Reminder.kind == "逾期催办"),
        select(*cases),
        select(*orders),
    ).subquery()
    return select(every)


def urged(_span: Span) -> Select[Any]:
    """K17: how often customers asked or pressed."""
    columns = case_row(ContactLog.at, person=Case.owner)
    query = select(*columns).join(ContactLog, ContactLog.case_number == Case.number)
    return query.where(ContactLog.kind == literal_column("'客户催办'"), genuine())


# What is open and late at the end of the period


def _open_items(span: Span) -> tuple[Select[Any], Select[Any]]:
    cut = span.cut
    open_case = and_(
        Case.received_at < cut, or_(Case.solved_at.is_(None), Case.solved_at >= cut),
        or_(Case.closed_at.is_(None), Case.closed_at >= cut),
    )  # fmt: skip
    open_order = and_(Order.issued_at < cut, or_(Order.closed_at.is_(None), Order.closed_at >= cut))
    at = literal(cut, Case.received_at.type)
    case_late = func.coalesce(hours(Case.promised_at, at) / 24.0, -1)
    order_late = func.coalesce(hours(Order.due_at, at) / 24.0, -1)
    cases = case_row(Case.promised_at, counted=1, value=flag(case_late > 0), stage=_bucket(case_late))
    orders = row(
        subject=Order.number, link="order", at=Order.due_at, counted=1, value=flag(order_late > 0),
        project=Order.project, **places(Order.unit_id), contractor=unit_name(Order.repair_id), urgency=Order.urgency,
        stage=_bucket(order_late),
    )  # fmt: skip
    return select(*cases).where(open_case, genuine()), select(*orders).where(open_order)


def _bucket(days: ColumnElement[Any]) -> ColumnElement[str]:
    return case((days <= 0, ""), *((days <= most, name) for most, name in BUCKETS), else_=MORE)


def unit_name(key: Any) -> Any:
    """Give the name of a responsible unit."""
    return select(Contractor.name).where(Contractor.id == key).correlate_except(Contractor).scalar_subquery()


def open_late(span: Span) -> Select[Any]:
    """K29: cases and orders open at the cut-off, and which of them are late; the stage says how late."""
    return select(union_all(*_open_items(span)).subquery())


def late_items(span: Span) -> Select[Any]:
    """K29: the late ones only, for their number by days."""
    every = union_all(*_open_items(span)).subquery()
    return select(every).where(every.c.value > 0)


def late_days(span: Span) -> Select[Any]:
    """K30: days over the limit, by the person who answers for it (B63)."""
    end = func.coalesce(Deadline.met_at, Deadline.withdrawn_at, literal(span.now, Deadline.due_at.type))
    days = hours(Deadline.breached_at, end) / 24.0
    responsible = (
        select(Contractor.name)
        .join(Order, Order.repair_id == Contractor.id)
        .where(Order.number == Deadline.case_number)
    )
    of_its_case = select(Case.responsible).where(Case.number == Deadline.case_number)
    columns = row(
        subject=Deadline.case_number, link=link_of(), at=Deadline.breached_at, counted=1, value=days,
        project=Deadline.project, person=Deadline.accountable, stage=Deadline.clock,
        contractor=func.coalesce(
            responsible.correlate_except(Contractor, Order).scalar_subquery(),
            of_its_case.correlate_except(Case).scalar_subquery(),
        ),
    )  # fmt: skip
    return select(*columns).where(Deadline.breached_at.is_not(None))
