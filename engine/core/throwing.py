"""What an element throws and who catches it: messages, signals, errors, escalations, compensation, cancel.

Errors and escalations look for a catcher from the inside out (BPMN 2.0 §13.5.5): an event sub-process of the scope,
then the border of the activity that holds the scope, and so on through called processes up to the instance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from engine.core import feel
from engine.core.normalise import own_key
from engine.core.run import LIVE
from engine.core.snapshot import Thrown
from engine.errors import N_, ProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from SpiffWorkflow.task import Task

    from engine.core.model import EventDefinition, Node
    from engine.core.run import Run


def throw_message(run: Run, task: Task, node: Node) -> None:
    """Hand a message to the host, with the values of `camunda:in` and the receiver's business key."""
    name = str(run.text(task, node.event.name)) if node.event is not None else ""
    values, key = _payload(run, task, node)
    run.thrown.append(Thrown("message", name, node.id, values, key))
    run.note("thrown", task, kind="message", name=name)


def _payload(run: Run, task: Task, node: Node) -> tuple[dict[str, Any], str]:
    event = node.event
    mappings = [*(event.mappings if event is not None else ()), *(m for m in node.inputs if not m.local)]
    values: dict[str, Any] = {}
    key = run.own_key(task)
    for mapping in mappings:
        if mapping.business_key:
            key = run.own_key(task) if own_key(mapping) else str(run.evaluate(task, mapping.source.removeprefix("=")))
        elif mapping.all:
            values.update(run.view(task))
        elif mapping.target:
            values[mapping.target] = (
                run.evaluate(task, mapping.source.removeprefix("="))
                if mapping.expression
                else run.view(task).get(mapping.source)
            )
    return {target: feel.to_json(value) for target, value in values.items()}, key


def throw_signal(run: Run, task: Task, node: Node) -> None:
    """Hand a signal to the host, which tells every waiting instance, with the values of `camunda:in`."""
    name = str(run.text(task, node.event.name)) if node.event is not None else ""
    values, _key = _payload(run, task, node)
    run.thrown.append(Thrown("signal", name, node.id, values))
    run.note("thrown", task, kind="signal", name=name)


def code_of(run: Run, task: Task, node: Node) -> str:
    """Give the error or escalation code that an event throws; its name when it has no code."""
    event = node.event
    return str(run.text(task, event.code or event.name)) if event is not None else ""


def throw_error(run: Run, task: Task, code: str, message: str = "", variables: Mapping[str, Any] | None = None) -> bool:
    """Interrupt the innermost activity that catches the error. Raises ProcessError when nobody does."""
    run.note("thrown", task, kind="error", code=code, message=message)
    if not _caught(run, task, "error", code, message, variables or {}):
        text = N_("{name}: nobody catches the error {code}. {message}")
        raise ProcessError(text, element_id=task.task_spec.name, name=task.task_spec.label, code=code, message=message)
    run.cancel(task)
    return False


def throw_escalation(run: Run, task: Task, code: str) -> bool:
    """Tell the innermost catcher; True when the thrower goes on, that is unless it was interrupted."""
    run.note("thrown", task, kind="escalation", code=code)
    if not _caught(run, task, "escalation", code, "", {}):
        run.note("uncaught", task, kind="escalation", code=code)
    return bool(task.has_state(LIVE))


def _caught(run: Run, task: Task, kind: str, code: str, message: str, variables: Mapping[str, Any]) -> bool:
    at, inside = task, False
    while True:
        if _at_border(run, at, kind, code, message, variables, inside=inside):
            return True
        program = run.program_of(at)
        scope = at.task_spec.node.scope
        for spec in sorted(program.event_subprocesses(scope), key=lambda spec: _catches_all(spec.start.node.event)):
            event = spec.start.node.event
            if event is not None and _matches(event, kind, code) and at.task_spec is not spec:
                spec.launch(run, at.workflow, {**variables, **_caught_values(event, code, message)})
                return True
        if at.workflow.parent_task_id is None:
            return False
        at, inside = run.holder(at.workflow), True


def _at_border(
    run: Run, at: Task, kind: str, code: str, message: str, variables: Mapping[str, Any], *, inside: bool
) -> bool:
    """Try the boundary events of the activity the token is in."""
    if not inside and at.task_spec.node.type.endswith("Event"):
        return False
    outer = at.internal_data.get("outer")
    host = run.token(UUID(outer)) if outer else at
    matching = [b for b in at.task_spec.boundaries if b.node.event is not None and _matches(b.node.event, kind, code)]
    for boundary in sorted(matching, key=lambda b: _catches_all(b.node.event)):
        values = {**variables, **_caught_values(boundary.node.event, code, message)}
        workflow = at.workflow
        if (kind == "error" or boundary.node.interrupting) and host is not None:
            run.cancel(host)
        boundary.take(run, workflow, values)
        return True
    return False


