"""Boxed expressions from XML."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lxml import etree

from engine.core.dmn import model as m
from engine.core.dmn.errors import DmnError
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Callable

_POLICIES = {
    "UNIQUE": "U", "ANY": "A", "PRIORITY": "P", "FIRST": "F", "RULE ORDER": "R", "OUTPUT ORDER": "O", "COLLECT": "C",
}  # fmt: skip
_SHORT = {"C+": "SUM", "C#": "COUNT", "C<": "MIN", "C>": "MAX"}
_AGGREGATIONS = {"SUM", "COUNT", "MIN", "MAX"}
_MAX_DEPTH = 30


def attribute(element: etree._Element, name: str) -> str:
    """An attribute, trimmed; "" when absent."""
    return (element.get(name) or "").strip()


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """The children of that local name in the element's own namespace."""
    space = etree.QName(element).namespace
    return [child for child in element if child.tag == (f"{{{space}}}{name}" if space else name)]


def first(element: etree._Element, name: str) -> etree._Element | None:
    """The first such child."""
    found = children(element, name)
    return found[0] if found else None


def text_of(element: etree._Element | None) -> str:
    """The text inside, trimmed."""
    return "" if element is None else "".join(str(part) for part in element.itertext()).strip()


def line_of(element: etree._Element) -> int:
    """The line of the file it begins in, 0 when unknown."""
    line = element.sourceline
    return line if isinstance(line, int) else 0


def _literal(element: etree._Element) -> m.Literal:
    return m.Literal(
        text=text_of(first(element, "text")),
        id=attribute(element, "id"),
        line=line_of(element),
        language=attribute(element, "expressionLanguage"),
    )


def _typed(box: m.Box, reference: str) -> m.Box:
    """The box with its own type; tables and functions have the types of their columns, parameters and results."""
    return replace(box, type=reference) if reference and not isinstance(box, (m.Table, m.FunctionBox)) else box


