"""What follows a recheck by the shipped process: the opinion is signed for the same day, many at once (C10, C20)."""

from __future__ import annotations

import base64
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from pypdf import PdfReader
from sqlalchemy import select

from engine import instances, people, tasks
from engine.access import SYSTEM
from processes.services import daily, links, orders
from processes.services.demo.answers import answers
from processes.services.scenario_answers import _filed
from processes.services.worksheet import defects_of_task
from storage.tables.cases import Appointment, CaseDocument, ContactLog
from storage.tables.contractors import Contractor
from storage.tables.deadlines import Deadline
from storage.tables.defects import Defect, RectificationOrder
from storage.tables.estate import Unit
from storage.tables.instances import ProcessInstance
from storage.tables.parties import AccessLog
from storage.tables.work import UserTask
from tests.acceptance import order_site

if TYPE_CHECKING:
    from tests.sites import Site


def open_at(site: Site, element: str) -> tuple[UserTask, str]:
    """Give the open task of an element and the number of its order."""
    with site.database.read() as session:
        query = select(UserTask, ProcessInstance.business_key).join(
            ProcessInstance, ProcessInstance.id == UserTask.instance_id
        )
        return session.execute(query.where(UserTask.element_id == element, UserTask.state == "open")).first()


def recheck(site: Site) -> str:
    """Let the checker find nothing wrong with the first order handed in; its number."""
    task, number = open_at(site, "R10")
    with site.database.transaction() as session:
        viewer = people.viewer(session, "shen.fuhe", now=site.clock())
        found = session.scalars(select(Defect.id).where(Defect.order_number == number, Defect.open)).all()
        daily.recheck(
            session, viewer, task.id, verdicts={str(one): daily.Verdict(passed=True) for one in found}, may_tell=True,
            now=site.clock(), registry=site.app.extensions["keyturn"].registry, idempotency_key="",
        )  # fmt: skip
    return number


def test_the_opinion_is_signed_for_on_the_daily_sheet(site: Site) -> None:
    number = recheck(site)
    lead = site.person("wu.gongjia")
    page = lead.get("/daily/opinions").text
    assert number in page
    task, key = open_at(site, "R10s")
    assert key == number
    done = lead.post("/daily/opinions", {"task": [str(task.id)], "_key": "k"})
    assert number in done.text.split("处理结果")[1].split("</section>")[0]
    with site.database.read() as session:
        papers = session.scalars(select(CaseDocument.kind).where(CaseDocument.case_number == number)).all()
        clock = session.scalars(select(Deadline).where(Deadline.case_number == number, Deadline.clock == "opinion"))
        assert "复核意见书签收" in papers
        assert all(row.met_at is not None for row in clock)
    assert site.person("shen.fuhe").post("/daily/opinions", {}).status_code == 422


def test_the_unit_is_warned_in_writing_and_the_warning_stays_on_record(site: Site) -> None:
    with site.database.read() as session:
        query = select(RectificationOrder.number).where(
            RectificationOrder.open, RectificationOrder.repair_id.is_not(None)
        )
        number = session.scalars(query.order_by(RectificationOrder.id)).first()
    person = site.person("wu.gongjia")
    assert person.post(f"/orders/{number}/warn", {"reason": " "}).status_code == 422
    page = person.post(f"/orders/{number}/warn", {"reason": "两日内进场"}, follow_redirects=True).text
    assert re.search("书面催告.*两日内进场", page, re.DOTALL)
    with site.database.read() as session:
        assert session.scalars(select(ContactLog.text).where(ContactLog.kind == "书面催告")).all() == ["两日内进场"]
    assert person.post(f"/orders/{number}/warn", {"reason": "两日内进场"}).status_code == 409, "a second click"
    with site.database.read() as session:
        assert len(session.scalars(select(ContactLog.id).where(ContactLog.kind == "书面催告")).all()) == 1
    site.clock.advance(days=1)
    assert person.post(f"/orders/{number}/warn", {"reason": "再次催告"}).status_code == 303
    assert site.person("shen.fuhe").post(f"/orders/{number}/warn", {"reason": "x"}).status_code == 403


