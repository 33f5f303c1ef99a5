"""Handovers on both databases: the last place and the last keys go to one; the warranty begins with the keys."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from engine.access import Grant, Viewer
from engine.errors import ConflictError, InvalidFormError, InvalidInputError, NotAllowedError, NotFoundError
from processes.services import handover_units, keys
from storage.tables.estate import Building, Phase, Project, Unit
from storage.tables.handovers import HandoverBatch, HandoverUnit, KeyMovement, KeySet, Slot
from storage.tables.people import User

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DESK = Viewer("miao", "苗前台", (Grant("ho_desk", "园"),))
OTHER = Viewer("liu", "柳前台", (Grant("ho_desk", "园"),))
ELSEWHERE = Viewer("far", "远前台", (Grant("ho_desk", "别园"),))
INSPECTOR = Viewer("wei", "魏验房", (Grant("inspector", "园"),))
ROUNDS = 8


class Hall:
    """A batch with two houses, one slot with one place, one set of keys."""

    def __init__(self, database) -> None:
        self.database = database
        with database.transaction() as s:
            s.add_all([User(login=one.login, name=one.name, created_at=NOW) for one in (DESK, OTHER)])
            s.add(project := Project(code="园", name="园"))
            s.flush()
            s.add(phase := Phase(project_id=project.id, name="1期", completed_on=date(2026, 1, 1)))
            s.flush()
            s.add(building := Building(phase_id=phase.id, code="01"))
            s.flush()
            place = {"project_id": project.id, "phase_id": phase.id, "building_id": building.id}
            units = [Unit(code=f"园1期-01-1-{n}", room=str(n), **place) for n in (101, 102)]
            day = {"starts_on": date(2026, 3, 2), "ends_on": date(2026, 3, 6)}
            s.add(HandoverBatch(number="JP-1", project="园", phase_id=phase.id, created_by="x", created_at=NOW, **day))
            s.add_all(units)
            s.flush()
            s.add(Slot(batch_number="JP-1", starts_at=NOW, ends_at=NOW + timedelta(hours=2), capacity=1))
            s.add_all(
                HandoverUnit(number=f"JF-{at}", batch_number="JP-1", unit_id=unit.id, house=unit.code, project="园")
                for at, unit in enumerate(units)
            )
            s.add(KeySet(unit_id=units[0].id, label="入户门钥匙"))
            s.flush()
            self.slot = s.scalars(select(Slot.id)).one()
            self.keys = s.scalars(select(KeySet.id)).one()

    def both(self, *works):
        """Do two things at the same moment; gives what each came to."""
        ready, found = threading.Barrier(2), {}

        def run(at, work):
            ready.wait(timeout=30)
            try:
                with self.database.transaction() as s:
                    found[at] = work(s)
            except (ConflictError, InvalidFormError) as error:
                found[at] = error

        threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [found[at] for at in range(2)]

    def book(self, number):
        def work(s):
            row = s.scalars(select(HandoverUnit).where(HandoverUnit.number == number)).one()
            return handover_units.book(s, row, self.slot, now=NOW).id

        return work

    def lend(self, viewer, holder):
        return lambda s: (
            keys.move(
                s, viewer, self.keys, kind="借出", holder=holder, due_back=NOW + timedelta(days=1), now=NOW
            ).holder
        )


@pytest.fixture
def hall(database):
    return Hall(database)


def test_of_two_owners_one_gets_the_last_place(hall):
    for _ in range(ROUNDS):
        outcome = hall.both(hall.book("JF-0"), hall.book("JF-1"))
        assert sorted(type(one).__name__ for one in outcome) == ["InvalidFormError", "int"]
        refusal = next(one for one in outcome if not isinstance(one, int))
        assert [(error.path, error.template) for error in refusal.errors] == [
            ("slot", "This time slot has just been filled.")
        ]
        with hall.database.transaction() as s:
            slot = s.get_one(Slot, hall.slot)
            assert slot.taken == 1
            slot.taken = 0
            for row in s.scalars(select(HandoverUnit)):
                row.slot_id = None


def test_the_table_itself_refuses_one_too_many(hall):
    with pytest.raises(ConflictError), hall.database.transaction() as s:
        s.execute(update(Slot).values(taken=2))


def test_a_slot_changed_gives_the_earlier_place_back(hall):
    with hall.database.transaction() as s:
        later = Slot(
            batch_number="JP-1", starts_at=NOW + timedelta(days=1), ends_at=NOW + timedelta(days=2), capacity=1
        )
        s.add(later)
        s.flush()
        row = s.scalars(select(HandoverUnit).where(HandoverUnit.number == "JF-0")).one()
        handover_units.book(s, row, hall.slot, now=NOW)
        handover_units.book(s, row, later.id, now=NOW)
        assert (s.get_one(Slot, hall.slot, populate_existing=True).taken, row.slot_id) == (0, later.id)
        with pytest.raises(InvalidFormError):
            handover_units.book(s, row, hall.slot, now=NOW + timedelta(days=1))


def test_of_two_clerks_one_takes_the_last_keys_and_the_other_hears_who(hall):
    for turn in range(ROUNDS):
        outcome = hall.both(hall.lend(DESK, "青檐防水"), hall.lend(OTHER, "明灯机电"))
        won = next(one for one in outcome if isinstance(one, str))
        lost = next(one for one in outcome if not isinstance(one, str))
        assert isinstance(lost, ConflictError), f"round {turn}: {lost}"
        assert lost.fields["holder"] == won
        assert lost.fields["actor"] == ("苗前台" if won == "青檐防水" else "柳前台")
        with hall.database.transaction() as s:
            assert s.get_one(KeySet, hall.keys).holder == won
            keys.move(s, DESK, hall.keys, kind="归还", now=NOW)
    with hall.database.read() as s:
        kinds = s.scalars(select(KeyMovement.kind).order_by(KeyMovement.id)).all()
        assert list(kinds) == ["借出", "归还"] * ROUNDS


def test_keys_late_and_who_may_book_them(hall):
    with hall.database.transaction() as s:
        hall.lend(DESK, "青檐防水")(s)
        found = keys.register(s, DESK, now=NOW + timedelta(days=10, hours=1))
        assert [(one.holder, one.days_late) for one in found.items] == [("青檐防水", 9)]
        assert (found.late, found.may_move) == (1, True)
        assert not keys.register(s, INSPECTOR, now=NOW).may_move
        assert keys.register(s, ELSEWHERE, now=NOW).items == ()
        with pytest.raises(NotFoundError):
            keys.register(s, Viewer("x", "x", (Grant("contractor", "", "青檐"),)), now=NOW)
        with pytest.raises(NotFoundError):
            keys.move(s, ELSEWHERE, hall.keys, kind="归还", now=NOW)
        with pytest.raises(NotAllowedError):
            keys.move(s, INSPECTOR, hall.keys, kind="归还", now=NOW)
        keys.move(s, DESK, hall.keys, kind="归还", now=NOW)
        with pytest.raises(ConflictError, match="in stock"):
            keys.move(s, DESK, hall.keys, kind="归还", now=NOW)
        for wrong in ({"kind": "送人", "holder": "x"}, {"kind": "交业主"}, {"kind": "借出", "holder": "x"}):
            with pytest.raises(InvalidInputError):
                keys.move(s, DESK, hall.keys, now=NOW, **wrong)
