"""People, what they may do where, and who stands in for whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, code, uuid_key


class User(Base):
    """A person who signs in. Passwords are argon2 hashes; "" means that he cannot sign in with one."""

    __tablename__ = "app_user"
    login: Mapped[str] = mapped_column(code(), primary_key=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    department: Mapped[str] = mapped_column(code(), default="")
    title: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str] = mapped_column(default="", deferred=True)
    locale: Mapped[str] = mapped_column(code(20), default="zh_Hans_CN")
    active: Mapped[bool] = mapped_column(default=True)
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]


class Role(Base):
    """A role as lanes and candidate groups name it. `supervises` lists the roles whose tasks it sees and reassigns."""

    __tablename__ = "role"
    code: Mapped[str] = mapped_column(code(), primary_key=True)
    name_zh: Mapped[str] = mapped_column(default="")
    name_en: Mapped[str] = mapped_column(default="")
    supervises: Mapped[list[Any]] = mapped_column(default=list)
    position: Mapped[int] = mapped_column(default=0)


class RoleGrant(Base):
    """A person holds a role, everywhere (scope "") or in one project, perhaps for one organisation."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("login", "role", "scope", "org"), Index(None, "role", "scope"))
    id: Mapped[UUID] = uuid_key()
    login: Mapped[str] = mapped_column(code())
    role: Mapped[str] = mapped_column(code())
    scope: Mapped[str] = mapped_column(code(), default="")
    org: Mapped[str] = mapped_column(code(), default="")
    granted_at: Mapped[datetime]
    granted_by: Mapped[str] = mapped_column(code(), default="")
    valid_until: Mapped[datetime | None]


class Substitution(Base):
    """`substitute` may do what `login` may, from `from_at` (inclusive) until `until_at` (exclusive)."""

    __tablename__ = "substitution"
    __table_args__ = (Index(None, "substitute", "until_at"), Index(None, "login"))
    id: Mapped[UUID] = uuid_key()
    login: Mapped[str] = mapped_column(code())
    substitute: Mapped[str] = mapped_column(code())
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")
    created_by: Mapped[str] = mapped_column(code(), default="")
    created_at: Mapped[datetime]


class LoginAttempt(Base):
    """A failed sign-in since the last good one; counted for the lock-out."""

    __tablename__ = "login_attempt"
    __table_args__ = (Index(None, "login", "at"),)
    id: Mapped[UUID] = uuid_key()
    login: Mapped[str] = mapped_column(code())
    at: Mapped[datetime]
    address: Mapped[str] = mapped_column(code(), default="")


class ApiToken(Base):
    """A key for programs; only its SHA-256 is kept. `roles` names those of the person's roles it carries; none: all."""

    __tablename__ = "api_token"
    id: Mapped[UUID] = uuid_key()
    login: Mapped[str] = mapped_column(code(), index=True)
    name: Mapped[str] = mapped_column(default="")
    digest: Mapped[str] = mapped_column(code(64), unique=True)
    roles: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
