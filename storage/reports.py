"""What every measure of a report shares: one select of rows, summed up for a figure and listed for what is behind it.

A measure is a select with the columns of `row`. Its figure is the sum over that select and its list is that select, so
that they cannot disagree. `counted` is what a row adds below the fraction line, `value` what it adds above.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Float, Select, String, and_, case, cast, extract, func, literal, or_, select

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session
    from sqlalchemy.sql.selectable import Subquery

DIMENSIONS = (
    *("project", "phase", "building", "department", "contractor", "person", "category", "channel", "stage"),
    "urgency",
)
HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time from `start` to before `end` (aware), asked at `now`; what is overdue is so as of `cut`."""

    start: datetime
    end: datetime
    now: datetime

    @property
    def cut(self) -> datetime:
        """The last moment of the span that has come."""
        return min(self.now, self.end)


@dataclass(frozen=True, slots=True)
class Within:
    """What narrows the rows. `scopes` None: every project; `filters`: dimension → wanted text."""

    scopes: frozenset[str] | None = None
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums over rows: how many, what is below the fraction line, what is above."""

    rows: int = 0
    counted: float = 0.0
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """A row behind a figure. `link`: what `subject` numbers: case, order, inspection, handover, defect, unit …."""

    subject: str
    link: str
    at: datetime
    counted: float
    value: float
    dimensions: Mapping[str, str]


def flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Turn a condition into 1 or 0; unknown is 0."""
    return case((condition, 1), else_=0)


def hours(start: Any, end: Any) -> ColumnElement[Any]:
    """Give the hours between two moments."""
    return (extract("epoch", end) - extract("epoch", start)) / float(HOUR_SECONDS)


def row(*, subject: Any, link: str, at: Any, counted: Any = 1, value: Any = None, **dimensions: Any) -> list[Any]:
    """Name the columns of a measure's select; dimensions that are not given are empty."""
    named = [
        cast(subject, String).label("subject"),
        literal(link, String).label("link"),
        at.label("at"),
        _number(counted).label("counted"),
        _number(counted if value is None else value).label("value"),
    ]
    return named + [
        literal("", String).label(name)
        if dimensions.get(name) is None
        else func.coalesce(dimensions[name], "").label(name)
        for name in DIMENSIONS
    ]


def _number(value: Any) -> ColumnElement[Any]:
    return cast(literal(value) if isinstance(value, int | float) else value, Float)


def _conditions(rows: Subquery, within: Within) -> list[ColumnElement[bool]]:
    found = [rows.c[name] == wanted for name, wanted in within.filters.items()]
    if within.scopes is not None:
        found.append(rows.c.project.in_(within.scopes))
    return [*found, or_(rows.c.counted != 0, rows.c.value != 0)]


def _inside(rows: Subquery, span: Span) -> ColumnElement[bool]:
    return and_(rows.c.at >= span.start, rows.c.at < span.end)


def sums(session: Session, rows: Select[Any], spans: Sequence[Span], within: Within, by: str = "") -> dict[str, Any]:
    """Sum a measure's rows up for each span in one statement; gives a list of `Sums` by the text of a dimension.

    Without a dimension the only key is "". Spans may overlap.
    """
    inner = rows.subquery()
    columns: list[Any] = []
    for span in spans:
        inside = _inside(inner, span)
        columns += [
            func.coalesce(func.sum(case((inside, amount), else_=0)), 0)
            for amount in (literal(1), inner.c.counted, inner.c.value)
        ]
    where = [*_conditions(inner, within), or_(*(_inside(inner, span) for span in spans))]
    if not by:
        found = [("", *session.execute(select(*columns).where(*where)).one())]
    else:
        found = [
            tuple(one) for one in session.execute(select(inner.c[by], *columns).where(*where).group_by(inner.c[by]))
        ]
    return {
        key: [
            Sums(int(numbers[at]), float(numbers[at + 1]), float(numbers[at + 2])) for at in range(0, len(numbers), 3)
        ]
        for key, *numbers in found
    }


def values(
    session: Session, rows: Select[Any], spans: Sequence[Span], within: Within, by: str = ""
) -> dict[str, list[list[float]]]:
    """Give the values themselves for each span (median, P90), by the text of a dimension."""
    inner = rows.subquery()
    key = inner.c[by] if by else literal("", String)
    found: dict[str, list[list[float]]] = {}
    for place, span in enumerate(spans):
        query = select(key, inner.c.value).where(
            *_conditions(inner, within), _inside(inner, span), inner.c.counted != 0
        )
        for text, value in session.execute(query):
            found.setdefault(text, [[] for _ in spans])[place].append(float(value))
    return found


def listed(
    session: Session, rows: Select[Any], span: Span, within: Within, *, limit: int | None = 50, offset: int = 0
) -> Sequence[Row]:
    """List the rows behind a figure, the newest first."""
    inner = rows.subquery()
    query = select(inner).where(*_conditions(inner, within), _inside(inner, span))
    query = query.order_by(inner.c.at.desc(), inner.c.subject).limit(limit).offset(offset)
    return [
        Row(
            subject=one["subject"],
            link=one["link"],
            at=one["at"],
            counted=one["counted"],
            value=one["value"],
            dimensions={name: one[name] for name in DIMENSIONS if one[name]},
        )
        for one in session.execute(query).mappings()
    ]


def choices(session: Session, rows: Select[Any], span: Span, within: Within, by: str) -> Iterable[str]:
    """List the texts a dimension has in a span."""
    inner = rows.subquery()
    query = select(inner.c[by]).where(*_conditions(inner, within), _inside(inner, span), inner.c[by] != "")
    return session.scalars(query.distinct().order_by(inner.c[by]))
