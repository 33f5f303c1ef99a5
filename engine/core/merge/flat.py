"""A file as a flat table of its elements, and the three-way merge of such tables.

Whatever a file is made of, an element has a key that stays the same in all versions, a parent, and values by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    Key = Hashable
    Table = dict[Key, "Entry"]

MISSING: Any = object()
PARENT = "\0parent"
GONE = "\0gone"
ROUNDS = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """An element. `needs` are keys it cannot do without, by the name of the value that says so.

    Of the element `about` it is only a remark (its drawing, its mention) and goes with it.
    """

    key: Key
    parent: Key
    tag: str
    values: Mapping[str, Any] = field(default_factory=dict)
    needs: Mapping[str, Key] = field(default_factory=dict)
    about: Key = None

    def same(self, other: Entry) -> bool:
        """Tell whether nothing differs but the place among its siblings."""
        return self.parent == other.parent and self.tag == other.tag and dict(self.values) == dict(other.values)


@dataclass(frozen=True, slots=True)
class Clash:
    """Both changed the value `name` of an element (`GONE`: one took it away)."""

    key: Key
    name: str
    mine: Any = MISSING
    theirs: Any = MISSING


@dataclass(slots=True)
class Result:
    """The merged table, its children in order, and what clashed."""

    table: Table
    children: dict[Key, list[Key]]
    clashes: list[Clash]


def merge_tables(base: Table, mine: Table, theirs: Table, *, prefer: str = "theirs") -> Result:
    """Put two edits of a table together; where both changed the same, the one `prefer` names stays."""
    clashes: list[Clash] = []
    table: Table = {}
    for key in dict.fromkeys([*theirs, *mine]):
        found = _one(base.get(key), mine.get(key), theirs.get(key), prefer, clashes)
        if found is not None:
            table[key] = found
    winner = mine if prefer == "mine" else theirs
    _complete(table, base, mine, theirs, winner, clashes)
    _rooted(table, winner)
    return Result(table, _children(table, base, mine, theirs, prefer), _once(clashes))


def _one(b: Entry | None, m: Entry | None, t: Entry | None, prefer: str, clashes: list[Clash]) -> Entry | None:
    if m is not None and t is not None:
        return _combined(b, m, t, prefer, clashes)
    present = m or t
    if b is None or present is None:
        return present
    if present.same(b):
        return None
    if present.about is not None and present.about != present.parent:  # a drawing of something that is gone
        return None
    clashes.append(Clash(b.key, GONE, None if m is None else "", None if t is None else ""))
    return m if prefer == "mine" else t


def _combined(b: Entry | None, m: Entry, t: Entry, prefer: str, clashes: list[Clash]) -> Entry:
    def chosen(name: str, bv: Any, mv: Any, tv: Any) -> Any:
        if mv in (tv, bv):
            return tv
        if tv == bv:
            return mv
        clashes.append(Clash(t.key, name, mv, tv))
        return mv if prefer == "mine" else tv

    values = {}
    for name in dict.fromkeys([*t.values, *m.values]):
        before = MISSING if b is None else b.values.get(name, MISSING)
        value = chosen(name, before, m.values.get(name, MISSING), t.values.get(name, MISSING))
        if value is not MISSING:
            values[name] = value
    parent = chosen(PARENT, MISSING if b is None else b.parent, m.parent, t.parent)
    tag = chosen("", MISSING if b is None else b.tag, m.tag, t.tag)
    known = {**m.needs, **t.needs}
    needs = {}
    for name in known:  # follows its value, which may be of either side
        for side in (m, t):
            if name in side.needs and side.values.get(name) == values.get(name):
                needs[name] = side.needs[name]
    return replace(t, parent=parent, tag=tag, values=values, needs=needs)


def _complete(table: Table, base: Table, mine: Table, theirs: Table, winner: Table, clashes: list[Clash]) -> None:
    """Bring back what the winner's elements need, and drop what needs an element that the winner took away."""
    for _ in range(ROUNDS):
        lacking = [
            (entry, wanted)
            for entry in table.values()
            for wanted in (entry.about, entry.parent, *entry.needs.values())
            if wanted is not None and wanted not in table
        ]
        if not lacking:
            return
        for entry, wanted in lacking:
            if entry.key not in table or wanted in table:
                continue
            if wanted == entry.about and not (wanted == entry.parent and entry.key in base):
                _drop(table, entry.key)
                continue
            if wanted in winner:
                _bring_back(table, winner, wanted)
            else:
                _drop(table, entry.key)
            if wanted in mine or wanted in theirs:
                clashes.append(Clash(wanted, GONE, _there(wanted, mine), _there(wanted, theirs)))
    raise ValueError("elements that need one another do not come to rest")


def _there(key: Key, side: Table) -> str | None:
    return "" if key in side else None


def _drop(table: Table, key: Key) -> None:
    """Take an element out, with everything in it."""
    waiting = [key]
    while waiting:
        gone = waiting.pop()
        waiting += [other.key for other in table.values() if other.parent == gone]
        table.pop(gone, None)


def _bring_back(table: Table, side: Table, key: Key) -> None:
    """Take an element from a side, with everything in it and every drawing of it."""
    waiting = [key]
    while waiting:
        wanted = waiting.pop()
        if wanted not in table:
            table[wanted] = side[wanted]
        waiting += [
            other.key
            for other in side.values()
            if wanted in (other.parent, other.about, other.needs.get("column")) and other.key not in table
        ]


def _rooted(table: Table, winner: Table) -> None:
    """Two moves may have put elements into one another: then where the winner has them counts."""
    for entry in list(table.values()):
        seen, at = set(), entry
        while at.parent is not None and at.parent in table and at.key not in seen:
            seen.add(at.key)
            at = table[at.parent]
        if at.parent is not None and at.key in seen and entry.key in winner:
            table[entry.key] = replace(table[entry.key], parent=winner[entry.key].parent)


def _ordered(table: Table) -> dict[Key, list[Key]]:
    found: dict[Key, list[Key]] = {}
    for entry in table.values():
        found.setdefault(entry.parent, []).append(entry.key)
    return found


def _children(table: Table, base: Table, mine: Table, theirs: Table, prefer: str) -> dict[Key, list[Key]]:
    """Order the children of each element: as the one who changed the order has it, the other's new ones beside."""
    b, m, t = _ordered(base), _ordered(mine), _ordered(theirs)
    found: dict[Key, list[Key]] = {}
    for parent, keys in _ordered(table).items():
        wanted = set(keys)
        first, second = (m, t) if prefer == "mine" else (t, m)
        common = wanted & set(b.get(parent, ())) & set(m.get(parent, ())) & set(t.get(parent, ()))
        as_before = [key for key in b.get(parent, ()) if key in common]
        if [key for key in first.get(parent, ()) if key in common] == as_before:
            first, second = second, first
        order = [key for key in first.get(parent, ()) if key in wanted]
        order = _beside(order, [key for key in second.get(parent, ()) if key in wanted])
        found[parent] = order + [key for key in keys if key not in set(order)]
    return found


def _beside(order: list[Key], other: Iterable[Key]) -> list[Key]:
    """Insert what only the other list has after the element that it follows there."""
    placed, order = set(order), list(order)
    before: Key = None
    for key in other:
        if key not in placed:
            order.insert(order.index(before) + 1 if before in placed else 0, key)
            placed.add(key)
        before = key
    return order


def _once(clashes: list[Clash]) -> list[Clash]:
    return list({(clash.key, clash.name): clash for clash in clashes}.values())
