"""Stored examples replayed: one whose result is no longer the expected one stops a publication."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.core.dmn.chinese import in_chinese
from engine.core.dmn.evaluation import evaluate
from engine.core.dmn.examples import Example, environment
from engine.core.dmn.fields import fields

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.core.dmn import model as m
    from engine.core.findings import Finding

_MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Replayed:
    """What an example gave: `result` is JSON; `problem` is why there is none, or that it cannot be read."""

    example: Example
    result: Any = None
    rows: tuple[int, ...] = ()
    problem: feel.FeelProblem | None = None

    @property
    def passed(self) -> bool:
        """Whether the result is the expected one."""
        return self.problem is None and not self.example.broken and self.result == self.example.expected


def replay(decisions: m.Decisions, decision: m.Decision) -> tuple[Replayed, ...]:
    """Ask the decision every example it carries; what an example does not give is null."""
    found = []
    empty = dict.fromkeys(field.name for field in fields(decisions, decision)) if decision.examples else {}
    for example in decision.examples:
        try:
            answer = evaluate(decisions, decision.id, {**empty, **example.given}, environment(example.at))
        except feel.FeelProblem as problem:
            found.append(Replayed(example, problem=problem))
        else:
            rows = tuple(match.index for match in answer.matched)
            found.append(Replayed(example, feel.to_json(answer.value), rows))
    return tuple(found)


def check_examples(
    decisions: m.Decisions, decision: m.Decision, before: Sequence[Finding], say: Callable[..., Any]
) -> None:
    """Report the examples that fail, each with both results; none while the decision itself cannot be asked."""
    if any(finding.severity == "error" and finding.rule != "dmn-overlap" for finding in before):
        return
    for replayed in replay(decisions, decision):
        if replayed.passed:
            continue
        example, expected = replayed.example, shown(replayed.example.expected)
        name, place = example.name or example.id, example.id or decision.id
        if example.broken:
            say(
                "dmn-example", "error", f"Example “{name}”: {example.broken[:80]} cannot be read; store it anew.",
                f"例子“{name}”：读不懂 {example.broken[:80]}，请重新保存这个例子。", id=place,
            )  # fmt: skip
        elif replayed.problem is not None:
            say(
                "dmn-example", "error",
                f"Example “{name}”: expected {expected}, but there is no answer: {replayed.problem}",
                f"例子“{name}”：应得 {expected}，现在算不出来：{in_chinese(replayed.problem)}", id=place,
            )  # fmt: skip
        else:
            rows, result = ", ".join(map(str, replayed.rows)) or "–", shown(replayed.result)
            say(
                "dmn-example", "error",
                f"Example “{name}”: expected {expected}, now {result} (row {rows}). Mend one of the two.",
                f"例子“{name}”：应得 {expected}，现在得 {result}（第 {rows} 行）。请改表，或更新这个例子。", id=place,
            )  # fmt: skip


def shown(value: Any) -> str:
    """A JSON value for people, cut short."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…"
