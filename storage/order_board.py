"""Figures of rectification orders over a week or month, and the lists behind them: one set of conditions for both.

Reached by the indexes on `issued_at`, `closed_at` and (`open`, `due_at`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, extract, func, or_, select

from storage.tables.defects import RectificationOrder as Order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

DONE = "已销项"
KINDS = ("new", "finished", "on_time", "overdue", "rework")


@dataclass(frozen=True, slots=True)
class Span:
    """Which orders a board is about: from `start` to before `end` (aware), overdue as of `cut`.

    `scopes` None: every project. `project` and `unit` (key of the repairing unit, 0 for none) narrow it; "" and None
    leave it wide.
    """

    start: datetime
    end: datetime
    cut: datetime
    scopes: frozenset[str] | None = None
    project: str = ""
    unit: int | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of one project and unit. `timed`: finished ones that had a day; `seconds` from issue to end, added up."""

    project: str
    unit_id: int | None
    new: int = 0
    finished: int = 0
    timed: int = 0
    on_time: int = 0
    overdue: int = 0
    rework: int = 0
    seconds: int = 0


def _promised() -> ColumnElement[Any]:
    return func.coalesce(Order.original_due_at, Order.due_at)


def _kind(span: Span, kind: str) -> ColumnElement[bool]:
    """Say which orders a figure counts. In time means by the day first promised: an extension does not improve it."""
    finished = and_(Order.closed_at >= span.start, Order.closed_at < span.end, Order.close_type == DONE)
    open_then = or_(
        and_(Order.open, Order.due_at < span.cut), and_(Order.closed_at >= span.cut, Order.due_at < span.cut)
    )
    conditions = {
        "new": and_(Order.issued_at >= span.start, Order.issued_at < span.end),
        "finished": finished,
        "on_time": and_(finished, Order.closed_at <= _promised()),
        "overdue": and_(open_then, Order.issued_at < span.cut),
        "rework": and_(finished, Order.rework > 0),
    }
    return conditions[kind]


def _within(span: Span) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if span.scopes is not None:
        found.append(Order.project.in_(span.scopes))
    if span.project:
        found.append(Order.project == span.project)
    if span.unit is not None:
        found.append(Order.repair_id == span.unit if span.unit else Order.repair_id.is_(None))
    return found


def figures(session: Session, span: Span) -> Sequence[Figures]:
    """Count by project and repairing unit, in three statements that each go by an index."""
    found: dict[tuple[str, int | None], dict[str, int]] = {}
    spent = extract("epoch", Order.closed_at) - extract("epoch", Order.issued_at)
    finished = (
        func.count().label("finished"),
        func.count(_promised()).label("timed"),
        func.count().filter(Order.closed_at <= _promised()).label("on_time"),
        func.count().filter(Order.rework > 0).label("rework"),
        func.sum(spent).label("seconds"),
    )
    for kind, columns in (
        ("new", (func.count().label("new"),)),
        ("finished", finished),
        ("overdue", (func.count().label("overdue"),)),
    ):
        query = select(Order.project, Order.repair_id, *columns).where(_kind(span, kind), *_within(span))
        for row in session.execute(query.group_by(Order.project, Order.repair_id)).mappings():
            counts = found.setdefault((row["project"], row["repair_id"]), {})
            counts |= {name: int(row[name] or 0) for name in (column.name for column in columns)}
    return [Figures(project, unit, **counts) for (project, unit), counts in found.items()]


def listed(session: Session, span: Span, kind: str, *, page: int = 1, size: int = 50) -> tuple[Sequence[Order], int]:
    """List the orders that a figure counts; gives a page and how many there are."""
    where = [_kind(span, kind), *_within(span)]
    total = session.scalar(select(func.count()).select_from(Order).where(*where)) or 0
    query = select(Order).where(*where).order_by(Order.id).limit(size).offset((page - 1) * size)
    return session.scalars(query).all(), total
