"""FEEL conditions as small JSON trees that a page's script evaluates.

`["=", ["v", "kind", "s", 0], ["l", "报修"]]`: `l` is a literal; `v` a field's value, with how its control is read (`s`
text, `n` number, `b` true or false, `c` tick, `m` several, `r` rows) and in how many rows it lies. The operators are
`= != < <= > >= and or not if count has`, in FEEL's three-valued logic. Names that are no field of the form are
variables of the case and become literals. What has no such tree is marked `"server"`: the page then asks the server,
which uses `find_hidden`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import reduce
from typing import Any

from engine.core import feel
from engine.core.feel import nodes
from engine.core.forms.schema import Component, Form, fields_of
from engine.core.forms.values import json_value

SERVER = "server"
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_NULL = ["l", None]


Fields = Mapping[str, tuple[Component, int]]


class _UntranslatableError(Exception):
    """This part of FEEL is evaluated on the server only."""


def conditions_js(form: Form, context: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Translate all conditions: component id → `{"hide": tree, "required": tree}`; a tree may be "server"."""
    outer = feel.from_json(dict(context))
    result: dict[str, dict[str, Any]] = {}
    _level(form.components, {}, 0, outer, result)
    return result


def _level(
    components: tuple[Component, ...],
    outer: Fields,
    depth: int,
    context: Mapping[str, Any],
    result: dict[str, dict[str, Any]],
) -> None:
    known = {**outer, **{component.key: (component, depth) for component in fields_of(components)}}
    _here(components, known, depth, context, result)


def _here(
    components: tuple[Component, ...],
    known: Fields,
    depth: int,
    context: Mapping[str, Any],
    result: dict[str, dict[str, Any]],
) -> None:
    for component in components:
        entry: dict[str, Any] = {}
        if component.hide:
            entry["hide"] = translate(component.hide, known, context)
        required = component.rules.required
        if component.required_if:
            entry["required"] = translate(component.required_if, known, context)
        elif isinstance(required, str) and required.startswith("="):
            entry["required"] = translate(required[1:], known, context)
        if entry:
            result[component.id] = entry
        if component.type == "group":
            _here(component.components, known, depth, context, result)
        elif component.type == "dynamiclist":
            _level(component.components, known, depth + 1, context, result)


def translate(text: str, fields: Fields, context: Mapping[str, Any]) -> Any:
    """Translate one condition, or answer "server"."""
    try:
        return _tree(feel.compile(text).tree, fields, context)
    except (_UntranslatableError, feel.FeelProblem):
        return SERVER


def _tree(node: nodes.Node, fields: Fields, context: Mapping[str, Any]) -> list[Any]:
    def inner(child: nodes.Node) -> list[Any]:
        return _tree(child, fields, context)

    match node:
        case nodes.Literal(value=value):
            return _literal(value)
        case nodes.Name(name=name):
            return _value(name, fields) if name in fields else _literal(context.get(name))
        case nodes.Logic(op=op, operands=operands):
            return [op, *(inner(operand) for operand in operands)]
        case nodes.Binary(op=op, left=left, right=right) if op in _COMPARISONS:
            return _compare(op, inner(left), inner(right), fields)
        case nodes.Between(value=value, low=low, high=high):
            tested = inner(value)
            return ["and", _compare(">=", tested, inner(low), fields), _compare("<=", tested, inner(high), fields)]
        case nodes.If(condition=condition, yes=yes, no=no):
            return ["if", inner(condition), inner(yes), inner(no)]
        case nodes.In(value=value, tests=tests):
            tested = inner(value)
            return reduce(lambda a, b: ["or", a, b], [_test(tested, test, fields, context) for test in tests])
        case nodes.Call(function=nodes.Name(name=name), args=args, names=()):
            return _call(name, [inner(arg) for arg in args])
    raise _UntranslatableError


def _value(name: str, fields: Fields) -> list[Any]:
    component, depth = fields[name]
    if component.type == "dynamiclist":
        return ["v", name, "r", depth]
    if component.many:
        return ["v", name, "m", depth]
    if component.type in {"number", "checkbox"}:
        return ["v", name, component.type[0], depth]
    kinds = {type(option.value) for option in component.options}
    if kinds <= {str}:
        return ["v", name, "s", depth]
    if kinds == {bool} or kinds <= {int, float}:
        return ["v", name, "b" if kinds == {bool} else "n", depth]
    raise _UntranslatableError


def _literal(value: Any) -> list[Any]:
    if value is None or isinstance(value, str | bool | Decimal):
        return ["l", json_value(value)]
    raise _UntranslatableError


def _compare(op: str, left: list[Any], right: list[Any], fields: Fields) -> list[Any]:
    """Compare; a moment is written differently in a page, so there it can only be compared with null."""
    if _NULL not in (left, right):
        for side in (left, right):
            if side[0] == "v" and (side[2] in "mr" or fields[side[1]][0].type == "datetime"):
                raise _UntranslatableError
    return [op, left, right]


def _test(tested: list[Any], test: nodes.Node, fields: Fields, context: Mapping[str, Any]) -> list[Any]:
    match test:
        case nodes.ListNode(items=items) if items:
            return reduce(lambda a, b: ["or", a, b], [_test(tested, item, fields, context) for item in items])
        case nodes.Comparison(op=op, operand=operand) if op in _COMPARISONS:
            return _compare(op, tested, _tree(operand, fields, context), fields)
        case nodes.RangeNode(low=low, high=high, low_closed=low_closed, high_closed=high_closed):
            return [
                "and",
                _compare(">=" if low_closed else ">", tested, _tree(low, fields, context), fields),
                _compare("<=" if high_closed else "<", tested, _tree(high, fields, context), fields),
            ]
        case nodes.Literal(value=value):
            return _compare("=", tested, _literal(value), fields)
    raise _UntranslatableError


def _call(name: str, args: list[list[Any]]) -> list[Any]:
    if name == "not" and len(args) == 1:
        return ["not", *args]
    if name == "count" and len(args) == 1 and args[0][0] == "v":
        return ["count", *args]
    if name == "list contains" and len(args) == 2 and args[0][0] == "v" and args[1][0] == "l":  # noqa: PLR2004
        return ["has", *args]
    raise _UntranslatableError
