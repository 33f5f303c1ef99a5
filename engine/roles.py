"""Names of roles: diagrams name a role by its code, its Chinese or its English name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import kept, people

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

ROLES = "role names"


def role_names(session: Session) -> dict[str, str]:
    """Map every code and name of the role table to the code, read once in a transaction.

    A name in the table may list several, as in `座席 / 客服专员`.
    """
    if ROLES not in session.info:
        found: dict[str, str] = {}
        for role in people.roles(session):
            found.update({role.code: role.code, role.name_zh: role.code, role.name_en: role.code})
            for text in (*role.name_zh.split("/"), *role.name_en.split("/")):
                found.setdefault(text.strip(), role.code)
        found.pop("", None)
        session.info[ROLES] = found
    known: dict[str, str] = session.info[ROLES]
    return known


def role_codes(session: Session, names: Iterable[str]) -> tuple[str, ...]:
    """Turn role names into codes; what the role table does not know stays as it is.

    Known names may be up to 30 seconds old, since codes never change; a name that is not among them is looked up.
    """
    wanted = [name.strip() for name in names if name.strip()]
    known: dict[str, str] = kept.get(session, ROLES) or {}
    if not all(name in known for name in wanted):
        known = role_names(session)
        kept.keep(session, ROLES, known)
    return tuple(dict.fromkeys(known.get(name, name) for name in wanted))


def forget(session: Session) -> None:
    """Forget the names of roles, because one of them changes."""
    session.info.pop(ROLES, None)
    kept.drop(session, ROLES)
