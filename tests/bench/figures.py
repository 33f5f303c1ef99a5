"""What a benchmark gives: figures with their budgets; how they are printed and kept."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

COMMAND = "python -m tests.bench"


@dataclass(frozen=True)
class Figure:
    """One measured value. `budget` is a text such as "<= 2" or "" when there is none; `ratio`: compares within one run."""

    name: str
    value: float
    unit: str
    budget: str = ""
    note: str = ""
    ratio: bool = False
    part: str = ""

    @property
    def met(self) -> bool | None:
        if not self.budget:
            return None
        sign, limit = self.budget.split()
        return self.value <= float(limit) if sign == "<=" else self.value >= float(limit)

    @property
    def command(self) -> str:
        return f"{COMMAND} {self.part}"

    def line(self) -> str:
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        return f"{self.name:<64} {shown(self.value):>10} {self.unit:<10} {self.budget:<9} {verdict}"


def shown(value: float) -> str:
    """Write a value with three digits that mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def timed(act: Callable[[], object], *, rounds: int) -> list[float]:
    """Give the seconds of each round."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        found.append(time.perf_counter() - began)
    return found


def percentile(values: Sequence[float], percent: int) -> float:
    """Give a percentile."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def keep(figures: Sequence[Figure], path: Path) -> None:
    """Write bench.json."""
    rows = [
        {
            "name": one.name, "value": round(one.value, 4), "unit": one.unit, "budget": one.budget, "met": one.met,
            "command": one.command, "note": one.note, "ratio": one.ratio,
        }
        for one in figures
    ]  # fmt: skip
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def report(figures: Sequence[Figure], about: str) -> str:
    """Write BENCHMARKS.md: ratios first, missed budgets in words."""
    head = "| what | measured | budget | met | command |\n|---|---:|---:|---|---|\n"

    def row(one: Figure) -> str:
        met = {None: "", True: "yes", False: "**no**"}[one.met]
        name = f"{one.name} ({one.note})" if one.note else one.name
        budget = one.budget.replace("<=", "≤").replace(">=", "≥")
        return f"| {name} | {shown(one.value)} {one.unit} | {budget} | {met} | `{one.command}` |"

    ratios = "\n".join(row(one) for one in figures if one.ratio)
    others = "\n".join(row(one) for one in figures if not one.ratio)
    missed = [one for one in figures if one.met is False]
    said = "\n".join(f"- {one.name}: {shown(one.value)} {one.unit}, budget {one.budget}." for one in missed)
    return (
        f"# Benchmarks\n\n`make bench` runs them all and writes this file and `bench.json`. {about}\n\n"
        f"## Ratios within one run\n\nMachines differ; these should not.\n\n{head}{ratios}\n\n"
        f"## Times, rates, sizes\n\n{head}{others}\n\n"
        f"## Missed budgets\n\n{said or 'None.'}\n"
    )


def plain(figure: Figure) -> dict[str, object]:
    """Give a figure as JSON."""
    return asdict(figure)
