"""The steps of a scenario in sentences, Chinese and English: for people who do not read YAML."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

SPAN = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$")
SOON = re.compile(r'^=\s*now\(\)\s*\+\s*duration\("([^"]+)"\)$')
TEMPLATES: Mapping[str, tuple[str, str]] = {
    "启动": ("启动流程“{}”", "start the process “{}”"),
    "完成": ("办完“{}”", "finish “{}”"),
    "办到": ("照常办理，直到“{}”", "go on as usual until “{}”"),
    "经过": ("过{}", "let {} pass"),
    "直到": ("等到 {}", "wait until {}"),
    "消息": ("收到消息“{}”", "the message “{}” comes"),
    "应有": ("此时应有待办：{}", "open now: {}"),
    "没有": ("此时不应有待办：{}", "not open now: {}"),
    "变量": ("此时变量 {}", "variables now: {}"),
    "结束": ("流程应结束于“{}”", "the process has ended at “{}”"),
    "次数": ("到此开始的次数：{}", "begun so far: {}"),
    "异常": ("异常 {} 个", "{} incidents"),
}
CHECKS = frozenset({"应有", "没有", "变量", "结束", "次数", "异常"})
NOT_ENDED = ("流程应还未结束", "the process has not ended")
NAMING = ("完成", "办到", "应有", "没有", "不通过")


def words(
    step: Mapping[str, Any],
    locale: str,
    english: Mapping[str, str] | None = None,
    label: Callable[[str], str] = str,
) -> str:
    """Say a step in one sentence. `english` has the English of the application's verbs, `label` says field names."""
    zh = locale.startswith("zh")
    parts = []
    case = step.get("案")
    if case:
        parts.append(f"转到“{case}”" if zh else f"turn to “{case}”")
    for verb, value in step.items():
        if verb in TEMPLATES or verb not in _HOW:
            parts.append(_verb(verb, value, zh, english or {}, label))
    parts += [template[not zh].format(_said(step[how], zh, label)) for how, template in _HOW.items() if how in step]
    return ("，" if zh else ", ").join(part for part in parts if part)


_HOW: Mapping[str, tuple[str, str]] = {
    "由": ("由{}", "by {}"),
    "角色": ("角色为 {}", "as {}"),
    "填写": ("填写 {}", "filling in {}"),
    "项目": ("项目 {}", "in project {}"),
    "第": ("同名的第 {} 项", "number {} of that name"),
    "称为": ("称为“{}”", "called “{}”"),
    "被拒": ("应被拒绝：{}", "must be refused: {}"),
    "说明": ("（{}）", "({})"),
    "案": ("", ""),
}


def _verb(verb: str, value: Any, zh: bool, english: Mapping[str, str], label: Callable[[str], str]) -> str:
    if verb == "结束" and value is False:
        return NOT_ENDED[not zh]
    if verb == "经过":
        return TEMPLATES[verb][not zh].format(span(str(value), zh=zh))
    if verb in TEMPLATES:
        return TEMPLATES[verb][not zh].format(_said(value, zh, label))
    name = verb if zh else english.get(verb, verb)
    said = _said(value, zh, label)
    return f"{name}{'：' if zh else ': '}{said}" if said else name


def span(text: str, *, zh: bool) -> str:
    """Say an ISO 8601 duration."""
    found = SPAN.match(text)
    if not found or not any(found.groups()):
        return text
    units = (("天", "day"), ("小时", "hour"), ("分钟", "minute"))
    parts = [
        f" {count} {one}" if zh else f"{count} {other}{'s' if count != '1' else ''}"
        for count, (one, other) in zip(found.groups(), units, strict=True)
        if count
    ]
    return "".join(parts) if zh else " ".join(parts)


def _said(value: Any, zh: bool, label: Callable[[str], str]) -> str:
    if value is None or value in ({}, []):
        return ""
    if isinstance(value, bool):
        return ("是" if value else "否") if zh else ("yes" if value else "no")
    if isinstance(value, datetime):
        return f"{value.astimezone(CHINA) if value.tzinfo else value:%Y-%m-%d %H:%M}"
    if isinstance(value, dict):
        colon = " " if zh else ": "
        return ("、" if zh else ", ").join(
            f"{label(str(key))}{colon}{_said(one, zh, label) or ('无' if zh else 'none')}" for key, one in value.items()
        )
    if isinstance(value, str) and (found := SOON.match(value)):
        lasting = span(found[1], zh=zh).strip()
        return f"{lasting}后" if zh else f"in {lasting}"
    if isinstance(value, str) and value == "=now()":
        return "此刻" if zh else "now"
    if isinstance(value, list):
        return ("、" if zh else ", ").join(_said(one, zh, label) for one in value)
    return str(value)


def is_check(step: Mapping[str, Any], checks: Collection[str] = CHECKS) -> bool:
    """Tell whether a step only looks and does nothing; `checks` are the verbs that do."""
    verbs = [verb for verb in step if verb not in _HOW]
    return bool(verbs) and all(verb in checks for verb in verbs)


def named(step: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the names of steps of a diagram that a step of a scenario speaks of."""
    found: list[str] = []
    for verb in NAMING:
        value = step.get(verb)
        value = value.get("步骤") if isinstance(value, dict) else value
        found += [str(one) for one in (value if isinstance(value, list) else [value] if value else [])]
    return tuple(found)
