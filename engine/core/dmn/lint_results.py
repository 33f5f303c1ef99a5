"""Results that are a name nobody gives a value to: a text whose quotes were forgotten, such as `四天`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.core.dmn import model as m
from engine.core.feel import nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def unknown_results(decisions: m.Decisions, decision: m.Decision, say: Callable[..., Any]) -> None:
    """Report every result of a decision that is a bare name which is neither an input nor another decision.

    Tables inside other boxes are left alone: the boxes around them may give the name.
    """
    known = decisions.element_names() | set(decisions.imports)
    box = decision.box
    if isinstance(box, m.Table):
        for column in box.inputs:
            expression = _compiled(column.expression, decisions)
            known |= expression.names if expression is not None else set()
    for literal, english, chinese, values in _results(box):
        expression = _compiled(literal, decisions)
        tree = expression.tree if expression is not None else None
        if isinstance(tree, nodes.Name) and tree.name not in known:
            near = feel.nearest(tree.name, known)
            say(
                "dmn-unknown-name",
                "error",
                f'{english}there is no input {tree.name}. A text is written "{tree.name}", a number as digits.'
                + (f" Did you mean {near}?" if near else "")
                + (f" Allowed here: {values}." if values else ""),
                f'{chinese}没有叫“{tree.name}”的变量。文本请写成 "{tree.name}"，数量请写数字。'
                + (f"是不是“{near}”？" if near else "")
                + (f"这一列可用的值：{values}。" if values else ""),
                id=literal.id,
                line=literal.line,
            )


def _compiled(literal: m.Literal, decisions: m.Decisions) -> feel.Expression | None:
    """Compile a text; None when it is empty or no FEEL, which the other rules report."""
    try:
        return feel.compile(literal.text, names=decisions.names) if literal.text else None
    except feel.FeelProblem:
        return None


def _results(box: m.Box | None) -> Iterator[tuple[m.Literal, str, str, str]]:
    """List the results of a table or a literal: where each stands in English and Chinese, which values it may have."""
    if isinstance(box, m.Literal):
        yield box, "", "", ""
    elif isinstance(box, m.Table):
        for output in box.outputs:
            if output.default is not None:
                yield output.default, f"Output “{output.title}”: ", f"结果列“{output.title}”：", output.values
        for index, rule in enumerate(box.rules, 1):
            for output, result in zip(box.outputs, rule.results, strict=True):
                yield result, f"Row {index}, “{output.title}”: ", f"第 {index} 行“{output.title}”：", output.values
