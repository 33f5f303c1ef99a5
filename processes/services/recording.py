"""How a finished task is written into the case's tables: what every listener shares."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine import instances
from engine.core.calendar import CHINA
from engine.core.forms import FieldError
from engine.errors import N_, InvalidFormError, NotFoundError
from storage import cases
from storage.privacy import mask_name
from storage.tables.cases import CaseDocument, CaseEvent, ContactLog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from engine.connectors import ServiceContext
    from processes.services.subjects import Numbered
    from storage.tables.cases import ServiceCase

URGENCY_PRIORITY = {"特急": 90, "紧急": 70}
NORMAL_PRIORITY = 50


def case_of(ctx: ServiceContext) -> ServiceCase:
    """Read the case a process instance belongs to; NotFoundError when there is none."""
    number = str(ctx.variables.get("case_number") or ctx.business_key)
    case = cases.get(ctx.session, number)
    if case is None:
        raise NotFoundError(N_("There is no case {number}."), number=number)
    return case


def moment(value: Any) -> datetime | None:
    """Read a date-time of a form or a variable; one without a zone is China's."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=CHINA)
    if not isinstance(value, str) or not value:
        return None
    read = datetime.fromisoformat(value)
    return read if read.tzinfo else read.replace(tzinfo=CHINA)


def amount(value: Any) -> float | None:
    """Read an amount of money."""
    return None if value in (None, "") else float(Decimal(str(value)))


def text(values: Mapping[str, Any], key: str) -> str:
    """Read a text of a form; "" when it is empty or hidden."""
    value = values.get(key)
    return "" if value is None else str(value)


def log_contact(
    ctx: ServiceContext,
    case: Numbered,
    kind: str,
    *,
    said: str = "",
    reached: bool = True,
    with_whom: str = "客户",
    channel: str = "电话",
    at: datetime | None = None,
    promised_at: datetime | None = None,
) -> None:
    """Write down a call, visit or message."""
    ctx.session.add(
        ContactLog(
            case_number=case.number,
            at=at or ctx.now,
            actor=ctx.actor.login,
            with_whom=with_whom,
            kind=kind,
            channel=channel or "电话",
            reached=reached,
            text=said,
            promised_at=promised_at,
        )
    )


def log_event(
    ctx: ServiceContext, case: Numbered, kind: str, said: str = "", detail: Mapping[str, Any] | None = None
) -> None:
    """Write down what happened, in words of the trade (B35)."""
    add_event(ctx.session, case, kind, said, actor=ctx.actor.login, now=ctx.now, detail=detail)


def add_event(
    session: Session,
    case: Numbered,
    kind: str,
    said: str = "",
    *,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down what happened, outside a listener."""
    session.add(
        CaseEvent(case_number=case.number, at=now, actor=actor, kind=kind, text=said, detail=dict(detail or {}))
    )


def log_document(
    ctx: ServiceContext, case: Numbered, kind: str, *, method: str = "", attachments: list[Any] | None = None
) -> None:
    """Write down a signed or handed-in document."""
    ctx.session.add(
        CaseDocument(
            case_number=case.number,
            kind=kind,
            at=ctx.now,
            actor=ctx.actor.login,
            method=method,
            attachments=[str(one) for one in attachments or []],
        )
    )


def set_state(session: Session, case: ServiceCase, state: str) -> None:
    """Move a case to a state and show it in the inbox rows."""
    if case.state != state:
        case.state = state
        show_head(session, case)


def show_head(session: Session, case: ServiceCase) -> None:
    """Refresh what inbox rows show and search of a case: the owner's name is masked, searching finds it (B29)."""
    if case.instance_id is None:
        return
    instances.update_head(
        session,
        case.instance_id,
        title=title_of(case),
        summary=summary_of(case),
        search=f"{case.search} {case.phone_hash[:16]}".strip(),
        priority=URGENCY_PRIORITY.get(case.urgency, NORMAL_PRIORITY),
        fields=fields_of(case),
    )


def title_of(case: ServiceCase) -> str:
    """Name a case in one line: number, house or place, what it is about."""
    place = place_of(case)
    return " ".join(piece for piece in (case.number, place, case.brief) if piece)


def place_of(case: ServiceCase) -> str:
    """Name the house or the common area a case is about."""
    return case.house or case.area


def summary_of(case: ServiceCase) -> str:
    """Say in one line who, what and how urgent."""
    shown = [mask_name(case.caller_name), case.kind, case.category, case.state]
    shown += [case.urgency] if case.urgency in URGENCY_PRIORITY else []
    shown += [f"L{case.level}"] if case.level else []
    shown += [f"第{case.round}轮"] if case.round > 1 else []
    return " · ".join(piece for piece in shown if piece)


def fields_of(case: ServiceCase) -> dict[str, Any]:
    """Give the fields of the case head for inbox rows."""
    return {
        "number": case.number,
        "house": place_of(case),
        "name": mask_name(case.caller_name),
        "kind": case.kind,
        "urgency": case.urgency,
        "level": case.level,
        "state": case.state,
        "brief": case.brief,
    }


LESSONS = {"consequence": "后果", "lessons": "原因与教训"}
"""What is written down about an emergency before its case closes (B18), by the names of the form fields."""


def note_lessons(case: ServiceCase, values: Mapping[str, Any]) -> str:
    """Keep with the case what came of an emergency and what is learned; gives it as one text for the log."""
    found = {name: text(values, name) for name in LESSONS if text(values, name)}
    case.intake = {**case.intake, **found}
    return "；".join(found.values())


def require_lessons(case: ServiceCase) -> None:
    """Refuse to sum an emergency up while consequence or lessons are missing (B18).

    Raises:
        InvalidFormError: naming the fields still to be filled in.
    """
    missing = [name for name in LESSONS if not case.intake.get(name)] if case.urgency == "特急" else []
    if missing:
        template = N_("This field is required.")
        raise InvalidFormError([FieldError(name, template, label=LESSONS[name]) for name in missing])
