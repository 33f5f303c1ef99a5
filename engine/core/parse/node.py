"""Read one BPMN element, its events, loop marker and Camunda extensions into a `Node`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from lxml import etree

from engine.core import feel
from engine.core.model import SUBPROCESS_TYPES, EventDefinition, EventKind, FormField, Listener, Loop, Mapping, Node
from engine.core.parse.effects import BPMN, CAMUNDA, without_effect

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENT_DEFINITIONS: dict[str, EventKind] = {
    "timerEventDefinition": "timer",
    "messageEventDefinition": "message",
    "signalEventDefinition": "signal",
    "errorEventDefinition": "error",
    "escalationEventDefinition": "escalation",
    "conditionalEventDefinition": "conditional",
    "linkEventDefinition": "link",
    "terminateEventDefinition": "terminate",
    "compensateEventDefinition": "compensation",
    "cancelEventDefinition": "cancel",
}


def local(element: etree._Element) -> str:
    """Name an element without its namespace."""
    return etree.QName(element).localname


def text_of(element: etree._Element, name: str) -> str:
    """Read the text of a BPMN child element, "" when there is none."""
    child = element.find(f"{{{BPMN}}}{name}")
    return "".join(str(part) for part in child.itertext()).strip() if child is not None else ""


def flag(element: etree._Element, name: str, *, default: bool = False) -> bool:
    """Read an attribute of XML's type boolean, which may be written 1 and 0 too."""
    return {"true": True, "1": True, "false": False, "0": False}.get(element.get(name, "").strip(), default)


def reference(element: etree._Element, text: str) -> str:
    """Give the id that a qualified name refers to: `tns:Task_1` is `Task_1` where the file declares tns."""
    prefix, colon, name = text.strip().partition(":")
    return name if colon and prefix in element.nsmap else text.strip()


def line_of(element: etree._Element) -> int:
    """Give the line in the file, 0 when unknown."""
    return int(cast("Any", element).sourceline or 0)


def camunda_attributes(element: etree._Element) -> dict[str, str]:
    """Read the Camunda attributes by local name."""
    return {
        etree.QName(key).localname: str(value)
        for key, value in element.attrib.items()
        if str(key).startswith(f"{{{CAMUNDA}}}")
    }


