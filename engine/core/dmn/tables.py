"""Decision tables: which rows match, and what their hit policy makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.core.dmn.errors import DmnError
from engine.core.dmn.model import Literal
from engine.core.dmn.types import MISFIT, fit, simple_name
from engine.core.feel import operators
from engine.core.feel.runtime import Scope
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.dmn import model as m

    Closure = Callable[[Scope], Any]


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """A row that matched: `index` counts from 1, `value` is what this row alone says."""

    index: int
    rule_id: str
    annotations: tuple[str, ...]
    value: Any
    table_id: str = ""


@dataclass(frozen=True, slots=True)
class CellMiss:
    """A cell that its input did not pass: `column` counts from 1."""

    column: int
    title: str
    test: str
    value: Any


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What a row says to these inputs: it matched, or the first cell that failed.

    `cells` tells of every column whether its cell passes; None for one that does not ask.
    """

    index: int
    rule_id: str
    matched: bool
    miss: CellMiss | None = None
    cells: tuple[bool | None, ...] = ()


@dataclass(frozen=True, slots=True)
class CompiledTable:
    """A table ready to run; `rows` hold (column, test) of the cells that are not empty, and the results."""

    table: m.Table
    decisions: m.Decisions
    inputs: tuple[Closure, ...]
    allowed: tuple[Closure | None, ...]
    rows: tuple[tuple[tuple[tuple[int, Closure], ...], tuple[Closure, ...]], ...]
    defaults: tuple[Closure | None, ...]
    priorities: tuple[Closure | None, ...]

    def evaluate(self, scope: Scope) -> Any:
        """The answer of the table; the matches go to the trace of the evaluation. Raises DmnError."""
        matches = self._matches(self._scopes(scope), scope)
        trace = getattr(scope.run, "trace", None)
        if trace is not None:
            trace.extend(matches)
        if not matches:
            return self._no_match(scope)
        return _POLICIES[self.table.policy](self, matches, scope)

    def explain(self, scope: Scope) -> tuple[tuple[Any, ...], tuple[RowAnswer, ...]]:
        """The inputs by column, and why each row matched or not."""
        scopes = self._scopes(scope)
        answers = []
        for index, (rule, (tests, _)) in enumerate(zip(self.table.rules, self.rows, strict=True), 1):
            cells: list[bool | None] = [None] * len(scopes)
            for one in tests:
                cells[one[0]] = self._failed(index, (one,), scopes) < 0
            column = cells.index(False) if False in cells else -1
            miss = None
            if column >= 0:
                title = self.table.inputs[column].title
                miss = CellMiss(column + 1, title, rule.tests[column].text, scopes[column].vars["?"])
            answers.append(RowAnswer(index, rule.id, miss is None, miss, tuple(cells)))
        return tuple(inner.vars["?"] for inner in scopes), tuple(answers)

    def _scopes(self, scope: Scope) -> list[Scope]:
        """For every column a scope in which `?` is the input."""
        scopes = []
        for column, expression in enumerate(self.inputs):
            head = self.table.inputs[column]
            try:
                value = self._input(column, expression(scope), scope)
            except DmnError:
                raise
            except feel.FeelProblem as problem:
                template = N_("Table “{name}”, input “{column}”: {reason}")
                raise self._error(template, column=head.title, reason=problem) from problem
            scopes.append(Scope({"?": value}, scope, scope.run))
        return scopes

    def _input(self, column: int, value: Any, scope: Scope) -> Any:
        head = self.table.inputs[column]
        fitted = fit(value, head.type, self.decisions, scope)
        if fitted is MISFIT:
            if not scope.run.env.strict:
                return None
            template = N_("Table “{name}”: the input “{column}” is {value} ({found}); its column is of type {type}.")
            raise self._error(
                template,
                column=head.title,
                value=feel.text_of(value)[:80],
                found=feel.kind(value),
                type=simple_name(head.type),
            )
        allowed = self.allowed[column]
        if allowed is not None and fitted is not None and allowed(Scope({"?": fitted}, scope, scope.run)) is not True:
            if not scope.run.env.strict:
                return None
            template = N_("Table “{name}”: the input “{column}” is {value}; its column allows {allowed}.")
            raise self._error(template, column=head.title, value=feel.text_of(fitted)[:80], allowed=head.values)
        return fitted

    def _matches(self, scopes: list[Scope], scope: Scope) -> list[RuleMatch]:
        matches: list[RuleMatch] = []
        scope.run.charge(len(self.rows))
        for index, (tests, results) in enumerate(self.rows, 1):
            if self._failed(index, tests, scopes) >= 0:
                continue
            rule = self.table.rules[index - 1]
            value = self._value(index, results, scope)
            matches.append(RuleMatch(index, rule.id, rule.annotations, value, self.table.id))
            if self.table.policy == "F":
                break
        return matches

    def _failed(self, index: int, tests: tuple[tuple[int, Closure], ...], scopes: list[Scope]) -> int:
        """The first column whose cell does not pass, -1 when all do."""
        for column, test in tests:
            try:
                if test(scopes[column]) is not True:
                    return column
            except DmnError:
                raise
            except feel.FeelProblem as problem:
                template = N_("Table “{name}”, row {row}, “{column}”: {reason}")
                title = self.table.inputs[column].title
                raise self._error(template, row=index, column=title, reason=problem) from problem
        return -1

    def _value(self, index: int, results: tuple[Closure, ...], scope: Scope) -> Any:
        """What a row says: one value, or a context when there are several outputs."""
        values = []
        for output, result in zip(self.table.outputs, results, strict=True):
            try:
                values.append(self._output(output, result(scope), scope, index))
            except DmnError:
                raise
            except feel.FeelProblem as problem:
                template = N_("Table “{name}”, row {row}, “{column}”: {reason}")
                raise self._error(template, row=index, column=output.title, reason=problem) from problem
        return self._shape(values)

    def _output(self, output: m.Output, value: Any, scope: Scope, row: int) -> Any:
        fitted = fit(value, output.type, self.decisions, scope)
        if fitted is not MISFIT:
            return fitted
        if not scope.run.env.strict:
            return None
        template = N_("Table “{name}”, row {row}: the result {value} is not of the type {type} of “{column}”.")
        raise self._error(
            template, row=row, column=output.title, value=feel.text_of(value)[:80], type=simple_name(output.type)
        )

    def _shape(self, values: list[Any]) -> Any:
        if len(values) == 1:
            return values[0]
        return {output.name: value for output, value in zip(self.table.outputs, values, strict=True)}

    def _no_match(self, scope: Scope) -> Any:
        many = self.table.policy in {"R", "O"} or (self.table.policy == "C" and not self.table.aggregation)
        if any(default is not None for default in self.defaults):
            value = self._shape([None if default is None else default(scope) for default in self.defaults])
            return [value] if many else value
        if many:
            return []
        return feel.from_json(0) if self.table.aggregation == "COUNT" else None

    def _error(self, template: str, **fields: Any) -> DmnError:
        name = self.decisions.cache.get(("table", self.table.id), "") or self.table.id
        return DmnError(template, element_id=self.table.id, name=name, **fields)

    def rank(self, match: RuleMatch, scope: Scope) -> tuple[int, ...]:
        """The position of a row's values in the lists of allowed outputs; smaller goes first."""
        result = []
        for output, priority in zip(self.table.outputs, self.priorities, strict=True):
            value = match.value[output.name] if len(self.table.outputs) > 1 else match.value
            order = priority(scope) if priority is not None else []
            same = (at for at, item in enumerate(order) if operators.equal(item, value, scope.run) is True)
            result.append(next(same, len(order)))
        return tuple(result)

    def refuse(self, matches: list[RuleMatch], template: str, scope: Scope) -> None:
        """Null, or when strict the error that names the rows."""
        if scope.run.env.strict:
            raise self._error(template, rows=", ".join(str(match.index) for match in matches))


