"""Compile a diagram into shared, unchanging SpiffWorkflow specs: one `Program` per deployed version."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec

from engine.core import events, nodes, scopes
from engine.core.model import SUBPROCESS_TYPES
from engine.core.reach import sources
from engine.errors import N_, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.model import Model, Node, Process

GATEWAYS: dict[str, type[nodes.NodeSpec]] = {
    "exclusiveGateway": nodes.ExclusiveGateway,
    "parallelGateway": nodes.ParallelGateway,
    "inclusiveGateway": nodes.InclusiveGateway,
    "eventBasedGateway": nodes.EventGateway,
}


@dataclass(frozen=True)
class Start:
    """One start event of a process: how it starts and what it waits for."""

    element_id: str
    kind: str
    name: str = ""
    expression: str = ""
    timer: str = ""


@dataclass(frozen=True)
class Program:
    """A compiled process. `scopes` holds one spec per process or sub-process, `specs` one per element."""

    definition_id: str
    model: Model
    process: Process
    scopes: dict[str, BpmnProcessSpec]
    specs: dict[str, Any]
    starts: dict[str, tuple[str, ...]]
    watchers: dict[str, tuple[str, ...]]
    compensation: dict[str, str]
    links: dict[tuple[str, str], str]
    _reach: dict[tuple[str, str, bool], frozenset[str]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def key(self) -> str:
        """The process id: what callers start it by."""
        return self.process.id

    @property
    def name(self) -> str:
        """The name people read."""
        return self.process.name or self.process.id

    def event_subprocesses(self, scope: str) -> Iterator[Any]:
        """Give the specs of the event sub-processes of a scope."""
        for name in self.watchers[scope]:
            yield self.specs[name]

    def start_events(self) -> list[Start]:
        """List what can start the process from outside."""
        found = []
        for node in self.process.inside(self.process.id):
            if node.type == "startEvent":
                event = node.event
                if event is None:
                    found.append(Start(node.id, "none"))
                else:
                    found.append(Start(node.id, event.kind, event.name, event.expression, event.timer))
        return found

    def reach(self, gateway: str, flow_id: str, *, by_border: bool) -> frozenset[str]:
        """Name the elements from which a token can come to this incoming flow without passing the gateway.

        `by_border` counts the ways over boundary events too.
        """
        key = (gateway, flow_id, by_border)
        if key not in self._reach:
            self._reach[key] = sources(self.process, gateway, flow_id, by_border=by_border)
        return self._reach[key]


def compile_model(model: Model, definition_id: str, key: str = "") -> Program:
    """Compile one process of a checked model: the one named `key`, else the first executable one."""
    process = model.processes.get(key) if key else next((p for p in model.processes.values() if p.executable), None)
    if process is None:
        raise NotFoundError(N_("The file has no executable process {key}."), key=key)
    scope_ids = [process.id, *(n.id for n in process.nodes.values() if n.type in SUBPROCESS_TYPES)]
    wf_specs = {scope: _empty_spec(scope) for scope in scope_ids}
    specs = {node.id: _spec(node, wf_specs[node.scope], process) for node in process.nodes.values()}
    for node in process.nodes.values():
        specs[node.id].boundaries = tuple(specs[b.id] for b in process.boundaries(node.id))
        if node.event_subprocess:
            inner = [n for n in process.inside(node.id) if n.type == "startEvent"]
            specs[node.id].start = specs[inner[0].id]
    return Program(
        definition_id=definition_id,
        model=model,
        process=process,
        scopes=wf_specs,
        specs=specs,
        starts={scope: tuple(_starts(process, scope)) for scope in scope_ids},
        watchers={scope: tuple(n.id for n in process.inside(scope) if n.event_subprocess) for scope in scope_ids},
        compensation=_handlers(model, process),
        links={
            (n.scope, n.event.name): n.id
            for n in process.nodes.values()
            if n.type == "intermediateCatchEvent" and n.event is not None and n.event.kind == "link"
        },
    )


class _Anchor(BpmnTaskSpec):  # type: ignore[misc]
    """The root of a scope's token tree: it does nothing and nothing leads to or from it."""

    def test(self) -> None:
        """Nothing to test."""

    def _predict(self, my_task: Any, *_args: Any, **_kwargs: Any) -> None:
        """Predict nothing."""


def _empty_spec(name: str) -> BpmnProcessSpec:
    spec = BpmnProcessSpec(name)
    spec.task_specs.clear()  # the library's own Start and End would collide with elements of these ids
    spec.start = _Anchor(spec, "")
    spec.task_specs.clear()
    return spec


def _spec(node: Node, wf_spec: BpmnProcessSpec, process: Process) -> nodes.NodeSpec:
    return _class_of(node)(wf_spec, node, process)


def _class_of(node: Node) -> type[nodes.NodeSpec]:
    topic = bool(node.attributes.get("topic"))
    simple: dict[str, type[nodes.NodeSpec]] = {
        **GATEWAYS,
        "userTask": nodes.UserTask,
        "manualTask": nodes.UserTask,
        "serviceTask": nodes.ServiceTask,
        "sendTask": nodes.ServiceTask if topic else nodes.SendTask,
        "businessRuleTask": nodes.ServiceTask if topic else nodes.BusinessRuleTask,
        "receiveTask": events.CatchEvent,
        "callActivity": scopes.CallActivity,
        "startEvent": events.StartEvent,
        "intermediateCatchEvent": events.CatchEvent,
        "boundaryEvent": events.BoundaryEvent,
        "intermediateThrowEvent": events.ThrowEvent,
        "endEvent": events.ThrowEvent,
    }
    if node.type in SUBPROCESS_TYPES:
        return events.EventSubProcess if node.event_subprocess else scopes.SubProcess
    return simple.get(node.type, nodes.NodeSpec)


def _starts(process: Process, scope: str) -> Iterator[str]:
    """Name where a scope begins: its none start events, else every element that nothing leads to (implicit start)."""
    inside = process.inside(scope)
    begins = [n for n in inside if n.type == "startEvent"]
    if begins:
        yield from (n.id for n in begins if n.event is None)
        return
    for node in inside:
        free = not node.incoming and not node.event_subprocess and not node.is_compensation
        link = node.type == "intermediateCatchEvent" and node.event is not None and node.event.kind == "link"
        if free and node.type != "boundaryEvent" and not link:
            yield node.id


def _handlers(model: Model, process: Process) -> dict[str, str]:
    """Map each activity with a compensation boundary event to the handler its association points at."""
    found = {}
    for node in process.nodes.values():
        if node.type == "boundaryEvent" and node.event is not None and node.event.kind == "compensation":
            targets = [a.target for a in model.artifacts if a.type == "association" and a.source == node.id]
            targets += [process.flows[f].target for f in node.outgoing]
            if targets:
                found[node.attached_to] = targets[0]
    return found
