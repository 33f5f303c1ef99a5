"""A form made ready to be drawn: a tree of plain controls for `_form.html`, which decides nothing itself."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from engine.core import forms
from tasks_ui.form_controls import Fault, FieldView, FileView, FormView, OptionView, RowView, rich_text
from tasks_ui.i18n import write_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.core import feel

SELECT_LIMIT = 300
_INPUT_TYPES = {"date": "date", "time": "time", "datetime": "datetime-local"}


@dataclass(frozen=True, slots=True)
class Page:
    """What the controls need to know of the page they are on.

    `translate` turns the form's own words into the reader's language; `lookups` are the host's sources, already bound
    to session and person; `files` the attachments by id; `choices` and `texts` what a search found, and
    what was typed, when no option was chosen.
    """

    env: feel.Env
    context: Mapping[str, Any] = field(default_factory=dict)
    translate: Callable[[str], str] = str
    lookups: forms.Lookups = field(default_factory=dict)
    files: Mapping[str, FileView] = field(default_factory=dict)
    choices: Mapping[str, Sequence[forms.Option]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


def control_id(name: str) -> str:
    """Give the control of a name its id."""
    return f"f-{name}"


def message_of(error: forms.FieldError, translate: Callable[[str], str] = str) -> str:
    """Say what is wrong with a field in the reader's language."""
    return translate(error.template) if error.own else str(gettext(error.template)).format(**error.fields)


def build(form: forms.Form, data: Mapping[str, Any], page: Page, errors: Sequence[forms.FieldError] = ()) -> FormView:
    """Make a form ready to be drawn with these data, typed or as posted."""
    typed = forms.type_values(form, data, page.context, page.env)
    env = forms.lenient(page.env)
    hidden = forms.find_hidden(form, typed, page.context, env)
    drawer = _Drawer(page, env, hidden, forms.conditions_js(form, page.context), {})
    for error in errors:
        drawer.errors.setdefault(error.path, []).append(message_of(error, page.translate))
    fields = drawer.level(form.components, data, typed, page.context, "")
    faults = tuple(
        Fault(control_id(error.path), translate_label(error.label, page.translate), message_of(error, page.translate))
        for error in errors
    )
    return FormView(fields, faults, any(component.upload for component in form.walk()))


def translate_label(label: str, translate: Callable[[str], str]) -> str:
    """Translate a label such as `任务 2 · 处理人` part by part, keeping the row numbers."""
    parts = []
    for part in label.split(" · "):
        match = re.fullmatch(r"(.*) (\d+)", part)
        parts.append(f"{translate(match[1])} {match[2]}" if match else translate(part))
    return " · ".join(parts)


@dataclass(frozen=True, slots=True)
class _Level:
    """The values of one level: as they are shown, and the names its expressions see."""

    data: Mapping[str, Any]
    typed: Mapping[str, Any]
    context: Mapping[str, Any]
    prefix: str


