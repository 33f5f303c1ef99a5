"""Play a scope of a diagram through all its choices and find where it gets stuck, runs over or can never end.

An abstract token game: every gateway choice and every boundary event is possible, variables are ignored. It explores
at most `MAX_STATES` markings; a larger scope is left without an answer rather than with a guess. A finding tells the
path that leads to the place, spelled out with the names of the elements.
"""

from __future__ import annotations

from collections import deque
from itertools import chain, combinations
from typing import TYPE_CHECKING

from engine.core.lint.known import about
from engine.core.model import ACTIVITY_TYPES
from engine.core.reach import sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.core.findings import Finding
    from engine.core.model import Node, Process

MAX_STATES = 4_000
MAX_TOKENS_ON_A_FLOW = 3
MAX_CHOICES = 6
MAX_PATH = 12
MAX_CIRCLE = 5
AT_ONCE = frozenset({"task", "serviceTask", "sendTask", "businessRuleTask", "scriptTask", "intermediateThrowEvent"})

Marking = tuple[tuple[str, int], ...]  # flow id → tokens on it, sorted


def check_soundness(process: Process, scope: str) -> Iterator[Finding]:
    """Report deadlocks (a join that cannot complete) and tokens that pile up in one process or sub-process."""
    game = _Game(process, scope)
    came_from: dict[Marking, tuple[Marking, str] | None] = {}
    queue: deque[Marking] = deque()
    for first in game.starts():
        came_from.setdefault(first, None)
        queue.append(first)
    told: set[str] = set()
    while queue and len(came_from) <= MAX_STATES:
        marking = queue.popleft()
        steps = list(game.steps(marking))
        if marking and not steps:
            yield from _stuck(game, marking, _path(game, came_from, marking), told)
        for element, following in steps:
            over = next((f for f, count in following if count > MAX_TOKENS_ON_A_FLOW), "")
            if over:
                yield from _piles_up(game, over, _path(game, came_from, marking), told)
            elif following not in came_from:
                came_from[following] = (marking, element)
                queue.append(following)


class _Game:
    """The moves of one scope."""

    def __init__(self, process: Process, scope: str) -> None:
        self.process = process
        self.nodes = {n.id: n for n in process.inside(scope) if not n.event_subprocess and not n.is_compensation}
        self.reached: dict[tuple[str, str, bool], frozenset[str]] = {}
        self.passing: dict[str, bool] = {}
        self.links = {
            n.event.name: n
            for n in self.nodes.values()
            if n.type == "intermediateCatchEvent" and _is_link(n) and n.event
        }

    def starts(self) -> Iterator[Marking]:
        events = [n for n in self.nodes.values() if n.type == "startEvent"]
        entries = events or [n for n in self.nodes.values() if not n.incoming and n.type != "boundaryEvent"]
        plain = [n for n in events if n.event is None]
        for node in [n for n in events if n.event is not None] + (plain if len(plain) == 1 else []):
            yield from self.leave(node, {})
        if len(plain) > 1 or not events:  # they begin together
            entries = plain or entries
            tokens: dict[str, int] = {}
            for node in entries:
                _add(tokens, node.outgoing)
            yield self.freeze(tokens)

    def steps(self, marking: Marking) -> Iterator[tuple[str, Marking]]:
        """Give every element that can move and the marking after it; see `run.stuck` for the second look."""
        found = list(self.moves(marking, by_border=True))
        yield from found or self.moves(marking, by_border=False)

    def moves(self, marking: Marking, *, by_border: bool) -> Iterator[tuple[str, Marking]]:
        tokens = dict(marking)
        for node in self.nodes.values():
            for used in self.inputs(node, tokens, by_border=by_border):
                rest = dict(tokens)
                for flow in used:
                    rest[flow] -= 1
                for after in self.leave(node, rest):
                    yield node.id, after

    def inputs(self, node: Node, tokens: dict[str, int], *, by_border: bool) -> Iterator[list[str]]:
        held = [f for f in node.incoming if tokens.get(f, 0)]
        if node.type == "parallelGateway":
            if held and len(held) == len(node.incoming):
                yield held
        elif node.type == "inclusiveGateway" and len(node.incoming) > 1:
            if held and not self.still_coming(node, tokens, by_border=by_border):
                yield held
        else:
            yield from ([flow] for flow in held)

    def still_coming(self, gateway: Node, tokens: dict[str, int], *, by_border: bool) -> bool:
        """Tell whether a token elsewhere holds the inclusive join up; the same rule as `InclusiveGateway.look`."""
        filled = [f for f in gateway.incoming if tokens.get(f, 0)]
        empty = [f for f in gateway.incoming if not tokens.get(f, 0)]
        for flow, count in tokens.items():
            spot = self.process.flows[flow].target
            if not count or spot == gateway.id:
                continue
            comes = any(spot in self.reach(gateway.id, f, by_border=by_border) for f in empty)
            if comes and not any(spot in self.reach(gateway.id, f, by_border=not by_border) for f in filled):
                return True
        return False

    def reach(self, gateway: str, flow: str, *, by_border: bool) -> frozenset[str]:
        """Remember `sources`."""
        key = (gateway, flow, by_border)
        if key not in self.reached:
            self.reached[key] = sources(self.process, gateway, flow, by_border=by_border)
        return self.reached[key]

    def leave(self, node: Node, tokens: dict[str, int]) -> Iterator[Marking]:
        """Give the markings that can follow when the element has done its work."""
        for taken in self.choices(node):
            after = dict(tokens)
            _add(after, taken)
            yield self.freeze(after)
        if node.type in ACTIVITY_TYPES:
            for boundary in self.process.boundaries(node.id):
                if boundary.event is None or boundary.event.kind == "compensation":
                    continue
                after = dict(tokens)
                _add(after, boundary.outgoing)
                if not boundary.interrupting:
                    _add(after, node.outgoing)
                yield self.freeze(after)

    def choices(self, node: Node) -> Iterable[list[str]]:
        """Give the sets of flows that the element may leave by."""
        flows = node.outgoing
        link = node.event.name if node.event is not None and node.event.kind == "link" else ""
        if link in self.links and node.type == "intermediateThrowEvent":
            return [self.links[link].outgoing]
        if not flows:
            return [[]]
        if node.type in {"exclusiveGateway", "eventBasedGateway"}:
            return [[flow] for flow in flows]
        conditional = [f for f in flows if self.process.flows[f].condition or f == node.default]
        if node.type == "parallelGateway" or not conditional or len(flows) > MAX_CHOICES:
            return [flows]
        always = [f for f in flows if f not in conditional]
        sizes = range(0 if always else 1, len(conditional) + 1)
        subsets = chain.from_iterable(combinations(conditional, n) for n in sizes)
        return [[*always, *subset] for subset in subsets]

    def freeze(self, tokens: dict[str, int]) -> Marking:
        """Write a marking; what flows into an end event is gone at once, also through steps that nobody waits at."""
        return tuple(sorted((f, n) for f, n in tokens.items() if n and not self.ends(f)))

    def ends(self, flow: str) -> bool:
        """Tell whether what takes a flow is over without waiting for anything."""
        way: list[str] = []
        while flow not in self.passing:
            way.append(flow)
            self.passing[flow] = False  # on a way that leads back to itself
            node = self.process.nodes[self.process.flows[flow].target]
            through = node.type in AT_ONCE and not _is_link(node) and not self.process.boundaries(node.id)
            if node.type == "endEvent":
                self.passing[flow] = True
            elif through and len(node.outgoing) == 1:
                flow = node.outgoing[0]
        self.passing |= dict.fromkeys(way, self.passing[flow])
        return self.passing[flow]

    def label(self, name: str) -> str:
        return self.process.nodes[name].name or name


