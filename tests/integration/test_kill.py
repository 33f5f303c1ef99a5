"""Kill -9 of workers and web processes on SQLite: nothing acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from victim import Nursery, registry_of

from engine import notifications, worker
from storage.tables.instances import AuditEntry, HistoryEvent, ProcessInstance
from storage.tables.work import Incident, Job, TaskSubmission, UserTask

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL: test_kill_served


def killed_rounds(app, tmp_path, sample, *, rounds, seed, longest=0.6):
    app.now = datetime.now(UTC) - timedelta(hours=2)
    app.deploy(sample.TWO_STEPS, sample.SERVICE, sample.TIMER)
    app.person("anna", email="anna@example.org")
    dice, acknowledged, started = random.Random(seed), tmp_path / "acknowledged", Counter()
    acknowledged.touch()
    with Nursery(f"sqlite:///{tmp_path}/keyturn.db", acknowledged) as nursery:
        for _ in range(rounds):
            for _ in range(6):
                for key in ("two", "service", "timer"):
                    app.start(key)
                    started[key] += 1
                mail = {"recipient": "anna", "template": "x", "channels": ("mail",), "key": f"m{sum(started.values())}"}
                app.call(notifications.notify, **mail)
            victims = [nursery.begin(role) for role in ("worker", "web")]
            time.sleep(dice.random() * longest)
            for victim in victims:
                nursery.kill(victim)
    return started, acknowledged


def drain(app, acknowledged):
    """Finish what the last victims left, after their leases have run out."""
    registry = registry_of(acknowledged)
    app.now = datetime.now(UTC) + timedelta(minutes=10)
    while worker.run_one(app.database, clock=app.clock, registry=registry):
        pass


def check(app, started, acknowledged):
    lines = Counter(acknowledged.read_text().splitlines())
    with app.database.read() as s:
        assert s.scalar(select(func.count()).select_from(ProcessInstance)) == sum(started.values())
        assert s.scalars(select(Incident)).all() == []
        assert s.scalars(select(Job).where(Job.kind != "periodic")).all() == []
        counted = s.execute(
            select(AuditEntry.subject, func.count()).where(AuditEntry.action == "counted").group_by(AuditEntry.subject)
        ).all()
        assert len(counted) == started["service"], "each service ran"
        assert {n for _, n in counted} == {1}, "no service ran twice"
        late = select(func.count()).where(HistoryEvent.element_id == "chase", HistoryEvent.action == "entered")
        assert s.scalar(late) == started["timer"], "each timer fired once"
        done = {str(i) for i in s.scalars(select(UserTask.id).where(UserTask.state == "completed"))}
        told = {line.split()[1] for line in lines if line.startswith("task ")}
        assert told <= done, "what was acknowledged is there"
        assert all(n == 1 for line, n in lines.items() if line.startswith("task "))
        assert {str(i) for i in s.scalars(select(TaskSubmission.task_id))} == done
        mails = {line.split()[1] for line in lines if line.startswith("mail ")}
        assert len(mails) == sum(started.values()) // 3, "each mail went at least once"
        steps = select(func.count()).where(HistoryEvent.element_id == "b", HistoryEvent.action == "entered")
        firsts = select(func.count()).where(UserTask.element_id == "a", UserTask.state == "completed")
        assert s.scalar(steps) == s.scalar(firsts), "each first step led to exactly one second"
    return len(told)


def test_killing_workers_and_web_processes(app, tmp_path, sample):
    started, acknowledged = killed_rounds(app, tmp_path, sample, rounds=5, seed=7)
    drain(app, acknowledged)
    check(app, started, acknowledged)


@pytest.mark.soak
def test_killing_two_hundred_times(app, tmp_path, sample):
    started, acknowledged = killed_rounds(app, tmp_path, sample, rounds=100, seed=time.time_ns())
    drain(app, acknowledged)
    assert check(app, started, acknowledged) > 100
