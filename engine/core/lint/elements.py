"""Rules about one element of a diagram, by its type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.lint.activities import check_activity
from engine.core.lint.events import check_event
from engine.core.lint.flows import check_gateway
from engine.core.lint.known import Known, about
from engine.core.model import ACTIVITY_TYPES, EVENT_TYPES, GATEWAY_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.findings import Finding
    from engine.core.model import Model, Node, Process

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
        "请改用业务规则任务，或带主题的服务任务。",
    ),
}


def check_element(model: Model, process: Process, node: Node, known: Known) -> Iterator[Finding]:
    """List what is wrong with an element."""
    if node.type in REFUSED or node.type not in ACTIVITY_TYPES | GATEWAY_TYPES | EVENT_TYPES:
        yield _refused(node)
        return
    if node.type in EVENT_TYPES:
        yield from check_event(model, process, node)
    elif node.type in ACTIVITY_TYPES:
        yield from check_activity(model, process, node, known)
    yield from check_gateway(process, node)


def _refused(node: Node) -> Finding:
    what, what_zh, advice, advice_zh = REFUSED.get(
        node.type, (f"The element {node.type}", f"元素 {node.type}", "Remove it.", "请删除它。")
    )
    script = node.type == "scriptTask"
    return about(
        node,
        "unsupported-element",
        "error",
        f"{what} does not run here. {advice}",
        f"{what_zh}不能运行。{advice_zh}",
        repair=("formula" if node.sets_by_feel else "topic") if script else "",
    )
