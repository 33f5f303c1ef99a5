"""Find, take, give back and finish tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import incidents, tasks
from tasks_ui import context
from tasks_ui.api import models_work
from tasks_ui.api.operation import operation
from tasks_ui.api.schema import fill

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from engine.errors import ProcessError
    from tasks_ui.api.operation import Call

TAG = "tasks"
ONE = "/tasks/<uuid:task_id>"


def _query(given: models_work.TaskQuery | models_work.TaskFilter, **more: Any) -> tasks.InboxQuery:
    return tasks.InboxQuery(
        view=given.view, role=given.group, scope=given.scope, process=given.process, text=given.text,
        assignee=given.assignee, **more,
    )  # fmt: skip


@operation("GET", "/tasks", TAG, query=models_work.TaskQuery, answer=models_work.Tasks)
def list_tasks(call: Call) -> models_work.Tasks:
    """List the viewer's tasks, by page. A page after the last has no items."""
    given: models_work.TaskQuery = call.query
    query = _query(given, sort=given.sort, page=given.page, size=given.size, nearest=False)
    return fill(models_work.Tasks, tasks.inbox(call.session, call.viewer, query, now=call.now))


@operation("GET", "/tasks/count", TAG, query=models_work.TaskFilter, answer=models_work.TaskCount)
def count_tasks(call: Call) -> models_work.TaskCount:
    """Count the viewer's tasks, and those of every view."""
    page = tasks.inbox(call.session, call.viewer, _query(call.query, size=1), now=call.now)
    return models_work.TaskCount(page.total, dict(page.counts))


@operation("GET", ONE, TAG, answer=models_work.TaskDetail)
def get_task(call: Call, task_id: UUID) -> models_work.TaskDetail:
    """Get a task with its form and the variables it sees."""
    found = tasks.open_task(call.session, call.viewer, task_id, now=call.now)
    return models_work.TaskDetail(
        item=fill(models_work.Task, found.item),
        state=found.state,
        owner=found.owner,
        completed_by=found.completed_by,
        documentation=found.documentation,
        variables=dict(found.variables),
        form=found.form.schema if found.form is not None else None,
        may=tuple(sorted(action.value for action in found.may)),
    )


@operation("POST", f"{ONE}/claim", TAG, answer=models_work.Task)
def claim(call: Call, task_id: UUID) -> models_work.Task:
    """Take a task."""
    tasks.claim(call.session, call.viewer, task_id, now=call.now)
    return _item(call, task_id)


@operation("POST", f"{ONE}/unclaim", TAG, answer=models_work.Done)
def unclaim(call: Call, task_id: UUID) -> models_work.Done:
    """Give a task back to its candidates."""
    tasks.release(call.session, call.viewer, task_id, now=call.now)
    return models_work.Done()


def _item(call: Call, task_id: UUID) -> models_work.Task:
    return fill(models_work.Task, tasks.open_task(call.session, call.viewer, task_id, now=call.now).item)


def _stuck(error: ProcessError, path: Mapping[str, Any], body: models_work.Completion) -> None:
    """Show an administrator that the process cannot go on, with what was handed in."""
    incidents.record_failed_command(
        context.application().database, error, task_id=path["task_id"], data=body.data, viewer=context.viewer(),
        now=context.utcnow(),
    )  # fmt: skip


@operation("POST", f"{ONE}/complete", TAG, body=models_work.Completion, answer=models_work.Completed, stuck=_stuck)
def complete(call: Call, task_id: UUID) -> models_work.Completed:
    """Finish a task with what its form asks for.

    When the process cannot go on, the task stays open and an incident says why.
    """
    done = tasks.complete(call.session, call.viewer, task_id, data=call.body.data, now=call.now, registry=call.registry)
    return fill(models_work.Completed, done)


OPERATIONS = (list_tasks, count_tasks, get_task, claim, unclaim, complete)
