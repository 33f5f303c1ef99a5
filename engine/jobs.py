"""Carry out one job: what the worker does, kind by kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine import definitions, incidents, instances, message_texts, messages, migration_batches, timer_starts
from engine.access import SYSTEM
from engine.connectors import BpmnError, OutboxMessage, ServiceContext
from engine.core import machine
from engine.errors import N_, ConflictError, ProcessError, SuspendedError
from storage import definitions as definition_rows
from storage import instances as rows
from storage import jobs as queue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from engine.core.program import Program
    from engine.core.snapshot import Environment, Saved, Snapshot
    from storage.tables.instances import ProcessInstance
    from storage.tables.work import Job

PAUSES = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5))
SUSPENDED_PAUSE = timedelta(minutes=1)
CONFLICT_PAUSE = timedelta(seconds=1)
MORE_TRIES_FOR_CONFLICTS = 7
PERIODIC_TRIES = 5
"""After so many failures on end periodic work gets an incident; it goes on trying all the same."""


def run(session: Session, job: Job, *, now: datetime, registry: Registry) -> None:
    """Carry out a job in the caller's transaction: instance locked first, then the job deleted, then the step.

    Nothing happens when the job is gone: a step taken since, or another worker, was first. A job that is not due, as
    the clock was set back after it was leased, is given back. Raises whatever keeps the job from being done; roll back
    then and call `failed`.
    """
    if job.due_at is not None and job.due_at > now:
        held = queue.held(session, job)
        if held is not None:
            held.lease, held.leased_until = None, None
        return
    KINDS[job.kind](session, job, now, registry)


def _timer(session: Session, job: Job, now: datetime, registry: Registry) -> None:
    instance = _locked(session, job)
    if instance is None or job.token_id is None:
        return
    token_id = job.token_id

    def fire(program: Program, saved: Saved, env: Environment) -> Snapshot:
        return machine.fire(program, saved, env, token_id=token_id)

    late = round(max(0.0, (now - job.due_at).total_seconds()), 3) if job.due_at else 0.0
    detail = {"element": job.element_id, "late": late}
    instances.step(session, instance, fire, actor=SYSTEM, action="timer", now=now, registry=registry, detail=detail)


def _locked(session: Session, job: Job) -> ProcessInstance | None:
    """Lock a job's instance and take the job; None when there is nothing left to do."""
    instance = rows.lock(session, job.instance_id) if job.instance_id else None
    if instance is not None and instance.status == "suspended":
        raise SuspendedError
    if not queue.finish(session, job) or instance is None or instance.status != "active":
        return None
    return instance


def _service(session: Session, job: Job, now: datetime, registry: Registry) -> None:
    instance = _locked(session, job)
    if instance is None or job.token_id is None:
        return
    service = registry.services.get(job.name)
    if service is None:
        raise ProcessError(N_("No service {topic} is installed."), element_id=job.element_id, topic=job.name)
    token_id = job.token_id
    context = ServiceContext(
        session=session,
        now=now,
        instance_id=instance.id,
        business_key=instance.business_key,
        scope=instance.scope,
        element_id=job.element_id,
        token_id=token_id,
        variables=dict(job.payload.get("variables", {})),
        actor=SYSTEM,
        idempotency_key=str(token_id),
        registry=registry,
        definition_id=str(instance.definition_id),
        name=str(job.payload.get("name", "")),
    )
    step = _outcome(lambda: service(context), token_id)
    detail = {"topic": job.name, "element": job.element_id}
    instances.step(session, instance, step, actor=SYSTEM, action="service", now=now, registry=registry, detail=detail)


def _outcome(call: Callable[[], Mapping[str, Any] | None], token_id: UUID) -> instances.Step:
    """Call a service and say how the machine goes on: with its result, or with the BPMN error it reported."""
    try:
        result = dict(call() or {})
    except BpmnError as error:
        code, message, variables = error.code, error.message, error.variables

        def throw(program: Program, saved: Saved, env: Environment) -> Snapshot:
            return machine.throw_error(
                program, saved, env, token_id=token_id, code=code, message=message, variables=variables
            )

        return throw

    def finish(program: Program, saved: Saved, env: Environment) -> Snapshot:
        return machine.finish_service(program, saved, env, token_id=token_id, variables=result)

    return finish


def _message(session: Session, job: Job, now: datetime, registry: Registry) -> None:
    if queue.finish(session, job):
        messages.correlate(
            session,
            name=job.name,
            business_key=str(job.payload.get("business_key", "")),
            variables=job.payload.get("variables"),
            scope=str(job.payload.get("scope", "")),
            viewer=SYSTEM,
            now=now,
            registry=registry,
        )


def _signal(session: Session, job: Job, now: datetime, registry: Registry) -> None:
    variables = job.payload.get("variables", {})
    if "definition_id" in job.payload:
        row = definition_rows.process(session, UUID(job.payload["definition_id"]))
        if queue.finish(session, job) and row is not None:
            instances.start(
                session, key=row.key, variables=variables, viewer=SYSTEM, now=now, registry=registry,
                start_element=job.element_id, definition=row,
            )  # fmt: skip
        return
    instance, token_id = _locked(session, job), UUID(job.payload["token_id"])
    if instance is not None and rows.waiting(session, instance.id, token_id):
        messages.deliver(
            session, instance, token_id, variables, action="signal", name=job.name, viewer=SYSTEM, now=now,
            registry=registry,
        )  # fmt: skip


