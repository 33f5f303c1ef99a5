"""Find and add elements in the XML tree of a diagram: what the single repairs share."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from lxml import etree

from engine.core.model import ACTIVITY_TYPES, EVENT_TYPES, GATEWAY_TYPES
from engine.core.parse.effects import BPMN
from engine.errors import N_, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

NODES = ACTIVITY_TYPES | GATEWAY_TYPES | EVENT_TYPES
CONDITION = f"{{{BPMN}}}conditionExpression"


def element(root: etree._Element, element_id: str) -> etree._Element:
    """Find an element by its id. Raises NotFoundError."""
    for found in root.iter(f"{{{BPMN}}}*"):
        if found.get("id") == element_id:
            return found
    raise NotFoundError(N_("The diagram has no element {element}."), element=element_id)


def kind(node: etree._Element) -> str:
    """Name an element without its namespace, "" for a comment."""
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def nodes(scope: etree._Element) -> list[etree._Element]:
    """List the flow nodes directly in a process or sub-process."""
    return [child for child in scope if kind(child) in NODES]


def flows(scope: etree._Element) -> list[etree._Element]:
    """List the sequence flows directly in a process or sub-process."""
    return [child for child in scope if kind(child) == "sequenceFlow"]


def own(node: etree._Element) -> Iterator[etree._Element]:
    """Walk an element without the flow elements that lie inside it."""
    yield node
    for child in node:
        if kind(child) and kind(child) not in NODES and kind(child) != "sequenceFlow":
            yield from own(child)


def fresh(root: etree._Element, prefix: str) -> str:
    """Make an id that the file does not have."""
    used = {e.get("id") for e in root.iter() if isinstance(e.tag, str)}
    return next(name for n in itertools.count(1) if (name := f"{prefix}_{n}") not in used)


def extension(node: etree._Element) -> etree._Element:
    """Give the element's extensionElements; where there are none they are added behind the documentation."""
    found = node.find(f"{{{BPMN}}}extensionElements")
    if found is None:
        found = etree.Element(f"{{{BPMN}}}extensionElements")
        node.insert(sum(1 for child in node if kind(child) == "documentation"), found)
    return found