def test_the_price_list_is_a_register_and_what_a_quotation_looks_up(site: Site) -> None:
    admin, desk = site.person("admin"), site.person("yang.guanjia")
    assert "更换木地板" in admin.get("/admin/registers/prices?q=地板").text
    row = {"item": "更换木地板", "price": "150", "project": "春和里", "valid_from": "2026-01-01", "active": "是"}
    assert admin.post("/admin/registers/prices/new", row).status_code in {302, 303}
    backwards = {**row, "valid_from": "2026-02-01", "valid_until": "2026-01-01"}
    assert "结束" in admin.post("/admin/registers/prices/new", backwards).text
    later = {**row, "item": "更换木地板", "price": "1", "valid_from": "2099-01-01"}
    assert admin.post("/admin/registers/prices/new", later).status_code in {302, 303}
    own = desk.get("/lookup/prices?q=地板&project=春和里").json
    assert [(one["value"], one["number"]) for one in own] == [("更换木地板", "150.00")]
    assert [one["number"] for one in desk.get("/lookup/prices?q=地板&project=秋实园").json] == ["180.00"]


def two_of_a_house(site: Site, until: str = "R12") -> tuple[str, list[tuple[str, str]]]:
    """Bring two orders of one house, of two units, to a task; the house, and number and task of each."""
    registry = site.app.extensions["keyturn"].registry
    with site.database.transaction() as session:
        house = session.scalars(select(Unit).where(Unit.code.startswith("春和里1期")).order_by(Unit.id.desc())).first()
        units = session.scalars(select(Contractor).where(Contractor.code.in_(["青檐防水分包", "明灯机电分包"]))).all()
        found = [
            Defect(
                id=uuid4(), project="春和里", unit_id=house.id, house=house.code, part="卫生间/地面防水", problem="渗漏",
                text=f"第{at}处", repair_id=unit.id, responsible_id=unit.id, found_at=site.clock(), found_by="agent",
            )
            for at, unit in enumerate(units)
        ]  # fmt: skip
        numbers = orders.issue(
            session, starter="", starter_kind="handover", stage="保修期", source_channel="物业", defects=found,
            viewer=SYSTEM, now=site.clock(), registry=registry, reported_at=site.clock(),
        )  # fmt: skip
    assert len(numbers) == 2
    for _step in range(40):
        site.run_jobs()
        with site.database.read() as session:
            query = select(UserTask, ProcessInstance).join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
            query = query.where(ProcessInstance.business_key.in_(numbers), UserTask.state == "open")
            rows = [
                (
                    task.id,
                    task.element_id,
                    instance.business_key,
                    dict(instances.view_of(instance.variables, task.scope_id)),
                )
                for task, instance in session.execute(query.where(UserTask.element_id.not_in((until, "R12", "R10s"))))
            ]
        if not rows:
            break
        task_id, element, number, known = rows[0]
        with site.database.transaction() as session:
            known |= {"defects": defects_of_task(session, number, element)}
            row = session.get_one(UserTask, task_id)
            given = answers(element, known, site.clock())
            given = {name: _filed(session, row, name, value, site.clock()) for name, value in given.items()}
            tasks.complete(session, SYSTEM, task_id, data=given, now=site.clock(), registry=registry)
    with site.database.read() as session:
        query = select(ProcessInstance.business_key, UserTask.id).join(
            UserTask, UserTask.instance_id == ProcessInstance.id
        )
        query = query.where(ProcessInstance.business_key.in_(numbers), UserTask.element_id == until)
        waiting = [(number, str(task)) for number, task in session.execute(query)]
    return house.code, sorted(waiting)


def said(page: str, waiting: list[tuple[str, str]], wrong: str = "") -> dict[str, object]:
    """Fill the page in: all is right but the order `wrong`."""
    given: dict[str, object] = {"task": [task for _, task in waiting], "satisfaction": "满意", "_key": "k"}
    for number, task in waiting:
        for defect in re.findall(rf'name="defect-{task}" value="([^"]+)"', page):
            given[f"defect-{task}"] = defect
            given[f"is-{defect}"] = "fail" if number == wrong else "pass"
            given[f"why-{defect}"] = "还在漏" if number == wrong else ""
    return given


PAD = "data:image/png;base64," + base64.b64encode(order_site.drawn()).decode()


