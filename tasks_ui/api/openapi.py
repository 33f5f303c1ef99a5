"""The description of the API after OpenAPI 3.1, made from the operations and their dataclasses."""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, fields
from importlib.metadata import version as installed
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from tasks_ui.api import models, schema
from tasks_ui.api.operation import KEY_HEADER, LONGEST_KEY
from tasks_ui.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks_ui.api.operation import Operation

VERSION = installed("keyturn")
_PART = re.compile(r"<(?:(\w+):)?(\w+)>")
ABOUT = (
    "Everything people do on the pages, for programs. Send “Authorization: Bearer …” with a token from the "
    "administration. A write may carry an Idempotency-Key: sent again with the same content it gets the same answer, "
    "and nothing happens twice. Errors are problem documents after RFC 9457."
)


def document(operations: Sequence[Operation], prefix: str, *, version: str) -> dict[str, Any]:
    """Give the whole description."""
    components: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        path = prefix + _PART.sub(r"{\2}", one.path)
        paths.setdefault(path, {})[one.method.lower()] = _operation(one, components)
    problem = schema.describe(models.Problem, components, strict=False)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Keyturn", "version": version, "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "responses": {
                "Problem": {"description": "What went wrong.", "content": {MEDIA_TYPE: {"schema": problem}}},
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Operation, components: dict[str, Any]) -> dict[str, Any]:
    first, _, rest = one.about.partition("\n")
    described: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": first.strip(),
        "parameters": [*_path_parameters(one), *_query_parameters(one, components), *_key_parameter(one)],
        "responses": {
            str(one.status): {"description": "Done.", "content": {one.media: {"schema": _answer(one, components)}}},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    if rest.strip():
        described["description"] = " ".join(rest.split())
    if one.body is not None:
        needed = any(field.default is MISSING and field.default_factory is MISSING for field in _fields(one.body))
        body = {"application/json": {"schema": schema.describe(one.body, components)}}
        described["requestBody"] = {"required": needed, "content": body}
    if one.files is not None:
        described["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _parts(one)}}}
    return described


def _answer(one: Operation, components: dict[str, Any]) -> dict[str, Any]:
    if one.answer is None:
        return {"type": "string"}
    return schema.describe(one.answer, components, strict=False)


def _fields(kind: type) -> Any:
    return fields(cast("Any", kind))


def _path_parameters(one: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"} if kind == "uuid" else {"type": "string", "minLength": 1},
        }
        for kind, name in _PART.findall(one.path)
    ]


def _query_parameters(one: Operation, components: dict[str, Any]) -> list[dict[str, Any]]:
    if one.query is None:
        return []
    return [
        {
            "name": field.name,
            "in": "query",
            "required": False,
            "schema": {**schema.describe(schema.hints(one.query)[field.name], components), "default": field.default},
        }
        for field in _fields(one.query)
    ]


def _key_parameter(one: Operation) -> list[dict[str, Any]]:
    if not one.writes:
        return []
    pattern = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"}
    about = "The same key with the same content gets the same answer."
    return [{"name": KEY_HEADER, "in": "header", "required": False, "description": about, "schema": pattern}]


def _parts(one: Operation) -> dict[str, Any]:
    properties = {name: schema.describe(kind, {}) for name, kind in schema.hints(cast("type", one.files)).items()}
    file = {"type": "string", "format": "binary"}
    return {
        "type": "object",
        "properties": {"files": {"type": "array", "items": file, "minItems": 1}, **properties},
        "required": ["files"],
        "additionalProperties": False,
    }


FIRST = ("tasks", "instances")
"""What programs ask for most; the page begins with it."""


@dataclass(frozen=True, slots=True)
class Line:
    """An operation as the page for people lists it; `takes` and `gives` name fields with their types."""

    method: str
    path: str
    name: str
    about: str
    takes: tuple[tuple[str, str], ...]
    gives: tuple[tuple[str, str], ...]


def groups(operations: Sequence[Operation], prefix: str) -> list[tuple[str, list[Line]]]:
    """List the operations by what they are about, for the page."""
    ordered = sorted(operations, key=lambda one: (one.tag not in FIRST, one.tag != FIRST[0], one.tag))
    return [(tag, [_line(one, prefix) for one in some]) for tag, some in groupby(ordered, key=lambda one: one.tag)]


def _line(one: Operation, prefix: str) -> Line:
    takes = [pair for kind in (one.query, one.body, one.files) if kind is not None for pair in _named(kind)]
    gives = _named(one.answer) if one.answer is not None else [(one.media, "")]
    return Line(
        method=one.method,
        path=prefix + _PART.sub(r"{\2}", one.path),
        name=one.name,
        about=" ".join(one.about.split()),
        takes=tuple(takes),
        gives=tuple(gives),
    )


def _named(kind: type) -> list[tuple[str, str]]:
    return [(name, _type_name(schema.describe(hint, {}))) for name, hint in schema.hints(kind).items()]


def _type_name(described: dict[str, Any]) -> str:
    if "$ref" in described:
        return str(described["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in described:
        return " | ".join(_type_name(one) for one in described["anyOf"])
    if "enum" in described:
        return " | ".join(repr(value) for value in described["enum"])
    if described.get("type") == "array":
        return _type_name(described["items"]) + "[]"
    return str(described.get("format") or described.get("type") or "any")
