"""Rules about the FEEL texts and ISO 8601 times of a diagram."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from engine.core import feel
from engine.core.feel.names import CALENDAR
from engine.core.findings import Finding
from engine.core.lint.chinese import chinese
from engine.core.lint.known import about, did_you_mean
from engine.core.lint.spelling import respelt, span
from engine.core.normalise import EXPRESSION_ATTRIBUTES, JUEL, is_juel, own_key
from engine.core.schedule import retry_cycle
from engine.core.timers import ISO_CYCLE, ISO_DURATION, ISO_MOMENT, is_literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.lint.known import Known
    from engine.core.model import Model, Node, Process

CALENDAR_FUNCTIONS = CALENDAR | {"working days until"}
LOOP_VARIABLES = frozenset({"loopCounter", "nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances"})
FIVE = 5
MALFORMED = re.compile(r"R\d*/.*|-?P[\dT][\dYMWDTHS.]*|\d{4}-\d\d-\d\dT?[\d:]*", re.IGNORECASE)


def check_expressions(process: Process, known: Known) -> Iterator[Finding]:
    """Compile every expression of a process."""
    for flow in process.flows.values():
        if flow.condition:
            where = Finding(flow.id, "", "error", "", "", flow.name, line=flow.line)
            yield from _judge(where, "condition", "条件", flow.condition, known)
    for node in process.nodes.values():
        where = about(node, "", "error", "", "")
        for what, what_zh, text in _texts(node):
            yield from _judge(where, what, what_zh, text, known)
        yield from _times(node)


def _judge(where: Finding, what: str, what_zh: str, text: str, known: Known) -> Iterator[Finding]:
    """Tell a text that is no FEEL, a function that does not exist, and variables that nobody sets."""
    try:
        if is_juel(text):
            feel.from_juel(text)
        expression = feel.compile(text)
    except feel.FeelProblem as problem:
        meant = respelt(text)
        yield replace(
            where,
            rule="invalid-feel",
            message=f"The {what} “{text}” is not valid FEEL. {problem}" + (f" Write {meant}." if meant else ""),
            message_zh=f"{what_zh}“{text}”不是有效的 FEEL 表达式。{chinese(problem)}"
            + (f"请写成 {meant}。" if meant else ""),
            repair=f"spelling:{where.element_id}" if meant else "",
        )
        return
    if what == "condition" and not expression.names and not expression.functions:
        yield from _constant(where, text, expression)
    for name in sorted(expression.functions - CALENDAR_FUNCTIONS - (known.variables or frozenset())):
        hint, hint_zh = did_you_mean(name, CALENDAR_FUNCTIONS | set(feel.BUILTINS))
        at = text.find(name) + 1
        yield replace(
            where,
            rule="unknown-function",
            message=f"The {what} “{text}” calls {name} at position {at}, which does not exist.{hint}",
            message_zh=f"{what_zh}“{text}”第 {at} 个字符处调用的函数“{name}”不存在。{hint_zh}",
        )
    yield from _spaced(where, what, what_zh, text, expression.names - (known.variables or frozenset()))
    missing = (
        []
        if known.variables is None
        else sorted(n for n in expression.names - known.variables - LOOP_VARIABLES if " " not in n)
    )
    for name in missing:
        hint, hint_zh = did_you_mean(name, known.variables or ())
        at = text.find(name) + 1
        yield replace(
            where,
            rule="unknown-variable",
            severity="info",
            message=f"The {what} “{text}” uses {name} at position {at}; no form or step here sets it.{hint}",
            message_zh=f"{what_zh}“{text}”第 {at} 个字符处用到变量“{name}”，没有表单或步骤会设置它。{hint_zh}",
        )


def _spaced(where: Finding, what: str, what_zh: str, text: str, names: frozenset[str]) -> Iterator[Finding]:
    """Tell plain words, which FEEL takes for a name with spaces."""
    for name in sorted(n for n in names if " " in n):
        yield replace(
            where,
            rule="unknown-variable",
            severity="error" if what == "timer" else "warning",
            message=f"The {what} “{text}” reads “{name}” as the name of one variable, which no form can set. "
            "Write FEEL, or put texts in quotes.",
            message_zh=f"{what_zh}“{text}”里的“{name}”会被当成一个变量名，而表单不会有这样的变量。"
            "请写成 FEEL，文字要加引号。",
        )


def _constant(where: Finding, text: str, expression: feel.Expression) -> Iterator[Finding]:
    """Tell a condition without variables that is neither true nor false."""
    try:
        value = expression.evaluate({})
    except feel.FeelProblem:
        return
    if value is not None and not isinstance(value, bool):
        yield replace(
            where,
            rule="invalid-feel",
            message=f"The condition “{text}” is {feel.text_of(value)}, neither true nor false. Write a comparison.",
            message_zh=f"条件“{text}”的值是 {feel.text_of(value)}，既不是真也不是假。请写成比较式。",
        )


def check_juel(model: Model) -> Iterator[Finding]:
    """Tell which expressions of another dialect are read as FEEL."""
    lines: dict[str, tuple[str, int]] = {}
    for process in model.processes.values():
        lines.update({flow.id: (flow.name, flow.line) for flow in process.flows.values()})
        lines.update({node.id: (node.name, node.line) for node in process.nodes.values()})
    for element_id, old, new in model.translated:
        name, line = lines.get(element_id, ("", 0))
        yield Finding(
            element_id,
            "juel",
            "info",
            f"{old} is read as the FEEL expression {new}. Write that into the file to see what runs.",
            f"“{old}”会按 FEEL 表达式“{new}”执行。建议直接写进文件，一目了然。",
            name,
            line=line,
            repair=f"juel:{element_id}",
        )


def _texts(node: Node) -> Iterator[tuple[str, str, str]]:
    """Give every FEEL text of an element with what it is."""
    for name in EXPRESSION_ATTRIBUTES:
        text = node.attributes.get(name, "")
        if text.startswith("=") or JUEL.search(text):
            yield name, name, text.removeprefix("=")
    if node.called_element.startswith("=") or is_juel(node.called_element):
        yield "called process", "调用流程", node.called_element.removeprefix("=")
    key = node.properties.get("correlationKey", "")
    if key.startswith("=") or is_juel(key):
        yield "correlationKey", "correlationKey", key.removeprefix("=")
    for event in node.events:
        if event.kind == "conditional" and event.expression:
            yield "condition", "条件", event.expression
        if (
            event.kind == "timer"
            and event.expression
            and not is_literal(event.expression)
            and not is_cron(event.expression)
            and not MALFORMED.fullmatch(event.expression)
            and not span(event.expression)
        ):
            yield "timer", "定时器", event.expression
        if event.name.startswith("=") or JUEL.search(event.name):
            yield "name", "名称", event.name.removeprefix("=")
        if event.code.startswith("=") or JUEL.search(event.code):
            yield "code", "代码", event.code.removeprefix("=")
    for mapping in (*node.inputs, *node.outputs, *(m for e in node.events for m in e.mappings)):
        if mapping.expression and not own_key(mapping):
            target = mapping.target or "businessKey"
            yield f"mapping {target}", f"映射 {target}", mapping.source.removeprefix("=")
    yield from _loop_texts(node)


def _loop_texts(node: Node) -> Iterator[tuple[str, str, str]]:
    if node.loop is not None:
        for text in (node.loop.collection, node.loop.cardinality, node.loop.completion_condition, node.loop.condition):
            if text:
                yield "loop", "循环", text


def is_cron(text: str) -> bool:
    """Tell whether a timer's text is a cron expression."""
    fields = text.split()
    return len(fields) in {5, 6, 7} and all(set(f) <= set("0123456789*/,-?LW#") for f in fields)


