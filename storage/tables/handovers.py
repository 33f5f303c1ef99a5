"""Handover (交付): batches, time slots, houses at the stations, keys, meters, fees, letters (DOMAIN 2.4)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, big_key
from storage.tables.base import code as text_of


class HandoverBatch(Base):
    """The handover of a phase (H01). `stations`: in the order that an administrator set; `conditions`: DMN-12a.

    `state`: 方案 条件核查 待审批 已批准 集中交付 零散交付 已关闭 已取消.
    """

    __tablename__ = "handover_batch"
    id: Mapped[int] = big_key()
    number: Mapped[str] = mapped_column(text_of(60), unique=True)
    project: Mapped[str] = mapped_column(text_of(60))
    phase_id: Mapped[int] = mapped_column(ForeignKey("phase.id"))
    contract_on: Mapped[date | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    stations: Mapped[list[Any]] = mapped_column(default=list)
    fees: Mapped[list[Any]] = mapped_column(default=list)
    papers: Mapped[list[Any]] = mapped_column(default=list)
    plan: Mapped[dict[str, Any]] = mapped_column(default=dict)
    conditions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(text_of(20), default="方案")
    open: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[str] = mapped_column(text_of(100))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    instance_id: Mapped[UUID | None]


class Slot(Base):
    """A time slot of a handover; never more owners than places (the check is the last defence)."""

    __tablename__ = "slot"
    __table_args__ = (
        UniqueConstraint("batch_number", "starts_at"),
        CheckConstraint("taken <= capacity", name="capacity"),
    )
    id: Mapped[int] = big_key()
    batch_number: Mapped[str] = mapped_column(text_of(60))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)


class HandoverUnit(Base):
    """The handover of one house: exactly one per batch and house (AC12).

    `state`: 已通知 已预约 已签到 验房中 办理中 已交付 带问题交付 拒收 催告中 视同交付 退房 已取消.
    `decision`: 收楼 带问题收楼 拒收. `delivered_at` starts the owner's warranty (DMN-03).
    """

    __tablename__ = "handover_unit"
    __table_args__ = (
        UniqueConstraint("batch_number", "unit_id"),
        Index(None, "unit_id"),
        Index(None, "batch_number", "state"),
    )
    id: Mapped[int] = big_key()
    number: Mapped[str] = mapped_column(text_of(60), unique=True)
    batch_number: Mapped[str] = mapped_column(text_of(60))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    house: Mapped[str] = mapped_column(text_of(120))
    project: Mapped[str] = mapped_column(text_of(60))
    state: Mapped[str] = mapped_column(text_of(20), default="已通知")
    open: Mapped[bool] = mapped_column(default=True)
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("slot.id"))
    by_proxy: Mapped[bool] = mapped_column(default=False)
    proxy: Mapped[str] = mapped_column(default="")
    queue_no: Mapped[int | None]
    signed_in_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(text_of(20), default="")
    promise: Mapped[str] = mapped_column(default="")
    delivered_at: Mapped[datetime | None]
    refusals: Mapped[int] = mapped_column(default=0)
    no_shows: Mapped[int] = mapped_column(default=0)
    lend_key: Mapped[bool] = mapped_column(default=False)
    satisfaction: Mapped[dict[str, Any]] = mapped_column(default=dict)
    file: Mapped[dict[str, Any]] = mapped_column(default=dict)
    closed_at: Mapped[datetime | None]
    instance_id: Mapped[UUID | None]


class StationCheck(Base):
    """A row of the 入住程序表: who countersigned which station when."""

    __tablename__ = "station_check"
    __table_args__ = (UniqueConstraint("handover_number", "station"),)
    id: Mapped[int] = big_key()
    handover_number: Mapped[str] = mapped_column(text_of(60))
    station: Mapped[str] = mapped_column(text_of(40))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))
    note: Mapped[str] = mapped_column(default="")


class MeterReading(Base):
    """A meter reading of a house. `kind`: 水表 电表 气表."""

    __tablename__ = "meter_reading"
    __table_args__ = (Index(None, "unit_id", "at"),)
    id: Mapped[int] = big_key()
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    handover_number: Mapped[str] = mapped_column(text_of(60), default="")
    kind: Mapped[str] = mapped_column(text_of(20))
    value: Mapped[float] = mapped_column(Numeric(14, 3, asdecimal=False))
    photo: Mapped[str] = mapped_column(text_of(80), default="")
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))


class KeySet(Base):
    """A set of keys of a house. `state`: 在库 已交业主 借出 遗失; exactly one holder at a time (AC14)."""

    __tablename__ = "key_set"
    __table_args__ = (UniqueConstraint("unit_id", "label"), Index(None, "state"))
    id: Mapped[int] = big_key()
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    label: Mapped[str] = mapped_column(text_of(60))
    kind: Mapped[str] = mapped_column(text_of(20), default="入户门")
    count: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(text_of(20), default="在库")
    holder: Mapped[str] = mapped_column(default="")
    due_back_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)


class KeyMovement(Base):
    """A set of keys given out or taken back; append only. `kind`: 入库 交业主 借出 归还 遗失."""

    __tablename__ = "key_movement"
    __table_args__ = (Index(None, "key_set_id", "at"),)
    id: Mapped[int] = big_key()
    key_set_id: Mapped[int] = mapped_column(ForeignKey("key_set.id"))
    kind: Mapped[str] = mapped_column(text_of(20))
    holder: Mapped[str] = mapped_column(default="")
    order_number: Mapped[str] = mapped_column(text_of(60), default="")
    due_back_at: Mapped[datetime | None]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))
    note: Mapped[str] = mapped_column(default="")


class FeeItem(Base):
    """A fee of a house; `refunded_at`: the deposit went back (B09).

    `kind`: 面积补差 尾款 维修资金 物业费 装修保证金 水电预存.
    """

    __tablename__ = "fee_item"
    __table_args__ = (UniqueConstraint("unit_id", "kind"),)
    id: Mapped[int] = big_key()
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    handover_number: Mapped[str] = mapped_column(text_of(60), default="")
    kind: Mapped[str] = mapped_column(text_of(20))
    amount: Mapped[float] = mapped_column(Numeric(14, 2, asdecimal=False), default=0)
    paid: Mapped[float] = mapped_column(Numeric(14, 2, asdecimal=False), default=0)
    paid_at: Mapped[datetime | None]
    receipt: Mapped[str] = mapped_column(text_of(60), default="")
    refunded_at: Mapped[datetime | None]


class Notice(Base):
    """A letter to an owner (入伙通知, 催告函) with its proof of delivery."""

    __tablename__ = "notice"
    __table_args__ = (Index(None, "handover_number"),)
    id: Mapped[int] = big_key()
    handover_number: Mapped[str] = mapped_column(text_of(60))
    kind: Mapped[str] = mapped_column(text_of(20))
    channel: Mapped[str] = mapped_column(text_of(20), default="EMS")
    number: Mapped[str] = mapped_column(text_of(60), default="")
    sent_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    proof: Mapped[str] = mapped_column(default="")
    actor: Mapped[str] = mapped_column(text_of(100))


class Refusal(Base):
    """An owner refuses his house (K08): why, what he demands, what was promised."""

    __tablename__ = "refusal"
    __table_args__ = (Index(None, "handover_number"),)
    id: Mapped[int] = big_key()
    handover_number: Mapped[str] = mapped_column(text_of(60))
    count: Mapped[int]
    reasons: Mapped[list[Any]]
    demand: Mapped[str] = mapped_column(default="")
    promise: Mapped[str] = mapped_column(default="")
    again_at: Mapped[datetime | None]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))


class UnitWarranty(Base):
    """The warranty of a part class of a delivered house (DMN-03): the owner's end and the contractor's, to the day."""

    __tablename__ = "unit_warranty"
    __table_args__ = (UniqueConstraint("unit_id", "warranty_class"),)
    id: Mapped[int] = big_key()
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    warranty_class: Mapped[str] = mapped_column(text_of(60))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    contractor_ends_on: Mapped[date | None]
    rule: Mapped[str] = mapped_column(default="")
    computed_at: Mapped[datetime]


class BatchRun(Base):
    """A background job over the houses of a batch, and how far it is. `state`: 进行中 已完成 有失败."""

    __tablename__ = "batch_run"
    __table_args__ = (UniqueConstraint("batch_number", "kind"),)
    id: Mapped[int] = big_key()
    batch_number: Mapped[str] = mapped_column(text_of(60))
    kind: Mapped[str] = mapped_column(text_of(40))
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(text_of(20), default="进行中")
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    started_by: Mapped[str] = mapped_column(text_of(100))
