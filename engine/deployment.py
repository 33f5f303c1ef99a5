"""Publish diagrams, decision tables, forms, scenarios and translations together: check, store as versions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from engine import access, bundles, timer_starts
from engine.access import Action
from engine.bindings import bound_digests, digest_of, drawn_key, form_reference
from engine.core import forms
from engine.core import program as programs
from engine.core.calendar import WorkCalendar
from engine.core.findings import Finding, errors_first
from engine.core.forms import drawn
from engine.errors import N_, DeploymentRefused, InvalidInputError
from engine.regulation import regulation_head
from engine.roles import role_codes
from storage import audit, jobs
from storage import definitions as queries
from storage.session import WAKE
from storage.tables.definitions import (
    DecisionDefinition,
    DecisionResource,
    FormDefinition,
    ProcessDefinition,
    ScenarioDefinition,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.bundles import Bundle
    from engine.connectors import Registry
    from engine.core.forms import Form
    from engine.core.model import Model, Process
    from engine.core.program import Program

MAX_KEY = 200
IN_FORCE = "in_force"


@dataclass(frozen=True, slots=True)
class Deployed:
    """One thing that is in force after a deployment; `new` when its content made a new version."""

    kind: str
    id: UUID
    key: str
    version: int
    name: str
    new: bool


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a deployment brought, with the remarks that did not stop it."""

    id: UUID
    items: tuple[Deployed, ...]
    findings: tuple[Finding, ...]

    @property
    def processes(self) -> tuple[Deployed, ...]:
        """The processes alone."""
        return tuple(item for item in self.items if item.kind == "process")


def deploy(
    session: Session,
    *,
    files: Mapping[str, bytes],
    viewer: Viewer,
    now: datetime,
    registry: Registry,
    name: str = "",
    note: str = "",
    heads: Mapping[str, Mapping[str, Any]] | None = None,
    folders: Mapping[str, str] | None = None,
) -> Deployment:
    """Check files and store them as versions; the same content stays the same version.

    `files` maps names to bytes: `x.bpmn`, `x.dmn`, `x.form`, `x.yaml` (a scenario), `translations.en.json` (texts of
    the processes that come with it), `<folder>.en.json` (texts of one folder's processes); others are left out. `heads`
    gives the head of a process's regulation (B60) by process key, over what the diagram's properties say. `folders`
    says with which process a file lies; what is not said stays where it was, or lies with the deployment's `name`.

    Raises:
        DeploymentRefused: with all findings, errors first.
        InvalidInputError: a folder has no good name.
        NotAllowedError: the viewer may not publish.
    """
    access.require(viewer, Action.DEFINITION_DEPLOY)
    _lie_well(folders or {})
    bundle = bundles.read(files, registry)
    findings = errors_first(bundle.findings + bundles.check(session, bundle, registry))
    if any(finding.severity == "error" for finding in findings):
        raise DeploymentRefused(findings)
    queries.hold(session, {process.id for _, process, _, _ in bundle.executable()})
    moment = queries.next_moment(session, now)
    row = queries.add_deployment(session, name=name, note=note, created_by=viewer.login, now=moment)
    made = {"deployment_id": row.id, "created_at": moment, "created_by": viewer.login}
    items = [_store_form(session, file, *bundle.forms[file], made) for file in bundle.forms]
    for file, (decisions, source) in bundle.decisions.items():
        items += _store_decisions(session, file, decisions, source, made)
    for file, process, model, source in bundle.executable():
        head = {**process.properties, "note": note, **(heads or {}).get(process.id, {})}
        roles = {"roles": list(_roles(session, process, bundle))}
        values = {**regulation_head(head), **made, **roles}
        items.append(_store_process(session, file, process, model, source, values, now, registry, bundle))
    items += _store_scenarios(session, bundle, made, {file: (folders or {}).get(file, "") for file in files}, name)
    _store_texts(session, bundle, items, folders or {}, name, now)
    detail = {"files": sorted(files), "new": [f"{i.kind}:{i.key}:{i.version}" for i in items if i.new], "note": note}
    audit.record(session, actor=viewer.login, action="deploy", subject=f"deployment:{row.id}", detail=detail, now=now)
    session.flush()
    for read_before in set(session.info) - {"data_key", "calendar", WAKE}:  # catalogues and role names
        del session.info[read_before]
    return Deployment(row.id, tuple(items), tuple(findings))


