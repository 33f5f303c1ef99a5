"""The rows behind the measures of defects, rechecks and orders: closed, in time, at the first attempt (DOMAIN 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, case, exists, func, literal, or_, select, union_all

from storage.report_cases import places
from storage.report_clocks import BUCKETS, MORE, link_of, unit_name
from storage.reports import Span, flag, hours, row
from storage.tables.cases import CaseEvent, ServiceCase
from storage.tables.contractors import Contractor, Deduction
from storage.tables.deadlines import Deadline
from storage.tables.defects import Defect, RectificationOrder
from storage.tables.handovers import HandoverUnit
from storage.tables.inspections import InspectionUnit

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

Order = RectificationOrder
CLOSED, WITH_OWNER = "已销项", "待客户复验"
LEFT_OUT = ("作废", "转有偿")
"""States that are no work for the responsible unit any more: struck out, or paid for by the owner."""
AT_HOME = ("正式交付", "保修期", "保修期外")
"""Stages in which somebody comes to the owner's home."""
ACCEPT_HOURS = 24.0


def batch_of(number: Any) -> Any:
    """Give the batch in which the inspection or handover of a house found something."""
    inspected = select(InspectionUnit.batch_number).where(InspectionUnit.number == number)
    handed = select(HandoverUnit.batch_number).where(HandoverUnit.number == number)
    return func.coalesce(
        inspected.correlate_except(InspectionUnit).scalar_subquery(),
        handed.correlate_except(HandoverUnit).scalar_subquery(),
    )


def defect_row(at: Any, *, counted: Any = 1, value: Any = None, stage: Any = Defect.stage) -> list[Any]:
    """Name the columns of a select over defects; a row leads to its order, else to where it was found."""
    number = case((Defect.order_number != "", Defect.order_number), else_=Defect.found_in)
    return row(
        subject=number, link=link_of(number), at=at, counted=counted, value=value, project=Defect.project,
        **places(Defect.unit_id), contractor=Contractor.name, answers=Contractor.id,
        category=Defect.trade, stage=stage, severity=Defect.severity, batch=batch_of(Defect.found_in),
    )  # fmt: skip


def late_by(days: Any) -> ColumnElement[str]:
    """Say in which bucket so many days over the limit are; "" when in time."""
    return case((days <= 0, ""), (days.is_(None), ""), *((days <= most, name) for most, name in BUCKETS), else_=MORE)


def of_defects(columns: list[Any]) -> Select[Any]:
    """Select from defects, joined to who answers for them: a join that databases leave out when nobody asks."""
    answers = Contractor.id == func.coalesce(Defect.responsible_id, Defect.repair_id)
    return select(*columns).select_from(Defect).outerjoin(Contractor, answers)


def genuine() -> ColumnElement[bool]:
    """Leave out defects that were struck out or became a paid service."""
    return Defect.state.not_in(LEFT_OUT)


def _open_at(cut: Any) -> ColumnElement[bool]:
    return and_(Defect.found_at < cut, or_(Defect.closed_at.is_(None), Defect.closed_at >= cut), genuine())


def closed_share(span: Span) -> Select[Any]:
    """K18: closed at the cut-off of all found until then."""
    closed = and_(Defect.state == CLOSED, Defect.closed_at < span.cut)
    columns = defect_row(Defect.found_at, value=flag(closed))
    return of_defects(columns).where(Defect.found_at < span.cut, genuine())


def closed_of_found(span: Span) -> Select[Any]:
    """K18: closed at the cut-off of those found in the period."""
    closed = and_(Defect.state == CLOSED, Defect.closed_at < span.cut)
    columns = defect_row(Defect.found_at, value=flag(closed))
    return of_defects(columns).where(Defect.found_at >= span.start, Defect.found_at < span.cut, genuine())


def _found(span: Span) -> ColumnElement[bool]:
    return and_(Defect.found_at >= span.start, Defect.found_at < span.cut, genuine())


def found(span: Span) -> Select[Any]:
    """R5: defects found in the period."""
    return of_defects(defect_row(Defect.found_at)).where(_found(span))


def found_closed(span: Span) -> Select[Any]:
    """R5: closed at the cut-off of those found in the period."""
    closed = and_(Defect.state == CLOSED, Defect.closed_at < span.cut)
    return of_defects(defect_row(Defect.found_at)).where(_found(span), closed)


