"""Queries over the wordings of messages that people have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.tables.studio import MessageText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


def every(session: Session) -> Sequence[MessageText]:
    """List all changed wordings."""
    return session.scalars(select(MessageText).order_by(MessageText.changed_at, MessageText.digest)).all()


def find(session: Session, digest: str, locale: str) -> MessageText | None:
    """Find the changed wording of a text in a language."""
    return session.get(MessageText, (digest, locale))
