"""What a file says beyond what the model holds, so that no difference goes unnoticed: by the element it belongs to."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
READ = frozenset(
    {"id", "name", "default", "sourceRef", "targetRef", "attachedToRef", "calledElement", "cancelActivity",
     "isInterrupting", "triggeredByEvent", "isForCompensation", "parallelMultiple", "messageRef", "signalRef",
     "errorRef", "escalationRef", "activityRef", "isSequential", "loopMaximum", "testBefore", "isExecutable",
     "processRef", "errorCode", "escalationCode"}
)  # fmt: skip
READ_BY_TAG: Mapping[str, frozenset[str]] = {
    "property": frozenset({"name", "value", "id"}),
    "in": frozenset({"source", "target", "sourceExpression", "variables", "businessKey"}),
    "out": frozenset({"source", "target", "sourceExpression", "variables"}),
    "inputParameter": frozenset({"name"}), "outputParameter": frozenset({"name"}),
    "taskListener": frozenset({"event", "delegateExpression", "expression", "class"}),
    "executionListener": frozenset({"event", "delegateExpression", "expression", "class"}),
    "formField": frozenset({"id", "label", "type", "defaultValue"}),
    "value": frozenset({"id", "name"}), "constraint": frozenset({"name", "config"}),
    "entry": frozenset({"key"}),
}  # fmt: skip
TEXTS_READ = frozenset(
    {"documentation", "incoming", "outgoing", "flowNodeRef", "conditionExpression", "condition", "timeDate",
     "timeDuration", "timeCycle", "loopCardinality", "completionCondition", "loopCondition", "loopDataInputRef",
     "inputParameter", "outputParameter", "failedJobRetryTimeCycle", "text", "eventDefinitionRef", "value", "entry"}
)  # fmt: skip
INNER = frozenset(
    {"documentation", "extensionElements", "conditionExpression", "incoming", "outgoing", "flowNodeRef", "script",
     "text", "condition", "ioSpecification", "laneSet", "childLaneSet", "inputDataItem", "property"}
)  # fmt: skip
ROOT_IGNORED = frozenset({"exporter", "exporterVersion", "id", "name", "targetNamespace", "expressionLanguage",
                          "typeLanguage"})  # fmt: skip


def leftovers(root: etree._Element) -> dict[str, dict[str, str]]:
    """Map element ids to what is written in them and not read into the model, by its place."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for child in root:
        if isinstance(child.tag, str) and not child.tag.startswith(f"{{{DI}}}"):
            _walk(child, child.get("id", ""), "", found)
    for key, value in root.attrib.items():
        if str(key) not in ROOT_IGNORED and etree.QName(key).namespace is None:
            found[""][str(key)] = str(value)
    return {owner: texts for owner, texts in found.items() if texts}


def _owns(element: etree._Element) -> bool:
    """Tell whether an element has lines of its own in a comparison."""
    name = etree.QName(element)
    inner = name.localname in INNER or name.localname.endswith(("EventDefinition", "Characteristics"))
    return name.namespace == BPMN and not inner and element.get("id") is not None


def _walk(element: etree._Element, owner: str, path: str, found: dict[str, dict[str, str]]) -> None:
    for place, text in _own_texts(element, path):
        found[owner][place] = text
    seen: Counter[str] = Counter()
    for child in element:
        if not isinstance(child.tag, str):
            continue
        if _owns(child):
            _walk(child, child.get("id", ""), "", found)
            continue
        name = _short(child.tag, child)
        seen[name] += 1
        number = f"[{seen[name]}]" if seen[name] > 1 else ""
        _walk(child, owner, f"{path}{name}{number}/", found)


def _own_texts(element: etree._Element, path: str) -> Iterator[tuple[str, str]]:
    tag = etree.QName(element)
    for key, value in element.attrib.items():
        name = etree.QName(key)
        if name.namespace == XSI or (name.namespace is None and name.localname == "id"):
            continue
        if tag.namespace == BPMN and (name.namespace == CAMUNDA or (name.namespace is None and name.localname in READ)):
            continue
        if name.localname in READ_BY_TAG.get(tag.localname, ()):
            continue
        yield f"{path}{_short(str(key), element)}", str(value)
    text = (element.text or "").strip()
    if text and tag.localname not in TEXTS_READ:
        yield path.rstrip("/") or "text", text
    if tag.localname not in {"extensionElements", "definitions"} and tag.namespace not in {BPMN, CAMUNDA}:
        yield f"{path}#", ""  # that it is there at all


def _short(tag: str, element: etree._Element) -> str:
    """Name a tag or attribute with the prefix of the file."""
    name = etree.QName(tag)
    if name.namespace in {None, BPMN}:
        return name.localname
    prefix = next((p for p, uri in element.nsmap.items() if uri == name.namespace and p), "")
    return f"{prefix}:{name.localname}" if prefix else name.localname


_NAMING = frozenset({"id", "bpmnElement"})


def drawn(root: etree._Element) -> dict[str, list[str]]:
    """Map element ids to how they are drawn: place, size, bends, colours."""
    found: dict[str, list[str]] = defaultdict(list)
    for element in root.iter(f"{{{DI}}}*"):
        ref = element.get("bpmnElement")
        if ref and not element.tag.endswith("}BPMNPlane"):
            parts = [
                f"{part.tag}{sorted((str(k), str(v)) for k, v in part.attrib.items() if k not in _NAMING)}"
                for part in element.iter()
            ]
            found[ref].append("".join(parts))
    return found