def _periodic(session: Session, job: Job, now: datetime, registry: Registry) -> None:
    held = queue.held(session, job)
    if held is None:
        return
    if job.name not in registry.periodic:
        queue.finish(session, held)
        return
    interval, work = registry.periodic[job.name]
    work(session, now, registry)
    held.due_at, held.leased_until, held.lease = next_turn(now, interval), None, None
    held.attempts, held.last_error = 0, ""
    session.flush()


def next_turn(now: datetime, interval: timedelta) -> datetime:
    """Give the next multiple of an interval after now; missed turns are not made up for."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if interval >= timedelta(days=1):
        return now + interval
    return midnight + ((now - midnight) // interval + 1) * interval


def _start(session: Session, job: Job, now: datetime, registry: Registry) -> None:
    row = definition_rows.process(session, UUID(job.payload["definition_id"]))
    if row is not None:  # before the job, as whoever publishes does: or the next round's job would outlive its version
        definition_rows.hold(session, [row.key])
    if not queue.finish(session, job) or row is None:
        return
    instances.start(
        session, key=row.key, variables={}, viewer=SYSTEM, now=now, registry=registry, start_element=job.element_id,
        definition=row,
    )  # fmt: skip
    calendar = definitions.calendar(session, registry)
    due, cycle = timer_starts.due_of(job), job.payload.get("cycle")
    more = timer_starts.following(due, cycle, calendar=calendar, now=now) if cycle else None
    if more is not None:
        timer_starts.add(session, job.name, job.element_id, job.payload, *more, now=now)


KINDS: Mapping[str, Callable[[Session, Job, datetime, Registry], None]] = {
    "timer": _timer,
    "service": _service,
    "message": _message,
    "signal": _signal,
    "periodic": _periodic,
    "start": _start,
    migration_batches.KIND: migration_batches.carry_out,
    migration_batches.UNDO: migration_batches.carry_out_undo,
}


def ensure_periodic(session: Session, *, now: datetime, registry: Registry) -> None:
    """Add the jobs of periodic work that are missing; each is due at once."""
    known = queue.periodic(session)
    for name in registry.periodic:
        if name not in known:
            queue.add(session, kind="periodic", name=name, due_at=now, now=now, max_attempts=PERIODIC_TRIES)
    session.flush()


# Messages to the outside


def outgoing(session: Session, job: Job, *, registry: Registry) -> OutboxMessage | None:
    """Give the message an outbox job sends, in the recipient's language; None when it is gone or sent."""
    row = queue.message(session, UUID(job.payload["message_id"]))
    if row is None or row.sent_at is not None:
        return None
    template = message_texts.wording(session, row.template, row.locale)
    text = registry.render(template, row.fields, row.locale) if registry.render else ""
    message = OutboxMessage(
        id=row.id,
        connector=row.connector,
        recipient=row.recipient,
        text=template.format(**row.fields),
        payload=row.payload,
        link=row.link,
        locale=row.locale,
        idempotency_key=row.idempotency_key,
        created_at=row.created_at,
    )
    return replace(message, text=text) if text else message


def sent(session: Session, job: Job, *, now: datetime) -> None:
    """Note that an outbox job's message has gone."""
    row = queue.message(session, UUID(job.payload["message_id"]))
    if queue.finish(session, job) and row is not None:
        row.sent_at = now
    session.flush()


def put_off(session: Session, job: Job, until: datetime) -> None:
    """Keep an outbox job for later (quiet hours); that is none of its tries."""
    held = queue.held(session, job)
    if held is not None:
        held.lease, held.leased_until, held.due_at = None, None, until
    session.flush()


# Failure


def failed(session: Session, job: Job, error: Exception, *, now: datetime) -> None:
    """Note that a job failed: try again after a growing pause, or record an incident after the last try.

    A conflict with another writer is nobody's fault: it is tried again soon and more often.
    """
    held = queue.held(session, job)
    if held is None:
        return
    if isinstance(error, SuspendedError):  # nobody's fault and no try: it waits until somebody resumes the instance
        held.lease, held.leased_until, held.due_at = None, None, now + SUSPENDED_PAUSE
        return
    conflict = isinstance(error, ConflictError)
    held.attempts += 1
    held.lease, held.leased_until = None, None
    held.last_error = f"{type(error).__name__}: {error}"[:2000]
    periodic = held.kind == "periodic"
    tries = PERIODIC_TRIES if periodic else held.max_attempts + (MORE_TRIES_FOR_CONFLICTS if conflict else 0)
    pauses = [timedelta(seconds=pause) for pause in held.payload.get("pauses", ())] or PAUSES
    pause = CONFLICT_PAUSE if conflict and held.attempts < tries else pauses[min(held.attempts, len(pauses)) - 1]
    held.due_at = now + pause if periodic or held.attempts < tries else None
    if held.attempts < tries or (periodic and held.attempts > tries):
        return
    incidents.record_failed_job(session, held, error, now=now)
