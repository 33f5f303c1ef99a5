"""Read a `.bpmn` file into a `Model`: BPMN 2.0 with the Camunda 7 extension attributes.

Nothing is judged here beyond "is this a BPMN file that we dare to read"; missing ids, dead ends and unknown elements
are the business of normalise and lint. Files with a DOCTYPE, with entities, over `MAX_BYTES` or nested deeper than
`MAX_DEPTH` are refused before the parser could be harmed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from engine.core.findings import Finding
from engine.core.model import (
    ACTIVITY_TYPES,
    EVENT_TYPES,
    GATEWAY_TYPES,
    SUBPROCESS_TYPES,
    Artifact,
    Bounds,
    Edge,
    Flow,
    Lane,
    Model,
    Node,
    Participant,
    Process,
    Shape,
)
from engine.core.parse.effects import BPMN, BPMN_CHILDREN, CAMUNDA, without_effect
from engine.core.parse.ids import give_ids
from engine.core.parse.node import RootElements, camunda_attributes, fill_node, flag, line_of, local, reference, text_of
from engine.errors import DeploymentRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DDI = "http://www.omg.org/spec/DD/20100524/DI"
MAX_BYTES = 5_000_000
MAX_DEPTH = 200
NODE_TYPES = ACTIVITY_TYPES | GATEWAY_TYPES | EVENT_TYPES
DRAWN_TYPES = frozenset({"textAnnotation", "group", "dataObjectReference", "dataStoreReference", "association"})
SILENT_TYPES = frozenset(
    {"documentation", "extensionElements", "laneSet", "incoming", "outgoing", "dataObject", "sequenceFlow", "property",
     "standardLoopCharacteristics", "multiInstanceLoopCharacteristics", "dataState", "script", "text",
     "auditing", "monitoring", "category", "artifact", "rendering", "conditionExpression", "loopCondition"}
    | BPMN_CHILDREN
)  # fmt: skip


def refuse(rule: str, message: str, message_zh: str, *, line: int = 0) -> DeploymentRefused:
    """Build the refusal of a file that cannot be read at all."""
    return DeploymentRefused([Finding("", rule, "error", message, message_zh, line=line)])


def read_xml(xml: bytes, *, comments: bool = False) -> etree._Element:
    """Parse bytes safely; raises DeploymentRefused for anything that is not a harmless XML document.

    `comments`: keep the comments in it.
    """
    if len(xml) > MAX_BYTES:
        raise refuse(
            "oversize",
            f"The file has {len(xml)} bytes; at most {MAX_BYTES} are read. Split the diagram into called processes.",
            f"文件有 {len(xml)} 字节，最多读取 {MAX_BYTES} 字节。请把流程图拆成几个调用流程。",
        )
    if b"<!DOCTYPE" in xml[:4096].upper() or b"<!ENTITY" in xml.upper():
        raise refuse(
            "doctype",
            "The file has a DOCTYPE or entity declaration, which is never read. Export the diagram again without it.",
            "文件含有 DOCTYPE 或实体声明，系统不会读取。请重新导出不带它的流程图。",
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=not comments,
        remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        if "depth" in str(error.msg):
            raise _too_deep() from None
        line = error.lineno or 0
        raise refuse(
            "not-xml",
            f"Line {line} is not well-formed XML: {error.msg}. Export the file again from the editor.",
            f"第 {line} 行不是合法的 XML。请从编辑器重新导出文件。",
            line=line,
        ) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise refuse("doctype", "The file has a DOCTYPE, which is never read.", "文件含有 DOCTYPE，系统不会读取。")
    if _depth_exceeds(root, MAX_DEPTH):
        raise _too_deep()
    return root


def _too_deep() -> DeploymentRefused:
    return refuse(
        "too-deep",
        f"The elements are nested deeper than {MAX_DEPTH}. Use called processes instead of nested sub-processes.",
        f"元素嵌套超过 {MAX_DEPTH} 层。请用调用流程代替多层子流程。",
    )


def _depth_exceeds(root: etree._Element, limit: int) -> bool:
    depth = 0
    for event, _element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > limit:
            return True
    return False


def parse(xml: bytes) -> Model:
    """Read a diagram. Raises DeploymentRefused when it is not a readable BPMN 2.0 file."""
    root = read_xml(xml)
    if local(root) != "definitions" or etree.QName(root).namespace != BPMN:
        raise refuse(
            "not-bpmn",
            "This is not a BPMN 2.0 file: its root element is not bpmn:definitions.",
            "这不是 BPMN 2.0 文件：根元素不是 bpmn:definitions。",
            line=line_of(root),
        )
    model = Model(target_namespace=root.get("targetNamespace", ""), exporter=root.get("exporter", ""))
    model.given_ids = give_ids(root)
    roots = RootElements.read(root)
    model.events = {ref: (roots.kinds[ref], name) for ref, (name, _code) in roots.by_id.items()}
    for element in _bpmn_children(root):
        if local(element) == "process":
            process = _process(element, roots, model)
            if process.id in model.processes:
                process.id = f"{process.id}_{len(model.processes) + 1}"  # lint names the double id
            model.processes[process.id] = process
        elif local(element) == "collaboration":
            _collaboration(element, model)
    _names_of_pools(model)
    _connect(model)
    _lanes_to_nodes(model)
    _diagram(root, model)
    _duplicates(root, model)
    return model


def _bpmn_children(element: etree._Element) -> Iterator[etree._Element]:
    for child in element:
        if isinstance(child.tag, str) and etree.QName(child).namespace == BPMN:
            yield child


def _process(element: etree._Element, roots: RootElements, model: Model) -> Process:
    process = Process(
        id=element.get("id", ""),
        name=element.get("name", ""),
        documentation=text_of(element, "documentation"),
        executable=flag(element, "isExecutable", default=True),
        attributes=camunda_attributes(element),
        line=line_of(element),
        unsupported=without_effect(element),
    )
    for prop in element.findall(f"{{{BPMN}}}extensionElements/{{{CAMUNDA}}}properties/{{{CAMUNDA}}}property"):
        process.properties[prop.get("name", "")] = prop.get("value", "")
    _contents(element, process.id, process, roots, model)
    return process


def _contents(element: etree._Element, scope: str, process: Process, roots: RootElements, model: Model) -> None:
    for child in _bpmn_children(element):
        kind = local(child)
        if kind in NODE_TYPES:
            node = Node(child.get("id", ""), kind, scope)
            fill_node(node, child, roots)
            while node.id in process.nodes or node.id == process.id:
                node.id = f"{node.id}_{len(process.nodes) + 1}"
            process.nodes[node.id] = node
            if kind in SUBPROCESS_TYPES:
                _contents(child, node.id, process, roots, model)
        elif kind == "sequenceFlow":
            flow = _flow(child, scope)
            while flow.id in process.flows:
                flow.id = f"{flow.id}_{len(process.flows) + 1}"
            process.flows[flow.id] = flow
        elif kind == "laneSet":
            _lanes(child, scope, "", process)
        elif kind in DRAWN_TYPES:
            model.artifacts.append(_artifact(child, scope))
        elif kind not in SILENT_TYPES and not kind.endswith("EventDefinition"):
            unknown = Node(child.get("id") or f"{kind}_{line_of(child)}", kind, scope, line=line_of(child))
            process.nodes.setdefault(unknown.id, unknown)


def _flow(element: etree._Element, scope: str) -> Flow:
    condition = element.find(f"{{{BPMN}}}conditionExpression")
    return Flow(
        id=element.get("id", ""),
        source=element.get("sourceRef", ""),
        target=element.get("targetRef", ""),
        scope=scope,
        name=element.get("name", ""),
        condition=(condition.text or "").strip() if condition is not None else "",
        line=line_of(element),
        unsupported=without_effect(element),
    )


def _lanes(element: etree._Element, scope: str, parent: str, process: Process) -> None:
    for child in _bpmn_children(element):
        if local(child) != "lane":
            continue
        lane = Lane(child.get("id", ""), child.get("name", "").strip(), scope, parent=parent)
        lane.node_ids = [reference(ref, ref.text or "") for ref in child.findall(f"{{{BPMN}}}flowNodeRef")]
        process.lanes.append(lane)
        for inner in child.findall(f"{{{BPMN}}}childLaneSet"):
            _lanes(inner, scope, lane.id, process)


def _connect(model: Model) -> None:
    """List each node's flows in document order; flows to nowhere stay in `flows` for lint to name."""
    for process in model.processes.values():
        for flow in process.flows.values():
            if flow.source in process.nodes and flow.target in process.nodes:
                process.nodes[flow.source].outgoing.append(flow.id)
                process.nodes[flow.target].incoming.append(flow.id)


