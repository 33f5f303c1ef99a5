"""FEEL conditions as small JSON trees that a page's script evaluates.

`["=", ["v", "kind"], ["l", "报修"]]`: `v` a field's value, `l` a literal; operators `= != < <= > >= and or not if count
has`, in FEEL's three-valued logic. Names that are no field of the form are variables of the case and become literals.
What has no such tree is marked `"server"`: the page then asks the server, which answers by `find_hidden`.
"""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.core.feel import nodes
from engine.core.forms.schema import Component, Form, fields_of
from engine.core.forms.values import json_value

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVER = "server"
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_NULL = ["l", None]


class _UntranslatableError(Exception):
    """This part of FEEL is evaluated on the server only."""


def conditions_js(form: Form, context: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Translate all conditions: component id → `{"hide": tree, "required": tree}`; a tree may be "server"."""
    outer = feel.from_json(dict(context))
    result: dict[str, dict[str, Any]] = {}
    _level(form.components, {}, outer, result)
    return result


def _level(
    components: tuple[Component, ...],
    outer_fields: Mapping[str, Component],
    context: Mapping[str, Any],
    result: dict[str, dict[str, Any]],
) -> None:
    known = {**outer_fields, **{component.key: component for component in fields_of(components)}}
    _here(components, known, context, result)


def _here(
    components: tuple[Component, ...],
    known: Mapping[str, Component],
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
            _here(component.components, known, context, result)
        elif component.type == "dynamiclist":
            _level(component.components, known, context, result)


def translate(text: str, fields: Mapping[str, Component], context: Mapping[str, Any]) -> Any:
    """Translate one condition, or answer "server"."""
    try:
        return _tree(feel.compile(text).tree, fields, context)
    except (_UntranslatableError, feel.FeelProblem):
        return SERVER


def _tree(node: nodes.Node, fields: Mapping[str, Component], context: Mapping[str, Any]) -> list[Any]:
    def inner(child: nodes.Node) -> list[Any]:
        return _tree(child, fields, context)

    match node:
        case nodes.Literal(value=value):
            return _literal(value)
        case nodes.Name(name=name):
            return ["v", name] if name in fields else _literal(context.get(name))
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


def _literal(value: Any) -> list[Any]:
    if value is None or isinstance(value, str | bool | Decimal):
        return ["l", json_value(value)]
    raise _UntranslatableError


def _compare(op: str, left: list[Any], right: list[Any], fields: Mapping[str, Component]) -> list[Any]:
    """Compare; a moment is written differently in a page, so there it can only be compared with null."""
    if _NULL not in (left, right):
        for side in (left, right):
            if side[0] == "v" and (fields[side[1]].type == "datetime" or fields[side[1]].many):
                raise _UntranslatableError
    return [op, left, right]


def _test(
    tested: list[Any], test: nodes.Node, fields: Mapping[str, Component], context: Mapping[str, Any]
) -> list[Any]:
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
