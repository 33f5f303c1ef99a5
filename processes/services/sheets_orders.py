"""The sheets of rectification: 每日汇总单 (C03–C05), 整改完成单 (R07, C07), 复核意见书 (R10, C08–C10, C20).

The daily sheet is named by project and day (`春和里:2026-03-02`), the others by the number of their order.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine.core.calendar import CHINA
from engine.errors import N_, NotFoundError
from processes.services import rights
from processes.services.answers import NOBODY, last_answers
from processes.services.order_access import sees, visible
from processes.services.sheets import Field, Sheet, Signature, Table
from storage import estate, people
from storage import orders as rows
from storage.tables.cases import CaseDocument
from storage.tables.defects import Defect, RectificationOrder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from engine.access import Viewer

DONE = frozenset({"待复核", "待客户复验", "已销项"})
PASSED = frozenset({"待客户复验", "已销项"})
WAITS_FOR_OWNER = "待客户复验"


def place(defect: Defect) -> str:
    """Say where a defect is, within its house or area."""
    return " ".join(piece for piece in (defect.room, defect.part) if piece)


def said(defect: Defect) -> str:
    """Say what is wrong."""
    return "：".join(piece for piece in (defect.problem, defect.text) if piece)


def daily(session: Session, viewer: Viewer, number: str, now: datetime) -> Sheet:
    """Fill the daily sheet of a project: each defect of the orders issued that day, to be signed and answered.

    Raises NotFoundError when there is no such project or day, or the person does not see the project.
    """
    code, _, text = number.rpartition(":")
    project = estate.project_by_code(session, code)
    if project is None or not rights.watches(viewer, code):
        raise NotFoundError(N_("There is no daily sheet {number}."), number=number)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotFoundError(N_("There is no daily sheet {number}."), number=number) from None
    count, lines = _of_day(session, code, day)
    columns = (
        *(
            N_("Order no."),
            N_("House or area"),
            N_("Place of the defect"),
            N_("What is wrong there"),
            N_("Repairing unit"),
        ),
        *(
            N_("Reported on"),
            N_("Signed for by"),
            N_("Signed for at"),
            N_("Repair result"),
            N_("Why not, and the plan"),
        ),
    )
    fields = [
        Field(N_("Project of the sheet"), project.name),
        Field(N_("Day of the sheet"), day.isoformat()),
        Field(N_("Number of orders"), count),
        Field(N_("Number of defects"), len(lines)),
    ]
    table = Table(N_("Orders of the day"), columns, tuple(lines), (13, 14, 11, 20, 11, 10, 8, 10, 7, 14), blank=2)
    signatures = (
        Signature(N_("Collected by customer service (signature)")),
        Signature(N_("Head of engineering (signature)")),
        Signature(N_("Result fed back by (signature)")),
    )
    title = N_("Daily summary sheet")
    return Sheet("daily", title, number, number, project.name, "", tuple(fields), signatures, now, viewer.name,
                 tables=(table,), landscape=True)  # fmt: skip


def _of_day(session: Session, project: str, day: date) -> tuple[int, list[tuple[Any, ...]]]:
    """Count a project's orders of a day in China, and give a line for each of their defects."""
    start = datetime.combine(day, time(), CHINA)
    query = select(RectificationOrder).where(RectificationOrder.project == project)
    query = query.where(RectificationOrder.issued_at >= start, RectificationOrder.issued_at < start + timedelta(days=1))
    orders = session.scalars(query.order_by(RectificationOrder.number)).all()
    wanted = select(Defect).where(Defect.order_number.in_([order.number for order in orders]))
    defects: dict[str, list[Defect]] = {}
    for defect in session.scalars(wanted.order_by(Defect.found_at, Defect.id)):
        defects.setdefault(defect.order_number, []).append(defect)
    units = rows.contractors(session)
    names = people.names(session, sorted({order.signed_by for order in orders} - {""}))
    lines: list[tuple[Any, ...]] = []
    for order in orders:
        unit = units.get(order.repair_id or 0)
        for defect in defects.get(order.number, []):
            signed = names.get(order.signed_by, order.signed_by)
            lines.append(
                (
                    *(order.number, order.house or order.area, place(defect), said(defect), unit.name if unit else ""),
                    *(order.reported_at, signed, order.signed_at, _result(defect), defect.unfinished),
                )
            )
    return len(orders), lines


def _result(defect: Defect) -> str:
    """Say whether a defect is mended, once somebody has said so."""
    if defect.state in DONE:
        return "完成"
    return "未完成" if defect.unfinished else ""


