"""The table of builtin functions and how a call finds the right one of their signatures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.core.feel.errors import FeelError
from engine.core.feel.far import FAR, coarse
from engine.core.feel.values import Function, kind
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.feel.runtime import Run

    Implementation = Callable[..., Any]

BUILTINS: dict[str, Function] = {}
"""All builtin functions by name; filled when the package is imported, never changed afterwards."""
_KINDS: dict[str, frozenset[str]] = {
    "dates": frozenset(["date", "date and time"]),
    "moment": frozenset(["date", "date and time", "time", "string"]),
    "duration": frozenset(["years and months duration", "days and time duration"]),
}


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function: parameter names and types, how many are required, whether the last repeats.

    A type ending in `?` also takes null.
    """

    params: tuple[str, ...]
    types: tuple[str, ...]
    required: int
    variadic: bool
    run: Implementation


def builtin(name: str, params: str = "") -> Callable[[Implementation], Implementation]:
    """Register `function(run, *args)`: `params` reads like "string: string, length: number = , items: any *"."""

    def register(function: Implementation) -> Implementation:
        names: list[str] = []
        types: list[str] = []
        required = 0
        variadic = False
        for part in filter(None, params.split(", ")):
            label, _, wanted = part.partition(": ")
            optional = wanted.endswith(" =")
            variadic = wanted.endswith(" *")
            names.append(label)
            types.append(wanted.removesuffix(" =").removesuffix(" *"))
            required += not (optional or variadic)
        signature = Signature(tuple(names), tuple(types), required, variadic, function)
        _register(name, signature)
        return function

    return register


def _register(name: str, signature: Signature) -> None:
    known = BUILTINS.get(name)
    signatures: tuple[Signature, ...] = (*known.builtin, signature) if known is not None else (signature,)
    holder: list[Function] = []

    def call(run: Run, values: list[Any]) -> Any:
        return invoke(holder[0], values, (), run, -1)

    function = Function(name, signatures[0].params, call, (), signatures)
    holder.append(function)
    BUILTINS[name] = function


def invoke(function: Function, values: list[Any], names: tuple[str, ...], run: Run, pos: int) -> Any:
    """Call the first signature that the arguments fit; null when their types fit none.

    When not even the number or the names of the arguments fit: null, or FeelError when strict.
    """
    callable_ = False
    signatures = function.builtin
    if names:
        # Where names alone do not tell (point, range) from (range, point), the order in which they are given does.
        signatures = sorted(signatures, key=lambda each: each.params[: len(names)] != names)
    for signature in signatures:
        args = _by_name(signature, values, names) if names else _by_position(signature, values)
        if args is None:
            continue
        callable_ = True
        converted = _convert(signature, args)
        if converted is not None:
            return signature.run(run, *converted)
    if not callable_ and run.env.strict:
        ways = " / ".join("(" + ", ".join(signature.params) + ")" for signature in function.builtin)
        template = N_("Position {position}: “{name}” takes the arguments {ways}.")
        raise FeelError(template, pos, name=function.name, ways=ways)
    return None


def _by_position(signature: Signature, values: list[Any]) -> list[Any] | None:
    if len(values) < signature.required or (len(values) > len(signature.params) and not signature.variadic):
        return None
    return values


def _by_name(signature: Signature, values: list[Any], names: tuple[str, ...]) -> list[Any] | None:
    given = dict(zip(names, values, strict=True))
    if len(given) != len(names) or not set(given) <= set(signature.params):
        return None
    if any(param not in given for param in signature.params[: signature.required]):
        return None
    last = max((index for index, param in enumerate(signature.params) if param in given), default=-1)
    args = [given.get(param) for param in signature.params[: last + 1]]
    if signature.variadic and args and len(args) == len(signature.params) and type(args[-1]) is list:
        return [*args[:-1], args[-1]] if len(signature.params) == 1 else [*args[:-1], *args[-1]]
    return args


def _convert(signature: Signature, args: list[Any]) -> list[Any] | None:
    """The arguments with DMN's implicit conversions; None when one does not fit."""
    result: list[Any] = []
    last = len(signature.types) - 1
    for index, value in enumerate(args):
        wanted = signature.types[min(index, last)]
        fitted = _fit(value, wanted)
        if fitted is None and not (value is None and (wanted == "any" or wanted.endswith("?"))):
            return None
        result.append(fitted)
    return result


def _fit(value: Any, wanted: str) -> Any:
    if wanted == "any" or value is None:
        return value
    if type(value) in FAR:
        value = coarse(value)
    have = kind(value) if type(value) not in FAR else ""
    if wanted == have:
        return value
    wanted = wanted.removesuffix("?")
    kinds = _KINDS.get(wanted)
    if have == wanted or (kinds is not None and have in kinds):
        return value
    if wanted == "list":
        return [value]
    if have == "list" and len(value) == 1 and type(value[0]) is not list:
        return _fit(value[0], wanted)
    return None
