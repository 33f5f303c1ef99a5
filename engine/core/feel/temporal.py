"""Dates, times and durations: reading them, their properties and their order.

Dates between the years 1 and 9999 are Python's own, as are times to the microsecond; others are `far`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.core.feel.far import FarDate, FarDateTime, FineTime, far_date, moment
from engine.core.feel.values import YearsMonths

_DATE = re.compile(r"(-?)(\d{4,9})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(
    r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:(Z|z)|([+-])(\d\d):(\d\d)(?::(\d\d))?|@([A-Za-z][\w+/-]*))?", re.ASCII
)
_MONTHS = re.compile(r"(-?)P(?=\d)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?", re.ASCII)
_DAYS = re.compile(
    r"(-?)P(?=\d|T\d)(?:(\d{1,18})D)?(?:T(?=\d)(?:(\d{1,18})H)?(?:(\d{1,18})M)?(?:(\d{1,18})(?:\.(\d{0,9}))?S)?)?",
    re.ASCII,
)
_MAX_OFFSET = timedelta(hours=18)
_MICROS = 6
_NANOS = 9
_DECEMBER = 12
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  instants are counted without a zone


def parse_date(text: str) -> date | FarDate | None:
    """`2026-03-01`; None when it is no date."""
    match = _DATE.fullmatch(text)
    if not match or (len(match[2]) > len("9999") and match[2].startswith("0")):
        return None
    year = -int(match[2]) if match[1] else int(match[2])
    return make_date(year, int(match[3]), int(match[4])) if year else None


def make_date(year: int, month: int, day: int) -> date | FarDate | None:
    """That day; None when there is none."""
    if not date.min.year <= year <= date.max.year:
        return far_date(year, month, day)
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo | None:
    """The zone of that name, None when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def offset_zone(offset: timedelta) -> tzinfo | None:
    """A fixed offset as a zone; None beyond 18 hours."""
    if abs(offset) > _MAX_OFFSET:
        return None
    return UTC if not offset else timezone(offset)


def parse_time(text: str) -> time | FineTime | None:
    """`10:30:00`, with fraction, with `Z`, an offset, or `@Asia/Shanghai`; None when it is no time."""
    match = _TIME.fullmatch(text)
    if not match:
        return None
    where: tzinfo | None = None
    if match[5]:
        where = UTC
    elif match[6]:
        if int(match[8]) > 59 or int(match[9] or 0) > 59:  # noqa: PLR2004  minutes and seconds
            return None
        size = timedelta(hours=int(match[7]), minutes=int(match[8]), seconds=int(match[9] or 0))
        where = offset_zone(-size if match[6] == "-" else size)
    elif match[10]:
        where = zone(match[10])
    if where is None and (match[6] or match[10]):
        return None
    micros = int((match[4] or "0").ljust(_MICROS, "0")[:_MICROS])
    nanos = int((match[4] or "").ljust(_NANOS, "0")[_MICROS:])
    hour = 0 if text.startswith("24:00:00") and not micros and not nanos else int(match[1])
    try:
        found = time(hour, int(match[2]), int(match[3]), micros, where)
    except ValueError:
        return None
    return FineTime(found, nanos) if nanos else found


def parse_datetime(text: str) -> datetime | FarDateTime | None:
    """`2026-03-01T10:30:00+08:00`; a date alone is its midnight; None when it is neither."""
    head, separator, tail = text.partition("T")
    day = parse_date(head)
    if day is None:
        return None
    clock = parse_time(tail) if separator else time()
    if clock is None:
        return None
    found = moment(day, clock)
    if not tail.startswith("24"):
        return found
    try:
        return found + timedelta(days=1) if isinstance(found, datetime) else None
    except OverflowError:
        return None


def parse_duration(text: str) -> YearsMonths | timedelta | None:
    """`P1Y2M` or `P1DT2H3M4.5S`, signed; None when it is neither or too long."""
    match = _MONTHS.fullmatch(text)
    if match:
        months = int(match[2] or 0) * 12 + int(match[3] or 0)
        return YearsMonths(-months if match[1] else months)
    match = _DAYS.fullmatch(text)
    if not match:
        return None
    micros = int((match[6] or "0").ljust(_MICROS, "0")[:_MICROS])
    try:
        value = timedelta(
            days=int(match[2] or 0), hours=int(match[3] or 0), minutes=int(match[4] or 0), seconds=int(match[5] or 0),
            microseconds=micros,
        )  # fmt: skip
        return -value if match[1] else value
    except OverflowError:
        return None


