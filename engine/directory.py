"""Looking people and roles up: lists for the administrators' pages, names for everybody's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import access
from engine.access import Action, Grant, Viewer
from engine.errors import N_, ConflictError, NotFoundError
from storage import people as queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from storage.tables.people import User

PAGE = 50


@dataclass(frozen=True, slots=True)
class RoleName:
    """A role as people read it."""

    code: str
    name_zh: str
    name_en: str

    def label(self, locale: str) -> str:
        """Return the first of the names in a language, the code when there is none."""
        names = self.name_en if locale == "en" else self.name_zh
        return names.partition("/")[0].strip() or self.code


@dataclass(frozen=True, slots=True)
class Person:
    """A person with the grants that hold now."""

    login: str
    name: str
    email: str
    phone: str
    department: str
    title: str
    locale: str
    active: bool
    last_login_at: datetime | None
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class StandIn:
    """`substitute` stands in for `login` from `from_at` until `until_at` (aware, UTC, the end not included)."""

    id: UUID
    login: str
    name: str
    substitute: str
    substitute_name: str
    from_at: datetime
    until_at: datetime
    reason: str


def roles(session: Session) -> tuple[RoleName, ...]:
    """List the roles in their order."""
    return tuple(RoleName(row.code, row.name_zh, row.name_en) for row in queries.roles(session))


def people(
    session: Session, viewer: Viewer, *, text: str = "", role: str = "", page: int = 1, now: datetime
) -> tuple[tuple[Person, ...], bool]:
    """List people by login, and tell whether there are more on the next page."""
    access.require(viewer, Action.PEOPLE_VIEW)
    rows = queries.users(session, text=text, role=role, limit=PAGE + 1, offset=(page - 1) * PAGE)
    return _with_grants(session, rows[:PAGE], now), len(rows) > PAGE


def person(session: Session, viewer: Viewer, login: str, *, now: datetime) -> Person:
    """Read one person.

    Raises:
        NotFoundError: No such person.
    """
    access.require(viewer, Action.PEOPLE_VIEW)
    row = queries.user(session, login)
    if row is None:
        raise NotFoundError(N_("There is no active user {login}."), login=login)
    return _with_grants(session, [row], now)[0]


def require_free(session: Session, login: str) -> None:
    """Pass when nobody has this login.

    Raises:
        ConflictError: Somebody has.
    """
    if queries.user(session, login) is not None:
        raise ConflictError(N_("The login {login} is already in use."), login=login)


def holders(
    session: Session, viewer: Viewer, wanted: Iterable[str], scope: str, *, now: datetime
) -> tuple[Person, ...]:
    """List the people who hold one of these roles for a project: those a task can be given to.

    Of `role:org` only the people of that organisation.
    """
    access.require(viewer, Action.PEOPLE_VIEW)
    groups = frozenset(wanted)
    roles = {group.partition(":")[0] for group in groups}
    logins = {login for role in roles for login in queries.holders(session, role, scope, now)}
    rows = [row for login in sorted(logins) if (row := queries.user(session, login)) is not None]
    found = _with_grants(session, rows, now)
    return tuple(one for one in found if any(not groups.isdisjoint(grant.candidates) for grant in one.grants))


def stand_ins(session: Session, viewer: Viewer, login: str, *, now: datetime) -> tuple[StandIn, ...]:
    """List who stands in, or will, for a person and for whom he does; those that are over are left out."""
    access.require(viewer, Action.SUBSTITUTION_EDIT, login)
    found = queries.substitutions(session)
    rows = [row for row in found if login in (row.login, row.substitute) and row.until_at > now]
    names = queries.names(session, [name for row in rows for name in (row.login, row.substitute)])
    return tuple(
        StandIn(
            id=row.id,
            login=row.login,
            name=names.get(row.login, row.login),
            substitute=row.substitute,
            substitute_name=names.get(row.substitute, row.substitute),
            from_at=row.from_at,
            until_at=row.until_at,
            reason=row.reason,
        )
        for row in rows
    )


def by_role(session: Session, *, now: datetime) -> Mapping[str, tuple[Person, ...]]:
    """List active people under each role they hold, in the roles' order: the doors of a demonstration."""
    found: dict[str, tuple[Person, ...]] = {}
    everybody = _with_grants(session, [row for row in queries.users(session) if row.active], now)
    for role in queries.roles(session):
        held = tuple(one for one in everybody if any(grant.role == role.code for grant in one.grants))
        if held:
            found[role.code] = held
    return found


def _with_grants(session: Session, rows: Iterable[User], now: datetime) -> tuple[Person, ...]:
    rows = list(rows)
    held: dict[str, list[Grant]] = {}
    for grant in queries.grants(session, [row.login for row in rows], now):
        held.setdefault(grant.login, []).append(Grant(grant.role, grant.scope, grant.org))
    return tuple(
        Person(
            login=row.login,
            name=row.name,
            email=row.email,
            phone=row.phone,
            department=row.department,
            title=row.title,
            locale=row.locale,
            active=row.active,
            last_login_at=row.last_login_at,
            grants=tuple(held.get(row.login, ())),
        )
        for row in rows
    )
