"""What the standard knows of dates and times and Python's own types do not: years beyond 1 to 9999, and nanoseconds.

They can be read, written, compared and taken apart. Arithmetic forgets the nanoseconds; with far years there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

MAX_YEAR: Final = 999_999_999
_CYCLE_YEARS, _CYCLE_DAYS = 400, 146_097
"""The Gregorian calendar repeats itself after so many years, and days."""
_BASE = 2000
_Key = tuple[str, int, timedelta, int]


@dataclass(frozen=True, slots=True)
class FarDate:
    """A day; years count as in ISO 8601, so that the year before 1 is 0."""

    year: int
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class FineTime:
    """A time of day with `nanos` (1 to 999) more than its microseconds."""

    clock: time
    nanos: int


@dataclass(frozen=True, slots=True)
class FarDateTime:
    """A moment of a far day, or one finer than a microsecond; local or with a zone."""

    day: FarDate | date
    clock: time | FineTime


FAR = frozenset([FarDate, FarDateTime, FineTime])
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  times of day have the offset that their zone had then


def coarse(value: Any) -> Any:
    """The value without its nanoseconds, as Python's own type where that can hold it."""
    if type(value) is FineTime:
        return value.clock
    if type(value) is FarDateTime:
        return moment(value.day, coarse(value.clock))
    return value


def to_the_second(value: Any) -> Any:
    """A time or date and time without the fraction of its second."""
    value = coarse(value)
    if type(value) is FarDateTime:
        return FarDateTime(value.day, to_the_second(value.clock))
    return value.replace(microsecond=0) if value.microsecond else value


def moment(day: FarDate | date, clock: time | FineTime) -> datetime | FarDateTime:
    """A day with a time of day."""
    if isinstance(day, FarDate) or isinstance(clock, FineTime):
        return FarDateTime(day, clock)
    return datetime.combine(day, clock)


def far_date(year: int, month: int, day: int) -> FarDate | None:
    """That day; None when there is no such day or it is farther than the standard goes."""
    if abs(year) > MAX_YEAR:
        return None
    try:
        date(_BASE + year % _CYCLE_YEARS, month, day)
    except (ValueError, OverflowError):
        return None
    return FarDate(year, month, day)


def _ordinal(value: FarDate | date) -> int:
    """Days since a fixed day."""
    cycles, year = divmod(value.year, _CYCLE_YEARS)
    return date(_BASE + year, value.month, value.day).toordinal() + cycles * _CYCLE_DAYS


def order(a: Any, b: Any) -> int | None:
    """-1, 0 or 1; None between values of different kinds, and between a local value and one with a zone."""
    x, y = _key(a), _key(b)
    if x[0] != y[0]:
        return None
    return int(x > y) - int(x < y)


def _key(value: Any) -> _Key:
    if isinstance(value, FarDate) or type(value) is date:
        return ("day", _ordinal(value), timedelta(), 0)
    if isinstance(value, (time, FineTime)):
        return _clock_key("time", 0, value, None)
    if isinstance(value, FarDateTime):
        whole = coarse(value)
        offset = whole.utcoffset() if isinstance(whole, datetime) else None
        return _clock_key("moment", _ordinal(value.day), value.clock, offset)
    if isinstance(value, datetime):
        return _clock_key("moment", _ordinal(value.date()), value.timetz(), value.utcoffset())
    return ("", 0, timedelta(), 0)


def _clock_key(kind: str, day: int, clock: time | FineTime, offset: timedelta | None) -> _Key:
    nanos = clock.nanos if isinstance(clock, FineTime) else 0
    hand: time = coarse(clock)
    if offset is None and hand.tzinfo is not None:
        offset = hand.utcoffset() or hand.tzinfo.utcoffset(_EPOCH)
    since = timedelta(hours=hand.hour, minutes=hand.minute, seconds=hand.second, microseconds=hand.microsecond)
    since -= offset or timedelta()
    kind += " local" if offset is None else " zoned"
    if kind.startswith("time"):
        return (kind, 0, since, nanos)
    return (kind, day + since.days, since - timedelta(days=since.days), nanos)