@dataclass
class RootElements:
    """The messages, signals, errors and escalations of a file by id: (name, code)."""

    by_id: dict[str, tuple[str, str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    subscribed: set[str] = field(default_factory=set)
    shared: dict[str, etree._Element] = field(default_factory=dict)
    """Event definitions that lie beside the processes, for `eventDefinitionRef`."""

    @classmethod
    def read(cls, root: etree._Element) -> RootElements:
        """Collect the root elements that events refer to."""
        found = cls()
        for element in root:
            if isinstance(element.tag, str) and local(element) in {"message", "signal", "error", "escalation"}:
                code = element.get("errorCode") or element.get("escalationCode") or ""
                found.by_id[element.get("id", "")] = (element.get("name", ""), code)
                found.kinds[element.get("id", "")] = local(element)
                if subscription(element) is not None:
                    found.subscribed.add(element.get("id", ""))
            elif isinstance(element.tag, str) and local(element) in EVENT_DEFINITIONS:
                found.shared[element.get("id", "")] = element
        return found

    def resolve(self, ref: str, kind: str) -> tuple[str, str, str]:
        """Give (name, code, ref) of a reference, all "" when it dangles."""
        ref = ref.rsplit(":", maxsplit=1)[-1]
        return (*self.by_id[ref], ref) if self.kinds.get(ref) == kind else ("", "", "")


def subscription(message: etree._Element) -> etree._Element | None:
    """Find what Camunda 8 says of a message: by which key it finds who waits for it."""
    for child in message.iterfind(f"{{{BPMN}}}extensionElements/*"):
        if isinstance(child.tag, str) and local(child) == "subscription" and child.get("correlationKey"):
            return child
    return None


def fill_node(node: Node, element: etree._Element, roots: RootElements) -> None:
    """Read everything the element says about itself, except its place in the flow."""
    node.name = " ".join(element.get("name", "").split())
    node.line = line_of(element)
    node.documentation = text_of(element, "documentation")
    node.default = element.get("default", "")
    node.attached_to = reference(element, element.get("attachedToRef", ""))
    node.called_element = reference(element, element.get("calledElement", ""))
    node.is_compensation = flag(element, "isForCompensation")
    node.parallel_multiple = flag(element, "parallelMultiple")
    node.event_subprocess = node.type in SUBPROCESS_TYPES and flag(element, "triggeredByEvent")
    node.interrupting = flag(element, "cancelActivity", default=flag(element, "isInterrupting", default=True))
    node.attributes = camunda_attributes(element)
    node.events = list(_events(element, roots))
    if node.type in {"sendTask", "receiveTask"}:
        name, _code, ref = roots.resolve(element.get("messageRef", ""), "message")
        if element.get("messageRef"):
            node.events = [EventDefinition("message", name=name, ref=ref, wanted=element.get("messageRef", ""))]
    node.loop = _loop(element)
    node.sets_by_feel = node.type == "scriptTask" and feel_script(element) is not None
    node.unsupported = without_effect(element)
    if len(node.events) < len(element.findall(f"{{{BPMN}}}eventDefinitionRef")):
        node.unsupported.append("eventDefinitionRef")
    _extensions(node, element)
    awaits = node.type not in {"endEvent", "intermediateThrowEvent", "sendTask"}
    if awaits and any(e.ref in roots.subscribed for e in node.events) and "correlationKey" not in node.properties:
        node.unsupported.append("zeebe:subscription")


def feel_script(node: etree._Element) -> tuple[str, str] | None:
    """Give the variable and the FEEL text of a script task that is written in FEEL (Camunda 7 or 8), else None."""
    for child in node.iterfind(f"{{{BPMN}}}extensionElements/*"):
        if isinstance(child.tag, str) and etree.QName(child).localname == "script" and child.get("resultVariable"):
            return child.get("resultVariable", ""), child.get("expression", "").strip().removeprefix("=").strip()
    script = node.find(f"{{{BPMN}}}script")
    name = node.get(f"{{{CAMUNDA}}}resultVariable", "")
    if script is not None and name and node.get("scriptFormat", "").lower() == "feel":
        return name, (script.text or "").strip().removeprefix("=").strip()
    return None


def _events(element: etree._Element, roots: RootElements) -> Iterator[EventDefinition]:
    for child in element:
        found: etree._Element | None = child
        if isinstance(child.tag, str) and local(child) == "eventDefinitionRef":
            found = roots.shared.get(reference(child, child.text or ""))
        if found is not None and isinstance(found.tag, str) and local(found) in EVENT_DEFINITIONS:
            yield _event(found, EVENT_DEFINITIONS[local(found)], roots)


def _event(element: etree._Element, kind: EventKind, roots: RootElements) -> EventDefinition:
    event = EventDefinition(kind)
    if kind == "timer":
        for name in ("date", "duration", "cycle"):
            child = element.find(f"{{{BPMN}}}time{name.capitalize()}")
            if child is not None:
                event.timer, event.expression = name, (child.text or "").strip()
    elif kind == "conditional":
        event.expression = text_of(element, "condition")
    elif kind == "link":
        event.name = element.get("name", "")
    elif kind == "compensation":
        event.activity_ref = reference(element, element.get("activityRef", ""))
    elif kind in {"message", "signal", "error", "escalation"}:
        event.wanted = element.get(f"{kind}Ref", "")
        event.name, event.code, event.ref = roots.resolve(event.wanted, kind)
        extra = camunda_attributes(element)
        event.code_variable = extra.get("errorCodeVariable", extra.get("escalationCodeVariable", ""))
        event.message_variable = extra.get("errorMessageVariable", "")
        event.topic = extra.get("topic", "")
        event.mappings = [_mapping(m) for m in element.findall(f"{{{BPMN}}}extensionElements/{{{CAMUNDA}}}in")]
    return event


def _loop(element: etree._Element) -> Loop | None:
    for child in element:
        if not isinstance(child.tag, str):
            continue
        if local(child) == "standardLoopCharacteristics":
            maximum = child.get("loopMaximum", "")
            return Loop(
                "standard",
                condition=text_of(child, "loopCondition"),
                maximum=int(maximum) if maximum.isdigit() else None,
                test_before=flag(child, "testBefore"),
            )
        if local(child) == "multiInstanceLoopCharacteristics":
            item = child.find(f"{{{BPMN}}}inputDataItem")
            return Loop(
                "sequential" if flag(child, "isSequential") else "parallel",
                cardinality=text_of(child, "loopCardinality"),
                collection=child.get(f"{{{CAMUNDA}}}collection", "") or text_of(child, "loopDataInputRef"),
                element_variable=child.get(f"{{{CAMUNDA}}}elementVariable", "")
                or ((item.get("name") or item.get("id") or "") if item is not None else ""),
                completion_condition=text_of(child, "completionCondition"),
            )
    return None


def _mapping(element: etree._Element) -> Mapping:
    if element.get("businessKey") is not None:
        return Mapping("", element.get("businessKey", ""), expression=True, business_key=True)
    expression = element.get("sourceExpression")
    return Mapping(
        target=element.get("target", ""),
        source=expression if expression is not None else element.get("source", ""),
        expression=expression is not None,
        all=element.get("variables") == "all",
    )


def _extensions(node: Node, element: etree._Element) -> None:
    holder = element.find(f"{{{BPMN}}}extensionElements")
    for child in holder if holder is not None else ():
        if not isinstance(child.tag, str) or etree.QName(child).namespace != CAMUNDA:
            continue
        kind = local(child)
        if kind == "properties":
            node.properties.update({p.get("name", ""): p.get("value", "") for p in child})
        elif kind == "in":
            node.inputs.append(_mapping(child))
        elif kind == "out":
            node.outputs.append(_mapping(child))
        elif kind == "inputOutput":
            _parameters(node, child)
        elif kind in {"taskListener", "executionListener"}:
            node.listeners.append(_listener(child))
        elif kind == "failedJobRetryTimeCycle":
            node.attributes[kind] = (child.text or "").strip()
        elif kind == "formData":
            node.form_fields = [_form_field(f) for f in child if isinstance(f.tag, str)]


def _listener(element: etree._Element) -> Listener:
    name = element.get("delegateExpression", "") or element.get("expression", "") or element.get("class", "")
    kind: Literal["task", "execution"] = "task" if local(element) == "taskListener" else "execution"
    return Listener(element.get("event", ""), name.strip().removeprefix("${").removesuffix("}"), kind)


def _parameters(node: Node, element: etree._Element) -> None:
    for child in element:
        if not isinstance(child.tag, str):
            continue
        text = (child.text or "").strip()
        if len(child) and isinstance(child[0].tag, str):
            made = _structure(child[0])
            text = f"={made}"
            if made is None:
                node.unsupported.append("camunda:script")
                continue
        literal = not (text.startswith(("=", "${", "#{")))
        mapping = Mapping(child.get("name", ""), text, expression=not literal, local=True)
        (node.inputs if local(child) == "inputParameter" else node.outputs).append(mapping)


def _structure(element: etree._Element) -> str | None:
    """Write `camunda:list` and `camunda:map` as FEEL; None where a script would have to run."""
    kind, children = local(element), [child for child in element if isinstance(child.tag, str)]
    if kind == "list":
        items = [_structure(child) for child in children]
        return None if None in items else f"[{', '.join(map(str, items))}]"
    if kind == "map":
        entries = [(child.get("key", ""), _structure(child)) for child in children]
        pairs = ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {value}" for key, value in entries)
        return None if None in dict(entries).values() else f"{{{pairs}}}"
    if kind in {"value", "entry"}:
        if children:
            return _structure(children[0])
        text = (element.text or "").strip()
        if not text.startswith(("=", "${", "#{")):
            return json.dumps(text, ensure_ascii=False)
        try:
            return f"({text[1:].strip() if text.startswith('=') else feel.from_juel(text)})"
        except feel.FeelProblem:
            return f"({text})"  # lint says what is wrong with it
    return None


def _form_field(element: etree._Element) -> FormField:
    def named(path: str, key: str, value: str) -> dict[str, str]:
        found = element.findall(f"{{{CAMUNDA}}}{path}")
        return {item.get(key, ""): item.get(value, "") for item in found}

    return FormField(
        id=element.get("id", ""),
        label=element.get("label", "") or element.get("id", ""),
        type=element.get("type", "string"),
        default=element.get("defaultValue", ""),
        options=list(named("value", "id", "name").items()),
        constraints=named(f"validation/{{{CAMUNDA}}}constraint", "name", "config"),
        properties=named(f"properties/{{{CAMUNDA}}}property", "id", "value"),
    )
