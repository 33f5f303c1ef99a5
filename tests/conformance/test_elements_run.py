"""Every element that the reference says runs is drawn small, gets what it waits for and reaches the end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.core import machine, reference
from engine.core.lint.events import TOP_STARTS
from engine.core.snapshot import Environment
from tests.conformance.drawing_board import END, START, Board, boundary, chain, compiled, findings, flow, timer, user

ELEMENTS = [one for one in reference.elements() if one.runs]
LOOPED = ("standardLoop", "parallelMultiInstance", "sequentialMultiInstance", "conditionalFlow")
KINDS = {
    "": "",
    "timer": timer("Duration", "PT1H"),
    "message": '<messageEventDefinition messageRef="m"/>',
    "signal": '<signalEventDefinition signalRef="sg"/>',
    "error": '<errorEventDefinition errorRef="er"/>',
    "escalation": '<escalationEventDefinition escalationRef="up"/>',
    "conditional": "<conditionalEventDefinition><condition>=go = true</condition></conditionalEventDefinition>",
    "link": '<linkEventDefinition name="L"/>',
    "terminate": "<terminateEventDefinition/>",
    "compensation": "<compensateEventDefinition/>",
    "cancel": "<cancelEventDefinition/>",
}
SERVICE = '<serviceTask id="x" camunda:type="external" camunda:topic="t"/>'
LOOPS = {
    "standardLoop": '<standardLoopCharacteristics testBefore="true"><loopCondition>=go = false</loopCondition></standardLoopCharacteristics>',
    "parallelMultiInstance": "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>",
    "sequentialMultiInstance": '<multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>',
}
INNER = '<startEvent id="is"/><userTask id="it"/><endEvent id="ie"/>' + chain("is", "it", "ie")
BETWEEN = chain("s", "x", "e")
CALLED = {"Q": START + user("q") + END + chain("s", "q", "e")}


def activity(name: str) -> str:
    drawn = {
        "serviceTask": SERVICE,
        "sendTask": '<sendTask id="x" messageRef="m"/>',
        "receiveTask": '<receiveTask id="x" messageRef="m"/>',
        "businessRuleTask": '<businessRuleTask id="x" camunda:decisionRef="d" camunda:resultVariable="r"/>',
        "callActivity": '<callActivity id="x" calledElement="Q"/>',
        "subProcess": f'<subProcess id="x">{INNER}</subProcess>',
        "transaction": f'<transaction id="x">{INNER}</transaction>',
        "adHocSubProcess": '<adHocSubProcess id="x"><userTask id="it"/></adHocSubProcess>',
        "conditionalFlow": user("x"),
    }
    if name in LOOPS:
        return START + user("x", inner=LOOPS[name]) + END + BETWEEN
    if name == "conditionalFlow":
        return START + '<userTask id="x" default="fd"/>' + END + flow("s", "x") + flow("x", "e", "=go = 7") + flow("x", "e", id="fd")
    return START + drawn.get(name, f'<{name} id="x"/>') + END + BETWEEN


def gateway(name: str) -> str:
    if name == "eventBasedGateway":
        caught = f'<intermediateCatchEvent id="a">{KINDS["timer"]}</intermediateCatchEvent><intermediateCatchEvent id="b">{KINDS["message"]}</intermediateCatchEvent>'
        return START + f'<{name} id="x"/>' + caught + END + chain("s", "x", "a", "e") + chain("x", "b", "e")
    first = "=go = null" if name in {"exclusiveGateway", "inclusiveGateway"} else ""
    if name == "parallelGateway":
        return START + '<parallelGateway id="x"/><parallelGateway id="j"/>' + user("a") + user("b") + END + chain("s", "x", "a", "j", "e") + chain("x", "b", "j")
    return START + f'<{name} id="x" default="fd"/>' + user("a") + user("b") + END + flow("s", "x") + flow("x", "a", first) + flow("x", "b", id="fd") + chain("a", "e") + chain("b", "e")


def inside(one: reference.ElementText) -> bool:
    """Tell whether it can only start an event sub-process."""
    return one.type == "startEvent" and bool(one.event) and one.event not in TOP_STARTS


def event(one: reference.ElementText) -> str:
    inner = KINDS[one.event]
    drawn = f'<{one.type} id="x">{inner}</{one.type}>'
    if inside(one):
        host = START + '<userTask id="h"/>' + SERVICE.replace('"x"', '"v"') + END
        throws = f'<intermediateThrowEvent id="th">{KINDS["escalation"]}</intermediateThrowEvent>'
        handler = f'<subProcess id="esp" triggeredByEvent="true">{drawn}<endEvent id="ee"/>{flow("x", "ee")}</subProcess>'
        if one.event == "compensation":
            return START + f'<subProcess id="p">{INNER}{handler}</subProcess>' + END + chain("s", "p", "e")
        return host + throws + handler + chain("s", "h", "th", "v", "e")
    if one.type == "startEvent":
        return drawn + user("a") + END + chain("x", "a", "e")
    if one.type == "boundaryEvent":
        rest = boundary("x", "h", inner) + END + '<endEvent id="e2"/>'
        if one.event == "compensation":
            undo = '<userTask id="undo" isForCompensation="true"/><association id="as" sourceRef="x" targetRef="undo"/>'
            throw = f'<intermediateThrowEvent id="th">{inner}</intermediateThrowEvent>'
            return START + user("h") + boundary("x", "h", inner) + undo + throw + END + chain("s", "h", "th", "e")
        if one.event == "cancel":
            stop = f'<transaction id="h"><startEvent id="is"/><endEvent id="ie">{inner}</endEvent>{flow("is", "ie")}</transaction>'
            return START + stop + rest + chain("s", "h", "e") + chain("x", "e2")
        if one.event == "escalation":
            stop = f'<subProcess id="h"><startEvent id="is"/><endEvent id="ie">{inner}</endEvent>{flow("is", "ie")}</subProcess>'
            return START + stop + rest + chain("s", "h", "e") + chain("x", "e2")
        return START + SERVICE.replace('"x"', '"h"') + rest + chain("s", "h", "e") + chain("x", "e2")
    if one.type == "endEvent":
        if one.event == "cancel":
            stop = f'<transaction id="h"><startEvent id="is"/>{drawn}{flow("is", "x")}</transaction>'
            return START + stop + boundary("cb", "h", inner) + END + '<endEvent id="e2"/>' + chain("s", "h", "e") + chain("cb", "e2")
        if one.event == "error":
            stop = f'<subProcess id="h"><startEvent id="is"/>{drawn}{flow("is", "x")}</subProcess>'
            return START + stop + boundary("cb", "h", inner) + END + '<endEvent id="e2"/>' + chain("s", "h", "e") + chain("cb", "e2")
        return START + drawn + chain("s", "x")
    if one.event == "link":
        catch = f'<intermediateCatchEvent id="{"y" if one.type.endswith("ThrowEvent") else "x"}">{inner}</intermediateCatchEvent>'
        throw = f'<intermediateThrowEvent id="{"x" if one.type.endswith("ThrowEvent") else "y"}">{inner}</intermediateThrowEvent>'
        source, target = ("x", "y") if one.type.endswith("ThrowEvent") else ("y", "x")
        return START + throw + catch + END + flow("s", source) + flow(target, "e")
    return START + drawn + END + BETWEEN


def drawing(one: reference.ElementText) -> str:
    if one.type.endswith("Event"):
        return event(one)
    return gateway(one.type) if one.type.endswith("Gateway") else activity(one.type)


class Started(Board):
    """A board whose instance may begin at a start event that waits."""

    def environment(self) -> Environment:
        return replace(super().environment(), decide=lambda _name, _binding, _variables: 1)

    def __init__(self, body: str, start: str) -> None:
        super().__init__(body if not start else START + END + chain("s", "e"), called=CALLED, go=None)
        if start:
            self.programs["P"] = self.program = compiled(body)
            self.keep(machine.start(self.program, self.environment(), variables={"go": None}, start_element=start))


def finish(board: Board, one: reference.ElementText) -> None:
    """Answer whatever waits until the instance ends, giving the element its trigger first."""
    for _ in range(30):
        if board.ended:
            return
        waits = {s.element_id: s for s in board.snap.subscriptions}
        if any(s.kind == "conditional" for s in board.snap.subscriptions) and not board.variables.get("go"):
            board.step(machine.set_variables, variables={"go": True})
        elif "x" in waits:
            board.step(machine.deliver, token_id=waits["x"].token_id, variables={})
        elif one.event == "timer" and board.snap.timers:
            board.wait(hours=1)
        elif board.snap.tasks:
            board.do(board.open[0])
        elif board.snap.services and one.event == "error":
            board.fail(board.snap.services[0].element_id, "E1")
        elif board.snap.services:
            board.serve(board.snap.services[0].element_id)
        elif board.snap.timers:
            board.wait(hours=1)
        else:
            subscription = board.snap.subscriptions[0]
            board.step(machine.deliver, token_id=subscription.token_id, variables={})
    raise AssertionError(board.snap.tokens)


def run(body: str, one: reference.ElementText) -> Board:
    assert [found for found in findings(body) if found[2] == "error"] == []
    outside = one.type == "startEvent" and one.event in TOP_STARTS
    board = Started(body, "x" if outside else "")
    finish(board, one)
    return board


@pytest.mark.parametrize("one", ELEMENTS, ids=lambda one: f"{one.type}-{one.event or 'none'}")
def test_an_element_runs_to_the_end(one: reference.ElementText) -> None:
    board = run(drawing(one), one)
    shown = "undo" if (one.type, one.event) == ("boundaryEvent", "compensation") else "x"
    assert {("entered", shown), ("left", shown), ("fired", shown)} & set(board.trace)


@pytest.mark.parametrize("marker", LOOPED)
def test_a_marker_runs_to_the_end(marker: str) -> None:
    board = run(activity(marker), reference.ElementText("userTask", "", "", runs=True))
    assert ("left", "x") in board.trace or marker == "standardLoop"
