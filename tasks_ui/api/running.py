"""Messages, signals, incidents and jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import incidents, messages, operations
from tasks_ui import i18n
from tasks_ui.api import models_instances, models_work
from tasks_ui.api.operation import operation
from tasks_ui.api.schema import fill

if TYPE_CHECKING:
    from uuid import UUID

    from tasks_ui.api.operation import Call


@operation("POST", "/messages", "messages", body=models_work.MessageRequest, answer=models_work.Receiver)
def correlate_message(call: Call) -> models_work.Receiver:
    """Deliver a message to the one instance that waits for it, else start the process that begins with it."""
    body: models_work.MessageRequest = call.body
    got = messages.correlate(
        call.session, name=body.name, business_key=body.business_key, variables=body.variables, viewer=call.viewer,
        now=call.now, registry=call.registry, scope=body.scope,
    )  # fmt: skip
    return models_work.Receiver(got)


@operation("POST", "/signals", "messages", body=models_work.SignalRequest, answer=models_work.Reached)
def send_signal(call: Call) -> models_work.Reached:
    """Send a signal to everybody who waits for it now; each gets it by a job of its own."""
    body: models_work.SignalRequest = call.body
    count = messages.signal(
        call.session, name=body.name, variables=body.variables, viewer=call.viewer, now=call.now,
        registry=call.registry,
    )  # fmt: skip
    return models_work.Reached(count)


@operation("GET", "/incidents", "incidents", query=models_work.PageQuery, answer=models_work.Incidents)
def list_incidents(call: Call) -> models_work.Incidents:
    """List open incidents, newest first."""
    query: models_work.PageQuery = call.query
    found = incidents.list_open(call.session, call.viewer, limit=query.size + 1, offset=(query.page - 1) * query.size)
    items = tuple(
        models_instances.Incident(
            id=one.id,
            kind=one.kind,
            instance_id=one.instance_id,
            job_id=one.job_id,
            element_id=one.element_id,
            message=i18n.translate(one.template, one.fields),
            created_at=one.created_at,
            title=one.title,
            business_key=one.business_key,
            process_key=one.process_key,
        )
        for one in found[: query.size]
    )
    return models_work.Incidents(items, query.page, query.size, len(found) > query.size)


@operation("POST", "/incidents/<uuid:incident_id>/retry", "incidents", answer=models_work.Done)
def retry_incident(call: Call, incident_id: UUID) -> models_work.Done:
    """Try again what failed: a job is due at once, a completion is carried out now."""
    incidents.retry(call.session, call.viewer, incident_id, now=call.now, registry=call.registry)
    return models_work.Done()


@operation(
    "POST",
    "/incidents/<uuid:incident_id>/resolve",
    "incidents",
    body=models_instances.Because,
    answer=models_work.Done,
)
def resolve_incident(call: Call, incident_id: UUID) -> models_work.Done:
    """Close an incident without trying again."""
    incidents.resolve(call.session, call.viewer, incident_id, reason=call.body.reason, now=call.now)
    return models_work.Done()


@operation("GET", "/jobs", "jobs", query=models_work.JobQuery, answer=models_work.Jobs)
def list_jobs(call: Call) -> models_work.Jobs:
    """List the worker's jobs, those that wait for a person first."""
    query: models_work.JobQuery = call.query
    found, more = operations.jobs(
        call.session, call.viewer, kind=query.kind, page=query.page, size=query.size, now=call.now
    )
    return models_work.Jobs(fill(tuple[models_work.Job, ...], found), query.page, query.size, more)


OPERATIONS = (correlate_message, send_signal, list_incidents, retry_incident, resolve_incident, list_jobs)