def _unique(table: CompiledTable, matches: list[RuleMatch], scope: Scope) -> Any:
    if len(matches) > 1:
        return table.refuse(matches, N_("Table “{name}”: only one row may match, but rows {rows} do."), scope)
    return matches[0].value


def _any(table: CompiledTable, matches: list[RuleMatch], scope: Scope) -> Any:
    first = matches[0].value
    if any(operators.equal(first, match.value, scope.run) is not True for match in matches[1:]):
        return table.refuse(matches, N_("Table “{name}”: rows {rows} match with different results."), scope)
    return first


def _priority(table: CompiledTable, matches: list[RuleMatch], scope: Scope) -> Any:
    return min(matches, key=lambda match: table.rank(match, scope)).value


def _output_order(table: CompiledTable, matches: list[RuleMatch], scope: Scope) -> list[Any]:
    return [match.value for match in sorted(matches, key=lambda match: table.rank(match, scope))]


def _collect(table: CompiledTable, matches: list[RuleMatch], scope: Scope) -> Any:
    values = [match.value for match in matches]
    kind = table.table.aggregation
    if not kind:
        return values
    if kind == "COUNT":
        return feel.from_json(len(values))
    if len(table.table.outputs) > 1:
        return {
            output.name: _aggregate(kind, [value[output.name] for value in values], scope)
            for output in table.table.outputs
        }
    return _aggregate(kind, values, scope)