def found_open(span: Span) -> Select[Any]:
    """R5: not closed at the cut-off of those found in the period."""
    closed = and_(Defect.state == CLOSED, Defect.closed_at < span.cut)
    return of_defects(defect_row(Defect.found_at)).where(_found(span), ~func.coalesce(closed, False))


def found_late(span: Span) -> Select[Any]:
    """R5: past due of those."""
    return found_open(span).where(Defect.due_at < span.cut)


def open_stock(span: Span) -> Select[Any]:
    """K31: open at the cut-off."""
    return of_defects(defect_row(Defect.found_at)).where(_open_at(span.cut))


def overdue(span: Span) -> Select[Any]:
    """K31: past due of those open at the cut-off; the stage says how late."""
    days = hours(Defect.due_at, literal(span.cut, Defect.found_at.type)) / 24.0
    late = flag(Defect.due_at < span.cut)
    return of_defects(defect_row(Defect.found_at, value=late, stage=late_by(days))).where(_open_at(span.cut))


def late_stock(span: Span) -> Select[Any]:
    """K31: only those past due, for their number."""
    days = hours(Defect.due_at, literal(span.cut, Defect.found_at.type)) / 24.0
    columns = defect_row(Defect.due_at, stage=late_by(days))
    return of_defects(columns).where(_open_at(span.cut), Defect.due_at < span.cut)


def _passed() -> Any:
    """Give when a defect passed the recheck (R10); the owner's own recheck (R12) is not the unit's time."""
    return case(
        (Defect.state.in_((CLOSED, WITH_OWNER)), func.coalesce(Order.reviewed_at, Defect.closed_at)), else_=None
    )


def in_time(span: Span) -> Select[Any]:
    """K19: passed the recheck by the day it was due; open ones count, as late, from the moment they are."""
    passed = _passed()
    columns = defect_row(
        Defect.due_at,
        counted=flag(or_(passed.is_not(None), Defect.due_at < span.now)),
        value=flag(passed <= Defect.due_at),
    )
    query = of_defects(columns).outerjoin(Order, Order.number == Defect.order_number)
    return query.where(Defect.due_at.is_not(None), genuine())


def _rechecked(value: Any, *which: ColumnElement[bool]) -> Select[Any]:
    """Select the rechecked: those of orders by the order's recheck, those without one by their closing."""
    ordered_ = of_defects(defect_row(Order.reviewed_at, value=value))
    ordered_ = ordered_.join(Order, Order.number == Defect.order_number).where(Order.reviewed_at.is_not(None))
    alone = of_defects(defect_row(Defect.closed_at, value=value))
    alone = alone.where(Defect.order_number == "", Defect.closed_at.is_not(None))
    both = union_all(ordered_.where(genuine(), *which), alone.where(genuine(), *which)).subquery()
    return select(both)


def first_time(_span: Span) -> Select[Any]:
    """K20: passed at the first recheck of those rechecked."""
    passed = Defect.state.in_((CLOSED, WITH_OWNER))
    return _rechecked(flag(and_(Defect.rework == 0, passed)), or_(passed, Defect.rework > 0))


def reworks(_span: Span) -> Select[Any]:
    """K31: defects that were mended again, each once however often."""
    return _rechecked(literal(1), Defect.rework > 0)


# Orders


def order_row(
    at: Any,
    *,
    counted: Any = 1,
    value: Any = None,
    contractor: Any = None,
    stage: Any = Order.stage,
    person: Any = None,
) -> list[Any]:
    """Name the columns of a select over orders."""
    answers = func.coalesce(Order.responsible_id, Order.repair_id) if contractor is None else contractor
    return row(
        subject=Order.number, link="order", at=at, counted=counted, value=value, project=Order.project,
        **places(Order.unit_id), contractor=unit_name(answers), answers=answers, category=Order.trade, stage=stage,
        urgency=Order.urgency, person=person, batch=batch_of(Order.starter),
    )  # fmt: skip


def recheck_same_day(span: Span) -> Select[Any]:
    """K21: the recheck's report on the day of handing in, which is its limit (C10)."""
    columns = order_row(
        Deadline.start_at,
        counted=flag(or_(Deadline.met_at.is_not(None), Deadline.due_at < span.now)),
        value=flag(Deadline.met_at <= Deadline.due_at),
        person=Deadline.accountable,
    )
    query = select(*columns).join(Order, Order.number == Deadline.case_number)
    return query.where(Deadline.clock == "recheck", Deadline.withdrawn_at.is_(None))


