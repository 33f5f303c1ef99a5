"""Types: whether a value is of a type, and the implicit conversions of DMN 1.5 (10.3.2.9.4)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from engine.core.feel import nodes as n
from engine.core.feel import temporal
from engine.core.feel.errors import FeelError
from engine.core.feel.nodes import Type
from engine.core.feel.values import Function, Range, kind
from engine.errors import N_

if TYPE_CHECKING:
    from engine.core.feel.runtime import Scope

SIMPLE = frozenset([
    "number", "string", "boolean", "date", "time", "date and time", "years and months duration",
    "days and time duration", "Any", "Null",
])  # fmt: skip
ANY = Type("Any")
_COMPARISONS = frozenset(["=", "!=", "<", "<=", ">", ">="])


def is_instance(value: Any, wanted: Type, scope: Scope) -> bool | None:
    """`value instance of wanted`; null for a type that does not exist (an error when strict)."""
    known = _known(wanted, scope)
    if known is None:
        if scope.run.env.strict:
            raise FeelError(N_("There is no type “{name}”."), name=wanted.name)
        return None
    if value is None:
        return known.name == "Null"
    return conforms(value, known, scope)


def _known(wanted: Type, scope: Scope) -> Type | None:
    name = wanted.name
    if name in SIMPLE or name in {"list", "range", "context", "function"}:
        return wanted
    return scope.run.env.types.get(name)


def conforms(value: Any, wanted: Type, scope: Scope) -> bool:
    """Whether a value fits a type; null fits every type, everything fits an unknown type."""
    known = _known(wanted, scope)
    if known is None or known.name == "Any" or value is None:
        return True
    if known.name in SIMPLE:
        return kind(value) == known.name
    if kind(value) != known.name:
        return False
    if not known.args and not known.members and known.result is None:
        return True
    if type(value) is list:
        scope.run.charge(len(value))
        if value and all(type(item) is Function and item.builtin is None for item in value):
            return _subtype(_join([_function_type(item) for item in value]), known.args[0], scope)
        return all(conforms(item, known.args[0], scope) for item in value)
    if type(value) is Range:
        return all(conforms(end, known.args[0], scope) for end in (value.low, value.high))
    if type(value) is dict:
        return all(
            member in value and conforms(value[member], part, scope)
            for member, part in zip(known.members, known.args, strict=True)
        )
    return type(value) is Function and _function_conforms(value, known, scope)


def _function_conforms(value: Function, wanted: Type, scope: Scope) -> bool:
    """Whether a function takes such arguments and, as far as that is known without calling it, returns such values."""
    if value.builtin is not None:
        return any(_signature_conforms(signature, wanted) for signature in value.builtin)
    return _subtype(_function_type(value), wanted, scope)


def _function_type(value: Function) -> Type:
    declared = value.types or (None,) * len(value.params)
    return Type("function", tuple(part or ANY for part in declared), (), value.result)


def _subtype(have: Type | None, wanted: Type | None, scope: Scope) -> bool:
    """Whether all values of one type are of the other; a type that is not known (None) is given the benefit."""
    have, wanted = (None if part is None else _known(part, scope) for part in (have, wanted))
    if have is None or wanted is None or wanted.name == "Any" or have.name == "Null" or have == wanted:
        return True
    if have.name != wanted.name or have.name in SIMPLE:
        return False
    if have.name == "context":
        members = dict(zip(have.members, have.args, strict=True))
        pairs = zip(wanted.members, wanted.args, strict=True)
        return all(name in members and _subtype(members[name], part, scope) for name, part in pairs)
    if have.name == "function":
        # What a function is given may be of a narrower type than it takes, what it returns narrower than is wanted.
        return (
            len(have.args) == len(wanted.args)
            and all(_subtype(given, taken, scope) for taken, given in zip(have.args, wanted.args, strict=True))
            and _subtype(have.result, wanted.result, scope)
        )
    return all(_subtype(x, y, scope) for x, y in zip(have.args, wanted.args, strict=False))


def _join(types: list[Type | None]) -> Type | None:
    """The type of values of several types: what they have in common; None when one of them is not known."""
    types = [part for part in types if part is None or part.name != "Null"] or types
    first = types[0]
    if first is None or None in types:
        return None
    if all(part == first for part in types):
        return first
    if first.name == "function" and all(
        part is not None and part.name == "function" and len(part.args) == len(first.args) for part in types
    ):
        columns = zip(*(part.args for part in types if part is not None), strict=True)
        results = _join([part.result for part in types if part is not None])
        return Type("function", tuple(_join(list(column)) or ANY for column in columns), (), results)
    return ANY


def infer(node: n.Node) -> Type | None:
    """The type of what an expression gives, where its text alone tells; else None."""
    if isinstance(node, n.Literal):
        return Type("Null" if node.value is None else kind(node.value))
    if isinstance(node, (n.Logic, n.Between, n.In, n.InstanceOf, n.Quantified)):
        return Type("boolean")
    if isinstance(node, n.Binary) and node.op in _COMPARISONS:
        return Type("boolean")
    if isinstance(node, n.If):
        return _join([infer(node.yes), infer(node.no)])
    if isinstance(node, n.ContextNode):
        parts = [infer(part) for part in node.values]
        return None if None in parts else Type("context", tuple(part or ANY for part in parts), node.keys)
    if isinstance(node, n.ListNode) and node.items:
        element = _join([infer(item) for item in node.items])
        return None if element is None else Type("list", (element,))
    return None


def _signature_conforms(signature: Any, wanted: Type) -> bool:
    count = len(wanted.args)
    if count < signature.required or count > len(signature.types):
        return False
    names = (name.removesuffix("?") for name in signature.types)
    return all(
        name in {"any", want.name} or (name == "dates" and want.name in {"date", "date and time"})
        for name, want in zip(names, wanted.args, strict=False)
    )


def coerce(value: Any, wanted: Type, scope: Scope) -> Any:
    """The value as that type: as it is, out of or into a list of one, a date as its midnight; else null."""
    if value is None or conforms(value, wanted, scope):
        return value
    known = _known(wanted, scope)
    if known is None:
        return value
    if type(value) is list and len(value) == 1 and conforms(value[0], known, scope):
        return value[0]
    if known.name == "list" and type(value) is not list and (not known.args or conforms(value, known.args[0], scope)):
        return [value]
    if known.name == "date and time" and type(value) is date:
        return temporal.midnight(value)
    return None
