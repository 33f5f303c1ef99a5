"""Code lists that administrators keep: categories, problem types, channels, knowledge."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, big_key
from storage.tables.base import code as text_of


class Category(Base):
    """A class of problem as the customer names it (E07), two levels; `department` is the first guess (E08)."""

    __tablename__ = "category"
    id: Mapped[int] = big_key()
    code: Mapped[str] = mapped_column(text_of(60), unique=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    department: Mapped[str] = mapped_column(text_of(60), default="")
    hint: Mapped[str] = mapped_column(default="")
    sort: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class ProblemType(Base):
    """A kind of defect (trade → problem), with the part class it usually concerns and its severity."""

    __tablename__ = "problem_type"
    id: Mapped[int] = big_key()
    code: Mapped[str] = mapped_column(text_of(60), unique=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("problem_type.id"))
    trade: Mapped[str] = mapped_column(default="")
    severity: Mapped[str] = mapped_column(text_of(10), default="B")
    active: Mapped[bool] = mapped_column(default=True)


class CodeItem(Base):
    """One entry of a code list (`list`: channel, …). `maps_to` is the entry of the report's own list (A16 → B48)."""

    __tablename__ = "code_item"
    __table_args__ = (UniqueConstraint("list", "code"),)
    id: Mapped[int] = big_key()
    list: Mapped[str] = mapped_column(text_of(60))
    code: Mapped[str] = mapped_column(text_of(60))
    name: Mapped[str]
    maps_to: Mapped[str] = mapped_column(text_of(60), default="")
    sort: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class PriceItem(Base):
    """A price of the paid services (B10): per `measure` (米, 次), of a project or of all (""), for a time."""

    __tablename__ = "price_item"
    __table_args__ = (UniqueConstraint("project", "item", "valid_from"),)
    id: Mapped[int] = big_key()
    project: Mapped[str] = mapped_column(text_of(60), default="")
    item: Mapped[str] = mapped_column(text_of(80))
    trade: Mapped[str] = mapped_column(text_of(40), default="")
    measure: Mapped[str] = mapped_column(text_of(20), default="")
    price: Mapped[float] = mapped_column(Numeric(14, 2, asdecimal=False))
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    active: Mapped[bool] = mapped_column(default=True)


class CalendarDay(Base):
    """A day as an administrator entered it: a holiday, or a make-up working day (调休)."""

    __tablename__ = "calendar_day"
    day: Mapped[date] = mapped_column(primary_key=True)
    is_workday: Mapped[bool]
    note: Mapped[str] = mapped_column(default="")


class NumberSequence(Base):
    """The last number given out under a name (`TS-2026`); taken under the row's lock, so no gaps and no doubles."""

    __tablename__ = "number_sequence"
    name: Mapped[str] = mapped_column(text_of(60), primary_key=True)
    value: Mapped[int] = mapped_column(default=0)


class Knowledge(Base):
    """A ready answer for consultations (B01)."""

    __tablename__ = "knowledge"
    id: Mapped[int] = big_key()
    code: Mapped[str] = mapped_column(text_of(60), unique=True)
    title: Mapped[str]
    answer: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)


class ImportRun(Base):
    """One import of a register with its report per row, so that nothing of a file is lost.

    First checked (dry), then done: `content` keeps the file until then.
    """

    __tablename__ = "import_run"
    id: Mapped[int] = big_key()
    register: Mapped[str] = mapped_column(text_of(60))
    filename: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))
    accepted: Mapped[int]
    changed: Mapped[int]
    refused: Mapped[int]
    same: Mapped[int] = mapped_column(default=0)
    report: Mapped[list[Any]]
    content: Mapped[bytes] = mapped_column(default=b"", deferred=True)
    done_at: Mapped[datetime | None]
