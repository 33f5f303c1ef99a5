"""Find and use what is deployed: programs, forms, decisions, translations, roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine import access
from engine.access import Action
from engine.bindings import drawn_key, form_reference
from engine.cache import Cache
from engine.core import dmn, feel, forms, normalise, parse
from engine.core import program as programs
from engine.core.calendar import WorkCalendar
from engine.core.forms import drawn
from engine.core.snapshot import Environment
from engine.deployment import Deployed, Deployment, arm_starts, check, deploy, disarm_starts
from engine.errors import N_, InvalidInputError, NotFoundError, ProcessError
from engine.roles import role_codes
from storage import audit
from storage import definitions as queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.core.forms import Form
    from engine.core.program import Program
    from storage.tables.definitions import DecisionDefinition, ProcessDefinition
    from storage.tables.work import UserTask

__all__ = [
    "Deployed",
    "Deployment",
    "ProcessInfo",
    "check",
    "decide",
    "deploy",
    "environment",
    "form",
    "latest",
    "listed",
    "program",
    "role_codes",
    "set_state",
    "source",
    "start_form",
    "translate",
    "versions",
]

ASKED = "decisions asked"
"""Under this name a session's `info` may hold a list to which each decision is added, with its table and inputs."""
_programs: Cache[Program] = Cache()
_forms: Cache[Form] = Cache(2000)
_decisions: Cache[Any] = Cache()
_bindings: Cache[dict[str, str]] = Cache()


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """A version of a process as lists show it."""

    id: UUID
    key: str
    version: int
    name: str
    documentation: str
    state: str
    startable: bool
    version_tag: str
    note: str
    author: str
    created_at: datetime
    created_by: str


def program(session: Session, definition_id: UUID | str) -> Program:
    """Give the compiled program of a process version, shared by all threads of this process."""
    key = UUID(str(definition_id))

    def compiled() -> Program:
        row = _definition(session, key)
        model = normalise.normalise(parse.parse(row.source))
        return programs.compile_model(model, str(key), row.key)

    return _programs.get(key, compiled)


def _definition(session: Session, definition_id: UUID | str) -> ProcessDefinition:
    row = queries.process(session, UUID(str(definition_id)))
    if row is None:
        raise NotFoundError(N_("There is no such version of a process."))
    return row


def latest(session: Session, key: str) -> ProcessDefinition:
    """Give the newest version of a process that is in force. Raises NotFoundError."""
    row = queries.latest_process(session, key)
    if row is None:
        raise NotFoundError(N_("No process {key} is deployed."), key=key)
    return row


def listed(session: Session, viewer: Viewer, scope: str = "") -> tuple[ProcessInfo, ...]:
    """List the processes that the viewer may start, newest versions, by key."""
    rows = queries.newest_processes(session)
    return tuple(
        _info(row)
        for row in rows
        if row.startable
        and access.allowed(
            viewer, Action.INSTANCE_START, access.StartSubject(scope, tuple(row.starters), tuple(row.roles))
        )
    )


def versions(session: Session, viewer: Viewer, key: str) -> tuple[ProcessInfo, ...]:
    """List all versions of a process, newest first."""
    access.require(viewer, Action.DEFINITION_VIEW)
    return tuple(_info(row) for row in queries.process_versions(session, key))


def _info(row: ProcessDefinition) -> ProcessInfo:
    return ProcessInfo(
        id=row.id,
        key=row.key,
        version=row.version,
        name=row.name,
        documentation=row.documentation,
        state=row.state,
        startable=row.startable,
        version_tag=row.version_tag,
        note=row.note,
        author=row.author,
        created_at=row.created_at,
        created_by=row.created_by,
    )


def source(session: Session, viewer: Viewer, definition_id: UUID) -> bytes:
    """Give the diagram of a process version."""
    access.require(viewer, Action.DEFINITION_VIEW)
    return _definition(session, definition_id).source


