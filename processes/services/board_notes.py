"""Free notes on the week and month board, each with its author and date (B70, R4); only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import N_, InvalidInputError, NotAllowedError
from processes.services import rights
from processes.services.order_board import days_of
from storage import audit, report_lookups
from storage import people as staff
from storage.tables.reports import BoardNote

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer

WRITERS = rights.MANAGERS | {"eng_lead", "ho_lead"}
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Note:
    """A note as the board shows it; `project` "" is for all."""

    author: str
    at: datetime
    project: str
    text: str


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes of a board, oldest first. `projects`: where the viewer may add one ("" for all); none: nowhere."""

    items: tuple[Note, ...]
    projects: tuple[str, ...]


def listed(session: Session, viewer: Viewer, *, span: str, day: date) -> Notes:
    """List the notes of the week or month around a day that concern the viewer's projects."""
    first, _ = days_of(span, day)
    found = report_lookups.notes(session, span, first, rights.scopes_of(viewer, rights.WATCHERS))
    names = staff.names(session, {one.author for one in found})
    items = tuple(Note(names.get(one.author, one.author), one.at, one.project, one.text) for one in found)
    scopes = rights.scopes_of(viewer, WRITERS)
    return Notes(items, ("",) if scopes is None else tuple(sorted(scopes)))


def add(session: Session, viewer: Viewer, *, span: str, day: date, project: str, text: str, now: datetime) -> None:
    """Add a note to the week's or month's board, for a project or for all.

    Raises:
        NotAllowedError: the person leads nobody there.
        InvalidInputError: there is nothing in it, or too much.
    """
    scopes = rights.scopes_of(viewer, WRITERS)
    if scopes is not None and project not in scopes:
        raise NotAllowedError(N_("You may not write notes on this board."))
    said = text.strip()
    if not said:
        raise InvalidInputError(N_("Write something."))
    if len(said) > LONGEST:
        raise InvalidInputError(N_("A note has at most {count} characters."), count=LONGEST)
    first, _ = days_of(span, day)
    session.add(BoardNote(span=span, first=first, project=project, text=said, author=viewer.login, at=now))
    audit.record(
        session,
        actor=viewer.login,
        action="board.note",
        subject=f"board:{span}:{first}",
        detail={"project": project},
        now=now,
    )
