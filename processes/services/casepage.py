"""What the page of a case shows: the case, where its processes stand on their diagrams, what each token waits for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select

from engine import access, attachments, definitions, instance_views
from engine.access import SYSTEM, Action
from engine.core import drawing
from engine.core.drawing import Mark
from engine.errors import NotFoundError
from processes.services import casefile, documents, groups, rights
from storage import people as staff
from storage import tasks as task_rows
from storage.tables.work import Notification

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.core.model import Model, Node
    from engine.core.program import Program
    from engine.instance_views import HistoryInfo, InstanceView, TaskInfo
    from engine.task_views import AttachmentInfo
    from processes.services.casedata import CaseView
    from processes.services.groups import Group, Member

WaitKind = Literal["task", "timer", "service", "message", "incident"]
HOLDERS = frozenset({"callActivity", "subProcess", "transaction", "adHocSubProcess"})
PAUSES = frozenset({"intermediateCatchEvent", "receiveTask", "eventBasedGateway"})


@dataclass(frozen=True, slots=True)
class Wait:
    """What one token waits for, for one sentence: who (role codes, or one person), for what, until when, who was told.

    `template` and `fields` say what is wrong when the kind is incident.
    """

    kind: WaitKind
    element_id: str
    definition_id: str
    name: str
    key: str
    groups: tuple[str, ...] = ()
    person: str = ""
    due_at: datetime | None = None
    overdue: bool = False
    told: tuple[str, ...] = ()
    task_id: UUID | None = None
    template: str = ""
    fields: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One diagram to draw: a process that is under way, with where it stands."""

    definition_id: str
    key: str
    name: str
    model: Model
    marks: Mapping[str, Mark]

    def svg(self, *, note: Callable[[str], str] = str, translate: Callable[[str], str] = str, prefix: str = "d") -> str:
        """Draw it; `note` turns the id of a waiting element into the sentence that is read aloud."""
        told = {
            key: Mark(m.tokens, m.overdue, m.failed, m.heat, m.done, note(key) if m.tokens else "")
            for key, m in self.marks.items()
        }
        return drawing.svg(
            self.model, self.key, marks=told, title=translate(self.name), prefix=prefix, translate=translate
        )


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything the page of a case needs."""

    case: CaseView
    instance: InstanceView | None
    waits: tuple[Wait, ...]
    pages: tuple[Page, ...]
    done: tuple[TaskInfo, ...]
    sheets: tuple[tuple[str, str], ...]
    may_withdraw: bool
    openable: frozenset[UUID] = frozenset()
    files: tuple[AttachmentInfo, ...] = ()
    group: Group | None = None
    alike: tuple[Member, ...] = ()
    may_link: bool = False


def page(session: Session, viewer: Viewer, number: str, *, now: datetime) -> CasePage:
    """Gather a case for its page.

    Raises NotFoundError for a case that does not exist or that the person may not know of.
    """
    case = casefile.view(session, viewer, number, now=now)
    head = case.head
    may_withdraw = head.open and rights.may_call(viewer, head.project)
    row = casefile.visible(session, viewer, number)
    sheets = documents.available(row)
    links = head.open and not row.group_master and rights.leads_group(viewer, row)
    group, alike = groups.of_case(session, row, viewer), groups.candidates(session, viewer, row)
    if head.instance_id is None:
        return CasePage(case, None, (), (), (), sheets, may_withdraw, group=group)
    # whoever may see the case may see where it stands: `casefile.view` has decided that
    instance = instance_views.describe(session, head.instance_id, SYSTEM, now)
    events = instance_views.history(session, head.instance_id, SYSTEM)
    tasks = instance_views.tasks_of(session, head.instance_id, SYSTEM, now)
    programs = programs_of(session, instance)
    waits = waits_of(session, number, instance, programs)
    done = tuple(task for task in tasks if task.completed_at is not None)
    rows = task_rows.by_ids(session, [task.id for task in tasks])
    openable = frozenset(row.id for row in rows if access.allowed(viewer, Action.TASK_VIEW, row))
    waits = tuple(replace(wait, task_id=wait.task_id if wait.task_id in openable else None) for wait in waits)
    files = tuple(file for one in case.instances for file in _files(session, viewer, one))
    drawn = pages_of(instance, programs, waits, events)
    return CasePage(case, instance, waits, drawn, done, sheets, may_withdraw, openable, files, group, alike, links)


def _files(session: Session, viewer: Viewer, instance_id: UUID) -> tuple[AttachmentInfo, ...]:
    """The files of one of the case's processes that the person may open."""
    try:
        return attachments.of_instance(session, viewer, instance_id)
    except NotFoundError:
        return ()