def completion(session: Session, viewer: Viewer, number: str, now: datetime) -> Sheet:
    """Fill the written notice that an order is finished: what was done about each defect, and the self-check."""
    order = visible(session, viewer, number)
    defects = rows.defects_of(session, number)
    told = last_answers(session, order.instance_id, ("R06", "R07", "R14"))
    names = people.names(session, sorted({answer.by for answer in told.values()}))
    work, handed = told.get("R14") or told.get("R06") or NOBODY, told.get("R07", NOBODY)
    checked = handed.values.get("self_check_passed")
    lines = tuple(
        (place(row), said(row), row.measures, _result(row), row.unfinished, _photos(row, "after")) for row in defects
    )
    columns = (
        *(N_("Place of the defect"), N_("What is wrong there"), N_("What was done about it"), N_("Repair result")),
        *(N_("Why not, and the plan"), N_("Photos afterwards")),
    )
    fields = [
        *_head(session, order),
        Field(N_("Finished on"), order.finished_at, "moment"),
        Field(N_("Checked by the unit itself"), checked in (True, "true", "是"), "tick"),
    ]
    signatures = (
        Signature(N_("Repairing unit (signature)"), names.get(work.by, work.by), work.at),
        Signature(N_("Head of engineering (signature)"), names.get(handed.by, handed.by), handed.at),
    )
    table = Table(N_("Repairs by item"), columns, lines, (10, 18, 18, 7, 14, 7))
    return _of_order("completion", N_("Notice of completed rectification"), session, order, fields, table, signatures,
                     viewer=viewer, now=now)  # fmt: skip


def review(session: Session, viewer: Viewer, number: str, now: datetime) -> Sheet:
    """Fill the reviewer's opinion: passed or not by item, with what is wrong still; its receipt is signed (C20)."""
    order = visible(session, viewer, number)
    defects = rows.defects_of(session, number)
    told = last_answers(session, order.instance_id, ("R10",)).get("R10", NOBODY)
    names = people.names(session, [told.by] if told.by else [])
    opinions = {row.id: _opinion(row) for row in defects}
    stated = [one for one in opinions.values() if one]
    whole = "" if not stated or len(stated) < len(defects) else "通过" if set(stated) == {"通过"} else "不通过"
    lines = tuple((place(row), said(row), row.measures, opinions[row.id], row.rejected) for row in defects)
    columns = (
        *(N_("Place of the defect"), N_("What is wrong there"), N_("What was done about it")),
        *(N_("Opinion of the review"), N_("Concrete problems left")),
    )
    fields = [
        *_head(session, order),
        Field(N_("Reviewed on"), order.reviewed_at or told.at, "moment"),
        Field(N_("Rounds of rework"), order.rework),
        Field(N_("Opinion on the whole"), whole),
        Field(N_("Customer may be told"), told.values.get("may_tell_customer") in (True, "true", "是"), "tick"),
    ]
    signatures = (
        Signature(N_("Reviewer (signature)"), names.get(told.by, told.by), told.at),
        Signature(N_("Received by the developer (signature)")),
    )
    table = Table(N_("Opinion by item"), columns, lines, (10, 18, 18, 8, 18))
    return _of_order("review", N_("Review opinion"), session, order, fields, table, signatures,
                     viewer=viewer, now=now)  # fmt: skip


def visit(session: Session, viewer: Viewer, number: str, now: datetime) -> Sheet:
    """Fill one sheet of completed repairs for all orders of a house that its owner looks at in one visit (R11, R12).

    Those are the orders signed on the day on which this one was; while it is not signed, those that wait for the
    owner. Orders that the person may not see are left out (AC19).
    """
    order = visible(session, viewer, number)
    signed = _signed(session, [order.number]).get(order.number)
    found = [one for one in _of_house(session, order) if one.id == order.id or sees(session, viewer, one)]
    papers = _signed(session, [one.number for one in found])
    if signed is not None:
        day = signed.at.astimezone(CHINA).date()
        found = [one for one in found if one.number in papers and papers[one.number].at.astimezone(CHINA).date() == day]
    else:
        found = [one for one in found if one.id == order.id or one.state == WAITS_FOR_OWNER]
    by = people.names(session, [signed.actor]).get(signed.actor, "") if signed else ""
    at = signed.at if signed else None
    by_link = signed is not None and signed.actor.startswith("link:")
    lines = _lines_of_visit(session, found, papers)
    columns = (
        *(N_("Order no."), N_("Repairing unit"), N_("Place of the defect"), N_("What is wrong there")),
        *(N_("What was done about it"), N_("Repair result"), N_("What the owner says")),
    )
    fields = [
        Field(N_("House or area"), order.house or order.area),
        Field(N_("Number of orders"), len(found)),
        Field(N_("Number of defects"), len(lines)),
        Field(N_("Signed by the owner at"), at, "moment"),
    ]
    signatures = (
        Signature(N_("Accompanied by (signature)"), "" if by_link else by, None if by_link else at),
        Signature(
            N_("Owner or proxy (signature)"), by if by_link else "", at,
            "电子签名" if signed else "",
            str(signed.attachments[0]) if signed and signed.attachments else "",
        ),
    )  # fmt: skip
    table = Table(N_("Repairs of the house by item"), columns, tuple(lines), (14, 12, 12, 18, 18, 7, 8))
    filled = _of_order("visit", N_("Completed repairs of a house"), session, order, fields, table, signatures,
                       viewer=viewer, now=now)  # fmt: skip
    leader = min(found, key=lambda one: one.id)  # asked for by any of its orders it is the same paper
    return replace(filled, number=leader.number, sheet_number=leader.number, state="", landscape=True)


