"""Who is told what, by DMN-08. What customers are sent, and what they still have to be told, is in the contact log."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from engine import notifications
from engine.core.calendar import CHINA
from engine.errors import N_
from engine.message_texts import written
from processes.services import owner_texts
from processes.services.decisions import decide
from storage import parties
from storage import people as staff
from storage.tables.cases import ContactLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from storage.tables.cases import ServiceCase

TEMPLATES = {
    "已登记": N_("Case {number} was registered: {brief}"),
    "已派单": N_("Case {number} was dispatched to you: {brief}"),
    "联系不上": N_("The acceptor of case {number} cannot be reached; you are the backup contact: {brief}"),
    "即将到期": N_("{clock} of case {number} is due at {due}."),
    "逾期": N_("{clock} of case {number} is overdue since {due}."),
    "方案告知": N_("The customer was told the plan of case {number}."),
    "级别变化": N_("Case {number} is suggested for level {level}: {brief}"),
    "结构安全": N_("Case {number} concerns structural safety: {brief}"),
    "再次转派": N_("Case {number} has been passed on again: {brief}"),
    "进展未报": N_("The progress report of case {number} is missing."),
}
SMS, TO_TELL = owner_texts.SMS, "待告知客户"
OTHER = N_("Case {number}: {event}")
STAFF_CHANNELS = {"app": "page", "portal": "page", "phone": "page", "digest": "page", "sms": "sms"}


def tell(
    session: Session,
    case: ServiceCase,
    event: str,
    *,
    now: datetime,
    known: Mapping[str, Any],
    registry: Registry,
) -> None:
    """Ask DMN-08 who is to be told about an event and tell them: staff in the page, customers by SMS.

    Ways out of the house (mail, SMS) are used where the installation has them. A customer who cannot be written to
    has to be told by a person: the contact log says so.
    """
    asked = {
        "event": event,
        "urgency": case.urgency,
        "overdue_days": known.get("overdue_days"),
        "level": known.get("level") or case.level,
        "structural": known.get("structural"),
    }
    rows = decide(session, "notify", asked, now=now)
    told: dict[str, set[str]] = {}
    for row in rows if isinstance(rows, list) else []:
        channels = {str(channel) for channel in row.get("channels") or []}
        if row["recipient"] == "customer":
            _customer(session, case, event, channels, now=now, registry=registry)
            continue
        for login in recipients(session, case, str(row["recipient"]), now=now, known=known):
            told.setdefault(login, set()).update(STAFF_CHANNELS.get(channel, "page") for channel in channels)
    fields = {
        "number": case.number,
        "brief": case.brief,
        "event": event,
        "level": asked["level"],
        "clock": known.get("clock_name") or "",
        "due": known.get("due_text") or "",
    }
    send(session, told, TEMPLATES.get(event, OTHER), fields, link=f"/cases/{case.number}", now=now, registry=registry,
         urgent=case.urgency == "特急")  # fmt: skip


def send(
    session: Session,
    told: Mapping[str, set[str]],
    template: str,
    fields: Mapping[str, Any],
    *,
    link: str,
    now: datetime,
    registry: Registry,
    urgent: bool = False,
) -> None:
    """Tell people (login → ways) in the page, and by those of their ways out of the house that are installed.

    Who has no telephone on file, or where no short messages go out, is written a mail instead.
    """
    installed = set(registry.connectors)
    day = now.astimezone(CHINA).date()
    about = ":".join(str(fields.get(name) or "") for name in ("event", "clock", "due", "level"))
    for login, ways in told.items():
        person = staff.user(session, login) if "sms" in ways & installed else None
        texts = person is not None and bool(person.phone)
        wanted = ways if texts else {"mail" if way == "sms" else way for way in ways}
        # one short message a day to a person about one thing: the same event of the same clock
        said = f"{template}:{about}:{link}:{login}:{day}"
        key = hashlib.sha256(said.encode()).hexdigest() if "sms" in wanted else ""
        notifications.notify(
            session, recipient=login, template=template, fields=fields, link=link, key=key, now=now,
            channels=tuple(sorted(wanted & installed | {"page"})), payload={"urgent": urgent},
        )  # fmt: skip


def recipients(
    session: Session, case: ServiceCase, who: str, *, now: datetime, known: Mapping[str, Any]
) -> Iterable[str]:
    """Find the people behind a recipient of DMN-08."""
    responsible = str(known.get("accountable") or case.acceptor or case.owner)
    if who in ("responsible", "handler"):
        return [responsible] if responsible else []
    if who == "acceptor":
        return [case.acceptor] if case.acceptor else []
    if who == "agent":
        return [case.owner] if case.owner else []
    if who == "backup":
        return parties.backup_for(session, case.project, "cs_sup")[:1]
    if who == "duty":
        found = parties.on_duty(session, case.project, "cs_sup", now)
        return [found] if found else []
    if who == "head":
        return _head(session, case, responsible)
    role = str(known.get("level_owner") or "cs_mgr") if who == "level_owner" else who
    return staff.holders(session, role, case.project, now)


def _head(session: Session, case: ServiceCase, login: str) -> list[str]:
    person = parties.staff(session, login)
    if person is not None and person.manager:
        return [person.manager]
    department = parties.department(session, case.department)
    return [department.head] if department and department.head else []


def _customer(
    session: Session, case: ServiceCase, event: str, channels: set[str], *, now: datetime, registry: Registry
) -> None:
    """Write to the customer where that is possible and wanted, else note that somebody has to tell him."""
    due = f"，预计 {case.promised_at.astimezone(CHINA):%Y-%m-%d %H:%M} 前完成" if case.promised_at else ""
    words = owner_texts.WORDS[event if event in ("已登记", "方案告知") else "其他进展"]
    said = written(session, words, {"number": case.number, "event": event, "due": due})
    way = (case.prefer if "preferred" in channels else SMS) or SMS
    once = f"{event}:{case.promised_at}" if event == "方案告知" else event
    phone = way == SMS and owner_texts.write(
        session, owner_texts.of_case(session, case), said, once=once, now=now, registry=registry
    )
    session.add(
        ContactLog(
            case_number=case.number,
            at=now,
            actor="system",
            with_whom="客户",
            kind=SMS if phone else TO_TELL,
            channel=way,
            reached=phone,
            text=said,
        )
    )
