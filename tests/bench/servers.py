"""Databases and programs to measure on: a PostgreSQL that is thrown away, and clients that press as fast as they can."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text

from tests.bench.figures import percentile
from tests.conftest import HOW_TO_ENABLE, _free_port, _programs, _unprivileged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.served import Client

OPTIONS = "-c listen_addresses=127.0.0.1 -c max_connections=200 -c jit=off -c shared_buffers=512MB -c max_wal_size=4GB"


@contextmanager
def postgres() -> Iterator[str]:
    """Run PostgreSQL with its usual durability (fsync on); gives the URL of a server without a database name."""
    programs = _programs()
    if programs is None:
        raise SystemExit(HOW_TO_ENABLE.replace("these tests", "the benchmarks"))
    folder = Path(tempfile.mkdtemp(prefix="keyturn-bench-", dir="/tmp"))
    folder.chmod(0o777)
    become, port, data = _unprivileged(), _free_port(), folder / "data"

    def run(*command: object) -> None:
        subprocess.run([*become, *map(str, command)], check=True, cwd="/", stdout=subprocess.DEVNULL)

    try:
        run(programs / "initdb", "-D", data, "-U", "keyturn", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        run(
            programs / "pg_ctl",
            "-D",
            data,
            "-w",
            "-l",
            folder / "log",
            "-o",
            f"-p {port} -k {folder} {OPTIONS}",
            "start",
        )
        try:
            yield f"postgresql://keyturn@127.0.0.1:{port}"
        finally:
            run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str, name: str) -> str:
    """Make an empty database; gives its URL."""
    admin = create_engine(
        f"{server}/postgres".replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return f"{server}/{name}"


def press(clients: Sequence[Client], tasks: Sequence[str], *, seconds: float) -> tuple[float, float]:
    """Let each client complete one task after another for a while; gives (completions a second, p95 in ms)."""
    took: list[float] = []
    answers: Counter[int] = Counter()
    until = time.perf_counter() + seconds
    began = time.perf_counter()

    def work(client: Client, task: str) -> None:
        number = 0
        while time.perf_counter() < until:
            number += 1
            start = time.perf_counter()
            answer = client.post(task + "/complete", {"_key": f"{task}-{number}"})
            took.append(time.perf_counter() - start)
            answers[answer.status] += 1
            if answer.status != 303:
                return
            task = answer.location

    threads = [threading.Thread(target=work, args=pair) for pair in zip(clients, tasks, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if set(answers) != {303}:
        raise SystemExit(f"a completion failed: {dict(answers)}")
    return len(took) / (time.perf_counter() - began), percentile(took, 95) * 1000
