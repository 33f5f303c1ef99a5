"""From where a token can still come: what an inclusive join has to wait for (BPMN 2.0 §13.4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.core.model import Process


def sources(process: Process, gateway: str, flow_id: str, *, by_border: bool) -> frozenset[str]:
    """Name the elements from which a token can come to this incoming flow without passing the gateway.

    `by_border` counts the ways over boundary events too.
    """
    found: set[str] = set()
    stack = [process.flows[flow_id].source]
    while stack:
        name = stack.pop()
        if name in found or name == gateway:
            continue
        found.add(name)
        node = process.nodes[name]
        stack += [process.flows[f].source for f in node.incoming]
        if node.type == "boundaryEvent" and by_border and node.attached_to in process.nodes:
            stack.append(node.attached_to)
        if node.type == "intermediateCatchEvent" and node.event is not None and node.event.kind == "link":
            stack += [
                n.id
                for n in process.nodes.values()
                if n.type == "intermediateThrowEvent" and n.event is not None and n.event.kind == "link"
                and n.event.name == node.event.name and n.scope == node.scope
            ]  # fmt: skip
    return frozenset(found)
