"""Asking a decision: its requirements first, each at most once, in one evaluation with one budget."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.core import feel
from engine.core.dmn.boxes import compile_box, compile_function
from engine.core.dmn.errors import DmnError
from engine.core.dmn.model import Decision, Decisions, Knowledge, Service, Table
from engine.core.dmn.tables import CompiledTable, RowAnswer, RuleMatch, compile_table
from engine.core.dmn.types import MISFIT, feel_type, feel_types, fit, result_type
from engine.core.feel.runtime import Run, Scope
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_NESTED = 60


@dataclass(frozen=True, slots=True)
class Result:
    """The answer: `value` in FEEL values, `matched` rows of the decision's own table, `trace` those of all tables."""

    value: Any
    matched: tuple[RuleMatch, ...] = ()
    trace: tuple[RuleMatch, ...] = ()


class _DmnRun(Run):
    """A run that remembers which rows matched and which decisions are under way."""

    __slots__ = ("busy", "trace")

    def __init__(self, env: feel.Env) -> None:
        super().__init__(env)
        self.trace: list[RuleMatch] = []
        self.busy: list[tuple[Any, ...]] = []


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a decision finds its inputs: the caller's variables, and what has been decided already."""

    variables: Mapping[str, Any]
    run: _DmnRun
    done: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()

    def key(self, decisions: Decisions, element_id: str) -> tuple[Any, ...]:
        """What is decided once: the same file imported by two ways has two sets of inputs."""
        return (self.prefix, id(decisions), element_id)


def evaluate(
    decisions: Decisions, name_or_id: str, variables: Mapping[str, Any], env: feel.Env | None = None
) -> Result:
    """Ask a decision, service or knowledge model. Raises DmnError, also for everything wrong with its expressions.

    When `env.strict`, all variables are visible to every decision and misfits are errors; else, as the standard's test
    kit wants it, a decision sees what it requires, and misfits are null.
    """
    target = _target(decisions, name_or_id)
    run = _run(decisions, env)
    frame = _Frame(variables, run)
    if isinstance(target, Service):
        return Result(_service_value(target, decisions, frame), (), tuple(run.trace))
    if isinstance(target, Knowledge):
        return Result(_knowledge_value(target, decisions, frame), (), tuple(run.trace))
    value = _decision_value(target, decisions, frame)
    own = target.box.id if isinstance(target.box, Table) else ""
    matched = tuple(match for match in run.trace if match.table_id == own)
    return Result(value, matched, tuple(run.trace))


def explain(
    decisions: Decisions, name_or_id: str, variables: Mapping[str, Any], env: feel.Env | None = None
) -> tuple[RowAnswer, ...]:
    """For each row of the decision's table: whether it matches, and the first cell that fails. Raises DmnError."""
    return look(decisions, name_or_id, variables, env)[1]


def look(
    decisions: Decisions, name_or_id: str, variables: Mapping[str, Any], env: feel.Env | None = None
) -> tuple[tuple[Any, ...], tuple[RowAnswer, ...]]:
    """What a decision's table is given, by column, and what each row says to it; nothing when there is no table.

    Raises DmnError.
    """
    target = _target(decisions, name_or_id)
    if not isinstance(target, Decision) or not isinstance(target.box, Table):
        return (), ()
    frame = _Frame(variables, _run(decisions, env))
    return _table(target, target.box, decisions).explain(_scope(target.requires, decisions, frame))


def _target(decisions: Decisions, name_or_id: str) -> Decision | Service | Knowledge:
    target = decisions.find(name_or_id)
    if target is None:
        near = feel.nearest(
            name_or_id, [item.name for item in decisions.decisions.values()] + list(decisions.decisions)
        )
        if near:
            raise DmnError(
                N_("There is no decision “{name}”. Did you mean “{nearest}”?"), name=name_or_id, nearest=near
            )
        raise DmnError(N_("There is no decision “{name}”."), name=name_or_id)
    return target


def _run(decisions: Decisions, env: feel.Env | None) -> _DmnRun:
    base = env or feel.Env()
    if decisions.items or decisions.imports or decisions.merged:
        base = feel.Env(
            base.now, base.zone, base.functions, base.strict, base.steps, types={**base.types, **feel_types(decisions)}
        )
    return _DmnRun(base)


def _table(decision: Decision, table: Table, decisions: Decisions) -> CompiledTable:
    key = ("compiled", decision.id)
    known: CompiledTable | None = decisions.cache.get(key)
    if known is None:
        decisions.cache["table", table.id] = decision.name
        known = decisions.cache[key] = compile_table(table, decisions)
    return known


