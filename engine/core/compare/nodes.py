"""What is different about one activity, event or gateway."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from engine.core.compare import aspects
from engine.core.compare.change import Change, Said, Subject, difference, told
from engine.core.compare.lists import paired, reordered
from engine.core.model import EventDefinition, FormField, Listener, Loop, Mapping, Node

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.core.compare.change import Words
    from engine.core.compare.pairing import Pairs

FLAGS = {"interrupting": True, "event_subprocess": False, "is_compensation": False, "parallel_multiple": False}
ATTRIBUTE_NAMES = {"type": "serviceType"}
EMPTY = '""'


def changes(old: Node, new: Node, pairs: Pairs, told_roots: frozenset[str]) -> Iterator[Change]:
    """List what is different; `told_roots` are messages, signals … whose own change is told elsewhere."""
    words = pairs.words
    subject = pairs.subject(new, old_id=old.id)
    if old.id != new.id:
        yield plain(subject, "id", old.id, new.id, words)
    if old.name != new.name:
        yield plain(subject._replace(label=Said("", "")), "name", old.name, new.name, words)
    for key in ("type", "documentation"):
        if getattr(old, key) != getattr(new, key):
            yield plain(subject, key, getattr(old, key), getattr(new, key), words)
    yield from _place(subject, old, new, pairs)
    yield from mappings(subject, "", old.attributes, new.attributes, words)
    if old.called_element != new.called_element:
        yield plain(subject, "called", old.called_element, new.called_element, words)
    for key in FLAGS:
        if getattr(old, key) != getattr(new, key):
            yield plain(subject, key, str(getattr(old, key)), str(getattr(new, key)), words)
    yield from mappings(subject, "property", old.properties, new.properties, words)
    yield from _events(subject, old, new, pairs, told_roots)
    yield from _loops(subject, old.loop, new.loop, words)
    yield from _data(subject, "in", old.inputs, new.inputs, words)
    yield from _data(subject, "out", old.outputs, new.outputs, words)
    yield from _listeners(subject, old.listeners, new.listeners)
    yield from _fields(subject, old.form_fields, new.form_fields, words)


def plain(subject: Subject, key: str, old: str, new: str, words: Words, *, what: Said | None = None) -> Change:
    """Say that a text is another one."""
    aspect = aspects.of(key)
    before = aspects.value(aspect.style, old, words) if old else None
    after = aspects.value(aspect.style, new, words) if new else None
    if before == after:  # words hide a difference of spelling
        before, after = Said(old, old), Said(new, new)
    return difference(subject, what or aspect.what, before, after, (old, new))


def mappings(subject: Subject, group: str, old: dict[str, str], new: dict[str, str], words: Words) -> Iterator[Change]:
    """Compare Camunda's attributes (no group), or properties."""
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name, ""), new.get(name, "")
        if before == after and (name in old) == (name in new):
            continue
        key = ATTRIBUTE_NAMES.get(name, name) if not group else name
        what = Said(f"Property {name}", f"属性 {name}") if group and key not in aspects.ASPECTS else None
        if before or after:
            yield plain(subject, key, before, after, words, what=what)
        else:
            yield difference(subject, what or aspects.of(key).what, None, Said("empty", "空"), ("", ""))


def _place(subject: Subject, old: Node, new: Node, pairs: Pairs) -> Iterator[Change]:
    if pairs.scope(old.scope) != new.scope:
        before, after = pairs.label(pairs.old, old.scope), pairs.label(pairs.new, new.scope)
        what = aspects.of("parent").what
        yield _moved(subject, what, before, after)
    elif pairs.lanes.get(old.lane_id, "") != new.lane_id and not _with_holder(old, new, pairs):
        role = new.type == "userTask" and not (old.attributes.get("candidateGroups") or old.attributes.get("assignee"))
        what = aspects.of("lane").what if role else Said("Lane", "泳道")
        none = Said("none", "无")
        before, after = (pairs.words.say(node.lane) if node.lane else none for node in (old, new))
        if before != after:
            yield _moved(subject, what, before, after)
    if pairs.nodes.get(old.attached_to, "") != new.attached_to:
        before, after = pairs.label(pairs.old, old.attached_to), pairs.label(pairs.new, new.attached_to)
        yield _moved(subject, aspects.of("attached").what, before, after)


