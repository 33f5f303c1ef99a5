"""Processes that race each other, each with a database of its own.

python racer.py <socket> <socket> …: one process a socket (an inherited number), forked from a program that has loaded
everything. A line of JSON says what to do and at which moment (of the monotonic clock, which all processes share); the
answer says whether it was done, refused by a sentence, or failed.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
import traceback
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parents[2]))

from engine import definitions, instances, messages, tasks, worker
from engine.access import SYSTEM, Grant, Viewer
from engine.connectors import Registry
from engine.errors import KeyturnError
from storage import jobs as queue
from storage.session import Database

REGISTRY = Registry(strict=False)
PATIENCE = 120


def viewer(login):
    return Viewer(login, login.title(), (Grant("agent"), Grant("checker")))


class Racer:
    """What a racing process can do; `now` is a text in every command."""

    def __init__(self, url):
        self.database, self.held = Database(url), []

    def complete(self, now, login, task, key="", data=None):
        with self.database.transaction() as s:
            result = tasks.complete(
                s, viewer(login), UUID(task), data=data or {}, now=now, registry=REGISTRY, idempotency_key=key
            )
        return [str(one.id) for one in result.next_tasks]

    def claim(self, now, login, task):
        with self.database.transaction() as s:
            tasks.claim(s, viewer(login), UUID(task), now=now)

    def correlate(self, now, name, business_key, variables=None):
        with self.database.transaction() as s:
            done = messages.correlate(
                s, name=name, business_key=business_key, variables=variables, viewer=SYSTEM, now=now, registry=REGISTRY
            )
        return str(done)

    def start(self, now, key, business_key=""):
        with self.database.transaction() as s:
            return str(
                instances.start(
                    s, key=key, variables={}, viewer=SYSTEM, now=now, registry=REGISTRY, business_key=business_key
                )
            )

    def deploy(self, now, text):
        with self.database.transaction() as s:
            files = {"race.bpmn": text.encode()}
            made = definitions.deploy(s, files=files, viewer=SYSTEM, now=now, registry=REGISTRY)
            return made.processes[0].version

    def put_in_force(self, now, definition):
        with self.database.transaction() as s:
            definitions.set_state(s, SYSTEM, UUID(definition), "in_force", now=now, registry=REGISTRY)

    def migrate(self, now, instance, target):
        from engine import migrations

        with self.database.transaction() as s:
            migrations.migrate(
                s, SYSTEM, UUID(instance), target_definition_id=UUID(target), mapping={}, now=now, registry=REGISTRY
            )

    def work(self, now, kinds):
        return worker.run_some(self.database, clock=lambda: now, registry=REGISTRY, limit=1, kinds=kinds)

    def hold(self, now):
        """Lease a job for a second, to run it later."""
        with self.database.transaction() as s:
            self.held = queue.lease(s, now=now, hold=timedelta(seconds=1))
        return len(self.held)

    def run_held(self, now):
        for job in self.held:
            worker._attempt(self.database, job, clock=lambda: now, registry=REGISTRY)


def answer(racers, line):
    asked = json.loads(line)
    racer = racers.get(asked["url"])
    if racer is None:  # another test, another database
        for old in racers.values():
            old.database.dispose()
        racers.clear()
        racer = racers[asked["url"]] = Racer(asked["url"])
    action, given = getattr(racer, asked["do"]), dict(asked["given"])
    given["now"] = datetime.fromisoformat(given["now"])
    time.sleep(max(0.0, asked["at"] - time.monotonic()))
    began, said = time.monotonic(), {}
    try:
        said["result"] = action(**given)
    except KeyturnError as refused:
        said |= {"refused": type(refused).__name__, "sentence": str(refused)}
    except Exception:  # noqa: BLE001  the test is told
        said["fault"] = traceback.format_exc()
    return said | {"began": began, "ended": time.monotonic()}


def serve(connection):
    racers = {}
    with connection.makefile("rw") as lines:
        for line in lines:
            lines.write(json.dumps(answer(racers, line)) + "\n")
            lines.flush()


class Track:
    """Racing processes and the way to start them at the same moment."""

    def __init__(self, count):
        ours, theirs = zip(*(socket.socketpair() for _ in range(count)), strict=True)
        numbers = [one.fileno() for one in theirs]
        self.process = subprocess.Popen([sys.executable, __file__, *map(str, numbers)], pass_fds=numbers)
        for one in theirs:
            one.close()
        self.sockets = ours
        for one in ours:
            one.settimeout(PATIENCE)
        self.lines = [one.makefile("rw") for one in ours]
        self.dice = random.Random(5)
        self.url = ""

    def race(self, *commands):
        """Let each process do one thing (name, arguments) at the same moment, or a few milliseconds apart."""
        at = time.monotonic() + 0.002
        for lines, (do, given) in zip(self.lines, commands, strict=False):
            late = self.dice.choice((0, 0, self.dice.random() * 0.008))
            lines.write(json.dumps({"url": self.url, "do": do, "given": given, "at": at + late}) + "\n")
            lines.flush()
        outcomes = [json.loads(lines.readline()) for lines in self.lines[: len(commands)]]
        for outcome in outcomes:
            assert "fault" not in outcome, outcome["fault"]
        return outcomes

    def alone(self, number, do, given):
        """Let one process do something by itself."""
        lines = self.lines[number]
        lines.write(json.dumps({"url": self.url, "do": do, "given": given, "at": 0}) + "\n")
        lines.flush()
        outcome = json.loads(lines.readline())
        assert "result" in outcome, outcome
        return outcome["result"]

    def close(self):
        for one in (*self.lines, *self.sockets):
            one.close()
        self.process.wait(PATIENCE)


if __name__ == "__main__":
    children = []
    numbers = [int(text) for text in sys.argv[1:]]
    for number in numbers:
        child = os.fork()
        if child == 0:
            for other in numbers:
                if other != number:
                    os.close(other)
            serve(socket.socket(fileno=number))
            os._exit(0)
        children.append(child)
    for number in numbers:
        os.close(number)
    for child in children:
        os.waitpid(child, 0)
