"""The static check of a decision file: what would fail, what cannot be reached, what has been forgotten.

Nothing is claimed that is not certain: cells that are more than a comparison with constants are taken for possible.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.core.dmn import model as m
from engine.core.dmn import regions
from engine.core.dmn.boxes import check_language
from engine.core.dmn.chinese import in_chinese
from engine.core.dmn.errors import DmnError
from engine.core.dmn.lint_results import unknown_results
from engine.core.dmn.types import MISFIT, find, fit, simple_name
from engine.core.feel import nodes
from engine.core.feel.names import CALENDAR
from engine.core.feel.types import SIMPLE
from engine.core.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_PER_TABLE = 10
_MAX_GAPS = 3
_POLICY_NAMES = {
    "U": "UNIQUE",
    "A": "ANY",
    "P": "PRIORITY",
    "F": "FIRST",
    "R": "RULE ORDER",
    "O": "OUTPUT ORDER",
    "C": "COLLECT",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """What is being checked, and what has been found there so far."""

    decisions: m.Decisions
    id: str
    name: str
    known: frozenset[str]
    found: list[Finding] = field(default_factory=list)

    def say(self, rule: str, severity: Any, english: str, chinese: str, *, id: str = "", line: int = 0) -> None:  # noqa: A002
        self.found.append(Finding(id or self.id, rule, severity, english, chinese, name=self.name, line=line))


def lint(decisions: m.Decisions) -> list[Finding]:
    """Check every decision and knowledge model of a file; errors would fail when the decision is asked."""
    findings: list[Finding] = []
    known = frozenset(decisions.element_names())
    for decision in decisions.decisions.values():
        place = _Place(decisions, decision.id, decision.name, known)
        if decision.box is None:
            place.say("dmn-no-logic", "error", "The decision has no logic.", "该决策没有任何逻辑。", line=decision.line)
        _requirements(decision.requires, place)
        _box(decision.box, place)
        unknown_results(decisions, decision, place.say)
        findings += place.found
    for knowledge in decisions.knowledge.values():
        place = _Place(decisions, knowledge.id, knowledge.name, known)
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
    box: m.Literal, place: _Place, english: str, chinese: str, *, unary: bool = False
) -> feel.Expression | None:
    """Compile a text; where it stands is said in two languages. None, and a finding, when it is not FEEL."""
    try:
        check_language(box)
        if not box.text and not unary:
            return None
        expression = feel.compile(box.text, unary=unary, names=place.decisions.names)
    except (feel.FeelProblem, DmnError) as problem:
        place.say("dmn-feel", "error", english + str(problem), chinese + in_chinese(problem), id=box.id, line=box.line)
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
    for column in table.inputs:
        here = f"Input “{column.title}”: ", f"条件列“{column.title}”："
        if not column.expression.text:
            place.say(
                "dmn-input", "error", here[0] + "it has no expression.", here[1] + "没有填写表达式。", id=column.id
            )
        _literal(column.expression, place, *here)
        _type(column.type, here, column.id, place)
        if column.values:
            _literal(m.Literal(column.values, column.id), place, *here, unary=True)
    for output in table.outputs:
        _output(table, output, place)
    for index, rule in enumerate(table.rules, 1):
        for column, test in zip(table.inputs, rule.tests, strict=True):
            _cell(index, column, test, place)
        for output, result in zip(table.outputs, rule.results, strict=True):
            _result(index, output, result, place)
    if any(finding.severity == "error" for finding in place.found[before:]):
        return
    try:
        _coverage(table, place)
    except regions.TooMuchError:
        place.say(
            "dmn-too-large", "info", "The table is too large to be checked for overlaps and gaps.",
            "该表过大，未检查行之间的重叠和遗漏。", id=table.id,
        )  # fmt: skip


def _cell(index: int, column: m.Input, test: m.Literal, place: _Place) -> None:
    here = f"Row {index}, “{column.title}”: ", f"第 {index} 行“{column.title}”："
    expression = _literal(test, place, *here, unary=True)
    if expression is None or simple_name(column.type) != "string":
        return
    for node in nodes.children(expression.tree):
        if isinstance(node, nodes.Name) and node.name not in place.known:
            place.say(
                "dmn-quotes", "warning", f'{here[0]}{node.name} is a variable; a text is written "{node.name}".',
                f'{here[1]}{node.name} 会被当作变量；若是文本请写成 "{node.name}"。', id=test.id, line=test.line,
            )  # fmt: skip


def _output(table: m.Table, output: m.Output, place: _Place) -> None:
    here = f"Output “{output.title}”: ", f"结果列“{output.title}”："
    if len(table.outputs) > 1 and not output.name:
        place.say("dmn-output", "error", here[0] + "it needs a name.", here[1] + "需要填写名称。", id=output.id)
    if table.policy in {"P", "O"} and not output.values:
        policy = _POLICY_NAMES[table.policy]
        place.say(
            "dmn-priority", "error", f"{here[0]}{policy} needs its allowed values in order of priority.",
            f"{here[1]}命中策略 {policy} 需要按优先级填写允许的值。", id=output.id,
        )  # fmt: skip
    _type(output.type, here, output.id, place)
    if output.values:
        _literal(m.Literal(output.values, output.id), place, *here, unary=True)
    if output.default is not None:
        _literal(output.default, place, *here)


def _result(index: int, output: m.Output, result: m.Literal, place: _Place) -> None:
    here = f"Row {index}, “{output.title}”: ", f"第 {index} 行“{output.title}”："
    expression = _literal(result, place, *here)
    if expression is None or not isinstance(expression.tree, nodes.Literal):
        return
    value = expression.tree.value
    scope = feel.Scope({}, None, feel.Run(feel.Env()))
    shown = feel.text_of(value, nested=True)
    if fit(value, output.type, place.decisions, scope) is MISFIT:
        kind = simple_name(output.type)
        place.say(
            "dmn-type", "error", f"{here[0]}{shown} is not of the column's type {kind}.",
            f"{here[1]}{shown} 不符合该列的类型 {kind}。", id=result.id, line=result.line,
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


# -- rows --------------------------------------------------------------------------------------------------------------


def _coverage(table: m.Table, place: _Place) -> None:
    rows = regions.survey(table, place.decisions)
    budget = regions.Budget()
    _impossible(table, rows, place)
    if table.policy in {"U", "A"}:
        _overlaps(table, rows, place, budget)
    if table.policy == "F":
        _unreachable(table, rows, place, budget)
    if table.policy in {"U", "A", "F", "P"} and all(output.default is None for output in table.outputs):
        _gaps(table, rows, place, budget)


def _impossible(table: m.Table, rows: regions.Rows, place: _Place) -> None:
    for index, (rule, masks) in enumerate(zip(table.rules, rows.masks, strict=True), 1):
        for column, mask, test in zip(rows.columns, masks, rule.tests, strict=True):
            if mask == 0 and column.atoms:
                place.say(
                    "dmn-impossible", "error", f"Row {index}, “{column.title}”: no value ever passes {test.text}.",
                    f"第 {index} 行“{column.title}”：没有任何值能满足 {test.text}。", id=rule.id, line=rule.line,
                )  # fmt: skip


def _overlaps(table: m.Table, rows: regions.Rows, place: _Place, budget: regions.Budget) -> None:
    said = 0
    policy = _POLICY_NAMES[table.policy]
    for second in range(len(table.rules)):
        budget.spend(second)
        for first in range(second):
            common = regions.overlap(rows.masks[first], rows.masks[second])
            if common is None or (table.policy == "A" and _same_results(table.rules[first], table.rules[second])):
                continue
            for_english = regions.describe(common, rows.columns, "any other value") or "every input"
            for_chinese = regions.describe(common, rows.columns, "其他任何值") or "任何输入"
            rule = table.rules[second]
            place.say(
                "dmn-overlap", "error",
                f"Rows {first + 1} and {second + 1} both match: {for_english}. Under {policy} that is an error; "
                "let them exclude each other, or take the hit policy FIRST.",
                f"第 {first + 1} 行与第 {second + 1} 行会同时命中：{for_chinese}。"
                f"命中策略 {policy} 不允许这样；请让两行互斥，或改用 FIRST。",
                id=rule.id, line=rule.line,
            )  # fmt: skip
            said += 1
            if said == _MAX_PER_TABLE:
                return


def _same_results(a: m.Rule, b: m.Rule) -> bool:
    return [result.text for result in a.results] == [result.text for result in b.results]


def _unreachable(table: m.Table, rows: regions.Rows, place: _Place, budget: regions.Budget) -> None:
    for index, (rule, masks) in enumerate(zip(table.rules, rows.masks, strict=True)):
        within = [column.full if mask is None else mask for column, mask in zip(rows.columns, masks, strict=True)]
        if not all(within) or not index:
            continue
        if next(regions.uncovered(rows, range(index), within, budget, unknown_covers=False), None) is None:
            place.say(
                "dmn-unreachable", "warning", f"Row {index + 1} is never reached: the rows above take all its cases.",
                f"第 {index + 1} 行永远不会命中：上面的行已包含它的所有情况。", id=rule.id, line=rule.line,
            )  # fmt: skip


def _gaps(table: m.Table, rows: regions.Rows, place: _Place, budget: regions.Budget) -> None:
    full = [column.present for column in rows.columns]
    found = list(islice(regions.uncovered(rows, range(len(table.rules)), full, budget, unknown_covers=True), _MAX_GAPS))
    for region in found:
        english = regions.describe(region, rows.columns, "any other value") or "every input"
        chinese = regions.describe(region, rows.columns, "其他任何值") or "任何输入"
        certain = all(column.known for column, mask in zip(rows.columns, region, strict=True) if mask != column.present)
        first = table.policy == "F"
        place.say(
            "dmn-no-default" if first and not certain else "dmn-gap", "warning",
            f"No row matches: {english}. The answer is then null; add a row, or a default.",
            f"没有行命中：{chinese}。此时结果为空；请补充一行或默认值。", id=table.id,
        )  # fmt: skip
    unsure = any(mask is None for masks in rows.masks for mask in masks)
    if table.policy == "F" and not found and unsure and not _catches_all(table):
        place.say(
            "dmn-no-default", "warning", "No row catches the other cases; add a last row without conditions.",
            "没有兜底的行；请在最后加一行不设条件的规则。", id=table.id,
        )  # fmt: skip


def _catches_all(table: m.Table) -> bool:
    return any(all(test.text in {"", "-"} for test in rule.tests) for rule in table.rules)
