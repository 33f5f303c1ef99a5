"""Databases and programs to measure on: a PostgreSQL that is thrown away, and clients that press as fast as they can."""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text

from tests import postgres as servers
from tests.bench.figures import percentile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.served import Client

HTTP_SEE_OTHER = 303
OPTIONS = "-c max_connections=200 -c jit=off -c shared_buffers=512MB -c max_wal_size=4GB"


@contextmanager
def postgres() -> Iterator[str]:
    """Run PostgreSQL with its usual durability (fsync on); gives the URL of a server without a database name."""
    if servers.programs() is None:
        raise SystemExit(servers.HOW_TO_ENABLE.replace("these tests", "the benchmarks"))
    with servers.running(OPTIONS) as server:
        yield server.url.rsplit("/", 1)[0]


def new_database(server: str, name: str) -> str:
    """Make an empty database; gives its URL."""
    admin = create_engine(
        f"{server}/postgres".replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return f"{server}/{name}"


class Crowd:
    """Clients of one server, each completing one task after another whenever they are told to press."""

    def __init__(self, clients: Sequence[Client], tasks: Sequence[str]) -> None:
        self.clients, self.tasks = clients, list(tasks)
        self.took: list[float] = []
        self.seconds = 0.0
        self.numbers = itertools.count()

    def press(self, seconds: float, *, counts: bool = True) -> None:
        """Press as fast as the server answers."""
        for client in self.clients:
            client.close()  # the server closes what rests for two seconds; the next request opens it again
        began = time.perf_counter()
        took: list[float] = []

        def work(at: int, client: Client) -> None:
            while time.perf_counter() < began + seconds:
                start = time.perf_counter()
                answer = client.post(self.tasks[at] + "/complete", {"_key": f"{at}-{next(self.numbers)}"})
                if answer.status != HTTP_SEE_OTHER:
                    raise SystemExit(f"a completion failed with {answer.status}")
                took.append(time.perf_counter() - start)
                self.tasks[at] = answer.location

        threads = [threading.Thread(target=work, args=pair) for pair in enumerate(self.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if counts:
            self.took += took
            self.seconds += time.perf_counter() - began

    @property
    def rate(self) -> float:
        """Completions a second."""
        return len(self.took) / self.seconds

    @property
    def late(self) -> float:
        """The 95th percentile of the answers, in ms."""
        return percentile(self.took, 95) * 1000
