"""Kill -9 of the web server, of workers and of PostgreSQL while clients work: what was answered is there, once.

KEYTURN_KILLS sets how many moments the long form kills at (1000).
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime

import pytest
import samples
from samples import END, START, bpmn, flow, user
from sqlalchemy import create_engine, func, select, text
from victim import Nursery

from engine import definitions, people
from engine.access import SYSTEM, Grant
from engine.connectors import Registry
from storage import migrate
from storage.session import Database
from storage.tables.instances import AuditEntry, HistoryEvent, ProcessInstance
from storage.tables.work import Incident, Job, OutboxMessage, TaskSubmission, UserTask
from tests.served import SECRET, serving

pytestmark = pytest.mark.postgres
PATIENCE = 120
AWAY = "暂时无法连接数据库，请稍后再试。"
KINDS = {"web": 50, "worker": 34, "backend": 12, "postmaster": 3, "server": 1}
"""Of a hundred moments: one process of the web server, a worker, a process of PostgreSQL, its first, the web server."""

BUSY = bpmn(
    START
    + '<bpmn:serviceTask id="call" camunda:type="external" camunda:topic="sum"/>' + user("a")
    + '<bpmn:parallelGateway id="split"/>' + user("b") + '<bpmn:receiveTask id="wait" messageRef="m"/>'
    + '<bpmn:intermediateCatchEvent id="soon"><bpmn:timerEventDefinition><bpmn:timeDuration '
    'xsi:type="bpmn:tFormalExpression">PT1S</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>'
    '<bpmn:parallelGateway id="join"/>'
    '<bpmn:serviceTask id="write" camunda:type="external" camunda:topic="write"/>' + END
    + flow("s", "call") + flow("call", "a") + flow("a", "split")
    + "".join(flow("split", one) + flow(one, "join") for one in ("b", "wait", "soon"))
    + flow("join", "write") + flow("write", "e"),
    key="busy", roots='<bpmn:message id="m" name="PAID"/>',
)  # fmt: skip


class Load:
    """Clients that drive one case after another through the web, each request until it is answered."""

    def __init__(self, served, token, *, clients):
        self.served, self.token = served, token
        self.stop, self.beat = threading.Event(), threading.Condition()
        self.answered, self.faults, self.asked_again = Counter(), [], Counter()
        self.done, self.tasks, self.cases = [], [], []
        self.threads = [threading.Thread(target=self._guarded, args=(n,), daemon=True) for n in range(clients)]
        self.pages = [served.client("web") for _ in self.threads]

    def _guarded(self, number):
        try:
            for turn in range(1_000_000):
                if self.stop.is_set():
                    return
                self._case(f"K{number}-{turn}", self.pages[number])
        except Exception as fault:  # noqa: BLE001  told to the one who waits
            self.faults.append(repr(fault))
            with self.beat:
                self.beat.notify_all()

    def _case(self, case, page):
        started = self._api("POST", "/definitions/busy/start", {"business_key": case}, key=f"{case}:start")
        self.cases.append((case, started["id"]))
        a = self._task(started["id"], "a")
        self._until_answered(lambda: page.post(f"/tasks/{a}/complete", {"_key": f"{case}:a"}), page, "page", 303)
        self.tasks.append(a)
        b = self._task(started["id"], "b")
        self._api("POST", f"/tasks/{b}/complete", {}, key=f"{case}:b")
        self.tasks.append(b)
        self._api("POST", "/messages", {"name": "PAID", "business_key": case}, key=f"{case}:paid")
        self.done.append(case)

    def _task(self, instance, element):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = self._api("GET", f"/instances/{instance}/tasks")["items"]
            if ours := [one["id"] for one in found if one["element_id"] == element and one["state"] == "open"]:
                return ours[0]
            time.sleep(0.02)
        raise AssertionError(f"{instance} does not reach {element}")

    def _api(self, method, path, body=None, *, key=""):
        connection = http.client.HTTPConnection("127.0.0.1", self.served.port, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}

        def ask():
            connection.request(method, f"/api/v1{path}", body=json.dumps(body) if body is not None else None, headers=headers)
            answer = connection.getresponse()
            answer.body = answer.read()
            answer.text = answer.body.decode()
            return answer

        try:
            return json.loads(self._until_answered(ask, connection, method, 200, 201).body)
        finally:
            connection.close()

    def _until_answered(self, ask, connection, kind, *good):
        """Ask until there is an answer: a server or a database that is away is the only excuse for asking again."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                answer = ask()
            except (OSError, http.client.HTTPException) as error:
                self.asked_again[type(error).__name__] += 1
                connection.close()
                time.sleep(0.02)
                continue
            if answer.status in good:
                self.answered[kind] += 1
                with self.beat:
                    self.beat.notify_all()
                return answer
            request_id = dict(answer.headers).get("X-Request-ID", "")
            told = answer.text if kind == "page" else json.loads(answer.text)["detail"]
            named = request_id in answer.text or 'name="_key"' in told  # the form shown again keeps what was typed
            if answer.status != 503 or AWAY not in told or not request_id or not named:
                raise AssertionError(f"{kind}: {answer.status} {answer.text[:2000]}")
            self.asked_again["503"] += 1
            time.sleep(0.1)
        raise AssertionError(f"no answer to {kind} in {PATIENCE} s")

    def progress(self):
        """Wait until something is answered."""
        with self.beat:
            assert self.beat.wait(PATIENCE), f"nothing is answered any more: {self.faults}"
        assert not self.faults, "\n".join(self.faults)


