"""Circles: those that nothing leads out of, and those in which nobody waits (a livelock, spelled out)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.lint.known import about
from engine.core.model import SUBPROCESS_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.findings import Finding
    from engine.core.model import Node, Process

WAITING_TYPES = frozenset(
    {"userTask", "manualTask", "serviceTask", "receiveTask", "intermediateCatchEvent", "callActivity"}
)
ENDING = frozenset({"terminate", "error", "cancel"})


def check_circles(process: Process, scope: str, inside: list[Node], reached: set[str]) -> Iterator[Finding]:
    """Tell circles that nothing leads out of, and those in which no element ever waits."""
    trapped = _trapped(process, scope, inside, reached)
    if trapped:
        yield _endless(process, inside, trapped)
    quick = {n.id for n in inside if n.id not in trapped and not _waits(process, n)}
    done: set[str] = set()
    for node in inside:
        if node.id not in quick or node.id in done:
            continue
        path = _circle_from(process, node.id, quick)
        done |= set(path)
        if path:
            names = " → ".join(process.nodes[n].name or n for n in path)
            yield about(
                node,
                "livelock",
                "warning",
                f"The circle {names} never waits for anyone. Put a user task or a timer into it.",
                f"循环“{names}”中没有任何等待。请在里面放一个人工任务或定时器。",
            )


def _trapped(process: Process, scope: str, inside: list[Node], reached: set[str]) -> set[str]:
    """Name the elements from which no way leads to an end, unless something else can end the scope."""
    ends = [n for n in inside if n.id in reached and n.event is not None and n.type == "endEvent"]
    ended = any(n.event is not None and n.event.kind in ENDING for n in ends)
    around = [b for b in process.boundaries(scope) if b.interrupting and b.event and b.event.kind != "compensation"]
    events = [s for n in inside if n.event_subprocess for s in process.inside(n.id) if s.type == "startEvent"]
    if ended or around or any(s.interrupting for s in events):
        return set()
    before: dict[str, set[str]] = {}
    for node in inside:
        following = [process.flows[f].target for f in node.outgoing]
        following += [b.id for b in process.boundaries(node.id)]
        for name in following:
            before.setdefault(name, set()).add(node.id)
    here = {n.id for n in inside}
    waiting = [n.id for n in inside if not n.outgoing or any(process.flows[f].target not in here for f in n.outgoing)]
    free: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in free:
            free.add(name)
            waiting += before.get(name, ())
    return {n.id for n in inside if n.id in reached and n.id not in free}


def _endless(process: Process, inside: list[Node], trapped: set[str]) -> Finding:
    name = next(n.id for n in inside if n.id in trapped and n.type != "startEvent")
    path = [name]
    while path.count(name) == 1:
        name = process.flows[process.nodes[name].outgoing[0]].target
        path.append(name)
    circle = path[path.index(name) :]
    node = process.nodes[circle[0]]
    waits = any(_waits(process, process.nodes[n]) for n in circle)
    names = " → ".join(process.nodes[n].name or n for n in circle)
    return about(
        node,
        "livelock",
        "warning" if waits else "error",
        f"Nothing leads out of the circle {names}: it never ends"
        + ("" if waits else ", and the engine stops it because nobody waits in it")
        + ". Draw a way out, with a gateway.",
        f"循环“{names}”没有出口，永远不会结束"
        + ("" if waits else "；里面又没有任何等待，引擎会强行停下")
        + "。请用网关画出离开循环的路。",
    )


def _waits(process: Process, node: Node) -> bool:
    if node.type in SUBPROCESS_TYPES:
        return any(_waits(process, n) for n in process.inside(node.id))
    link = node.event is not None and node.event.kind == "link"
    return (node.type in WAITING_TYPES and not link) or bool(node.attributes.get("topic"))


def _circle_from(process: Process, start: str, quick: set[str]) -> list[str]:
    stack = [(start, [start])]
    seen: set[str] = set()
    while stack:
        name, path = stack.pop()
        for flow in process.nodes[name].outgoing:
            target = process.flows[flow].target
            if target == start:
                return [*path, start]
            if target in quick and target not in seen:
                seen.add(target)
                stack.append((target, [*path, target]))
    return []
