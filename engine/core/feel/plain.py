"""FEEL values as JSON."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.core.feel.errors import FeelError
from engine.core.feel.texts import text_of
from engine.core.feel.values import MAX_JSON_DEPTH, NUMBERS, Function
from engine.errors import N_


def to_json(value: Any, depth: int = 0) -> Any:
    """Make JSON: Decimal to int or float, dates and durations to ISO strings, functions to null."""
    cls = type(value)
    if cls is str or cls is bool or cls is int or cls is float or value is None:
        return value
    if cls is Decimal:
        return _number(value)
    if depth > MAX_JSON_DEPTH:
        raise FeelError(N_("The value is nested more than {limit} deep."), limit=MAX_JSON_DEPTH)
    if cls is list:
        return [to_json(item, depth + 1) for item in value]
    if cls is dict:
        return {key: to_json(item, depth + 1) for key, item in value.items()}
    if cls is Function:
        return None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.isoformat()  # with the offset, which every reader of JSON knows; FEEL's own text names the zone
    return text_of(value)


def _number(value: Decimal) -> int | float:
    if value.adjusted() < NUMBERS.prec:
        return int(value) if value == value.to_integral_value() else float(value)
    number = float(value)  # all the digits of such a number are zeros at the end
    if not math.isfinite(number):
        raise FeelError(N_("A number of the calculation is too large."))
    return number
