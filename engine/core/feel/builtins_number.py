"""Builtin functions on numbers and truth values (DMN 1.5, tables 71 and 75)."""

from __future__ import annotations

from datetime import timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    DecimalException,
)
from typing import TYPE_CHECKING, Any

from engine.core.feel.operators import negate
from engine.core.feel.registry import builtin
from engine.core.feel.values import NUMBERS, YearsMonths

if TYPE_CHECKING:
    from engine.core.feel.runtime import Run

_MIN_SCALE, _MAX_SCALE = -6111, 6176
_LOGARITHM_STEPS = 16


@builtin("not", "negand: any")
def not_(_run: Run, value: Any) -> bool | None:
    """Three-valued negation."""
    if type(value) is list and len(value) == 1:
        value = value[0]
    return not value if type(value) is bool else None


def _round(value: Decimal, scale: Decimal, rounding: str) -> Decimal | None:
    places = int(scale) if abs(scale) < 10**5 else _MAX_SCALE + 1
    if not _MIN_SCALE <= places <= _MAX_SCALE:
        return None
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places:
        return value
    try:
        return value.quantize(Decimal((0, (1,), -places)), rounding, NUMBERS)
    except DecimalException:
        return None


@builtin("decimal", "n: number, scale: number")
def decimal(_run: Run, value: Decimal, scale: Decimal) -> Decimal | None:
    """Rounded half to even."""
    return _round(value, scale, ROUND_HALF_EVEN)


@builtin("floor", "n: number, scale: number =")
def floor(_run: Run, value: Decimal, scale: Decimal = Decimal(0)) -> Decimal | None:
    """Rounded down."""
    return _round(value, scale, ROUND_FLOOR)


@builtin("ceiling", "n: number, scale: number =")
def ceiling(_run: Run, value: Decimal, scale: Decimal = Decimal(0)) -> Decimal | None:
    """Rounded up."""
    return _round(value, scale, ROUND_CEILING)


@builtin("round up", "n: number, scale: number")
def round_up(_run: Run, value: Decimal, scale: Decimal) -> Decimal | None:
    """Rounded away from zero."""
    return _round(value, scale, ROUND_UP)


@builtin("round down", "n: number, scale: number")
def round_down(_run: Run, value: Decimal, scale: Decimal) -> Decimal | None:
    """Rounded towards zero."""
    return _round(value, scale, ROUND_DOWN)


@builtin("round half up", "n: number, scale: number")
def round_half_up(_run: Run, value: Decimal, scale: Decimal) -> Decimal | None:
    """Rounded, halves away from zero."""
    return _round(value, scale, ROUND_HALF_UP)


@builtin("round half down", "n: number, scale: number")
def round_half_down(_run: Run, value: Decimal, scale: Decimal) -> Decimal | None:
    """Rounded, halves towards zero."""
    return _round(value, scale, ROUND_HALF_DOWN)


@builtin("abs", "n: number")
def abs_(_run: Run, value: Decimal) -> Decimal:
    """The size of a number."""
    return NUMBERS.abs(value)


@builtin("abs", "n: duration")
def abs_duration(_run: Run, value: YearsMonths | timedelta) -> Any:
    """The size of a duration."""
    if isinstance(value, YearsMonths):
        return YearsMonths(abs(value.months))
    return negate(value) if value < timedelta() else value


@builtin("modulo", "dividend: number, divisor: number")
def modulo(run: Run, dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """The remainder, with the sign of the divisor."""
    if divisor == 0:
        return None
    try:
        rest = NUMBERS.remainder(dividend, divisor)
        return NUMBERS.add(rest, divisor) if rest and (rest < 0) != (divisor < 0) else NUMBERS.plus(rest)
    except DecimalException:
        run.too_large()
        return None


@builtin("sqrt", "number: number")
def sqrt(run: Run, value: Decimal) -> Decimal | None:
    """The square root; null of a negative number."""
    run.charge(_LOGARITHM_STEPS)
    return NUMBERS.sqrt(value) if value >= 0 else None


@builtin("log", "number: number")
def log(run: Run, value: Decimal) -> Decimal | None:
    """The natural logarithm; null of zero and below."""
    run.charge(_LOGARITHM_STEPS)
    return NUMBERS.ln(value) if value > 0 else None


@builtin("exp", "number: number")
def exp(run: Run, value: Decimal) -> Decimal | None:
    """Euler's number to a power."""
    run.charge(_LOGARITHM_STEPS)
    try:
        return NUMBERS.exp(value)
    except DecimalException:
        run.too_large()
        return None


def _is_whole(value: Decimal) -> bool:
    return value == value.to_integral_value()


@builtin("odd", "number: number")
def odd(_run: Run, value: Decimal) -> bool | None:
    """Whether a whole number is odd."""
    return _last_bit(value) == 1


@builtin("even", "number: number")
def even(_run: Run, value: Decimal) -> bool | None:
    """Whether a whole number is even."""
    return _last_bit(value) == 0


def _last_bit(value: Decimal) -> int:
    """0 or 1 for whole numbers, -1 for others."""
    if not _is_whole(value):
        return -1
    # Beyond 34 digits every decimal128 number is a multiple of ten.
    return int(value) % 2 if value.adjusted() < NUMBERS.prec else 0
