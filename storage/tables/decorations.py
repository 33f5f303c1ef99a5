"""The decoration of a house after handover (装修): when, by whom, its patrols, and what became of the deposit (B09)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, big_key
from storage.tables.base import code as text_of


class Decoration(Base):
    """A decoration. `begins_on` and `ends_on` matter when somebody argues about the warranty of the house.

    `patrols`: what was found, by whom and when. `deposit` is what was paid (装修保证金); of it `refund` went back and
    `deduction` was kept for `reason`.
    """

    __tablename__ = "decoration"
    __table_args__ = (Index(None, "unit_id"),)
    id: Mapped[int] = big_key()
    number: Mapped[str] = mapped_column(text_of(60), unique=True)
    project: Mapped[str] = mapped_column(text_of(60))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    house: Mapped[str] = mapped_column(text_of(120), default="")
    company: Mapped[str] = mapped_column(text_of(120), default="")
    plan: Mapped[str] = mapped_column(default="")
    begins_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    patrols: Mapped[list[Any]] = mapped_column(default=list)
    accepted_on: Mapped[date | None]
    deposit: Mapped[float] = mapped_column(Numeric(14, 2, asdecimal=False), default=0)
    refund: Mapped[float | None] = mapped_column(Numeric(14, 2, asdecimal=False))
    deduction: Mapped[float | None] = mapped_column(Numeric(14, 2, asdecimal=False))
    reason: Mapped[str] = mapped_column(default="")
    refunded_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(text_of(20), default="登记")
    open: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[str] = mapped_column(text_of(100))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    instance_id: Mapped[UUID | None]
