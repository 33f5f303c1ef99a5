"""The rows behind the measures of cases: one select each (DOMAIN 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, case, exists, func, literal, literal_column, or_, select, union_all
from sqlalchemy.orm import aliased

from storage.reports import DAY_SECONDS, Span, flag, hours, row
from storage.tables.cases import CaseEvent, ContactLog, ServiceCase
from storage.tables.contractors import Contractor
from storage.tables.deadlines import Deadline, Escalation
from storage.tables.defects import Defect
from storage.tables.estate import Building, Phase, Project, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

Case = ServiceCase
LEFT_OUT = ("withdrawn", "merged")
REPEAT_DAYS = 90
TREATMENTS = {"赔偿": "赔偿", "退货/退换": "退货", "折价": "折价", "": ""}
"""How a complaint was settled → the report's own four ways (B45); all others are 其他, "" is not settled yet."""
OTHERWISE = "其他"


def places(unit_id: Any) -> dict[str, Any]:
    """Give the dimensions phase and building of a house; looked up only where they are asked for."""
    phase = select(Phase.name).join(Unit, Unit.phase_id == Phase.id).where(Unit.id == unit_id)
    building = select(Building.code).join(Unit, Unit.building_id == Building.id).where(Unit.id == unit_id)
    return {
        "phase": phase.correlate_except(Phase, Unit).scalar_subquery(),
        "building": building.correlate_except(Building, Unit).scalar_subquery(),
    }


def dimensions(person: Any = Case.acceptor) -> dict[str, Any]:
    """Give the dimensions of a case; `person` is who answers for what is measured."""
    return {
        "project": Case.project,
        **places(Case.unit_id),
        "department": Case.department,
        "contractor": Case.responsible,
        "person": person,
        "category": Case.category,
        "channel": Case.channel,
        "urgency": Case.urgency,
    }


def genuine() -> ColumnElement[bool]:
    """Leave out what was withdrawn, merged, or found not to be so (不属实)."""
    untrue = exists().where(
        CaseEvent.case_number == Case.number,
        CaseEvent.kind == literal_column("'现场查勘'"),  # as the index says it
        CaseEvent.text == literal_column("'不属实'"),
    )
    return and_(Case.close_type.not_in(LEFT_OUT), ~untrue)


def case_row(
    at: Any, *, counted: Any = 1, value: Any = None, person: Any = Case.acceptor, stage: Any = None,
    worked: tuple[Any, Any] | None = None,
) -> list[Any]:  # fmt: skip
    """Name the columns of a select over cases."""
    named = dimensions(person) | {"stage": stage}
    return row(subject=Case.number, link="case", at=at, counted=counted, value=value, worked=worked, **named)


def kept_by(due: Any) -> Callable[[Span], Select[Any]]:
    """K06: solved by a promise; open ones count, as not in time, from the moment the first promise is broken."""

    def rows(span: Span) -> Select[Any]:
        first = Case.original_promised_at
        counted = or_(Case.solved_at.is_not(None), first < span.now)
        columns = case_row(first, counted=flag(counted), value=flag(Case.solved_at <= due))
        return select(*columns).where(first.is_not(None), genuine())

    return rows


solved_in_time = kept_by(Case.original_promised_at)
solved_extended = kept_by(
    case((Case.promised_at > Case.original_promised_at, Case.promised_at), else_=Case.original_promised_at)
)
"""K06b: by the later of both promises: one made for an earlier day, or taken back, puts nothing off."""


def extended(_span: Span) -> Select[Any]:
    """K06: which promises were put off."""
    late = Case.promised_at > Case.original_promised_at
    columns = case_row(Case.original_promised_at, value=flag(late))
    return select(*columns).where(Case.original_promised_at.is_not(None), genuine())


