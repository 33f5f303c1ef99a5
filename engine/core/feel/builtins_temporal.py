"""Builtin functions on dates, times and durations (DMN 1.5, tables 70, 76 and 79)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.core.feel import temporal
from engine.core.feel.errors import FeelError
from engine.core.feel.far import MAX_YEAR, FarDate, FarDateTime, FineTime, moment
from engine.core.feel.registry import builtin
from engine.core.feel.values import YearsMonths, kind
from engine.errors import N_

if TYPE_CHECKING:
    from engine.core.feel.runtime import Run

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MICROS = Decimal(1_000_000)


@builtin("date", "from: any")
def date_from(_run: Run, value: Any) -> Any:
    """The date a text shows, or the day of a date and time."""
    if type(value) is list and len(value) == 1:
        value = value[0]
    if type(value) is str:
        return temporal.parse_date(value)
    if type(value) is datetime:
        return value.date()
    if type(value) is FarDateTime:
        return value.day
    return value if type(value) in {date, FarDate} else None


@builtin("date", "year: number, month: number, day: number")
def date_of(_run: Run, year: Decimal, month: Decimal, day: Decimal) -> Any:
    """The date of three numbers."""
    if max(abs(year), abs(month), abs(day)) > MAX_YEAR:
        return None
    return temporal.make_date(int(year), int(month), int(day))


@builtin("time", "from: any")
def time_from(_run: Run, value: Any) -> time | FineTime | None:
    """The time a text shows, or the time of a date and time; of a date its midnight in UTC."""
    if type(value) is list and len(value) == 1:
        value = value[0]
    if type(value) is str:
        return temporal.parse_time(value)
    if type(value) is datetime:
        return value.timetz()
    if type(value) is FarDateTime:
        return value.clock
    if type(value) is date:
        return time(tzinfo=UTC)
    return value if type(value) in {time, FineTime} else None


@builtin("time", "hour: number, minute: number, second: number, offset: days and time duration? =")
def time_of(_run: Run, hour: Decimal, minute: Decimal, second: Decimal, offset: timedelta | None = None) -> time | None:
    """The time of three numbers and an offset."""
    return _time(hour, minute, second, None if offset is None else temporal.offset_zone(offset), offset is None)


def _time(hour: Decimal, minute: Decimal, second: Decimal, where: tzinfo | None, local: bool) -> time | None:
    if where is None and not local:
        return None
    try:
        micros = int((second - int(second)) * _MICROS)
        return time(int(hour), int(minute), int(second), micros, where)
    except (ValueError, OverflowError):
        return None


@builtin("date and time", "from: any")
def datetime_from(_run: Run, value: Any) -> Any:
    """The date and time a text shows."""
    if type(value) is list and len(value) == 1:
        value = value[0]
    if type(value) is str:
        return temporal.parse_datetime(value)
    if type(value) is date:
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  FEEL knows local times
    if type(value) is FarDate:
        return FarDateTime(value, time())
    return value if type(value) in {datetime, FarDateTime} else None


@builtin("date and time", "date: dates, timezone: string")
def datetime_in(_run: Run, moment: date, name: str) -> datetime | None:
    """The same moment on the clocks of a zone."""
    where = temporal.zone(name)
    if where is None or not isinstance(moment, datetime):
        return None
    try:
        return moment.astimezone(where) if moment.tzinfo else moment.replace(tzinfo=where)
    except OverflowError:
        return None


@builtin("date and time", "date: any, time: any")
def datetime_of(run: Run, day: Any, clock: Any) -> datetime | FarDateTime | None:
    """A day with a time of day."""
    found = date_from(run, day) if kind(day).startswith("date") else None
    return moment(found, clock) if found is not None and type(clock) in {time, FineTime} else None


@builtin(
    "date and time",
    "year: number, month: number, day: number, hour: number, minute: number, second: number, offset: any =",
)
def datetime_of_numbers(run: Run, *values: Any) -> Any:
    """The date and time of six numbers, with an offset or the name of a zone."""
    where = values[6] if len(values) > 6 else None  # noqa: PLR2004  the seventh
    found: tzinfo | None = None
    if isinstance(where, timedelta):
        found = temporal.offset_zone(where)
    elif isinstance(where, str):
        found = temporal.zone(where)
    day = date_of(run, *values[:3])
    clock = _time(values[3], values[4], values[5], found, where is None)
    if day is None or clock is None:
        return None
    return moment(day, clock)


@builtin("duration", "from: any")
def duration(_run: Run, value: Any) -> Any:
    """The duration a text shows."""
    if type(value) is list and len(value) == 1:
        value = value[0]
    if type(value) is str:
        return temporal.parse_duration(value)
    return value if type(value) in {YearsMonths, timedelta} else None


@builtin("years and months duration", "from: any, to: any")
def years_and_months(run: Run, start: Any, end: Any) -> YearsMonths | None:
    """The whole months from one day to another; times of day and zones do not count."""
    if not (kind(start).startswith("date") and kind(end).startswith("date")):
        return None
    first, last = date_from(run, start), date_from(run, end)
    return None if first is None or last is None else temporal.months_between(first, last)


def _now(run: Run) -> datetime | None:
    if run.env.now is None:
        if run.env.strict:
            raise FeelError(N_("now() and today() cannot be used here: there is no clock."))
        return None
    return run.env.now.astimezone(run.env.zone)


@builtin("now")
def now(run: Run) -> datetime | None:
    """This moment."""
    return _now(run)


@builtin("today")
def today(run: Run) -> date | None:
    """This day, where people are."""
    moment = _now(run)
    return None if moment is None else moment.date()


@builtin("day of week", "date: dates")
def day_of_week(_run: Run, day: date) -> str:
    """Monday to Sunday."""
    return _DAYS[day.weekday()]


@builtin("month of year", "date: dates")
def month_of_year(_run: Run, day: date) -> str:
    """January to December."""
    return _MONTHS[day.month - 1]


@builtin("day of year", "date: dates")
def day_of_year(_run: Run, day: date) -> Decimal:
    """1 to 366."""
    return Decimal(day.timetuple().tm_yday)


@builtin("week of year", "date: dates")
def week_of_year(_run: Run, day: date) -> Decimal:
    """The week of ISO 8601."""
    return Decimal(day.isocalendar().week)


@builtin("is", "value1: any =, value2: any =")
def is_(_run: Run, a: Any = None, b: Any = None) -> bool:
    """Whether two values are the same in every respect, the zone included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (datetime, time)):
        clock_a, clock_b = a.replace(tzinfo=None), b.replace(tzinfo=None)
        return bool(clock_a == clock_b and str(a.tzinfo) == str(b.tzinfo))
    return kind(a) == "null" or bool(a == b)
