"""Working days, holidays, make-up days and the deadlines counted by them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.calendar import WorkCalendar, china_days
from engine.errors import InvalidInputError

ZONE = ZoneInfo("Asia/Shanghai")
CHINA = WorkCalendar(ZONE, china_days([2025, 2026]))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def show(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M}"


def test_national_day_2026_with_its_make_up_days() -> None:
    assert not CHINA.is_workday(date(2026, 10, 1))
    assert not CHINA.is_workday(date(2026, 10, 7))
    assert CHINA.is_workday(date(2026, 9, 20))  # a Sunday, made up
    assert CHINA.is_workday(date(2026, 10, 10))  # a Saturday, made up
    assert not CHINA.is_workday(date(2026, 10, 11))


def test_three_working_days_across_national_day() -> None:
    """AC01 and story 20: the evening before the holiday, reply due on the third working day after it."""
    assert show(CHINA.deadline(at("2026-09-30 17:00"), 3, "wd")) == "2026-10-10 17:00"
    assert show(CHINA.deadline(at("2026-09-30 17:00"), 24, "h")) == "2026-10-01 17:00"
    assert show(CHINA.deadline(at("2025-09-30 17:00"), 3, "wd")) == "2025-10-11 17:00"


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-20 17:00", 1, "2026-11-23 17:00"),  # Friday to Monday
        ("2026-11-20 17:00", 0, "2026-11-20 17:00"),
        ("2026-11-21 10:00", 1, "2026-11-23 23:59"),  # received on Saturday: all of Monday
        ("2026-11-23 00:00", 1, "2026-11-23 23:59"),
        ("2026-11-20 17:00", 1.5, "2026-11-24 05:00"),
        ("2026-11-20 17:00", Decimal("0.25"), "2026-11-20 23:00"),
        ("2026-11-23 17:00", -1, "2026-11-20 17:00"),
        ("2026-11-22 12:00", -1, "2026-11-20 00:00"),
        ("2026-11-02 09:30", 15, "2026-11-23 09:30"),
    ],
)
def test_adding_working_days(start: str, days: float, due: str) -> None:
    assert show(CHINA.add_workdays(at(start), days)) == due


def test_the_zone_decides_the_day_not_utc() -> None:
    friday_evening_utc = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # Saturday 01:00 in China
    assert show(CHINA.add_workdays(friday_evening_utc, 1)) == "2026-11-23 23:59"
    assert CHINA.add_workdays(friday_evening_utc, 1).tzinfo is UTC


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-11-20 16:50", "2026-11-20 18:00"),
        ("2026-11-20 18:00", "2026-11-20 18:00"),
        ("2026-11-20 18:01", "2026-11-23 18:00"),
        ("2026-10-01 09:00", "2026-10-08 18:00"),
    ],
)
def test_end_of_working_day(start: str, due: str) -> None:
    """AC07: the rework of a recheck that failed at 16:50 is due today."""
    assert show(CHINA.deadline(at(start), None, "eod")) == due


def test_other_units() -> None:
    assert show(CHINA.deadline(at("2026-11-20 17:00"), Decimal("0.25"), "h")) == "2026-11-20 17:15"
    assert show(CHINA.deadline(at("2026-11-20 17:00"), 5, "cd")) == "2026-11-25 17:00"
    assert show(CHINA.deadline(at("2026-11-20 17:00"), 1, "eod")) == "2026-11-23 18:00"
    assert show(CHINA.deadline(datetime(2026, 11, 20, 17, 0), 1, "cd")) == "2026-11-21 17:00"  # noqa: DTZ001


@pytest.mark.parametrize(("value", "unit"), [(3, "weeks"), (None, "wd"), (99_999, "wd")])
def test_nonsense_is_refused_in_words(value: float | None, unit: str) -> None:
    with pytest.raises(InvalidInputError):
        CHINA.deadline(at("2026-11-20 17:00"), value, unit)


def test_a_calendar_without_working_days_ends() -> None:
    never = WorkCalendar(ZONE, {date(2026, 1, 1) + timedelta(days=n): False for n in range(60_000)})
    for call in (
        lambda: never.add_workdays(at("2026-11-20 17:00"), 1),
        lambda: never.end_of_day(at("2026-11-20 17:00")),
    ):
        with pytest.raises(InvalidInputError):
            call()


def test_functions_for_feel() -> None:
    functions = CHINA.functions(at("2026-11-20 17:00"))
    assert show(functions["add working days"](at("2026-09-30 17:00"), Decimal(3))) == "2026-10-10 17:00"
    assert functions["add working days"](date(2026, 9, 30), Decimal(3)) == date(2026, 10, 10)
    assert functions["add working days"](date(2026, 11, 21), Decimal(1)) == date(2026, 11, 23)
    assert functions["is working day"](date(2026, 10, 1)) is False
    assert functions["is working day"](datetime(2026, 11, 20, 17, 0, tzinfo=UTC)) is False
    assert functions["working days between"](date(2026, 11, 20), date(2026, 11, 24)) == 2
    assert functions["working days until"](at("2026-11-23 17:00")) == 1
    assert show(functions["end of working day"](at("2026-11-20 16:00"))) == "2026-11-20 18:00"


def test_years_not_published_yet_are_plain_weeks() -> None:
    assert china_days([2190]) == {}


MOMENTS = st.integers(0, 2 * 365 * 1440).map(lambda minutes: at("2025-01-01") + timedelta(minutes=minutes))
DAYS = st.decimals(min_value="0.01", max_value=60, places=2)


@given(MOMENTS, DAYS)
def test_a_deadline_lies_on_a_working_day_and_counts_back(start: datetime, n: Decimal) -> None:
    due = CHINA.add_workdays(start, n)
    assert due > start
    assert CHINA.is_workday(due)
    assert abs(CHINA.workdays_between(start, due) - n) <= Decimal(1) / 1440


@given(MOMENTS, MOMENTS, DAYS)
def test_who_comes_later_is_never_due_earlier(one: datetime, other: datetime, n: Decimal) -> None:
    first, second = sorted((one, other))
    assert CHINA.add_workdays(first, n) <= CHINA.add_workdays(second, n)


@given(MOMENTS, MOMENTS, MOMENTS)
def test_spans_add_up(one: datetime, two: datetime, three: datetime) -> None:
    a, b, c = sorted((one, two, three))
    sum_of_parts = CHINA.workdays_between(a, b) + CHINA.workdays_between(b, c)
    assert abs(sum_of_parts - CHINA.workdays_between(a, c)) < Decimal("1e-12")
    assert CHINA.workdays_between(b, a) == -CHINA.workdays_between(a, b)


@given(MOMENTS, st.times())
def test_close_of_business_is_the_next_one(moment: datetime, close: time) -> None:
    due = CHINA.end_of_day(moment, close)
    assert due >= moment
    assert CHINA.is_workday(due)
    assert due.astimezone(ZONE).time() == close
