"""Rules about flows, starts, ends and gateways of a process or sub-process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.choices import answers
from engine.core.findings import Finding
from engine.core.lint.conditions import overlaps
from engine.core.lint.known import about
from engine.core.model import ACTIVITY_TYPES
from engine.core.timers import ISO_CYCLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.model import Flow, Node, Process

AFTER_EVENT_GATEWAY = frozenset({"intermediateCatchEvent", "receiveTask"})
PERSONAL = frozenset({"userTask", "manualTask"})


def check_flows(process: Process) -> Iterator[Finding]:
    """Find flows with an end missing, and those that cross a border."""
    for flow in process.flows.values():
        source, target = process.nodes.get(flow.source), process.nodes.get(flow.target)
        if source is None or target is None:
            yield _flow(
                flow,
                "dangling-flow",
                f"The flow leads from {flow.source or 'nowhere'} to {flow.target or 'nowhere'}; one end is missing. "
                "Connect both ends.",
                f"连线从“{flow.source}”到“{flow.target}”，有一端不存在。请把两端都连上。",
            )
        elif source.scope != target.scope:
            yield _flow(
                flow,
                "flow-crosses-border",
                "A sequence flow cannot cross the border of a sub-process. End it inside and go on outside.",
                "连线不能穿过子流程的边界。请在子流程内结束，再从外面继续。",
            )
        elif target.type == "startEvent":
            yield _flow(
                flow,
                "flow-to-start",
                "No flow may lead to a start event. Lead it to the element after it.",
                "连线不能指向开始事件。请改为指向它后面的元素。",
            )
        elif source.type == "endEvent":
            yield _flow(
                flow,
                "flow-from-end",
                "No flow may leave an end event. Use an intermediate event, or delete the flow.",
                "结束事件后面不能再有连线。请改用中间事件，或删除连线。",
            )


def _flow(flow: Flow, rule: str, message: str, message_zh: str) -> Finding:
    return Finding(flow.id, rule, "error", message, message_zh, flow.name, line=flow.line)


def check_gateway(process: Process, node: Node) -> Iterator[Finding]:
    """Judge the outgoing flows of a gateway, and of an activity with conditions on them."""
    flows = [process.flows[f] for f in node.outgoing]
    if node.type == "eventBasedGateway":
        yield from _event_gateway(process, node, flows)
        return
    if node.type == "parallelGateway":
        return
    if node.default and node.default not in node.outgoing:
        yield about(
            node,
            "unknown-default",
            "error",
            f"The default flow {node.default} does not leave this element. Choose one that does.",
            f"默认连线“{node.default}”不是从这里出发的。请重新选择默认连线。",
        )
        return
    if len(flows) > 1 and any(f.condition for f in flows if f.id == node.default):
        yield about(
            node,
            "no-effect",
            "info",
            "The condition of the default flow has no effect: it is taken when no other condition holds.",
            "默认连线上的条件不起作用：其他条件都不成立时才走它。",
        )
    conditions = [f for f in flows if f.condition and f.id != node.default]
    if node.type.endswith("Gateway") and len(flows) > 1:
        yield from _choice(process, node, flows, conditions)
    elif conditions and len(conditions) == len(flows):
        yield from _no_default(node, flows)


def _asks(process: Process, node: Node, flows: list[Flow]) -> bool:
    """Tell whether the labels of a gateway's flows can be the answers to one question."""
    plain = node.type == "exclusiveGateway" and not any(f.condition for f in flows)
    targets = [process.nodes[f.target].name for f in flows]
    return plain and bool(answers([(f.name, target) for f, target in zip(flows, targets, strict=True)]))


def _choice(process: Process, node: Node, flows: list[Flow], conditions: list[Flow]) -> Iterator[Finding]:
    bare = [f for f in flows if not f.condition and f.id != node.default]
    if bare and (node.type == "exclusiveGateway" or len(bare) == len(flows)):
        names = ", ".join(f.name or f.id for f in bare)
        one = len(bare) == 1 and not node.default
        yield about(
            node,
            "gateway-without-condition",
            "error",
            f"These flows have no condition: {names}. Give each a condition, or make one the default flow.",
            f"这些连线没有条件：{names}。请逐一设定条件，或把其中一条设为默认。",
            repair="default-flow" if one else "question" if _asks(process, node, flows) else "",
        )
    elif not node.default and not bare:
        yield from _no_default(node, flows)
    if node.type == "exclusiveGateway":
        for i, j, example in overlaps([f.condition for f in conditions]):
            one_, two = (conditions[k].name or conditions[k].condition for k in (i, j))
            yield about(
                node,
                "overlapping-conditions" if example else "same-condition",
                "warning",
                f"{one_} and {two} can hold together" + (f", for example {example}" if example else "")
                + "; the first in the file is taken. Tell them apart.",
                f"“{one_}”和“{two}”可能同时成立" + (f"（例如 {example}）" if example else "")
                + "，只会走文件中靠前的一条。请把条件分开。",
            )  # fmt: skip


def _no_default(node: Node, flows: list[Flow]) -> Iterator[Finding]:
    yield about(
        node,
        "no-default-flow",
        "warning",
        "When no condition holds the case stops with an incident. Make one flow the default.",
        "所有条件都不成立时流程会停住。请把一条连线设为默认。",
        repair="default-flow" if len(flows) > 1 else "",
    )


def _event_gateway(process: Process, node: Node, flows: list[Flow]) -> Iterator[Finding]:
    if not flows:
        yield about(
            node,
            "event-gateway-without-events",
            "error",
            "Nothing follows the event-based gateway. Connect the events it waits for.",
            "事件网关后面没有任何事件。请连上要等待的事件。",
        )
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


