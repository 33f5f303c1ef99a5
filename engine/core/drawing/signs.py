"""Signs of a comparison on a drawing: a frame of its own kind around what is different, and a letter at its corner."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from engine.core.model import Bounds, Edge

Difference = Literal["added", "removed", "changed", "moved"]
LETTERS = {"added": "+", "removed": "−", "changed": "≠", "moved": "↔"}
COLOURS = {"added": "#1b7f4b", "removed": "#b42318", "changed": "#a15c00", "moved": "#a15c00"}
DASHES = {"added": "", "removed": "7 4", "changed": "2 3", "moved": "10 3 2 3"}
AROUND = 5.0
RADIUS = 9.0


def on_shape(element_id: str, box: Bounds, sign: Difference, note: str) -> str:
    """Put a frame around a shape; other dashes for each kind, so that it reads without colours too."""
    x, y = box.x - AROUND, box.y - AROUND
    frame = (
        f'<rect x="{x:g}" y="{y:g}" width="{box.width + 2 * AROUND:g}" height="{box.height + 2 * AROUND:g}" rx="9"'
        f' stroke="{COLOURS[sign]}" stroke-width="3"{_dash(sign)}/>'
    )
    return _group(element_id, sign, note, frame + _letter(sign, x + box.width + 2 * AROUND, y))


def on_edge(element_id: str, edge: Edge, sign: Difference, note: str) -> str:
    """Draw a flow once more, thick, with the letter half way."""
    points = edge.waypoints
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
    line = f'<path d="{path}" stroke="{COLOURS[sign]}" stroke-width="5" stroke-opacity="0.55"{_dash(sign)}/>'
    at = max(range(len(points) - 1), key=lambda i: _length(points[i], points[i + 1]), default=0)
    (x1, y1), (x2, y2) = points[at], points[min(at + 1, len(points) - 1)]
    return _group(element_id, sign, note, line + _letter(sign, (x1 + x2) / 2, (y1 + y2) / 2))


def _length(one: tuple[float, float], other: tuple[float, float]) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _dash(sign: Difference) -> str:
    return f' stroke-dasharray="{DASHES[sign]}"' if DASHES[sign] else ""


def _letter(sign: Difference, x: float, y: float) -> str:
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{RADIUS:g}" fill="{COLOURS[sign]}" stroke="#fff"/>'
        f'<text x="{x:g}" y="{y + 4.5:g}" text-anchor="middle" stroke="none" fill="#fff" font-weight="700">'
        f"{LETTERS[sign]}</text>"
    )


def _group(element_id: str, sign: Difference, note: str, inside: str) -> str:
    name = escape(element_id)
    return f'<g class="sign is-{sign}-sign" data-sign="{name}"><title>{escape(note)}</title>{inside}</g>'
