"""Where an operator puts a token: into the scope its element is drawn in, which is opened when it does not run.

As in Camunda 7's process instance modification a sub-process opened so starts nothing by itself: only what the operator
puts there runs. When several rounds or calls of it run, the operator has to say which (the id of its token).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core import loops, nodes, scopes
from engine.core.events import EventSubProcess
from engine.errors import N_, ConflictError, NotFoundError, ProcessError

if TYPE_CHECKING:
    from uuid import UUID

    from SpiffWorkflow.task import Task

    from engine.core.nodes import NodeSpec
    from engine.core.program import Program
    from engine.core.run import Run


def start(run: Run, element: str, within: UUID | None) -> None:
    """Put a token on an element, beside those that are there; an event sub-process interrupts what it is drawn to."""
    if within is not None and _another_round(run, element, within):
        return
    workflow = _home(run, _around(run, element, within), element)
    spec = _program(run, workflow).specs[element]
    if isinstance(spec, EventSubProcess):
        spec.launch(run, workflow, {})
    else:
        run.place(workflow, spec)


def start_after(run: Run, element: str, within: UUID | None) -> None:
    """Put a token on the one flow that leaves an element, as if the element had ended."""
    around = _around(run, element, within)
    program = _program(run, around)
    flows = program.specs[element].flows
    if len(flows) != 1:
        message = N_("{element} has {count} outgoing flows: start before one of the elements they lead to.")
        raise ProcessError(message, element_id=element, element=element, count=len(flows))
    run.place(_home(run, around, element), program.specs[flows[0].target], via=flows[0].id)


def move(run: Run, from_element: str, to_element: str) -> None:
    """Withdraw the tokens on an element and put one on another instead for each, in the nearest scope around both."""
    moved = [
        t for t in run.tokens() if t.task_spec.name == from_element and not t.internal_data.keys() & {"watch", "outer"}
    ]
    if not moved:
        raise ConflictError(N_("No token stands on {element}."), element=from_element)
    for task in moved:
        around = next((w for w in _outwards(run, task.workflow) if _encloses(run, w, to_element)), None)
        if around is None:
            message = N_("{element} is not in the same process as {source}.")
            raise ProcessError(message, element_id=to_element, element=to_element, source=from_element)
        workflow = _home(run, around, to_element)
        run.place(workflow, _program(run, workflow).specs[to_element])
        nodes.race_won(run, task)  # the other arms of an event-based gateway wait no longer either
        run.cancel(task)
        _leave_empty(run, task.workflow)


def _leave_empty(run: Run, workflow: Any) -> None:
    """Withdraw a scope that a moved token left empty: it has not ended, so nothing follows it."""
    while workflow.parent_task_id is not None and not run.alive(workflow):
        holder = run.token(workflow.parent_task_id)
        if holder is None:
            return
        run.cancel(holder)
        if "outer" in holder.internal_data:
            outer = nodes.token_by_text(run, holder.internal_data["outer"])
            if outer is None:
                return
            if loops.goes_on(run, outer):
                loops.inner_ended(run, holder)
                return
            run.cancel(outer)
        workflow = holder.workflow


def _program(run: Run, workflow: Any) -> Program:
    """Give the program whose diagram a process or sub-process is part of."""
    return run.program_of(workflow.task_tree)


def _path(program: Program, element: str) -> list[str]:
    """Name what an element is drawn in: the process, then the sub-processes from the outermost to its own."""
    names = [program.specs[element].node.scope]
    while names[0] != program.key:
        names.insert(0, program.specs[names[0]].node.scope)
    return names


def _encloses(run: Run, workflow: Any, element: str) -> bool:
    program = _program(run, workflow)
    return element in program.specs and workflow.spec.name in _path(program, element)


def _outwards(run: Run, workflow: Any) -> Any:
    """Walk from a scope to those around it, out to the top process."""
    while True:
        yield workflow
        if workflow.parent_task_id is None:
            return
        workflow = run.holder(workflow).workflow


def _around(run: Run, element: str, within: UUID | None) -> Any:
    """Find the running scope to look in: the given one, else the process that the element is drawn in."""
    if within is not None:
        workflow = run.workflow.subprocesses.get(within)
        if workflow is None:
            raise ConflictError(N_("The sub-process that was named does not run."))
        if not _encloses(run, workflow, element):
            message = N_("{element} is not inside the sub-process that was named.")
            raise ProcessError(message, element_id=element, element=element)
        return workflow
    if element in run.program.specs:
        return run.workflow
    called = [w for w in run.workflow.subprocesses.values() if w.spec.name == _program(run, w).key]
    found = [w for w in called if element in _program(run, w).specs]
    if not found:
        raise NotFoundError(N_("{name} has no element {element}."), name=run.program.name, element=element)
    return _only(found, element)


def _only(found: list[Any], element: str) -> Any:
    if len(found) > 1:
        message = N_("{element} can be started in {count} places that run now: say in which.")
        raise ProcessError(message, element_id=element, element=element, count=len(found))
    return found[0]


def _home(run: Run, workflow: Any, element: str) -> Any:
    """Find the scope of an element inside one that encloses it; what does not run on the way is opened."""
    program = _program(run, workflow)
    path = _path(program, element)
    for name in path[path.index(workflow.spec.name) + 1 :]:
        running = [
            run.workflow.subprocesses[task.id]
            for task in run.tokens(workflow)
            if task.task_spec.name == name and task.id in run.workflow.subprocesses
        ]
        workflow = _only(running, element) if running else _opened(run, workflow, program, program.specs[name])
    return workflow


def _opened(run: Run, workflow: Any, program: Program, spec: NodeSpec) -> Any:
    if isinstance(spec, EventSubProcess) and spec.start.node.interrupting:
        run.clear(workflow)
    token = _still(run, run.place(workflow, spec))
    run.note("entered", token)
    inner = token if spec.node.loop is None else _still(run, loops.lone_round(run, token, spec))
    spec.open_inputs(run, inner)
    child = scopes.open_scope(run, inner, program, spec.name)
    for boundary in spec.boundaries:
        boundary.attach(run, token)
    return child


def _still(run: Run, task: Task) -> Task:
    """Keep a token that was just placed from beginning by itself."""
    run.agenda.remove(task)
    return task


def _another_round(run: Run, element: str, within: UUID) -> bool:
    """Add a round to a parallel multi-instance that runs; False when `within` names something else."""
    outer = run.token(within)
    if outer is None or outer.task_spec.name != element or "loop" not in outer.internal_data:
        return False
    if outer.task_spec.node.loop.kind != "parallel":
        message = N_("The rounds of {name} come one after another: none can be added beside the one that runs.")
        raise ProcessError(message, element_id=element, name=outer.task_spec.label)
    loops.further_round(run, outer)
    return True
