"""Rectification orders (整改单) as the host keeps them: issued in groups, closed one by one, the last one tells.

One order is one house or area × repairing unit × starter, with an instance of its own (DOMAIN 2.2). The starter (a
case, an inspection, a handover) waits for ONE message ORDERS_DONE, sent in the transaction that closes its last open
order. Whoever closes locks the starter's instance first and counts then: of two that close at the same moment one
sees the other (AC13).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine import instances, messages
from engine.access import SYSTEM
from engine.core.calendar import CHINA
from engine.errors import N_, InvalidInputError, NotFoundError
from storage import cases
from storage import instances as instance_rows
from storage import orders as rows
from storage.tables.cases import CaseEvent
from storage.tables.defects import Defect, DefectEvent, RectificationOrder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry, ServiceContext
    from storage.tables.contractors import Contractor

PROCESS = "rectification"
PROPERTY = "物业"
"""The kind of unit that is the property company."""
ORDERS_DONE = "ORDERS_DONE"
DONE, PAID, VOID, CARRIED = "已销项", "转有偿", "作废", "挂账"
"""How an order closes: repaired and accepted, handed to paid service or guidance, nothing to do, agreed for later."""
CLOSED_STATES = {DONE: "已销项", PAID: "已转有偿", VOID: "已作废", CARRIED: "挂账"}
DEFECT_STATES = {DONE: "已销项", PAID: "转有偿", VOID: "作废", CARRIED: "挂起"}
STAGES = ("交付前内部验房", "开放日/业主预验", "承接查验", "正式交付", "保修期", "保修期外")
BRIEF = 60
INITIAL: Mapping[str, Any] = {
    "outcome": "继续",
    "paid_service": False,
    "substituted": False,
    "substitute_asked_by": "",
    "all_done": False,
    "late_told": "",
    "explain": False,
    "told_tries": 0,
    "owner_refuses": None,
    "units_fault": None,
    "cannot_come": None,
    "unreachable_days": None,
    "warnings": None,
    "overdue_days": 0,
    "actual_cost": None,
    "owner_recheck_due": None,
    "recheck_due": None,
}
"""What an order's process begins with besides the order's own figures: what its gateways and DMN-10 ask."""


@dataclass(frozen=True, slots=True)
class Issue:
    """What all orders of one call share. `reported_at` (aware) is when the customer or inspector reported (C05)."""

    starter: str
    starter_kind: str
    stage: str
    source_channel: str
    reported_at: datetime
    urgency: str = "一般"
    structural: bool = False
    variables: Mapping[str, Any] = field(default_factory=dict)


def issue(
    session: Session,
    *,
    starter: str,
    starter_kind: str,
    stage: str,
    source_channel: str,
    defects: Sequence[Defect],
    viewer: Viewer,
    now: datetime,
    registry: Registry,
    reported_at: datetime,
    urgency: str = "一般",
    structural: bool = False,
    variables: Mapping[str, Any] | None = None,
) -> list[str]:
    """Write one order for each house or area and repairing unit of the defects, and start its process.

    Gives the numbers (ZG-YYYY-000001). Defects may be new rows or stored ones; those that already have an order, or are
    closed, are refused. Call it in the transaction in which the starter begins to wait. `starter` is the business key
    that waits for ORDERS_DONE, "" when nobody does; `variables` go to every order's instance besides its own.

    Raises:
        InvalidInputError: no defects, an unknown stage, or a defect that is in another order or closed.
    """
    if not defects:
        raise InvalidInputError(N_("An order needs at least one defect."))
    if stage not in STAGES:
        raise InvalidInputError(N_("There is no stage {stage}."), stage=stage)
    for defect in defects:
        if defect.order_number or defect.open is False:
            raise InvalidInputError(N_("Defect {id} is already in an order or closed."), id=defect.id)
    common = Issue(
        starter, starter_kind, stage, source_channel, reported_at, urgency, structural, dict(variables or {})
    )
    groups: dict[tuple[int | None, str, int | None], list[Defect]] = {}
    for defect in defects:
        groups.setdefault((defect.unit_id, defect.area or "", defect.repair_id), []).append(defect)
    return [_one(session, common, group, viewer=viewer, now=now, registry=registry).number for group in groups.values()]


def _one(
    session: Session, common: Issue, defects: Sequence[Defect], *, viewer: Viewer, now: datetime, registry: Registry
) -> RectificationOrder:
    first = defects[0]
    series = f"ZG-{now.astimezone(CHINA):%Y}"
    order = RectificationOrder(
        number=f"{series}-{cases.next_value(session, series):06d}",
        project=first.project,
        unit_id=first.unit_id,
        house=first.house or "",
        area=first.area or "",
        starter=common.starter,
        starter_kind=common.starter_kind,
        stage=common.stage,
        source_channel=common.source_channel,
        urgency=common.urgency,
        trade=_shared(defect.trade for defect in defects) or "",
        responsible_id=_shared(defect.responsible_id for defect in defects),
        repair_id=first.repair_id,
        shares=[],
        brief=_brief(defects),
        structural=common.structural,
        reported_at=common.reported_at,
        issued_at=now,
    )
    session.add(order)
    for defect in defects:
        defect.order_number, defect.stage, defect.state = order.number, common.stage, "待签收"
        defect.found_at = defect.found_at or common.reported_at
        defect.found_by = defect.found_by or viewer.login
        session.add(defect)
    session.flush()
    for defect in defects:
        note(session, defect, "派单", order.number, actor=viewer.login, now=now)
    add_event(session, order.number, "派发", order.brief, actor=viewer.login, now=now, detail={"stage": order.stage})
    order.instance_id = instances.start(
        session,
        key=PROCESS,
        variables={**common.variables, **INITIAL, **variables_of(session, order)},
        viewer=SYSTEM,
        now=now,
        registry=registry,
        business_key=order.number,
        scope=order.project,
        title=title_of(order),
        fields=fields_of(order),
    )
    show_head(session, order)
    return order


def _shared(values: Iterable[Any]) -> Any:
    """Give the value all have in common, else None."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _brief(defects: Sequence[Defect]) -> str:
    first = defects[0]
    room = "" if (first.part or "").startswith(first.room or " ") else first.room
    said = " ".join(piece for piece in (room, first.part, first.problem) if piece) or (first.text or "")
    more = f" 等 {len(defects)} 项" if len(defects) > 1 else ""
    return said[:BRIEF] + more


