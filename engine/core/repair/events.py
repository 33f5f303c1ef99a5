"""Repairs of events and of tasks that wait or work: names, codes and times that the drawing already tells."""

from __future__ import annotations

import re

from lxml import etree

from engine.core.lint.spelling import span, span_in, topic_name
from engine.core.parse.effects import BPMN, CAMUNDA
from engine.core.parse.node import feel_script
from engine.core.repair.tree import extension, fresh, kind

PARTS = re.compile(r"[\s:：。.!！?？]+$")
CODES = {"error": "errorCode", "escalation": "escalationCode"}


def message(root: etree._Element, node: etree._Element) -> None:
    """Name the message or signal of an event or task: as its partner over a message flow, else as itself."""
    holder, what = _reference(node)
    if holder is None:
        return
    named = _root(root, what, holder.get(f"{what}Ref", ""))
    if named is None:
        partner = _partner(root, node) if what == "message" else None
        name = _flow_name(root, node) or _label(node)
        named = partner if partner is not None else _of_name(root, what, name)
        if named is None:
            named = _new(root, what, name)
        holder.set(f"{what}Ref", named.get("id", ""))
    if not named.get("name"):
        named.set("name", _label(node))


def code(root: etree._Element, node: etree._Element) -> None:
    """Give a thrown error or escalation a code, named as its event."""
    for what, attribute in CODES.items():
        holder = node.find(f"{{{BPMN}}}{what}EventDefinition")
        if holder is None:
            continue
        named = _root(root, what, holder.get(f"{what}Ref", ""))
        if named is None:
            named = _of_name(root, what, _label(node))
        if named is None:
            named = _new(root, what, _label(node))
        if not named.get(attribute):
            named.set(attribute, named.get("name") or _label(node))
        holder.set(f"{what}Ref", named.get("id", ""))


def time(root: etree._Element, node: etree._Element) -> None:
    """Write the time that a timer's value or else its name tells, such as “30 days later”, as its duration or cycle."""
    del root
    holder = node.find(f"{{{BPMN}}}timerEventDefinition")
    if holder is None:
        return
    written = [(kind(value), span(value.text or "")) for value in holder]
    values = [f"R/{found}" if what == "timeCycle" else found for what, found in written if found]
    meant = values[0] if values else span_in(node.get("name", ""))
    if not meant:
        return
    for empty in list(holder):
        if kind(empty).startswith("time"):
            holder.remove(empty)
    what = "timeCycle" if meant.startswith("R/") else "timeDuration"
    etree.SubElement(holder, f"{{{BPMN}}}{what}").text = meant


def plain_start(root: etree._Element, node: etree._Element) -> None:
    """Let a sub-process begin when it is entered: its start event loses the trigger."""
    del root
    for child in list(node):
        if kind(child).endswith("EventDefinition"):
            node.remove(child)


def service(root: etree._Element, node: etree._Element) -> None:
    """Let a service of a worker do a task that is program code elsewhere; the code stays as documentation."""
    del root
    if kind(node) == "scriptTask":
        _script(node)
    topic = node.get(f"{{{CAMUNDA}}}topic") or topic_of(node)
    for name in ("delegateExpression", "class", "expression"):
        node.attrib.pop(f"{{{CAMUNDA}}}{name}", "")
    node.set(f"{{{CAMUNDA}}}type", "external")
    node.set(f"{{{CAMUNDA}}}topic", topic)


def _script(node: etree._Element) -> None:
    script = node.find(f"{{{BPMN}}}script")
    if script is not None and (script.text or "").strip():
        note = etree.Element(f"{{{BPMN}}}documentation")
        note.text = (script.text or "").strip()
        node.insert(0, note)
    if script is not None:
        node.remove(script)
    node.attrib.pop("scriptFormat", "")
    node.tag = f"{{{BPMN}}}serviceTask"


def topic_of(node: etree._Element) -> str:
    """Name the topic: the bean or class that did the work elsewhere, else the task itself."""
    values = {name: node.get(f"{{{CAMUNDA}}}{name}", "") for name in ("delegateExpression", "class", "expression")}
    return topic_name(values, node.get("name", ""), node.get("id", ""))


def formula(root: etree._Element, node: etree._Element) -> None:
    """Write a script task whose script is FEEL as a task that sets the variable."""
    del root
    found = feel_script(node)
    if found is None:
        return
    name, text = found
    holder = extension(node)
    for child in list(holder):
        if etree.QName(child).localname == "script":
            holder.remove(child)
    script = node.find(f"{{{BPMN}}}script")
    if script is not None:
        node.remove(script)
    for attribute in ("scriptFormat", f"{{{CAMUNDA}}}resultVariable"):
        node.attrib.pop(attribute, "")
    made = holder.find(f"{{{CAMUNDA}}}inputOutput")
    if made is None:
        made = etree.SubElement(holder, f"{{{CAMUNDA}}}inputOutput")
    parameter = etree.SubElement(made, f"{{{CAMUNDA}}}outputParameter", name=name)
    parameter.text = f"={text}"
    node.tag = f"{{{BPMN}}}task"


# Messages, signals, errors: the root elements that events refer to


def _reference(node: etree._Element) -> tuple[etree._Element | None, str]:
    if kind(node) in {"receiveTask", "sendTask"}:
        return node, "message"
    for what in ("message", "signal"):
        holder = node.find(f"{{{BPMN}}}{what}EventDefinition")
        if holder is not None:
            return holder, what
    return None, ""


def _label(node: etree._Element) -> str:
    return PARTS.sub("", " ".join(node.get("name", "").split())) or node.get("id", "")


def _root(root: etree._Element, what: str, reference: str) -> etree._Element | None:
    wanted = reference.rsplit(":", maxsplit=1)[-1]
    return next((e for e in root.findall(f"{{{BPMN}}}{what}") if wanted and e.get("id") == wanted), None)


def _of_name(root: etree._Element, what: str, name: str) -> etree._Element | None:
    return next((e for e in root.findall(f"{{{BPMN}}}{what}") if e.get("name") == name), None)


def _new(root: etree._Element, what: str, name: str) -> etree._Element:
    made = etree.Element(f"{{{BPMN}}}{what}")
    made.set("id", fresh(root, what.capitalize()))
    made.set("name", name)
    places = [i for i, child in enumerate(root) if kind(child) in {"process", "collaboration", "BPMNDiagram"}]
    root.insert(min(places, default=len(root)), made)
    return made


def _message_flows(root: etree._Element, node: etree._Element) -> list[etree._Element]:
    found = root.iter(f"{{{BPMN}}}messageFlow")
    return [f for f in found if node.get("id") in (f.get("sourceRef"), f.get("targetRef"))]


def _flow_name(root: etree._Element, node: etree._Element) -> str:
    return next((name for f in _message_flows(root, node) if (name := " ".join(f.get("name", "").split()))), "")


def _partner(root: etree._Element, node: etree._Element) -> etree._Element | None:
    """Find the message that the other end of a message flow already throws or waits for."""
    ends = {f.get(end) for f in _message_flows(root, node) for end in ("sourceRef", "targetRef")} - {node.get("id")}
    for other in root.iter(f"{{{BPMN}}}*"):
        if other.get("id") in ends and kind(other) != "participant":
            holder, what = _reference(other)
            named = _root(root, what, holder.get("messageRef", "")) if holder is not None else None
            if named is not None:
                return named
    return None
