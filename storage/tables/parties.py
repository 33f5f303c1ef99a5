"""People outside and inside: owners and their contacts, departments, rota, backup contacts, who looked at what."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, big_key
from storage.tables.base import code as text_of


class Party(Base):
    """A person, company or owners' committee (业委会); `importance` 重要/一般 and `prefer`: B68, E17."""

    __tablename__ = "party"
    id: Mapped[int] = big_key()
    kind: Mapped[str] = mapped_column(text_of(20), default="个人")
    name: Mapped[str] = mapped_column(text_of(120), index=True)
    importance: Mapped[str] = mapped_column(text_of(20), default="一般")
    prefer: Mapped[str] = mapped_column(text_of(20), default="电话")
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class Ownership(Base):
    """Who has what to do with a house: 业主, 家属, 租户, 受托人; open at the end while it lasts."""

    __tablename__ = "ownership"
    __table_args__ = (
        UniqueConstraint("unit_id", "party_id", "role"),
        Index(None, "party_id"),
    )
    id: Mapped[int] = big_key()
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    role: Mapped[str] = mapped_column(text_of(20), default="业主")
    since: Mapped[date | None]
    until: Mapped[date | None]


class Contact(Base):
    """A way to reach a party. The value is encrypted, found by its keyed hash, and shown masked (B29)."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("party_id", "value_hash"), Index(None, "value_hash"), Index(None, "tail"))
    id: Mapped[int] = big_key()
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    kind: Mapped[str] = mapped_column(text_of(20), default="phone")
    value: Mapped[bytes]
    value_hash: Mapped[str] = mapped_column(text_of(64))
    masked: Mapped[str] = mapped_column(text_of(60))
    tail: Mapped[str] = mapped_column(text_of(4), default="")
    preferred: Mapped[bool] = mapped_column(default=True)


class Department(Base):
    """A department that handles cases; `role` is the candidate group of its tasks, `head` its leader's login (B52)."""

    __tablename__ = "department"
    id: Mapped[int] = big_key()
    code: Mapped[str] = mapped_column(text_of(60), unique=True)
    name: Mapped[str]
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    role: Mapped[str] = mapped_column(text_of(60), default="")
    head: Mapped[str] = mapped_column(text_of(100), default="")
    active: Mapped[bool] = mapped_column(default=True)


class Staff(Base):
    """What the register knows of a member of staff beyond the account: department, title, line manager."""

    __tablename__ = "staff"
    login: Mapped[str] = mapped_column(text_of(100), primary_key=True)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    title: Mapped[str] = mapped_column(default="")
    manager: Mapped[str] = mapped_column(text_of(100), default="")


class DutyRota(Base):
    """Who is on duty for a project (B47): calls out of hours go to him. An empty project means every project."""

    __tablename__ = "duty_rota"
    __table_args__ = (Index(None, "project", "starts_at"),)
    id: Mapped[int] = big_key()
    project: Mapped[str] = mapped_column(text_of(60), default="")
    role: Mapped[str] = mapped_column(text_of(60))
    login: Mapped[str] = mapped_column(text_of(100))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")


class BackupContact(Base):
    """Who is told when the acceptor of a project cannot be reached (D04), in order of `rank`."""

    __tablename__ = "backup_contact"
    __table_args__ = (UniqueConstraint("project", "role", "login"),)
    id: Mapped[int] = big_key()
    project: Mapped[str] = mapped_column(text_of(60))
    role: Mapped[str] = mapped_column(text_of(60))
    login: Mapped[str] = mapped_column(text_of(100))
    rank: Mapped[int] = mapped_column(default=1)


class AccessLog(Base):
    """Who saw or exported personal data, and when (B29); append only."""

    __tablename__ = "access_log"
    __table_args__ = (Index(None, "subject", "at"),)
    id: Mapped[int] = big_key()
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(text_of(100))
    action: Mapped[str] = mapped_column(text_of(60))
    subject: Mapped[str] = mapped_column(text_of(120))
    detail: Mapped[dict[str, Any]]
