"""Judge a diagram before it may run: what is missing, what has no effect, what this engine refuses (ENGINE.md §1).

An error stops the deployment; a warning says what people usually want to know. Every finding names the element, says
what is wrong and what to change, in English and in Chinese. Rules about one element are in `lint_elements`, about
expressions in `lint_expressions`; this module has those about the whole and puts them together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.findings import Finding, errors_first
from engine.core.lint_elements import check_element
from engine.core.lint_expressions import check_expressions
from engine.core.lint_known import Known, about
from engine.core.soundness import check_soundness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.model import Model, Node, Process

__all__ = ["Known", "check"]

MAX_NODES = 1_000
WAITING_TYPES = frozenset(
    {"userTask", "manualTask", "serviceTask", "receiveTask", "intermediateCatchEvent", "callActivity", "subProcess"}
)


def check(model: Model, known: Known) -> list[Finding]:
    """List every finding about a model, errors first."""
    found = list(_file(model))
    for process in model.processes.values():
        if process.executable:
            found += _process(process)
            for node in process.nodes.values():
                found += check_element(process, node, known)
            found += check_expressions(process)
            found += _places(process)
    return errors_first(found)


def _file(model: Model) -> Iterator[Finding]:
    if not any(p.executable for p in model.processes.values()):
        yield Finding(
            next(iter(model.processes), ""),
            "no-process",
            "error",
            "The file has no executable process. Draw one, or tick Executable in its properties.",
            "文件里没有可执行的流程。请画一个流程,或在属性里勾选“可执行”。",
        )
    for name in model.duplicate_ids:
        yield Finding(
            name,
            "duplicate-id",
            "error",
            f"The id {name} is used twice. Give one of the elements another id.",
            f"编号 {name} 用了两次。请给其中一个元素换个编号。",
        )


def _process(process: Process) -> Iterator[Finding]:
    if len(process.nodes) > MAX_NODES:
        yield Finding(
            process.id,
            "too-many-elements",
            "error",
            f"The process has {len(process.nodes)} elements; at most {MAX_NODES} run. Use called processes.",
            f"流程有 {len(process.nodes)} 个元素,最多 {MAX_NODES} 个。请拆成调用流程。",
            process.name,
        )
    if not process.nodes:
        yield Finding(process.id, "empty-process", "error", "The process is empty.", "流程是空的。", process.name)
    for flow in process.flows.values():
        source, target = process.nodes.get(flow.source), process.nodes.get(flow.target)
        if source is None or target is None:
            yield Finding(
                flow.id,
                "dangling-flow",
                "error",
                f"The flow leads from {flow.source or 'nowhere'} to {flow.target or 'nowhere'}; one end is missing. "
                "Connect both ends.",
                f"连线从“{flow.source}”到“{flow.target}”,有一端不存在。请把两端都连上。",
                flow.name,
                line=flow.line,
            )
        elif source.scope != target.scope:
            yield Finding(
                flow.id,
                "flow-crosses-border",
                "error",
                "A sequence flow cannot cross the border of a sub-process. End it inside and go on outside.",
                "连线不能穿过子流程的边界。请在子流程内结束,再从外面继续。",
                flow.name,
                line=flow.line,
            )


def _places(process: Process) -> Iterator[Finding]:
    """Find where tokens cannot come to, never leave, or run in a circle."""
    scopes = [
        process.id,
        *(n.id for n in process.nodes.values() if any(m.scope == n.id for m in process.nodes.values())),
    ]
    for scope in scopes:
        inside = process.inside(scope)
        reached = _reached(process, inside)
        if inside and not reached:
            holder = process.nodes.get(scope)
            yield Finding(
                scope,
                "no-start",
                "error",
                "Nothing can start here: every element has an incoming flow. Add a start event.",
                "这里没有起点:每个元素都有进入的连线。请加一个开始事件。",
                holder.name if holder is not None else process.name,
            )
            continue
        for node in inside:
            if node.id not in reached:
                yield about(
                    node,
                    "unreachable",
                    "warning",
                    "No flow leads here, so it never runs. Connect it or delete it.",
                    "没有连线能走到这里,它永远不会执行。请连上或删除。",
                )
            if not node.outgoing and _is_dead_end(node):
                yield about(
                    node,
                    "dead-end",
                    "warning",
                    "Nothing follows; this path ends here. Add an end event if that is meant.",
                    "后面没有连线,这条路到此结束。如果确实如此,请补上结束事件。",
                )
        yield from _circles(process, inside)
        yield from check_soundness(process, scope)


def _is_dead_end(node: Node) -> bool:
    ends = node.type == "endEvent" or node.event_subprocess or node.is_compensation
    link = node.type == "intermediateThrowEvent" and node.event is not None and node.event.kind == "link"
    compensation = node.type == "boundaryEvent" and node.event is not None and node.event.kind == "compensation"
    return not (ends or link or compensation)


def _begins(node: Node) -> bool:
    if node.type == "startEvent" or node.event_subprocess or node.is_compensation:
        return True
    return not node.incoming and node.type not in {"boundaryEvent", "endEvent"} and not _needs_flow(node)


def _needs_flow(node: Node) -> bool:
    return node.type.endswith("Gateway")


def _reached(process: Process, inside: list[Node]) -> set[str]:
    starts = [n for n in inside if n.type == "startEvent"]
    stack = [n for n in inside if (n.type == "startEvent" or n.event_subprocess or n.is_compensation)]
    if not starts:
        stack += [n for n in inside if _begins(n)]
    links = {
        n.event.name: n
        for n in inside
        if n.type == "intermediateCatchEvent" and n.event is not None and n.event.kind == "link"
    }
    seen: set[str] = set()
    while stack:
        node = stack.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        stack += [process.nodes[process.flows[f].target] for f in node.outgoing]
        stack += process.boundaries(node.id)
        if node.event is not None and node.event.kind == "link" and node.event.name in links:
            stack.append(links[node.event.name])
    return seen


def _circles(process: Process, inside: list[Node]) -> Iterator[Finding]:
    """Warn of a circle in which no element ever waits: it runs until the engine stops it."""
    quick = {
        n.id
        for n in inside
        if n.type not in WAITING_TYPES and not (n.type.endswith("Task") and "topic" in n.attributes)
    }
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
