"""Service cases (投诉/报修) and everything recorded about them that is searched, listed or reported (DOMAIN 4.2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, big_key
from storage.tables.base import code as text_of

URGED = text("kind = '客户催办'")
UNTRUE = text("kind = '现场查勘' AND text = '不属实'")
"""Few rows among many, which reports look for."""


class ServiceCase(Base):
    """One request of a customer. `received_at` never changes: the customer's clocks start there (D24).

    `state` is the Chinese state of DOMAIN 2.1 (待派单 … 已关闭). `solved_at` stops the promise clock, `closed_at` ends
    the case; `close_type`: answered, merged, not_ours, accepted, internal, withdrawn, external. `cat1`/`cat2` are the
    intake's, `final_cat1`/`final_cat2` those after investigation (D14). `intake` holds the answers of the intake form
    that no column needs; personal data lies in party and contact, `caller_*` is who called. `house` repeats the code
    of the unit.
    """

    __tablename__ = "service_case"
    __table_args__ = (
        Index(None, "unit_id", "open"),
        Index(None, "project", "received_at"),
        Index(None, "open", "received_at"),
        Index(None, "party_id"),
        Index(None, "phone_hash"),
        Index(None, "group_master"),
        Index(None, "closed_at"),
        Index(None, "received_at"),
        Index(None, "original_promised_at"),
    )
    id: Mapped[int] = big_key()
    number: Mapped[str] = mapped_column(text_of(60), unique=True)
    project: Mapped[str] = mapped_column(text_of(60), default="")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    house: Mapped[str] = mapped_column(text_of(120), default="")
    area: Mapped[str] = mapped_column(default="")
    party_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    caller_name: Mapped[str] = mapped_column(text_of(120), default="")
    caller_role: Mapped[str] = mapped_column(text_of(20), default="")
    caller_phone: Mapped[bytes] = mapped_column(default=b"")
    phone_hash: Mapped[str] = mapped_column(text_of(64), default="")
    phone_masked: Mapped[str] = mapped_column(text_of(60), default="")
    prefer: Mapped[str] = mapped_column(text_of(20), default="电话")
    channel: Mapped[str] = mapped_column(text_of(40))
    received_by: Mapped[str] = mapped_column(text_of(20))
    kind: Mapped[str] = mapped_column(text_of(20))
    subject: Mapped[str] = mapped_column(text_of(40), default="")
    cat1: Mapped[str] = mapped_column(text_of(60), default="")
    cat2: Mapped[str] = mapped_column(text_of(60), default="")
    final_cat1: Mapped[str] = mapped_column(text_of(60), default="")
    final_cat2: Mapped[str] = mapped_column(text_of(60), default="")
    category: Mapped[str] = mapped_column(text_of(40), default="")
    part: Mapped[str] = mapped_column(text_of(60), default="")
    location: Mapped[str] = mapped_column(default="")
    brief: Mapped[str] = mapped_column(default="")
    facts: Mapped[str] = mapped_column(default="")
    demand: Mapped[str] = mapped_column(default="")
    urgency: Mapped[str] = mapped_column(text_of(20), default="一般")
    scope: Mapped[str] = mapped_column(text_of(20), default="单人")
    level: Mapped[int] = mapped_column(default=0)
    round: Mapped[int] = mapped_column(default=1)
    urged: Mapped[int] = mapped_column(default=0)
    transfers: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(text_of(20), default="待派单")
    open: Mapped[bool] = mapped_column(default=True)
    owner: Mapped[str] = mapped_column(text_of(100), default="")
    acceptor: Mapped[str] = mapped_column(text_of(100), default="")
    department: Mapped[str] = mapped_column(text_of(60), default="")
    registered_by: Mapped[str] = mapped_column(text_of(100))
    event_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    promised_at: Mapped[datetime | None]
    original_promised_at: Mapped[datetime | None]
    solved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    close_type: Mapped[str] = mapped_column(text_of(20), default="")
    close_reason: Mapped[str] = mapped_column(default="")
    responsible: Mapped[str] = mapped_column(default="")
    valid: Mapped[bool | None]
    treatment: Mapped[str] = mapped_column(text_of(40), default="")
    loss_amount: Mapped[float | None] = mapped_column(Numeric(14, 2, asdecimal=False))
    root_cause: Mapped[str] = mapped_column(default="")
    remaining: Mapped[str] = mapped_column(default="")
    satisfaction: Mapped[str] = mapped_column(text_of(20), default="")
    norm_score: Mapped[int | None]
    group_master: Mapped[str] = mapped_column(text_of(60), default="")
    duplicate_of: Mapped[str] = mapped_column(text_of(60), default="")
    instance_id: Mapped[UUID | None]
    request_key: Mapped[str | None] = mapped_column(text_of(80), unique=True)
    intake: Mapped[dict[str, Any]]
    search: Mapped[str] = mapped_column(default="")


class StartDraft(Base):
    """What somebody has typed into a start form and not handed in yet; sealed, since it names people."""

    __tablename__ = "start_draft"
    login: Mapped[str] = mapped_column(text_of(100), primary_key=True)
    process_key: Mapped[str] = mapped_column(text_of(100), primary_key=True)
    data: Mapped[bytes]
    saved_at: Mapped[datetime]


class CaseTask(Base):
    """One task of the plan (T12): who does what until when; closed with its result (T16)."""

    __tablename__ = "case_task"
    __table_args__ = (Index(None, "case_number"),)
    id: Mapped[int] = big_key()
    case_number: Mapped[str] = mapped_column(text_of(60))
    round: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(text_of(20))
    department: Mapped[str] = mapped_column(default="")
    handler: Mapped[str] = mapped_column(text_of(100), default="")
    content: Mapped[str]
    assigned_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(text_of(20), default="")
    measures: Mapped[str] = mapped_column(default="")
    remaining: Mapped[str] = mapped_column(default="")


class ContactLog(Base):
    """A call, visit or message with the customer or a handler (`with_whom`), with its result; append only.

    `kind`: 来电登记 催办 通知受理人 方案答复 过程回访 第5日沟通 结果回复 到期提醒 逾期催办 回访 短信 解释指引 ….
    """

    __tablename__ = "contact_log"
    __table_args__ = (
        Index(None, "case_number", "at"),
        Index("ix_contact_log_urged", "at", sqlite_where=URGED, postgresql_where=URGED),
    )
    id: Mapped[int] = big_key()
    case_number: Mapped[str] = mapped_column(text_of(60))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))
    with_whom: Mapped[str] = mapped_column(text_of(20), default="客户")
    kind: Mapped[str] = mapped_column(text_of(20))
    channel: Mapped[str] = mapped_column(text_of(20), default="电话")
    reached: Mapped[bool] = mapped_column(default=True)
    text: Mapped[str] = mapped_column(default="")
    promised_at: Mapped[datetime | None]


class CaseEvent(Base):
    """What happened to a case in words of the trade: decisions, opinions, states; append only (B35)."""

    __tablename__ = "case_event"
    __table_args__ = (
        Index(None, "case_number", "at"),
        Index("ix_case_event_untrue", "case_number", sqlite_where=UNTRUE, postgresql_where=UNTRUE),
    )
    id: Mapped[int] = big_key()
    case_number: Mapped[str] = mapped_column(text_of(60))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))
    kind: Mapped[str] = mapped_column(text_of(40))
    text: Mapped[str] = mapped_column(default="")
    detail: Mapped[dict[str, Any]]


class Appointment(Base):
    """A visit agreed with the customer (D02, T10)."""

    __tablename__ = "appointment"
    __table_args__ = (Index(None, "case_number"),)
    id: Mapped[int] = big_key()
    case_number: Mapped[str] = mapped_column(text_of(60))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    visitors: Mapped[list[Any]]
    attempt: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(text_of(20), default="已约")
    made_by: Mapped[str] = mapped_column(text_of(100))
    made_at: Mapped[datetime]


class ProgressReport(Base):
    """A handler's report every three days (D15, T27)."""

    __tablename__ = "progress_report"
    __table_args__ = (Index(None, "case_number", "at"),)
    id: Mapped[int] = big_key()
    case_number: Mapped[str] = mapped_column(text_of(60))
    case_task_id: Mapped[int | None] = mapped_column(ForeignKey("case_task.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))
    percent: Mapped[int]
    done: Mapped[str]
    next_step: Mapped[str] = mapped_column(default="")
    expected_at: Mapped[datetime | None]
    needs: Mapped[str] = mapped_column(default="")


class SurveyResponse(Base):
    """The answers of a call-back (SP2); `wave` 2 is the one after a month (E19).

    An answer to a survey by plan has the plan's number as `case_number`, the household's place as `round`, its house
    and `total`, 0–100.
    """

    __tablename__ = "survey_response"
    __table_args__ = (UniqueConstraint("case_number", "wave", "attempt", "round"), Index(None, "at"))
    id: Mapped[int] = big_key()
    case_number: Mapped[str] = mapped_column(text_of(60))
    questionnaire: Mapped[str] = mapped_column(text_of(40), default="")
    round: Mapped[int] = mapped_column(default=1)
    wave: Mapped[int] = mapped_column(default=1)
    attempt: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))
    result: Mapped[str] = mapped_column(text_of(20))
    attitude: Mapped[int | None]
    outcome: Mapped[int | None]
    overall: Mapped[str] = mapped_column(text_of(20), default="")
    opinion: Mapped[str] = mapped_column(default="")
    new_demand: Mapped[str] = mapped_column(default="")
    answers: Mapped[dict[str, Any]]
    house: Mapped[str] = mapped_column(text_of(120), default="")
    total: Mapped[float | None] = mapped_column(Numeric(5, 1, asdecimal=False))