def set_state(
    session: Session, viewer: Viewer, definition_id: UUID, state: str, *, now: datetime, registry: Registry
) -> None:
    """Put a version in force or withdraw it: the newest one in force is what starts from now on.

    Running instances stay as they are. Raises NotAllowedError, NotFoundError, InvalidInputError.
    """
    access.require(viewer, Action.DEFINITION_DEPLOY)
    row = _definition(session, definition_id)
    if state not in ("in_force", queries.WITHDRAWN):
        raise InvalidInputError(N_("A version is in force or withdrawn."))
    queries.hold(session, [row.key])
    row.state = state
    session.flush()
    newest = queries.latest_process(session, row.key)
    if newest is not None:
        arm_starts(session, newest, program(session, newest.id), registry=registry, now=now)
    else:
        disarm_starts(session, row.key)
    audit.record(
        session, actor=viewer.login, action=f"definition.{state}", subject=f"process:{row.key}:{row.version}", now=now
    )
    session.flush()


# Forms


def form(session: Session, task: UserTask) -> Form | None:
    """Give the form of a task: the one published with the process unless the task says latest or a version."""
    return _form_of(session, task.definition_id, task.element_id, task.form_key, task.form_binding)


def form_id(session: Session, task: UserTask) -> UUID | None:
    """Give the id of the form version a task uses; None when it has none."""
    key = form_reference(task.form_key)
    if not key:
        found = _bindings_of(session, task.definition_id).get(drawn_key(task.element_id))
        return UUID(found) if found else None
    return _bound(session, task.definition_id, key, task.form_binding)


def start_form(session: Session, definition_id: UUID) -> Form | None:
    """Give the form of a process's start event."""
    found = program(session, definition_id)
    for name in found.starts[found.key]:
        node = found.process.nodes[name]
        key = node.attributes.get("formRef") or node.attributes.get("formKey", "")
        binding = node.attributes.get("formRefBinding", "deployment")
        return _form_of(session, str(definition_id), name, key, binding)
    return None


def _form_of(session: Session, definition_id: str, element_id: str, reference: str, binding: str) -> Form | None:
    key = form_reference(reference)
    if not key:
        node = program(session, definition_id).process.nodes.get(element_id)
        if node is None or not node.form_fields:
            return None
        return _forms.get((definition_id, element_id), lambda: forms.parse(drawn.schema_of(node)))
    found = _bound(session, definition_id, key, binding)
    if found is None:
        raise ProcessError(N_("The form {key} is not deployed."), element_id=element_id, key=key)
    return _forms.get(found, lambda: _parsed_form(session, found))


def _bound(session: Session, definition_id: str, key: str, binding: str) -> UUID | None:
    if binding == "latest":
        row = queries.latest_form(session, key)
        return row.id if row else None
    bound = _bindings_of(session, definition_id).get(key)
    if bound is not None:
        return UUID(bound)
    row = queries.latest_form(session, key)
    return row.id if row else None


def _bindings_of(session: Session, definition_id: str) -> dict[str, str]:
    """Map the forms that a version was published with to their ids."""
    return _bindings.get(definition_id, lambda: dict(_definition(session, definition_id).forms))


def _parsed_form(session: Session, form_definition_id: UUID) -> Form:
    row = queries.form(session, form_definition_id)
    if row is None:
        raise NotFoundError(N_("There is no such form."))
    return forms.parse(row.source)


def form_by_id(session: Session, form_definition_id: UUID) -> Form:
    """Give a version of a form (to show what was handed in with it)."""
    return _forms.get(form_definition_id, lambda: _parsed_form(session, form_definition_id))


# Decisions


def decide(
    session: Session,
    *,
    ref: str,
    variables: Mapping[str, Any],
    calendar: WorkCalendar,
    now: datetime,
    definition_id: UUID | None = None,
    binding: str = "latest",
) -> dmn.Result:
    """Evaluate a decision by id or name: the newest version, or for `deployment` the one published with a process.

    Raises ProcessError when there is none, FeelProblem or DmnError when it has no answer.
    """
    row = _decision_row(session, ref, definition_id, binding)
    if row is None:
        raise ProcessError(N_("The decision {decision} is not deployed."), decision=ref)

    env = feel.Env(now=now, zone=calendar.zone, functions=calendar.functions(now))
    decisions = _parsed_decisions(session, row)
    result = dmn.evaluate(decisions, row.key, variables, env)
    if (asked := session.info.get(ASKED)) is not None:
        asked.append((row.name or row.key, decisions, row.key, dict(variables), env, result))
    return result


