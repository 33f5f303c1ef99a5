"""Queries over people, their roles and their substitutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, or_, select, true, union
from sqlalchemy.orm import undefer

from storage import links
from storage.tables.people import ApiToken, LoginAttempt, Role, RoleGrant, Substitution, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Known:
    """An active person with his grants and those of whom he stands in for (`others`): (login, role, scope, org)."""

    login: str
    name: str
    locale: str
    password_hash: str
    others: tuple[str, ...]
    grants: tuple[tuple[str, str, str, str], ...]
    supervises: Mapping[str, Sequence[str]]


def _known() -> Select[*tuple[Any, ...]]:
    login, now = bindparam("login", type_=User.login.type), bindparam("now", type_=Substitution.until_at.type)
    others = select(Substitution.login).where(
        Substitution.substitute == login, Substitution.from_at <= now, Substitution.until_at > now
    )
    who = union(select(login.label("login")), others).subquery()
    valid = or_(RoleGrant.valid_until.is_(None), RoleGrant.valid_until > now)
    return (
        select(
            User.name, User.locale, User.password_hash, who.c.login, RoleGrant.role, RoleGrant.scope, RoleGrant.org,
            Role.supervises,
        )
        .select_from(User)
        .join(who, true())
        .outerjoin(RoleGrant, and_(RoleGrant.login == who.c.login, valid))
        .outerjoin(Role, Role.code == RoleGrant.role)
        .where(User.login == login, User.active)
        .order_by(who.c.login, RoleGrant.role, RoleGrant.scope)
    )  # fmt: skip


_KNOWN = _known()


def known(session: Session, login: str, now: datetime) -> Known | None:
    """Read in one statement, as every request does, who a person is and what he may do now; None when he left."""
    rows = session.execute(_KNOWN, {"login": login, "now": now}).all()
    if not rows:
        return None
    name, locale, password_hash = rows[0][:3]
    return Known(
        login=login,
        name=name,
        locale=locale,
        password_hash=password_hash,
        others=tuple(dict.fromkeys(row.login for row in rows if row.login != login)),
        grants=tuple((row.login, row.role, row.scope, row.org) for row in rows if row.role is not None),
        supervises={row.role: row.supervises for row in rows if row.supervises},
    )


def user(session: Session, login: str, *, with_password: bool = False) -> User | None:
    """Find a person by login, with the hash of the password when it is asked for."""
    return session.get(User, login, options=[undefer(User.password_hash)] if with_password else None)


def users(session: Session, *, text: str = "", role: str = "", limit: int = 200, offset: int = 0) -> Sequence[User]:
    """List people by login, filtered by a part of login, name, phone or e-mail and by a role held."""
    query = select(User).order_by(User.login).limit(limit).offset(offset)
    if text:
        like = f"%{text}%"
        query = query.where(
            or_(User.login.ilike(like), User.name.ilike(like), User.phone.like(like), User.email.ilike(like))
        )
    if role:
        query = query.where(User.login.in_(select(RoleGrant.login).where(RoleGrant.role == role)))
    return session.scalars(query).all()


def names(session: Session, logins: Iterable[str]) -> dict[str, str]:
    """Map logins to people's names, those of links to who has the link; unknown logins are left out."""
    wanted = {login for login in logins if login}
    if not wanted:
        return {}
    rows = session.execute(select(User.login, User.name).where(User.login.in_(wanted)))
    return {row.login: row.name for row in rows} | links.labels(session, wanted)


def grants(session: Session, logins: Iterable[str], now: datetime) -> Sequence[RoleGrant]:
    """List the grants of these people that hold now."""
    return session.scalars(
        select(RoleGrant)
        .where(RoleGrant.login.in_(list(logins)), or_(RoleGrant.valid_until.is_(None), RoleGrant.valid_until > now))
        .order_by(RoleGrant.login, RoleGrant.role, RoleGrant.scope)
    ).all()


def is_granted(session: Session, role: str) -> bool:
    """Tell whether anybody holds a role anywhere, now or later."""
    return session.scalar(select(RoleGrant.id).where(RoleGrant.role == role).limit(1)) is not None


def holders(session: Session, role: str, scope: str, now: datetime) -> Sequence[str]:
    """List the logins of active people who hold a role for a project."""
    return session.scalars(
        select(RoleGrant.login)
        .join(User, User.login == RoleGrant.login)
        .where(
            RoleGrant.role == role,
            RoleGrant.scope.in_({"", scope}),
            User.active,
            or_(RoleGrant.valid_until.is_(None), RoleGrant.valid_until > now),
        )
        .distinct()
        .order_by(RoleGrant.login)
    ).all()


def held_for_projects_only(session: Session, roles: Iterable[str], now: datetime) -> Sequence[str]:
    """List those of some roles that people hold for projects but nobody holds everywhere."""
    query = (
        select(RoleGrant.role)
        .join(User, User.login == RoleGrant.login)
        .where(
            RoleGrant.role.in_(list(roles)),
            RoleGrant.org == "",
            User.active,
            or_(RoleGrant.valid_until.is_(None), RoleGrant.valid_until > now),
        )
    )
    return session.scalars(query.group_by(RoleGrant.role).having(func.min(RoleGrant.scope) != "")).all()


def substitutions(session: Session, login: str = "") -> Sequence[Substitution]:
    """List substitutions, newest first, of one person or of all."""
    query = select(Substitution).order_by(Substitution.from_at.desc())
    return session.scalars(query.where(Substitution.login == login) if login else query).all()


def roles(session: Session) -> Sequence[Role]:
    """List the roles in their order."""
    return session.scalars(select(Role).order_by(Role.position, Role.code)).all()


def failures_since(session: Session, login: str, since: datetime) -> Sequence[datetime]:
    """List the moments of failed sign-ins since a moment, oldest first."""
    return session.scalars(
        select(LoginAttempt.at).where(LoginAttempt.login == login, LoginAttempt.at > since).order_by(LoginAttempt.at)
    ).all()


def forget_failures(session: Session, login: str) -> None:
    """Forget the failed sign-ins of a person."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.login == login))


def forget_old_failures(session: Session, before: datetime) -> None:
    """Forget all failed sign-ins before a moment."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.at < before))


def token(session: Session, digest: str) -> ApiToken | None:
    """Find an API token by the SHA-256 of its text."""
    return session.scalars(select(ApiToken).where(ApiToken.digest == digest)).first()


def tokens(session: Session) -> Sequence[ApiToken]:
    """List API tokens, the newest first."""
    return session.scalars(select(ApiToken).order_by(ApiToken.created_at.desc(), ApiToken.id)).all()
