"""The recheck of a house over HTTP, as the phone sends it: twice, otherwise than a colleague, too late (AC15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from engine import operator, people, tasks
from engine.access import SYSTEM
from engine.connectors import ServiceContext
from processes.services import orders
from processes.services.demo.player import Play, Step
from storage import orders as order_rows
from storage.tables.defects import Defect
from storage.tables.inspections import DefectRecheck, InspectionUnit
from storage.tables.work import UserTask
from tests.acceptance.test_inspect import Phone
from tests.visits import INSPECTOR, OTHER, add_visits

if TYPE_CHECKING:
    from tests.sites import Site


def mended(site: Site, number: str) -> None:
    """Close the orders of a house, as its builders and checkers would."""
    registry = site.app.extensions["keyturn"].registry
    with site.database.transaction() as session:
        for order in list(order_rows.open_of_starter(session, number)):
            context = ServiceContext(
                session=session, now=site.clock(), instance_id=order.instance_id or uuid4(), business_key=order.number,
                scope=order.project, element_id="", token_id=uuid4(), variables={}, actor=SYSTEM, idempotency_key="",
                registry=registry,
            )  # fmt: skip
            orders.close(context, order, orders.DONE)
            assert order.instance_id
            operator.cancel(session, SYSTEM, order.instance_id, reason="test", now=site.clock(), registry=registry)
    site.run_jobs()


@pytest.fixture
def phone(site: Site) -> Phone:
    return at_recheck(site)


def at_recheck(site: Site) -> Phone:
    """Bring a house to its recheck: two defects have been mended; gives the phone that found them."""
    phone = Phone(site, INSPECTOR, add_visits(site)[0])
    for severity in ("C", "B"):
        phone.send("defects", phone.defect(severity=severity))
    phone.send("finish", {"id": str(uuid4()), "signature": phone.photo(field="inspector_signature")})
    play = Play(site.database, site.app.extensions["keyturn"].registry, None, {"it": phone.number})  # type: ignore[arg-type]
    play.do(Step(site.clock(), "it", "zhao.zhiqiu", "U02"))
    site.run_jobs()
    mended(site, phone.number)
    return phone


def give_back(site: Site, number: str) -> None:
    """The inspector of a house gives its recheck back: another one may do it."""
    now = site.clock()
    with site.database.transaction() as session:
        house = session.scalars(select(InspectionUnit).where(InspectionUnit.number == number)).one()
        wanted = select(UserTask).where(UserTask.instance_id == house.instance_id, UserTask.state == "open")
        task = session.scalars(wanted).one()
        assert (task.element_id, task.assignee) == ("U03", house.inspector), "the recheck is its inspector's"
        tasks.release(session, people.viewer(session, INSPECTOR, now=now), task.id, now=now)


def row(phone: Phone, defect: str, **changed: Any) -> dict[str, Any]:
    photos = [{"attachment": phone.photo(), "marks": [[[0.1, 0.1], [0.2, 0.2]]]}]
    return {
        "id": str(uuid4()),
        "defect": defect,
        "passed": "通过",
        "note": "",
        "photos": photos,
        "revision": 0,
    } | changed


def state_of(site: Site, phone: Phone) -> str:
    with site.database.read() as session:
        query = select(InspectionUnit.state).where(InspectionUnit.number == phone.number)
        return session.scalars(query).one()


def test_a_recheck_is_sent_row_by_row_and_ended_once(site: Site, phone: Phone) -> None:
    assert state_of(site, phone) == "待复验"
    house = phone.state()
    assert (house["recheck"], len(house["due"]), house["rechecks"]) == (True, 2, [])
    card = next(
        one for one in phone.person.get("/inspect/houses").get_json()["houses"] if one["number"] == phone.number
    )
    assert (card["recheck"], card["visit"]) == (True, house["visit"])
    first = row(phone, house["due"][0])
    for _twice in range(2):
        assert phone.send("rechecks", first).get_json()["row"]["revision"] == 1
    early = phone.send("finish", {"id": str(uuid4()), "visit": house["visit"]})
    assert (early.status_code, "还有 1 条" in early.get_json()["error"]["message"]) == (422, True)
    phone.send("rechecks", row(phone, house["due"][1]))
    desk = phone.person.get(f"/tasks/{house['visit']}").text
    assert first["photos"][0]["attachment"] in desk, "a colleague at a desk finds them filled in"
    body = {"id": str(uuid4()), "visit": house["visit"]}
    assert [phone.send("finish", body).status_code for _ in range(2)] == [200, 200]
    assert state_of(site, phone) == "待封户"
    with site.database.read() as session:
        assert session.scalar(select(func.count()).select_from(DefectRecheck)) == 2
        found = session.scalars(select(Defect).where(Defect.found_in == phone.number)).all()
        assert {(one.state, one.open, one.photos[-1]["kind"], len(one.photos[-1]["marks"])) for one in found} == {
            ("已销项", False, "after", 1)
        }


def test_two_who_recheck_otherwise_meet_in_a_choice(site: Site, phone: Phone) -> None:
    due = phone.state()["due"]
    phone.send("rechecks", row(phone, due[0]))
    listed = [phone.number in site.person(login).get("/inspect/houses").text for login in (INSPECTOR, OTHER)]
    assert listed == [True, False], "not everybody's list is full of everybody's rechecks"
    give_back(site, phone.number)
    other = Phone(site, OTHER, phone.number)
    answer = other.send("rechecks", row(other, due[0], passed="不通过", note="还在漏"))
    assert answer.status_code == 409
    assert "魏验房一" in answer.get_json()["error"]["message"]
    theirs = answer.get_json()["theirs"]
    assert (theirs["passed"], theirs["revision"]) == ("通过", 1)
    kept = other.send("rechecks", row(other, due[0], passed="不通过", note="还在漏", revision=1))
    assert kept.get_json()["row"]["passed"] == "不通过"


def test_what_makes_no_sense_is_refused(site: Site, phone: Phone) -> None:
    due = phone.state()["due"]
    wrong: list[dict[str, Any]] = [
        {"passed": "也许"}, {"passed": "不通过", "note": ""}, {"photos": []}, {"defect": str(uuid4())}, {"note": 7},
        {"photos": [{"attachment": str(uuid4())}]}, {"id": "x"},
    ]  # fmt: skip
    assert {phone.send("rechecks", row(phone, due[0]) | one).status_code for one in wrong} == {422}
    visit = Phone(site, INSPECTOR, phone.number)
    late = visit.send("rechecks", row(visit, due[0], visit=str(uuid4())))
    assert late.status_code == 409, "made for another visit of the house"
    assert phone.state()["rechecks"] == []


def test_what_failed_and_what_is_new_goes_back_to_be_mended(site: Site, phone: Phone) -> None:
    house = phone.state()
    phone.send("rechecks", row(phone, house["due"][0], passed="不通过", note="仍起鼓"))
    phone.send("rechecks", row(phone, house["due"][1]))
    new = phone.defect(severity="A")
    assert phone.send("defects", new).status_code == 200
    assert phone.state()["due"] == house["due"], "what is found now is not rechecked now"
    assert phone.send("finish", {"id": str(uuid4()), "visit": house["visit"], "agreed_by": "业主"}).status_code == 422
    done = {"id": str(uuid4()), "visit": house["visit"]}
    assert phone.send("finish", done).status_code == 200
    site.run_jobs()
    assert state_of(site, phone) == "整改中"
    mended(site, phone.number)
    again = phone.state()
    assert set(again["due"]) == {house["due"][0], new["id"]}
    assert phone.send("finish", done).status_code == 200, "sent again it ends the one it was made for"
    assert state_of(site, phone) == "待复验"
