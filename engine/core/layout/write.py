"""Write finished scopes as BPMN diagram interchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from engine.core.layout.grid import EDGE
from engine.core.layout.parts import Box, Item, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
HEADER = 30.0
MARGIN = (60.0, 40.0)
NAMESPACES = {"bpmndi": BPMNDI, "dc": DC, "di": DI}
Element = etree._Element  # noqa: SLF001  lxml names its element type so


def write(root: Element, planes: list[Scope]) -> bytes:
    """Append one BPMNDiagram a plane and return the whole file, indented."""
    for number, scope in enumerate(planes):
        diagram = etree.SubElement(root, f"{{{BPMNDI}}}BPMNDiagram", nsmap=NAMESPACES)
        diagram.set("id", f"BPMNDiagram_{scope.id or number}")
        plane = etree.SubElement(diagram, f"{{{BPMNDI}}}BPMNPlane")
        plane.set("id", f"BPMNPlane_{scope.id or number}")
        plane.set("bpmnElement", scope.id)
        depth = max((len(band.path) for band in scope.bands), default=0)
        x, y = MARGIN[0] + HEADER * depth + (EDGE if depth else 0.0), MARGIN[1]
        for element_id, box in _frames(scope):
            _shape(plane, element_id, _moved(box, MARGIN[0], y), isHorizontal="true")
        _contents(plane, scope, x, y)
    etree.indent(root, "  ")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def _frames(scope: Scope) -> Iterator[tuple[str, Box]]:
    """Pools and lanes, outermost first, each around its bands; x counts from the left border of the drawing."""
    depth = max((len(band.path) for band in scope.bands), default=0)
    width = HEADER * depth + EDGE + scope.width + EDGE
    for level in range(depth):
        for name in dict.fromkeys(band.path[level] for band in scope.bands if len(band.path) > level):
            inside = [band for band in scope.bands if len(band.path) > level and band.path[level] == name]
            yield name, Box(HEADER * level, inside[0].top, width, inside[-1].bottom)


def _contents(plane: Element, scope: Scope, dx: float, dy: float) -> None:
    ordered = sorted(scope.items.values(), key=lambda i: bool(i.host))
    for item in ordered:
        extra: dict[str, str] = {}
        if item.kind == "exclusiveGateway":
            extra["isMarkerVisible"] = "true"
        if item.inner is not None or item.collapsed:
            extra["isExpanded"] = "false" if item.collapsed else "true"
        _shape(plane, item.id, _moved(item.box, dx, dy), _label(item, dx, dy), **extra)
        if item.inner is not None:
            _contents(plane, item.inner, dx, dy)
    for link in scope.links:
        if len(link.points) > 1:
            edge = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNEdge", id=f"{link.id}_di", bpmnElement=link.id)
            for x, y in link.points:
                etree.SubElement(edge, f"{{{DI}}}waypoint", x=_number(x + dx), y=_number(y + dy))
            if link.label is not None:
                _bounds(etree.SubElement(edge, f"{{{BPMNDI}}}BPMNLabel"), _moved(link.label, dx, dy))


def _label(item: Item, dx: float, dy: float) -> Box | None:
    return None if item.label is None else _moved(item.label, dx, dy)


def _moved(box: Box, dx: float, dy: float) -> Box:
    return Box(box.left + dx, box.top + dy, box.right + dx, box.bottom + dy)


def _shape(plane: Element, element_id: str, box: Box, label: Box | None = None, **extra: str) -> None:
    attributes = {"id": f"{element_id}_di", "bpmnElement": element_id, **extra}
    shape = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNShape", attributes)
    _bounds(shape, box)
    if label is not None:
        _bounds(etree.SubElement(shape, f"{{{BPMNDI}}}BPMNLabel"), label)


def _bounds(parent: Element, box: Box) -> None:
    etree.SubElement(
        parent,
        f"{{{DC}}}Bounds",
        x=_number(box.left),
        y=_number(box.top),
        width=_number(box.right - box.left),
        height=_number(box.bottom - box.top),
    )


def _number(value: float) -> str:
    return f"{round(value, 1):g}"
