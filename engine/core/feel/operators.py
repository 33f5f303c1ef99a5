"""Equality, order and arithmetic between values. None is FEEL's null: "there is no answer"."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, DecimalException, DivisionByZero, InvalidOperation
from typing import TYPE_CHECKING, Any

from engine.core.feel import far, temporal
from engine.core.feel.far import FAR, FarDateTime, FineTime, coarse, to_the_second
from engine.core.feel.values import NUMBERS, Range, YearsMonths, kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.feel.runtime import Run

_ORDERED = frozenset([Decimal, str, YearsMonths, timedelta, date])
_CLOCKS = frozenset([datetime, time, FarDateTime, FineTime])
_DAY = timedelta(days=1)
_ROOT_STEPS = 80
"""What a power with a fraction costs: logarithms of 34 digits."""
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  a day to hang a time of day on


def equal(a: Any, b: Any, run: Run) -> bool | None:
    """`a = b`: null when the two are of different kinds. Times are compared to the second, as the standard has it."""
    if a is None or b is None:
        return a is b
    cls = type(a)
    if cls is not type(b) and kind(a) != kind(b):
        return None
    if cls is list or cls is dict:
        run.weigh(a)
        run.weigh(b)
        return _deep_equal(a, b, run)
    if cls in _CLOCKS:
        return order(to_the_second(a), to_the_second(b), run) == 0
    return bool(a == b)


def _deep_equal(a: Any, b: Any, run: Run) -> bool:
    if type(a) is not type(b):
        return False
    if type(a) is list:
        return len(a) == len(b) and all(_deep_equal(x, y, run) for x, y in zip(a, b, strict=True))
    if type(a) is dict:
        return a.keys() == b.keys() and all(_deep_equal(item, b[key], run) for key, item in a.items())
    return equal(a, b, run) is True


def order(a: Any, b: Any, run: Run) -> int | None:
    """-1, 0 or 1; null when the two cannot be ordered."""
    cls = type(a)
    if cls in FAR or type(b) in FAR:
        return far.order(a, b)
    if cls is type(b):
        if cls in _ORDERED:
            return int(a > b) - int(a < b)
        if cls is datetime or cls is time:
            assumed = None
            if (a.tzinfo is None) != (b.tzinfo is None):
                if not run.env.strict:
                    return None
                assumed = run.env.zone
            x, y = temporal.instant(a, assumed), temporal.instant(b, assumed)
            return (x > y) - (x < y)
        return None
    if cls is date and type(b) is datetime:
        return order(temporal.midnight(a) if b.tzinfo else datetime(a.year, a.month, a.day), b, run)  # noqa: DTZ001
    if cls is datetime and type(b) is date:
        back = order(b, a, run)
        return None if back is None else -back
    return None


COMPARE: dict[str, Callable[[int], bool]] = {
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
}


def compare(op: str, a: Any, b: Any, run: Run) -> bool | None:
    """Any comparison by its sign."""
    if op == "=":
        return equal(a, b, run)
    if op == "!=":
        same = equal(a, b, run)
        return None if same is None else not same
    sign = order(a, b, run)
    return None if sign is None else COMPARE[op](sign)


def includes(interval: Range, value: Any, run: Run) -> bool | None:
    """Whether a value lies in a range; null when it cannot be compared with its ends."""
    if interval.test:
        return compare(interval.test, value, interval.low, run)
    if value is None:
        return None
    answer: bool | None = True
    for end, closed, outside in ((interval.low, interval.low_closed, -1), (interval.high, interval.high_closed, 1)):
        if end is None:
            continue
        sign = order(value, end, run)
        if sign is None:
            answer = None
        elif sign == outside or (sign == 0 and not closed):
            return False
    return answer


def matches_test(value: Any, test: Any, run: Run) -> bool | None:
    """Whether a value satisfies a test that is itself a value: equal to it, in the range, or one of the list."""
    if type(test) is Range:
        inside = includes(test, value, run)
        return True if inside is None and value == test else inside
    if type(test) is list:
        run.charge(len(test))
        if any(matches_test(value, item, run) is True for item in test if type(item) is not list):
            return True
        nested = type(value) is list
        return any(equal(value, item, run) is True for item in test) if not nested else _list_test(value, test, run)
    return equal(value, test, run)


def _list_test(value: list[Any], test: list[Any], run: Run) -> bool:
    return equal(value, test, run) is True or any(equal(value, item, run) is True for item in test)


# -- arithmetic --------------------------------------------------------------------------------------------------------


def add(a: Any, b: Any, run: Run) -> Any:
    """Numbers, texts, durations, and a date or time with a duration."""
    if type(a) is Decimal and type(b) is Decimal:
        return _number(NUMBERS.add, a, b, run)
    if type(a) is str and type(b) is str:
        run.charge_text(len(a) + len(b))
        return a + b
    if type(b) is YearsMonths or type(b) is timedelta:
        return _shift(a, b, 1)
    return _shift(b, a, 1) if type(a) in {YearsMonths, timedelta} else None


def subtract(a: Any, b: Any, run: Run) -> Any:
    """Numbers, durations, a duration from a date or time, and the time between two dates or times."""
    if type(a) is Decimal and type(b) is Decimal:
        return _number(NUMBERS.subtract, a, b, run)
    if type(b) is YearsMonths or type(b) is timedelta:
        return _shift(a, b, -1)
    a, b = coarse(a), coarse(b)
    if isinstance(a, (date, time)) and isinstance(b, (date, time)) and isinstance(a, date) == isinstance(b, date):
        return _difference(a, b, run)
    return None


def _difference(a: date | time, b: date | time, run: Run) -> timedelta | None:
    if type(a) is date and type(b) is date:
        return a - b
    zoned = [isinstance(value, (datetime, time)) and value.tzinfo is not None for value in (a, b)]
    moments = [temporal.midnight(v) if type(v) is date else v for v in (a, b)]
    assumed = None
    if (moments[0].tzinfo is None) != (moments[1].tzinfo is None):  # type: ignore[union-attr]
        if not run.env.strict:
            return None
        assumed = run.env.zone if any(zoned) else UTC
    return temporal.instant(moments[0], assumed) - temporal.instant(moments[1], assumed)  # type: ignore[arg-type]


def _shift(value: Any, by: YearsMonths | timedelta, sign: int) -> Any:
    """Add a duration to a duration, date or time; null when the result does not exist."""
    value = coarse(value)
    try:
        if type(by) is YearsMonths:
            if type(value) is YearsMonths:
                return YearsMonths(value.months + sign * by.months)
            return temporal.add_months(value, sign * by.months) if isinstance(value, date) else None
        step = by if sign > 0 else -by  # type: ignore[operator]
        if type(value) is timedelta:
            return value + step  # type: ignore[operator]
        if type(value) is date:
            return (datetime(value.year, value.month, value.day) + step).date()  # type: ignore[operator]  # noqa: DTZ001
        if type(value) is datetime:
            return _move(value, step)  # type: ignore[arg-type]
        if type(value) is time:
            wrapped = (temporal.instant(value.replace(tzinfo=None), None) + step) % _DAY  # type: ignore[operator]
            return (_EPOCH + wrapped).time().replace(tzinfo=value.tzinfo)
    except OverflowError:
        return None
    return None


def _move(value: datetime, step: timedelta) -> datetime:
    """Real time passes: across a change of the clocks the wall clock follows."""
    if value.tzinfo is None:
        return value + step
    return (value.astimezone(UTC) + step).astimezone(value.tzinfo)


def multiply(a: Any, b: Any, run: Run) -> Any:
    """Numbers, or a duration by a number."""
    if type(a) is Decimal and type(b) is Decimal:
        return _number(NUMBERS.multiply, a, b, run)
    if type(a) is Decimal:
        a, b = b, a
    if type(b) is not Decimal:
        return None
    return _scale(a, b, NUMBERS.multiply)


def divide(a: Any, b: Any, run: Run) -> Any:
    """Numbers (null by zero), a duration by a number, or a duration by a duration."""
    if type(a) is Decimal and type(b) is Decimal:
        return _number(NUMBERS.divide, a, b, run)
    if type(b) is Decimal:
        return _scale(a, b, NUMBERS.divide)
    if type(a) is type(b) and type(a) is YearsMonths:
        return NUMBERS.divide(Decimal(a.months), Decimal(b.months)) if b.months else None
    if type(a) is type(b) and type(a) is timedelta:
        return NUMBERS.divide(_micros(a), _micros(b)) if b else None
    return None


def _micros(value: timedelta) -> Decimal:
    return Decimal(value // timedelta(microseconds=1))


def _scale(value: Any, by: Decimal, how: Callable[[Decimal, Decimal], Decimal]) -> Any:
    try:
        if type(value) is YearsMonths:
            months = int(how(Decimal(value.months), by))
            return YearsMonths(months) if abs(months) < 10**12 else None
        if type(value) is timedelta:
            return timedelta(microseconds=int(how(_micros(value), by)))
    except (DecimalException, OverflowError):
        return None
    return None


def power(a: Any, b: Any, run: Run) -> Any:
    """Numbers only; null for zero to a negative power, which divides by zero."""
    if type(a) is Decimal and type(b) is Decimal:
        run.charge(8 if b == b.to_integral_value() else _ROOT_STEPS)
        return None if a == 0 and b < 0 else _number(NUMBERS.power, a, b, run)
    return None


def negate(a: Any) -> Any:
    """A number or duration with the other sign."""
    if type(a) is Decimal:
        return NUMBERS.minus(a)
    if type(a) is YearsMonths:
        return YearsMonths(-a.months)
    if type(a) is timedelta:
        try:
            return -a
        except OverflowError:
            return None
    return None


def _number(how: Callable[[Decimal, Decimal], Decimal], a: Decimal, b: Decimal, run: Run) -> Decimal | None:
    try:
        return how(a, b)
    except (DivisionByZero, InvalidOperation):
        return None
    except DecimalException:
        run.too_large()
        return None


ARITHMETIC: dict[str, Callable[[Any, Any, Run], Any]] = {
    "+": add, "-": subtract, "*": multiply, "/": divide, "**": power,
}  # fmt: skip
