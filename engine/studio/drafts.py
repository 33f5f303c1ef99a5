"""Drafts: a file is taken into a change, saved again and again by one or several people, and put back as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.bindings import digest_of
from engine.bundles import FOLDER, MAX_FILE_BYTES
from engine.core import merge
from engine.errors import N_, ConflictError, InvalidInputError, NotFoundError
from engine.studio import resources
from engine.studio.views import (
    OPEN,
    DraftView,
    RevisionView,
    Saved,
    draft_view,
    editable,
    found,
    the_draft,
)
from storage import audit, people
from storage import studio as queries
from storage.tables.studio import Draft, DraftRevision

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.core.merge import Conflict
    from engine.studio.resources import Resource
    from storage.tables.studio import ChangeSet

EVERY, RECENT = timedelta(minutes=10), timedelta(hours=1)
MINUTE, APART = timedelta(minutes=1), timedelta(minutes=5)
"""One person saves every second while he draws: of his saves each stays for ten minutes, then one a minute for the
hour, then one in five."""


def add_file(
    session: Session,
    viewer: Viewer,
    change_id: UUID,
    file: str,
    *,
    source: bytes | None = None,
    kind: str = "",
    folder: str = "",
    now: datetime,
    every: Sequence[Resource] | None = None,
) -> DraftView:
    """Take a file into a change: a copy of the published one, or a new one with this `source`.

    A file that is in the change already stays as it is. `every` is what is published, for whoever adds many.

    Raises:
        NotFoundError: no such file is published and no source was given.
        InvalidInputError: the name is not one of a diagram, table, form, scenario or texts, the folder's is none, or
            the file is too large.
        ConflictError: the change is over, or a new file has the name of a published one.
    """
    row = editable(session, viewer, change_id)
    file = file.strip()
    current = next((one for one in every or resources.published(session) if one.file == file), None)
    already = queries.draft(session, change_id, file)
    if already is not None:
        return draft_view(already, current)
    kind = (current.kind if current else "") or kind or resources.kind_of(file)
    if source is not None and current is not None:
        raise ConflictError(N_("There is a published file {file} already: choose another name."), file=file)
    if source is None and current is None:
        raise NotFoundError(N_("There is no file {file}."), file=file[:200])
    folder = current.folder if current else folder.strip()
    _named_well(file, kind, folder)
    base = b"" if current is None else resources.content(session, current)
    content = _bounded(base if source is None else source)
    draft = Draft(
        change_set_id=row.id, file=file, kind=kind, folder=folder,
        base=current.digest if current else "", base_source=base, source=content, revision=1, edited_at=now,
        edited_by=viewer.login,
    )  # fmt: skip
    session.add(draft)
    session.flush()
    _keep(session, draft, content, viewer.login, now)
    touched(session, row, viewer, now)
    _note(session, row, viewer, "studio.file.add", now, file=file, new=current is None)
    return draft_view(draft, current)


def draft(session: Session, viewer: Viewer, change_id: UUID, file: str) -> Saved:
    """Read a draft.

    Raises:
        NotFoundError: there is no such change, or it has no such file.
    """
    row = the_draft(session, found(session, viewer, change_id), file)
    return _saved(row)


def save(
    session: Session, viewer: Viewer, change_id: UUID, file: str, *, source: bytes, revision: int, now: datetime
) -> Saved:
    """Save what somebody made of the revision he began from; what others saved since stays in it.

    A file that cannot be read is kept all the same: the check says what is wrong with it.

    Raises:
        NotFoundError: there is no such change or file.
        InvalidInputError: the file is too large, or there never was such a revision.
        ConflictError: the change is published or discarded.
    """
    row = editable(session, viewer, change_id)
    kept = the_draft(session, row, file, lock=True)
    _bounded(source)
    if source == kept.source:
        return _saved(kept)
    going_on = kept.revision > 1 and kept.edited_by == viewer.login and now - kept.edited_at <= APART
    if not going_on:  # not each second of a drawing
        _note(session, row, viewer, "studio.edit", now, file=file, revision=kept.revision + 1)
    if revision == kept.revision:
        _store(session, row, kept, source, viewer, now)
        return _saved(kept)
    base = _ancestor(session, kept, revision)
    both = merge.merge(kept.kind, base, source, bytes(kept.source))
    if both.conflicts:
        _note(session, row, viewer, "studio.conflict", now, file=file, of=len(both.conflicts))
    mine = _aside(session, kept, source, viewer, now)  # what he goes on from, should he have drawn on meanwhile
    _store(session, row, kept, both.source, viewer, now)
    return _saved(kept, merged=True, conflicts=both.conflicts, mine=mine)


def take_mine(
    session: Session, viewer: Viewer, change_id: UUID, file: str, *, mine: int, revision: int, now: datetime
) -> Saved:
    """Let the values of the revision `mine`, which began from `revision`, stand where both had changed the same.

    Raises:
        NotFoundError: there is no such change, file or revision.
        ConflictError: the change is published or discarded.
    """
    row = editable(session, viewer, change_id)
    kept = the_draft(session, row, file, lock=True)
    own = _revision(session, kept, mine)
    both = merge.merge(kept.kind, _ancestor(session, kept, revision), own.source, kept.source, prefer="mine")
    _store(session, row, kept, both.source, viewer, now)
    _note(session, row, viewer, "studio.conflict.mine", now, file=file, revision=mine)
    return _saved(kept, merged=True)


def revisions(session: Session, viewer: Viewer, change_id: UUID, file: str) -> tuple[RevisionView, ...]:
    """List how a draft was saved, newest first."""
    kept = the_draft(session, found(session, viewer, change_id), file)
    rows = queries.revisions(session, kept.id)
    names = people.names(session, {row.saved_by for row in rows})
    return tuple(
        RevisionView(row.revision, row.saved_at, row.saved_by, names.get(row.saved_by, row.saved_by)) for row in rows
    )


def revision(session: Session, viewer: Viewer, change_id: UUID, file: str, number: int) -> bytes:
    """Read a draft as it was saved once.

    Raises:
        NotFoundError: there is no such change, file or revision.
    """
    kept = the_draft(session, found(session, viewer, change_id), file)
    return bytes(_revision(session, kept, number).source)


def restore(session: Session, viewer: Viewer, change_id: UUID, file: str, *, revision: int, now: datetime) -> Saved:
    """Put a draft back to how it was saved once; what came after stays in the list.

    Raises:
        NotFoundError: there is no such change, file or revision.
        ConflictError: the change is published or discarded.
    """
    row = editable(session, viewer, change_id)
    kept = the_draft(session, row, file, lock=True)
    source = bytes(_revision(session, kept, revision).source)
    if source != kept.source:
        _store(session, row, kept, source, viewer, now)
        _note(session, row, viewer, "studio.restore", now, file=file, revision=revision)
    return _saved(kept)


def remove_file(session: Session, viewer: Viewer, change_id: UUID, file: str, *, now: datetime) -> None:
    """Take a file out of a change, with all that was drawn in it.

    Raises:
        NotFoundError: there is no such change or file.
        ConflictError: the change is published or discarded.
    """
    row = editable(session, viewer, change_id)
    kept = the_draft(session, row, file, lock=True)
    queries.remove_draft(session, kept.id)
    session.expunge(kept)
    touched(session, row, viewer, now)
    _note(session, row, viewer, "studio.file.remove", now, file=file)


def take_over(session: Session, viewer: Viewer, change_id: UUID, file: str, *, now: datetime) -> Saved:
    """Take over into a draft what was published since it began. What both changed stays as the draft has it.

    Raises:
        NotFoundError: there is no such change or file, or it is no longer published.
        ConflictError: the change is over.
    """
    row = editable(session, viewer, change_id)
    kept = the_draft(session, row, file, lock=True)
    fresh = resources.source(session, file)
    both = merge.merge(kept.kind, kept.base_source, fresh, kept.source)
    kept.base, kept.base_source = digest_of(fresh), fresh
    mine = 0
    if both.conflicts:
        mine = _aside(session, kept, fresh, viewer, now)
    if both.source != kept.source or mine:
        _store(session, row, kept, both.source, viewer, now)
    _note(session, row, viewer, "studio.take_over", now, file=file, conflicts=len(both.conflicts))
    session.flush()
    return _saved(kept, merged=True, conflicts=both.conflicts, mine=mine)


# Inside


def _saved(kept: Draft, *, merged: bool = False, conflicts: tuple[Conflict, ...] = (), mine: int = 0) -> Saved:
    return Saved(bytes(kept.source), kept.revision, kept.edited_by, kept.edited_at, kept.kind, merged, conflicts, mine)


def _named_well(file: str, kind: str, folder: str) -> None:
    suffix = resources.SUFFIXES.get(kind, "")
    stem = file.removesuffix(suffix)
    if not suffix or not file.endswith(suffix) or not stem or not stem.replace("-", "").replace("_", "").isalnum():
        raise InvalidInputError(
            N_("A file is named with letters, digits, - and _ and ends in {suffixes}: {file} is not."),
            suffixes=", ".join(resources.SUFFIXES.values()), file=file[:200] or "“”",
        )  # fmt: skip
    if not FOLDER.fullmatch(folder):
        raise InvalidInputError(
            N_("A folder is named with letters, digits, - and _: {folder} is not."), folder=folder[:100]
        )


def _bounded(source: bytes) -> bytes:
    if len(source) > MAX_FILE_BYTES:
        raise InvalidInputError(N_("The file is larger than {limit} bytes."), limit=MAX_FILE_BYTES)
    return source


def _revision(session: Session, kept: Draft, number: int) -> DraftRevision:
    row = queries.revision(session, kept.id, number)
    if row is None or row.revision != number:
        raise NotFoundError(N_("Revision {number} of {file} is no longer kept."), number=number, file=kept.file)
    return row


def _ancestor(session: Session, kept: Draft, number: int) -> bytes:
    if not 0 < number <= kept.revision:
        raise InvalidInputError(N_("{file} has no revision {number}."), file=kept.file, number=number)
    row = queries.revision(session, kept.id, number)
    return bytes(row.source) if row is not None else bytes(kept.base_source)


def _aside(session: Session, kept: Draft, source: bytes, viewer: Viewer, now: datetime) -> int:
    """Keep what could not be put together as a revision of its own, under the one that holds."""
    kept.revision += 1
    _keep(session, kept, source, viewer.login, now)
    return kept.revision


def _store(session: Session, row: ChangeSet, kept: Draft, source: bytes, viewer: Viewer, now: datetime) -> None:
    kept.source, kept.revision, kept.edited_at, kept.edited_by = source, kept.revision + 1, now, viewer.login
    session.flush()
    _keep(session, kept, source, viewer.login, now)
    _thin_out(session, kept, now)
    touched(session, row, viewer, now)


def _keep(session: Session, kept: Draft, source: bytes, login: str, now: datetime) -> None:
    session.add(DraftRevision(draft_id=kept.id, revision=kept.revision, source=source, saved_at=now, saved_by=login))
    session.flush()


def _thin_out(session: Session, kept: Draft, now: datetime) -> None:
    """Forget revisions of a while ago that the same person replaced within minutes; the first is kept for good."""
    unneeded = []
    newer = after = None
    for row in queries.revisions(session, kept.id):
        age = now - row.saved_at
        apart = timedelta(0) if age <= EVERY or row.revision == 1 else MINUTE if age <= RECENT else APART
        if after and after.saved_at == row.saved_at and age <= RECENT:
            pass  # sent beside what others had saved: he may still choose it
        elif newer and newer.saved_by == row.saved_by and newer.saved_at - row.saved_at < apart:
            unneeded.append(row.revision)
        else:
            newer = row
        after = row
    queries.forget_revisions(session, kept.id, unneeded)


def touched(session: Session, row: ChangeSet, viewer: Viewer, now: datetime) -> None:
    """Note that a change was edited: what was said of it as it was no longer holds."""
    row.updated_at = now
    if row.state != OPEN or row.verdict:
        _note(session, row, viewer, "studio.review.void", now, verdict=row.verdict)
        row.state, row.verdict, row.opinion, row.reviewed_by, row.reviewed_at = OPEN, "", "", "", None
    session.flush()


def _note(session: Session, row: ChangeSet, viewer: Viewer, action: str, now: datetime, **detail: object) -> None:
    audit.record(session, actor=viewer.login, action=action, subject=f"change:{row.id}", detail=detail, now=now)
