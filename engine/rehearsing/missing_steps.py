"""Old stories that do not know a step the change adds: the step is written into them, and they are played again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import studio
from engine.access import Action
from engine.core import parse
from engine.errors import N_, ConflictError, InvalidInputError
from engine.rehearsing import scenario_runs
from engine.studio import resources
from engine.studio.views import found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.rehearsing.scenario_runs import Item, Runs

__all__ = ["Missing", "add", "missing"]
MOST = 8


@dataclass(frozen=True, slots=True)
class Missing:
    """A user task that the change adds and at which stories stand still, with the stories' files and names."""

    element_id: str
    name: str
    stories: tuple[tuple[str, str], ...]


def missing(session: Session, change_id: UUID, runs: Runs) -> tuple[Missing, ...]:
    """Find the tasks a change adds that were open where stories failed; those that stop most stories first."""
    red = [one for one in runs.items if _stopped(one)]
    added = _added(session, change_id) if red else {}
    lacking = [
        Missing(element, name, stories)
        for element, name in added.items()
        if (stories := tuple((one.file, one.name) for one in red if _open_at(one, element)))
    ]
    return tuple(sorted(lacking, key=lambda one: -len(one.stories))[:MOST])


def _stopped(one: Item) -> bool:
    return one.state == scenario_runs.FAILED and one.step > 0 and bool(one.open_tasks)


def _open_at(one: Item, element_id: str) -> Mapping[str, str] | None:
    return next((task for task in one.open_tasks if task.get("id") == element_id), None)


def _added(session: Session, change_id: UUID) -> dict[str, str]:
    """Map the ids of the user tasks that the drafts have and what is published has not to their names."""
    published = {one.file for one in resources.published(session) if one.kind == "bpmn"}
    new: dict[str, str] = {}
    for file, source in studio.files(session, change_id).items():
        if resources.kind_of(file) == "bpmn":
            before = _tasks(resources.source(session, file)) if file in published else {}
            new |= {element: name for element, name in _tasks(source).items() if element not in before}
    return new


def _tasks(source: bytes) -> dict[str, str]:
    try:
        model = parse.parse(source)
    except InvalidInputError:  # said elsewhere; such drafts are not played
        return {}
    return {
        node.id: node.name or node.id
        for process in model.processes.values()
        for node in process.nodes.values()
        if node.type == "userTask"
    }


def add(
    session: Session, viewer: Viewer, change_id: UUID, element_id: str, *, now: datetime, registry: Registry
) -> tuple[str, ...]:
    """Write a task of the change into the stories that stop at it, and have them played again; give their names.

    The step stands before the one that failed, by the task's role and with the usual answers. Stories that are not
    drafted yet become drafts of the change.

    Raises:
        NotFoundError: there is no such change. NotAllowedError: the viewer may not edit changes.
        ConflictError: no story stops at this task any more.
    """
    found(session, viewer, change_id, action=Action.CHANGE_EDIT)
    runs = scenario_runs.state(session, change_id, registry=registry)
    step = next((one for one in missing(session, change_id, runs) if one.element_id == element_id), None)
    stories = dict(step.stories) if step else {}
    stopped = [one for one in runs.items if one.file in stories]
    told = [one.name for one in stopped if _grown(session, viewer, change_id, one, element_id, now)]
    if not told:
        raise ConflictError(N_("No scenario stops at this step any more. Have them played again."))
    scenario_runs.request(session, viewer, change_id, now=now, registry=registry, near=True)
    return tuple(told)


def _grown(session: Session, viewer: Viewer, change_id: UUID, one: Item, element_id: str, now: datetime) -> bool:
    from engine import scenario_files  # noqa: PLC0415  YAML costs memory and few write into stories

    task = _open_at(one, element_id) or {}
    if one.file not in studio.files(session, change_id):
        studio.add_file(session, viewer, change_id, one.file, now=now)
    kept = studio.draft(session, viewer, change_id, one.file)
    try:
        failing = scenario_files.parse(kept.source, one.file).steps[one.step - 1]
    except (scenario_files.ScenarioError, IndexError):
        return False
    parts = {"案": str(failing["案"])} if "案" in failing else {}
    parts |= {"完成": task["name"]} | ({"角色": task["role"]} if task.get("role") else {})
    source = scenario_files.with_step(kept.source, one.step, parts)
    if source == kept.source:
        return False
    studio.save(session, viewer, change_id, one.file, source=source, revision=kept.revision, now=now)
    return True
