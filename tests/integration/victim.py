"""A worker or a busy web process that the kill test ends with SIGKILL at any moment.

python victim.py worker|web <database url> <file for acknowledgements>
"""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parents[2]))

from engine import tasks, worker
from engine.access import SYSTEM, Grant, Viewer
from engine.connectors import Registry
from engine.errors import ConflictError
from storage import audit
from storage.session import Database


def count(ctx):
    audit.record(
        ctx.session, actor="service", action="counted", subject=f"token:{ctx.token_id}", now=ctx.now,
        instance_id=ctx.instance_id,
    )  # fmt: skip


def work(database: Database, acknowledged: Path) -> None:
    def mail(message):
        with acknowledged.open("a") as file:
            file.write(f"mail {message.idempotency_key}\n")

    registry = Registry(services={"sum": count}, connectors={"mail": mail})
    print("ready", flush=True)
    worker.loop(database, registry, threading.Event(), hold=timedelta(seconds=2))


def serve(database: Database, acknowledged: Path) -> None:
    viewer = Viewer("web", "Web", (Grant("agent"), Grant("checker")))
    print("ready", flush=True)
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


if __name__ == "__main__":
    {"worker": work, "web": serve}[sys.argv[1]](Database(sys.argv[2]), Path(sys.argv[3]))
