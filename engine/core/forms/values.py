"""Types of values: from what was typed to JSON types and back to the text of a control.

Stored are texts, numbers, booleans, ISO dates (`2026-11-21`), times (`18:00`) and date-times with offset
(`2026-11-21T18:00:00+08:00`); an empty field is None, an empty list stays a list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from engine.core.forms.read import option_value, post_text
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from engine.core.forms.schema import Component

LONGEST = {"textfield": 1_000, "textarea": 20_000}
MOST_CHOICES = 500
YEARS = range(1900, 2201)
_NUMBER_CHARACTERS = 40
_PHONE = re.compile(r"(?:\+?86)?1[3-9]\d{9}|0\d{9,11}|\d{7,8}|[48]00\d{7}|9\d{4,5}|1\d{2,4}|\+\d{7,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Invalid:
    """A value that cannot be read: what was typed and why it is refused."""

    raw: Any
    template: str
    fields: Mapping[str, Any] = field(default_factory=dict)


def coerce(component: Component, raw: Any, zone: ZoneInfo) -> Any:
    """Give a value its type; None when empty, `Invalid` when it cannot be read. Local date-times are in `zone`."""
    if component.type == "checkbox":
        return _boolean(raw)
    if component.many:
        return _list(component, raw)
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if component.upload or component.type in {"radio", "select"}:
        return _choice(component, raw)
    if component.type == "number":
        return _number(raw)
    if component.type == "datetime":
        return _moment(component.subtype, raw, zone)
    return _line(component, raw)


def is_empty(value: Any) -> bool:
    """Whether a typed value counts as not filled in, as form-js says: an unchecked box is, the answer false is not."""
    return value is None or value in ("", [])


def json_value(value: Any) -> Any:
    """Write a typed value as JSON: decimals become whole numbers or floats."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, list):
        return [json_value(item) for item in value]
    if isinstance(value, dict):
        return {key: json_value(item) for key, item in value.items()}
    return value


def control_text(component: Component, value: Any, zone: ZoneInfo) -> str:
    """Write a stored value as the text of its control; what cannot be read stays as typed."""
    if component.type == "datetime" and isinstance(value, str) and value.strip():
        moment = _moment(component.subtype, value, zone)
        if isinstance(moment, str):
            return moment[:16] if component.subtype == "datetime" else moment
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return post_text(value)


def _boolean(raw: Any) -> Any:
    if isinstance(raw, bool):
        return raw
    if raw is None or raw in ("", "0", "false", 0):
        return False
    if raw in ("1", "true", "on", 1):
        return True
    return Invalid(raw, N_("Choose yes or no."))


def _list(component: Component, raw: Any) -> Any:
    if raw is None or raw == "":
        return []
    items = raw if isinstance(raw, list) else [raw]
    if len(items) > MOST_CHOICES or any(isinstance(item, dict | list) for item in items):
        return Invalid(raw, N_("Choose one of the options."))
    typed = [option_value(component, item) if isinstance(item, str) else item for item in items]
    return list(dict.fromkeys(item for item in typed if item not in {None, ""}))


def _choice(component: Component, raw: Any) -> Any:
    if isinstance(raw, dict | list):
        return Invalid(raw, N_("Choose one of the options."))
    return option_value(component, raw.strip()) if isinstance(raw, str) else raw


def _line(component: Component, raw: Any) -> Any:
    if isinstance(raw, int | float | Decimal) and not isinstance(raw, bool):
        number = _number(raw)
        raw = None if isinstance(number, Invalid) else post_text(json_value(number))
    if not isinstance(raw, str):
        return Invalid(raw, N_("Enter text."))
    text = raw.replace("\r\n", "\n").replace("\0", "")
    if component.type == "textarea":
        return text.rstrip()
    text = " ".join(text.split("\n")).strip()
    if component.widget == "phone" or component.rules.type == "phone":
        digits = re.sub(r"[\s()（）-]", "", text.translate(_NARROW))
        return digits if _PHONE.fullmatch(digits) else Invalid(raw, N_("Enter a phone number, with its area code."))
    return text


_NARROW = {ord("０") + digit: ord("0") + digit for digit in range(10)} | {ord("＋"): "+", ord("－"): "-", ord("—"): "-"}


def _number(raw: Any) -> Any:
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal | str):
        return Invalid(raw, N_("Enter a number."))
    text = str(raw).strip().translate(_NARROW).replace(",", "").replace("，", "")
    try:
        number = Decimal(text) if len(text) <= _NUMBER_CHARACTERS else Decimal("NaN")
    except InvalidOperation:
        return Invalid(raw, N_("Enter a number."))
    if not number.is_finite() or abs(number.adjusted()) > _NUMBER_CHARACTERS:
        return Invalid(raw, N_("Enter a number."))
    return number


def _moment(subtype: str, raw: Any, zone: ZoneInfo) -> Any:
    text = raw.strip() if isinstance(raw, str) else raw.isoformat() if isinstance(raw, date | time) else ""
    try:
        if subtype == "time":
            return time.fromisoformat(text).strftime("%H:%M")
        if subtype == "datetime":
            moment = datetime.fromisoformat(text)
            local = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
            return local.isoformat(timespec="seconds") if local.year in YEARS else _bad_year(raw)
        day = date.fromisoformat(text[:10])
    except (ValueError, OverflowError):
        return Invalid(raw, N_("Enter a time.") if subtype == "time" else N_("Enter a date that exists."))
    return day.isoformat() if day.year in YEARS else _bad_year(raw)


def _bad_year(raw: Any) -> Invalid:
    return Invalid(raw, N_("Check the year."))
