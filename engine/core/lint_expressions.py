"""Rules about the FEEL texts and ISO 8601 times of a diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core import feel
from engine.core.findings import Finding
from engine.core.lint_known import about
from engine.core.normalise import EXPRESSION_ATTRIBUTES, is_juel
from engine.core.timers import ISO_DURATION, ISO_MOMENT, is_literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.model import Node, Process


def check_expressions(process: Process) -> Iterator[Finding]:
    """Compile every expression of a process."""
    for flow in process.flows.values():
        problem = _problem(flow.condition) if flow.condition else None
        if problem:
            yield Finding(
                flow.id,
                "invalid-feel",
                "error",
                *_sentences("condition", "条件", flow.condition, problem),
                flow.name,
                line=flow.line,
            )
    for node in process.nodes.values():
        for what, what_zh, text in _texts(node):
            problem = _problem(text)
            if problem:
                yield about(node, "invalid-feel", "error", *_sentences(what, what_zh, text, problem))
        yield from _times(node)


def _texts(node: Node) -> Iterator[tuple[str, str, str]]:
    """Give every FEEL text of an element with what it is."""
    for name in EXPRESSION_ATTRIBUTES:
        text = node.attributes.get(name, "")
        if text.startswith("=") or is_juel(text):
            yield name, name, text.removeprefix("=")
    if node.called_element.startswith("="):
        yield "called process", "调用流程", node.called_element[1:]
    for event in node.events:
        if event.kind == "conditional" and event.expression:
            yield "condition", "条件", event.expression
        if (
            event.kind == "timer"
            and event.expression
            and not is_literal(event.expression)
            and not _is_cron(event.expression)
        ):
            yield "timer", "定时器", event.expression
        if event.name.startswith("="):
            yield "name", "名称", event.name[1:]
    for mapping in (*node.inputs, *node.outputs):
        if mapping.expression and not mapping.business_key:
            yield f"mapping {mapping.target}", f"映射 {mapping.target}", mapping.source
    yield from _loop_texts(node)


def _loop_texts(node: Node) -> Iterator[tuple[str, str, str]]:
    if node.loop is not None:
        for text in (node.loop.collection, node.loop.cardinality, node.loop.completion_condition, node.loop.condition):
            if text:
                yield "loop", "循环", text


def _problem(text: str) -> str:
    try:
        feel.compile(text)
    except feel.FeelProblem as error:
        return str(error)
    return ""


def _sentences(what: str, what_zh: str, text: str, problem: str) -> tuple[str, str]:
    return f"The {what} {text} is not valid FEEL: {problem}", f"{what_zh}“{text}”不是有效的 FEEL 表达式:{problem}"


def _is_cron(text: str) -> bool:
    fields = text.split()
    return len(fields) in {5, 6, 7} and all(set(f) <= set("0123456789*/,-?LW#") for f in fields)


def _times(node: Node) -> Iterator[Finding]:
    for event in node.events:
        if event.kind == "timer" and _is_cron(event.expression):
            yield about(
                node,
                "cron",
                "error",
                f"The timer {event.expression} is a cron expression. Write a cycle such as R/P1D, or a date by FEEL.",
                f"定时器“{event.expression}”是 cron 写法。请写成周期(如 R/P1D)或用 FEEL 算出时间。",
            )
    for name in ("dueDate", "followUpDate"):
        text = node.attributes.get(name, "").strip()
        if (
            text
            and not text.startswith("=")
            and not is_juel(text)
            and not (ISO_DURATION.fullmatch(text) or ISO_MOMENT.fullmatch(text))
        ):
            yield about(
                node,
                "invalid-time",
                "error",
                f"{name} {text} is neither a date, a duration such as P2D, nor FEEL starting with =.",
                f"{name}“{text}”既不是日期、时长(如 P2D),也不是以 = 开头的 FEEL。",
            )
    priority = node.attributes.get("priority", "")
    if priority and not priority.startswith("=") and not priority.lstrip("-").isdigit():
        yield about(
            node,
            "invalid-priority",
            "error",
            f"The priority {priority} is not a whole number.",
            f"优先级“{priority}”不是整数。",
        )
