"""Two versions of a form, in words: field by field."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.core import forms
from engine.core.compare import wording
from engine.core.compare.change import Change, Said, Subject, Words, come_or_gone, difference, told
from engine.core.compare.lists import moved, paired
from engine.core.compare.pairing import match

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.core.forms import Component, Form

TYPES = {
    "textfield": Said("text", "单行文字"), "textarea": Said("long text", "多行文字"), "number": Said("number", "数字"),
    "checkbox": Said("tick box", "勾选"), "radio": Said("one of several", "单选"),
    "select": Said("list to choose from", "下拉选择"), "checklist": Said("several of them", "多选"),
    "taglist": Said("tags", "标签多选"), "datetime": Said("date or time", "日期时间"),
    "filepicker": Said("file or photo", "文件或照片"), "group": Said("group", "分组"),
    "dynamiclist": Said("list of rows", "可增行的表"), "text": Said("text to read", "说明文字"),
    "separator": Said("line", "分隔线"), "spacer": Said("space", "空白"),
}  # fmt: skip
PLACES: dict[str, tuple[Said, str]] = {
    "key": (Said("Name of the value", "字段编号"), "plain"),
    "path": (Said("Name of the value", "字段编号"), "plain"),
    "type": (Said("Kind of field", "字段类型"), "type"),
    "description": (Said("Help text", "提示"), "quoted"),
    "text": (Said("Text", "文字"), "quoted"),
    "validate.required": (Said("Required", "必填"), "truth"),
    "validate.minLength": (Said("Shortest length", "最少字数"), "plain"),
    "validate.maxLength": (Said("Longest length", "最多字数"), "plain"),
    "validate.min": (Said("Least", "最小值"), "plain"),
    "validate.max": (Said("Most", "最大值"), "plain"),
    "validate.pattern": (Said("Pattern", "格式"), "plain"),
    "validate.patternErrorMessage": (Said("Message when the pattern is not met", "格式不符时的提示"), "quoted"),
    "validate.validationType": (Said("Kind of text", "内容格式"), "plain"),
    "conditional.hide": (Said("Shown when", "显示条件"), "show"),
    "defaultValue": (Said("Value at first", "默认值"), "plain"),
    "properties.default": (Said("Value at first", "默认值"), "feel"),
    "properties.requiredIf": (Said("Required when", "必填条件"), "feel"),
    "properties.check": (Said("Must be true", "校验"), "feel"),
    "properties.checkMessage": (Said("Message of the check", "校验提示"), "quoted"),
    "properties.widget": (Said("Shown as", "控件"), "plain"),
    "properties.lookup": (Said("Choices from", "选项来源"), "plain"),
    "properties.variable": (Said("Kept as variable", "存为流程变量"), "variable"),
    "properties.prefill": (Said("Filled in from", "预填来源"), "plain"),
    "properties.when": (Said("Past or future", "时间范围"), "plain"),
    "properties.minRows": (Said("Rows at least", "最少行数"), "plain"),
    "properties.maxRows": (Said("Rows at most", "最多行数"), "plain"),
    "properties.collapsed": (Said("Closed at first", "默认收起"), "plain"),
    "properties.dependsOn": (Said("Depends on", "取决于字段"), "plain"),
    "properties.print": (Said("Printed", "打印"), "plain"),
    "valuesExpression": (Said("Options from", "选项来自"), "feel"),
    "valuesKey": (Said("Options from", "选项来自"), "plain"),
    "readonly": (Said("Read only", "只读"), "truth"),
    "disabled": (Said("Switched off", "停用"), "truth"),
    "multiple": (Said("Several files", "可传多个"), "truth"),
    "accept": (Said("Kinds of files", "文件类型"), "plain"),
    "subtype": (Said("Date, time or both", "日期或时间"), "plain"),
    "disallowPassedDates": (Said("No past dates", "不可选过去"), "truth"),
    "decimalDigits": (Said("Decimal places", "小数位数"), "plain"),
    "defaultRepetitions": (Said("Rows at first", "初始行数"), "plain"),
    "allowAddRemove": (Said("Rows may be added", "可增减行"), "truth"),
    "appearance.prefixAdorner": (Said("Before the field", "前缀"), "quoted"),
    "appearance.suffixAdorner": (Said("After the field", "单位"), "quoted"),
}
QUIET = ("layout.", "showOutline", "verticalAlignment", "height")
IGNORED = frozenset(
    {"schemaVersion", "executionPlatform", "executionPlatformVersion", "exporter", "type", "components"}
)
LABELS = {"datetime": ("label", "dateLabel", "timeLabel")}


@dataclass(frozen=True, slots=True)
class Field:
    """A component with the container it lies in ("" for the form) and its place there."""

    component: Component
    within: str
    at: int
    depth: int = 0


def compare(old: bytes, new: bytes, words: Words) -> Iterator[Change]:
    """List what is different. Raises InvalidInputError when one of them is not a form."""
    before, after = forms.parse(old), forms.parse(new)
    yield from _whole(before, after)
    mine, other, found = match_fields(before, after)
    labels = field_labels(after, before)
    known = Words(words.english, variables={**words.variables, **labels})
    quiet: list[str] = []
    for one, field in other.items():
        if one not in found.values() and (field.within not in other or field.within in found.values()):
            yield _come_or_gone(field.component, known, added=True)
    for old_id, new_id in found.items():
        yield from _changed(mine[old_id].component, other[new_id].component, known, quiet, old_id)
    for one, field in mine.items():
        if one not in found and (field.within not in mine or field.within in found):
            yield _come_or_gone(field.component, known, added=False)
    yield from _moved(mine, other, found, known)
    if quiet:
        sentence = Said(f"The arrangement changed ({len(quiet)})", f"排列有调整（{len(quiet)} 处）")
        yield told(Subject(""), "layout", Said("Arrangement", "排列"), sentence, ("", ", ".join(quiet)))


def match_fields(old: Form, new: Form) -> tuple[dict[str, Field], dict[str, Field], dict[str, str]]:
    """Give the components of both by id, and which is which: by id, else by key, else by what people read."""
    mine, other = _fields(old), _fields(new)
    return mine, other, match(mine, other, (_key, _alike))


def _key(field: Field, _old: bool) -> tuple[str, str] | None:
    return (field.component.key, field.component.type) if field.component.key else None


def _alike(field: Field, _old: bool) -> tuple[str, ...] | None:
    one = field.component
    return (one.type, one.label or one.text) if one.label or one.text else None


def _whole(old: Form, new: Form) -> Iterator[Change]:
    keys = dict.fromkeys([*old.schema, *new.schema])
    for key in keys:
        one, other = old.schema.get(key), new.schema.get(key)
        if key in IGNORED or one == other:
            continue
        what = {"name": Said("Name of the form", "表单名称"), "id": Said("Id of the form", "表单编号")}.get(
            key, Said(f"Other setting {key}", f"其他设置 {key}")
        )
        yield _texts(Subject(""), what, one, other)


def _fields(form: Form) -> dict[str, Field]:
    found: dict[str, Field] = {}

    def walk(components: tuple[Component, ...], within: str, depth: int) -> None:
        for at, component in enumerate(components):
            one = component.id if component.id not in found else f"{component.id}#{len(found)}"
            found[one] = Field(component, within, at, depth)
            walk(component.components, one, depth + 1)

    walk(form.components, "", 0)
    return found


def field_labels(*several: Form) -> dict[str, str]:
    """Map the names of values to what people read at the fields."""
    found: dict[str, str] = {}
    for form in several:
        for component in form.walk():
            if component.key and component.label:
                found.setdefault(component.key, component.label)
    return found


def _subject(one: Component, words: Words, old_id: str = "") -> Subject:
    kind = TYPES.get(one.type, Said(one.type, one.type))
    label = words.say(wording.clip(one.label or one.text)) if one.label or one.text else kind
    return Subject(one.id, one.label or one.text or one.key, one.type, label, old_id if old_id != one.id else "")


def _come_or_gone(one: Component, words: Words, *, added: bool) -> Change:
    kind = TYPES.get(one.type, Said(one.type, one.type))
    parts = [kind] if one.is_input else []
    if one.rules.required is True:
        parts.append(Said("required", "必填"))
    if one.options:
        names = [words.say(option.label) for option in one.options]
        parts.append(Said(", ".join(n.en for n in names), "、".join(n.zh for n in names)))
    if one.components:
        parts.append(Said(f"{len(one.components)} fields", f"{len(one.components)} 个字段"))
    if one.hide:
        parts.append(show(one.hide, words))
    noun = Said("field", "字段") if one.is_input or one.type == "dynamiclist" else kind
    detail = Said(wording.clip("; ".join(p.en for p in parts)), wording.clip("；".join(p.zh for p in parts)))
    return come_or_gone(_subject(one, words), noun, detail, added=added)


def show(hide: str, words: Words) -> Said:
    """Say when a field is shown, out of when it is hidden."""
    turned = wording.opposite(hide)
    said = wording.feel(turned or hide, words)
    return Said(f"when {said.en}", f"当 {said.zh}") if turned else Said(f"not when {said.en}", f"不在 {said.zh} 时")


def _flat(one: Component) -> dict[str, Any]:
    """List what is written in a component by its place, without its options and content; empty counts as absent."""
    found: dict[str, Any] = {}

    def walk(value: Any, place: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, f"{place}.{key}" if place else str(key))
        elif value not in (None, "", [], {}):
            found[place] = value

    walk({k: v for k, v in one.schema.items() if k not in {"id", "components", "values"}}, "")
    if isinstance(found.get("key"), str) and one.type == "dynamiclist":
        found.pop("key")
    for name in LABELS.get(one.type, ("label",)):
        found.pop(name, None)
    for place in ("validate.required", "readonly", "disabled", "disallowPassedDates", "multiple"):
        if found.get(place) is False:
            del found[place]
    return found


def _changed(old: Component, new: Component, words: Words, quiet: list[str], old_id: str) -> Iterator[Change]:
    subject = _subject(new, words, old_id)
    if old.label != new.label or _second_label(old) != _second_label(new):
        one, other = (c.label if old.label != new.label else _second_label(c) for c in (old, new))
        said = [wording.quoted(words.say(text)) if text else None for text in (one, other)]
        yield difference(subject._replace(label=Said("", "")), Said("Label", "标签"), said[0], said[1], (one, other))
    mine, other_texts = _flat(old), _flat(new)
    for place in dict.fromkeys([*mine, *other_texts]):
        one_value, other_value = mine.get(place), other_texts.get(place)
        if one_value == other_value and type(one_value) is type(other_value):
            continue
        if place.startswith(QUIET):
            quiet.append(new.id)
        else:
            yield _place(subject, place, one_value, other_value, words)
    yield from _options(subject, old, new, words)


def _second_label(one: Component) -> str:
    if one.type != "datetime":
        return ""
    return " / ".join(
        str(one.schema.get(name) or "") for name in LABELS["datetime"] if one.schema.get(name) != one.label
    )


def _place(subject: Subject, place: str, old: Any, new: Any, words: Words) -> Change:
    what, style = PLACES.get(place, (Said(f"Setting {place}", f"设置 {place}"), "plain"))
    if style == "truth" and all(isinstance(value, bool) or value is None for value in (old, new)):
        usual = place == "allowAddRemove"
        said = [wording.flag(usual if value is None else value) for value in (old, new)]
        if said[0] != said[1]:
            return difference(subject, what, said[0], said[1], (_raw(old), _raw(new)))
        return _texts(subject, what, old, new)
    said_by = [None if value is None else _said(style, value, words) for value in (old, new)]
    if place == "conditional.hide":
        always = Said("always", "总是显示")
        said_by = [always if one is None else one for one in said_by]
    if said_by[0] == said_by[1]:
        return _texts(subject, what, old, new)
    return difference(subject, what, said_by[0], said_by[1], (_raw(old), _raw(new)))


def _said(style: str, value: Any, words: Words) -> Said:
    text = _raw(value)
    if style == "type":
        return TYPES.get(text, Said(text, text))
    if style == "show":
        return show(text.removeprefix("=").strip(), words)
    if style == "feel" or text.startswith("="):
        return wording.feel(text, words)
    if style == "quoted":
        return wording.quoted(words.say(text))
    if style == "variable":
        return wording.flag(text != "no")
    if isinstance(value, bool):
        return wording.flag(value)
    return Said(wording.clip(text), wording.clip(text))


def _raw(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _texts(subject: Subject, what: Said, old: Any, new: Any) -> Change:
    texts = [repr(value) if isinstance(old, str) != isinstance(new, str) else _raw(value) for value in (old, new)]
    said = [None if value is None else Said(*[wording.clip(text)] * 2)
            for value, text in zip((old, new), texts, strict=True)]  # fmt: skip
    return difference(subject, what, said[0], said[1], (_raw(old), _raw(new)))


def _options(subject: Subject, old: Component, new: Component, words: Words) -> Iterator[Change]:
    what = Said("Options", "选项")
    rows = paired(old.options, new.options, lambda option: repr(option.value))
    for one, other in rows:
        said = [None if option is None else wording.quoted(words.say(option.label)) for option in (one, other)]
        raw = ["" if option is None else str(option.value) for option in (one, other)]
        if one is not None and other is not None:
            if said[0] == said[1]:
                said = [Said(*[f"{o.label} ({o.value!r}{' ' + o.hint if o.hint else ''})"] * 2) for o in (one, other)]
            yield difference(subject, what, said[0], said[1], (raw[0], raw[1]))
            continue
        text = said[0] or said[1] or Said("", "")
        en, zh = ("added", "新增") if one is None else ("removed", "去掉")
        sentence = Said(f"Options: {subject.label.en} {en} {text.en}", f"选项：{subject.label.zh} {zh}{text.zh}")
        yield told(subject, "changed", what, sentence, (raw[0], raw[1]))
    order = [[repr(option.value) for option in one.options] for one in (old, new)]
    if moves := moved(order[0], order[1]):
        names = [words.say(option.label) for option in new.options if repr(option.value) in moves]
        sentence = Said(
            f"Order of options: {subject.label.en} moved {', '.join(n.en for n in names)}",
            f"选项顺序：{subject.label.zh} 移动了{'、'.join(n.zh for n in names)}",
        )
        yield told(subject, "moved", Said("Order of options", "选项顺序"), sentence,
                   (", ".join(order[0]), ", ".join(order[1])))  # fmt: skip


def _moved(
    old: Mapping[str, Field], new: Mapping[str, Field], found: Mapping[str, str], words: Words
) -> Iterator[Change]:
    what = Said("Order", "顺序")
    holders: dict[str, tuple[list[str], list[str]]] = {}
    for before, after in found.items():
        one, other = old[before], new[after]
        subject = _subject(other.component, words, before)
        if found.get(one.within, "") != other.within and (one.within or other.within):
            into = _subject(new[other.within].component, words).label if other.within else Said("the form", "表单")
            sentence = Said(f"Moved: {subject.label.en} into {into.en}", f"移动：{subject.label.zh} 移到“{into.zh}”")
            yield told(subject, "moved", what, sentence, (one.within, other.within))
        else:
            holders.setdefault(other.within, ([], []))
    for within, (before_ids, after_ids) in holders.items():
        inside = [
            (o, n) for o, n in found.items() if new[n].within == within and found.get(old[o].within, "") == within
        ]
        before_ids += [n for o, n in sorted(inside, key=lambda pair: old[pair[0]].at)]
        after_ids += [n for o, n in sorted(inside, key=lambda pair: new[pair[1]].at)]
        for one_id in moved(before_ids, after_ids):
            subject = _subject(new[one_id].component, words)
            follows = after_ids[after_ids.index(one_id) - 1] if after_ids.index(one_id) else ""
            place = _subject(new[follows].component, words).label if follows else Said("", "")
            sentence = Said(
                f"Moved: {subject.label.en} to {'after ' + place.en if follows else 'the beginning'}",
                f"移动：{subject.label.zh} 移到{f'“{place.zh}”之后' if follows else '最前面'}",
            )
            yield told(subject, "moved", what, sentence, (str(before_ids.index(one_id)), str(after_ids.index(one_id))))
