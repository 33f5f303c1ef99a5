"""How the work goes: where cases wait, how long against usual, what is overdue, which step holds things up.

Usual is the median (and the nine in ten) of the tasks completed in the last 90 days, of very many the newest; now is
the median of how long those have waited that wait. Lengths are of the calendar, not of working days. Nothing is loaded
but counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from engine import access, definitions
from engine.access import Action
from engine.errors import N_, NotFoundError
from engine.watching.views import LEAST, Family, Lengths, Process, Step, Wait, Watched
from storage import people
from storage import watch as queries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.core.model import Model, Node
    from storage.tables.instances import ProcessInstance
    from storage.tables.work import UserTask
    from storage.watch import Version

HISTORY = timedelta(days=90)
LOOKED_AT, UNUSUAL, PAGE = 400, 20, 50
PAUSES = frozenset({"intermediateCatchEvent", "receiveTask", "eventBasedGateway", "serviceTask", "sendTask"})


def lengths(counted: Mapping[int, int]) -> Lengths:
    """Read median and nine in ten off counts by bucket, straight between the bounds of a bucket."""
    total = sum(counted.values())
    return Lengths(_share(counted, 0.5 * total), _share(counted, 0.9 * total), total) if total else Lengths()


def _share(counted: Mapping[int, int], wanted: float) -> float:
    passed = 0
    for bucket, count in sorted(counted.items()):
        if passed + count >= wanted:
            low, high = queries.seconds(bucket)
            return low + (high - low) * (wanted - passed) / count
        passed += count
    return 0.0


def overview(session: Session, viewer: Viewer, *, now: datetime) -> tuple[Family, ...]:
    """List all processes with those they call, the worst first. What several call stands for itself."""
    access.require(viewer, Action.STUDIO_USE)
    versions = queries.versions(session)
    found = _processes(session, versions, None, now)
    heads = _heads({key: one.calls for key, one in found.items()}, {one.key for one in found.values() if one.running})
    families = [_family(key, found, heads) for key in heads]
    return tuple(sorted(families, key=lambda one: (one.badness, one.process.running), reverse=True))


def _heads(calls: Mapping[str, Collection[str]], running: Collection[str]) -> list[str]:
    """List the processes that stand for themselves: with cases of their own, called by none or by several."""
    callers = Counter(key for one, called in calls.items() for key in set(called) - {one})
    heads = [key for key in calls if key in running or not callers[key]]
    shared = Counter(key for head in heads for key in _reached(calls, head) - {head})
    return heads + [key for key in calls if key not in heads and shared[key] != 1]


def _reached(calls: Mapping[str, Collection[str]], key: str) -> set[str]:
    found, left = set[str](), [key]
    while left:
        one = left.pop()
        if one in calls and one not in found:
            found.add(one)
            left += calls[one]
    return found


def _family(key: str, found: Mapping[str, Process], heads: Collection[str]) -> Family:
    """Put a process together with those it calls that do not stand for themselves: the rule of list and page alike."""
    below = sorted(_below(key, found), key=lambda one: one.key)
    return Family(found[key], tuple(one for one in below if one.key != key and one.key not in heads))


def watched(session: Session, viewer: Viewer, key: str, *, version: int = 0, now: datetime) -> Watched:
    """Look at one process, in all its versions together or in one.

    Raises:
        NotFoundError: there is no such process or version.
    """
    access.require(viewer, Action.STUDIO_USE)
    versions = queries.versions(session)
    mine = [one for one in versions if one.key == key]
    shown = _shown(mine, version)
    chosen = [one for one in versions if one.key != key or not version or one.id == shown.id]
    program = definitions.program(session, shown.id)
    found = _processes(session, chosen, key, now)
    counted = queries.running(session)
    numbers = tuple((one.version, counted.get(one.id, 0)) for one in mine)
    family = _family(key, found, _standing(session, versions, counted))
    slow = _slow(session, family.every, {str(one.id): one.key for one in chosen if one.key in found}, now)
    return Watched(family, shown.id, version, numbers, program.model, slow)


def _standing(session: Session, versions: Sequence[Version], counted: Mapping[UUID, int]) -> list[str]:
    models = {key: definitions.program(session, one.id).model for key, one in _newest(versions).items()}
    calls = {key: _calls(_nodes(model, key), models) for key, model in models.items()}
    return _heads(calls, {one.key for one in versions if counted.get(one.id)})


def _newest(versions: Sequence[Version]) -> dict[str, Version]:
    newest: dict[str, Version] = {}
    for one in versions:
        if one.key not in newest or (newest[one.key].state != "in_force" and one.state == "in_force"):
            newest[one.key] = one
    return newest


def _shown(mine: Sequence[Version], version: int) -> Version:
    in_force = [one for one in mine if one.state == "in_force"] or list(mine)
    found = [one for one in mine if one.version == version] if version else in_force
    if not found:
        raise NotFoundError(N_("There is no such version of a process."))
    return found[0]


def _processes(session: Session, versions: Sequence[Version], only: str | None, now: datetime) -> dict[str, Process]:
    """Count for all processes, or for one and those it calls."""
    newest = _newest(versions)
    models = {key: definitions.program(session, one.id).model for key, one in newest.items()}
    wanted = set(newest) if only is None else _closure(models, only)
    ids = {str(one.id): one.key for one in versions if one.key in wanted}
    figures = _figures(session, ids, None if only is None else set(ids), now)
    counted = queries.running(session)
    besides = _besides(session, versions, models)
    made = {}
    for key in sorted(wanted):
        nodes = {node.id: node for node in _nodes(models[key], key)}
        steps = _steps(key, nodes, figures.get(key, {}), besides.get(key, {}))
        mine = sum(counted.get(one.id, 0) for one in versions if one.key == key)
        process = models[key].processes[key]
        made[key] = Process(key, process.name or key, mine, steps, _calls(nodes.values(), wanted))
    return {key: _with_called(one, made) for key, one in made.items()}


def _nodes(model: Model, key: str) -> list[Node]:
    process = model.processes.get(key)
    return list(process.nodes.values()) if process is not None else []


def _calls(nodes: Iterable[Node], known: Collection[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(node.called_element for node in nodes if node.called_element in known))


def _closure(models: Mapping[str, Model], key: str) -> set[str]:
    found, left = set[str](), [key]
    while left:
        one = left.pop()
        if one in models and one not in found:
            found.add(one)
            left += [node.called_element for node in _nodes(models[one], one) if node.called_element]
    return found


@dataclass(slots=True)
class _Figures:
    """What was counted of one step."""

    name: str = ""
    waiting: int = 0
    overdue: int = 0
    now: Counter[int] = field(default_factory=Counter)
    usual: Counter[int] = field(default_factory=Counter)


def _figures(
    session: Session, keys: Mapping[str, str], only: Collection[str] | None, now: datetime
) -> dict[str, dict[str, _Figures]]:
    found: dict[str, dict[str, _Figures]] = defaultdict(lambda: defaultdict(_Figures))
    for done in queries.finished(session, since=now - HISTORY, definitions=only):
        if done.definition_id in keys:
            found[keys[done.definition_id]][done.element_id].usual[done.bucket] += done.count
    for open_ in queries.waiting(session, now=now, definitions=only):
        if open_.definition_id in keys:
            step = found[keys[open_.definition_id]][open_.element_id]
            step.name = step.name or open_.name
            step.waiting += open_.count
            step.overdue += open_.overdue
            step.now[open_.bucket] += open_.count
    return found


def _besides(
    session: Session, versions: Sequence[Version], models: Mapping[str, Model]
) -> dict[str, dict[str, tuple[int, int]]]:
    """Count who waits for no person, and what failed, by process and step.

    Rows know the case's own process; a step that is not its own belongs to the process it calls which has such a step.
    """
    pauses = {key: {node.id for node in _nodes(model, key) if node.type in PAUSES} for key, model in models.items()}
    own = {one.id: one.key for one in versions}
    families = {key: [key, *sorted(_closure(models, key) - {key})] for key in models}
    named = {one.id: {name for key in families[one.key] for name in pauses[key]} for one in versions}
    every = {key: {node.id for node in _nodes(model, key)} for key, model in models.items()}
    found: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    waits = queries.pausing(session, named)
    failed = queries.failing(session)
    for place, (counted, elements) in enumerate(((waits, pauses), (failed, every))):
        for (definition_id, element), count in counted.items():
            family = families.get(own.get(definition_id, ""), [])
            key = next((one for one in family if element in elements[one]), None)
            if key is not None:
                before = found[key].get(element, (0, 0))
                found[key][element] = (before[0] + count, before[1]) if place == 0 else (before[0], before[1] + count)
    return found


def _steps(
    key: str, nodes: Mapping[str, Node], figures: Mapping[str, _Figures], besides: Mapping[str, tuple[int, int]]
) -> tuple[Step, ...]:
    found = []
    people_wait = [name for name, node in nodes.items() if node.type in ("userTask", "manualTask")]
    for name in dict.fromkeys([*people_wait, *figures, *besides]):
        one, (pausing, failed) = figures.get(name) or _Figures(), besides.get(name, (0, 0))
        node = nodes.get(name)
        if node is None and not one.waiting:
            continue
        label = (node.name if node else "") or one.name or name
        found.append(
            Step(
                key, name, label, one.waiting, one.overdue, failed, pausing, lengths(one.now), lengths(one.usual),
                drawn=node is not None,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda step: (step.heat, step.excess, step.waiting), reverse=True))


def _with_called(process: Process, every: Mapping[str, Process]) -> Process:
    """Add the steps behind which other processes run: how many wait in there, and how hot it is."""
    inner = []
    for key in process.calls:
        steps = [step for one in _below(key, every) for step in one.steps]
        worst = max(steps, key=lambda step: (step.heat, step.excess), default=None)
        if worst is None:
            continue
        inner.append(
            Step(
                key, "", every[key].name, sum(step.waiting for step in steps), sum(step.overdue for step in steps),
                sum(step.failed for step in steps), sum(step.pausing for step in steps), worst.now, worst.usual,
                called=key,
            )
        )  # fmt: skip
    return Process(process.key, process.name, process.running, (*process.steps, *inner), process.calls)


def _below(key: str, every: Mapping[str, Process]) -> list[Process]:
    found, left = dict[str, Process](), [key]
    while left:
        one = left.pop()
        if one in every and one not in found:
            found[one] = every[one]
            left += every[one].calls
    return list(found.values())


def _slow(session: Session, processes: Iterable[Process], keys: Mapping[str, str], now: datetime) -> tuple[Wait, ...]:
    """List the cases that have waited longer than nine in ten do, the longest against usual first."""
    usual = {
        (one.key, step.element_id): step.usual
        for one in processes
        for step in one.steps
        if step.waiting and step.usual.known and not step.called
    }
    bounds = {
        (definition, element): lengths_
        for definition, key in keys.items()
        for (owner, element), lengths_ in usual.items()
        if owner == key
    }
    since = {place: now - timedelta(seconds=max(one.most, LEAST)) for place, one in bounds.items()}
    rows = queries.longest(session, since, LOOKED_AT)
    ranked = sorted(rows, key=lambda row: _times(row[0], bounds, now), reverse=True)[:UNUSUAL]
    return _waits(session, ranked, bounds, now)


def _times(task: UserTask, bounds: Mapping[tuple[str, str], Lengths], now: datetime) -> float:
    most = bounds[task.definition_id, task.element_id].most
    return (now - task.created_at).total_seconds() / max(most, LEAST)


def _waits(
    session: Session,
    rows: Sequence[tuple[UserTask, ProcessInstance]],
    usual: Mapping[tuple[str, str], Lengths],
    now: datetime,
) -> tuple[Wait, ...]:
    names = people.names(session, [task.assignee for task, _ in rows])
    return tuple(
        Wait(
            task.id, instance.id, task.element_id, task.name, instance.process_key, instance.business_key,
            instance.title, task.created_at, task.due_at, task.due_at is not None and task.due_at < now,
            tuple(task.candidate_groups), names.get(task.assignee, task.assignee), task.definition_id,
            usual.get((task.definition_id, task.element_id), Lengths()),
        )
        for task, instance in rows
    )  # fmt: skip


def step(
    session: Session, viewer: Viewer, key: str, element_id: str, *, version: int = 0, page: int = 1, now: datetime
) -> tuple[tuple[Wait, ...], bool, str]:
    """List the cases that wait at a step, the longest first; whether there are more; and the step's name.

    Raises:
        NotFoundError: there is no such process, version or step.
    """
    access.require(viewer, Action.STUDIO_USE)
    mine = [one for one in queries.versions(session) if one.key == key]
    shown = _shown(mine, version)
    ids = [str(one.id) for one in mine if not version or one.id == shown.id]
    rows = queries.of_step(session, ids, element_id, PAGE + 1, (page - 1) * PAGE)
    node = definitions.program(session, shown.id).process.nodes.get(element_id)
    if node is None and not rows:
        raise NotFoundError(N_("There is no such step."))
    name = node.name if node is not None else rows[0][0].name
    return _waits(session, rows[:PAGE], {}, now), len(rows) > PAGE, name or element_id
