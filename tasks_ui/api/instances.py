"""Look at process instances, and what operators do to them. Every change needs a reason and is audited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import instance_views, operator
from tasks_ui.api import models_instances
from tasks_ui.api.operation import operation
from tasks_ui.api.schema import fill

if TYPE_CHECKING:
    from uuid import UUID

    from tasks_ui.api.operation import Call

TAG = "instances"
OPERATOR = "operator actions"
ONE = "/instances/<uuid:instance_id>"


@operation("GET", "/instances", TAG, query=models_instances.InstanceQuery, answer=models_instances.Instances)
def list_instances(call: Call) -> models_instances.Instances:
    """List the instances the viewer may see, newest first."""
    query: models_instances.InstanceQuery = call.query
    found = instance_views.page(
        call.session, call.viewer, process_key=query.process, open_only=query.open_only, text=query.text,
        business_key=query.business_key, number=query.page, size=query.size,
    )  # fmt: skip
    return models_instances.Instances(
        fill(tuple[models_instances.Instance, ...], found.items), query.page, query.size, found.more,
        total=found.total, pages=found.pages, capped=found.capped,
    )  # fmt: skip


@operation("GET", ONE, TAG, answer=models_instances.InstanceDetail)
def get_instance(call: Call, instance_id: UUID) -> models_instances.InstanceDetail:
    """Get an instance with its tokens and everything it waits for."""
    found = instance_views.describe(call.session, instance_id, call.viewer, call.now)
    return fill(models_instances.InstanceDetail, found)


@operation("GET", f"{ONE}/variables", TAG, answer=models_instances.InstanceVariables)
def get_variables(call: Call, instance_id: UUID) -> models_instances.InstanceVariables:
    """Get the variables of an instance."""
    found = instance_views.describe(call.session, instance_id, call.viewer, call.now)
    return models_instances.InstanceVariables(found.variables, found.local_variables)


@operation(
    "PUT",
    f"{ONE}/variables",
    OPERATOR,
    body=models_instances.SetVariables,
    answer=models_instances.InstanceVariables,
)
def set_variables(call: Call, instance_id: UUID) -> models_instances.InstanceVariables:
    """Set variables; the others stay. The old values go to the audit log."""
    body: models_instances.SetVariables = call.body
    operator.set_variables(
        call.session, call.viewer, instance_id, variables=body.variables, now=call.now, registry=call.registry,
        scope_id=body.scope_id, reason=body.reason,
    )  # fmt: skip
    found = instance_views.describe(call.session, instance_id, call.viewer, call.now)
    return models_instances.InstanceVariables(found.variables, found.local_variables)


@operation("GET", f"{ONE}/history", TAG, query=models_instances.HistoryQuery, answer=models_instances.History)
def get_history(call: Call, instance_id: UUID) -> models_instances.History:
    """List what happened to an instance, oldest first."""
    found = instance_views.history(call.session, instance_id, call.viewer, after=call.query.after)
    return models_instances.History(fill(tuple[models_instances.HistoryEvent, ...], found))


@operation("GET", f"{ONE}/tasks", TAG, answer=models_instances.TasksOfInstance)
def get_tasks_of_instance(call: Call, instance_id: UUID) -> models_instances.TasksOfInstance:
    """List all tasks of an instance, open and closed, oldest first."""
    found = instance_views.tasks_of(call.session, instance_id, call.viewer, call.now)
    return models_instances.TasksOfInstance(fill(tuple[models_instances.TaskOfInstance, ...], found))


# Operator actions


def _after(call: Call, instance_id: UUID) -> models_instances.InstanceDetail:
    found = instance_views.describe(call.session, instance_id, call.viewer, call.now)
    return fill(models_instances.InstanceDetail, found)


@operation("POST", f"{ONE}/suspend", OPERATOR, body=models_instances.Because, answer=models_instances.InstanceDetail)
def suspend(call: Call, instance_id: UUID) -> models_instances.InstanceDetail:
    """Stop an instance: its jobs wait, and its tasks cannot be completed until it is resumed."""
    operator.suspend(call.session, call.viewer, instance_id, reason=call.body.reason, now=call.now)
    return _after(call, instance_id)


@operation("POST", f"{ONE}/resume", OPERATOR, body=models_instances.Because, answer=models_instances.InstanceDetail)
def resume(call: Call, instance_id: UUID) -> models_instances.InstanceDetail:
    """Let a suspended instance go on; what became due meanwhile is done at once."""
    operator.resume(call.session, call.viewer, instance_id, reason=call.body.reason, now=call.now)
    return _after(call, instance_id)


@operation("POST", f"{ONE}/cancel", OPERATOR, body=models_instances.Because, answer=models_instances.InstanceDetail)
def cancel_instance(call: Call, instance_id: UUID) -> models_instances.InstanceDetail:
    """Withdraw a whole instance."""
    operator.cancel(
        call.session, call.viewer, instance_id, reason=call.body.reason, now=call.now, registry=call.registry
    )
    return _after(call, instance_id)


@operation(
    "POST",
    f"{ONE}/tokens/<uuid:token_id>/cancel",
    OPERATOR,
    body=models_instances.Because,
    answer=models_instances.InstanceDetail,
)
def cancel_token(call: Call, instance_id: UUID, token_id: UUID) -> models_instances.InstanceDetail:
    """Withdraw one token with everything that lives on it; nothing follows it."""
    operator.cancel_token(
        call.session, call.viewer, instance_id, token_id, reason=call.body.reason, now=call.now,
        registry=call.registry,
    )  # fmt: skip
    return _after(call, instance_id)


@operation("POST", f"{ONE}/move", OPERATOR, body=models_instances.MoveRequest, answer=models_instances.InstanceDetail)
def move(call: Call, instance_id: UUID) -> models_instances.InstanceDetail:
    """Withdraw the tokens on one element and start another element instead, in the nearest scope around both.

    A sub-process that this leaves empty is withdrawn, one that it leads into is opened.
    """
    body: models_instances.MoveRequest = call.body
    operator.move(
        call.session, call.viewer, instance_id, from_element=body.from_element, to_element=body.to_element,
        reason=body.reason, now=call.now, registry=call.registry,
    )  # fmt: skip
    return _after(call, instance_id)


@operation(
    "POST",
    f"{ONE}/start-before",
    OPERATOR,
    body=models_instances.ElementRequest,
    answer=models_instances.InstanceDetail,
)
def start_before(call: Call, instance_id: UUID) -> models_instances.InstanceDetail:
    """Put a further token before an element of the process."""
    return _start(call, instance_id, "before")


@operation(
    "POST",
    f"{ONE}/start-after",
    OPERATOR,
    body=models_instances.ElementRequest,
    answer=models_instances.InstanceDetail,
)
def start_after(call: Call, instance_id: UUID) -> models_instances.InstanceDetail:
    """Put a further token on the one flow that leaves an element, as if the element had ended."""
    return _start(call, instance_id, "after")


def _start(call: Call, instance_id: UUID, where: Any) -> models_instances.InstanceDetail:
    body: models_instances.ElementRequest = call.body
    operator.start_element(
        call.session, call.viewer, instance_id, element=body.element, where=where, reason=body.reason, now=call.now,
        registry=call.registry, within=body.within,
    )  # fmt: skip
    return _after(call, instance_id)


OPERATIONS = (
    list_instances, get_instance, get_variables, set_variables, get_history, get_tasks_of_instance, suspend, resume,
    cancel_instance, cancel_token, move, start_before, start_after,
)  # fmt: skip
