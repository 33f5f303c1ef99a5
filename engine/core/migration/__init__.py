"""Change the version of a running instance: say what would become of it, and do it (ENGINE.md §6).

A token goes to the element of the same id, or to the one the mapping names, and keeps its id: with it a task keeps who
has taken it, its draft, its due date and its comments, and a timer the moment it is due. Either every token of the
process finds its place, or nothing is changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from engine.core import events, machine, state, timers
from engine.core.migration import carry
from engine.core.migration.words import STANDS_STILL
from engine.core.snapshot import Saved
from engine.errors import N_, MigrationRefused, ProcessError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from SpiffWorkflow.task import Task

    from engine.core.findings import Finding
    from engine.core.migration.carry import Area, Carried, Place
    from engine.core.model import Node
    from engine.core.program import Program
    from engine.core.run import Run
    from engine.core.snapshot import Environment, Snapshot

ALL = carry.ALL
"""In `accept`: agree to everything that asks for agreement."""


@dataclass(frozen=True, slots=True)
class Move:
    """A step the instance is at, and the step of the new version it goes on at ("": none yet)."""

    token_id: UUID
    element_id: str
    name: str
    to_element: str
    to_name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What would become of an instance.

    Of the findings, an error stops the move until a mapping answers it, a warning asks for agreement (`accept` with its
    element's id), an info is told.
    """

    moves: tuple[Move, ...]
    findings: tuple[Finding, ...]

    @property
    def decisions(self) -> tuple[Finding, ...]:
        """What a person has to decide first."""
        return tuple(f for f in self.findings if f.severity != "info")

    @property
    def outcome(self) -> Literal["continues", "moves", "decision"]:
        """Tell whether it goes on where it is, moves or changes what it waits for, or needs a decision."""
        if self.decisions:
            return "decision"
        changed = any(f.rule not in STANDS_STILL for f in self.findings)
        return "moves" if changed or any(m.element_id != m.to_element for m in self.moves) else "continues"


def check_mapping(old: Program, new: Program, mapping: Mapping[str, str]) -> None:
    """Raise InvalidInputError when the mapping names elements that are not there."""
    carry.Trip(old, new, mapping, ())


def plan(
    old: Program,
    new: Program,
    saved: Saved,
    mapping: Mapping[str, str] | None = None,
    *,
    accept: Collection[str] = (),
    called: bool = False,
) -> Plan:
    """Say what would become of an instance that runs on `old`, or with `called` of what it called that does.

    `mapping` names elements of the new version by elements of the old one; "" lets a waiting event begin anew. Raises
    InvalidInputError when it names an element that is not there, ProcessError when the state cannot be read.
    """
    found = carry.examine(state.unpack(saved.state), old, new, mapping or {}, accept, called=called)
    return _plan(found, old, new)


def _plan(found: Carried, old: Program, new: Program) -> Plan:
    moves = tuple(
        Move(UUID(p.id), p.element, old.specs[p.element].label, p.target, new.specs[p.target].label if p.target else "")
        for area in found.areas
        for p in area.places
        if not p.watch and p.id not in found.dropped
    )
    rank = {"error": 0, "warning": 1, "info": 2}
    return Plan(moves, tuple(sorted(found.findings, key=lambda finding: rank[finding.severity])))


def migrate(
    old: Program,
    new: Program,
    saved: Saved,
    env: Environment,
    mapping: Mapping[str, str] | None = None,
    *,
    accept: Collection[str] = (),
    within: Program | None = None,
) -> Snapshot:
    """Put an instance onto the new version and let it go on until each token waits.

    `within` is the program of the instance itself when `old` is one that it called. Variables stay as they are.

    Raises:
        MigrationRefused: something has to be decided first. InvalidInputError: the mapping names unknown elements.
        ProcessError: an expression of the new version fails, or the result cannot be loaded again.
    """
    content = state.unpack(saved.state)
    found = carry.examine(content, old, new, mapping or {}, accept, called=within is not None)
    decisions = _plan(found, old, new).decisions
    if decisions:
        raise MigrationRefused(decisions)
    _rewrite(found, new, mapping or {})
    if within is not None:
        _repoint(content, old, new)

    def change(run: Run) -> None:
        run.note("migrated", None, source=old.definition_id, target=new.definition_id)
        for area in found.areas:
            for place in area.places:
                if place.id not in found.dropped:
                    _refresh(run, old, new, place)
        _begin(run, new, found)

    top = within or new
    snapshot = machine.rework(top, Saved(state.pack(content), saved.variables), env, change)
    if machine.test_load(top, snapshot.saved, env).saved != snapshot.saved:
        raise ProcessError(N_("The changed state cannot be loaded again."))
    return snapshot


