"""Name what a diagram says to other engines and this one does not read, so that lint can tell its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
VENDORS = {
    "http://camunda.org/schema/zeebe/1.0": "zeebe",
    "http://activiti.org/bpmn": "activiti",
    "http://flowable.org/bpmn": "flowable",
    "http://operaton.org/schema/1.0/bpmn": "operaton",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "spiffworkflow",
    "http://www.jboss.org/drools": "drools",
    "http://processmaker.com/BPMN/2.0/Schema.xsd": "processmaker",
    "http://www.signavio.com": "signavio",
    "http://www.omg.org/spec/BPMN/non-normative/color/1.0": "",
    "http://bpmn.io/schema/bpmn/biocolor/1.0": "",
    "http://camunda.org/schema/modeler/1.0": "",
}
"""Namespaces by the name people know them by; "" for those that only say how a thing is drawn or edited."""
CAMUNDA_ATTRIBUTES = frozenset(
    {
        "assignee", "candidateGroups", "candidateUsers", "dueDate", "followUpDate", "priority", "formRef", "formKey",
        "formRefBinding", "decisionRef", "decisionRefBinding", "mapDecisionResult", "resultVariable", "type", "topic",
        "calledElementBinding", "calledElementVersion", "calledElementVersionTag", "collection", "elementVariable",
        "errorCodeVariable", "errorMessageVariable", "escalationCodeVariable", "variables", "versionTag",
        "historyTimeToLive", "initiator", "isStartableInTasklist", "candidateStarterGroups", "candidateStarterUsers",
        "class", "expression", "delegateExpression", "modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon",
    }
)  # fmt: skip
"""Camunda 7 attributes that are read, or have a rule of their own."""
CODE = frozenset({"class", "expression", "delegateExpression"})
SERVICES = frozenset({"serviceTask", "sendTask", "businessRuleTask"})
LISTENED = frozenset({"create", "complete"})
CAMUNDA_ELEMENTS = frozenset(
    {"properties", "inputOutput", "in", "out", "taskListener", "formData", "executionListener",
     "failedJobRetryTimeCycle"}
)  # fmt: skip
LANGUAGES = ("feel", "juel", "xpath")
"""XPath is what many editors write without being asked; the text is read as FEEL or JUEL all the same."""
TRIED = SERVICES | {"intermediateThrowEvent", "endEvent"}
UNHEARD = frozenset({"process", "sequenceFlow"})
BPMN_CHILDREN = frozenset(
    {"ioSpecification", "dataInputAssociation", "dataOutputAssociation", "potentialOwner", "humanPerformer",
     "performer", "resourceRole", "ioBinding", "correlationSubscription", "loopDataOutputRef", "outputDataItem",
     "complexBehaviorDefinition", "supportedInterfaceRef"}
)  # fmt: skip
"""BPMN elements that say nothing to this engine."""
BPMN_ATTRIBUTES = {
    "startQuantity": "1",
    "completionQuantity": "1",
    "instantiate": "false",
    "eventGatewayType": "Exclusive",
    "parallelMultiple": "false",
    "behavior": "All",
    "isClosed": "false",
    "waitForCompletion": "true",
}
"""BPMN attributes that are read as if they had this value."""


def without_effect(element: etree._Element) -> list[str]:
    """List the attributes and child elements of one BPMN element that have no effect here, each once."""
    return list(dict.fromkeys([*_attributes(element), *_children(element)]))


def _attributes(element: etree._Element) -> Iterator[str]:
    for key, value in element.attrib.items():
        name = etree.QName(key)
        if name.namespace is None:
            meant = BPMN_ATTRIBUTES.get(name.localname, value)
            other = value != meant and (meant, value) not in {("false", "0"), ("true", "1")}
            if other or (name.localname == "loopMaximum" and not str(value).isdigit()):
                yield name.localname
        elif name.namespace == CAMUNDA:
            code = name.localname in CODE and etree.QName(element).localname not in SERVICES
            if name.localname not in CAMUNDA_ATTRIBUTES or code:
                yield f"camunda:{name.localname}"
        elif name.namespace not in {BPMN, XSI}:
            yield from _foreign(name, element)


def _children(element: etree._Element) -> Iterator[str]:
    yield from _times(element)
    for child in element:
        if not isinstance(child.tag, str):
            continue
        name = etree.QName(child)
        language = child.get("language", "")
        if language and not any(known in language.lower() for known in LANGUAGES):
            yield f"language {language}"
        if child.get(f"{{{CAMUNDA}}}resource"):
            yield "camunda:resource"
        if name.namespace != BPMN:
            yield from _foreign(name, child)
        elif name.localname in BPMN_CHILDREN:
            yield name.localname
        elif name.localname == "extensionElements":
            yield from _extensions(child)
        elif name.localname.endswith(("EventDefinition", "LoopCharacteristics")):
            yield from without_effect(child)


def _times(element: etree._Element) -> Iterator[str]:
    """Name the times of a timer that has more than one: only one counts."""
    kinds = [k for k in ("timeDate", "timeDuration", "timeCycle") if element.find(f"{{{BPMN}}}{k}") is not None]
    yield from kinds[:-1]


def _extensions(holder: etree._Element) -> Iterator[str]:
    for child in holder:
        if not isinstance(child.tag, str):
            continue
        name = etree.QName(child)
        if name.namespace != CAMUNDA:
            yield from _foreign(name, child)
        elif name.localname == "executionListener" and etree.QName(holder.getparent()).localname in UNHEARD:
            yield "camunda:executionListener"
        elif name.localname == "failedJobRetryTimeCycle" and etree.QName(holder.getparent()).localname not in TRIED:
            yield "camunda:failedJobRetryTimeCycle"
        elif name.localname == "formData" and child.get("businessKey"):
            yield "camunda:formData businessKey"
        elif name.localname not in CAMUNDA_ELEMENTS:
            yield f"camunda:{name.localname}"
        elif name.localname in {"in", "out"} and child.get("local") == "true":
            yield "camunda:local"
        elif name.localname == "taskListener" and child.get("event") not in LISTENED:
            yield f"camunda:taskListener event={child.get('event', '')}"


def _foreign(name: etree.QName, element: etree._Element) -> Iterator[str]:
    """Name something of another vendor by the prefix people know, else by the one of the file."""
    prefix = VENDORS.get(name.namespace or "")
    if prefix is None:
        prefix = next((p for p, uri in element.nsmap.items() if uri == name.namespace and p), "other")
    if prefix:
        yield f"{prefix}:{name.localname}"
