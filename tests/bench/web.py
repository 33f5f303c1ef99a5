"""The pages as they are served: completions against a bare endpoint, under load, memory, weight."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
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
from tests.bench.servers import Crowd, new_database, postgres
from tests.served import ROOT, SECRET, Served, _wait, free_port, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS, PROCESSES, SLICE, SLICES = 8, 4, 3.0, 5
OPEN = 100_000


@contextmanager
def bare(url: str) -> Iterator[Served]:
    """Serve the bare endpoint."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.bare", url, str(port), str(PROCESSES)], cwd=ROOT)
    try:
        _wait(process, port)
        yield Served(port, process, url)
    finally:
        process.terminate()
        process.wait(30)


def furnished(url: str) -> tuple[Database, list[str]]:
    """Fill a database with the processes and 100,000 open tasks; gives the addresses of tasks to complete."""
    database = Database(url, data_key=SECRET)
    addresses = rows.furnish(database, running=CLIENTS + 1)
    rows.crowd(database, OPEN)
    return database, addresses


def crowd(server: Served, addresses: list[str]) -> Crowd:
    """Send clients to a server and let it get warm."""
    found = Crowd([server.client(rows.LOGIN) for _ in range(CLIENTS)], addresses[:CLIENTS])
    found.press(SLICE, counts=False)
    return found


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
    """Measure on PostgreSQL with 100,000 open tasks, the product and the bare endpoint by turns."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres())
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url, other = new_database(server, "product"), new_database(server, "bare")
        served = stack.enter_context(serving(url, Path(folder), processes=PROCESSES))
        database, addresses = furnished(url)
        second = Database(other, data_key=SECRET)
        second.create_all()
        second.dispose()
        second, theirs = furnished(other)
        second.dispose()
        ours, floor = crowd(served, addresses), crowd(stack.enter_context(bare(other)), theirs)
        for _ in range(SLICES):
            ours.press(SLICE)
            floor.press(SLICE)
        used = max(memory(pid) for pid in served.workers())
        page = weight(served)
        asked = statements(database, addresses[-1])
        database.dispose()
    what = f"PostgreSQL, {PROCESSES} workers, {CLIENTS} clients, {OPEN:,} open tasks, all on one machine"
    return [
        Figure(
            "bare Flask + SQLAlchemy endpoint / HTTP completion of a task", floor.rate / ours.rate, "", "<= 2",
            f"{what}; by turns", ratio=True,
        ),
        Figure("completions", ours.rate, "/s", ">= 150", what),
        Figure("completions: p95", ours.late, "ms", "<= 100", what),
        Figure("bare endpoint writing the same rows", floor.rate, "/s", "", what),
        Figure("SQL statements of a completion in the engine", asked, ""),
        Figure("page weight of the inbox, compressed", page, "kB", "<= 80", "page, styles, scripts"),
        Figure("memory of a web process after load", used, "MB", "<= 150", "resident"),
    ]  # fmt: skip
