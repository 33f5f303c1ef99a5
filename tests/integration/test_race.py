"""Fifty people press the button at once, through real servers: one did it, the others are told who."""

from __future__ import annotations

import html
import http.client
import json
import re
import threading
from datetime import UTC, datetime

import samples
from sqlalchemy import func, select

from engine import definitions, instances, people
from engine.access import SYSTEM, Grant
from engine.connectors import Registry
from storage.session import Database
from storage.tables.instances import AuditEntry
from storage.tables.work import TaskSubmission, UserTask
from tests.served import PATIENCE, SECRET, serving

CROWD = 50
SAID = re.compile(r"任务“登记”已由 (人\d+) 于 \S+ \S+ 办结")


def furnished(database):
    """Deploy the process of two steps, start it, invite the crowd; gives the task."""
    now = datetime.now(UTC)
    with database.transaction() as s:
        for number in range(CROWD):
            people.save_user(s, SYSTEM, login=f"p{number}", name=f"人{number}", grants=[Grant("agent")], now=now)
        definitions.deploy(
            s, files={"two.bpmn": samples.TWO_STEPS}, viewer=SYSTEM, now=now, registry=Registry(strict=False)
        )
        case = instances.start(s, key="two", variables={}, viewer=SYSTEM, now=now, registry=Registry(strict=False))
        return s.scalars(select(UserTask.id).where(UserTask.instance_id == case)).one()


def test_fifty_browsers_complete_one_task(database_url, tmp_path):
    processes = 1 if database_url.startswith("sqlite") else 2
    with serving(database_url, tmp_path, processes=processes) as server:
        database = Database(database_url, data_key=SECRET)
        task = furnished(database)
        clients = [server.client(f"p{number}") for number in range(CROWD)]
        gate, answers = threading.Barrier(CROWD), {}

        def press(client):
            gate.wait()
            answers[client.login] = client.post(f"/tasks/{task}/complete", {"_key": f"key of {client.login}"})
            client.close()

        threads = [threading.Thread(target=press, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        statuses = sorted(answer.status for answer in answers.values())
        assert statuses == [303] + [409] * (CROWD - 1)
        (winner,) = [login for login, answer in answers.items() if answer.status == 303]
        told = [SAID.findall(html.unescape(answer.text)) for answer in answers.values() if answer.status == 409]
        assert {name for names in told for name in names} == {f"人{winner[1:]}"}
        assert all(told), "each is told who was first"
        with database.read() as s:
            assert s.scalar(select(func.count()).select_from(TaskSubmission)) == 1
            assert sorted(s.scalars(select(UserTask.element_id))) == ["a", "b"]
            done = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "task.complete")
            assert s.scalar(done) == 1
        the_same_request_ten_times(server, database)
        database.dispose()


def the_same_request_ten_times(server, database):
    """A program that hears nothing sends its request again, with its key: each gets the answer of the one that counted."""
    now = datetime.now(UTC)
    with database.transaction() as s:
        token = people.new_token(s, SYSTEM, login="p0", name="again", now=now)
        definitions.deploy(
            s, files={"m.bpmn": samples.MESSAGE}, viewer=SYSTEM, now=now, registry=Registry(strict=False)
        )
        case = instances.start(
            s, key="message", variables={}, business_key="K", viewer=SYSTEM, now=now, registry=Registry(strict=False)
        )
    gate, answers = threading.Barrier(10), []
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k", "Content-Type": "application/json"}

    def send():
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        gate.wait()
        connection.request("POST", "/api/v1/messages", json.dumps({"name": "PAID", "business_key": "K"}), headers)
        answer = connection.getresponse()
        answers.append((answer.status, json.loads(answer.read())))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(200, {"instance_id": str(case)})] * 10
