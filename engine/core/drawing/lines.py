"""How lines run."""

from __future__ import annotations

CORNER = 7.0


def rounded(points: list[tuple[float, float]]) -> str:
    """A path through the points whose corners are rounded."""
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for before, at, after in zip(points, points[1:], points[2:], strict=False):
        a, b = _towards(at, before), _towards(at, after)
        path += f"L{a[0]:g} {a[1]:g}Q{at[0]:g} {at[1]:g} {b[0]:g} {b[1]:g}"
    return path + f"L{points[-1][0]:g} {points[-1][1]:g}"


def _towards(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """A point on the way, a corner's radius from the start but never beyond the middle."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = (dx * dx + dy * dy) ** 0.5
    share = min(CORNER / length, 0.5) if length else 0.0
    return round(start[0] + dx * share, 1), round(start[1] + dy * share, 1)
