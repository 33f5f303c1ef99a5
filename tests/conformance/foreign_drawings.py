"""Make drawings that nobody here would draw: random ones, then spoiled by chance. The same seed gives the same file."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from copy import deepcopy

from lxml import etree

from tests.conformance.drawing_board import (
    END,
    ERROR,
    ESCALATION,
    MESSAGE,
    NAMESPACES,
    SIGNAL,
    START,
    boundary,
    chain,
    flow,
    timer,
    user,
    xml,
)
from tests.conformance.test_random_processes import Drawing

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
Tree = etree._Element
TYPES = [
    "task", "userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "scriptTask", "callActivity",
    "subProcess", "transaction", "adHocSubProcess", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway",
    "complexGateway", "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent", "choreographyTask",
]  # fmt: skip
DEFINITIONS = [
    "timerEventDefinition", "messageEventDefinition", "signalEventDefinition", "errorEventDefinition", "escalationEventDefinition",
    "conditionalEventDefinition", "linkEventDefinition", "terminateEventDefinition", "compensateEventDefinition", "cancelEventDefinition",
]  # fmt: skip
TEXTS = ["", " ", "=", "1 +", "${x.y()}", "${x}", "#{a == 'b'}", "n > 1", "true", '"', "R/", "R/PT", "P", "PT0S", "R/PT0S", "-P1D", "R3/P1D", "2026-13-45",
         "2026-01-01T25:61:00", "P99999999999D", "0 0 12 * * ?", "tomorrow", "一", "\u202e", "a" * 500, "[1,2,3]", "{a:1}", "-5", "1e9", "null", "loopCounter"]  # fmt: skip


def everything() -> str:
    """Draw one diagram with every construct, mostly sensible."""
    inner = f'<startEvent id="es" isInterrupting="false">{MESSAGE}</startEvent>' + user("ei") + chain("es", "ei")
    sub = '<subProcess id="sp"><startEvent id="ss"/>' + user("si") + f'<endEvent id="se">{ERROR}</endEvent>' + chain("ss", "si", "se") + "</subProcess>"
    undo = user("bk") + boundary("bkc", "bk", "<compensateEventDefinition/>") + '<userTask id="undo" isForCompensation="true"/><association id="as" sourceRef="bkc" targetRef="undo"/>'
    many = '<multiInstanceLoopCharacteristics isSequential="true" camunda:collection="=[1,2]" camunda:elementVariable="item"/>'
    return (
        '<laneSet id="ls"><lane id="l1" name="甲"><flowNodeRef>a</flowNodeRef><flowNodeRef>b</flowNodeRef></lane></laneSet>'
        + START + user("a", 'camunda:dueDate="P2D"') + boundary("ab", "a", timer("Cycle", "R2/PT1H"), interrupting=False) + user("r")
        + '<parallelGateway id="g"/><inclusiveGateway id="j"/><exclusiveGateway id="x" default="fx"/><eventBasedGateway id="eg"/>'
        + f'<intermediateCatchEvent id="c1">{MESSAGE}</intermediateCatchEvent><intermediateCatchEvent id="c2">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
        + f'<intermediateThrowEvent id="t1">{SIGNAL}</intermediateThrowEvent><intermediateThrowEvent id="t2">{ESCALATION}</intermediateThrowEvent>'
        + '<intermediateThrowEvent id="t3"><compensateEventDefinition/></intermediateThrowEvent>'
        + sub + boundary("spb", "sp", ERROR) + user("b", "", many) + undo
        + '<serviceTask id="v" camunda:type="external" camunda:topic="t"/><businessRuleTask id="d" camunda:decisionRef="d" camunda:resultVariable="z"/>'
        + '<callActivity id="ca" calledElement="Q"><extensionElements><camunda:in variables="all"/></extensionElements></callActivity>'
        + f'<subProcess id="ev" triggeredByEvent="true">{inner}</subProcess>' + END
        + '<endEvent id="e2"><terminateEventDefinition/></endEvent>'
        + chain("s", "a", "g", "b", "j", "x") + chain("g", "sp", "j") + chain("g", "bk", "v", "j") + chain("ab", "r", "j") + chain("spb", "t1", "j")
        + flow("x", "eg", "n = 1") + flow("x", "d", id="fx") + chain("d", "t2", "t3", "ca", "e") + chain("eg", "c1", "e") + chain("eg", "c2", "e2")
    )  # fmt: skip


def sources(seed: int) -> bytes:
    """Give a whole drawing to start from."""
    if seed % 3 == 0:
        return xml(everything())
    drawing = Drawing(seed)
    into, out = drawing.block(2 + seed % 2)
    return xml(START + END + "".join(drawing.parts) + flow("s", into) + flow(out, "e"))


def parts(root: Tree) -> list[Tree]:
    return [e for e in root.iter(f"{{{BPMN}}}*") if e.getparent() is not None and not e.tag.endswith("}process")]


def drop(root: Tree, dice: random.Random) -> None:
    element = dice.choice(parts(root))
    element.getparent().remove(element)


def drop_attribute(root: Tree, dice: random.Random) -> None:
    element = dice.choice(list(root.iter()))
    if element.attrib:
        del element.attrib[dice.choice(sorted(element.attrib))]


def drop_ids(root: Tree, dice: random.Random) -> None:
    for element in root.iter(f"{{{BPMN}}}sequenceFlow"):
        element.attrib.pop("id", None)


def retype(root: Tree, dice: random.Random) -> None:
    names = TYPES if dice.random() < 0.7 else DEFINITIONS
    choices = [e for e in parts(root) if etree.QName(e).localname in names]
    if choices:
        dice.choice(choices).tag = f"{{{BPMN}}}{dice.choice(names)}"


def double_id(root: Tree, dice: random.Random) -> None:
    first, second = dice.choice(parts(root)), dice.choice(parts(root))
    if first.get("id"):
        second.set("id", first.get("id"))


def rewire(root: Tree, dice: random.Random) -> None:
    ids = [e.get("id") for e in parts(root) if e.get("id")]
    flows = list(root.iter(f"{{{BPMN}}}sequenceFlow"))
    if flows:
        dice.choice(flows).set(dice.choice(["sourceRef", "targetRef"]), dice.choice([*ids, "ghost", ""]))


def copy(root: Tree, dice: random.Random) -> None:
    element, home = dice.choice(parts(root)), dice.choice(parts(root))
    if home not in element.iter():
        home.append(deepcopy(element))


def move(root: Tree, dice: random.Random) -> None:
    element, home = dice.choice(parts(root)), dice.choice(parts(root))
    if home not in element.iter():
        home.append(element)


def nest(root: Tree, dice: random.Random) -> None:
    process = root.find(f"{{{BPMN}}}process")
    if process is not None:
        outer = etree.Element(f"{{{BPMN}}}subProcess", id=f"nest{dice.randint(0, 9)}")
        outer.extend(list(process))
        process.append(outer)


def text(root: Tree, dice: random.Random) -> None:
    element = dice.choice(parts(root))
    if len(element) == 0:
        element.text = dice.choice(TEXTS)


def attribute(root: Tree, dice: random.Random) -> None:
    element = dice.choice(parts(root))
    names = sorted(element.attrib) + [
        f"{{{CAMUNDA}}}{n}" for n in ("dueDate", "assignee", "candidateGroups", "priority", "topic", "class", "delegateExpression", "asyncBefore", "formRef", "collection")
    ] + ["default", "isForCompensation", "triggeredByEvent", "cancelActivity", "attachedToRef", "messageRef", "calledElement", "activityRef"]  # fmt: skip
    ids = [e.get("id") for e in parts(root) if e.get("id")]
    value = dice.choice(["true", "false", dice.choice(ids or ["x"]), *dice.sample(TEXTS, 3)])
    element.set(dice.choice(names), "".join(c for c in value if c.isprintable()))


def mark(root: Tree, dice: random.Random) -> None:
    loop = dice.choice(["standardLoopCharacteristics", "multiInstanceLoopCharacteristics"])
    inner = dice.choice(["loopCondition", "loopCardinality", "completionCondition"])
    marker = etree.SubElement(dice.choice(parts(root)), f"{{{BPMN}}}{loop}")
    etree.SubElement(marker, f"{{{BPMN}}}{inner}").text = dice.choice(TEXTS).replace("\u202e", "")


def vendor(root: Tree, dice: random.Random) -> None:
    uri = dice.choice(["http://camunda.org/schema/zeebe/1.0", "http://flowable.org/bpmn", "http://www.signavio.com", "urn:else"])
    element = dice.choice(parts(root))
    holder = etree.SubElement(element, f"{{{BPMN}}}extensionElements")
    etree.SubElement(holder, f"{{{uri}}}{dice.choice(['taskDefinition', 'ioMapping', 'assignmentDefinition', 'in', 'thing'])}", type="x")
    element.set(f"{{{uri}}}assignee", "${who}")


MUTATIONS: list[Callable[[Tree, random.Random], None]] = [
    drop, drop, drop, drop_attribute, drop_attribute, drop_ids, retype, retype, retype, double_id, rewire, rewire, copy, move, nest, text, text,
    attribute, attribute, attribute, mark, vendor,
]  # fmt: skip


def drawings(count: int, first: int = 0) -> Iterator[tuple[str, bytes]]:
    """Give drawings, each spoiled 0 to 8 times."""
    for seed in range(first, first + count):
        dice = random.Random(seed)
        root = etree.fromstring(sources(seed))
        for _ in range(dice.choice([0, 1, 1, 2, 2, 3, 5, 8])):
            if parts(root):
                dice.choice(MUTATIONS)(root, dice)
        yield f"seed {seed}", etree.tostring(root)


HOSTILE = [
    b"", b"<", b"<a/>", b"\xff\xfe", b"<!DOCTYPE x><x/>", f"<definitions {NAMESPACES}/>".encode(), f"<definitions {NAMESPACES}><process/></definitions>".encode(),
    f"<definitions {NAMESPACES}><process id='P'/><process id='P'/></definitions>".encode(),
    f"<definitions {NAMESPACES}><collaboration id='c'><participant id='p' processRef='ghost'/><messageFlow id='m'/></collaboration></definitions>".encode(),
]  # fmt: skip
