"""The week and month board of rectification orders: per project and unit, each figure with the list behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from engine.core.calendar import CHINA
from engine.errors import N_, NotAllowedError, NotFoundError
from processes.services import rights
from processes.services.orders import place_of
from storage import order_board as rows
from storage import orders

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from engine.access import Viewer

DAY_SECONDS = 86400
SIZE = 50
KINDS = rows.KINDS
LAST_MONTH = 12


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the board. `rate` 0–1 and `days` are None when nothing counts for them: neither 0 nor 100 %."""

    project: str
    unit: str
    unit_id: int
    new: int
    finished: int
    on_time: int
    overdue: int
    rework: int
    rate: float | None
    days: float | None


@dataclass(frozen=True, slots=True)
class Board:
    """A board: groups are projects with their sum, then their units; `before` and `after` name the next boards."""

    span: str
    first: date
    last: date
    before: date
    after: date | None
    total: Line
    groups: tuple[tuple[Line, tuple[Line, ...]], ...]


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order in the list behind a figure."""

    number: str
    project: str
    place: str
    brief: str
    unit: str
    state: str
    issued_at: datetime
    promised_at: datetime | None
    due_at: datetime | None
    closed_at: datetime | None
    rework: int


@dataclass(frozen=True, slots=True)
class OrderRows:
    """A page of that list."""

    items: tuple[OrderRow, ...]
    total: int
    page: int
    pages: int
    unit: str


def days_of(span: str, day: date) -> tuple[date, date]:
    """Give the first day of the week (Monday) or month around a day, and the first after it."""
    if span == "month":
        first = day.replace(day=1)
        return first, date(first.year + first.month // LAST_MONTH, first.month % LAST_MONTH + 1, 1)
    first = day - timedelta(days=day.weekday())
    return first, first + timedelta(days=7)


def _scopes(viewer: Viewer) -> frozenset[str] | None:
    scopes = rights.scopes_of(viewer, rights.WATCHERS)
    if scopes is not None and not scopes:
        raise NotAllowedError(N_("You may not see this board."))
    return scopes


def _span(viewer: Viewer, span: str, day: date, now: datetime) -> rows.Span:
    first, after = days_of(span, day)
    start, end = (datetime.combine(one, time(), CHINA) for one in (first, after))
    return rows.Span(start, end, min(now, end), _scopes(viewer))


def board(session: Session, viewer: Viewer, *, span: str, day: date, now: datetime) -> Board:
    """Count a week's or month's orders of the person's projects. Raises NotAllowedError for those who watch none."""
    found = rows.figures(session, _span(viewer, span, day, now))
    units = {key: unit.name for key, unit in orders.contractors(session, [0, *(one.unit_id for one in found)]).items()}
    first, after = days_of(span, day)
    by_project: dict[str, list[rows.Figures]] = {}
    for one in found:
        by_project.setdefault(one.project, []).append(one)
    groups = []
    for project in sorted(by_project):
        lines = [_line(one, units.get(one.unit_id or 0, "")) for one in by_project[project]]
        lines.sort(key=lambda line: (-line.overdue, -line.new, line.unit))
        groups.append((_line(_sum(by_project[project], project), ""), tuple(lines)))
    return Board(
        span=span,
        first=first,
        last=after - timedelta(days=1),
        before=first - timedelta(days=1),
        after=after if after <= now.astimezone(CHINA).date() else None,
        total=_line(_sum(found, ""), ""),
        groups=tuple(groups),
    )


def _sum(found: Iterable[rows.Figures], project: str) -> rows.Figures:
    total = rows.Figures(project, None)
    for one in found:
        names = ("new", "finished", "timed", "on_time", "overdue", "rework", "seconds")
        total = replace(total, **{name: getattr(total, name) + getattr(one, name) for name in names})
    return total


def _line(one: rows.Figures, unit: str) -> Line:
    due = one.timed + one.overdue  # what is open and late counts as not in time: late work must not improve the rate
    return Line(
        project=one.project,
        unit=unit,
        unit_id=one.unit_id or 0,
        new=one.new,
        finished=one.finished,
        on_time=one.on_time,
        overdue=one.overdue,
        rework=one.rework,
        rate=one.on_time / due if due else None,
        days=one.seconds / one.finished / DAY_SECONDS if one.finished else None,
    )


def listed(
    session: Session, viewer: Viewer, kind: str, *, span: str, day: date, project: str = "", unit: int | None = None,
    page: int = 1, now: datetime,
) -> OrderRows:  # fmt: skip
    """List the orders that a figure of the board counts (AC20). Raises NotFoundError, NotAllowedError."""
    if kind not in KINDS:
        raise NotFoundError(N_("There is no such list."))
    asked = replace(_span(viewer, span, day, now), project=project, unit=unit)
    found, total = rows.listed(session, asked, kind, page=page, size=SIZE)
    units: dict[int, str] = {
        key: one.name for key, one in orders.contractors(session, [0, unit, *(row.repair_id for row in found)]).items()
    }
    items: Sequence[OrderRow] = [
        OrderRow(
            number=row.number,
            project=row.project,
            place=place_of(row),
            brief=row.brief,
            unit=units.get(row.repair_id or 0, ""),
            state=row.state,
            issued_at=row.issued_at,
            promised_at=row.original_due_at or row.due_at,
            due_at=row.due_at,
            closed_at=row.closed_at,
            rework=row.rework,
        )
        for row in found
    ]
    return OrderRows(tuple(items), total, page, max(1, -(-total // SIZE)), units.get(unit or 0, ""))
