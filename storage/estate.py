"""Queries about the estate: find houses while somebody types, read projects and parts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storage.tables.estate import Part, Project, Unit

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session


SEPARATORS = re.compile(r"[\s\-_/#·,，.]+|单元|号楼|栋|幢|室")


def words(text: str) -> list[str]:
    """Split what was typed into the pieces that must all occur; leading zeros do not matter ("3栋2单元1502")."""
    return [piece.lstrip("0") or "0" for piece in SEPARATORS.split(text.lower()) if piece]


def compact(text: str) -> str:
    """Write a house code as it is searched: "春和里1期-03-2-1502" → "-春和里1期-3-2-1502"."""
    return "".join(f"-{piece}" for piece in words(text))


def find_units(
    session: Session, text: str, *, scopes: Collection[str] | None = None, limit: int = 8
) -> Sequence[tuple[Unit, str]]:
    """Find houses by what was typed ("春和 3-2-1502", "1502"), with their project's code; `scopes` None: everywhere."""
    pieces = words(text)
    if not pieces:
        return ()
    query = select(Unit, Project.code).join(Project, Project.id == Unit.project_id)
    if scopes is not None:
        query = query.where(Project.code.in_(scopes))
    exact = session.execute(query.where(Unit.code == text.strip())).all()
    if exact:
        return exact
    for piece in pieces:
        query = query.where(Unit.search.contains(piece, autoescape=True))
    in_a_row = Unit.search.contains(compact(text), autoescape=True)
    query = query.order_by(in_a_row.desc(), func.length(Unit.search), Unit.code)
    return session.execute(query.limit(limit)).all()


def unit_by_code(session: Session, code: str) -> Unit | None:
    """Read a house by its code."""
    return session.scalar(select(Unit).where(Unit.code == code)) if code else None


def project_of(session: Session, project_id: int) -> Project:
    """Read a project by its key."""
    return session.get_one(Project, project_id)


def project_by_code(session: Session, code: str) -> Project | None:
    """Read a project by its code."""
    return session.scalar(select(Project).where(Project.code == code)) if code else None



def projects(session: Session) -> Sequence[Project]:
    """List the active projects by name."""
    return session.scalars(select(Project).where(Project.active).order_by(Project.code)).all()


def find_parts(session: Session, text: str, *, limit: int = 20) -> Sequence[Part]:
    """Find parts of a house by their name or code."""
    query = select(Part).where(Part.active, Part.parent_id.is_not(None))
    if text.strip():
        query = query.where(Part.code.contains(text.strip(), autoescape=True))
    return session.scalars(query.order_by(Part.sort, Part.code).limit(limit)).all()
