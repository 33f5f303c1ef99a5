"""An application on each kind of database: deployed samples, people, short commands."""

from __future__ import annotations

from datetime import timedelta

import pytest
import samples

from engine import definitions, instances, people, tasks, worker
from engine.access import SYSTEM, Grant, Viewer
from engine.connectors import Registry


class App:
    """Use cases on one database, each in a transaction of its own, at a clock that stands still."""

    def __init__(self, database, now):
        self.database, self.now = database, now
        self.registry = Registry(strict=False)

    def clock(self):
        return self.now

    def later(self, **delta):
        self.now += timedelta(**delta)

    def deploy(self, *sources):
        files = {f"f{i}{'.form' if s.lstrip().startswith(b'{') else '.bpmn'}": s for i, s in enumerate(sources)}
        with self.database.transaction() as s:
            return definitions.deploy(s, files=files, viewer=SYSTEM, now=self.now, registry=self.registry)

    def person(self, login, *grants, name="", **fields):
        with self.database.transaction() as s:
            people.save_user(
                s, SYSTEM, login=login, name=name or login.title(), now=self.now,
                grants=[g if isinstance(g, Grant) else Grant(g) for g in grants], **fields,
            )  # fmt: skip
            return people.viewer(s, login, now=self.now)

    def start(self, key, variables=None, **options):
        with self.database.transaction() as s:
            return instances.start(
                s, key=key, variables=variables or {}, viewer=SYSTEM, now=self.now, registry=self.registry, **options
            )

    def complete(self, viewer, task_id, data=None, **options):
        with self.database.transaction() as s:
            return tasks.complete(s, viewer, task_id, data=data or {}, now=self.now, registry=self.registry, **options)

    def inbox(self, viewer, **query):
        with self.database.read() as s:
            return tasks.inbox(s, viewer, tasks.InboxQuery(**query), now=self.now)

    def open(self):
        return self.inbox(SYSTEM, view="team", size=200).items

    def call(self, function, *args, **kwargs):
        with self.database.transaction() as s:
            return function(s, *args, now=self.now, **kwargs)

    def run_jobs(self):
        count = 0
        while worker.run_one(self.database, clock=self.clock, registry=self.registry):
            count += 1
        return count


@pytest.fixture
def app(database, now):
    return App(database, now)


@pytest.fixture
def agent():
    return Viewer("agent1", "Agent", (Grant("agent"),))


@pytest.fixture
def sample():
    return samples