def _moved(subject: Subject, what: Said, old: Said, new: Said) -> Change:
    sentence = Said(
        f"{what.en}: {subject.label.en} {old.en} → {new.en}", f"{what.zh}：{subject.label.zh} {old.zh} → {new.zh}"
    )
    return told(subject, "moved", what, sentence, (old.zh, new.zh))


def _with_holder(old: Node, new: Node, pairs: Pairs) -> bool:
    """Tell whether the lane is that of the sub-process around, so that its own line says it."""
    before, after = pairs.old.nodes.get(old.scope), pairs.new.nodes.get(new.scope)
    return before is not None and after is not None and (before.lane_id, after.lane_id) == (old.lane_id, new.lane_id)


# -- events -----------------------------------------------------------------------------------------------------------


def _events(subject: Subject, old: Node, new: Node, pairs: Pairs, told_roots: frozenset[str]) -> Iterator[Change]:
    kinds = ["+".join(event.kind for event in node.events) for node in (old, new)]
    if kinds[0] != kinds[1]:
        before, after = (_trigger(node, pairs.words) for node in (old, new))
        yield difference(subject, aspects.of("events").what, before, after, (kinds[0], kinds[1]))
        return
    for one, other in zip(old.events, new.events, strict=True):
        yield from _event(subject, one, other, pairs, told_roots)


def _trigger(node: Node, words: Words) -> Said:
    kinds = aspects.trigger("+".join(event.kind for event in node.events))
    values = [moment(event, words) for event in node.events]
    en, zh = "; ".join(v.en for v in values if v.en), "；".join(v.zh for v in values if v.zh)
    return Said(f"{kinds.en} ({en})" if en else kinds.en, f"{kinds.zh}（{zh}）" if zh else kinds.zh)


def moment(event: EventDefinition, words: Words) -> Said:
    """Say what one event waits for: a time, a message's name, a condition."""
    if event.expression:
        return aspects.value("time" if event.kind == "timer" else "feel", event.expression, words)
    return words.say(event.name or event.code)


def _event(
    subject: Subject, old: EventDefinition, new: EventDefinition, pairs: Pairs, told_roots: frozenset[str]
) -> Iterator[Change]:
    words = pairs.words
    same_root = bool(old.ref) and old.ref == new.ref and old.ref in told_roots
    if old.expression != new.expression:
        yield plain(subject, new.kind, old.expression, new.expression, words)
    elif old.timer != new.timer:
        yield plain(subject, "timerKind", old.timer, new.timer, words)
    if old.name != new.name and not same_root:
        yield plain(subject, new.kind, old.name, new.name, words)
    elif old.code != new.code and not same_root:
        yield plain(subject, "code", old.code, new.code, words)
    elif old.wanted != new.wanted and (old.name, old.code) == (new.name, new.code) == ("", ""):
        yield plain(subject, new.kind, old.wanted, new.wanted, words)
    if pairs.nodes.get(old.activity_ref, old.activity_ref) != new.activity_ref:
        before, after = pairs.label(pairs.old, old.activity_ref), pairs.label(pairs.new, new.activity_ref)
        what = aspects.of("compensation").what
        yield difference(subject, what, before if old.activity_ref else None, after if new.activity_ref else None,
                         (old.activity_ref, new.activity_ref))  # fmt: skip
    for key in ("code_variable", "message_variable"):
        if getattr(old, key) != getattr(new, key):
            yield plain(subject, key, getattr(old, key), getattr(new, key), words)
    if old.topic != new.topic:
        yield plain(subject, "event_topic", old.topic, new.topic, words)
    yield from _data(subject, "sent", old.mappings, new.mappings, words)


# -- repetition, data, listeners, fields ------------------------------------------------------------------------------


def _loops(subject: Subject, old: Loop | None, new: Loop | None, words: Words) -> Iterator[Change]:
    if old == new:
        return
    if old is None or new is None or old.kind != new.kind:
        before, after = (_loop(loop, words) for loop in (old, new))
        yield difference(subject, aspects.of("loop").what, before, after, (old.kind if old else "",
                                                                           new.kind if new else ""))  # fmt: skip
    if old is None or new is None:
        return
    for one in fields(Loop):
        before_text, after_text = getattr(old, one.name), getattr(new, one.name)
        if one.name != "kind" and before_text != after_text:
            key = "loop_condition" if one.name == "condition" else one.name
            texts = ["" if value is None else str(value) for value in (before_text, after_text)]
            yield plain(subject, key, texts[0], texts[1], words)


