"""Draw what a repair adds beside its neighbour, so that the rest of a person's drawing stays where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from engine.core.parse import DC, DDI, DI

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EVENT, GAP, TRIES = 36.0, 54.0, 12
Box = tuple[float, float, float, float]
"""left, top, width, height"""


def _shapes(root: etree._Element) -> Iterator[tuple[str, etree._Element, Box]]:
    for shape in root.iter(f"{{{DI}}}BPMNShape"):
        bounds = shape.find(f"{{{DC}}}Bounds")
        if bounds is not None:
            try:
                x, y, width, height = (float(bounds.get(k, "0")) for k in ("x", "y", "width", "height"))
            except ValueError:
                continue
            yield shape.get("bpmnElement", ""), shape, (x, y, width, height)


def nearest_lane(root: etree._Element, name: str, lanes: Sequence[str]) -> str:
    """Name the lane that an element is drawn in, or whose middle line is nearest; "" when it is not drawn."""
    boxes = {key: box for key, _, box in _shapes(root)}
    drawn = [key for key in lanes if key in boxes]
    if name not in boxes or not drawn:
        return ""
    x, y, width, height = boxes[name]
    middle = (x + width / 2, y + height / 2)
    return min(drawn, key=lambda key: _away(boxes[key], middle))


def _away(box: Box, point: tuple[float, float]) -> float:
    left, top, width, height = box
    across = max(left - point[0], 0.0, point[0] - left - width)
    down = max(top - point[1], 0.0, point[1] - top - height)
    return across + down


def place(
    root: etree._Element,
    scope: etree._Element,
    event: etree._Element,
    neighbours: Sequence[etree._Element],
    *,
    before: bool,
) -> None:
    """Draw a new event left or right of its first neighbour where nothing else stands, and its flows straight."""
    shapes = {key: (shape, box) for key, shape, box in _shapes(root)}
    first = next((n.get("id", "") for n in neighbours if n.get("id", "") in shapes), "")
    if not first:
        return
    plane = shapes[first][0].getparent()
    if plane is None:
        return
    x, y = _spot(shapes[first][1], [box for _, box in shapes.values()], before=before)
    name = event.get("id", "")
    shape = etree.SubElement(plane, f"{{{DI}}}BPMNShape", id=f"{name}_di", bpmnElement=name)
    numbers = {"x": x, "y": y, "width": EVENT, "height": EVENT}
    etree.SubElement(shape, f"{{{DC}}}Bounds", {k: f"{v:g}" for k, v in numbers.items()})
    boxes = {key: box for key, (_, box) in shapes.items()} | {name: (x, y, EVENT, EVENT)}
    for flow in scope:
        ends = flow.get("sourceRef", ""), flow.get("targetRef", "")
        if name in ends and all(end in boxes for end in ends):
            _edge(plane, flow.get("id", ""), boxes[ends[0]], boxes[ends[1]])


def draw_flow(root: etree._Element, flow: str, source: str, target: str) -> None:
    """Draw a new flow between two elements, when both are drawn."""
    shapes = {key: (shape, box) for key, shape, box in _shapes(root)}
    plane = shapes[source][0].getparent() if source in shapes and target in shapes else None
    if plane is not None:
        _edge(plane, flow, shapes[source][1], shapes[target][1])


def _spot(box: Box, others: list[Box], *, before: bool) -> tuple[float, float]:
    """Find a free place beside a box, inside all that is drawn around it: pool, lane, sub-process."""
    left, top, width, height = box
    x, y = (left - GAP - EVENT if before else left + width + GAP), top + height / 2 - EVENT / 2
    around = [b for b in others if _holds(b, box) and b != box]
    apart = [b for b in others if b not in around]
    steps = [n * (EVENT + 12) for n in range(TRIES)]
    tries = [(x, y + d) for d in steps] + [(x, y - d) for d in steps]
    tries += [(left, top + height + 12 + d) for d in steps] + [(left, top - 12 - EVENT - d) for d in steps]
    for spot in tries:
        new = (*spot, EVENT, EVENT)
        if all(_holds(b, new) for b in around) and not any(_touch(b, new) for b in apart):
            return spot
    return x, y


def _holds(outer: Box, inner: Box) -> bool:
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and outer[0] + outer[2] >= inner[0] + inner[2]
        and outer[1] + outer[3] >= inner[1] + inner[3]
    )


def _touch(a: Box, b: Box) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def _edge(plane: etree._Element, flow: str, source: Box, target: Box) -> None:
    edge = etree.SubElement(plane, f"{{{DI}}}BPMNEdge", id=f"{flow}_di", bpmnElement=flow)
    start = (source[0] + source[2], source[1] + source[3] / 2)
    goal = (target[0], target[1] + target[3] / 2)
    corner = (start[0] + goal[0]) / 2
    points = [start, (corner, start[1]), (corner, goal[1]), goal] if start[1] != goal[1] else [start, goal]
    for x, y in points:
        etree.SubElement(edge, f"{{{DDI}}}waypoint", x=f"{x:g}", y=f"{y:g}")
