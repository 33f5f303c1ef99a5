"""What is said of a change: comments, a second person's opinion, and who has which file open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from engine import access
from engine.access import Action
from engine.errors import N_, ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from engine.notifications import notify
from engine.studio.views import DISCARDED, IN_REVIEW, OPEN, authors_of, editable, found, the_draft
from storage import audit
from storage import people as person_queries
from storage import studio as queries
from storage.tables.studio import ChangeComment

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from storage.tables.studio import ChangeSet

PRESENT = timedelta(seconds=12)
SELDOM = timedelta(seconds=5)
MAX_TEXT = 5_000
MENTION = re.compile(r"@([\w.-]+)")
VERDICTS = ("approved", "refused")


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody else who has the same file open, and the element he is at."""

    login: str
    name: str
    element: str


@dataclass(frozen=True, slots=True)
class Pulse:
    """Who else has a file open, and its newest revision."""

    others: tuple[Other, ...]
    revision: int
    edited_by: str


def comment(
    session: Session, viewer: Viewer, change_id: UUID, *, text: str, file: str = "", element_id: str = "", now: datetime
) -> UUID:
    """Say something of a change, perhaps at a file and an element; who is named as `@login` or `@name` is told.

    Raises:
        NotFoundError: there is no such change or file.
        InvalidInputError: nothing is said, or too much.
    """
    row = found(session, viewer, change_id, action=Action.CHANGE_EDIT)
    text = text.strip()
    if not text:
        raise InvalidInputError(N_("Please write something."))
    if len(text) > MAX_TEXT:
        raise InvalidInputError(N_("A comment has at most {limit} characters."), limit=MAX_TEXT)
    if file:
        the_draft(session, row, file)
    said = ChangeComment(
        change_set_id=row.id, file=file, element_id=element_id[:200], text=text, written_at=now,
        written_by=viewer.login, resolved_at=None,
    )  # fmt: skip
    session.add(said)
    session.flush()
    told = mentioned(session, text, now=now) - {viewer.login}
    for login in sorted(told | ({row.created_by} - {viewer.login, "system"})):
        _tell(
            session, row, login, N_("{name} on the change “{title}”: {text}") if login in told else
            N_("{name} commented on your change “{title}”: {text}"), now, name=viewer.name, text=text[:200],
        )  # fmt: skip
    _note(session, row, viewer, "studio.comment", now, file=file, element=element_id, told=sorted(told))
    return said.id


def mentioned(session: Session, text: str, *, now: datetime) -> set[str]:
    """List the logins of those whom a text names after an @: by login, or by name if that is one person's only.

    Only those who may use the studio: nobody else could read what it is about.
    """
    candidates = reviewers(session, now=now)
    by_name: dict[str, list[str]] = {}
    for login, name in candidates.items():
        by_name.setdefault(name, []).append(login)
    found_: set[str] = set()
    for word in MENTION.findall(text):
        login = word if word in candidates else word.rstrip(".")
        if login in candidates:
            found_.add(login)
            continue
        # Chinese runs on without a space after the name
        names = [name for name in by_name if word.startswith(name) and len(by_name[name]) == 1]
        found_.update(by_name[max(names, key=len)] if names else [])
    return found_


def resolve_comment(
    session: Session, viewer: Viewer, change_id: UUID, comment_id: UUID, *, settled: bool = True, now: datetime
) -> None:
    """Mark what was said as settled, or as open again.

    Raises:
        NotFoundError: there is no such change or comment.
    """
    row = found(session, viewer, change_id, action=Action.CHANGE_EDIT)
    said = queries.comment(session, comment_id)
    if said is None or said.change_set_id != row.id:
        raise NotFoundError(N_("There is no such comment."))
    said.resolved_at, said.resolved_by = (now, viewer.login) if settled else (None, "")
    _note(session, row, viewer, "studio.comment.settled" if settled else "studio.comment.reopened", now)


def reviewers(session: Session, *, now: datetime) -> dict[str, str]:
    """List who may review a change: login and name of the process owners and administrators."""
    logins = {login for role in (access.PROCESS_OWNER, access.ADMIN) for login in _everywhere(session, role, now)}
    return dict(sorted(person_queries.names(session, logins).items()))


def _everywhere(session: Session, role: str, now: datetime) -> list[str]:
    return [login for login in person_queries.holders(session, role, "", now) if login != "system"]


def ask_review(session: Session, viewer: Viewer, change_id: UUID, *, reviewer: str, now: datetime) -> None:
    """Ask a second person to look at a change before it is published.

    Raises:
        NotFoundError: there is no such change.
        InvalidInputError: the change has no file, or the person is oneself or may not review.
        ConflictError: the change is over.
    """
    row = editable(session, viewer, change_id)
    if not queries.drafts(session, row.id):
        raise InvalidInputError(N_("There is nothing in this change yet: add a file first."))
    if reviewer == viewer.login:
        raise InvalidInputError(N_("A second person has to look at it: choose somebody else than yourself."))
    if reviewer not in reviewers(session, now=now):
        raise InvalidInputError(N_("Choose a process owner or an administrator."))
    row.state, row.reviewer, row.verdict, row.opinion = IN_REVIEW, reviewer, "", ""
    row.reviewed_by, row.reviewed_at, row.updated_at = "", None, now
    _tell(session, row, reviewer, N_("{name} asks you to review the change “{title}”."), now, name=viewer.name)
    _note(session, row, viewer, "studio.review.ask", now, reviewer=reviewer)
    session.flush()


