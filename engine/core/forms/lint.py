"""What deployment refuses in a form, in words a process owner understands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.core.findings import Finding
from engine.core.forms.schema import CHOICES, SUPPORTED, Component, Form, fields_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# Names under which an engine keeps its own facts, written without underscores and in lower case: a form must not
# look as if it could set who is assigned or when a task is due.
_ENGINE = frozenset(
    [
        "assignee",
        "candidategroups",
        "candidategroup",
        "candidateusers",
        "candidateuser",
        "duedate",
        "dueat",
        "followupdate",
        "followupat",
        "businesskey",
        "instanceid",
        "processinstanceid",
        "processdefinitionid",
        "taskid",
        "executionid",
        "initiator",
        "loopcounter",
        "nrofinstances",
        "nrofactiveinstances",
        "nrofcompletedinstances",
        "csrftoken",
        "idempotencykey",
    ]
)
_FEEL_WORDS = frozenset(
    [
        "and",
        "or",
        "not",
        "if",
        "then",
        "else",
        "for",
        "in",
        "return",
        "every",
        "some",
        "satisfies",
        "between",
        "true",
        "false",
        "null",
        "function",
        "instance",
        "of",
        "item",
        "partial",
    ]
)
_KEY = re.compile(r"[^\W\d]\w{0,62}")
_SLOW = re.compile(r"\((?:[^()\\]|\\.)*[+*](?:[^()\\]|\\.)*\)\s*[+*{]")
_NUMBERS = ("min_length", "max_length", "min", "max")


@dataclass(slots=True)
class _Linter:
    """Collects findings. `known` are the variables a case may have; None when nobody knows."""

    known: Collection[str] | None
    findings: list[Finding] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def add(self, component: Component, rule: str, message: str, message_zh: str) -> None:
        name = component.label or component.key
        self.findings.append(Finding(component.id, f"form-{rule}", "error", message, message_zh, name))


def lint(form: Form, known: Collection[str] | None = None) -> list[Finding]:
    """Check a form; an error stops its deployment.

    `known` are the names of the process variables: a condition over any other name that is no field is then an error.
    Without `known` names are not checked, since they may come from the case.
    """
    linter = _Linter(known)
    _level(form.components, frozenset(), linter)
    return linter.findings


def _level(components: tuple[Component, ...], outer: frozenset[str], linter: _Linter) -> None:
    names = [component.key for component in fields_of(components)]
    scope = outer | frozenset(names)
    seen: set[str] = set()
    _components(components, scope, seen, linter)


def _components(components: tuple[Component, ...], scope: frozenset[str], seen: set[str], linter: _Linter) -> None:
    for component in components:
        if component.id in linter.ids:
            linter.add(component, "id", f"The id “{component.id}” is used twice.", f"编号“{component.id}”重复使用。")
        linter.ids.add(component.id)
        if component.type not in SUPPORTED:
            linter.add(
                component,
                "type",
                f"A component of type “{component.type}” cannot be shown. Replace it by one of the palette.",
                f"无法显示类型为“{component.type}”的组件，请换成工具栏中的组件。",
            )
            continue
        if component.is_input or component.type == "dynamiclist":
            _key(component, seen, linter)
            _input(component, linter)
        for message, text in expressions(component):
            _expression(component, message, text, scope, linter)
        if component.type == "group":
            if component.schema.get("path"):
                linter.add(component, "path", "A group cannot have a path. Empty it.", "分组不能设置路径，请清空。")
            _components(component.components, scope, seen, linter)
        elif component.type == "dynamiclist":
            _level(component.components, scope, linter)


def _key(component: Component, seen: set[str], linter: _Linter) -> None:
    key = component.key
    if not key:
        linter.add(component, "key", "The field has no key. Give it one.", "该字段没有键名，请填写。")
    elif not _KEY.fullmatch(key) or key.startswith("_") or key in _FEEL_WORDS:
        linter.add(
            component,
            "key",
            f"“{key}” cannot be a key. Use letters, digits and _, beginning with a letter.",
            f"“{key}”不能作为键名，请使用字母、数字和下划线，并以字母开头。",
        )
    elif key.replace("_", "").lower() in _ENGINE:
        linter.add(
            component,
            "key-reserved",
            f"“{key}” is a name of the engine itself. A form must not set it; choose another key.",
            f"“{key}”是引擎自用的名称，表单不能设置，请换一个键名。",
        )
    elif key in seen:
        linter.add(
            component, "key-duplicate", f"Two fields have the key “{key}”.", f"有两个字段使用了相同的键名“{key}”。"
        )
    seen.add(key)


def _input(component: Component, linter: _Linter) -> None:
    if not component.label:
        linter.add(component, "label", "The field has no label.", "该字段没有名称（标签）。")
    if component.type in CHOICES and not (component.options or component.options_from or component.lookup):
        linter.add(component, "options", "There is nothing to choose from. Add options.", "没有可选项，请添加选项。")
    texts = [str(option.value) for option in component.options]
    for twice in sorted({text for text in texts if texts.count(text) > 1}):
        linter.add(component, "options", f"The option “{twice}” occurs twice.", f"选项“{twice}”重复。")
    if component.type == "dynamiclist" and not component.components:
        linter.add(component, "rows", "The list has no fields in its rows.", "该列表的行中没有字段。")
    _when(component, linter)
    _default(component, linter)
    _pattern(component, linter)
    _limits(component, linter)


def _when(component: Component, linter: _Linter) -> None:
    when = component.when
    if not when:
        return
    if when not in {"past", "future"}:
        linter.add(
            component,
            "when",
            f"“when” is “{when}”. Write past (it has happened) or future (it is to come).",
            f"“when”写成了“{when}”，只能写 past（已发生）或 future（将发生）。",
        )
    elif component.type != "datetime" or component.subtype == "time":
        linter.add(
            component,
            "when",
            "“when” needs a date or a date with time.",
            "只有日期或日期时间字段才能设置“when”。",
        )


def _default(component: Component, linter: _Linter) -> None:
    value = component.default
    if not component.options or value is None or (isinstance(value, str) and value.startswith("=")):
        return
    allowed = [option.value for option in component.options]
    for one in value if isinstance(value, list) else [value]:
        if one not in allowed:
            linter.add(
                component, "default", f"The default “{one}” is not one of the options.", f"默认值“{one}”不在选项中。"
            )


def _pattern(component: Component, linter: _Linter) -> None:
    pattern = component.rules.pattern
    if not pattern:
        return
    try:
        re.compile(pattern, re.ASCII)
    except re.error as error:
        linter.add(component, "pattern", f"The pattern cannot be read: {error}.", f"正则表达式有误：{error}。")
        return
    if _SLOW.search(pattern):
        linter.add(
            component,
            "pattern",
            "The pattern repeats a repetition and could take for ever. Write it without the outer repetition.",
            "正则表达式中重复里套着重复，可能永远算不完，请去掉外层的重复。",
        )


def _limits(component: Component, linter: _Linter) -> None:
    found: dict[str, Decimal] = {}
    for name in _NUMBERS:
        value = getattr(component.rules, name)
        if value is None or (isinstance(value, str) and value.startswith("=")):
            continue
        try:
            found[name] = Decimal(str(value))
        except InvalidOperation:
            linter.add(component, "limit", f"The limit “{value}” is no number.", f"限值“{value}”不是数字。")
    for low, high in (("min_length", "max_length"), ("min", "max")):
        if low in found and high in found and found[low] > found[high]:
            linter.add(
                component,
                "limit",
                f"The smallest value {found[low]} is above the largest {found[high]}.",
                f"最小值 {found[low]} 大于最大值 {found[high]}。",
            )


def expressions(component: Component) -> Iterator[tuple[str, str]]:
    """List the FEEL texts of a component with the name of the place each stands at."""
    places: list[tuple[str, Any]] = [
        ("hide", component.hide and f"={component.hide}"),
        ("requiredIf", component.required_if and f"={component.required_if}"),
        ("check", component.check and f"={component.check}"),
        ("valuesExpression", component.options_from and f"={component.options_from}"),
        ("defaultValue", component.default),
        ("readonly", component.readonly),
        ("required", component.rules.required),
        *((name, getattr(component.rules, name)) for name in _NUMBERS),
    ]
    for place, value in places:
        if isinstance(value, str) and value.startswith("="):
            yield place, value[1:].strip()


def _expression(component: Component, place: str, text: str, scope: frozenset[str], linter: _Linter) -> None:
    try:
        names = feel.compile(text).names
    except feel.FeelProblem as problem:
        where = f" (character {problem.position + 1})" if problem.position >= 0 else ""
        where_zh = f"（第 {problem.position + 1} 个字符）" if problem.position >= 0 else ""
        linter.add(
            component,
            "expression",
            f"“{place}”: “{text}” is no FEEL expression{where}: {problem}",
            f"“{place}”：“{text}”不是有效的 FEEL 表达式{where_zh}。",
        )
        return
    if linter.known is None:
        return
    for name in sorted(names - scope - frozenset(linter.known)):
        linter.add(
            component,
            "unknown-name",
            f"“{place}” uses “{name}”, which is no field of this form and no variable of the process.",
            f"“{place}”用到了“{name}”，但本表单没有这个字段，流程也没有这个变量。",
        )
