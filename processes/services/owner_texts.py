"""Short messages to owners at the milestones: registered, who comes when, done and to be rated; each with his link.

Off where the installation has no way to send short messages: then people tell him, as the contact log says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import notifications
from engine.core.calendar import CHINA
from processes.services.decisions import decide
from storage import cases, orders
from storage import people as staff
from storage.privacy import vault
from storage.tables.cases import ContactLog

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from storage.tables.cases import ServiceCase
    from storage.tables.defects import RectificationOrder

SMS, TEXT = "短信", "{text}"
COMES, DONE = "已约上门", "已解决"
"""Events of DMN-08: a visit is agreed; the result is told and agreed to."""


def write(session: Session, case: ServiceCase, said: str, *, once: str, now: datetime, registry: Registry) -> bool:
    """Send the caller of a case a short message with the link to his page; tell whether it goes out.

    The same `once` is sent a single time for a case. The link is not in the contact log: it opens his page.
    """
    phone = vault(session).open(case.caller_phone) if "sms" in registry.connectors else ""
    if not phone:
        return False
    link = registry.extra.get("owner_link")
    text = f"{said}进度、预约和评价：{link(session, case.number, now)}" if link else said
    notifications.send(
        session, connector="sms", recipient=phone, template=TEXT, fields={"text": text}, now=now,
        instance_id=case.instance_id, payload={"urgent": case.urgency == "特急"},
        key=f"owner:{case.number}:{case.round}:{once}",
    )  # fmt: skip
    return True


def milestone(
    session: Session, case: ServiceCase, event: str, said: str, *, once: str, now: datetime, registry: Registry
) -> None:
    """Write to the customer about an event that DMN-08 sends him by short message; without a way out nothing is said.

    Somebody has just talked with him when these events happen, so nobody has to tell him otherwise.
    """
    asked = {"event": event, "urgency": case.urgency, "overdue_days": None, "level": case.level, "structural": None}
    found = decide(session, "notify", asked, now=now)
    wanted = any(row["recipient"] == "customer" for row in found) if isinstance(found, list) else False
    if wanted and write(session, case, said, once=once, now=now, registry=registry):
        session.add(
            ContactLog(
                case_number=case.number, at=now, actor="system", with_whom="客户", kind=SMS, channel=SMS, reached=True,
                text=said,
            )
        )  # fmt: skip


def visit_of_case(
    session: Session, case: ServiceCase, at: datetime, visitors: Sequence[str], *, now: datetime, registry: Registry
) -> None:
    """Tell the customer who of the staff comes when, with the number to call."""
    people = [person for login in visitors if (person := staff.user(session, login))]
    who = "、".join(f"{person.name} {person.phone}".strip() for person in people)
    _visit(session, case, at, who, now=now, registry=registry)


def visit_of_order(
    session: Session, order: RectificationOrder, at: datetime, people: Sequence[str], *, now: datetime,
    registry: Registry,
) -> None:  # fmt: skip
    """Tell the customer of an order's case who comes when; the number is the repairing unit's."""
    case = cases.get(session, order.starter) if order.starter_kind == "case" else None
    if case is None:
        return
    unit = orders.contractors(session, [order.repair_id, 0]).get(order.repair_id or 0)
    named = [*people[:2], unit.phone if unit else ""]
    _visit(session, case, at, " ".join(one for one in named if one), now=now, registry=registry)


def _visit(
    session: Session, case: ServiceCase, at: datetime, who: str, *, now: datetime, registry: Registry
) -> None:  # fmt: skip
    moment = f"{at.astimezone(CHINA):%m-%d %H:%M}"
    said = f"受理号 {case.number}：{moment} 上门，联系人 {who or '客服'}。"
    milestone(session, case, COMES, said, once=f"{COMES}:{at.isoformat()}", now=now, registry=registry)


def solved(session: Session, case: ServiceCase, *, now: datetime, registry: Registry) -> None:
    """Tell the customer that his matter is done, and ask for his rating."""
    said = f"受理号 {case.number} 已处理完毕，请您评价。"
    milestone(session, case, DONE, said, once=DONE, now=now, registry=registry)
