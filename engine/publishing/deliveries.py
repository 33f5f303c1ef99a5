"""Files that another program delivers: published at once, or kept as a change where a second person must agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine import access, deployment, studio
from engine.access import Action
from engine.deployment import Deployment
from engine.errors import N_, ConflictError, DeploymentRefused, NotFoundError
from engine.publishing import exports, imports, parcels, publication
from engine.publishing.parcels import Parcel
from engine.rehearsing import scenario_runs
from engine.studio import resources
from engine.studio import settings as studio_settings
from storage import audit
from storage import definitions as definition_rows
from storage import exchange as queries
from storage import studio as change_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.deployment import Deployed
    from engine.publishing.imports import Arrival
    from engine.publishing.publication import Scenarios

LONGEST_NAME = 200
DELIVERED = "API"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A deployment as programs see it."""

    id: UUID
    name: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Definition:
    """A version of a process or decision that a delivery brought."""

    id: UUID
    kind: str
    key: str
    version: int
    name: str
    file: str
    deployment_id: UUID
    version_tag: str = ""
    documentation: str = ""
    startable: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why delivered files are not published yet; they lie in a change meanwhile."""

    change_id: UUID
    title: str
    review: str
    scenarios: Scenarios


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of delivered files: a deployment with what is new in it (nothing: it was in force), or a wait."""

    delivery: Delivery | None = None
    definitions: tuple[Definition, ...] = ()
    waiting: Waiting | None = None


def deliver(
    session: Session,
    viewer: Viewer,
    *,
    files: Mapping[str, bytes],
    name: str,
    note: str,
    now: datetime,
    registry: Registry,
) -> Delivered:
    """Publish files that came from outside as a change of the studio, or leave the change waiting for what it needs.

    Files sent again under the same name go on with the change that waits, and are all that it brings. A file that
    brings a known process, table or form is a version of it, whatever its name.

    Raises:
        DeploymentRefused: with all findings; then nothing is kept.
        ConflictError: somebody else published one of the files meanwhile.
        NotAllowedError: the viewer may not publish.
    """
    access.require(viewer, Action.CHANGE_PUBLISH)
    found = imports.arrivals(session, viewer, Parcel(files=files))
    if not found:
        raise DeploymentRefused(deployment.check(session, files=files, registry=registry))
    fresh = [one for one in found if not one.same]
    if not fresh:
        return Delivered(_delivery(session, _in_force(session, found), name, note))
    home = next((parcels.folder_named(one.keys[0]) for one in fresh if one.kind == "bpmn" and one.keys), "")
    taken = [imports.Taken(one.name, files[one.file], one.folder or home) for one in fresh]
    title = f"{note or DELIVERED}: {name or fresh[0].name}"[:LONGEST_NAME]
    change_id = _change(session, viewer, taken, title=title, note=note, now=now)
    state = publication.readiness(session, viewer, change_id, registry=registry)
    if state.errors:
        names = {one.name: one.file for one in fresh}
        raise DeploymentRefused([replace(one, file=names.get(one.file, one.file)) for one in state.findings])
    detail = {"files": sorted(files), "name": name[:LONGEST_NAME], "note": note, "published": state.ready}
    detail |= {"title": title, "brought": [one.name for one in taken]}
    subject = f"change:{change_id}"
    audit.record(session, actor=viewer.login, action="deliver", subject=subject, detail=detail, now=now)
    if not state.ready and not state.outdated:
        if not state.scenarios.green and not state.scenarios.waiting:
            scenario_runs.request(session, viewer, change_id, now=now, registry=registry)
            state = publication.readiness(session, viewer, change_id, registry=registry)
        return Delivered(waiting=Waiting(change_id, title, state.review, state.scenarios))
    published = publication.publish(session, viewer, change_id, reason=title, now=now, registry=registry)
    made = queries.deployment_of(session, published)
    return Delivered(_delivery(session, made, name, note), _definitions(session, made))


def _change(
    session: Session, viewer: Viewer, taken: list[imports.Taken], *, title: str, note: str, now: datetime
) -> UUID:
    """Begin a change, or go on with the one into which this person's program delivered under the same title before.

    What that brought and is not sent any more leaves the change, and what others published since is drafted afresh.
    """
    earlier = [
        (one, told) for one, told in queries.deliveries_waiting(session, viewer.login) if told.get("title") == title
    ]
    if not earlier:
        return imports.take_in(session, viewer, taken, title=title, reason=note, now=now)
    before, arriving = earlier[0][0], {one.name for one in taken}
    brought = {file for one, told in earlier if one == before for file in told.get("brought", ())}
    change_rows.change(session, before, lock=True)
    for draft in studio.change(session, viewer, before).drafts:
        if draft.file in brought - arriving or (draft.outdated and draft.file in arriving):
            studio.remove_file(session, viewer, before, draft.file, now=now)
    imports.put(session, viewer, before, taken, now=now)
    return before