def told_in_time(span: Span) -> Select[Any]:
    """K04: the result told to the customer (T18) by the first promise."""
    due = Case.original_promised_at
    told = select(func.min(ContactLog.at)).where(ContactLog.case_number == Case.number, ContactLog.kind == "结果回复")
    first = func.coalesce(told.correlate_except(ContactLog).scalar_subquery(), Case.solved_at)
    columns = case_row(
        due, counted=flag(or_(first.is_not(None), due < span.now)), value=flag(first <= due), person=Case.owner
    )
    return select(*columns).where(due.is_not(None), genuine())


def closed_within(span: Span) -> Select[Any]:
    """K07: closed in the period of those received in it."""
    hit = and_(Case.closed_at >= span.start, Case.closed_at < span.end)
    columns = case_row(Case.received_at, value=flag(hit))
    return select(*columns).where(Case.received_at >= span.start, Case.received_at < span.end, genuine())


def closed_of_stock(span: Span) -> Select[Any]:
    """K07: closed in the period of those open at its beginning or received in it."""
    hit = and_(Case.closed_at >= span.start, Case.closed_at < span.end)
    open_then = or_(Case.closed_at.is_(None), Case.closed_at >= span.start)
    columns = case_row(Case.received_at, value=flag(hit))
    return select(*columns).where(Case.received_at < span.end, open_then, genuine())


def valid_complaints(_span: Span) -> Select[Any]:
    """K10: complaints found to be the staff's or the company's fault; the stage says whose."""
    columns = case_row(Case.closed_at, stage=case((_staff_fault(), "人员"), else_="公司"))
    return select(*columns).where(Case.kind == "投诉", Case.valid.is_(True), Case.closed_at.is_not(None), genuine())


def _staff_fault() -> ColumnElement[bool]:
    found = exists().where(
        CaseEvent.case_number == Case.number,
        CaseEvent.kind == "经理认定",
        CaseEvent.detail["fault"].as_string().in_(("一般", "严重")),
    )
    return or_(Case.subject == "人员服务", found)


def valid_by_households(each: int) -> Callable[[Span], Select[Any]]:
    """K11: valid complaints for so many households served. Below the line are the projects' households."""

    def rows(span: Span) -> Select[Any]:
        wanted = (Case.kind == "投诉", Case.valid.is_(True), Case.closed_at >= span.start, Case.closed_at < span.end)
        complaints = row(
            subject=Case.number, link="case", at=Case.closed_at, counted=0, value=each, project=Case.project
        )
        served = row(
            subject=Project.code, link="project", at=literal(span.start, Case.received_at.type),
            counted=Project.households, value=0, project=Project.code,
        )  # fmt: skip
        both = union_all(
            select(*complaints).where(*wanted, genuine()), select(*served).where(Project.active, Project.households > 0)
        ).subquery()
        return select(both)

    return rows


def repeated(_span: Span) -> Select[Any]:
    """K12: an earlier case of the same house and class in 90 days."""
    earlier = aliased(Case)
    apart = hours(earlier.received_at, Case.received_at) * 3600
    again = exists().where(
        earlier.unit_id == Case.unit_id, earlier.cat2 == Case.cat2, earlier.id != Case.id, apart >= 0,
        earlier.received_at <= Case.received_at, apart <= REPEAT_DAYS * DAY_SECONDS,
        earlier.close_type.not_in(LEFT_OUT),
    )  # fmt: skip
    return select(*case_row(Case.received_at, value=flag(again))).where(genuine())


def second_round(_span: Span) -> Select[Any]:
    """K13: closed after a second handling."""
    columns = case_row(Case.closed_at, value=flag(Case.round > 1))
    return select(*columns).where(Case.closed_at.is_not(None), genuine())


def mended_again(_span: Span) -> Select[Any]:
    """K13: defects closed after being mended again."""
    named = {"project": Defect.project, **places(Defect.unit_id), "category": Defect.trade, "stage": Defect.stage}
    unit = select(Contractor.name).where(Contractor.id == Defect.repair_id).correlate_except(Contractor)
    named |= {"contractor": unit.scalar_subquery()}
    columns = row(
        subject=Defect.order_number, link="order", at=Defect.closed_at, value=flag(Defect.rework > 0), **named
    )
    return select(*columns).where(Defect.state == "已销项", Defect.closed_at.is_not(None))


