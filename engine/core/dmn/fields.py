"""What has to be known to ask a decision, as fields that people can fill in: kind and values of each input."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.core import feel
from engine.core.dmn import model as m
from engine.core.dmn.lint_cells import base_kind
from engine.core.dmn.types import find
from engine.core.feel import nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LISTS: Final = frozenset({"list contains", "count", "index of", "distinct values"})
_MAX_OPTIONS: Final = 60


@dataclass(frozen=True, slots=True)
class Field:
    """An input by the name its expressions call it; `options` are JSON values that the table or its type names.

    `kind` is a simple FEEL type, `list`, or "" when anything may come. `closed`: no other values are allowed.
    """

    name: str
    label: str
    kind: str = ""
    options: tuple[Any, ...] = ()
    closed: bool = False
    column: str = ""


def fields(decisions: m.Decisions, decision: m.Decision) -> tuple[Field, ...]:
    """The inputs of a decision and of those it requires, in the order of its columns, each once."""
    found: dict[str, Field] = {}
    for one in _behind(decision, decisions):
        known = {other.name for other in decisions.decisions.values()} | set(decisions.imports)
        known |= {knowledge.name for knowledge in decisions.knowledge.values()}
        known |= {service.name for service in decisions.services.values()}
        for field in _of(one, decisions):
            if field.name not in known:
                before = found.get(field.name)
                found[field.name] = field if before is None else _joined(before, field)
    return tuple(found.values())


def _joined(a: Field, b: Field) -> Field:
    options = tuple(dict.fromkeys((*a.options, *b.options)))[:_MAX_OPTIONS] if not (a.closed or b.closed) else a.options
    return replace(a, kind=a.kind or b.kind, options=options or b.options, closed=a.closed or b.closed)


def _behind(decision: m.Decision, decisions: m.Decisions) -> Iterator[m.Decision]:
    waiting, seen = [decision], {decision.id}
    while waiting:
        one = waiting.pop(0)
        yield one
        for reference in one.requires:
            other = decisions.decisions.get(reference.rpartition("#")[2])
            if other is not None and other.id not in seen:
                seen.add(other.id)
                waiting.append(other)


def _of(decision: m.Decision, decisions: m.Decisions) -> Iterator[Field]:
    data = {item.name: item for item in decisions.inputs.values()}
    required = [decisions.inputs.get(reference.rpartition("#")[2]) for reference in decision.requires]
    if isinstance(decision.box, m.Table):
        table = decision.box
        for index, column in enumerate(table.inputs):
            for name in _names([column.expression.text], decisions):
                item = data.get(name)
                if name == column.expression.text:
                    yield _column(table, index, item, decisions)
                else:
                    yield _input(name, item, decisions)
        texts = [test.text for rule in table.rules for test in rule.tests]
        results = [result.text for rule in table.rules for result in rule.results]
        for name in [*_names(texts, decisions, unary=True), *_names(results, decisions)]:
            yield _input(name, data.get(name), decisions)
    elif isinstance(decision.box, m.Literal):
        for name in _names([decision.box.text], decisions):
            yield _input(name, data.get(name), decisions)
    for declared in required:
        if declared is not None:
            yield _input(declared.name, declared, decisions)


def _names(texts: Iterable[str], decisions: m.Decisions, *, unary: bool = False) -> list[str]:
    found: dict[str, None] = {}
    for text in dict.fromkeys(texts):
        try:
            names = feel.compile(text, unary=unary, names=decisions.names).names if text else frozenset()
        except feel.FeelProblem:
            continue
        found.update(dict.fromkeys(sorted(names - {"?"})))
    return list(found)


def _input(name: str, item: m.InputData | None, decisions: m.Decisions) -> Field:
    if item is None:
        return Field(name, name)
    options = _allowed(item.type, decisions)
    return Field(name, item.label or name, _kind(item.type, decisions), options, bool(options))


def _kind(reference: str, decisions: m.Decisions) -> str:
    item, _ = find(reference, decisions)
    return "list" if reference == "list" or (item is not None and item.collection) else base_kind(reference, decisions)


def _allowed(reference: str, decisions: m.Decisions) -> tuple[Any, ...]:
    item, _ = find(reference, decisions)
    return _constants([item.allowed], decisions) if item is not None and item.allowed else ()


def _column(table: m.Table, index: int, item: m.InputData | None, decisions: m.Decisions) -> Field:
    """The field behind a column that asks one variable."""
    column = table.inputs[index]
    own = _constants([column.values], decisions) or _allowed(column.type, decisions)
    own = own or (_allowed(item.type, decisions) if item is not None else ())
    texts = [rule.tests[index].text for rule in table.rules]
    kind = _kind(column.type, decisions) or (_kind(item.type, decisions) if item is not None else "")
    used = _constants(texts, decisions)
    if not kind and any(_asks_list(text, decisions) for text in texts):
        kind = "list"
    elif not kind and used:
        kinds = {feel.kind(feel.from_json(value)) for value in used}
        kind = kinds.pop() if len(kinds) == 1 else ""
    choices = used if kind in {"string", "list", "number", ""} else ()
    return Field(column.expression.text, column.title, kind, own or choices, bool(own), column.id)


def _asks_list(text: str, decisions: m.Decisions) -> bool:
    tree = _tree(text, decisions)
    for node in nodes.walk(tree) if tree is not None else ():
        if isinstance(node, nodes.Call) and isinstance(node.function, nodes.Name) and node.function.name in _LISTS:
            return any(isinstance(arg, nodes.Name) and arg.name == "?" for arg in node.args)
        if isinstance(node, nodes.Quantified):
            return True
    return False


def _tree(text: str, decisions: m.Decisions) -> nodes.Node | None:
    try:
        return feel.compile(text, unary=True, names=decisions.names).tree
    except feel.FeelProblem:
        return None


def _constants(texts: Iterable[str], decisions: m.Decisions) -> tuple[Any, ...]:
    """The texts and numbers that cells name, in their order."""
    found: dict[Any, None] = {}
    for text in dict.fromkeys(texts):
        tree = _tree(text, decisions) if text not in {"", "-"} else None
        for node in sorted(nodes.walk(tree), key=lambda node: node.pos) if tree is not None else ():
            if isinstance(node, nodes.Literal) and isinstance(node.value, (str, Decimal)):
                found[feel.to_json(node.value)] = None
    return tuple(found)[:_MAX_OPTIONS]
