"""`value.name` and `value...name`: members of contexts, lists, ranges, dates and durations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.feel.runtime import MISSING
from engine.core.feel.temporal import member
from engine.core.feel.values import Range

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.feel import nodes as n
    from engine.core.feel.runtime import Scope

    Closure = Callable[[Scope], Any]


def dotted(name: str, scope: Scope) -> Any:
    """What a name with dots means where no variable has it: members of the longest variable it begins with."""
    head, dot, rest = name.rpartition(".")
    while dot:
        value = scope.find(head)
        if value is not MISSING:
            for part in rest.split("."):
                value = get_member(value, part, scope)
            return value
        head, dot, last = head.rpartition(".")
        rest = f"{last}.{rest}"
    return MISSING


def compile_path(node: n.Path, compile_node: Callable[[n.Node], Closure]) -> Closure:
    """`value.name`; null for a context without that member."""
    source, name = compile_node(node.source), node.name

    def load(scope: Scope) -> Any:
        value = source(scope)
        if type(value) is dict:
            return value.get(name)
        return get_member(value, name, scope)

    return load


def get_member(value: Any, name: str, scope: Scope) -> Any:
    """`value.name`: of a list the members of its items, of a range its ends, of a date or duration its properties."""
    if type(value) is dict:
        return value.get(name)
    if type(value) is list:
        scope.run.charge(len(value))
        return [get_member(item, name, scope) for item in value]
    if type(value) is Range:
        return {
            "start": value.low,
            "end": value.high,
            "start included": value.low_closed,
            "end included": value.high_closed,
        }.get(name)
    return member(value, name)


def compile_descendants(node: n.Descendants, compile_node: Callable[[n.Node], Closure]) -> Closure:
    """`value...name`: that member at any depth, as one flat list, walked in a loop since values may be deep."""
    source, name = compile_node(node.source), node.name

    def evaluate(scope: Scope) -> list[Any]:
        value = source(scope)
        scope.run.weigh(value)
        result: list[Any] = []
        stack: list[tuple[str | None, Any]] = [(None, value)]
        while stack:
            key, current = stack.pop()
            if key == name and current is not None:
                result.append(current)
            if type(current) is dict:
                stack.extend(reversed(current.items()))
            elif type(current) is list:
                stack.extend((None, item) for item in reversed(current))
        return result

    return evaluate
