"""Queries over changes, their drafts, what was said of them and who has them open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select
from sqlalchemy.orm import undefer

from storage.tables.studio import ChangeComment, ChangeSet, Draft, DraftRevision, Presence, StudioSetting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from sqlalchemy.orm import Session


def change(session: Session, change_id: UUID, *, lock: bool = False) -> ChangeSet | None:
    """Find a change; with `lock`, let nobody else write to it until the transaction ends."""
    query = select(ChangeSet).where(ChangeSet.id == change_id)
    if lock:  # as it is by now: somebody may have published it while this transaction waited
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).first()


def changes(session: Session, states: Iterable[str], limit: int, offset: int) -> Sequence[ChangeSet]:
    """List changes in some states, the one edited last first."""
    query = select(ChangeSet).where(ChangeSet.state.in_(list(states)))
    return session.scalars(query.order_by(ChangeSet.updated_at.desc(), ChangeSet.id).limit(limit).offset(offset)).all()


def worked_on(session: Session, login: str, state: str, since: datetime, limit: int) -> Sequence[ChangeSet]:
    """List the changes in a state that somebody began or saved a file of since a moment, the one edited last first."""
    saved = select(Draft.change_set_id).join(DraftRevision, DraftRevision.draft_id == Draft.id)
    saved = saved.where(DraftRevision.saved_by == login, DraftRevision.saved_at >= since)
    began = (ChangeSet.created_by == login) & (ChangeSet.created_at >= since)
    query = select(ChangeSet).where(ChangeSet.state == state, ChangeSet.updated_at >= since)
    query = query.where(began | ChangeSet.id.in_(saved)).order_by(ChangeSet.updated_at.desc(), ChangeSet.id)
    return session.scalars(query.limit(limit)).all()


def counts(session: Session) -> dict[str, int]:
    """Count the changes in each state."""
    return dict(session.execute(select(ChangeSet.state, func.count()).group_by(ChangeSet.state)).all())


def drafts(session: Session, change_id: UUID) -> Sequence[Draft]:
    """List the drafts of a change by file, without what is in them."""
    return session.scalars(select(Draft).filter_by(change_set_id=change_id).order_by(Draft.folder, Draft.file)).all()


def drafts_of(session: Session, change_ids: Iterable[UUID]) -> Sequence[Draft]:
    """List the drafts of several changes, without what is in them."""
    query = select(Draft).where(Draft.change_set_id.in_(list(change_ids)))
    return session.scalars(query.order_by(Draft.folder, Draft.file)).all()


def sources(session: Session, change_id: UUID) -> dict[str, bytes]:
    """Read all drafts of a change, by file."""
    query = select(Draft.file, Draft.source).where(Draft.change_set_id == change_id).order_by(Draft.file)
    return {file: bytes(source) for file, source in session.execute(query)}


def draft(session: Session, change_id: UUID, file: str, *, lock: bool = False) -> Draft | None:
    """Find a draft with what is in it and what it began from."""
    query = select(Draft).filter_by(change_set_id=change_id, file=file)
    query = query.options(undefer(Draft.source), undefer(Draft.base_source)).execution_options(populate_existing=True)
    return session.scalars(query.with_for_update() if lock else query).first()


def others_drafting(session: Session, file: str, but: UUID) -> Sequence[ChangeSet]:
    """List the other changes that are not over and draft the same file."""
    query = select(ChangeSet).join(Draft, Draft.change_set_id == ChangeSet.id)
    query = query.where(Draft.file == file, ChangeSet.id != but, ChangeSet.state.in_(("open", "in_review")))
    return session.scalars(query.order_by(ChangeSet.updated_at.desc())).all()


def revisions(session: Session, draft_id: UUID) -> Sequence[DraftRevision]:
    """List the revisions of a draft, newest first, without what is in them."""
    query = select(DraftRevision).filter_by(draft_id=draft_id)
    return session.scalars(query.order_by(DraftRevision.revision.desc())).all()


def savers(session: Session, change_id: UUID) -> set[str]:
    """List who saved a file of a change, ever."""
    query = select(DraftRevision.saved_by).join(Draft, Draft.id == DraftRevision.draft_id)
    saved = session.scalars(query.where(Draft.change_set_id == change_id).distinct())
    last = session.scalars(select(Draft.edited_by).where(Draft.change_set_id == change_id).distinct())
    return {*saved, *last}


def revision(session: Session, draft_id: UUID, number: int) -> DraftRevision | None:
    """Find a revision with what is in it, or the last one before that was kept."""
    query = select(DraftRevision).where(DraftRevision.draft_id == draft_id, DraftRevision.revision <= number)
    query = query.options(undefer(DraftRevision.source)).order_by(DraftRevision.revision.desc()).limit(1)
    return session.scalars(query).first()


def forget_revisions(session: Session, draft_id: UUID, numbers: Iterable[int]) -> None:
    """Remove some revisions of a draft."""
    wanted = list(numbers)
    if wanted:
        session.execute(
            delete(DraftRevision).where(DraftRevision.draft_id == draft_id, DraftRevision.revision.in_(wanted))
        )


def remove_draft(session: Session, draft_id: UUID) -> None:
    """Remove a draft with its revisions and who has it open."""
    for table in (DraftRevision, Presence):
        session.execute(delete(table).where(table.draft_id == draft_id))
    session.execute(delete(Draft).where(Draft.id == draft_id))


def comments(session: Session, change_id: UUID) -> Sequence[ChangeComment]:
    """List what was said of a change, oldest first."""
    query = select(ChangeComment).filter_by(change_set_id=change_id)
    return session.scalars(query.order_by(ChangeComment.written_at, ChangeComment.id)).all()


def comment(session: Session, comment_id: UUID) -> ChangeComment | None:
    """Find what was said."""
    return session.get(ChangeComment, comment_id)


def pulse(session: Session, change_id: UUID, file: str) -> tuple[UUID, int, str] | None:
    """Read of a draft, as often as browsers ask, only its id, its revision and who made that."""
    query = select(Draft.id, Draft.revision, Draft.edited_by).filter_by(change_set_id=change_id, file=file)
    row = session.execute(query).first()
    return (row.id, row.revision, row.edited_by) if row else None


def seen(session: Session, draft_id: UUID, login: str, element_id: str, now: datetime, *, seldom: timedelta) -> None:
    """Note that somebody has a draft open, and at which element he is; the same again only `seldom`."""
    row = session.get(Presence, (draft_id, login))
    if row is None:
        session.add(Presence(draft_id=draft_id, login=login, seen_at=now, element_id=element_id))
    elif row.element_id != element_id or now - row.seen_at >= seldom:
        row.seen_at, row.element_id = now, element_id
    session.flush()


def present(session: Session, draft_ids: Iterable[UUID], since: datetime) -> Sequence[Presence]:
    """List who has one of these drafts open, as of the last moments."""
    query = select(Presence).where(Presence.draft_id.in_(list(draft_ids)), Presence.seen_at >= since)
    return session.scalars(query.order_by(Presence.login)).all()


def setting(session: Session, name: str) -> str:
    """Read what was decided, "" when nothing was."""
    return session.scalar(select(StudioSetting.value).where(StudioSetting.name == name)) or ""


def set_setting(session: Session, name: str, value: str, *, login: str, now: datetime) -> None:
    """Keep what was decided."""
    row = session.get(StudioSetting, name)
    if row is None:
        session.add(StudioSetting(name=name, value=value, changed_at=now, changed_by=login))
    else:
        row.value, row.changed_at, row.changed_by = value, now, login
    session.flush()


def drop_presence(session: Session, draft_id: UUID, login: str) -> None:
    """Note that somebody left a draft."""
    session.execute(delete(Presence).where(Presence.draft_id == draft_id, Presence.login == login))
