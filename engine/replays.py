"""Requests of programs that may come twice: the second gets the answer of the first, and nothing happens again."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from engine.errors import N_, InvalidInputError
from storage import instances

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer


def _stored(key: str) -> str:
    return "api:" + sha256(key.encode()).hexdigest()


def remembered(session: Session, viewer: Viewer, key: str, fingerprint: str) -> Mapping[str, Any] | None:
    """Give the answer this person's request with this key got; None when it is new.

    Raises InvalidInputError when the key was used for another request.
    """
    known = instances.remembered(session, viewer.login, _stored(key))
    if known is None:
        return None
    if known["fingerprint"] != fingerprint:
        raise InvalidInputError(N_("This idempotency key was used for another request."))
    answer: Mapping[str, Any] = known["answer"]
    return answer


def remember(
    session: Session, viewer: Viewer, key: str, fingerprint: str, answer: Mapping[str, Any], *, now: datetime
) -> None:
    """Keep the answer of a request in its own transaction: two at the same time are one and a conflict."""
    result = {"fingerprint": fingerprint, "answer": dict(answer)}
    instances.remember(session, viewer.login, _stored(key), result, now)
    session.flush()
