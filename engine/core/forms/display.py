"""A filled-in form for reading and printing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.core.forms.read import post_text
from engine.core.forms.schema import Component, Form, fields_of
from engine.core.forms.values import is_empty

Labels = Callable[[Component, Any], str]


@dataclass(frozen=True, slots=True)
class PrintRow:
    """One line: a label and its texts. `ids` are attachment ids; `rows` the rows of a dynamic list.

    `kind` is the component's widget or type (`photo`, `money`, `datetime`, `checkbox` …); `value` the stored value.
    """

    key: str
    label: str
    kind: str
    value: Any
    texts: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    rows: tuple[tuple[PrintRow, ...], ...] = ()
    prints: tuple[str, ...] = ()


def print_rows(form: Form, values: Mapping[str, Any], labels: Labels | None = None) -> tuple[PrintRow, ...]:
    """List what was filled in, in the order of the form; empty fields are left out.

    `labels(component, value)` may name a value that the form does not know itself (a person, a house); when it
    answers "" the option's label, else the value is shown. `properties.print` names the sheets a field belongs to.
    """
    return _rows(form.components, values, labels)


def _rows(components: tuple[Component, ...], values: Mapping[str, Any], labels: Labels | None) -> tuple[PrintRow, ...]:
    found = (_row(component, values.get(component.key), labels) for component in fields_of(components))
    return tuple(row for row in found if row)


def _row(component: Component, value: Any, labels: Labels | None) -> PrintRow | None:
    if is_empty(value):
        return None
    kind = component.widget or component.type
    prints = tuple(component.properties.get("print", "").split())
    if component.type == "dynamiclist":
        inner = tuple(_rows(component.components, row, labels) for row in value if isinstance(row, Mapping))
        return PrintRow(component.key, component.label, kind, value, rows=inner, prints=prints)
    chosen = value if isinstance(value, list) else [value]
    if component.upload:
        ids = tuple(str(one) for one in chosen)
        return PrintRow(component.key, component.label, kind, value, ids=ids, prints=prints)
    texts = tuple(label_of(component, one, labels) for one in chosen)
    return PrintRow(component.key, component.label, kind, value, texts=texts, prints=prints)


def label_of(component: Component, value: Any, labels: Labels | None = None) -> str:
    """Say a value in words: the host's name for it, else its option's label, else the value itself."""
    named = labels(component, value) if labels else ""
    if named:
        return named
    for option in component.options:
        if option.value == value and isinstance(option.value, bool) == isinstance(value, bool):
            return option.label
    unit = component.suffix or component.prefix
    text = post_text(value)
    return f"{grouped(text)} {unit}" if unit and component.type == "number" else text


def grouped(number: str) -> str:
    """Write a plain number with its thousands apart: 12500.5 as 12,500.5; anything else stays as it is."""
    return f"{Decimal(number):,f}" if re.fullmatch(r"-?\d+(?:\.\d+)?", number) else number
