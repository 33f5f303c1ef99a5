"""What is different about the connections, leaving out what a new or removed step explains by itself."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from engine.core.compare import aspects
from engine.core.compare.change import Change, Said, Subject, difference, told
from engine.core.compare.nodes import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.core.compare.pairing import Pairs, Side
    from engine.core.model import Flow, Node

CONNECTION = aspects.of("connection").what


def match(pairs: Pairs) -> None:
    """Pair the flows: by id, else by their ends (and then the ones with the same condition first)."""
    old, new = pairs.old.flows, pairs.new.flows
    pairs.flows = {one: one for one in old if one in new}
    for exact in (True, False):
        taken = set(pairs.flows.values())
        free: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for flow in new.values():
            if flow.id not in taken:
                free[_key(flow, flow.source, flow.target, exact=exact)].append(flow.id)
        for flow in old.values():
            ends = pairs.nodes.get(flow.source, ""), pairs.nodes.get(flow.target, "")
            found = free.get(_key(flow, *ends, exact=exact))
            if flow.id not in pairs.flows and found:
                pairs.flows[flow.id] = found.pop(0)


def _key(flow: Flow, source: str, target: str, *, exact: bool) -> tuple[str, ...]:
    return (source, target, flow.condition, flow.name) if exact else (source, target)


def changes(pairs: Pairs) -> Iterator[Change]:
    """List what is different about the flows of all processes."""
    come = set(pairs.new.nodes) - set(pairs.nodes.values())
    gone = set(pairs.old.nodes) - set(pairs.nodes)
    back = {new: old for old, new in pairs.nodes.items()}
    taken = set(pairs.flows.values())
    added = [flow for flow in pairs.new.flows.values() if flow.id not in taken]
    for old in pairs.old.flows.values():
        new = pairs.new.flows.get(pairs.flows.get(old.id, ""))
        yield from _flow(pairs, old, new, come, gone)
    for flow in added:
        yield from _added(pairs, flow, come, gone, back)


def _flow(pairs: Pairs, old: Flow, new: Flow | None, come: set[str], gone: set[str]) -> Iterator[Change]:
    ends = pairs.nodes.get(old.source, ""), pairs.nodes.get(old.target, "")
    if new is not None and ends == (new.source, new.target):
        yield from _texts(pairs, old, new)
        return
    first = None
    if all(ends):
        first = _way(pairs.new, ends[0], ends[1], come)
    if first is not None:  # a new step lies in between: only another condition is worth a line
        yield from _texts(pairs, old, first)
    elif new is None:
        if (old.source not in gone and old.target not in gone) or (
            old.source not in gone and old.condition and not _bridged(pairs, old, gone)
        ):
            yield _come_or_gone(pairs, old, added=False)
    elif (old.target in gone and _bridges(pairs, old, new, gone)) or _left_behind(pairs, old, new, gone):
        yield from _texts(pairs, old, new)
    else:
        yield _reconnected(pairs, old, new)
        yield from _texts(pairs, old, new)


def _left_behind(pairs: Pairs, old: Flow, new: Flow, gone: set[str]) -> bool:
    """Tell whether a flow only hangs loose because its step is gone."""
    ends = ((old.source, new.source), (old.target, new.target))
    return all(pairs.nodes.get(a) == b or (a in gone and b not in pairs.new.nodes) for a, b in ends)


def _added(pairs: Pairs, flow: Flow, come: set[str], gone: set[str], back: Mapping[str, str]) -> Iterator[Change]:
    source, target = back.get(flow.source, ""), back.get(flow.target, "")
    if flow.source in come or flow.target in come:
        told_by_step = flow.source in come or not flow.condition or _of_a_way(pairs, flow, come, back)
        if not told_by_step:
            yield _come_or_gone(pairs, flow, added=True)
        return
    first = _way(pairs.old, source, target, gone) if source and target else None
    if first is not None:  # what lay in between is gone
        yield from _texts(pairs, first, flow)
        return
    yield _come_or_gone(pairs, flow, added=True)


def _way(side: Side, source: str, target: str, through: set[str]) -> Flow | None:
    """Find the first flow of a way from one node to another that leads only through these nodes, at least one."""
    for start in side.flows.values():
        if start.source != source or start.target not in through:
            continue
        seen, todo = {start.target}, [start.target]
        while todo:
            at = todo.pop()
            for flow in side.flows.values():
                if flow.source != at:
                    continue
                if flow.target == target:
                    return start
                if flow.target in through and flow.target not in seen:
                    seen.add(flow.target)
                    todo.append(flow.target)
    return None


def _bridged(pairs: Pairs, old: Flow, gone: set[str]) -> bool:
    """Tell whether a removed flow into a removed step goes on as another flow to what followed the step."""
    source = pairs.nodes.get(old.source, "")
    return any(
        flow.source == source and flow.condition == old.condition and _leads(pairs, old, flow.target, gone)
        for flow in pairs.new.flows.values()
    )


def _bridges(pairs: Pairs, old: Flow, new: Flow, gone: set[str]) -> bool:
    return pairs.nodes.get(old.source, "") == new.source and _leads(pairs, old, new.target, gone)


def _leads(pairs: Pairs, old: Flow, target: str, gone: set[str]) -> bool:
    """Tell whether an old flow led through removed steps to what is now called `target`."""
    back = next((one for one, other in pairs.nodes.items() if other == target), "")
    found = _way(pairs.old, old.source, back, gone) if back else None
    return found is not None and found.id == old.id


def _of_a_way(pairs: Pairs, flow: Flow, come: set[str], back: Mapping[str, str]) -> bool:
    """Tell whether a flow to a new step is the beginning of a way that was there before the step, as it was."""
    source = back.get(flow.source, "")
    for old in pairs.old.flows.values():
        target = pairs.nodes.get(old.target, "")
        if old.source == source and target and old.condition == flow.condition:
            first = _way(pairs.new, flow.source, target, come)
            if first is not None and first.id == flow.id:
                return True
    return False


def subject_of(pairs: Pairs, side: Side, flow: Flow) -> Subject:
    """What a line about a flow is about: its name, else its ends."""
    source, target = pairs.label(side, flow.source), pairs.label(side, flow.target)
    en, zh = f"{source.en} → {target.en}", f"{source.zh} → {target.zh}"
    if flow.name:
        name = pairs.words.say(flow.name)
        en, zh = f"“{name.en}” ({en})", f"“{name.zh}”（{zh}）"
    return Subject(flow.id, flow.name, "sequenceFlow", Said(en, zh))


def _texts(pairs: Pairs, old: Flow, new: Flow) -> Iterator[Change]:
    subject = subject_of(pairs, pairs.new, new)._replace(old_id=old.id if old.id != new.id else "")
    if old.condition != new.condition:
        yield plain(subject, "condition", old.condition, new.condition, pairs.words)
    if old.name != new.name:
        ends = subject_of(pairs, pairs.new, _unnamed(new))
        named = Said("Name of the connection", "连线名称")
        yield plain(subject._replace(label=ends.label), "name", old.name, new.name, pairs.words, what=named)


def _unnamed(flow: Flow) -> Flow:
    return type(flow)(flow.id, flow.source, flow.target, flow.scope)


def _come_or_gone(pairs: Pairs, flow: Flow, *, added: bool) -> Change:
    side = pairs.new if added else pairs.old
    subject = subject_of(pairs, side, flow)
    condition = aspects.value("feel", flow.condition, pairs.words) if flow.condition else Said("", "")
    en, zh = ("New connection", "新增连线") if added else ("Removed connection", "删除连线")
    sentence = Said(
        f"{en}: {subject.label.en}" + (f", if {condition.en}" if condition.en else ""),
        f"{zh}：{subject.label.zh}" + (f"，条件 {condition.zh}" if condition.zh else ""),
    )
    raw = ("", subject.label.zh) if added else (subject.label.zh, "")
    return told(subject, "added" if added else "removed", CONNECTION, sentence, raw)


def _reconnected(pairs: Pairs, old: Flow, new: Flow) -> Change:
    before = subject_of(pairs, pairs.old, _unnamed(old)).label
    after = subject_of(pairs, pairs.new, _unnamed(new)).label
    subject = Subject(new.id, new.name, "sequenceFlow", old_id=old.id if old.id != new.id else "")
    sentence = Said(f"Connection: {before.en} now leads {after.en}", f"连线：{before.zh} 改接为 {after.zh}")
    return told(subject, "moved", CONNECTION, sentence, (before.zh, after.zh))


def defaults(pairs: Pairs, old: Node, new: Node) -> Iterator[Change]:
    """Compare the default flow of a gateway or activity by what it leads to, and the order of its conditions."""
    was, now = pairs.old.flows.get(old.default), pairs.new.flows.get(new.default)
    same = pairs.flows.get(old.default, "") == new.default or _same_way(pairs, was, now)
    if not same or (old.default != new.default and was is now is None):
        before = pairs.label(pairs.old, was.target) if was else Said(old.default, old.default)
        after = pairs.label(pairs.new, now.target) if now else Said(new.default, new.default)
        what = aspects.of("default").what
        yield difference(pairs.subject(new, old_id=old.id), what, before if old.default else None,
                         after if new.default else None, (old.default, new.default))  # fmt: skip
    if new.type == "exclusiveGateway":
        yield from _order(pairs, old, new)


def _same_way(pairs: Pairs, old: Flow | None, new: Flow | None) -> bool:
    """Tell whether two flows with different ids are one way, with a step put in or taken out."""
    if old is None or new is None:
        return old is new
    come, gone = set(pairs.new.nodes) - set(pairs.nodes.values()), set(pairs.old.nodes) - set(pairs.nodes)
    target = pairs.nodes.get(old.target, "")
    first = _way(pairs.new, new.source, target, come) if target else None
    return (first is not None and first.id == new.id) or (old.target in gone and _bridges(pairs, old, new, gone))


def _order(pairs: Pairs, old: Node, new: Node) -> Iterator[Change]:
    tried = [f for f in old.outgoing if f in pairs.flows and pairs.flows[f] in new.outgoing and f != old.default]
    before = [pairs.flows[f] for f in tried]
    after = [f for f in new.outgoing if f in before and f != new.default]
    before = [f for f in before if f in after]
    if before != after:

        def said(ids: list[str]) -> Said:
            ends = [pairs.label(pairs.new, pairs.new.flows[i].target) for i in ids]
            return Said(", ".join(e.en for e in ends), "、".join(e.zh for e in ends))

        yield difference(pairs.subject(new, old_id=old.id), aspects.of("order").what, said(before), said(after),
                         (", ".join(before), ", ".join(after)))  # fmt: skip
