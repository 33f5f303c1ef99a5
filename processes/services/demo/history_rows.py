"""What the invented past is written with: rows collected by table and written at once, never as instances."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, cast, exists, func, insert, select, update

from engine.core.calendar import CHINA
from storage.tables.base import table_of
from storage.tables.cases import CaseEvent, CaseTask, ContactLog
from storage.tables.deadlines import Deadline, Reminder

if TYPE_CHECKING:
    import random

    from sqlalchemy.orm import Session

    from engine.core.calendar import WorkCalendar
    from storage.tables.base import Base

CHUNK = 5_000
SEASON = (6, 9, 12)
QUIET = 0.55
"""The share of an ordinary month in a month of the season."""
CHASED, MOST_CALLS = ("accept", "reply", "resolve", "task", "work"), 3
QUALITY = {
    "明灯机电分包": (0.955, 0.96),
    "甲供-样例电梯": (0.95, 0.96),
    "暖屋暖通分包": (0.93, 0.94),
    "示例总包一公司": (0.9, 0.9),
    "绿荫园林分包": (0.9, 0.93),
    "示例物业": (0.9, 0.94),
    "青檐防水分包": (0.87, 0.82),
    "甲供-样例橱柜": (0.84, 0.9),
    "示例总包二公司": (0.8, 0.84),
    "邻里外聘物业": (0.82, 0.88),
    "细木精装分包": (0.76, 0.8),
    "方正样板门窗分包": (0.59, 0.7),
}
"""How good the responsible units are: the share of defects mended in time, and at the first attempt."""


@dataclass
class Book:
    """Collects rows; `days` counts working days, `rng` gives the same numbers every time."""

    days: WorkCalendar
    rng: random.Random
    now: datetime
    rows: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: type[Base], **values: Any) -> None:
        """Add a row; all rows of a table name the same columns."""
        self.rows.setdefault(table, []).append(values)

    def event(self, number: str, at: datetime, actor: str, kind: str, text: str = "", /, **detail: Any) -> None:
        """Add a line of what happened."""
        self.add(CaseEvent, case_number=number, at=at, actor=actor, kind=kind, text=text, detail=detail)

    def contact(
        self, number: str, at: datetime, actor: str, kind: str, text: str = "", *, with_whom: str = "客户",
        channel: str = "电话", reached: bool = True, promised: datetime | None = None,
    ) -> None:  # fmt: skip
        """Add a call, visit or message."""
        self.add(
            ContactLog, case_number=number, at=at, actor=actor, kind=kind, text=text, with_whom=with_whom,
            channel=channel, reached=reached, promised_at=promised,
        )  # fmt: skip

    def clock(
        self, number: str, project: str, clock: str, start: datetime, due: datetime, ended: datetime, *,
        limit: tuple[float, str, str], accountable: str = "", original: datetime | None = None, met: bool = True,
        about: tuple[str, str] = ("case", ""), reason: str = "",
    ) -> None:  # fmt: skip
        """Add a clock that has stopped; late is late. `limit`: value, unit and source of DMN-05; `about`: the object.

        `met` False: it was withdrawn at `ended`.
        """
        value, unit, source = limit
        self.add(
            Deadline, case_number=number, object_type=about[0], object_id=about[1] or number, project=project,
            clock=clock, start_at=start, due_at=due, original_due_at=original or due, remind_at=None, value=value,
            unit=unit, source=source, pausable=clock in ("task", "work"), met_at=ended if met else None,
            breached_at=due if ended > due else None, withdrawn_at=None if met else ended, open=False,
            accountable=accountable, extended=int(original not in (None, due)), reason=reason,
        )  # fmt: skip

    def due(self, start: datetime, limit: tuple[float, str, str]) -> datetime:
        """Say when a limit that starts at a moment is over."""
        return self.days.deadline(start, Decimal(str(limit[0])), limit[1])

    def chance(self, share: float) -> bool:
        """Say yes in this share of cases."""
        return self.rng.random() < share

    def write(self, session: Session) -> None:
        """Write all rows, table by table in the order of their first row."""
        for table, rows in self.rows.items():
            for start in range(0, len(rows), CHUNK):
                session.execute(insert(table_of(table)), rows[start : start + CHUNK])
        self.rows.clear()


def moment(rng: random.Random, now: datetime, *, newest: float, months: int) -> datetime:
    """Choose a moment of the past months by day, more of them in the season (June, September, December)."""
    while True:
        at = (now - timedelta(days=rng.uniform(newest, months * 30.4))).astimezone(CHINA)
        if at.month in SEASON or rng.random() < QUIET:
            return by_day(rng, at)


def by_day(rng: random.Random, at: datetime) -> datetime:
    """Move a moment into the hours in which people call and work, on the same day."""
    local = at.astimezone(CHINA)
    hour = rng.choice((8, 9, 9, 10, 10, 11, 13, 14, 14, 15, 16, 17, 19))
    return local.replace(hour=hour, minute=rng.randrange(60), second=0, microsecond=0)


def span(rng: random.Random, low: float, high: float) -> timedelta:
    """Choose a span of days."""
    return timedelta(days=rng.uniform(low, high))


def name_tasks(session: Session) -> None:
    """Let the clocks of plan tasks name their task, once these have their ids."""
    last = select(cast(func.max(CaseTask.id), String)).where(CaseTask.case_number == Deadline.case_number)
    unnamed = (Deadline.object_type == "case_task") & (Deadline.object_id == Deadline.case_number)
    session.execute(
        update(Deadline).where(unnamed).values(object_id=last.scalar_subquery()).execution_options(
            synchronize_session=False
        )
    )  # fmt: skip


def add_reminders(session: Session, book: Book) -> None:
    """Write the chasing calls about limits that were missed, once these have their ids: one a day, three at most."""
    chased = exists().where(Reminder.deadline_id == Deadline.id)
    query = select(Deadline.id, Deadline.due_at, Deadline.met_at).where(
        ~Deadline.open, Deadline.breached_at.is_not(None), Deadline.clock.in_(CHASED), ~chased
    )
    for key, due, met in session.execute(query.order_by(Deadline.id)).all():
        nine = due.astimezone(CHINA).replace(hour=9, minute=0, second=0, microsecond=0)
        for days in range(1, 1 + MOST_CALLS):
            at = nine + timedelta(days=days)
            if met is None or at >= met:
                break
            book.add(
                Reminder, deadline_id=key, kind="逾期催办", day=at.date(), opened_at=at, open=False,
                closed_at=at + timedelta(minutes=40), outcome="人手不足，已加派。",
            )  # fmt: skip
