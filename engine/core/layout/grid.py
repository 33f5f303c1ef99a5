"""Columns and rows: which cell of the grid each item takes, and how wide and tall the cells become."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil

from engine.core.layout.parts import LABEL_SIZE, LABEL_WIDTH, LINE_HEIGHT, Band, Item, Scope, text_width

COLUMN_GAP = 50.0
EDGE = 40.0
ROW_GAP = 46.0
BAND_PADDING = 28.0
SWEEPS = 4
LONG = 3
EFFORT = 12_000_000  # about a second: large diagrams keep what was found until then
MANY = 60


@dataclass(slots=True)
class Grid:
    """The finished grid: centre, left and right of each column; centre, top and bottom of each row."""

    columns: list[tuple[float, float, float]] = field(default_factory=list)
    rows: list[tuple[float, float, float]] = field(default_factory=list)


def edges_of(scope: Scope) -> list[tuple[str, str]]:
    """List who comes before whom: the sequence flows, a boundary event counting as its host."""
    pairs = []
    for boundary in (False, True):
        for link in scope.links:
            source, target = scope.place(link.source), scope.place(link.target)
            from_boundary = bool(source is not None and scope.items[link.source].host)
            if link.kind != "sequenceFlow" or source is None or target is None or from_boundary != boundary:
                continue
            if source.id != target.id and (source.id, target.id) not in pairs:
                pairs.append((source.id, target.id))
    return pairs


def boundary_pairs(scope: Scope) -> set[tuple[str, str]]:
    """The flows that leave boundary events, as (host, target)."""
    return {
        (scope.items[link.source].host, link.target)
        for link in scope.links
        if link.source in scope.items and scope.items[link.source].host
    }


def forward(ids: list[str], pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Drop the flows that lead back (found by depth-first search in document order); the rest has no cycle."""
    after: dict[str, list[str]] = {i: [] for i in ids}
    entered = {target for _, target in pairs}
    for source, target in pairs:
        after[source].append(target)
    state: dict[str, int] = {}
    back: set[tuple[str, str]] = set()
    for root in [*(i for i in ids if i not in entered), *ids]:
        if root in state:
            continue
        state[root] = 1
        stack = [(root, iter(after[root]))]
        while stack:
            node, rest = stack[-1]
            target = next(rest, "")
            if not target:
                state[node] = 2
                stack.pop()
            elif state.get(target) == 1:
                back.add((node, target))
            elif target not in state:
                state[target] = 1
                stack.append((target, iter(after[target])))
    return [pair for pair in pairs if pair not in back]


def assign_columns(scope: Scope, pairs: list[tuple[str, str]]) -> None:
    """Give each item the length of the longest way to it; late sources move right, next to what follows them."""
    placed = [item for item in scope.items.values() if not item.host]
    before: dict[str, list[str]] = {item.id: [] for item in placed}
    after: dict[str, list[str]] = {item.id: [] for item in placed}
    for source, target in pairs:
        before[target].append(source)
        after[source].append(target)
    missing = {item.id: len(before[item.id]) for item in placed}
    ready = [item.id for item in placed if not before[item.id]]
    for node in ready:
        for target in after[node]:
            scope.items[target].column = max(scope.items[target].column, scope.items[node].column + 1)
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    for item in placed:
        if not before[item.id] and after[item.id]:
            item.column = max(0, min(scope.items[t].column for t in after[item.id]) - 1)
    for link in scope.links:
        if link.kind == "association":
            _beside(scope, link.source, link.target)


def _beside(scope: Scope, one: str, other: str) -> None:
    """Put a note or data object into the column of what it is about."""
    a, b = scope.place(one), scope.place(other)
    if a is None or b is None:
        return
    note, about = (a, b) if a.kind.startswith(("text", "data")) else (b, a)
    if note.kind.startswith(("text", "data")):
        note.column = about.column
        note.lane = about.lane


