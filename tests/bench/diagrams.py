"""Diagrams to measure with."""

from __future__ import annotations

import itertools

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="bench">'
)
_numbers = itertools.count(1)


def flow(source: str, target: str, condition: str = "") -> str:
    inner = f'<conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression>' if condition else ""
    return f'<sequenceFlow id="f{next(_numbers)}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def user(key: str, inner: str = "") -> str:
    return f'<userTask id="{key}" name="{key}" camunda:candidateGroups="agent">{inner}</userTask>'


def bpmn(key: str, body: str) -> bytes:
    return f'{HEAD}<process id="{key}" name="{key}" isExecutable="true">{body}</process></definitions>'.encode()


def rounds(nodes: int) -> bytes:
    """A process of so many nodes, people's tasks and gateways by turns, that begins anew at its end."""
    pairs = (nodes - 3) // 2
    parts = ['<startEvent id="s"/><exclusiveGateway id="again"/>', flow("s", "again"), flow("again", "t0")]
    for number in range(pairs):
        after = f"t{number + 1}" if number + 1 < pairs else "again"
        parts += [user(f"t{number}"), f'<exclusiveGateway id="g{number}" default="d{number}"/>']
        parts += [flow(f"t{number}", f"g{number}"), flow(f"g{number}", "e", "stop = true")]
        parts.append(f'<sequenceFlow id="d{number}" sourceRef="g{number}" targetRef="{after}"/>')
    return bpmn("rounds", "".join(parts) + '<endEvent id="e"/>')


TIMER = bpmn(
    "alarm",
    '<startEvent id="s"/><intermediateCatchEvent id="wait"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
    f'</timerEventDefinition></intermediateCatchEvent>{user("after")}<endEvent id="e"/>'
    + flow("s", "wait") + flow("wait", "after") + flow("after", "e"),
)  # fmt: skip
LOOP = bpmn("loop", '<startEvent id="s"/>' + user("a") + flow("s", "a") + flow("a", "a"))
