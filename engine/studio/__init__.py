"""Changes in the studio: drafts of several files with a reason, talked over, and published together or not at all.

The one module that callers need: drafts come from `studio_drafts`, comments and reviews from `studio_talk`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import access, deployment, doctor
from engine.access import Action
from engine.bindings import digest_of
from engine.bundles import MAX_FILE_BYTES
from engine.core.calendar import CHINA
from engine.errors import N_, InvalidInputError
from engine.studio import resources
from engine.studio.drafted import strictly
from engine.studio.drafts import (
    add_file,
    draft,
    remove_file,
    restore,
    revision,
    revisions,
    save,
    take_mine,
    take_over,
    touched,
)
from engine.studio.talk import (
    Other,
    Pulse,
    ask_review,
    comment,
    discard,
    heartbeat,
    present,
    reopen,
    resolve_comment,
    review,
    reviewers,
)
from engine.studio.views import (
    DISCARDED,
    IN_REVIEW,
    OPEN,
    PUBLISHED,
    STATES,
    ChangeRow,
    ChangeView,
    CommentView,
    DraftView,
    RevisionView,
    Saved,
    editable,
    found,
    listed,
    the_draft,
    view,
)
from storage import audit
from storage import studio as queries
from storage.tables.studio import ChangeSet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.core.findings import Finding
    from engine.doctor import Mended

__all__ = [
    "DISCARDED", "IN_REVIEW", "OPEN", "PUBLISHED", "STATES", "ChangeRow", "ChangeView", "CommentView", "DraftView",
    "Other", "Pulse", "RevisionView", "Saved", "add_file", "ask_review", "begin", "change", "changes", "check",
    "comment", "digest", "discard", "draft", "files", "heartbeat", "mend", "open_change", "present", "remove_file",
    "rename", "reopen", "resolve_comment", "restore", "review", "reviewers", "revision", "revisions", "save",
    "take_mine", "take_over",
]  # fmt: skip
PAGE = 50
MAX_TITLE, MAX_REASON = 200, 5_000


def open_change(session: Session, viewer: Viewer, *, title: str, reason: str = "", now: datetime) -> UUID:
    """Begin a change and return its id.

    Raises:
        NotAllowedError: the viewer may not edit changes.
        InvalidInputError: it has no title, or one that is too long.
    """
    access.require(viewer, Action.CHANGE_EDIT)
    title, reason = _worded(title, reason)
    row = ChangeSet(
        title=title, reason=reason, created_at=now, created_by=viewer.login, updated_at=now, reviewed_at=None
    )
    session.add(row)
    session.flush()
    detail = {"title": title, "reason": reason}
    audit.record(session, actor=viewer.login, action="studio.open", subject=f"change:{row.id}", detail=detail, now=now)
    return row.id


def begin(
    session: Session,
    viewer: Viewer,
    *,
    wanted: Iterable[str] = (),
    processes: Iterable[str] = (),
    title: str = "",
    reason: str = "",
    now: datetime,
) -> UUID:
    """Begin a change of published files and of the diagrams of processes, and return its id.

    Without a title it is named after the first file and the day.

    Raises:
        NotAllowedError: the viewer may not edit changes.
        NotFoundError: one of the files is not published.
    """
    access.require(viewer, Action.CHANGE_EDIT)
    known = {one.file: one for one in resources.published(session)}
    drawn = {one.key: one.file for one in known.values() if one.kind == "bpmn"}
    names = list(dict.fromkeys([*wanted, *(drawn.get(key, f"{key}.bpmn") for key in processes)]))
    if not title.strip() and names:
        title = f"{known[names[0]].name if names[0] in known else names[0]} {now.astimezone(CHINA):%Y-%m-%d}"
    change_id = open_change(session, viewer, title=title, reason=reason, now=now)
    for file in names:
        add_file(session, viewer, change_id, file, now=now, every=tuple(known.values()))
    return change_id


def rename(session: Session, viewer: Viewer, change_id: UUID, *, title: str, reason: str, now: datetime) -> None:
    """Give a change another title and reason.

    Raises:
        NotFoundError: there is no such change.
        InvalidInputError: it has no title, or one that is too long.
        ConflictError: it is published or discarded.
    """
    row = editable(session, viewer, change_id)
    title, reason = _worded(title, reason)
    if (title, reason) == (row.title, row.reason):
        return
    row.title, row.reason = title, reason
    touched(session, row, viewer, now)
    detail = {"title": row.title, "reason": row.reason}
    audit.record(
        session, actor=viewer.login, action="studio.rename", subject=f"change:{row.id}", detail=detail, now=now
    )
    session.flush()


def _worded(title: str, reason: str) -> tuple[str, str]:
    title, reason = title.strip(), reason.strip()
    if not title:
        raise InvalidInputError(N_("Please give the change a title: what is to be different?"))
    if len(title) > MAX_TITLE or len(reason) > MAX_REASON:
        raise InvalidInputError(
            N_("A title has at most {title} characters, a reason {reason}."), title=MAX_TITLE, reason=MAX_REASON
        )
    return title, reason


def changes(
    session: Session, viewer: Viewer, *, state: str = "", page: int = 1
) -> tuple[tuple[ChangeRow, ...], dict[str, int], bool]:
    """List changes in a state ("": open and in review), the one edited last first; with counts, and if more follow.

    Raises:
        NotAllowedError: the viewer may not use the studio.
    """
    access.require(viewer, Action.STUDIO_USE)
    states = (state,) if state in STATES else (OPEN, IN_REVIEW)
    rows = queries.changes(session, states, PAGE + 1, (page - 1) * PAGE)
    return listed(session, rows[:PAGE]), queries.counts(session), len(rows) > PAGE


def change(session: Session, viewer: Viewer, change_id: UUID) -> ChangeView:
    """Show a change.

    Raises:
        NotFoundError: there is no such change.
        NotAllowedError: the viewer may not use the studio.
    """
    return view(session, found(session, viewer, change_id))


def elsewhere(session: Session, viewer: Viewer, change_id: UUID, file: str) -> tuple[ChangeRow, ...]:
    """List the other changes that draft the same file at the moment."""
    access.require(viewer, Action.STUDIO_USE)
    return listed(session, queries.others_drafting(session, file, change_id))


def files(session: Session, change_id: UUID) -> dict[str, bytes]:
    """Read all drafts of a change, by file name."""
    return queries.sources(session, change_id)


def digest(session: Session, change_id: UUID) -> str:
    """Digest all drafts of a change: another draft, another digest."""
    return digest_of(*(part for file, source in sorted(files(session, change_id).items()) for part in (file, source)))


def check(
    session: Session, viewer: Viewer, change_id: UUID, *, registry: Registry, file: str = "", source: bytes = b""
) -> list[Finding]:
    """Say what publishing this change would be told, with `source` for one file that is not saved yet; errors first.

    Raises:
        NotFoundError: there is no such change, or it has no such file.
    """
    row = found(session, viewer, change_id)
    drafted = _with(session, row, file, source)
    return strictly(deployment.check(session, files=drafted, registry=registry), drafted) if drafted else []


def mend(
    session: Session,
    viewer: Viewer,
    change_id: UUID,
    file: str,
    *,
    source: bytes,
    wanted: list[str],
    registry: Registry,
) -> Mended:
    """Carry out repairs in a diagram that is not saved yet; nothing is stored.

    Raises:
        NotFoundError: there is no such change, file or repair.
    """
    row = found(session, viewer, change_id)
    return doctor.mend(session, files=_with(session, row, file, source), registry=registry, wanted=wanted)


def _with(session: Session, row: ChangeSet, file: str, source: bytes) -> dict[str, bytes]:
    if file:
        the_draft(session, row, file)
        if len(source) > MAX_FILE_BYTES:
            raise InvalidInputError(N_("The file is larger than {limit} bytes."), limit=MAX_FILE_BYTES)
    return files(session, row.id) | ({file: source} if file else {})