def escalated(_span: Span) -> Select[Any]:
    """K14: whose level was raised by a decision."""
    raised = exists().where(
        Escalation.case_number == Case.number, ~Escalation.suggested, Escalation.level_to > Escalation.level_from
    )
    return select(*case_row(Case.received_at, value=flag(or_(Case.level > 0, raised)))).where(genuine())


def norm_score(_span: Span) -> Select[Any]:
    """K34: the score of the sampled records (T25)."""
    columns = case_row(Case.closed_at, value=Case.norm_score, person=Case.owner)
    return select(*columns).where(Case.closed_at.is_not(None), Case.norm_score.is_not(None), genuine())


def solving(_span: Span) -> Select[Any]:
    """K37: hours from the request to its solution."""
    columns = case_row(Case.closed_at, value=hours(Case.received_at, Case.solved_at))
    return select(*columns).where(Case.closed_at.is_not(None), Case.solved_at.is_not(None), genuine())


def solving_worked(_span: Span) -> Select[Any]:
    """K37: working days from the request to its solution."""
    columns = case_row(Case.closed_at, worked=(Case.received_at, Case.solved_at))
    return select(*columns).where(Case.closed_at.is_not(None), Case.solved_at.is_not(None), genuine())


def _answer(column: Any) -> Any:
    query = select(func.min(column)).where(Deadline.case_number == Case.number, Deadline.clock == "contact")
    return query.correlate_except(Deadline).scalar_subquery()


def responding(_span: Span) -> Select[Any]:
    """K37: hours from the request to the first contact."""
    met = _answer(Deadline.met_at)
    columns = case_row(Case.closed_at, value=hours(Case.received_at, met), person=Case.owner)
    return select(*columns).where(Case.closed_at.is_not(None), met.is_not(None), genuine())


def responding_worked(_span: Span) -> Select[Any]:
    """K37: working days from the request to the first contact."""
    met = _answer(Deadline.met_at)
    columns = case_row(Case.closed_at, worked=(Case.received_at, met), person=Case.owner)
    return select(*columns).where(Case.closed_at.is_not(None), met.is_not(None), genuine())


# The complaint statistics (R1)


def treatment() -> ColumnElement[str]:
    """Say how a case was settled in the report's four ways (B45)."""
    return case(TREATMENTS, value=Case.treatment, else_=OTHERWISE)


def complaints(_span: Span) -> Select[Any]:
    """R1: complaints by the day received; the stage is how they were settled."""
    return select(*case_row(Case.received_at, stage=treatment())).where(Case.kind == "投诉", genuine())


def losses(_span: Span) -> Select[Any]:
    """R1: what complaints cost."""
    columns = case_row(Case.received_at, counted=1, value=func.coalesce(Case.loss_amount, 0), stage=treatment())
    return select(*columns).where(Case.kind == "投诉", genuine())


def remarkable(span: Span) -> Select[Any]:
    """R8: what a case analysis looks at: escalated, handled again, late, dissatisfied, several customers (E20).

    A group of cases is its master, once.
    """
    late = and_(
        Case.original_promised_at < span.now, or_(Case.solved_at.is_(None), Case.solved_at > Case.original_promised_at)
    )
    linked = aliased(Case)
    leads = exists().where(linked.group_master == Case.number)
    why = case(
        (or_(leads, Case.scope == "群诉"), "群诉"),
        (Case.level > 0, "升级"),
        (Case.scope.in_(("区域", "媒体")), "区域或媒体"),
        (Case.round > 1, "二次处理"),
        (Case.satisfaction == "不满意", "不满意"),
        (late, "逾期"),
        (Case.urged > 1, "多次催促"),
        else_="",
    )
    return select(*case_row(Case.received_at, counted=flag(why != ""), stage=why)).where(
        genuine(), Case.group_master == ""
    )
