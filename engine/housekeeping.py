"""What a worker tidies up once a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from storage import instances, links, moves, people, rehearsals

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry

NAME = "engine.housekeeping"
EVERY = timedelta(days=1)
KEEP_KEYS = timedelta(days=7)
KEEP_FAILURES = timedelta(days=1)
KEEP_MOVES = timedelta(days=30)
KEEP_USES = timedelta(days=180)
KEEP_REHEARSALS = timedelta(days=30)


def tidy(session: Session, now: datetime, _registry: Registry) -> None:
    """Forget idempotency keys after a week, failed sign-ins after a day, how to undo changes of version after 30.

    The log of the use of signed links is kept for half a year; what was refused stays in the audit log. Rehearsals that
    nobody has touched for 30 days go.
    """
    instances.forget_keys(session, now - KEEP_KEYS)
    moves.forget(session, now - KEEP_MOVES)
    people.forget_old_failures(session, now - KEEP_FAILURES)
    links.forget_uses(session, now - KEEP_USES)
    rehearsals.forget(session, now - KEEP_REHEARSALS)


def added(registry: Registry) -> Registry:
    """Give a registry whose periodic work includes tidying up."""
    return replace(registry, periodic={**registry.periodic, NAME: (EVERY, tidy)})
