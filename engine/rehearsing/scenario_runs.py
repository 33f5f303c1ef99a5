"""Scenarios of a change: which have to be played before it may be published, and what came of it.

Each is a job of its own, which the worker plays beside its other work (`scenario_plays`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from engine import access, studio
from engine.access import Action
from engine.bindings import digest_of
from engine.rehearsing.sandbox_bases import sandbox_of
from engine.studio import resources
from engine.studio.views import found
from storage import audit
from storage import jobs as queue
from storage import scenario_runs as queries
from storage.tables.studio import ScenarioRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.studio.resources import Resource

KIND = "scenario"
PRIORITY = 5
"""After everything of the same moment; stories of other folders after those of the change's own."""
PACE = 12
"""The last runs by which it is told how long the others will take."""
WAITING, PASSED, FAILED, OUTDATED = "waiting", "passed", "failed", "outdated"


@dataclass(frozen=True, slots=True)
class Item:
    """One scenario of a change. `state`: waiting, passed, failed, or outdated (not played on what is drafted now).

    `diagram` and `element_id` name the step of the diagram at which it failed, where that is known.
    """

    file: str
    name: str
    folder: str
    state: str
    step: int = 0
    message: str = ""
    message_zh: str = ""
    diagram: str = ""
    element_id: str = ""
    played_at: datetime | None = None
    near: bool = True
    """It is one of the change's own folders, or drafted in it."""
    open_tasks: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Runs:
    """The scenarios that concern a change. `up_to_date`: all were asked for with the drafts as they are now."""

    total: int
    waiting: int
    passed: int
    failed: int
    items: tuple[Item, ...]
    up_to_date: bool

    @property
    def near(self) -> int:
        """Count those of the change's own folders that have to be played."""
        return sum(one.near and one.state in (OUTDATED, FAILED) for one in self.items)

    @property
    def minutes_left(self) -> int:
        """Estimate how many minutes those that wait still take, by how fast the last ones went; 0 when unknown."""
        ended = sorted(one.played_at for one in self.items if one.played_at and one.state in (PASSED, FAILED))[-PACE:]
        gaps = sorted(after - before for before, after in pairwise(ended))
        return ceil(gaps[len(gaps) // 2] * self.waiting / timedelta(minutes=1)) if gaps and self.waiting else 0

    @property
    def green(self) -> bool:
        """Tell whether nothing stands against publishing: all that concern the change were played and went well."""
        return self.up_to_date and self.passed == self.total


def concerned(session: Session, change_id: UUID, registry: Registry) -> dict[str, tuple[str, str]]:
    """Map the scenarios that concern a change to their name and folder.

    Those that it drafts, those of every folder that has a file in it, and of the other folders the stories that go
    through such a folder: all when a table of it is changed, else those that speak of it.
    """
    drafts = studio.files(session, change_id)
    known = resources.published(session)
    folders = queries.folders(session, change_id)
    played = {file for file in drafts if resources.kind_of(file) in ("bpmn", "dmn", "form")}
    home = {one.file: one.folder for one in known}
    changed = {folders.get(file) or home.get(file, "") for file in played} - {""}
    reached, tables = (
        through(registry, known),
        {home.get(f) or folders.get(f, "") for f in played if f.endswith(".dmn")},
    )
    told = _told(session, registry)

    def goes_through(one: Resource) -> bool:
        there = changed & reached.get(one.folder, {one.folder})
        return any(folder == one.folder or folder in tables or told(one.file, folder) for folder in there)

    found_ = {one.file: (one.name, one.folder) for one in known if one.kind == "scenario" and goes_through(one)}
    drawn = {file: (file.removesuffix(".yaml"), folders.get(file, "")) for file in drafts if file.endswith(".yaml")}
    for file, source in drafts.items():
        if file in drawn:
            found_[file] = (_name_of(source) or drawn[file][0], drawn[file][1])
    return dict(sorted(found_.items(), key=lambda one: (one[1][1] not in changed, one[1][1], one[0])))


def _told(session: Session, registry: Registry) -> Callable[[str, str], bool]:
    """Give what tells whether a story of one folder speaks of what happens in another, by its verbs."""
    leads, texts = sandbox_of(registry).leads, dict[str, str]()

    def speaks(file: str, folder: str) -> bool:
        if folder not in leads:
            return True
        if not texts:
            texts.update({row.key: row.source.decode("utf-8", "replace") for row in queries.stories(session)})
        return any(f"{verb}:" in texts.get(file, "") for verb in leads[folder])

    return speaks


def _name_of(source: bytes) -> str:
    """Read a drafted story's name without reading the whole as YAML."""
    for line in source.decode("utf-8", "replace").splitlines():
        head, _, rest = line.partition(":")
        if head in ("名称", "name"):
            return rest.strip().strip("\"'")
    return ""


def through(registry: Registry, known: Iterable[Resource]) -> dict[str, set[str]]:
    """Map folders to all folders that their stories go through, themselves included."""
    next_to = sandbox_of(registry).played_with
    reached: dict[str, set[str]] = {}
    for folder in {one.folder for one in known}:
        seen, waiting = set[str](), [folder]
        while waiting:
            here = waiting.pop()
            if here not in seen:
                seen.add(here)
                waiting += next_to.get(here, ())
        reached[folder] = seen
    return reached


def digests(session: Session, change_id: UUID) -> Callable[[str], str]:
    """Give what digests what a scenario is played on: all drafts but other stories, and what is published beside."""
    beside = [
        f"{one.file}:{one.digest}" for one in resources.published(session) if one.kind not in ("texts", "scenario")
    ]
    drafts = studio.files(session, change_id)
    played = (part for file, source in sorted(drafts.items()) if not _story(file) for part in (file, source))
    common = digest_of(*played, *beside)
    published = {one.file: one.digest for one in resources.published(session) if one.kind == "scenario"}
    return lambda file: digest_of(common, drafts.get(file) or published.get(file, ""))


def _story(file: str) -> bool:
    return resources.kind_of(file) == "scenario"


def request(
    session: Session, viewer: Viewer, change_id: UUID, *, now: datetime, registry: Registry, near: bool = False
) -> int:
    """Have the scenarios of a change played in the background; return how many have to be.

    Those that passed or wait with the drafts as they are now are left alone. `near`: only those of the change's own
    folders; they are always played first.

    Raises:
        NotFoundError: there is no such change.
        NotAllowedError: the viewer may not edit changes.
    """
    found(session, viewer, change_id, action=Action.CHANGE_EDIT)
    wanted, present = concerned(session, change_id, registry), digests(session, change_id)
    own = _own(session, change_id, wanted)
    before = queries.of_change(session, change_id)
    for file in before.keys() - wanted:
        session.delete(before[file])
    count = 0
    for file, (name, _) in wanted.items():
        row, played_on = before.get(file), present(file)
        if (near and file not in own) or (
            row is not None and row.digest == played_on and row.state in (WAITING, PASSED)
        ):
            continue
        if row is None:
            row = ScenarioRun(id=uuid4(), change_set_id=change_id, file=file, digest=played_on, played_at=None)
            session.add(row)
        row.name, row.digest, row.state = name, played_on, WAITING
        row.step, row.message, row.message_zh, row.element_id, row.played_at = 0, "", "", "", None
        row.open_tasks = []
        payload, priority = {"run": str(row.id), "digest": played_on}, PRIORITY + (file not in own)
        queue.add(session, kind=KIND, name=file, due_at=now, now=now, priority=priority, payload=payload)
        count += 1
    subject = f"change:{change_id}"
    audit.record(session, actor=viewer.login, action="scenario.run", subject=subject, detail={"count": count}, now=now)
    session.flush()
    return count


def state(session: Session, change_id: UUID, *, registry: Registry) -> Runs:
    """Say how the scenarios of a change stand."""
    wanted, present = concerned(session, change_id, registry), digests(session, change_id)
    rows, own = queries.of_change(session, change_id), _own(session, change_id, wanted)
    items = tuple(
        replace(_item(file, name, folder, rows.get(file), present(file)), near=file in own)
        for file, (name, folder) in wanted.items()
    )
    counted = {name: sum(one.state == name for one in items) for name in (WAITING, PASSED, FAILED, OUTDATED)}
    return Runs(len(items), counted[WAITING], counted[PASSED], counted[FAILED], items, up_to_date=not counted[OUTDATED])


def _own(session: Session, change_id: UUID, wanted: Mapping[str, tuple[str, str]]) -> set[str]:
    """Name the scenarios that lie in a folder of which the change drafts something else than stories."""
    drafts = queries.folders(session, change_id)
    home = {folder for file, folder in drafts.items() if not _story(file)}
    return {file for file, (_, folder) in wanted.items() if folder in home or file in drafts}


def _item(file: str, name: str, folder: str, row: ScenarioRun | None, present: str) -> Item:
    if row is None:
        return Item(file, name, folder, OUTDATED)
    diagram, _, element = row.element_id.rpartition("#")
    return Item(
        file, name, folder, row.state if row.digest == present else OUTDATED, row.step, row.message, row.message_zh,
        diagram, element, row.played_at, open_tasks=tuple(row.open_tasks),
    )  # fmt: skip


def results(session: Session, viewer: Viewer, file: str) -> Mapping[UUID, Item]:
    """Give the last results of a scenario by the change it was played for, the newest first."""
    access.require(viewer, Action.STUDIO_USE)
    rows = queries.of_file(session, file)
    return {row.change_set_id: _item(row.file, row.name, "", row, row.digest) for row in rows}
