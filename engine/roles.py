"""Names of roles: diagrams name a role by its code, its Chinese or its English name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import people

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session


def role_names(session: Session) -> dict[str, str]:
    """Map every code and name of the role table to the code, read once in a transaction.

    A name in the table may list several, as in `座席 / 客服专员`.
    """
    if "role names" not in session.info:
        found: dict[str, str] = {}
        for role in people.roles(session):
            found.update({role.code: role.code, role.name_zh: role.code, role.name_en: role.code})
            for text in (*role.name_zh.split("/"), *role.name_en.split("/")):
                found.setdefault(text.strip(), role.code)
        found.pop("", None)
        session.info["role names"] = found
    known: dict[str, str] = session.info["role names"]
    return known


def role_codes(session: Session, names: Iterable[str]) -> tuple[str, ...]:
    """Turn role names into codes; what the role table does not know stays as it is."""
    known = role_names(session)
    return tuple(dict.fromkeys(known.get(name.strip(), name.strip()) for name in names if name.strip()))
