"""Dates outside the years 1 to 9999, which the standard knows and Python's own types do not.

They can be read, written, compared and taken apart; there is no arithmetic with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

MAX_YEAR: Final = 999_999_999
_CYCLE_YEARS, _CYCLE_DAYS = 400, 146_097
"""The Gregorian calendar repeats itself after so many years, and days."""
_BASE = 2000


@dataclass(frozen=True, slots=True)
class FarDate:
    """A day; years count as in ISO 8601, so that the year before 1 is 0."""

    year: int
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class FarDateTime:
    """A moment of such a day, local or with a zone."""

    day: FarDate
    clock: time


FAR = frozenset([FarDate, FarDateTime])


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


def order(a: FarDate | FarDateTime | date, b: FarDate | FarDateTime | date) -> int | None:
    """-1, 0 or 1; None between a day and a moment, and between a local moment and one with a zone."""
    x, y = _key(a), _key(b)
    if x[0] != y[0]:
        return None
    return int(x > y) - int(x < y)


def _key(value: FarDate | FarDateTime | date) -> tuple[str, int, timedelta]:
    if isinstance(value, FarDate) or type(value) is date:
        return ("day", _ordinal(value), timedelta())
    if isinstance(value, FarDateTime):
        day: FarDate | date = value.day
        clock = value.clock
        offset = clock.utcoffset()
    else:
        moment = value if isinstance(value, datetime) else datetime(1, 1, 1)  # noqa: DTZ001  only moments come here
        day, clock, offset = moment.date(), moment.time(), moment.utcoffset()
    since = timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second, microseconds=clock.microsecond)
    since -= offset or timedelta()
    return ("local" if offset is None else "zoned", _ordinal(day) + since.days, since - timedelta(days=since.days))
