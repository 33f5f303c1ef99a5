"""The single repairs: each changes one element of the XML tree."""

from __future__ import annotations

from lxml import etree

from engine.core.lint.expressions import cycle_of
from engine.core.lint.spelling import respelt, understood
from engine.core.normalise import EXPRESSION_ATTRIBUTES, is_juel, plain
from engine.core.parse.effects import BPMN
from engine.core.repair import drawing
from engine.core.repair.tree import CONDITION, NODES, flows, fresh, kind, nodes, own

BARE_TEXTS = frozenset(
    {"conditionExpression", "condition", "timeDate", "timeDuration", "timeCycle", "loopCondition", "loopCardinality",
     "completionCondition"}
)  # fmt: skip
BARE_ATTRIBUTES = frozenset({"sourceExpression", "collection"})


def default_flow(root: etree._Element, node: etree._Element) -> None:
    """Make the flow without a condition, else the one without a name, else the last one the default."""
    del root
    scope = node.getparent()
    leaving = [f for f in flows(scope) if f.get("sourceRef") == node.get("id")] if scope is not None else []
    if not leaving:
        return
    bare = [f for f in leaving if f.find(CONDITION) is None]
    nameless = [f for f in leaving if not f.get("name")]
    chosen = bare[0] if len(bare) == 1 else nameless[0] if len(nameless) == 1 else leaving[-1]
    for condition in chosen.findall(CONDITION):
        chosen.remove(condition)
    node.set("default", chosen.get("id", ""))


def user_task(root: etree._Element, node: etree._Element) -> None:
    """Give a task without a type, or a sub-process that nobody has drawn yet, to a person."""
    del root
    node.tag = f"{{{BPMN}}}userTask"


def executable(root: etree._Element, node: etree._Element) -> None:
    """Let a process run."""
    del root
    node.set("isExecutable", "true")


def cycle(root: etree._Element, node: etree._Element) -> None:
    """Write a cron expression as the cycle that means the same."""
    del root
    for text in node.iter(f"{{{BPMN}}}timeCycle"):
        found = cycle_of((text.text or "").strip())
        text.text = found or text.text


def juel(root: etree._Element, node: etree._Element) -> None:
    """Write every JUEL text of the element, not of those inside it, as FEEL."""
    for part in own(node):
        text = (part.text or "").strip()
        if is_juel(text) and not is_juel(plain(text)):
            part.text = plain(text) if kind(part) in BARE_TEXTS else f"={plain(text)}"
        for key, value in [(str(k), str(v)) for k, v in part.attrib.items()]:
            name = etree.QName(key).localname
            if name in {*EXPRESSION_ATTRIBUTES, *BARE_ATTRIBUTES, "calledElement"} and is_juel(value):
                feel = plain(value)
                if not is_juel(feel):
                    part.set(key, feel if name in BARE_ATTRIBUTES else f"={feel}")
    named = {part.get(ref) for part in own(node) for ref in ("messageRef", "signalRef", "errorRef", "escalationRef")}
    for message in root:
        name = message.get("name") or ""  # a comment has no attributes
        if message.get("id") in named and is_juel(name) and not is_juel(plain(name)):
            message.set("name", f"={plain(name)}")


def spelling(root: etree._Element, node: etree._Element) -> None:
    """Write the texts of an element that are no FEEL with FEEL's own signs, where that makes them FEEL."""
    del root
    for part in own(node):
        text = (part.text or "").strip()
        bare = text.removeprefix("=")
        if kind(part) in BARE_TEXTS and (meant := respelt(bare)):
            part.text = text[: len(text) - len(bare)] + meant
        if (
            kind(part) in BARE_TEXTS
            and part.get("language")
            and understood((part.text or "").strip().removeprefix("="))
        ):
            del part.attrib["language"]
        for key, value in [(str(k), str(v)) for k, v in part.attrib.items()]:
            name = etree.QName(key).localname
            expression = value.startswith("=") or name in BARE_ATTRIBUTES
            meant = respelt(value.removeprefix("=")) if expression else ""
            if meant:
                part.set(key, f"={meant}" if value.startswith("=") else meant)


# Starts, ends, lanes


def start_event(root: etree._Element, scope: etree._Element) -> None:
    """Put a start event before every element that nothing leads to."""
    reached = {f.get("targetRef") for f in flows(scope)}
    first = [n for n in nodes(scope) if n.get("id") not in reached and _begins(n)]
    if first and not any(kind(n) == "startEvent" for n in nodes(scope)):
        event = _add(root, scope, "startEvent")
        for node in first:
            _connect(root, scope, event, node)
        _join_lane(root, event, first[0])
        drawing.place(root, scope, event, first, before=True)


def end_event(root: etree._Element, scope: etree._Element) -> None:
    """Put an end event behind every element that nothing follows."""
    left = {f.get("sourceRef") for f in flows(scope)}
    last = [n for n in nodes(scope) if n.get("id") not in left and _ends(n)]
    if last:
        event = _add(root, scope, "endEvent")
        for node in last:
            _connect(root, scope, node, event)
        _join_lane(root, event, last[-1])
        drawing.place(root, scope, event, last, before=False)


