"""Forms: JSON as a flat table of its components, and back. Texts: a table of one element."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from engine.core.merge.flat import Entry

if TYPE_CHECKING:
    from engine.core.merge.flat import Key, Result, Table

ROOT = ("root",)
COMPONENTS, OPTIONS = "components", "values"
INSIDE = "\0in "


def read(source: bytes) -> Table:
    """Read a form.

    Raises:
        ValueError: it is not a JSON object.
    """
    whole = json.loads(source)
    if not isinstance(whole, dict):
        raise ValueError("not an object")  # noqa: TRY004  as json itself says
    table: Table = {}
    _add(whole, ROOT, None, table)
    return table


def _add(component: dict[str, Any], key: Key, parent: Key, table: Table) -> None:
    values: dict[str, Any] = {}
    for name, value in component.items():
        if not (name in (COMPONENTS, OPTIONS) and _rows(value)):
            _flat(values, (name,), value)
    table[key] = Entry(key, parent, str(component.get("type", "")), values)
    for name in (COMPONENTS, OPTIONS):
        rows = component.get(name)
        if not _rows(rows):
            continue
        seen: Counter[Any] = Counter()
        holder = ("list", key, name)
        table[holder] = Entry(holder, key, name)
        for row in rows or ():
            if name == COMPONENTS and row.get("id") and isinstance(row["id"], str):
                mark: Any = ("id", row["id"])
            else:
                mark = ("part", key, name, str(row.get("value") or row.get("key") or row.get("type")))
            seen[mark] += 1
            own = mark if mark[0] == "id" and mark not in table else (*mark, seen[mark])
            _add(row, own, holder, table)


def _rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _flat(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            _flat(values, (*path, name), inner)
    else:
        values[json.dumps(path, ensure_ascii=False)] = json.dumps(value, ensure_ascii=False)


def path_of(name: str) -> tuple[str, ...]:
    """Give the path of a value inside its component."""
    return tuple(json.loads(name))


def write(result: Result) -> bytes:
    """Write a merged table as a form."""
    whole = _component(result, ROOT)
    return (json.dumps(whole, ensure_ascii=False, indent=2) + "\n").encode()


def _component(result: Result, key: Key) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, text in result.table[key].values.items():
        *path, last = path_of(name)
        at = found
        for step in path:
            inner = at.get(step)
            if not isinstance(inner, dict):
                inner = at[step] = {}
            at = inner
        if not (isinstance(at.get(last), dict) and text == "{}"):
            at[last] = json.loads(text)
    for child in result.children.get(key, []):
        found[result.table[child].tag] = [_component(result, row) for row in result.children.get(child, [])]
    return found


# Texts


def read_texts(source: bytes) -> Table:
    """Read a folder's translations.

    Raises:
        ValueError: they are not a JSON object.
    """
    texts = json.loads(source)
    if not isinstance(texts, dict):
        raise ValueError("not an object")  # noqa: TRY004
    return {ROOT: Entry(ROOT, None, "", texts)}


def write_texts(result: Result) -> bytes:
    """Write merged translations."""
    return (json.dumps(dict(result.table[ROOT].values), ensure_ascii=False, indent=2) + "\n").encode()