def at_once(session: Session, registry: Registry) -> None:
    """Pass silently where files may be published without a change of the studio.

    Raises:
        ConflictError: a second person has to approve of what is published here.
    """
    if registry.four_eyes or studio_settings.second_person(session):
        raise ConflictError(
            N_("A second person has to approve of what is published here: bring the files into a change in the studio.")
        )


def deploy_parcel(
    session: Session, parcel: Parcel, *, viewer: Viewer, now: datetime, registry: Registry, note: str = ""
) -> Deployment:
    """Publish files of several folders, each folder as a deployment of its name; what others use comes first.

    Raises:
        DeploymentRefused: with the findings of all files.
        NotAllowedError: the viewer may not publish.
    """
    findings = deployment.check(session, files=parcel.files, registry=registry)
    if any(one.severity == "error" for one in findings):
        raise DeploymentRefused(findings)
    items: list[Deployed] = []
    for name, files in _in_order(parcel):
        made = deployment.deploy(
            session, files=files, viewer=viewer, now=now, registry=registry, name=name, note=note,
            folders=parcel.folders, heads=parcel.heads,
        )  # fmt: skip
        items += made.items
    return Deployment(made.id, tuple(items), tuple(findings))


def _in_order(parcel: Parcel) -> list[tuple[str, dict[str, bytes]]]:
    """Put folders after those whose processes, forms and tables they use; those that use one another go together."""
    folders: dict[str, dict[str, bytes]] = {}
    for file, content in parcel.files.items():
        folders.setdefault(parcel.folders.get(file, ""), {})[file] = content
    kinds = {file: resources.kind_of(file) for file in parcel.files}
    brings = {
        name: {key for file, content in files.items() for key in exports.defined(kinds[file], content)}
        for name, files in folders.items()
    }
    needs = {
        name: {key for file, content in files.items() for key in exports.named(kinds[file], content)}
        for name, files in folders.items()
    }
    ordered, left = [], sorted(folders)
    while left:
        ready = [name for name in left if not any(needs[name] & brings[other] for other in left if other != name)]
        if not ready:
            ordered.append(("", {file: content for name in left for file, content in folders[name].items()}))
            break
        ordered += [(name, folders[name]) for name in ready]
        left = [name for name in left if name not in ready]
    return ordered


def _in_force(session: Session, found: tuple[Arrival, ...]) -> UUID:
    """Give the deployment that brought the first of these files as it is."""
    known = {one.file: one.deployment_id for one in resources.published(session)}
    made = next((known[one.name] for one in found if known.get(one.name)), None)
    if made is None:
        raise NotFoundError
    return made


def _delivery(session: Session, deployment_id: UUID, name: str, note: str) -> Delivery:
    """Describe a deployment by what its sender calls it: here it is named after the folder of its processes."""
    row = queries.deployment(session, deployment_id)
    if row is None:
        raise NotFoundError
    return Delivery(row.id, name or row.name, note, row.created_at)


def _definitions(session: Session, deployment_id: UUID) -> tuple[Definition, ...]:
    found = [
        Definition(
            row.id, "process", row.key, row.version, row.name, row.file, row.deployment_id, row.version_tag,
            row.documentation, row.startable,
        )
        for row in queries.processes_of(session, deployment_id)
    ]  # fmt: skip
    found += [
        Definition(row.id, "decision", row.key, row.version, row.name, file.file, file.deployment_id)
        for row, file in queries.decisions_of(session, deployment_id)
    ]
    return tuple(found)


def listed(
    session: Session, viewer: Viewer, *, name: str = "", name_like: str = "", limit: int = 50, offset: int = 0
) -> tuple[Delivery, ...]:
    """List deployments, newest first."""
    access.require(viewer, Action.DEFINITION_VIEW)
    rows = queries.deployments(session, name=name, name_like=name_like, limit=limit, offset=offset)
    return tuple(Delivery(row.id, row.name, row.note, row.created_at) for row in rows)


def process_key(session: Session, viewer: Viewer, definition_id: UUID) -> str:
    """Give the key of a version of a process. Raises NotFoundError."""
    access.require(viewer, Action.DEFINITION_VIEW)
    row = definition_rows.process(session, definition_id)
    if row is None:
        raise NotFoundError
    return row.key