def variables_of(session: Session, order: RectificationOrder) -> dict[str, Any]:
    """Give the flags of an order that its process decides by; everything else stays in the tables."""
    units = rows.contractors(session, [order.responsible_id, order.repair_id, 0])
    responsible, repair = units.get(order.responsible_id or 0), units.get(order.repair_id or 0)
    return {
        "order_number": order.number,
        "starter": order.starter,
        "starter_kind": order.starter_kind,
        "stage": order.stage,
        "source_channel": order.source_channel,
        "urgency": order.urgency,
        "structural": order.structural,
        "indoor": order.unit_id is not None,
        "responsible_unit": responsible.code if responsible else "",
        "repair_unit": repair.code if repair else "",
        "repair_group": group_of(repair),
        "rework": order.rework,
        "no_show": order.no_shows,
        "extended": order.extended,
    }


def group_of(unit: Contractor | None) -> str:
    """Give the candidate group that does a unit's tasks: its own people, the property company's technicians (物业)."""
    if unit is None:
        return "eng_lead"
    return "repair_tech" if unit.kind == PROPERTY else f"contractor:{unit.code}"


def order_of(ctx: ServiceContext) -> RectificationOrder:
    """Read the order a process instance belongs to; NotFoundError when there is none."""
    number = str(ctx.variables.get("order_number") or ctx.business_key)
    order = rows.get(ctx.session, number)
    if order is None:
        raise NotFoundError(N_("There is no order {number}."), number=number)
    return order


def close(ctx: ServiceContext, order: RectificationOrder, close_type: str) -> None:
    """Close an order (`close_type`: 已销项, 转有偿, 作废 or 挂账); the last open one of its starter sends ORDERS_DONE.

    An order that is closed already stays as it is. 挂账 leaves its defects open: agreed with the owner, with a date.
    """
    if not order.open:
        return
    order.open, order.closed_at, order.close_type = False, ctx.now, close_type
    order.state = CLOSED_STATES[close_type]
    for defect in rows.defects_of(ctx.session, order.number):
        if defect.open:
            set_defect(ctx.session, defect, DEFECT_STATES[close_type], actor=ctx.actor.login, now=ctx.now)
            if close_type != CARRIED:
                defect.open, defect.closed_at = False, ctx.now
    add_event(ctx.session, order.number, "关闭", close_type, actor=ctx.actor.login, now=ctx.now)
    show_head(ctx.session, order)
    ctx.session.flush()
    _tell_starter(ctx.session, order.starter, now=ctx.now, registry=ctx.registry)


