"""Which components are hidden, and every other FEEL expression of a form.

A name is a field of the same row, else of the form, else a variable of the case. A field that is hidden or empty is
null. What cannot be evaluated hides nothing and requires nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.core.forms.read import post_text, row_prefix
from engine.core.forms.schema import Component, Form, fields_of
from engine.core.forms.values import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PASSES = 8
_HOLE = re.compile(r"\{\{(.{1,500}?)\}\}", re.DOTALL)


def lenient(env: feel.Env) -> feel.Env:
    """Answer null for unknown names: a form may be shown before its case has all variables."""
    return replace(env, strict=False)


def evaluate(text: str, context: Mapping[str, Any], env: feel.Env) -> Any:
    """Evaluate FEEL text over a form's context; null when it fails."""
    try:
        return feel.compile(text.strip().removeprefix("=").strip()).evaluate(context, env)
    except feel.FeelProblem:
        return None


def given(value: Any, context: Mapping[str, Any], env: feel.Env) -> Any:
    """Take a plain value as it is and the value of a text that begins with `=`."""
    return evaluate(value, context, env) if isinstance(value, str) and value.startswith("=") else value


def fill(text: str, context: Mapping[str, Any], env: feel.Env) -> str:
    """Put the values of `{{ FEEL }}` into a text; null leaves a dash."""

    def value(match: re.Match[str]) -> str:
        found = feel.to_json(evaluate(match[1], context, env))
        return "–" if found is None else post_text(found)

    return _HOLE.sub(value, text)


def holes(text: str) -> list[str]:
    """List the FEEL texts that stand in `{{ }}`."""
    return _HOLE.findall(text)


def uid(prefix: str, component: Component) -> str:
    """Name one component in one row; unique on the page."""
    return prefix + component.id


def level_context(
    components: tuple[Component, ...],
    data: Mapping[str, Any],
    outer: Mapping[str, Any],
    hidden: frozenset[str],
    prefix: str,
) -> dict[str, Any]:
    """Lay the values of one level over the outer names; hidden and unreadable ones are null."""
    context = dict(outer)
    for component in fields_of(components):
        value = data.get(component.key)
        shown = uid(prefix, component) not in hidden and not isinstance(value, Invalid)
        context[component.key] = value if shown else None
    return context


def find_hidden(form: Form, data: Mapping[str, Any], context: Mapping[str, Any], env: feel.Env) -> frozenset[str]:
    """Name every hidden component (`uid`), those inside hidden containers included.

    Conditions may depend on fields that are themselves hidden: repeated until nothing changes.
    """
    hidden: frozenset[str] = frozenset()
    for _ in range(_PASSES):
        found = frozenset(_hidden(form.components, data, context, "", hidden, env, closed=False))
        if found == hidden:
            break
        hidden = found
    return hidden


def _hidden(
    components: tuple[Component, ...],
    data: Mapping[str, Any],
    outer: Mapping[str, Any],
    prefix: str,
    hidden: frozenset[str],
    env: feel.Env,
    *,
    closed: bool,
) -> Iterator[str]:
    context = level_context(components, data, outer, hidden, prefix)
    yield from _hidden_here(components, data, context, prefix, hidden, env, closed=closed)


def _hidden_here(
    components: tuple[Component, ...],
    data: Mapping[str, Any],
    context: Mapping[str, Any],
    prefix: str,
    hidden: frozenset[str],
    env: feel.Env,
    *,
    closed: bool,
) -> Iterator[str]:
    for component in components:
        shut = closed or (bool(component.hide) and evaluate(component.hide, context, env) is True)
        if shut:
            yield uid(prefix, component)
        if component.type == "group":
            yield from _hidden_here(component.components, data, context, prefix, hidden, env, closed=shut)
        elif component.type == "dynamiclist":
            for index, row in enumerate(rows_of(data, component)):
                inner = row_prefix(prefix, component, index)
                yield from _hidden(component.components, row, context, inner, hidden, env, closed=shut)


def rows_of(data: Mapping[str, Any], component: Component) -> list[Mapping[str, Any]]:
    """List the rows of a dynamic list; what is no list of objects counts as none."""
    rows = data.get(component.key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
