"""Files that another program delivers: published at once, or kept as a change where a second person must agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import access, deployment, exports, resources
from engine.access import Action
from engine.deployment import Deployment
from engine.errors import DeploymentRefused, NotFoundError
from storage import audit
from storage import exchange as queries

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.deployment import Deployed
    from engine.parcels import Parcel

LONGEST_NAME = 200


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
class Delivered:
    """What became of delivered files; `unchanged`: everything was in force already and nothing was written."""

    delivery: Delivery
    definitions: tuple[Definition, ...]
    unchanged: bool = False


def deliver(
    session: Session,
    viewer: Viewer,
    *,
    files: Mapping[str, bytes],
    name: str,
    note: str,
    now: datetime,
    registry: Registry,
    only_changed: bool,
) -> Delivered:
    """Publish files that came from outside. `only_changed`: write nothing when all of them are in force as they are.

    Raises:
        DeploymentRefused: with all findings.
        NotAllowedError: the viewer may not publish.
    """
    access.require(viewer, Action.CHANGE_PUBLISH)
    if only_changed:
        known = _in_force(session, files)
        if known is not None:
            return Delivered(_delivery(session, known), (), unchanged=True)
    made = deployment.deploy(
        session, files=files, viewer=viewer, now=now, registry=registry, name=name[:LONGEST_NAME], note=note
    )
    new = [item.id for item in made.items if item.new]
    detail = {"files": sorted(files), "name": name[:LONGEST_NAME], "note": note}
    subject = f"deployment:{made.id}"
    audit.record(session, actor=viewer.login, action="deliver", subject=subject, detail=detail, now=now)
    return Delivered(_delivery(session, made.id), _definitions(session, new))


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


def _in_force(session: Session, files: Mapping[str, bytes]) -> UUID | None:
    """Give the deployment that brought these files as they are; None when one of them is another one now."""
    known = {one.file: one for one in resources.published(session)}
    ids = []
    for file, content in files.items():
        one = known.get(file)
        if one is None or one.deployment_id is None or resources.source(session, file) != content:
            return None
        ids.append(one.deployment_id)
    return ids[0] if ids else None


def _delivery(session: Session, deployment_id: UUID) -> Delivery:
    row = queries.deployment(session, deployment_id)
    if row is None:
        raise NotFoundError
    return Delivery(row.id, row.name, row.note, row.created_at)


def _definitions(session: Session, ids: list[UUID]) -> tuple[Definition, ...]:
    found = [
        Definition(
            row.id, "process", row.key, row.version, row.name, row.file, row.deployment_id, row.version_tag,
            row.documentation, row.startable,
        )
        for row in queries.processes(session, ids)
    ]  # fmt: skip
    found += [
        Definition(row.id, "decision", row.key, row.version, row.name, file.file, file.deployment_id)
        for row, file in queries.decisions(session, ids)
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
    rows = queries.processes(session, [definition_id])
    if not rows:
        raise NotFoundError
    return rows[0].key
