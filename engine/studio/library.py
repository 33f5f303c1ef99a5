"""The library of the studio: all files in force with their versions, who uses what, where cases run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from engine import access, operations
from engine.access import Action
from engine.cache import Cache
from engine.core import dmn, layout, parse
from engine.errors import N_, KeyturnError, NotFoundError
from engine.studio import resources
from storage import definitions, moves, people
from storage import library as queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.core.model import Model
    from engine.operations import VersionRow
    from engine.studio.resources import Resource

KINDS = ("bpmn", "dmn", "form", "scenario", "texts")


@dataclass(frozen=True, slots=True)
class Named:
    """What a file names: forms, decisions and processes by key; of a table the decisions it asks."""

    forms: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()
    processes: frozenset[str] = frozenset()
    defines: frozenset[str] = frozenset()


_NAMED: Cache[Named] = Cache(1_000)
"""By the digest of the file."""
_MODELS: Cache[Model] = Cache(200)
"""Diagrams read for their pictures, by the id of the version."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A change under way that drafts a file."""

    change_id: UUID
    title: str


@dataclass(frozen=True, slots=True)
class Item:
    """A file on the shelf. `running` counts cases of all its versions, `former` those of versions before the newest."""

    resource: Resource
    versions: int = 1
    running: int = 0
    former: int = 0
    number: str = ""
    department: str = ""
    author: str = ""
    drafts: tuple[Draft, ...] = ()


@dataclass(frozen=True, slots=True)
class Shelf:
    """The files of one folder. `names` maps the logins of the whole library to people's names."""

    folder: str
    items: tuple[Item, ...]

    def of(self, kind: str) -> tuple[Item, ...]:
        """Pick the files of a kind."""
        return tuple(item for item in self.items if item.resource.kind == kind)


@dataclass(frozen=True, slots=True)
class Library:
    """Everything in force, and what people are called."""

    shelves: tuple[Shelf, ...]
    names: Mapping[str, str]
    total: int


def shelves(session: Session, viewer: Viewer) -> Library:
    """List every file in force by folder, with its versions, cases and changes under way.

    Raises:
        NotAllowedError: the viewer may not use the studio.
    """
    access.require(viewer, Action.STUDIO_USE)
    published = resources.published(session)
    counts = moves.counts(session)
    versions: dict[str, list[tuple[UUID, str, str, str]]] = {}
    for row in queries.process_versions(session):
        versions.setdefault(row.key, []).append((row.id, row.number, row.executing_department, row.author))
    drafts: dict[str, list[Draft]] = {}
    for file, change_id, title in queries.drafted(session):
        drafts.setdefault(file, []).append(Draft(change_id, title))
    items = [_item(one, versions.get(one.key, []) if one.kind == "bpmn" else [], counts, drafts) for one in published]
    folders = dict.fromkeys(one.folder for one in published)
    found = tuple(Shelf(folder, tuple(i for i in items if i.resource.folder == folder)) for folder in folders)
    names = people.names(session, {one.published_by for one in published})
    return Library(found, names, len(items))


def _item(
    one: Resource, versions: list[tuple[UUID, str, str, str]], counts: Mapping[UUID, int],
    drafts: Mapping[str, list[Draft]],
) -> Item:  # fmt: skip
    head = next((row for row in versions if row[0] == one.definition_id), None)
    running = sum(counts.get(row[0], 0) for row in versions)
    newest = counts.get(one.definition_id, 0) if one.definition_id else 0
    return Item(
        one, len(versions) or one.version, running, running - newest if versions else 0,
        head[1] if head else "", head[2] if head else "", head[3] if head else "", tuple(drafts.get(one.file, ())),
    )  # fmt: skip


# -- who uses what ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Uses:
    """What a file names, and what names it; `beside` lies in the same folder (scenarios and texts)."""

    forms: tuple[Resource, ...] = ()
    tables: tuple[Resource, ...] = ()
    called: tuple[Resource, ...] = ()
    used_by: tuple[Resource, ...] = ()
    beside: tuple[Resource, ...] = ()


def uses(session: Session, published: Iterable[Resource], one: Resource) -> Uses:
    """Find out what a file names and what names it, among the files in force."""
    every = list(published)
    names = {other.file: _named(session, other) for other in every if other.kind in ("bpmn", "dmn")}
    mine = names.get(one.file) or _named(session, one)
    defined = mine.defines or frozenset({one.key})

    def names_me(other: Resource) -> bool:
        found = names.get(other.file, Named())
        if one.kind == "form":
            return one.key in found.forms
        if one.kind == "dmn":
            return bool(found.decisions & defined)
        return one.kind == "bpmn" and bool(found.processes & defined)

    return Uses(
        forms=tuple(other for other in every if other.kind == "form" and other.key in mine.forms),
        tables=tuple(
            other for other in every
            if other.kind == "dmn" and other.file != one.file and names[other.file].defines & mine.decisions
        ),
        called=tuple(
            other for other in every
            if other.kind == "bpmn" and other.file != one.file and names[other.file].defines & mine.processes
        ),
        used_by=tuple(other for other in every if other.file != one.file and names_me(other)),
        beside=tuple(o for o in every if o.folder == one.folder and o.kind in ("scenario", "texts") and o != one),
    )  # fmt: skip


