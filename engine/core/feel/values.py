"""The values of FEEL, their kinds, equality and order, and the way from and to JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import TYPE_CHECKING, Any

from engine.core.feel.errors import FeelError
from engine.core.feel.far import FarDate, FarDateTime, FineTime
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBERS = Context(34, ROUND_HALF_EVEN, -6143, 6144, traps=[InvalidOperation, DivisionByZero, Overflow])
"""Decimal128: every calculation goes through this context."""

MAX_JSON_DEPTH = 100
_MAX_INT_BITS = 21_000
DaysTime = timedelta


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A years and months duration, in months."""

    months: int


@dataclass(frozen=True, slots=True)
class Range:
    """All values between two ends; a None end is unbounded. `test` is "=" or "!=" for the ranges `= low`, `!= low`."""

    low: Any
    high: Any
    low_closed: bool = False
    high_closed: bool = False
    test: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function value: `call(run, args)`.

    `types` are the parameter types and `result` that of what it returns, for `instance of`; None where not known.
    """

    name: str
    params: tuple[str, ...]
    call: Callable[[Any, list[Any]], Any]
    types: tuple[Any, ...] = ()
    builtin: Any = None
    result: Any = None


KINDS: dict[type, str] = {
    bool: "boolean",
    Decimal: "number",
    str: "string",
    date: "date",
    datetime: "date and time",
    FarDate: "date",
    FarDateTime: "date and time",
    time: "time",
    FineTime: "time",
    YearsMonths: "years and months duration",
    timedelta: "days and time duration",
    list: "list",
    dict: "context",
    Range: "range",
    Function: "function",
    type(None): "null",
}
_PLAIN = frozenset([bool, Decimal, str, date, YearsMonths, timedelta])


def kind(value: Any) -> str:
    """The FEEL type of a value by name."""
    return KINDS.get(type(value), "")


def from_json(value: Any, depth: int = 0) -> Any:
    """Make a FEEL value of JSON (int and float become Decimal) or of a FEEL value; lists and objects are copied.

    Raises FeelError for anything that is neither, for NaN and for nesting deeper than 100.
    """
    cls = type(value)
    if cls in _PLAIN or value is None:
        return value
    if cls is int:
        if value.bit_length() > _MAX_INT_BITS:
            raise FeelError(N_("The number is too large."))
        return NUMBERS.create_decimal(value)
    if cls is float:
        if not math.isfinite(value):
            raise FeelError(N_("A number must be finite."))
        return Decimal(repr(value))
    if cls in {datetime, time, Range, Function, FarDate, FarDateTime, FineTime}:
        return value
    if depth > MAX_JSON_DEPTH:
        raise FeelError(N_("The value is nested more than {limit} deep."), limit=MAX_JSON_DEPTH)
    if isinstance(value, (list, tuple)):
        return [from_json(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {str(key): from_json(item, depth + 1) for key, item in value.items()}
    for base in (str, Decimal, datetime, date, timedelta):
        if isinstance(value, base):
            return _plain(value, base)
    raise FeelError(N_("A value of type {type} cannot be used in an expression."), type=cls.__name__)


def _plain(value: Any, base: type) -> Any:
    """An instance of a subclass (an enum, a marked-up string) as its plain base."""
    if base is str:
        return str.__str__(value)
    if base is Decimal:
        return Decimal(value)
    return value