def cycle_of(cron: str) -> str:
    """Give the ISO 8601 cycle that repeats as a cron expression does, "" when there is none that is exact.

    Exact means the same distance every time: every so many seconds, minutes or hours that divide the next larger unit.
    Days and months are left alone, since a cycle counts from its start and cron from the calendar.
    """
    fields = cron.split()[:6]
    if len(fields) == FIVE:
        fields = ["0", *fields]
    every = "".join(fields[3:]).strip("*?") == ""
    for index, (unit, size) in enumerate((("S", 60), ("M", 60), ("H", 24))):
        head, rest = fields[index], fields[index + 1 : 3]
        step = re.fullmatch(r"(?:\*|0)/(\d+)", head)
        number = 1 if head == "*" else int(step[1]) if step else 0
        if number and size % number == 0 and all(f == "*" for f in rest) and every:
            return f"R/PT{number}{unit}" if all(f == "0" for f in fields[:index]) else ""
    return ""


def _malformed(text: str) -> bool:
    """Tell a text that is meant as a time of ISO 8601 but is none, such as P3, PT5 or R/PT."""
    return bool(MALFORMED.fullmatch(text) or re.fullmatch(r"\d+(\.\d+)?", text))


def _exists(text: str) -> bool:
    """Tell whether a literal that looks like a time is one: no 30th of February, no cycle of no length."""
    cycle = ISO_CYCLE.fullmatch(text)
    if cycle and (cycle[3].startswith("-") or not set(cycle[3]) & set("123456789")):
        return False  # it would fire without end
    for part in (cycle[2], cycle[3]) if cycle else (text,):
        if part and not ISO_DURATION.fullmatch(part):
            try:
                datetime.fromisoformat(part)
            except ValueError:
                return False
    return True


