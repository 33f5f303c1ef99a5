"""Kill -9 at random moments: nothing acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine import notifications, worker
from engine.connectors import Registry
from storage.tables.instances import AuditEntry, HistoryEvent, ProcessInstance
from storage.tables.work import Incident, Job, TaskSubmission, UserTask

VICTIM = Path(__file__).with_name("victim.py")


def killed_rounds(app, database_url, tmp_path, sample, *, rounds, seed):
    app.now = datetime.now(UTC) - timedelta(hours=2)
    app.deploy(sample.TWO_STEPS, sample.SERVICE, sample.TIMER)
    app.person("anna", email="anna@example.org")
    dice, acknowledged, started = random.Random(seed), tmp_path / "acknowledged", Counter()
    acknowledged.touch()
    for turn in range(rounds):
        for _ in range(6):
            for key in ("two", "service", "timer"):
                app.start(key)
                started[key] += 1
            app.call(
                notifications.notify,
                recipient="anna",
                template="x",
                channels=("mail",),
                key=f"m{sum(started.values())}",
            )
        victims = [
            subprocess.Popen(
                [sys.executable, str(VICTIM), role, database_url, str(acknowledged)], stdout=subprocess.PIPE, text=True
            )
            for role in ("worker", "web")
        ]
        for victim in victims:
            assert victim.stdout.readline().strip() == "ready", f"round {turn} did not start"
        time.sleep(dice.random() * 0.6)
        for victim in victims:
            victim.kill()
            victim.wait()
            victim.stdout.close()
    return started, acknowledged


def drain(app, acknowledged):
    """Finish what the last victims left, after their leases have run out."""

    def mail(message):
        with acknowledged.open("a") as file:
            file.write(f"mail {message.idempotency_key}\n")

    sys.path.insert(0, str(VICTIM.parent))
    import victim

    registry = Registry(services={"sum": victim.count}, connectors={"mail": mail})
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


def test_killing_workers_and_web_processes(app, database_url, tmp_path, sample):
    started, acknowledged = killed_rounds(app, database_url, tmp_path, sample, rounds=5, seed=7)
    drain(app, acknowledged)
    check(app, started, acknowledged)


@pytest.mark.soak
def test_killing_two_hundred_times(app, database_url, tmp_path, sample):
    started, acknowledged = killed_rounds(app, database_url, tmp_path, sample, rounds=100, seed=time.time_ns())
    drain(app, acknowledged)
    assert check(app, started, acknowledged) > 100
