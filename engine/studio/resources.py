"""Deployed files as their owners know them: one resource is one file, known by its name alone.

Kinds: `bpmn` a diagram, `dmn` a decision table, `form`, `scenario` a story in YAML, `texts` the English of a folder's
processes (`<folder>.en.json`). `folder` is the process folder a file lies with: the name of the deployment that
brought it first, or what was chosen when it was published from the studio.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from engine.bindings import digest_of
from engine.bundles import FOLDER
from engine.cache import Cache
from engine.errors import N_, NotFoundError
from storage import kept
from storage import studio_resources as queries

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from storage.studio_resources import Row

KINDS = ("bpmn", "dmn", "form", "scenario", "texts")
TEXTS = ".en.json"
SUFFIXES = {"bpmn": ".bpmn", "dmn": ".dmn", "form": ".form", "scenario": ".yaml", "texts": TEXTS}
_READ: Cache[tuple[str, str]] = Cache(5_000)
"""Digest of the file alone, and the name a form gives itself, by the id of the version."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One version of a file. `digest` is of the file's bytes alone; `definition_id` of the (first) definition in it."""

    file: str
    kind: str
    folder: str
    key: str
    name: str
    version: int
    digest: str
    definition_id: UUID | None
    deployment_id: UUID | None
    published_at: datetime
    published_by: str
    note: str


def kind_of(file: str) -> str:
    """Tell the kind of a file by its name, "" when it is none of ours."""
    return next((kind for kind, suffix in SUFFIXES.items() if file.endswith(suffix)), "")


def published(session: Session) -> tuple[Resource, ...]:
    """List the newest of every file in force, by folder, kind and name."""
    return kept.once(session, "published files", lambda: _published(session))


def _published(session: Session) -> tuple[Resource, ...]:
    first, chosen = queries.first_folders(session), queries.chosen_folders(session)
    found: dict[str, Resource] = {}
    for row in queries.newest(session):
        resource = _resource(session, row, first, chosen)
        before = found.get(resource.file)
        if before is None or before.published_at < resource.published_at:
            found[resource.file] = resource
    found.update({one.file: one for one in _texts(session, tuple(found.values()))})
    order = {kind: at for at, kind in enumerate(KINDS)}
    return tuple(sorted(found.values(), key=lambda one: (one.folder, order[one.kind], one.file)))


def source(session: Session, file: str, version: int | None = None) -> bytes:
    """Read a file: a version of it, or the newest in force.

    Raises:
        NotFoundError: there is no such file, or no such version of it.
    """
    if file.endswith(TEXTS):
        if version is None and any(one.file == file for one in published(session)):
            return _catalogue(session, _keys_of(session, file.removesuffix(TEXTS)))
        raise _unknown(file)
    rows = queries.of_file(session, file)
    if version is None:
        current = next((one for one in published(session) if one.file == file), None)
        rows = [row for row in rows if current and row.definition_id == current.definition_id]
    else:
        rows = [row for row in rows if row.version == version]
    if not rows:
        raise _unknown(file)
    return queries.source(session, rows[0].kind, rows[0].id)


def content(session: Session, resource: Resource) -> bytes:
    """Read the file of a version that was listed."""
    if resource.definition_id is None:
        return _catalogue(session, _keys_of(session, resource.folder))
    rows = [row for row in queries.of_file(session, resource.file) if row.definition_id == resource.definition_id]
    if not rows:
        return source(session, resource.file, resource.version)
    return queries.source(session, rows[0].kind, rows[0].id)


def versions(session: Session, file: str) -> tuple[Resource, ...]:
    """List the versions of a file, newest first; of texts only what holds now is known.

    Raises:
        NotFoundError: there never was such a file.
    """
    if file.endswith(TEXTS):
        found = tuple(one for one in published(session) if one.file == file)
    else:
        first, chosen = queries.first_folders(session), queries.chosen_folders(session)
        rows = queries.of_file(session, file)
        seen: dict[UUID, Row] = {}
        for row in rows:  # several decisions or processes may lie in one file
            seen.setdefault(row.id if row.kind == "dmn" else row.deployment_id, row)
        found = tuple(_resource(session, row, first, chosen) for row in seen.values())
    if not found:
        raise _unknown(file)
    return found


def _unknown(file: str) -> NotFoundError:
    return NotFoundError(N_("There is no file {file}."), file=file[:200])


def _resource(session: Session, row: Row, first: dict[str, str], chosen: dict[str, str]) -> Resource:
    file = PurePosixPath(row.file).name or f"{row.key}{SUFFIXES[row.kind]}"
    digest, name = row.digest, row.name
    if row.kind in ("bpmn", "form"):
        digest, form_name = _READ.get(row.id, lambda: _read(session, row))
        name = form_name or name
    folder = chosen.get(file) or first.get(f"{row.kind}:{row.key}") or ""
    folder = folder if FOLDER.fullmatch(folder) else ""  # a program calls its deployments as it likes
    return Resource(
        file=file, kind=row.kind, folder=folder, key=row.key, name=name or row.key, version=row.version,
        digest=digest, definition_id=row.definition_id, deployment_id=row.deployment_id,
        published_at=row.created_at, published_by=row.created_by, note=row.note,
    )  # fmt: skip


def _read(session: Session, row: Row) -> tuple[str, str]:
    content = queries.source(session, row.kind, row.id)
    name = ""
    if row.kind == "form":
        name = str(json.loads(content).get("name") or "")  # read when it was published
    return digest_of(content), name


# Texts


def _keys_of(session: Session, folder: str) -> list[str]:
    first, chosen = queries.first_folders(session), queries.chosen_folders(session)
    rows = (row for row in queries.newest(session) if row.kind == "bpmn")
    return [row.key for row in rows if (chosen.get(row.file) or first.get(f"bpmn:{row.key}")) == folder]


def _catalogue(session: Session, keys: list[str]) -> bytes:
    texts: dict[str, str] = {}
    for row in queries.catalogues(session, keys):
        texts.update(row.texts)
    return written(texts)


def written(texts: dict[str, str]) -> bytes:
    """Write texts as their file has them: a line each, in the order of the words, so that git shows what changed."""
    return (json.dumps(dict(sorted(texts.items())), ensure_ascii=False, indent=2) + "\n").encode()


def _texts(session: Session, found: tuple[Resource, ...]) -> list[Resource]:
    """List the texts of every folder whose processes have any."""
    by_folder: dict[str, list[Resource]] = {}
    for one in found:
        if one.kind == "bpmn" and one.folder:
            by_folder.setdefault(one.folder, []).append(one)
    english = {row.key: row for row in queries.catalogues(session, [one.key for one in found if one.kind == "bpmn"])}
    made = []
    for folder, diagrams in by_folder.items():
        rows = [english[one.key] for one in diagrams if one.key in english]
        if rows:
            texts = {text: value for row in rows for text, value in row.texts.items()}
            made.append(
                replace(
                    diagrams[0],
                    file=f"{folder}{TEXTS}",
                    kind="texts",
                    key=folder,
                    name=folder,
                    version=1,
                    note="",
                    digest=digest_of(written(texts)),
                    definition_id=None,
                    deployment_id=None,
                    published_at=max(row.updated_at for row in rows),
                )
            )
    return made
