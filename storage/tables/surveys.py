"""Case reviews (SP4), surveys by plan (B19, D22) and the improvements that follow from both (B62)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, big_key
from storage.tables.base import code as text_of


class CaseReview(Base):
    """A review of the cases of a week or month (E20): `first` to `last`, both included; "" is every project.

    `data`: the lists computed when it began; `cases`: those chosen and analysed (V2); `state`: 汇总 确认 分析 评审 改进
    已发布 无案例.
    """

    __tablename__ = "case_review"
    __table_args__ = (Index(None, "project", "period", "first"),)
    id: Mapped[int] = big_key()
    number: Mapped[str] = mapped_column(text_of(60), unique=True)
    project: Mapped[str] = mapped_column(text_of(60), default="")
    period: Mapped[str] = mapped_column(text_of(10))
    first: Mapped[date]
    last: Mapped[date]
    state: Mapped[str] = mapped_column(text_of(20), default="汇总")
    open: Mapped[bool] = mapped_column(default=True)
    data: Mapped[dict[str, Any]]
    cases: Mapped[list[Any]]
    notes: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(text_of(100))
    published_at: Mapped[datetime | None]
    instance_id: Mapped[UUID | None]


class ImprovementItem(Base):
    """A measure that a review or a survey (`source`: its number) decided on: who does it until when (B62)."""

    __tablename__ = "improvement_item"
    __table_args__ = (UniqueConstraint("source", "place"),)
    id: Mapped[int] = big_key()
    source: Mapped[str] = mapped_column(text_of(60))
    place: Mapped[int]
    project: Mapped[str] = mapped_column(text_of(60), default="")
    measure: Mapped[str]
    person: Mapped[str] = mapped_column(text_of(100))
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(text_of(20), default="进行中")
    open: Mapped[bool] = mapped_column(default=True)
    result: Mapped[str] = mapped_column(default="")
    done_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class SurveyPlan(Base):
    """A survey by plan (B19): `kind` 业主满意度 拜访 神秘访客 大客户; from `starts_on` to `ends_on`, both included.

    `planned`: households asked for, or drawn once it is approved; `done`: those that answered (K32 is done ÷ planned).
    `questions`: those of its questionnaire, kept as they were when it was approved.
    `state`: 编制 待审批 进行中 分析 改进 已完成 不实施.
    """

    __tablename__ = "survey_plan"
    __table_args__ = (Index(None, "ends_on"), Index(None, "project"))
    id: Mapped[int] = big_key()
    number: Mapped[str] = mapped_column(text_of(60), unique=True)
    kind: Mapped[str] = mapped_column(text_of(20), default="")
    title: Mapped[str] = mapped_column(default="")
    project: Mapped[str] = mapped_column(text_of(60), default="")
    customers: Mapped[str] = mapped_column(text_of(20), default="所有客户")
    mode: Mapped[str] = mapped_column(text_of(20), default="电话")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    planned: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    questions: Mapped[list[Any]]
    state: Mapped[str] = mapped_column(text_of(20), default="编制")
    open: Mapped[bool] = mapped_column(default=True)
    notes: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(text_of(100))
    approved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    instance_id: Mapped[UUID | None]


class SurveyHousehold(Base):
    """A household drawn for a survey, or a visit of an unknown guest (神秘访客), which has no house.

    `result` is that of the last attempt, "" before the first.
    """

    __tablename__ = "survey_household"
    __table_args__ = (UniqueConstraint("plan_number", "place"), UniqueConstraint("plan_number", "unit_id"))
    id: Mapped[int] = big_key()
    plan_number: Mapped[str] = mapped_column(text_of(60))
    place: Mapped[int]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    house: Mapped[str] = mapped_column(text_of(120))
    project: Mapped[str] = mapped_column(text_of(60))
    party_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    result: Mapped[str] = mapped_column(text_of(20), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime | None]
    actor: Mapped[str] = mapped_column(text_of(100), default="")