def _decision_value(decision: Decision, decisions: Decisions, frame: _Frame) -> Any:
    key = frame.key(decisions, decision.id)
    if key in frame.done:
        return frame.done[key]
    run = frame.run
    if key in run.busy or len(run.busy) > _MAX_NESTED:
        raise DmnError(N_("The decision “{name}” requires itself."), element_id=decision.id, name=decision.name)
    run.busy.append(key)
    try:
        value = _guarded(decision, decisions, _scope(decision.requires, decisions, frame))
    finally:
        run.busy.pop()
    frame.done[key] = value
    return value


def _guarded(decision: Decision, decisions: Decisions, scope: Scope) -> Any:
    """Evaluate the logic of a decision, turning every problem into one that names the decision."""
    try:
        if isinstance(decision.box, Table):
            value = _table(decision, decision.box, decisions).evaluate(scope)
        else:
            key = ("compiled", decision.id)
            closure = decisions.cache.get(key)
            if closure is None:
                closure = decisions.cache[key] = compile_box(decision.box, decisions)
            value = closure(scope)
        scope.run.weigh(value)
        fitted = fit(value, decision.type, decisions, scope)
    except DmnError:
        raise
    except feel.FeelProblem as problem:
        template = N_("Decision “{name}”: {reason}")
        raise DmnError(template, element_id=decision.id, name=decision.name, reason=problem) from problem
    except RecursionError:
        raise DmnError(
            N_("The decision “{name}” is nested too deep."), element_id=decision.id, name=decision.name
        ) from None
    if fitted is MISFIT:
        if not scope.run.env.strict:
            return None
        template = N_("Decision “{name}”: the result {value} is not of its type {type}.")
        shown = feel.text_of(value)[:80]
        raise DmnError(template, element_id=decision.id, name=decision.name, value=shown, type=decision.type)
    return fitted


def _scope(requires: tuple[str, ...], decisions: Decisions, frame: _Frame) -> Scope:
    """What the expressions of an element see."""
    if frame.run.env.strict:
        visible = dict(frame.variables)
    else:
        hidden = decisions.element_names()
        visible = {name: value for name, value in frame.variables.items() if name not in hidden}
    for reference in requires:
        owner, prefix, element_id = _resolve(reference, decisions)
        found = _required(owner, element_id, frame, prefix)
        if found is None:
            continue
        name, value = found
        if prefix:
            known = visible.get(prefix)
            visible[prefix] = {**(known if type(known) is dict else {}), name: value}
        else:
            visible[name] = value
    return Scope(visible, None, frame.run)


def _resolve(reference: str, decisions: Decisions) -> tuple[Decisions, str, str]:
    """The file, the name it is imported under ("" for this one) and the id that a reference means."""
    namespace, _, element_id = reference.rpartition("#")
    if namespace not in {"", decisions.namespace}:
        everywhere = [*decisions.imports.items(), *(("", other) for other in decisions.merged)]
        for prefix, other in everywhere:
            if namespace == other.namespace:
                return other, prefix, element_id
    if not decisions.has(element_id):
        for other in decisions.merged:
            if other.has(element_id):
                return other, "", element_id
    return decisions, "", element_id


def _required(owner: Decisions, element_id: str, frame: _Frame, prefix: str) -> tuple[str, Any] | None:
    """The name and value of a required element; None when there is none."""
    inner = _Frame(frame.variables, frame.run, frame.done, (*frame.prefix, prefix)) if prefix else frame
    if element_id in owner.inputs:
        return _input_value(owner, element_id, inner)
    if element_id in owner.decisions:
        decision = owner.decisions[element_id]
        return decision.name, _decision_value(decision, owner, inner)
    if element_id in owner.knowledge:
        knowledge = owner.knowledge[element_id]
        return knowledge.name, _function(knowledge, owner, inner)
    if element_id in owner.services:
        service = owner.services[element_id]
        return service.name, _service_function(service, owner, inner)
    if frame.run.env.strict:
        raise DmnError(N_("A required element {id} does not exist."), element_id=element_id, id=element_id)
    return None