def _named(session: Session, one: Resource) -> Named:
    return _NAMED.get(one.digest, partial(_read, session, one)) if one.kind in ("bpmn", "dmn") else Named()


def _read(session: Session, one: Resource) -> Named:
    try:
        content = resources.content(session, one)
        return _diagram(parse.parse(content)) if one.kind == "bpmn" else _table(dmn.parse(content))
    except KeyturnError:
        return Named()  # published by an earlier release that took it


def _diagram(model: Model) -> Named:
    nodes = [node for process in model.processes.values() for node in process.nodes.values()]
    forms = {node.attributes.get("formRef", "") or node.attributes.get("formKey", "") for node in nodes}
    return Named(
        forms=frozenset(name.rsplit(":", 1)[-1].removesuffix(".form") for name in forms if name),
        decisions=frozenset(filter(None, (node.attributes.get("decisionRef", "") for node in nodes))),
        processes=frozenset(filter(None, (node.called_element for node in nodes))),
        defines=frozenset(model.processes),
    )


def _table(found: dmn.Decisions) -> Named:
    asked = {ref.lstrip("#") for decision in found.decisions.values() for ref in decision.requires}
    names = {name for key, decision in found.decisions.items() for name in (key, decision.name)}
    return Named(decisions=frozenset(asked - set(found.decisions)), defines=frozenset(names))


# -- one process, one file --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProcessPage:
    """A process: the version that is looked at, all versions with their cases, what it uses, changes under way."""

    version: VersionRow
    versions: tuple[VersionRow, ...]
    running: Mapping[UUID, int]
    resource: Resource | None
    uses: Uses
    drafts: tuple[Draft, ...]
    names: Mapping[str, str]


def process(session: Session, viewer: Viewer, key: str, number: int = 0) -> ProcessPage:
    """Show a process, at a version of it (0: the newest in force, else the newest there is).

    Raises:
        NotFoundError: there is no such process or version.
        NotAllowedError: the viewer may not use the studio.
    """
    access.require(viewer, Action.STUDIO_USE)
    rows = operations.process_versions(session, viewer, key)
    wanted = [row for row in rows if row.version == number] if number else [r for r in rows if r.newest] or list(rows)
    if not wanted:
        raise NotFoundError(N_("There is no such version of a process."))
    version = wanted[0]
    published = resources.published(session)
    one = next((r for r in published if r.kind == "bpmn" and r.file == version.file), None)
    one = one or next((r for r in published if r.kind == "bpmn" and r.key == key), None)
    drafts = tuple(Draft(i, title) for _file, i, title in queries.drafted(session, one.file)) if one else ()
    return ProcessPage(
        version, rows, moves.counts(session), one, uses(session, published, one) if one else Uses(), drafts,
        people.names(session, {row.created_by for row in rows}),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class FilePage:
    """A table, form, scenario or texts at a version, with all its versions, who uses it, changes under way."""

    resource: Resource
    source: bytes
    newest: bool
    versions: tuple[Resource, ...]
    uses: Uses
    drafts: tuple[Draft, ...]
    names: Mapping[str, str]


def file(session: Session, viewer: Viewer, name: str, number: int = 0) -> FilePage:
    """Show a file, at a version of it (0: the newest in force).

    Raises:
        NotFoundError: there is no such file or version.
        NotAllowedError: the viewer may not use the studio.
    """
    access.require(viewer, Action.STUDIO_USE)
    versions = resources.versions(session, name)
    published = resources.published(session)
    current = next((one for one in published if one.file == name), None)
    shown = next((one for one in versions if one.version == number), None) if number else current or versions[0]
    if shown is None:
        raise NotFoundError(N_("There is no file {file}."), file=name[:200])
    drafts = tuple(Draft(change_id, title) for _file, change_id, title in queries.drafted(session, name))
    newest = current is not None and shown.version == current.version
    return FilePage(
        shown, resources.source(session, name, shown.version if shown.definition_id else None), newest, versions,
        uses(session, published, shown), drafts, people.names(session, {one.published_by for one in versions}),
    )  # fmt: skip


def model(session: Session, viewer: Viewer, definition_id: UUID) -> tuple[str, Model]:
    """Read the diagram of a version for its picture: the key of its process and the model.

    Raises:
        NotFoundError: there is no such version.
        NotAllowedError: the viewer may not use the studio.
    """
    access.require(viewer, Action.STUDIO_USE)
    row = definitions.process(session, definition_id)
    if row is None:
        raise NotFoundError(N_("There is no such version of a process."))
    return row.key, _MODELS.get(definition_id, lambda: drawn(row.source))


def drawn(source: bytes) -> Model:
    """Read a diagram for its picture; one that nobody drew is laid out. Raises DeploymentRefused."""
    found = parse.parse(source)
    return found if found.shapes else parse.parse(layout.layout(source))
