"""A workbench for tests, scenarios and rehearsals: a fresh in-memory database and a clock of its own.

    bench = Workbench()
    bench.deploy("processes/complaint")
    case = bench.start("complaint", {"kind": "投诉"}, business_key="TS-2026-000001")
    bench.complete(bench.tasks(groups=["agent"])[0], {"answer": "yes"}, user="anna")
    bench.advance("PT24H")

It goes through the same use cases as the pages. People need not exist: whoever acts on a task is taken for one of its
candidates, unless the database knows him.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from uuid import UUID

from engine import (
    definitions,
    incidents,
    instance_views,
    instances,
    messages,
    migrations,
    operator,
    people,
    scheduler,
    starts,
    tasks,
    worker,
)
from engine.access import ADMIN, SYSTEM, Grant, Viewer
from engine.connectors import Registry
from engine.core import feel as language
from engine.errors import NotFoundError, ProcessError
from storage import definitions as definition_rows
from storage import tasks as task_rows
from storage.session import Database

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy.orm import Session

    from engine.core.calendar import WorkCalendar
    from engine.definitions import Deployment
    from engine.instance_views import HistoryInfo, IncidentInfo, InstanceHead
    from engine.migrations import InstancePlan
    from engine.tasks import InboxItem

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday, 2 March 2026, 09:00 in China: when a workbench's clock begins."""

SUFFIXES = (".bpmn", ".bpmn20.xml", ".dmn", ".form")


@dataclass(frozen=True, slots=True)
class Task:
    """An open task."""

    id: UUID
    element_id: str
    name: str
    assignee: str | None
    candidate_groups: tuple[str, ...]
    candidate_users: tuple[str, ...]
    due_at: datetime | None
    follow_up_at: datetime | None
    priority: int
    form_key: str | None
    instance_id: UUID
    process_key: str
    business_key: str