def _lines_of_visit(
    session: Session, found: Iterable[RectificationOrder], papers: Mapping[str, CaseDocument]
) -> list[tuple[Any, ...]]:
    units = rows.contractors(session)
    lines: list[tuple[Any, ...]] = []
    for one in found:
        unit = units.get(one.repair_id or 0)
        opinion = one.satisfaction if one.number in papers else ""
        lines += [
            (one.number, unit.name if unit else "", place(row), said(row), row.measures, _result(row), opinion)
            for row in rows.defects_of(session, one.number)
        ]
    return lines


def _of_house(session: Session, order: RectificationOrder) -> Sequence[RectificationOrder]:
    query = select(RectificationOrder).where(RectificationOrder.project == order.project)
    if order.unit_id is not None:
        query = query.where(RectificationOrder.unit_id == order.unit_id)
    else:
        query = query.where(RectificationOrder.unit_id.is_(None), RectificationOrder.area == order.area)
    return session.scalars(query.order_by(RectificationOrder.id)).all()


def _signed(session: Session, numbers: Sequence[str]) -> Mapping[str, CaseDocument]:
    """Give the last signature of the owner on each order."""
    query = select(CaseDocument).where(CaseDocument.case_number.in_(numbers), CaseDocument.kind == "客户签认")
    return {row.case_number: row for row in session.scalars(query.order_by(CaseDocument.id))}


def _opinion(defect: Defect) -> str:
    if defect.state in PASSED:
        return "通过"
    return "不通过" if defect.rejected else ""


def _photos(defect: Defect, kind: str) -> int:
    return sum(1 for photo in defect.photos if isinstance(photo, dict) and photo.get("kind") == kind)


def _head(session: Session, order: RectificationOrder) -> list[Field]:
    units = rows.contractors(session, [order.responsible_id, order.repair_id, 0])
    responsible, repair = units.get(order.responsible_id or 0), units.get(order.repair_id or 0)
    return [
        Field(N_("Order no."), order.number),
        Field(N_("House or area"), order.house or order.area),
        Field(N_("Responsible unit"), responsible.name if responsible else ""),
        Field(N_("Repairing unit"), repair.name if repair else ""),
        Field(N_("Stage of the order"), order.stage),
        Field(N_("Reported on"), order.reported_at, "moment"),
        Field(N_("Signed for at"), order.signed_at, "moment"),
        Field(N_("To be done by"), order.due_at, "moment"),
    ]


def _of_order(
    document: str,
    title: str,
    session: Session,
    order: RectificationOrder,
    fields: Iterable[Field],
    table: Table,
    signatures: tuple[Signature, ...],
    *,
    viewer: Viewer,
    now: datetime,
) -> Sheet:
    project = estate.project_by_code(session, order.project)
    return Sheet(
        document=document,
        title=title,
        number=order.number,
        sheet_number=order.number,
        project=project.name if project else order.project,
        state=order.state,
        fields=tuple(fields),
        signatures=signatures,
        printed_at=now,
        printed_by=viewer.name,
        instance_id=str(order.instance_id or ""),
        tables=(table,),
        back=f"/orders/{order.number}",
    )


SHEETS: Mapping[str, tuple[str, Callable[[Session, Viewer, str, datetime], Any]]] = {
    "completion": (N_("Notice of completed rectification"), completion),
    "review": (N_("Review opinion"), review),
    "visit": (N_("Completed repairs of a house"), visit),
}
