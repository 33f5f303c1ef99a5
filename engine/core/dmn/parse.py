"""DMN 1.1 to 1.5 XML to the model. The file is taken for hostile: no DOCTYPE, no entities, bounded size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from engine.core.dmn import examples
from engine.core.dmn import model as m
from engine.core.dmn.boxes_xml import Reader, attribute, children, first, line_of, text_of
from engine.core.dmn.errors import DmnError
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BYTES: Final = 4_000_000
"""The largest decision file, in bytes."""
_NAMESPACES = ("http://www.omg.org/spec/DMN/", "https://www.omg.org/spec/DMN/")


def parse(xml: bytes, imports: Mapping[str, m.Decisions] | None = None) -> m.Decisions:
    """Read a decision file; `imports` are files already read, by namespace. Raises DmnError."""
    root = _root(xml)
    reader = Reader()
    known = imports or {}
    imported = [
        (attribute(child, "name"), known[attribute(child, "namespace")])
        for child in children(root, "import")
        if attribute(child, "namespace") in known
    ]
    decisions = [_decision(child, reader) for child in children(root, "decision")]
    inputs = [
        m.InputData(_id(child), _name(child), _variable_type(child), attribute(child, "label"))
        for child in children(root, "inputData")
    ]
    knowledge = [_knowledge(child, reader) for child in children(root, "businessKnowledgeModel")]
    services = [_service(child) for child in children(root, "decisionService")]
    items = [_item(child) for child in children(root, "itemDefinition")]
    _check_ids([*decisions, *inputs, *knowledge, *services])
    names = {attribute(element, "name") for element in _own(root)}
    names |= {attribute(element, "iteratorVariable") for element in _own(root)}
    names |= {name for _, other in imported for name in other.names}
    return m.Decisions(
        id=attribute(root, "id"),
        name=attribute(root, "name"),
        namespace=attribute(root, "namespace"),
        decisions={item.id: item for item in decisions},
        inputs={item.id: item for item in inputs},
        knowledge={item.id: item for item in knowledge},
        services={item.id: item for item in services},
        items={item.name: item for item in items},
        imports={name: other for name, other in imported if name},
        merged=tuple(other for name, other in imported if not name),
        names=frozenset(name for name in names if name and not name.isidentifier() and len(name) < 200),  # noqa: PLR2004
    )


def _root(xml: bytes) -> etree._Element:
    if len(xml) > MAX_BYTES:
        raise DmnError(N_("The decision file is larger than {limit} bytes."), limit=MAX_BYTES)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DmnError(N_("The file is not well-formed XML: {reason}"), reason=str(error)) from error
    tree: Any = root.getroottree()
    if tree.docinfo.doctype:
        raise DmnError(N_("A decision file must not contain a DOCTYPE."))
    name = etree.QName(root)
    if name.localname != "definitions" or not (name.namespace or "").startswith(_NAMESPACES):
        raise DmnError(N_("The file is not a DMN file: its root is not DMN definitions."))
    return root


def _own(root: etree._Element) -> Iterator[etree._Element]:
    """The elements of the standard: what other programs add may have names that are none of FEEL's."""
    return root.iter(f"{{{etree.QName(root).namespace}}}*")


def _check_ids(found: list[m.Decision | m.InputData | m.Knowledge | m.Service]) -> None:
    seen: set[str] = set()
    for item in found:
        if item.id in seen:
            raise DmnError(N_("The id {id} occurs twice."), element_id=item.id, name=item.name, id=item.id)
        seen.add(item.id)


def _id(element: etree._Element) -> str:
    """The id, which is optional in the standard: else the name."""
    return attribute(element, "id") or attribute(element, "name")


def _name(element: etree._Element) -> str:
    return attribute(element, "name") or attribute(element, "id")


def _variable_type(element: etree._Element) -> str:
    variable = first(element, "variable")
    return "" if variable is None else attribute(variable, "typeRef")


def _references(element: etree._Element) -> tuple[str, ...]:
    """What the element requires, in the order of the file."""
    return tuple(
        attribute(target, "href")
        for kind in ("informationRequirement", "knowledgeRequirement")
        for requirement in children(element, kind)
        for target in requirement
        if isinstance(target.tag, str) and target.get("href")
    )


def _decision(element: etree._Element, reader: Reader) -> m.Decision:
    return m.Decision(
        id=_id(element),
        name=_name(element),
        type=_variable_type(element),
        requires=_references(element),
        box=reader.only_box(element),
        line=line_of(element),
        examples=examples.read(element),
    )


def _knowledge(element: etree._Element, reader: Reader) -> m.Knowledge:
    logic = first(element, "encapsulatedLogic")
    return m.Knowledge(
        id=_id(element),
        name=_name(element),
        type=_variable_type(element),
        requires=_references(element),
        function=None if logic is None else reader.function(logic),
    )


def _service(element: etree._Element) -> m.Service:
    def hrefs(kind: str) -> tuple[str, ...]:
        return tuple(attribute(child, "href") for child in children(element, kind))

    return m.Service(
        id=_id(element),
        name=_name(element),
        type=_variable_type(element),
        outputs=hrefs("outputDecision"),
        decisions=hrefs("encapsulatedDecision"),
        input_decisions=hrefs("inputDecision"),
        inputs=hrefs("inputData"),
    )


def _item(element: etree._Element) -> m.Item:
    function = first(element, "functionItem")
    return m.Item(
        name=attribute(element, "name"),
        base="function"
        if function is not None
        else text_of(first(element, "typeRef")) or attribute(element, "typeRef"),
        components=tuple(_item(child) for child in children(element, "itemComponent")),
        allowed=_tests(first(element, "allowedValues")),
        collection=attribute(element, "isCollection") in {"true", "1"},
        constraint=_tests(first(element, "typeConstraint")),
        takes=None
        if function is None
        else tuple(attribute(child, "typeRef") for child in children(function, "parameters")),
        returns="" if function is None else attribute(function, "outputTypeRef"),
    )


def _tests(element: etree._Element | None) -> str:
    return "" if element is None else text_of(first(element, "text"))
