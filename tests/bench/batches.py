"""Beginning a batch of houses: every house a row and an instance of its own, by one worker on PostgreSQL (AC12)."""

from __future__ import annotations

import time
from datetime import timedelta

from sqlalchemy import func, insert, select, update

from engine import people, worker
from engine.testing import Workbench
from processes.services import assembly, demo, inspection_batches, scenario_verbs, trials
from storage.session import Database
from storage.tables.estate import Building, Phase, Project, Unit
from storage.tables.inspections import InspectionBatch, InspectionUnit
from tests.bench.figures import Figure
from tests.bench.servers import new_database, postgres

HOUSES = 750


def _furnished(database: Database, bench: Workbench) -> str:
    """Build the estate up to 750 houses and bring a batch of them to where its houses are begun."""
    demo.furnish(database, now=trials.FURNISHED, registry=bench.registry)
    with database.transaction() as session:
        project = session.scalars(select(Project).where(Project.code == "知夏苑")).one()
        phase = session.scalars(select(Phase).where(Phase.project_id == project.id)).one()
        building = session.scalars(select(Building.id).where(Building.phase_id == phase.id)).first()
        known = session.scalar(select(func.count()).select_from(Unit).where(Unit.phase_id == phase.id)) or 0
        place = {"project_id": project.id, "phase_id": phase.id, "building_id": building, "layout": "三室两厅"}
        more = [{"code": f"知夏苑1期-99-1-{n:04d}", "room": f"{n:04d}", **place} for n in range(HOUSES - known)]
        session.execute(insert(Unit), more)
        viewer = people.viewer(session, "sun.mingli", now=bench.now)
        return inspection_batches.plan(
            session, viewer, phase_id=phase.id, round="一户一验", now=bench.now, registry=bench.registry
        )


def spawning() -> list[Figure]:
    """Begin 750 houses: 30 runs of 25, each a transaction."""
    with postgres() as server:
        database = Database(new_database(server, "batches"))
        database.create_all()
        registry = assembly.registry()
        stage = scenario_verbs.stage(database, registry, begin=trials.BEGIN)
        stage.current = _furnished(database, stage.bench)
        for _ in range(4):
            task = stage.tasks()[0]
            stage.bench.complete(task, scenario_verbs.usual(stage, task))
        with database.transaction() as session:
            session.execute(update(InspectionBatch).values(per_day=25))
        now, began = stage.bench.now + timedelta(seconds=1), time.perf_counter()
        while worker.run_some(database, clock=lambda: now, registry=registry, limit=10):
            pass
        seconds = time.perf_counter() - began
        with database.read() as session:
            assert session.scalar(select(func.count()).select_from(InspectionUnit)) == HOUSES
        database.dispose()
    return [Figure(f"spawn a batch of {HOUSES} houses", seconds, "s", "<= 10", "PostgreSQL, one worker, runs of 25")]