class Reader:
    """Reads boxes, keeping count of how deep they nest."""

    def __init__(self) -> None:
        """Start outside of any box."""
        self.depth = 0
        self.readers: dict[str, Callable[[etree._Element], m.Box]] = {
            "literalExpression": _literal,
            "decisionTable": self._table,
            "context": self._context,
            "relation": self._relation,
            "list": lambda element: m.ListBox(tuple(self._boxes(element))),
            "invocation": self._invocation,
            "functionDefinition": self.function,
            "conditional": self._conditional,
            "filter": lambda element: m.Loop("filter", "item", self._part(element, "in"), self._part(element, "match")),
            "for": lambda element: self._loop(element, "for", "return"),
            "some": lambda element: self._loop(element, "some", "satisfies"),
            "every": lambda element: self._loop(element, "every", "satisfies"),
        }

    def only_box(self, element: etree._Element) -> m.Box | None:
        """The first boxed expression directly inside."""
        return next(iter(self._boxes(element)), None)

    def _boxes(self, element: etree._Element) -> list[m.Box]:
        space = etree.QName(element).namespace
        result: list[m.Box] = []
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise DmnError(N_("Boxed expressions are nested more than {limit} deep."), limit=_MAX_DEPTH)
        for child in element:
            if not isinstance(child.tag, str):
                continue
            name = etree.QName(child)
            if name.namespace == space and name.localname in self.readers:
                result.append(_typed(self.readers[name.localname](child), attribute(child, "typeRef")))
        self.depth -= 1
        return result

    def _part(self, element: etree._Element, name: str) -> m.Box | None:
        part = first(element, name)
        return None if part is None else self.only_box(part)

    def _loop(self, element: etree._Element, kind: str, body: str) -> m.Loop:
        return m.Loop(
            kind, attribute(element, "iteratorVariable"), self._part(element, "in"), self._part(element, body)
        )

    def _conditional(self, element: etree._Element) -> m.Conditional:
        return m.Conditional(self._part(element, "if"), self._part(element, "then"), self._part(element, "else"))

    def _context(self, element: etree._Element) -> m.Context:
        return m.Context(tuple(self._entry(child, "variable") for child in children(element, "contextEntry")))

    def _entry(self, element: etree._Element, kind: str) -> m.Entry:
        variable = first(element, kind)
        box = self.only_box(element)
        if variable is None:
            return m.Entry("", "", box)
        return m.Entry(attribute(variable, "name"), attribute(variable, "typeRef"), box)

    def _relation(self, element: etree._Element) -> m.Relation:
        columns = tuple(attribute(child, "name") for child in children(element, "column"))
        return m.Relation(columns, tuple(tuple(self._boxes(row)) for row in children(element, "row")))

    def _invocation(self, element: etree._Element) -> m.Invocation:
        bindings = tuple(self._entry(child, "parameter") for child in children(element, "binding"))
        return m.Invocation(self.only_box(element), bindings)

    def function(self, element: etree._Element) -> m.FunctionBox:
        """A function definition or the logic of a business knowledge model."""
        params = tuple(
            m.Entry(attribute(child, "name"), attribute(child, "typeRef"))
            for child in children(element, "formalParameter")
        )
        return m.FunctionBox(params, self.only_box(element), attribute(element, "kind").upper() or "FEEL")

    # -- tables ----------------------------------------------------------------------------------------------------

    def _table(self, element: etree._Element) -> m.Table:
        policy = attribute(element, "hitPolicy").upper() or "UNIQUE"
        aggregation = attribute(element, "aggregation").upper()
        if policy in _SHORT:
            policy, aggregation = "C", _SHORT[policy]
        short = _POLICIES.get(policy, policy)
        table_id = attribute(element, "id")
        if short not in _POLICIES.values():
            raise DmnError(N_("There is no hit policy {policy}."), element_id=table_id, policy=policy)
        if aggregation and aggregation not in _AGGREGATIONS:
            raise DmnError(N_("There is no aggregation {aggregation}."), element_id=table_id, aggregation=aggregation)
        inputs = tuple(self._input(child) for child in children(element, "input"))
        outputs = tuple(self._output(child) for child in children(element, "output"))
        rules = tuple(self._rule(child, len(inputs), len(outputs)) for child in children(element, "rule"))
        if not outputs:
            raise DmnError(N_("The decision table {id} has no output."), element_id=table_id, id=table_id)
        annotations = tuple(attribute(child, "name") for child in children(element, "annotation"))
        return m.Table(table_id, short, aggregation if short == "C" else "", inputs, outputs, rules, annotations)

    def _input(self, element: etree._Element) -> m.Input:
        expression = first(element, "inputExpression")
        values = first(element, "inputValues")
        return m.Input(
            id=attribute(element, "id"),
            label=attribute(element, "label"),
            expression=m.Literal("") if expression is None else _literal(expression),
            type="" if expression is None else attribute(expression, "typeRef"),
            values="" if values is None else text_of(first(values, "text")),
        )

    def _output(self, element: etree._Element) -> m.Output:
        values = first(element, "outputValues")
        default = first(element, "defaultOutputEntry")
        return m.Output(
            id=attribute(element, "id"),
            name=attribute(element, "name"),
            label=attribute(element, "label"),
            type=attribute(element, "typeRef"),
            values="" if values is None else text_of(first(values, "text")),
            default=None if default is None else _literal(default),
        )

    def _rule(self, element: etree._Element, inputs: int, outputs: int) -> m.Rule:
        tests = tuple(_literal(child) for child in children(element, "inputEntry"))
        results = tuple(_literal(child) for child in children(element, "outputEntry"))
        rule_id = attribute(element, "id")
        if len(tests) != inputs or len(results) != outputs:
            template = N_(
                "Rule {id} has {tests} conditions and {results} results; the table has {inputs} and {outputs}."
            )
            raise DmnError(
                template,
                element_id=rule_id,
                id=rule_id,
                tests=len(tests),
                results=len(results),
                inputs=inputs,
                outputs=outputs,
            )
        annotations = [text_of(first(child, "text")) for child in children(element, "annotationEntry")]
        # dmn-js writes the annotation of a row as its description.
        description = text_of(first(element, "description"))
        notes = tuple(note for note in (*annotations, description) if note)
        return m.Rule(rule_id, tests, results, notes, line_of(element))
