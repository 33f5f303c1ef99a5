"""Types of requests and answers: read strictly from JSON, written to JSON, described as JSON Schema.

One source for all three: frozen dataclasses. What a type does not name is refused; texts and numbers are bounded.
"""

from __future__ import annotations

import json
import math
import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from engine.errors import N_, InvalidInputError
from tasks_ui.problems import pointer

T = TypeVar("T")
MAX_BODY = 1_000_000
MAX_TEXT = 100_000
MAX_ITEMS = 10_000
MAX_DEPTH = 40
INTEGERS = (-(2**63), 2**63 - 1)
SCALARS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    UUID: {"type": "string", "format": "uuid"},
}
_UNSAFE = re.compile("[\x00\ud800-\udfff]")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a text (`shortest`, `longest` in characters) or of a number (`low`, `high`), and what it is."""

    shortest: int | None = None
    longest: int | None = None
    low: int | None = None
    high: int | None = None
    about: str = ""

    def schema(self) -> dict[str, Any]:
        """Describe the bounds."""
        named = {
            "minLength": self.shortest,
            "maxLength": self.longest,
            "minimum": self.low,
            "maximum": self.high,
            "description": self.about or None,
        }
        return {name: value for name, value in named.items() if value is not None}


class WrongInputError(InvalidInputError):
    """The request does not fit its description."""

    def __init__(self, errors: list[tuple[tuple[Any, ...], str, dict[str, Any]]]) -> None:
        """Carry (path, template, fields) of everything that is wrong."""
        super().__init__(N_("The request does not fit its description."))
        self.errors = errors


class NotJsonError(WrongInputError):
    """The body is not JSON."""

    status = 400


@cache
def hints(kind: type) -> dict[str, Any]:
    """Give the types of a dataclass's fields."""
    return get_type_hints(kind, include_extras=True)


# Reading


