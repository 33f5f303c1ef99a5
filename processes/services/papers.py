"""All sheets on paper, of whatever kind: filled, issued under a number with a hash, and looked up again by both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine.core.calendar import CHINA
from engine.errors import N_, NotFoundError
from processes.services import documents, sheets_handover, sheets_orders, sheets_reviews
from processes.services.sheets import ISSUED, Sheet, fingerprint
from storage import audit, cases
from storage.tables.cases import CaseDocument

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer

DAILY = "daily"
NAMES: Mapping[str, str] = {
    "record": "客户投诉记录单",
    "handling": "客户投诉处理单",
    "register": "业主投诉登记表",
    "feedback": "反馈信息单",
    "statement": "客户投诉反馈单",
    "daily": "每日汇总单",
    "completion": "整改完成单",
    "review": "复核意见书",
    "visit": "整改完成单（整户）",
    "acceptance": "房屋验收单",
    "stations": "入住程序表",
    "delivery": "交接书",
    "demand": "催告函",
    "analysis": "案例分析报告",
}
"""Kind of sheet → its name in the sources, as the file of documents keeps it."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the register of issued papers says of a number and a hash: `kind` and `at` only when it is genuine."""

    genuine: bool
    kind: str = ""
    at: datetime | None = None


def kinds(document: str) -> tuple[tuple[str, str], ...]:
    """List the sheets of the same object as (kind, English title)."""
    for known in (documents.SHEETS, sheets_orders.SHEETS, sheets_handover.SHEETS):
        if document in known:
            return tuple((kind, title) for kind, (title, _) in known.items())
    return ()


def sheet(session: Session, viewer: Viewer, document: str, number: str, *, now: datetime) -> Sheet:
    """Fill a sheet and say whether just this content has been issued before, and under which number.

    Raises NotFoundError when there is no such sheet or object, or the person may not see it.
    """
    filled = _filled(session, viewer, document, number, now=now)
    found = _issued(session, filled)
    return replace(filled, issued=found.number, sha256=found.sha256) if found else filled


def _filled(session: Session, viewer: Viewer, document: str, number: str, *, now: datetime) -> Sheet:
    if document == DAILY:
        return sheets_orders.daily(session, viewer, number, now)
    if document in sheets_orders.SHEETS:
        filled: Sheet = sheets_orders.SHEETS[document][1](session, viewer, number, now)
        return filled
    if document in sheets_reviews.SHEETS:
        return sheets_reviews.SHEETS[document][1](session, viewer, number, now)
    if document in sheets_handover.SHEETS:
        return sheets_handover.fill(session, viewer, document, number, now)
    if document in documents.SHEETS:
        return documents.sheet(session, viewer, document, number, now=now)
    raise NotFoundError(N_("There is no sheet of this kind."))


def _issued(session: Session, filled: Sheet) -> CaseDocument | None:
    query = select(CaseDocument).where(
        CaseDocument.case_number == filled.number,
        CaseDocument.kind == NAMES[filled.document],
        CaseDocument.method == ISSUED,
        CaseDocument.sha256 == fingerprint(filled),
    )
    return session.scalar(query.order_by(CaseDocument.id))


def issue(session: Session, viewer: Viewer, document: str, number: str, *, now: datetime) -> Sheet:
    """Give a sheet a number of its own (`WJ-2026-000001`) and keep the hash of what it says.

    The same content again has the same number: a paper is issued once, however often it is printed.
    Raises NotFoundError as `sheet` does.
    """
    filled = sheet(session, viewer, document, number, now=now)
    if filled.issued:
        return filled
    series = f"WJ-{now.astimezone(CHINA):%Y}"
    row = CaseDocument(
        case_number=filled.number,
        kind=NAMES[document],
        number=f"{series}-{cases.next_value(session, series):06d}",
        at=now,
        actor=viewer.login,
        method=ISSUED,
        attachments=[],
        sha256=fingerprint(filled),
    )
    session.add(row)
    audit.record(
        session,
        actor=viewer.login,
        action="paper.issue",
        subject=f"paper:{row.number}",
        detail={"kind": row.kind, "of": row.case_number, "sha256": row.sha256},
        now=now,
    )
    session.flush()
    return replace(filled, issued=row.number, sha256=row.sha256)


def verify(session: Session, number: str, sha256: str) -> Proof:
    """Tell whether a paper with this number and hash was issued. Both must be right; nothing is told otherwise."""
    wanted = "".join(sha256.split()).lower()
    query = select(CaseDocument).where(CaseDocument.number == number.strip(), CaseDocument.method == ISSUED)
    row = session.scalar(query.where(CaseDocument.sha256 == wanted)) if wanted else None
    return Proof(genuine=True, kind=row.kind, at=row.at) if row else Proof(genuine=False)
