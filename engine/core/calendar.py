"""The working calendar: working days with holidays and make-up days (调休), and the deadlines counted by it (X07).

Time that counts for working days runs on all 24 hours of a working day and stands still on every other day, so a
request that comes later never gets the earlier deadline. Results lie on working days: what would end at midnight
ends at 23:59 of the working day before. All moments are aware; the calendar's zone decides where a day begins.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import chinese_calendar

from engine.errors import N_, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

CHINA: Final = ZoneInfo("Asia/Shanghai")
CLOSE_OF_BUSINESS: Final = time(18, 0)
UNITS: Final = ("h", "cd", "wd", "eod")
SATURDAY: Final = 5
MAX_DAYS: Final = 10_000
LAST_MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Which days are worked in `zone`: Monday to Friday, except where `days` says otherwise (True: worked)."""

    zone: ZoneInfo = CHINA
    days: Mapping[date, bool] = field(default_factory=dict)

    def local(self, moment: datetime) -> datetime:
        """Read a moment in the calendar's zone; one without a zone is taken as local."""
        return moment.replace(tzinfo=self.zone) if moment.tzinfo is None else moment.astimezone(self.zone)

    def is_workday(self, day: date) -> bool:
        """Say whether a day is worked; a moment stands for its local day."""
        if isinstance(day, datetime):
            day = self.local(day).date()
        worked = self.days.get(day)
        return day.weekday() < SATURDAY if worked is None else worked

    def add_workdays(self, start: datetime, n: Decimal | float) -> datetime:
        """Move `start` by `n` working days, also negative or in parts (1.5 d = 36 hours of working days).

        Returns an aware UTC moment on a working day (`start` itself for n = 0). A start on a day that is not worked
        counts from the beginning of the next working day. Raises InvalidInputError beyond 10,000 working days.
        """
        days = Decimal(str(n))
        if abs(days) > MAX_DAYS:
            raise InvalidInputError(N_("{count} working days are too many."), count=str(n))
        left = timedelta(microseconds=int(days * 86_400_000_000))
        here = self.local(start).replace(tzinfo=None)
        moved = self._forward(here, left) if left > timedelta(0) else self._backward(here, -left)
        return moved.replace(tzinfo=self.zone).astimezone(UTC)

    def _forward(self, here: datetime, left: timedelta) -> datetime:
        for _ in range(2 * MAX_DAYS):
            midnight = datetime.combine(here.date(), time())
            if self.is_workday(here.date()):
                rest = midnight + DAY - here
                if left < rest:
                    return here + left
                left -= rest
                if not left:
                    return midnight + DAY - LAST_MINUTE
            here = midnight + DAY
        raise InvalidInputError(N_("The calendar has no working days."))

    def _backward(self, here: datetime, left: timedelta) -> datetime:
        if not left:
            return here
        for _ in range(2 * MAX_DAYS):
            midnight = datetime.combine(here.date(), time())
            if here == midnight:
                midnight -= DAY
            if self.is_workday(midnight.date()):
                spent = here - midnight
                if left <= spent:
                    return here - left
                left -= spent
            here = midnight
        raise InvalidInputError(N_("The calendar has no working days."))

    def workdays_between(self, start: datetime, end: datetime) -> Decimal:
        """Count the working days from `start` to `end` in parts of days; negative when `end` is earlier."""
        first, last = (self.local(moment).replace(tzinfo=None) for moment in (start, end))
        if last < first:
            return -self.workdays_between(end, start)
        spent, day = timedelta(0), first.date()
        while day <= last.date():
            if self.is_workday(day):
                midnight = datetime.combine(day, time())
                spent += min(last, midnight + DAY) - max(first, midnight)
            day += DAY
        return Decimal(spent // timedelta(microseconds=1)) / Decimal(86_400_000_000)

    def end_of_day(self, moment: datetime, at: time = CLOSE_OF_BUSINESS) -> datetime:
        """Find the next close of business at local time `at` on a working day, not before `moment`; aware UTC (C10)."""
        here = self.local(moment)
        day = here.date()
        for _ in range(MAX_DAYS):
            close = datetime.combine(day, at, tzinfo=self.zone)
            if self.is_workday(day) and close >= here:
                return close.astimezone(UTC)
            day += DAY
        raise InvalidInputError(N_("The calendar has no working days."))

    def deadline(self, start: datetime, value: Decimal | float | None, unit: str) -> datetime:
        """Compute when a clock that starts at `start` is due; aware UTC (DMN-05).

        Units: `h` hours, running day and night; `cd` calendar days, same local clock time; `wd` working days;
        `eod` close of business of the working day `value` working days on (0 or None: the same day).
        Raises InvalidInputError for another unit or a missing value.
        """
        if unit not in UNITS:
            raise InvalidInputError(N_("{unit} is no unit of time; use h, cd, wd or eod."), unit=str(unit))
        if unit == "eod":
            close = self.end_of_day(start)
            return self.end_of_day(self.add_workdays(close, value)) if value else close
        if value is None:
            raise InvalidInputError(N_("A time limit in {unit} needs a number."), unit=unit)
        if unit == "wd":
            return self.add_workdays(start, value)
        if unit == "h":
            return self.local(start).astimezone(UTC) + timedelta(hours=float(value))
        return (self.local(start) + timedelta(days=float(value))).astimezone(UTC)

    def functions(self, now: datetime) -> Mapping[str, Callable[..., Any]]:
        """Give FEEL its calendar functions; `now` is what "working days until" counts from."""
        return {
            "add working days": self._feel_add,
            "working days between": lambda a, b: self.workdays_between(self._moment(a), self._moment(b)),
            "working days until": lambda b: self.workdays_between(now, self._moment(b)),
            "is working day": self.is_workday,
            "end of working day": lambda a: self.end_of_day(self._moment(a)).astimezone(self.zone),
        }

    def _feel_add(self, start: datetime | date, n: Decimal) -> datetime | date:
        """Add working days; a date gives a date (the n-th working day after it), a moment a local moment."""
        if isinstance(start, datetime):
            return self.add_workdays(start, n).astimezone(self.zone)
        last = datetime.combine(start, time(23, 59), tzinfo=self.zone)
        return self.add_workdays(last, n).astimezone(self.zone).date()

    def _moment(self, value: datetime | date) -> datetime:
        return value if isinstance(value, datetime) else datetime.combine(value, time(), tzinfo=self.zone)


def china_days(years: Iterable[int]) -> dict[date, bool]:
    """List China's days that differ from Monday-to-Friday: holidays False, make-up working days True.

    Years whose plan is not published in the library yet give nothing; administrators enter them when announced.
    """
    found: dict[date, bool] = {}
    for year in years:
        day = date(year, 1, 1)
        while day.year == year:
            try:
                worked = bool(chinese_calendar.is_workday(day))
            except NotImplementedError:
                break
            if worked != (day.weekday() < SATURDAY):
                found[day] = worked
            day += DAY
    return found
