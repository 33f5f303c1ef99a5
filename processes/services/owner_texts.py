"""Short messages to owners at the milestones of what is theirs, each with his link.

A case: registered, who comes when, done and to be rated. Taking a house over: appointment made or moved, the day
before, keys. An order of a handover or inspection: who comes when, done and to be rated. Off where the installation has
no way to send short messages: then people tell him, as the contact log says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import notifications
from engine.core.calendar import CHINA
from engine.message_texts import written
from processes.services.decisions import decide
from storage import cases, orders, parties
from storage import people as staff
from storage.privacy import vault
from storage.tables.cases import ContactLog

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from storage.tables.cases import ServiceCase
    from storage.tables.defects import RectificationOrder
    from storage.tables.handovers import HandoverUnit, Slot

SMS, TEXT = "短信", "{text}"
COMES, DONE = "已约上门", "已解决"
"""Events of DMN-08: a visit is agreed; the result is told and agreed to."""
APPOINTED, DAY_BEFORE, KEYS = "已约收楼", "交付前一日", "已交钥匙"
"""Events of DMN-08: the time to take a house over is agreed or moved; it is tomorrow; the keys are given."""
STAGES = ("正式交付", "保修期", "保修期外")
"""The stages whose orders an owner sees behind the link of his house: before it is his own nobody writes to him."""
CASE, HOUSE = "case", "house"
WORDS = {
    "已登记": "您的来电已受理，受理号 {number}{due}。",
    "方案告知": "您的受理号 {number} 的处理方案已告知{due}。",
    "其他进展": "受理号 {number}：{event}{due}。",
    "上门": "{about}：{time} 上门，联系人 {who}。",
    "投诉办结": "受理号 {number} 已处理完毕，请您评价。",
    "整改完成": "{house} 整改单 {number} 已完成，请您评价。",
    "收楼预约": "{house} 收楼时间：{time}，请带身份证件和合同。",
    "收楼提醒": "提醒您：{house} 收楼时间 {time}。",
    "钥匙交接": "{house} 的钥匙已交给您，保修期从 {day} 起算。",
    "附链接": "{text}进度、预约和评价：{link}",
}
"""What customers read in a short message; the process owner may word it otherwise (engine.message_texts)."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is written to about `number`, and what his link opens (`kind` and `subject`, see links)."""

    number: str
    kind: str
    subject: str
    phone: str
    instance_id: UUID | None
    key: str
    urgency: str = "一般"
    level: int | None = None


def of_case(session: Session, case: ServiceCase) -> Reader:
    """Whoever called about a case; his link opens the case."""
    phone, key = vault(session).open(case.caller_phone), f"{case.number}:{case.round}"
    return Reader(case.number, CASE, case.number, phone, case.instance_id, key, case.urgency, case.level)


def of_order(session: Session, order: RectificationOrder) -> Reader | None:
    """The customer of an order's case, else the owner of its house; None where it is nobody's yet."""
    if order.starter_kind == "case":
        case = cases.get(session, order.starter)
        return of_case(session, case) if case is not None else None
    if order.unit_id is None or order.stage not in STAGES:
        return None
    phone = owner_phone(session, order.unit_id)
    return Reader(order.number, HOUSE, order.house, phone, order.instance_id, order.number, order.urgency)


def of_house(session: Session, row: HandoverUnit) -> Reader:
    """The owner of a house in handover; his link opens the house."""
    return Reader(row.number, HOUSE, row.house, owner_phone(session, row.unit_id), row.instance_id, row.number)


def owner_phone(session: Session, unit_id: int) -> str:
    """Give the number that the owner of a house is best reached under; "" when the register has none."""
    found = [party.id for tie, party in parties.people_of(session, [unit_id]) if tie.role == "业主"]
    known = parties.contacts_of(session, found)
    contact = next((known[one] for one in found if one in known), None)
    return vault(session).open(contact.value) if contact is not None else ""


def write(session: Session, to: Reader, said: str, *, once: str, now: datetime, registry: Registry) -> bool:
    """Send somebody a short message with the link to his page; tell whether it goes out.

    The same `once` is sent a single time for a thing. The link is not in the contact log: it opens his page.
    """
    if "sms" not in registry.connectors or not to.phone:
        return False
    link = registry.extra.get("owner_link")
    text = said
    if link:
        fields = {"text": said, "link": link(session, to.kind, to.subject, now)}
        text = written(session, WORDS["附链接"], fields)
    notifications.send(
        session, connector="sms", recipient=to.phone, template=TEXT, fields={"text": text}, now=now,
        instance_id=to.instance_id, payload={"urgent": to.urgency == "特急"}, key=f"owner:{to.key}:{once}",
    )  # fmt: skip
    return True