def _input_value(owner: Decisions, element_id: str, frame: _Frame) -> tuple[str, Any] | None:
    data = owner.inputs[element_id]
    source: Any = frame.variables
    for part in frame.prefix:
        source = source.get(part) if isinstance(source, dict) and part in source else frame.variables
    dotted = ".".join((*frame.prefix, data.name))
    if dotted in frame.variables:
        value = frame.variables[dotted]
    elif data.name in source:
        value = source[data.name]
    else:
        return data.name, None  # declared, so no misspelt name: its caller does not know it yet, and tests on it fail
    scope = Scope({}, None, frame.run)
    try:
        fitted = fit(feel.from_json(value), data.type, owner, scope)
    except DmnError:
        raise
    except feel.FeelProblem as problem:
        raise DmnError(
            N_("The input “{name}”: {reason}"), element_id=data.id, name=data.name, reason=problem
        ) from problem
    if fitted is MISFIT:
        if not frame.run.env.strict:
            return data.name, None
        template = N_("The input “{name}” is {value}, which is not of its type {type}.")
        shown = feel.text_of(feel.from_json(value))[:80]
        raise DmnError(template, element_id=data.id, name=data.name, value=shown, type=data.type)
    return data.name, fitted


def _function(knowledge: Knowledge, owner: Decisions, frame: _Frame) -> Any:
    key = frame.key(owner, knowledge.id)
    if key in frame.done:
        return frame.done[key]
    if knowledge.function is None:
        return None
    try:
        others = tuple(r for r in knowledge.requires if _resolve(r, owner) != (owner, "", knowledge.id))
        scope = _scope(others, owner, frame)
        function = compile_function(knowledge.function, owner, knowledge.name, knowledge.type)(scope)
    except DmnError:
        raise
    except feel.FeelProblem as problem:
        template = N_("Knowledge model “{name}”: {reason}")
        raise DmnError(template, element_id=knowledge.id, name=knowledge.name, reason=problem) from problem
    # A knowledge model may call itself.
    scope.vars = {**scope.vars, knowledge.name: function}
    frame.done[key] = function
    return function


def _knowledge_value(knowledge: Knowledge, owner: Decisions, frame: _Frame) -> Any:
    """A knowledge model asked by itself: its parameters are taken from the variables."""
    function = _function(knowledge, owner, frame)
    if not isinstance(function, feel.Function):
        return None
    try:
        return function.call(frame.run, [feel.from_json(frame.variables.get(name)) for name in function.params])
    except DmnError:
        raise
    except feel.FeelProblem as problem:
        template = N_("Knowledge model “{name}”: {reason}")
        raise DmnError(template, element_id=knowledge.id, name=knowledge.name, reason=problem) from problem


def _service_function(service: Service, owner: Decisions, frame: _Frame) -> feel.Function:
    params: list[tuple[str, str, Decisions]] = []
    for reference in (*service.inputs, *service.input_decisions):
        home, _, element_id = _resolve(reference, owner)
        element = home.inputs.get(element_id) or home.decisions.get(element_id)
        params.append((element_id, "", home) if element is None else (element.name, element.type, home))

    def call(run: Any, values: list[Any]) -> Any:
        scope = Scope({}, None, frame.run)
        args = {name: fit(value, kind, home, scope) for (name, kind, home), value in zip(params, values, strict=True)}
        if any(value is MISFIT for value in args.values()):
            if frame.run.env.strict:
                raise DmnError(N_("“{name}” cannot be called with these values."), name=service.name)
            return None
        run.enter(_MAX_NESTED // 3)
        value = _service_value(service, owner, _Frame(args, frame.run, {}, frame.prefix))
        run.depth -= _MAX_NESTED // 3
        return value

    types = tuple(feel_type(kind, home) for _, kind, home in params)
    result = feel_type(result_type(service.type, owner), owner)
    return feel.Function(service.name, tuple(name for name, _, _ in params), call, types, result=result)


def _service_value(service: Service, owner: Decisions, frame: _Frame) -> Any:
    """The output decisions, with the input decisions taken from the variables."""
    for reference in service.input_decisions:
        home, _, element_id = _resolve(reference, owner)
        decision = home.decisions.get(element_id)
        if decision is not None:
            given = fit(
                feel.from_json(frame.variables.get(decision.name)), decision.type, home, Scope({}, None, frame.run)
            )
            frame.done[frame.key(home, element_id)] = None if given is MISFIT else given
    results: dict[str, Any] = {}
    for reference in service.outputs:
        home, _, element_id = _resolve(reference, owner)
        decision = home.decisions.get(element_id)
        if decision is not None:
            results[decision.name] = _decision_value(decision, home, frame)
    value = next(iter(results.values())) if len(results) == 1 else results
    fitted = fit(value, result_type(service.type, owner), owner, Scope({}, None, frame.run))
    return None if fitted is MISFIT else fitted
