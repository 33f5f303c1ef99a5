"""A publication with running cases: trying them all before, moving them all, and taking them all back."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from engine import definitions, instances, studio, worker
from engine.access import SYSTEM, Grant, Viewer
from engine.connectors import Registry
from engine.publishing import impact, publication, publications, taking_back
from storage.session import Database
from tests.bench import diagrams
from tests.bench.figures import Figure
from tests.bench.servers import new_database, postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

CASES = 1_000
NODES = 30
OWNER = Viewer("owner", "Owner", (Grant("process_owner"),))
REGISTRY = Registry(strict=False)
BEGIN = datetime(2026, 3, 2, 1, tzinfo=UTC)
REMINDER = (
    '<boundaryEvent id="late" attachedToRef="t0" cancelActivity="false"><timerEventDefinition><timeDuration>P1D'
    f"</timeDuration></timerEventDefinition></boundaryEvent>{diagrams.user('urge')}" + diagrams.flow("late", "urge")
)


def drawn(more: str = "") -> bytes:
    """A process of 30 nodes whose first task has a reminder; with `more`, its second task is another one."""
    source = diagrams.rounds(NODES).replace(b"</process>", f"{REMINDER}</process>".encode())
    return source.replace(b'id="t1" name="t1"', f'id="t1" name="t1{more}"'.encode())


@contextmanager
def databases() -> Iterator[list[tuple[str, Database]]]:
    """One on each kind of server, both with their usual durability."""
    with postgres() as server, tempfile.TemporaryDirectory() as folder:
        made = [
            ("PostgreSQL", Database(new_database(server, "moves"))),
            ("SQLite", Database(f"sqlite:///{Path(folder) / 'moves.db'}")),
        ]
        for _, database in made:
            database.create_all()
        yield made
        for _, database in made:
            database.dispose()


def begun(database: Database) -> UUID:
    """Publish, begin 1,000 cases with a page of variables each, and draft a change."""
    with database.transaction() as session:
        definitions.deploy(session, files={"rounds.bpmn": drawn()}, viewer=SYSTEM, now=BEGIN, registry=REGISTRY)
    variables = {f"field_{number}": f"值 {number}" for number in range(20)}
    for start in range(0, CASES, 100):
        with database.transaction() as session:
            for number in range(start, start + 100):
                instances.start(
                    session, key="rounds", variables=variables, viewer=SYSTEM, now=BEGIN, registry=REGISTRY,
                    business_key=f"B-{number}",
                )  # fmt: skip
    with database.transaction() as session:
        made = studio.begin(session, OWNER, wanted=["rounds.bpmn"], reason="试验", now=BEGIN)
        studio.save(session, OWNER, made, "rounds.bpmn", source=drawn("x"), revision=1, now=BEGIN)
    return made


def seconds_of(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def worked(database: Database, now: datetime) -> float:
    """Let one worker do all that is due."""

    def work() -> None:
        while worker.run_some(database, clock=lambda: now, registry=REGISTRY, limit=10):
            pass

    return seconds_of(work)


def measured(kind: str, database: Database) -> list[Figure]:
    """Try, move and take back on one database."""
    made, now = begun(database), BEGIN + timedelta(minutes=1)
    given = {"now": now, "registry": REGISTRY}

    def look() -> None:
        with database.read() as session:
            found = impact.look(session, OWNER, files=studio.files(session, made), **given)
            assert found.counts["continues"] == CASES

    looked = seconds_of(look)
    began = time.perf_counter()
    with database.transaction() as session:
        published = publication.publish(session, OWNER, made, moved=publication.Moves("all"), **given)
    publishing = time.perf_counter() - began
    moved = worked(database, now + timedelta(seconds=1))
    with database.transaction() as session:
        assert publications.view(session, OWNER, published).row.moved == CASES
        later = given | {"now": now + timedelta(minutes=1)}
        taking_back.take_back(session, OWNER, published, reason="试验", **later)
    back = worked(database, now + timedelta(minutes=2))
    with database.read() as session:
        assert publications.view(session, OWNER, published).batches[0].undone == CASES
    what = f"{kind}, one worker, a transaction each; {NODES} nodes, a task with a reminder, 20 variables"
    return [
        Figure(f"impact of a draft on {CASES:,} cases, {kind}", CASES / looked, "cases/s", "", "in memory, read only"),
        Figure(f"publish with {CASES:,} cases to move, {kind}", publishing * 1000, "ms", "", "the transaction itself"),
        Figure(f"move {CASES:,} cases to a new version, {kind}", CASES / moved, "cases/s", ">= 50", what),
        Figure(f"take {CASES:,} moved cases back, {kind}", CASES / back, "cases/s", ">= 50", what),
    ]


def all_figures() -> list[Figure]:
    """On both kinds of database."""
    with databases() as made:
        return [figure for kind, database in made for figure in measured(kind, database)]
