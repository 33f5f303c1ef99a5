"""What an administrator decides for the studio of this installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import access
from engine.access import Action
from storage import audit
from storage import studio as queries

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer

SECOND_PERSON = "second_person"


def second_person(session: Session) -> bool:
    """Tell whether a second person has to approve of a change before it is published."""
    return queries.setting(session, SECOND_PERSON) == "yes"


def set_second_person(session: Session, viewer: Viewer, *, wanted: bool, now: datetime) -> None:
    """Decide whether a second person has to approve of every change.

    Raises:
        NotAllowedError: the viewer is no administrator.
    """
    access.require(viewer, Action.STUDIO_SETTINGS)
    if wanted == second_person(session):
        return
    queries.set_setting(session, SECOND_PERSON, "yes" if wanted else "", login=viewer.login, now=now)
    audit.record(
        session, actor=viewer.login, action="studio.settings", subject=f"setting:{SECOND_PERSON}",
        detail={"wanted": wanted}, now=now,
    )  # fmt: skip
