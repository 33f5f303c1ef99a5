"""Which element of the new diagram is which of the old one: by id, else by what is written in it where that is safe."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.core.compare.aspects import type_of
from engine.core.compare.change import Said, Subject, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from engine.core.model import Artifact, Flow, Lane, Model, Node, Process


@dataclass
class Side:
    """One of the two files, with its parts by id."""

    model: Model
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    lanes: dict[str, Lane] = field(default_factory=dict)
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    process_of: dict[str, Process] = field(default_factory=dict)

    @classmethod
    def of(cls, model: Model) -> Side:
        """Put the parts of all processes of a file together."""
        side = cls(model)
        for process in model.processes.values():
            side.nodes.update(process.nodes)
            side.flows.update(process.flows)
            side.lanes.update({lane.id: lane for lane in process.lanes})
            side.process_of.update(dict.fromkeys((process.id, *process.nodes, *process.flows), process))
        side.artifacts = {artifact.id: artifact for artifact in model.artifacts}
        return side

    def label(self, node_id: str) -> Said:
        """How a sentence calls a node; its names are translated by `Pairs.label`."""
        node = self.nodes.get(node_id)
        if node is None:
            return Said(node_id, node_id)
        if node.name:
            return Said(node.name, node.name)
        kind = type_of(node.type)
        return Said(f"{kind.en} {node.id}", f"{kind.zh} {node.id}")


@dataclass
class Pairs:
    """Both files, and the old ids with their new ones."""

    old: Side
    new: Side
    words: Words
    processes: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)
    lanes: dict[str, str] = field(default_factory=dict)
    flows: dict[str, str] = field(default_factory=dict)

    def scope(self, old_id: str) -> str:
        """Give the new id of an old process or sub-process."""
        return self.nodes.get(old_id) or self.processes.get(old_id) or old_id

    def label(self, side: Side, node_id: str) -> Said:
        """How a sentence calls a node, in both languages."""
        found = side.label(node_id)
        node = side.nodes.get(node_id)
        return Said(self.words.english(found.en), found.zh) if node is not None and node.name else found

    def subject(self, node: Node, *, old_id: str = "") -> Subject:
        """What a line about a node of the new file (of the old one for what is gone) is about."""
        side = self.new if self.new.nodes.get(node.id) is node else self.old
        return Subject(node.id, node.name, node.type, self.label(side, node.id), old_id if old_id != node.id else "")


def pair(old: Model, new: Model, words: Words) -> Pairs:
    """Find out which is which."""
    pairs = Pairs(Side.of(old), Side.of(new), words)
    pairs.processes = _processes(old, new)
    pairs.lanes = match(
        pairs.old.lanes, pairs.new.lanes, (lambda lane, mine: lane.name if not mine or lane.name else None,)
    )
    pairs.nodes = match(pairs.old.nodes, pairs.new.nodes, ())
    _renamed_nodes(pairs)
    return pairs


def _processes(old: Model, new: Model) -> dict[str, str]:
    found = {key: key for key in old.processes if key in new.processes}
    left, right = [k for k in old.processes if k not in found], [k for k in new.processes if k not in found]
    if len(left) == len(right) == 1:
        found[left[0]] = right[0]
    return found


def match(
    old: Mapping[str, Any], new: Mapping[str, Any], keys: Iterable[Callable[[Any, bool], Hashable | None]]
) -> dict[str, str]:
    """Pair what has the same id, then what alone has the same key on both sides (None: cannot be told by it)."""
    found = {one: one for one in old if one in new}
    for key in keys:
        taken = set(found.values())
        left = _alone({i: key(o, True) for i, o in old.items() if i not in found})
        right = _alone({i: key(o, False) for i, o in new.items() if i not in taken})
        found.update({one: right[k] for k, one in left.items() if k in right})
    return found


def _alone(keys: Mapping[str, Hashable | None]) -> dict[Hashable, str]:
    by_key: dict[Hashable, list[str]] = defaultdict(list)
    for one, key in keys.items():
        if key is not None:
            by_key[key].append(one)
    return {key: ids[0] for key, ids in by_key.items() if len(ids) == 1}


def _renamed_nodes(pairs: Pairs) -> None:
    """Recognise nodes whose id was changed: the only one of its kind and name, else of its kind and neighbours."""

    def by_name(node: Node, is_old: bool) -> Hashable | None:
        scope = pairs.scope(node.scope) if is_old else node.scope
        return (node.type, scope, node.name) if node.name else None

    def by_place(node: Node, is_old: bool) -> Hashable | None:
        if node.name:
            return None
        side, known = (pairs.old, pairs.nodes) if is_old else (pairs.new, {i: i for i in pairs.new.nodes})
        before = [known.get(side.flows[flow].source) for flow in node.incoming]
        after = [known.get(side.flows[flow].target) for flow in node.outgoing]
        host = known.get(node.attached_to) if node.attached_to else ""
        around = [*before, *after, host]
        if not (before or after) or None in around:
            return None
        return (node.type, node.documentation, tuple(map(str, before)), tuple(map(str, after)), str(host))

    for key in (by_name, by_place, by_name):
        extra = match(
            {i: n for i, n in pairs.old.nodes.items() if i not in pairs.nodes},
            {i: n for i, n in pairs.new.nodes.items() if i not in set(pairs.nodes.values())},
            (key,),
        )
        pairs.nodes.update(extra)