def _rewrite(found: Carried, new: Program, mapping: Mapping[str, str]) -> None:
    """Write the new elements into the plain state."""
    for area in found.areas:
        area.raw["spec"] = area.target
        area.raw["tokens"] = list(_tokens(area, found, new, mapping))


def _repoint(content: dict[str, Any], old: Program, new: Program) -> None:
    """Let the calls of one version run the other."""
    for scope in (content["top"], *content["children"]):
        for token in scope["tokens"]:
            if token[3].get("definition") == old.definition_id:
                token[3]["definition"] = new.definition_id


def _tokens(area: Area, found: Carried, new: Program, mapping: Mapping[str, str]) -> Iterator[list[Any]]:
    for place in area.places:
        if place.id in found.dropped:
            continue
        internal = dict(place.internal)
        if place.via:
            internal["via"] = place.via
        if "handlers" in internal:
            internal["handlers"] = [mapping.get(h) or h for h in internal["handlers"]]
        if "undo" in internal:
            internal["undo"] = [
                [mapping.get(done) or done, mapping.get(handler) or handler, *rest]
                for done, handler, *rest in internal["undo"]
            ]
        if "task" in internal and "taskName" not in new.specs[place.target].node.attributes:
            internal["task"] = {**internal["task"], "name": new.specs[place.target].label}
        place.internal = internal
        yield [place.id, place.target, place.raw[2], internal]


# On the new diagram


def _refresh(run: Run, old: Program, new: Program, place: Place) -> None:
    """Give a token that has been carried over what the new version says about it."""
    task = run.token(UUID(place.id))
    if task is None:
        return
    was, node = carry.starter(old, place.element), carry.starter(new, place.target)
    if place.element != place.target:
        run.note("migrated", task, source=place.element)
    internal = task.internal_data
    if "task" in internal and carry.candidates(was) != carry.candidates(node):
        internal["task"] = {**internal["task"], **task.task_spec.candidates(run, task)}
    if "topic" in internal:
        internal["topic"] = carry.topic_of(node)
    if not internal.keys() & {"due", "await"}:
        return
    if "due" in internal and not place.anew:
        if carry.trigger_of(was) != carry.trigger_of(node):
            _keep_due(run, task, node)
    elif place.anew or carry.trigger_of(was) != carry.trigger_of(node):
        for name in ("due", "cycle", "await", "held"):
            internal.pop(name, None)
        if events.await_event(run, task, node) and place.watch:
            internal["held"] = False  # as in `BoundaryEvent.attach`


def _keep_due(run: Run, task: Task, node: Node) -> None:
    """Let a timer fire when it was to, and repeat, if it does, as the new version says."""
    due = task.internal_data["due"]
    task.internal_data.pop("cycle", None)
    if node.event is not None:
        timers.arm(run, task, node.event)
    task.internal_data["due"] = due
    cycle = task.internal_data.get("cycle")
    if cycle and "anchor" in cycle:
        task.internal_data["cycle"] = {**cycle, "anchor": datetime.fromisoformat(due).astimezone(UTC).isoformat()}


def _begin(run: Run, new: Program, found: Carried) -> None:
    """Let the events begin that the new version adds and somebody has agreed to."""
    for host, holder, element in found.added:
        spec = new.specs[element]
        if host:
            spec.attach(run, run.token(UUID(host)))
        else:
            spec.arm(run, run.workflow.subprocesses[UUID(holder)] if holder else run.workflow)
    for race, holder, element, flow in found.arms:
        workflow = run.workflow.subprocesses[UUID(holder)] if holder else run.workflow
        run.place(workflow, new.specs[element], via=flow, race=race)
