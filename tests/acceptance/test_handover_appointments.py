"""Appointments to take a house over: by the owner behind his link and by the desk; places are counted."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from sqlalchemy import select

from engine.errors import InvalidFormError
from storage.tables.handovers import HandoverUnit, Slot
from storage.tables.work import UserTask
from tests import halls
from tests.halls import DESK, LEAD

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.sites import Site

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
ADDRESS = re.compile(r"/o/[\w-]+")


def slots(site: Site, batch: str) -> dict[str, int]:
    """Two slots with one place each, in three and in four days."""
    with site.database.transaction() as session:
        made = {}
        for name, days in (("first", 3), ("second", 4)):
            begins = site.clock() + timedelta(days=days)
            slot = Slot(batch_number=batch, starts_at=begins, ends_at=begins + timedelta(hours=2), capacity=1)
            session.add(slot)
            session.flush()
            made[name] = slot.id
    return made


def house_code(site: Site, number: str) -> str:
    with site.database.read() as session:
        return session.scalars(select(HandoverUnit.house).where(HandoverUnit.number == number)).one()


def owner(site: Site, number: str) -> tuple[FlaskClient, str]:
    """The owner's link, as the desk makes it from the page of the house."""
    desk, code = site.person(DESK), house_code(site, number)
    assert f"/links/house/{quote(code)}" in desk.get(f"/handover/houses/{number}").text
    assert desk.post(f"/links/house/{code}").status_code == 303
    found = ADDRESS.search(desk.get(f"/links/house/{code}").text)
    assert found
    return site.client(), found[0]


def choose(client: FlaskClient, home: str, slot: int) -> tuple[int, str]:
    token = TOKEN.search(client.get(home).text)
    assert token
    answer = client.post(f"{home}/handover", data={"csrf_token": token[1], "slot": str(slot)})
    return answer.status_code, answer.text


def taken(site: Site, slot: int) -> int:
    with site.database.read() as session:
        return session.get_one(Slot, slot).taken


def test_owners_book_and_move_by_link_and_the_last_place_goes_to_one(site: Site) -> None:
    batch, houses = halls.add_hall(site)
    offered = slots(site, batch)
    (one, first_home), (two, second_home) = owner(site, houses[0]), owner(site, houses[1])
    page = one.get(first_home).text
    assert "请选一个时间来收楼" in page
    assert "还有 1 个名额" in page
    assert choose(one, first_home, offered["first"])[0] == 303
    site.run_jobs()
    assert "已为您约好" in one.get(first_home).text
    status, said = choose(two, second_home, offered["first"])
    assert (status, "名额" in said) == (422, True), "the last place is gone"
    assert choose(two, second_home, offered["second"])[0] == 303
    site.run_jobs()
    assert choose(one, first_home, offered["second"])[0] == 422
    assert (taken(site, offered["first"]), taken(site, offered["second"])) == (1, 1)
    # the desk moves the second owner; his place is free for the first
    desk = site.person(DESK)
    hall = next(one_ for one_ in slots_of(site, batch) if one_ not in offered.values())
    path = f"/handover/houses/{houses[1]}"
    assert "改约" in desk.get(path).text
    assert site.person("wei.yanfang1").post(f"{path}/slot", {"slot": str(hall)}).status_code == 403
    assert desk.post(f"{path}/slot", {"slot": "999999"}).status_code == 422
    assert desk.post(f"{path}/slot", {"slot": str(hall)}).status_code == 303
    site.run_jobs()
    assert choose(one, first_home, offered["second"])[0] == 303
    site.run_jobs()
    assert (taken(site, offered["first"]), taken(site, offered["second"])) == (0, 1)
    # the second comes within the day: from then on by telephone only
    status, said = choose(two, second_home, offered["first"])
    assert (status, "请打电话给我们" in said) == (409, True)
    site.clock.advance(days=3, hours=1)
    site.run_jobs()
    assert "现在要改时间，请打电话给我们" in one.get(first_home).text
    assert halls.do(site, houses[0], DESK) == "K02"
    assert "您的排队号：1" in one.get(first_home).text
    assert "链接" in desk.get(f"/handover/houses/{houses[0]}").text


def slots_of(site: Site, batch: str) -> list[int]:
    with site.database.read() as session:
        return list(session.scalars(select(Slot.id).where(Slot.batch_number == batch).order_by(Slot.id)))


