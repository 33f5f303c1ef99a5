"""Who is told what about a rectification order, by DMN-08."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import N_
from processes.services.decisions import decide
from processes.services.notices import STAFF_CHANNELS, TO_TELL, send
from processes.services.orders import group_of
from storage import cases
from storage import orders as rows
from storage import people as staff
from storage.tables.cases import CaseEvent, ContactLog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from storage.tables.defects import RectificationOrder

TEMPLATES = {
    "工单指派": N_("Order {number} is for you: {brief}"),
    "即将到期": N_("{clock} of order {number} is due at {due}."),
    "逾期": N_("{clock} of order {number} is overdue since {due}."),
    "复核不通过": N_("Order {number} did not pass the recheck: {brief}"),
    "待业主复验": N_("Order {number} waits for the owner's recheck."),
    "进展未报": N_("The progress report of order {number} is missing."),
    "结构安全": N_("Order {number} concerns structural safety: {brief}"),
    "整改撤回": N_("Order {number} was withdrawn: {brief}"),
    "整改挂起": N_("Nobody was at home: order {number} is suspended."),
    "返工未完成": N_("The rework of order {number} was not finished today: {brief}"),
    "书面催告": N_("Written warning about order {number}: {brief}"),
    "案件转外部": N_(
        "The case of order {number} is settled outside now. The repair goes on; take photos of every step."
    ),
    "建议代维": N_("Order {number}: the table suggests that somebody else repairs."),
}
OTHER = N_("Order {number}: {event}")
OUTSIDE = "案件转外部"


def tell(
    session: Session,
    order: RectificationOrder,
    event: str,
    *,
    now: datetime,
    registry: Registry,
    known: Mapping[str, Any] | None = None,
) -> None:
    """Ask DMN-08 who is to be told about an event of an order, and tell them."""
    more = known or {}
    asked = {
        "event": event,
        "urgency": order.urgency,
        "overdue_days": more.get("overdue_days"),
        "level": None,
        "structural": order.structural,
    }
    told: dict[str, set[str]] = {}
    answer = decide(session, "notify", asked, now=now)
    for row in answer if isinstance(answer, list) else []:
        channels = {STAFF_CHANNELS.get(str(channel), "page") for channel in row.get("channels") or []}
        if row["recipient"] == "customer":
            _customer(session, order, event, now=now)
            continue
        for login in recipients(session, order, str(row["recipient"]), now=now, known=more):
            told.setdefault(login, set()).update(channels)
    fields = {
        "number": order.number,
        "brief": str(more.get("said") or order.brief),
        "event": event,
        "clock": more.get("clock_name") or "",
        "due": more.get("due_text") or "",
    }
    send(session, told, TEMPLATES.get(event, OTHER), fields, link=f"/orders/{order.number}", now=now, registry=registry,
         urgent=order.urgency == "特急")  # fmt: skip


def tell_unit(
    session: Session, order: RectificationOrder, event: str, said: str, *, now: datetime, registry: Registry
) -> None:
    """Tell the people of the unit that repairs, by the page and by mail where that is installed."""
    fields = {"number": order.number, "event": event, "brief": said}
    told = {login: {"page", "mail"} for login in unit_people(session, order, now)}
    send(session, told, TEMPLATES.get(event, OTHER), fields, link=f"/orders/{order.number}", now=now, registry=registry)


def case_left(session: Session, starter: str, *, now: datetime, registry: Registry) -> None:
    """The case is settled outside (E7): its orders go on, as the warranty does not wait for the dispute.

    Each order says so, and its unit and the heads of engineering hear that what is found and done is evidence now.
    """
    for order in rows.open_of_starter(session, starter):
        session.add(
            CaseEvent(
                case_number=order.number, at=now, actor="system", kind=OUTSIDE, text="保修整改照常进行", detail={}
            )
        )
        tell_unit(session, order, OUTSIDE, order.brief, now=now, registry=registry)
        told = {login: {"page"} for login in staff.holders(session, "eng_lead", order.project, now)}
        fields = {"number": order.number, "event": OUTSIDE, "brief": order.brief}
        send(session, told, TEMPLATES[OUTSIDE], fields, link=f"/orders/{order.number}", now=now, registry=registry)


def recipients(
    session: Session, order: RectificationOrder, who: str, *, now: datetime, known: Mapping[str, Any]
) -> Sequence[str]:
    """Find the people behind a recipient of DMN-08."""
    if who == "agent":
        case = cases.get(session, order.starter)
        return [case.owner] if case is not None and case.owner else staff.holders(session, "agent", order.project, now)
    accountable = str(known.get("accountable") or "")
    if who == "responsible" and accountable:
        return [accountable]
    if who in ("responsible", "handler", "contractor"):
        return unit_people(session, order, now)
    role = {"head": "eng_lead", "level_owner": "cs_mgr", "acceptor": "cs_sup"}.get(who, who)
    return staff.holders(session, role, order.project, now)


def unit_people(session: Session, order: RectificationOrder, now: datetime) -> Sequence[str]:
    """List the people of the unit that repairs."""
    unit = rows.contractors(session, [order.repair_id, 0]).get(order.repair_id or 0)
    if unit is None:
        return ()
    group = group_of(unit)
    if group.startswith("contractor:"):
        return rows.people_of_unit(session, unit.code, order.project, now)
    return staff.holders(session, group, order.project, now)


def _customer(session: Session, order: RectificationOrder, event: str, *, now: datetime) -> None:
    """Note that somebody has to tell the customer."""
    session.add(
        ContactLog(
            case_number=order.number,
            at=now,
            actor="system",
            with_whom="客户",
            kind=TO_TELL,
            channel="短信",
            reached=False,
            text=event,
        )
    )
