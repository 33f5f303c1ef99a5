"""The only validator: form-js' own rules, and what form-js lacks.

Added: an option must be one of the list, dates must exist, texts have a limit, unknown names and hidden fields are
dropped, read-only fields take the case's value whatever was posted, `requiredIf` and `check`.
Stricter than form-js in one point: blanks alone do not fill a required field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.core.forms.conditions import evaluate, find_hidden, given, lenient, level_context, uid
from engine.core.forms.prefill import default_value, is_readonly
from engine.core.forms.read import MAX_ROWS, name_of, row_prefix
from engine.core.forms.schema import Component, Form, Option, as_option, fields_of
from engine.core.forms.values import LONGEST, Invalid, coerce, is_empty, json_value
from engine.errors import N_, InvalidFormError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# (text typed, context) -> options. With `value` in the context: the options with exactly that value, or none.
Lookup = Callable[[str, Mapping[str, Any]], "Sequence[Any]"]
Lookups = Mapping[str, Lookup]

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far in the future something that has happened may lie."""

_EMAIL = re.compile(
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused field.

    `path` is the name of its control (`tasks-0-person`), `label` the form's own label (with the list's label and row
    number before it), `template` an English sentence with `fields` in braces; `own` when the sentence is the form's.
    """

    path: str
    template: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""
    own: bool = False

    def __str__(self) -> str:
        """Show the path and the English sentence."""
        return f"{self.path}: {self.template if self.own else self.template.format(**self.fields)}"


@dataclass(frozen=True, slots=True)
class _Check:
    """What stays the same during one validation."""

    env: feel.Env
    hidden: frozenset[str]
    lookups: Lookups
    errors: list[FieldError] = field(default_factory=list)


def type_values(form: Form, data: Mapping[str, Any], context: Mapping[str, Any], env: feel.Env) -> dict[str, Any]:
    """Give every known field its type; read-only fields get the case's value; unknown names are dropped."""
    return _typed(form.components, data, feel.from_json(dict(context)), lenient(env))


def validate(
    form: Form,
    data: Mapping[str, Any],
    context: Mapping[str, Any],
    env: feel.Env,
    *,
    lookups: Lookups | None = None,
) -> dict[str, Any]:
    """Check data (as read from a post, or JSON) and give it types.

    `context` are the variables of the case, `env` gives moment, zone and functions. Fields that are not filled in come
    back as None; hidden fields and unknown names are not in the answer. Values looked up at the host are checked only
    when `lookups` has their source.

    Raises:
        InvalidFormError: with a `FieldError` for each refused field, in the order of the form.
    """
    outer = feel.from_json(dict(context))
    quiet = lenient(env)
    typed = _typed(form.components, data, outer, quiet)
    state = _Check(quiet, find_hidden(form, typed, outer, quiet), lookups or {})
    values = _checked(form.components, typed, outer, "", "", state)
    if state.errors:
        raise InvalidFormError(state.errors)
    result = json_value(values)
    return dict(result)


def variables(form: Form, values: Mapping[str, Any]) -> dict[str, Any]:
    """Pick what becomes process variables: no uploads, nothing marked `"variable": "no"`.

    A field that was hidden becomes null, so that an answer of an earlier round does not live on and every field of the
    form is a name that later conditions may use.
    """
    return _variables(form.components, values)


