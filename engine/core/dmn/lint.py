"""The static check of a decision file: what would fail, what cannot be reached, what has been forgotten.

Nothing is claimed that is not certain: cells that are more than a comparison with constants are taken for possible.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.core.dmn import model as m
from engine.core.dmn import regions
from engine.core.dmn.boxes import check_language
from engine.core.dmn.chinese import in_chinese
from engine.core.dmn.errors import DmnError
from engine.core.dmn.lint_cells import (
    KIND_NAMES,
    POLICY_CHINESE,
    POLICY_NAMES,
    base_kind,
    double_ids,
    how_to_write,
    is_date_sum,
    misfit,
    unknown_names,
)  # fmt: skip
from engine.core.dmn.lint_examples import check_examples
from engine.core.dmn.lint_results import unknown_results
from engine.core.dmn.lint_rows import coverage
from engine.core.dmn.spelling import suggest
from engine.core.dmn.types import MISFIT, find, fit, simple_name
from engine.core.feel import nodes
from engine.core.feel.names import CALENDAR
from engine.core.feel.types import SIMPLE
from engine.core.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class _Place:
    """What is being checked, and what has been found there so far."""

    decisions: m.Decisions
    id: str
    name: str
    known: frozenset[str]
    declared: frozenset[str]
    found: list[Finding] = field(default_factory=list)

    def say(self, rule: str, severity: Any, english: str, chinese: str, *, id: str = "", line: int = 0) -> None:  # noqa: A002
        self.found.append(Finding(id or self.id, rule, severity, english, chinese, name=self.name, line=line))


def lint(decisions: m.Decisions) -> list[Finding]:
    """Check every decision and knowledge model of a file; errors would fail when the decision is asked."""
    findings: list[Finding] = []
    known = frozenset(decisions.element_names() | set(decisions.imports))
    for decision in decisions.decisions.values():
        # Boxes around a table may give names of their own.
        declared = known if decisions.inputs and isinstance(decision.box, m.Table) else frozenset()
        place = _Place(decisions, decision.id, decision.name, known, declared)
        if decision.box is None:
            place.say("dmn-no-logic", "error", "The decision has no logic.", "该决策没有任何逻辑。", line=decision.line)
        _requirements(decision.requires, place)
        _box(decision.box, place)
        unknown_results(decisions, decision, place.say)
        check_examples(decisions, decision, place.found, place.say)
        findings += place.found
    for knowledge in decisions.knowledge.values():
        place = _Place(decisions, knowledge.id, knowledge.name, known, frozenset())
        _requirements(knowledge.requires, place)
        _box(knowledge.function, place)
        findings += place.found
    return findings


def _requirements(requires: tuple[str, ...], place: _Place) -> None:
    d = place.decisions
    spaces = {other.namespace for other in (*d.imports.values(), *d.merged)}
    for reference in requires:
        namespace, _, target = reference.rpartition("#")
        if namespace and namespace != d.namespace:
            exists = namespace in spaces
        else:
            exists = any(other.has(target) for other in (d, *d.merged))
        if not exists:
            english, chinese = f"It requires {reference}, which does not exist.", f"它依赖的 {reference} 不存在。"
            place.say("dmn-missing-requirement", "error", english, chinese)
    if place.id in _behind(place.id, d):
        place.say("dmn-circle", "error", "It requires itself through others.", "它经由其他决策依赖了自己。")


def _behind(start: str, decisions: m.Decisions) -> set[str]:
    """The ids of all decisions that a decision requires, directly or through others."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        decision = decisions.decisions.get(waiting.pop())
        for reference in decision.requires if decision is not None else ():
            target = reference.rpartition("#")[2]
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def _type(reference: str, here: tuple[str, str], element_id: str, place: _Place) -> None:
    """Warn of a type that does not exist: nothing would be checked."""
    item, _ = find(reference, place.decisions)
    if item is None and reference and simple_name(reference) not in SIMPLE | {"list", "context", "function"}:
        near = feel.nearest(reference, SIMPLE | set(place.decisions.items))
        english = f"there is no type {reference}" + (f"; did you mean {near}?" if near else ".")
        chinese = f"没有类型 {reference}" + (f"，是否应为 {near}？" if near else "。")
        place.say("dmn-type-unknown", "warning", here[0] + english, here[1] + chinese, id=element_id)


def _box(box: m.Box | None, place: _Place) -> None:
    if isinstance(box, m.Literal):
        _literal(box, place, "", "")
    elif isinstance(box, m.Table):
        _table(box, place)
    else:
        for part in _parts(box):
            _box(part, place)


