"""Rules about compensation and transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.lint.known import about

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.findings import Finding
    from engine.core.model import EventDefinition, Model, Node, Process

THROWING = frozenset({"endEvent", "intermediateThrowEvent"})


def inside(process: Process, scope: str) -> Iterator[Node]:
    """Give what lies in a process or sub-process, at any depth."""
    for node in process.inside(scope):
        yield node
        yield from inside(process, node.id)


def check_cancel(process: Process, node: Node, transaction: Node) -> Iterator[Finding]:
    """Say that a transaction can be cancelled and has no way on from there."""
    around = process.boundaries(transaction.id)
    if not any(b.event is not None and b.event.kind == "cancel" for b in around):
        name = transaction.name or transaction.id
        yield about(
            node,
            "cancel-without-boundary",
            "error",
            f"Nothing follows when {name} is cancelled. Put a cancel event on its border.",
            f"“{name}”取消之后没有后续。请在它的边上加一个取消边界事件。",
        )


def _compensable(process: Process, node: Node, target: str) -> bool:
    """Tell whether an activity lies in the scope that a throwing event compensates: around an event sub-process."""
    scope = node.scope
    holder = process.nodes.get(scope)
    if holder is not None and holder.event_subprocess:
        scope = holder.scope
    return process.nodes[target] in list(inside(process, scope))


def check_compensation(model: Model, process: Process, node: Node, event: EventDefinition) -> Iterator[Finding]:
    """Say what cannot be compensated: no handler, nothing to undo, or out of reach."""
    sources = {a.source for a in model.artifacts if a.type == "association" and a.target}
    if node.type == "boundaryEvent" and node.id not in sources and not node.outgoing:
        yield about(
            node,
            "compensation-without-handler",
            "error",
            "The compensation event leads to no handler. Connect it to the task that undoes the work.",
            "补偿事件没有连到任何处理任务。请把它连到撤销工作的任务上。",
        )
    elif node.type in THROWING:
        undone = [n for n in process.nodes.values() if n.type == "boundaryEvent" and n.event is not None]
        hosts = {n.attached_to for n in undone if n.event is not None and n.event.kind == "compensation"}
        target = event.activity_ref
        covered = {target, *(n.id for n in inside(process, target))} if target else hosts
        if target and target not in process.nodes:
            yield about(
                node,
                "unknown-activity",
                "error",
                f"There is no activity {target} to compensate. Choose another one, or none for all.",
                f"没有可补偿的活动“{target}”。请另选一个，或留空表示全部。",
            )
        elif target and not _compensable(process, node, target):
            yield about(
                node,
                "unknown-activity",
                "error",
                f"{target} lies outside: only what was done in the same process or sub-process can be compensated.",
                f"“{target}”在外面：只能补偿同一流程或子流程里完成的活动。",
            )
        elif not hosts & covered:
            yield about(
                node,
                "event-nobody-catches",
                "warning",
                "Nothing can be compensated: no activity has a compensation event on its border.",
                "没有可补偿的内容：没有活动带有补偿边界事件。",
            )
