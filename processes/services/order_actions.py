"""What people may do with an order outside its tasks: more time, somebody else, take it back (EXTEND, SUBSTITUTE)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import access, directory, messages, people
from engine import tasks as engine_tasks
from engine.access import SYSTEM, Action
from engine.core.calendar import CHINA
from engine.errors import N_, ConflictError, InvalidInputError, NotAllowedError
from processes.services import order_access, order_notices
from processes.services.order_facts import A_DAY, WARNING
from processes.services.orders import add_event
from storage import cases, tasks
from storage import instances as instance_rows
from storage.tables.cases import CaseDocument, ContactLog

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from storage.tables.defects import RectificationOrder

REASONS = ("材料", "天气", "人员", "业主时间", "方案争议", "其他")


def possible(session: Session, viewer: Viewer, order: RectificationOrder) -> frozenset[str]:
    """Name what this person may ask for at this moment: extend, substitute, withdraw, warn."""
    if not order.open:
        return frozenset()
    waits = instance_rows.subscriptions_of(session, order.instance_id) if order.instance_id else ()
    waiting = {row.name for row in waits if row.kind == "message"}
    found = {
        "extend": "EXTEND" in waiting and order_access.may_extend(session, viewer, order),
        "substitute": "SUBSTITUTE" in waiting and order_access.may_substitute(viewer, order),
        "withdraw": "WITHDRAW" in waiting and order_access.may_withdraw(viewer, order),
        "warn": order.repair_id is not None and order_access.may_warn(viewer, order),
    }
    return frozenset(name for name, yes in found.items() if yes)


def ask_extension(
    session: Session,
    viewer: Viewer,
    number: str,
    *,
    due: datetime | None,
    reason: str,
    consents: bool,
    now: datetime,
    registry: Registry,
) -> None:
    """Ask for more time. DMN-09 says who decides: the supervisor the first time with consent, else the manager.

    `due` (aware) must lie ahead and after the present limit.
    """
    order = _may(session, viewer, number, "extend")
    if due is None or due <= now or (order.due_at is not None and due <= order.due_at):
        raise InvalidInputError(N_("The new limit must be later than the present one."))
    if reason not in REASONS:
        raise InvalidInputError(N_("Say why more time is needed."))
    asked = {
        "requested_due": due.astimezone(CHINA).isoformat(),
        "extend_reason": reason,
        "customer_consents": consents,
        "approval_kind": "延期",
        "extension": order.extended + 1,
        "extend_by": viewer.login,
    }
    detail = {"due": asked["requested_due"], "consents": consents}
    add_event(session, number, "申请延期", reason, actor=viewer.login, now=now, detail=detail)
    _send(session, "EXTEND", number, asked, now=now, registry=registry)


def ask_substitute(
    session: Session, viewer: Viewer, number: str, *, reason: str, now: datetime, registry: Registry
) -> None:
    """Ask that somebody else repairs; the manager and cost control decide (R09, DMN-09)."""
    _may(session, viewer, number, "substitute")
    if not reason.strip():
        raise InvalidInputError(N_("Say why somebody else shall repair."))
    add_event(session, number, "要求代维", reason.strip(), actor=viewer.login, now=now)
    asked = {"substitute_asked_by": viewer.login}
    _send(session, "SUBSTITUTE", number, asked, now=now, registry=registry)


def warn(session: Session, viewer: Viewer, number: str, *, text: str, now: datetime, registry: Registry) -> int:
    """Warn the unit in writing (催告): it neither accepts nor makes an appointment. Gives how many warnings that makes.

    What it does not answer within a day counts for DMN-10; until then it is not warned again, whoever clicks twice.

    Raises:
        ConflictError: It was warned less than a day ago.
    """
    order = _may(session, viewer, number, "warn")
    if order.instance_id is not None:
        instance_rows.lock(session, order.instance_id)
    said = text.strip()
    if not said:
        raise InvalidInputError(N_("Say what the unit is asked to do and until when."))
    given = [row for row in cases.contacts(session, number) if row.kind == WARNING]
    if any(now - row.at < A_DAY for row in given):
        raise ConflictError(N_("The unit has been warned already; it has a day to answer."))
    session.add(
        ContactLog(
            case_number=number,
            at=now,
            actor=viewer.login,
            with_whom="责任单位",
            kind=WARNING,
            channel="书面",
            text=said,
        )
    )
    session.add(
        CaseDocument(
            case_number=number,
            kind=WARNING,
            at=now,
            actor=viewer.login,
            attachments=[],
            method=f"第 {len(given) + 1} 次",
        )
    )
    order_notices.tell_unit(session, order, WARNING, said, now=now, registry=registry)
    return len(given) + 1


def people_for(session: Session, viewer: Viewer, codes: Collection[str], *, now: datetime) -> Mapping[str, str]:
    """List who of some units can be given their orders (login → name and unit); nobody for who hands nothing on."""
    if not viewer.supervised:
        return {}
    wanted = [f"contractor:{code}" for code in codes if code]
    found = directory.holders(session, viewer, wanted, "", now=now) if wanted else ()
    units = {one.login: next((grant.org for grant in one.grants if grant.org), "") for one in found}
    return {one.login: " · ".join(piece for piece in (one.name, units[one.login]) if piece) for one in found}


def hand_on(session: Session, viewer: Viewer, number: str, *, to_login: str, reason: str, now: datetime) -> None:
    """Give what waits of an order to one of its unit's people.

    Raises:
        NotFoundError: no such order. ConflictError: nothing of it waits for that person's unit, or may be handed on.
        InvalidInputError: no reason.
    """
    order = order_access.visible(session, viewer, number)
    found = tasks.open_of(session, order.instance_id) if order.instance_id is not None else ()
    taker = people.viewer(session, to_login, now=now) if to_login else None
    waiting = [
        task.id
        for task in found
        if access.allowed(viewer, Action.TASK_REASSIGN, task)
        and taker is not None
        and taker.candidate_of(task.candidate_groups, task.scope)
    ]
    if not waiting:
        raise ConflictError(N_("Nothing of order {number} can be given to this person now."), number=number)
    for task_id in waiting:
        engine_tasks.reassign(session, viewer, task_id, to_login=to_login, reason=reason, now=now)


def withdraw(session: Session, viewer: Viewer, number: str, *, reason: str, now: datetime, registry: Registry) -> None:
    """Take an order back: its tasks go, the unit is told, nothing is deleted (B35)."""
    _may(session, viewer, number, "withdraw")
    if not reason.strip():
        raise InvalidInputError(N_("Say why the order is withdrawn."))
    asked = {"withdraw_reason": reason.strip(), "withdrawn_by": viewer.login}
    _send(session, "WITHDRAW", number, asked, now=now, registry=registry)


def _may(session: Session, viewer: Viewer, number: str, what: str) -> RectificationOrder:
    order = order_access.visible(session, viewer, number)
    if what in possible(session, viewer, order):
        return order
    allowed = {
        "extend": order_access.may_extend(session, viewer, order),
        "substitute": order_access.may_substitute(viewer, order),
        "withdraw": order_access.may_withdraw(viewer, order),
        "warn": order_access.may_warn(viewer, order),
    }
    if not allowed[what]:
        raise NotAllowedError(N_("You may not do this."))
    raise ConflictError(N_("Order {number} does not wait for this now."), number=number)


def _send(
    session: Session, name: str, number: str, variables: Mapping[str, Any], *, now: datetime, registry: Registry
) -> None:
    messages.correlate(
        session, name=name, business_key=number, variables=variables, viewer=SYSTEM, now=now, registry=registry
    )