# Starts, ends, implicit splits and merges


def check_places(process: Process, scope: str, inside: list[Node]) -> Iterator[Finding]:
    """Judge where a scope begins and ends, and where it splits or merges without a gateway."""
    holder = process.nodes.get(scope)
    name = holder.name if holder is not None else process.name
    line = holder.line if holder is not None else process.line
    starts = [n for n in inside if n.type == "startEvent"]
    plain = [n for n in starts if n.event is None]
    if not starts:
        yield Finding(
            scope,
            "no-start-event",
            "info",
            "There is no start event: it begins with every element that nothing leads to. Add a start event.",
            "没有开始事件：会从所有没有进入连线的元素开始。建议加一个开始事件。",
            name,
            line=line,
            repair=f"start-event:{scope}",
        )
    elif len(plain) > 1:
        names = ", ".join(n.name or n.id for n in plain)
        yield Finding(
            scope,
            "several-starts",
            "warning",
            f"These start events all begin at once: {names}. Keep one, or give the others a message or a timer.",
            f"这些开始事件会同时开始：{names}。请只留一个，或给其余的设定消息或定时器。",
            name,
            line=line,
        )
    yield from _ends(scope, name, line, inside)
    for node in inside:
        yield from _implicit(process, node)


def _ends(scope: str, name: str, line: int, inside: list[Node]) -> Iterator[Finding]:
    ends = [n for n in inside if n.type == "endEvent"]
    if not ends:
        yield Finding(
            scope,
            "no-end-event",
            "info",
            "There is no end event: it ends where nothing follows. Add an end event.",
            "没有结束事件：走到没有后续连线处就结束。建议加一个结束事件。",
            name,
            line=line,
            repair=f"end-event:{scope}",
        )
    elif len([n for n in ends if n.event is None and not n.name]) > 1:
        yield Finding(
            scope,
            "several-ends",
            "info",
            "Several end events have no name. Name each by its outcome, so that people see how a case ended.",
            "有多个未命名的结束事件。请按结果分别命名，便于看出是怎样结束的。",
            name,
            line=line,
        )


def _splits(process: Process, scope: str) -> bool:
    """Tell whether a token can become several in a scope: only then a merge is something to decide."""
    return any(
        (len(n.outgoing) > 1 and n.type not in {"exclusiveGateway", "eventBasedGateway"})
        or (n.type == "boundaryEvent" and not n.interrupting)
        for n in process.inside(scope)
    )


def _answers(node: Node, flows: list[Flow]) -> bool:
    """Tell whether the flows that leave a step carry different names and nothing else tells them apart."""
    names = {" ".join(f.name.split()) for f in flows}
    return not node.default and not any(f.condition for f in flows) and len(names) == len(flows) and "" not in names


def _can_ask(node: Node) -> bool:
    """Tell whether a step is a task of a person whose form is not drawn elsewhere, so that it can carry a question."""
    own_form = any(node.attributes.get(name) for name in ("formRef", "formKey"))
    return node.type == "userTask" and not own_form and node.loop is None


def _implicit(process: Process, node: Node) -> Iterator[Finding]:
    gateway = node.type.endswith("Gateway")
    flows = [process.flows[id_] for id_ in node.outgoing]
    if not gateway and len(flows) > 1 and _answers(node, flows):
        named = " / ".join(f.name for f in flows)
        yield about(
            node,
            "implicit-split",
            "warning",
            f"The flows {named} read as answers, but no condition tells them apart: all are taken at once. Give each a "
            "condition, or put an exclusive gateway before them.",
            f"连线“{named}”看起来是不同的答案，但都没有条件，会同时走。请逐一设定条件，或在前面加一个排他网关。",
            repair="question" if _can_ask(node) else "",
        )
    elif not gateway and len(flows) > 1:
        yield about(
            node,
            "implicit-split",
            "info",
            "Several flows leave: those without a condition are all taken at once, as by a parallel gateway.",
            "有多条离开的连线：没有条件的会同时走，等同并行网关。",
        )
    if not gateway and len(node.incoming) > 1 and node.type in ACTIVITY_TYPES and _splits(process, node.scope):
        yield about(
            node,
            "implicit-merge",
            "info",
            "Several flows lead here: it runs once for each that comes, as behind an exclusive gateway.",
            "有多条进入的连线：每来一次就执行一次，等同排他网关之后。",
        )


# Timers that repeat for ever


def check_cycles(process: Process) -> Iterator[Finding]:
    """Warn of a repeating timer that runs beside its activity and makes work each time."""
    for node in process.nodes.values():
        event = node.event
        if event is None or event.kind != "timer" or node.interrupting:
            continue
        cycle = ISO_CYCLE.fullmatch(event.expression)
        endless = event.timer == "cycle" and (cycle is None or not cycle[1])
        made = _person_behind(process, node) if endless else None
        if made is not None:
            label = made.name or made.id
            yield about(
                node,
                "cycle-piles-up",
                "warning",
                f"Each round opens another task {label}, done or not. Limit the rounds, for example R3/P1D.",
                f"每一轮都会再生成一个任务“{label}”，不管之前的是否完成。请限制次数，如 R3/P1D。",
            )


def _person_behind(process: Process, event: Node) -> Node | None:
    stack, seen = [event.id], set[str]()
    while stack:
        node = process.nodes[stack.pop()]
        if node.id in seen:
            continue
        seen.add(node.id)
        if node.type in PERSONAL:
            return node
        stack += [process.flows[f].target for f in node.outgoing]
        stack += [n.id for n in process.inside(node.id)]
    return None
