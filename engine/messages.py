"""Messages go to exactly one receiver, signals to all who wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import access, instances
from engine.access import SYSTEM, Action
from engine.core import machine
from engine.errors import N_, ConflictError, NotFoundError, ProcessError, SuspendedError
from engine.recording import broadcast
from storage import audit
from storage import definitions as definition_rows
from storage import instances as rows
from storage.tables.instances import ProcessInstance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.core.program import Program
    from engine.core.snapshot import Environment, Saved, Snapshot
    from storage.tables.instances import MessageSubscription


NOBODY = N_("Nobody waits for the message {name} with the key “{key}”.")


def correlate(
    session: Session,
    *,
    name: str,
    business_key: str = "",
    variables: Mapping[str, Any] | None = None,
    viewer: Viewer,
    now: datetime,
    registry: Registry,
    scope: str = "",
) -> UUID:
    """Deliver a message to the one instance that waits for it, else start the process that begins with it in `scope`.

    Returns the instance's id. Within one instance the token that has waited longest gets the message.

    Raises:
        NotFoundError: nobody waits for it, or nobody whom the viewer may see.
        ProcessError: more than one instance waits. ConflictError: the receiver was just gone.
    """
    waiting = rows.subscriptions(session, "message", name, business_key)
    receivers = list(dict.fromkeys(subscription.instance_id for subscription in waiting))
    if len(receivers) > 1:  # those he may not see do not count: he is not told how many they are
        receivers = [one for one in receivers if _may_send(session, viewer, one)] or receivers[:1]
    if len(receivers) > 1:
        message = N_("{count} process instances wait for the message {name}; it must fit exactly one. Give its key.")
        raise ProcessError(message, count=len(receivers), name=name)
    if not receivers:
        return _start(
            session, name, business_key, variables or {}, viewer=viewer, now=now, registry=registry, scope=scope
        )
    instance = rows.lock(session, receivers[0])
    if instance is None or not access.allowed(viewer, Action.MESSAGE_SEND, instances.subject(session, instance)):
        raise NotFoundError(NOBODY, name=name, key=business_key)
    if instance.status == "suspended":
        raise SuspendedError
    token = _still_waiting(session, instance, waiting)
    if token is None or instance.status != "active":
        raise ConflictError(N_("The message {name} came too late: the process has moved on."), name=name)
    deliver(
        session, instance, token, variables or {}, action="message", name=name, viewer=viewer, now=now,
        registry=registry,
    )  # fmt: skip
    return instance.id


def _may_send(session: Session, viewer: Viewer, instance_id: UUID) -> bool:
    instance = session.get(ProcessInstance, instance_id)
    return instance is not None and access.allowed(viewer, Action.MESSAGE_SEND, instances.subject(session, instance))


def _still_waiting(session: Session, instance: ProcessInstance, waiting: Sequence[MessageSubscription]) -> UUID | None:
    now_waiting = {row.token_id for row in rows.subscriptions_of(session, instance.id)}
    return next((row.token_id for row in waiting if row.token_id in now_waiting), None)


def deliver(
    session: Session,
    instance: ProcessInstance,
    token_id: UUID,
    variables: Mapping[str, Any],
    *,
    action: str,
    name: str,
    viewer: Viewer,
    now: datetime,
    registry: Registry,
) -> None:
    """Give a message or signal to a token of a locked instance."""

    def give(program: Program, saved: Saved, env: Environment) -> Snapshot:
        return machine.deliver(program, saved, env, token_id=token_id, variables=variables)

    detail = {"name": name}
    instances.step(session, instance, give, actor=viewer, action=action, now=now, registry=registry, detail=detail)


def _start(
    session: Session,
    name: str,
    business_key: str,
    variables: Mapping[str, Any],
    *,
    viewer: Viewer,
    now: datetime,
    registry: Registry,
    scope: str,
) -> UUID:
    starts = definition_rows.starts_for(session, "message", name)
    if not starts:
        raise NotFoundError(NOBODY, name=name, key=business_key)
    if len(starts) > 1:
        raise ProcessError(N_("{count} processes start on the message {name}."), count=len(starts), name=name)
    definition = definition_rows.process(session, starts[0].definition_id)
    return instances.start(
        session,
        key=starts[0].process_key,
        variables=variables,
        viewer=viewer,
        now=now,
        registry=registry,
        business_key=business_key,
        scope=scope,
        start_element=starts[0].element_id,
        definition=definition,
    )


def signal(
    session: Session,
    *,
    name: str,
    variables: Mapping[str, Any] | None = None,
    viewer: Viewer = SYSTEM,
    now: datetime,
    registry: Registry,
) -> int:
    """Send a signal to every token that waits for it now and every process that starts on it; return how many.

    Each gets it by a job of its own, so that one that fails does not keep it from the others.
    """
    del registry  # the jobs will use the worker's
    access.require(viewer, Action.MESSAGE_SEND, None)
    reached = broadcast(session, name, {"variables": dict(variables or {}), "source": ""}, now=now)
    detail = {"reached": reached}
    audit.record(session, actor=viewer.login, action="signal", subject=f"signal:{name}", detail=detail, now=now)
    session.flush()
    return reached
