"""Values as text: the function string(), and dates and durations in ISO 8601."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.core.feel.far import FarDate, FarDateTime, FineTime
from engine.core.feel.values import Function, Range, YearsMonths

_PLAIN_DIGITS = 40


def text_of(value: Any, *, nested: bool = False) -> str:
    """The text of any value; strings inside lists and contexts are quoted."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if nested else value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, (date, time, FarDate, FarDateTime, FineTime)):
        return _moment_text(value)
    if isinstance(value, (YearsMonths, timedelta)):
        return duration_text(value)
    if isinstance(value, Range):
        return _range_text(value)
    if isinstance(value, list):
        return "[" + ", ".join(text_of(item, nested=True) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)}: {text_of(item, nested=True)}" for key, item in value.items()) + "}"
    return f"function {value.name}".strip() if isinstance(value, Function) else ""


def _moment_text(value: date | time | FarDate | FarDateTime | FineTime) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat() + "T" + _time_text(value)
    if isinstance(value, FarDateTime):
        return _moment_text(value.day) + "T" + _moment_text(value.clock)
    if isinstance(value, FineTime):
        return _time_text(value.clock, value.nanos)
    if isinstance(value, FarDate):
        return f"{'-' if value.year < 0 else ''}{abs(value.year):04}-{value.month:02}-{value.day:02}"
    return _time_text(value) if isinstance(value, time) else value.isoformat()


def _key(key: str) -> str:
    return key if key.replace(" ", "_").isidentifier() else text_of(key, nested=True)


def number_text(value: Decimal) -> str:
    """Digits without an exponent or trailing zeros, as long as that stays readable."""
    if value == 0:
        return "0"
    text = format(value, "f") if abs(value.adjusted()) < _PLAIN_DIGITS else str(value.normalize())
    return text.rstrip("0").rstrip(".") if "." in text and "E" not in text else text


def _time_text(value: datetime | time, nanos: int = 0) -> str:
    text = f"{value.hour:02}:{value.minute:02}:{value.second:02}"
    if value.microsecond or nanos:
        text += f".{value.microsecond:06}{nanos:03}".rstrip("0")
    where = value.tzinfo
    if isinstance(where, ZoneInfo):
        return f"{text}@{where.key}"
    if where is None:
        return text
    if where is UTC or where == timezone.utc:  # noqa: UP017  equal, but not the same object
        return text + "Z"
    offset = where.utcoffset(None) or timedelta()
    sign = "-" if offset < timedelta() else "+"
    hours, rest = divmod(int(abs(offset).total_seconds()), 3600)
    seconds = f":{rest % 60:02}" if rest % 60 else ""
    return f"{text}{sign}{hours:02}:{rest // 60:02}{seconds}"


def duration_text(value: YearsMonths | timedelta) -> str:
    """ISO 8601, the largest units first."""
    if isinstance(value, YearsMonths):
        years, months = divmod(abs(value.months), 12)
        parts = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return ("-P" if value.months < 0 else "P") + (parts or "0M")
    size = abs(value)
    hours, rest = divmod(size.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if size.microseconds:
        clock += f"{seconds}.{size.microseconds:06}".rstrip("0") + "S"
    elif seconds:
        clock += f"{seconds}S"
    text = (f"{size.days}D" if size.days else "") + (f"T{clock}" if clock else "")
    return ("-P" if value < timedelta() else "P") + (text or "T0S")


def _range_text(value: Range) -> str:
    if value.test:
        return f"{value.test} {text_of(value.low, nested=True)}"
    if value.high is None and value.low is not None:
        return f"{'>=' if value.low_closed else '>'} {text_of(value.low, nested=True)}"
    if value.low is None and value.high is not None:
        return f"{'<=' if value.high_closed else '<'} {text_of(value.high, nested=True)}"
    left, right = "[" if value.low_closed else "(", "]" if value.high_closed else ")"
    return f"{left}{text_of(value.low, nested=True)}..{text_of(value.high, nested=True)}{right}"
