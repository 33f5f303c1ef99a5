"""Workers and busy web processes that the kill tests end with SIGKILL at any moment.

python victim.py <database url> <file for acknowledgements>

Reads roles (`worker` or `web`) from standard input, begins a process for each and writes its number. The children are
forks of a program that has loaded everything, so that a victim is at work a moment after the last one's death.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parents[2]))

from engine import notifications, tasks, worker
from engine.access import SYSTEM, Grant, Viewer
from engine.connectors import Registry
from engine.errors import ConflictError
from storage import audit
from storage.session import Database


def count(ctx):
    """A service whose effect is counted."""
    audit.record(
        ctx.session, actor="service", action="counted", subject=f"token:{ctx.token_id}", now=ctx.now,
        instance_id=ctx.instance_id,
    )  # fmt: skip


def write(ctx):
    """A service that sends a mail."""
    notifications.notify(
        ctx.session, recipient="anna", template="x", channels=("mail",), key=ctx.business_key, now=ctx.now
    )


def registry_of(acknowledged: Path) -> Registry:
    def mail(message):
        with acknowledged.open("a") as file:
            file.write(f"mail {message.idempotency_key}\n")

    return Registry(services={"sum": count, "write": write}, connectors={"mail": mail})


def work(database: Database, acknowledged: Path) -> None:
    worker.loop(database, registry_of(acknowledged), threading.Event(), hold=timedelta(seconds=2))


def serve(database: Database, acknowledged: Path) -> None:
    viewer = Viewer("web", "Web", (Grant("agent"), Grant("checker")))
    with acknowledged.open("a") as file:
        while True:
            now = datetime.now(UTC)
            with database.read() as s:
                page = tasks.inbox(s, SYSTEM, tasks.InboxQuery(view="team", process="two", size=20), now=now)
            for item in page.items:
                try:
                    with database.transaction() as s:
                        tasks.complete(
                            s, viewer, item.id, data={}, now=now, registry=Registry(), idempotency_key=uuid4().hex
                        )
                except ConflictError:
                    continue
                file.write(f"task {item.id}\n")
                file.flush()


class Nursery:
    """Where victims come from."""

    def __init__(self, database_url: str, acknowledged: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, database_url, str(acknowledged)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self.alive: list[int] = []

    def begin(self, role: str) -> int:
        self.process.stdin.write(f"{role}\n")
        self.process.stdin.flush()
        self.alive.append(int(self.process.stdout.readline()))
        return self.alive[-1]

    def kill(self, pid: int) -> None:
        self.alive.remove(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for pid in list(self.alive):
            self.kill(pid)
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def main(url: str, acknowledged: Path) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead need no burial
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # its logs are not the numbers that are waited for
            {"worker": work, "web": serve}[line.strip()](Database(url), acknowledged)
            os._exit(1)
        print(pid, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