def prepared(server):
    """Make a database with the process and its people; gives its URL and a token."""
    admin = create_engine(server.url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE kill"))
    admin.dispose()
    url, now = server.url.rsplit("/", 1)[0] + "/kill", datetime.now(UTC)
    database = Database(url, data_key=SECRET)
    migrate.upgrade(database)
    with database.transaction() as s:
        grants = [Grant("agent"), Grant("checker"), Grant("admin")]
        people.save_user(s, SYSTEM, login="web", name="Web", grants=grants, now=now)
        people.save_user(s, SYSTEM, login="anna", name="Anna", email="anna@example.org", now=now)
        files = {"busy.bpmn": BUSY, "one.bpmn": samples.ONE_STEP}
        definitions.deploy(s, files=files, viewer=SYSTEM, now=now, registry=Registry(strict=False))
        token = people.new_token(s, SYSTEM, login="web", name="kill", now=now)
    database.dispose()
    return url, token


def kill(kind, server, served, nursery, dice):
    """Kill -9 one thing, and see to it that it comes back."""
    if kind == "web":
        until = time.monotonic() + PATIENCE
        while not (alive := served.workers()):
            assert time.monotonic() < until
            time.sleep(0.02)
        with suppress(ProcessLookupError):
            os.kill(dice.choice(alive), signal.SIGKILL)  # the server replaces it by itself
    elif kind == "worker":
        nursery.kill(dice.choice(nursery.alive))
        nursery.begin("worker")
    elif kind == "backend":
        server.kill_backend(dice)
    elif kind == "postmaster":
        server.kill_and_restart()
    else:
        served.kill_and_restart()


def killing(server, tmp_path, kinds, *, seed, longest, clients):
    """Kill at these moments under load, let everything finish, and check; gives what was counted."""
    dice, acknowledged = random.Random(seed), tmp_path / "acknowledged"
    acknowledged.touch()
    url, token = prepared(server)
    began = time.monotonic()
    with (
        serving(url, tmp_path, processes=2) as served,
        Nursery(url, acknowledged) as nursery,
    ):
        nursery.begin("worker")
        nursery.begin("worker")
        load = Load(served, token, clients=clients)
        for thread in load.threads:
            thread.start()
        for kind in kinds:
            load.progress()
            time.sleep(dice.random() * longest)
            kill(kind, server, served, nursery, dice)
        load.stop.set()
        for thread in load.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        for page in load.pages:
            page.close()
        assert load.faults == []
        database = Database(url, data_key=SECRET)
        settle(database)
    check(database, load, acknowledged)
    database.dispose()
    mails = acknowledged.read_text().splitlines()
    return {
        "kills": dict(Counter(kinds)), "cases": len(load.cases), "answered": sum(load.answered.values()),
        "asked again": dict(load.asked_again), "mails sent twice": len(mails) - len(set(mails)),
        "seconds": round(time.monotonic() - began),
    }  # fmt: skip


def settle(database):
    """Wait until the workers have nothing left to do."""
    until = time.monotonic() + PATIENCE
    while True:
        with database.read() as s:
            active = s.scalar(select(func.count()).where(ProcessInstance.status == "active"))
            left = s.scalar(select(func.count()).where(Job.kind != "periodic"))
        if not active and not left:
            return
        assert time.monotonic() < until, f"{active} cases and {left} jobs are left"
        time.sleep(0.1)


def check(database, load, acknowledged):
    with database.read() as s:
        rows = s.execute(select(ProcessInstance.business_key, ProcessInstance.id, ProcessInstance.status)).all()
        assert Counter(key for key, _, _ in rows) == Counter(load.done), "each case once, none unknown"
        assert {(key, str(one)) for key, one, _ in rows} == set(load.cases)
        assert {status for _, _, status in rows} == {"completed"}
        assert s.scalars(select(Incident)).all() == []
        done = s.execute(select(UserTask.id, UserTask.state)).all()
        assert {str(one) for one, _ in done} == set(load.tasks)
        assert {state for _, state in done} == {"completed"}
        assert Counter(str(one) for one in s.scalars(select(TaskSubmission.task_id))) == Counter(load.tasks)
        counted = select(AuditEntry.subject).where(AuditEntry.action == "counted")
        effects = Counter(s.scalars(counted))
        assert (len(effects), set(effects.values())) == (len(rows), {1}), "each service ran once"
        for action, times in (("task.complete", 2), ("instance.start", 1), ("message", 1), ("timer", 1)):
            audited = select(AuditEntry.instance_id).where(AuditEntry.action == action)
            assert Counter(s.scalars(audited)) == Counter({one: times for _, one, _ in rows}), action
        entered = select(HistoryEvent.instance_id, HistoryEvent.element_id).where(HistoryEvent.action == "entered")
        steps = Counter((row.instance_id, row.element_id) for row in s.execute(entered))
        for element in ("call", "a", "b", "wait", "soon", "write", "e"):
            assert Counter({k[0]: n for k, n in steps.items() if k[1] == element}) == Counter(one for _, one, _ in rows)
        written = s.execute(select(OutboxMessage.idempotency_key, OutboxMessage.sent_at)).all()
        assert all(sent for _, sent in written)
        assert Counter(key for key, _ in written) == Counter(f"{case}:mail" for case in load.done)
    assert {line.removeprefix("mail ") for line in acknowledged.read_text().splitlines()} == {
        f"{case}:mail" for case in load.done
    }


def test_killing_everything_under_load(mortal_postgres, tmp_path):
    kinds = ["web", "worker", "postmaster", "web", "worker"]
    killing(mortal_postgres, tmp_path, kinds, seed=11, longest=0.1, clients=2)


@pytest.mark.soak
def test_killing_everything_at_a_thousand_moments(mortal_postgres, tmp_path):
    dice, count = random.Random(time.time_ns()), int(os.environ.get("KEYTURN_KILLS", "1000"))
    kinds = dice.choices(list(KINDS), weights=list(KINDS.values()), k=count)
    counted = killing(mortal_postgres, tmp_path, kinds, seed=time.time_ns(), longest=0.6, clients=4)
    print(json.dumps(counted, ensure_ascii=False))
    assert counted["answered"] > count