def test_all_orders_of_a_house_are_accepted_in_one_visit_with_one_signature(site: Site) -> None:
    house, waiting = two_of_a_house(site)
    assert len(waiting) == 2
    checker = site.person("shen.fuhe")
    page = checker.get("/daily/owners").text
    assert page.count(f">{house}<") == 1
    unsigned = checker.post("/daily/owners", said(page, waiting)).text
    assert unsigned.count("请业主签字") == 2
    before = checker.get(f"/print/visit/{waiting[1][0]}").text
    assert all(number in before for number, _ in waiting)
    done = checker.post("/daily/owners", {**said(page, waiting), "signature": PAD}).text
    paper = checker.get(f"/print/visit/{waiting[1][0]}").text
    assert f"/print/visit/{waiting[0][0]}/pdf" in paper, "one paper, whichever of its orders it is asked for"
    assert f"/print/visit/{waiting[0][0]}" in done
    assert '<div role="status"><ul' in done, "a list that is a status is no list for a screen reader"
    assert paper.count("满意") == 2
    assert paper.count('<img src="/attachments/') == 1
    assert site.person("qing.shifu").get(f"/print/visit/{waiting[0][0]}").text.count("满意") <= 1
    assert all(number in done.split("处理结果")[1].split("</section>")[0] for number, _ in waiting)
    with site.database.read() as session:
        numbers = [number for number, _ in waiting]
        signed = session.scalars(
            select(CaseDocument).where(CaseDocument.case_number.in_(numbers), CaseDocument.kind == "客户签认")
        ).all()
        assert len(signed) == 2
        assert all(len(row.attachments) == 1 for row in signed)
    site.run_jobs()
    with site.database.read() as session:
        states = session.scalars(select(RectificationOrder.state).where(RectificationOrder.number.in_(numbers))).all()
        assert states == ["已销项", "已销项"]


def test_one_call_tells_the_owner_of_all_orders_of_his_house(site: Site) -> None:
    _, waiting = two_of_a_house(site, "R11")
    (first, task_id), (second, other_id) = waiting
    desk = site.person("yang.guanjia")
    page = desk.get(f"/tasks/{task_id}").text
    assert second in page.split("同一房屋的整改单")[1].split("</section>")[0]
    assert re.search(r'name="told_all"[^>]*checked', page)
    assert "tel:" not in page, "the number stands there masked until somebody asks for it"
    shown = desk.post(f"/tasks/{task_id}/phone", {}, headers={"HX-Request": "true"}).text
    assert re.search(r'href="tel:1\d{10}"', shown)
    with site.database.read() as session:
        looks = session.scalars(select(AccessLog.subject).where(AccessLog.actor == "yang.guanjia")).all()
    assert f"order:{first}" in looks
    visit = site.clock() + timedelta(days=1)
    given = {
        "told_result": "已约定", "told_way": "电话", "told_at": f"{site.clock():%Y-%m-%dT%H:%M}", "told_all": "true",
        "owner_visit_at": f"{visit:%Y-%m-%dT%H:%M}", "_key": "k",
    }  # fmt: skip
    assert desk.post(f"/tasks/{task_id}/complete", given).status_code in {200, 303}
    with site.database.read() as session:
        assert session.get_one(UserTask, UUID(other_id)).state == "completed"
        for number in (first, second):
            told = session.scalars(select(ContactLog).where(ContactLog.case_number == number)).all()
            assert [row.text for row in told if row.kind == "通知验收"] == ["已约定"]
            assert session.scalars(select(Appointment).where(Appointment.case_number == number)).all()
    site.run_jobs()
    assert open_at_order(site, first) == open_at_order(site, second) == {"R12"}


def open_at_order(site: Site, number: str) -> set[str]:
    """Name what an order waits for, but the receipt of its opinion."""
    with site.database.read() as session:
        query = select(UserTask.element_id).join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        query = query.where(ProcessInstance.business_key == number, UserTask.state == "open")
        return set(session.scalars(query)) - {"R10s"}


