"""Run a process instance one step: saved state in, `Snapshot` out. Nothing here is stored or sent.

Every function runs until each token waits again, or raises and leaves the instance as it was: ProcessError when a
condition, mapping or decision fails (it names the element), ConflictError when the token is gone.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from engine.core import loops, scopes, state, steering, throwing
from engine.core.run import Run, TokenWorkflow
from engine.core.schedule import retry_cycle
from engine.core.snapshot import (
    ROOT_SCOPE,
    Environment,
    OpenTask,
    Saved,
    ServiceCall,
    Snapshot,
    Subscription,
    Timer,
    Token,
)
from engine.core.variables import Variables
from engine.errors import N_, ConflictError, NotFoundError, ProcessError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from SpiffWorkflow.task import Task

    from engine.core.program import Program

DEFAULT_RETRIES = 3


def start(
    program: Program, env: Environment, *, variables: Mapping[str, Any], start_element: str = "", initiator: str = ""
) -> Snapshot:
    """Start an instance at its none start event, or at the named start event (message, timer, signal).

    `initiator` is who starts it, for the variable that the start event names with `camunda:initiator`.
    """
    workflow = TokenWorkflow(program.scopes[program.key])
    run = Run(workflow, program, env, Variables({}))
    first = (start_element,) if start_element in program.specs else program.starts[program.key]
    named = {program.specs[name].node.attributes.get("initiator", "") for name in first} - {""}
    run.variables.open(ROOT_SCOPE, {**dict.fromkeys(named, initiator), **variables})
    if not start_element and not program.starts[program.key]:
        message = N_("{name} has no start event without a trigger: it starts by a message, a signal or a timer.")
        raise ProcessError(message, element_id=program.key, name=program.name)
    if start_element and start_element not in program.specs:
        raise NotFoundError(N_("{name} has no element {element}."), name=program.name, element=start_element)
    scopes.start_scope(run, workflow, program, program.key, start_element)
    return _settle(run)


def _open(program: Program, saved: Saved, env: Environment) -> Run:
    workflow = state.load(saved.state, program, env.program)
    return Run(workflow, program, env, Variables(saved.variables))


def _token(run: Run, token_id: UUID) -> Task:
    task = run.token(token_id)
    if task is None:
        raise ConflictError(N_("This step is no longer open."))
    return task


def complete(
    program: Program, saved: Saved, env: Environment, *, task_id: UUID, variables: Mapping[str, Any]
) -> Snapshot:
    """Finish an open user task."""
    run = _open(program, saved, env)
    task = _token(run, task_id)
    if "task" not in task.internal_data:
        raise ConflictError(N_("This step is no longer open."))
    run.assign(task, variables)
    task.task_spec.finish(run, task)
    return _settle(run)


def fire(program: Program, saved: Saved, env: Environment, *, token_id: UUID) -> Snapshot:
    """Fire a timer. Raises ConflictError when it is not due yet or is gone: a timer is never early."""
    run = _open(program, saved, env)
    task = _token(run, token_id)
    due = task.internal_data.get("due")
    if due is None or datetime.fromisoformat(due) > env.now:
        raise ConflictError(N_("This timer is not due yet."))
    task.task_spec.trigger(run, task, {})
    return _settle(run)


def deliver(
    program: Program, saved: Saved, env: Environment, *, token_id: UUID, variables: Mapping[str, Any]
) -> Snapshot:
    """Give a message or signal to the token that waits for it."""
    run = _open(program, saved, env)
    task = _token(run, token_id)
    if task.internal_data.get("await", [""])[0] not in {"message", "signal"}:
        raise ConflictError(N_("This step does not wait for a message."))
    task.task_spec.trigger(run, task, variables)
    return _settle(run)


def finish_service(
    program: Program, saved: Saved, env: Environment, *, token_id: UUID, variables: Mapping[str, Any]
) -> Snapshot:
    """Complete a service task with what the worker returned."""
    run = _open(program, saved, env)
    task = _token(run, token_id)
    if "topic" not in task.internal_data:
        raise ConflictError(N_("This step is no longer open."))
    run.assign(task, variables)
    task.task_spec.finish(run, task)
    return _settle(run)


def throw_error(
    program: Program,
    saved: Saved,
    env: Environment,
    *,
    token_id: UUID,
    code: str,
    message: str = "",
    variables: Mapping[str, Any] | None = None,
) -> Snapshot:
    """Let a service or user task end with a BPMN error. Raises ProcessError when nobody catches it."""
    run = _open(program, saved, env)
    throwing.throw_error(run, _token(run, token_id), code, message, variables)
    return _settle(run)


def throw_escalation(program: Program, saved: Saved, env: Environment, *, token_id: UUID, code: str) -> Snapshot:
    """Let an open task escalate, as an escalation event inside it would."""
    run = _open(program, saved, env)
    throwing.throw_escalation(run, _token(run, token_id), code)
    return _settle(run)


def cancel(program: Program, saved: Saved, env: Environment, *, token_id: UUID | None = None) -> Snapshot:
    """Withdraw one token, or the whole instance. A loop or a compensation goes on without the round withdrawn."""
    run = _open(program, saved, env)
    if token_id is not None:
        task = _token(run, token_id)
        run.cancel(task)
        if "outer" in task.internal_data:
            loops.inner_ended(run, task)
        throwing.handler_ended(run, task)
        return _settle(run)
    run.clear(run.workflow)
    run.workflow.data["ended"] = "canceled"
    return _settle(run)


def move(program: Program, saved: Saved, env: Environment, *, from_element: str, to_element: str) -> Snapshot:
    """Withdraw the tokens on one element and start another element of the same process instead, once for each.

    A sub-process that the move leaves empty is withdrawn; one that it leads into is opened when it does not run.
    """
    return rework(program, saved, env, lambda run: steering.move(run, from_element, to_element))


def start_element(
    program: Program, saved: Saved, env: Environment, *, element: str, within: UUID | None = None
) -> Snapshot:
    """Put a further token on an element, without touching the others; sub-processes around it are opened if need be.

    `within` is the token of the sub-process (or round, or call) meant when several run; the token of a parallel
    multi-instance adds a round to it. Raises ProcessError when it is not clear where, NotFoundError, ConflictError.
    """
    return rework(program, saved, env, lambda run: steering.start(run, element, within))


def start_after(
    program: Program, saved: Saved, env: Environment, *, element: str, within: UUID | None = None
) -> Snapshot:
    """Put a further token on the one flow that leaves an element, as if the element had ended."""
    return rework(program, saved, env, lambda run: steering.start_after(run, element, within))


def set_variables(
    program: Program, saved: Saved, env: Environment, *, variables: Mapping[str, Any], scope_id: str = ROOT_SCOPE
) -> Snapshot:
    """Change variables of a scope; conditions that wait for them are looked at again."""
    run = _open(program, saved, env)
    run.variables.open(scope_id, variables)
    run.note("variable", None, variables=dict(variables))
    return _settle(run)


def rework(program: Program, saved: Saved, env: Environment, change: Callable[[Run], None]) -> Snapshot:
    """Load a saved state, let `change` touch its tokens, and run until each of them waits again."""
    run = _open(program, saved, env)
    change(run)
    return _settle(run)


def test_load(program: Program, saved: Saved, env: Environment) -> Snapshot:
    """Load a saved state and look at it without moving anything: proves that it can be read."""
    return _snapshot(_open(program, saved, env))


def _settle(run: Run) -> Snapshot:
    run.settle()
    return _snapshot(run)


def _snapshot(run: Run) -> Snapshot:
    tasks, timers, subscriptions, services, tokens = [], [], [], [], []
    for token in run.tokens():
        spec, internal = token.task_spec, token.internal_data
        if "task" in internal:
            tasks.append(_open_task(run, token))
        if "due" in internal:
            timers.append(Timer(token.id, spec.name, datetime.fromisoformat(internal["due"])))
        if "await" in internal:
            kind, name, key = internal["await"]
            subscriptions.append(Subscription(token.id, spec.name, kind, name, key))
        if "topic" in internal and token.has_state(TaskState.STARTED):
            services.append(_service_call(run, token))
        if not internal.get("watch"):
            program = run.program_of(token)
            scope = run.scope_id(token)
            tokens.append(Token(token.id, spec.name, spec.node.type, spec.label, scope, program.definition_id))
    return Snapshot(
        saved=Saved(state.dump(run.workflow), run.variables.scopes),
        tasks=tuple(tasks),
        timers=tuple(timers),
        subscriptions=tuple(subscriptions),
        services=tuple(services),
        tokens=tuple(tokens),
        thrown=tuple(run.thrown),
        history=tuple(run.history),
        ended=run.ended,
    )


def _open_task(run: Run, token: Task) -> OpenTask:
    node, facts = token.task_spec.node, token.internal_data["task"]
    return OpenTask(
        id=token.id,
        element_id=node.id,
        name=facts["name"],
        type=node.type,
        lane=node.lane,
        form_key=node.attributes.get("formRef") or node.attributes.get("formKey", ""),
        form_binding=node.attributes.get("formRefBinding", "deployment"),
        assignee=facts["assignee"],
        candidate_groups=tuple(facts["groups"]),
        candidate_users=tuple(facts["users"]),
        due_at=_moment(facts["due"]),
        follow_up_at=_moment(facts["follow_up"]),
        priority=facts["priority"],
        scope_id=" ".join(run.chain(token)).strip(),
        definition_id=run.program_of(token).definition_id,
        properties=node.properties,
        listeners=tuple((listener.event, listener.name) for listener in node.listeners if listener.kind == "task"),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _service_call(run: Run, token: Task) -> ServiceCall:
    node = token.task_spec.node
    retries = node.properties.get("retries", "")
    tries, pauses = retry_cycle(node.attributes.get("failedJobRetryTimeCycle", "")) or (DEFAULT_RETRIES, ())
    return ServiceCall(
        token_id=token.id,
        element_id=node.id,
        name=token.task_spec.label,
        topic=token.internal_data["topic"],
        variables=dict(run.view(token)),
        retries=int(retries) if retries.isdigit() else tries,
        pauses=pauses,
    )
