"""Calls of builtins, of functions written in FEEL, and of functions the caller supplies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.feel import nodes as n
from engine.core.feel.errors import FeelError, FeelProblem
from engine.core.feel.names import nearest_builtin_pool
from engine.core.feel.registry import BUILTINS, invoke
from engine.core.feel.runtime import MISSING, Scope, unknown
from engine.core.feel.types import coerce, infer
from engine.core.feel.values import Function, from_json
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Callable

    Closure = Callable[[Scope], Any]


def compile_call(node: n.Call, compile_node: Callable[[n.Node], Closure]) -> Closure:
    """`name(args)` or `expression(args)`."""
    args = tuple(compile_node(arg) for arg in node.args)
    names, pos = node.names, node.pos
    if not isinstance(node.function, n.Name):
        callee = compile_node(node.function)

        def call_value(scope: Scope) -> Any:
            function = callee(scope)
            values = [arg(scope) for arg in args]
            if type(function) is not Function:
                return None
            return call_function(function, values, names, scope, pos)

        return call_value

    name, name_pos = node.function.name, node.function.pos
    builtin = BUILTINS.get(name)

    def call(scope: Scope) -> Any:
        function = scope.find(name)
        if type(function) is not Function:
            if builtin is None:
                return _call_supplied(
                    scope, name, name_pos, [arg(scope) for arg in args], known=function is not MISSING
                )
            function = builtin
        return call_function(function, [arg(scope) for arg in args], names, scope, pos)

    return call


def call_function(function: Function, values: list[Any], names: tuple[str, ...], scope: Scope, pos: int) -> Any:
    """Call a function value with positional or named arguments; null when they do not fit (an error when strict)."""
    run = scope.run
    run.charge(2)
    if function.builtin is not None:
        return invoke(function, values, names, run, pos)
    if names:
        if set(names) != set(function.params) or len(set(names)) != len(names):
            return _misfit(function, scope, pos)
        given = dict(zip(names, values, strict=True))
        values = [given[param] for param in function.params]
    if len(values) != len(function.params):
        return _misfit(function, scope, pos)
    return function.call(run, values)


def _misfit(function: Function, scope: Scope, pos: int) -> None:
    if scope.run.env.strict:
        template = N_("Position {position}: “{name}” takes the arguments ({params}).")
        raise FeelError(template, pos, name=function.name or "function", params=", ".join(function.params))


def _call_supplied(scope: Scope, name: str, pos: int, values: list[Any], *, known: bool) -> Any:
    env = scope.run.env
    function = env.functions.get(name)
    if function is None:
        if env.strict:
            if known:
                raise FeelError(N_("Position {position}: “{name}” is not a function."), pos, name=name)
            plain = N_("Position {position}: there is no function “{name}”.")
            suggesting = N_("Position {position}: there is no function “{name}”. Did you mean “{nearest}”?")
            raise unknown(plain, suggesting, name, pos, set(env.functions) | nearest_builtin_pool())
        return None
    scope.run.charge(2)
    try:
        return from_json(function(*values))
    except FeelProblem:
        raise
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        if not env.strict:
            return None
        template = N_("Position {position}: the function “{name}” cannot use these values: {reason}")
        raise FeelError(template, pos, name=name, reason=str(error)[:200]) from error


def compile_function(node: n.FunctionNode, compile_node: Callable[[n.Node], Closure]) -> Closure:
    """A function written in FEEL; an external one has no Python counterpart and is null."""
    if node.external:
        return lambda _scope: None
    params, types, body, depth = node.params, node.types, compile_node(node.body), n.depth_of(node.body) + 3
    weight = n.weight_of(node.body)
    result = infer(node.body)

    def evaluate(scope: Scope) -> Function:
        def call(run: Any, values: list[Any]) -> Any:
            run.enter(depth)
            run.charge(weight)
            bound: dict[str, Any] = {}
            for param, wanted, value in zip(params, types, values, strict=True):
                bound[param] = value if wanted is None else coerce(value, wanted, scope)
                if bound[param] is None and value is not None:
                    run.depth -= depth
                    return None
            try:
                return body(Scope(bound, scope, run))
            finally:
                run.depth -= depth

        return Function("", params, call, types, result=result)

    return evaluate