def _parts(box: Any) -> Iterator[m.Box | None]:
    if isinstance(box, m.Context):
        yield from (entry.box for entry in box.entries)
    elif isinstance(box, m.Relation):
        yield from (cell for row in box.rows for cell in row)
    elif isinstance(box, m.ListBox):
        yield from box.items
    elif isinstance(box, m.Invocation):
        yield box.function
        yield from (binding.box for binding in box.bindings)
    elif isinstance(box, m.FunctionBox):
        yield box.body
    elif isinstance(box, m.Conditional):
        yield from (box.condition, box.yes, box.no)
    elif isinstance(box, m.Loop):
        yield from (box.source, box.body)


def _literal(
    box: m.Literal, place: _Place, english: str, chinese: str, *, unary: bool = False, kind: str = ""
) -> feel.Expression | None:
    """Compile a text; where it stands is said in two languages. None, and a finding, when it is not FEEL."""
    try:
        check_language(box)
        if not box.text and not unary:
            return None
        expression = feel.compile(box.text, unary=unary, names=place.decisions.names)
    except (feel.FeelProblem, DmnError) as problem:
        how = how_to_write(box.text, unary=unary, kind=kind)
        said = english + str(problem) + how[0], chinese + in_chinese(problem) + how[1]
        place.say("dmn-feel", "error", *said, id=box.id, line=box.line)
        return None
    for name in sorted(expression.functions - place.known - CALENDAR - expression.names):
        if "." in name or name in _local_functions(expression):
            continue
        place.say(
            "dmn-function", "warning", f"{english}there is no function “{name}”.", f"{chinese}没有函数“{name}”。",
            id=box.id, line=box.line,
        )  # fmt: skip
    return expression


def _local_functions(expression: feel.Expression) -> set[str]:
    """Names that the expression itself defines: entries of contexts and parameters."""
    found: set[str] = set()
    for node in nodes.walk(expression.tree):
        if isinstance(node, nodes.ContextNode):
            found.update(node.keys)
        elif isinstance(node, nodes.FunctionNode):
            found.update(node.params)
    return found


# -- tables ------------------------------------------------------------------------------------------------------------


def _table(table: m.Table, place: _Place) -> None:
    before = len(place.found)
    double_ids(table, place.say)
    asked: set[str] = set()
    for column in table.inputs:
        here = f"Input “{column.title}”: ", f"条件列“{column.title}”："
        if not column.expression.text:
            place.say(
                "dmn-input", "error", here[0] + "it has no expression.", here[1] + "没有填写表达式。", id=column.id
            )
        expression = _literal(column.expression, place, *here)
        if expression is not None:
            # A column may ask for what the file does not declare; only what looks misspelt is spoken of.
            odd = [name for name in expression.names - place.declared if feel.nearest(name, place.declared)]
            unknown_names(expression, place.declared if odd else frozenset(), here, place.say, column.expression)
            asked |= expression.names
        _type(column.type, here, column.id, place)
        if column.values:
            _literal(m.Literal(column.values, column.id), place, *here, unary=True)
    for output in table.outputs:
        _output(table, output, place)
    for index, rule in enumerate(table.rules, 1):
        for column, test in zip(table.inputs, rule.tests, strict=True):
            _cell(index, column, test, place, place.declared | asked if place.declared else frozenset())
        for output, result in zip(table.outputs, rule.results, strict=True):
            _result(index, output, result, place)
    if any(finding.severity == "error" for finding in place.found[before:]):
        return
    try:
        coverage(table, place.decisions, place.say)
    except regions.TooMuchError:
        place.say(
            "dmn-too-large", "info", "The table is too large to be checked for overlaps and gaps.",
            "该表过大，未检查行之间的重叠和遗漏。", id=table.id,
        )  # fmt: skip


def _cell(index: int, column: m.Input, test: m.Literal, place: _Place, declared: frozenset[str]) -> None:
    here = f"Row {index}, “{column.title}”: ", f"第 {index} 行“{column.title}”："
    kind = base_kind(column.type, place.decisions)
    expression = _literal(test, place, *here, unary=True, kind=kind)
    if expression is None:
        return
    other = misfit(expression, kind)
    if other or is_date_sum(expression.tree):
        _other_type(here, test, kind, other, place)
        return
    quoted = _quotes(here, test, expression, place) if kind == "string" else set()
    if not quoted:
        unknown_names(expression, declared, here, place.say, test)


