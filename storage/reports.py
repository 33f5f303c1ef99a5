"""What every measure of a report shares: one select of rows, summed up for a figure and listed for what is behind it.

A measure is a select with the columns of `row`. Its figure is the sum over that select and its list is that select, so
that they cannot disagree. `counted` is what a row adds below the fraction line, `value` what it adds above.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Float, Select, String, and_, case, cast, extract, func, literal, or_, select, true
from sqlalchemy import text as sql

from storage.tables.base import BigId
from storage.tables.contractors import Contractor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.selectable import Subquery

DIMENSIONS = (
    *("project", "phase", "building", "department", "contractor", "person", "category", "channel", "stage"),
    *("urgency", "severity", "batch", "use"),
)
"""What figures can be told apart by; the last three are those of defects and houses."""
NONE = "—"
"""As a filter: where the dimension says nothing."""
SHARES = (0.5, 0.9)
HOUR_SECONDS = 3600
DAY_SECONDS = 86400


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
    """What narrows the rows. `scopes` None: every project; `filters`: dimension → wanted text.

    `orgs`: codes of the responsible units whose people ask, for names need not be unique (AC19); empty: the staff.
    """

    scopes: frozenset[str] | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    orgs: frozenset[str] = frozenset()


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
    worked: tuple[datetime, datetime] | None = None


def flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Turn a condition into 1 or 0; unknown is 0."""
    return case((condition, 1), else_=0)


def hours(start: Any, end: Any) -> ColumnElement[Any]:
    """Give the hours between two moments."""
    return (extract("epoch", end) - extract("epoch", start)) / float(HOUR_SECONDS)


def local_day(moment: Any, span: Span) -> ColumnElement[Any]:
    """Give a number for the local day of a moment; the zone's offset is the one at the span's beginning."""
    offset = span.start.utcoffset()
    return func.floor((extract("epoch", moment) + (offset.total_seconds() if offset else 0)) / float(DAY_SECONDS))


def row(
    *, subject: Any, link: Any, at: Any, counted: Any = 1, value: Any = None, worked: tuple[Any, Any] | None = None,
    answers: Any = 0, **dimensions: Any,
) -> list[Any]:  # fmt: skip
    """Name the columns of a measure's select; dimensions that are not given are empty.

    Each column has the same type in every select: PostgreSQL looks into a union of such selects, and works out only
    what is asked of it.

    `answers`: the key of the responsible unit; a measure that does not name it has no rows for the people of units.
    `worked`: two moments, when the value is the working days between them, which only the calendar can count.
    """
    named = [
        cast(subject, String).label("subject"),
        (literal(link, String) if isinstance(link, str) else link).label("link"),
        at.label("at"),
        _number(counted).label("counted"),
        _number(counted if value is None else value).label("value"),
        cast(answers, BigId).label("answers"),
    ]
    if worked is not None:
        named += [worked[0].label("since"), worked[1].label("until")]
    return named + [
        literal("", String).label(name)
        if dimensions.get(name) is None
        else cast(func.coalesce(dimensions[name], ""), String).label(name)
        for name in DIMENSIONS
    ]


def _number(value: Any) -> ColumnElement[Any]:
    return cast(literal(value) if isinstance(value, int | float) else value, Float)


def _conditions(rows: Subquery, within: Within) -> list[ColumnElement[bool]]:
    found = [rows.c[name] == ("" if wanted == NONE else wanted) for name, wanted in within.filters.items()]
    if within.scopes is not None:
        found.append(rows.c.project.in_(within.scopes))
    if within.orgs:
        found.append(rows.c.answers.in_(select(Contractor.id).where(Contractor.code.in_(within.orgs))))
    return [*found, or_(rows.c.counted != 0, rows.c.value != 0)]


def _inside(rows: Subquery, span: Span | None) -> ColumnElement[bool]:
    return true() if span is None else and_(rows.c.at >= span.start, rows.c.at < span.end)


def _begin(session: Session) -> None:
    """Keep PostgreSQL from compiling each statement: many different ones of some hundred milliseconds follow."""
    if session.get_bind().dialect.name == "postgresql" and not session.info.get("plain"):
        session.info["plain"] = True
        session.execute(sql("SET LOCAL jit = off"))


def sums(
    session: Session, rows: Select[Any], spans: Sequence[Span | None], within: Within, by: str = ""
) -> dict[str, list[Sums]]:
    """Sum a measure's rows up for each span in one statement; by the texts of a dimension if named, else under "".

    Spans may overlap. A span of None is for rows that were picked for one span already.
    """
    _begin(session)
    inner = rows.subquery()
    columns: list[Any] = []
    for span in spans:
        inside = _inside(inner, span)
        columns += [
            func.coalesce(func.sum(amount if span is None else case((inside, amount), else_=0)), 0)
            for amount in (literal(1), inner.c.counted, inner.c.value)
        ]
    where = [*_conditions(inner, within), or_(*(_inside(inner, span) for span in spans))]
    query = select(inner.c[by] if by else literal("", String), *columns).where(*where)
    found = session.execute(query.group_by(inner.c[by]) if by else query)
    return {
        key: [Sums(int(line[at]), float(line[at + 1]), float(line[at + 2])) for at in range(0, len(line), 3)]
        for key, *line in found
    }


