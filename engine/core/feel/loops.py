"""Filters, loops and quantifiers: the parts of FEEL that visit items, each visit paid from the budget."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.core.feel import nodes as n
from engine.core.feel.runtime import Scope
from engine.core.feel.values import NUMBERS, Range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Closure = Callable[[Scope], Any]

_ONE_DAY = timedelta(days=1)
_NUMERIC = {"+", "-", "*", "/", "**"}


def compile_filter(node: n.Filter, compile_node: Callable[[n.Node], Closure]) -> Closure:
    """`list[condition]` or `list[index]`: which of the two it is may be known only at run time."""
    source, condition = compile_node(node.source), compile_node(node.condition)
    names_item, weight = "item" in n.names_of(node.condition), n.weight_of(node.condition)
    indexes = isinstance(node.condition, (n.Literal, n.Negate)) or (
        isinstance(node.condition, n.Binary) and node.condition.op in _NUMERIC
    )

    def evaluate(scope: Scope) -> Any:
        found = source(scope)
        if indexes and not names_item:
            items = found if type(found) is list else [found]
            return _index(items, condition(scope)) if found is not None else None
        return evaluate_filter(found, condition, scope, weight)

    return evaluate


def evaluate_filter(found: Any, condition: Closure, scope: Scope, weight: int = 0) -> Any:
    """The items that pass, or the one item when the condition turns out to be a number."""
    items = found if type(found) is list else [] if found is None else [found]
    result: list[Any] = []
    run = scope.run
    for position, item in enumerate(items):
        run.charge(2 + weight)
        answer = condition(_item_scope(item, scope))
        if answer is True:
            result.append(item)
        elif position == 0 and type(answer) is Decimal:
            return _index(items, answer)
    if not items and type(condition(Scope({"item": None}, scope, run, open_=True))) is Decimal:
        return None
    return result


def _item_scope(item: Any, scope: Scope) -> Scope:
    inner = Scope({"item": item}, scope, scope.run)
    return Scope(item, inner, scope.run, open_=True) if type(item) is dict else inner


def _index(items: list[Any], index: Any) -> Any:
    """The item at a 1-based index, from the end when negative; a condition that is no number keeps or drops all."""
    if type(index) is bool:
        return list(items) if index else []
    if type(index) is not Decimal or index != index.to_integral_value() or abs(index) > len(items) or not index:
        return None if type(index) is Decimal else []
    return items[int(index) - 1 if index > 0 else int(index)]


def _numbers(start: Decimal, end: Decimal, scope: Scope) -> Iterator[Any]:
    run = scope.run
    # Paid before the first round: a loop over a billion numbers does not even begin.
    run.charge(int(min(abs(end - start), Decimal(run.env.steps + 1))))
    step = 1 if end >= start else -1
    current = start
    while (current <= end) if step > 0 else (current >= end):
        yield current
        current = NUMBERS.add(current, Decimal(step))


def _days(start: date, end: date, scope: Scope) -> Iterator[Any]:
    scope.run.charge(abs((end - start).days))
    step = _ONE_DAY if end >= start else -_ONE_DAY
    for index in range(abs((end - start).days) + 1):
        yield start + step * index


def _span(low: Any, high: Any, scope: Scope) -> Iterator[Any] | None:
    if type(low) is Decimal and type(high) is Decimal:
        return _numbers(low, high, scope)
    if type(low) is date and type(high) is date:
        return _days(low, high, scope)
    return None


def _range_items(value: Range, scope: Scope) -> Iterator[Any] | None:
    """The numbers or days of a range, without its open ends."""
    inside = _span(value.low, value.high, scope)
    if inside is None:
        return None
    return (
        item for item in inside if (value.low_closed or item != value.low) and (value.high_closed or item != value.high)
    )


def _items(value: Any, scope: Scope) -> Iterator[Any] | None:
    """What a loop visits; None when the value cannot be visited."""
    if type(value) is list:
        return iter(value)
    if value is None:
        return None
    if type(value) is Range:
        return _range_items(value, scope)
    return iter([value])


class _Failed(Exception):  # noqa: N818  it never leaves this module
    """A source of a loop is null or no list: the whole loop is null."""


def _compile_iterators(
    iterators: tuple[n.Iterator, ...], compile_node: Callable[[n.Node], Closure]
) -> list[tuple[str, Closure, Closure | None]]:
    return [
        (part.name, compile_node(part.source), compile_node(part.end) if part.end is not None else None)
        for part in iterators
    ]


def _visits(parts: list[tuple[str, Closure, Closure | None]], at: int, scope: Scope) -> Iterator[Scope]:
    """One scope per combination, the last iterator turning fastest."""
    name, source, end = parts[at]
    value = source(scope)
    found = _span(value, end(scope), scope) if end is not None else _items(value, scope)
    if found is None:
        raise _Failed
    run = scope.run
    for item in found:
        run.charge(2)
        inner = Scope({name: item}, scope, run)
        if at + 1 < len(parts):
            yield from _visits(parts, at + 1, inner)
        else:
            yield inner


def compile_for(node: n.For, compile_node: Callable[[n.Node], Closure]) -> Closure:
    """`for … return …`; `partial` is the list of the results so far."""
    parts, body = _compile_iterators(node.iterators, compile_node), compile_node(node.body)
    partial, weight = "partial" in n.names_of(node.body), n.weight_of(node.body)

    return lambda scope: evaluate_for(parts, body, scope, partial=partial, weight=weight)


def evaluate_for(
    parts: list[tuple[str, Closure, Closure | None]], body: Closure, scope: Scope, *, partial: bool, weight: int = 0
) -> list[Any] | None:
    """The results of all rounds, each of which costs `weight` steps more; null when there is nothing to visit."""
    result: list[Any] = []
    try:
        for inner in _visits(parts, 0, scope):
            scope.run.charge(weight)
            if partial:
                scope.run.charge(len(result))
                inner.vars = {**inner.vars, "partial": list(result)}
            result.append(body(inner))
    except _Failed:
        return None
    return result


def compile_quantified(node: n.Quantified, compile_node: Callable[[n.Node], Closure]) -> Closure:
    """`some|every … satisfies …` in three-valued logic."""
    parts, condition = _compile_iterators(node.iterators, compile_node), compile_node(node.condition)
    stop, weight = node.kind == "some", n.weight_of(node.condition)

    return lambda scope: evaluate_quantified(parts, condition, scope, stop=stop, weight=weight)


def evaluate_quantified(
    parts: list[tuple[str, Closure, Closure | None]], condition: Closure, scope: Scope, *, stop: bool, weight: int = 0
) -> bool | None:
    """`stop` as soon as one round says so, its opposite when all rounds do, else null."""
    answer: bool | None = not stop
    try:
        for inner in _visits(parts, 0, scope):
            scope.run.charge(weight)
            value = condition(inner)
            if value is stop:
                return bool(stop)
            if value is not (not stop):
                answer = None
    except _Failed:
        return None
    return answer
