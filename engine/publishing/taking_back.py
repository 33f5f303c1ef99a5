"""Take a publication back: what was in force before is published again, and cases it moved may go back."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine import access, definitions, migration_batches, studio
from engine.access import Action
from engine.bindings import form_reference
from engine.core import normalise, parse
from engine.core.forms import drawn
from engine.errors import N_, ConflictError, InvalidInputError, NotFoundError
from engine.notifications import notify
from engine.publishing import publication, publications
from engine.studio import drafted, resources
from storage import audit, moves
from storage import definitions as definition_rows
from storage import studio as change_rows
from storage import studio_publications as queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from storage.tables.studio import Publication, PublicationFile


def take_back(
    session: Session,
    viewer: Viewer,
    publication_id: UUID,
    *,
    reason: str,
    move_back: bool = True,
    now: datetime,
    registry: Registry,
) -> None:
    """Publish again what was in force before a publication, for new cases; withdraw the files it had added.

    `move_back`: the cases it has moved go back in the background, exactly as they were, unless they have gone on. Those
    still waiting to be moved are not moved any more, either way.

    Raises:
        ConflictError: it was taken back already, a file of it was published again since, or what it added is in use.
        InvalidInputError: no reason is given. NotFoundError, NotAllowedError.
        DeploymentRefused: what was in force before cannot run any more.
    """
    access.require(viewer, Action.CHANGE_PUBLISH)
    row = queries.get(session, publication_id, lock=True)
    if row is None:
        raise NotFoundError(N_("There is no such publication."))
    queries.hold(session)
    if row.undone_at is not None:
        raise ConflictError(N_("This publication was taken back already."))
    reason = reason.strip()[: publication.MAX_REASON]
    if not reason:
        raise InvalidInputError(N_("Please say why."))
    _stands(session, row)
    files = queries.files(session, [row.id], whole=True)
    before = {one.file: one.before for one in files if one.before is not None}
    restored = before and publication.bring(session, viewer, before, reason=reason, now=now, registry=registry)
    _withdraw(session, viewer, row, files, now=now, registry=registry)
    stopped = _stop_moves(session, viewer, row, reason=reason, move_back=move_back, now=now)
    row.undone_at, row.undone_by, row.undone_reason = now, viewer.login, reason
    row.undo_deployment_id = restored.id if restored else None
    session.flush()
    _tell(session, viewer, row, files, reason=reason, moved_back=stopped, now=now)


def begin_again(session: Session, viewer: Viewer, publication_id: UUID, *, now: datetime) -> UUID:
    """Begin a change that drafts what was in force before a publication, to be put together with what came since.

    Raises NotFoundError, NotAllowedError; ConflictError when all its files were new.
    """
    access.require(viewer, Action.CHANGE_EDIT)
    row = queries.get(session, publication_id)
    if row is None:
        raise NotFoundError(N_("There is no such publication."))
    before = {one.file: one.before for one in queries.files(session, [row.id], whole=True) if one.before is not None}
    known = {one.file for one in resources.published(session)}
    wanted = sorted(before.keys() & known)
    if not wanted:
        raise ConflictError(N_("There was nothing in force before this publication."))
    change = change_rows.change(session, row.change_set_id)
    made = studio.begin(session, viewer, wanted=wanted, title=change.title if change else "", reason="", now=now)
    for file in wanted:
        studio.save(session, viewer, made, file, source=before[file] or b"", revision=1, now=now)
    return made


def _stands(session: Session, row: Publication) -> None:
    """Refuse when somebody published a file again: taking it back would take back his work too."""
    over = [one for one in publications.published_over(session, row) if one.over]
    if over:
        raise ConflictError(
            N_("{files}: published again since. Take the later publication back first, or change it anew."),
            files="、".join(one.file for one in over),
        )  # fmt: skip


# Files that were new


def _withdraw(
    session: Session,
    viewer: Viewer,
    row: Publication,
    files: Sequence[PublicationFile],
    *,
    now: datetime,
    registry: Registry,
) -> None:
    new = [one for one in files if one.before is None]
    for one in new:
        if one.kind == "bpmn":
            for version in queries.versions_of(session, row.deployment_id):
                if version.file == one.file:
                    definitions.set_state(
                        session, viewer, version.id, definition_rows.WITHDRAWN, now=now, registry=registry
                    )
        elif one.kind != "texts":  # nobody sees the texts of what is not there
            queries.withdraw(session, one.kind, one.file, row.deployment_id)
    if new:
        _unused(session, new)


def _unused(session: Session, new: Iterable[PublicationFile]) -> None:
    """Refuse to withdraw what a process in force uses."""
    gone = {one.file: {("process", key) for key in _keys(one)} for one in new if one.kind == "bpmn"}
    found = drafted.Drafted()
    found.add({one.file: one.after for one in new if one.kind in ("dmn", "form")})
    wanted = {pair for pairs in gone.values() for pair in pairs}
    wanted |= {("form", key) for key in found.forms} | {("decision", key) for key in found.decisions}
    for row in definition_rows.newest_processes(session):
        used = wanted & set(_uses(session, row.id))
        if used:
            raise ConflictError(
                N_("“{process}” uses {key}, which this publication added: change that process first."),
                process=row.name, key=min(used)[1],
            )  # fmt: skip


def _keys(row: PublicationFile) -> list[str]:
    model = normalise.normalise(parse.parse(row.after))
    return [process.id for process in model.processes.values() if process.executable]


def _uses(session: Session, definition_id: UUID) -> Iterable[tuple[str, str]]:
    for node in definitions.program(session, definition_id).process.nodes.values():
        yield "form", form_reference(drawn.reference(node))
        yield "decision", node.attributes.get("decisionRef", "")
        yield "process", node.called_element


# Cases


def _stop_moves(
    session: Session, viewer: Viewer, row: Publication, *, reason: str, move_back: bool, now: datetime
) -> int:
    """Move no more cases, and have those that were moved put back if wanted; return how many."""
    count = 0
    for batch in row.batches:
        if move_back:
            with suppress(ConflictError):  # nothing of it is left to put back
                count += migration_batches.undo_all(session, viewer, UUID(batch), reason=reason, now=now)
        else:
            moves.change_states(session, UUID(batch), "pending", "skipped")
    return count


def _tell(
    session: Session,
    viewer: Viewer,
    row: Publication,
    files: Sequence[PublicationFile],
    *,
    reason: str,
    moved_back: int,
    now: datetime,
) -> None:
    change = change_rows.change(session, row.change_set_id)
    title = change.title if change is not None else ""
    detail: dict[str, Any] = {
        "title": title, "reason": reason, "moved_back": moved_back,
        "restored": [one.file for one in files if one.before is not None],
        "withdrawn": [one.file for one in files if one.before is None],
    }  # fmt: skip
    subject = f"publication:{row.id}"
    audit.record(session, actor=viewer.login, action="studio.take_back", subject=subject, detail=detail, now=now)
    drafts = change_rows.drafts(session, row.change_set_id)
    concerned = {row.published_by, *(one.edited_by for one in drafts)}
    concerned |= {change.created_by} if change is not None else set()
    for login in sorted(concerned - {"", "system", viewer.login}):
        notify(
            session, recipient=login, template=N_("{name} took back the publication of “{title}”: {reason}"),
            fields={"name": viewer.name, "title": title, "reason": reason},
            link=f"/studio/publications/{row.id}", now=now,
        )  # fmt: skip
