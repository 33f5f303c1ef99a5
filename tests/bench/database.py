"""What grows with the data: the inbox and the timers, on PostgreSQL."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from engine import worker
from storage.session import Database
from storage.tables.work import Job, UserTask
from tests.bench import rows
from tests.bench.figures import Figure, percentile
from tests.bench.servers import new_database, postgres
from tests.served import SECRET, serving

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.served import Client

SMALL, LARGE, WARM, LOOKS = 1_000, 1_000_000, 10, 80
TIMERS, DUE = 2_000, 100_000


def looked(clients: Sequence[Client], path: str) -> list[tuple[float, float]]:
    """Look at a page of each server by turns, so that both meet the same noise; gives p50 and p95 in ms of each."""
    seconds: list[list[float]] = [[] for _ in clients]
    for number in range(WARM + LOOKS):
        for client, found in zip(clients, seconds, strict=True):
            began = time.perf_counter()
            assert client.get(path).status == 200
            if number >= WARM:
                found.append(time.perf_counter() - began)
    return [(median(found) * 1000, percentile(found, 95) * 1000) for found in seconds]


def inbox() -> list[Figure]:
    """The first page of the inbox of one role among ten, with few and with many open tasks."""
    with ExitStack() as stack:
        server, clients = stack.enter_context(postgres()), []
        for count in (SMALL, LARGE):
            url = new_database(server, f"inbox{count}")
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            served = stack.enter_context(serving(url, Path(folder)))
            database = Database(url, data_key=SECRET)
            rows.furnish(database, running=1)
            rows.crowd(database, count)
            database.dispose()
            clients.append(served.client(rows.LOGIN))
        (few, _), (many, late) = looked(clients, "/inbox?role=agent")
    what = "HTTP, PostgreSQL, one client, role filter; a tenth of the tasks are the role's"
    return [
        Figure(f"inbox first page, {LARGE:,} / {SMALL:,} open tasks (p50)", many / few, "", "<= 1.5", what, ratio=True),
        Figure(f"inbox first page, {LARGE:,} open tasks: p95", late, "ms", "<= 50", what),
        Figure(f"inbox first page, {LARGE:,} open tasks: p50", many, "ms", "", what),
        Figure(f"inbox first page, {SMALL:,} open tasks: p50", few, "ms", "", what),
    ]


def timers() -> list[Figure]:
    """Timers due at once: a sample is fired by one worker from a queue as long as the budget says."""
    began = datetime.now(UTC)
    with postgres() as server:
        database = Database(new_database(server, "timers"), data_key=SECRET)
        database.create_all()
        rows.furnish(database, running=0)
        for _ in range(TIMERS // 100):
            with database.transaction() as session:
                for _ in range(100):
                    rows.start(session, "alarm", began)
        with database.transaction() as session:
            found = session.scalars(select(Job.id).where(Job.kind == "timer").limit(1)).one()
            source = f"FROM job t, generate_series(1, {DUE - TIMERS}) n WHERE t.id = '{found}'"
            rows.clone(session, Job, source, {"id": "gen_random_uuid()", "due_at": "t.due_at + interval '1 minute'"})
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))

        def at(minutes: int, limit: int) -> int:
            return worker.run_some(
                database, clock=lambda: began + timedelta(minutes=minutes), registry=rows.REGISTRY, limit=limit
            )

        early, fired = at(59, 10), 0
        start = time.perf_counter()
        while fired < TIMERS:
            fired += at(70, worker.BATCH)
        rate = fired / (time.perf_counter() - start)
        with database.read() as session:
            opened = session.scalars(select(func.count()).select_from(UserTask).group_by(UserTask.instance_id)).all()
        database.dispose()
    if early or len(opened) != TIMERS or set(opened) != {1}:
        raise SystemExit(f"timers: {early} early, {len(opened)} of {TIMERS} fired, {max(opened)} times at most")
    what = f"one worker, PostgreSQL; the first {TIMERS:,} of {DUE:,} due at once; none early, none twice"
    return [Figure("timers fired", rate, "/s", ">= 200", what)]
