"""Builtin functions on lists (DMN 1.5, table 74). None of them changes the list it is given."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any

from engine.core.feel import operators
from engine.core.feel.errors import FeelError
from engine.core.feel.registry import builtin
from engine.core.feel.values import NUMBERS, Function
from engine.errors import N_

if TYPE_CHECKING:
    from engine.core.feel.runtime import Run

_HASHABLE = frozenset([str, Decimal])


def _listed(values: tuple[Any, ...]) -> list[Any]:
    """The items of `f(list)` or of `f(a, b, c)`."""
    return values[0] if len(values) == 1 and type(values[0]) is list else list(values)


def _same(a: Any, b: Any, run: Run) -> bool:
    return operators.equal(a, b, run) is True


@builtin("list contains", "list: list, element: any")
def list_contains(run: Run, items: list[Any], element: Any) -> bool:
    """Whether an item equals the element."""
    run.charge(len(items))
    return any(_same(item, element, run) for item in items)


@builtin("count", "list: list")
def count(_run: Run, items: list[Any]) -> Decimal:
    """The number of items."""
    return Decimal(len(items))


def _extreme(run: Run, values: tuple[Any, ...], sign: int) -> Any:
    items = _listed(values)
    run.charge(len(items))
    best = items[0] if items else None
    if best is None or operators.order(best, best, run) is None:
        return None
    for item in items[1:]:
        found = operators.order(item, best, run)
        if found is None:
            return None
        if found == sign:
            best = item
    return best


@builtin("min", "list: any *")
def min_(run: Run, *values: Any) -> Any:
    """The least item; null for an empty or mixed list."""
    return _extreme(run, values, -1)


@builtin("max", "list: any *")
def max_(run: Run, *values: Any) -> Any:
    """The greatest item; null for an empty or mixed list."""
    return _extreme(run, values, 1)


def _numbers(run: Run, values: tuple[Any, ...]) -> list[Decimal] | None:
    """The items when all are numbers and there is at least one."""
    items = _listed(values)
    run.charge(len(items))
    return items if items and all(type(item) is Decimal for item in items) else None


@builtin("sum", "list: any *")
def sum_(run: Run, *values: Any) -> Any:
    """The sum of numbers or of durations; null for an empty or mixed list."""
    items = _listed(values)
    run.charge(len(items))
    total = items[0] if items else None
    if type(total) is not Decimal and type(total) is not timedelta and operators.negate(total) is None:
        return None
    for item in items[1:]:
        total = operators.add(total, item, run) if type(item) is type(total) else None
    return total


@builtin("mean", "list: any *")
def mean(run: Run, *values: Any) -> Any:
    """The arithmetic mean."""
    total = sum_(run, *values)
    return None if total is None else operators.divide(total, Decimal(len(_listed(values))), run)


@builtin("product", "list: any *")
def product(run: Run, *values: Any) -> Any:
    """All numbers multiplied."""
    items = _numbers(run, values)
    total: Any = Decimal(1)
    for item in items or ():
        total = operators.multiply(total, item, run)
    return total if items else None


@builtin("median", "list: any *")
def median(run: Run, *values: Any) -> Any:
    """The middle number, or the mean of the two in the middle."""
    items = _numbers(run, values)
    if items is None:
        return None
    ordered = sorted(items)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return NUMBERS.divide(NUMBERS.add(ordered[middle - 1], ordered[middle]), Decimal(2))


@builtin("stddev", "list: any *")
def stddev(run: Run, *values: Any) -> Any:
    """The sample standard deviation; null for fewer than two numbers."""
    items = _numbers(run, values)
    if items is None or len(items) < 2:  # noqa: PLR2004  two numbers
        return None
    average = mean(run, items)
    try:
        squares = [NUMBERS.power(NUMBERS.subtract(item, average), Decimal(2)) for item in items]
    except ArithmeticError:
        run.too_large()
        return None
    return NUMBERS.sqrt(operators.divide(sum_(run, squares), Decimal(len(items) - 1), run))


@builtin("mode", "list: any *")
def mode(run: Run, *values: Any) -> Any:
    """The most frequent numbers in ascending order."""
    if values and not _listed(values):
        return []
    items = _numbers(run, values)
    if items is None:
        return None
    counts: dict[Decimal, int] = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values())
    return sorted(item for item, found in counts.items() if found == most)


def _logical(run: Run, values: tuple[Any, ...], *, stop: bool) -> bool | None:
    items = _listed(values)
    run.charge(len(items))
    if any(item is stop for item in items):
        return stop
    return not stop if all(type(item) is bool for item in items) else None


@builtin("all", "list: any *")
def all_(run: Run, *values: Any) -> bool | None:
    """Whether every item is true."""
    return _logical(run, values, stop=False) if values else None


@builtin("any", "list: any *")
def any_(run: Run, *values: Any) -> bool | None:
    """Whether some item is true."""
    return _logical(run, values, stop=True) if values else None


@builtin("sublist", "list: list, start position: number, length: number? =")
def sublist(run: Run, items: list[Any], start: Decimal, length: Decimal | None = None) -> list[Any] | None:
    """From a 1-based position, from the end when negative."""
    first = _offset(items, start)
    if first is None or (length is not None and (length < 0 or length > len(items) - first)):
        return None
    run.charge(len(items))
    return items[first:] if length is None else items[first : first + int(length)]


def _offset(items: list[Any], position: Decimal) -> int | None:
    """A FEEL position as a Python index; None outside the list and for a fraction."""
    if abs(position) > len(items) or not position or position != position.to_integral_value():
        return None
    return int(position) - 1 if position > 0 else len(items) + int(position)


@builtin("append", "list: list, item: any *")
def append(run: Run, items: list[Any], *more: Any) -> list[Any]:
    """The list with items at its end."""
    run.charge(len(items) + len(more))
    return [*items, *more]


@builtin("concatenate", "list: list *")
def concatenate(run: Run, *lists: list[Any]) -> list[Any]:
    """Several lists in one."""
    run.charge(sum(map(len, lists)))
    return [item for part in lists for item in part]


@builtin("insert before", "list: list, position: number, newItem: any")
def insert_before(run: Run, items: list[Any], position: Decimal, item: Any) -> list[Any] | None:
    """The list with one item more."""
    at = _offset(items, position)
    run.charge(len(items))
    return None if at is None else [*items[:at], item, *items[at:]]


@builtin("remove", "list: list, position: number")
def remove(run: Run, items: list[Any], position: Decimal) -> list[Any] | None:
    """The list without the item at a position."""
    at = _offset(items, position)
    run.charge(len(items))
    return None if at is None else [*items[:at], *items[at + 1 :]]


@builtin("list replace", "list: list, position: number, newItem: any")
def list_replace(run: Run, items: list[Any], position: Decimal, item: Any) -> list[Any] | None:
    """The list with another item at a position."""
    at = _offset(items, position)
    run.charge(len(items))
    return None if at is None else [*items[:at], item, *items[at + 1 :]]


@builtin("list replace", "list: list, match: function, newItem: any")
def list_replace_matching(run: Run, items: list[Any], match: Function, item: Any) -> list[Any] | None:
    """The list with every item replaced for which match(item, newItem) is true."""
    if len(match.params) != 2:  # noqa: PLR2004  the item and the new item
        return None
    answers = [_called(run, match, [old, item]) for old in items]
    if any(type(answer) is not bool for answer in answers):
        return None
    return [item if answer else old for old, answer in zip(items, answers, strict=True)]


def _called(run: Run, function: Function, values: list[Any]) -> Any:
    run.charge(2)
    return function.call(run, values)


@builtin("reverse", "list: list")
def reverse(run: Run, items: list[Any]) -> list[Any]:
    """The list backwards."""
    run.charge(len(items))
    return items[::-1]


@builtin("index of", "list: list, match: any")
def index_of(run: Run, items: list[Any], match: Any) -> list[Decimal]:
    """The positions of the items that equal a value."""
    run.charge(len(items))
    return [Decimal(index) for index, item in enumerate(items, 1) if _same(item, match, run)]


@builtin("distinct values", "list: list")
def distinct_values(run: Run, items: list[Any]) -> list[Any]:
    """The items without repetitions."""
    result: list[Any] = []
    others: list[Any] = []
    seen: set[Any] = set()
    run.charge(len(items))
    for item in items:
        if type(item) in _HASHABLE:
            if item in seen:
                continue
            seen.add(item)
        else:
            run.charge(len(others))
            if any(_same(item, other, run) for other in others):
                continue
            others.append(item)
        result.append(item)
    return result


@builtin("union", "list: list *")
def union(run: Run, *lists: list[Any]) -> list[Any]:
    """Several lists in one, without repetitions."""
    found: list[Any] = distinct_values(run, concatenate(run, *lists))
    return found


@builtin("flatten", "list: list")
def flatten(run: Run, items: list[Any]) -> list[Any]:
    """All items of all nested lists."""
    run.weigh(items)
    result: list[Any] = []
    stack = [iter(items)]
    while stack:
        for item in stack[-1]:
            if type(item) is list:
                stack.append(iter(item))
                break
            result.append(item)
        else:
            stack.pop()
    return result


@builtin("sort", "list: list, precedes: function =")
def sort(run: Run, items: list[Any], precedes: Function | None = None) -> list[Any] | None:
    """The items in the order of a function of two items, or their natural order."""
    if precedes is not None and len(precedes.params) != 2:  # noqa: PLR2004  two items
        return None
    run.charge(len(items))
    sound = True

    def before(a: Any, b: Any) -> int:
        nonlocal sound
        run.charge(2)
        if precedes is None:
            found = operators.order(a, b, run)
            sound = sound and found is not None
            return found or 0
        if precedes.call(run, [a, b]) is True:
            return -1
        return 1 if precedes.call(run, [b, a]) is True else 0

    result = sorted(items, key=cmp_to_key(before))
    if not sound and run.env.strict:
        raise FeelError(N_("The list holds items that have no order: give sort() a function."))
    return result if sound else None
