"""Constants in the text: numbers and @-literals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.feel import temporal
from engine.core.feel.errors import FeelSyntaxError
from engine.core.feel.values import NUMBERS
from engine.errors import N_

if TYPE_CHECKING:
    from decimal import Decimal

_MAX_DIGITS = 400


def number_literal(text: str, pos: int, whole: str) -> Decimal:
    """A number, rounded to 34 digits; raises FeelSyntaxError outside decimal128's range."""
    if len(text) <= _MAX_DIGITS:
        try:
            return NUMBERS.create_decimal(text)
        except ArithmeticError:
            pass
    raise FeelSyntaxError(N_("Position {position}: the number is too large."), pos, whole)


def at_literal(text: str) -> Any:
    """The value of @"…": a date, time, date and time or duration; null when it is none of these."""
    for parse in (temporal.parse_date, temporal.parse_datetime, temporal.parse_time, temporal.parse_duration):
        value = parse(text)
        if value is not None:
            return value
    return None
