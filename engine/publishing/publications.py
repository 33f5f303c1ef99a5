"""What was published from the studio: who, when, why, what became of the cases, whether it can be taken back."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from engine import access, migration_batches
from engine.access import Action
from engine.bindings import digest_of
from engine.errors import N_, NotFoundError
from engine.studio import resources
from storage import moves, people
from storage import studio_publications as queries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.migration_batches import Progress
    from engine.studio.resources import Resource
    from storage.tables.studio import ChangeSet, Publication, PublicationFile

PAGE = 50


@dataclass(frozen=True, slots=True)
class FileOf:
    """A file of a publication; `over` says who published it again since, "" when it is still what was published."""

    file: str
    kind: str
    folder: str
    name: str
    is_new: bool
    over: str = ""
    over_at: datetime | None = None
    over_publication: UUID | None = None


@dataclass(frozen=True, slots=True)
class VersionOf:
    """A version of a process that a publication made; `running` cases are on it, moved there or begun with it.

    `back` is the version that came after it when it was taken back, None when its process was withdrawn or it stands.
    """

    id: UUID
    key: str
    name: str
    version: int
    running: int
    back: UUID | None = None


@dataclass(frozen=True, slots=True)
class PublicationRow:
    """A publication as a list shows it; `moved` cases are on its versions by its own moves, `waiting` are to come."""

    id: UUID
    change_id: UUID
    title: str
    reason: str
    published_at: datetime
    published_by: str
    files: tuple[FileOf, ...]
    moved: int
    waiting: int
    undone_at: datetime | None
    undone_by: str
    undone_reason: str


@dataclass(frozen=True, slots=True)
class PublicationView:
    """A publication whole, with how far the moves of its cases have come."""

    row: PublicationRow
    versions: tuple[VersionOf, ...]
    batches: tuple[Progress, ...]

    @property
    def finished(self) -> bool:
        """Tell whether no case is to be moved or taken back any more."""
        return all(one.finished for one in self.batches)

    @property
    def over(self) -> tuple[FileOf, ...]:
        """The files that somebody published again since."""
        return tuple(one for one in self.row.files if one.over)

    @property
    def movable_back(self) -> int:
        """How many cases its moves have put onto its versions, or will."""
        return self.row.moved + self.row.waiting


def listed(session: Session, viewer: Viewer, *, page: int = 1) -> tuple[tuple[PublicationRow, ...], bool]:
    """List publications, newest first, and tell whether there are more. Raises NotAllowedError."""
    access.require(viewer, Action.STUDIO_USE)
    found = queries.listed(session, PAGE + 1, (page - 1) * PAGE)
    return tuple(_rows(session, found[:PAGE])), len(found) > PAGE


def of_change(session: Session, viewer: Viewer, change_id: UUID) -> UUID | None:
    """Give the publication of a change, None when it is not published. Raises NotAllowedError."""
    access.require(viewer, Action.STUDIO_USE)
    row = queries.of_change(session, change_id)
    return row.id if row is not None else None


def source(session: Session, viewer: Viewer, publication_id: UUID, file: str) -> tuple[bytes | None, bytes]:
    """Read a file of a publication: what was in force before (None: nothing), and what came into force.

    Raises NotFoundError, NotAllowedError.
    """
    access.require(viewer, Action.STUDIO_USE)
    row = queries.file(session, publication_id, file)
    if row is None:
        raise NotFoundError(N_("There is no file {file}."), file=file[:200])
    return row.before, row.after


def view(session: Session, viewer: Viewer, publication_id: UUID) -> PublicationView:
    """Show a publication. Raises NotFoundError, NotAllowedError."""
    access.require(viewer, Action.STUDIO_USE)
    found = queries.one(session, publication_id)
    if found is None:
        raise NotFoundError(N_("There is no such publication."))
    row = found[0]
    (shown,) = _rows(session, [found])
    if row.undone_at is None:
        shown = replace(shown, files=tuple(published_over(session, row)))
    batches = tuple(migration_batches.progress(session, viewer, UUID(one))[0] for one in row.batches)
    return PublicationView(shown, tuple(_versions(session, row)), batches)


def published_over(session: Session, row: Publication) -> Iterator[FileOf]:
    """List the files of a publication with who published them again since."""
    in_force = {one.file: one for one in resources.published(session)}
    for one in queries.files(session, [row.id], whole=True):
        plain = FileOf(one.file, one.kind, one.folder, one.file, one.before is None)
        current = in_force.get(one.file)
        name = current.name if current else one.file
        if current is not None and _stands(session, one, current):
            yield replace(plain, name=name)
            continue
        later = queries.later(session, one.file, row.published_at)
        yield replace(
            plain, name=name, over=current.published_by if current else "?",
            over_at=current.published_at if current else None, over_publication=later[0][0].id if later else None,
        )  # fmt: skip


def _stands(session: Session, row: PublicationFile, current: Resource) -> bool:
    """Tell whether what a publication brought is still in force; texts are only ever added to."""
    if row.kind != "texts":
        return current.digest == digest_of(row.after)
    now, then = (json.loads(one) for one in (resources.source(session, row.file), row.after))
    return all(now.get(text) == english for text, english in then.items())


def _versions(session: Session, row: Publication) -> Iterator[VersionOf]:
    running = moves.counts(session)
    after = queries.versions_of(session, row.undo_deployment_id) if row.undo_deployment_id else ()
    back = {one.key: one.id for one in after}
    for one in queries.versions_of(session, row.deployment_id):
        yield VersionOf(one.id, one.key, one.name, one.version, running.get(one.id, 0), back.get(one.key))


def _rows(session: Session, found: Sequence[tuple[Publication, ChangeSet]]) -> list[PublicationRow]:
    ids = [row.id for row, _ in found]
    new = queries.new_files(session, ids)
    files: dict[UUID, list[FileOf]] = {}
    for one in queries.files(session, ids):
        files.setdefault(one.publication_id, []).append(
            FileOf(one.file, one.kind, one.folder, one.file, one.id in new)
        )  # fmt: skip
    states = moves.progress(session, [UUID(batch) for row, _ in found for batch in row.batches])
    names = people.names(session, {login for row, _ in found for login in (row.published_by, row.undone_by)})
    rows = []
    for row, change in found:
        counted = Counter[str]()
        for batch in row.batches:
            counted.update(states.get(UUID(batch), {}))
        rows.append(
            PublicationRow(
                id=row.id, change_id=change.id, title=change.title, reason=change.reason,
                published_at=row.published_at, published_by=names.get(row.published_by, row.published_by),
                files=tuple(files.get(row.id, ())), moved=counted["moved"], waiting=counted["pending"],
                undone_at=row.undone_at, undone_by=names.get(row.undone_by, row.undone_by),
                undone_reason=row.undone_reason,
            )
        )  # fmt: skip
    return rows
