"""A decision file as read: decisions, tables and boxed expressions, all immutable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.dmn.examples import Example


@dataclass(frozen=True, slots=True)
class Literal:
    """FEEL text."""

    text: str
    id: str = ""
    line: int = 0
    language: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """A column of conditions; `values` are its allowed values as unary tests, "" for any."""

    id: str
    label: str
    expression: Literal
    type: str = ""
    values: str = ""

    @property
    def title(self) -> str:
        """What people read at the head of the column."""
        return self.label or self.expression.text


@dataclass(frozen=True, slots=True)
class Output:
    """A column of results; `values` are its allowed values in order of priority."""

    id: str
    name: str
    label: str = ""
    type: str = ""
    values: str = ""
    default: Literal | None = None

    @property
    def title(self) -> str:
        """What people read at the head of the column."""
        return self.label or self.name


@dataclass(frozen=True, slots=True)
class Rule:
    """A row."""

    id: str
    tests: tuple[Literal, ...]
    results: tuple[Literal, ...]
    annotations: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table. `policy` is one of U A P F R O C, `aggregation` one of "" SUM COUNT MIN MAX."""

    id: str
    policy: str
    aggregation: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    annotations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A named part of a context, a parameter or a binding; `name` is "" for the result of a context."""

    name: str
    type: str = ""
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """Named values, each seeing those above it."""

    entries: tuple[Entry, ...]
    type: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows of named columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Box | None, ...], ...]
    type: str = ""


@dataclass(frozen=True, slots=True)
class ListBox:
    """A list."""

    items: tuple[Box | None, ...]
    type: str = ""


@dataclass(frozen=True, slots=True)
class Invocation:
    """A call with named arguments."""

    function: Box | None
    bindings: tuple[Entry, ...]
    type: str = ""


@dataclass(frozen=True, slots=True)
class FunctionBox:
    """A function; `kind` is FEEL, Java or PMML, of which only FEEL can be called."""

    params: tuple[Entry, ...]
    body: Box | None
    kind: str = "FEEL"


@dataclass(frozen=True, slots=True)
class Conditional:
    """if, then, else."""

    condition: Box | None
    yes: Box | None
    no: Box | None
    type: str = ""


@dataclass(frozen=True, slots=True)
class Loop:
    """A boxed filter, for, some or every, by `kind`; `variable` is "item" for a filter."""

    kind: str
    variable: str
    source: Box | None
    body: Box | None
    type: str = ""


Typed = Literal | Context | Relation | ListBox | Invocation | Conditional | Loop
"""The boxes whose value is made to fit a `type` of their own."""
Box = Typed | Table | FunctionBox


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision; `requires` are references to inputs, decisions, knowledge models and services."""

    id: str
    name: str
    type: str = ""
    requires: tuple[str, ...] = ()
    box: Box | None = None
    line: int = 0
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class InputData:
    """An input of the diagram."""

    id: str
    name: str
    type: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A business knowledge model: a function by name."""

    id: str
    name: str
    type: str
    requires: tuple[str, ...]
    function: FunctionBox | None


@dataclass(frozen=True, slots=True)
class Service:
    """A decision service: decisions behind an interface."""

    id: str
    name: str
    type: str
    outputs: tuple[str, ...]
    decisions: tuple[str, ...]
    input_decisions: tuple[str, ...]
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """An item definition: another type, components, or a function; `allowed` are unary tests (on each element).

    `takes` are the types of a function's parameters, None for what is no function, and `returns` that of its result.
    """

    name: str
    base: str = ""
    components: tuple[Item, ...] = ()
    allowed: str = ""
    collection: bool = False
    constraint: str = ""
    takes: tuple[str, ...] | None = None
    returns: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """Everything in one file. `imports` are other files by the name they are imported under.

    What is in the `merged` ones, imported without a name, counts as this file's own, except what this file has itself.
    """

    id: str
    name: str
    namespace: str
    decisions: Mapping[str, Decision]
    inputs: Mapping[str, InputData]
    knowledge: Mapping[str, Knowledge]
    services: Mapping[str, Service]
    items: Mapping[str, Item]
    imports: Mapping[str, Decisions]
    names: frozenset[str]
    merged: tuple[Decisions, ...] = ()
    cache: dict[Any, Any] = field(default_factory=dict, repr=False)

    def has(self, element_id: str) -> bool:
        """Whether this file itself has an element of that id that can be required."""
        return any(element_id in group for group in (self.inputs, self.decisions, self.knowledge, self.services))

    def element_names(self) -> set[str]:
        """The names of all that can be required, this file's own and those it imports without a name."""
        groups = (self.inputs, self.decisions, self.knowledge, self.services)
        own = {item.name for group in groups for item in group.values()}
        return own.union(*(other.element_names() for other in self.merged))

    def find(self, name_or_id: str) -> Decision | Service | Knowledge | None:
        """A decision, service or knowledge model by id, else by name."""
        known: list[Decision | Service | Knowledge] = [*self.decisions.values(), *self.services.values()]
        known += self.knowledge.values()
        return next((item for item in known if item.id == name_or_id), None) or next(
            (item for item in known if item.name == name_or_id), None
        )
