"""Give ids to what has none: BPMN leaves them optional, but nothing without one can be drawn, named or continued."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from lxml import etree

from engine.core.model import ACTIVITY_TYPES, EVENT_TYPES, GATEWAY_TYPES
from engine.core.parse.effects import BPMN

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMED = ACTIVITY_TYPES | GATEWAY_TYPES | EVENT_TYPES | {"process", "participant", "lane", "sequenceFlow"}


def give_ids(root: etree._Element) -> list[str]:
    """Set the missing ids in the tree and list them: the same file always gets the same ids."""
    used = {str(found) for element in root.iter() if (found := element.get("id"))}
    given = []
    numbers: dict[str, Iterator[int]] = {}
    for element in without_id(root):
        kind = etree.QName(element).localname
        candidates = (f"{kind[0].upper()}{kind[1:]}_{n}" for n in numbers.setdefault(kind, itertools.count(1)))
        name = next(candidate for candidate in candidates if candidate not in used)
        used.add(name)
        element.set("id", name)
        given.append(name)
    return given


def without_id(root: etree._Element) -> Iterator[etree._Element]:
    """Find the elements without an id that need one, in document order."""
    for element in list(root.iter(f"{{{BPMN}}}*")):
        if not element.get("id") and etree.QName(element).localname in NAMED:
            yield element