@dataclass(frozen=True, slots=True)
class _Drawer:
    page: Page
    env: feel.Env
    hidden: frozenset[str]
    conditions: Mapping[str, Mapping[str, Any]]
    errors: dict[str, list[str]]

    def level(
        self,
        components: tuple[forms.Component, ...],
        data: Mapping[str, Any],
        typed: Mapping[str, Any],
        outer: Mapping[str, Any],
        prefix: str,
    ) -> tuple[FieldView, ...]:
        context = forms.level_context(components, typed, outer, self.hidden, prefix)
        level = _Level(data, typed, context, prefix)
        return tuple(self.field(component, level) for component in components)

    def field(self, component: forms.Component, level: _Level) -> FieldView:
        view = self.frame(component, level)
        if component.type == "group":
            fields = tuple(self.field(child, level) for child in component.components)
            opened = component.collapsed and self.is_used(component, level)
            return replace(view, fields=fields, collapsed=component.collapsed, opened=opened)
        if component.type == "dynamiclist":
            return self.rows(view, component, level)
        if component.type in {"text", "separator", "spacer"}:
            filled = forms.fill(self.page.translate(component.text), level.context, self.env) if component.text else ""
            return replace(view, text=rich_text(filled))
        if not component.is_input:
            return replace(view, kind="unknown")
        if forms.is_readonly(component, level.context, self.env):
            shown = self.shown(component, forms.default_value(component, self.page.context, self.env))
            return replace(view, kind="fixed", value=shown, required=False)
        return self.control(view, component, level)

    def is_used(self, group: forms.Component, level: _Level) -> bool:
        """Whether a field of a group has a value or an error, so that the group must not be drawn closed."""
        for one in forms.fields_of(group.components):
            name = forms.name_of(level.prefix, one)
            if any(path == name or path.startswith(f"{name}-") for path in self.errors):
                return True
            if forms.uid(level.prefix, one) not in self.hidden and level.data.get(one.key) not in (None, "", [], False):
                return True
        return False

    def frame(self, component: forms.Component, level: _Level) -> FieldView:
        """Fill in what all kinds have."""
        name = forms.name_of(level.prefix, component)
        rules = self.conditions.get(component.id, {})
        say = self.page.translate
        least = component.properties.get("minRows", "0")
        return FieldView(
            kind=component.type,
            id=control_id(name),
            uid=forms.uid(level.prefix, component),
            name=name,
            prefix=level.prefix,
            label=say(component.label) if component.label else "",
            help=say(component.description) if component.description else "",
            errors=tuple(self.errors.get(name, ())),
            required=least not in {"", "0"} or forms.is_required(component, level.context, self.env),
            hidden=forms.uid(level.prefix, component) in self.hidden,
            hide=_json(rules.get("hide")),
            need=_json(rules.get("required")),
            width=component.columns,
            before=component.prefix,
            after=say(component.suffix) if component.suffix else "",
        )

    def rows(self, view: FieldView, component: forms.Component, level: _Level) -> FieldView:
        def row(index: int | str, data: Mapping[str, Any], typed: Mapping[str, Any]) -> RowView:
            inner = forms.row_prefix(level.prefix, component, index)
            number = str(index + 1) if isinstance(index, int) else index
            return RowView(inner, number, self.level(component.components, data, typed, level.context, inner))

        typed = forms.rows_of(level.typed, component)
        rows = tuple(
            row(index, values, typed[index] if index < len(typed) else {})
            for index, values in enumerate(forms.rows_of(level.data, component))
        )
        alone = forms.Form(component.id, component.components)
        blank = forms.initial(alone, self.page.context, self.page.env)
        template = row(f"__{component.id}__", blank, forms.type_values(alone, blank, self.page.context, self.page.env))
        return replace(view, rows=rows, template=template, fixed_rows=component.fixed_rows)

    def control(self, view: FieldView, component: forms.Component, level: _Level) -> FieldView:
        value = level.data.get(component.key)
        if component.upload:
            kept = value if isinstance(value, list) else [value] if value else []
            files = tuple(self.page.files[str(one)] for one in kept if str(one) in self.page.files)
            accept = component.accept or ("image/*" if component.upload != "file" else "")
            attributes = {"accept": accept} if accept else {}
            attributes |= {"multiple": ""} if component.multiple and component.upload != "signature" else {}
            return replace(view, kind="upload", input=component.upload, files=files, attributes=attributes)
        if component.lookup and component.lookup in self.page.lookups:
            return self.looked_up(view, component, value, level.context)
        if component.type in {"radio", "select", "checklist", "taglist"}:
            options = self.options(forms.options_of(component, level.context, self.env), value)
            kind = {"taglist": "checklist"}.get(component.type, component.type)
            return replace(view, kind=kind, options=options)
        text = forms.control_text(component, value, self.page.env.zone)
        if component.type == "checkbox":
            return replace(view, value="true" if value is True else "")
        return replace(view, value=text, input=_input(component), attributes=_attributes(component, self.page.env))

    def looked_up(
        self, view: FieldView, component: forms.Component, value: Any, context: Mapping[str, Any]
    ) -> FieldView:
        """Draw a field whose options the host knows: a short list at once, else a search while typing."""
        depends = component.properties.get("dependsOn", "")
        prefix = view.name.removesuffix(component.key)
        view = replace(view, source=component.lookup, depends=prefix + depends if depends else "")
        source = self.page.lookups[component.lookup]
        asked = {**context, "parent": context.get(depends)} if depends else context
        if component.type in {"select", "radio", "checklist"}:
            found = [forms.as_option(one) for one in source("", asked)][:SELECT_LIMIT]
            known = {option.value for option in found}
            kept = value if isinstance(value, list) else [value]
            found += [forms.Option(one, self.shown(component, one)) for one in kept if one and one not in known]
            return replace(view, kind=component.type, options=self.options(found, value))
        offered = self.options(tuple(self.page.choices.get(view.name, ())), value)
        if component.many:
            chosen = [OptionView(str(one), self.shown(component, one), chosen=True) for one in value or []]
            return replace(view, kind="tags", options=(*chosen, *offered))
        text = value if isinstance(value, str) else ""
        shown = self.shown(component, value) if value else self.page.texts.get(view.name, "")
        fills = component.properties.get("fills", "")
        attributes = {"data-fills": prefix + fills} if fills else {}
        return replace(view, kind="lookup", value=text, after=shown, options=offered, attributes=attributes)

    def options(self, options: Sequence[forms.Option], value: Any) -> tuple[OptionView, ...]:
        chosen = {forms.post_text(one) for one in (value if isinstance(value, list) else [value]) if one is not None}
        return tuple(
            OptionView(
                forms.post_text(option.value),
                self.page.translate(option.label),
                option.hint,
                forms.post_text(option.value) in chosen,
            )
            for option in options
        )

    def shown(self, component: forms.Component, value: Any) -> str:
        """Say a value in words."""
        if value is None or value == "":
            return "–"
        if isinstance(value, list):
            return "、".join(self.shown(component, one) for one in value)
        if component.lookup:
            return lookup_label(self.page.lookups, component.lookup, value, self.page.context) or str(value)
        return value_text(component, value, self.page.translate)