class _Bench:
    """The database, the clock and the people of a workbench."""

    def __init__(
        self,
        *,
        registry: Registry | None = None,
        now: datetime | None = None,
        calendar: WorkCalendar | None = None,
        database: Database | None = None,
    ) -> None:
        """Begin with nothing deployed. Without a registry, unknown services are let through and become incidents."""
        self.registry = registry or Registry(strict=False)
        if calendar is not None:
            days = calendar
            self.registry = replace(self.registry, calendar=lambda _session: days)
        self.clock = scheduler.Clock(now or START)
        self.database = database or Database("sqlite://")
        self.database.create_all()

    def __enter__(self) -> Self:
        """Use it in a with statement, or call `close`."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close the database."""
        self.close()

    def close(self) -> None:
        """Close the database."""
        self.database.dispose()

    @property
    def now(self) -> datetime:
        """The workbench's moment (aware UTC)."""
        return self.clock.now

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a transaction (to fill registers); what it leaves to deliver is delivered."""
        with self.database.transaction() as session:
            yield session
        self._deliver()

    def _deliver(self) -> None:
        """Deliver the messages and signals that a command threw."""
        while worker.run_some(
            self.database, clock=self.clock, registry=self.registry, limit=1, kinds=("message", "signal")
        ):
            pass

    def _person(self, session: Session, user: str, groups: tuple[str, ...] = ()) -> Viewer:
        grants = tuple(Grant(code) for code in definitions.role_codes(session, groups))
        try:
            known = people.viewer(session, user, now=self.now)
        except NotFoundError:
            return Viewer(user, user, grants)
        return replace(known, grants=(*known.grants, *grants))

    def _actor(self, session: Session, task_id: UUID, user: str | None) -> Viewer:
        """Say who acts on a task: a known person as he is, anybody else as one of its candidates."""
        row = task_rows.get(session, task_id)
        if row is None:
            raise NotFoundError
        login = user or row.assignee or next(iter(row.candidate_users), "") or "workbench"
        try:
            return people.viewer(session, login, now=self.now)
        except NotFoundError:
            nobody = not row.candidate_groups and not row.candidate_users and not row.assignee
            return Viewer(login, login, tuple(Grant(g) for g in (row.candidate_groups or ([ADMIN] if nobody else []))))


class _Cases(_Bench):
    """What is done with definitions and instances."""

    def deploy(self, *paths: str | Path) -> Deployment:
        """Deploy files and folders (with what lies below them). Raises DeploymentRefused with `findings`."""
        files = dict(read_files(paths))
        with self.transaction() as session:
            return definitions.deploy(session, files=files, viewer=SYSTEM, now=self.now, registry=self.registry)

    def evaluate(self, feel: str, variables: Mapping[str, Any] | None = None) -> Any:
        """Evaluate a FEEL expression and give JSON values."""
        with self.database.read() as session:
            env = tasks.feel_env(session, self.registry, self.now)
        return language.to_json(
            language.compile(feel.strip().removeprefix("=")).evaluate(language.from_json(dict(variables or {})), env)
        )

    def decide(self, decision_name_or_id: str, variables: Mapping[str, Any]) -> Any:
        """Evaluate a deployed decision by name or id and give JSON values."""
        with self.database.read() as session:
            calendar = definitions.calendar(session, self.registry)
            result = definitions.decide(
                session, ref=decision_name_or_id, variables=variables, calendar=calendar, now=self.now
            )
            return language.to_json(result.value)

    def start(
        self,
        key: str,
        variables: Mapping[str, Any] | None = None,
        business_key: str | None = None,
        *,
        user: str | None = None,
        scope: str = "",
    ) -> UUID:
        """Start a process and return the instance's id; with a start form, `variables` are checked against it."""
        with self.transaction() as session:
            viewer = self._person(session, user) if user else SYSTEM
            return starts.start(
                session, key=key, variables=variables or {}, viewer=viewer, now=self.now, registry=self.registry,
                business_key=business_key or "", scope=scope,
            )  # fmt: skip

    def instances(self, open_only: bool = True) -> list[InstanceHead]:
        """List instances, oldest first."""
        with self.database.read() as session:
            found = instance_views.listed(session, SYSTEM, open_only=open_only, limit=100_000)
        return sorted(found, key=lambda head: head.started_at)

    def variables(self, instance: Any) -> dict[str, Any]:
        """Give an instance's process variables."""
        with self.database.read() as session:
            return instances.describe(session, _id(instance), SYSTEM, self.now).variables

    def history(self, instance: Any) -> tuple[HistoryInfo, ...]:
        """List what happened to an instance, oldest first."""
        with self.database.read() as session:
            return instances.history(session, _id(instance), SYSTEM)

    def cancel(self, instance_or_task: Any) -> None:
        """Withdraw an instance, or one open task."""
        target = _id(instance_or_task)
        with self.transaction() as session:
            withdraw = operator.cancel_task if task_rows.get(session, target) else operator.cancel
            withdraw(session, SYSTEM, target, reason="workbench", now=self.now, registry=self.registry)

    def move(self, instance: Any, from_element: str, to_element: str) -> None:
        """Withdraw the tokens on one element and start another instead."""
        with self.transaction() as session:
            operator.move(
                session, SYSTEM, _id(instance), from_element=from_element, to_element=to_element, reason="workbench",
                now=self.now, registry=self.registry,
            )  # fmt: skip

    def plan_migration(
        self, instance: Any, target: Any = None, mapping: Mapping[str, str] | None = None, accept: Iterable[str] = ()
    ) -> InstancePlan:
        """Say what would become of an instance on another version: a number, a definition's id, or the newest."""
        with self.database.read() as session:
            (found,) = migrations.dry_run(
                session, SYSTEM, instance_ids=[_id(instance)], target_definition_id=_target(session, instance, target),
                mapping=mapping, accept=tuple(accept), now=self.now, registry=self.registry,
            )  # fmt: skip
        return found

    def migrate(
        self, instance: Any, target: Any = None, mapping: Mapping[str, str] | None = None, accept: Iterable[str] = ()
    ) -> None:
        """Put an instance onto another version. Raises MigrationRefused with `findings`."""
        with self.transaction() as session:
            migrations.migrate(
                session, SYSTEM, _id(instance), target_definition_id=_target(session, instance, target),
                mapping=mapping, accept=tuple(accept), now=self.now, registry=self.registry,
            )  # fmt: skip

    def undo_migration(self, instance: Any) -> None:
        """Undo the last change of version of an instance."""
        with self.transaction() as session:
            migrations.undo(session, SYSTEM, _id(instance), now=self.now)

    def start_before(self, instance: Any, element: str, *, within: Any = None) -> None:
        """Put a further token before an element, as an operator does; `within`: the sub-process's token, if several."""
        self._start_element(instance, element, "before", within)

    def start_after(self, instance: Any, element: str, *, within: Any = None) -> None:
        """Put a further token on the one flow that leaves an element."""
        self._start_element(instance, element, "after", within)

    def _start_element(self, instance: Any, element: str, where: Literal["before", "after"], within: Any) -> None:
        with self.transaction() as session:
            operator.start_element(
                session, SYSTEM, _id(instance), element=element, where=where, reason="workbench", now=self.now,
                registry=self.registry, within=_id(within) if within is not None else None,
            )  # fmt: skip


