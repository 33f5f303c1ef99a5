"""What callers see of a change: its drafts, what was said of it, who works on it. And how a change is found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine import access
from engine.access import Action
from engine.bindings import digest_of
from engine.errors import N_, ConflictError, NotFoundError
from engine.studio import known, resources
from storage import people
from storage import studio as queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.core.merge import Conflict
    from engine.studio.resources import Resource
    from storage.tables.studio import ChangeSet, Draft

OPEN, IN_REVIEW, PUBLISHED, DISCARDED = "open", "in_review", "published", "discarded"
STATES = (OPEN, IN_REVIEW, PUBLISHED, DISCARDED)


@dataclass(frozen=True, slots=True)
class DraftView:
    """A file of a change. `outdated`: what is published changed since the draft began; `name` as its owner knows it."""

    id: UUID
    file: str
    kind: str
    folder: str
    name: str
    revision: int
    edited_at: datetime
    edited_by: str
    is_new: bool
    outdated: bool
    same: bool = False
    """Nothing differs from what is published."""


@dataclass(frozen=True, slots=True)
class CommentView:
    """What somebody said, perhaps at a file and an element; `resolved_at` when it is settled."""

    id: UUID
    file: str
    element_id: str
    text: str
    written_at: datetime
    written_by: str
    resolved_at: datetime | None
    resolved_by: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change with its drafts and what was said. `names` maps the logins in it to people's names."""

    id: UUID
    title: str
    reason: str
    state: str
    created_at: datetime
    created_by: str
    updated_at: datetime
    drafts: tuple[DraftView, ...]
    comments: tuple[CommentView, ...]
    reviewer: str
    reviewed_by: str
    reviewed_at: datetime | None
    verdict: str
    opinion: str
    names: Mapping[str, str] = field(default_factory=dict)
    authors: frozenset[str] = frozenset()
    """Who began it or ever saved one of its files: they cannot review it."""

    @property
    def editable(self) -> bool:
        """Tell whether its drafts may still be changed."""
        return self.state in (OPEN, IN_REVIEW)

    def draft(self, file: str) -> DraftView | None:
        """Find one of its files."""
        return next((one for one in self.drafts if one.file == file), None)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change as a list shows it."""

    id: UUID
    title: str
    reason: str
    state: str
    created_at: datetime
    created_by: str
    updated_at: datetime
    files: tuple[str, ...]
    reviewer: str
    verdict: str
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Saved:
    """A draft as it is kept now.

    `merged`: somebody else's save was in between and both were put together; what this one sent is kept as the
    revision `mine`. `conflicts`: what both changed at once; the other's value stands there.
    """

    source: bytes
    revision: int
    edited_by: str
    edited_at: datetime
    kind: str = ""
    merged: bool = False
    conflicts: tuple[Conflict, ...] = ()
    mine: int = 0


@dataclass(frozen=True, slots=True)
class RevisionView:
    """A draft as it was saved once."""

    revision: int
    saved_at: datetime
    saved_by: str
    name: str


def found(session: Session, viewer: Viewer, change_id: UUID, *, action: Action = Action.STUDIO_USE) -> ChangeSet:
    """Find a change for somebody who may do this with it; changing it locks it.

    Raises:
        NotFoundError: there is no such change.
        NotAllowedError: the viewer may not do this.
    """
    access.require(viewer, action)
    row = queries.change(session, change_id, lock=action != Action.STUDIO_USE)
    if row is None:
        raise NotFoundError(N_("There is no such change."))
    return row


def editable(session: Session, viewer: Viewer, change_id: UUID) -> ChangeSet:
    """Find a change whose drafts may still be changed.

    Raises:
        NotFoundError: there is no such change.
        NotAllowedError: the viewer may not edit changes.
        ConflictError: it is published or discarded.
    """
    row = found(session, viewer, change_id, action=Action.CHANGE_EDIT)
    if row.state == PUBLISHED:
        raise ConflictError(N_("This change is published already. Begin a new change to go on."))
    if row.state == DISCARDED:
        raise ConflictError(N_("This change was discarded. Begin a new change to go on."))
    return row


def the_draft(session: Session, row: ChangeSet, file: str, *, lock: bool = False) -> Draft:
    """Find a file of a change.

    Raises:
        NotFoundError: the change has no such file.
    """
    draft = queries.draft(session, row.id, file, lock=lock)
    if draft is None:
        raise NotFoundError(N_("This change has no file {file}."), file=file[:200])
    return draft


def authors_of(session: Session, row: ChangeSet) -> set[str]:
    """List who worked on a change: who began it, and everybody who ever saved one of its files."""
    return {row.created_by, *queries.savers(session, row.id)}


def view(session: Session, row: ChangeSet) -> ChangeView:
    """Show a change whole."""
    in_force = {one.file: one for one in resources.published(session)}
    comments = tuple(
        CommentView(c.id, c.file, c.element_id, c.text, c.written_at, c.written_by, c.resolved_at, c.resolved_by)
        for c in queries.comments(session, row.id)
    )
    drafts = draft_views(session, row, in_force)
    logins = {row.created_by, row.reviewer, row.reviewed_by, *(one.edited_by for one in drafts)}
    logins |= {login for one in comments for login in (one.written_by, one.resolved_by)}
    return ChangeView(
        id=row.id, title=row.title, reason=row.reason, state=row.state, created_at=row.created_at,
        created_by=row.created_by, updated_at=row.updated_at, drafts=drafts, comments=comments, reviewer=row.reviewer,
        reviewed_by=row.reviewed_by, reviewed_at=row.reviewed_at, verdict=row.verdict, opinion=row.opinion,
        names=people.names(session, logins), authors=frozenset(authors_of(session, row)),
    )  # fmt: skip


def draft_views(session: Session, row: ChangeSet, in_force: Mapping[str, Resource]) -> tuple[DraftView, ...]:
    """Show the drafts of a change beside what is published."""
    live = row.state in (OPEN, IN_REVIEW)
    sources = queries.sources(session, row.id)
    digests = {file: digest_of(source) for file, source in sources.items()}
    return tuple(
        draft_view(
            one, in_force.get(one.file), digest=digests.get(one.file, ""), live=live,
            own=known.title(one.kind, sources.get(one.file, b"")) if one.file not in in_force else "",
        )
        for one in queries.drafts(session, row.id)
    )  # fmt: skip


def draft_view(
    draft: Draft, current: Resource | None, *, digest: str = "", live: bool = True, own: str = ""
) -> DraftView:
    """Show one draft beside what is published under its name; a new one has its own name."""
    outdated = live and (current.digest if current else "") != draft.base
    return DraftView(
        id=draft.id, file=draft.file, kind=draft.kind, folder=draft.folder,
        name=current.name if current else own or draft.file, revision=draft.revision, edited_at=draft.edited_at,
        edited_by=draft.edited_by, is_new=not draft.base, outdated=outdated,
        same=bool(current) and current.digest == digest if current else False,
    )  # fmt: skip


def listed(session: Session, rows: Iterable[ChangeSet]) -> tuple[ChangeRow, ...]:
    """Show changes as a list has them."""
    rows = list(rows)
    files: dict[UUID, list[str]] = {}
    for draft in queries.drafts_of(session, [row.id for row in rows]):
        files.setdefault(draft.change_set_id, []).append(draft.file)
    names = people.names(session, {login for row in rows for login in (row.created_by, row.reviewer)})
    return tuple(
        ChangeRow(
            id=row.id, title=row.title, reason=row.reason, state=row.state, created_at=row.created_at,
            created_by=row.created_by, updated_at=row.updated_at, files=tuple(files.get(row.id, ())),
            reviewer=row.reviewer, verdict=row.verdict, names=names,
        )
        for row in rows
    )  # fmt: skip