def _aggregate(kind: str, values: list[Any], scope: Scope) -> Any:
    if kind == "SUM":
        return reduce(lambda total, value: operators.add(total, value, scope.run), values)
    function = feel.BUILTINS[kind.lower()]
    return function.call(scope.run, [values])


_POLICIES: dict[str, Callable[[CompiledTable, list[RuleMatch], Scope], Any]] = {
    "U": _unique,
    "A": _any,
    "P": _priority,
    "F": lambda _table, matches, _scope: matches[0].value,
    "R": lambda _table, matches, _scope: [match.value for match in matches],
    "O": _output_order,
    "C": _collect,
}


_HEAD = N_("Table “{name}”, input “{column}”: {reason}")
_CELL = N_("Table “{name}”, row {row}, “{column}”: {reason}")


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Compiles the texts of one table."""

    table: m.Table
    decisions: m.Decisions

    def text(self, literal: m.Literal, place: str, column: str, row: int = 0, *, unary: bool = False) -> Closure:
        """One text; `place` is the template of the error that says where it stands."""
        if not literal.text and not unary:
            return lambda _scope: None
        try:
            return feel.compile(literal.text, unary=unary, names=self.decisions.names).run
        except feel.FeelProblem as problem:
            name = self.decisions.cache.get(("table", self.table.id), "") or self.table.id
            raise DmnError(
                place, element_id=literal.id or self.table.id, name=name, row=row, column=column, reason=problem
            ) from problem

    def row(self, index: int, rule: m.Rule) -> tuple[tuple[tuple[int, Closure], ...], tuple[Closure, ...]]:
        """The tests of a row that are not empty, by column, and its results."""
        heads = self.table.inputs
        tests = tuple(
            (column, self.text(test, _CELL, heads[column].title, index, unary=True))
            for column, test in enumerate(rule.tests)
            if test.text not in {"", "-"}
        )
        pairs = zip(rule.results, self.table.outputs, strict=True)
        return tests, tuple(self.text(result, _CELL, output.title, index) for result, output in pairs)


def compile_table(table: m.Table, decisions: m.Decisions) -> CompiledTable:
    """Make a table ready to run. Raises DmnError naming row and column of a cell that is not FEEL."""
    make = _Compiler(table, decisions)
    return CompiledTable(
        table=table,
        decisions=decisions,
        inputs=tuple(make.text(column.expression, _HEAD, column.title) for column in table.inputs),
        allowed=tuple(
            make.text(Literal(column.values), _HEAD, column.title, unary=True) if column.values else None
            for column in table.inputs
        ),
        rows=tuple(make.row(index, rule) for index, rule in enumerate(table.rules, 1)),
        defaults=tuple(
            None if output.default is None else make.text(output.default, _HEAD, output.title)
            for output in table.outputs
        ),
        priorities=tuple(
            make.text(Literal(f"[{output.values}]"), _HEAD, output.title) if output.values else None
            for output in table.outputs
        ),
    )
