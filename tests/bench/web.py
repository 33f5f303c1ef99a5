"""The pages as they are served: completions against a bare endpoint, under load, memory, weight."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import event

from engine import tasks
from engine.access import Grant, Viewer
from storage.session import Database
from tests.bench import rows
from tests.bench.figures import Figure
from tests.bench.servers import new_database, postgres, press
from tests.served import ROOT, SECRET, Served, _wait, free_port, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS, PROCESSES, SECONDS, WARM = 8, 4, 12.0, 3.0
OPEN = 100_000


@contextmanager
def bare(url: str) -> Iterator[Served]:
    """Serve the bare endpoint."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.bare", url, str(port), str(PROCESSES)], cwd=ROOT)
    try:
        _wait(process, port)
        yield Served(port, process)
    finally:
        process.terminate()
        process.wait(30)


def pressed(server: Served, addresses: list[str]) -> tuple[float, float]:
    """Warm a server up, then measure it."""
    clients = [server.client(rows.LOGIN) for _ in range(CLIENTS)]
    press(clients, addresses[:CLIENTS], seconds=WARM)
    return press(clients, addresses[CLIENTS : 2 * CLIENTS], seconds=SECONDS)


def memory(pid: int) -> float:
    """Give the resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1000


def weight(server: Served) -> float:
    """Give the compressed weight of the inbox with its styles and scripts, in kB."""
    client = server.client(rows.LOGIN)
    page = client.get("/inbox").text
    total = len(gzip.compress(page.encode()))
    for address in re.findall(r'<(?:link|script)[^>]+(?:href|src)="(/static/[^"]+)"', page):
        total += len(gzip.compress(client.get(address).body))
    return total / 1000


def statements(database: Database, address: str) -> int:
    """Count the SQL statements of one completion in the engine."""
    count = 0

    def told(*_: object) -> None:
        nonlocal count
        count += 1

    viewer = Viewer(rows.LOGIN, "Bench", (Grant("agent"),))
    task = UUID(address.rsplit("/", 1)[1])
    for _ in range(3):
        count = 0
        with database.transaction() as session:
            event.listen(database.engine, "before_cursor_execute", told)
            result = tasks.complete(session, viewer, task, data={}, now=datetime.now(UTC), registry=rows.REGISTRY)
        event.remove(database.engine, "before_cursor_execute", told)
        task = result.next_tasks[0].id
    return count


def all_figures() -> list[Figure]:
    """Measure on PostgreSQL with 100,000 open tasks."""
    with postgres() as server, tempfile.TemporaryDirectory() as folder:
        url, other = new_database(server, "product"), new_database(server, "bare")
        found = list[Figure]()
        with serving(url, Path(folder), processes=PROCESSES) as served:
            database = Database(url, data_key=SECRET)
            addresses = rows.furnish(database, running=2 * CLIENTS + 1)
            rows.crowd(database, OPEN)
            rate, late = pressed(served, addresses)
            used = max(memory(pid) for pid in served.workers())
            page = weight(served)
            asked = statements(database, addresses[-1])
            database.dispose()
        database = Database(other, data_key=SECRET)
        database.create_all()
        addresses = rows.furnish(database, running=2 * CLIENTS)
        rows.crowd(database, OPEN)
        database.dispose()
        with bare(other) as served:
            floor, _ = pressed(served, addresses)
        what = f"PostgreSQL, {PROCESSES} workers, {CLIENTS} clients, {OPEN:,} open tasks, all on one machine"
        found += [
            Figure(
                "bare Flask + SQLAlchemy endpoint / HTTP completion of a task",
                floor / rate,
                "",
                "<= 2",
                what,
                ratio=True,
            ),
            Figure("completions", rate, "/s", ">= 150", what),
            Figure("completions: p95", late, "ms", "<= 100", what),
            Figure("bare endpoint writing the same rows", floor, "/s", "", what),
            Figure("SQL statements of a completion in the engine", asked, ""),
            Figure("page weight of the inbox, compressed", page, "kB", "<= 80", "page, styles, scripts"),
            Figure("memory of a web process after load", used, "MB", "<= 150", "resident"),
        ]
        return found
