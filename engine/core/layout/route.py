"""Orthogonal flows: the cheapest way on a net of lines between the shapes, with few bends and few crossings."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from engine.core.layout.grid import BAND_PADDING, EDGE, Grid
from engine.core.layout.parts import LINE_HEIGHT, Box, Item, Link, Scope, text_width

if TYPE_CHECKING:
    from collections.abc import Iterator

CLEARANCE = 6.0
BEND = 45.0
CROSSING = 30.0
TOUCH = 70.0
SHARED = 400.0
TRACK = 14.0
PATIENCE = 25_000
WIDE, GREED = 12_000, 2.5  # on larger nets a good way soon is better than the best one late
DIRECTIONS = ((1, 0), (0, 1), (-1, 0), (0, -1))  # right, down, left, up
State = tuple[int, int, int]


@dataclass(slots=True)
class Net:
    """The lines flows may run on, which crossings of lines are free, and who already runs where."""

    xs: list[float]
    ys: list[float]
    blocked: dict[tuple[int, int], set[str]] = field(default_factory=dict)
    soft: set[tuple[int, int]] = field(default_factory=set)
    segments: dict[tuple[int, int, bool], list[Link]] = field(default_factory=dict)
    points: dict[tuple[int, int], list[Link]] = field(default_factory=dict)
    ports: dict[tuple[str, int], list[tuple[Link, bool]]] = field(default_factory=dict)


def route(scope: Scope, grid: Grid) -> None:
    """Give every link of the scope its waypoints: easy ones first, backward and long ones around them."""
    net = _net(scope, grid)
    for link in sorted(scope.links, key=lambda k: _difficulty(scope, k)):
        source, target = scope.items.get(link.source), scope.items.get(link.target)
        if source is None or target is None:
            continue
        way = _search(net, link, source, target) if source.id != target.id else None
        link.points = _waypoints(net, way, source, target) if way else _fallback(source, target)
        if way:
            _occupy(net, link, way)


def _difficulty(scope: Scope, link: Link) -> tuple[int, float, float]:
    source, target = scope.items.get(link.source), scope.items.get(link.target)
    if source is None or target is None:
        return (9, 0.0, 0.0)
    flat = source.y == target.y
    backward = target.x < source.x
    late = 3 if link.kind != "sequenceFlow" else 2 if backward else 0 if flat else 1
    return (late, abs(source.x - target.x) + abs(source.y - target.y), 0.0)


def _net(scope: Scope, grid: Grid) -> Net:
    """Lines: the middle of each column and row and of each boundary event, and tracks in the gaps between."""
    xs = {c for c, _, _ in grid.columns} | {i.x for i in scope.items.values() if i.host}
    ys = {c for c, _, _ in grid.rows} | {i.y for i in scope.items.values() if i.host}
    edges = [-EDGE, *(e for _, a, b in grid.columns for e in (a, b)), scope.width + EDGE]
    for a, b in zip(edges[::2], edges[1::2], strict=False):
        xs.update(_tracks(a, b))
    for band in scope.bands:
        rows = grid.rows[band.first_row : band.first_row + band.rows]
        inner = [band.top, *(e for _, a, b in rows for e in (a, b)), band.bottom]
        for a, b in zip(inner[::2], inner[1::2], strict=False):
            ys.update((a + b) / 2 + d for d in (-5, 7)) if b - a <= BAND_PADDING else ys.update(_tracks(a, b))
    net = Net(sorted(xs), sorted(ys))
    for item in scope.items.values():
        for point in _inside(net, item.box, CLEARANCE):
            net.blocked.setdefault(point, set()).add(item.id)
        if item.label_lines:
            net.soft.update(_inside(net, _label_guess(item), 0.0))
    return net


def _tracks(low: float, high: float) -> list[float]:
    count = max(1, int((high - low) // TRACK) - 1)
    return [round(low + (high - low) * (k + 1) / (count + 1)) for k in range(count)]


def _label_guess(item: Item) -> Box:
    """Where the name will probably stand: above a gateway, below an event."""
    width, height = min(90.0, text_width(item.name)), item.label_lines * LINE_HEIGHT
    top = item.y - item.height / 2 - height - 2 if item.kind.endswith("Gateway") else item.y + item.height / 2 + 2
    return Box(item.x - width / 2, top, item.x + width / 2, top + height)


def _inside(net: Net, box: Box, margin: float) -> Iterator[tuple[int, int]]:
    for ix in range(bisect_left(net.xs, box.left - margin), bisect_left(net.xs, box.right + margin)):
        for iy in range(bisect_left(net.ys, box.top - margin), bisect_left(net.ys, box.bottom + margin)):
            yield ix, iy


def _exits(net: Net, item: Item) -> Iterator[tuple[int, State]]:
    """Walk from the middle of a shape straight out: the side and the first free crossing of lines beyond it."""
    ix, iy = bisect_left(net.xs, item.x), bisect_left(net.ys, item.y)
    own = {item.id, item.host} if item.host else {item.id}
    for side, (dx, dy) in enumerate(DIRECTIONS):
        if item.host and side != 1:
            continue
        x, y = ix + dx, iy + dy
        while 0 <= x < len(net.xs) and 0 <= y < len(net.ys):
            there = net.blocked.get((x, y), set())
            if not there:
                yield side, (x, y, side)
                break
            if there - own:
                break
            x, y = x + dx, y + dy


def _port_cost(net: Net, link: Link, item: Item, other: Item, side: int, leaving: bool) -> float:
    """Flows leave to the right and arrive from the left; a gateway's branches may leave up or down."""
    gateway = item.kind.endswith("Gateway")
    backward = (other.x < item.x) == leaving and other.x != item.x
    if link.kind != "sequenceFlow":
        cost = (30.0, 0.0, 30.0, 0.0)[side]
    elif item.host:
        cost = 0.0
    elif leaving:
        upright = 12.0 if gateway else 40.0
        cost = (30.0 if backward else 0.0, upright, 80.0 if not backward else 40.0, upright)[side]
    else:
        cost = (90.0 if not backward else 30.0, 30.0, 0.0, 30.0)[side]
    for user, user_leaves in net.ports.get((item.id, side), []):
        if user_leaves != leaving:
            cost += 130.0
        else:
            cost += (260.0 if gateway else 45.0) if leaving else 12.0
        if user.kind != link.kind:
            cost += 40.0
    return cost


