"""Published files as a folder or an archive: the bytes as they were published, in places that do not move.

What lies with a process goes into a folder of its own, forms and scenarios below it; `manifest.json` says which version
each file is, who published it, when and why. Nothing in it depends on when it was written, so that git shows only what
is different.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from engine import access
from engine.access import Action
from engine.bindings import form_reference
from engine.bundles import FOLDER
from engine.core import dmn, forms, parse
from engine.core.forms import drawn
from engine.errors import N_, KeyturnError, NotFoundError
from engine.publishing import parcels
from engine.regulation import HEAD
from engine.studio import resources
from storage import definitions
from storage import studio_resources as queries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.studio.resources import Resource

BELOW = {"form": "forms/", "scenario": "scenarios/"}
LOOSE = "other"
"""The folder of what lies with no process."""


def exported(session: Session, viewer: Viewer, *, keys: Iterable[str] = ()) -> dict[str, bytes]:
    """Give the published files by path, with the manifest: those of some processes or folders, or all.

    With a process come the processes it calls, their forms, tables and texts, and the scenarios of its folder.

    Raises:
        NotFoundError: there is no such process or folder.
    """
    access.require(viewer, Action.DEFINITION_VIEW)
    every = resources.published(session)
    contents, wanted = sources(session, every), every
    if chosen := list(dict.fromkeys(keys)):
        wanted = _wanted(session, every, chosen, contents)
    found = {path_of(one): contents(one) for one in wanted}
    found[parcels.MANIFEST] = manifest(wanted, _heads(session, wanted))
    return found


def sources(session: Session, every: Iterable[Resource]) -> Callable[[Resource], bytes]:
    """Give a way to read many files, without looking for each anew among `every` published one."""
    rows: dict[tuple[str, UUID | None], UUID] = {
        (row.kind, row.definition_id): row.id for row in queries.newest(session)
    }
    drawn: dict[str, list[str]] = {}
    for one in every:
        if one.kind == "bpmn":
            drawn.setdefault(one.folder, []).append(one.key)

    def read(one: Resource) -> bytes:
        if one.kind == "texts":
            texts: dict[str, str] = {}
            for row in queries.catalogues(session, drawn[one.folder]):
                texts.update(row.texts)
            return resources.written(texts)
        return queries.source(session, one.kind, rows[one.kind, one.definition_id])

    return read


def path_of(one: Resource) -> str:
    """Give the place of a file inside an export; none leads out of it."""
    folder = one.folder if FOLDER.fullmatch(one.folder) else ""
    file = re.sub(r"[/\\:]", "_", one.file)
    return f"{folder or LOOSE}/{BELOW.get(one.kind, '')}{file}"


def _heads(session: Session, files: Iterable[Resource]) -> dict[str, dict[str, str]]:
    """Read the heads of the regulations (B60), which stand beside the diagrams and not in them."""
    found = {}
    for one in files:
        row = definitions.process(session, one.definition_id) if one.kind == "bpmn" and one.definition_id else None
        values = {name: getattr(row, name) for name in HEAD if name != "note"} if row is not None else {}
        if any(values.values()):
            found[one.key] = {name: str(value) for name, value in values.items() if value}
    return found


def manifest(files: Iterable[Resource], heads: Mapping[str, Mapping[str, str]] | None = None) -> bytes:
    """Write which version each file is, who published it, when and why, and the heads of the regulations."""
    lines: list[dict[str, Any]] = [
        {
            "path": path_of(one),
            "file": one.file,
            "kind": one.kind,
            "folder": one.folder,
            "key": one.key,
            "name": one.name,
            "version": one.version,
            "digest": one.digest,
            "published_at": one.published_at.isoformat(timespec="seconds"),
            "published_by": one.published_by,
            "note": one.note,
        }
        for one in sorted(files, key=path_of)
    ]
    whole = {"format": parcels.FORMAT, "files": lines, "heads": dict(sorted((heads or {}).items()))}
    return (json.dumps(whole, ensure_ascii=False, indent=2) + "\n").encode()


def _wanted(
    session: Session, every: tuple[Resource, ...], keys: list[str], contents: Callable[[Resource], bytes]
) -> tuple[Resource, ...]:
    by_key = {(row.kind, row.key): row.file for row in queries.newest(session)}
    by_file = {one.file: one for one in every}
    files: set[str] = set()
    folders = {one.folder for one in every if one.folder}
    with_stories: set[str] = set()
    for key in keys:
        if ("bpmn", key) in by_key:
            files.add(by_key["bpmn", key])
            with_stories.add(by_file[by_key["bpmn", key]].folder)
        elif key in folders:
            files |= {one.file for one in every if one.folder == key}
        else:
            raise NotFoundError(N_("There is no process {key}."), key=key[:200])
    waiting, seen = sorted(files), set[str]()
    while waiting:
        file = waiting.pop()
        if file in seen or file not in by_file:
            continue
        seen.add(file)
        waiting += [by_key[one] for one in named(by_file[file].kind, contents(by_file[file])) if one in by_key]
    texts = {by_file[file].folder for file in seen if by_file[file].kind == "bpmn"}
    return tuple(
        one
        for one in every
        if one.file in seen
        or (one.kind == "scenario" and one.folder in with_stories)
        or (one.kind == "texts" and one.folder in texts)
    )


def named(kind: str, content: bytes) -> set[tuple[str, str]]:
    """List what a diagram or table names, by kind and key: forms, tables, processes."""
    found: set[tuple[str, str]] = set()
    with suppress(KeyturnError):  # what cannot be read is refused elsewhere
        if kind == "bpmn":
            for process in parse.parse(content).processes.values():
                for node in process.nodes.values():
                    found.add(("form", form_reference(drawn.reference(node))))
                    found.add(("dmn", node.attributes.get("decisionRef", "")))
                    found.add(("bpmn", node.called_element))
        elif kind == "dmn":
            for decision in dmn.parse(content).decisions.values():
                found |= {("dmn", name.rpartition("#")[2]) for name in decision.requires}
    return found


def defined(kind: str, content: bytes) -> set[tuple[str, str]]:
    """List what a file brings, by kind and key."""
    with suppress(KeyturnError):
        if kind == "bpmn":
            return {(kind, one.id) for one in parse.parse(content).processes.values() if one.executable}
        if kind == "dmn":
            return {(kind, key) for key in dmn.parse(content).decisions}
        if kind == "form":
            return {(kind, forms.parse(content).id)}
    return set()


def differences(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[list[str], list[str]]:
    """Say which paths have to be written, and which went."""
    changed = [path for path, content in sorted(after.items()) if before.get(path) != content]
    return changed, sorted(set(before) - set(after))


def listed(manifest_: bytes) -> list[str]:
    """List the paths that a manifest tells of; one that is damaged tells of none."""
    try:
        said = json.loads(manifest_)
        return [str(line["path"]) for line in said["files"]] if said["format"] == parcels.FORMAT else []
    except (ValueError, KeyError, TypeError):
        return []


def process_name(content: bytes) -> str:
    """Give the name of the first process of a diagram that runs; "" when it cannot be read or has none."""
    with suppress(KeyturnError):
        model = parse.parse(content)
        pools = {one.process_ref: one.name for one in model.participants}
        for process in model.processes.values():
            if process.executable and (process.name or pools.get(process.id)):
                return process.name or pools[process.id]
    return ""
