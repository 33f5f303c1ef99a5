"""Signing a daily sheet and entering rechecks in one go: each order for itself, and twice is once (C04, C07–C09)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from processes.services import daily
from storage.tables.defects import Defect
from storage.tables.people import RoleGrant
from storage.tables.work import TaskSubmission, UserTask
from tests.acceptance import order_site

if TYPE_CHECKING:
    from tests.sites import Site

STEPS = (("R03a", "工程签收", "eng_lead"), ("R10", "内部复核", "prop_check"), ("R11", "通知客户验收", "agent"))
KEY = re.compile(r'name="_key" value="([^"]+)"')


@pytest.fixture
def works(site: Site) -> Site:
    order_site.deploy(site, STEPS)
    return site


def submissions(site: Site, element: str) -> list[TaskSubmission]:
    with site.database.read() as session:
        return list(session.scalars(select(TaskSubmission).where(TaskSubmission.element_id == element)))


def test_many_orders_are_signed_at_once_each_with_its_answer(works: Site) -> None:
    numbers = [order_site.issue(works, company) for company in ("通达", "通达", "宏远", "宏远")]
    lead, other = works.person("wu.gongjia"), works.person("admin")
    page = lead.get("/daily").text
    main = page.split("<main")[1]
    groups = re.findall(r"春和里 · (\S+?)<", main)
    assert groups == sorted(groups)
    assert {"宏远建设", "通达建设"} <= set(groups)
    assert all(number in main for number in numbers)
    tasks = [str(task.id) for number in numbers if (task := order_site.task(works, number))]
    key = KEY.search(page)
    assert key
    assert other.post("/daily/sign", {"task": [tasks[3]], "_key": "other"}).status_code == 200
    before = len(submissions(works, "R03a"))
    for _twice in range(2):
        done = lead.post("/daily/sign", {"task": tasks, "_key": key[1]})
        answered = done.text.split("处理结果")[1].split("</section>")[0]
        assert answered.count("已签收") == 3
        assert re.search(rf"{numbers[3]}</span> 任务“工程签收”已由", answered)
    assert len(submissions(works, "R03a")) == before + 3
    assert all(order_site.task(works, number, "R10") for number in numbers)
    assert not [number for number in numbers if number in lead.get("/daily").text]
    assert lead.post("/daily/sign", {"_key": "x"}).status_code == 422


def test_only_those_who_may_sign_do(works: Site) -> None:
    number = order_site.issue(works, "通达")
    waiting = order_site.task(works, number)
    assert waiting is not None
    agent = works.person("lin.xiaoan")
    assert number not in agent.get("/daily").text
    refused = agent.post("/daily/sign", {"task": [str(waiting.id)], "_key": "x"})
    assert number not in refused.text
    assert order_site.task(works, number, "R03a") is not None


def test_tasks_of_other_projects_take_no_place_in_the_list(works: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = order_site.issue(works, "通达", project="秋实园")
    mine = order_site.issue(works, "通达")
    first = order_site.task(works, theirs)
    assert first is not None
    with works.database.transaction() as session:
        session.get_one(UserTask, first.id).due_at = works.clock()  # it would stand before mine
        for grant in session.scalars(select(RoleGrant).where(RoleGrant.login == "wu.gongjia")):
            grant.scope = "春和里"
    monkeypatch.setattr(daily, "READ", 1)
    page = works.person("wu.gongjia").get("/daily").text
    assert (theirs in page, mine in page) == (False, True)


def test_rechecks_of_a_house_are_entered_together(works: Site) -> None:
    numbers = [order_site.issue(works, "通达", count=2), order_site.issue(works, "宏远")]
    silent = order_site.issue(works, "宏远", stage="交付前内部验房")
    tasks = [str(task.id) for number in (*numbers, silent) if (task := order_site.task(works, number))]
    works.person("wu.gongjia").post("/daily/sign", {"task": tasks, "_key": "x"})
    with works.database.read() as session:
        found = {
            n: [str(d) for d in session.scalars(select(Defect.id).where(Defect.order_number == n))] for n in numbers
        }
        rows = session.scalars(select(UserTask).where(UserTask.element_id == "R10", UserTask.state == "open")).all()
    by_order = {
        number: next(r for r in rows if (t := order_site.task(works, number)) and r.id == t.id)
        for number in (*numbers, silent)
    }
    checker = works.person("shen.fuhe")
    page = checker.get("/daily/recheck").text
    assert all(defect in page for defects in found.values() for defect in defects)
    assert "整改单与照片" in page
    told = [f'name="tell-{row.id}" value="1" checked' in page for row in by_order.values()]
    assert told == [True, True, False], "nobody waits for the repair of a house that is not delivered"
    sent: dict[str, object] = {"task": [str(row.id) for row in by_order.values()], "_key": "y"}
    for number, defects in found.items():
        sent[f"defect-{by_order[number].id}"] = defects
        sent[f"tell-{by_order[number].id}"] = "1"
    first, second = found[numbers[0]]
    sent |= {f"is-{first}": "pass", f"is-{second}": "fail", f"is-{found[numbers[1]][0]}": "pass"}
    answer = checker.post("/daily/recheck", sent)
    assert "请写明未通过各项的问题" in answer.text
    assert order_site.task(works, numbers[0], "R10") is not None
    assert order_site.task(works, numbers[1], "R11") is not None
    for _twice in range(2):
        assert "请写明" not in checker.post("/daily/recheck", {**sent, f"why-{second}": "仍有裂缝"}).text
    assert order_site.task(works, silent, "R10") is not None
    values = {row.task_id: row.values for row in submissions(works, "R10")}
    assert {row.id for row in by_order.values()} & set(values) == {by_order[number].id for number in numbers}
    checks = values[by_order[numbers[0]].id]["checks"]
    assert sorted((one["passed"], one["problem"]) for one in checks) == [("不通过", "仍有裂缝"), ("通过", None)]
    assert values[by_order[numbers[0]].id]["may_tell_customer"] is True
