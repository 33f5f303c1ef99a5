"""Rules about one element of a diagram."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from engine.core.lint_known import Known, about
from engine.core.model import ACTIVITY_TYPES, EVENT_TYPES, GATEWAY_TYPES, SUBPROCESS_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.findings import Finding, Severity
    from engine.core.model import Node, Process

REFUSED = {
    "complexGateway": (
        "A complex gateway",
        "复杂网关",
        "Use an inclusive or parallel gateway.",
        "请改用包容网关或并行网关。",
    ),
    "adHocSubProcess": ("An ad-hoc sub-process", "临时子流程", "Draw the order with flows.", "请用连线画出顺序。"),
    "scriptTask": (
        "A script task",
        "脚本任务",
        "Use a business rule task, or a service task with a topic.",
        "请改用业务规则任务,或带主题的服务任务。",
    ),
}
EVENT_KINDS = {
    "startEvent": {"timer", "message", "signal", "conditional", "error", "escalation", "compensation"},
    "intermediateCatchEvent": {"timer", "message", "signal", "conditional", "link"},
    "boundaryEvent": {"timer", "message", "signal", "conditional", "error", "escalation", "compensation", "cancel"},
    "intermediateThrowEvent": {"message", "signal", "escalation", "compensation", "link"},
    "endEvent": {"message", "signal", "error", "escalation", "compensation", "terminate", "cancel"},
}
THROWING = frozenset({"endEvent", "intermediateThrowEvent"})
AFTER_EVENT_GATEWAY = frozenset({"intermediateCatchEvent", "receiveTask"})


def check_element(process: Process, node: Node, known: Known) -> Iterator[Finding]:
    """List what is wrong with an element."""
    if node.type in REFUSED or node.type not in ACTIVITY_TYPES | GATEWAY_TYPES | EVENT_TYPES:
        yield _refused(node)
        return
    if node.type in EVENT_TYPES:
        yield from _event(process, node)
    elif node.type in GATEWAY_TYPES:
        yield from _gateway(process, node)
    else:
        yield from _activity(process, node, known)
    for name in node.unsupported:
        yield about(
            node,
            "no-effect",
            "warning",
            f"{name} has no effect here. Remove it, or do the same with FEEL, a decision table or a service task.",
            f"“{name}”在这里不起作用。请删除,或用 FEEL、决策表、服务任务代替。",
        )


def _refused(node: Node) -> Finding:
    what, what_zh, advice, advice_zh = REFUSED.get(
        node.type, (f"The element {node.type}", f"元素 {node.type}", "Remove it.", "请删除它。")
    )
    return about(
        node, "unsupported-element", "error", f"{what} does not run here. {advice}", f"{what_zh}不能运行。{advice_zh}"
    )


def _event(process: Process, node: Node) -> Iterator[Finding]:
    if len(node.events) > 1:
        yield about(
            node,
            "multiple-events",
            "error",
            "An event waits for one thing. Draw one for each, behind an event-based gateway or on the same border.",
            "一个事件只等一件事。请分别画出,放在事件网关之后或同一边界上。",
        )
        return
    event = node.event
    if event is None:
        if node.type in {"boundaryEvent", "intermediateCatchEvent"}:
            yield about(
                node,
                "event-without-trigger",
                "error",
                "The event waits for nothing. Choose what it waits for, such as a timer or a message.",
                "这个事件没有设定等什么。请选择定时器、消息等。",
            )
        return
    if event.kind not in EVENT_KINDS[node.type]:
        yield about(
            node,
            "wrong-event",
            "error",
            f"An event of type {event.kind} cannot stand here.",
            f"{event.kind} 事件不能用在这里。",
        )
    elif event.kind in {"message", "signal"} and not event.name:
        yield about(
            node,
            "event-without-name",
            "error",
            f"The {event.kind} has no name. Name it.",
            "事件没有指定名称。请填写消息或信号的名称。",
        )
    elif event.kind in {"error", "escalation"} and not (event.name or event.code) and node.type in THROWING:
        yield about(
            node,
            "event-without-code",
            "error",
            f"The {event.kind} has no code. Give it one.",
            "事件没有代码。请填写代码。",
        )
    elif event.kind == "timer" and not event.expression:
        yield about(
            node,
            "timer-without-value",
            "error",
            "The timer has no value. Enter a date, a duration such as P3D, or a cycle such as R/P1D.",
            "定时器没有值。请填日期、时长(如 P3D)或周期(如 R/P1D)。",
        )
    elif event.kind == "conditional" and not event.expression:
        yield about(node, "condition-missing", "error", "The conditional event has no condition.", "条件事件没有条件。")
    yield from _placement(process, node)


def _placement(process: Process, node: Node) -> Iterator[Finding]:
    event = node.event
    if node.type == "boundaryEvent" and node.attached_to not in process.nodes:
        yield about(
            node,
            "boundary-without-host",
            "error",
            "The boundary event is attached to nothing.",
            "边界事件没有附着在任何活动上。",
        )
    if event is None:
        return
    holder = process.nodes.get(node.scope)
    if node.type == "startEvent" and not (holder is not None and holder.event_subprocess):
        top = holder is None
        if (top and event.kind not in {"message", "timer", "signal"}) or not top:
            yield about(
                node,
                "wrong-start",
                "error",
                f"A {event.kind} start event can only start an event sub-process here.",
                "这种开始事件只能用在事件子流程里。",
            )
    if event.kind == "link" and node.type == "intermediateThrowEvent":
        others = [n for n in process.inside(node.scope) if n.type == "intermediateCatchEvent" and n.event is not None]
        if not any(n.event is not None and n.event.kind == "link" and n.event.name == event.name for n in others):
            yield about(
                node,
                "link-without-target",
                "error",
                f"No catching link is named {event.name or '(nothing)'}.",
                f"没有名为“{event.name}”的链接接收事件。",
            )
    if event.kind == "cancel" and node.type == "endEvent" and (holder is None or holder.type != "transaction"):
        yield about(
            node,
            "cancel-outside-transaction",
            "error",
            "A cancel end event belongs into a transaction.",
            "取消结束事件只能放在事务里。",
        )


def _gateway(process: Process, node: Node) -> Iterator[Finding]:
    flows = [process.flows[f] for f in node.outgoing]
    if node.type == "eventBasedGateway":
        for flow in flows:
            target = process.nodes[flow.target]
            if target.type not in AFTER_EVENT_GATEWAY:
                yield about(
                    target,
                    "not-an-event",
                    "error",
                    "Only events and receive tasks may follow an event-based gateway.",
                    "事件网关后面只能接事件或接收任务。",
                )
        return
    if node.type == "parallelGateway":
        if any(f.condition for f in flows):
            yield about(
                node,
                "no-effect",
                "warning",
                "A parallel gateway takes every flow; the conditions have no effect.",
                "并行网关走所有连线,条件不起作用。",
            )
        return
    if len(flows) <= 1:
        return
    bare = [f for f in flows if not f.condition and f.id != node.default]
    if bare and (node.type == "exclusiveGateway" or len(bare) == len(flows)):
        names = ", ".join(f.name or f.id for f in bare)
        yield about(
            node,
            "gateway-without-condition",
            "error",
            f"These flows have no condition: {names}. Give each a condition, or make one the default flow.",
            f"这些连线没有条件:{names}。请逐一设定条件,或把其中一条设为默认。",
        )
    elif not node.default and not bare:
        yield about(
            node,
            "no-default-flow",
            "warning",
            "When no condition holds the case stops with an incident. Make one flow the default.",
            "所有条件都不成立时流程会停住。请把一条连线设为默认。",
        )
    conditions = [f.condition for f in flows if f.condition and f.id != node.default]
    if node.type == "exclusiveGateway" and len(set(conditions)) < len(conditions):
        yield about(
            node,
            "same-condition",
            "warning",
            "Two flows have the same condition; the first in the file is taken.",
            "两条连线条件相同,只会走文件中靠前的一条。",
        )


def _activity(process: Process, node: Node, known: Known) -> Iterator[Finding]:
    kind, attributes = node.type, node.attributes
    if kind in {"userTask", "manualTask"}:
        yield from _person(process, node, known)
    elif kind == "serviceTask":
        yield from _service(node, known)
    elif kind == "businessRuleTask" and not attributes.get("topic"):
        yield from _reference(node, attributes.get("decisionRef", ""), known.decisions, "decision", "决策表")
    elif kind == "callActivity":
        yield from _reference(node, node.called_element, known.processes, "called process", "调用流程")
    elif kind == "receiveTask" and not (node.event and node.event.name):
        yield about(
            node,
            "receive-without-message",
            "error",
            "The receive task has no message. Choose one.",
            "接收任务没有指定消息。",
        )
    elif kind == "sendTask" and not attributes.get("topic") and not (node.event and node.event.name):
        yield about(
            node,
            "send-without-message",
            "error",
            "The send task has neither a message nor a topic.",
            "发送任务既没有消息也没有主题。",
        )
    elif kind in SUBPROCESS_TYPES:
        yield from _subprocess(process, node)
    yield from _markers(node, known)


def _markers(node: Node, known: Known) -> Iterator[Finding]:
    if node.loop is not None and node.loop.kind != "standard" and not (node.loop.collection or node.loop.cardinality):
        yield about(
            node,
            "loop-without-count",
            "error",
            "The multi-instance has neither a collection nor a number.",
            "多实例既没有集合也没有次数。",
        )
    if node.loop is not None and node.loop.kind == "standard" and not node.loop.condition and node.loop.maximum is None:
        yield about(
            node,
            "loop-without-condition",
            "error",
            "The loop has neither a condition nor a maximum.",
            "循环既没有条件也没有最大次数。",
        )
    for listener in node.listeners:
        if listener.kind == "execution":
            yield about(
                node,
                "no-effect",
                "warning",
                "Execution listeners do not run here. Use a task listener or a service task.",
                "执行监听器不起作用。请用任务监听器或服务任务。",
            )
        elif known.listeners is not None and listener.name not in known.listeners:
            yield _unknown(node, "listener", "监听器", listener.name, known.listeners, "error")


def _person(process: Process, node: Node, known: Known) -> Iterator[Finding]:
    attributes = node.attributes
    groups = attributes.get("candidateGroups", "")
    if not groups and not node.lane and not attributes.get("assignee") and not attributes.get("candidateUsers"):
        severity: Severity = "error" if process.lanes else "warning"
        yield about(
            node,
            "no-role",
            severity,
            "Nobody can see this task: it lies in no lane and names no role. Move it into a lane.",
            "没有人能看到这个任务:它不在任何泳道里,也没有指定角色。请把它移进泳道。",
        )
    names = [] if groups.startswith("=") else [g.strip() for g in (groups or node.lane).split(",") if g.strip()]
    for name in names:
        if known.roles and name not in known.roles:
            yield _unknown(node, "role", "角色", name, known.roles, "warning")
    reference = attributes.get("formRef") or attributes.get("formKey") or ""
    if reference and known.forms is not None and not reference.startswith("=") and reference not in known.forms:
        yield _unknown(node, "form", "表单", reference, known.forms, "error" if "formRef" in attributes else "warning")


def _service(node: Node, known: Known) -> Iterator[Finding]:
    topic = node.attributes.get("topic", "")
    if not topic:
        yield about(
            node,
            "service-without-topic",
            "error",
            "The service task does nothing: choose External and enter a topic.",
            "服务任务没有内容:请选择“外部”并填写主题。",
        )
    elif known.topics is not None and not topic.startswith("=") and topic not in known.topics:
        yield _unknown(node, "topic", "主题", topic, known.topics, "warning")


def _reference(node: Node, name: str, names: frozenset[str] | None, what: str, what_zh: str) -> Iterator[Finding]:
    if not name:
        yield about(
            node,
            f"{what.split(maxsplit=1)[0]}-missing",
            "error",
            f"The task names no {what}. Choose one.",
            f"任务没有指定{what_zh}。请选择。",
        )
    elif names is not None and not name.startswith("=") and name not in names:
        yield _unknown(node, what, what_zh, name, names, "error")


def _unknown(node: Node, what: str, what_zh: str, name: str, names: frozenset[str], severity: Severity) -> Finding:
    near = difflib.get_close_matches(name, names, 1)
    hint, hint_zh = (f" Did you mean {near[0]}?", f"是不是“{near[0]}”?") if near else ("", "")
    return about(
        node,
        f"unknown-{what.rsplit(maxsplit=1)[-1] if what != 'called process' else 'process'}",
        severity,
        f"The {what} {name} does not exist.{hint} Deploy it together with the diagram or choose another.",
        f"{what_zh}“{name}”不存在。{hint_zh}请一起发布,或另选一个。",
    )


def _subprocess(process: Process, node: Node) -> Iterator[Finding]:
    inside = process.inside(node.id)
    if not inside:
        yield about(
            node,
            "empty-subprocess",
            "error",
            "The sub-process is empty. Draw what happens inside.",
            "子流程是空的。请画出里面的步骤。",
        )
    if node.event_subprocess:
        starts = [n for n in inside if n.type == "startEvent"]
        if len(starts) != 1 or starts[0].event is None:
            yield about(
                node,
                "event-subprocess-start",
                "error",
                "An event sub-process needs exactly one start event with a trigger.",
                "事件子流程需要且只需要一个带触发条件的开始事件。",
            )
        if node.incoming or node.outgoing:
            yield about(
                node,
                "event-subprocess-flow",
                "error",
                "An event sub-process has no incoming or outgoing flows.",
                "事件子流程不能有进出的连线。",
            )
