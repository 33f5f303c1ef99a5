"""Start process instances and take their steps. `recording.record` is the only writer of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from engine import access, definitions
from engine.access import Action
from engine.connectors import ListenerContext
from engine.core import machine
from engine.core.snapshot import Saved
from engine.core.variables import homes_of, view_of
from engine.errors import N_, ConflictError, InvalidInputError, NotFoundError, ProcessError, SuspendedError
from engine.instance_views import InstanceView, describe, history, listed, subject
from engine.recording import Opened, record
from storage import audit, instances
from storage.tables.instances import ProcessInstance
from storage.tables.work import Comment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.core.program import Program
    from engine.core.snapshot import Environment, OpenTask, Snapshot
    from storage.tables.definitions import ProcessDefinition
    from storage.tables.work import UserTask

    Step = Callable[[Program, Saved, Environment], Snapshot]

__all__ = [
    "InstanceView",
    "comment",
    "describe",
    "history",
    "listed",
    "lock",
    "permitted",
    "record",
    "start",
    "step",
    "subject",
    "update_head",
    "view_of",
]

LISTENER_ROUNDS = 20
REPAIRS = frozenset(
    {"instance.cancel", "instance.migrate", "instance.move", "instance.start_element", "instance.variables"}
    | {"task.cancel", "token.cancel"}
)
"""Steps of operators, which a suspended instance takes too."""
MAX_COMMENT = 4000


def start(
    session: Session,
    *,
    key: str,
    variables: Mapping[str, Any],
    viewer: Viewer,
    now: datetime,
    registry: Registry,
    business_key: str = "",
    scope: str = "",
    title: str = "",
    fields: Mapping[str, Any] | None = None,
    start_element: str = "",
    idempotency_key: str = "",
    definition: ProcessDefinition | None = None,
) -> UUID:
    """Start an instance of the newest version of `key` (or of `definition`) and return its id.

    `scope` is the project code. `title` and the values of `fields` are what inbox rows show and searches find.

    Raises:
        NotFoundError: no such process. NotAllowedError: not for this viewer. ProcessError: it cannot take a first step.
    """
    if idempotency_key:
        known = instances.remembered(session, viewer.login, idempotency_key)
        if known is not None:
            return UUID(known["instance_id"])
    row = definition or definitions.latest(session, key)
    access.require(viewer, Action.INSTANCE_START, access.StartSubject(scope, tuple(row.starters), tuple(row.roles)))
    instance = _instance(row, business_key, scope, title, fields or {}, viewer=viewer, now=now)
    if idempotency_key:
        instances.remember(session, viewer.login, idempotency_key, {"instance_id": str(instance.id)}, now)

    def begin(program: Program, _saved: Saved, env: Environment) -> Snapshot:
        return machine.start(program, env, variables=variables, start_element=start_element, initiator=viewer.login)

    step(session, instance, begin, actor=viewer, action="instance.start", now=now, registry=registry)
    return instance.id


def _instance(
    row: ProcessDefinition,
    business_key: str,
    scope: str,
    title: str,
    fields: Mapping[str, Any],
    *,
    viewer: Viewer,
    now: datetime,
) -> ProcessInstance:
    instance = ProcessInstance(
        id=uuid4(),
        definition_id=row.id,
        process_key=row.key,
        business_key=business_key,
        scope=scope,
        title=title,
        summary="",
        fields=dict(fields),
        priority=None,
        status="active",
        started_at=now,
        started_by=viewer.login,
        waits={},
    )
    instance.search = _search_text(instance)
    return instance


def lock(session: Session, instance_id: UUID) -> ProcessInstance:
    """Fetch and hold a running instance. Raises NotFoundError, ConflictError when it has ended."""
    instance = instances.lock(session, instance_id)
    if instance is None:
        raise NotFoundError(N_("There is no such process instance."))
    if instance.status == "suspended":
        raise SuspendedError
    if instance.status != "active":
        raise ConflictError(N_("The process instance has ended."))
    return instance


def step(
    session: Session,
    instance: ProcessInstance,
    run: Step,
    *,
    actor: Viewer,
    action: str,
    now: datetime,
    registry: Registry,
    completed: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
    on_behalf_of: str = "",
) -> tuple[Opened, ...]:
    """Let a locked instance take one step, record it, run the listeners of new tasks; return the new tasks.

    Raises ProcessError when it cannot, SuspendedError when it may not: nothing is to be committed then.
    """
    if instance.status == "suspended" and action not in REPAIRS:
        raise SuspendedError
    program = definitions.program(session, instance.definition_id)
    decided: list[dict[str, Any]] = []
    env = definitions.environment(
        session, now=now, registry=registry, definition_id=instance.definition_id, decided=decided
    )
    snapshot = run(program, Saved(instance.state or b"", instance.variables or {}), env)
    opened = list(
        record(
            session, instance, snapshot, actor=actor, action=action, now=now, completed=completed, detail=detail,
            on_behalf_of=on_behalf_of, decided=decided,
        )
    )  # fmt: skip
    fresh: Sequence[Opened] = opened
    for _ in range(LISTENER_ROUNDS):
        variables = _created(session, instance, snapshot, fresh, actor=actor, now=now, registry=registry)
        if not variables:
            break
        before = len(opened)
        for chain, given in variables:
            for scope, values in homes_of(instance.variables, chain, given).items():
                saved = Saved(instance.state, instance.variables)
                snapshot = machine.set_variables(program, saved, env, variables=values, scope_id=scope)
                opened += record(session, instance, snapshot, actor=actor, action="listener", now=now)
        fresh = opened[before:]
    still_open = {task.id for task in snapshot.tasks}
    session.flush()
    return tuple(task for task in opened if task.id in still_open)


def _created(
    session: Session,
    instance: ProcessInstance,
    snapshot: Snapshot,
    fresh: Sequence[Opened],
    *,
    actor: Viewer,
    now: datetime,
    registry: Registry,
) -> list[tuple[str, Mapping[str, Any]]]:
    """Run the create listeners of the new tasks; give the variables they return, each with its task's scopes."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    new = {task.id for task in fresh}
    for task in snapshot.tasks:
        if task.id in new:
            for event, name in task.listeners:
                if event == "create":
                    context = listener_context(
                        session, instance, task, name=name, event=event, actor=actor, now=now, registry=registry
                    )
                    if given := call_listener(registry, name, context):
                        found.append((task.scope_id, given))
    return found