def _loop(loop: Loop | None, words: Words) -> Said:
    if loop is None:
        return aspects.LOOPS[""]
    kind = aspects.LOOPS[loop.kind]
    over = loop.collection or loop.cardinality or loop.condition
    said = aspects.value("feel", over, words) if over else Said("", "")
    return Said(f"{kind.en} ({said.en})" if over else kind.en, f"{kind.zh}（{said.zh}）" if over else kind.zh)


def _mapping(one: Mapping, words: Words) -> Said:
    if one.business_key:
        return Said("business key", "业务编号")
    if one.all:
        return Said("all variables", "全部变量")
    if not one.expression and one.source == one.target:
        return Said(one.target, one.target)
    value = aspects.value("plain", one.source, words)
    return Said(f"{one.target} = {value.en or EMPTY}", f"{one.target} = {value.zh or EMPTY}")


def _data(subject: Subject, key: str, old: Sequence[Mapping], new: Sequence[Mapping], words: Words) -> Iterator[Change]:
    what = aspects.of(key).what
    rows = paired(old, new, lambda one: (one.target, one.all, one.business_key))
    for before, after in rows:
        said = [None if one is None else _mapping(one, words) for one in (before, after)]
        raw = ["" if one is None else f"{one.target}={one.source}" for one in (before, after)]
        if said[0] == said[1]:
            said = [Said(raw[0], raw[0]), Said(f"{raw[1]} ({after})", f"{raw[1]}（{after}）")]
        yield _in_list(subject, what, said[0], said[1], (raw[0], raw[1]))
    if not rows and list(old) != list(new):
        yield _order(subject, what, ", ".join(m.target for m in old), ", ".join(m.target for m in new))


def _in_list(subject: Subject, what: Said, old: Said | None, new: Said | None, raw: tuple[str, str]) -> Change:
    """One thing of a list is new, gone or another."""
    if old is not None and new is not None:
        return difference(subject, what, old, new, raw)
    one = new or old or Said("", "")
    en, zh = ("added", "新增") if new is not None else ("removed", "去掉")
    sentence = Said(f"{what.en}: {subject.label.en} {en} {one.en}", f"{what.zh}：{subject.label.zh} {zh} {one.zh}")
    return told(subject, "changed", what, sentence, raw)


def _order(subject: Subject, what: Said, old: str, new: str) -> Change:
    named = Said(f"{what.en}, order", f"{what.zh}的顺序")
    return difference(subject, named, Said(old, old), Said(new, new), (old, new))


def _listeners(subject: Subject, old: Sequence[Listener], new: Sequence[Listener]) -> Iterator[Change]:
    what = aspects.of("listener").what

    def said(one: Listener | None) -> Said | None:
        if one is None:
            return None
        at = aspects.LISTENED.get(one.event, Said(one.event, one.event))
        return Said(f"{at.en} {one.name}", f"{at.zh} {one.name}")

    rows = paired(old, new, lambda one: one.name)
    for before, after in rows:
        first, second = said(before), said(after)
        if first == second:
            first, second = Said(repr(before), repr(before)), Said(repr(after), repr(after))
        raw = tuple("" if one is None else f"{one.event} {one.name}" for one in (before, after))
        yield _in_list(subject, what, first, second, (raw[0], raw[1]))
    if not rows and reordered([repr(one) for one in old], [repr(one) for one in new]):
        yield _order(subject, what, ", ".join(one.name for one in old), ", ".join(one.name for one in new))


def _fields(subject: Subject, old: Sequence[FormField], new: Sequence[FormField], words: Words) -> Iterator[Change]:
    what = aspects.of("field").what
    rows = paired(old, new, lambda one: one.id)
    for before, after in rows:
        if before is None or after is None:
            said = [None if one is None else words.say(one.label) for one in (before, after)]
            yield _in_list(subject, what, said[0], said[1], (before.id if before else "", after.id if after else ""))
            continue
        for part in fields(FormField):
            one, other = str(getattr(before, part.name)), str(getattr(after, part.name))
            if one != other:
                named = Said(f"{what.en} {after.label}, {part.name}", f"{what.zh} {after.label} {part.name}")
                yield difference(subject, named, Said(one, one), Said(other, other), (one, other))
    if not rows and list(old) != list(new):
        yield _order(subject, what, ", ".join(f.label for f in old), ", ".join(f.label for f in new))
