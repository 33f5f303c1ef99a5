"""What reports need beside the work itself: goals of measures, figures entered by hand, notes on the board."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, big_key
from storage.tables.base import code as text_of


class MeasureGoal(Base):
    """The goal of a measure (K06) from a day on, everywhere or in one project. A rate is in percent."""

    __tablename__ = "measure_goal"
    __table_args__ = (UniqueConstraint("measure", "project", "since"),)
    id: Mapped[int] = big_key()
    measure: Mapped[str] = mapped_column(text_of(20))
    project: Mapped[str] = mapped_column(text_of(60), default="")
    since: Mapped[date]
    goal: Mapped[float] = mapped_column(Numeric(14, 2, asdecimal=False))
    note: Mapped[str] = mapped_column(default="")


class EnteredFigure(Base):
    """A figure that somebody enters for a month: costs against their budget, customers lost, a leader's score (K36)."""

    __tablename__ = "entered_figure"
    __table_args__ = (UniqueConstraint("item", "project", "month"), Index(None, "month"))
    id: Mapped[int] = big_key()
    item: Mapped[str] = mapped_column(text_of(40))
    project: Mapped[str] = mapped_column(text_of(60), default="")
    month: Mapped[date]
    amount: Mapped[float] = mapped_column(Numeric(14, 2, asdecimal=False))
    budget: Mapped[float | None] = mapped_column(Numeric(14, 2, asdecimal=False))
    note: Mapped[str] = mapped_column(default="")


class BoardNote(Base):
    """A free note on the board of a week or month (`span`) that begins on `first` (B70); only ever added to."""

    __tablename__ = "board_note"
    __table_args__ = (Index(None, "span", "first"),)
    id: Mapped[int] = big_key()
    span: Mapped[str] = mapped_column(text_of(10))
    first: Mapped[date]
    project: Mapped[str] = mapped_column(text_of(60), default="")
    text: Mapped[str]
    author: Mapped[str] = mapped_column(text_of(100))
    at: Mapped[datetime]
