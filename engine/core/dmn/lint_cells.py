"""What single cells get wrong although they are FEEL: values of another type, dates that are sums, unknown names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from engine.core import feel
from engine.core.dmn.spelling import suggest
from engine.core.dmn.types import find, simple_name
from engine.core.feel import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.dmn import model as m

Say = Callable[..., Any]
KIND_NAMES: Final = {
    "number": ("a number", "数字"),
    "string": ("a text", "文本"),
    "boolean": ("true or false", "是／否（true、false）"),
    "date": ("a date", "日期"),
    "time": ("a time", "时刻"),
    "date and time": ("a date with time", "日期时间"),
    "days and time duration": ("a duration", "时长"),
    "years and months duration": ("a duration in months", "年月时长"),
}
POLICY_NAMES: Final = {
    "U": "UNIQUE",
    "A": "ANY",
    "P": "PRIORITY",
    "F": "FIRST",
    "R": "RULE ORDER",
    "O": "OUTPUT ORDER",
    "C": "COLLECT",
}
POLICY_CHINESE: Final = {
    "U": "“唯一”（UNIQUE）",
    "A": "“任一”（ANY）",
    "P": "“优先”（PRIORITY）",
    "F": "“首个”（FIRST）",
    "R": "“按行序”（RULE ORDER）",
    "O": "“按结果序”（OUTPUT ORDER）",
    "C": "“收集”（COLLECT）",
}
_CALLS: Final = {
    "date": "date",
    "time": "time",
    "date and time": "date and time",
    "duration": "days and time duration",
}
_DURATIONS: Final = frozenset({"days and time duration", "years and months duration"})


def base_kind(reference: str, decisions: m.Decisions) -> str:
    """The simple FEEL type behind a column's type, "" when it is none or a list."""
    item, _ = find(reference, decisions)
    if item is not None and (item.collection or item.components or item.takes is not None):
        return ""
    name = simple_name(item.base if item is not None else reference)
    return name if name in KIND_NAMES else ""


def how_to_write(text: str, *, unary: bool, kind: str) -> tuple[str, str]:
    """The end of a sentence that proposes another spelling, in English and Chinese; empty without an idea."""
    better = suggest(text, unary=unary, kind=kind)
    return (f" Write: {better}", f" 请写成：{better}") if better else ("", "")


def misfit(expression: feel.Expression, kind: str) -> str:
    """The type of a constant in a condition that cannot be compared with a column of that type; "" when all fit."""
    tree = expression.tree
    if not kind or not isinstance(tree, nodes.UnaryTests):
        return ""
    for node in _compared(tree.tests):
        other = _kind_of(node)
        if other and other not in {"null", kind} and not {other, kind} <= _DURATIONS:
            return other
    return ""


def _compared(tests: Any) -> Iterator[nodes.Node]:
    """The constants that the input itself is compared with."""
    for test in tests:
        if isinstance(test, nodes.Comparison):
            yield test.operand
        elif isinstance(test, nodes.RangeNode):
            yield from (end for end in (test.low, test.high) if end is not None)
        elif isinstance(test, nodes.ListNode):
            yield from _compared(nodes.children(test))
        else:
            yield test


def _kind_of(node: nodes.Node) -> str:
    if isinstance(node, nodes.Negate):
        return _kind_of(node.operand)
    if isinstance(node, nodes.Call) and isinstance(node.function, nodes.Name):
        return _CALLS.get(node.function.name, "")
    return feel.kind(node.value) if isinstance(node, nodes.Literal) else ""


def is_date_sum(tree: nodes.Node) -> bool:
    """Whether an expression subtracts constants, as a date or a span without its signs does: `2026-01-01`, `3-5`."""
    tests = list(tree.tests) if isinstance(tree, nodes.UnaryTests) else [tree]
    parts = [test.operand if isinstance(test, nodes.Comparison) else test for test in tests]
    return any(
        isinstance(part, nodes.Binary) and part.op == "-" and all(map(_constant, nodes.children(part)))
        for part in parts
    )


def _constant(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Literal) or (
        isinstance(node, nodes.Binary) and all(map(_constant, nodes.children(node)))
    )


def double_ids(table: m.Table, say: Say) -> None:
    """Report every id that stands twice in a table: editors would lose one of the two."""
    seen: dict[str, str] = {}
    for element_id, english, chinese, line in _ids(table):
        if element_id in seen:
            say(
                "dmn-double-id", "error",
                f"{english} has the id {element_id}, which is taken already. Copy the row anew, or delete one of them.",
                f"{chinese}的编号 {element_id} 与{seen[element_id]}重复。请重新复制这一行，或删除其中一处。",
                id=element_id, line=line,
            )  # fmt: skip
        seen.setdefault(element_id, chinese)


def _ids(table: m.Table) -> Iterator[tuple[str, str, str, int]]:
    columns: list[m.Input | m.Output] = [*table.inputs, *table.outputs]
    for column in columns:
        if column.id:
            yield column.id, f"Column “{column.title}”", f"列“{column.title}”", 0
    for index, rule in enumerate(table.rules, 1):
        if rule.id:
            yield rule.id, f"Row {index}", f"第 {index} 行", rule.line
        for cell in (*rule.tests, *rule.results):
            if cell.id:
                yield cell.id, f"A cell of row {index}", f"第 {index} 行的单元格", cell.line


def unknown_names(
    expression: feel.Expression, known: frozenset[str], here: tuple[str, str], say: Say, cell: m.Literal
) -> None:
    """Warn of names that are no input of the file: nobody may give them a value. Says nothing when it declares none."""
    if not known:
        return
    for name in sorted(expression.names - known - {"?"}):
        near = feel.nearest(name, known)
        english, chinese = (f" Did you mean {near}?", f"是不是“{near}”？") if near else ("", "")
        say(
            "dmn-unknown-input", "warning",
            f'{here[0]}{name} is no input of this table; a text is written "{name}".{english}',
            f'{here[1]}没有叫“{name}”的变量；若是文本请写成 "{name}"。{chinese}',
            id=cell.id, line=cell.line,
        )  # fmt: skip
