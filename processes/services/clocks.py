"""The clocks of a case: started by DMN-05, counted by the working calendar, met, extended or withdrawn (X01–X07)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from processes.services.decisions import decide
from processes.services.workdays import calendar
from storage import deadlines
from storage.tables.deadlines import Deadline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from engine.core.calendar import WorkCalendar
    from processes.services.subjects import Numbered

AT_START = ("contact", "reply", "resolve")
"""The customer's clocks: they run from the moment the request was received (D24)."""
NAMES = {
    "accept": "受理",
    "contact": "首次响应",
    "on_site": "到场",
    "reply": "方案答复",
    "resolve": "承诺完成",
    "task": "任务",
    "progress": "进展汇报",
    "feedback": "结果反馈",
    "day5_call": "第5日沟通",
    "callback": "回访",
    "callback2": "二次回访",
    "act": "升级处置",
    "sign": "签收",
    "appoint": "预约",
    "work": "整改",
    "recheck": "内部复核",
    "opinion": "意见书签收",
    "rework": "返工",
    "owner_recheck": "客户复验",
    "plan": "交付方案",
    "conditions": "交付条件",
    "approve": "审批",
    "notice": "入伙通知",
    "report": "每日战报",
    "single": "零散交付计划",
    "station": "站点办理",
    "pay": "补缴款项",
    "refusal": "拒收约谈",
    "no_show": "过时未到",
    "invite": "约定收楼时间",
    "letter": "催告",
    "letter1": "第一次催告",
    "letter2": "第二次催告",
    "review": "视同交付审查",
    "file": "业主档案",
    "deco_register": "装修登记",
    "deco_patrol": "装修巡查",
    "deco_accept": "装修验收",
    "deco_refund": "装修保证金退还",
}
QUIET = ("invite", "station")
"""Clocks that run for hundreds of houses at a time: the desk lists those that are late, nobody is called for each."""
MORNING = time(9, 0)
REMIND = re.compile(r"(?P<sign>-?)(?P<number>\d+(?:\.\d+)?)(?P<unit>[hd])|(?P<clock>\d\d:\d\d)|(?P<eod>eod)")


@dataclass(frozen=True, slots=True)
class Limit:
    """A row of DMN-05 applied to a start: when it is due, warned and reminded of (aware UTC)."""

    clock: str
    due_at: datetime
    warn_at: datetime | None
    remind_at: datetime | None
    value: Decimal
    unit: str
    pausable: bool
    source: str


def limit(
    session: Session,
    clock: str,
    facts: Mapping[str, Any],
    *,
    start: datetime,
    now: datetime,
    process: str = "complaint",
) -> Limit | None:
    """Ask DMN-05 for a clock's limit; None when the table leaves it to the person who assigns.

    `facts` holds category, urgency, scope and external as far as known.
    """
    names = ("category", "urgency", "scope", "external")
    asked = {"process": process, "clock": clock, **{name: facts.get(name) for name in names}}
    row = decide(session, "time_limits", asked, now=now)
    if not isinstance(row, dict) or row.get("value") is None:
        return None
    days = calendar(session)
    due = days.deadline(start, Decimal(str(row["value"])), row["unit"])
    if clock == "reply":
        solved = limit(session, "resolve", facts, start=start, now=now, process=process)
        if solved is not None and solved.due_at < due:
            # Nobody hears of the plan after the problem is solved.
            return replace(solved, clock="reply", warn_at=None, source=f"{solved.source} ≤ resolve")
    warn = row.get("warn_value")
    return Limit(
        clock=clock,
        due_at=due,
        warn_at=days.deadline(start, Decimal(str(warn)), row["unit"]) if warn is not None else None,
        remind_at=remind_at(row.get("remind") or "", start, due, days),
        value=Decimal(str(row["value"])),
        unit=row["unit"],
        pausable=bool(row.get("pausable")),
        source=f"DMN-05 {row.get('source') or ''}".strip(),
    )


