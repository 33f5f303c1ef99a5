"""People: sign-in with lock-out, roles in projects, substitutes, API tokens."""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine import access
from engine.access import ADMIN, NOT_INHERITED, Action, Grant, Viewer
from engine.errors import N_, ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from storage import audit
from storage import people as queries
from storage.tables.people import ApiToken, LoginAttempt, Role, RoleGrant, Substitution, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

LOCK_AFTER = 5
LOCK_FOR = timedelta(minutes=15)
PASSWORD_LENGTH = (8, 200)
_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    # Verified when there is no such login, so that the answer takes as long as for a wrong password.
    return _hasher.hash(secrets.token_urlsafe())


def viewer(session: Session, login: str, *, now: datetime) -> Viewer:
    """Read what a person may do now, with what he takes over from those he substitutes.

    Raises:
        NotFoundError: no such active person.
    """
    person = queries.user(session, login)
    if person is None or not person.active:
        raise NotFoundError(N_("There is no active user {login}."), login=login)
    acting_for = tuple(queries.substituted(session, login, now))
    rows = queries.grants(session, (login, *acting_for), now)
    grants = tuple(
        dict.fromkeys(
            Grant(row.role, row.scope, row.org) for row in rows if row.login == login or row.role not in NOT_INHERITED
        )
    )
    lower = {role.code: role.supervises for role in queries.roles(session) if role.supervises}
    supervised = tuple(
        dict.fromkeys(Grant(code, g.scope) for g in grants if not g.org for code in lower.get(g.role, ()))
    )
    return Viewer(person.login, person.name, grants, person.locale, acting_for, supervised)


