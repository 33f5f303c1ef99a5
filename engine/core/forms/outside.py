"""Which values of the case a form asks for: the names in its expressions and texts that are no fields of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core import feel
from engine.core.forms.conditions import holes
from engine.core.forms.lint import expressions
from engine.core.forms.schema import Component, Form, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def outside_names(form: Form) -> tuple[str, ...]:
    """Name the values of the case that the form's conditions, defaults and texts use, sorted."""
    return tuple(sorted(set(_level(form.components, frozenset()))))


def _level(components: tuple[Component, ...], outer: frozenset[str]) -> Iterator[str]:
    yield from _here(components, outer | {one.key for one in fields_of(components)})


def _here(components: tuple[Component, ...], scope: frozenset[str]) -> Iterator[str]:
    for component in components:
        texts = [text for _, text in expressions(component)]
        texts += holes(component.text)
        for text in texts:
            yield from _names(text) - scope
        if component.readonly is True and component.key and component.default is None:
            yield component.key
        if component.type == "dynamiclist":
            yield from _level(component.components, scope)
        else:
            yield from _here(component.components, scope)


def _names(text: str) -> frozenset[str]:
    try:
        return feel.compile(text.strip()).names
    except feel.FeelProblem:
        return frozenset()