def _lanes_to_nodes(model: Model) -> None:
    """Give every node its innermost lane; nodes of a sub-process take the lane that the sub-process lies in."""
    for process in model.processes.values():
        by_id = {lane.id: lane for lane in process.lanes}
        for lane in process.lanes:  # inner lanes come after their parents and win
            named = lane
            while not named.name and named.parent in by_id:
                named = by_id[named.parent]
            for node_id in lane.node_ids:
                if node_id in process.nodes:
                    process.nodes[node_id].lane, process.nodes[node_id].lane_id = named.name, lane.id
        for node in process.nodes.values():  # document order: parents first
            holder = process.nodes.get(node.scope)
            if not node.lane_id and holder is not None:
                node.lane, node.lane_id = holder.lane, holder.lane_id


def _collaboration(element: etree._Element, model: Model) -> None:
    model.collaboration_id = element.get("id", "")
    for child in _bpmn_children(element):
        if local(child) == "participant":
            model.participants.append(
                Participant(child.get("id", ""), child.get("name", ""), child.get("processRef", "").split(":")[-1])
            )
        elif local(child) in {"textAnnotation", "group", "association", "messageFlow"}:
            model.artifacts.append(_artifact(child, ""))


def _names_of_pools(model: Model) -> None:
    """Call a process without a name as its pool is called: in a drawing with pools only that name is seen."""
    for pool in model.participants:
        process = model.processes.get(pool.process_ref)
        if process is not None and not process.name:
            process.name = pool.name


