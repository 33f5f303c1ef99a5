"""Inspection (验房): what is looked at, the batches and houses of a round, the results by line (DOMAIN 2.3)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, big_key, uuid_key
from storage.tables.base import code as text_of


class Layout(Base):
    """A layout of houses (户型): its rooms, each with its parts, and its floor plan (an image of the file store).

    `rooms`: list of {name, parts: [code of part], box: [x, y, w, h] of the plan, 0–1}.
    """

    __tablename__ = "layout"
    __table_args__ = (UniqueConstraint("project_id", "code"),)
    id: Mapped[int] = big_key()
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    code: Mapped[str] = mapped_column(text_of(60))
    name: Mapped[str] = mapped_column(default="")
    rooms: Mapped[list[Any]] = mapped_column(default=list)
    plan: Mapped[str] = mapped_column(text_of(80), default="")


class Checklist(Base):
    """A version of a checklist (检查表) for 毛坯 or 精装 houses; a batch stays with the version it began with."""

    __tablename__ = "checklist"
    __table_args__ = (UniqueConstraint("code", "version"),)
    id: Mapped[int] = big_key()
    code: Mapped[str] = mapped_column(text_of(60))
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(text_of(20), default="毛坯")
    active: Mapped[bool] = mapped_column(default=True)


class ChecklistItem(Base):
    """One thing to look at; in every room when `room` is empty. `part`: a code of the part tree; `measure`: a unit."""

    __tablename__ = "checklist_item"
    __table_args__ = (UniqueConstraint("checklist_id", "code"),)
    id: Mapped[int] = big_key()
    checklist_id: Mapped[int] = mapped_column(ForeignKey("checklist.id"))
    code: Mapped[str] = mapped_column(text_of(60))
    room: Mapped[str] = mapped_column(text_of(60), default="")
    part: Mapped[str] = mapped_column(text_of(60), default="")
    text: Mapped[str]
    measure: Mapped[str] = mapped_column(text_of(20), default="")
    sort: Mapped[int] = mapped_column(default=0)


class InspectionBatch(Base):
    """A round of inspection of a phase (I01).

    `rounds`: 工程自检 分户验收 一户一验 工地开放日 承接查验 交付前复查 空置房巡查.
    `houses`: the keys of the units when they came as a list or from the round before; else the buildings say them.
    `plan` keeps what no column needs: finish, sampling, training, conditions, the number of the `previous` round.
    `state`: 编制 待审批 准备 进行中 评审 通过 有条件通过 不通过 已取消.
    """

    __tablename__ = "inspection_batch"
    id: Mapped[int] = big_key()
    number: Mapped[str] = mapped_column(text_of(60), unique=True)
    project: Mapped[str] = mapped_column(text_of(60))
    phase_id: Mapped[int] = mapped_column(ForeignKey("phase.id"))
    round: Mapped[str] = mapped_column(text_of(20))
    stage: Mapped[str] = mapped_column(text_of(20), default="交付前内部验房")
    buildings: Mapped[list[Any]] = mapped_column(default=list)
    houses: Mapped[list[Any]] = mapped_column(default=list)
    plan: Mapped[dict[str, Any]] = mapped_column(default=dict)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    sample_percent: Mapped[int] = mapped_column(default=100)
    checklist_id: Mapped[int | None] = mapped_column(ForeignKey("checklist.id"))
    teams: Mapped[list[Any]] = mapped_column(default=list)
    contractors: Mapped[list[Any]] = mapped_column(default=list)
    per_day: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(text_of(20), default="编制")
    open: Mapped[bool] = mapped_column(default=True)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_by: Mapped[str] = mapped_column(text_of(100))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    instance_id: Mapped[UUID | None]


class InspectionUnit(Base):
    """A house in a round: exactly one per batch and house (AC12).

    `state`: 待验 验房中 待派发 整改中 待复验 待封户 已通过 带缺陷通过 已取消.
    """

    __tablename__ = "inspection_unit"
    __table_args__ = (
        UniqueConstraint("batch_number", "unit_id"),
        Index(None, "unit_id"),
        Index(None, "inspector", "open"),
    )
    id: Mapped[int] = big_key()
    number: Mapped[str] = mapped_column(text_of(60), unique=True)
    batch_number: Mapped[str] = mapped_column(text_of(60))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    house: Mapped[str] = mapped_column(text_of(120))
    project: Mapped[str] = mapped_column(text_of(60))
    inspector: Mapped[str] = mapped_column(text_of(100), default="")
    planned_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(text_of(20), default="待验")
    open: Mapped[bool] = mapped_column(default=True)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(text_of(20), default="")
    sealed: Mapped[dict[str, Any]] = mapped_column(default=dict)
    instance_id: Mapped[UUID | None]


class InspectionResult(Base):
    """The answer to one line of a checklist; `id` comes from the device, so that sending twice changes nothing."""

    __tablename__ = "inspection_result"
    __table_args__ = (UniqueConstraint("inspection_number", "room", "item"),)
    id: Mapped[UUID] = uuid_key()
    inspection_number: Mapped[str] = mapped_column(text_of(60))
    room: Mapped[str] = mapped_column(text_of(60), default="")
    item: Mapped[str] = mapped_column(text_of(60))
    result: Mapped[str] = mapped_column(text_of(10))
    value: Mapped[str] = mapped_column(text_of(60), default="")
    note: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))
    revision: Mapped[int] = mapped_column(default=1)


class DefectRecheck(Base):
    """What an inspector saw of a defect at a recheck (U03), before he ended it; `id` comes from the device (AC15).

    `passed`: 通过 不通过. `photos`: as of a defect, taken after the repair. One row a task and defect.
    """

    __tablename__ = "defect_recheck"
    __table_args__ = (UniqueConstraint("task_id", "defect_id"), Index(None, "inspection_number"))
    id: Mapped[UUID] = uuid_key()
    task_id: Mapped[UUID]
    inspection_number: Mapped[str] = mapped_column(text_of(60))
    defect_id: Mapped[UUID] = mapped_column(ForeignKey("defect.id"))
    passed: Mapped[str] = mapped_column(text_of(10))
    note: Mapped[str] = mapped_column(text_of(200), default="")
    photos: Mapped[list[Any]] = mapped_column(default=list)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))
    revision: Mapped[int] = mapped_column(default=1)
