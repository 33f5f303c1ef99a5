"""Boxed expressions to closures, the same kind of closures that FEEL compiles to."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.core.dmn import model as m
from engine.core.dmn.errors import DmnError
from engine.core.dmn.tables import compile_table
from engine.core.dmn.types import MISFIT, feel_type, fit, result_type, simple_name
from engine.core.feel.calls import call_function
from engine.core.feel.loops import evaluate_filter, evaluate_for, evaluate_quantified
from engine.core.feel.runtime import Scope
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Callable

    Closure = Callable[[Scope], Any]

_FUNCTION_DEPTH = 12


def compile_box(box: m.Box | None, decisions: m.Decisions) -> Closure:
    """A closure of a box; nothing at all is null. Raises FeelSyntaxError and DmnError."""
    if box is None:
        return lambda _scope: None
    value = _COMPILERS[type(box)](box, decisions)
    if isinstance(box, (m.Table, m.FunctionBox)) or simple_name(box.type) in {"", "Any"}:
        return value
    return _typed(value, box.type, decisions)


def _typed(value: Closure, wanted: str, decisions: m.Decisions) -> Closure:
    """The value made to fit the type of its box; null, or FeelError when strict, when it does not."""

    def evaluate(scope: Scope) -> Any:
        found = value(scope)
        fitted = fit(found, wanted, decisions, scope)
        if fitted is not MISFIT:
            return fitted
        if scope.run.env.strict:
            shown = feel.text_of(found)[:80]
            template = N_("The value {value} is not of the type {type}.")
            raise feel.FeelError(template, value=shown, type=simple_name(wanted))
        return None

    return evaluate


def check_language(literal: m.Literal) -> None:
    """Refuse every expression language but FEEL. Raises DmnError."""
    if literal.language and "feel" not in literal.language.casefold():
        template = N_("The expression language {language} is not supported; write FEEL.")
        raise DmnError(template, element_id=literal.id, language=literal.language)


def _literal(box: m.Literal, decisions: m.Decisions) -> Closure:
    check_language(box)
    if not box.text:
        return lambda _scope: None
    return feel.compile(box.text, names=decisions.names).run


def _table(box: m.Table, decisions: m.Decisions) -> Closure:
    table = compile_table(box, decisions)
    return table.evaluate


def _context(box: m.Context, decisions: m.Decisions) -> Closure:
    entries = [(entry.name, entry.type, compile_box(entry.box, decisions)) for entry in box.entries]

    def evaluate(scope: Scope) -> Any:
        result: dict[str, Any] = {}
        inner = Scope(result, scope, scope.run)
        scope.run.charge(len(entries))
        for name, wanted, value in entries:
            if not name:
                return value(inner)
            found = fit(value(inner), wanted, decisions, scope)
            result[name] = None if found is MISFIT else found
        return dict(result)

    return evaluate


def _relation(box: m.Relation, decisions: m.Decisions) -> Closure:
    rows = [[compile_box(cell, decisions) for cell in row] for row in box.rows]
    columns = box.columns

    def evaluate(scope: Scope) -> list[Any]:
        scope.run.charge(len(rows) * len(columns))
        return [dict(zip(columns, (cell(scope) for cell in row), strict=False)) for row in rows]

    return evaluate


def _list(box: m.ListBox, decisions: m.Decisions) -> Closure:
    items = [compile_box(item, decisions) for item in box.items]
    return lambda scope: [item(scope) for item in items]


def _invocation(box: m.Invocation, decisions: m.Decisions) -> Closure:
    name = box.function.text if isinstance(box.function, m.Literal) else ""
    callee = compile_box(box.function, decisions)
    names = tuple(binding.name for binding in box.bindings)
    values = [(binding.type, compile_box(binding.box, decisions)) for binding in box.bindings]

    def evaluate(scope: Scope) -> Any:
        function = callee(scope)
        args = [fit(value(scope), wanted, decisions, scope) for wanted, value in values]
        if type(function) is not feel.Function or any(arg is MISFIT for arg in args):
            if scope.run.env.strict:
                raise DmnError(N_("“{name}” cannot be called with these values."), name=name)
            return None
        return call_function(function, args, names, scope, 0)

    return evaluate


def compile_function(box: m.FunctionBox, decisions: m.Decisions, name: str = "", result: str = "") -> Closure:
    """A closure that makes the function value; parameters and result are made to fit their types."""
    if box.kind != "FEEL":
        return lambda _scope: None
    body = compile_box(box.body, decisions)
    names = tuple(param.name for param in box.params)
    types = tuple(param.type for param in box.params)
    result = result_type(result, decisions)
    declared = tuple(feel_type(kind, decisions) for kind in types), feel_type(result, decisions)

    def evaluate(scope: Scope) -> Any:
        def call(run: Any, values: list[Any]) -> Any:
            run.enter(_FUNCTION_DEPTH)
            bound = {
                param: fit(value, wanted, decisions, scope)
                for param, wanted, value in zip(names, types, values, strict=True)
            }
            found: Any = None
            if not any(value is MISFIT for value in bound.values()):
                found = fit(body(Scope(bound, scope, run)), result, decisions, scope)
            elif run.env.strict:
                raise DmnError(N_("“{name}” cannot be called with these values."), name=name)
            run.depth -= _FUNCTION_DEPTH
            return None if found is MISFIT else found

        return feel.Function(name, names, call, declared[0], result=declared[1])

    return evaluate


def _conditional(box: m.Conditional, decisions: m.Decisions) -> Closure:
    condition = compile_box(box.condition, decisions)
    yes, no = compile_box(box.yes, decisions), compile_box(box.no, decisions)
    return lambda scope: yes(scope) if condition(scope) is True else no(scope)


def _loop(box: m.Loop, decisions: m.Decisions) -> Closure:
    source, body = compile_box(box.source, decisions), compile_box(box.body, decisions)
    if box.kind == "filter":
        return lambda scope: _unless_odd(body, lambda test: evaluate_filter(source(scope), test, scope))
    parts: list[tuple[str, Closure, Closure | None]] = [(box.variable, source, None)]
    if box.kind == "for":
        return lambda scope: evaluate_for(parts, body, scope, partial=True)
    stop = box.kind == "some"
    return lambda scope: _unless_odd(body, lambda test: evaluate_quantified(parts, test, scope, stop=stop))


def _unless_odd(body: Closure, run: Callable[[Closure], Any]) -> Any:
    """The outcome of a boxed filter or quantifier; null when a condition is neither true, false, null nor an index."""
    odd = False

    def test(inner: Scope) -> Any:
        nonlocal odd
        found = body(inner)
        odd = odd or not (found is None or type(found) in {bool, Decimal})
        return found

    value = run(test)
    return None if odd else value


_COMPILERS: dict[type[Any], Callable[[Any, m.Decisions], Closure]] = {
    m.Literal: _literal,
    m.Table: _table,
    m.Context: _context,
    m.Relation: _relation,
    m.ListBox: _list,
    m.Invocation: _invocation,
    m.FunctionBox: compile_function,
    m.Conditional: _conditional,
    m.Loop: _loop,
}
