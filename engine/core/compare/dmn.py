"""Two versions of a decision file, in words: row by row and cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from engine.core import dmn
from engine.core.compare import wording
from engine.core.compare.change import Change, Said, Subject, come_or_gone, difference, told
from engine.core.compare.dmn_rows import rows, rule_pairs
from engine.core.compare.lists import moved, paired
from engine.core.compare.pairing import match
from engine.core.dmn import model as m

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.core.compare.change import Words

POLICIES = {
    "U": Said("one row at most (UNIQUE)", "唯一命中（UNIQUE）"), "A": Said("any, all alike (ANY)", "任意一致（ANY）"),
    "P": Said("by priority (PRIORITY)", "按优先级（PRIORITY）"), "F": Said("the first (FIRST)", "首行命中（FIRST）"),
    "R": Said("all, in order of rows (RULE ORDER)", "全部按行序（RULE ORDER）"),
    "O": Said("all, in order of results (OUTPUT ORDER)", "全部按结果序（OUTPUT ORDER）"),
    "C": Said("collected (COLLECT)", "收集（COLLECT）"),
}  # fmt: skip
SUMS = {"": "", "SUM": "SUM 合计", "COUNT": "COUNT 个数", "MIN": "MIN 最小", "MAX": "MAX 最大"}
TYPE, ALLOWED, COLUMN = Said("Type", "类型"), Said("Allowed values", "可选值"), Said("Column", "列")
NOUNS = {
    "decisions": Said("decision", "决策表"), "inputs": Said("input data", "输入数据"),
    "knowledge": Said("knowledge model", "业务知识模型"), "services": Said("decision service", "决策服务"),
    "items": Said("type", "数据类型"),
}  # fmt: skip
DRAWN = ("DMNDI", "/DI/", "/DC/", "biodi")
"""Parts of the namespaces that only say how a file is drawn, and how wide an editor shows a column."""


def compare(old: bytes, new: bytes, words: Words) -> Iterator[Change]:
    """List what is different. Raises DmnError when one of them is not a readable decision file."""
    before, after = dmn.parse(old), dmn.parse(new)
    found = [*_parts(before, after, words)]
    yield from found
    mine, other = _texts(etree.fromstring(old)), _texts(etree.fromstring(new))
    if mine[0] != other[0]:
        names = {key: one.name for side in (before, after) for key, one in side.decisions.items()}
        yield from _rest(mine[0], other[0], found, names, words)
    if mine[1] != other[1]:
        yield told(Subject(""), "layout", Said("Drawing", "图形"), Said("The drawing was rearranged", "图形位置有调整"))


def _parts(old: m.Decisions, new: m.Decisions, words: Words) -> Iterator[Change]:
    if old.name != new.name:
        yield _text(Subject(""), Said("Name of the file", "文件名称"), old.name, new.name)
    if old.namespace != new.namespace:
        yield _text(Subject(""), Said("Namespace", "命名空间"), old.namespace, new.namespace)
    for group, noun in NOUNS.items():
        mine: Mapping[str, Any] = getattr(old, group)
        other: Mapping[str, Any] = getattr(new, group)
        found = match(mine, other, (lambda one, _old: one.name,))
        for key, one in mine.items():
            if key not in found:
                yield come_or_gone(_subject(key, one.name, noun, words), noun, Said("", ""), added=False)
        for key, one in other.items():
            if key not in found.values():
                yield come_or_gone(_subject(key, one.name, noun, words), noun, Said("", ""), added=True)
        for key, after in found.items():
            yield from _named(mine[key], other[after], key, after, group, words)


def _subject(key: str, name: str, noun: Said, words: Words) -> Subject:
    return Subject(key, name, noun.en, words.say(name or key))


def _text(subject: Subject, what: Said, old: str, new: str) -> Change:
    one, other = (wording.quoted(Said(text, text)) if text else None for text in (old, new))
    return difference(subject, what, one, other, (old, new))


def _named(old: Any, new: Any, old_key: str, key: str, group: str, words: Words) -> Iterator[Change]:
    subject = _subject(key, new.name, NOUNS[group], words)._replace(old_id=old_key if old_key != key else "")
    if old_key != key and group != "items":
        yield _text(subject, Said("Id", "编号"), old_key, key)
    if old.name != new.name:
        yield _text(subject._replace(label=Said("", "")), Said("Name", "名称"), old.name, new.name)
    if group != "items" and old.type != new.type:
        yield _text(subject, Said("Type of the result", "结果类型"), old.type, new.type)
    if group == "decisions":
        yield from _decision(subject, old, new, words)
    elif group == "knowledge":
        if old.requires != new.requires:
            yield _text(subject, Said("Requires", "依赖"), ", ".join(old.requires), ", ".join(new.requires))
        if _bare(old.function) != _bare(new.function):
            yield _other_inside(subject, Said("Function", "函数"))
    elif _bare(old) != _bare(new) and (old.name, _type(old)) == (new.name, _type(new)):
        yield _other_inside(subject, NOUNS[group])


def _type(one: Any) -> str:
    return str(getattr(one, "type", ""))


def _other_inside(subject: Subject, what: Said) -> Change:
    label = subject.label
    sentence = Said(f"{what.en.capitalize()}: {label.en} changed inside", f"{what.zh}：{label.zh} 的内容有变")
    return told(subject, "changed", what, sentence)


def _bare(box: Any) -> str:
    """Write a part of a decision without its ids and lines."""
    if isinstance(box, m.Literal):
        return f"{box.text}|{box.language}|{box.type}"
    if isinstance(box, tuple):
        return "(" + ",".join(_bare(one) for one in box) + ")"
    slots = getattr(type(box), "__dataclass_fields__", None)
    if slots is None:
        return repr(box)
    parts = [f"{name}={_bare(getattr(box, name))}" for name in slots if name not in {"line", "id"}]
    return f"{type(box).__name__}({';'.join(parts)})"


def _decision(subject: Subject, old: m.Decision, new: m.Decision, words: Words) -> Iterator[Change]:
    if sorted(old.requires) != sorted(new.requires):
        names = [", ".join(ref.lstrip("#") for ref in one.requires) for one in (old, new)]
        yield _text(subject, Said("Requires", "依赖"), names[0], names[1])
    one, other = old.box, new.box
    if isinstance(one, m.Table) and isinstance(other, m.Table):
        yield from _table(subject, one, other, words)
    elif isinstance(one, m.Literal) and isinstance(other, m.Literal):
        if one.text != other.text:
            said = wording.feel(one.text, words), wording.feel(other.text, words)
            yield difference(subject, Said("Expression", "表达式"), *said, (one.text, other.text))
    elif _bare(one) != _bare(other):
        yield _other_inside(subject, Said("Logic", "逻辑"))
    yield from _examples(subject, old, new)


def _examples(subject: Subject, old: m.Decision, new: m.Decision) -> Iterator[Change]:
    """Compare the stored examples, which are replayed at every check."""
    what = Said("Example", "例子")
    for one, other in paired(old.examples, new.examples, lambda example: example.id):
        shown = other or one
        name, label = shown.name or shown.id, subject.label
        kinds = {(True, False): ("added", "新增"), (False, True): ("removed", "去掉")}
        en, zh = kinds.get((one is None, other is None), ("changed", "修改"))
        sentence = Said(f"Example: {label.en} {en} “{name}”", f"例子：{label.zh} {zh}“{name}”")
        yield told(subject, "changed", what, sentence, (one.name if one else "", other.name if other else ""))


def _table(subject: Subject, old: m.Table, new: m.Table, words: Words) -> Iterator[Change]:
    if old.policy != new.policy:
        what = Said("Hit policy", "命中策略")
        yield difference(subject, what, POLICIES[old.policy], POLICIES[new.policy], (old.policy, new.policy))
    if old.aggregation != new.aggregation:
        yield _text(subject, Said("Summed up by", "汇总方式"), SUMS[old.aggregation], SUMS[new.aggregation])
    inputs = columns(old.inputs, new.inputs, "inputs")
    outputs = columns(old.outputs, new.outputs, "outputs")
    for mine, other, found, noun in (
        (old.inputs, new.inputs, inputs, Said("input column", "条件列")),
        (old.outputs, new.outputs, outputs, Said("result column", "结果列")),
    ):
        yield from _column_changes(subject, mine, other, found, noun, words)
    yield from rows(old, new, inputs, outputs, rule_pairs(old, new, inputs, outputs), words, subject)


def columns(old: tuple[Any, ...], new: tuple[Any, ...], kind: str) -> dict[int, int]:
    """Pair columns by id, else by what they test or are called, else by the only one left over."""
    keys = (lambda c, _old: c.expression.text, lambda c, _old: c.title)
    if kind == "outputs":
        keys = (lambda c, _old: c.name, lambda c, _old: c.title)
    mine = {column.id or f"#{at}": column for at, column in enumerate(old)}
    other = {column.id or f"#{at}": column for at, column in enumerate(new)}
    found = match(mine, other, (*keys, lambda _c, _old: "the only one"))
    left, right = list(mine), list(other)
    return {left.index(one): right.index(two) for one, two in found.items()}


def _column_changes(
    subject: Subject, old: tuple[Any, ...], new: tuple[Any, ...], found: dict[int, int], noun: Said, words: Words
) -> Iterator[Change]:
    for at, column in enumerate(old):
        if at not in found:
            yield come_or_gone(_column(subject, column, noun, words), noun, Said("", ""), added=False)
    for at, column in enumerate(new):
        if at not in found.values():
            yield come_or_gone(_column(subject, column, noun, words), noun, Said("", ""), added=True)
    for before, after in found.items():
        yield from _column_texts(_column(subject, new[after], noun, words), old[before], new[after], noun)
    order = [str(found[at]) for at in sorted(found)]
    for one in moved(order, sorted(order, key=int)):
        column = new[int(one)]
        sentence = Said(f"Moved {noun.en}: {column.title}", f"{noun.zh}换了位置：{column.title}")
        yield told(_column(subject, column, noun, words), "moved", COLUMN, sentence)


def _column(subject: Subject, column: Any, noun: Said, words: Words) -> Subject:
    return Subject(column.id or subject.id, column.title, noun.en, words.say(column.title))


def _column_texts(subject: Subject, old: Any, new: Any, noun: Said) -> Iterator[Change]:
    def named(en: str, zh: str) -> Said:
        return Said(f"{noun.en.capitalize()}, {en}", f"{noun.zh}{zh}")

    if old.label != new.label:
        yield _text(subject._replace(label=Said("", "")), named("title", "标题"), old.label, new.label)
    if isinstance(old, m.Input) and old.expression.text != new.expression.text:
        yield _text(subject, named("expression", "取值"), old.expression.text, new.expression.text)
    if isinstance(old, m.Output) and old.name != new.name:
        yield _text(subject, named("name", "名称"), old.name, new.name)
    if old.type != new.type:
        yield _text(subject, named(TYPE.en.lower(), TYPE.zh), old.type, new.type)
    if old.values != new.values:
        yield _text(subject, named(ALLOWED.en.lower(), ALLOWED.zh), old.values, new.values)
    if isinstance(old, m.Output):
        texts = ["" if one is None else one.text for one in (old.default, new.default)]
        if texts[0] != texts[1]:
            yield _text(subject, named("otherwise", "默认结果"), texts[0], texts[1])


# -- everything else --------------------------------------------------------------------------------------------------


_Text = tuple[str, str, str]
"""The id of the element that a text belongs to, its place in it, the text."""


def _texts(root: etree._Element) -> tuple[list[_Text], list[_Text]]:
    """List every text of a file: what means something, and what only says how it is drawn."""
    meant: list[_Text] = []
    drawn: list[_Text] = []

    def walk(element: etree._Element, owner: str, path: str) -> None:
        if not isinstance(element.tag, str):
            return
        tag = etree.QName(element)
        owner = element.get("id") or owner
        place = f"{path}{tag.localname}/"
        only_drawn = _drawn(tag) or "DMNDI/" in path
        for key, value in element.attrib.items():
            name = etree.QName(key)
            if name.localname not in {"id", "exporter", "exporterVersion"}:
                into = drawn if only_drawn or _drawn(name) else meant
                into.append((owner, f"{place}{name.localname}", str(value)))
        if text := (element.text or "").strip():
            (drawn if only_drawn else meant).append((owner, place, text))
        for child in element:
            walk(child, owner, place)

    walk(root, "", "")
    return meant, drawn


def _drawn(name: etree.QName) -> bool:
    return name.namespace is not None and any(part in name.namespace for part in DRAWN)


def _rest(
    old: list[_Text], new: list[_Text], found: Sequence[Change], names: Mapping[str, str], words: Words
) -> Iterator[Change]:
    """Say what is different beyond what was compared: descriptions, links to documents, other engines' settings."""
    known = {change.element_id for change in found} | {change.before_id for change in found}
    sides = {(o, p): t for o, p, t in old}, {(o, p): t for o, p, t in new}
    places = [place for place in dict.fromkeys([*sides[0], *sides[1]]) if sides[0].get(place) != sides[1].get(place)]
    both = {owner for owner, _place, _text in old} & {owner for owner, _place, _text in new}
    told_any = bool(found)
    for owner, place in places:
        if place.endswith("description/") and owner not in known and owner in both:
            subject = Subject(owner, names.get(owner, ""), "", words.say(names.get(owner, owner)))
            texts = [side.get((owner, place), "") for side in sides]
            yield _text(subject, Said("Description", "说明"), *texts)
            told_any = True
    if not told_any:
        owner, place = next(iter(places), ("", ""))
        what = Said(f"Other setting {place}", f"其他设置 {place}")
        texts = [side.get((owner, place), "") for side in sides]
        yield _text(Subject(owner, label=words.say(names.get(owner, owner))), what, *texts)