class Penalty(Base):
    """A proposed penalty (DMN-11, inactive by default) and what was decided about it (C31–C32)."""

    __tablename__ = "penalty"
    __table_args__ = (Index(None, "case_number"),)
    id: Mapped[int] = big_key()
    case_number: Mapped[str] = mapped_column(text_of(60))
    person: Mapped[str] = mapped_column(default="")
    clause: Mapped[str] = mapped_column(default="")
    amount: Mapped[float | None] = mapped_column(Numeric(12, 2, asdecimal=False))
    notice: Mapped[bool] = mapped_column(default=False)
    proposed_by: Mapped[str] = mapped_column(text_of(100))
    proposed_at: Mapped[datetime]
    stage: Mapped[str] = mapped_column(text_of(20), default="建议")
    document_no: Mapped[str] = mapped_column(default="")


class CaseDocument(Base):
    """A signed or generated document of a case: which sheet, who signed how, where the file lies."""

    __tablename__ = "case_document"
    __table_args__ = (Index(None, "case_number"),)
    id: Mapped[int] = big_key()
    case_number: Mapped[str] = mapped_column(text_of(60))
    kind: Mapped[str] = mapped_column(text_of(40))
    number: Mapped[str] = mapped_column(text_of(60), default="")
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))
    method: Mapped[str] = mapped_column(text_of(20), default="")
    attachments: Mapped[list[Any]]
    sha256: Mapped[str] = mapped_column(text_of(64), default="")