def connect(root: etree._Element, node: etree._Element) -> None:
    """Lead a flow to an element from the only other one in its scope that nothing follows."""
    scope = node.getparent()
    if scope is None:
        return
    left = {f.get("sourceRef") for f in flows(scope)}
    begun = {n for start in nodes(scope) if kind(start) == "startEvent" for n in _behind(scope, start.get("id", ""))}
    behind = _behind(scope, node.get("id", "")) - begun  # what begins elsewhere may lie on a way back from here
    ends = [n for n in nodes(scope) if n.get("id") not in left | behind and _ends(n) and kind(n) != "boundaryEvent"]
    if len(ends) == 1:
        flow = _connect(root, scope, ends[0], node)
        drawing.draw_flow(root, flow.get("id", ""), ends[0].get("id", ""), node.get("id", ""))


def _behind(scope: etree._Element, start: str) -> set[str]:
    """The ids of an element and of all that flows lead to from it."""
    found, waiting = {start}, [start]
    while waiting:
        source = waiting.pop()
        for target in (f.get("targetRef", "") for f in flows(scope) if f.get("sourceRef") == source):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def _special(node: etree._Element) -> bool:
    return node.get("triggeredByEvent") == "true" or node.get("isForCompensation") == "true"


def _has(node: etree._Element, definition: str) -> bool:
    return node.find(f"{{{BPMN}}}{definition}EventDefinition") is not None


def _begins(node: etree._Element) -> bool:
    link = kind(node) == "intermediateCatchEvent" and _has(node, "link")
    return not _special(node) and kind(node) != "boundaryEvent" and not link


def _ends(node: etree._Element) -> bool:
    link = kind(node) == "intermediateThrowEvent" and _has(node, "link")
    undo = kind(node) == "boundaryEvent" and _has(node, "compensate")
    return not _special(node) and kind(node) not in {"endEvent", "eventBasedGateway"} and not link and not undo


def _add(root: etree._Element, scope: etree._Element, what: str, **attributes: str) -> etree._Element:
    """Add a flow element behind the last one, which the order of the BPMN schema wants."""
    new = etree.SubElement(scope, f"{{{BPMN}}}{what}")
    new.set("id", fresh(root, f"{what[0].upper()}{what[1:]}"))
    for name, value in attributes.items():
        new.set(name, value)
    last = max((i for i, c in enumerate(scope) if c is not new and kind(c) in {*NODES, "sequenceFlow"}), default=-1)
    scope.insert(last + 1 if last >= 0 else len(scope), new)
    return new


def _connect(
    root: etree._Element, scope: etree._Element, source: etree._Element, target: etree._Element
) -> etree._Element:
    flow = _add(root, scope, "sequenceFlow", sourceRef=source.get("id", ""), targetRef=target.get("id", ""))
    for node, what in ((source, "outgoing"), (target, "incoming")):
        reference = etree.Element(f"{{{BPMN}}}{what}")
        reference.text = flow.get("id")
        ahead = ("documentation", "extensionElements", "incoming", "outgoing")
        node.insert(sum(1 for child in node if kind(child) in ahead or not kind(child)), reference)
    return flow


def _join_lane(root: etree._Element, new: etree._Element, neighbour: etree._Element) -> None:
    for reference in root.iter(f"{{{BPMN}}}flowNodeRef"):
        holder = reference.getparent()
        if (reference.text or "").strip() == neighbour.get("id") and holder is not None:
            etree.SubElement(holder, f"{{{BPMN}}}flowNodeRef").text = new.get("id")
            return


def lane(root: etree._Element, node: etree._Element) -> None:
    """Put a node into the lane it is drawn in or nearest to, else into that of a neighbour, else into the first."""
    outer = node
    while (holder := outer.getparent()) is not None and kind(holder) != "process":
        outer = holder
    if holder is None:
        return
    lanes = [x for x in holder.iter(f"{{{BPMN}}}lane") if x.find(f"{{{BPMN}}}childLaneSet") is None]
    by_id = {x.get("id", ""): x for x in lanes}
    name = outer.get("id", "")
    chosen = by_id.get(drawing.nearest_lane(root, name, list(by_id)))
    if chosen is None:
        chosen = _lane_of_neighbour(holder, name, lanes)
    if chosen is None and lanes:
        chosen = lanes[0]
    if chosen is not None:
        etree.SubElement(chosen, f"{{{BPMN}}}flowNodeRef").text = name


def _lane_of_neighbour(process: etree._Element, name: str, lanes: list[etree._Element]) -> etree._Element | None:
    home = {(r.text or "").strip(): x for x in lanes for r in x.findall(f"{{{BPMN}}}flowNodeRef")}
    before = [f.get("sourceRef", "") for f in flows(process) if f.get("targetRef") == name]
    after = [f.get("targetRef", "") for f in flows(process) if f.get("sourceRef") == name]
    return next((home[n] for n in (*before, *after) if n in home), None)
