"""People: sign-in with lock-out, roles in projects, substitutes, API tokens."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine import access
from engine.access import ADMIN, NOT_INHERITED, Action, Grant, Viewer
from engine.errors import N_, ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from engine.roles import forget
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


def viewer(session: Session, login: str, *, now: datetime, roles: Sequence[str] = ()) -> Viewer:
    """Read what a person may do now, with what he takes over from those he substitutes.

    `roles` leaves him only these of his own roles, and nobody to stand in for.

    Raises:
        NotFoundError: no such active person.
    """
    person = queries.known(session, login, now)
    if person is None:
        raise NotFoundError(N_("There is no active user {login}."), login=login)
    return _viewer(person, roles)


def in_session(session: Session, login: str, proof: str, *, now: datetime) -> Viewer | None:
    """Give the person of a signed-in session; None when he left or has another password since (`session_proof`)."""
    person = queries.known(session, login, now)
    if person is None or not secrets.compare_digest(_proof(person.password_hash).encode(), proof.encode()):
        return None
    return _viewer(person)


def _viewer(person: queries.Known, roles: Sequence[str] = ()) -> Viewer:
    grants = tuple(
        dict.fromkeys(
            Grant(role, scope, org)
            for login, role, scope, org in person.grants
            if (login == person.login or (not roles and role not in NOT_INHERITED)) and (not roles or role in roles)
        )
    )
    supervised = tuple(
        dict.fromkeys(Grant(code, g.scope) for g in grants if not g.org for code in person.supervises.get(g.role, ()))
    )
    return Viewer(person.login, person.name, grants, person.locale, () if roles else person.others, supervised)


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


def session_proof(session: Session, login: str) -> str:
    """Give a mark of a person's password that a session carries: another password makes another mark.

    Without it, whoever took a session over would keep it after the password was changed.
    """
    person = queries.user(session, login, with_password=True)
    return _proof(person.password_hash) if person is not None else ""


def _proof(password_hash: str) -> str:
    return sha256(password_hash.encode()).hexdigest()[:16]


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
    if login == access.SYSTEM.login:  # what the engine did itself would count as his
        raise InvalidInputError(N_("The login {login} is the engine's own. Choose another one."), login=login)
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
    """Make a person's grants exactly these. The last administrator keeps his role (ConflictError).

    Raises InvalidInputError when a role that holds everywhere is to hold for one project or organisation.
    """
    access.require(actor, Action.PEOPLE_EDIT)
    wanted = set(grants)
    bounded = next((g.role for g in wanted if g.role in NOT_INHERITED and (g.scope or g.org)), None)
    if bounded is not None:
        message = N_("The role {role} always holds everywhere: leave its project and organisation empty.")
        raise InvalidInputError(message, role=bounded)
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
    forget(session)
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


# Tokens of programs


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """A token as lists show it; its text is known only to who made it."""

    id: UUID
    login: str
    person: str
    name: str
    roles: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """Tell whether it opens anything: active, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


def new_token(
    session: Session,
    actor: Viewer,
    *,
    login: str,
    name: str,
    now: datetime,
    expires_at: datetime | None = None,
    roles: Sequence[str] = (),
) -> str:
    """Make an API token for a person and return its text, which is shown this once only.

    `roles` leaves the token only these of the person's roles. Raises InvalidInputError for a role he does not hold or
    an expiry that has passed, NotAllowedError, NotFoundError.
    """
    access.require(actor, Action.SUBSTITUTION_EDIT, login)
    held = {grant.role for grant in viewer(session, login, now=now).grants}
    strange = [role for role in roles if role not in held]
    if strange:
        raise InvalidInputError(N_("{login} does not hold the role {role}."), login=login, role=strange[0])
    if expires_at is not None and expires_at <= now:
        raise InvalidInputError(N_("The token must expire in the future."))
    text = secrets.token_urlsafe(32)
    made = {"created_at": now, "expires_at": expires_at}
    session.add(ApiToken(login=login, name=name.strip(), digest=_digest(text), roles=sorted(set(roles)), **made))
    detail = {"name": name, "roles": sorted(set(roles)), "expires_at": expires_at and expires_at.isoformat()}
    audit.record(session, actor=actor.login, action="token.new", subject=f"user:{login}", detail=detail, now=now)
    return text


def tokens(session: Session, actor: Viewer) -> tuple[TokenInfo, ...]:
    """List all tokens, the newest first."""
    access.require(actor, Action.PEOPLE_EDIT)
    rows = queries.tokens(session)
    known = queries.names(session, [row.login for row in rows])
    return tuple(
        TokenInfo(
            id=row.id,
            login=row.login,
            person=known.get(row.login, row.login),
            name=row.name,
            roles=tuple(row.roles),
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )
        for row in rows
    )


def revoke_token(session: Session, actor: Viewer, token_id: UUID, *, now: datetime) -> None:
    """Make a token worthless at once. Raises NotFoundError, NotAllowedError."""
    row = session.get(ApiToken, token_id)
    if row is None:
        raise NotFoundError
    access.require(actor, Action.SUBSTITUTION_EDIT, row.login)
    row.revoked_at = row.revoked_at or now
    detail = {"name": row.name}
    audit.record(session, actor=actor.login, action="token.revoke", subject=f"user:{row.login}", detail=detail, now=now)


def by_token(session: Session, text: str, *, now: datetime) -> Viewer | None:
    """Find the viewer behind an API token; None when it is unknown, expired or revoked, or the person has left."""
    row = queries.token(session, _digest(text))
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None
    try:
        return viewer(session, row.login, now=now, roles=row.roles)
    except NotFoundError:
        return None


def token_lock(session: Session, address: str, *, now: datetime) -> int:
    """Tell for how many seconds more an address is locked out after bad tokens; 0: it is not.

    A good token opens all the same: it cannot be guessed, and nobody shall lock out who shares an address with him.
    """
    failures = queries.failures_since(session, _token_login(address), now - LOCK_FOR)
    if len(failures) < LOCK_AFTER:
        return 0
    return max(1, int((failures[-1] + LOCK_FOR - now).total_seconds()))


def token_failed(session: Session, address: str, *, now: datetime) -> None:
    """Count a bad token against the address it came from."""
    session.add(LoginAttempt(login=_token_login(address), at=now, address=address[:200]))


def _token_login(address: str) -> str:
    return f"@token:{address}"[:200]  # no login begins with @, so that no person is locked out by it


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
