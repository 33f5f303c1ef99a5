"""Where somebody may go on: the changes he worked on a short while ago, offered before yet another one is begun."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.studio.views import OPEN, ChangeRow, listed
from storage import studio as queries

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer

LATELY = timedelta(days=1)
MOST = 3


def recent(session: Session, viewer: Viewer, *, now: datetime) -> tuple[ChangeRow, ...]:
    """List the open changes that the viewer worked on within a day, the one edited last first; few are enough."""
    return listed(session, queries.worked_on(session, viewer.login, OPEN, now - LATELY, MOST))
