"""What follows a recheck by the shipped process: the opinion is signed for the same day, many at once (C10, C20)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine import people
from processes.services import daily
from storage.tables.cases import CaseDocument, ContactLog
from storage.tables.deadlines import Deadline
from storage.tables.defects import Defect, RectificationOrder
from storage.tables.instances import ProcessInstance
from storage.tables.work import UserTask

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
