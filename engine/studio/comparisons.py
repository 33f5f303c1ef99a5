"""Versions of deployed files compared, and the drafts of a change with what is published."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from engine import access, studio
from engine.access import Action
from engine.bindings import digest_of
from engine.cache import Cache
from engine.core import forms
from engine.core.compare import Change, Words, compare
from engine.errors import KeyturnError
from engine.studio import known, resources
from storage import definitions, people
from storage import library as queries

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.studio.resources import Resource

_LABELS: Cache[dict[str, str]] = Cache(1_000)
"""The labels of a form's fields by the name of their value, by the digest of the form."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two files: the version (None: a draft), who made it, and what is in it (b"": there was none)."""

    source: bytes
    version: int | None = None
    resource: Resource | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a file with what differs; `problem` when one of them cannot be read at the moment."""

    file: str
    kind: str
    name: str
    left: Side
    right: Side
    changes: tuple[Change, ...]
    words: Words
    problem: KeyturnError | None = None


def words(session: Session, *, english: Callable[[str], str] = str, folder: str = "", services: bool = False) -> Words:
    """Collect what roles, forms, decisions and processes are called, and the labels of a folder's fields.

    With `services` also how the diagrams in force call the services.
    """
    found = resources.published(session)
    names = {
        kind: {one.key: one.name for one in found if one.kind == kind and one.name != one.key}
        for kind in ("form", "dmn", "bpmn")
    }
    variables: dict[str, str] = {}
    for one in found:
        if one.kind == "form" and one.folder == folder:
            variables = _LABELS.get(one.digest, partial(_labels, session, one)) | variables
    roles = {role.code: role.name_zh.partition("/")[0].strip() for role in people.roles(session)}
    return Words(
        english=english, roles=roles, forms=names["form"],
        decisions=names["dmn"], processes=names["bpmn"], variables=variables,
        services=known.services(session) if services else {},
    )  # fmt: skip


def _labels(session: Session, one: Resource) -> dict[str, str]:
    form = forms.parse(resources.content(session, one))
    return {field.key: field.label for field in form.walk() if field.key and field.label}


def files(session: Session, viewer: Viewer) -> tuple[Resource, ...]:
    """List the files that can be compared. Raises NotAllowedError."""
    access.require(viewer, Action.STUDIO_USE)
    return tuple(one for one in resources.published(session) if one.definition_id is not None)


def versions(
    session: Session, viewer: Viewer, file: str, *, left: int, right: int, english: Callable[[str], str] = str
) -> Comparison:
    """Compare two versions of a file.

    Raises:
        NotFoundError: there is no such file or version.
        NotAllowedError: the viewer may not use the studio.
    """
    access.require(viewer, Action.STUDIO_USE)
    there = {one.version: one for one in resources.versions(session, file)}
    one = there[max(there)]
    sides = [_side(session, one, there.get(version), version) for version in (left, right)]
    return _compared(session, one.file, one.kind, one.name, one.folder, sides[0], sides[1], english)


def _side(session: Session, one: Resource, found: Resource | None, version: int) -> Side:
    if found is None and one.kind == "bpmn":  # the process lay in a file of another name then
        row = definitions.process_version(session, one.key, version)
        if row is not None:
            return Side(row.source, version)
    return Side(resources.source(session, one.file, version), version, found)


def of_change(
    session: Session, viewer: Viewer, change_id: UUID, *, english: Callable[[str], str] = str
) -> tuple[studio.ChangeView, tuple[Comparison, ...]]:
    """Compare every draft of a change with what is published, or was when the change was.

    Raises:
        NotFoundError: there is no such change.
        NotAllowedError: the viewer may not use the studio.
    """
    change = studio.change(session, viewer, change_id)
    published = {one.file: one for one in resources.published(session)}
    before = None if change.editable else queries.bases(session, change_id)
    found = []
    sources = studio.files(session, change_id)
    for file in sorted(sources, key=lambda name: (resources.KINDS.index(resources.kind_of(name)), name)):
        source = sources[file]
        view = change.draft(file)
        current = published.get(file)
        if before is not None:
            old = Side(before.get(file, b""))
        elif current is None:
            old = Side(b"")
        else:
            same = current.digest == digest_of(source)  # then nothing is read
            old = Side(source if same else resources.content(session, current), current.version, current)
        name = current.name if current else file
        folder = view.folder if view else ""
        kind = resources.kind_of(file)
        found.append(_compared(session, file, kind, name, folder, old, Side(source), english))
    return change, tuple(found)


def _compared(
    session: Session, file: str, kind: str, name: str, folder: str, left: Side, right: Side,
    english: Callable[[str], str],
) -> Comparison:  # fmt: skip
    called = words(session, english=english, folder=folder, services=kind == "bpmn")
    empty = Comparison(file, kind, name, left, right, (), called)
    if digest_of(left.source) == digest_of(right.source):
        return empty
    try:
        return replace(empty, changes=compare(kind, left.source, right.source, called))
    except KeyturnError as problem:
        return replace(empty, problem=problem)
