"""Rules about tasks, sub-processes and call activities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.findings import Finding
from engine.core.lint.events import check_definition
from engine.core.lint.known import Known, about, did_you_mean
from engine.core.lint.spelling import topic_name
from engine.core.model import SUBPROCESS_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.findings import Severity
    from engine.core.model import Model, Node, Process

CODE = ("class", "delegateExpression", "expression")
SERVICES = frozenset({"serviceTask", "sendTask", "businessRuleTask"})


def check_activity(model: Model, process: Process, node: Node, known: Known) -> Iterator[Finding]:
    """List what is wrong with an activity."""
    kind, attributes = node.type, node.attributes
    code = next((name for name in CODE if attributes.get(name)), "")
    topic = attributes.get("topic", "")
    if kind == "task" and not node.outputs:  # one that only sets variables is meant so
        yield about(
            node,
            "untyped-task",
            "info",
            "A task without a type does nothing and is passed at once. Make it a user task if a person does it.",
            "未设类型的任务不做任何事，会直接通过。如果由人来做，请改成人工任务。",
            repair="user-task",
        )
        for name in (part.strip() for part in node.lane.split(",")):
            if name and known.roles and name not in known.roles:  # told now, not only when it has become a user task
                yield _unknown(node, "role", "角色", name, known.roles, "warning")
    elif kind in {"userTask", "manualTask"}:
        yield from _person(process, node, known)
    elif kind in SERVICES and topic:
        yield from _topic(node, topic, known)
    elif kind in SERVICES and code and not (kind == "businessRuleTask" and attributes.get("decisionRef")):
        yield _code(node, code)
    elif kind == "serviceTask":
        yield about(
            node,
            "service-without-topic",
            "error",
            "The service task does nothing: choose the implementation External and enter a topic.",
            "服务任务没有内容：请把实现方式选为“外部”（External），并填写主题（topic）。",
            repair="vendor" if "zeebe:taskDefinition" in node.unsupported else "topic",
        )
    elif kind == "businessRuleTask":
        yield from _reference(node, attributes.get("decisionRef", ""), known.decisions, "decision", "决策表")
    elif kind == "callActivity":
        yield from _reference(node, node.called_element, known.processes, "called process", "调用流程")
    elif kind in {"receiveTask", "sendTask"}:
        yield from _message(model, node)
    elif kind in SUBPROCESS_TYPES:
        yield from _subprocess(process, node)
    yield from _markers(node, known)


def _code(node: Node, what: str) -> Finding:
    value = node.attributes[what]
    name = topic_name(node.attributes, node.name, node.id)
    return about(
        node,
        "service-without-topic",
        "error",
        f"camunda:{what} {value} is program code of another engine, which never runs here. Choose the implementation "
        f"External and enter a topic, for example {name}; a registered service of that name then does the work.",
        f"camunda:{what}“{value}”是其他引擎的程序代码，这里不会执行。请把实现方式选为“外部”（External），"
        f"填写主题（topic），例如“{name}”，由同名的已登记服务来完成。",
        repair="topic",
    )


def _topic(node: Node, topic: str, known: Known) -> Iterator[Finding]:
    if known.topics is not None and not topic.startswith("=") and topic not in known.topics:
        yield _unknown(node, "topic", "主题", topic, known.topics, "warning")


def _message(model: Model, node: Node) -> Iterator[Finding]:
    receives = node.type == "receiveTask"
    if node.event is not None:
        yield from check_definition(model, node, node.event)
    elif receives:
        yield about(
            node,
            "receive-without-message",
            "error",
            "The receive task has no message, so it would wait for ever. Choose one.",
            "接收任务没有指定消息，会一直等下去。请选择消息。",
            repair="message",
        )
    else:
        yield about(
            node,
            "send-without-message",
            "error",
            "The send task has neither a message nor a topic. Choose a message, or External with a topic.",
            "发送任务既没有消息也没有主题。请选择消息，或选“外部”并填写主题。",
            repair="message",
        )


def _markers(node: Node, known: Known) -> Iterator[Finding]:
    loop = node.loop
    if loop is not None and loop.kind != "standard" and not (loop.collection or loop.cardinality):
        yield about(
            node,
            "loop-without-count",
            "error",
            "The multi-instance has neither a collection nor a number. Enter one of them.",
            "多实例既没有集合也没有次数。请填写其中一个。",
        )
    if loop is not None and loop.kind == "standard" and not loop.condition and loop.maximum is None:
        yield about(
            node,
            "loop-without-condition",
            "error",
            "The loop has neither a condition nor a maximum. Enter one of them.",
            "循环既没有条件也没有最大次数。请填写其中一个。",
        )
    for listener in node.listeners:
        if listener.kind == "task" and known.listeners is not None and listener.name not in known.listeners:
            yield _unknown(node, "listener", "监听器", listener.name, known.listeners, "error")


def check_lanes(process: Process) -> Iterator[Finding]:
    """Tell which lanes name no role although tasks of people lie in them."""
    named = ("candidateGroups", "candidateUsers", "assignee")
    lying = {
        n.lane_id
        for n in process.nodes.values()
        if n.type in {"userTask", "manualTask"} and not n.lane and not any(n.attributes.get(a) for a in named)
    }
    for lane in process.lanes:
        if lane.id in lying:
            yield Finding(
                lane.id,
                "lane-without-name",
                "warning",
                "The lane has no name, so only administrators see the tasks in it. Name it after the role that does "
                "them.",
                "泳道没有名称，里面的任务只有管理员能看到。请用办理角色给泳道命名。",
            )


def _person(process: Process, node: Node, known: Known) -> Iterator[Finding]:
    attributes = node.attributes
    groups = attributes.get("candidateGroups", "")
    if not node.name.strip() and node.type == "userTask":
        yield about(
            node,
            "step-without-name",
            "warning",
            "This step has no name, so nobody knows in the inbox what to do. Name it after what is done.",
            "这一步没有名称，待办里看不出要做什么。请写上做什么，例如“核对资料”。",
        )
    nameless = bool(node.lane_id) and not node.lane  # `check_lanes` tells it once for the lane
    if not (groups or node.lane or nameless or attributes.get("assignee") or attributes.get("candidateUsers")):
        severity: Severity = "error" if process.lanes else "warning"
        yield about(
            node,
            "no-role",
            severity,
            "Only administrators can see this task: it lies in no lane and names no role. Move it into a lane, or "
            "enter candidate groups.",
            "只有管理员能看到这个任务：它不在任何泳道里，也没有指定角色。请把它移进泳道，或填写候选组。",
            repair="lane" if process.lanes else "",
        )
    for name in (part.strip() for part in node.properties.get("fourEyes", "").split(",")):
        if name and (name not in process.nodes or process.nodes[name].type != "userTask" or name == node.id):
            yield about(
                node,
                "four-eyes-without-task",
                "error",
                f"Four eyes: {name} is no other user task of this process. Enter the id of the task done before.",
                f"四眼原则：“{name}”不是本流程中的其他人工任务。请填写之前那个任务的编号。",
            )
    names = [] if groups.startswith("=") else [g.strip() for g in (groups or node.lane).split(",") if g.strip()]
    for name in names:
        if known.roles and name not in known.roles:
            yield _unknown(node, "role", "角色", name, known.roles, "error")
    reference = attributes.get("formRef") or attributes.get("formKey") or ""
    if not reference and not node.form_fields and known.forms is not None and node.type == "userTask":
        yield about(
            node,
            "no-form",
            "info",
            "The task has no form: whoever does it can only say that it is done. Choose a form if that is not meant.",
            "没有表单：办理人只能点“完成”。如果要填写内容，请选择表单。",
        )
    if reference and known.forms is not None and not reference.startswith("=") and reference not in known.forms:
        yield _unknown(node, "form", "表单", reference, known.forms, "error" if "formRef" in attributes else "warning")


def _reference(node: Node, name: str, names: frozenset[str] | None, what: str, what_zh: str) -> Iterator[Finding]:
    if not name:
        yield about(
            node,
            f"{what.split(maxsplit=1)[0]}-missing",
            "error",
            f"The task names no {what}. Choose one.",
            f"任务没有指定{what_zh}。请选择。",
            repair="vendor" if {"zeebe:calledDecision", "zeebe:calledElement"} & set(node.unsupported) else "",
        )
    elif names is not None and not name.startswith("=") and name not in names:
        yield _unknown(node, what, what_zh, name, names, "error")


def _some_roles(names: frozenset[str]) -> tuple[str, str]:
    """Name a few roles for each language; a role is known by its code, its Chinese and its English name."""
    chinese = [name for name in sorted(names) if not name.isascii()]
    english = [name for name in sorted(names) if name.isascii() and not name.islower()]
    codes = [name for name in sorted(names) if name.islower() and name.isascii()]
    return ", ".join((english or codes or chinese)[:6]), "、".join((chinese or codes or english)[:6])


def _unknown(node: Node, what: str, what_zh: str, name: str, names: frozenset[str], severity: Severity) -> Finding:
    hint, hint_zh = did_you_mean(name, names)
    if what == "role":
        some, some_zh = _some_roles(names)
        hint, hint_zh = f"{hint} Roles are, for example, {some}.", f"{hint_zh}已有的角色例如：{some_zh}。"
    act, act_zh = {
        "role": ("Enter the role in the administration, or choose another.", "请在管理里添加这个角色，或另选一个。"),
        "topic": ("Register a service of that name, or choose another.", "请登记同名的服务，或另选一个。"),
        "listener": ("Register it, or remove the listener.", "请登记它，或删除这个监听器。"),
    }.get(what, ("Deploy it together with the diagram or choose another.", "请一起发布，或另选一个。"))
    return about(
        node,
        f"unknown-{'process' if what == 'called process' else what}",
        severity,
        f"The {what} {name or '(nothing)'} does not exist.{hint} {act}",
        f"{what_zh}“{name}”不存在。{hint_zh}{act_zh}",
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
            repair="" if node.event_subprocess or node.loop is not None else "user-task",
        )
    if not node.event_subprocess:
        return
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
            "An event sub-process has no incoming or outgoing flows. Delete them.",
            "事件子流程不能有进出的连线。请删除连线。",
        )
    if node.loop is not None:
        yield about(
            node,
            "event-subprocess-loop",
            "error",
            "An event sub-process cannot repeat by a loop marker. Remove the marker.",
            "事件子流程不能带循环或多实例标记。请去掉标记。",
        )
