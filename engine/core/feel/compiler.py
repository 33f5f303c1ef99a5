"""The tree to closures: each node becomes a Python function of one scope, so that evaluation walks no tree."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.core.feel import nodes as n
from engine.core.feel.calls import compile_call, compile_function
from engine.core.feel.loops import compile_filter, compile_for, compile_quantified
from engine.core.feel.operators import ARITHMETIC, COMPARE, add, compare, includes, matches_test, negate, order
from engine.core.feel.paths import compile_descendants, compile_path, dotted
from engine.core.feel.registry import BUILTINS
from engine.core.feel.runtime import MISSING, Scope, unknown
from engine.core.feel.types import is_instance
from engine.core.feel.values import Function, Range
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Callable

    Closure = Callable[[Scope], Any]

_PLAIN = frozenset([str, Decimal, bool, type(None)])
_SHORT_CHAIN = 3


def compile_node(node: n.Node) -> Closure:
    """Make a closure of any node."""
    return _COMPILERS[type(node)](node)


def _literal(node: n.Literal) -> Closure:
    value = node.value
    return lambda _scope: value


def _name(node: n.Name) -> Closure:
    name, pos = node.name, node.pos
    builtin, has_dots = BUILTINS.get(name), "." in name

    def load(scope: Scope) -> Any:
        try:
            value = scope.vars[name]
        except KeyError:
            return absent(scope)
        if type(value) in _PLAIN or scope.outer is not None:
            return value
        return scope.run.convert(value)

    def absent(scope: Scope) -> Any:
        value = scope.find(name)
        if value is MISSING and has_dots:
            value = dotted(name, scope)
        if value is not MISSING:
            return value
        if builtin is not None:
            return builtin
        env = scope.run.env
        if name in env.functions:
            function = env.functions[name]
            return function if isinstance(function, Function) else None
        if env.strict and not scope.is_open():
            plain = N_("Position {position}: there is no variable “{name}”.")
            suggesting = N_("Position {position}: there is no variable “{name}”. Did you mean “{nearest}”?")
            raise unknown(plain, suggesting, name, pos, scope.known())
        return None

    return load


def _negate(node: n.Negate) -> Closure:
    operand = node.operand
    count = 1
    while isinstance(operand, n.Negate):
        operand, count = operand.operand, count + 1
    if isinstance(operand, n.Literal):
        value = negate(operand.value) if count % 2 else negate(negate(operand.value))
        return lambda _scope: value
    inner = compile_node(operand)
    if count % 2:
        return lambda scope: negate(inner(scope))
    return lambda scope: negate(negate(inner(scope)))


def _binary(node: n.Binary) -> Closure:
    spine: list[n.Binary] = []
    left: n.Node = node
    while isinstance(left, n.Binary):
        spine.append(left)
        left = left.left
    result = compile_node(left)
    if len(spine) <= _SHORT_CHAIN:
        for part in reversed(spine):
            result = _one_binary(part, result)
        return result
    # A long chain is walked in a loop: nested calls would meet Python's own limit.
    return _chain(result, [(part.op, compile_node(part.right)) for part in reversed(spine)])


def _chain(first: Closure, rest: list[tuple[str, Closure]]) -> Closure:
    steps = [(ARITHMETIC.get(op), op, right) for op, right in rest]

    def evaluate(scope: Scope) -> Any:
        value = first(scope)
        run = scope.run
        for how, op, right in steps:
            other = right(scope)
            value = compare(op, value, other, run) if how is None else how(value, other, run)
        return value

    return evaluate


def _one_binary(node: n.Binary, left: Closure) -> Closure:
    op, right = node.op, compile_node(node.right)
    if op == "+":
        return lambda scope: add(left(scope), right(scope), scope.run)
    if op in ARITHMETIC:
        how = ARITHMETIC[op]
        return lambda scope: how(left(scope), right(scope), scope.run)
    if isinstance(node.right, n.Literal) and type(node.right.value) in {str, Decimal, bool}:
        return _compare_constant(op, left, node.right.value)
    return lambda scope: compare(op, left(scope), right(scope), scope.run)


def _compare_constant(op: str, left: Closure, constant: Any) -> Closure:
    """The commonest shape, `variable op constant`, without the general machinery."""
    cls = type(constant)

    def same(scope: Scope) -> bool | None:
        value = left(scope)
        return value == constant if type(value) is cls else compare("=", value, constant, scope.run)

    def differs(scope: Scope) -> bool | None:
        value = left(scope)
        return value != constant if type(value) is cls else compare("!=", value, constant, scope.run)

    def ordered(scope: Scope) -> bool | None:
        value = left(scope)
        if type(value) is cls and cls is not bool:
            return sign((value > constant) - (value < constant))
        return compare(op, value, constant, scope.run)

    if op == "=":
        return same
    if op == "!=":
        return differs
    sign = COMPARE[op]
    return ordered


def _logic(node: n.Logic) -> Closure:
    operands = tuple(compile_node(operand) for operand in node.operands)
    stop = node.op == "or"

    def evaluate(scope: Scope) -> bool | None:
        answer: bool | None = not stop
        for operand in operands:
            value = operand(scope)
            if value is stop:
                return bool(stop)
            if value is not (not stop):
                answer = None
        return answer

    return evaluate


def _between(node: n.Between) -> Closure:
    value, low, high = compile_node(node.value), compile_node(node.low), compile_node(node.high)

    def evaluate(scope: Scope) -> bool | None:
        middle = value(scope)
        above, below = order(middle, low(scope), scope.run), order(middle, high(scope), scope.run)
        if above is None or below is None:
            return False if (above is not None and above < 0) or (below is not None and below > 0) else None
        return above >= 0 >= below

    return evaluate


# -- tests -------------------------------------------------------------------------------------------------------------


def compile_test(node: n.Node) -> Callable[[Any, Scope], bool | None]:
    """One test of `in` or of a cell, as a function of the value."""
    if isinstance(node, n.Comparison):
        op, operand = node.op, compile_node(node.operand)
        return lambda value, scope: compare(op, value, operand(scope), scope.run)
    if isinstance(node, n.RangeNode):
        return _range_test(node)
    test = compile_node(node)
    return lambda value, scope: matches_test(value, test(scope), scope.run)


def _range_test(node: n.RangeNode) -> Callable[[Any, Scope], bool | None]:
    low, high, low_closed, high_closed = (
        compile_node(node.low),
        compile_node(node.high),
        node.low_closed,
        node.high_closed,
    )

    def test(value: Any, scope: Scope) -> bool | None:
        below, above = low(scope), high(scope)
        if below is None or above is None:
            return None
        return includes(Range(below, above, low_closed, high_closed), value, scope.run)

    return test


def _any(tests: tuple[Callable[[Any, Scope], bool | None], ...], value: Any, scope: Scope) -> bool | None:
    answer: bool | None = False
    for test in tests:
        passed = test(value, scope)
        if passed is True:
            return True
        if passed is None:
            answer = None
    return answer


def _in(node: n.In) -> Closure:
    value = compile_node(node.value)
    tests = tuple(compile_test(test) for test in node.tests)
    texts = _constant_texts(node.tests)
    if texts:

        def among(scope: Scope) -> bool | None:
            found = value(scope)
            return found in texts if type(found) is str else _any(tests, found, scope)

        return among
    return lambda scope: _any(tests, value(scope), scope)


def _constant_texts(tests: tuple[n.Node, ...]) -> frozenset[str]:
    """The texts of a test made of nothing but text constants, else nothing."""
    items = tests[0].items if len(tests) == 1 and isinstance(tests[0], n.ListNode) else tests
    texts = [item.value for item in items if isinstance(item, n.Literal) and type(item.value) is str]
    return frozenset(texts) if len(texts) == len(items) else frozenset()


def _unary_tests(node: n.UnaryTests) -> Closure:
    if not node.tests:
        return lambda _scope: True
    texts = _constant_texts(node.tests)
    tests = tuple(_cell_test(test) for test in node.tests)
    negated = node.negated

    def evaluate(scope: Scope) -> bool | None:
        value = scope.find("?")
        if value is MISSING:
            value = None
        if texts and type(value) is str:
            return (value in texts) is not negated
        answer = _any(tests, value, scope)
        return answer if not negated or answer is None else not answer

    return evaluate


def _cell_test(node: n.Node) -> Callable[[Any, Scope], bool | None]:
    if isinstance(node, (n.Comparison, n.RangeNode, n.Literal)):
        return compile_test(node)
    test = compile_node(node)
    about_input = "?" in n.names_of(node)

    def evaluate(value: Any, scope: Scope) -> bool | None:
        found = test(scope)
        if about_input and found is None:
            return None  # `list contains(?, …)` of null is unknown, which is no match, not "equal to null"
        if type(found) is bool and (about_input or type(value) is not bool):
            return found
        return matches_test(value, found, scope.run)

    return evaluate


def _comparison(node: n.Comparison) -> Closure:
    op, operand = node.op, compile_node(node.operand)

    def evaluate(scope: Scope) -> Any:
        end = operand(scope)
        if op in {"=", "!="}:
            return Range(end, None if op == "!=" else end, True, True, op)
        if end is None:
            return None
        closed = op in {"<=", ">="}
        return Range(None, end, False, closed) if op in {"<", "<="} else Range(end, None, closed, False)

    return evaluate


# -- boxes -------------------------------------------------------------------------------------------------------------


def _if(node: n.If) -> Closure:
    condition, yes, no = compile_node(node.condition), compile_node(node.yes), compile_node(node.no)
    return lambda scope: yes(scope) if condition(scope) is True else no(scope)


def _instance_of(node: n.InstanceOf) -> Closure:
    value, wanted = compile_node(node.value), node.type
    return lambda scope: is_instance(value(scope), wanted, scope)


def _list(node: n.ListNode) -> Closure:
    items = tuple(compile_node(item) for item in node.items)

    def evaluate(scope: Scope) -> list[Any]:
        scope.run.charge(len(items))
        return [item(scope) for item in items]

    return evaluate


def _context(node: n.ContextNode) -> Closure:
    entries = tuple(zip(node.keys, (compile_node(value) for value in node.values), strict=True))

    def evaluate(scope: Scope) -> dict[str, Any]:
        result: dict[str, Any] = {}
        inner = Scope(result, scope, scope.run)
        scope.run.charge(len(entries))
        for key, value in entries:
            result[key] = value(inner)
        return dict(result)

    return evaluate


def _range(node: n.RangeNode) -> Closure:
    low, high, low_closed, high_closed = (
        compile_node(node.low),
        compile_node(node.high),
        node.low_closed,
        node.high_closed,
    )

    def evaluate(scope: Scope) -> Range | None:
        below, above = low(scope), high(scope)
        sign = order(below, above, scope.run)
        return None if sign is None or sign > 0 else Range(below, above, low_closed, high_closed)

    return evaluate


_COMPILERS: dict[type[n.Node], Callable[[Any], Closure]] = {
    n.Literal: _literal,
    n.Name: _name,
    n.Path: lambda node: compile_path(node, compile_node),
    n.Descendants: lambda node: compile_descendants(node, compile_node),
    n.Filter: lambda node: compile_filter(node, compile_node),
    n.Call: lambda node: compile_call(node, compile_node),
    n.Negate: _negate,
    n.Binary: _binary,
    n.Logic: _logic,
    n.Between: _between,
    n.Comparison: _comparison,
    n.In: _in,
    n.UnaryTests: _unary_tests,
    n.If: _if,
    n.For: lambda node: compile_for(node, compile_node),
    n.Quantified: lambda node: compile_quantified(node, compile_node),
    n.InstanceOf: _instance_of,
    n.ListNode: _list,
    n.ContextNode: _context,
    n.RangeNode: _range,
    n.FunctionNode: lambda node: compile_function(node, compile_node),
}