class Workbench(_Cases):
    """Processes to be tried out."""

    def tasks(self, user: str | None = None, groups: Iterable[str] | None = None) -> list[Task]:
        """List open tasks, due first: all, or those a person with these groups finds in his inbox."""
        with self.database.read() as session:
            everybody = user is None and groups is None
            viewer = SYSTEM if everybody else self._person(session, user or "", tuple(groups or ()))
            query = tasks.InboxQuery(view="team" if everybody else "all", size=200)
            page = tasks.inbox(session, viewer, query, now=self.now)
            items = list(page.items)
            for number in range(2, page.pages + 1):
                items += tasks.inbox(session, viewer, replace(query, page=number), now=self.now).items
        return [_task(item) for item in items]

    def claim(self, task: Any, user: str) -> None:
        """Take a task."""
        with self.transaction() as session:
            tasks.claim(session, self._actor(session, _id(task), user), _id(task), now=self.now)

    def complete(self, task: Any, variables: Mapping[str, Any] | None = None, user: str | None = None) -> None:
        """Finish a task; what is handed in is checked against its form, as in the page.

        When the process cannot go on, the instance stays as it was, an incident is recorded and ProcessError raised.
        """
        task_id, data = _id(task), dict(variables or {})
        viewer = SYSTEM
        try:
            with self.transaction() as session:
                viewer = self._actor(session, task_id, user)
                tasks.complete(session, viewer, task_id, data=data, now=self.now, registry=self.registry)
        except ProcessError as error:
            incidents.record_failed_command(
                self.database, error, task_id=task_id, data=data, viewer=viewer, now=self.now
            )
            raise

    def correlate(
        self, message: str, business_key: str | None = None, variables: Mapping[str, Any] | None = None
    ) -> UUID:
        """Deliver a message to the one instance that waits for it, or start the process that begins with it."""
        with self.transaction() as session:
            return messages.correlate(
                session, name=message, business_key=business_key or "", variables=variables, viewer=SYSTEM,
                now=self.now, registry=self.registry,
            )  # fmt: skip

    def signal(self, name: str, variables: Mapping[str, Any] | None = None) -> int:
        """Send a signal to all who wait for it; return how many."""
        with self.transaction() as session:
            return messages.signal(
                session, name=name, variables=variables, viewer=SYSTEM, now=self.now, registry=self.registry
            )

    def advance(self, duration: str | timedelta) -> None:
        """Move the clock on by an ISO 8601 duration (`PT1H`, `P3D`); jobs run at their due times, in order."""
        if isinstance(duration, str):
            moved = language.compile("start + duration(text)").evaluate({"start": self.now, "text": duration})
            until = moved if isinstance(moved, datetime) else None
            if until is None or until < self.now:
                raise ValueError(f"{duration!r} is not an ISO 8601 duration forward")
        else:
            until = self.now + duration
        scheduler.run_until(self.database, self.clock, until, self.registry)

    def run_jobs(self) -> int:
        """Run all jobs that are due now, and those they lead to; return how many."""
        return scheduler.run_until(self.database, self.clock, self.now, self.registry)

    def incidents(self) -> list[IncidentInfo]:
        """List open incidents, oldest first."""
        with self.database.read() as session:
            return sorted(incidents.list_open(session, SYSTEM), key=lambda incident: incident.created_at)

    def retry(self, incident: Any) -> None:
        """Try again what led to an incident."""
        with self.transaction() as session:
            incidents.retry(session, SYSTEM, _id(incident), now=self.now, registry=self.registry)
        self.run_jobs()


def read_files(paths: Iterable[str | Path]) -> Iterator[tuple[str, bytes]]:
    """Read what can be deployed from files and folders, by name within the folder."""
    taken: set[str] = set()
    for path in map(Path, paths):
        if path.is_file():
            name = path.name if path.name not in taken else path.as_posix()  # two folders may have files of one name
            taken.add(name)
            yield name, path.read_bytes()
            continue
        if not path.is_dir():
            raise FileNotFoundError(path)
        for file in sorted(path.rglob("*")):
            if file.name.endswith(SUFFIXES) or (file.name.startswith("translations.") and file.suffix == ".json"):
                yield file.relative_to(path).as_posix(), file.read_bytes()


def _target(session: Session, instance: Any, target: Any) -> UUID:
    if isinstance(target, UUID | str):
        return UUID(str(target))
    key = instances.describe(session, _id(instance), SYSTEM, START).head.process_key
    found = definition_rows.process_version(session, key, target) if target else definitions.latest(session, key)
    if found is None:
        raise NotFoundError
    return found.id


def _id(thing: Any) -> UUID:
    found = getattr(thing, "id", thing)
    return found if isinstance(found, UUID) else UUID(str(found))


def _task(item: InboxItem) -> Task:
    return Task(
        id=item.id,
        element_id=item.element_id,
        name=item.name,
        assignee=item.assignee or None,
        candidate_groups=item.groups,
        candidate_users=item.candidate_users,
        due_at=item.due_at,
        follow_up_at=item.follow_up_at,
        priority=item.priority,
        form_key=item.form_key or None,
        instance_id=item.instance_id,
        process_key=item.process_key,
        business_key=item.business_key,
    )
