"""Repairs of gateways: let the step before ask which way to go, let a join wait only for what can still come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from engine.core.choices import answers, quoted, variable
from engine.core.parse.effects import BPMN, CAMUNDA, XSI
from engine.core.repair.tree import CONDITION, extension, flows, kind, nodes

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSED = frozenset(
    {
        *("exclusiveGateway", "intermediateThrowEvent", "intermediateCatchEvent", "businessRuleTask", "serviceTask"),
        *("scriptTask", "sendTask", "receiveTask", "callActivity"),
    }
)
"""What may stand between the question and the gateway that needs the answer: steps that ask nobody."""


def question(root: etree._Element, node: etree._Element) -> None:
    """Give every flow of an exclusive gateway the answer it stands for, and ask for it in the task before.

    Flows that leave a task without a gateway are told apart likewise: the task itself asks.
    """
    scope = node.getparent()
    leaving = [f for f in flows(scope) if f.get("sourceRef") == node.get("id")] if scope is not None else []
    by_id = {n.get("id", ""): n for n in nodes(scope)} if scope is not None else {}
    found = answers([(f.get("name", ""), _name(by_id.get(f.get("targetRef", "")))) for f in leaving])
    if not found or any(f.find(CONDITION) is not None for f in leaving):
        return
    others = [n for n in root.iter(f"{{{BPMN}}}exclusiveGateway") if n is not node]
    taken = {variable(n.get("name", ""), n.get("id", "")) for n in others}
    name = variable(node.get("name", ""), node.get("id", ""), taken)
    default = str(node.get("default") or leaving[-1].get("id", ""))
    node.set("default", default)
    for flow, answer in zip(leaving, found, strict=True):
        if flow.get("id") != default:
            condition = etree.SubElement(flow, CONDITION)
            condition.set(f"{{{XSI}}}type", f"{node.prefix}:tFormalExpression" if node.prefix else "tFormalExpression")
            condition.text = f"{name} = {quoted(answer)}"
    for asker in [node] if kind(node) == "userTask" else _askers(by_id, scope, node):
        _ask(asker, name, _name(node) or " / ".join(found), found)


def _name(node: etree._Element | None) -> str:
    return "" if node is None else " ".join(node.get("name", "").split())


def _askers(
    by_id: Mapping[str, etree._Element], scope: etree._Element | None, node: etree._Element
) -> list[etree._Element]:
    """Find the last user tasks and start events before a gateway that may carry a question."""
    found, waiting, seen = [], [node], {node.get("id", "")}
    while waiting and scope is not None:
        target = waiting.pop().get("id")
        for name in [f.get("sourceRef", "") for f in flows(scope) if f.get("targetRef") == target]:
            before = by_id.get(name)
            if before is None or name in seen:
                continue
            seen.add(name)
            if kind(before) in PASSED:
                waiting.append(before)
            elif _may_ask(before):
                found.append(before)
    return found


def _may_ask(node: etree._Element) -> bool:
    own_form = any(node.get(f"{{{CAMUNDA}}}{name}") for name in ("formRef", "formKey"))
    marked = any(kind(child).endswith(("EventDefinition", "LoopCharacteristics")) for child in node)
    scope = node.getparent()
    first = kind(node) == "startEvent" and scope is not None and kind(scope) == "process"
    return (kind(node) == "userTask" or first) and not own_form and not marked


def _ask(node: etree._Element, name: str, label: str, options: list[str]) -> None:
    holder = extension(node)
    form = holder.find(f"{{{CAMUNDA}}}formData")
    if form is None:
        form = etree.SubElement(holder, f"{{{CAMUNDA}}}formData")
    if any(field.get("id") == name for field in form):
        return
    field = etree.SubElement(form, f"{{{CAMUNDA}}}formField", id=name, label=label, type="enum")
    checks = etree.SubElement(field, f"{{{CAMUNDA}}}validation")
    etree.SubElement(checks, f"{{{CAMUNDA}}}constraint", name="required", config="true")
    for option in options:
        etree.SubElement(field, f"{{{CAMUNDA}}}value", id=option, name=option)


def inclusive_join(root: etree._Element, node: etree._Element) -> None:
    """Let a parallel join wait only for the tokens that can still come: where all come it does what it did."""
    del root
    scope = node.getparent()
    leaving = [f for f in flows(scope) if f.get("sourceRef") == node.get("id")] if scope is not None else []
    if len(leaving) <= 1:
        node.tag = f"{{{BPMN}}}inclusiveGateway"
