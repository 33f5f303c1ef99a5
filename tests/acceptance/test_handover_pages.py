"""The handover desk, the page of a house and the key register, as people use them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from storage.tables.handovers import HandoverUnit, KeySet
from tests import halls
from tests.halls import DESK, LEAD

if TYPE_CHECKING:
    from tests.sites import Person, Site


@pytest.fixture
def hall(site: Site) -> tuple[str, list[str]]:
    return halls.add_hall(site)


def test_a_house_is_found_by_room_and_its_station_opens(site: Site, hall: tuple[str, list[str]]) -> None:
    batch, houses = hall
    assert halls.do(site, houses[0], DESK) == "K01"
    desk = site.person(DESK)
    shown = desk.get(f"/handover/{batch}").text
    assert "今日排队" in shown
    assert "签到与身份核验" in shown
    with site.database.read() as session:
        code = session.scalars(select(HandoverUnit.house).where(HandoverUnit.number == houses[0])).one()
    assert "/tasks/" in desk.get(f"/handover/{batch}?q={code[-4:]}").text
    for scanned in (code, houses[0]):
        assert desk.get(f"/handover/{batch}?q={scanned}").location == f"/handover/houses/{houses[0]}"
    assert "没有找到房屋" in desk.get(f"/handover/{batch}?q=9999").text


def test_signing_in_gives_a_number_and_keeps_only_four_characters(site: Site, hall: tuple[str, list[str]]) -> None:
    batch, houses = hall
    for house in houses[:2]:
        halls.do(site, house, DESK)
        assert halls.do(site, house, DESK) == "K02"
    page = site.person(DESK).get(f"/handover/houses/{houses[1]}").text
    assert "2 号" in page
    assert "身份证 ****104X" in page
    assert "入住程序表" in page
    shown = site.person(DESK).get("/handover").text
    assert "2 / 3" in shown
    assert batch in shown


def test_the_list_of_batches_is_for_those_who_hand_over(site: Site, hall: tuple[str, list[str]]) -> None:
    assert site.person("qian.xiaoman").get("/handover").status_code == 404
    assert site.person("chen.liyan").get(f"/handover/{hall[0]}").status_code == 404, "of another project"
    assert "Handover" in _english(site, DESK).get(f"/handover/{hall[0]}").text


def _english(site: Site, login: str) -> Person:
    person = site.person(login)
    person.post("/me/language", {"language": "en"})
    return person


def test_keys_are_lent_taken_back_and_never_twice(site: Site, hall: tuple[str, list[str]]) -> None:
    del hall
    with site.database.read() as session:
        key = session.scalars(select(KeySet.id).where(KeySet.label == "备用钥匙")).first()
    desk, due = site.person(DESK), (site.clock() + timedelta(days=2)).date().isoformat()
    sent = {"kind": "借出", "holder": "青檐防水", "due": due}
    refused = desk.post(f"/keys/{key}", {"kind": "借出", "holder": "青檐防水", "q": "1502", "state": "在库"})
    assert refused.status_code == 422, "no day"
    assert 'value="青檐防水"' in refused.text, "what was typed stays"
    assert 'value="1502"' in refused.text, "so does the search"
    assert "q=1502" in desk.post(f"/keys/{key}", {**sent, "q": "1502"}).location
    again = site.person(LEAD).post(f"/keys/{key}", {**sent, "holder": "明灯机电"})
    assert again.status_code == 409
    assert "由 苗前台 交给了 青檐防水" in again.text
    site.clock.advance(days=11, hours=12)
    assert "逾期 9 天" in desk.get("/keys").text
    assert desk.post(f"/keys/{key}", {"kind": "归还"}).status_code == 303
    assert "青檐防水" not in desk.get("/keys?state=借出").text


def test_an_owner_returns_the_house(site: Site, hall: tuple[str, list[str]]) -> None:
    path = f"/handover/houses/{hall[1][0]}"
    assert site.person(DESK).post(f"{path}/return", {"reason": "x"}).status_code == 403
    lead = site.person(LEAD)
    assert lead.post(f"{path}/return", {"reason": " "}).status_code == 422
    assert lead.post(f"{path}/return", {"reason": "双方解除合同"}).status_code == 303
    site.run_jobs()
    assert "双方解除合同" in lead.get(path).text
    with site.database.read() as session:
        assert session.scalars(select(HandoverUnit.state).where(HandoverUnit.number == hall[1][0])).one() == "退房"


def test_a_cancelled_batch_takes_its_houses_back(site: Site, hall: tuple[str, list[str]]) -> None:
    assert site.person(LEAD).post(f"/handover/{hall[0]}/cancel").status_code == 303
    site.run_jobs()
    with site.database.read() as session:
        states = select(HandoverUnit.state).where(HandoverUnit.batch_number == hall[0])
        assert set(session.scalars(states)) == {"已取消"}
