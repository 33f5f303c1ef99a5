"""The inbox's first page costs the same however many tasks are open."""

from __future__ import annotations

import os
import tempfile
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert

from engine.access import Grant, Viewer
from engine.tasks import InboxQuery, inbox
from storage.session import Database
from storage.tables.definitions import Deployment, ProcessDefinition
from storage.tables.instances import ProcessInstance
from storage.tables.work import TaskCandidate, UserTask
from tests.bench.figures import Figure, median, p95, timed
from tests.sites import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

FEW = 1_000
MANY = int(os.environ.get("BENCH_OPEN_TASKS", "1000000"))
ROLES = ("agent", "cs_sup", "eng_lead", "handler", "repair_tech")
CHUNK = 20_000
CASE_SIZE = 50


def fill(database: Database, start: int, stop: int, definition: uuid.UUID) -> None:
    """Add open tasks, 50 to an instance, in turn to the roles and to four projects."""
    for first in range(start, stop, CHUNK):
        instances, tasks, candidates = [], [], []
        for number in range(first, min(first + CHUNK, stop)):
            if number % CASE_SIZE == 0 or not instances:
                instances.append(
                    {
                        "id": uuid.uuid4(), "definition_id": definition, "process_key": "bench",
                        "business_key": f"TS-2026-{number:07d}", "scope": f"P{number // CASE_SIZE % 4}", "title": f"House {number}",
                        "search": f"ts-2026-{number:07d}", "started_at": NOW, "started_by": "x", "updated_at": NOW, "revision": 1,
                        "state": b"", "variables": {}, "waits": {},
                    }
                )  # fmt: skip
            case, role, due = instances[-1], ROLES[number % len(ROLES)], NOW + timedelta(minutes=number % 100_000)
            task = uuid.uuid4()
            tasks.append(
                {
                    "id": task, "instance_id": case["id"], "definition_id": str(definition), "process_key": "bench",
                    "scope": case["scope"], "element_id": "T", "name": "Task", "candidate_groups": [role],
                    "due_at": due, "sort_due": due, "created_at": NOW,
                }
            )  # fmt: skip
            candidates.append(
                {"task_id": task, "candidate": role, "instance_id": case["id"], "scope": case["scope"], "sort_due": due}
            )
        with database.transaction() as session:
            session.execute(insert(ProcessInstance), instances)
            session.execute(insert(UserTask), tasks)
            session.execute(insert(TaskCandidate), candidates)


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/bench.db")
        database.create_all()
        deployment, definition = uuid.uuid4(), uuid.uuid4()
        with database.transaction() as session:
            session.execute(insert(Deployment), [{"id": deployment, "created_at": NOW, "created_by": "x"}])
            row = {"id": definition, "deployment_id": deployment, "key": "bench", "version": 1, "digest": "", "source": b""}
            session.execute(insert(ProcessDefinition), [{**row, "created_at": NOW, "created_by": "x"}])
        viewer = Viewer("lin", "Lin", (Grant("agent"), Grant("cs_sup", "P1"), Grant("handler", "P2")))

        def first_page() -> None:
            with database.read() as session:
                found = inbox(session, viewer, InboxQuery(role="agent"), now=NOW)
            assert len(found.items) == 25

        fill(database, 0, FEW, definition)
        few = timed(first_page, 60)
        fill(database, FEW, MANY, definition)
        many = timed(first_page, 60)
        database.dispose()
    yield Figure(f"inbox, first page, role filter: {MANY:,} open tasks / {FEW:,}", median(many) / median(few), most=1.5)
    yield Figure(f"inbox, first page, role filter, {MANY:,} open tasks, p95", p95(many), "ms", most=50)