def review(
    session: Session, viewer: Viewer, change_id: UUID, *, verdict: str, opinion: str = "", now: datetime
) -> None:
    """Give one's opinion of somebody else's change: `approved`, or `refused` with a reason, which returns it.

    Raises:
        NotFoundError: there is no such change.
        NotAllowedError: it is his own change, or he has edited it.
        InvalidInputError: the verdict is neither, or a refusal gives no reason.
        ConflictError: nobody asked for a review, or it is over.
    """
    access.require(viewer, Action.CHANGE_REVIEW)
    row = editable(session, viewer, change_id)
    if row.state != IN_REVIEW:
        raise ConflictError(N_("Nobody asks for a review of this change at present."))
    authors = authors_of(session, row)
    if viewer.login in authors:
        raise NotAllowedError(N_("Four eyes: you worked on this change yourself, somebody else has to review it."))
    opinion = opinion.strip()
    if verdict not in VERDICTS:
        raise InvalidInputError(N_("Choose whether you approve of it."))
    if verdict == "refused" and not opinion:
        raise InvalidInputError(N_("Please say why."))
    row.verdict, row.opinion, row.reviewed_by, row.reviewed_at, row.updated_at = (
        verdict,
        opinion,
        viewer.login,
        now,
        now,
    )
    if verdict == "refused":
        row.state = OPEN
    template = {
        "approved": N_("{name} approved of the change “{title}”. {opinion}"),
        "refused": N_("{name} returned the change “{title}”: {opinion}"),
    }[verdict]
    for login in sorted(authors - {"system"}):
        _tell(session, row, login, template, now, name=viewer.name, opinion=opinion)
    _note(session, row, viewer, f"studio.review.{verdict}", now, opinion=opinion)
    session.flush()


def discard(session: Session, viewer: Viewer, change_id: UUID, *, reason: str, now: datetime) -> None:
    """Give a change up. Its drafts stay readable.

    Raises:
        NotFoundError: there is no such change.
        InvalidInputError: no reason is given.
        ConflictError: it is over already.
    """
    row = editable(session, viewer, change_id)
    if not reason.strip():
        raise InvalidInputError(N_("Please say why."))
    row.state, row.updated_at = DISCARDED, now
    _note(session, row, viewer, "studio.discard", now, reason=reason.strip())
    if row.created_by not in (viewer.login, "system"):
        _tell(
            session, row, row.created_by, N_("{name} discarded your change “{title}”: {reason}"), now,
            name=viewer.name, reason=reason.strip(),
        )  # fmt: skip
    session.flush()


def reopen(session: Session, viewer: Viewer, change_id: UUID, *, now: datetime) -> None:
    """Go on with a change that was discarded.

    Raises:
        NotFoundError: there is no such change.
        ConflictError: it was not discarded.
    """
    row = found(session, viewer, change_id, action=Action.CHANGE_EDIT)
    if row.state != DISCARDED:
        raise ConflictError(N_("This change was not discarded."))
    row.state, row.updated_at = OPEN, now
    _note(session, row, viewer, "studio.reopen", now)
    session.flush()


# Who is there


def heartbeat(
    session: Session, viewer: Viewer, change_id: UUID, file: str, *, element_id: str = "", now: datetime
) -> Pulse:
    """Note that somebody has a file open, and tell who else has and what its newest revision is.

    Raises:
        NotFoundError: there is no such change or file.
    """
    row = found(session, viewer, change_id)
    kept = queries.pulse(session, row.id, file)
    if kept is None:
        raise NotFoundError(N_("This change has no file {file}."), file=file[:200])
    draft_id, revision, edited_by = kept
    queries.seen(session, draft_id, viewer.login, element_id[:200], now, seldom=SELDOM)
    rows = [one for one in queries.present(session, [draft_id], now - PRESENT) if one.login != viewer.login]
    names = person_queries.names(session, {one.login for one in rows} | {edited_by})
    others = tuple(Other(one.login, names.get(one.login, one.login), one.element_id) for one in rows)
    return Pulse(others, revision, names.get(edited_by, edited_by))


def present(session: Session, viewer: Viewer, change_id: UUID, *, now: datetime) -> dict[str, tuple[Other, ...]]:
    """List by file who has it open at the moment, oneself included."""
    row = found(session, viewer, change_id)
    files = {draft.id: draft.file for draft in queries.drafts(session, row.id)}
    rows = queries.present(session, files, now - PRESENT)
    names = person_queries.names(session, {one.login for one in rows})
    found_: dict[str, tuple[Other, ...]] = {}
    for one in rows:
        other = Other(one.login, names.get(one.login, one.login), one.element_id)
        found_[files[one.draft_id]] = (*found_.get(files[one.draft_id], ()), other)
    return found_


# Inside


def _tell(session: Session, row: ChangeSet, login: str, template: str, now: datetime, **fields: str) -> None:
    notify(
        session, recipient=login, template=template, fields={"title": row.title, **fields},
        link=f"/studio/changes/{row.id}", now=now,
    )  # fmt: skip


def _note(session: Session, row: ChangeSet, viewer: Viewer, action: str, now: datetime, **detail: object) -> None:
    audit.record(session, actor=viewer.login, action=action, subject=f"change:{row.id}", detail=detail, now=now)
