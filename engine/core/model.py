"""A BPMN diagram as plain data: what parse reads, normalise mends, lint judges, layout places and program compiles.

Element and attribute names are those of BPMN 2.0 and of Camunda 7's extension attributes. All nodes of a process are in
one dictionary, also those of nested sub-processes; `scope` says in which process or sub-process each lies.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

EventKind = Literal[
    "timer", "message", "signal", "error", "escalation", "conditional", "link", "terminate", "compensation", "cancel"
]
TASK_TYPES = frozenset(
    {"task", "userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "scriptTask"}
)
SUBPROCESS_TYPES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITY_TYPES = TASK_TYPES | SUBPROCESS_TYPES | {"callActivity"}
GATEWAY_TYPES = frozenset(
    {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"}
)
EVENT_TYPES = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})


@dataclass(slots=True)
class Bounds:
    """A rectangle in diagram pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(slots=True)
class Shape:
    """Where an element is drawn; `expanded` for sub-processes, `horizontal` for pools and lanes."""

    element_id: str
    bounds: Bounds
    expanded: bool = True
    horizontal: bool = True
    label: Bounds | None = None


@dataclass(slots=True)
class Edge:
    """How a flow is drawn: at least two (x, y) waypoints."""

    element_id: str
    waypoints: list[tuple[float, float]]
    label: Bounds | None = None


@dataclass(slots=True)
class EventDefinition:
    """What an event waits for or throws.

    `name` is the message, signal, error, escalation or link name after resolving the reference; `code` the error or
    escalation code; `timer` one of date, duration, cycle; `expression` the timer's value or the condition.
    `ref` is the referenced root element's id, "" when the reference is missing or dangling; `wanted` is what the file
    says, also when there is no such element.
    """

    kind: EventKind
    name: str = ""
    code: str = ""
    timer: Literal["date", "duration", "cycle", ""] = ""
    expression: str = ""
    ref: str = ""
    wanted: str = ""
    code_variable: str = ""
    message_variable: str = ""
    topic: str = ""
    activity_ref: str = ""
    mappings: list[Mapping] = field(default_factory=list)


@dataclass(slots=True)
class Loop:
    """Standard loop or multi-instance marker of an activity."""

    kind: Literal["standard", "parallel", "sequential"]
    cardinality: str = ""
    collection: str = ""
    element_variable: str = ""
    completion_condition: str = ""
    condition: str = ""
    maximum: int | None = None
    test_before: bool = False


@dataclass(slots=True)
class Mapping:
    """`camunda:in`, `camunda:out`, or one input or output parameter: `source` is a name or FEEL text."""

    target: str
    source: str
    expression: bool = False
    all: bool = False
    business_key: bool = False
    local: bool = False


@dataclass(slots=True)
class Listener:
    """`camunda:taskListener` or `camunda:executionListener`: run the registered function `name` on `event`."""

    event: str
    name: str
    kind: Literal["task", "execution"] = "task"


@dataclass(slots=True)
class FormField:
    """One `camunda:formField` drawn inside a task or start event."""

    id: str
    label: str
    type: str
    default: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)
    constraints: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Node:
    """An activity, event or gateway. `incoming`/`outgoing` are flow ids in document order.

    `attributes` holds the Camunda 7 attributes by local name (`candidateGroups`, `dueDate`, `formRef`, `topic`, …);
    `unsupported` names the attributes and child elements that have no effect here, with their prefix;
    `sets_by_feel`: the script of a script task is FEEL whose value becomes a variable.
    """

    id: str
    type: str
    scope: str
    name: str = ""
    documentation: str = ""
    line: int = 0
    incoming: list[str] = field(default_factory=list)
    outgoing: list[str] = field(default_factory=list)
    default: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    events: list[EventDefinition] = field(default_factory=list)
    loop: Loop | None = None
    lane: str = ""
    lane_id: str = ""
    attached_to: str = ""
    interrupting: bool = True
    event_subprocess: bool = False
    called_element: str = ""
    inputs: list[Mapping] = field(default_factory=list)
    outputs: list[Mapping] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    form_fields: list[FormField] = field(default_factory=list)
    is_compensation: bool = False
    parallel_multiple: bool = False
    sets_by_feel: bool = False
    unsupported: list[str] = field(default_factory=list)

    @property
    def event(self) -> EventDefinition | None:
        """The only event definition, or None."""
        return self.events[0] if self.events else None


@dataclass(slots=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    scope: str
    name: str = ""
    condition: str = ""
    line: int = 0
    unsupported: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Lane:
    """A lane: the role whose people do the user tasks in it. `node_ids` are the nodes named by its flowNodeRefs."""

    id: str
    name: str
    scope: str
    node_ids: list[str] = field(default_factory=list)
    parent: str = ""


@dataclass(slots=True)
class Process:
    """One process with everything inside it."""

    id: str
    name: str = ""
    documentation: str = ""
    executable: bool = True
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    lanes: list[Lane] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    line: int = 0
    unsupported: list[str] = field(default_factory=list)

    def inside(self, scope: str) -> list[Node]:
        """List the nodes that lie directly in a process or sub-process, in document order."""
        return [node for node in self.nodes.values() if node.scope == scope]

    def boundaries(self, node_id: str) -> list[Node]:
        """List the boundary events attached to an activity."""
        return [n for n in self.nodes.values() if n.type == "boundaryEvent" and n.attached_to == node_id]


@dataclass(slots=True)
class Participant:
    """A pool."""

    id: str
    name: str
    process_ref: str = ""


@dataclass(slots=True)
class Artifact:
    """Something drawn that does not run: text annotation, group, data object, data store, association, message flow."""

    id: str
    type: str
    text: str = ""
    source: str = ""
    target: str = ""
    scope: str = ""


@dataclass(slots=True)
class Model:
    """A whole `.bpmn` file.

    `given_ids` are ids that the file lacks; `translated` lists (element id, JUEL text, FEEL text); `events` maps the
    ids of the messages, signals, errors and escalations to (kind, name).
    """

    processes: dict[str, Process] = field(default_factory=dict)
    participants: list[Participant] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    edges: dict[str, Edge] = field(default_factory=dict)
    collaboration_id: str = ""
    target_namespace: str = ""
    exporter: str = ""
    duplicate_ids: list[str] = field(default_factory=list)
    given_ids: list[str] = field(default_factory=list)
    translated: list[tuple[str, str, str]] = field(default_factory=list)
    events: dict[str, tuple[str, str]] = field(default_factory=dict)

    def node(self, node_id: str) -> Node | None:
        """Find a node of any process."""
        return next((p.nodes[node_id] for p in self.processes.values() if node_id in p.nodes), None)