def programs_of(session: Session, instance: InstanceView) -> dict[str, Program]:
    """The processes under way: the case's own first, then those it called, in the order of their tokens."""
    ids = [str(instance.head.definition_id), *(token.definition_id for token in instance.tokens)]
    return {key: definitions.program(session, key) for key in dict.fromkeys(ids) if key}


def _node(programs: Mapping[str, Program], definition_id: str, element_id: str) -> Node | None:
    program = programs.get(definition_id)
    return program.model.node(element_id) if program is not None else None


def waits_of(
    session: Session, number: str, instance: InstanceView, programs: Mapping[str, Program]
) -> tuple[Wait, ...]:
    """One entry a waiting token: problems first, then tasks by their limit, then pauses and running services."""
    found = [
        Wait(
            "incident", one.element_id, _where(instance, one.element_id), _name(programs, instance, one.element_id),
            instance.head.process_key, template=one.template, fields=one.fields,
        )
        for one in instance.incidents
    ]  # fmt: skip
    people = [task.assignee for task in instance.tasks if task.assignee]
    told = _told(session, number, people)
    for task in sorted(instance.tasks, key=lambda t: (t.due_at is None, t.due_at, t.created_at)):
        definition = str(task.definition_id)
        key = programs[definition].key if definition in programs else ""
        found.append(
            Wait(
                "task", task.element_id, definition, task.name, key,
                groups=task.groups, person=task.assignee_name, due_at=task.due_at, overdue=task.overdue,
                told=tuple(told.get(task.assignee, ())), task_id=task.id,
            )
        )  # fmt: skip
    timers = {(job.token_id, job.element_id): job.due_at for job in instance.timers}
    broken = {one.element_id for one in instance.incidents}
    for token in instance.tokens:
        node = _node(programs, token.definition_id, token.element_id)
        if node is None or token.element_id in broken:
            continue
        kind: WaitKind | None = None
        if node.type in PAUSES and node.event is not None:
            kind = "timer" if node.event.kind == "timer" else "message"
        elif node.type in {"serviceTask", "sendTask"}:
            kind = "service"
        if kind is not None:
            due = timers.get((token.id, token.element_id))
            key = programs[token.definition_id].key
            found.append(Wait(kind, token.element_id, token.definition_id, node.name, key, due_at=due))
    return tuple(found)


def _where(instance: InstanceView, element_id: str) -> str:
    return next((t.definition_id for t in instance.tokens if t.element_id == element_id), "")


def _name(programs: Mapping[str, Program], instance: InstanceView, element_id: str) -> str:
    node = _node(programs, _where(instance, element_id), element_id)
    return node.name if node is not None else element_id


def _told(session: Session, number: str, logins: Sequence[str]) -> dict[str, list[str]]:
    """Who of the people in charge got news of the case: login to name."""
    if not logins:
        return {}
    sent = select(Notification.recipient).where(
        Notification.recipient.in_(sorted(set(logins))), Notification.link == f"/cases/{number}"
    )
    names = staff.names(session, set(session.scalars(sent)))
    return {login: [name] for login, name in names.items()}


def pages_of(
    instance: InstanceView,
    programs: Mapping[str, Program],
    waits: tuple[Wait, ...],
    events: tuple[HistoryInfo, ...],
) -> tuple[Page, ...]:
    """The diagrams with their marks: the case's own process first."""
    passed = {event.element_id for event in events if event.action == "left"}
    late = {(wait.definition_id, wait.element_id) for wait in waits if wait.overdue}
    broken = {(wait.definition_id, wait.element_id) for wait in waits if wait.kind == "incident"}
    pages = []
    for definition, program in programs.items():
        process = program.model.processes.get(program.key)
        if process is None or not program.model.shapes:
            continue
        here = [token.element_id for token in instance.tokens if token.definition_id == definition]
        marks = {
            node: Mark(
                tokens=here.count(node),
                overdue=int((definition, node) in late),
                failed=int((definition, node) in broken),
                done=node in passed and node not in here,
            )
            for node in process.nodes
            if node in here or node in passed
        }
        pages.append(Page(definition, program.key, program.name, program.model, marks))
    return tuple(pages)