def _parsed_decisions(session: Session, row: DecisionDefinition) -> dmn.Decisions:
    def parsed() -> dmn.Decisions:
        resource = queries.resource(session, row.resource_id)
        return dmn.parse(resource.source if resource else b"")

    found: dmn.Decisions = _decisions.get(row.resource_id, parsed)
    return found


def _output_name(session: Session, ref: str, binding: str, definition_id: UUID) -> str:
    """Name the only output of a decision table, "" when there is no table or several outputs."""
    kind, _, drawn_in = binding.partition(":")
    row = _decision_row(session, ref, UUID(drawn_in) if drawn_in else definition_id, kind)
    box = _parsed_decisions(session, row).decisions[row.key].box if row is not None else None
    return box.outputs[0].name if isinstance(box, dmn.Table) and len(box.outputs) == 1 else ""


def _decision_row(session: Session, ref: str, definition_id: UUID | None, binding: str) -> DecisionDefinition | None:
    if binding == "deployment" and definition_id is not None:
        row = _definition(session, definition_id)
        bound = row.decisions.get(ref)
        if bound is not None:
            return queries.decision(session, UUID(bound))
        return queries.latest_decision(session, ref, until=row.created_at)  # its name was worked out just now
    return queries.latest_decision(session, ref)


# Surroundings of a step


def calendar(session: Session, registry: Registry) -> WorkCalendar:
    """Give the working calendar, read once in a transaction."""
    if "calendar" not in session.info:
        session.info["calendar"] = registry.calendar(session) if registry.calendar else WorkCalendar()
    found: WorkCalendar = session.info["calendar"]
    return found


def environment(
    session: Session, *, now: datetime, registry: Registry, definition_id: UUID, decided: list[dict[str, Any]]
) -> Environment:
    """Put together what a step may use. Each decision made is added to `decided`, for the history."""
    days = calendar(session, registry)

    def answer(ref: str, binding: str, variables: Mapping[str, Any]) -> Any:
        try:
            kind, _, drawn_in = binding.partition(":")
            result = decide(
                session, ref=ref, variables=variables, calendar=days, now=now, binding=kind,
                definition_id=UUID(drawn_in) if drawn_in else definition_id,
            )  # fmt: skip
        except InvalidInputError as error:
            message = N_("The decision {decision} cannot be made: {reason}")
            raise ProcessError(message, decision=ref, reason=str(error)) from error
        value = feel.to_json(result.value)
        decided.append({"decision": ref, "matched": [str(match) for match in result.matched], "value": value})
        return value

    def called(key: str, binding: str) -> Program:
        return program(session, _called(session, key, binding, definition_id).id)

    return Environment(
        now=now, calendar=days, decide=answer, called=called, program=lambda name: program(session, name),
        output_of=lambda ref, binding: _output_name(session, ref, binding, definition_id),
    )  # fmt: skip


def _called(session: Session, key: str, binding: str, caller: UUID) -> ProcessDefinition:
    kind, _, extra = binding.partition(":")
    row = None
    if kind == "deployment":
        drawn_in = _definition(session, extra or caller)
        row = queries.process_as_of(session, key, drawn_in.created_at)
    elif kind == "version" and extra.isdigit():
        row = queries.process_version(session, key, int(extra))
    elif kind == "versionTag":
        row = queries.tagged_process(session, key, extra)
    elif kind == "latest":
        row = queries.latest_process(session, key)
    if row is None:
        raise ProcessError(N_("The called process {key} is not deployed ({binding})."), key=key, binding=binding)
    return row


def translate(session: Session, definition_id: UUID | str, text: str, locale: str) -> str:
    """Give a text of a process (name, label, option) in a locale; the text itself when there is no translation."""
    if not text or locale.startswith("zh"):
        return text
    key = _definition(session, definition_id).key if definition_id else ""
    return catalogue(session, key, locale).get(text, text)


def catalogue(session: Session, key: str, locale: str) -> Mapping[str, str]:
    """Give all translations of a process's texts in a locale, read once in a transaction."""
    name = ("catalogue", key, locale)
    if name not in session.info:
        wanted: Sequence[str] = (locale, locale.split("_", 1)[0])
        session.info[name] = queries.texts(session, key, tuple(dict.fromkeys(wanted)))
    found: Mapping[str, str] = session.info[name]
    return found
