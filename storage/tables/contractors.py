"""Who builds and repairs: responsible units (责任单位), what they contracted for, what is deducted from them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, big_key
from storage.tables.base import code as text_of


class Contractor(Base):
    """A responsible unit (责任单位). `code` is the organisation (`org`) of its people's roles.

    `kind`: 总包 分包 供应商 设计 物业 代维. `kind` 代维 may stand in for others (R09, R14).
    """

    __tablename__ = "contractor"
    id: Mapped[int] = big_key()
    code: Mapped[str] = mapped_column(text_of(60), unique=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(text_of(20), default="分包")
    contact: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(text_of(40), default="")
    active: Mapped[bool] = mapped_column(default=True)


class ContractScope(Base):
    """A contract: who does a trade (工种) of a phase, or of one building of it (DMN-04 row 6).

    `warranty_until` ends the contractor's duty towards the developer (its clock starts at 竣工验收合格).
    """

    __tablename__ = "contract_scope"
    __table_args__ = (
        UniqueConstraint("phase_id", "building_id", "trade", "contractor_id"),
        Index(None, "contractor_id"),
    )
    id: Mapped[int] = big_key()
    contractor_id: Mapped[int] = mapped_column(ForeignKey("contractor.id"))
    phase_id: Mapped[int] = mapped_column(ForeignKey("phase.id"))
    building_id: Mapped[int | None] = mapped_column(ForeignKey("building.id"))
    trade: Mapped[str] = mapped_column(text_of(40))
    number: Mapped[str] = mapped_column(text_of(60), default="")
    starts_on: Mapped[date | None]
    warranty_until: Mapped[date | None]
    retention: Mapped[float | None] = mapped_column(Numeric(14, 2, asdecimal=False))
    active: Mapped[bool] = mapped_column(default=True)


class Deduction(Base):
    """What a unit pays for a substitute (代维扣款, R15, DMN-10). `state`: 待确认 已确认 有异议 已扣 已撤销."""

    __tablename__ = "deduction"
    __table_args__ = (Index(None, "order_number"), Index(None, "contractor_id"))
    id: Mapped[int] = big_key()
    order_number: Mapped[str] = mapped_column(text_of(60))
    contractor_id: Mapped[int] = mapped_column(ForeignKey("contractor.id"))
    cost: Mapped[float] = mapped_column(Numeric(14, 2, asdecimal=False))
    fee_percent: Mapped[float] = mapped_column(Numeric(6, 2, asdecimal=False), default=0)
    amount: Mapped[float] = mapped_column(Numeric(14, 2, asdecimal=False))
    taken_from: Mapped[str] = mapped_column(text_of(20), default="")
    rule: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(text_of(20), default="待确认")
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))
