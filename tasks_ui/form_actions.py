"""What the buttons inside a form do when there is no script, and the answers its script asks for."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from engine.core import forms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core import feel

_PARTS = 2


def apply(
    form: forms.Form, data: Mapping[str, Any], action: str, context: Mapping[str, Any], env: feel.Env
) -> dict[str, Any]:
    """Carry out `add:<list>`, `del:<row prefix>` or `drop:<field>:<attachment id>` on what was posted.

    What makes no sense (an old page, a forged name) changes nothing.
    """
    changed = deepcopy(dict(data))
    verb, _, target = action.partition(":")
    name, _, value = target.partition(":")
    parts = name.rstrip("-").split("-")
    if verb == "del" and len(parts) >= _PARTS and parts[-1].isdecimal():
        level, components = _level(form.components, changed, parts[:-2])
        listed = level.get(parts[-2]) if _find(components, parts[-2]) else None
        if isinstance(listed, list) and int(parts[-1]) < len(listed):
            del listed[int(parts[-1])]
        return changed
    level, components = _level(form.components, changed, parts[:-1])
    component = _find(components, parts[-1])
    if component is None:
        return changed
    if verb == "add" and component.type == "dynamiclist":
        alone = forms.Form(component.id, component.components)
        level.setdefault(component.key, []).append(forms.initial(alone, context, env))
    if verb == "drop" and component.upload:
        kept = level.get(component.key)
        level[component.key] = [one for one in kept if one != value] if isinstance(kept, list) else None
    return changed


def own_files(form: forms.Form, data: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """Leave out attachment ids that are none of the case's own: nobody can put another case's file into his form."""
    return _own_files(form.components, data, known)


def _own_files(
    components: tuple[forms.Component, ...], data: Mapping[str, Any], known: frozenset[str]
) -> dict[str, Any]:
    result = dict(data)
    for component in forms.fields_of(components):
        value = data.get(component.key)
        if component.type == "dynamiclist":
            rows = forms.rows_of(data, component)
            result[component.key] = [_own_files(component.components, row, known) for row in rows]
        elif component.upload and isinstance(value, list):
            result[component.key] = [one for one in value if one in known]
        elif component.upload and value not in known:
            result[component.key] = None
    return result


def refill(
    form: forms.Form, data: Mapping[str, Any], fresh: Mapping[str, Any], context: Mapping[str, Any], env: feel.Env
) -> dict[str, Any]:
    """Give hidden fields their defaults back: a browser does not post them, and they may be shown again."""
    typed = forms.type_values(form, data, context, env)
    hidden = forms.find_hidden(form, typed, context, forms.lenient(env))
    result = dict(data)
    for component in form.fields():
        if forms.uid("", component) in hidden and data.get(component.key) in (None, "", [], False):
            result[component.key] = fresh.get(component.key)
    return result


def _level(
    components: tuple[forms.Component, ...], data: dict[str, Any], path: Sequence[str]
) -> tuple[dict[str, Any], tuple[forms.Component, ...]]:
    """Walk `tasks, 0` to the values and components of that row; an empty level when there is none."""
    for key, index in zip(path[::2], path[1::2], strict=False):
        component = _find(components, key)
        rows = data.get(key)
        if component is None or not isinstance(rows, list) or not index.isdecimal() or int(index) >= len(rows):
            return {}, ()
        data, components = rows[int(index)], component.components
    return data, components


def _find(components: tuple[forms.Component, ...], key: str) -> forms.Component | None:
    return next((one for one in forms.fields_of(components) if one.key == key), None)


def preview(
    form: forms.Form, data: Mapping[str, Any], context: Mapping[str, Any], env: feel.Env
) -> dict[str, list[str]]:
    """Name what is hidden and what is required now, for conditions that only the server can evaluate."""
    quiet = forms.lenient(env)
    typed = forms.type_values(form, data, context, quiet)
    hidden = forms.find_hidden(form, typed, context, quiet)
    required: list[str] = []
    _required(form.components, typed, context, "", hidden, quiet, required)
    return {"hidden": sorted(hidden), "required": required}


def _required(
    components: tuple[forms.Component, ...],
    data: Mapping[str, Any],
    outer: Mapping[str, Any],
    prefix: str,
    hidden: frozenset[str],
    env: feel.Env,
    found: list[str],
) -> None:
    context = forms.level_context(components, data, outer, hidden, prefix)
    for component in forms.fields_of(components):
        if forms.is_required(component, context, env):
            found.append(forms.uid(prefix, component))
        for index, row in enumerate(forms.rows_of(data, component)):
            inner = forms.row_prefix(prefix, component, index)
            _required(component.components, row, context, inner, hidden, env, found)