def cross(
    session: Session, rows: Select[Any], span: Span | None, within: Within, by: Sequence[str]
) -> dict[tuple[str, ...], Sums]:
    """Sum a measure's rows up by several dimensions at once."""
    inner = rows.subquery()
    keys = [inner.c[name] for name in by]
    sums_ = (func.count(), func.sum(inner.c.counted), func.sum(inner.c.value))
    query = select(*keys, *sums_).where(*_conditions(inner, within), _inside(inner, span)).group_by(*keys)
    size = len(keys)
    return {
        tuple(line[:size]): Sums(int(line[size]), float(line[size + 1]), float(line[size + 2]))
        for line in session.execute(query)
    }


def percentiles(
    session: Session, rows: Select[Any], spans: Sequence[Span | None], within: Within, by: str = ""
) -> dict[str, list[tuple[dict[float, float | None], int]]]:
    """Give median and P90 of the counted values, linear between neighbours, and how many values they are.

    PostgreSQL does it itself; SQLite has no such function, there the values are read.
    """
    if session.get_bind().dialect.name != "postgresql":
        found = values(session, rows, spans, within, by)
        return {key: [(shares_of(one), len(one)) for one in lists] for key, lists in found.items()}
    _begin(session)
    inner = rows.subquery()
    columns: list[Any] = []
    for span in spans:
        inside = and_(_inside(inner, span), inner.c.counted != 0)
        columns += [
            *(func.percentile_cont(share).within_group(inner.c.value.asc()).filter(inside) for share in SHARES),
            func.count().filter(inside),
        ]
    where = [*_conditions(inner, within), or_(*(_inside(inner, span) for span in spans))]
    query = select(inner.c[by] if by else literal("", String), *columns).where(*where)
    answer = session.execute(query.group_by(inner.c[by]) if by else query)
    size = len(SHARES) + 1
    return {
        key: [
            (dict(zip(SHARES, (None if one is None else float(one) for one in line[at : at + size - 1]), strict=True)),
             int(line[at + size - 1]))
            for at in range(0, len(line), size)
        ]
        for key, *line in answer
    }  # fmt: skip


def shares_of(numbers: Sequence[float]) -> dict[float, float | None]:
    """Give median and P90 of numbers."""
    return {share: percentile(numbers, share) for share in SHARES}


def percentile(numbers: Sequence[float], share: float) -> float | None:
    """Give the value below which a share of the numbers lie (linear between neighbours); None for no numbers."""
    if not numbers:
        return None
    ordered = sorted(numbers)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def values(
    session: Session, rows: Select[Any], spans: Sequence[Span | None], within: Within, by: str = "",
    worked: Callable[[datetime, datetime], float] | None = None,
) -> dict[str, list[list[float]]]:  # fmt: skip
    """Give the counted values themselves for each span, by the texts of a dimension if named.

    `worked` counts the values of rows that name two moments.
    """
    inner = rows.subquery()
    key = inner.c[by] if by else literal("", String)
    found: dict[str, list[list[float]]] = {}
    for place, span in enumerate(spans):
        columns = [key, inner.c.value] if worked is None else [key, inner.c.since, inner.c.until]
        query = select(*columns).where(*_conditions(inner, within), _inside(inner, span), inner.c.counted != 0)
        for text, *numbers in session.execute(query):
            value = float(numbers[0]) if worked is None else worked(numbers[0], numbers[1])
            found.setdefault(text, [[] for _ in spans])[place].append(value)
    return found


def listed(
    session: Session, rows: Select[Any], span: Span | None, within: Within, *, limit: int | None = 50, offset: int = 0
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
            worked=(one["since"], one["until"]) if "since" in one else None,
        )
        for one in session.execute(query).mappings()
    ]


def inside(rows: Select[Any], span: Span | None, within: Within, column: str) -> Select[Any]:
    """Select one column of the rows behind a figure."""
    inner = rows.subquery()
    return select(inner.c[column]).where(*_conditions(inner, within), _inside(inner, span))


def count(session: Session, rows: Select[Any], span: Span | None, within: Within) -> int:
    """Count the rows behind a figure."""
    inner = rows.subquery()
    query = select(func.count()).select_from(inner).where(*_conditions(inner, within), _inside(inner, span))
    return session.scalar(query) or 0


def choices(session: Session, rows: Select[Any], span: Span | None, within: Within, by: str) -> Iterable[str]:
    """List the texts a dimension has in a span."""
    inner = rows.subquery()
    query = select(inner.c[by]).where(*_conditions(inner, within), _inside(inner, span), inner.c[by] != "")
    return session.scalars(query.distinct().order_by(inner.c[by]))
