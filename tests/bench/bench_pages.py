"""What pages weigh, and what a web process takes."""

from __future__ import annotations

import gzip
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from processes.services import demo
from storage import migrate
from storage.session import Database
from tasks_ui.app import default_registry
from tests import served
from tests.bench.figures import Figure, median, p95, timed
from tests.sites import NOW, settings_for

if TYPE_CHECKING:
    from collections.abc import Iterator

MANAGER = "sun.mingli"


def resident(pid: int) -> float:
    """Read a process's memory, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


def measure() -> Iterator[Figure]:
    folder = Path(tempfile.mkdtemp())
    try:
        settings = settings_for(folder)
        database = Database(settings.database_url, data_key=served.SECRET)
        migrate.upgrade(database)
        demo.load(database, "mini", now=NOW, registry=default_registry(settings))
        database.dispose()
        with served.serving(settings.database_url, folder) as server:
            client = server.client(MANAGER)
            page = client.get("/inbox?view=team")
            weight = len(gzip.compress(page.body))
            for address in re.findall(r'<(?:link|script)[^>]+(?:href|src)="(/static/[^"]+)"', page.text):
                weight += len(gzip.compress(client.get(address).body))
            durations = timed(lambda: client.get("/inbox?view=team"), 100)
            for path in ("/cases", "/start", "/me", "/notifications"):
                client.get(path)
            memory = max(resident(pid) for pid in server.workers())
    finally:
        shutil.rmtree(folder)
    yield Figure("weight of the inbox page with all it loads, compressed", weight / 1000, "kB", most=80)
    yield Figure("inbox page over HTTP, 25 rows, median", median(durations), "ms")
    yield Figure("inbox page over HTTP, 25 rows, p95", p95(durations), "ms")
    yield Figure("memory of a web process", memory, "MB", most=150)