def lookup_label(lookups: forms.Lookups, source: str, value: Any, context: Mapping[str, Any]) -> str:
    """Ask the host for the name of one value; "" when it knows none."""
    search = lookups.get(source)
    if search is None or value is None:
        return ""
    found = (forms.as_option(one) for one in search("", {**context, "value": value}))
    return next((option.label for option in found if option.value == value), "")


def value_text(component: forms.Component, value: Any, translate: Callable[[str], str] = str) -> str:
    """Say a stored value in words and in the reader's language: options by their labels, moments in his zone."""
    if component.type == "checkbox":
        return str(gettext("Yes") if value is True else gettext("No"))
    if component.type == "datetime" and component.subtype == "datetime":
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            return str(value)
        return write_moment(moment) if moment.tzinfo else str(value)
    return translate(forms.label_of(component, value))


def _json(tree: Any) -> str:
    return "" if tree is None else json.dumps(tree, ensure_ascii=False, separators=(",", ":"))


def _input(component: forms.Component) -> str:
    if component.type == "datetime":
        return _INPUT_TYPES.get(component.subtype, "date")
    if component.type == "textfield":
        if component.widget == "phone" or component.rules.type == "phone":
            return "tel"
        return "email" if component.rules.type == "email" else "text"
    return "text"


def _attributes(component: forms.Component, env: feel.Env) -> dict[str, str]:
    """Hints for the browser. Nothing here refuses anything: the server alone validates."""
    found: dict[str, str] = {}
    rules = component.rules
    if component.type == "number":
        found["inputmode"] = "numeric" if component.decimals == 0 else "decimal"
        found |= {"data-sum": summed} if (summed := component.properties.get("sumOf", "")) else {}
    if isinstance(rules.max_length, int):
        found["data-max"] = str(rules.max_length)
    if component.type == "datetime" and component.not_past and env.now is not None:
        today = env.now.astimezone(env.zone).date().isoformat()
        found["min"] = f"{today}T00:00" if component.subtype == "datetime" else today
    return found
