"""Two versions of a table or a form laid side by side: row by row with the cells that differ, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.core import dmn, forms
from engine.core.compare import wording
from engine.core.compare.change import PLAIN, Said, Words
from engine.core.compare.dmn import columns
from engine.core.compare.dmn_rows import ANY, cell, rule_pairs
from engine.core.compare.forms import TYPES, field_labels, match_fields, show
from engine.core.dmn.model import Decision, Table
from engine.core.dmn.model import Literal as Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core.compare.change import Kind
    from engine.core.forms import Component


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: `mark` says whether it came or went."""

    title: str
    result: bool
    mark: str = ""
    expression: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as people read it, before and now; the same text twice when nothing is different."""

    old: str
    new: str

    @property
    def changed(self) -> bool:
        """Tell whether it differs."""
        return self.old != self.new


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its numbers before and now, None where it is not there."""

    id: str
    old: int | None
    new: int | None
    cells: tuple[Cell, ...]
    note: Cell
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A decision's table, both versions in one; `text` is its expression where it is no table."""

    id: str
    name: str
    policy: Cell
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    text: Cell = Cell("", "")

    @property
    def differs(self) -> bool:
        """Tell whether any row does."""
        return any(row.mark for row in self.rows)


def grids(old: bytes, new: bytes) -> tuple[Grid, ...]:
    """Lay the decisions of two files side by side; the same file twice is simply that file.

    Raises DmnError when one of them cannot be read.
    """
    before, after = dmn.parse(old).decisions, dmn.parse(new).decisions
    keys = dict.fromkeys([*after, *before])
    return tuple(_grid(before.get(key), after.get(key)) for key in keys)


def _grid(old: Decision | None, new: Decision | None) -> Grid:
    one = new or old
    assert one is not None  # noqa: S101  one of them has the key
    left = old.box if old is not None else None
    right = new.box if new is not None else None
    if isinstance(right, Table) or isinstance(left, Table):
        mine = left if isinstance(left, Table) else _empty(right)
        other = right if isinstance(right, Table) else _empty(left)
        return _table(one, mine, other)
    texts = [box.text if isinstance(box, Text) else "" for box in (left, right)]
    return Grid(one.id, one.name, Cell("", ""), text=Cell(texts[0], texts[1]))


def _empty(table: Any) -> Table:
    return Table(table.id, table.policy, table.aggregation, table.inputs, table.outputs, ())


def _table(decision: Decision, old: Table, new: Table) -> Grid:
    inputs, outputs = columns(old.inputs, new.inputs, "inputs"), columns(old.outputs, new.outputs, "outputs")
    tests, results = _layout(old.inputs, new.inputs, inputs), _layout(old.outputs, new.outputs, outputs)
    heads = [_head(old.inputs, new.inputs, a, b, result=False) for a, b in tests]
    heads += [_head(old.outputs, new.outputs, a, b, result=True) for a, b in results]
    found = rule_pairs(old, new, inputs, outputs)
    order: list[tuple[int | None, int | None]] = [
        (next((a for a, b in found.items() if b == at), None), at) for at in range(len(new.rules))
    ]
    for at in range(len(old.rules)):  # what is gone stands where it stood
        if at not in found:
            before = next((i for i, (a, _b) in enumerate(order) if a is not None and a > at), len(order))
            order.insert(before, (at, None))
    rows = tuple(_row(old, new, a, b, tests, results) for a, b in order)
    policies = [f"{table.policy} {table.aggregation}".strip() for table in (old, new)]
    return Grid(decision.id, decision.name, Cell(policies[0], policies[1]), tuple(heads), rows)


def _layout(old: Sequence[Any], new: Sequence[Any], found: Mapping[int, int]) -> list[tuple[int | None, int | None]]:
    """Put the columns of both in one order: those of the new one, and what is gone where it stood."""
    order: list[tuple[int | None, int | None]] = [
        (next((a for a, b in found.items() if b == at), None), at) for at in range(len(new))
    ]
    for at in range(len(old)):
        if at not in found:
            order.insert(min(at, len(order)), (at, None))
    return order


def _head(old: Sequence[Any], new: Sequence[Any], a: int | None, b: int | None, *, result: bool) -> Column:
    column = new[b] if b is not None else old[a or 0]
    mark = "added" if a is None else "removed" if b is None else ""
    return Column(column.title, result, mark, column.name if result else column.expression.text)