def _artifact(element: etree._Element, scope: str) -> Artifact:
    return Artifact(
        id=element.get("id", ""),
        type=local(element),
        text=text_of(element, "text") or element.get("name", ""),
        source=reference(element, element.get("sourceRef", "")),
        target=reference(element, element.get("targetRef", "")),
        scope=scope,
    )


def _diagram(root: etree._Element, model: Model) -> None:
    for element in root.iter(f"{{{DI}}}BPMNShape"):
        bounds = _bounds(element)
        if bounds is not None:
            ref = element.get("bpmnElement", "")
            model.shapes[ref] = Shape(
                ref,
                bounds,
                expanded=flag(element, "isExpanded", default=True),
                horizontal=flag(element, "isHorizontal", default=True),
                label=_bounds(element.find(f"{{{DI}}}BPMNLabel")),
            )
    for element in root.iter(f"{{{DI}}}BPMNEdge"):
        ref = element.get("bpmnElement", "")
        points = [(_number(p.get("x")), _number(p.get("y"))) for p in element.findall(f"{{{DDI}}}waypoint")]
        model.edges[ref] = Edge(ref, points, _bounds(element.find(f"{{{DI}}}BPMNLabel")))


def _bounds(element: etree._Element | None) -> Bounds | None:
    found = None if element is None else element.find(f"{{{DC}}}Bounds")
    if found is None:
        return None
    return Bounds(*(_number(found.get(name)) for name in ("x", "y", "width", "height")))


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def _duplicates(root: etree._Element, model: Model) -> None:
    seen: set[str] = set()
    for element in root.iter(f"{{{BPMN}}}*"):
        found = element.get("id")
        if found and found in seen and found not in model.duplicate_ids:
            model.duplicate_ids.append(found)
        seen.add(found or "")
