"""The working calendar in force: China's published days, corrected by what administrators entered (X07)."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine.access import Action, require
from engine.core.calendar import CHINA, WorkCalendar, china_days
from storage import audit
from storage.tables.registers import CalendarDay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from engine.access import Viewer

FIRST_YEAR = 2020
LAST_YEAR = 2099
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class DayView:
    """A day that differs from Monday-to-Friday, or was entered by hand."""

    day: date
    worked: bool
    note: str
    entered: bool


@lru_cache(maxsize=1)
def _published() -> Mapping[date, bool]:
    found: dict[date, bool] = {}
    for year in range(FIRST_YEAR, LAST_YEAR):
        days = china_days([year])
        if not days:
            break
        found |= days
    return found


class _Days(Mapping["date", bool]):
    """The days in force, read when the first is asked for: most steps ask for none."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def _all(self) -> Mapping[date, bool]:
        rows = self._session.execute(select(CalendarDay.day, CalendarDay.is_workday))
        return {**_published(), **{row.day: row.is_workday for row in rows}}

    def __getitem__(self, day: date) -> bool:
        return self._all[day]

    def __iter__(self) -> Iterator[date]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


def calendar(session: Session, zone: ZoneInfo = CHINA) -> WorkCalendar:
    """Give the working calendar in a zone; what administrators entered wins over China's published days."""
    return WorkCalendar(zone, _Days(session))


def days(session: Session, viewer: Viewer, year: int) -> tuple[DayView, ...]:
    """List a year's holidays and make-up days and whether each was entered by hand."""
    require(viewer, Action.REGISTER_VIEW)
    entered = {row.day: row for row in session.scalars(select(CalendarDay)) if row.day.year == year}
    published = {day: worked for day, worked in _published().items() if day.year == year}
    views = [
        DayView(day, row.is_workday, row.note, entered=True)
        if (row := entered.get(day))
        else DayView(day, published[day], "", entered=False)
        for day in sorted(entered | published)
    ]
    return tuple(views)


@dataclass(frozen=True, slots=True)
class GridDay:
    """A day of a month's grid; `special` where it differs from Monday to Friday."""

    day: date
    worked: bool
    special: bool


def months(session: Session, viewer: Viewer, year: int) -> tuple[tuple[tuple[GridDay | None, ...], ...], ...]:
    """Give the year as twelve months of weeks, Monday first; None where a week lies in another month."""
    require(viewer, Action.REGISTER_VIEW)
    known = _Days(session)
    found = []
    for month in range(1, 13):
        weeks = Calendar().monthdatescalendar(year, month)
        found.append(
            tuple(tuple(_grid_day(day, known) if day.month == month else None for day in week) for week in weeks)
        )
    return tuple(found)


def _grid_day(day: date, known: Mapping[date, bool]) -> GridDay:
    usual = day.weekday() < SATURDAY
    worked = known.get(day, usual)
    return GridDay(day, worked, worked != usual)


def is_published(year: int) -> bool:
    """Tell whether the state's plan for a year is known to the calendar."""
    return any(day.year == year for day in _published())


def set_day(session: Session, viewer: Viewer, *, day: date, worked: bool, note: str, now: datetime) -> None:
    """Enter a holiday or a make-up day; running clocks keep the dates they have."""
    require(viewer, Action.PROCESS_REGISTER_EDIT)
    row = session.get(CalendarDay, day)
    before = row.is_workday if row else None
    if row is None:
        session.add(CalendarDay(day=day, is_workday=worked, note=note))
    else:
        row.is_workday, row.note = worked, note
    audit.record(
        session,
        actor=viewer.login,
        action="calendar.set",
        subject=f"calendar_day:{day.isoformat()}",
        detail={"before": before, "after": worked, "note": note},
        now=now,
    )


def clear_day(session: Session, viewer: Viewer, *, day: date, now: datetime) -> None:
    """Take back what was entered for a day: the published plan or the week's rule holds again."""
    require(viewer, Action.PROCESS_REGISTER_EDIT)
    row = session.get(CalendarDay, day)
    if row is None:
        return
    detail = {"before": row.is_workday, "note": row.note}
    session.delete(row)
    audit.record(
        session, actor=viewer.login, action="calendar.clear", subject=f"calendar_day:{day}", detail=detail, now=now
    )