def milestone(
    session: Session, to: Reader, event: str, said: str, *, once: str, now: datetime, registry: Registry
) -> bool:
    """Write to a customer about an event that DMN-08 sends him by short message; tell whether it goes out.

    Without a way out nothing is said: somebody has just talked with him when these events happen.
    """
    asked = {"event": event, "urgency": to.urgency, "overdue_days": None, "level": to.level, "structural": None}
    found = decide(session, "notify", asked, now=now)
    wanted = any(row["recipient"] == "customer" for row in found) if isinstance(found, list) else False
    if not wanted or not write(session, to, said, once=once, now=now, registry=registry):
        return False
    whom = "客户" if to.kind == CASE else "业主"
    session.add(
        ContactLog(
            case_number=to.number,
            at=now,
            actor="system",
            with_whom=whom,
            kind=SMS,
            channel=SMS,
            reached=True,
            text=said,
        )
    )
    return True


def visit_of_case(
    session: Session, case: ServiceCase, at: datetime, visitors: Sequence[str], *, now: datetime, registry: Registry
) -> None:
    """Tell the customer who of the staff comes when, with the number to call."""
    people = [person for login in visitors if (person := staff.user(session, login))]
    who = "、".join(f"{person.name} {person.phone}".strip() for person in people)
    _visit(session, of_case(session, case), at, who, now=now, registry=registry)


def visit_of_order(
    session: Session, order: RectificationOrder, at: datetime, people: Sequence[str], *, now: datetime,
    registry: Registry,
) -> None:  # fmt: skip
    """Tell the customer or owner who comes when; the number is the repairing unit's."""
    reader = of_order(session, order)
    if reader is None:
        return
    unit = orders.contractors(session, [order.repair_id, 0]).get(order.repair_id or 0)
    named = [*people[:2], unit.phone if unit else ""]
    _visit(session, reader, at, " ".join(one for one in named if one), now=now, registry=registry)


def _visit(session: Session, to: Reader, at: datetime, who: str, *, now: datetime, registry: Registry) -> None:
    moment = f"{at.astimezone(CHINA):%m-%d %H:%M}"
    about = f"受理号 {to.number}" if to.kind == CASE else f"{to.subject} 整改"
    said = written(session, WORDS["上门"], {"about": about, "time": moment, "who": who or "客服"})
    milestone(session, to, COMES, said, once=f"{COMES}:{at.isoformat()}", now=now, registry=registry)


def solved(session: Session, case: ServiceCase, *, now: datetime, registry: Registry) -> None:
    """Tell the customer that his matter is done, and ask for his rating."""
    said = written(session, WORDS["投诉办结"], {"number": case.number})
    milestone(session, of_case(session, case), DONE, said, once=DONE, now=now, registry=registry)


def mended(session: Session, order: RectificationOrder, *, now: datetime, registry: Registry) -> None:
    """Tell the owner that an order of his house is done, and ask for his rating; of a case he hears by `solved`."""
    reader = of_order(session, order)
    if reader is not None and reader.kind == HOUSE:
        said = written(session, WORDS["整改完成"], {"house": order.house, "number": order.number})
        milestone(session, reader, DONE, said, once=DONE, now=now, registry=registry)


def appointed(session: Session, row: HandoverUnit, slot: Slot, *, now: datetime, registry: Registry) -> None:
    """Confirm to the owner when he takes his house over, made or moved."""
    said = written(session, WORDS["收楼预约"], {"house": row.house, "time": _span(slot)})
    once = f"{APPOINTED}:{now.isoformat()}"  # moved away and back again: he is told the last time too
    milestone(session, of_house(session, row), APPOINTED, said, once=once, now=now, registry=registry)


def tomorrow(session: Session, row: HandoverUnit, slot: Slot, *, now: datetime, registry: Registry) -> bool:
    """Remind the owner the day before he takes his house over; tell whether it goes out."""
    said = written(session, WORDS["收楼提醒"], {"house": row.house, "time": _span(slot)})
    once = f"{DAY_BEFORE}:{slot.starts_at.isoformat()}"
    return milestone(session, of_house(session, row), DAY_BEFORE, said, once=once, now=now, registry=registry)


def keys_given(session: Session, row: HandoverUnit, *, now: datetime, registry: Registry) -> None:
    """Confirm to the owner that the keys were handed over and that his warranty begins."""
    day = f"{now.astimezone(CHINA):%Y-%m-%d}"
    said = written(session, WORDS["钥匙交接"], {"house": row.house, "day": day})
    milestone(session, of_house(session, row), KEYS, said, once=KEYS, now=now, registry=registry)


def _span(slot: Slot) -> str:
    return f"{slot.starts_at.astimezone(CHINA):%m-%d %H:%M}–{slot.ends_at.astimezone(CHINA):%H:%M}"
