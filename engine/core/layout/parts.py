"""What the layout places (items), joins (links) and stacks (bands), and how wide a text is."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

TASK = (100.0, 80.0)
EVENT = (36.0, 36.0)
GATEWAY = (50.0, 50.0)
LABEL_SIZE = 12.0
LABEL_WIDTH = 92.0
LINE_HEIGHT = 14.0


@dataclass(slots=True)
class Box:
    """A rectangle by its corners, in diagram pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box, margin: float = 0.0) -> bool:
        """Say whether the two share area, or come nearer than `margin`."""
        return (
            self.left - margin < other.right
            and other.left < self.right + margin
            and self.top - margin < other.bottom
            and other.top < self.bottom + margin
        )

    def holds(self, x: float, y: float, margin: float = 0.0) -> bool:
        """Say whether a point lies inside the rectangle grown by `margin`."""
        return self.left - margin < x < self.right + margin and self.top - margin < y < self.bottom + margin


@dataclass(slots=True)
class Item:
    """Something with a place: an activity, event, gateway, data object, note or annotation. `x`, `y`: its centre."""

    id: str
    kind: str
    width: float
    height: float
    name: str = ""
    lane: str = ""
    host: str = ""
    column: int = 0
    row: int = 0
    x: float = 0.0
    y: float = 0.0
    label: Box | None = None
    inner: Scope | None = None
    collapsed: bool = False
    default: str = ""
    apart: bool = False

    @property
    def box(self) -> Box:
        """The rectangle it covers."""
        return Box(self.x - self.width / 2, self.y - self.height / 2, self.x + self.width / 2, self.y + self.height / 2)

    @property
    def outside_label(self) -> bool:
        """Events, gateways and data carry their name beside them, activities inside."""
        return self.kind.endswith(("Event", "Gateway")) or self.kind.startswith("data")

    @property
    def label_lines(self) -> int:
        """How many lines the name takes beside the shape."""
        return len(wrap(self.name, LABEL_WIDTH)) if self.name and self.outside_label else 0


@dataclass(slots=True)
class Link:
    """A sequence flow, message flow or association; `points` are its waypoints."""

    id: str
    source: str
    target: str
    name: str = ""
    kind: str = "sequenceFlow"
    points: list[tuple[float, float]] = field(default_factory=list)
    label: Box | None = None


@dataclass(slots=True)
class Band:
    """A lane, or all of a pool or sub-process without lanes. `path`: enclosing pool and lanes, outermost first."""

    id: str
    path: tuple[str, ...] = ()
    rows: int = 1
    first_row: int = 0
    gap: float = 0.0
    top: float = 0.0
    bottom: float = 0.0


@dataclass(slots=True)
class Scope:
    """One plane or sub-process to lay out: what lies in it and, afterwards, how large it is."""

    id: str
    items: dict[str, Item] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0

    def place(self, item_id: str) -> Item | None:
        """Find the item that holds the position: the host for a boundary event."""
        item = self.items.get(item_id)
        return self.items.get(item.host) if item is not None and item.host else item


def text_width(text: str, size: float = LABEL_SIZE) -> float:
    """Estimate the width of a text in pixels: full-width characters take `size`, others a little over half of it."""
    return sum(size if unicodedata.east_asian_width(c) in "WF" else size * 0.56 for c in text)


NO_LINE_START = "，。、；：？！）》”’…,.;:?!)"


def _units(text: str) -> list[str]:
    """Cut a text where a line may break: around each full-width character and after spaces."""
    units: list[str] = []
    word = ""
    for char in text:
        if unicodedata.east_asian_width(char) in "WF":
            units.extend([word] if word else [])
            word = ""
            if units and char in NO_LINE_START:
                units[-1] += char
            else:
                units.append(char)
        else:
            word += char
            if char == " ":
                units.append(word)
                word = ""
    return [*units, word] if word else units


def wrap(text: str, width: float, size: float = LABEL_SIZE) -> list[str]:
    """Break a text into lines that fit; no line starts with closing punctuation."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for unit in _units(paragraph):
            if line and text_width((line + unit).rstrip(), size) > width:
                lines.append(line.rstrip())
                line = ""
            line += unit
        lines.append(line.rstrip())
    if len(lines) > 1 and "\n" not in text and width > (even := _even_width(text, len(lines), size)):
        shorter = wrap(text, even, size)
        return shorter if len(shorter) == len(lines) else lines
    return lines


def _even_width(text: str, lines: int, size: float) -> float:
    """The width at which the lines come out about equally long."""
    return text_width(text, size) / lines + size
