"""Two people do the same for one house or case at the same moment, on a database that lets both begin."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from processes.services import handover_units, link_owner, links
from storage.tables.cases import ServiceCase, SurveyResponse
from storage.tables.estate import Building, Phase, Project, Unit
from storage.tables.handovers import HandoverUnit, Slot

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


pytestmark = pytest.mark.parametrize(  # SQLite lets one begin at a time
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def test_two_moves_of_one_house_leave_the_counts_of_places_right(database):
    with database.transaction() as session:
        session.add(project := Project(code="园", name="园"))
        session.flush()
        session.add(phase := Phase(project_id=project.id, name="1期"))
        session.flush()
        session.add(building := Building(phase_id=phase.id, code="01"))
        session.flush()
        place = {"project_id": project.id, "phase_id": phase.id, "building_id": building.id}
        session.add(unit := Unit(code="园1期-01-1-101", room="101", **place))
        starts = [NOW + timedelta(days=day) for day in (1, 2, 3)]
        slots = [Slot(batch_number="B", starts_at=at, ends_at=at + timedelta(hours=2), capacity=5) for at in starts]
        session.add_all(slots)
        session.flush()
        slots[0].taken = 1
        given = {"batch_number": "B", "unit_id": unit.id, "house": unit.code, "project": "园"}
        session.add(HandoverUnit(number="H", slot_id=slots[0].id, **given))
        ids = [slot.id for slot in slots]
    house = select(HandoverUnit).where(HandoverUnit.number == "H")
    with database.transaction() as second:
        late = second.scalars(house).one()
        with database.transaction() as first:
            handover_units.book(first, first.scalars(house).one(), ids[1], now=NOW)
        handover_units.book(second, late, ids[2], now=NOW)
    with database.read() as session:
        assert [session.get_one(Slot, key).taken for key in ids] == [0, 0, 1]
        assert session.scalars(house).one().slot_id == ids[2]


def test_two_taps_make_one_rating(database):
    with database.transaction() as session:
        session.add(
            ServiceCase(
                number="TS-1", project="园", channel="电话", received_by="地产", kind="投诉", registered_by="a",
                received_at=NOW, brief="漏水", open=False, closed_at=NOW, state="已关闭", close_type="accepted", intake={},
            )
        )  # fmt: skip
    link = links.LinkView(uuid4(), "case", "TS-1", "王", "", "t", NOW, "a", NOW, False, True, 0, None)

    def again():
        with database.transaction() as second:
            link_owner.rate(second, link, "TS-1", stars=1, now=NOW)

    late = threading.Thread(target=again)
    with database.transaction() as first:
        link_owner.rate(first, link, "TS-1", stars=5, now=NOW)
        late.start()
        late.join(0.3)  # it looks while the first has not finished
    late.join(30)
    with database.read() as session:
        assert [row.answers for row in session.scalars(select(SurveyResponse))] == [{"stars": 5}]