def _tell_starter(session: Session, starter: str, *, now: datetime, registry: Registry) -> None:
    """Send ORDERS_DONE when no order of the starter is open any more. Nobody waits: the starter has ended."""
    waiting = instance_rows.subscriptions(session, "message", ORDERS_DONE, starter) if starter else ()
    if not waiting:
        return
    instance_rows.lock(session, waiting[0].instance_id)
    if rows.count_open(session, starter) or not instance_rows.subscriptions(session, "message", ORDERS_DONE, starter):
        return
    messages.correlate(
        session, name=ORDERS_DONE, business_key=starter, variables=results(session, starter), viewer=SYSTEM, now=now,
        registry=registry,
    )  # fmt: skip


def results(session: Session, starter: str) -> dict[str, Any]:
    """Sum up the orders of a starter: how many, how each ended, how often was repaired again."""
    found = rows.of_starter(session, starter)
    return {
        "orders": len(found),
        "orders_done": sum(order.close_type == DONE for order in found),
        "orders_paid": sum(order.close_type == PAID for order in found),
        "orders_void": sum(order.close_type == VOID for order in found),
        "orders_carried": sum(order.close_type == CARRIED for order in found),
        "orders_rework": sum(order.rework for order in found),
    }


# What is written down


def note(
    session: Session, defect: Defect, kind: str, said: str = "", *, actor: str, now: datetime, **detail: Any
) -> None:
    """Write down what happened to a defect."""
    session.add(DefectEvent(defect_id=defect.id, at=now, actor=actor, kind=kind, text=said, detail=detail))


def set_defect(session: Session, defect: Defect, state: str, *, actor: str, now: datetime, said: str = "") -> None:
    """Move a defect to a state; who has a copy with an older revision learns of it."""
    if defect.state == state:
        return
    defect.state, defect.revision = state, defect.revision + 1
    note(session, defect, state, said, actor=actor, now=now)


def set_state(session: Session, order: RectificationOrder, state: str, *, actor: str = "system", now: datetime) -> None:
    """Move an open order to a state, with it those of its open defects that go along, and show it in the inbox rows."""
    if not order.open or order.state == state:
        return
    order.state = state
    for defect in rows.defects_of(session, order.number):
        if defect.open and defect.state in MOVES.get(state, ()):
            set_defect(session, defect, state, actor=actor, now=now)
    show_head(session, order)


MOVES = {
    "待签收": ("异议", "挂起", "待派"),
    "整改中": ("待签收", "异议", "挂起"),
    "待复核": ("整改中", "代维中"),
    "代维中": ("整改中",),
    "异议": ("待签收", "整改中"),
    "挂起": ("待签收", "整改中"),
}
"""Which defects follow their order into a state; how rechecks end is said defect by defect."""


def add_event(
    session: Session,
    number: str,
    kind: str,
    said: str = "",
    *,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down what happened to an order (the same log as a case's, by its number)."""
    session.add(CaseEvent(case_number=number, at=now, actor=actor, kind=kind, text=said, detail=dict(detail or {})))


def place_of(order: RectificationOrder) -> str:
    """Name the house or the common area an order is about."""
    return order.house or order.area


def title_of(order: RectificationOrder) -> str:
    """Name an order in one line: number, house or place, what it is about."""
    return " ".join(piece for piece in (order.number, place_of(order), order.brief) if piece)


def fields_of(order: RectificationOrder) -> dict[str, Any]:
    """Give the fields of an order for inbox rows."""
    return {
        "number": order.number,
        "house": place_of(order),
        "urgency": order.urgency,
        "state": order.state,
        "brief": order.brief,
        "starter": order.starter,
    }


def show_head(session: Session, order: RectificationOrder) -> None:
    """Refresh what inbox rows show and search of an order."""
    if order.instance_id is None:
        return
    units = rows.contractors(session, [order.repair_id, 0])
    repair = units.get(order.repair_id or 0)
    shown = [repair.name if repair else "", order.stage, order.state]
    shown += [order.urgency] if order.urgency != "一般" else []
    shown += [f"返工 {order.rework} 次"] if order.rework else []
    instances.update_head(
        session,
        order.instance_id,
        title=title_of(order),
        summary=" · ".join(piece for piece in shown if piece),
        priority={"特急": 90, "紧急": 70}.get(order.urgency, 50),
        fields=fields_of(order),
    )
