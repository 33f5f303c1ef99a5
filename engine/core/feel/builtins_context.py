"""Builtin functions on contexts (DMN 1.5, table 80)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.feel.registry import builtin

if TYPE_CHECKING:
    from engine.core.feel.runtime import Run


@builtin("get value", "m: context, key: string")
def get_value(_run: Run, context: dict[str, Any], key: str) -> Any:
    """One entry."""
    return context.get(key)


@builtin("get value", "context: context, keys: list")
def get_nested_value(_run: Run, context: Any, keys: list[Any]) -> Any:
    """An entry of an entry of an entry."""
    for key in keys:
        if type(context) is not dict or type(key) is not str:
            return None
        context = context.get(key)
    return context if keys else None


@builtin("get entries", "m: context")
def get_entries(run: Run, context: dict[str, Any]) -> list[Any]:
    """A list of {key, value}."""
    run.charge(len(context))
    return [{"key": key, "value": value} for key, value in context.items()]


@builtin("context", "entries: list")
def context(run: Run, entries: list[Any]) -> dict[str, Any] | None:
    """The context of a list of {key, value}; null when a key is missing or comes twice."""
    run.charge(len(entries))
    result: dict[str, Any] = {}
    for entry in entries:
        if type(entry) is not dict or type(entry.get("key")) is not str or "value" not in entry:
            return None
        if entry["key"] in result:
            return None
        result[entry["key"]] = entry["value"]
    return result


@builtin("context put", "context: context, key: string, value: any")
def context_put(run: Run, base: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """The context with one entry more or changed."""
    run.charge(len(base))
    return {**base, key: value}


@builtin("context put", "context: context, keys: list, value: any")
def context_put_nested(run: Run, base: dict[str, Any], keys: list[Any], value: Any) -> dict[str, Any] | None:
    """The context with an entry deep inside changed; contexts on the way are made when absent."""
    if not keys or any(type(key) is not str for key in keys):
        return None
    run.charge(len(base) + len(keys))
    if len(keys) == 1:
        return {**base, keys[0]: value}
    run.enter(1)
    inner = base.get(keys[0])
    if inner is None:
        inner = {}
    changed = context_put_nested(run, inner, keys[1:], value) if type(inner) is dict else None
    run.depth -= 1
    return None if changed is None else {**base, keys[0]: changed}


@builtin("context merge", "contexts: list")
def context_merge(run: Run, contexts: list[Any]) -> dict[str, Any] | None:
    """All entries of several contexts; later ones win."""
    result: dict[str, Any] = {}
    for part in contexts:
        if type(part) is not dict:
            return None
        run.charge(len(part))
        result.update(part)
    return result
