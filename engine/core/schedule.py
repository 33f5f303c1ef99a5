"""When a timer is due: the arithmetic of moments, durations and cycles. Pure; every result is aware UTC.

A duration written as ISO 8601 text counts its years, months, weeks and days on the calendar of the zone and its hours,
minutes and seconds as time that passes: across a change of the clocks `P1D` is the same time of day on the next day, as
in Camunda, and `PT24H` is 24 hours. A duration computed in FEEL has no such difference (DMN 1.5, 10.3.2.3.7: it is a
number of seconds), so `duration("P1D")` is 24 hours. A time of day that does not exist because the clocks go forward
counts as if they had not yet: 02:30 becomes 03:30; one that exists twice means the first.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.core.feel.temporal import add_months

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

ISO_DURATION = re.compile(r"-?P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")
ISO_CYCLE = re.compile(r"R(\d*)/(?:([^/P][^/]*)/)?(P[^/]+)")
ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
RETRIES = re.compile(r"R([1-9]\d?)/(P.+)")
MAX_SKIPPED = 10_000
SHORTEST_CYCLE = timedelta(seconds=1)
_MAX_DIGITS = 9

Cycle = dict[str, Any]
"""What is left of a cycle: `left` rounds (None: without end), `every` so long, `done` of them since `anchor`."""


def is_literal(text: str) -> bool:
    """Tell an ISO 8601 moment, duration or cycle from a FEEL expression."""
    return any(p.fullmatch(text) for p in (ISO_DURATION, ISO_CYCLE, ISO_MOMENT))


def retry_cycle(text: str) -> tuple[int, tuple[float, ...]] | None:
    """Read `R3/PT10M` or pauses one by one (`PT1M,PT10M`): how many tries and the seconds between them, else None."""
    cycle = RETRIES.fullmatch(text)
    parts = [cycle[2]] if cycle else [part.strip() for part in text.split(",")]
    start = datetime(2000, 1, 1, tzinfo=UTC)
    pauses = [(end - start).total_seconds() for part in parts if (end := plus(start, part, UTC)) and end >= start]
    return (int(cycle[1]) if cycle else len(parts) + 1, tuple(pauses)) if len(pauses) == len(parts) else None


def plus(start: datetime, duration: str, zone: tzinfo, *, times: int = 1) -> datetime | None:
    """Add an ISO 8601 duration, `times` over; None when it is none, or leads out of the calendar."""
    match = ISO_DURATION.fullmatch(duration)
    if match is None or any(len(digits) > _MAX_DIGITS for digits in re.findall(r"\d+", duration)):
        return None
    sign, parts = -times if duration.startswith("-") else times, match.groups()
    years, months, weeks, days, hours, minutes = (int((parts[at] or "00")[:-1]) for at in (0, 1, 2, 3, 5, 6))
    seconds = float((parts[7] or "00")[:-1])
    try:
        if years or months or weeks or days:
            wall = add_months(start.astimezone(zone).replace(tzinfo=None, fold=0), sign * (12 * years + months))
            if not isinstance(wall, datetime):
                return None
            start = (wall + sign * timedelta(days=7 * weeks + days)).replace(tzinfo=zone)
        return start.astimezone(UTC) + sign * timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None


def moment(value: Any, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Turn a FEEL value or an ISO text into a moment; a duration counts from now. None when it is neither."""
    if isinstance(value, str):
        value = value.strip()
        if ISO_DURATION.fullmatch(value):
            return plus(now, value, zone)
        if not ISO_MOMENT.fullmatch(value):
            return None
        try:
            value = datetime.fromisoformat(value)
        except ValueError:  # there is no 30th of February
            return None
    elif (text := duration_text(value)) is not None:
        return plus(now, text, zone)
    if not isinstance(value, date):
        return None
    there = value if isinstance(value, datetime) else datetime.combine(value, time())
    aware = there if there.tzinfo is not None else there.replace(tzinfo=zone)
    try:
        return aware.astimezone(UTC)
    except OverflowError:  # the first or last day of the calendar
        return None


def duration_text(value: Any) -> str | None:
    """Write a FEEL duration as the ISO text that means as much: days as hours. None when it is no duration."""
    if isinstance(value, timedelta):
        sign, size = ("-", -value) if value < timedelta() else ("", value)
        whole, rest = divmod(size, timedelta(seconds=1))
        return f"{sign}PT{whole}" + (f".{rest.microseconds:06d}" if rest else "") + "S"
    if isinstance(value, feel.YearsMonths):
        return f"{'-' if value.months < 0 else ''}P{abs(value.months)}M"
    return None


def first(value: Any, zone: ZoneInfo, now: datetime, *, repeats: bool = False) -> tuple[datetime, Cycle | None] | None:
    """Say when a timer is due first, and for a cycle what is left of it after that.

    `value` is a FEEL value or an ISO text; with `repeats` a bare duration is a cycle without end. None when it is no
    moment, duration or cycle, and for a cycle of less than a second, which would fire without end.
    """
    text = value.strip() if isinstance(value, str) else duration_text(value)
    match = ISO_CYCLE.fullmatch(text) if text is not None else None
    if match is None and not repeats:
        due = moment(value, zone, now)
        return None if due is None else (due, None)
    count, begin, every = match.groups() if match is not None else ("", "", text or "")
    after = plus(now, every, zone)
    due = moment(begin, zone, now) if begin else after
    if due is None or after is None or after - now < SHORTEST_CYCLE or (count and not int(count)):
        return None
    left: Cycle = {"left": int(count) if count else None, "every": every}
    if _dated(every):  # counted from the first time: the 31st stays the last day, a time of day stays the same
        left |= {"anchor": due.isoformat(), "done": 0}
    return due, left


def _dated(every: str) -> bool:
    return not every.lstrip("-").startswith("PT")


def following(due: datetime, cycle: Cycle, zone: ZoneInfo, now: datetime) -> tuple[datetime, Cycle] | None:
    """Give a cycle's next due time after now; missed rounds are used up by this one (ENG-04).

    None when no round is left.
    """
    left, every, done = cycle["left"], cycle["every"], cycle.get("done", 0)
    step = plus(due, every, zone)
    if step is None:
        return None
    if not _dated(every) and step > due:
        missed = max(0, (now - due) // (step - due))
        missed = missed if left is None else min(missed, left - 1)
        due, left = due + missed * (step - due), None if left is None else left - missed
    start = datetime.fromisoformat(cycle["anchor"]) if "anchor" in cycle else None
    for _ in range(MAX_SKIPPED):
        left, done = None if left is None else left - 1, done + 1
        later = plus(due, every, zone) if start is None else plus(start, every, zone, times=done)
        if later is None or left == 0:
            return None
        due = later
        if due > now:
            break
    return due, {**cycle, "left": left, **({"done": done} if start is not None else {})}
