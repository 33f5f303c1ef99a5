"""The table of roles, as it is edited: a new role, other names, whose tasks it supervises; nothing in use goes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine import access, people
from engine.access import Action
from engine.errors import N_, ConflictError, InvalidInputError, NotFoundError
from engine.roles import forget, role_names
from storage import audit, definitions
from storage import people as rows
from storage.tables.people import Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer

CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
MOST = 60
ROOTS = frozenset({access.ADMIN, access.PROCESS_OWNER})
"""Roles the product itself knows: they may be renamed, not removed."""


def used_by(session: Session) -> dict[str, tuple[str, ...]]:
    """Name the processes in force whose user tasks each role has."""
    found: dict[str, list[str]] = {}
    for process in definitions.newest_processes(session):
        for code in process.roles:
            found.setdefault(code, []).append(process.name or process.key)
    return {code: tuple(names) for code, names in found.items()}


def supervised(session: Session, code: str) -> list[str]:
    """List the roles whose tasks a role sees and hands on."""
    row = session.get(Role, code)
    return list(row.supervises) if row else []


def add(session: Session, viewer: Viewer, *, code: str, name_zh: str, name_en: str, now: datetime) -> None:
    """Add a role. Raises InvalidInputError when its code or a name cannot be taken, NotAllowedError."""
    access.require(viewer, Action.PROCESS_REGISTER_EDIT)
    wanted = code.strip().lower()
    if not CODE.fullmatch(wanted):
        raise InvalidInputError(N_("A code is 2 to 40 small letters, digits and _, and begins with a letter."))
    if session.get(Role, wanted) is not None:
        raise InvalidInputError(N_("There is a role with the code {code} already."), code=wanted)
    _write(session, viewer, wanted, name_zh, name_en, (), len(rows.roles(session)), now)


def change(
    session: Session,
    viewer: Viewer,
    code: str,
    *,
    name_zh: str,
    name_en: str,
    supervises: Sequence[str],
    now: datetime,
) -> None:
    """Give a role other names, and the roles whose tasks it sees and hands on.

    Raises InvalidInputError when a name is another role's, or one that a diagram in force uses would go;
    NotFoundError, NotAllowedError.
    """
    access.require(viewer, Action.PROCESS_REGISTER_EDIT)
    row = session.get(Role, code)
    if row is None:
        raise NotFoundError(N_("There is no such role."))
    if set(supervises) != set(row.supervises) and not viewer.is_admin:
        access.require(viewer, Action.PEOPLE_EDIT)
    gone = _names(row.name_zh, row.name_en) - _names(name_zh, name_en)
    for process in definitions.newest_processes(session):
        for name in gone:
            if f'name="{name}"'.encode() in process.source:
                raise InvalidInputError(
                    N_("The diagram {process} calls this role {name}. Keep that name too: write “{both}”."),
                    process=process.name or process.key, name=name, both=f"{name_zh.strip()} / {name}",
                )  # fmt: skip
    _write(session, viewer, code, name_zh, name_en, supervises, row.position, now)


def remove(session: Session, viewer: Viewer, code: str, *, now: datetime) -> None:
    """Remove a role that nobody holds and no process in force names. Raises ConflictError, NotFoundError."""
    access.require(viewer, Action.PROCESS_REGISTER_EDIT)
    row = session.get(Role, code)
    if row is None:
        raise NotFoundError(N_("There is no such role."))
    if code in ROOTS or rows.is_granted(session, code):
        raise ConflictError(N_("People hold the role {role}: take it from them first."), role=row.name_zh)
    if users := used_by(session).get(code):
        raise ConflictError(
            N_("The role {role} has tasks in {processes}."), role=row.name_zh, processes=", ".join(users)
        )
    session.delete(row)
    audit.record(
        session, actor=viewer.login, action="role.remove", subject=f"role:{code}",
        detail={"name_zh": row.name_zh, "name_en": row.name_en}, now=now,
    )  # fmt: skip
    session.flush()
    forget(session)


def _names(*texts: str) -> set[str]:
    return {name for text in texts for name in (text.strip(), *(piece.strip() for piece in text.split("/"))) if name}


def _write(
    session: Session,
    viewer: Viewer,
    code: str,
    zh: str,
    en: str,
    supervises: Sequence[str],
    position: int,
    now: datetime,
) -> None:
    if not zh.strip() or max(len(zh), len(en)) > MOST:
        raise InvalidInputError(N_("Give the role a name of at most {most} characters."), most=MOST)
    known = role_names(session)
    for name in _names(zh, en):
        if known.get(name, code) != code:
            raise InvalidInputError(N_("{name} is another role's name."), name=name)
    if unknown := set(supervises) - {role.code for role in rows.roles(session)}:
        raise InvalidInputError(N_("There is no role {code}."), code=", ".join(sorted(unknown)))
    people.save_role(
        session, code=code, name_zh=zh.strip(), name_en=en.strip() or zh.strip(), supervises=supervises,
        position=position,
    )  # fmt: skip
    detail = {"name_zh": zh.strip(), "name_en": en.strip(), "supervises": sorted(supervises)}
    audit.record(session, actor=viewer.login, action="role.edit", subject=f"role:{code}", detail=detail, now=now)