class _Rows:
    """The search for rows: cells taken, and what a choice of rows costs."""

    def __init__(self, scope: Scope, pairs: list[tuple[str, str]], flows: list[tuple[str, str]]) -> None:
        self.scope = scope
        self.flows = flows
        self.heavy = _main_flows(scope, pairs)
        self.cells: dict[tuple[str, int, int], Item] = {}
        self.items = sorted((i for i in scope.items.values() if not i.host and not i.apart), key=lambda i: i.column)
        self.effort = EFFORT
        self.last = max((item.column for item in self.items), default=0)
        self.incoming: dict[str, list[str]] = {}
        self.boundary = boundary_pairs(scope)
        for source, target in pairs:
            self.incoming.setdefault(target, []).append(source)

    def greedy(self) -> None:
        """Place column by column: stay in the row of the main predecessor, else take the nearest free row."""
        for item in self.items:
            wanted = 0
            for source in self.incoming.get(item.id, []):
                before = self.scope.items[source]
                if before.lane == item.lane:
                    wanted = before.row + (0 if (source, item.id) in self.heavy else 1)
                    if (source, item.id) in self.heavy:
                        break
            rows = sorted(range(wanted + len(self.items) + 1), key=lambda r: (abs(r - wanted), -r))
            item.row = next(r for r in rows if (item.lane, item.column, r) not in self.cells)
            self.cells[item.lane, item.column, item.row] = item

    def heights(self) -> dict[str, tuple[int, int]]:
        """The first and the last row in use in each lane; rows above the first predecessor's are negative."""
        count = {band.id: (0, 0) for band in self.scope.bands}
        for item in self.items:
            low, high = count[item.lane]
            count[item.lane] = min(low, item.row), max(high, item.row)
        return count

    def cost(self) -> float:
        """Judge the rows: short, straight flows, few crossings, few rows; boundary flows lead down."""
        count = self.heights()
        first, total = {}, 0
        for band in self.scope.bands:
            low, high = count[band.id]
            first[band.id] = total - low
            total += high - low + 1
        at = {item.id: first[item.lane] + item.row for item in self.items}
        taken = {(at[item.id], item.column) for item in self.items}
        cost = 2.5 * total
        spans = []
        ways: dict[str, list[int]] = {}
        for pair in self.flows:
            source, target = self.scope.items[pair[0]], self.scope.items[pair[1]]
            rise = at[target.id] - at[source.id]
            low, high = sorted((source.column, target.column))
            cost += abs(rise) + (6.0 if rise and pair in self.heavy else 0.4 if rise else 0)
            if not rise:
                cost += sum(4 for c in range(low + 1, high) if (at[source.id], c) in taken)
                cost += 6 if target.column < source.column else 0
            if pair in self.boundary and rise <= 0:
                cost += 3
            spans.append((source.column, at[source.id], target.column, at[target.id]))
            ways.setdefault(source.id, []).append((rise > 0) - (rise < 0))
        for key, sides in ways.items():
            if self.scope.items[key].kind.endswith("Gateway"):
                cost += sum(2.0 * (sides.count(side) - 1) for side in set(sides))
        self.effort -= len(spans) * (len(spans) if len(spans) <= MANY else 4)
        return cost + (_crossings(spans) if len(spans) <= MANY else 0)

    def improve(self) -> None:
        """Try other rows, for single items and for the rest of a lane from a column on, as long as that pays."""
        best = self.cost()
        for _ in range(SWEEPS):
            before = best
            for item in self.items:
                best = self._try_rows(item, best) if self.effort > 0 else best
            for band in self.scope.bands:
                for column in range(1, self.last + 1):
                    best = self._try_rest(band.id, column, best) if self.effort > 0 else best
            if best >= before - 1e-9:
                return

    def _try_rows(self, item: Item, best: float) -> float:
        low, high = self.heights()[item.lane]
        for row in range(low - 1, high + 2):
            previous = item.row
            if row == previous:
                continue
            self._move(item, row)
            cost = self.cost()
            if cost < best - 1e-9:
                best = cost
            else:
                self._move(item, previous)
        return best

    def _try_rest(self, lane: str, column: int, best: float) -> float:
        """Try to shift the rest of a lane from a column on up or down, and to swap two of its rows."""
        rest = [item for item in self.items if item.lane == lane and item.column >= column]
        rows = sorted({item.row for item in rest})
        changes = [{row: row + delta for row in rows} for delta in (-1, 1)]
        changes += [{one: other, other: one} for i, one in enumerate(rows) for other in rows[i + 1 :]]
        for change in changes:
            before = [item.row for item in rest]
            for item in rest:
                item.row = change.get(item.row, item.row)
            cost = self.cost() if rest else best
            if cost < best - 1e-9:
                best = cost
                break
            for item, row in zip(rest, before, strict=True):
                item.row = row
        self.cells = {(item.lane, item.column, item.row): item for item in self.items}
        return best

    def _move(self, item: Item, row: int) -> None:
        here = (item.lane, item.column, item.row)
        there = (item.lane, item.column, row)
        other = self.cells.pop(there, None)
        del self.cells[here]
        self.cells[there] = item
        if other is not None:
            other.row = item.row
            self.cells[here] = other
        item.row = row


def _crossings(spans: list[tuple[int, int, int, int]]) -> float:
    """Estimate crossings: forward flows over the same columns whose ends change order."""
    found = 0
    for i, (c1, r1, d1, s1) in enumerate(spans):
        for c2, r2, d2, s2 in spans[i + 1 :]:
            if max(c1, c2) < min(d1, d2) and (r1 - r2) * (s1 - s2) < 0:
                found += 1
    return 1.5 * found


