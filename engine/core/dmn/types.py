"""Types of a decision file: item definitions, and values made to fit them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.core import feel
from engine.core.feel import temporal
from engine.core.feel.nodes import Type
from engine.core.feel.types import SIMPLE, coerce, conforms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.core.dmn.model import Decisions, Item
    from engine.core.feel.runtime import Scope

MISFIT: Final = object()
"""The answer of `fit` for a value that is not of the type."""
_ALIASES = {
    "dateTime": "date and time", "dayTimeDuration": "days and time duration", "any": "Any", "integer": "number",
    "yearMonthDuration": "years and months duration", "long": "number", "double": "number", "daysAndTimeDuration":
    "days and time duration", "yearsAndMonthsDuration": "years and months duration", "function": "function",
    "duration": "Any",
}  # fmt: skip
_READERS: dict[str, Callable[[str], Any]] = {
    "date": temporal.parse_date,
    "time": temporal.parse_time,
    "date and time": temporal.parse_datetime,
    "days and time duration": temporal.parse_duration,
    "years and months duration": temporal.parse_duration,
}
_MAX_DEPTH = 12


def simple_name(reference: str) -> str:
    """The FEEL name of a type reference such as `feel:number`, `dateTime` or `integer`."""
    name = reference.removeprefix("feel:").strip()
    return _ALIASES.get(name, name)


def find(reference: str, decisions: Decisions) -> tuple[Item | None, Decisions]:
    """The item definition of that name, with the file it stands in."""
    if reference in decisions.items:
        return decisions.items[reference], decisions
    head, _, tail = reference.partition(".")
    if tail and head in decisions.imports:
        return find(tail, decisions.imports[head])
    return next((found for other in decisions.merged if (found := find(reference, other))[0]), (None, decisions))


def feel_types(decisions: Decisions) -> Mapping[str, Type]:
    """Every item definition as FEEL type, for `instance of`."""
    known: Mapping[str, Type] | None = decisions.cache.get("types")
    if known is None:
        found = {name: _type_of(name, decisions, 0) for name in decisions.items}
        for prefix, other in decisions.imports.items():
            found |= {f"{prefix}.{name}": value for name, value in feel_types(other).items()}
        for other in decisions.merged:
            found = {**feel_types(other), **found}
        known = decisions.cache["types"] = found
    return known


def feel_type(reference: str, decisions: Decisions) -> Type | None:
    """What a reference means to FEEL; None for no reference."""
    return _type_of(reference, decisions, 0) if reference else None


def result_type(reference: str, decisions: Decisions) -> str:
    """The type of what a knowledge model or service gives: its own, or the result of the function type it has."""
    item, _ = find(reference, decisions)
    if item is None or item.takes is None:
        return reference
    prefix = reference.removesuffix(item.name)
    return prefix + item.returns if item.returns and find(prefix + item.returns, decisions)[0] else item.returns


def _type_of(reference: str, decisions: Decisions, depth: int) -> Type:
    item, owner = find(reference, decisions)
    if item is None:
        name = simple_name(reference)
        return Type(name if name in SIMPLE or name in {"list", "context", "function"} else "Any")
    return _type_of_item(item, owner, depth) if depth < _MAX_DEPTH else Type("Any")


def _type_of_item(item: Item, owner: Decisions, depth: int) -> Type:
    if item.takes is not None:
        takes = tuple(_type_of(part, owner, depth + 1) for part in item.takes)
        result = Type("function", takes, (), _type_of(item.returns, owner, depth + 1))
    elif item.components:
        parts = tuple(_type_of_item(part, owner, depth + 1) for part in item.components)
        result = Type("context", parts, tuple(part.name for part in item.components))
    else:
        result = _type_of(item.base, owner, depth + 1) if item.base else Type("Any")
    return Type("list", (result,)) if item.collection else result


def fit(value: Any, reference: str, decisions: Decisions, scope: Scope) -> Any:
    """The value as that type with DMN's implicit conversions; MISFIT when it is not of the type.

    When strict, texts that show a date, time or duration become one: process variables are JSON.
    """
    if not reference or value is None:
        return value
    item, owner = find(reference, decisions)
    if item is not None:
        return _fit_item(value, item, owner, scope)
    name = simple_name(reference)
    if name not in SIMPLE or name == "Any":
        return value
    if type(value) is str and scope.run.env.strict and name in _READERS:
        read = _READERS[name](value)
        return MISFIT if read is None else read
    fitted = coerce(value, Type(name), scope)
    return MISFIT if fitted is None else fitted


def _fit_item(value: Any, item: Item, owner: Decisions, scope: Scope) -> Any:
    if not item.collection and type(value) is list and len(value) == 1 and not _is_list(item, owner):
        value = value[0]
    if item.collection:
        items = value if type(value) is list else [value]
        scope.run.charge(len(items))
        result: Any = [_fit_one(each, item, owner, scope) for each in items]
        if any(each is MISFIT for each in result):
            return MISFIT
    else:
        result = _fit_one(value, item, owner, scope)
        if result is MISFIT:
            return MISFIT
    if item.constraint and not _allowed(result, item.constraint, owner, scope):
        return MISFIT
    return result


def _is_list(item: Item, owner: Decisions) -> bool:
    base, _ = find(item.base, owner)
    return item.base == "list" or (base is not None and base is not item and base.collection)


def _fit_one(value: Any, item: Item, owner: Decisions, scope: Scope) -> Any:
    if item.takes is not None:
        wanted = _type_of_item(item, owner, 0)
        return value if conforms(value, wanted, scope) else MISFIT
    if item.components:
        result = _fit_components(value, item, owner, scope)
    elif item.base and item.base != item.name:
        result = fit(value, item.base, owner, scope)
    else:
        result = value
    if result is MISFIT or (item.allowed and not _allowed(result, item.allowed, owner, scope)):
        return MISFIT
    return result


def _fit_components(value: Any, item: Item, owner: Decisions, scope: Scope) -> Any:
    if value is None:
        return None
    if type(value) is not dict:
        return MISFIT
    result = dict(value)
    if not scope.run.env.strict and any(part.name not in value for part in item.components):
        return MISFIT  # the standard wants all members; forms leave out what nobody has filled in
    for part in item.components:
        if part.name in result and result[part.name] is not None:
            result[part.name] = _fit_item(result[part.name], part, owner, scope)
            if result[part.name] is MISFIT:
                return MISFIT
    return result


def _allowed(value: Any, tests: str, owner: Decisions, scope: Scope) -> bool:
    expression = feel.compile(tests, unary=True, names=owner.names)
    return expression.run(feel.Scope({"?": value}, scope, scope.run)) is True