def _variables(components: tuple[Component, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for component in fields_of(components):
        if not component.becomes_variable:
            continue
        value = values.get(component.key)
        if component.type == "dynamiclist":
            value = [_variables(component.components, row) for row in value or []]
        result[component.key] = value
    return result


def _typed(
    components: tuple[Component, ...], data: Mapping[str, Any], context: Mapping[str, Any], env: feel.Env
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for component in fields_of(components):
        raw = data.get(component.key)
        if component.type == "dynamiclist":
            rows = raw if isinstance(raw, list) else []
            inner = {**context, **result}
            result[component.key] = [
                _typed(component.components, row if isinstance(row, Mapping) else {}, inner, env)
                for row in rows[: MAX_ROWS + 1]
            ]
        else:
            if is_readonly(component, {**context, **result}, env):
                raw = default_value(component, context, env)
            result[component.key] = coerce(component, raw, env.zone)
    return result


def _checked(
    components: tuple[Component, ...],
    data: Mapping[str, Any],
    outer: Mapping[str, Any],
    prefix: str,
    title: str,
    state: _Check,
) -> dict[str, Any]:
    context = level_context(components, data, outer, state.hidden, prefix)
    result: dict[str, Any] = {}
    for component in fields_of(components):
        if uid(prefix, component) in state.hidden:
            continue
        value = data.get(component.key)
        path = name_of(prefix, component)
        label = f"{title} · {component.label}" if title else component.label
        if component.type == "dynamiclist":
            result[component.key] = _checked_rows(component, data, context, prefix, label, state)
            continue
        problems = (
            [FieldError(path, value.template, value.fields)]
            if isinstance(value, Invalid)
            else list(_problems(component, value, context, path, state))
        )
        state.errors.extend(
            FieldError(problem.path, problem.template, problem.fields, label, problem.own) for problem in problems
        )
        result[component.key] = value
    return result


def _checked_rows(
    component: Component,
    data: Mapping[str, Any],
    context: Mapping[str, Any],
    prefix: str,
    label: str,
    state: _Check,
) -> list[Any]:
    """Check each row; rows in which nothing is filled in are left out, so a spare row does no harm."""
    kept: list[Any] = []
    before = len(state.errors)
    for index, row in enumerate(data.get(component.key) or []):
        if _blank(row):
            continue
        inner = row_prefix(prefix, component, index)
        kept.append(_checked(component.components, row, context, inner, f"{label} {index + 1}", state))
    least = _whole(component.properties.get("minRows")) or (1 if component.rules.required is True else 0)
    if component.required_if and evaluate(component.required_if, context, state.env) is True:
        least = max(least, 1)
    most = min(_whole(component.properties.get("maxRows")) or MAX_ROWS, MAX_ROWS)
    path = name_of(prefix, component)
    if len(kept) < least:
        template = N_("Add at least one row.") if least == 1 else N_("Add at least {n} rows.")
        state.errors.insert(before, FieldError(path, template, {"n": least}, label))
    if len(kept) > most:
        state.errors.insert(before, FieldError(path, N_("At most {n} rows."), {"n": most}, label))
    return kept


def _blank(row: Mapping[str, Any]) -> bool:
    return all(value is False or (not isinstance(value, Invalid) and is_empty(value)) for value in row.values())


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def _problems(
    component: Component, value: Any, context: Mapping[str, Any], path: str, state: _Check
) -> Iterator[FieldError]:
    empty = is_empty(value) or (component.type == "checkbox" and value is False)
    if empty:
        if is_required(component, context, state.env):
            yield FieldError(path, N_("This field is required."))
        return
    if isinstance(value, Decimal):
        yield from _number_problems(component, value, context, path, state.env)
    elif component.type in {"textfield", "textarea"} and not component.upload and not component.lookup:
        yield from _text_problems(component, value, context, path, state.env)
    elif component.type == "datetime":
        yield from _moment_problems(component, value, path, state.env)
    if not component.upload and not _is_option(component, value, context, state):
        template = N_("Choose one from the list.") if component.lookup else N_("Choose one of the options.")
        yield FieldError(path, template)
    if component.check and evaluate(component.check, {**context, component.key: value}, state.env) is False:
        message = component.properties.get("checkMessage", "")
        yield FieldError(path, message or N_("This value is not allowed here."), own=bool(message))


def is_required(component: Component, context: Mapping[str, Any], env: feel.Env) -> bool:
    """Whether the field must be filled in, by its rule or its `requiredIf`."""
    if given(component.rules.required, context, env) is True:
        return True
    return bool(component.required_if) and evaluate(component.required_if, context, env) is True


def _limit(value: Any, context: Mapping[str, Any], env: feel.Env) -> Decimal | None:
    found = given(value, context, env)
    try:
        return None if found is None or isinstance(found, bool) else Decimal(str(found))
    except InvalidOperation:
        return None


def _number_problems(
    component: Component, value: Decimal, context: Mapping[str, Any], path: str, env: feel.Env
) -> Iterator[FieldError]:
    exponent = value.normalize().as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    if component.decimals is not None and places > component.decimals:
        template = N_("At most {n} decimal places.") if component.decimals else N_("Enter a whole number.")
        yield FieldError(path, template, {"n": component.decimals})
    step = _limit(component.increment or None, context, env)
    if step and step.is_finite() and (Fraction(value) / Fraction(step)).denominator != 1:  # exact
        yield FieldError(path, N_("Enter a multiple of {n}."), {"n": json_value(step)})
    least, most = _limit(component.rules.min, context, env), _limit(component.rules.max, context, env)
    if least is not None and value < least:
        yield FieldError(path, N_("Enter {n} or more."), {"n": json_value(least)})
    if most is not None and value > most:
        yield FieldError(path, N_("Enter {n} or less."), {"n": json_value(most)})


def _text_problems(
    component: Component, value: str, context: Mapping[str, Any], path: str, env: feel.Env
) -> Iterator[FieldError]:
    rules = component.rules
    length = len(value.strip().encode("utf-16-le")) // 2  # counted as a browser counts
    least, most = _limit(rules.min_length, context, env), _limit(rules.max_length, context, env)
    most = min(most, Decimal(LONGEST[component.type])) if most is not None else Decimal(LONGEST[component.type])
    if least is not None and length < least:
        yield FieldError(path, N_("At least {n} characters."), {"n": int(least)})
    if length > most:
        yield FieldError(path, N_("At most {n} characters; there are {length}."), {"n": int(most), "length": length})
        return
    if rules.pattern and not re.search(rules.pattern, value, re.ASCII):
        message = rules.pattern_message
        yield FieldError(path, message or N_("This is not in the expected format."), own=bool(message))
    if rules.type == "email" and not _EMAIL.fullmatch(value):
        yield FieldError(path, N_("Enter an e-mail address, for example name@example.com."))


def _moment_problems(component: Component, value: str, path: str, env: feel.Env) -> Iterator[FieldError]:
    """Refuse moments on the wrong side of now: `when`, and by the day `disallowPassedDates`."""
    if env.now is None or component.subtype == "time":
        return
    now = env.now.astimezone(env.zone)
    today = now.date().isoformat()
    if component.subtype == "datetime":
        moment = datetime.fromisoformat(value)
        # People type whole minutes, and their clocks differ from ours.
        early, late = moment < now.replace(second=0, microsecond=0), moment > now + CLOCKS_DIFFER
    else:
        early, late = value < today, value > today
    if (component.when == "future" and early) or (component.not_past and value[:10] < today):
        yield FieldError(path, N_("This must not be in the past."))
    elif component.when == "past" and late:
        yield FieldError(path, N_("This must not be in the future."))


def _is_option(component: Component, value: Any, context: Mapping[str, Any], state: _Check) -> bool:
    chosen = value if isinstance(value, list) else [value]
    if component.lookup:
        source = state.lookups.get(component.lookup)
        if source is None:
            return True
        return all(any(as_option(o).value == one for o in source("", {**context, "value": one})) for one in chosen)
    if component.type not in {"radio", "select", "checklist", "taglist"}:
        return True
    allowed = {_key(option.value) for option in options_of(component, context, state.env)}
    return all(_key(one) in allowed for one in chosen)


def _key(value: Any) -> tuple[bool, Any]:
    """Keep true and 1 apart."""
    return isinstance(value, bool), value


def options_of(component: Component, context: Mapping[str, Any], env: feel.Env) -> tuple[Option, ...]:
    """List the options that the form itself knows: its values, or the list its `valuesExpression` gives."""
    if component.options or not component.options_from:
        return component.options
    found = feel.to_json(evaluate(component.options_from, context, env))
    return tuple(as_option(item) for item in found) if isinstance(found, list) else ()