def authenticate(session: Session, *, login: str, password: str, now: datetime, address: str = "") -> Viewer | None:
    """Check a password; None when it is wrong (the failure is counted, so commit in either case).

    Raises:
        NotAllowedError: five failures within 15 minutes lock the login for 15 minutes after the last.
    """
    failures = queries.failures_since(session, login, now - LOCK_FOR)
    if len(failures) >= LOCK_AFTER:
        minutes = max(1, -(-int((failures[-1] + LOCK_FOR - now).total_seconds()) // 60))
        raise NotAllowedError(N_("Too many failed attempts. Please try again in {minutes} minutes."), minutes=minutes)
    person = queries.user(session, login)
    stored = person.password_hash if person is not None and person.active else ""
    if not _matches(stored or _nobody(), password) or person is None or not stored:
        session.add(LoginAttempt(login=login[:200], at=now, address=address[:200]))
        audit.record(session, actor=login[:200], action="login.failed", subject=f"user:{login[:190]}", now=now)
        return None
    if failures:
        queries.forget_failures(session, login)
    if _hasher.check_needs_rehash(stored):
        person.password_hash = _hasher.hash(password)
    person.last_login_at = now
    audit.record(session, actor=login, action="login", subject=f"user:{login}", now=now)
    return viewer(session, login, now=now)


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password[: PASSWORD_LENGTH[1]])
    except (VerificationError, InvalidHashError):
        return False


def save_user(
    session: Session,
    actor: Viewer,
    *,
    login: str,
    now: datetime,
    password: str | None = None,
    grants: Iterable[Grant] | None = None,
    **fields: Any,
) -> User:
    """Add or change a person. `fields`: name, email, phone, department, title, locale, active.

    `grants` replaces all his grants. Raises InvalidInputError, NotAllowedError.
    """
    access.require(actor, Action.PEOPLE_EDIT)
    if not login or login != login.strip() or "@" in login[:1]:
        raise InvalidInputError(N_("A login needs at least one character and no spaces around it."))
    person = queries.user(session, login)
    changed = {k: v for k, v in fields.items() if person is None or getattr(person, k) != v}
    if person is None:
        person = User(login=login, name=str(fields.pop("name", login)), created_at=now)
        session.add(person)
    for key, value in fields.items():
        setattr(person, key, value)
    if password is not None:
        person.password_hash = _new_hash(password)
    session.flush()
    if grants is not None:
        set_grants(session, actor, login=login, grants=grants, now=now)
    audit.record(
        session, actor=actor.login, action="user.save", subject=f"user:{login}", detail={"changed": changed}, now=now
    )
    return person


def _new_hash(password: str) -> str:
    low, high = PASSWORD_LENGTH
    if password and not low <= len(password) <= high:
        raise InvalidInputError(N_("A password needs {low} to {high} characters."), low=low, high=high)
    return _hasher.hash(password) if password else ""


def change_password(session: Session, viewer_: Viewer, *, old: str, new: str, now: datetime) -> None:
    """Change one's own password. Raises NotAllowedError when the old one is wrong."""
    person = queries.user(session, viewer_.login)
    if person is None or not person.password_hash or not _matches(person.password_hash, old):
        raise NotAllowedError(N_("The old password is not right."))
    person.password_hash = _new_hash(new)
    audit.record(session, actor=viewer_.login, action="password", subject=f"user:{viewer_.login}", now=now)


def set_locale(session: Session, viewer_: Viewer, locale: str) -> None:
    """Remember a person's language."""
    person = queries.user(session, viewer_.login)
    if person is not None:
        person.locale = locale


def set_grants(session: Session, actor: Viewer, *, login: str, grants: Iterable[Grant], now: datetime) -> None:
    """Make a person's grants exactly these. The last administrator keeps his role (ConflictError)."""
    access.require(actor, Action.PEOPLE_EDIT)
    wanted = set(grants)
    rows = {Grant(r.role, r.scope, r.org): r for r in queries.grants(session, [login], now)}
    admins = set(queries.holders(session, ADMIN, "", now))
    if admins == {login} and not any(g.role == ADMIN for g in wanted):
        raise ConflictError(N_("{user} is the last administrator and must keep this role."), user=login)
    for grant, row in rows.items():
        if grant not in wanted:
            session.delete(row)
    session.add_all(
        RoleGrant(login=login, role=g.role, scope=g.scope, org=g.org, granted_at=now, granted_by=actor.login)
        for g in sorted(wanted - rows.keys(), key=lambda g: (g.role, g.scope, g.org))
    )
    audit.record(
        session,
        actor=actor.login,
        action="user.grants",
        subject=f"user:{login}",
        detail={"grants": sorted([g.role, g.scope, g.org] for g in wanted)},
        now=now,
    )


def save_role(
    session: Session, *, code: str, name_zh: str, name_en: str, supervises: Sequence[str] = (), position: int = 0
) -> Role:
    """Add or change a role of the role table (start-up and import; no viewer)."""
    row = session.get(Role, code)
    if row is None:
        row = Role(code=code)
        session.add(row)
    row.name_zh, row.name_en, row.supervises, row.position = name_zh, name_en, list(supervises), position
    session.flush()
    return row


def substitute(
    session: Session,
    actor: Viewer,
    *,
    login: str,
    substitute: str,
    from_at: datetime,
    until_at: datetime,
    reason: str,
    now: datetime,
) -> Substitution:
    """Let a person stand in for another for a period. Raises InvalidInputError, NotAllowedError, NotFoundError."""
    access.require(actor, Action.SUBSTITUTION_EDIT, login)
    if login == substitute or until_at <= from_at:
        raise InvalidInputError(N_("A substitute is another person, and the period must end after it begins."))
    for name in (login, substitute):
        if queries.user(session, name) is None:
            raise NotFoundError(N_("There is no active user {login}."), login=name)
    row = Substitution(
        login=login,
        substitute=substitute,
        from_at=from_at,
        until_at=until_at,
        reason=reason,
        created_by=actor.login,
        created_at=now,
    )
    session.add(row)
    session.flush()
    detail = {"substitute": substitute, "from": from_at.isoformat(), "until": until_at.isoformat(), "reason": reason}
    audit.record(session, actor=actor.login, action="substitution", subject=f"user:{login}", detail=detail, now=now)
    return row


def end_substitution(session: Session, actor: Viewer, substitution_id: UUID, *, now: datetime) -> None:
    """End a substitution at once."""
    row = session.get(Substitution, substitution_id)
    if row is None:
        raise NotFoundError
    access.require(actor, Action.SUBSTITUTION_EDIT, row.login)
    row.until_at = min(row.until_at, now)
    audit.record(session, actor=actor.login, action="substitution.end", subject=f"user:{row.login}", now=now)


def new_token(
    session: Session, actor: Viewer, *, login: str, name: str, now: datetime, expires_at: datetime | None = None
) -> str:
    """Make an API token for a person and return its text, which is shown this once only."""
    access.require(actor, Action.SUBSTITUTION_EDIT, login)
    text = secrets.token_urlsafe(32)
    session.add(ApiToken(login=login, name=name, digest=_digest(text), created_at=now, expires_at=expires_at))
    audit.record(
        session, actor=actor.login, action="token.new", subject=f"user:{login}", detail={"name": name}, now=now
    )
    return text


def by_token(session: Session, text: str, *, now: datetime) -> Viewer | None:
    """Find the viewer behind an API token; None when it is unknown, expired or revoked."""
    row = queries.token(session, _digest(text))
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return viewer(session, row.login, now=now)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
