"""Texts typed into a search field and sent without choosing from its list (no script, or in a hurry)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.core import forms
from engine.errors import N_
from tasks_ui.form_view import lookup_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_CHOICES = 8


@dataclass(slots=True)
class Resolved:
    """The data with chosen values; what could not be decided; what to offer and what was typed, by name of field."""

    data: dict[str, Any]
    errors: list[forms.FieldError] = field(default_factory=list)
    choices: dict[str, list[forms.Option]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


def renumbered(names: Iterable[str]) -> dict[str, str]:
    """Map posted names to those of the read data, in which the rows of each list are numbered anew from 0."""
    split = {name: name.split("-") for name in names}
    indexes: dict[str, set[int]] = {}
    for parts in split.values():
        for at in range(1, len(parts) - 1, 2):
            if parts[at].isdecimal():
                indexes.setdefault("-".join(parts[:at]), set()).add(int(parts[at]))
    places = {path: {old: new for new, old in enumerate(sorted(found))} for path, found in indexes.items()}
    return {
        name: "-".join(
            str(places[path][int(part)]) if (path := "-".join(parts[:at])) in places and part.isdecimal() else part
            for at, part in enumerate(parts)
        )
        for name, parts in split.items()
    }


def resolve(
    form: forms.Form,
    data: Mapping[str, Any],
    posted: Mapping[str, str],
    lookups: forms.Lookups,
    context: Mapping[str, Any],
) -> Resolved:
    """Look up what was typed (`<name>__text`): the only match is taken, several are offered, none is an error."""
    names = renumbered(posted)
    posted = {names[name]: text for name, text in posted.items()}
    found = Resolved({})
    found.data = _level(form.components, data, posted, lookups, dict(context), "", found)
    return found


def _level(
    components: tuple[forms.Component, ...],
    data: Mapping[str, Any],
    posted: Mapping[str, str],
    lookups: forms.Lookups,
    context: dict[str, Any],
    prefix: str,
    found: Resolved,
) -> dict[str, Any]:
    result = dict(data)
    seen = {**context, **data}
    for component in forms.fields_of(components):
        if component.type == "dynamiclist":
            result[component.key] = [
                _row(component, row, index, posted, lookups, seen, prefix, found)
                for index, row in enumerate(forms.rows_of(data, component))
            ]
        elif component.lookup in lookups:
            name = forms.name_of(prefix, component)
            text = posted.get(f"{name}__text", "").strip()
            if text:
                depends = component.properties.get("dependsOn", "")
                asked = {**seen, "parent": seen.get(depends)} if depends else seen
                result[component.key] = _field(component, data.get(component.key), text, name, lookups, asked, found)
    return result


def _row(
    component: forms.Component,
    row: Mapping[str, Any],
    index: int,
    posted: Mapping[str, str],
    lookups: forms.Lookups,
    context: dict[str, Any],
    prefix: str,
    found: Resolved,
) -> dict[str, Any]:
    inner = forms.row_prefix(prefix, component, index)
    return _level(component.components, row, posted, lookups, context, inner, found)


def _field(
    component: forms.Component,
    value: Any,
    text: str,
    name: str,
    lookups: forms.Lookups,
    context: Mapping[str, Any],
    found: Resolved,
) -> Any:
    if not component.many and value and lookup_label(lookups, component.lookup, value, context) == text:
        return value
    options = [forms.as_option(one) for one in lookups[component.lookup](text, context)]
    exact = [one for one in options if text in (one.label, str(one.value))]
    if len(exact) == 1 or len(options) == 1:
        chosen = (exact or options)[0].value
        return [*(value or []), chosen] if component.many else chosen
    label = component.label
    found.texts[name] = text
    if options:
        found.choices[name] = options[:MOST_CHOICES]
        found.errors.append(forms.FieldError(name, N_("Several match “{text}”. Choose one."), {"text": text}, label))
    else:
        found.errors.append(forms.FieldError(name, N_("Nothing matches “{text}”."), {"text": text}, label))
    return value if component.many else None