def _other_type(here: tuple[str, str], test: m.Literal, kind: str, other: str, place: _Place) -> None:
    """A condition that compares with values of another type than the column's, or with a sum that was none."""
    how = how_to_write(test.text, unary=True, kind=kind)
    if other:
        is_a, found = KIND_NAMES[kind], KIND_NAMES.get(other, (other, other))
        place.say(
            "dmn-cell-type", "error",
            f"{here[0]}the column is {is_a[0]}, {test.text} compares with {found[0]}.{how[0]}",
            f"{here[1]}该列是{is_a[1]}，{test.text} 却在与{found[1]}比较。{how[1]}", id=test.id, line=test.line,
        )  # fmt: skip
    else:
        place.say(
            "dmn-sum", "error", f"{here[0]}{test.text} is a subtraction to FEEL.{how[0]}",
            f"{here[1]}{test.text} 会被当作减法来计算。{how[1]}", id=test.id, line=test.line,
        )  # fmt: skip


def _quotes(here: tuple[str, str], test: m.Literal, expression: feel.Expression, place: _Place) -> set[str]:
    """Warn of names where texts are expected: quotes were forgotten."""
    names = {node.name for node in nodes.children(expression.tree) if isinstance(node, nodes.Name)} - place.known
    for name in sorted(names, key=test.text.find):
        better = suggest(test.text, unary=True, kind="string") or f'"{name}"'
        place.say(
            "dmn-quotes", "warning", f"{here[0]}{name} is a variable; a text is written {better}.",
            f"{here[1]}{name} 会被当作变量；若是文本请写成 {better}。", id=test.id, line=test.line,
        )  # fmt: skip
    return names


def _output(table: m.Table, output: m.Output, place: _Place) -> None:
    here = f"Output “{output.title}”: ", f"结果列“{output.title}”："
    if len(table.outputs) > 1 and not output.name:
        place.say("dmn-output", "error", here[0] + "it needs a name.", here[1] + "需要填写名称。", id=output.id)
    if table.policy in {"P", "O"} and not output.values:
        policy = POLICY_NAMES[table.policy]
        place.say(
            "dmn-priority", "error", f"{here[0]}{policy} needs its allowed values in order of priority.",
            f"{here[1]}命中策略{POLICY_CHINESE[table.policy]}需要按优先级填写允许的值。", id=output.id,
        )  # fmt: skip
    _type(output.type, here, output.id, place)
    if output.values:
        _literal(m.Literal(output.values, output.id), place, *here, unary=True)
    if output.default is not None:
        _literal(output.default, place, *here)


def _result(index: int, output: m.Output, result: m.Literal, place: _Place) -> None:
    here = f"Row {index}, “{output.title}”: ", f"第 {index} 行“{output.title}”："
    wanted = base_kind(output.type, place.decisions)
    expression = _literal(result, place, *here, kind=wanted)
    if expression is not None and is_date_sum(expression.tree):
        how = how_to_write(result.text, unary=False, kind=wanted)
        place.say(
            "dmn-sum", "warning", f"{here[0]}{result.text} is a subtraction to FEEL.{how[0]}",
            f"{here[1]}{result.text} 会被当作减法来计算。{how[1]}", id=result.id, line=result.line,
        )  # fmt: skip
    if expression is None or not isinstance(expression.tree, nodes.Literal):
        return
    value = expression.tree.value
    scope = feel.Scope({}, None, feel.Run(feel.Env()))
    shown = feel.text_of(value, nested=True)
    if fit(value, output.type, place.decisions, scope) is MISFIT:
        kind = simple_name(output.type)
        how = how_to_write(result.text, unary=False, kind=wanted)
        place.say(
            "dmn-type", "error", f"{here[0]}{shown} is not of the column's type {kind}.{how[0]}",
            f"{here[1]}{shown} 不符合该列的类型 {kind}。{how[1]}", id=result.id, line=result.line,
        )  # fmt: skip
    if value is not None and output.values:
        try:
            allowed = feel.compile(output.values, unary=True, names=place.decisions.names).evaluate({"?": value})
        except feel.FeelProblem:
            return
        if allowed is not True:
            place.say(
                "dmn-output-value", "error", f"{here[0]}{shown} is none of the allowed values {output.values}.",
                f"{here[1]}{shown} 不在允许的值 {output.values} 之中。", id=result.id, line=result.line,
            )  # fmt: skip