def test_every_figure_of_a_handover_is_the_length_of_its_list_and_the_next_family_is_a_tap_away(site: Site) -> None:
    batch, houses = halls.add_hall(site)
    for house in houses:
        halls.do(site, house, DESK)
    for house in houses[:2]:
        assert halls.do(site, house, DESK) == "K02"
        site.clock.advance(minutes=5)
    desk = site.person(DESK)
    tasks = []
    for _ in range(2):
        to = desk.get(f"/handover/{batch}/next?station=K03").location
        assert to.startswith("/tasks/")
        tasks.append(to)
        halls.do(site, houses[len(tasks) - 1], DESK)
    assert tasks[0] != tasks[1], "who waited longest comes first"
    with site.database.read() as session:
        stood = select(UserTask.id).where(UserTask.element_id == "K03", UserTask.completed_by == DESK)
        done = session.scalars(stood.order_by(UserTask.completed_at)).first()
    assert desk.get(f"/handover/after/{done}").location == f"/handover/{batch}?station=K03#today-title"
    assert desk.get(f"/handover/{batch}/next?station=K03").location.startswith(f"/handover/{batch}?station=K03")
    waiting = desk.get(f"/handover/{batch}?station=K04").text.split('id="today-title"')[1]
    assert [house for house in houses if f"/houses/{house}" in waiting] == houses[:2]
    with pytest.raises(InvalidFormError) as nothing_said:
        halls.do(site, houses[0], "wei.yanfang1", decision="拒收", water_test=False)
    assert [one.path for one in nothing_said.value.errors] == ["refused_because"]
    unsigned = {"refused_because": "水试不合格", "owner_declined": True, "owner_sign": None}
    with pytest.raises(InvalidFormError) as unwitnessed:
        halls.do(site, houses[0], "wei.yanfang1", decision="拒收", **unsigned)
    assert [one.path for one in unwitnessed.value.errors] == ["sign_witness"]
    halls.do(site, houses[0], "wei.yanfang1", decision="拒收", sign_witness="物业 何管家", **unsigned)
    for element in ("K04", "K05", "K06"):
        if element == "K06":
            keys = desk.get(f"/tasks/{halls.open_task(site, houses[1])}").text
            assert 'value="备用钥匙"' in keys, "the sets of the register stand in the form"
            assert 'value="整改钥匙"' not in keys
        assert halls.do(site, houses[1], "wei.yanfang1" if element == "K04" else DESK) == element
    today = site.clock().date().isoformat()
    shown = desk.get(f"/handover/{batch}").text
    figures = re.findall(r'href="(/handover/[^"]+show=(\w+)[^"]*)"><strong>(\d+)</strong>', shown)
    assert {(name, int(count)) for path, name, count in figures if today in path} == {
        ("expected", 3), ("attended", 2), ("delivered", 1), ("with_problems", 0), ("refused", 1), ("in_process", 0),
    }  # fmt: skip
    for path, _, count in figures:
        listed = desk.get(path.replace("&amp;", "&")).text.split('id="found-title"')[1].split("</section>")[0]
        assert len(set(re.findall(r"/handover/houses/([\w-]+)", listed))) == int(count), path
    site.clock.advance(hours=3)
    late = desk.get(f"/handover/{batch}?show=late").text.split('id="found-title"')[1]
    assert "超时：现场满意度" in late
    kept = desk.get(f"/handover/houses/{houses[1]}").text.split('id="clocks-title"')[1].split("</section>")[0]
    stations = {"款项核对", "陪同验房", "签署与资料", "抄表与钥匙", "现场满意度"}
    assert stations <= set(re.findall(r"<strong>(\w+)</strong>", kept)), "each station's clock by its name"


def test_the_head_of_handover_starts_a_batch_and_others_do_not(site: Site) -> None:
    page = "/start/process/handover_batch"
    lead = site.person(LEAD)
    assert page in lead.get("/start").text
    assert page not in site.person("han.shifu").get("/start").text
    key = re.findall(r'name="_key" value="([^"]+)"', lead.get(page).text)[0]
    sent = {"_key": key, "_title": "知夏苑 1 期交付", "_place": halls.PROJECT}
    for _ in range(2):
        answer = lead.post(page, sent)
        assert answer.status_code == 303, answer.text
    assert "知夏苑 1 期交付" in lead.get("/inbox").text
    assert lead.get("/inbox").text.count("知夏苑 1 期交付") == 1, "sent twice, begun once"
