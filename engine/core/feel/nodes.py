"""The typed tree of an expression. Every node knows its offset in the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from collections.abc import Set as AbstractSet

    Scoped = Generator[tuple["Node", AbstractSet[str], bool], None, None]


@dataclass(frozen=True, slots=True)
class Type:
    """A FEEL type: `name` is a simple type, "list", "range", "context", "function" or the name of an item definition.

    `args` holds the element type of a list or range, the parameter types of a function, the member types of a context;
    `members` the member names of a context; `result` the result type of a function.
    """

    name: str
    args: tuple[Type, ...] = ()
    members: tuple[str, ...] = ()
    result: Type | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """Any expression."""

    pos: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, string, boolean, null or @-literal."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable or function by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`source.name`."""

    source: Node
    name: str


@dataclass(frozen=True, slots=True)
class Descendants(Node):
    """`source...name`: all members of that name, however deep inside."""

    source: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`source[condition]`."""

    source: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`function(args)`; `names` are given in a call with named parameters and empty otherwise."""

    function: Node
    args: tuple[Node, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """`- operand`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Arithmetic or a comparison: `op` is one of + - * / ** = != < <= > >=."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`and` / `or` of two or more operands, in three-valued logic."""

    op: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`value between low and high`."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """A unary test such as `< 5`; as a value it is the range of all values that pass."""

    op: str
    operand: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    """`value in tests`."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """A cell of a decision table: any of `tests`, none of them when `negated`, everything when `tests` is empty."""

    tests: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if condition then yes else no`."""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Iterator(Node):
    """`name in source` or `name in source..end` of a loop or quantifier."""

    name: str
    source: Node
    end: Node | None = None


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for iterators return body`."""

    iterators: tuple[Iterator, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`some|every iterators satisfies condition`."""

    kind: str
    iterators: tuple[Iterator, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """`value instance of type`."""

    value: Node
    type: Type


@dataclass(frozen=True, slots=True)
class ListNode(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextNode(Node):
    """`{key: value}`; later entries see earlier ones."""

    keys: tuple[str, ...]
    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class RangeNode(Node):
    """`[low..high]` with open or closed ends."""

    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class FunctionNode(Node):
    """`function(a: type, b) body`; an external function evaluates to null."""

    params: tuple[str, ...]
    types: tuple[Type | None, ...]
    body: Node
    external: bool = False


# -- looking at a tree -------------------------------------------------------------------------------------------------


def children(node: Node) -> Iterable[Node]:
    """The nodes directly below a node, iterators of loops opened up."""
    for name in node.__dataclass_fields__:
        value = getattr(node, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Node):
                yield item


def walk(node: Node) -> Iterable[Node]:
    """The node and everything below it."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(children(current))


def names_of(node: Node) -> frozenset[str]:
    """Every name that occurs anywhere below, free or not."""
    return frozenset(part.name for part in walk(node) if isinstance(part, Name))


def weight_of(node: Node) -> int:
    """What a round over this body costs beside its visits, in steps: about five nodes are evaluated in one."""
    return sum(1 for _ in walk(node)) // 5


def depth_of(node: Node) -> int:
    """How many calls an evaluation nests; a chain such as a + b + c counts once."""
    deepest = 1
    stack = [(node, 1)]
    while stack:
        current, depth = stack.pop()
        deepest = max(deepest, depth)
        for child in children(current):
            flat = isinstance(current, Binary) and child is current.left
            stack.append((child, depth if flat else depth + (2 if isinstance(current, (Call, For)) else 1)))
    return deepest


def free_names(node: Node, bound: frozenset[str] = frozenset()) -> tuple[frozenset[str], frozenset[str]]:
    """The names an expression needs from outside, and those that it may need.

    A name inside a filter may also be a member of the filtered items: these are the second set. Called functions are
    in neither.
    """
    sure: set[str] = set()
    maybe: set[str] = set()
    stack: list[Scoped] = [(each for each in [(node, bound, False)])]
    while stack:
        for current, known, filtered in stack[-1]:
            if not isinstance(current, Name):
                stack.append(_scoped_children(current, known, filtered=filtered))
                break
            if current.name not in known:
                (maybe if filtered else sure).add(current.name)
        else:
            stack.pop()
    return frozenset(sure), frozenset(maybe)


def _scoped_children(node: Node, known: AbstractSet[str], *, filtered: bool) -> Scoped:
    """Each child with the names known there; a set may grow once the child that it came with has been walked."""
    if isinstance(node, Filter):
        yield node.source, known, filtered
        yield node.condition, known | {"item"}, True
    elif isinstance(node, (For, Quantified)):
        for part in node.iterators:
            yield part.source, known, filtered
            if part.end is not None:
                yield part.end, known, filtered
            known |= {part.name}
        body = node.body if isinstance(node, For) else node.condition
        yield body, known | {"partial"} if isinstance(node, For) else known, filtered
    elif isinstance(node, ContextNode):
        grown = set(known)
        for key, value in zip(node.keys, node.values, strict=True):
            yield value, grown, filtered
            grown.add(key)
    elif isinstance(node, FunctionNode):
        if not node.external:
            yield node.body, known | set(node.params), filtered
    elif isinstance(node, Call) and isinstance(node.function, Name):
        for arg in node.args:
            yield arg, known, filtered
    else:
        for child in children(node):
            yield child, known, filtered


def called_names(node: Node) -> frozenset[str]:
    """The functions that are called by name."""
    return frozenset(
        part.function.name for part in walk(node) if isinstance(part, Call) and isinstance(part.function, Name)
    )
