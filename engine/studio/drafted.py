"""Drafts as if they were published: compiled in memory, with what would be published anew because it uses them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from engine import definitions
from engine.bindings import digest_of, form_reference
from engine.core import dmn, feel, forms, normalise, parse
from engine.core import program as programs
from engine.core.findings import errors_first
from engine.core.forms import drawn
from engine.errors import N_, InvalidInputError, ProcessError
from storage import definitions as queries

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from engine.core.findings import Finding
    from engine.core.model import Model, Process
    from engine.core.program import Program
    from engine.core.snapshot import Environment

BOUND = "deployment"
STOPPING = frozenset({"no-default-flow", "no-role", "unknown-topic"})
"""Remarks on diagrams of other people's making; whoever draws here can do what they say with some clicks.

A service nobody has registered would leave every case where it is.
"""


@dataclass(slots=True)
class Drafted:
    """What files define: programs by process key, decisions and forms by id with the digests of their files.

    `files` names the file of each process, `sources` the content of each file, `renewed` the processes that get a new
    version, `added` the files that were not drafted and come along because what they use changes.
    """

    sources: dict[str, bytes] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    decisions: dict[str, tuple[dmn.Decisions, str]] = field(default_factory=dict)
    forms: dict[str, tuple[forms.Form, str]] = field(default_factory=dict)
    renewed: set[str] = field(default_factory=set)
    added: set[str] = field(default_factory=set)

    def decision(self, ref: str) -> tuple[str, dmn.Decisions] | None:
        """Find a drafted decision by id or else by name."""
        if ref in self.decisions:
            return ref, self.decisions[ref][0]
        every = ((one, found) for found, _ in self.decisions.values() for one in found.decisions.values())
        return next(((one.id, found) for one, found in every if one.name == ref), None)

    def add(self, files: Mapping[str, bytes]) -> None:
        """Read and compile more files. Raises InvalidInputError or DeploymentRefused for one that cannot be read."""
        for file, source in files.items():
            self.sources[file] = source
            suffix = PurePosixPath(file).suffix
            if suffix == ".bpmn":
                model = normalise.normalise(parse.parse(source))
                for process in _executable(model):
                    self.programs[process.id] = programs.compile_model(model, str(uuid4()), process.id)
                    self.files[process.id] = file
            elif suffix == ".dmn":
                found = dmn.parse(source)
                self.decisions |= dict.fromkeys(found.decisions, (found, digest_of(source)))
            elif suffix == ".form":
                form = forms.parse(source)
                self.forms[form.id] = (form, digest_of(source))


def strictly(findings: Iterable[Finding], files: Container[str]) -> list[Finding]:
    """Let nobody publish from the studio what would stop cases, or hide tasks, although the engine would take it."""
    return errors_first(
        [
            replace(one, severity="error") if one.rule in STOPPING and one.file in files else one
            for one in findings
        ]
    )  # fmt: skip


def _executable(model: Model) -> Iterator[Process]:
    return (process for process in model.processes.values() if process.executable)


def together(session: Session, files: Mapping[str, bytes]) -> Drafted:
    """Read drafts that were checked before, with the diagrams in force that are published anew with them.

    A process keeps the forms, tables and processes that it is bound to by deployment: without a version of its own it
    would go on with the old ones, also in new cases.

    Raises InvalidInputError or DeploymentRefused for a file that cannot be read.
    """
    found = Drafted()
    found.add(files)
    changed = {
        ("form", one.id) for one, digest in found.forms.values() if _other(queries.latest_form(session, one.id), digest)
    }
    changed |= {
        ("decision", key)
        for key, (_, digest) in found.decisions.items()
        if _other(queries.decision_by_key(session, key), digest)
    }
    rows = {row.key: row for row in queries.newest_processes(session)}
    changed |= {
        ("process", key) for key, file in found.files.items() if key not in rows or rows[key].source != files[file]
    }
    others = {key: definitions.program(session, row.id) for key, row in rows.items() if key not in found.programs}
    waiting = others | found.programs
    while using := {key for key, one in waiting.items() if not changed.isdisjoint(_bound_to(one))}:
        waiting = {key: one for key, one in waiting.items() if key not in using}
        changed |= {("process", key) for key in using}
        more = {PurePosixPath(rows[key].file).name: rows[key].source for key in using if key in others}
        found.add(more)
        found.added |= more.keys()
    found.renewed = {key for kind, key in changed if kind == "process"}
    return found


def _other(row: Any, digest: str) -> bool:
    return row is None or row.digest != digest


def _bound_to(program: Program) -> Iterable[tuple[str, str]]:
    """Name what a version of a process keeps: forms unless they are the latest, the rest if it says so."""
    for node in program.process.nodes.values():
        a = node.attributes
        form = form_reference(drawn.reference(node))
        if form and a.get("formRefBinding", BOUND) != "latest":
            yield "form", form
        if a.get("decisionRefBinding") == BOUND:
            yield "decision", a.get("decisionRef", "")
        if a.get("calledElementBinding") == BOUND:
            yield "process", node.called_element


def surroundings(
    session: Session, drafted: Drafted, *, now: datetime, registry: Registry, definition_id: UUID
) -> Environment:
    """Give what a step may use once the drafts are in force, for an instance that is on a stored version."""
    stored = definitions.environment(
        session, now=now, registry=registry, definition_id=definition_id, decided=[]
    )  # fmt: skip
    by_id = {program.definition_id: program for program in drafted.programs.values()}

    def decide(ref: str, binding: str, variables: Mapping[str, Any]) -> Any:
        found = drafted.decision(ref)
        if found is None:
            return stored.decide(ref, binding, variables)
        env = feel.Env(now=now, zone=stored.calendar.zone, functions=stored.calendar.functions(now))
        try:
            return feel.to_json(dmn.evaluate(found[1], found[0], variables, env).value)
        except InvalidInputError as error:
            message = N_("The decision {decision} cannot be made: {reason}")
            raise ProcessError(message, decision=ref, reason=str(error)) from error

    def called(key: str, binding: str) -> Program:
        latest = binding.partition(":")[0] in ("latest", BOUND)
        return drafted.programs[key] if latest and key in drafted.programs else stored.called(key, binding)

    return replace(
        stored, decide=decide, called=called, program=lambda name: by_id.get(name) or stored.program(name)
    )  # fmt: skip
