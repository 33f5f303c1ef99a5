"""Small diagrams for the tests, without layout."""

from __future__ import annotations

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' id="defs" targetNamespace="http://example.org/test">'
)


def bpmn(body: str, *, key: str = "p", name: str = "示例", roots: str = "", attributes: str = "") -> bytes:
    process = f'<bpmn:process id="{key}" name="{name}" isExecutable="true" camunda:historyTimeToLive="30" {attributes}>'
    return f"{HEAD}{roots}{process}{body}</bpmn:process></bpmn:definitions>".encode()


def flow(source: str, target: str, condition: str = "") -> str:
    inner = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}</bpmn:conditionExpression>'
    return (
        f'<bpmn:sequenceFlow id="f_{source}_{target}" sourceRef="{source}" targetRef="{target}">'
        f"{inner if condition else ''}</bpmn:sequenceFlow>"
    )


def user(key: str, groups: str = "agent", extra: str = "", name: str = "", inner: str = "") -> str:
    candidates = f'camunda:candidateGroups="{groups}"' if groups else ""
    return f'<bpmn:userTask id="{key}" name="{name or key}" {candidates} {extra}>{inner}</bpmn:userTask>'


START = '<bpmn:startEvent id="s" name="开始"/>'
END = '<bpmn:endEvent id="e" name="结束"/>'

TWO_STEPS = bpmn(
    START + user("a", name="登记") + user("b", "checker", name="复核") + END
    + flow("s", "a") + flow("a", "b") + flow("b", "e"),
    key="two", name="两步",
)  # fmt: skip

ONE_STEP = bpmn(START + user("a", name="登记") + END + flow("s", "a") + flow("a", "e"), key="one", name="一步")

LOOP = bpmn(START + user("a") + flow("s", "a") + flow("a", "a"), key="loop")

TIMER = bpmn(
    START + user("a")
    + '<bpmn:boundaryEvent id="late" attachedToRef="a" cancelActivity="true"><bpmn:timerEventDefinition>'
    '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>'
    "</bpmn:boundaryEvent>" + user("chase", "checker") + END
    + flow("s", "a") + flow("a", "e") + flow("late", "chase") + flow("chase", "e"),
    key="timer",
)  # fmt: skip

SERVICE = bpmn(
    START + '<bpmn:serviceTask id="call" name="计算" camunda:type="external" camunda:topic="sum"/>' + user("a") + END
    + flow("s", "call") + flow("call", "a") + flow("a", "e"),
    key="service",
)  # fmt: skip

MESSAGE = bpmn(
    START + '<bpmn:receiveTask id="wait" name="等待" messageRef="m"/>' + user("a") + END
    + flow("s", "wait") + flow("wait", "a") + flow("a", "e"),
    key="message", roots='<bpmn:message id="m" name="PAID"/>',
)  # fmt: skip

MESSAGE_START = bpmn(
    '<bpmn:startEvent id="s"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>' + user("a") + END
    + flow("s", "a") + flow("a", "e"),
    key="begun", roots='<bpmn:message id="m" name="BEGIN"/>',
)  # fmt: skip

THROW = bpmn(
    START + user("a")
    + '<bpmn:intermediateThrowEvent id="throw"><bpmn:messageEventDefinition messageRef="m"/>'
    "</bpmn:intermediateThrowEvent>" + END + flow("s", "a") + flow("a", "throw") + flow("throw", "e"),
    key="thrower", roots='<bpmn:message id="m" name="PAID"/>',
)  # fmt: skip

SIGNAL = bpmn(
    START + '<bpmn:intermediateCatchEvent id="wait"><bpmn:signalEventDefinition signalRef="g"/>'
    "</bpmn:intermediateCatchEvent>" + user("a") + END + flow("s", "wait") + flow("wait", "a") + flow("a", "e"),
    key="signal", roots='<bpmn:signal id="g" name="HOLIDAY"/>',
)  # fmt: skip

BRANCH = bpmn(
    START + user("a") + '<bpmn:exclusiveGateway id="g" default="f_g_e"/>' + user("b") + END
    + flow("s", "a") + flow("a", "g") + flow("g", "b", "=amount &gt; 100") + flow("g", "e") + flow("b", "e"),
    key="branch",
)  # fmt: skip

FORM = b"""{"type": "default", "id": "F1", "schemaVersion": 17, "components": [
  {"type": "textfield", "id": "f_reason", "key": "reason", "label": "\xe5\x8e\x9f\xe5\x9b\xa0", "validate": {"required": true}},
  {"type": "number", "id": "f_amount", "key": "amount", "label": "\xe9\x87\x91\xe9\xa2\x9d"},
  {"type": "textfield", "id": "f_phone", "key": "phone", "label": "\xe7\x94\xb5\xe8\xaf\x9d", "properties": {"variable": "no"}}
]}"""

WITH_FORM = bpmn(
    START + user("a", extra='camunda:formRef="F1" camunda:formRefBinding="deployment"') + user("b", "checker") + END
    + flow("s", "a") + flow("a", "b") + flow("b", "e"),
    key="formed",
)  # fmt: skip