def offset_of(value: datetime | time) -> timedelta | None:
    """The offset from UTC; a time of day in a zone has the zone's standard offset."""
    found = value.utcoffset()
    if found is None and value.tzinfo is not None:
        return value.tzinfo.utcoffset(_EPOCH)
    return found


def instant(value: datetime | time, assumed: tzinfo | None) -> timedelta:
    """A number to order by: the distance from an epoch in UTC. Local values are read in `assumed`, else as they are."""
    if isinstance(value, time):
        start = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    else:
        start = value.replace(tzinfo=None) - _EPOCH
    if value.tzinfo is None and assumed is not None:
        value = value.replace(tzinfo=assumed)
    return start - (offset_of(value) or timedelta())


def midnight(value: date) -> datetime:
    """A date as date and time: its midnight in UTC."""
    return datetime(value.year, value.month, value.day, tzinfo=UTC)


def add_months(value: date, months: int) -> date | None:
    """The same day of another month, its last day when there is no such day; a date and time stays one."""
    index = value.year * 12 + value.month - 1 + months
    year, month = divmod(index, 12)
    month += 1
    if not date.min.year <= year <= date.max.year:
        return None
    return value.replace(year=year, month=month, day=min(value.day, days_in_month(year, month)))


def days_in_month(year: int, month: int) -> int:
    """28 to 31."""
    if month == _DECEMBER:
        return 31
    return (date(year, month + 1, 1) - date(year, month, 1)).days


def months_between(start: date | FarDate, end: date | FarDate) -> YearsMonths:
    """Whole months from one day to another, negative backwards."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        months -= 1
    elif months < 0 and end.day > start.day:
        months += 1
    return YearsMonths(months)


def member(value: Any, name: str) -> Any:
    """A property such as `.year` or `.time offset`; None when the value has no such property."""
    if type(value) is FarDateTime:
        value = value.day if name in {"year", "month", "day", "weekday"} else value.clock
    if type(value) is FineTime:
        fraction = Decimal(value.nanos).scaleb(-_NANOS) if name == "second" else None
        found = member(value.clock, name)
        return found if fraction is None else found + fraction
    if type(value) is FarDate:
        return Decimal(getattr(value, name)) if name in {"year", "month", "day"} else None
    if isinstance(value, (datetime, time)) and name in {"hour", "minute"}:
        return Decimal(getattr(value, name))
    if isinstance(value, (datetime, time)) and name == "second":
        return _seconds(value.second, value.microsecond)
    if isinstance(value, date) and name in {"year", "month", "day"}:
        return Decimal(getattr(value, name))
    if isinstance(value, date) and name == "weekday":
        return Decimal(value.isoweekday())
    if isinstance(value, (datetime, time)) and name == "time offset":
        return offset_of(value)
    if isinstance(value, (datetime, time)) and name == "timezone":
        return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None
    if isinstance(value, (YearsMonths, timedelta)):
        return _duration_member(value, name)
    return None


def _seconds(seconds: int, micros: int) -> Decimal:
    return Decimal(seconds) if not micros else Decimal(seconds) + Decimal(micros).scaleb(-_MICROS)


def _duration_member(value: YearsMonths | timedelta, name: str) -> Decimal | None:
    if isinstance(value, YearsMonths):
        sign = -1 if value.months < 0 else 1
        years, months = divmod(abs(value.months), 12)
        found: dict[str, Decimal] = {"years": Decimal(sign * years), "months": Decimal(sign * months)}
    else:
        sign = -1 if value < timedelta() else 1
        size = abs(value)
        hours, rest = divmod(size.seconds, 3600)
        found = {
            "days": Decimal(sign * size.days),
            "hours": Decimal(sign * hours),
            "minutes": Decimal(sign * (rest // 60)),
            "seconds": sign * _seconds(rest % 60, size.microseconds),
        }
    return found.get(name)