def _times(node: Node) -> Iterator[Finding]:
    for event in node.events:
        if event.kind == "timer" and is_cron(event.expression):
            yield about(
                node,
                "cron",
                "error",
                f"The timer {event.expression} is a cron expression. Write a cycle such as R/P1D, or a date by FEEL.",
                f"定时器“{event.expression}”是 cron 写法。请写成周期（如 R/P1D）或用 FEEL 算出时间。",
                repair="cycle" if cycle_of(event.expression) else "",
            )
        meant = span(event.expression) if event.kind == "timer" else ""
        if meant and not is_literal(event.expression):
            yield about(
                node,
                "invalid-time",
                "error",
                f'The timer {event.expression} is no ISO 8601 time. Write {meant}, or in FEEL duration("{meant}").',
                f'定时器“{event.expression}”不是 ISO 8601 写法。请写成 {meant}，或在 FEEL 里写 duration("{meant}")。',
                repair="time" if event is node.event else "",
            )
            continue
        literal = is_literal(event.expression)
        if event.kind == "timer" and (not _exists(event.expression) if literal else _malformed(event.expression)):
            yield about(
                node,
                "invalid-time",
                "error",
                f"The timer {event.expression} is no time of the calendar. Check the date, the hour or the interval.",
                f"定时器“{event.expression}”不是有效的时间。请检查日期、时刻或间隔。",
            )
    yield from _dates(node)


def _dates(node: Node) -> Iterator[Finding]:
    for name in ("dueDate", "followUpDate"):
        text = node.attributes.get(name, "").strip()
        if (
            text
            and not text.startswith("=")
            and not is_juel(text)
            and not ((ISO_DURATION.fullmatch(text) or ISO_MOMENT.fullmatch(text)) and _exists(text))
        ):
            yield about(
                node,
                "invalid-time",
                "error",
                f"{name} {text} is neither a date, a duration such as {span(text) or 'P2D'}, nor FEEL starting with =.",
                f"{name}“{text}”既不是日期、时长（如 {span(text) or 'P2D'}），也不是以 = 开头的 FEEL。",
            )
    tries = node.attributes.get("failedJobRetryTimeCycle", "")
    if tries and retry_cycle(tries) is None:
        yield about(
            node,
            "invalid-time",
            "error",
            f"The retry time cycle {tries} is neither a number of tries with a pause such as R3/PT10M, nor a list of "
            "pauses such as PT1M,PT10M.",
            f"重试周期“{tries}”既不是次数加间隔（如 R3/PT10M），也不是间隔列表（如 PT1M,PT10M）。",
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