def accepted_in_time(span: Span) -> Select[Any]:
    """K31: the unit accepted in its limit (24 hours when no clock says otherwise) after the order was signed."""
    limit = select(func.max(hours(Deadline.start_at, Deadline.original_due_at)))
    limit = limit.where(Deadline.case_number == Order.number, Deadline.clock == "accept")
    allowed = func.coalesce(limit.correlate_except(Deadline).scalar_subquery(), ACCEPT_HOURS)
    waited = hours(Order.signed_at, func.coalesce(Order.accepted_at, literal(span.now, Order.issued_at.type)))
    columns = order_row(
        Order.signed_at,
        counted=flag(or_(Order.accepted_at.is_not(None), waited > allowed)),
        value=flag(and_(Order.accepted_at.is_not(None), waited <= allowed)),
    )
    return select(*columns).where(Order.signed_at.is_not(None), or_(Order.open, Order.accepted_at.is_not(None)))


def substituted(_span: Span) -> Select[Any]:
    """K31: how often somebody else had to repair (R09)."""
    query = select(*order_row(CaseEvent.at, contractor=Order.responsible_id))
    query = query.join(CaseEvent, CaseEvent.case_number == Order.number)
    return query.where(CaseEvent.kind == "代维审批", CaseEvent.text.like("同意%"))


def deducted(_span: Span) -> Select[Any]:
    """K31: what was deducted (DMN-10); the stage says how far it is."""
    return deductions().where(Deduction.state != "已撤销")


def deductions(*more: Any) -> Select[Any]:
    """Select all deductions, revoked ones too, with further columns."""
    columns = order_row(Deduction.at, value=Deduction.amount, contractor=Deduction.contractor_id, stage=Deduction.state)
    return select(*columns, *more).join(Deduction, Deduction.order_number == Order.number)


def ordered(_span: Span) -> Select[Any]:
    """R9: orders issued."""
    return select(*order_row(Order.issued_at)).where(Order.close_type != "作废")


def flawless(_span: Span) -> Select[Any]:
    """K38: orders at home without a late dispatch, arrival or finish, without complaint or faulty form."""
    broken = exists().where(
        Deadline.case_number == Order.number, Deadline.clock.in_(("sign", "appoint")),
        or_(Deadline.breached_at.is_not(None), Deadline.met_at > Deadline.due_at),
    )  # fmt: skip
    faulty = exists().where(CaseEvent.case_number == Order.number, CaseEvent.kind == "自检", CaseEvent.text == "不合格")
    late = func.coalesce(Order.finished_at > Order.original_due_at, False)
    good = and_(~broken, ~late, Order.satisfaction != "不满意", ~faulty)
    columns = order_row(Order.closed_at, value=flag(good))
    return select(*columns).where(Order.closed_at.is_not(None), Order.close_type == CLOSED, Order.stage.in_(AT_HOME))


def late_clocks(span: Span) -> Select[Any]:
    """R7: clocks that were running and past due at the cut-off, by who answers for them (B63)."""
    cut = span.cut
    days = hours(Deadline.due_at, literal(cut, Deadline.due_at.type)) / 24.0
    of_order = select(Contractor.name).join(
        Order, func.coalesce(Order.responsible_id, Order.repair_id) == Contractor.id
    )
    of_order = of_order.where(Order.number == Deadline.case_number)
    of_case = select(ServiceCase.responsible).where(ServiceCase.number == Deadline.case_number)
    columns = row(
        subject=Deadline.case_number, link=link_of(), at=Deadline.due_at, project=Deadline.project,
        person=Deadline.accountable, category=Deadline.clock, stage=late_by(days),
        contractor=func.coalesce(
            of_order.correlate_except(Contractor, Order).scalar_subquery(),
            of_case.correlate_except(ServiceCase).scalar_subquery(),
        ),
    )  # fmt: skip
    ended = func.coalesce(Deadline.met_at, Deadline.withdrawn_at)
    running = or_(Deadline.open, and_(Deadline.breached_at.is_not(None), ended >= cut))
    return select(*columns).where(running, Deadline.due_at < cut)
