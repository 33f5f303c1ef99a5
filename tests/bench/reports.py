"""Reports: a month's key figures of the demonstration on SQLite and of a large group on PostgreSQL (DOMAIN 7.3)."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from engine.access import Grant, Viewer
from processes.services import assembly, demo
from processes.services.reports import fixed
from processes.services.reports import question as asking
from storage.session import Database
from tests.bench import group
from tests.bench.figures import Figure
from tests.bench.servers import new_database, postgres
from tests.served import SECRET

if TYPE_CHECKING:
    from collections.abc import Sequence

ZONE = ZoneInfo("Asia/Shanghai")
VIEWER = Viewer("bench", "Bench", (Grant("cs_mgr"),))
ROUNDS = 3


def filled(database: Database, slug: str, **filters: str) -> float:
    """Fill a report of the last whole month a few times, each by itself; gives the median of the seconds."""
    now, took = datetime.now(UTC), list[float]()
    period = asking.period("month", now.astimezone(ZONE).date()).before()
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with database.read() as session:
            question = asking.ask(VIEWER, period, now=now, zone=ZONE, filters=filters)
            assert fixed.find(slug).fill(session, VIEWER, question, 1).tables[0].rows
        took.append(time.perf_counter() - began)
    return median(took)


def _demonstration() -> Sequence[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'demo.db'}", data_key=SECRET)
        database.create_all()
        demo.load(database, "demo", now=datetime.now(UTC), registry=assembly.registry())
        whole, units = filled(database, "kpi"), filled(database, "contractors")
        database.dispose()
    what = "SQLite, the demonstration, all projects"
    return [
        Figure("key figures of a month, demonstration", whole, "s", "<= 1", what),
        Figure("ranking of responsible units, demonstration", units, "s", "<= 1", what),
    ]


def _large() -> Sequence[Figure]:
    with postgres() as server:
        database = Database(new_database(server, "reports"), data_key=SECRET)
        database.create_all()
        group.build(database)
        whole, one = filled(database, "kpi"), filled(database, "kpi", project="项目7")
        units = filled(database, "contractors")
        database.dispose()
    what = f"PostgreSQL, a year of {group.CASES:,} cases, {group.ORDERS:,} orders, {group.DEFECTS:,} defects"
    return [
        Figure("key figures of a month, all projects / one of sixty", whole / one, "", note=what, ratio=True),
        Figure("key figures of a month, large group", whole, "s", "<= 5", f"{what}, all projects"),
        Figure("key figures of a month, large group, one project", one, "s", "<= 5", what),
        Figure("ranking of responsible units, large group", units, "s", "<= 5", f"{what}, all projects"),
    ]


def monthly() -> list[Figure]:
    """The month's key figures and the ranking of responsible units: no page, no cache, the report alone."""
    return [*_demonstration(), *_large()]