def _step_cost(net: Net, link: Link, x: int, y: int, side: int) -> float:
    """What one step from a crossing of lines to the next costs; sharing with a flow to the same target is cheap."""
    dx, dy = DIRECTIONS[side]
    nx, ny = x + dx, y + dy
    cost = abs(net.xs[nx] - net.xs[x]) + abs(net.ys[ny] - net.ys[y])
    for other in net.segments.get((min(x, nx), min(y, ny), bool(dx)), []):
        cost += 8.0 if other.target == link.target and other.kind == link.kind else SHARED
    for other in net.points.get((nx, ny), []):
        cost += 4.0 if other.target == link.target else CROSSING
    if (nx, ny) in net.soft:
        cost += 60.0
    return cost


def _search(net: Net, link: Link, source: Item, target: Item) -> list[State] | None:
    """A* over (line, line, direction)."""
    goals = {
        (x, y): (side, _port_cost(net, link, target, source, side, leaving=False))
        for side, (x, y, _) in _exits(net, target)
    }
    best = {state: _port_cost(net, link, source, target, side, leaving=True) for side, state in _exits(net, source)}
    came: dict[State, State] = {}
    queue = [(cost, state) for state, cost in best.items()]
    heapq.heapify(queue)
    greed = 1.0 if len(net.xs) * len(net.ys) < WIDE else GREED
    reach = target.width / 2 + target.height / 2 + 4 * CLEARANCE + 60
    done: set[State] = set()
    final: tuple[float, State] | None = None
    while queue:
        guess, state = heapq.heappop(queue)
        if (final is not None and guess >= final[0]) or len(done) > PATIENCE:
            break
        if state in done:
            continue
        done.add(state)
        if state[:2] in goals:
            total = best[state] + _arriving(*goals[state[:2]], state[2])
            final = min(final, (total, state)) if final else (total, state)
        for following, price in _moves(net, link, state):
            if best[state] + price < best.get(following, 1e18):
                best[following] = best[state] + price
                came[following] = state
                far = abs(net.xs[following[0]] - target.x) + abs(net.ys[following[1]] - target.y)
                heapq.heappush(queue, (best[following] + greed * max(0.0, far - reach), following))
    if final is None:
        return None
    way = [final[1]]
    while way[-1] in came:
        way.append(came[way[-1]])
    return way[::-1]