def _main_flows(scope: Scope, pairs: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of each item's outgoing flows, the one with the longest way still to go: it should run straight."""
    after: dict[str, list[str]] = {}
    for source, target in pairs:
        after.setdefault(source, []).append(target)
    depth: dict[str, int] = {}
    for item in sorted(scope.items.values(), key=lambda i: -i.column):
        depth[item.id] = 1 + max((depth.get(t, 0) for t in after.get(item.id, [])), default=0)
    main = set()
    for source, targets in after.items():
        lane = scope.items[source].lane
        own = [t for t in targets if (source, t) not in boundary_pairs(scope)] or targets
        same = [t for t in own if scope.items[t].lane == lane] or own
        usual = _default_target(scope, source)
        main.add((source, usual if depth.get(usual, 0) >= LONG else max(same, key=lambda t: depth[t])))
    return main


def _default_target(scope: Scope, source: str) -> str:
    """Where the default flow of a gateway leads: usually the way most cases go."""
    return next((link.target for link in scope.links if link.id == scope.items[source].default), "")


def arrange(scope: Scope) -> Grid:
    """Choose column and row of every item, then set the centre of every item and the extent of every band."""
    pairs = edges_of(scope)
    straight = forward([i.id for i in scope.items.values() if not i.host], pairs)
    assign_columns(scope, straight)
    rows = _Rows(scope, straight, pairs)
    rows.greedy()
    rows.improve()
    _drop_empty_rows(scope, rows)
    return _measure(scope)


def _drop_empty_rows(scope: Scope, rows: _Rows) -> None:
    """Close gaps, so that every band starts with its first used row; number the rows over all bands."""
    total = 0
    for band in scope.bands:
        used = sorted({item.row for item in rows.items if item.lane == band.id})
        for item in rows.items:
            if item.lane == band.id:
                item.row = total + used.index(item.row)
        apart = [i for i in scope.items.values() if i.apart and i.lane == band.id]
        for item in apart:
            item.row = total + len(used)
        band.rows = max(1, len(used) + bool(apart))
        band.first_row = total
        total += band.rows


def _measure(scope: Scope) -> Grid:
    """Turn cells into pixels."""
    grid = Grid()
    items = [item for item in scope.items.values() if not item.host and not item.apart]
    left = 0.0
    for column in range(max((i.column for i in items), default=0) + 1):
        width = max((i.width for i in items if i.column == column), default=36.0)
        width = max(width, *(min(text_width(i.name), LABEL_WIDTH) - 34 for i in items if i.column == column), 0.0)
        gap = max((_label_gap(scope, i) for i in items if i.column == column), default=COLUMN_GAP)
        width = _even(width)
        grid.columns.append((left + width / 2, left, left + width))
        left += width + _even(max(gap, COLUMN_GAP))
    scope.width = grid.columns[-1][2] if grid.columns else 0.0
    top = 0.0
    for band in scope.bands:
        top = _measure_band(scope, band, grid, top)
    scope.height = top
    for item in items:
        item.x, item.y = grid.columns[item.column][0], grid.rows[item.row][0]
    _set_apart(scope, grid)
    return grid


def _set_apart(scope: Scope, grid: Grid) -> None:
    """Line up the event sub-processes of a band, which no flow joins to the rest, below everything else in it."""
    ends: dict[int, float] = {}
    for item in scope.items.values():
        if item.apart:
            left = ends.get(item.row, 0.0)
            item.x, item.y = left + item.width / 2, grid.rows[item.row][0]
            ends[item.row] = left + item.width + COLUMN_GAP
            scope.width = max(scope.width, left + item.width)


def _even(size: float) -> float:
    """Round up to even pixels, so that middles are whole pixels too."""
    return 2.0 * ceil(size / 2)


def _measure_band(scope: Scope, band: Band, grid: Grid, top: float) -> float:
    top += band.gap
    band.top = top
    top += BAND_PADDING
    for row in range(band.first_row, band.first_row + band.rows):
        inside = [i for i in scope.items.values() if i.row == row and i.lane == band.id and not i.host]
        above = max((i.height / 2 + _above(i) for i in inside), default=30.0)
        below = max((i.height / 2 + _below(scope, i) for i in inside), default=30.0)
        grid.rows.append((top + above, top, top + above + below))
        top += above + below + ROW_GAP
    top += BAND_PADDING - ROW_GAP
    band.bottom = top
    return top


def _above(item: Item) -> float:
    """Room for a gateway's name above it."""
    return item.label_lines * LINE_HEIGHT if item.kind.endswith("Gateway") else 0.0


def _below(scope: Scope, item: Item) -> float:
    """Room for an event's name, or for the boundary events on the lower border and their names."""
    room = item.label_lines * LINE_HEIGHT if not item.kind.endswith("Gateway") else 0.0
    for other in scope.items.values():
        if other.host == item.id:
            room = max(room, other.height / 2 + other.label_lines * LINE_HEIGHT + 4)
    return room


def _label_gap(scope: Scope, item: Item) -> float:
    """How wide the gap right of an item must be, so that the names of its flows fit."""
    names = [link.name for link in scope.links if link.source == item.id and link.name]
    longest = max((text_width(name, LABEL_SIZE) for name in names), default=0.0)
    return min(longest, LABEL_WIDTH + 20) + 34 if longest else COLUMN_GAP