def remind_at(rule: str, start: datetime, due: datetime, days: WorkCalendar) -> datetime | None:
    """Read DMN-05's reminder: `20h` after the start, `-1d` before due, `09:00` or `eod` on the day it is due."""
    found = REMIND.fullmatch(rule.strip())
    if found is None:
        return None
    local = due.astimezone(days.zone)
    if found["clock"]:
        return datetime.combine(local.date(), time.fromisoformat(found["clock"]), tzinfo=days.zone).astimezone(UTC)
    if found["eod"]:
        return datetime.combine(local.date(), time(18, 0), tzinfo=days.zone).astimezone(UTC)
    amount = float(found["number"])
    step = timedelta(hours=amount) if found["unit"] == "h" else timedelta(days=amount)
    moment = due - step if found["sign"] else start + step
    return max(start, min(moment, due))


def start_clock(
    session: Session,
    case: Numbered,
    clock: str,
    *,
    start: datetime,
    now: datetime,
    facts: Mapping[str, Any],
    accountable: str = "",
    process: str = "complaint",
    object_type: str = "case",
) -> Deadline | None:
    """Start a clock of a case by DMN-05; one of the same kind that already runs is kept. None: the table gives none."""
    running = deadlines.running(session, case.number, clock)
    if running:
        return running[0]
    found = limit(session, clock, facts, start=start, now=now, process=process)
    return add(session, case, found, start=start, accountable=accountable, object_type=object_type) if found else None


def add(
    session: Session,
    case: Numbered,
    found: Limit,
    *,
    start: datetime,
    accountable: str = "",
    object_type: str = "case",
    object_id: str = "",
) -> Deadline:
    """Write a clock that runs."""
    row = Deadline(
        case_number=case.number,
        object_type=object_type,
        object_id=object_id or case.number,
        project=case.project,
        clock=found.clock,
        start_at=start,
        due_at=found.due_at,
        original_due_at=found.due_at,
        remind_at=found.remind_at,
        value=float(found.value),
        unit=found.unit,
        source=found.source,
        pausable=found.pausable,
        accountable=accountable,
    )
    session.add(row)
    session.flush()
    return row


def fixed(
    session: Session,
    case: Numbered,
    clock: str,
    due: datetime,
    *,
    start: datetime,
    source: str,
    accountable: str = "",
    object_type: str = "case",
    object_id: str = "",
) -> Deadline:
    """Write a clock whose end a person set (the limit of a plan task, D13); reminded the day before."""
    reminder = remind_at("-1d", start, due, calendar(session))
    value = Decimal(round((due - start).total_seconds() / 3600, 2))
    found = Limit(clock, due, None, reminder, value, "h", pausable=True, source=source)
    return add(
        session,
        case,
        found,
        start=start,
        accountable=accountable,
        object_type=object_type,
        object_id=object_id,
    )


def meet(session: Session, number: str, clock: str, *, now: datetime, object_id: str = "") -> None:
    """Stop the running clocks of a kind: what they ask for is done. Late is late: a breach stays written down."""
    _close(deadlines.running(session, number, clock, object_id), now, met=True)


def withdraw(session: Session, number: str, clock: str = "", *, now: datetime, keep: str = "") -> None:
    """Stop the running clocks of a case without having met them (withdrawn, merged), but for the clock `keep`."""
    _close([row for row in deadlines.running(session, number, clock) if row.clock != keep], now, met=False)


def move(session: Session, row: Deadline, due: datetime, *, reason: str) -> None:
    """Give a clock another end; the original promise stays on record (K06)."""
    row.remind_at = remind_at("-1d", row.start_at, due, calendar(session))
    row.due_at = due
    row.extended += 1
    row.reason = reason


def hand_over(session: Session, number: str, accountable: str, clocks: Sequence[str]) -> None:
    """Make somebody else answer for running clocks (B63)."""
    for clock in clocks:
        for row in deadlines.running(session, number, clock):
            row.accountable = accountable


def _close(rows: Sequence[Deadline], now: datetime, *, met: bool) -> None:
    for row in rows:
        row.open = False
        if met:
            row.met_at = now
        else:
            row.withdrawn_at = now
        if row.breached_at is None and now > row.due_at and met:
            row.breached_at = row.due_at
