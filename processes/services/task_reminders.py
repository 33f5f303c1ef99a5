"""Remind those who have a task: a timer on its border leads to a service task with the topic `task.remind`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import definitions
from engine.core.calendar import CHINA
from engine.errors import N_
from processes.services import notices
from storage import instances
from storage import people as staff
from storage import tasks as task_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.connectors import ServiceContext
    from storage.tables.work import UserTask

TOLD = {
    "步骤即将到期": N_("Please do “{step}” by {due}: {about}"),
    "步骤已逾期": N_("“{step}” is overdue since {due}: {about}"),
    "步骤待办": N_("“{step}” still waits to be done: {about}"),
}


def remind(ctx: ServiceContext) -> dict[str, Any]:
    """Tell whom the task belongs to: who took it, else everybody it is offered to.

    It is the open task on whose border the way here begins; where none does, every open task of the instance.
    """
    hosts = _hosts(ctx)
    row = instances.get(ctx.session, ctx.instance_id)
    about = ctx.business_key or (row.title if row is not None else "")
    for task in task_rows.open_of(ctx.session, ctx.instance_id):
        if hosts and task.element_id not in hosts:
            continue
        occasion = "步骤待办" if task.due_at is None else "步骤已逾期" if task.due_at <= ctx.now else "步骤即将到期"
        due = f"{task.due_at.astimezone(CHINA):%m-%d %H:%M}" if task.due_at else ""
        fields = {"step": task.name, "due": due, "about": about}
        notices.send(
            ctx.session, {login: {"page"} for login in _people(ctx, task)}, TOLD[occasion], fields,
            link=f"/tasks/{task.id}", now=ctx.now, registry=ctx.registry,
        )  # fmt: skip
    return {}


def _hosts(ctx: ServiceContext) -> frozenset[str]:
    """Go back from the service task: the activities on whose borders one comes to it."""
    model = definitions.program(ctx.session, ctx.definition_id).model
    process = next((one for one in model.processes.values() if ctx.element_id in one.nodes), None)
    found: set[str] = set()
    seen, waiting = {ctx.element_id}, [ctx.element_id]
    while process is not None and waiting:
        node = process.nodes[waiting.pop()]
        if node.attached_to:
            found.add(node.attached_to)
        ahead = {process.flows[flow].source for flow in node.incoming} - seen
        seen |= ahead
        waiting += ahead
    return frozenset(found)


def _people(ctx: ServiceContext, task: UserTask) -> Iterable[str]:
    if task.assignee:
        return [task.assignee]
    found = [str(login) for login in task.candidate_users]
    for group in task.candidate_groups:
        role, _, org = str(group).partition(":")
        held = staff.holders(ctx.session, role, task.scope, ctx.now)
        grants = staff.grants(ctx.session, held, ctx.now) if org else ()
        within = {one.login for one in grants if one.role == role and one.org == org}
        found += [login for login in held if not org or login in within]
    return dict.fromkeys(found)