def _matches(event: EventDefinition, kind: str, code: str) -> bool:
    return event.kind == kind and (not event.ref or code in {event.code or event.name, event.name})


def _catches_all(event: EventDefinition | None) -> bool:
    """Sort what names the code before what catches everything."""
    return event is None or not event.ref


def _caught_values(event: EventDefinition, code: str, message: str) -> dict[str, Any]:
    values = {event.code_variable: code, event.message_variable: message}
    return {name: value for name, value in values.items() if name}


# Compensation and transactions (BPMN 2.0 §13.5.6)


def remember(run: Run, task: Task) -> None:
    """Keep a completed activity that can be compensated, newest last: each round of it, when it was repeated."""
    handler = run.program_of(task).compensation.get(task.task_spec.name)
    if task.task_spec.node.loop is not None and "outer" not in task.internal_data:
        _keep(run, task, task.internal_data.pop("undo", []))
    elif handler:
        _keep(run, task, [[task.task_spec.name, handler, _own_variables(run, task)]])


def keep_compensations(run: Run, task: Task, child: Any) -> None:
    """Hand what a completed sub-process could compensate to the scope around it, unless it has a handler itself."""
    if not run.program_of(task).compensation.get(task.task_spec.name):
        _keep(run, task, [[*entry, task.task_spec.name] for entry in child.data.get("compensations") or []])


def _keep(run: Run, task: Task, entries: list[Any]) -> None:
    """Note what can be compensated; what a round leaves counts when all rounds have come to their end."""
    outer = run.token(UUID(task.internal_data["outer"])) if "outer" in task.internal_data else None
    if entries and outer is not None:
        outer.internal_data["undo"] = [*outer.internal_data.get("undo", []), *entries]
    elif entries:
        task.workflow.data["compensations"] = [*task.workflow.data.get("compensations", []), *entries]


def _own_variables(run: Run, task: Task) -> dict[str, Any]:
    """Give the variables that only the rounds and sub-processes around a token have: they end before its handler."""
    return dict(run.variables.view(run.chain(task)[:-1]))


def compensate(run: Run, task: Task, activity: str = "") -> bool:
    """Run the handlers of completed activities, newest first; True when there are none."""
    workflow = task.workflow
    if not workflow.data.get("compensations") and workflow.parent_task_id is not None:
        holder = run.holder(workflow)
        if holder.task_spec.node.event_subprocess:
            workflow = holder.workflow
    done = workflow.data.get("compensations") or []
    chosen = [entry for entry in done if not activity or activity in [entry[0], *entry[2:]]]
    if not chosen:
        return True
    workflow.data["compensations"] = [entry for entry in done if entry not in chosen]
    task._set_state(TaskState.STARTED)  # noqa: SLF001
    task.internal_data["handlers"] = [entry[1] for entry in reversed(chosen)]
    task.internal_data["locals"] = [_locals_of(entry) for entry in reversed(chosen)]
    _next_handler(run, task)
    return False


def _next_handler(run: Run, task: Task) -> None:
    handlers, own = list(task.internal_data["handlers"]), list(task.internal_data.get("locals", []))
    spec = run.program_of(task).specs[handlers.pop(0)]
    values = own.pop(0) if own else {}
    task.internal_data.update(handlers=handlers, locals=own)
    handler = run.place(task.workflow, spec, compensating=str(task.id))
    if values:
        run.variables.open(str(handler.id), values)


def _locals_of(entry: list[Any]) -> dict[str, Any]:
    return next((part for part in entry if isinstance(part, dict)), {})


def handler_ended(run: Run, task: Task) -> None:
    """Go on with the next handler, or with the event that asked for compensation."""
    asked = task.internal_data.get("compensating")
    thrower = run.token(UUID(asked)) if asked else None
    if thrower is None:
        return
    if thrower.internal_data["handlers"]:
        _next_handler(run, thrower)
    elif thrower.internal_data.get("canceling"):
        _leave_transaction(run, thrower)
    else:
        thrower.task_spec.finish(run, thrower)


def cancel_transaction(run: Run, task: Task) -> bool:
    """End a transaction by its cancel end event: withdraw, compensate, leave by the cancel boundary event."""
    for other in run.tokens(task.workflow):
        if other is not task:
            run.cancel(other)
    task.internal_data["canceling"] = True
    if compensate(run, task):
        _leave_transaction(run, task)
    return False


def _leave_transaction(run: Run, task: Task) -> None:
    holder = run.holder(task.workflow)
    outer = holder.internal_data.get("outer")
    host = (run.token(UUID(outer)) if outer else None) or holder
    workflow = host.workflow
    run.cancel(host)
    for boundary in host.task_spec.boundaries:
        if boundary.node.event is not None and boundary.node.event.kind == "cancel":
            boundary.take(run, workflow, {})
