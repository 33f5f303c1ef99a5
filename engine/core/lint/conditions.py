"""Conditions of one gateway that can hold at the same time: same text, or overlapping values of one variable.

Only what can be proved is said: a condition over one variable with constants, joined by `and`, gives a range or a set
of values; conditions over several variables, functions or `or` are left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.core.feel import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

INFINITY = Decimal("Infinity")
MAX_COMPARED = 12
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


@dataclass(frozen=True)
class Span:
    """A range of numbers; `low` and `high` belong to it when closed."""

    low: Decimal = -INFINITY
    high: Decimal = INFINITY
    low_in: bool = False
    high_in: bool = False

    def meet(self, other: Span) -> Span:
        """Give what both ranges share."""
        low, low_in = max((self.low, not self.low_in), (other.low, not other.low_in))
        high, high_in = min((self.high, self.high_in), (other.high, other.high_in))
        return Span(low, high, not low_in, high_in)

    @property
    def empty(self) -> bool:
        """Tell whether no number lies in it."""
        return self.low > self.high or (self.low == self.high and not (self.low_in and self.high_in))

    def holds(self, value: Any) -> bool:
        """Tell whether a value lies in it."""
        return isinstance(value, Decimal) and not self.meet(Span(value, value, low_in=True, high_in=True)).empty

    def __str__(self) -> str:
        """Show an example."""
        if self.low == self.high or self.low_in:
            return str(self.low)
        if self.high_in:
            return str(self.high)
        if self.low > -INFINITY and self.high < INFINITY:
            return f"{self.low} … {self.high}"
        return f"> {self.low}" if self.low > -INFINITY else f"< {self.high}" if self.high < INFINITY else "0"


Values = Span | frozenset[Any]


def overlaps(conditions: list[str]) -> Iterator[tuple[int, int, str]]:
    """Give the pairs of conditions that can hold together, with an example of the variable's value."""
    read = [_read(text) for text in conditions]
    for j, second in enumerate(read[:MAX_COMPARED]):
        for i, first in enumerate(read[:j]):
            if " ".join(conditions[i].split()) == " ".join(conditions[j].split()):
                yield i, j, ""
            elif first is not None and second is not None and first[0] == second[0]:
                example = _shared(first[1], second[1])
                if example:
                    yield i, j, f"{first[0]} = {example}"


def _shared(first: Values, second: Values) -> str:
    if isinstance(first, Span) and isinstance(second, Span):
        both = first.meet(second)
        return "" if both.empty else str(both)
    if isinstance(first, frozenset) and isinstance(second, frozenset):
        common = sorted(first & second, key=str)
    else:
        span, values = (first, second) if isinstance(first, Span) else (second, first)
        common = sorted((v for v in values if span.holds(v)), key=str) if isinstance(values, frozenset) else []  # type: ignore[union-attr]
    return feel.text_of(common[0]) if common else ""


def _read(text: str) -> tuple[str, Values] | None:
    try:
        return _tree(feel.compile(text).tree)
    except feel.FeelProblem:
        return None


def _tree(tree: nodes.Node) -> tuple[str, Values] | None:
    if isinstance(tree, nodes.Logic) and tree.op == "and":
        return _all(tree)
    if isinstance(tree, nodes.Binary):
        return _binary(tree)
    if isinstance(tree, nodes.Between):
        low, high = _constant(tree.low), _constant(tree.high)
        if isinstance(tree.value, nodes.Name) and isinstance(low, Decimal) and isinstance(high, Decimal):
            return tree.value.name, Span(low, high, low_in=True, high_in=True)
    if isinstance(tree, nodes.In) and isinstance(tree.value, nodes.Name):
        values = [_constant(test) for test in tree.tests]
        if None not in values:
            return tree.value.name, frozenset(values)
    if isinstance(tree, nodes.Name):
        return tree.name, frozenset({True})
    return None


def _all(tree: nodes.Logic) -> tuple[str, Values] | None:
    name, span = "", Span()
    for operand in tree.operands:
        found = _tree(operand)
        if found is None or not isinstance(found[1], Span) or (name and found[0] != name):
            return None
        name, span = found[0], span.meet(found[1])
    return name, span


def _binary(tree: nodes.Binary) -> tuple[str, Values] | None:
    left, right, op = tree.left, tree.right, tree.op
    if isinstance(right, nodes.Name) and not isinstance(left, nodes.Name):
        left, right, op = right, left, MIRRORED.get(op, "")
    value = _constant(right)
    if not isinstance(left, nodes.Name) or value is None:
        return None
    if op == "=":
        return left.name, frozenset({value})
    if not isinstance(value, Decimal):
        return None
    spans = {
        "<": Span(high=value),
        "<=": Span(high=value, high_in=True),
        ">": Span(low=value),
        ">=": Span(low=value, low_in=True),
    }
    return (left.name, spans[op]) if op in spans else None


def _constant(tree: nodes.Node) -> Any:
    """Give the value of a literal, None for anything else."""
    if isinstance(tree, nodes.Literal) and isinstance(tree.value, str | bool | Decimal):
        return tree.value
    if isinstance(tree, nodes.Negate) and isinstance(tree.operand, nodes.Literal):
        value = tree.operand.value
        return -value if isinstance(value, Decimal) else None
    return None
