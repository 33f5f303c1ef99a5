"""Two versions of a diagram, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.compare import aspects, flows, nodes
from engine.core.compare.change import Change, Said, Subject, Words, come_or_gone, difference, told
from engine.core.compare.leftovers import drawn, leftovers
from engine.core.compare.pairing import Pairs, match, pair
from engine.core.model import SUBPROCESS_TYPES, Artifact, Node
from engine.core.parse import parse, read_xml
from engine.core.parse.node import RootElements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

ROOTS = {
    "message": Said("message", "消息"), "signal": Said("signal", "信号"), "error": Said("error", "错误"),
    "escalation": Said("escalation", "升级"),
}  # fmt: skip
PROCESS, POOL, LANE = Said("process", "流程"), Said("pool", "泳池"), Said("lane", "泳道")


def compare(old: bytes, new: bytes, words: Words) -> Iterator[Change]:
    """List what is different. Raises DeploymentRefused when one of them is not a readable diagram."""
    before, after = read_xml(old), read_xml(new)
    pairs = pair(parse(old), parse(new), words)
    flows.match(pairs)
    roots = RootElements.read(before), RootElements.read(after)
    told_roots = {ref: ref for ref in roots[0].by_id if roots[0].by_id[ref] != roots[1].by_id.get(ref, ("", ""))}
    told_roots = {
        ref: ref for ref in told_roots if ref in roots[1].by_id and roots[0].kinds[ref] == roots[1].kinds[ref]
    }
    found = [
        *_processes(pairs),
        *_nodes(pairs, frozenset(told_roots)),
        *flows.changes(pairs),
        *_lanes(pairs),
        *_roots(pairs, roots),
        *_artifacts(pairs),
    ]
    told_ids = {change.before_id for change in found} | {change.element_id for change in found}
    yield from found
    yield from _leftovers(pairs, before, after)
    yield from _quiet(pairs, before, after, told_ids)


# -- processes, pools, lanes ------------------------------------------------------------------------------------------


def _processes(pairs: Pairs) -> Iterator[Change]:
    old, new, words = pairs.old.model, pairs.new.model, pairs.words
    pools, pooled = ({p.id: p for p in model.participants} for model in (new, old))
    same = match(pooled, pools, (lambda p, mine: pairs.processes.get(p.process_ref) if mine else p.process_ref,))
    for pool in old.participants:
        now = pools.pop(same.get(pool.id, ""), None)
        subject = Subject(pool.id, pool.name, "participant", words.say(pool.name or pool.id))
        if now is None:
            yield come_or_gone(subject, POOL, Said("", ""), added=False)
            continue
        if pool.name != now.name:
            what = Said("Name of the pool", "泳池名称")
            yield nodes.plain(subject._replace(label=Said("", "")), "name", pool.name, now.name, words, what=what)
        if pairs.processes.get(pool.process_ref, pool.process_ref) != now.process_ref:
            yield nodes.plain(subject, "pool", pool.process_ref, now.process_ref, words)
    for pool in pools.values():
        subject = Subject(pool.id, pool.name, "participant", words.say(pool.name or pool.id))
        yield come_or_gone(subject, POOL, Said("", ""), added=True)
    for key, process in old.processes.items():
        if key not in pairs.processes:
            subject = Subject(key, process.name, "process", words.say(process.name or key))
            yield come_or_gone(subject, PROCESS, Said("", ""), added=False)
    for key, process in new.processes.items():
        if key not in pairs.processes.values():
            subject = Subject(key, process.name, "process", words.say(process.name or key))
            yield come_or_gone(subject, PROCESS, Said("", ""), added=True)
    for before, after in pairs.processes.items():
        yield from _process(pairs, before, after)


def _process(pairs: Pairs, old_key: str, new_key: str) -> Iterator[Change]:
    old, new, words = pairs.old.model.processes[old_key], pairs.new.model.processes[new_key], pairs.words
    subject = Subject(
        new_key, new.name, "process", words.say(new.name or new_key), old_key if old_key != new_key else ""
    )
    if old_key != new_key:
        yield nodes.plain(subject, "id", old_key, new_key, words, what=Said("Key of the process", "流程编号"))
    pooled = [next((p.name for p in m.participants if p.process_ref == k), "")
              for m, k in ((pairs.old.model, old_key), (pairs.new.model, new_key))]  # fmt: skip
    if old.name != new.name and [old.name, new.name] != pooled:
        what = Said("Name of the process", "流程名称")
        yield nodes.plain(subject._replace(label=Said("", "")), "name", old.name, new.name, words, what=what)
    if old.documentation != new.documentation:
        yield nodes.plain(subject, "documentation", old.documentation, new.documentation, words)
    if old.executable != new.executable:
        yield nodes.plain(subject, "executable", str(old.executable), str(new.executable), words)
    yield from nodes.mappings(subject, "", old.attributes, new.attributes, words)
    yield from nodes.mappings(subject, "property", old.properties, new.properties, words)


def _lanes(pairs: Pairs) -> Iterator[Change]:
    words, taken = pairs.words, set(pairs.lanes.values())
    for side, rest, added in (
        (pairs.old, [i for i in pairs.old.lanes if i not in pairs.lanes], False),
        (pairs.new, [i for i in pairs.new.lanes if i not in taken], True),
    ):
        for lane_id in rest:
            lane = side.lanes[lane_id]
            subject = Subject(lane_id, lane.name, "lane", words.say(lane.name or lane_id))
            yield come_or_gone(subject, LANE, Said("", ""), added=added)
    for before, after in pairs.lanes.items():
        old, new = pairs.old.lanes[before], pairs.new.lanes[after]
        subject = Subject(after, new.name, "lane", words.say(new.name or after), before if before != after else "")
        if old.name != new.name:
            what = Said("Role of the lane", "泳道角色")
            yield nodes.plain(subject._replace(label=Said("", "")), "name", old.name, new.name, words, what=what)
        elif pairs.lanes.get(old.parent, "") != new.parent:
            parents = [side.lanes[p].name if p in side.lanes else "" for side, p in
                       ((pairs.old, old.parent), (pairs.new, new.parent))]  # fmt: skip
            yield nodes.plain(subject, "parent", parents[0] or old.parent, parents[1] or new.parent, words)


# -- nodes that come and go -------------------------------------------------------------------------------------------


def _nodes(pairs: Pairs, told_roots: frozenset[str]) -> Iterator[Change]:
    back = {new: old for old, new in pairs.nodes.items()}
    for node in pairs.new.nodes.values():
        if node.id in back:
            old = pairs.old.nodes[back[node.id]]
            yield from nodes.changes(old, node, pairs, told_roots)
            yield from flows.defaults(pairs, old, node)
        elif node.scope not in pairs.new.nodes or node.scope in back:
            yield _come_or_gone(pairs, node, added=True)
    for node in pairs.old.nodes.values():
        if node.id not in pairs.nodes and (node.scope not in pairs.old.nodes or node.scope in pairs.nodes):
            yield _come_or_gone(pairs, node, added=False)


def _come_or_gone(pairs: Pairs, node: Node, *, added: bool) -> Change:
    side = pairs.new if added else pairs.old
    kind = aspects.type_of(node.type)
    parts = list(_details(pairs, node, added=added))
    before = [pairs.label(side, side.flows[f].source) for f in node.incoming]
    after = [pairs.label(side, side.flows[f].target) for f in node.outgoing]
    if before or after:
        parts.append(_between(before, after))
    detail = Said("; ".join(p.en for p in parts), "；".join(p.zh for p in parts))
    return come_or_gone(pairs.subject(node), kind, detail, added=added)


def _between(before: list[Said], after: list[Said]) -> Said:
    """Say where a step stands: 在“受理”与“派单”之间."""

    def several(names: list[Said]) -> Said:
        return Said(", ".join(f"“{n.en}”" for n in names), "、".join(f"“{n.zh}”" for n in names))

    first, last = several(before), several(after)
    if first.zh and last.zh:
        return Said(f"between {first.en} and {last.en}", f"在{first.zh}与{last.zh}之间")
    return Said(f"after {first.en}", f"在{first.zh}之后") if first.zh else Said(f"before {last.en}", f"在{last.zh}之前")


def _details(pairs: Pairs, node: Node, *, added: bool) -> Iterator[Said]:
    words, get = pairs.words, node.attributes.get
    if groups := get("candidateGroups") or get("assignee"):
        yield aspects.value("role", groups, words)
    elif node.type in {"userTask", "manualTask"} and node.lane:
        yield words.say(node.lane)
    for event in node.events:
        said = nodes.moment(event, words)
        kind = aspects.trigger(event.kind)
        yield Said(f"{kind.en} {said.en}".strip(), f"{kind.zh} {said.zh}".strip())
    if node.attached_to:
        host = pairs.label(pairs.new if added else pairs.old, node.attached_to)
        yield Said(f"on “{host.en}”", f"附着于“{host.zh}”")
    for key in ("formRef", "formKey", "dueDate", "topic", "decisionRef"):
        if text := get(key):
            aspect = aspects.of(key)
            said = aspects.value(aspect.style, text, words)
            yield Said(f"{aspect.what.en.lower()} {said.en}", f"{aspect.what.zh} {said.zh}")
    if node.called_element:
        yield aspects.value("process", node.called_element, words)
    if node.type in SUBPROCESS_TYPES:
        side = pairs.new if added else pairs.old
        count = sum(inner.scope == node.id for inner in side.nodes.values())
        yield Said(f"{count} elements inside", f"内含 {count} 个元素")


# -- messages, signals, errors; notes and other things that do not run ------------------------------------------------


def _roots(pairs: Pairs, roots: tuple[RootElements, RootElements]) -> Iterator[Change]:
    old, new = roots
    used = [{event.ref for node in side.nodes.values() for event in node.events} for side in (pairs.old, pairs.new)]
    for ref in dict.fromkeys([*old.by_id, *new.by_id]):
        before, after = old.by_id.get(ref), new.by_id.get(ref)
        kind = new.kinds.get(ref) or old.kinds[ref]
        users = [n for n in pairs.new.nodes.values() if any(event.ref == ref for event in n.events)]
        noun = ROOTS[kind]
        subject = Subject(users[0].id if users else ref, (after or before or ("",))[0], kind)
        if before is None or after is None:
            if ref not in used[after is not None]:
                name = pairs.words.say((after or before or ("", ""))[0] or ref)
                yield come_or_gone(subject._replace(label=name), noun, Said("not used", "未使用"), added=before is None)
        elif old.kinds[ref] == new.kinds[ref] and before != after:
            at = [pairs.label(pairs.new, n.id) for n in users]
            label = Said(", ".join(a.en for a in at), "、".join(a.zh for a in at))
            one, other = (r[0] if before[0] != after[0] else r[1] for r in (before, after))
            key = kind if before[0] != after[0] else "code"
            yield nodes.plain(subject._replace(label=label), key, one, other, pairs.words)
            if before[0] != after[0] and before[1] != after[1]:
                yield nodes.plain(subject._replace(label=label), "code", before[1], after[1], pairs.words)


def _artifacts(pairs: Pairs) -> Iterator[Change]:
    def key(one: Artifact, is_old: bool) -> tuple[str, ...]:
        ends = [(pairs.nodes.get(end, end) if is_old else end) for end in (one.source, one.target)]
        return (one.type, one.text, *ends)

    found = match(pairs.old.artifacts, pairs.new.artifacts, (key,))
    for old_id, one in pairs.old.artifacts.items():
        if old_id not in found:
            yield come_or_gone(_drawn(pairs, one), aspects.type_of(one.type), Said("", ""), added=False)
            continue
        other = pairs.new.artifacts[found[old_id]]
        subject, what = _drawn(pairs, other)._replace(old_id=old_id if old_id != other.id else ""), one.type
        if one.text != other.text or one.type != other.type:
            said = pairs.words
            raw = (one.text or one.type, other.text or other.type)
            yield nodes.plain(
                subject._replace(label=Said("", "")), "documentation", *raw, said, what=aspects.type_of(what)
            )
        elif key(one, True) != key(other, False) or pairs.scope(one.scope) != other.scope:
            before, after = _drawn(pairs, one, old=True).label, subject.label
            if before == after:
                before, after = Said(one.scope, one.scope), Said(other.scope, other.scope)
            yield difference(subject._replace(label=Said("", "")), aspects.type_of(what), before, after,
                             (before.zh, after.zh))  # fmt: skip
    for new_id, one in pairs.new.artifacts.items():
        if new_id not in found.values():
            yield come_or_gone(_drawn(pairs, one), aspects.type_of(one.type), Said("", ""), added=True)


def _drawn(pairs: Pairs, one: Artifact, *, old: bool = False) -> Subject:
    side = pairs.old if old or one.id not in pairs.new.artifacts else pairs.new
    label = pairs.words.say(one.text or one.id)
    if one.source or one.target:
        ends = [pairs.label(side, end) for end in (one.source, one.target)]
        label = Said(" – ".join(e.en for e in ends), " – ".join(e.zh for e in ends))
    return Subject(one.id, one.text, one.type, label)


# -- everything else --------------------------------------------------------------------------------------------------


def _leftovers(pairs: Pairs, before: etree._Element, after: etree._Element) -> Iterator[Change]:
    """Name what is different and is read by nobody here, so that nothing goes unnoticed."""
    old, new = leftovers(before), leftovers(after)
    ids = {**{i: i for i in old if i in new}, **pairs.processes, **pairs.lanes, **pairs.nodes, **pairs.flows}
    known = {*pairs.new.nodes, *pairs.new.flows, *pairs.new.lanes, *pairs.new.model.processes, *pairs.new.artifacts}
    come = known - set(ids.values())
    gone = {*pairs.old.nodes, *pairs.old.flows, *pairs.old.lanes, *pairs.old.artifacts} - set(ids)
    back = {other: one for one, other in ids.items()}
    for owner in dict.fromkeys([*(ids.get(one, one) for one in old if one not in gone), *new]):
        if owner in come:
            continue
        mine, other = old.get(back.get(owner, owner), {}), new.get(owner, {})
        node = pairs.new.nodes.get(owner)
        subject = pairs.subject(node) if node is not None else Subject(owner, label=Said(owner, owner))
        for place in dict.fromkeys([*mine, *other]):
            if mine.get(place) != other.get(place):
                name = place.removesuffix("#").rstrip("/")
                what = Said(f"Other setting {name}", f"其他设置 {name}")
                yield _other(subject, what, mine.get(place), other.get(place))


def _other(subject: Subject, what: Said, old: str | None, new: str | None) -> Change:
    def said(text: str | None) -> Said | None:
        return None if text is None else aspects.value("plain", text, Words()) if text else Said("it", "此项")

    return difference(subject, what, said(old), said(new), (old or "", new or ""))


def _quiet(pairs: Pairs, before: etree._Element, after: etree._Element, told_ids: set[str]) -> Iterator[Change]:
    """Say in one line that something is drawn otherwise, in another that flows have other ids."""
    one, other = drawn(before), drawn(after)
    ids = {**{i: i for i in one if i in other}, **pairs.flows, **pairs.nodes, **pairs.lanes, **pairs.processes}
    moved = [new for old, new in ids.items() if one.get(old) != other.get(new)]
    if not moved:
        come = set(other) - set(ids.values()) - told_ids
        gone = set(one) - set(ids) - told_ids
        inside = {*pairs.new.nodes, *pairs.new.flows, *pairs.old.nodes, *pairs.old.flows}
        moved = sorted(i for i in come | gone if i not in inside)
    if moved:
        what = Said("Drawing", "图形")
        count = len(moved)
        sentence = Said(f"The drawing was rearranged ({count})", f"图形位置有调整（{count} 处）")
        yield told(Subject("", label=Said("", "")), "layout", what, sentence, ("", ", ".join(moved)))
    renamed = [f"{a} → {b}" for a, b in pairs.flows.items() if a != b]
    if renamed:
        what = Said("Ids of connections", "连线编号")
        sentence = Said("Connections have other internal ids", "连线的内部编号有变，不影响运行")
        yield told(Subject(""), "layout", what, sentence, ("", ", ".join(renamed)))