def parse(text: bytes) -> Any:
    """Read JSON. Raises NotJsonError for what is none, and for numbers that are none."""

    def refuse(name: str) -> Any:
        raise ValueError(name)

    try:
        return json.loads(text.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        message = N_("The body is not JSON: {reason}")
        raise NotJsonError([((), message, {"reason": str(error)[:200]})]) from error


def read(kind: Any, data: Any) -> Any:
    """Make a value of a type from JSON. Raises WrongInputError with everything that is wrong."""
    wrong: list[tuple[tuple[Any, ...], str, dict[str, Any]]] = []
    value = _read(kind, data, (), wrong)
    if wrong:
        raise WrongInputError(wrong)
    return value


def from_texts(kind: type, given: Mapping[str, list[str]]) -> Any:
    """Make a dataclass from the parameters of an address: each once, none unknown."""
    data: dict[str, Any] = {}
    wrong: list[tuple[tuple[Any, ...], str, dict[str, Any]]] = []
    for name, texts in given.items():
        if len(texts) > 1:
            wrong.append(((name,), N_("is given more than once"), {}))
        data[name] = _from_text(hints(kind).get(name, str), texts[0])
    if wrong:
        raise WrongInputError(wrong)
    return read(kind, data)


def _from_text(kind: Any, text: str) -> Any:
    plain, _ = _split(kind)
    if plain is int and re.fullmatch(r"-?[0-9]{1,19}", text):
        return int(text)
    if plain is bool:
        return {"true": True, "false": False}.get(text, text)
    return text


def _split(kind: Any) -> tuple[Any, Limits]:
    """Part a type from its bounds."""
    if get_origin(kind) is Annotated:
        plain, *notes = get_args(kind)
        return plain, next((note for note in notes if isinstance(note, Limits)), Limits())
    return kind, Limits()


def _choices(kind: Any) -> tuple[Any, bool]:
    """Part `X | None` into X and whether null may be."""
    if get_origin(kind) in (Union, types.UnionType):
        rest = [part for part in get_args(kind) if part is not type(None)]
        return rest[0], len(rest) < len(get_args(kind))
    return kind, False


def _note(wrong: list[Any], path: tuple[Any, ...], template: str, given: dict[str, Any]) -> Any:
    """Note what is wrong; gives None, in place of the value."""
    wrong.append((path, template, given))


def _read(kind: Any, data: Any, path: tuple[Any, ...], wrong: list[Any]) -> Any:
    kind, optional = _choices(kind)
    if data is None and optional:
        return None
    plain, limits = _split(kind)
    if is_dataclass(plain):
        return _read_object(cast("type", plain), data, path, wrong)
    if get_origin(plain) is tuple:
        if not isinstance(data, list) or len(data) > MAX_ITEMS:
            return _note(wrong, path, N_("must be a list of at most {limit} items"), {"limit": MAX_ITEMS})
        return tuple(_read(get_args(plain)[0], item, (*path, n), wrong) for n, item in enumerate(data))
    if get_origin(plain) is Literal:
        if data not in get_args(plain) or not isinstance(data, str):
            return _note(wrong, path, N_("must be one of {choices}"), {"choices": ", ".join(get_args(plain))})
        return data
    if plain is Any or get_origin(plain) in (dict, Mapping):
        if plain is not Any and not isinstance(data, dict):
            return _note(wrong, path, N_("must be an object"), {})
        _check_any(data, path, wrong)
        return data
    return _scalar(plain, limits, data, path, wrong)


def _read_object(kind: type, data: Any, path: tuple[Any, ...], wrong: list[Any]) -> Any:
    if not isinstance(data, dict):
        return _note(wrong, path, N_("must be an object"), {})
    known = {field.name: field for field in fields(cast("Any", kind))}
    wrong.extend(((*path, name[:100]), N_("is not known here"), {}) for name in data if name not in known)
    values = {}
    before = len(wrong)
    for name, field in known.items():
        if name in data:
            values[name] = _read(hints(kind)[name], data[name], (*path, name), wrong)
        elif field.default is MISSING and field.default_factory is MISSING:
            wrong.append(((*path, name), N_("is required"), {}))
    return kind(**values) if len(wrong) == before and set(values) <= set(known) else None


def _scalar(plain: Any, limits: Limits, data: Any, path: tuple[Any, ...], wrong: list[Any]) -> Any:
    if plain is bool:
        return data if isinstance(data, bool) else _note(wrong, path, N_("must be true or false"), {})
    if plain is int:
        low, high = limits.low if limits.low is not None else INTEGERS[0], limits.high or INTEGERS[1]
        if isinstance(data, bool) or not isinstance(data, int) or not low <= data <= high:
            return _note(wrong, path, N_("must be a whole number from {low} to {high}"), {"low": low, "high": high})
        return data
    if not isinstance(data, str):
        return _note(wrong, path, N_("must be a text"), {})
    low, high = limits.shortest or 0, limits.longest or MAX_TEXT
    if not low <= len(data) <= high or (low and not data.strip()):
        return _note(wrong, path, N_("must be a text of {low} to {high} characters"), {"low": low, "high": high})
    if _UNSAFE.search(data):
        return _note(wrong, path, N_("holds a character that cannot be stored"), {})
    if plain is UUID:
        return UUID(data) if _UUID.fullmatch(data) else _note(wrong, path, N_("must be an id (UUID)"), {})
    if plain is datetime:
        return _moment(data, path, wrong)
    return data


def _moment(data: str, path: tuple[Any, ...], wrong: list[Any]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(data)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        _note(wrong, path, N_("must be a moment with its zone, like 2026-03-02T09:00:00+08:00"), {})
    return moment


def _check_any(data: Any, path: tuple[Any, ...], wrong: list[Any]) -> None:
    """Look through free JSON for what cannot be stored: too deep, too large numbers, broken characters."""
    stack = [(data, path)]
    while stack:
        value, where = stack.pop()
        if len(where) > MAX_DEPTH:
            _note(wrong, path, N_("is nested deeper than {limit} levels"), {"limit": MAX_DEPTH})
            return
        if isinstance(value, dict):
            stack += [(item, (*where, name)) for name, item in value.items()]
            stack += [(name, where) for name in value]
        elif isinstance(value, list):
            stack += [(item, (*where, n)) for n, item in enumerate(value)]
        elif (isinstance(value, float) and not math.isfinite(value)) or (
            isinstance(value, int) and not INTEGERS[0] <= value <= INTEGERS[1]
        ):
            _note(wrong, where, N_("is a number too large"), {})
        elif isinstance(value, str) and _UNSAFE.search(value):
            _note(wrong, where, N_("holds a character that cannot be stored"), {})


def storable(text: str) -> bool:
    """Tell whether a text of an address can be looked up at all."""
    return len(text) <= MAX_TEXT and not _UNSAFE.search(text)


def told(error: WrongInputError) -> list[tuple[str, str, dict[str, Any]]]:
    """List what is wrong with JSON pointers."""
    return [(pointer(path) if path else "", template, given) for path, template, given in error.errors]


# Writing


def fill(kind: type[T], source: Any) -> T:
    """Make an answer of a type from an object with fields (or keys) of the same names."""
    return cast("T", _fill(kind, source))


def _fill(kind: Any, source: Any) -> Any:
    kind, _ = _choices(kind)
    kind, _ = _split(kind)
    if source is None:
        return None
    if get_origin(kind) is tuple:
        return tuple(_fill(get_args(kind)[0], item) for item in source)
    if is_dataclass(kind):
        given = source if isinstance(source, Mapping) else None
        values = {
            name: _fill(hint, given[name] if given is not None else getattr(source, name))
            for name, hint in hints(cast("type", kind)).items()
        }
        return cast("type", kind)(**values)
    return source


def write(value: Any) -> Any:
    """Give a value as JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: write(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): write(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [write(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


# Describing


def describe(kind: Any, components: dict[str, Any], *, strict: bool = True) -> dict[str, Any]:
    """Describe a type as JSON Schema 2020-12; dataclasses go to `components`. `strict`: nothing unknown is allowed."""
    kind, optional = _choices(kind)
    if optional:
        return {"anyOf": [describe(kind, components, strict=strict), {"type": "null"}]}
    plain, limits = _split(kind)
    if is_dataclass(plain):
        return _described(cast("type", plain), components, strict=strict)
    if get_origin(plain) is tuple:
        inner = describe(get_args(plain)[0], components, strict=strict)
        return {"type": "array", "items": inner, "maxItems": MAX_ITEMS}
    if get_origin(plain) is Literal:
        return {"type": "string", "enum": list(get_args(plain))}
    if plain is Any:
        return {}
    if get_origin(plain) in (dict, Mapping):
        values = get_args(plain)[1]
        return {"type": "object", "additionalProperties": True if values is Any else describe(values, components)}
    return {**SCALARS[plain], **limits.schema()}


def _described(kind: type, components: dict[str, Any], *, strict: bool) -> dict[str, Any]:
    name = kind.__name__
    if name not in components:
        components[name] = {}
        properties = {}
        for field, hint in hints(kind).items():
            properties[field] = describe(hint, components, strict=strict)
        needed = [
            field.name
            for field in fields(cast("Any", kind))
            if not strict or (field.default is MISSING and field.default_factory is MISSING)
        ]
        about = (kind.__doc__ or "").strip().splitlines()[0]
        components[name] = {
            "type": "object",
            "description": about,
            "properties": properties,
            "required": needed,
            "additionalProperties": False,
        }
    return {"$ref": f"#/components/schemas/{name}"}
