"""Every rule of the check, each with a drawing that breaks it and what it says (ENGINE.md §1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.core import lint, normalise, parse, repair
from engine.core.lint.expressions import cycle_of
from engine.core.lint.spelling import span_in
from engine.errors import DeploymentRefused
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

if TYPE_CHECKING:
    from engine.core.findings import Finding

TASK = chain("s", "a", "e")
COMPENSATE = "<compensateEventDefinition/>"
CONDITION = "<conditionalEventDefinition/>"


def check(body: str | bytes, **known: frozenset[str]) -> list[Finding]:
    text = body if isinstance(body, bytes) else xml(body)
    return lint.check(normalise.normalise(parse.parse(text)), lint.Known(**known))


def catch(inner: str, name: str = "c") -> str:
    return f'<intermediateCatchEvent id="{name}" name="wait">{inner}</intermediateCatchEvent>'


def throw(inner: str, name: str = "t") -> str:
    return f'<intermediateThrowEvent id="{name}">{inner}</intermediateThrowEvent>'


def end(inner: str, name: str = "e") -> str:
    return f'<endEvent id="{name}">{inner}</endEvent>'


def sub(inner: str, name: str = "p", attributes: str = "") -> str:
    return f'<subProcess id="{name}" {attributes}>{inner}</subProcess>'


def split(kind: str, first: str, second: str, attributes: str = "") -> str:
    return (
        START + f'<{kind} id="x" name="ok?" {attributes}/>' + user("a") + user("b") + flow("s", "x")
        + flow("x", "a", first, "fa") + flow("x", "b", second, "fb") + END + chain("a", "e") + chain("b", "e")
    )  # fmt: skip


LANES = '<laneSet id="ls"><lane id="l1" name="客服"><flowNodeRef>a</flowNodeRef></lane></laneSet>'
INSIDE = '<startEvent id="ss"/>' + user("i") + '<endEvent id="se"/>' + chain("ss", "i", "se")
UNDONE = user("a") + boundary("ac", "a", COMPENSATE)

RULES: list[tuple[str, str, str, str]] = [
    # starts and ends
    ("no-start-event", "info", "P", user("a") + END + chain("a", "e")),
    ("several-starts", "warning", "P", START + '<startEvent id="s2"/>' + user("a") + END + TASK + flow("s2", "a")),
    ("no-start", "error", "P", user("a") + user("b") + chain("a", "b", "a")),
    ("no-end-event", "info", "P", START + user("a") + chain("s", "a")),
    ("several-ends", "info", "P", START + user("a") + END + '<endEvent id="e2"/>' + TASK + flow("a", "e2")),
    ("dead-end", "warning", "b", START + user("a") + user("b") + END + TASK + flow("a", "b")),
    ("unreachable", "warning", "b", START + user("a") + user("b") + END + TASK),
    ("unreachable", "error", "b", START + user("a") + user("b") + END + chain("s", "a") + chain("b", "e")),
    ("wrong-start", "error", "ss", START + sub(f'<startEvent id="ss">{MESSAGE}</startEvent>' + user("i") + chain("ss", "i")) + END + chain("s", "p", "e")),
    ("wrong-start", "error", "s2", START + user("a") + END + TASK + f'<startEvent id="s2">{ERROR}</startEvent>' + flow("s2", "a")),
    ("flow-to-start", "error", "fx", START + user("a") + END + TASK + flow("a", "s", id="fx")),
    ("flow-from-end", "error", "fx", START + user("a") + END + TASK + flow("e", "a", id="fx")),
    ("dangling-flow", "error", "fx", START + user("a") + END + TASK + flow("a", "ghost", id="fx")),
    ("flow-crosses-border", "error", "fx", START + sub(INSIDE) + END + chain("s", "p", "e") + flow("i", "e", id="fx")),
    ("empty-process", "error", "P", ""),
    # gateways
    ("gateway-without-condition", "error", "x", split("exclusiveGateway", "", "n = 1")),
    ("gateway-without-condition", "error", "x", split("inclusiveGateway", "", "")),
    ("no-default-flow", "warning", "x", split("exclusiveGateway", "n = 1", "n = 2")),
    ("no-default-flow", "warning", "s", START + user("a") + END + flow("s", "a", "n = 1") + chain("a", "e")),
    ("unknown-default", "error", "x", split("exclusiveGateway", "n = 1", "n = 2", 'default="ghost"')),
    ("same-condition", "warning", "x", split("exclusiveGateway", "n = 1", "n =  1")),
    ("overlapping-conditions", "warning", "x", split("exclusiveGateway", "n > 5", "n >= 10")),
    ("overlapping-conditions", "warning", "x", split("exclusiveGateway", 'kind in ("报修", "投诉")', 'kind = "投诉"')),
    ("no-effect", "warning", "x", split("parallelGateway", "n = 1", "n = 2")),
    ("no-effect", "info", "x", split("exclusiveGateway", "n = 1", "n = 2", 'default="fb"')),
    ("not-an-event", "error", "a", split("eventBasedGateway", "", "")),
    ("event-gateway-without-events", "error", "x", START + '<eventBasedGateway id="x"/>' + flow("s", "x")),
    ("implicit-split", "info", "a", START + user("a") + user("b") + END + TASK + flow("a", "b") + flow("b", "e")),
    ("implicit-merge", "info", "a", START + user("a") + user("b") + END + TASK + flow("s", "b") + flow("b", "a")),
    ("unsupported-element", "error", "x", START + '<complexGateway id="x"/>' + END + chain("s", "x", "e")),
    # tasks
    ("untyped-task", "info", "a", START + '<task id="a"/>' + END + TASK),
    ("no-role", "warning", "a", START + user("a") + END + TASK),
    ("no-role", "error", "b", LANES + START + user("a") + user("b") + END + chain("s", "a", "b", "e")),
    ("unsupported-element", "error", "a", START + '<scriptTask id="a"/>' + END + TASK),
    ("unsupported-element", "error", "a", START + '<adHocSubProcess id="a"/>' + END + TASK),
    ("unsupported-element", "error", "k", START + sub(INSIDE + '<choreographyTask id="k"/>') + END + chain("s", "p", "e")),
    ("service-without-topic", "error", "a", START + '<serviceTask id="a"/>' + END + TASK),
    ("service-without-topic", "error", "a", START + '<serviceTask id="a" camunda:class="com.acme.Send"/>' + END + TASK),
    ("service-without-topic", "error", "a", START + '<sendTask id="a" camunda:delegateExpression="${mail}"/>' + END + TASK),
    ("service-without-topic", "error", "a", START + '<businessRuleTask id="a" camunda:expression="${x.y()}"/>' + END + TASK),
    ("decision-missing", "error", "a", START + '<businessRuleTask id="a"/>' + END + TASK),
    ("called-missing", "error", "a", START + '<callActivity id="a"/>' + END + TASK),
    ("receive-without-message", "error", "a", START + '<receiveTask id="a"/>' + END + TASK),
    ("send-without-message", "error", "a", START + '<sendTask id="a"/>' + END + TASK),
    ("unknown-message", "error", "a", START + '<receiveTask id="a" messageRef="mm"/>' + END + TASK),
    ("empty-subprocess", "error", "p", START + sub("") + END + chain("s", "p", "e")),
    ("event-subprocess-start", "error", "p", START + user("a") + END + TASK + sub(INSIDE, attributes='triggeredByEvent="true"')),
    ("event-subprocess-flow", "error", "p", START + sub(f'<startEvent id="ss">{MESSAGE}</startEvent>' + user("i") + chain("ss", "i"), attributes='triggeredByEvent="true"') + END + chain("s", "p", "e")),
    ("event-subprocess-loop", "error", "p", START + user("a") + END + TASK + sub('<standardLoopCharacteristics loopMaximum="2"/>' + f'<startEvent id="ss">{MESSAGE}</startEvent>', attributes='triggeredByEvent="true"')),
    ("loop-without-count", "error", "a", START + user("a", "", "<multiInstanceLoopCharacteristics/>") + END + TASK),
    ("loop-without-condition", "error", "a", START + user("a", "", "<standardLoopCharacteristics/>") + END + TASK),
    # events
    ("multiple-events", "error", "c", START + catch(MESSAGE + SIGNAL) + END + chain("s", "c", "e")),
    ("event-without-trigger", "error", "c", START + catch("") + END + chain("s", "c", "e")),
    ("wrong-event", "error", "c", START + catch(ERROR) + END + chain("s", "c", "e")),
    ("wrong-event", "error", "ss", START + user("a") + END + TASK + sub(f'<startEvent id="ss">{COMPENSATE}</startEvent>' + user("i") + chain("ss", "i"), attributes='triggeredByEvent="true"')),
    ("event-without-name", "error", "c", START + catch("<messageEventDefinition/>") + END + chain("s", "c", "e")),
    ("unknown-message", "error", "c", START + catch('<messageEventDefinition messageRef="mx"/>') + END + chain("s", "c", "e")),
    ("unknown-message", "error", "c", START + catch('<messageEventDefinition messageRef="sg"/>') + END + chain("s", "c", "e")),
    ("unknown-signal", "error", "c", START + catch('<signalEventDefinition signalRef="sx"/>') + END + chain("s", "c", "e")),
    ("unknown-error", "warning", "b", START + user("a") + boundary("b", "a", '<errorEventDefinition errorRef="xx"/>') + END + TASK + flow("b", "e")),
    ("event-without-code", "error", "e", START + end("<errorEventDefinition/>") + flow("s", "e")),
    ("timer-without-value", "error", "c", START + catch(timer("Duration", "")) + END + chain("s", "c", "e")),
    ("timer-without-value", "error", "c", START + catch("<timerEventDefinition/>") + END + chain("s", "c", "e")),
    ("invalid-time", "error", "c", START + catch(timer("Date", "2026-02-30")) + END + chain("s", "c", "e")),
    ("invalid-time", "error", "c", START + catch(timer("Duration", "PT5")) + END + chain("s", "c", "e")),
    ("invalid-time", "error", "c", START + catch(timer("Duration", "p3d")) + END + chain("s", "c", "e")),
    ("invalid-time", "error", "c", START + catch(timer("Duration", "15")) + END + chain("s", "c", "e")),
    ("invalid-time", "error", "c", START + catch(timer("Cycle", "R/PT")) + END + chain("s", "c", "e")),
    ("invalid-feel", "error", "fa", split("exclusiveGateway", "1 + 1", "n = 2")),
    ("invalid-time", "error", "c", START + catch(timer("Cycle", "R/PT0S")) + END + chain("s", "c", "e")),
    ("cron", "error", "c", START + catch(timer("Cycle", "0 0 9 * * MON-FRI".replace("MON-FRI", "1-5"))) + END + chain("s", "c", "e")),
    ("condition-missing", "error", "c", START + catch(CONDITION) + END + chain("s", "c", "e")),
    ("boundary-without-host", "error", "b", START + user("a") + END + TASK + boundary("b", "ghost", MESSAGE) + flow("b", "e")),
    ("boundary-without-host", "error", "b", START + user("a") + END + TASK + boundary("b", "s", MESSAGE) + flow("b", "e")),
    ("boundary-with-incoming", "error", "b", START + user("a") + END + TASK + boundary("b", "a", MESSAGE) + flow("b", "e") + flow("s", "b")),
    ("cancel-outside-transaction", "error", "b", START + user("a") + END + TASK + boundary("b", "a", "<cancelEventDefinition/>") + flow("b", "e")),
    ("cancel-outside-transaction", "error", "e", START + end("<cancelEventDefinition/>") + flow("s", "e")),
    ("link-without-target", "error", "t", START + throw('<linkEventDefinition name="L"/>') + flow("s", "t")),
    ("link-twice", "error", "c", START + throw('<linkEventDefinition name="L"/>') + flow("s", "t") + catch('<linkEventDefinition name="L"/>') + catch('<linkEventDefinition name="L"/>', "c2") + END + flow("c", "e") + flow("c2", "e")),
    ("event-nobody-throws", "warning", "c", START + user("a") + END + TASK + catch('<linkEventDefinition name="L"/>') + flow("c", "e")),
    ("event-nobody-throws", "info", "c", START + catch(SIGNAL) + END + chain("s", "c", "e")),
    ("event-nobody-catches", "info", "t", START + throw(SIGNAL) + END + chain("s", "t", "e")),
    ("event-nobody-catches", "warning", "e", START + end(ERROR) + flow("s", "e")),
    ("event-nobody-catches", "info", "t", START + throw(ESCALATION) + END + chain("s", "t", "e")),
    ("event-nobody-throws", "warning", "b", START + sub('<startEvent id="ss"/><manualTask id="i"/>' + chain("ss", "i")) + boundary("b", "p", ERROR) + END + chain("s", "p", "e") + flow("b", "e")),
    ("event-nobody-catches", "warning", "t", START + throw(COMPENSATE) + END + chain("s", "t", "e")),
    ("compensation-without-handler", "error", "ac", START + UNDONE + END + TASK),
    ("unknown-activity", "error", "t", START + UNDONE + throw('<compensateEventDefinition activityRef="ghost"/>') + END + chain("s", "a", "t", "e")),
    # expressions
    ("invalid-feel", "error", "fa", split("exclusiveGateway", "n = ", "n = 2")),
    ("invalid-feel", "error", "fa", split("exclusiveGateway", "${bean.check(n)}", "n = 2")),
    ("unknown-function", "error", "fa", split("exclusiveGateway", "string lenght(n) = 2", "n = 2")),
    ("invalid-feel", "error", "a", START + user("a", "", '<extensionElements><camunda:inputOutput><camunda:inputParameter name="x">=1 +</camunda:inputParameter></camunda:inputOutput></extensionElements>') + END + TASK),
    ("invalid-feel", "error", "a", START + user("a", "", '<multiInstanceLoopCharacteristics camunda:collection="a"><completionCondition>1 +</completionCondition></multiInstanceLoopCharacteristics>') + END + TASK),
    ("invalid-feel", "error", "a", START + '<callActivity id="a" calledElement="${x.y()}"/>' + END + TASK),
    ("invalid-feel", "error", "a", START + '<receiveTask id="a" messageRef="m"><extensionElements><camunda:properties><camunda:property name="correlationKey" value="=1 +"/></camunda:properties></extensionElements></receiveTask>' + END + TASK),
    ("unknown-variable", "warning", "fa", split("exclusiveGateway", "customer is happy", "n = 2")),
    ("unknown-variable", "error", "c", START + catch(timer("Duration", "wait five seconds please")) + END + chain("s", "c", "e")),
    ("juel", "info", "fa", split("exclusiveGateway", "${n == 1}", "n = 2")),
    ("invalid-time", "error", "a", START + user("a", 'camunda:dueDate="tomorrow"') + END + TASK),
    ("invalid-priority", "error", "a", START + user("a", 'camunda:priority="high"') + END + TASK),
    # soundness
    ("deadlock", "error", "j", split("exclusiveGateway", "n = 1", "n = 2") + '<parallelGateway id="j"/>' + flow("a", "j") + flow("b", "j")),
    ("livelock", "error", "m", START + '<exclusiveGateway id="m"/><task id="a"/>' + chain("s", "m", "a", "m")),
    ("livelock", "warning", "a", START + '<task id="a"/><exclusiveGateway id="x"/><exclusiveGateway id="y" default="fe"/>' + END + chain("s", "x", "a", "y") + flow("y", "x", "n = 1") + flow("y", "e", id="fe")),
    ("livelock", "warning", "a", START + user("a") + '<exclusiveGateway id="x"/>' + chain("s", "x", "a", "x")),
    ("livelock", "warning", "a", START + '<serviceTask id="a" camunda:topic="t"/><exclusiveGateway id="x"/>' + chain("s", "x", "a", "x")),
    ("livelock", "error", "p", START + sub('<startEvent id="ss"/><task id="i"/>' + chain("ss", "i")) + chain("s", "p") + flow("p", "p")),
    ("cycle-piles-up", "warning", "b", START + user("a") + boundary("b", "a", timer("Cycle", "R/PT1H"), interrupting=False) + user("r") + END + TASK + chain("b", "r", "e")),
    # no effect
    ("no-effect", "info", "a", START + user("a", 'camunda:asyncBefore="true"') + END + TASK),
    ("no-effect", "warning", "a", START + user("a", 'camunda:formHandler="x"') + END + TASK),
    ("no-effect", "warning", "a", START + user("a", "", "<extensionElements><camunda:connector/></extensionElements>") + END + TASK),
    ("no-effect", "warning", "a", START + user("a", 'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"', '<extensionElements><zeebe:assignmentDefinition assignee="x"/></extensionElements>') + END + TASK),
    ("no-effect", "warning", "a", START + user("a", 'xmlns:flowable="http://flowable.org/bpmn" flowable:assignee="x"') + END + TASK),
    ("no-effect", "info", "a", START + user("a", 'xmlns:flowable="http://flowable.org/bpmn" flowable:formFieldValidation="true"') + END + TASK),
    ("no-effect", "warning", "a", START + user("a", 'xmlns:q="http://activiti.org/bpmn" q:assignee="x"') + END + TASK),
    ("no-effect", "warning", "a", START + user("a", "", '<extensionElements><camunda:taskListener event="delete" delegateExpression="${x}"/></extensionElements>') + END + TASK),
    ("no-effect", "warning", "t", START + throw('<messageEventDefinition messageRef="m" camunda:class="com.acme.Send"/>') + END + chain("s", "t", "e")),
    ("no-effect", "warning", "a", START + '<callActivity id="a" calledElement="P"><extensionElements><camunda:in source="x" target="y" local="true"/></extensionElements></callActivity>' + END + TASK),
    ("no-effect", "info", "a", START + user("a", 'xmlns:signavio="http://www.signavio.com"', "<extensionElements><signavio:signavioMetaData/></extensionElements>") + END + TASK),
    ("no-effect", "info", "a", START + user("a", "", "<ioSpecification/>") + END + TASK),
    ("no-effect", "info", "a", START + user("a", "", "<dataInputAssociation/>") + END + TASK),
    ("no-effect", "warning", "a", START + user("a", "", "<potentialOwner/>") + END + TASK),
    ("no-effect", "warning", "a", START + user("a", "", '<extensionElements><camunda:executionListener event="start" class="x"/></extensionElements>') + END + TASK),
    ("no-effect", "warning", "fx", START + user("a") + END + chain("s", "a") + '<sequenceFlow id="fx" sourceRef="a" targetRef="e"><extensionElements><camunda:executionListener/><camunda:field/></extensionElements></sequenceFlow>'),
    ("no-effect", "warning", "r", START + '<receiveTask id="r" messageRef="m" instantiate="true"/>' + END + chain("s", "r", "e")),
    ("missing-id", "info", "UserTask_1", START + "<userTask/>" + END + chain("s", "e")),
    ("duplicate-id", "error", "a", START + user("a") + user("a") + END + TASK),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "severity", "element", "body"), RULES, ids=[f"{n}-{r[0]}" for n, r in enumerate(RULES)])
def test_a_rule_names_the_element_and_says_what_to_change(rule: str, severity: str, element: str, body: str):
    found = check(body)
    mine = [f for f in found if (f.rule, f.severity, f.element_id) == (rule, severity, element)]
    assert mine, [(f.rule, f.severity, f.element_id) for f in found]
    assert mine[0].message.endswith((".", "?"))
    assert any("\u4e00" <= c <= "\u9fff" for c in mine[0].message_zh)
    assert "{" not in mine[0].message.replace("${", "")


@pytest.mark.parametrize(
    ("rule", "severity", "element", "known"),
    [
        ("unknown-role", "error", "客服主官", {"roles": frozenset({"客服主管"})}),
        ("unknown-form", "error", "intakee", {"forms": frozenset({"intake"})}),
        ("unknown-decision", "error", "urgncy", {"decisions": frozenset({"urgency"})}),
        ("unknown-topic", "warning", "send_sms", {"topics": frozenset({"send-sms"})}),
        ("unknown-process", "error", "calback", {"processes": frozenset({"callback"})}),
        ("unknown-listener", "error", "numbr", {"listeners": frozenset({"number"})}),
        ("unknown-variable", "info", "ammount", {"variables": frozenset({"amount"})}),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_one(rule: str, severity: str, element: str, known: dict[str, frozenset[str]]):
    listener = '<extensionElements><camunda:taskListener event="create" delegateExpression="${numbr}"/></extensionElements>'
    body = (
        START + user("a", 'camunda:candidateGroups="客服主官" camunda:formRef="intakee"', listener)
        + '<businessRuleTask id="b" camunda:decisionRef="urgncy"/><serviceTask id="c" camunda:type="external" camunda:topic="send_sms"/>'
        + '<callActivity id="d" calledElement="calback"/>' + END + chain("s", "a", "b", "c", "d") + flow("d", "e", "ammount = 1")
    )  # fmt: skip
    (finding,) = [f for f in check(body, **known) if f.rule == rule]
    (nearest,) = next(iter(known.values()))
    assert finding.severity == severity
    assert element in finding.message
    assert element in finding.message_zh
    assert f"Did you mean {nearest}?" in finding.message
    assert f"是不是“{nearest}”？" in finding.message_zh


def test_the_smallest_diagram_has_no_error_and_a_good_one_no_remark():
    assert {f.severity for f in check(START + user("a") + END + TASK)} == {"warning"}
    body = LANES + START + user("a") + END + TASK
    assert check(body) == []


def test_invalid_feel_tells_position_and_nearest_name_in_both_languages():
    (finding,) = [f for f in check(split("exclusiveGateway", "n = = 1", "n = 2")) if f.rule == "invalid-feel"]
    assert "Position 5" in finding.message
    assert "第 5 个字符" in finding.message_zh
    (finding,) = [f for f in check(split("exclusiveGateway", "strng length(n) = 1", "n = 2")) if f.rule == "unknown-function"]
    assert "Did you mean string length?" in finding.message


def test_a_delegate_names_the_topic_to_enter():
    body = START + '<serviceTask id="a" name="发短信" camunda:delegateExpression="${smsSender}"/>' + END + TASK
    (finding,) = [f for f in check(body) if f.rule == "service-without-topic"]
    assert "topic" in finding.message
    assert "smsSender" in finding.message
    assert finding.repair == "topic:a"
    body = START + '<serviceTask id="a" camunda:class="com.acme.SendMail"/>' + END + TASK
    (finding,) = [f for f in check(body) if f.rule == "service-without-topic"]
    assert "SendMail" in finding.message
    assert finding.repair == "topic:a"


def test_disjoint_conditions_are_left_alone():
    for first, second in [("n < 5", "n >= 5"), ('k = "a"', 'k = "b"'), ("n > 5 and n < 8", "n >= 8"), ("a", "b"), ("not(a)", "a")]:
        rules = {f.rule for f in check(split("exclusiveGateway", first, second))}
        assert not rules & {"same-condition", "overlapping-conditions"}, (first, second)


def test_a_process_that_is_not_executable_offers_the_repair():
    text = xml(START + user("a") + END + TASK).replace(b'isExecutable="true"', b'isExecutable="false"')
    assert [(f.rule, f.severity, f.repair) for f in check(text)] == [("no-process", "error", "executable:P"), ("no-role", "warning", "")]


def test_a_picture_is_judged_like_a_process_unless_another_one_runs():
    """What the owner will be told once he ticks Executable is told at once."""
    text = xml(START + '<serviceTask id="a"/>' + END + TASK).replace(b'isExecutable="true"', b'isExecutable="false"')
    assert {"no-process", "service-without-topic"} == {f.rule for f in check(text) if f.severity == "error"}
    second = b'<process id="Q" isExecutable="true"><startEvent id="qs"/><manualTask id="qa"/><sequenceFlow id="qf" sourceRef="qs" targetRef="qa"/></process>'
    assert not [f for f in check(text.replace(b"</definitions>", second + b"</definitions>")) if f.severity == "error"]


def test_a_deadlock_spells_out_the_path():
    (finding,) = [f for f in check(split("exclusiveGateway", "n = 1", "n = 2") + '<parallelGateway id="j"/>' + flow("a", "j") + flow("b", "j")) if f.rule == "deadlock"]
    assert "ok? →" in finding.message
    assert "ok? →" in finding.message_zh


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (b"<!DOCTYPE a><a/>", "doctype"),
        (b"<a", "not-xml"),
        (b"", "not-xml"),
        (b"\x00\xff\xfe", "not-xml"),
        (b"<a/>", "not-bpmn"),
        (b"<a>" + b" " * 5_000_001 + b"</a>", "oversize"),
        (f"<definitions {NAMESPACES}>".encode() + b"<a>" * 300 + b"</a>" * 300 + b"</definitions>", "too-deep"),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"), "doctype"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(text: bytes, rule: str):
    with pytest.raises(DeploymentRefused) as refused:
        parse.parse(text)
    assert [f.rule for f in refused.value.findings] == [rule]


GATES = '<exclusiveGateway id="x" default="fb"/>' + user("a") + user("b") + '<parallelGateway id="j"/>'
ONE_OF = flow("x", "a", "n = 1") + flow("x", "b", id="fb") + chain("a", "j") + chain("b", "j")
STUCK = {
    "in a sub-process": START + sub('<startEvent id="ss"/>' + GATES + '<endEvent id="se"/>' + chain("ss", "x") + ONE_OF + chain("j", "se")) + END + chain("s", "p", "e"),
    "in a loop": START + '<exclusiveGateway id="g"/><exclusiveGateway id="q" default="fe"/>' + GATES + END + chain("s", "g", "x") + ONE_OF + chain("j", "q") + flow("q", "g", "n = 2") + flow("q", "e", id="fe"),
    "behind an inclusive split": START + GATES.replace("exclusive", "inclusive") + END + chain("s", "x") + ONE_OF + chain("j", "e"),
    "behind events": START + '<eventBasedGateway id="g"/><parallelGateway id="j"/>' + catch(MESSAGE, "c1") + catch(timer("Duration", "PT1H"), "c2") + END + chain("s", "g", "c1", "j", "e") + chain("g", "c2", "j"),
    "with a border": START + user("a") + boundary("b", "a", timer("Duration", "PT1H"), interrupting=False) + '<parallelGateway id="j"/>' + END + chain("s", "a", "j", "e") + chain("b", "j"),
}  # fmt: skip


@pytest.mark.parametrize("body", STUCK.values(), ids=STUCK)
def test_a_deadlock_is_found_wherever_it_is_drawn_and_can_be_mended(body: str):
    (finding,) = [f for f in check(body) if f.rule == "deadlock"]
    assert (finding.element_id, finding.severity, finding.repair) == ("j", "error", "inclusive-join:j")
    mended = repair.apply(xml(body), repair.proposals(xml(body), [finding])[:1])
    assert "deadlock" not in {f.rule for f in check(mended)}


def test_start_events_that_begin_together_can_be_joined():
    body = START + '<startEvent id="s2"/><parallelGateway id="j"/>' + END + chain("s", "j", "e") + chain("s2", "j")
    assert {f.rule for f in check(body)} == {"several-starts"}


def test_what_another_engine_says_of_one_element_is_told_in_one_remark():
    zeebe = 'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    inner = '<extensionElements><zeebe:userTask/><zeebe:assignmentDefinition assignee="x"/><zeebe:formDefinition formId="f"/></extensionElements>'
    (finding,) = [f for f in check(START + user("a", zeebe, inner) + END + TASK) if f.rule == "no-effect" and f.severity == "warning"]
    assert "zeebe:assignmentDefinition, zeebe:formDefinition" in finding.message
    assert finding.repair == "vendor:a"


def test_flows_without_id_are_told_in_one_remark():
    text = xml(START + user("a") + END + '<sequenceFlow sourceRef="s" targetRef="a"/><sequenceFlow sourceRef="a" targetRef="e"/>')
    assert [f.element_id for f in check(text) if f.rule == "missing-id"] == ["SequenceFlow_1"]


def test_more_elements_than_run_are_refused():
    names = [f"t{n}" for n in range(1_100)]
    body = START + END + "".join(f'<task id="{n}"/>' for n in names) + chain("s", *names, "e")
    assert "too-many-elements" in [f.rule for f in check(body)]


@pytest.mark.parametrize(
    ("cron", "cycle"),
    [
        ("0 */5 * * * *", "R/PT5M"),
        ("*/10 * * * *", "R/PT10M"),
        ("0 0 */2 * * ?", "R/PT2H"),
        ("0 0 * * * ?", "R/PT1H"),
        ("0 0 9 * * ?", ""),
        ("*/7 * * * *", ""),
        ("0 0 12 ? * 2-6", ""),
        ("5 0/10 * * * ?", ""),
    ],
)
def test_cron_becomes_a_cycle_only_when_it_means_the_same(cron: str, cycle: str):
    assert cycle_of(cron) == cycle


def test_a_merge_is_told_only_where_tokens_can_be_several():
    loop = START + user("a") + '<exclusiveGateway id="x" default="fe"/>' + END + chain("s", "a", "x") + flow("x", "e", id="fe") + flow("x", "a", "n = 1")
    assert "implicit-merge" not in {f.rule for f in check(loop)}


@pytest.mark.parametrize(("name", "told"), [("", True), (" ", True), ("核对资料", False)])
def test_a_user_task_without_name_is_told(name: str, *, told: bool):
    body = LANES + START + f'<userTask id="a" name="{name}"/>' + END + TASK
    found = [f for f in check(body) if f.rule == "step-without-name"]
    assert [(f.element_id, f.severity) for f in found] == ([("a", "warning")] if told else [])
    assert all("没有名称" in f.message_zh for f in found)


def test_a_user_task_without_form_is_told_where_forms_are_known():
    body = LANES + START + user("a") + END + TASK
    assert [(f.rule, f.severity) for f in check(body, forms=frozenset({"f"}))] == [("no-form", "info")]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("30 days later", "P30D"), ("24小时", "PT24H"), ("三天后", "P3D"), ("Wait 5s", "PT5S"), ("2周内未回复", "P2W"), ("every week", "R/P1W"), ("每隔2小时", "R/PT2H"),
        ("3 working days", ""), ("15:00", ""), ("1 hour or 2 hours", ""), ("someone days", ""), ("半天", ""), ("在5月3日", ""), ("Monday", ""),
    ],
)  # fmt: skip
def test_the_name_of_a_timer_may_tell_its_time(name: str, meant: str):
    assert span_in(name) == meant


@pytest.mark.parametrize(("written", "meant"), [("3 days", "P3D"), ("3天", "P3D"), ("3D", "P3D"), ("2个小时", "PT2H"), ("30分钟", "PT30M")])
def test_a_timer_in_plain_words_is_told_how_to_write_it(written: str, meant: str):
    found = check(START + user("a") + boundary("t", "a", timer("Duration", written)) + END + TASK + flow("t", "e"))
    (finding,) = [f for f in found if f.severity == "error"]
    assert finding.rule == "invalid-time"
    assert f'Write {meant}, or in FEEL duration("{meant}")' in finding.message
    assert meant in finding.message_zh


@pytest.mark.parametrize(
    ("written", "meant"),
    [('n == "x"', 'n = "x"'), ("n = “或”", 'n = "或"'), ("n = 1 或 n = 2", "n = 1 or n = 2"), ("n > 1 并且 n = 2", "n > 1 and n = 2"), ("n = 1 且 n = 2", "n = 1 and n = 2"), ("n = 1 && n = 2", "n = 1 and n = 2"),
     ("n === 'x';", 'n = "x"'), ("n !== 1", "n != 1"), ("!done", "not(done)")],
)
def test_signs_of_other_languages_are_told_as_feel_writes_them(written: str, meant: str):
    body = split("exclusiveGateway", written, "n = 9")
    (finding,) = [f for f in check(body) if f.rule == "invalid-feel"]
    assert f"Write {meant}." in finding.message
    assert f"请写成 {meant}。" in finding.message_zh
    assert finding.repair == f"spelling:{finding.element_id}"
    text = xml(body)
    found = [f for f in check(body) if f.rule == "invalid-feel"]
    mended = repair.apply(text, repair.proposals(text, found)[:1])
    assert meant in {f.condition for f in parse.parse(mended).processes["P"].flows.values()}


def test_a_lane_of_an_unknown_role_is_told_before_its_tasks_have_a_type():
    lanes = '<laneSet id="ls"><lane id="l" name="验收工程帅"><flowNodeRef>a</flowNodeRef></lane></laneSet>'
    text = xml(lanes + START + '<task id="a" name="验收"/>' + END + TASK)
    roles = frozenset({"inspector", "验收工程师", "Inspector", "客服"})
    findings = lint.check(normalise.normalise(parse.parse(text)), lint.Known(roles=roles))
    [finding] = [f for f in findings if f.rule == "unknown-role"]
    assert (finding.element_id, finding.severity) == ("a", "warning")
    assert "是不是“验收工程师”？" in finding.chinese()
    assert "已有的角色例如：客服、验收工程师。" in finding.chinese()
    assert "for example, Inspector." in str(finding)
