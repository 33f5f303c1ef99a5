"""What publishing drafts would do to the cases that run: the real move of each, tried in memory (ENGINE.md §6)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from engine import access, definitions, migrations
from engine.access import Action
from engine.bindings import digest_of, form_reference
from engine.core.forms import drawn as drawn_forms
from engine.studio import drafted
from engine.studio.drafted import BOUND
from storage import definitions as queries
from storage import moves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.core.findings import Finding
    from engine.core.program import Program
    from engine.core.snapshot import Environment
    from engine.migrations import InstancePlan
    from engine.studio.drafted import Drafted

LOOKED_AT = 2_000
"""Running cases tried at once, in all processes together: so many take about two seconds."""
LATEST = "latest"
OUTCOMES = ("continues", "moves", "decision")
Rule = Literal["at_once", "next_version", "by_the_system", "never"]


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided for the cases of a process: to which step each step goes, and what was agreed to."""

    mapping: Mapping[str, str]
    accept: Sequence[str] = ()


NOTHING = Decided({})


@dataclass(frozen=True, slots=True)
class OfVersion:
    """The running cases of one version; `plans` of those that were looked at, the oldest first."""

    definition_id: UUID
    version: int
    running: int
    plans: tuple[InstancePlan, ...]


@dataclass(frozen=True, slots=True)
class OfProcess:
    """What becomes of the running cases of a process that gets a new version.

    `drawn` says whether its diagram was drafted, or comes along as what it uses changes; `old` is what is in force now,
    None for a new process; `callers` are the processes in force that call its newest version: their running cases meet
    the new one when they come to it.
    """

    key: str
    name: str
    file: str
    drawn: bool
    old: Program | None
    new: Program
    version: int
    versions: tuple[OfVersion, ...]
    callers: tuple[str, ...] = ()

    @property
    def running(self) -> int:
        """All running cases."""
        return sum(one.running for one in self.versions)

    @property
    def plans(self) -> tuple[InstancePlan, ...]:
        """What becomes of each case that was looked at."""
        return tuple(plan for one in self.versions for plan in one.plans)

    @property
    def counts(self) -> dict[str, int]:
        """Count the cases by outcome."""
        found = Counter[str](plan.outcome for plan in self.plans)
        return {name: found[name] for name in OUTCOMES}

    @property
    def questions(self) -> list[tuple[Finding, int]]:
        """List what has to be decided or is to be known, each once, with the number of cases it concerns."""
        found = Counter(finding for plan in self.plans for finding in plan.findings)
        return sorted(found.items(), key=lambda item: (item[0].severity != "error", -item[1]))

    @property
    def places(self) -> dict[str, Counter[str]]:
        """Count the cases that wait at each step, by what becomes of them."""
        found: dict[str, Counter[str]] = {}
        for plan in self.plans:
            for element in {move.element_id for move in plan.moves}:
                found.setdefault(element, Counter())[plan.outcome] += 1
        return found


@dataclass(frozen=True, slots=True)
class OfResource:
    """What becomes of running cases by a table or a form. `running` of them use it now.

    `rule`: at_once (from the next time it is asked), next_version (cases keep theirs until they are moved),
    by_the_system (nobody draws it: services ask it, for every case), never (nothing uses it).
    """

    file: str
    kind: str
    name: str
    rule: Rule
    running: int
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Impact:
    """All of it. `added` are diagrams that were not drafted and get a new version as what they use changes."""

    processes: tuple[OfProcess, ...]
    resources: tuple[OfResource, ...]
    added: tuple[str, ...]

    @property
    def running(self) -> int:
        """All running cases of the processes that get a new version."""
        return sum(one.running for one in self.processes)

    @property
    def looked_at(self) -> int:
        """How many of them were tried."""
        return sum(len(one.plans) for one in self.processes)

    @property
    def counts(self) -> dict[str, int]:
        """Count the cases by outcome."""
        return {name: sum(one.counts[name] for one in self.processes) for name in OUTCOMES}


def look(
    session: Session,
    viewer: Viewer,
    *,
    files: Mapping[str, bytes],
    decided: Mapping[str, Decided] | None = None,
    now: datetime,
    registry: Registry,
    limit: int = LOOKED_AT,
) -> Impact:
    """Say what publishing checked files would do to the running cases; nothing is written. `decided` by process key.

    Raises:
        InvalidInputError: a decision names unknown steps, or a file cannot be read (DeploymentRefused).
        NotAllowedError: the viewer may not use the studio.
    """
    access.require(viewer, Action.STUDIO_USE)
    found = drafted.together(session, files)
    processes, left = [], limit
    for key in sorted(found.renewed & found.programs.keys()):
        one = _of_process(session, viewer, found, key, (decided or {}).get(key, NOTHING), now, registry, left)
        processes.append(one)
        left -= len(one.plans)
    return Impact(tuple(processes), tuple(_resources(session, files, found)), tuple(sorted(found.added)))


