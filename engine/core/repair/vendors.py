"""Take over what other engines' attributes and elements say where Camunda 7's, which run here, say the same."""

from __future__ import annotations

from lxml import etree

from engine.core.parse.effects import BPMN, CAMUNDA, CAMUNDA_ATTRIBUTES, CAMUNDA_ELEMENTS
from engine.core.parse.node import subscription
from engine.core.parse.vendors import SAME, ZEEBE, ZEEBE_ATTRIBUTES
from engine.core.repair.tree import extension


def vendor(root: etree._Element, node: etree._Element) -> None:
    """Rewrite the foreign attributes and extension elements of one element; what has no counterpart stays."""
    _subscription(root, node)
    for part in [node, *node.iterfind(f"{{{BPMN}}}multiInstanceLoopCharacteristics")]:
        _same(part)
        holder = part.find(f"{{{BPMN}}}extensionElements")
        for child in list(holder) if holder is not None else []:
            if isinstance(child.tag, str) and etree.QName(child).namespace == ZEEBE:
                _zeebe(part, child)
        if holder is not None and not len(holder):
            part.remove(holder)


def _subscription(root: etree._Element, node: etree._Element) -> None:
    """Let who waits for a message say by which key, as the message does in Camunda 8."""
    refs = {part.get("messageRef", "").rsplit(":", maxsplit=1)[-1] for part in [node, *node]} - {""}
    for message in root.findall(f"{{{BPMN}}}message"):
        told = subscription(message) if message.get("id") in refs else None
        if told is None:
            continue
        holder = extension(node)
        for child in list(holder):
            if isinstance(child.tag, str) and child.tag == f"{{{ZEEBE}}}properties":
                _zeebe(node, child)
        made = holder.find(f"{{{CAMUNDA}}}properties")
        if made is None:
            made = etree.SubElement(holder, f"{{{CAMUNDA}}}properties")
        if not any(p.get("name") == "correlationKey" for p in made):
            key = told.get("correlationKey", "")
            etree.SubElement(made, f"{{{CAMUNDA}}}property", name="correlationKey", value=key)


def _set(node: etree._Element, name: str, value: str) -> None:
    if value and not node.get(f"{{{CAMUNDA}}}{name}"):
        node.set(f"{{{CAMUNDA}}}{name}", value)


def _same(node: etree._Element) -> None:
    for key, value in list(node.attrib.items()):
        name = etree.QName(key)
        if name.namespace in SAME and name.localname in CAMUNDA_ATTRIBUTES:
            del node.attrib[key]
            _set(node, name.localname, str(value))
    for child in list(node.iterfind(f"{{{BPMN}}}extensionElements/*")):
        if not isinstance(child.tag, str):
            continue
        name = etree.QName(child)
        if name.namespace in SAME and name.localname in CAMUNDA_ELEMENTS:
            for inner in child.iter():
                if isinstance(inner.tag, str) and etree.QName(inner).namespace in SAME:
                    inner.tag = f"{{{CAMUNDA}}}{etree.QName(inner).localname}"


def _zeebe(node: etree._Element, child: etree._Element) -> None:
    kind = etree.QName(child).localname
    holder = child.getparent()
    if holder is None:
        return
    if kind in ZEEBE_ATTRIBUTES:
        for name, target in ZEEBE_ATTRIBUTES[kind].items():
            value = child.get(name, "")
            _set(node, target, value.removeprefix("=").strip() if target == "collection" else value)
        if kind == "taskDefinition":
            _set(node, "type", "external")
        holder.remove(child)
    elif kind == "calledElement":
        if not node.get("calledElement"):
            node.set("calledElement", child.get("processId", ""))
        holder.remove(child)
    elif kind == "properties":
        for inner in child.iter():
            if isinstance(inner.tag, str):
                inner.tag = f"{{{CAMUNDA}}}{etree.QName(inner).localname}"
    elif kind == "ioMapping":
        _mapping(holder, child)


def _mapping(holder: etree._Element, child: etree._Element) -> None:
    made = etree.SubElement(holder, f"{{{CAMUNDA}}}inputOutput")
    for inner in child:
        if isinstance(inner.tag, str) and etree.QName(inner).localname in {"input", "output"}:
            parameter = etree.SubElement(made, f"{{{CAMUNDA}}}{etree.QName(inner).localname}Parameter")
            parameter.set("name", inner.get("target", ""))
            parameter.text = inner.get("source", "")
    holder.remove(child)
