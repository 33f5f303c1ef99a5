"""The clocks of a case (DMN-05), their reminders, and what comes of missing them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, big_key
from storage.tables.base import code as text_of

BREACHED = text("breached_at IS NOT NULL")


class Deadline(Base):
    """One clock of one object. `original_due_at` is never changed; an extension moves `due_at` (K06).

    Open while `met_at` and `withdrawn_at` are empty. `remind_at` is when the person is told that it is due soon,
    `accountable` who answers for it (B63), `source` the row of DMN-05 that set it. `repeat_days` > 0: a report due
    every so many days (D15).
    """

    __tablename__ = "deadline"
    __table_args__ = (
        Index(None, "case_number", "clock"),
        Index(None, "clock", "due_at"),
        Index("ix_deadline_breached", "breached_at", sqlite_where=BREACHED, postgresql_where=BREACHED),
        Index("ix_deadline_open_due", "due_at", sqlite_where=text("open"), postgresql_where=text("open")),
        Index("ix_deadline_open_remind", "remind_at", sqlite_where=text("open"), postgresql_where=text("open")),
    )
    id: Mapped[int] = big_key()
    case_number: Mapped[str] = mapped_column(text_of(60))
    object_type: Mapped[str] = mapped_column(text_of(40), default="case")
    object_id: Mapped[str] = mapped_column(text_of(60), default="")
    project: Mapped[str] = mapped_column(text_of(60), default="")
    clock: Mapped[str] = mapped_column(text_of(40))
    start_at: Mapped[datetime]
    due_at: Mapped[datetime]
    original_due_at: Mapped[datetime]
    remind_at: Mapped[datetime | None]
    value: Mapped[float | None] = mapped_column(Numeric(9, 2, asdecimal=False))
    unit: Mapped[str] = mapped_column(text_of(8), default="")
    source: Mapped[str] = mapped_column(default="")
    pausable: Mapped[bool] = mapped_column(default=False)
    met_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    open: Mapped[bool] = mapped_column(default=True)
    accountable: Mapped[str] = mapped_column(text_of(100), default="")
    extended: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="")


class Reminder(Base):
    """A reminder (到期提醒 D18) or chasing call (逾期催办 D19): at most one a day, one open at a time."""

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("deadline_id", "kind", "day"),
        Index(
            "ix_reminder_one_open",
            "deadline_id",
            "kind",
            unique=True,
            sqlite_where=text("open"),
            postgresql_where=text("open"),
        ),
        Index(None, "instance_id"),
        Index(None, "opened_at"),
    )
    id: Mapped[int] = big_key()
    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadline.id"))
    kind: Mapped[str] = mapped_column(text_of(20))
    day: Mapped[date]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    open: Mapped[bool] = mapped_column(default=True)
    instance_id: Mapped[UUID | None]
    outcome: Mapped[str] = mapped_column(default="")


class Escalation(Base):
    """A raise of a case's level: suggested by DMN-06 or decided by a person, with who and why (A14)."""

    __tablename__ = "escalation"
    __table_args__ = (Index(None, "case_number", "at"),)
    id: Mapped[int] = big_key()
    case_number: Mapped[str] = mapped_column(text_of(60))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))
    suggested: Mapped[bool]
    level_from: Mapped[int]
    level_to: Mapped[int]
    owner: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    act_due_at: Mapped[datetime | None]
    acted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
