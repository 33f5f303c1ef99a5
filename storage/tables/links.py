"""Signed links for people outside: a row each, so that it can be taken back, and a log of their use."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, BigId, big_key, uuid_key
from storage.tables.base import code as text_of


class SignedLink(Base):
    """A link that opens one thing without a password. Its signature is not stored: it is computed from this row.

    `kind`: contractor (`subject` is the unit's code), case (its number) or house (the house's code). `label` names the
    person or company who has it: what is done through the link is done in this name. `locale` "" until chosen.
    `party_id` is whose house it was when the link to a house was made.
    """

    __tablename__ = "signed_link"
    __table_args__ = (Index(None, "kind", "subject"), Index(None, "created_by", "created_at"))
    id: Mapped[UUID] = uuid_key()
    kind: Mapped[str] = mapped_column(text_of(20))
    subject: Mapped[str] = mapped_column(text_of(120))
    label: Mapped[str] = mapped_column(default="")
    party_id: Mapped[int | None] = mapped_column(BigId)
    locale: Mapped[str] = mapped_column(text_of(20), default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(text_of(100))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str] = mapped_column(text_of(100), default="")
    uses: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


class LinkUse(Base):
    """One use of a link; `link_id` is empty when nobody was let in. `what`: see do refused wrong."""

    __tablename__ = "link_use"
    __table_args__ = (Index(None, "link_id", "at"), Index(None, "address", "at"), Index(None, "at"))
    id: Mapped[int] = big_key()
    link_id: Mapped[UUID | None]
    at: Mapped[datetime]
    address: Mapped[str] = mapped_column(text_of(100), default="")
    what: Mapped[str] = mapped_column(text_of(20))
    detail: Mapped[str] = mapped_column(text_of(200), default="")
