"""What an operator does to a running instance: stop it, withdraw it, start and move tokens, change variables."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from engine import access, instances
from engine.access import Action
from engine.core import machine
from engine.core.snapshot import ROOT_SCOPE
from engine.errors import N_, ConflictError, InvalidInputError, NotFoundError
from storage import audit
from storage import instances as rows
from storage import jobs as queue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.core.program import Program
    from engine.core.snapshot import Environment, Saved, Snapshot
    from storage.tables.instances import ProcessInstance


def suspend(session: Session, viewer: Viewer, instance_id: UUID, *, reason: str, now: datetime) -> None:
    """Stop an instance: its jobs wait, its tasks are shown and cannot be completed, messages do not reach it.

    Raises ConflictError when it is suspended already or has ended, NotFoundError, NotAllowedError.
    """
    instance = instances.permitted(session, viewer, instance_id, Action.INSTANCE_SUSPEND)
    if instance.status == "suspended":
        raise ConflictError(N_("The process instance is suspended already."))
    _change(session, viewer, instance, "suspended", reason, now)


def resume(session: Session, viewer: Viewer, instance_id: UUID, *, reason: str, now: datetime) -> None:
    """Let a suspended instance go on: what became due meanwhile is done at once, in the order it was due."""
    instance = instances.permitted(session, viewer, instance_id, Action.INSTANCE_SUSPEND)
    if instance.status != "suspended":
        raise ConflictError(N_("The process instance is not suspended."))
    timers = (instance.waits or {}).get("timers", {})
    for job in queue.of_instance(session, instance.id):
        if job.due_at is None:  # waits for a person, suspended or not
            continue
        known = timers.get(str(job.token_id)) if job.kind == "timer" else None
        job.due_at = datetime.fromisoformat(known[1]) if known else min(job.due_at, now)
    queue.wake(session)
    _change(session, viewer, instance, "active", reason, now)


def _change(
    session: Session, viewer: Viewer, instance: ProcessInstance, status: str, reason: str, now: datetime
) -> None:
    reason = _reason(reason)
    instance.status, instance.updated_at = status, now
    action = "instance.suspend" if status == "suspended" else "instance.resume"
    audit.record(
        session,
        actor=viewer.login,
        action=action,
        subject=f"instance:{instance.id}",
        instance_id=instance.id,
        detail={"reason": reason},
        now=now,
    )
    session.flush()


def _reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidInputError(N_("Please say why."))
    return reason.strip()


def start_element(
    session: Session,
    viewer: Viewer,
    instance_id: UUID,
    *,
    element: str,
    where: Literal["before", "after"],
    reason: str,
    now: datetime,
    registry: Registry,
    within: UUID | None = None,
) -> None:
    """Put a further token before an element, or on the one flow after it, beside those that are there.

    Sub-processes that the element is drawn in are opened when they do not run. When several run, `within` is the token
    of the one that is meant; the token of a parallel multi-instance gets a further round.

    Raises ProcessError when the element cannot be started so or the process cannot go on, NotFoundError for an element
    that is neither of the process nor of one that it calls now, ConflictError when the instance has ended.
    """
    instance = instances.permitted(session, viewer, instance_id, Action.INSTANCE_MOVE)

    def begin(program: Program, saved: Saved, env: Environment) -> Snapshot:
        act = machine.start_element if where == "before" else machine.start_after
        return act(program, saved, env, element=element, within=within)

    instances.step(
        session, instance, begin, actor=viewer, action="instance.start_element", now=now, registry=registry,
        detail={"element": element, "where": where, "reason": _reason(reason)}
        | ({"within": str(within)} if within else {}),
    )  # fmt: skip


def cancel_token(
    session: Session,
    viewer: Viewer,
    instance_id: UUID,
    token_id: UUID,
    *,
    reason: str,
    now: datetime,
    registry: Registry,
) -> None:
    """Withdraw one token with everything that lives on it; nothing follows it. Raises ConflictError when it is gone."""
    instance = instances.permitted(session, viewer, instance_id, Action.INSTANCE_CANCEL)

    def stop(program: Program, saved: Saved, env: Environment) -> Snapshot:
        return machine.cancel(program, saved, env, token_id=token_id)

    instances.step(
        session, instance, stop, actor=viewer, action="token.cancel", now=now, registry=registry,
        detail={"token": str(token_id), "reason": _reason(reason)},
    )  # fmt: skip


def cancel(
    session: Session, viewer: Viewer, instance_id: UUID, *, reason: str, now: datetime, registry: Registry
) -> None:
    """Withdraw a whole instance. Raises NotAllowedError, NotFoundError, ConflictError when it has ended."""
    instance = instances.permitted(session, viewer, instance_id, Action.INSTANCE_CANCEL)

    def stop(program: Program, saved: Saved, env: Environment) -> Snapshot:
        return machine.cancel(program, saved, env)

    detail = {"reason": reason}
    instances.step(
        session, instance, stop, actor=viewer, action="instance.cancel", now=now, registry=registry, detail=detail
    )


def cancel_task(
    session: Session, viewer: Viewer, task_id: UUID, *, reason: str, now: datetime, registry: Registry
) -> None:
    """Withdraw one open task: its token goes, nothing follows it."""
    instance = rows.lock_by_task(session, task_id)
    if instance is None:
        raise NotFoundError(N_("There is no such task."))
    access.require(viewer, Action.INSTANCE_CANCEL, instances.subject(session, instance))

    def stop(program: Program, saved: Saved, env: Environment) -> Snapshot:
        return machine.cancel(program, saved, env, token_id=task_id)

    detail = {"reason": reason, "task": str(task_id)}
    instances.step(
        session, instance, stop, actor=viewer, action="task.cancel", now=now, registry=registry, detail=detail
    )


def move(
    session: Session,
    viewer: Viewer,
    instance_id: UUID,
    *,
    from_element: str,
    to_element: str,
    reason: str,
    now: datetime,
    registry: Registry,
) -> None:
    """Withdraw the tokens on one element and start another one instead (a repair by an administrator)."""
    instance = instances.permitted(session, viewer, instance_id, Action.INSTANCE_MOVE)

    def go(program: Program, saved: Saved, env: Environment) -> Snapshot:
        return machine.move(program, saved, env, from_element=from_element, to_element=to_element)

    detail = {"from": from_element, "to": to_element, "reason": reason}
    instances.step(
        session, instance, go, actor=viewer, action="instance.move", now=now, registry=registry, detail=detail
    )


def set_variables(
    session: Session,
    viewer: Viewer,
    instance_id: UUID,
    *,
    variables: Mapping[str, Any],
    now: datetime,
    registry: Registry,
    scope_id: str = ROOT_SCOPE,
    reason: str = "",
) -> None:
    """Change process variables; what waits for a condition is looked at again. Old values go to the audit log."""
    instance = instances.permitted(session, viewer, instance_id, Action.INSTANCE_VARIABLES)
    old = {name: instance.variables.get(scope_id, {}).get(name) for name in variables}

    def change(program: Program, saved: Saved, env: Environment) -> Snapshot:
        return machine.set_variables(program, saved, env, variables=variables, scope_id=scope_id)

    detail = {"old": old, "new": dict(variables), "reason": reason}
    instances.step(
        session, instance, change, actor=viewer, action="instance.variables", now=now, registry=registry, detail=detail
    )
