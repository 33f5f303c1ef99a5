"""An example of a filled-in form, for rehearsals and stories: what is required and empty gets a plausible value."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.core.forms.conditions import find_hidden, given, lenient, level_context, uid
from engine.core.forms.prefill import is_readonly
from engine.core.forms.schema import Component, Form, as_option, fields_of
from engine.core.forms.validate import Lookups, is_required, options_of, type_values
from engine.core.forms.values import is_empty

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSES = 3
"""Conditions may show further fields once others are filled in."""
WORDS = "示例："
PHONE, MAIL = "19900009999", "example@keyturn.example"


def example(
    form: Form,
    data: Mapping[str, Any],
    context: Mapping[str, Any],
    env: feel.Env,
    *,
    lookups: Lookups | None = None,
    files: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Give `data` with a value for each visible required field that has none.

    `files` says what stands for a file, by widget (photo, file, signature). A field that must match a pattern is left.
    """
    filled, outer, quiet = dict(data), feel.from_json(dict(context)), lenient(env)
    for _ in range(PASSES):
        typed = type_values(form, filled, context, env)
        hidden = find_hidden(form, typed, outer, quiet)
        names = level_context(form.components, typed, outer, hidden, "")
        missing = [
            one
            for one in fields_of(form.components)
            if uid("", one) not in hidden
            and is_empty(typed.get(one.key))
            and not is_readonly(one, names, quiet)
            and (is_required(one, names, quiet) or one.properties.get("minRows", "0") not in ("", "0"))
        ]
        if not missing:
            break
        filled |= {one.key: _value(one, names, quiet, lookups or {}, files or {}) for one in missing}
    return filled


def _value(one: Component, names: Mapping[str, Any], env: feel.Env, lookups: Lookups, files: Mapping[str, str]) -> Any:
    if one.type == "dynamiclist":
        row: dict[str, Any] = {}
        for inner in fields_of(one.components):
            if is_required(inner, {**names, **row}, env):
                row[inner.key] = _value(inner, {**names, **row}, env, lookups, files)
        return [row]
    if one.upload:
        found: Any = files.get(one.upload, "")
        return [found] if one.many else found
    if one.lookup:
        asked = {**names, "parent": names.get(one.properties.get("dependsOn", ""))}
        found = (
            next((as_option(o).value for o in lookups[one.lookup]("", asked)), None) if one.lookup in lookups else ""
        )
        return [found] if one.many else found
    return _plain(one, names, env)


def _plain(one: Component, names: Mapping[str, Any], env: feel.Env) -> Any:
    if one.type == "checkbox":
        return True
    if one.type == "number":
        least = given(one.rules.min, names, env)
        return feel.to_json(least) if least is not None else 1
    if one.type == "datetime":
        return _moment(one, env)
    options = options_of(one, names, env) if one.type in {"radio", "select", "checklist", "taglist"} else ()
    if options:
        return [options[0].value] if one.many else options[0].value
    if one.widget == "phone" or one.rules.type == "phone":
        return PHONE
    if one.rules.type == "email":
        return MAIL
    least = given(one.rules.min_length, names, env)
    text = f"{WORDS}{one.label or one.key}"
    return text.ljust(int(least), "。") if least is not None else text


def _moment(one: Component, env: feel.Env) -> str | None:
    if env.now is None:
        return None
    local = env.now.astimezone(env.zone).replace(second=0, microsecond=0)
    later = local + timedelta(days=1) if one.not_past else local
    if one.subtype == "time":
        return f"{local:%H:%M}"
    return later.date().isoformat() if one.subtype != "datetime" else later.isoformat()