def check(session: Session, *, files: Mapping[str, bytes], registry: Registry) -> list[Finding]:
    """Say what a deployment of these files would be told, without storing anything; errors first."""
    bundle = bundles.read(files, registry)
    return errors_first(bundle.findings + bundles.check(session, bundle, registry))


def _lie_well(folders: Mapping[str, str]) -> None:
    for folder in folders.values():
        if not bundles.FOLDER.fullmatch(folder):
            raise InvalidInputError(
                N_("A folder is named with letters, digits, - and _: {folder} is not."), folder=folder[:100]
            )


# Storing


def _store_form(session: Session, file: str, form: Form, source: bytes, made: dict[str, Any]) -> Deployed:
    digest = digest_of(source)
    row = queries.latest_form(session, form.id)
    if row is not None and row.digest == digest:
        row.state = IN_FORCE
        return Deployed("form", row.id, row.key, row.version, form.name or form.id, new=False)
    version = row.version + 1 if row else 1
    row = FormDefinition(key=form.id, version=version, file=file, digest=digest, source=source, **made)
    session.add(row)
    session.flush()
    return Deployed("form", row.id, row.key, row.version, form.name or form.id, new=True)


def _store_decisions(
    session: Session, file: str, decisions: Any, source: bytes, made: dict[str, Any]
) -> list[Deployed]:
    digest = digest_of(source)
    last = {key: queries.decision_by_key(session, key) for key in decisions.decisions}
    rows = list(last.values())
    if all(row is not None and row.digest == digest for row in rows):
        known = [row for row in rows if row is not None]
        for row in known:
            row.state = IN_FORCE
        return [Deployed("decision", r.id, r.key, r.version, r.name, new=False) for r in known]
    resource = DecisionResource(deployment_id=made["deployment_id"], file=file, digest=digest, source=source)
    session.add(resource)
    session.flush()
    found = []
    for key, decision in decisions.decisions.items():
        before = last[key]
        row = DecisionDefinition(
            resource_id=resource.id,
            key=key,
            version=before.version + 1 if before else 1,
            name=decision.name,
            digest=digest,
            created_at=made["created_at"],
            created_by=made["created_by"],
        )
        session.add(row)
        session.flush()
        found.append(Deployed("decision", row.id, key, row.version, row.name, new=True))
    return found


def _store_scenarios(
    session: Session, bundle: Bundle, made: dict[str, Any], folders: Mapping[str, str], name: str
) -> list[Deployed]:
    keys = {file: PurePosixPath(file).name for file in bundle.scenarios}
    before = queries.latest_scenarios(session, keys.values())
    rows = []
    for file, (title, source) in bundle.scenarios.items():
        key, digest = keys[file], digest_of(source)
        last = before.get(key)
        folder = folders.get(file) or (last.folder if last else name)
        if last is not None and last.digest == digest and last.folder == folder:
            last.state = IN_FORCE
            rows.append((last, False))
            continue
        version = last.version + 1 if last else 1
        row = ScenarioDefinition(
            id=uuid4(), key=key, version=version, name=title, folder=folder, digest=digest, source=source, **made
        )
        rows.append((row, True))
    session.add_all(row for row, new in rows if new)
    session.flush()
    return [Deployed("scenario", row.id, row.key, row.version, row.name, new=new) for row, new in rows]


def _store_texts(
    session: Session, bundle: Bundle, items: list[Deployed], folders: Mapping[str, str], name: str, now: datetime
) -> None:
    """Add translations: to the processes that came along, or for `<folder>.en.json` to those of the folder."""
    here = [item.key for item in items if item.kind == "process"] or [""]
    drawn = [(file, process.id) for file, process, _, _ in bundle.executable()]
    for (folder, locale), texts in bundle.catalogues.items():
        keys = set(here)
        if folder:
            keys = set(queries.keys_of_folder(session, folder))
            keys |= {key for file, key in drawn if folders.get(file, name) == folder}
        for key in sorted(keys):
            queries.add_texts(session, key, locale, texts, now)


