"""The test bench of decision tables: ask a draft, see what every row says to it and why. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import access
from engine.access import Action
from engine.core import dmn, feel
from engine.definitions import calendar
from engine.errors import N_, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry


@dataclass(frozen=True, slots=True)
class Cell:
    """A condition of a row: `passed` is None when the cell does not ask."""

    column: str
    test: str
    value: Any
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row: whether all its cells pass, and whether the hit policy takes it."""

    index: int
    rule_id: str
    matched: bool
    taken: bool
    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """The answer of a draft: `result` is JSON, `problem` why there is none."""

    given: Mapping[str, Any]
    result: Any
    taken: tuple[int, ...]
    rows: tuple[Row, ...]
    problem: feel.FeelProblem | None = None


@dataclass(frozen=True, slots=True)
class RowTried:
    """A row asked with inputs made for it. `tried` is None when none could be made, for the reason `why`."""

    index: int
    rule_id: str
    tried: Tried | None
    why: str = ""

    @property
    def reached(self) -> bool:
        """Whether the table gave this row's answer."""
        return self.tried is not None and self.index in self.tried.taken


@dataclass(frozen=True, slots=True)
class Bench:
    """A decision as the bench shows it."""

    id: str
    name: str
    policy: str
    aggregation: str
    fields: tuple[dmn.Field, ...]
    outputs: tuple[tuple[str, str], ...]
    examples: tuple[dmn.Replayed, ...]


def open_bench(viewer: Viewer, *, source: bytes, decision: str = "") -> Bench:
    """What a decision asks and answers, and how its stored examples do.

    Raises NotAllowedError, NotFoundError, DmnError when the file cannot be read.
    """
    decisions, found = _open(viewer, source, decision)
    table = found.box if isinstance(found.box, dmn.Table) else None
    return Bench(
        found.id,
        found.name,
        table.policy if table else "",
        table.aggregation if table else "",
        dmn.fields(decisions, found),
        tuple((output.name, output.title) for output in table.outputs) if table else (),
        dmn.replay(decisions, found),
    )


def try_inputs(
    session: Session,
    viewer: Viewer,
    *,
    source: bytes,
    decision: str = "",
    given: Mapping[str, Any],
    now: datetime,
    registry: Registry,
) -> Tried:
    """Ask a draft with the working calendar of this site; inputs that are not given are null.

    Raises NotAllowedError, NotFoundError, DmnError when the file cannot be read; what is wrong with the answer is told.
    """
    decisions, found = _open(viewer, source, decision)
    return _tried(decisions, found, given, dmn.example_environment(now, calendar(session, registry)))


def try_rows(
    session: Session, viewer: Viewer, *, source: bytes, decision: str = "", now: datetime, registry: Registry
) -> tuple[RowTried, ...]:
    """Ask a draft once for every row, with inputs that this row is meant for. Raises as `try_inputs`."""
    decisions, found = _open(viewer, source, decision)
    if not isinstance(found.box, dmn.Table):
        return ()
    env = dmn.example_environment(now, calendar(session, registry))
    return tuple(
        RowTried(
            sample.index,
            sample.rule_id,
            None if sample.given is None else _tried(decisions, found, sample.given, env, explained=False),
            sample.why,
        )
        for sample in dmn.samples(decisions, found, found.box)
    )


def _open(viewer: Viewer, source: bytes, decision: str) -> tuple[dmn.Decisions, dmn.Decision]:
    access.require(viewer, Action.STUDIO_USE)
    decisions = dmn.parse(source)
    found = decisions.decisions.get(decision) if decision else next(iter(decisions.decisions.values()), None)
    if found is None:
        raise NotFoundError(N_("There is no decision {decision} in this file."), decision=decision or "–")
    return decisions, found


def _tried(
    decisions: dmn.Decisions, decision: dmn.Decision, given: Mapping[str, Any], env: feel.Env, *, explained: bool = True
) -> Tried:
    variables = {field.name: None for field in dmn.fields(decisions, decision)} | dict(given)
    problem: feel.FeelProblem | None = None
    result: Any = None
    taken: tuple[int, ...] = ()
    try:
        answer = dmn.evaluate(decisions, decision.id, variables, env)
        result, taken = feel.to_json(answer.value), tuple(match.index for match in answer.matched)
    except feel.FeelProblem as found:
        problem = found
    rows = _rows(decisions, decision, variables, env, taken) if explained else ()
    return Tried(dict(given), result, taken, rows, problem)


def _rows(
    decisions: dmn.Decisions,
    decision: dmn.Decision,
    variables: Mapping[str, Any],
    env: feel.Env,
    taken: tuple[int, ...],
) -> tuple[Row, ...]:
    """Every row cell by cell; none when a cell cannot be asked, which the problem of the answer tells."""
    table = decision.box
    if not isinstance(table, dmn.Table):
        return ()
    try:
        values, answers = dmn.look(decisions, decision.id, variables, env)
    except feel.FeelProblem:
        return ()
    shown = [feel.to_json(value) for value in values]
    found = []
    for answer, rule in zip(answers, table.rules, strict=True):
        asked = zip(table.inputs, rule.tests, shown, answer.cells, strict=True)
        cells = tuple(Cell(column.title, test.text, value, passed) for column, test, value, passed in asked)
        row = Row(answer.index, rule.id, answer.matched, answer.index in taken, cells, rule.annotations)
        found.append(row)
    return tuple(found)