def listener_context(
    session: Session,
    instance: ProcessInstance,
    task: OpenTask | UserTask,
    *,
    name: str,
    event: str,
    actor: Viewer,
    now: datetime,
    registry: Registry,
    values: Mapping[str, Any] | None = None,
) -> ListenerContext:
    """Put together what a task listener is given."""
    return ListenerContext(
        session=session,
        now=now,
        instance_id=instance.id,
        business_key=instance.business_key,
        scope=instance.scope,
        element_id=task.element_id,
        token_id=task.id,
        variables=view_of(instance.variables, task.scope_id),
        actor=actor,
        idempotency_key=f"{task.id}:{event}:{name}",
        registry=registry,
        definition_id=str(task.definition_id),
        name=task.name,
        task_id=task.id,
        event=event,
        values=dict(values or {}),
    )


def call_listener(registry: Registry, name: str, context: ListenerContext) -> Mapping[str, Any] | None:
    """Call a registered listener. Raises ProcessError when nobody registered it."""
    listener = registry.listeners.get(name)
    if listener is None:
        raise ProcessError(N_("The listener {name} is not installed."), element_id=context.element_id, name=name)
    return listener(context)


def _search_text(instance: ProcessInstance) -> str:
    parts = [instance.business_key, instance.title, instance.summary]
    parts += [str(value) for value in (instance.fields or {}).values() if value not in (None, "")]
    return " ".join(part for part in parts if part).casefold()


# Other commands on an instance


def update_head(
    session: Session,
    instance_id: UUID,
    *,
    title: str | None = None,
    summary: str | None = None,
    search: str | None = None,
    priority: int | None = None,
    fields: Mapping[str, Any] | None = None,
) -> None:
    """Change what inbox rows show of an instance and what searches find (`search`: further words)."""
    instance = session.get(ProcessInstance, instance_id)
    if instance is None:
        raise NotFoundError(N_("There is no such process instance."))
    instance.title = instance.title if title is None else title
    instance.summary = instance.summary if summary is None else summary
    instance.priority = instance.priority if priority is None else priority
    more = dict(fields or {}) | ({"search": search} if search is not None else {})
    instance.fields = {**(instance.fields or {}), **more}
    instance.search = _search_text(instance)
    session.flush()


def permitted(session: Session, viewer: Viewer, instance_id: UUID, action: Action) -> ProcessInstance:
    """Fetch and hold an instance that has not ended, for an operator. Raises NotFoundError, NotAllowedError."""
    instance = instances.lock(session, instance_id)
    if instance is None:
        raise NotFoundError(N_("There is no such process instance."))
    access.require(viewer, action, subject(session, instance))
    if instance.ended_at is not None:
        raise ConflictError(N_("The process instance has ended."))
    return instance


def comment(session: Session, viewer: Viewer, instance_id: UUID, *, text: str, now: datetime) -> UUID:
    """Write a comment on an instance and return its id."""
    instance = session.get(ProcessInstance, instance_id)
    if instance is None:
        raise NotFoundError(N_("There is no such process instance."))
    access.require(viewer, Action.INSTANCE_COMMENT, subject(session, instance))
    return write_comment(session, viewer, instance_id=instance_id, task_id=None, text=text, now=now)


def write_comment(
    session: Session, viewer: Viewer, *, instance_id: UUID, task_id: UUID | None, text: str, now: datetime
) -> UUID:
    """Store a comment after its author's right was checked. Raises InvalidInputError when it is empty or too long."""
    text = text.strip()
    if not text or len(text) > MAX_COMMENT:
        raise InvalidInputError(N_("A comment needs 1 to {limit} characters."), limit=MAX_COMMENT)
    row = Comment(id=uuid4(), instance_id=instance_id, task_id=task_id, author=viewer.login, text=text, at=now)
    session.add(row)
    subject_ = f"task:{task_id}" if task_id else f"instance:{instance_id}"
    audit.record(session, actor=viewer.login, action="comment", subject=subject_, instance_id=instance_id, now=now)
    session.flush()
    return row.id
