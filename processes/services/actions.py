"""What people may do with a case outside its tasks: urge, escalate, withdraw (A14, D20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import messages
from engine.access import SYSTEM
from engine.errors import N_, ConflictError, InvalidInputError
from processes.services import levels
from processes.services.casefile import visible
from processes.services.recording import add_event, show_head
from storage import cases
from storage.tables.cases import ContactLog

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from storage.tables.cases import ServiceCase

HIGHEST = 5


def urge(session: Session, viewer: Viewer, number: str, *, text: str, now: datetime) -> None:
    """The customer asks or presses (D20): logged and counted, which may suggest a higher level (DMN-06)."""
    case = _open(session, viewer, number, lock=True)  # two calls at the same time are two
    case.urged += 1
    session.add(
        ContactLog(case_number=number, at=now, actor=viewer.login, kind="客户催办", channel="电话", text=text.strip())
    )
    session.flush()
    levels.note_suggestion(session, case, now)


def escalate(
    session: Session, viewer: Viewer, number: str, *, level: int, reason: str, now: datetime, registry: Registry
) -> None:
    """Ask for a higher level by hand (A14): anybody who sees the case may, with a reason."""
    case = _open(session, viewer, number)
    if not reason.strip():
        raise InvalidInputError(N_("Say why the case is escalated."))
    if not 1 <= level <= HIGHEST:
        raise InvalidInputError(N_("A level is a number from 1 to 5."))
    suggested = levels.suggest(session, case, now)
    messages.correlate(
        session,
        name="UPGRADE",
        business_key=number,
        variables={
            "suggested_level": level,
            "table_level": suggested.get("level"),
            "upgrade_reason": reason.strip(),
            "upgrade_by": viewer.login,
        },
        viewer=SYSTEM,
        now=now,
        registry=registry,
    )
    detail = {"asked": level, "suggested": suggested.get("level")}
    add_event(session, case, "申请升级", reason.strip(), actor=viewer.login, now=now, detail=detail)


def withdraw(
    session: Session, viewer: Viewer, number: str, *, reason: str, evidence: str = "", now: datetime, registry: Registry
) -> None:
    """The customer withdraws: tasks are taken back, clocks stop, nothing is deleted (AC09)."""
    case = _open(session, viewer, number)
    if not reason.strip():
        raise InvalidInputError(N_("Say why the customer withdraws."))
    case.close_reason = reason.strip()
    add_event(session, case, "撤诉", reason.strip(), actor=viewer.login, now=now, detail={"evidence": evidence.strip()})
    messages.correlate(
        session,
        name="WITHDRAW",
        business_key=number,
        variables={"withdraw_reason": reason.strip()},
        viewer=SYSTEM,
        now=now,
        registry=registry,
    )
    show_head(session, case)


def _open(session: Session, viewer: Viewer, number: str, *, lock: bool = False) -> ServiceCase:
    case = visible(session, viewer, number)
    if lock:
        case = cases.get(session, number, lock=True) or case
    if not case.open:
        raise ConflictError(N_("Case {number} is closed."), number=number)
    return case
