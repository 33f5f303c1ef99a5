"""Rectification orders in the browser: found, filtered, read, asked about; a unit sees its own alone (AC19)."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import or_, select

from storage.tables.contractors import Contractor
from storage.tables.decorations import Decoration
from storage.tables.defects import Defect, RectificationOrder
from storage.tables.instances import AuditEntry
from storage.tables.work import UserTask
from tests.sites import Site

QING, FANG = "qing.shifu", "fang.shifu"


def order_of(site: Site, unit: str, **columns) -> RectificationOrder:
    with site.database.read() as session:
        query = select(RectificationOrder).join(Contractor, Contractor.id == RectificationOrder.repair_id)
        query = query.where(Contractor.code == unit)
        for name, value in columns.items():
            query = query.where(getattr(RectificationOrder, name) == value)
        return session.scalars(query.order_by(RectificationOrder.id)).first()


def numbers(page: str) -> set[str]:
    return set(re.findall(r'/orders/(ZG-\d{4}-\d{6})"', page))


def test_the_list_filters_by_unit_state_project_lateness_and_words(site: Site) -> None:
    person = site.person("wu.gongjia")
    with site.database.read() as session:
        everything = set(session.scalars(select(RectificationOrder.number)))
        found = select(Contractor.id).where(Contractor.code == "青檐防水分包")
        own = or_(RectificationOrder.repair_id.in_(found), RectificationOrder.responsible_id.in_(found))
        units = set(session.scalars(select(RectificationOrder.number).where(own)))
    assert len(numbers(person.get("/orders?status=").text)) >= 9
    of_unit = numbers(person.get("/orders?status=&unit=青檐防水分包").text)
    assert of_unit
    assert of_unit <= units < everything
    done = person.get("/orders?status=closed&state=已销项").text
    assert numbers(done) < everything
    assert "已销项" in done
    assert numbers(person.get("/orders?status=&project=秋实园").text) == set()
    one = next(iter(of_unit))
    assert numbers(person.get(f"/orders?q={one}").text) == {one}
    assert "没有找到整改单" in person.get("/orders?q=没有这张").text
    site.clock.advance(days=30)
    assert numbers(person.get("/orders?late=1&status=open").text)


def test_the_page_says_everything_about_an_order(site: Site) -> None:
    late = order_of(site, "代维-快手维修队", close_type="已销项")
    days = {"begins_on": date(2026, 1, 5), "ends_on": date(2026, 2, 20)}
    with site.database.transaction() as session:
        known = {"number": "ZX-2026-000001", "project": late.project, "unit_id": late.unit_id, "created_by": "x"}
        session.add(Decoration(created_at=site.clock(), **known, **days))
    page = site.person("sun.mingli").get(f"/orders/{late.number}").text
    assert "装修日期" in page
    assert "2026-01-05 – 2026-02-20" in page
    for said in ("代维-快手维修队", "青檐防水分包", "3600.00", "整改后", "申请延期", "复核意见书", "保修期内"):
        assert said in page
    assert f'href="/cases/{late.starter}"' in page
    assert 'class="bpmn"' in page
    assert "style=" not in page
    case = site.person("sun.mingli").get(f"/cases/{late.starter}").text
    assert f'href="/orders/{late.number}"' in case


def test_the_page_is_english_for_english_readers(site: Site) -> None:
    late = order_of(site, "代维-快手维修队", close_type="已销项")
    person = site.person("sun.mingli")
    person.post("/me/language", {"language": "en"})
    words = re.sub(r"<[^>]+>", " ", person.get(f"/orders/{late.number}").text)
    for said in (
        "Deductions",
        "confirmed",
        "decision on a substitute",
        "in warranty",
        "Rework" if late.rework else "met",
    ):
        assert said in words
    assert "Rectification orders" in person.get("/orders").text


def test_a_unit_sees_its_own_orders_and_no_others_and_asking_is_written_down(site: Site) -> None:
    own, other = order_of(site, "青檐防水分包"), order_of(site, "方正样板门窗分包")
    person = site.person(QING)
    listed = numbers(person.get("/orders?status=").text)
    assert own.number in listed
    assert other.number not in listed
    page = person.get(f"/orders/{own.number}")
    assert page.status_code == 200
    assert f"/cases/{own.starter}" not in page.text
    assert person.get(f"/orders/{other.number}").status_code == 404
    assert person.get("/orders/ZG-2026-999999").status_code == 404
    assert person.post(f"/orders/{other.number}/withdraw", {"reason": "x"}).status_code == 404
    with site.database.read() as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "order.refused")).all()
        assert [(row.actor, row.subject) for row in noted] == [(QING, f"order:{other.number}")]


def test_photos_are_for_those_who_see_the_order(site: Site) -> None:
    with site.database.read() as session:
        defect = next(one for one in session.scalars(select(Defect)) if one.photos)
        order = session.scalars(
            select(RectificationOrder).where(RectificationOrder.number == defect.order_number)
        ).one()
    photo = defect.photos[-1]["attachment"]
    path = f"/orders/{order.number}/photos/{photo}"
    for address in (path, f"{path}?size=small"):
        answer = site.person("wu.gongjia").get(address)
        assert answer.content_type.startswith("image/")
        answer.close()
    assert site.person("ming.shifu").get(path).status_code == 404
    elsewhere = order_of(site, "方正样板门窗分包")
    assert site.person("wu.gongjia").get(f"/orders/{elsewhere.number}/photos/{photo}").status_code == 404


def test_more_time_is_asked_for_on_the_page_and_decided_in_the_inbox(site: Site) -> None:
    order = order_of(site, "明灯机电分包", state="整改中")
    person, path = site.person("ming.shifu"), f"/orders/{order.number}"
    page = person.get(path).text
    assert f"{path}/extend" in page
    assert f"{path}/substitute" not in page
    early = person.post(f"{path}/extend", {"due": "2026-01-01T09:00", "reason": "材料"})
    assert early.status_code in {400, 422}
    assert "新期限应晚于现在的期限" in early.text
    assert person.post(f"{path}/extend", {"due": "nonsense", "reason": "材料"}).status_code in (400, 422)
    due = (site.clock.now + timedelta(days=20)).strftime("%Y-%m-%dT18:00")
    answer = person.post(f"{path}/extend", {"due": due, "reason": "材料", "consents": "1"})
    assert answer.status_code == 303
    site.run_jobs()
    with site.database.read() as session:
        query = select(UserTask).where(UserTask.instance_id == order.instance_id, UserTask.state == "open")
        assert "R08" in {task.element_id for task in session.scalars(query)}
    assert person.post(f"{path}/extend", {"due": due, "reason": "材料"}).status_code == 409


@pytest.mark.parametrize(("action", "login", "status"), [("substitute", QING, 403), ("withdraw", "chen.liyan", 303)])
def test_who_may_ask_for_what(site: Site, action: str, login: str, status: int) -> None:
    order = order_of(site, "青檐防水分包", state="待接单")
    path = f"/orders/{order.number}"
    if action == "withdraw":
        assert site.person(login).post(f"{path}/{action}", {"reason": " "}).status_code in (400, 422)
    assert site.person(login).post(f"{path}/{action}", {"reason": "业主自行处理"}).status_code == status
    if status == 303:
        site.run_jobs()
        assert "已作废" in site.person(login).get(path).text
