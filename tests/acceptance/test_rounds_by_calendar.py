"""Rounds of inspection that begin by themselves, a number of days before the handover (S2)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.tables.estate import Phase, Project
from storage.tables.handovers import HandoverBatch
from storage.tables.inspections import InspectionBatch
from storage.tables.instances import ProcessInstance
from storage.tables.work import Incident, Job, UserTask

if TYPE_CHECKING:
    from tests.sites import Site


def begun(site: Site) -> list[tuple[str, str]]:
    """List the batches that the calendar began: project and round."""
    site.run_jobs()
    query = select(InspectionBatch.project, InspectionBatch.round).where(InspectionBatch.created_by == "system")
    with site.database.read() as session:
        assert session.scalars(select(Incident)).all() == []
        return [tuple(row) for row in session.execute(query.order_by(InspectionBatch.id))]


def test_a_round_begins_on_the_monday_of_its_week_and_once(site: Site) -> None:
    with site.database.transaction() as session:
        phase = session.scalars(select(Phase).join(Project).where(Project.code == "望冬台")).one()
        session.add(
            HandoverBatch(
                number="JP-T", project="望冬台", phase_id=phase.id, starts_on=site.clock().date() + timedelta(days=92),
                ends_on=site.clock().date() + timedelta(days=99), created_by="cao.jiaofu", created_at=site.clock(),
            )
        )  # fmt: skip
        query = select(Job.due_at).where(Job.kind == "start", Job.name == "inspection_schedule")
        monday = session.scalars(query).one() + timedelta(hours=8)
        assert monday.strftime("%a %H:%M") == "Mon 08:00", "in the zone of the people"
    assert begun(site) == []
    site.clock.advance(days=6, hours=23, minutes=30)
    assert begun(site) == [("望冬台", "一户一验")], "85 days are left"
    with site.database.read() as session:
        instance = session.scalars(select(ProcessInstance).where(ProcessInstance.business_key.startswith("YP-"))).all()
        waits = select(UserTask.element_id).where(UserTask.instance_id == instance[-1].id, UserTask.state == "open")
        assert session.scalars(waits).all() == ["I01"]
    site.clock.advance(days=7)
    assert begun(site) == [("望冬台", "一户一验")], "once"
    site.clock.advance(days=21)
    assert begun(site)[1:] == [("望冬台", "工地开放日")], "57 days are left"
