"""What the page of a rehearsal shows of its stage: open tasks and who does them, ways to begin, variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import definitions, instance_views
from engine.access import SYSTEM
from engine.core import feel, forms, parse
from engine.core.forms.example import example
from engine.errors import N_, ConflictError, InvalidInputError
from engine.rehearsing import rehearsal
from engine.rehearsing.sandbox_bases import sandbox_of
from storage import definitions as definition_rows
from storage import people, studio_resources
from storage import rehearsals as queries
from storage import tasks as task_rows
from storage.tables.instances import ProcessInstance

START = "启动"
EMPTY: tuple[Any, ...] = (None, "", [])
MOST = 8

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from engine.core.forms import Form
    from engine.core.model import Model
    from engine.instance_views import InstanceView
    from engine.rehearsing.rehearsal import Kept
    from engine.rehearsing.sandboxes import Entry
    from engine.scenarios import Play
    from storage.tables.work import UserTask


@dataclass(frozen=True, slots=True)
class Card:
    """An open task: its roles, the people who may do it (login, name; the likeliest first), when it is due."""

    id: UUID
    name: str
    element_id: str
    process: str
    definition_id: str
    business_key: str
    groups: tuple[str, ...]
    doers: tuple[tuple[str, str], ...]
    due_at: datetime | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Look:
    """A stage as it stands: open tasks, where the cases are, the next time limit."""

    cards: tuple[Card, ...]
    instances: tuple[InstanceView, ...]
    next_limit: datetime | None


def look(play: Play, registry: Registry, process: str = "") -> Look:
    """See how a stage stands. What the calendar begins is shown only when it is the rehearsed process itself."""
    now, limit = play.bench.now, rehearsal.next_limit(play, registry)
    open_ = [one.id for one in play.tasks()]
    with play.bench.database.read() as session:
        found = {row.id: row for row in task_rows.by_ids(session, open_)}
        cards = tuple(_card(session, found[one], now) for one in open_)
        every = queries.instances(session)
        meant = next(
            (row for row in every if row.business_key == play.current and row.process_key in play.processes), None
        )
        rows = [row for row in every if row is meant or (row.ended_at is None and _concerns(row, process))]
        rows.sort(key=lambda row: (row is not meant, row.business_key != play.current))
        views = tuple(instance_views.describe(session, row.id, SYSTEM, now) for row in rows[:MOST])
    return Look(cards, views, limit)


def _concerns(row: ProcessInstance, process: str) -> bool:
    return bool(row.business_key) or row.process_key == process or row.started_by != SYSTEM.login


def card(session: Session, task_id: UUID, now: datetime) -> Card:
    """See one open task. Raises ConflictError when it is open no longer."""
    row = task_rows.get(session, task_id)
    if row is None or row.state != "open":
        raise ConflictError(N_("This task is no longer open in the rehearsal."))
    return _card(session, row, now)


def _card(session: Session, row: UserTask, now: datetime) -> Card:
    instance = session.get_one(ProcessInstance, row.instance_id)
    logins = [row.assignee, *row.candidate_users] if row.assignee else list(row.candidate_users)
    for group in row.candidate_groups:
        role, _, org = str(group).partition(":")
        held = people.holders(session, role, row.scope, now)
        logins += [one for one in held if not org or _of_org(session, one, role, org, now)]
    names = people.names(session, logins)
    doers = tuple((login, names.get(login, login)) for login in dict.fromkeys(one for one in logins if one))
    return Card(
        row.id, row.name, row.element_id, row.process_key, str(row.definition_id), instance.business_key,
        tuple(map(str, row.candidate_groups)), doers, row.due_at, row.due_at is not None and row.due_at < now,
    )  # fmt: skip


def _of_org(session: Session, login: str, role: str, org: str, now: datetime) -> bool:
    return any(grant.role == role and grant.org == org for grant in people.grants(session, [login], now))


# Ways to begin


@dataclass(frozen=True, slots=True)
class Way:
    """A way to begin a process: by a verb of the application, or as it is drawn (`verb` 启动). `form`: what it asks."""

    process: str
    name: str
    verb: str
    title: str
    form: Form | None
    example: Mapping[str, Any]
    places: tuple[tuple[str, str], ...] = ()


def ways(session: Session, process: str, registry: Registry) -> tuple[Way, ...]:
    """List how a process of a stage can be begun."""
    sandbox = sandbox_of(registry)
    row = definition_rows.latest_process(session, process)
    if row is None:
        return ()
    made = [_by_entry(session, entry, row.name) for entry in sandbox.entries if entry.process == process]
    if made:
        return tuple(made)
    form = definitions.start_form(session, row.id)
    return (Way(process, row.name, START, N_("Start the process"), form, {}, sandbox.places(session)),)


def drawn(session: Session, process: str) -> Model | None:
    """Give the diagram of a process of a stage, None when there is none."""
    row = definition_rows.latest_process(session, process)
    return definitions.program(session, row.id).model if row is not None else None


def ways_of(kept: Kept, registry: Registry) -> tuple[Way, ...]:
    """List how the process of a rehearsal can be begun."""
    with rehearsal.on_stage(kept, registry) as play, play.bench.database.read() as session:
        return ways(session, kept.process, registry)


def _by_entry(session: Session, entry: Entry, name: str) -> Way:
    row = definition_rows.latest_form(session, entry.form) if entry.form else None
    form = definitions.form_by_id(session, row.id) if row is not None else None
    return Way(entry.process, name, entry.verb, entry.title, form, {**entry.example, **entry.found(session)})


def filled(way: Way, env: feel.Env, registry: Registry, lookups: Any) -> dict[str, Any]:
    """Give an example of what somebody fills in to begin."""
    if way.form is None:
        return dict(way.example)
    return example(way.form, way.example, {}, env, lookups=lookups, files=sandbox_of(registry).uploads)


def beginning(
    way: Way, data: Mapping[str, Any], env: feel.Env | None, *, place: str = "", person: str = ""
) -> dict[str, Any]:
    """Write the step that begins a process with what was filled in.

    Raises InvalidFormError for fields that need correcting.
    """
    values = forms.validate(way.form, data, {}, env or feel.Env()) if way.form is not None else dict(data)
    if way.verb != START:
        usual = way.example
        values = {name: value for name, value in values.items() if value not in EMPTY and value != usual.get(name)}
        return {way.verb: values} | ({"由": person} if person else {})
    values = {name: value for name, value in values.items() if value not in EMPTY}
    step: dict[str, Any] = {START: way.process}
    step |= {"项目": place} if place else {}
    return step | ({"填写": values} if values else {})


def begun_by_people(session: Session, registry: Registry) -> frozenset[str]:
    """Name the processes that somebody begins; the others are called or begin by the calendar."""
    drawn = {row.key for row in definition_rows.newest_processes(session) if row.startable}
    return frozenset(drawn | {entry.process for entry in sandbox_of(registry).entries})


# Words


def labels(session: Session, locale: str) -> Callable[[str], str]:
    """Give what says the label of a form's field by its name, in a language."""
    texts = definition_rows.every_text(session, "en") if locale == "en" else {}
    found: dict[str, str] = {}
    for row in studio_resources.newest(session):
        if row.kind == "form":
            for one in definitions.form_by_id(session, row.id).walk():
                if one.key and one.label:
                    found.setdefault(one.key, texts.get(one.label, one.label))
    return lambda name: found.get(name, name)


def processes_of(source: bytes) -> list[dict[str, str]]:
    """List the processes that a drafted diagram holds; none when it cannot be read."""
    try:
        model = parse.parse(source)
    except InvalidInputError:
        return []
    rows = [one for one in model.processes.values() if one.executable]
    return [{"key": one.id, "name": one.name or one.id, "folder": ""} for one in rows]
