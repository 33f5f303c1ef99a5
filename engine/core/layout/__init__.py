"""Draw a diagram that has no drawing or a bad one: pools and lanes stay, steps go left to right, flows at right angles.

Only the diagram interchange (BPMN DI) is replaced; what the file says is left alone. The same file always gives the
same drawing.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from lxml import etree

from engine.core.layout.grid import EDGE, arrange
from engine.core.layout.labels import place_labels
from engine.core.layout.parts import EVENT, GATEWAY, TASK, Band, Box, Item, Link, Scope, text_width, wrap
from engine.core.layout.route import route
from engine.core.layout.write import write
from engine.core.parse import read_xml
from engine.errors import N_, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

Element = etree._Element  # noqa: SLF001  lxml names its element type so

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
TITLE = 20.0
POOL_GAP = 30.0
SUBPROCESSES = ("subProcess", "transaction", "adHocSubProcess")
SIZES = {
    "dataObjectReference": (36.0, 50.0),
    "dataStoreReference": (50.0, 50.0),
    "textAnnotation": (130.0, 40.0),
}


def layout(xml: bytes) -> bytes:
    """Return the file with a new drawing for every process in it.

    Raises:
        DeploymentRefused: the file is not a harmless XML file.
        InvalidInputError: it holds no process.
    """
    root = _read(xml)
    closed = _collapsed(root)
    for old in root.findall(f"{BPMNDI}BPMNDiagram"):
        root.remove(old)
    planes = list(_planes(root, closed))
    if not planes:
        raise InvalidInputError(N_("The file holds no process."))
    for scope in planes:
        _settle(scope)
    return write(root, planes)


def _read(xml: bytes) -> Element:
    """Parse, comments included; `read_xml` has refused everything harmful."""
    read_xml(xml)
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def _collapsed(root: Element) -> set[str]:
    """Sub-processes that the old drawing showed closed stay closed."""
    shapes = root.iter(f"{BPMNDI}BPMNShape")
    return {s.get("bpmnElement", "") for s in shapes if s.get("isExpanded") == "false"}


def _kind(element: Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _planes(root: Element, collapsed: set[str]) -> Iterator[Scope]:
    """Build one scope a drawing: the collaboration, each process outside it, each closed sub-process."""
    processes = {p.get("id", ""): p for p in root.iter(f"{BPMN}process")}
    closed: list[Scope] = []
    shown = set()
    for collaboration in root.iter(f"{BPMN}collaboration"):
        plane = Scope(collaboration.get("id", ""))
        for pool in collaboration.findall(f"{BPMN}participant"):
            process = processes.get(pool.get("processRef", ""))
            shown.add(pool.get("processRef", ""))
            gap = POOL_GAP if plane.bands else 0.0
            _fill(plane, process, (pool.get("id", ""),), collapsed, closed)
            first = next((b for b in plane.bands if b.path[:1] == (pool.get("id", ""),)), None)
            if first is not None:
                first.gap = gap
        _add_links(plane, collaboration)
        yield plane
    for key, process in processes.items():
        if key not in shown:
            plane = Scope(key)
            _fill(plane, process, (), collapsed, closed)
            yield plane
    while closed:
        yield closed.pop(0)


def _fill(
    scope: Scope, parent: Element | None, path: tuple[str, ...], collapsed: set[str], closed: list[Scope]
) -> None:
    """Read the lanes, nodes and flows that lie directly in a process or sub-process into a scope."""
    bands: list[Band] = []
    lanes: dict[str, str] = {}
    for lane_set in [] if parent is None else parent.findall(f"{BPMN}laneSet"):
        _add_lanes(lane_set, path, bands, lanes)
    if not bands:
        bands = [Band(id=path[-1] if path else scope.id, path=path)]
    scope.bands += bands
    for element in [] if parent is None else parent:
        kind = _kind(element)
        if not element.get("id") or (kind not in SIZES and not _is_node(kind)):
            continue
        item = _item(element, kind, collapsed, closed)
        item.lane = lanes.get(item.id, "")
        scope.items[item.id] = item
    if parent is not None:
        _add_links(scope, parent)
        _join(scope)
        _adopt(scope, {band.id for band in bands}, bands[0].id, lanes)
        _widen_hosts(scope)


def _is_node(kind: str) -> bool:
    return kind.endswith(("Event", "Gateway", "task", "Task")) or kind in {*SUBPROCESSES, "callActivity"}


def _add_lanes(lane_set: Element, path: tuple[str, ...], bands: list[Band], lanes: dict[str, str]) -> None:
    """Turn the innermost lanes into bands; remember which node each one names."""
    for lane in lane_set.findall(f"{BPMN}lane"):
        key = lane.get("id", "")
        children = lane.find(f"{BPMN}childLaneSet")
        if children is not None and len(children):
            _add_lanes(children, (*path, key), bands, lanes)
            continue
        bands.append(Band(id=key, path=(*path, key)))
        for reference in lane.findall(f"{BPMN}flowNodeRef"):
            lanes[(reference.text or "").strip()] = key


def _item(element: Element, kind: str, collapsed: set[str], closed: list[Scope]) -> Item:
    width, height = EVENT if kind.endswith("Event") else GATEWAY if kind.endswith("Gateway") else SIZES.get(kind, TASK)
    item = Item(element.get("id", ""), kind, width, height, name=element.get("name") or "")
    item.host = element.get("attachedToRef", "") if kind == "boundaryEvent" else ""
    item.default = element.get("default", "")
    item.apart = kind in SUBPROCESSES and element.get("triggeredByEvent") == "true"
    if kind == "textAnnotation":
        item.name = element.findtext(f"{BPMN}text") or ""
        lines = wrap(item.name, 150)
        item.width = 2.0 * ceil(max(text_width(line) for line in lines) / 2 + 9)
        item.height = 2.0 * ceil(len(lines) * 8 + 6)
    if kind in SUBPROCESSES:
        inner = Scope(item.id)
        _fill(inner, element, (), collapsed, closed)
        item.collapsed = item.id in collapsed
        if item.collapsed:
            closed.append(inner)
        else:
            _settle(inner)
            item.inner = inner
            item.width = max(2.0 * ceil(inner.width / 2 + EDGE), 2.0 * ceil(text_width(item.name) / 2 + 20))
            item.height = 2.0 * ceil((inner.height + TITLE) / 2)
    return item


def _add_links(scope: Scope, parent: Element) -> None:
    for element in parent:
        kind = _kind(element)
        if kind in {"sequenceFlow", "messageFlow", "association"} and element.get("id"):
            ends = element.get("sourceRef", ""), element.get("targetRef", "")
            scope.links.append(Link(element.get("id", ""), *ends, name=element.get("name") or "", kind=kind))


def _join(scope: Scope) -> None:
    """An event sub-process that flows lead to or from, by mistake or by its border, is placed as any other step."""
    tied = {end for link in scope.links for end in (link.source, link.target)}
    tied |= {item.host for item in scope.items.values() if item.host}
    for item in scope.items.values():
        item.apart = item.apart and item.id not in tied


def _adopt(scope: Scope, bands: set[str], first: str, lanes: dict[str, str]) -> None:
    """Give a node that no lane names the lane of a neighbour, and a boundary event that of its host."""
    homeless = [i for i in scope.items.values() if not i.lane]
    for _ in range(3):
        for item in homeless:
            for link in scope.links:
                other = link.source if link.target == item.id else link.target if link.source == item.id else ""
                if not item.lane and other and lanes.get(other):
                    item.lane = lanes[item.id] = lanes[other]
    for item in homeless:
        item.lane = item.lane if item.lane in bands else first
    for item in scope.items.values():
        if item.host and item.host in scope.items:
            item.lane = scope.items[item.host].lane
        elif item.host:
            item.host = ""


def _widen_hosts(scope: Scope) -> None:
    for item in scope.items.values():
        hosted = sum(1 for other in scope.items.values() if other.host == item.id)
        item.width = max(item.width, 64.0 * hosted + 20 if hosted > 1 else 0.0)


def _settle(scope: Scope) -> None:
    """Lay out one scope: cells, boundary events, flows, names; inner scopes move into their shapes."""
    grid = arrange(scope)
    _attach(scope)
    route(scope, grid)
    _pool_flows(scope)
    place_labels(scope)
    for item in scope.items.values():
        if item.inner is not None:
            shift(item.inner, item.box.left + (item.width - item.inner.width) / 2, item.box.top + TITLE)


def _attach(scope: Scope) -> None:
    """Set boundary events on the lower border; the one whose flow leads lowest stands leftmost."""
    towards = {link.source: scope.items[link.target].row for link in scope.links if link.target in scope.items}
    for host in scope.items.values():
        hosted = [i for i in scope.items.values() if i.host == host.id]
        hosted.sort(key=lambda i: -towards.get(i.id, 0))
        for index, item in enumerate(hosted):
            step = host.width / len(hosted)
            item.x = round(host.box.left + step * index + (step / 2 if len(hosted) > 1 else host.width * 0.72))
            item.y = host.box.bottom
            item.row, item.column = host.row, host.column


def _pool_flows(scope: Scope) -> None:
    """Message flows from or to a whole pool run straight up or down to its border."""
    for link in scope.links:
        for end, pool in ((link.source, link.target), (link.target, link.source)):
            bands = [b for b in scope.bands if b.path[:1] == (pool,)]
            item = scope.items.get(end)
            if link.points or item is None or not bands:
                continue
            up = bands[0].top < item.y
            points = [
                (item.x, item.box.top if up else item.box.bottom),
                (item.x, bands[-1].bottom if up else bands[0].top),
            ]
            link.points = points if end == link.source else points[::-1]


def shift(scope: Scope, dx: float, dy: float) -> None:
    """Move a finished scope with everything in it."""
    for item in scope.items.values():
        item.x, item.y = item.x + dx, item.y + dy
        item.label = _moved(item.label, dx, dy)
        if item.inner is not None:
            shift(item.inner, dx, dy)
    for link in scope.links:
        link.points = [(x + dx, y + dy) for x, y in link.points]
        link.label = _moved(link.label, dx, dy)


def _moved(box: Box | None, dx: float, dy: float) -> Box | None:
    return None if box is None else Box(box.left + dx, box.top + dy, box.right + dx, box.bottom + dy)
