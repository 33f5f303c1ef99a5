"""Rules about what a diagram says to other engines: it is named, never silently ignored (ENGINE.md §1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.findings import Finding
from engine.core.parse.vendors import convertible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.model import Node, Process

HARMLESS = frozenset(
    {
        "camunda:asyncBefore", "camunda:asyncAfter", "camunda:exclusive", "camunda:jobPriority", "camunda:taskPriority",
        "camunda:failedJobRetryTimeCycle", "camunda:formHandlerClass", "camunda:formFieldValidation",
        "camunda:modelerTemplate", "camunda:modelerTemplateVersion", "ioSpecification", "dataInputAssociation",
        "dataOutputAssociation", "ioBinding", "supportedInterfaceRef", "correlationSubscription", "isClosed",
        "performer", "resourceRole", "camunda:modelerTemplateIcon",
    }
)  # fmt: skip
"""They change nothing of the course of the process here: a step is saved as a whole anyway."""
ENGINES = ("zeebe:", "activiti:", "flowable:", "operaton:", "spiffworkflow:", "drools:", "processmaker:")
TIMES = ("timeDate", "timeDuration", "timeCycle")
ONE_TIME = ("A timer has one value: keep the date, the duration or the cycle.", "定时器只能有一个值，请保留其中一个。")
ADVICE = {
    "instantiate": (
        "It does not start the process; draw a message start event.",
        "它不会启动流程，请改画消息开始事件。",
    ),
    "parallelMultiple": ("Draw one event for each.", "请分别画出每个事件。"),
    "eventGatewayType": ("The first event wins; draw a parallel gateway.", "先到的事件生效；请改用并行网关。"),
    "potentialOwner": ("Use candidateGroups or a lane.", "请改用候选组或泳道。"),
    "humanPerformer": ("Use assignee or a lane.", "请改用办理人或泳道。"),
    "behavior": ("Boundary events of the activity do not see the rounds.", "活动的边界事件看不到每一轮。"),
    "camunda:connector": ("Use a service task with a topic.", "请改用带主题的服务任务。"),
    "camunda:local": ("The variable is read and set as any other.", "变量会像其他变量一样读写。"),
    "camunda:class": ("Use a service task with a topic.", "请改用带主题的服务任务。"),
    "camunda:script": ("Write FEEL instead.", "请改写成 FEEL。"),
    "camunda:executionListener": ("Use a task listener or a service task.", "请用任务监听器或服务任务。"),
    "waitForCompletion": ("The event waits until everything is compensated.", "事件会等到全部补偿完成。"),
    "loopMaximum": ("Enter a whole number.", "请填写整数。"),
    "eventDefinitionRef": ("The file has no such event definition; draw it inside the event.",
                           "文件里没有这个事件定义，请画在事件里。"),
    "timeDate": ONE_TIME, "timeDuration": ONE_TIME, "timeCycle": ONE_TIME,
}  # fmt: skip
STOPPING = frozenset({"eventDefinitionRef", "camunda:script", "camunda:resource", *TIMES})
"""Without it the element would do something else: it is refused."""
TAKEN = (
    "It is another engine's; the repair writes what it says in the way that runs here.",
    "这是其他引擎的写法，可以用修复功能转换成这里能执行的写法。",
)
GENERAL = (
    "Remove it, or do the same with FEEL, a decision table or a service task.",
    "请删除，或用 FEEL、决策表、服务任务代替。",
)


def check_effects(process: Process) -> Iterator[Finding]:
    """Name every attribute and element without effect: one finding an element for those of weight, one for the rest."""
    yield from _about(process.id, process.name, process.line, process.unsupported)
    for flow in process.flows.values():
        yield from _about(flow.id, flow.name, flow.line, flow.unsupported)
    for node in process.nodes.values():
        yield from _about(node.id, node.name, node.line, node.unsupported)
        yield from _listeners(node)
        if node.type == "parallelGateway" and any(process.flows[f].condition for f in node.outgoing):
            yield Finding(
                node.id,
                "no-effect",
                "warning",
                "A parallel gateway takes every flow; the conditions have no effect. Use an inclusive gateway.",
                "并行网关走所有连线，条件不起作用。请改用包容网关。",
                node.name,
                line=node.line,
            )


def _about(element_id: str, name: str, line: int, names: list[str]) -> Iterator[Finding]:
    names = [n for n in names if n != "zeebe:userTask"]  # says of a user task that it is one
    weighty = [n for n in names if _weighs(n)]
    taken = [n for n in weighty if convertible(n)]
    for what in [", ".join(taken), *(n for n in weighty if n not in taken)]:
        advice, advice_zh = TAKEN if what not in weighty or what in taken else ADVICE.get(what, GENERAL)
        if what:
            yield Finding(
                element_id,
                "no-effect",
                "error" if what in STOPPING or what.startswith("language ") else "warning",
                f"{what}: without effect here. {advice}",
                f"“{what}”在这里不起作用。{advice_zh}",
                name,
                line=line,
                repair=f"vendor:{element_id}" if advice is TAKEN[0] else _respelling(element_id, what),
            )
    rest = ", ".join(n for n in names if n not in weighty)
    if rest:
        yield Finding(
            element_id,
            "no-effect",
            "info",
            f"{rest}: kept in the file, without effect here.",
            f"“{rest}”会保留在文件里，但在这里不起作用。",
            name,
            line=line,
        )


def _respelling(element_id: str, what: str) -> str:
    """Name the repair of a text in another language: where it reads as FEEL, it is."""
    return f"spelling:{element_id}" if what.startswith("language ") else ""


def _weighs(name: str) -> bool:
    """Tell what would change the course of the process elsewhere from what is only kept."""
    prefix, _, local = name.rpartition(":")
    as_ours = f"camunda:{local}" if f"{prefix}:" in ENGINES else name
    if name in HARMLESS or as_ours in HARMLESS:
        return False
    return not prefix or prefix == "camunda" or name.startswith("language ") or f"{prefix}:" in ENGINES


def _listeners(node: Node) -> Iterator[Finding]:
    if any(listener.kind == "execution" for listener in node.listeners):
        yield Finding(
            node.id,
            "no-effect",
            "warning",
            "Execution listeners do not run here. Use a task listener or a service task.",
            "执行监听器不起作用。请用任务监听器或服务任务。",
            node.name,
            line=node.line,
        )
