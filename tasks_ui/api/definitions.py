"""Publish, check and look at process definitions; start instances of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import access, definitions, doctor, instance_views, operations, starts
from engine.access import Action
from engine.errors import N_, NotFoundError
from engine.publishing import deliveries
from tasks_ui.api import models, models_instances
from tasks_ui.api.operation import operation
from tasks_ui.api.schema import fill

if TYPE_CHECKING:
    from tasks_ui.api.operation import Call

TAG = "definitions"
XML = "application/xml"


@operation("POST", "/deployments", TAG, files=models.DeployFields, answer=models.Deployment, status=201)
def deploy(call: Call) -> models.Deployment:
    """Check diagrams, decision tables, forms and translations, and put them in force together.

    The same content stays the same version. With an error among the findings nothing is stored and the problem lists
    them all. Where a second person has to approve of what is published, the answer is 409: bring the files into a
    change in the studio.
    """
    fields: models.DeployFields = call.fields
    access.require(call.viewer, Action.DEFINITION_DEPLOY)
    deliveries.at_once(call.session, call.registry)
    made = definitions.deploy(
        call.session, files=call.files, viewer=call.viewer, now=call.now, registry=call.registry,
        name=fields.name, note=fields.note,
    )  # fmt: skip
    return fill(models.Deployment, made)


@operation("POST", "/check", TAG, files=models.CheckFields, answer=models.Checked, reads=True)
def check(call: Call) -> models.Checked:
    """Say what a deployment of these files would be told, without storing anything."""
    access.require(call.viewer, Action.DEFINITION_VIEW)
    found = definitions.check(call.session, files=call.files, registry=call.registry)
    return models.Checked(
        deployable=not any(finding.severity == "error" for finding in found),
        findings=fill(tuple[models.Finding, ...], found),
    )


@operation("POST", "/repair", TAG, files=models.RepairFields, answer=models.Repaired, reads=True)
def repair(call: Call) -> models.Repaired:
    """Carry out the chosen repairs in diagrams and lay out what is not drawn, without storing anything.

    Forms, tables and other files sent along only tell which names exist. A diagram that cannot be read comes back
    as an empty text with its finding.
    """
    access.require(call.viewer, Action.DEFINITION_VIEW)
    fields: models.RepairFields = call.fields
    wanted = [part.strip() for part in fields.repairs.split(",") if part.strip()]
    made = doctor.mend(call.session, files=call.files, registry=call.registry, wanted=wanted)
    files = [
        models.RepairedFile(
            file,
            content.decode(errors="replace") if made.readable(file) else "",
            fill(tuple[models.Repair, ...], made.applied[file]),
            fill(tuple[models.Repair, ...], made.proposals[file]),
        )
        for file, content in made.files.items()
    ]
    return models.Repaired(
        tuple(files),
        deployable=not any(finding.severity == "error" for finding in made.findings),
        findings=fill(tuple[models.Finding, ...], made.findings),
    )


@operation("GET", "/definitions", TAG, query=models.DefinitionQuery, answer=models.Definitions)
def list_definitions(call: Call) -> models.Definitions:
    """List the processes in force, or all their versions."""
    query: models.DefinitionQuery = call.query
    rows = operations.versions(call.session, call.viewer)
    wanted = [r for r in rows if (r.newest or query.all_versions) and (not query.key or r.key == query.key)]
    return models.Definitions(fill(tuple[models.Definition, ...], wanted))


@operation("GET", "/definitions/<key>", TAG, query=models.VersionQuery, answer=models.Definition)
def get_definition(call: Call, key: str) -> models.Definition:
    """Get a version of a process."""
    return fill(models.Definition, _version(call, key))


def _version(call: Call, key: str) -> operations.VersionRow:
    rows = [row for row in operations.versions(call.session, call.viewer) if row.key == key]
    number = call.query.version
    found = next((row for row in rows if (row.version == number if number else row.newest)), None)
    if found is None:
        raise NotFoundError(N_("There is no such version of a process."))
    return found


@operation("GET", "/definitions/<key>/xml", TAG, query=models.VersionQuery, media=XML)
def get_definition_xml(call: Call, key: str) -> bytes:
    """Get the diagram of a version of a process, as it was deployed."""
    return definitions.source(call.session, call.viewer, _version(call, key).id)


@operation("GET", "/definitions/<key>/start-form", TAG, query=models.VersionQuery, answer=models.StartForm)
def get_start_form(call: Call, key: str) -> models.StartForm:
    """Get the form that is filled in to start a process; null when it has none."""
    form = definitions.start_form(call.session, _version(call, key).id)
    return models.StartForm(dict(form.schema) if form is not None else None)


@operation(
    "POST", "/definitions/<key>/start", TAG, body=models.StartRequest, answer=models_instances.Instance, status=201
)
def start_instance(call: Call, key: str) -> models_instances.Instance:
    """Start an instance of the newest version of a process.

    When it has a start form, the variables are checked against it, and what is no field of it is left out.
    `scope` is the code of the project. A task of an instance without one ("") is seen only by those who hold its role
    everywhere, and by administrators. Left out or null it is the one project for which you may start the process, or
    none; when that does not tell, or nobody would see the tasks, the answer is 422.
    """
    body: models.StartRequest = call.body
    made = starts.start(
        call.session, key=key, variables=body.variables, viewer=call.viewer, now=call.now, registry=call.registry,
        business_key=body.business_key, scope=body.scope, title=body.title,
    )  # fmt: skip
    return fill(models_instances.Instance, instance_views.describe(call.session, made, call.viewer, call.now).head)


OPERATIONS = (
    deploy,
    check,
    repair,
    list_definitions,
    get_definition,
    get_definition_xml,
    get_start_form,
    start_instance,
)
