"""Judge a diagram before it may run: what is missing, what has no effect, what this engine refuses (ENGINE.md §1).

An error stops the deployment; a warning says what people usually want to know. Every finding names the element, says
what is wrong and what to change, in English and in Chinese. Rules about a kind of element are in the module named after
it, `soundness` asks whether all that begins can end; this module has those about the whole and puts them together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.findings import Finding, errors_first
from engine.core.lint.activities import check_lanes
from engine.core.lint.circles import check_circles
from engine.core.lint.effects import check_effects
from engine.core.lint.elements import check_element
from engine.core.lint.events import check_answers
from engine.core.lint.expressions import check_expressions, check_juel
from engine.core.lint.flows import check_cycles, check_flows, check_places
from engine.core.lint.forms import check_drawn_forms
from engine.core.lint.known import Known, about
from engine.core.lint.soundness import check_soundness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.model import Flow, Model, Node, Process

__all__ = ["Known", "check"]

MAX_NODES = 1_000


def check(model: Model, known: Known) -> list[Finding]:
    """List every finding about a model, errors first."""
    found = list(_file(model))
    for process in _judged(model):
        found += _size(process)
        found += check_flows(process)
        found += check_lanes(process)
        for node in process.nodes.values():
            found += check_element(model, process, node, known)
        found += check_expressions(process, known)
        found += check_answers(model, process)
        found += check_cycles(process)
        found += check_effects(process)
        found += check_drawn_forms(process)
        found += _places(process)
    return errors_first([*found, *check_juel(model)])


def _judged(model: Model) -> list[Process]:
    """Choose the processes to judge: those that run, or all that are drawn when the owner has not made one run yet."""
    runs = [p for p in model.processes.values() if p.executable]
    return runs or [p for p in model.processes.values() if p.nodes]


def _file(model: Model) -> Iterator[Finding]:
    closed = [p for p in model.processes.values() if not p.executable and p.nodes]
    runs = any(p.executable for p in model.processes.values())
    if not runs and not closed:
        yield Finding(
            next(iter(model.processes), ""),
            "no-process",
            "error",
            "The file has no executable process. Draw one, or tick Executable in its properties.",
            "文件里没有可执行的流程。请画一个流程，或在属性里勾选“可执行”。",
        )
    for process in closed:
        yield Finding(
            process.id,
            "no-process" if not runs else "not-executable",
            "error" if not runs else "info",
            "The process is not executable, so it is only a picture. Tick Executable in its properties to run it.",
            "流程没有勾选“可执行”，只是一张图。要运行它，请在属性里勾选“可执行”。",
            process.name,
            line=process.line,
            repair=f"executable:{process.id}",
        )
    for name in model.duplicate_ids:
        yield Finding(
            name,
            "duplicate-id",
            "error",
            f"The id {name} is used twice. Give one of the elements another id.",
            f"编号 {name} 用了两次。请给其中一个元素换个编号。",
        )
    yield from _without_id(model)


def _without_id(model: Model) -> Iterator[Finding]:
    """Name each element without an id, and all flows together: no case ever waits on a flow."""
    flows = {flow.id for process in model.processes.values() for flow in process.flows.values()}
    for name in [n for n in model.given_ids if n not in flows]:
        yield Finding(
            name,
            "missing-id",
            "info",
            f"This element has no id and is called {name} here. Save the id in the file, so that open cases keep it.",
            f"这个元素没有编号，暂定为 {name}。请把编号存进文件，运行中的流程才能认得它。",
            repair="missing-id:",
        )
    nameless = [n for n in model.given_ids if n in flows]
    if nameless:
        yield Finding(
            nameless[0],
            "missing-id",
            "info",
            f"{len(nameless)} flows have no id. Save ids in the file, so that people and programs can name them.",
            f"有 {len(nameless)} 条连线没有编号。建议把编号存进文件，便于指明是哪一条。",
            repair="missing-id:",
        )


def _size(process: Process) -> Iterator[Finding]:
    if len(process.nodes) > MAX_NODES:
        yield Finding(
            process.id,
            "too-many-elements",
            "error",
            f"The process has {len(process.nodes)} elements; at most {MAX_NODES} run. Use called processes.",
            f"流程有 {len(process.nodes)} 个元素，最多 {MAX_NODES} 个。请拆成调用流程。",
            process.name,
        )
    if not process.nodes:
        yield Finding(
            process.id,
            "empty-process",
            "error",
            "The process is empty. Draw its steps.",
            "流程是空的。请画出步骤。",
            process.name,
        )


def _places(process: Process) -> Iterator[Finding]:
    """Find where tokens cannot come to, never leave, or run in a circle."""
    holders = {n.scope for n in process.nodes.values()}
    for scope in [process.id, *(n.id for n in process.nodes.values() if n.id in holders)]:
        inside = process.inside(scope)
        reached = _reached(process, inside)
        if inside and not reached:
            yield _no_start(process, scope, inside)
            continue
        yield from _loose_ends(scope, inside, reached)
        yield from check_places(process, scope, inside)
        yield from check_circles(process, scope, inside, reached)
        if all(process.nodes[f.target].scope == f.scope for f in process.flows.values() if _whole(process, f)):
            yield from check_soundness(process, scope)


def _no_start(process: Process, scope: str, inside: list[Node]) -> Finding:
    holder = process.nodes.get(scope)
    first = [n for n in inside if not n.incoming and n.type.endswith("Gateway")]
    return Finding(
        scope,
        "no-start",
        "error",
        "Nothing can start here: "
        + ("a gateway cannot come first" if first else "every element has an incoming flow")
        + ". Add a start event.",
        "这里没有起点：" + ("网关不能是第一个" if first else "每个元素都有进入的连线") + "。请加一个开始事件。",
        holder.name if holder is not None else process.name,
        line=holder.line if holder is not None else process.line,
        repair=f"start-event:{scope}" if first else "",
    )


def _loose_ends(scope: str, inside: list[Node], reached: set[str]) -> Iterator[Finding]:
    """Find what no flow leads to and what no flow leaves: where both are, a flow has probably been deleted."""
    has_end = any(n.type == "endEvent" for n in inside)
    ends = [n for n in inside if n.id in reached and not n.outgoing and has_end and _is_dead_end(n)]
    lost = [n for n in inside if n.id not in reached]
    broken = [n for n in ends if n.type != "boundaryEvent"]
    first = [n for n in lost if not n.incoming and n.type not in {"boundaryEvent", "startEvent"}]
    mend = "connect" if len(broken) == 1 and len(first) == 1 else ""
    for node in lost:
        if broken:
            label = ", ".join(n.name or n.id for n in broken)
            yield about(
                node,
                "unreachable",
                "error",
                f"No flow leads here, and nothing follows {label}: connect them? Or delete what is not needed.",
                f"没有连线能走到这里，而“{label}”之后断了：是否应把两者连上？不需要的请删除。",
                repair=mend if node in first else "",
            )
        else:
            yield about(
                node,
                "unreachable",
                "warning",
                "No flow leads here, so it never runs. Connect it or delete it.",
                "没有连线能走到这里，它永远不会执行。请连上或删除。",
            )
    for node in ends:
        connect = bool(lost) and node in broken
        yield about(
            node,
            "dead-end",
            "warning",
            "Nothing follows; this path ends here. Add an end event if that is meant.",
            "后面没有连线，这条路到此结束。如果确实如此，请补上结束事件。",
            repair="" if connect else "end-event",
            detail=scope,
        )


def _whole(process: Process, flow: Flow) -> bool:
    return flow.source in process.nodes and flow.target in process.nodes


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