def _arriving(port: int, price: float, side: int) -> float:
    """The price of going in at a port; a bend more when the way does not come straight at it."""
    return price + (0.0 if (port + 2) % 4 == side else BEND if port != side else 4 * BEND)


def _moves(net: Net, link: Link, state: State) -> Iterator[tuple[State, float]]:
    """Where a way can go on from a crossing of lines, and what that costs."""
    x, y, side = state
    for turn, (dx, dy) in enumerate(DIRECTIONS):
        there = (x + dx, y + dy)
        inside = 0 <= there[0] < len(net.xs) and 0 <= there[1] < len(net.ys)
        if (turn + 2) % 4 == side or not inside or there in net.blocked:
            continue
        price = _step_cost(net, link, x, y, turn)
        if turn != side:
            price += BEND + sum(TOUCH for o in net.points.get((x, y), []) if o.target != link.target)
        yield (*there, turn), price


def _occupy(net: Net, link: Link, way: list[State]) -> None:
    """Remember where a flow runs, so that later ones keep off."""
    for a, b in pairwise(way):
        net.segments.setdefault((min(a[0], b[0]), min(a[1], b[1]), a[0] != b[0]), []).append(link)
    for x, y, _ in way:
        net.points.setdefault((x, y), []).append(link)
    net.ports.setdefault((link.source, way[0][2]), []).append((link, True))
    net.ports.setdefault((link.target, _arrival(link)), []).append((link, False))


def _arrival(link: Link) -> int:
    """Which side of the target the way meets, from the last two waypoints of the finished line."""
    (x1, y1), (x2, y2) = link.points[-2], link.points[-1]
    if abs(y1 - y2) < 0.01:  # noqa: PLR2004  horizontal
        return 2 if x1 < x2 else 0
    return 3 if y1 < y2 else 1


def _waypoints(net: Net, way: list[State], source: Item, target: Item) -> list[tuple[float, float]]:
    """Dock both ends on the borders and keep only the corners."""
    points = [(net.xs[x], net.ys[y]) for x, y, _ in way]
    points = [dock(source, points[0]), *points, dock(target, points[-1])]
    kept: list[tuple[float, float]] = []
    for point in points:
        if kept and abs(kept[-1][0] - point[0]) + abs(kept[-1][1] - point[1]) < 0.01:  # noqa: PLR2004  same point
            continue
        if len(kept) > 1 and _in_line(kept[-2], kept[-1], point):
            kept[-1] = point
        else:
            kept.append(point)
    return kept


def _in_line(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (a[0] == b[0] == c[0]) or (a[1] == b[1] == c[1])


def dock(item: Item, point: tuple[float, float]) -> tuple[float, float]:
    """Where the straight line from a point right, left, above or below meets the border."""
    x, y = point
    if abs(y - item.y) < 0.01:  # noqa: PLR2004  beside it
        return (item.x + (item.width / 2 if x > item.x else -item.width / 2), item.y)
    return (item.x, item.y + (item.height / 2 if y > item.y else -item.height / 2))


def _fallback(source: Item, target: Item) -> list[tuple[float, float]]:
    """A loop of an item to itself, or the last resort when no way is free."""
    start = (source.x, source.y + source.height / 2) if source.host else (source.x + source.width / 2, source.y)
    end = (target.x - target.width / 2, target.y)
    if target.id in {source.id, source.host}:
        low = max(source.y + source.height / 2, target.y + target.height / 2) + 16
        end = (target.x, target.y + target.height / 2)
        out = start[0] + (16 if not source.host else 0)
        if source.host:
            end = (target.x - target.width / 2, target.y)
            return [start, (out, low), (end[0] - 16, low), (end[0] - 16, end[1]), end]
        return [start, (out, start[1]), (out, low), (end[0], low), end]
    middle = end[0] - 20
    return [start, (start[0], start[1] + 20), (middle, start[1] + 20), (middle, end[1]), end]
