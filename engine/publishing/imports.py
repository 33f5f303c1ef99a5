"""Files from elsewhere become a change: each finds its name, as something new or as a version of what is published."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import access, studio
from engine.access import Action
from engine.bindings import digest_of
from engine.errors import N_, InvalidInputError
from engine.publishing import exports
from engine.studio import resources
from storage import studio_resources as queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.publishing.parcels import Parcel

_STRANGE = re.compile(r"[^\w-]+")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that came in. `name` is what it could be called here; `published` tells that there is a file of that name.

    `same`: it is published as it is. `keys`: what it brings (processes, decisions, forms).
    """

    file: str
    kind: str
    folder: str
    name: str
    published: bool
    same: bool
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A file to be taken into a change under a name."""

    name: str
    content: bytes
    folder: str = ""


def arrivals(session: Session, viewer: Viewer, parcel: Parcel) -> tuple[Arrival, ...]:
    """Say of each file what it is, and how it would be called here: what brings a known process is a version of it."""
    access.require(viewer, Action.CHANGE_EDIT)
    here = {one.file: one for one in resources.published(session)}
    by_key = {(row.kind, row.key): row.file for row in queries.newest(session)}
    found = []
    for file, content in sorted(parcel.files.items()):
        kind = resources.kind_of(file)
        if not kind:
            continue
        keys = sorted(key for _, key in exports.defined(kind, content))
        known = next((by_key[kind, key] for key in keys if by_key.get((kind, key)) in here), "")
        name = known or well_named(file)
        same = name in here and here[name].digest == digest_of(content)
        folder = here[name].folder if name in here else parcel.folders.get(file, "")
        found.append(Arrival(file, kind, folder, name, name in here, same, tuple(keys)))
    return tuple(found)


def well_named(file: str) -> str:
    """Turn a file's name into one of letters, digits, - and _."""
    suffix = resources.SUFFIXES.get(resources.kind_of(file), "")
    stem = _STRANGE.sub("_", file.removesuffix(suffix)).strip("_")
    return f"{stem or 'file'}{suffix}"


def take_in(
    session: Session, viewer: Viewer, files: Sequence[Taken], *, title: str, reason: str, now: datetime
) -> UUID:
    """Begin a change with these files and return its id; one that has a published file's name is a version of it.

    Raises:
        InvalidInputError: two files have one name, a name is not a good one, or there is no file.
        NotAllowedError: the viewer may not edit changes.
    """
    if not files:
        raise InvalidInputError(N_("There is nothing to take over: all of it is published already, or left out."))
    names = [one.name for one in files]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise InvalidInputError(N_("Two files would be called {file}. Give one of them another name."), file=double)
    change_id = studio.open_change(session, viewer, title=title, reason=reason, now=now)
    put(session, viewer, change_id, files, now=now)
    return change_id


def put(session: Session, viewer: Viewer, change_id: UUID, files: Sequence[Taken], *, now: datetime) -> None:
    """Put files into a change, over what it drafts under these names.

    Raises:
        InvalidInputError: a name is not a good one.
        ConflictError: the change is over.
    """
    every = resources.published(session)
    here = {one.file for one in every} | studio.files(session, change_id).keys()
    for one in files:
        if one.name in here:  # as it is, if it lies there
            began = studio.add_file(session, viewer, change_id, one.name, now=now, every=every)
            studio.save(session, viewer, change_id, one.name, source=one.content, revision=began.revision, now=now)
        else:
            studio.add_file(
                session, viewer, change_id, one.name, source=one.content, folder=one.folder, now=now, every=every
            )


def title_of(arrivals_: Sequence[Arrival], contents: Mapping[str, bytes]) -> str:
    """Give a change its first title: the name of the first process, else of the first file."""
    for one in arrivals_:
        if one.kind == "bpmn" and (name := exports.process_name(contents[one.file])):
            return name
    return arrivals_[0].name if arrivals_ else ""