def _store_process(
    session: Session,
    file: str,
    process: Process,
    model: Model,
    source: bytes,
    values: dict[str, Any],
    now: datetime,
    registry: Registry,
    bundle: Bundle,
) -> Deployed:
    attributes = [node.attributes for node in process.nodes.values()]
    references = {form_reference(drawn.reference(node)) for node in process.nodes.values()}
    bound_forms = {k: found for k in sorted(references - {""}) if (found := queries.latest_form(session, k))}
    wanted = {a["decisionRef"] for a in attributes if a.get("decisionRef")}
    bound_decisions = {k: made for k in sorted(wanted) if (made := queries.latest_decision(session, k))}
    together = {other.id: (other, content) for _, other, _, content in bundle.executable()}
    bound = [form.digest for form in bound_forms.values()] + bound_digests(session, process, together)
    digest = digest_of(process.id, source, *bound)
    last = queries.latest_process(session, process.id, usable=False)
    if last is not None and last.digest == digest and last.state == IN_FORCE:
        return Deployed("process", last.id, last.key, last.version, last.name, new=False)
    program = programs.compile_model(model, "", process.id)
    row = ProcessDefinition(
        key=process.id,
        version=queries.next_process_version(session, process.id),
        version_tag=process.attributes.get("versionTag", ""),
        name=process.name or process.id,
        documentation=process.documentation,
        file=file,
        digest=digest,
        source=source,
        forms={key: str(form.id) for key, form in bound_forms.items()} | _store_drawn(session, file, process, values),
        decisions={key: str(decision.id) for key, decision in bound_decisions.items()},
        starters=list(_starters(session, process)),
        startable=bool(program.starts[process.id]) and process.attributes.get("isStartableInTasklist") != "false",
        **values,
    )
    session.add(row)
    session.flush()
    arm_starts(session, row, program, registry=registry, now=now)
    return Deployed("process", row.id, row.key, row.version, row.name, new=True)


def _store_drawn(session: Session, file: str, process: Process, values: Mapping[str, Any]) -> dict[str, str]:
    """Store the forms drawn inside user tasks and start events, so that what is handed in keeps the form it was for."""
    made = {name: values[name] for name in ("deployment_id", "created_at", "created_by")}
    found = {}
    for node in process.nodes.values():
        if node.form_fields and not form_reference(drawn.reference(node)):
            schema = drawn.schema_of(node) | {"id": f"{process.id}{drawn_key(node.id)}"[:MAX_KEY]}
            source = json.dumps(schema, ensure_ascii=False).encode()
            found[drawn_key(node.id)] = str(_store_form(session, file, forms.parse(schema), source, made).id)
    return found


def arm_starts(
    session: Session, row: ProcessDefinition, program: Program, *, registry: Registry, now: datetime
) -> None:
    """Let messages, signals and timers start this version of a process and no other."""
    events = program.start_events()
    named = [(s.kind, s.name, s.element_id) for s in events if s.kind in ("message", "signal")]
    queries.replace_starts(session, row, named)
    calendar = registry.calendar(session) if registry.calendar else WorkCalendar()
    timer_starts.replace(session, row, events, calendar=calendar, now=now)


def disarm_starts(session: Session, key: str) -> None:
    """Let nothing start a process by itself any more."""
    queries.remove_starts(session, key)
    jobs.delete_named(session, "start", key)


def _roles(session: Session, process: Process, bundle: Bundle) -> tuple[str, ...]:
    """List the roles that have tasks in a process or in those it calls, as they are now."""
    together = {other.id: other for _, other, _, _ in bundle.executable()}
    names: list[str] = []
    waiting, seen = [process.id], set[str]()
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        if key in together:
            names += _own_roles(together[key])
            waiting += [node.called_element for node in together[key].nodes.values() if node.called_element]
        elif (row := queries.latest_process(session, key)) is not None:
            names += row.roles
    return role_codes(session, names)


def _own_roles(process: Process) -> list[str]:
    names: list[str] = []
    for node in process.nodes.values():
        groups = node.attributes.get("candidateGroups", "")
        if node.type in ("userTask", "manualTask"):
            names += [] if groups.startswith("=") else groups.split(",")
            names += [] if groups else [node.lane]
    return names


def _starters(session: Session, process: Process) -> tuple[str, ...]:
    texts = (process.attributes.get(a, "") for a in ("candidateStarterGroups", "candidateStarterUsers"))
    return role_codes(session, [name for text in texts for name in text.split(",")])
