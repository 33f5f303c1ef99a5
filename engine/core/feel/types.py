"""Types: whether a value is of a type, and the implicit conversions of DMN 1.5 (10.3.2.9.4)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from engine.core.feel import temporal
from engine.core.feel.errors import FeelError
from engine.core.feel.values import Function, Range, kind
from engine.errors import N_

if TYPE_CHECKING:
    from engine.core.feel.nodes import Type
    from engine.core.feel.runtime import Scope

SIMPLE = frozenset([
    "number", "string", "boolean", "date", "time", "date and time", "years and months duration",
    "days and time duration", "Any", "Null",
])  # fmt: skip
ALIASES = {"dateTime": "date and time", "yearMonthDuration": "years and months duration", "any": "Any",
           "dayTimeDuration": "days and time duration", "feel:number": "number"}  # fmt: skip


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
        return all(conforms(item, known.args[0], scope) for item in value)
    if type(value) is Range:
        return all(conforms(end, known.args[0], scope) for end in (value.low, value.high))
    if type(value) is dict:
        return all(
            member in value and conforms(value[member], part, scope)
            for member, part in zip(known.members, known.args, strict=True)
        )
    return type(value) is Function and _function_conforms(value, known)


def _function_conforms(value: Function, wanted: Type) -> bool:
    """Whether a function takes such arguments; what it returns is known only once it is called."""
    if value.builtin is not None:
        return any(_signature_conforms(signature, wanted) for signature in value.builtin)
    if len(value.params) != len(wanted.args):
        return False
    declared = value.types or (None,) * len(wanted.args)
    return all(
        have is None or have.name == "Any" or have == want for have, want in zip(declared, wanted.args, strict=True)
    )


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
