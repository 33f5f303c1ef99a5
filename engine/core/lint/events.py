"""Rules about events: what they wait for or throw, where they stand, and whether anyone answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.lint.compensation import check_cancel, check_compensation, inside
from engine.core.lint.known import KINDS_ZH, about, did_you_mean
from engine.core.lint.spelling import span_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.findings import Finding
    from engine.core.model import EventDefinition, Model, Node, Process

EVENT_KINDS = {
    "startEvent": {"timer", "message", "signal", "conditional", "error", "escalation"},
    "intermediateCatchEvent": {"timer", "message", "signal", "conditional", "link"},
    "boundaryEvent": {"timer", "message", "signal", "conditional", "error", "escalation", "compensation", "cancel"},
    "intermediateThrowEvent": {"message", "signal", "escalation", "compensation", "link"},
    "endEvent": {"message", "signal", "error", "escalation", "compensation", "terminate", "cancel"},
}
THROWING = frozenset({"endEvent", "intermediateThrowEvent"})
MAY_THROW_ERRORS = frozenset({"serviceTask", "sendTask", "businessRuleTask", "callActivity", "userTask"})
TOP_STARTS = frozenset({"message", "timer", "signal"})


def check_event(model: Model, process: Process, node: Node) -> Iterator[Finding]:
    """List what is wrong with an event."""
    if len(node.events) > 1:
        yield about(
            node,
            "multiple-events",
            "error",
            "An event waits for one thing. Draw one for each, behind an event-based gateway or on the same border.",
            "一个事件只等一件事。请分别画出，放在事件网关之后或同一边界上。",
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
    elif event.kind not in EVENT_KINDS[node.type]:
        yield about(
            node,
            "wrong-event",
            "error",
            f"An event of type {event.kind} cannot stand here. Choose another type of event.",
            f"{KINDS_ZH[event.kind]}事件不能用在这里。请换一种事件。",
        )
    else:
        yield from check_definition(model, node, event)
    if node.type == "boundaryEvent":
        yield from _border(process, node)
    if event is not None:
        yield from _placement(process, node, event)


def check_definition(model: Model, node: Node, event: EventDefinition) -> Iterator[Finding]:
    """Say what is missing in what an event waits for or throws."""
    kind, kind_zh = event.kind, KINDS_ZH[event.kind]
    if event.wanted and not event.ref:
        yield _dangling(model, node, event)
    elif kind in {"message", "signal"} and not event.name and not event.topic and not node.attributes.get("topic"):
        yield about(
            node,
            "event-without-name",
            "error",
            f"The {kind} has no name. Choose or create a {kind} and name it.",
            f"事件没有指定{kind_zh}名称。请选择或新建{kind_zh}并填写名称。",
            repair="message",
        )
    elif kind in {"error", "escalation"} and not (event.name or event.code) and node.type in THROWING:
        yield about(
            node,
            "event-without-code",
            "error",
            f"The {kind} has no code. Give it one.",
            f"{kind_zh}事件没有代码。请填写代码。",
            repair="code",
        )
    elif kind == "timer" and not event.expression:
        yield about(
            node,
            "timer-without-value",
            "error",
            "The timer has no value. Enter a date, a duration such as P3D, or a cycle such as R/P1D.",
            "定时器没有值。请填日期、时长（如 P3D）或周期（如 R/P1D）。",
            repair="time" if _tells_time(node) else "",
        )
    elif kind == "conditional" and not event.expression:
        yield about(
            node,
            "condition-missing",
            "error",
            "The conditional event has no condition. Write one in FEEL, such as amount > 100.",
            "条件事件没有条件。请用 FEEL 写一个，如 amount > 100。",
        )


def _dangling(model: Model, node: Node, event: EventDefinition) -> Finding:
    """Say that what an event refers to is not in the file."""
    kind, kind_zh = event.kind, KINDS_ZH[event.kind]
    known = [ref for ref, (what, _name) in model.events.items() if what == kind]
    hint, hint_zh = did_you_mean(event.wanted, known)
    if kind not in {"error", "escalation"} or node.type in THROWING:
        return about(
            node,
            ("unknown-message" if kind == "message" else "unknown-signal")
            if kind in {"message", "signal"}
            else ("unknown-error" if kind == "error" else "unknown-escalation"),
            "error",
            f"The file has no {kind} {event.wanted}.{hint} Choose one from the list of {kind}s in the editor.",
            f"文件里没有{kind_zh}“{event.wanted}”。{hint_zh}请在编辑器里重新选择{kind_zh}。",
        )
    return about(
        node,
        "unknown-error" if kind == "error" else "unknown-escalation",
        "warning",
        f"The file has no {kind} {event.wanted}.{hint} Choose one in the editor. As it is, every {kind} is caught.",
        f"文件里没有{kind_zh}“{event.wanted}”。{hint_zh}请在编辑器里重新选择。目前会捕获所有{kind_zh}。",
    )


def _tells_time(node: Node) -> bool:
    meant = span_in(node.name)
    return meant.startswith("R/") if node.type == "startEvent" else bool(meant)


def _border(process: Process, node: Node) -> Iterator[Finding]:
    host = process.nodes.get(node.attached_to)
    if host is None or host.scope != node.scope or host.type.endswith(("Event", "Gateway")):
        yield about(
            node,
            "boundary-without-host",
            "error",
            "The boundary event is attached to no activity. Drag it onto the border of a task or sub-process.",
            "边界事件没有附着在任何活动上。请把它拖到任务或子流程的边上。",
        )
    elif node.event is not None and node.event.kind == "cancel" and host.type != "transaction":
        yield about(
            node,
            "cancel-outside-transaction",
            "error",
            "A cancel event can only sit on the border of a transaction. Attach it to one, or use an error event.",
            "取消边界事件只能附着在事务上。请移到事务上，或改用错误事件。",
        )
    if node.incoming:
        yield about(
            node,
            "boundary-with-incoming",
            "error",
            "No flow may lead to a boundary event. Lead it to the activity instead.",
            "连线不能指向边界事件。请改为指向活动。",
        )


def _placement(process: Process, node: Node, event: EventDefinition) -> Iterator[Finding]:
    holder = process.nodes.get(node.scope)
    in_event_subprocess = holder is not None and holder.event_subprocess
    wrong = holder is not None or event.kind not in TOP_STARTS
    if node.type == "startEvent" and wrong and not in_event_subprocess:
        yield about(
            node,
            "wrong-start",
            "error",
            f"A start event of type {event.kind} can only start an event sub-process here. Remove its trigger.",
            f"{KINDS_ZH[event.kind]}开始事件在这里只能用于事件子流程。请去掉触发条件。",
            repair="plain-start" if holder is not None else "",
        )
    if event.kind == "cancel" and node.type == "endEvent" and (holder is None or holder.type != "transaction"):
        yield about(
            node,
            "cancel-outside-transaction",
            "error",
            "A cancel end event belongs into a transaction. Use an error or terminate end event.",
            "取消结束事件只能放在事务里。请改用错误或终止结束事件。",
        )
    elif event.kind == "cancel" and node.type == "endEvent" and holder is not None:
        yield from check_cancel(process, node, holder)
    if event.kind == "link":
        yield from _link(process, node, event)


def _link(process: Process, node: Node, event: EventDefinition) -> Iterator[Finding]:
    others = [
        n
        for n in process.inside(node.scope)
        if n.event is not None and n.event.kind == "link" and n.event.name == event.name and n.type != node.type
    ]
    if node.type == "intermediateThrowEvent" and not others:
        yield about(
            node,
            "link-without-target",
            "error",
            f"No catching link here is named {event.name or '(nothing)'}. Name both ends of the link alike.",
            f"这里没有名为“{event.name}”的链接接收事件。请让链接两端同名。",
        )
    if node.type == "intermediateCatchEvent":
        alike = [
            n
            for n in process.inside(node.scope)
            if n.type == node.type and n.event is not None and n.event.kind == "link" and n.event.name == event.name
        ]
        if len(alike) > 1 and alike[0] is node:
            yield about(
                node,
                "link-twice",
                "error",
                f"Two catching links are named {event.name}. Keep one.",
                f"有两个名为“{event.name}”的链接接收事件。请只保留一个。",
            )
        if not others:
            yield about(
                node,
                "event-nobody-throws",
                "warning",
                f"No throwing link is named {event.name or '(nothing)'}, so nothing comes here.",
                f"没有名为“{event.name}”的链接抛出事件，所以走不到这里。",
            )


# Who answers whom


def check_answers(model: Model, process: Process) -> Iterator[Finding]:
    """Name events that nobody throws and those that nobody catches."""
    everywhere = [n for p in model.processes.values() for n in p.nodes.values()]
    for node in process.nodes.values():
        event = node.event
        if event is None or event.kind == "link":
            continue
        if event.kind == "signal":
            yield from _signal(node, event, everywhere)
        elif event.kind in {"error", "escalation"} and (event.code or event.name):
            if node.type in THROWING:
                yield from _thrown(process, node, event)
            elif event.ref:
                yield from _caught(process, node, event)
        elif event.kind == "compensation":
            yield from check_compensation(model, process, node, event)


def _signal(node: Node, event: EventDefinition, everywhere: list[Node]) -> Iterator[Finding]:
    throws = node.type in THROWING
    answered = any(
        other.event is not None
        and other.event.kind == "signal"
        and other.event.name == event.name
        and (other.type in THROWING) != throws
        for other in everywhere
    )
    if event.name and not event.name.startswith("=") and not answered:
        yield about(
            node,
            "event-nobody-catches" if throws else "event-nobody-throws",
            "info",
            f"Nothing in this file {'waits for' if throws else 'throws'} the signal {event.name}; another process "
            "or the interface must.",
            f"本文件里没有任何元素{'等待' if throws else '发出'}信号“{event.name}”，需要由其他流程或接口完成。",
        )


def _codes(event: EventDefinition) -> set[str]:
    return {event.code or event.name, event.name}


def _matches(catcher: EventDefinition, thrown: EventDefinition) -> bool:
    """Tell whether a catcher takes what is thrown, as the machine does: one without reference takes everything."""
    code = thrown.code or thrown.name
    return catcher.kind == thrown.kind and (not catcher.ref or code in _codes(catcher))


def _catchers(process: Process, scope: str, attached: str) -> Iterator[Node]:
    """Give the events that can catch what is thrown in a scope: event sub-processes and the border around."""
    for holder in process.inside(scope):
        if holder.event_subprocess:
            yield from (n for n in process.inside(holder.id) if n.type == "startEvent")
    yield from process.boundaries(attached)


def _thrown(process: Process, node: Node, event: EventDefinition) -> Iterator[Finding]:
    scope = node.scope
    while True:
        if any(n.event and _matches(n.event, event) for n in _catchers(process, scope, scope)):
            return
        holder = process.nodes.get(scope)
        if holder is None:
            break
        scope = holder.scope
    error = event.kind == "error"
    code = event.code or event.name
    yield about(
        node,
        "event-nobody-catches",
        "warning" if error else "info",
        f"Nobody in this process catches the {event.kind} {code}."
        + (
            " Unless a calling process does, the case stops with an incident. Use a none or terminate end event, "
            "or add a boundary event."
            if error
            else " Unless a calling process does, it has no effect."
        ),
        f"本流程里没有元素捕获{KINDS_ZH[event.kind]}“{code}”。"
        + (
            "除非调用它的流程捕获，否则会停在异常状态。请改用普通或终止结束事件，或加一个边界事件。"
            if error
            else "除非调用它的流程捕获，否则不起作用。"
        ),
    )


def _caught(process: Process, node: Node, event: EventDefinition) -> Iterator[Finding]:
    if node.type == "boundaryEvent":
        host = process.nodes.get(node.attached_to)
        candidates = [host, *inside(process, host.id)] if host is not None else []
    else:
        holder = process.nodes.get(node.scope)
        around = holder.scope if holder is not None else process.id
        candidates = [n for n in inside(process, around) if holder is None or n.scope != holder.id]
    for other in candidates:
        thrown = other.event
        if other.type in THROWING and thrown is not None and _matches(event, thrown):
            return
        if other.type in MAY_THROW_ERRORS and (event.kind == "error" or other.type == "callActivity"):
            return
    yield about(
        node,
        "event-nobody-throws",
        "warning",
        f"Nothing inside throws the {event.kind} {event.code or event.name}, so this event never happens.",
        f"里面没有任何元素抛出{KINDS_ZH[event.kind]}“{event.code or event.name}”，这个事件不会发生。",
    )