def _row(
    old: Table,
    new: Table,
    a: int | None,
    b: int | None,
    tests: Sequence[tuple[int | None, int | None]],
    results: Sequence[tuple[int | None, int | None]],
) -> Row:
    one = old.rules[a] if a is not None else None
    other = new.rules[b] if b is not None else None
    cells = [
        Cell(
            _text(one.tests if one else (), left, kept=one is not None),
            _text(other.tests if other else (), right, kept=other is not None),
        )
        for left, right in tests
    ]
    cells += [
        Cell(
            _text(one.results if one else (), left, kept=one is not None),
            _text(other.results if other else (), right, kept=other is not None),
        )
        for left, right in results
    ]
    notes = [" / ".join(rule.annotations) if rule is not None else "" for rule in (one, other)]
    note = Cell(notes[0], notes[1])
    mark = "added" if one is None else "removed" if other is None else ""
    if not mark and (any(part.changed for part in cells) or note.changed):
        mark = "changed"
    rule = other or one
    return Row(
        rule.id if rule else "",
        a + 1 if a is not None else None,
        b + 1 if b is not None else None,
        tuple(cells),
        note,
        mark,
    )


def _text(row: Sequence[Any], at: int | None, *, kept: bool) -> str:
    if not kept or at is None:
        return ""
    text = row[at].text
    return "–" if text in ANY else cell(text)


# -- forms ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldSide:
    """A field as one version has it: its label, its kind, and what else is said of it, in both languages."""

    label: Said
    kind: Said
    notes: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field before and now; `depth` is how deep it lies in groups."""

    id: str
    depth: int
    old: FieldSide | None
    new: FieldSide | None
    mark: Kind | str = ""


def fields(old: bytes, new: bytes, words: Words = PLAIN, touched: frozenset[str] = frozenset()) -> tuple[FieldRow, ...]:
    """Lay the fields of two forms side by side; `touched` are the ids that differ. Raises InvalidInputError."""
    before, after = forms.parse(old), forms.parse(new)
    mine, other, found = match_fields(before, after)
    known = Words(words.english, variables={**words.variables, **field_labels(after, before)})
    back = {b: a for a, b in found.items()}
    rows: list[tuple[str | None, str | None]] = [(back.get(one), one) for one in other]
    for one in mine:
        if one not in found:
            ids = list(mine)
            later = set(ids[ids.index(one) + 1 :])
            at = next((i for i, (a, _b) in enumerate(rows) if a in later), len(rows))
            rows.insert(at, (one, None))
    made = []
    for a, b in rows:
        left = mine[a] if a is not None else None
        right = other[b] if b is not None else None
        shown = right or left
        if shown is None:
            continue
        mark = "added" if left is None else "removed" if right is None else ""
        if not mark and shown.component.id in touched:
            mark = "changed"
        sides = [None if one is None else _side(one.component, known) for one in (left, right)]
        made.append(FieldRow(shown.component.id, shown.depth, sides[0], sides[1], mark))
    return tuple(made)


def _side(one: Component, words: Words) -> FieldSide:
    kind = TYPES.get(one.type, Said(one.type, one.type))
    text = one.label or one.text
    notes = []
    if one.rules.required is True:
        notes.append(Said("required", "必填"))
    if one.required_if:
        said = wording.feel(one.required_if, words)
        notes.append(Said(f"required when {said.en}", f"必填条件：{said.zh}"))
    if one.hide:
        said = show(one.hide, words)
        notes.append(Said(f"shown {said.en}", f"{said.zh} 显示"))
    if one.options:
        names = [words.say(option.label) for option in one.options]
        notes.append(Said(", ".join(n.en for n in names), "、".join(n.zh for n in names)))
    limits = [("≥", one.rules.min), ("≤", one.rules.max)]
    notes += [Said(f"{sign} {value}", f"{sign} {value}") for sign, value in limits if value is not None]
    if one.rules.max_length is not None:
        notes.append(Said(f"at most {one.rules.max_length} letters", f"最多 {one.rules.max_length} 字"))
    if one.description:
        notes.append(words.say(one.description))
    return FieldSide(words.say(wording.clip(text)) if text else kind, kind, tuple(notes))