# Processes


def _of_process(
    session: Session,
    viewer: Viewer,
    found: Drafted,
    key: str,
    decided: Decided,
    now: datetime,
    registry: Registry,
    limit: int,
) -> OfProcess:
    new = found.programs[key]
    latest = queries.latest_process(session, key)
    number = queries.next_process_version(session, key)
    versions = []
    for row in queries.process_versions(session, key):
        chosen = moves.running(session, row.id)
        if not chosen:
            continue

        def around(own: UUID | None, stored: UUID = row.id) -> Environment:
            return drafted.surroundings(session, found, now=now, registry=registry, definition_id=own or stored)

        plans = migrations.foresee(
            session, viewer, definition_id=row.id, target=migrations.Target(new, number, around),
            only=chosen[:limit], mapping=fitting(definitions.program(session, row.id), decided.mapping),
            accept=decided.accept,
        )  # fmt: skip
        limit -= len(plans)
        versions.append(OfVersion(row.id, row.version, len(chosen), plans))
    file = found.files[key]
    return OfProcess(
        key=key, name=new.name, file=file, drawn=file not in found.added,
        old=definitions.program(session, latest.id) if latest else None,
        new=new, version=number, versions=tuple(versions), callers=_callers(session, key),
    )  # fmt: skip


def _callers(session: Session, key: str) -> tuple[str, ...]:
    """Name the keys of the processes in force that call the newest version of a process."""
    return tuple(
        row.key
        for row in queries.newest_processes(session)
        if any(
            node.called_element == key and node.attributes.get("calledElementBinding", LATEST) == LATEST
            for node in definitions.program(session, row.id).process.nodes.values()
        )
    )


def fitting(old: Program, mapping: Mapping[str, str]) -> dict[str, str]:
    """Keep what a mapping says of steps that a version has: the next one may not have all of them."""
    return {element: to for element, to in mapping.items() if element in old.process.nodes}


# Tables and forms


def _resources(session: Session, files: Mapping[str, bytes], found: Drafted) -> list[OfResource]:
    running = [(definitions.program(session, one), count) for one, count in moves.counts(session).items()]
    drawn = [definitions.program(session, row.id) for row in queries.newest_processes(session)]
    drawn = [one for one in drawn if one.key not in found.programs] + list(found.programs.values())
    resources = []
    for file in sorted(files):
        kind = PurePosixPath(file).suffix.removeprefix(".")
        ids, name, known = _defined(session, kind, files[file], found)
        if not ids:
            continue
        bindings = [(one, binding) for one in drawn for binding in _bindings(one, kind, ids)]
        waiting = [(count, binding) for one, count in running for binding in _bindings(one, kind, ids)[:1]]
        rule: Rule = "at_once" if any(binding != BOUND for _, binding in bindings) else "next_version"
        if not bindings:
            rule = "by_the_system" if kind == "dmn" and known else "never"
        bound = rule == "next_version"
        count = sum(count for count, binding in waiting if (binding == BOUND) == bound)
        count = moves.running_total(session) if rule == "by_the_system" else count
        users = tuple(sorted({one.name for one, _ in bindings}))
        resources.append(OfResource(file=file, kind=kind, name=name, rule=rule, running=count, users=users))
    return resources


def _defined(session: Session, kind: str, source: bytes, found: Drafted) -> tuple[set[str], str, bool]:
    """Give what a table or form is called in diagrams, by people, and whether it was there before."""
    digest = digest_of(source)
    if kind == "dmn":
        keys = [key for key, (_, one) in found.decisions.items() if one == digest]
        decisions = [found.decisions[key][0].decisions[key] for key in keys]
        named = next((one.name for one in decisions if one.name), "")
        known = any(queries.decision_by_key(session, key) is not None for key in keys)
        return {*keys, *(one.name for one in decisions)} - {""}, named or next(iter(keys), ""), known
    forms = [form for form, one in found.forms.values() if kind == "form" and one == digest]
    return {form.id for form in forms}, next((form.name or form.id for form in forms), ""), True


def _bindings(program: Program, kind: str, ids: set[str]) -> list[str]:
    """Say how a version is bound to one of these, once for each step that uses it."""
    nodes = program.process.nodes.values()
    if kind == "dmn":
        used = (n.attributes.get("decisionRefBinding", LATEST) for n in nodes if n.attributes.get("decisionRef") in ids)
    else:
        used = (
            n.attributes.get("formRefBinding", BOUND) for n in nodes if form_reference(drawn_forms.reference(n)) in ids
        )
    return list(used)
