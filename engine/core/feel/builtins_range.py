"""Builtin functions on ranges and points (DMN 1.5, table 78), after Allen's interval algebra."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from engine.core.feel import nodes, operators
from engine.core.feel.errors import FeelProblem
from engine.core.feel.registry import BUILTINS, builtin
from engine.core.feel.values import Range

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.feel.runtime import Run


_MAX_RANGE: Final = 400


class _NoOrder(Exception):  # noqa: N818  it never leaves this module
    """Two ends cannot be compared: the answer is null."""


def _order(a: Any, b: Any, run: Run) -> int:
    found = operators.order(a, b, run)
    if found is None:
        raise _NoOrder
    return found


_RANGES = "range1: any, range2: any"
_POINT_FIRST = "point: any, range: any"
_RANGE_FIRST = "range: any, point: any"
_POINTS = "point1: any, point2: any"


def _register(name: str, *params: str) -> Callable[[Callable[[Run, Any, Any], bool]], Callable[..., Any]]:
    """Register a function of two points or ranges, under all names its parameters may have.

    It answers null when the two cannot be compared.
    """

    def wrap(function: Callable[[Run, Any, Any], bool]) -> Callable[..., Any]:
        def guarded(run: Run, a: Any, b: Any) -> bool | None:
            a, b = _single(a), _single(b)
            if a is None or b is None:
                return None
            try:
                return function(run, a, b)
            except _NoOrder:
                return None

        for names in params:
            builtin(name, names)(guarded)
        return guarded

    return wrap


def _single(value: Any) -> Any:
    return value[0] if type(value) is list and len(value) == 1 else value


def _point(value: Any) -> Range:
    return value if type(value) is Range else Range(value, value, low_closed=True, high_closed=True)


def _ranges(a: Any, b: Any) -> None:
    if type(a) is not Range or type(b) is not Range:
        raise _NoOrder


def _before(run: Run, a: Any, b: Any) -> bool:
    x, y = _point(a), _point(b)
    if x.high is None or y.low is None:
        return False
    sign = _order(x.high, y.low, run)
    return sign < 0 or (sign == 0 and not (x.high_closed and y.low_closed))


@_register("before", _POINTS, _POINT_FIRST, _RANGE_FIRST, _RANGES)
def before(run: Run, a: Any, b: Any) -> bool:
    """Whether all of a lies before all of b."""
    return _before(run, a, b)


@_register("after", _POINTS, _POINT_FIRST, _RANGE_FIRST, _RANGES)
def after(run: Run, a: Any, b: Any) -> bool:
    """Whether all of a lies after all of b."""
    return _before(run, b, a)


@_register("meets", _RANGES)
def meets(run: Run, a: Any, b: Any) -> bool:
    """Whether a ends where b starts, both ends included."""
    _ranges(a, b)
    return bool(a.high_closed and b.low_closed and _order(a.high, b.low, run) == 0)


@_register("met by", _RANGES)
def met_by(run: Run, a: Any, b: Any) -> bool:
    """Whether b ends where a starts, both ends included."""
    _ranges(a, b)
    return bool(b.high_closed and a.low_closed and _order(b.high, a.low, run) == 0)


def _low(run: Run, a: Range, b: Range) -> int:
    """Which of two ranges starts first: -1, 0 or 1."""
    if a.low is None or b.low is None:
        return (a.low is not None) - (b.low is not None)
    return _order(a.low, b.low, run) or (b.low_closed - a.low_closed)


def _high(run: Run, a: Range, b: Range) -> int:
    """Which of two ranges ends first: -1, 0 or 1."""
    if a.high is None or b.high is None:
        return (b.high is not None) - (a.high is not None)
    return _order(a.high, b.high, run) or (a.high_closed - b.high_closed)


def _touch(run: Run, a: Range, b: Range) -> bool:
    return not _before(run, a, b) and not _before(run, b, a)


@_register("overlaps", _RANGES)
def overlaps(run: Run, a: Any, b: Any) -> bool:
    """Whether the two have a point in common."""
    _ranges(a, b)
    return _touch(run, a, b)


@_register("overlaps before", _RANGES)
def overlaps_before(run: Run, a: Any, b: Any) -> bool:
    """Whether a starts before b and ends inside it."""
    _ranges(a, b)
    return _touch(run, a, b) and _low(run, a, b) < 0 and _high(run, a, b) <= 0


@_register("overlaps after", _RANGES)
def overlaps_after(run: Run, a: Any, b: Any) -> bool:
    """Whether a starts inside b and ends after it."""
    _ranges(a, b)
    return _touch(run, a, b) and _low(run, a, b) > 0 and _high(run, a, b) >= 0


@_register("finishes", _POINT_FIRST, _RANGES)
def finishes(run: Run, a: Any, b: Any) -> bool:
    """Whether a ends b."""
    return _finishes(run, a, b)


def _finishes(run: Run, a: Any, b: Any) -> bool:
    if type(b) is not Range:
        raise _NoOrder
    x = _point(a)
    return _high(run, x, b) == 0 and _low(run, x, b) >= 0


@_register("finished by", _RANGE_FIRST, _RANGES)
def finished_by(run: Run, a: Any, b: Any) -> bool:
    """Whether b ends a."""
    return _finishes(run, b, a)


def _includes(run: Run, a: Any, b: Any) -> bool:
    if type(a) is not Range:
        raise _NoOrder
    y = _point(b)
    return _low(run, a, y) <= 0 and _high(run, a, y) >= 0


@_register("includes", _RANGE_FIRST, _RANGES)
def includes(run: Run, a: Any, b: Any) -> bool:
    """Whether b lies inside a."""
    return _includes(run, a, b)


@_register("during", _POINT_FIRST, _RANGES)
def during(run: Run, a: Any, b: Any) -> bool:
    """Whether a lies inside b."""
    return _includes(run, b, a)


def _starts(run: Run, a: Any, b: Any) -> bool:
    if type(b) is not Range:
        raise _NoOrder
    x = _point(a)
    return _low(run, x, b) == 0 and _high(run, x, b) <= 0


@_register("starts", _POINT_FIRST, _RANGES)
def starts(run: Run, a: Any, b: Any) -> bool:
    """Whether a begins b."""
    return _starts(run, a, b)


@_register("started by", _RANGE_FIRST, _RANGES)
def started_by(run: Run, a: Any, b: Any) -> bool:
    """Whether b begins a."""
    return _starts(run, b, a)


@_register("coincides", _POINTS, _RANGES)
def coincides(run: Run, a: Any, b: Any) -> bool:
    """Whether the two are the same."""
    if (type(a) is Range) is not (type(b) is Range):
        raise _NoOrder
    x, y = _point(a), _point(b)
    return _low(run, x, y) == 0 and _high(run, x, y) == 0


_TEXT = re.compile(r"\s*([\[\](])\s*(.*?)\s*\.\.\s*(.*?)\s*([\[\])])\s*", re.DOTALL)


@builtin("range", "from: string")
def range_(run: Run, text: str) -> Range | None:
    """The range a text shows, with constants or nothing for ends, such as "[1..10)" or "[2..)"."""
    run.charge_text(16 * len(text))
    match = _TEXT.fullmatch(text) if len(text) <= _MAX_RANGE else None
    if match is None or not (match[2] or match[3]):
        return None
    low, high = (_end(part, run) for part in (match[2], match[3]))
    if (low is None and (match[2] or match[1] == "[")) or (high is None and (match[3] or match[4] == "]")):
        return None  # not a constant, or an end without a value that is to belong to the range
    sign = operators.order(low, high, run) if match[2] and match[3] else 0
    if sign is None or sign > 0:
        return None
    return Range(low, high, match[1] == "[", match[4] == "]")


def _end(text: str, run: Run) -> Any:
    """The constant at one end; None when there is none, or something that is no constant."""
    from engine.core.feel.compiler import compile_node  # noqa: PLC0415  builtins are below the compiler
    from engine.core.feel.parser import parse  # noqa: PLC0415
    from engine.core.feel.runtime import Scope  # noqa: PLC0415

    try:
        node = parse(text) if text else None
    except FeelProblem:
        return None
    return compile_node(node)(Scope({}, None, run)) if node is not None and _constant(node) else None


def _constant(node: nodes.Node, *, called: bool = False) -> bool:
    """Whether the node is a literal, or a builtin such as date() of nothing but literals."""
    if isinstance(node, nodes.Negate):
        return _constant(node.operand, called=called)
    if isinstance(node, nodes.Call) and isinstance(node.function, nodes.Name) and not called:
        return node.function.name in BUILTINS and all(_constant(arg, called=True) for arg in node.args)
    return isinstance(node, nodes.Literal)
