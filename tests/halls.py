"""Houses to be handed over, for tests: a batch in its concentrated handover with a slot, its houses real instances."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine import instances
from engine.access import SYSTEM
from processes.services.demo.player import Play, Step
from processes.services.handover_batches import STATIONS, begin_variables
from storage import handovers as rows
from storage.files import Files
from storage.tables.estate import Phase, Project, Unit
from storage.tables.handovers import HandoverBatch, HandoverUnit, KeySet, Slot

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from tests.sites import Site

PROJECT = "秋实园"
DESK, LEAD = "miao.qiantai", "cao.jiaofu"


def add_hall(site: Site, count: int = 3) -> tuple[str, list[str]]:
    """Begin the handover of the first houses of a project; gives the batch's number and the houses'."""
    registry = site.app.extensions["keyturn"].registry
    with site.database.transaction() as session:
        return begin(session, registry, site.clock(), PROJECT, count)


def begin(session: Session, registry: Registry, now: datetime, code: str, count: int) -> tuple[str, list[str]]:
    """Make the rows and the instances: a batch that waits in its plan, houses that wait for their appointment."""
    project = session.scalars(select(Project).where(Project.code == code)).one()
    phase = session.scalars(select(Phase).where(Phase.project_id == project.id)).first()
    assert phase is not None
    number = f"JP-T-{project.id}"
    started = {"viewer": SYSTEM, "now": now, "registry": registry, "scope": code}
    batch = HandoverBatch(
        number=number, project=code, phase_id=phase.id, starts_on=now.date(), ends_on=now.date(), state="集中交付",
        stations=list(STATIONS), created_by="x", created_at=now,
    )  # fmt: skip
    session.add(batch)
    session.add(
        Slot(batch_number=number, starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=3), capacity=9)
    )
    batch.instance_id = instances.start(
        session, key="handover_batch", variables={"batch_number": number}, business_key=number, **started
    )
    units = session.scalars(select(Unit).where(Unit.phase_id == phase.id).order_by(Unit.id).limit(count)).all()
    houses = []
    for at, unit in enumerate(units):
        one = HandoverUnit(
            number=f"JF-T-{project.id}-{at}", batch_number=number, unit_id=unit.id, house=unit.code, project=code
        )
        session.add(one)
        known = {**begin_variables(batch), "batch_number": number, "unit_number": one.number, "house": one.house}
        one.instance_id = instances.start(
            session, key="handover_unit", variables=known, business_key=one.number, title=one.house, **started
        )
        session.add_all(KeySet(unit_id=unit.id, label=label) for label in ("备用钥匙", "整改钥匙"))
        houses.append(one.number)
    session.flush()
    return number, houses


def do(site: Site, number: str, login: str, **changes: Any) -> str:
    """Do the open task of a house at the site's time, as usual but for `changes`; gives the form's id."""
    keyturn = site.app.extensions["keyturn"]
    stage = Play(site.database, keyturn.registry, Files(keyturn.settings.data_dir / "files"), {number: number})
    site.run_jobs()
    with site.database.read() as session:
        row = rows.house(session, number)
        assert row is not None
        assert row.instance_id is not None
        task = rows.open_tasks(session, [row.instance_id])[0]
    stage.do(Step(site.clock(), number, login, task.element_id, changes))
    site.run_jobs()
    return task.form_key or ""


def open_task(site: Site, number: str) -> UUID:
    """Give the open task of a house."""
    with site.database.read() as session:
        row = rows.house(session, number)
        assert row is not None
        assert row.instance_id is not None
        return rows.open_tasks(session, [row.instance_id])[0].id