def _is_link(node: Node) -> bool:
    return node.event is not None and node.event.kind == "link"


def _add(tokens: dict[str, int], flows: Iterable[str]) -> None:
    for flow in flows:
        tokens[flow] = tokens.get(flow, 0) + 1


def _path(game: _Game, came_from: dict[Marking, tuple[Marking, str] | None], marking: Marking) -> str:
    names: list[str] = []
    at: Marking | None = marking
    while at is not None and (step := came_from[at]) is not None:
        at, element = step
        names.append(game.label(element))
    names.reverse()
    begun = names or [game.label(game.process.flows[flow].source) for flow, _count in marking]
    return " → ".join(begun if len(begun) <= MAX_PATH else ["…", *begun[-MAX_PATH:]])


def _stuck(game: _Game, marking: Marking, path: str, told: set[str]) -> Iterator[Finding]:
    for flow, _count in marking:
        node = game.process.nodes[game.process.flows[flow].target]
        if node.id not in game.nodes or node.id in told:
            continue
        told.add(node.id)
        missing = [f for f in node.incoming if f not in dict(marking)]
        lacking = ", ".join(game.label(game.process.flows[f].source) for f in missing)
        yield about(
            node,
            "deadlock",
            "error",
            f"This join can wait for ever: after {path} nothing comes from {lacking}. "
            "Join exclusive paths with an exclusive gateway, or split with a parallel one.",
            f"这个汇合可能永远等不齐：走完“{path}”之后，“{lacking}”不会再来。请用排他网关汇合，或用并行网关分开。",
            repair="inclusive-join" if node.type == "parallelGateway" and len(node.outgoing) <= 1 else "",
        )


def _piles_up(game: _Game, flow: str, path: str, told: set[str]) -> Iterator[Finding]:
    node = game.process.nodes[game.process.flows[flow].target]
    if node.id not in told:
        told.add(node.id)
        way = " → ".join(path.split(" → ")[-MAX_CIRCLE:])
        yield about(
            node,
            "piles-up",
            "warning",
            "This can run several times at once: the case comes back to where it began before the earlier run has "
            "ended. If that is not meant, let it begin only once, or join the paths before the way back. "
            f"The circle: {way}.",
            "这里可能同时跑好几份：前一份还没走完，流程又绕回来再发起一份。如果不想这样，请让它只发起一次，"
            f"或先汇合再绕回。绕的路：{way}。",
        )
