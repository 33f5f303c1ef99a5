"""What a form shows before anyone has typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core import feel
from engine.core.forms.conditions import evaluate, given, lenient
from engine.core.forms.schema import Component, Form, fields_of


def initial(
    form: Form, context: Mapping[str, Any], env: feel.Env, *, last: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Fill a fresh form: defaults (FEEL over the case's variables), and read-only fields from the case.

    A field takes its default. `"prefill": "variable"` takes the variable of its name first, `"prefill": "last"` the
    value of the earlier submission `last`. Nothing else is carried over: a decision is taken anew in every round.
    """
    return _initial(form.components, feel.from_json(dict(context)), lenient(env), last or {})


def is_readonly(component: Component, context: Mapping[str, Any], env: feel.Env) -> bool:
    """Whether the field only shows the case's value; then what is posted for it does not count."""
    return component.disabled or given(component.readonly, context, env) is True


def default_value(component: Component, context: Mapping[str, Any], env: feel.Env) -> Any:
    """Work out the default as JSON; a read-only field without one shows the variable of its name."""
    if component.properties.get("prefill") == "variable" and context.get(component.key) is not None:
        return feel.to_json(context[component.key])
    found = component.default
    if isinstance(found, str) and found.startswith("="):
        found = feel.to_json(evaluate(found, context, env))
    if found is None and is_readonly(component, context, env):
        found = feel.to_json(context.get(component.key))
    return found


def _initial(
    components: tuple[Component, ...], context: Mapping[str, Any], env: feel.Env, last: Mapping[str, Any]
) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for component in fields_of(components):
        how = component.properties.get("prefill", "")
        if how == "last" and last.get(component.key) is not None:
            data[component.key] = last[component.key]
            continue
        found = default_value(component, context, env)
        if component.type == "dynamiclist":
            found = _rows(component, found, context, env)
        data[component.key] = found
    return data


def _rows(component: Component, found: Any, context: Mapping[str, Any], env: feel.Env) -> list[dict[str, Any]]:
    blank = _initial(component.components, context, env, {})
    if isinstance(found, list) and found:
        return [{**blank, **row} for row in found if isinstance(row, Mapping)]
    return [dict(blank) for _ in range(component.rows)]
