"""Defects (缺陷) and the rectification orders (整改单) that mend them (DOMAIN 2.2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, big_key, uuid_key
from storage.tables.base import code as text_of


class RectificationOrder(Base):
    """A rectification order (整改单): one house or area × repairing unit × starter; an instance of its own.

    `starter` is the business key of the case, inspection or handover that waits for it: when its last open order
    closes, that instance gets ORDERS_DONE in the same transaction (AC13). `responsible_id` answers for the fault,
    `repair_id` mends it. `stage`: 交付前内部验房 开放日/业主预验 承接查验 正式交付 保修期 保修期外.
    `source_channel`: 销售 物业 座席 验房. `units_fault`, `cannot_come`: what was found about the responsible unit, None
    when nobody said (DMN-10); `substituted`: somebody else was engaged to repair.
    `state`: 待签收 待接单 待预约 整改中 待复核 待客户复验 代维中 异议 挂起 已销项 已转有偿 已作废 挂账.
    """

    __tablename__ = "rectification_order"
    __table_args__ = (
        Index("ix_rectification_order_open", "starter", sqlite_where=text("open"), postgresql_where=text("open")),
        Index(None, "starter"),
        Index(None, "unit_id"),
        Index(None, "repair_id", "open"),
        Index(None, "project", "open", "state", "due_at"),
        Index(None, "open", "due_at"),
        Index(None, "open", "closed_at"),
        Index(None, "open", "state", "due_at"),
        Index(None, "issued_at"),
        Index(None, "closed_at"),
        Index(None, "signed_at"),
        Index(None, "reviewed_at"),
    )
    id: Mapped[int] = big_key()
    number: Mapped[str] = mapped_column(text_of(60), unique=True)
    project: Mapped[str] = mapped_column(text_of(60))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    house: Mapped[str] = mapped_column(text_of(120), default="")
    area: Mapped[str] = mapped_column(default="")
    starter: Mapped[str] = mapped_column(text_of(100))
    starter_kind: Mapped[str] = mapped_column(text_of(40))
    stage: Mapped[str] = mapped_column(text_of(20))
    source_channel: Mapped[str] = mapped_column(text_of(20))
    urgency: Mapped[str] = mapped_column(text_of(20), default="一般")
    trade: Mapped[str] = mapped_column(text_of(40), default="")
    responsible_id: Mapped[int | None] = mapped_column(ForeignKey("contractor.id"))
    repair_id: Mapped[int | None] = mapped_column(ForeignKey("contractor.id"))
    shares: Mapped[list[Any]] = mapped_column(default=list)
    brief: Mapped[str] = mapped_column(default="")
    in_warranty: Mapped[bool | None]
    paid_service: Mapped[bool] = mapped_column(default=False)
    quote: Mapped[float | None] = mapped_column(Numeric(14, 2, asdecimal=False))
    structural: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(text_of(20), default="待签收")
    open: Mapped[bool] = mapped_column(default=True)
    reported_at: Mapped[datetime]
    issued_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str] = mapped_column(text_of(100), default="")
    accepted_at: Mapped[datetime | None]
    visit_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    original_due_at: Mapped[datetime | None]
    extended: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    close_type: Mapped[str] = mapped_column(text_of(20), default="")
    rework: Mapped[int] = mapped_column(default=0)
    no_shows: Mapped[int] = mapped_column(default=0)
    cost: Mapped[float | None] = mapped_column(Numeric(14, 2, asdecimal=False))
    units_fault: Mapped[bool | None]
    cannot_come: Mapped[bool | None]
    substituted: Mapped[bool] = mapped_column(default=False)
    satisfaction: Mapped[str] = mapped_column(text_of(20), default="")
    instance_id: Mapped[UUID | None]


class Defect(Base):
    """One fault of a house or area. `id` may come from the device that found it: sending twice finds it again (AC15).

    `severity`: A safety or leak, B function, C looks. `plan_x`, `plan_y` 0–1 on the floor plan of the layout. `photos`:
    list of {attachment, kind (before, after, evidence), marks}: marks lie beside the original, never in it. `revision`
    counts changes; an edit that names an older one is a conflict.
    `state`: 待派 待签收 整改中 待复核 待客户复验 已销项 异议 挂起 代维中 转有偿 作废.
    """

    __tablename__ = "defect"
    __table_args__ = (
        Index(None, "order_number"),
        Index(None, "unit_id", "open"),
        Index(None, "found_in", "severity", "state"),
        Index(None, "repair_id", "open"),
        Index(None, "project", "open"),
        Index(None, "found_at"),
        Index(None, "due_at"),
        Index(None, "closed_at"),
    )
    id: Mapped[UUID] = uuid_key()
    project: Mapped[str] = mapped_column(text_of(60))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    house: Mapped[str] = mapped_column(text_of(120), default="")
    area: Mapped[str] = mapped_column(default="")
    order_number: Mapped[str] = mapped_column(text_of(60), default="")
    found_in: Mapped[str] = mapped_column(text_of(100), default="")
    stage: Mapped[str] = mapped_column(text_of(20), default="")
    room: Mapped[str] = mapped_column(text_of(60), default="")
    part: Mapped[str] = mapped_column(text_of(60), default="")
    problem: Mapped[str] = mapped_column(text_of(60), default="")
    trade: Mapped[str] = mapped_column(text_of(40), default="")
    severity: Mapped[str] = mapped_column(text_of(4), default="B")
    cause: Mapped[str] = mapped_column(text_of(20), default="")
    text: Mapped[str] = mapped_column(default="")
    responsible_id: Mapped[int | None] = mapped_column(ForeignKey("contractor.id"))
    repair_id: Mapped[int | None] = mapped_column(ForeignKey("contractor.id"))
    plan_x: Mapped[float | None]
    plan_y: Mapped[float | None]
    photos: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(text_of(20), default="待派")
    open: Mapped[bool] = mapped_column(default=True)
    rework: Mapped[int] = mapped_column(default=0)
    found_at: Mapped[datetime]
    found_by: Mapped[str] = mapped_column(text_of(100))
    due_at: Mapped[datetime | None]
    measures: Mapped[str] = mapped_column(default="")
    unfinished: Mapped[str] = mapped_column(default="")
    rejected: Mapped[str] = mapped_column(default="")
    merged_into: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)


class DefectEvent(Base):
    """What happened to a defect; append only. `request` is the id the device gave the change: it counts once."""

    __tablename__ = "defect_event"
    __table_args__ = (Index(None, "defect_id", "at"), UniqueConstraint("request"))
    id: Mapped[int] = big_key()
    defect_id: Mapped[UUID] = mapped_column(ForeignKey("defect.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))
    kind: Mapped[str] = mapped_column(text_of(20))
    text: Mapped[str] = mapped_column(default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    request: Mapped[str | None] = mapped_column(text_of(80))
