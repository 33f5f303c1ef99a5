"""Names beside shapes and flows: the first of a few usual places where nothing else stands."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from engine.core.layout.parts import LABEL_WIDTH, LINE_HEIGHT, Box, Item, Link, Scope, text_width, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

PAD = 3.0
LEAD = 9.0  # keeps a name off the stroke that marks a default flow


def place_labels(scope: Scope) -> None:
    """Set the label box of every named event, gateway, data object and flow."""
    shapes = [item.box for item in scope.items.values()]
    lines = [_thin(a, b) for link in scope.links for a, b in pairwise(link.points)]
    taken: list[Box] = []
    for item in scope.items.values():
        if item.label_lines:
            item.label = _best(_beside(item), shapes, lines, taken)
            taken.append(item.label)
    for link in scope.links:
        if link.name and link.points:
            link.label = _best(_along(link), shapes, lines, taken)
            taken.append(link.label)


def _thin(a: tuple[float, float], b: tuple[float, float]) -> Box:
    return Box(min(a[0], b[0]) - 1, min(a[1], b[1]) - 1, max(a[0], b[0]) + 1, max(a[1], b[1]) + 1)


def _best(places: Iterator[Box], shapes: list[Box], lines: list[Box], taken: list[Box]) -> Box:
    """Take the place that hits least; earlier places win ties."""
    best, price = None, 1e9
    for rank, box in enumerate(places):
        cost = 0.02 * rank
        cost += sum(5 for other in shapes if box.overlaps(other))
        cost += sum(2 for other in lines if box.overlaps(other))
        cost += sum(4 for other in taken if box.overlaps(other))
        if cost < price:
            best, price = box, cost
    assert best is not None  # noqa: S101  every generator yields at least one place
    return best


def size_of(name: str, width: float = LABEL_WIDTH) -> tuple[float, float]:
    """Width and height of a name, wrapped."""
    lines = wrap(name, width)
    return max(text_width(line) for line in lines), len(lines) * LINE_HEIGHT


def _beside(item: Item) -> Iterator[Box]:
    w, h = size_of(item.name)
    half_w, half_h = item.width / 2 + PAD, item.height / 2 + PAD
    below = Box(item.x - w / 2, item.y + half_h, item.x + w / 2, item.y + half_h + h)
    above = Box(item.x - w / 2, item.y - half_h - h, item.x + w / 2, item.y - half_h)
    yield from (above, below) if item.kind.endswith("Gateway") else (below, above)
    for dy in (-half_h - h, half_h):
        for dx in (8.0, -8.0 - w):
            yield Box(item.x + dx, item.y + dy + 8, item.x + dx + w, item.y + dy + 8 + h)
    for dy in (-half_h / 2 - h, half_h / 2):
        for dx in (half_w, -half_w - w):
            yield Box(item.x + dx, item.y + dy, item.x + dx + w, item.y + dy + h)


def _along(link: Link) -> Iterator[Box]:
    """Near the start first: above or below a horizontal piece, right or left of a vertical one."""
    w, h = size_of(link.name)
    for index, ((x1, y1), (x2, y2)) in enumerate(pairwise(link.points)):
        lead = 0 if index else LEAD
        if abs(y1 - y2) < 1:
            forward = x2 > x1
            for at in (0.0, 0.5, 1.0):
                room = abs(x2 - x1) - w - 2 * PAD - lead
                left = min(x1, x2) + PAD + (lead if forward else 0) + max(room, 0.0) * (at if forward else 1 - at)
                left = left if room > 0 else (x1 + x2) / 2 - w / 2
                yield Box(left, y1 - h - 2, left + w, y1 - 2)
                yield Box(left, y1 + 3, left + w, y1 + 3 + h)
        else:
            down = y2 > y1
            for at in (0.0, 0.5, 1.0):
                room = abs(y2 - y1) - h - 2 * PAD - lead
                top = min(y1, y2) + PAD + (lead if down else 0) + max(room, 0) * (at if down else 1 - at)
                yield Box(x1 + PAD + 1, top, x1 + PAD + 1 + w, top + h)
                yield Box(x1 - PAD - 1 - w, top, x1 - PAD - 1, top + h)
