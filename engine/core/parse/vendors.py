"""What other engines' attributes and elements mean in those of Camunda 7, which run here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.parse.effects import CAMUNDA_ATTRIBUTES, CAMUNDA_ELEMENTS, VENDORS

if TYPE_CHECKING:
    from collections.abc import Mapping

SAME = frozenset(uri for uri, name in VENDORS.items() if name in {"activiti", "flowable", "operaton"})
"""Namespaces whose attributes mean what Camunda 7's of the same name mean."""
ZEEBE = next(uri for uri, name in VENDORS.items() if name == "zeebe")
ZEEBE_ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "taskDefinition": {"type": "topic"},
    "assignmentDefinition": {"assignee": "assignee", "candidateGroups": "candidateGroups",
                             "candidateUsers": "candidateUsers"},
    "formDefinition": {"formId": "formRef", "formKey": "formKey", "externalReference": "formKey"},
    "calledDecision": {"decisionId": "decisionRef", "resultVariable": "resultVariable"},
    "taskSchedule": {"dueDate": "dueDate", "followUpDate": "followUpDate"},
    "priorityDefinition": {"priority": "priority"},
    "loopCharacteristics": {"inputCollection": "collection", "inputElement": "elementVariable"},
    "userTask": {},
}  # fmt: skip
"""Elements of Camunda 8 and the Camunda 7 attributes that their attributes become."""


def convertible(name: str) -> bool:
    """Tell whether a foreign attribute or element, named as lint does, can be taken over."""
    prefix, _, local = name.partition(":")
    if prefix == "zeebe":
        return local in {*ZEEBE_ATTRIBUTES, "calledElement", "properties", "ioMapping", "subscription"}
    return prefix in {VENDORS[uri] for uri in SAME} and local in CAMUNDA_ATTRIBUTES | CAMUNDA_ELEMENTS