def test_the_owner_accepts_behind_his_link_what_is_right_and_sends_back_what_is_not(site: Site) -> None:
    house, waiting = two_of_a_house(site)
    good, bad = waiting[0][0], waiting[1][0]
    home, client = order_site.link(site, house, links.HOUSE, login="chen.liyan"), site.client()
    assert f"{home}/repairs" in client.get(home).text
    page = client.get(f"{home}/repairs").text
    assert good in page
    assert bad in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    given = {**said(page, waiting, wrong=bad), "signature": PAD, "csrf_token": token[1]}
    assert client.post(f"{home}/repairs", data=given).status_code == 303
    assert client.post(f"{home}/repairs", data=given).status_code == 303, "a second tap: it is kept already"
    assert client.post(f"{home}/repairs", data={"csrf_token": token[1], "task": "z" * 36}).status_code == 422
    site.run_jobs()
    with site.database.read() as session:
        query = select(RectificationOrder.number, RectificationOrder.state, RectificationOrder.rework)
        found = {number: (state, rework) for number, state, rework in session.execute(query)}
    assert found[good] == ("已销项", 0)
    assert found[bad] == ("整改中", 1)
    assert "目前没有需要您确认的" in client.get(f"{home}/repairs").text


def test_orders_are_handed_to_somebody_of_their_unit_many_at_once(site: Site) -> None:
    with site.database.read() as session:
        query = select(ProcessInstance.business_key, UserTask.id).join(
            UserTask, UserTask.instance_id == ProcessInstance.id
        )
        query = query.where(UserTask.element_id.in_(("R06", "R03b")), UserTask.state == "open")
        found = {
            number: task
            for number, task in session.execute(query)
            if session.get_one(UserTask, task).candidate_groups == ["contractor:青檐防水分包"]
        }
    lead = site.person("wu.gongjia")
    number, task_id = next(iter(found.items()))
    page = lead.get(f"/orders?q={number}").text
    assert "青师傅" in page
    assert "明师傅" not in page
    chosen = {"number": [number], "to": "qing.shifu", "reason": "催办"}
    refused = lead.post(f"/orders/hand-on?q={number}", {**chosen, "reason": ""})
    assert refused.status_code == 422
    assert re.search(rf'value="{number}" checked', refused.text), "what was ticked stays"
    assert re.search('value="qing.shifu" selected', refused.text)
    assert "处理结果" in lead.post("/orders/hand-on", chosen).text
    with site.database.read() as session:
        assert session.get_one(UserTask, task_id).assignee == "qing.shifu"
    assert "没有可以转给此人的任务" in lead.post("/orders/hand-on", {**chosen, "to": "ming.shifu"}).text
    assert "to" not in site.person("qing.shifu").get("/orders").text.split("<main")[1].split("order-bulk")[1:]


def test_chosen_orders_are_printed_together_and_rechecked_together(site: Site) -> None:
    task, number = open_at(site, "R10")
    with site.database.read() as session:
        other = session.scalars(
            select(RectificationOrder.number).where(RectificationOrder.number != number).order_by(RectificationOrder.id)
        ).first()
    checker = site.person("shen.fuhe")
    assert "复核所选整改单" in checker.get(f"/orders?q={number}").text
    assert checker.post("/orders/print", {"sheet": "completion"}).status_code == 422
    assert checker.post("/orders/recheck").status_code == 422
    chosen = {"number": [number, other], "sheet": "completion"}
    address = checker.post("/orders/print", chosen).headers["Location"]
    page = checker.get(address).text
    assert page.count("<article") == 2
    assert "共 2 份" in page
    pdf = checker.get(address.replace("/completion", "/completion/pdf")).data
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 2
    address = checker.post("/orders/recheck", chosen).headers["Location"]
    page = checker.get(address).text
    assert page.count('name="task"') == 1
    assert other in page.split("目前不在您的待复核之列")[1].split("</p>")[0]
    given: dict[str, object] = {"task": [str(task.id)], "_key": "k"}
    for defect in re.findall(rf'name="defect-{task.id}" value="([^"]+)"', page):
        given |= {f"defect-{task.id}": defect, f"is-{defect}": "pass"}
    assert number in checker.post(address, given).text.split("处理结果")[1].split("</section>")[0]
    with site.database.read() as session:
        assert session.get_one(UserTask, task.id).state == "completed"


def test_who_rechecks_with_the_owner_can_call_him_once_he_has_taken_the_task(site: Site) -> None:
    _, ((_number, task_id), _other) = two_of_a_house(site)
    person = site.person("shen.fuhe")
    assert person.post(f"/tasks/{task_id}/phone", {}).status_code == 403
    assert person.post(f"/tasks/{task_id}/claim", {}).status_code in {200, 303}
    shown = person.post(f"/tasks/{task_id}/phone", {}, headers={"HX-Request": "true"})
    assert re.search(r'href="tel:1\d{10}"', shown.text)
