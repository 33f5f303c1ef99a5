"""Loop markers: parallel and sequential multi-instance, and the standard loop.

The activity's own token (the outer one) carries the boundary events and waits; each round is an inner token with a
variable scope of its own. As in Camunda 7 the rounds see `loopCounter` and the element variable, the completion
condition sees `nrOfInstances`, `nrOfActiveInstances` and `nrOfCompletedInstances`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from engine.core import feel
from engine.core.variables import as_json
from engine.errors import N_, ProcessError

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.core.model import Loop
    from engine.core.nodes import NodeSpec
    from engine.core.run import Run

MAX_INSTANCES = 1_000


def begin(run: Run, task: Task, spec: NodeSpec) -> bool:
    """Start the first round, or all of them; True when there is nothing to do."""
    loop = spec.node.loop
    if loop is None:
        return True
    task._set_state(TaskState.STARTED)  # noqa: SLF001
    if loop.kind == "standard":
        task.internal_data["loop"] = {"done": 0}
        if loop.test_before and not _again(run, task, loop):
            return _nothing(task)
        _round(run, task, spec, 0, None)
        return False
    items = _items(run, task, spec)
    if not items:
        return _nothing(task)
    first = len(items) if loop.kind == "parallel" else 1
    rest = [] if loop.kind == "parallel" else as_json(spec.label, items[1:])
    task.internal_data["loop"] = {"n": len(items), "done": 0, "rest": rest}
    run.variables.open(str(task.id), _counters(len(items), first, 0))
    for index in range(first):
        _round(run, task, spec, index, items[index])
    return False


def _nothing(task: Task) -> bool:
    task._set_state(TaskState.WAITING)  # noqa: SLF001
    return True


def _items(run: Run, task: Task, spec: NodeSpec) -> list[Any]:
    loop = spec.node.loop
    text = (loop.collection or loop.cardinality).removeprefix("=") if loop is not None else ""
    value = run.evaluate(task, text)
    if isinstance(value, Decimal | int) and not isinstance(value, bool) and value == int(value) >= 0:
        items: list[Any] = [None] * max(0, min(int(value), MAX_INSTANCES + 1))
    elif isinstance(value, list):
        items = feel.to_json(value)
    else:
        message = N_("{name}: the multi-instance over {text} needs a list or a whole number, not {value}.")
        raise ProcessError(
            message, element_id=spec.name, name=spec.label, text=text, value=str(feel.to_json(value))[:80]
        )
    if len(items) > MAX_INSTANCES:
        message = N_("{name}: the multi-instance has more than {limit} rounds. Start one process per item instead.")
        raise ProcessError(message, element_id=spec.name, name=spec.label, limit=MAX_INSTANCES)
    return items


def _counters(total: int, active: int, completed: int) -> dict[str, Any]:
    return {"nrOfInstances": total, "nrOfActiveInstances": active, "nrOfCompletedInstances": completed}


def _round(run: Run, outer: Task, spec: NodeSpec, index: int, item: Any) -> Task:
    inner = run.place(outer.workflow, spec, outer=str(outer.id), index=index)
    values: dict[str, Any] = {"loopCounter": index}
    if spec.node.loop is not None and spec.node.loop.element_variable:
        values[spec.node.loop.element_variable] = item
    run.variables.open(str(inner.id), values)
    return inner


def lone_round(run: Run, outer: Task, spec: NodeSpec) -> Task:
    """Open a loop for the one round that an operator starts: no list is asked for, the element variable is null."""
    outer._set_state(TaskState.STARTED)  # noqa: SLF001
    if spec.node.loop is not None and spec.node.loop.kind == "standard":
        outer.internal_data["loop"] = {"done": 0}
    else:
        outer.internal_data["loop"] = {"n": 1, "done": 0, "rest": []}
        run.variables.open(str(outer.id), _counters(1, 1, 0))
    return _round(run, outer, spec, 0, None)


def further_round(run: Run, outer: Task) -> None:
    """Add a round to a parallel multi-instance; its element variable is null."""
    state = outer.internal_data["loop"]
    total, done = state["n"] + 1, state["done"]
    if total > MAX_INSTANCES:
        message = N_("{name}: the multi-instance has more than {limit} rounds. Start one process per item instead.")
        raise ProcessError(message, element_id=outer.task_spec.name, name=outer.task_spec.label, limit=MAX_INSTANCES)
    outer.internal_data["loop"] = {**state, "n": total}
    run.variables.open(str(outer.id), _counters(total, total - done, done))
    _round(run, outer, outer.task_spec, total - 1, None)


def goes_on(run: Run, outer: Task) -> bool:
    """Tell whether a loop has another round, running or still to come."""
    me = str(outer.id)
    rounds = any(other.internal_data.get("outer") == me for other in run.tokens(outer.workflow))
    return rounds or bool(outer.internal_data["loop"].get("rest"))


def inner_ended(run: Run, inner: Task) -> None:
    """Count a finished round; start the next one or end the activity."""
    outer = run.token(UUID(inner.internal_data["outer"]))
    if outer is None:
        return
    spec = outer.task_spec
    state = dict(outer.internal_data["loop"])
    state["done"] += 1
    outer.internal_data["loop"] = state
    if spec.node.loop.kind == "standard":
        if _again(run, outer, spec.node.loop):
            _round(run, outer, spec, state["done"], None)
        else:
            spec.finish(run, outer)
        return
    total, done, rest = state["n"], state["done"], state["rest"]
    active = total - done if spec.node.loop.kind == "parallel" else min(1, len(rest))
    run.variables.open(str(outer.id), _counters(total, active, done))
    condition = spec.node.loop.completion_condition
    strict = run.variables.has(str(inner.id))  # of a round withdrawn by hand the condition may know nothing
    if done >= total or (condition and run.holds(inner, condition.removeprefix("="), strict=strict)):
        spec.finish(run, outer)
    elif rest:
        outer.internal_data["loop"] = {**state, "rest": rest[1:]}
        _round(run, outer, spec, done, rest[0])


def _again(run: Run, outer: Task, loop: Loop) -> bool:
    done = outer.internal_data["loop"]["done"]
    if loop.maximum is not None and done >= loop.maximum:
        return False
    if not loop.condition:
        return loop.maximum is not None
    run.variables.open(str(outer.id), {"loopCounter": done})
    return run.holds(outer, loop.condition.removeprefix("="))
