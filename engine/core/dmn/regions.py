"""What the rows of a table cover, exactly, for columns whose cells compare with constants.

Every column is cut into atoms: values or open intervals on which each of its cells is either true or false. A cell is
then a bit mask over the atoms, a row one mask per column, and the questions of the lint are set arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.core import feel
from engine.core.dmn.types import find, simple_name
from engine.core.feel import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.core.dmn.model import Decisions, Input, Table

_ENV = feel.Env(strict=False)
_MAX_STEPS: Final = 1_000_000
_MAX_ATOMS: Final = 400
_CONSTANT_CALLS = {"date", "time", "date and time", "duration"}
_COMPARING = (nodes.Comparison, nodes.RangeNode, nodes.ListNode, nodes.Logic, nodes.Between, nodes.In)
_COMPARISONS = {"=", "!=", "<", "<=", ">", ">="}
_LINEAR = (Decimal, date, datetime, timedelta)
_GAP_STEPS: dict[type, Any] = {Decimal: Decimal(1), date: timedelta(days=1)}
OTHER: Final = "\ue000"
"""Stands for every text that no cell names."""


class TooMuchError(Exception):
    """The table is too large to be checked exactly; nothing is claimed about it."""


class Budget:
    """How much work one check of a table may still do."""

    def __init__(self) -> None:
        """Start with enough for any table that people fill in by hand."""
        self.left = _MAX_STEPS

    def spend(self, steps: int) -> None:
        """Use some of it. Raises TooMuchError."""
        self.left -= steps
        if self.left < 0:
            raise TooMuchError


@dataclass(frozen=True, slots=True)
class Atom:
    """One value (`low` is `high`), or everything strictly between two ends, where None is without end."""

    low: Any
    high: Any
    sample: Any

    @property
    def point(self) -> bool:
        """Whether it is a single value."""
        return self.low is not None and self.low == self.high


@dataclass(frozen=True, slots=True)
class Column:
    """The atoms of an input; `known` says whether there are no other values. The last bit of a mask stands for null."""

    title: str
    atoms: tuple[Atom, ...]
    known: bool

    @property
    def full(self) -> int:
        """The mask of everything, null included."""
        return (2 << len(self.atoms)) - 1

    @property
    def present(self) -> int:
        """The mask of everything but null."""
        return (1 << len(self.atoms)) - 1


@dataclass(frozen=True, slots=True)
class Rows:
    """Per row one mask per column; None where a cell is more than a comparison with constants."""

    columns: tuple[Column, ...]
    masks: tuple[tuple[int | None, ...], ...]


def survey(table: Table, decisions: Decisions) -> Rows:
    """Cut up the columns of a table. Raises TooMuchError."""
    columns: list[Column] = []
    by_column: list[list[int | None]] = []
    for index, head in enumerate(table.inputs):
        texts = [rule.tests[index].text for rule in table.rules]
        column, masks = _column(head, texts, decisions)
        columns.append(column)
        by_column.append(masks)
    rows = tuple(tuple(masks[row] for masks in by_column) for row in range(len(table.rules)))
    return Rows(tuple(columns), rows)


def _column(head: Input, texts: list[str], decisions: Decisions) -> tuple[Column, list[int | None]]:
    item, _ = find(head.type, decisions)
    allowed = head.values or (item.allowed if item is not None and not item.collection else "")
    kind = simple_name(item.base if item is not None else head.type)
    constants: dict[str, list[Any] | None] = {text: _constants(text, decisions) for text in {*texts, allowed}}
    found = [value for values in constants.values() for value in values or ()]
    atoms = (
        [Atom(value, value, value) for value in (True, False)]
        if kind == "boolean"
        else _atoms(found, integers=head.type in {"integer", "long"})
    )
    complete = kind == "boolean" or bool(atoms and isinstance(atoms[0].sample, _LINEAR))
    if allowed and constants[allowed] is not None:
        test = feel.compile(allowed, unary=True, names=decisions.names)
        atoms = [atom for atom in atoms if test.evaluate({"?": atom.sample}, _ENV) is True]
        complete = True
    if len(atoms) > _MAX_ATOMS:
        raise TooMuchError
    column = Column(head.title, tuple(atoms), complete)
    # Constants of several kinds cannot be put in one order: nothing is said about the cells that compare with them.
    mixed = kind != "boolean" and len({type(value) for value in found if value is not None}) > 1
    cache: dict[str, int | None] = {}
    for text in set(texts):
        unsure = constants[text] is None or (mixed and bool(constants[text]))
        cache[text] = None if unsure else _mask(text, column, decisions)
    return column, [cache[text] for text in texts]


def _mask(text: str, column: Column, decisions: Decisions) -> int | None:
    if text in {"", "-"}:
        return column.full
    test = feel.compile(text, unary=True, names=decisions.names)
    mask = 0
    try:
        for index, sample in enumerate([*(atom.sample for atom in column.atoms), None]):
            if test.evaluate({"?": sample}, _ENV) is True:
                mask |= 1 << index
    except feel.FeelProblem:
        return None
    return mask


def _constants(text: str, decisions: Decisions) -> list[Any] | None:
    """All constants of a cell that only compares with constants, None for any other cell."""
    if text in {"", "-"}:
        return []
    try:
        tree = feel.compile(text, unary=True, names=decisions.names).tree
    except feel.FeelProblem:
        return None
    result: list[Any] = []
    stack = list(nodes.children(tree))
    while stack:
        node = stack.pop()
        if isinstance(node, nodes.Name) and node.name == "?":
            continue
        if isinstance(node, _COMPARING) or (isinstance(node, nodes.Binary) and node.op in _COMPARISONS):
            stack.extend(nodes.children(node))
        elif _is_constant(node):
            value = feel.Expression("", node, frozenset(), frozenset(), frozenset(), _closure(node)).evaluate({}, _ENV)
            result.append(value)
        else:
            return None
    return result


def _closure(node: nodes.Node) -> Any:
    from engine.core.feel.compiler import compile_node  # noqa: PLC0415  only this one node

    return compile_node(node)


def _is_constant(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Negate):
        return _is_constant(node.operand)
    if isinstance(node, nodes.Call):
        name = node.function.name if isinstance(node.function, nodes.Name) else ""
        return name in _CONSTANT_CALLS and not node.names and all(map(_is_constant, node.args))
    return isinstance(node, nodes.Literal)


def _atoms(found: list[Any], *, integers: bool) -> list[Atom]:
    """The atoms between the constants of a column: all of one kind, or none."""
    values = [value for value in found if value is not None]
    kinds = {type(value) for value in values}
    if not values or len(kinds) != 1:
        return [Atom(OTHER, OTHER, OTHER)]
    kind = kinds.pop()
    if kind is bool:
        return [Atom(value, value, value) for value in (True, False)]
    if kind is str:
        texts = sorted(set(values))
        return [Atom(text, text, text) for text in texts] + [Atom(OTHER, OTHER, OTHER)]
    if kind not in _LINEAR or (kind is datetime and len({value.tzinfo is None for value in values}) > 1):
        return [Atom(OTHER, OTHER, OTHER)]
    return list(_linear(sorted(set(values)), kind, integers=integers))


def _linear(values: list[Any], kind: type, *, integers: bool) -> Iterator[Atom]:
    step: Any = _GAP_STEPS.get(kind, timedelta(seconds=1))
    # Whole numbers throughout mean that people count: nothing is asked about values between neighbours.
    whole = (
        integers or kind is date or (kind is Decimal and all(value == value.to_integral_value() for value in values))
    )
    try:
        yield Atom(None, values[0], values[0] - step)
        for low, high in zip(values, [*values[1:], None], strict=True):
            yield Atom(low, low, low)
            if high is None:
                yield Atom(low, None, low + step)
            elif not (whole and high - low <= step):
                yield Atom(low, high, low + step if whole else low + (high - low) / 2)
    except OverflowError as error:
        raise TooMuchError from error


# -- questions ---------------------------------------------------------------------------------------------------------

Region = tuple[int, ...]
"""One mask per column."""


def overlap(a: Sequence[int | None], b: Sequence[int | None]) -> Region | None:
    """What two rows have in common for certain; None when that is nothing, or not known."""
    common: list[int] = []
    for x, y in zip(a, b, strict=True):
        if x is None or y is None or not x & y:
            return None
        common.append(x & y)
    return tuple(common)


def uncovered(
    rows: Rows, covering: Sequence[int], within: Sequence[int], budget: Budget, *, unknown_covers: bool
) -> Iterator[Region]:
    """The parts of `within` that no row of `covering` covers. Raises TooMuchError."""
    fallback = [column.full if unknown_covers else 0 for column in rows.columns]
    budget.spend(len(covering))
    masks = {
        row: tuple(other if mask is None else mask for mask, other in zip(rows.masks[row], fallback, strict=True))
        for row in covering
    }
    return _Search(masks, tuple(within), budget).gaps(0, tuple(covering), ())


class _Search:
    """Column by column: values that the same rows let pass are looked at together, and nothing is looked at twice."""

    def __init__(self, masks: dict[int, tuple[int, ...]], within: tuple[int, ...], budget: Budget) -> None:
        self.masks = masks
        self.within = within
        self.budget = budget
        self.closed: set[tuple[int, tuple[int, ...]]] = set()
        # From which column on a row lets everything pass.
        self.open_from = {row: self._open_from(mask) for row, mask in masks.items()}

    def _open_from(self, mask: tuple[int, ...]) -> int:
        column = len(self.within)
        while column and mask[column - 1] & self.within[column - 1] == self.within[column - 1]:
            column -= 1
        return column

    def gaps(self, column: int, left: tuple[int, ...], prefix: Region) -> Iterator[Region]:
        """The uncovered parts from a column on, where only the rows `left` still match."""
        self.budget.spend(1 + len(left))
        if not left:
            yield (*prefix, *self.within[column:])
            return
        if (column, left) in self.closed or any(self.open_from[row] <= column for row in left):
            return
        groups: dict[tuple[int, ...], int] = {}
        for bit in range(self.within[column].bit_length()):
            if self.within[column] >> bit & 1:
                alive = tuple(row for row in left if self.masks[row][column] >> bit & 1)
                groups[alive] = groups.get(alive, 0) | 1 << bit
        found = False
        for alive, mask in groups.items():
            for gap in self.gaps(column + 1, alive, (*prefix, mask)):
                found = True
                yield gap
        if not found:
            self.closed.add((column, left))


def describe(region: Region, columns: Sequence[Column], other: str) -> str:
    """A region in words of FEEL; columns of which all is meant are left out. `other` names "any other value"."""
    parts = [
        f"{column.title} {_describe(mask, column, other)}"
        for mask, column in zip(region, columns, strict=True)
        if mask & column.present != column.present or len(columns) == 1
    ]
    return "; ".join(parts)


def _describe(mask: int, column: Column, other: str) -> str:
    chosen = [index for index in range(len(column.atoms)) if mask >> index & 1]
    if not chosen:
        return "= null"
    if not isinstance(column.atoms[chosen[0]].sample, _LINEAR):
        values = [column.atoms[index].low for index in chosen][:6]
        return "= " + ", ".join(other if value == OTHER else feel.text_of(value, nested=True) for value in values)
    runs: list[list[Atom]] = []
    previous = -2
    for index in chosen:
        if index == previous + 1:
            runs[-1].append(column.atoms[index])
        else:
            runs.append([column.atoms[index]])
        previous = index
    return ", ".join(_interval(run[0], run[-1]) for run in runs[:3])


def _interval(first: Atom, last: Atom) -> str:
    low, high = (None if end is None else feel.text_of(end) for end in (first.low, last.high))
    if first.point and first.low == last.high:
        return f"= {low}"
    if low is None:
        return "= …" if high is None else f"{'<=' if last.point else '<'} {high}"
    if high is None:
        return f"{'>=' if first.point else '>'} {low}"
    return f"in {'[' if first.point else '('}{low}..{high}{']' if last.point else ')'}"
