"""DMN-03 to the day: the owner's clock from delivery, the contractor's from the acceptance of the works (AC23)."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import select

from engine.core.calendar import CHINA
from processes.services import demo, registry, warranties
from storage.session import Database
from storage.tables.estate import Phase, Unit
from storage.tables.handovers import UnitWarranty

HOME = "春和里1期-03-2-1502"
FLOOR, TILES, ROOF, FRAME, DRAIN = "客厅/木地板", "卫生间/地面防水", "屋面/防水", "结构/主体结构", "卫生间/地漏"


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('warranties')}/keyturn.db")
    database.create_all()
    demo.furnish(database, now=datetime(2026, 3, 2, 9, 0, tzinfo=CHINA), registry=registry())
    yield database
    database.dispose()


class House:
    """A house delivered on a day, in a phase completed on another."""

    def __init__(self, session, delivered, completed):
        self.session = session
        self.unit = session.scalars(select(Unit).where(Unit.code == HOME)).one()
        self.unit.delivered_on = delivered
        session.get_one(Phase, self.unit.phase_id).completed_on = completed
        session.flush()

    def cover(self, part, moment, cause=""):
        day = moment.astimezone(CHINA).date()
        return warranties.cover(self.session, self.unit, part, day, now=moment, cause=cause)


@pytest.fixture
def house(furnished):
    with furnished._session() as session:  # nothing is kept
        yield lambda delivered=date(2024, 9, 1), completed=date(2024, 6, 30): House(session, delivered, completed)
        session.rollback()


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def test_the_last_day_counts_to_its_last_minute(house):
    home = house()
    last = home.cover(FLOOR, local("2026-09-01T23:59"))
    assert (last.in_warranty, last.expires_on, last.remaining_days) == (True, date(2026, 9, 1), 0)
    assert last.ends_soon
    over = home.cover(FLOOR, local("2026-09-02T00:00"))
    assert (over.in_warranty, over.remaining_days) == (False, -1)


def test_the_same_moment_elsewhere_is_another_day_but_chinas_day_counts(house):
    assert house().cover(FLOOR, datetime.fromisoformat("2026-09-01T15:59+00:00")).in_warranty is True
    assert house().cover(FLOOR, datetime.fromisoformat("2026-09-01T16:00+00:00")).in_warranty is False


@pytest.mark.parametrize(
    ("part", "delivered", "completed", "ends", "contractor"),
    [
        (TILES, date(2024, 9, 1), date(2024, 6, 30), date(2029, 9, 1), date(2029, 6, 30)),  # five years promised
        (FLOOR, date(2023, 1, 10), date(2023, 1, 5), date(2025, 1, 10), date(2025, 1, 5)),
        (ROOF, date(2024, 2, 29), date(2024, 2, 29), date(2029, 2, 28), date(2029, 2, 28)),  # no 29 February then
        (FRAME, date(2024, 9, 1), date(2024, 6, 30), date(2074, 9, 1), date(2074, 6, 30)),
        (DRAIN, date(2024, 12, 31), None, date(2025, 2, 28), None),
    ],
)
def test_the_owner_has_the_longest_and_the_contractor_his_own(house, part, delivered, completed, ends, contractor):
    found = house(delivered, completed).cover(part, local("2024-12-31T12:00"))
    assert (found.expires_on, found.contractor_until) == (ends, contractor)


def test_what_is_left_of_the_contractors_time_is_the_least(house):
    """Works accepted after delivery (a phase completed late) leave the contractor longer than the promise."""
    found = house(date(2024, 1, 1), date(2024, 6, 30)).cover(FLOOR, local("2026-03-01T12:00"))
    assert (found.expires_on, found.in_warranty) == (date(2026, 6, 30), True)


def test_a_house_that_is_not_delivered_an_unknown_part_and_a_foreign_cause(house):
    at = local("2025-01-01T12:00")
    assert house(None).cover(FLOOR, at).in_warranty is None
    assert house().cover("", at).in_warranty is None
    assert house().cover("没有/这个", at).in_warranty is None
    assert house().cover(FLOOR, at, cause="业主装修").in_warranty is False


def test_two_seasons_are_two_whole_ones():
    assert warranties.after_seasons(date(2024, 6, 1), 2) == date(2026, 3, 15)
    assert warranties.after_seasons(date(2024, 12, 1), 2) == date(2027, 3, 15)
    assert warranties.after_seasons(date(2024, 6, 2), 1) == date(2025, 9, 30)


def test_a_house_gets_a_row_for_each_class_and_the_same_when_computed_again(house):
    home = house()
    now = local("2024-09-01T10:00")
    first = {row.warranty_class: row.ends_on for row in warranties.compute(home.session, home.unit, now=now)}
    assert first["防水"] == date(2029, 9, 1)
    assert first["装修"] == date(2026, 9, 1)
    home.unit.delivered_on = date(2024, 9, 15)
    again = {row.warranty_class: row.ends_on for row in warranties.compute(home.session, home.unit, now=now)}
    assert set(again) == set(first)
    assert again["装修"] == date(2026, 9, 15)
    home.unit.delivered_on = None
    assert warranties.compute(home.session, home.unit, now=now) == []
    assert home.session.scalars(select(UnitWarranty)).all() == []
