"""What the rows of a table leave open or say twice, for the columns of which that is certain."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from engine.core.dmn import regions
from engine.core.dmn.lint_cells import POLICY_CHINESE, POLICY_NAMES

if TYPE_CHECKING:
    from engine.core.dmn import model as m
    from engine.core.dmn.lint_cells import Say

_MAX_PER_TABLE: Final = 10
_MAX_GAPS: Final = 3


def coverage(table: m.Table, decisions: m.Decisions, say: Say) -> None:
    """Report overlaps, rows that are never reached and inputs that no row takes. Raises regions.TooMuchError."""
    rows = regions.survey(table, decisions)
    budget = regions.Budget()
    _impossible(table, rows, say)
    if table.policy in {"U", "A"}:
        _overlaps(table, rows, say, budget)
    if table.policy == "F":
        _unreachable(table, rows, say, budget)
    if table.policy in {"U", "A", "F", "P"} and all(output.default is None for output in table.outputs):
        _gaps(table, rows, say, budget)


def _impossible(table: m.Table, rows: regions.Rows, say: Say) -> None:
    for index, (rule, masks) in enumerate(zip(table.rules, rows.masks, strict=True), 1):
        for column, mask, test in zip(rows.columns, masks, rule.tests, strict=True):
            if mask == 0 and column.atoms:
                say(
                    "dmn-impossible", "error", f"Row {index}, “{column.title}”: no value ever passes {test.text}.",
                    f"第 {index} 行“{column.title}”：没有任何值能满足 {test.text}。",
                    id=test.id or rule.id, line=test.line,
                )  # fmt: skip


def _overlaps(table: m.Table, rows: regions.Rows, say: Say, budget: regions.Budget) -> None:
    said = 0
    policy = POLICY_NAMES[table.policy]
    for second in range(len(table.rules)):
        budget.spend(second)
        for first in range(second):
            common = regions.overlap(rows.masks[first], rows.masks[second])
            if common is None or (table.policy == "A" and _same_results(table.rules[first], table.rules[second])):
                continue
            for_english = regions.describe(common, rows.columns, "any other value") or "every input"
            for_chinese = regions.describe(common, rows.columns, "其他任何值") or "任何输入"
            rule = table.rules[second]
            say(
                "dmn-overlap", "error",
                f"Rows {first + 1} and {second + 1} both match: {for_english}. Under {policy} that is an error; "
                "let them exclude each other, or take the hit policy FIRST.",
                f"第 {first + 1} 行与第 {second + 1} 行会同时命中：{for_chinese}。"
                f"命中策略{POLICY_CHINESE[table.policy]}不允许这样；请让两行互斥，或改用“首个”（FIRST）。",
                id=rule.id, line=rule.line,
            )  # fmt: skip
            said += 1
            if said == _MAX_PER_TABLE:
                return


def _same_results(a: m.Rule, b: m.Rule) -> bool:
    return [result.text for result in a.results] == [result.text for result in b.results]


def _unreachable(table: m.Table, rows: regions.Rows, say: Say, budget: regions.Budget) -> None:
    for index, (rule, masks) in enumerate(zip(table.rules, rows.masks, strict=True)):
        within = [column.full if mask is None else mask for column, mask in zip(rows.columns, masks, strict=True)]
        if not all(within) or not index:
            continue
        if next(regions.uncovered(rows, range(index), within, budget, unknown_covers=False), None) is None:
            say(
                "dmn-unreachable", "warning", f"Row {index + 1} is never reached: the rows above take all its cases.",
                f"第 {index + 1} 行永远不会命中：上面的行已包含它的所有情况。", id=rule.id, line=rule.line,
            )  # fmt: skip


def _gaps(table: m.Table, rows: regions.Rows, say: Say, budget: regions.Budget) -> None:
    full = [column.present for column in rows.columns]
    found = list(islice(regions.uncovered(rows, range(len(table.rules)), full, budget, unknown_covers=True), _MAX_GAPS))
    for region in found:
        english = regions.describe(region, rows.columns, "any other value") or "every input"
        chinese = regions.describe(region, rows.columns, "其他任何值") or "任何输入"
        certain = all(column.known for column, mask in zip(rows.columns, region, strict=True) if mask != column.present)
        first = table.policy == "F"
        say(
            "dmn-no-default" if first and not certain else "dmn-gap", "warning",
            f"No row matches: {english}. The answer is then null; add a row, or a default.",
            f"没有行命中：{chinese}。此时结果为空；请补充一行或默认值。", id=table.id,
        )  # fmt: skip
    unsure = any(mask is None for masks in rows.masks for mask in masks)
    if table.policy == "F" and not found and unsure and not _catches_all(table):
        say(
            "dmn-no-default", "warning", "No row catches the other cases; add a last row without conditions.",
            "没有兜底的行；请在最后加一行不设条件的规则。", id=table.id,
        )  # fmt: skip


def _catches_all(table: m.Table) -> bool:
    return any(all(test.text in {"", "-"} for test in rule.tests) for rule in table.rules)
