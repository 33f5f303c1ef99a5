"""FEEL, the expression language of DMN 1.5: compile once, evaluate often, safely.

    >>> compile('urgency in ("特急", "紧急") and round >= 2').evaluate({"urgency": "特急", "round": 3})
    True

Nothing an expression says can reach Python objects, loop without end, or use more than a bounded amount of memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.core.feel import (
    builtins_context,  # noqa: F401  importing registers them
    builtins_list,  # noqa: F401
    builtins_number,  # noqa: F401
    builtins_range,  # noqa: F401
    builtins_temporal,  # noqa: F401
    builtins_text,  # noqa: F401
    nodes,
)
from engine.core.feel.chinese import in_chinese
from engine.core.feel.compiler import compile_node
from engine.core.feel.errors import FeelError, FeelProblem, FeelSyntaxError
from engine.core.feel.juel import from_juel
from engine.core.feel.parser import parse
from engine.core.feel.plain import to_json
from engine.core.feel.registry import BUILTINS
from engine.core.feel.runtime import Env, Run, Scope, nearest
from engine.core.feel.texts import text_of
from engine.core.feel.values import DaysTime, Function, Range, YearsMonths, from_json, kind
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "BUILTINS", "DaysTime", "Env", "Expression", "FeelError", "FeelProblem", "FeelSyntaxError", "Function",
    "Range", "Run", "Scope", "YearsMonths", "compile", "from_json", "from_juel", "in_chinese", "kind",
    "nearest", "nodes", "parse", "text_of", "to_json",
]  # fmt: skip

_ENV = Env()


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A compiled expression or cell.

    `names`: variables it needs from outside; `possible_names`: names inside filters, which may be members of the
    filtered items instead; `functions`: functions called by name that are no builtins.
    """

    text: str
    tree: nodes.Node
    names: frozenset[str]
    possible_names: frozenset[str]
    functions: frozenset[str]
    run: Callable[[Scope], Any]

    def evaluate(self, context: Mapping[str, Any], env: Env | None = None) -> Any:
        """The value for these variables (JSON or FEEL values). Cells read the input from the variable `?`.

        Raises FeelError for unknown names (when strict) and when a limit is reached.
        """
        run = Run(env or _ENV)
        return self.evaluate_in(Scope(context, None, run))

    def evaluate_in(self, scope: Scope) -> Any:
        """The value inside a scope of an evaluation under way, which shares its budget. Raises FeelError."""
        try:
            value = self.run(scope)
            if type(value) is list or type(value) is dict:
                scope.run.weigh(value)
        except RecursionError:
            raise FeelError(N_("The expression is nested too deep to be evaluated."), 0, self.text) from None
        except FeelProblem as problem:
            problem.text = problem.text or self.text
            raise
        return value


def compile(text: str, *, unary: bool = False, names: Iterable[str] = ()) -> Expression:  # noqa: A001  as in the design
    """Compile an expression, or with `unary` the tests of a decision table cell; cached by text.

    `names` are names with spaces or signs that variables may have. Raises FeelSyntaxError with the position.
    """
    return _compile(text, unary, frozenset(names))


@lru_cache(maxsize=4096)
def _compile(text: str, unary: bool, names: frozenset[str]) -> Expression:
    try:
        tree = parse(text, unary=unary, names=names)
        sure, maybe = nodes.free_names(tree, frozenset(["?"]) if unary else frozenset())
        functions = nodes.called_names(tree) - BUILTINS.keys()
        run = compile_node(tree)
    except RecursionError:
        raise FeelSyntaxError(N_("The expression is nested too deep to be read."), 0, text[:80]) from None
    return Expression(text, tree, sure, maybe - sure, functions, run)
