"""What stands above a task: the assignment of the plan, whom to call, and the customer's words and number."""

from __future__ import annotations

import re
import threading

import pytest
from sqlalchemy import select

from engine import worker
from storage.tables.cases import CaseTask, ServiceCase
from storage.tables.instances import ProcessInstance
from storage.tables.parties import AccessLog
from storage.tables.people import RoleGrant, User
from storage.tables.work import UserTask
from tests.sites import Person, Site


def open_tasks(site: Site, element: str) -> list[tuple[str, str, str]]:
    """Give (task id, assignee, case number) of the open tasks of an element."""
    with site.database.read() as session:
        rows = session.execute(
            select(UserTask.id, UserTask.assignee, ServiceCase.number)
            .join(ServiceCase, ServiceCase.instance_id == UserTask.instance_id)
            .where(UserTask.element_id == element, UserTask.state == "open")
        )
        return [(str(one), assignee, number) for one, assignee, number in rows]


def task_page(site: Site, element: str, login: str = "") -> tuple[Person, str, str, str]:
    """Open the first task of an element as its holder (or somebody else); give person, page, case and path."""
    found = open_tasks(site, element)
    assert found, element
    task, assignee, case = found[0]
    person = site.person(login or assignee)
    answer = person.get(f"/tasks/{task}")
    assert answer.status_code == 200, answer.text
    return person, answer.text, case, f"/tasks/{task}"


def case_of(site: Site, number: str) -> ServiceCase:
    with site.database.read() as session:
        return session.scalars(select(ServiceCase).where(ServiceCase.number == number)).one()


def holder(site: Site, role: str, project: str) -> str:
    """Name somebody who holds a role in a project."""
    with site.database.read() as session:
        return session.scalars(
            select(RoleGrant.login).where(RoleGrant.role == role, RoleGrant.scope.in_([project, ""]))
        ).first()


def test_a_handler_reads_what_he_is_to_do_until_when_and_what_the_customer_says(site: Site) -> None:
    person, page, number, _ = task_page(site, "T16")
    with site.database.read() as session:
        orders = session.scalars(select(CaseTask).where(CaseTask.case_number == number)).all()
    top = page[page.index('<div class="task">') : page.index('class="case-head"')]
    assert "任务要求" in top
    assert any(order.content in top and order.kind in top for order in orders)
    case = case_of(site, number)
    assert case.facts in page
    inbox = person.get("/inbox").text
    assert any(f"{order.kind}：{order.content}" in inbox for order in orders)


def test_the_agent_sees_whom_to_call_and_the_number_stands_in_the_log(site: Site) -> None:
    found = open_tasks(site, "T08")
    assert found
    _, _, number = found[0]
    acceptor = case_of(site, number).acceptor
    with site.database.transaction() as session:
        session.get_one(User, acceptor).phone = "13800000001"
    _, page, _, _ = task_page(site, "T08", "lin.xiaoan")
    assert 'href="tel:13800000001"' in page
    assert 'value="13800000001"' in page
    assert "备用联系人" in page
    assert page.count("三次联系不上") == 1


@pytest.mark.parametrize("element", ["T28", "T29"])
def test_a_reminder_names_who_is_called_about_what(site: Site, element: str) -> None:
    with site.database.read() as session:
        row = session.execute(
            select(UserTask.id).where(UserTask.element_id == element, UserTask.state == "open").limit(1)
        ).first()
    if row is None:
        site.clock.advance(days=30)
        site.run_jobs()
        with site.database.read() as session:
            row = session.execute(
                select(UserTask.id).where(UserTask.element_id == element, UserTask.state == "open").limit(1)
            ).first()
    assert row is not None
    page = site.person("lin.xiaoan").get(f"/tasks/{row[0]}").text
    assert "给谁打电话" in page
    assert "到期" in page
    assert "提前一天" not in page


@pytest.mark.parametrize("element", ["T09", "T10", "T11"])
def test_who_must_call_the_customer_can_and_each_look_is_logged(site: Site, element: str) -> None:
    task, assignee, number = open_tasks(site, element)[0]
    case, path = case_of(site, number), f"/tasks/{task}"
    person = site.person(assignee or holder(site, "cs_sup", case.project))
    page = person.get(path).text
    assert case.facts in page
    assert "显示号码" in page
    assert "tel:199" not in page
    shown = person.post(f"{path}/phone").text
    assert re.search(r'tel:199\d{8}"', shown)
    part = person.post(f"{path}/phone", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "tel:199" in part
    with site.database.read() as session:
        looks = session.scalars(select(AccessLog).where(AccessLog.subject == f"case:{number}")).all()
    assert len(looks) == 2


def test_an_engineer_sees_the_customer_masked_everywhere_until_the_visit_is_his(site: Site) -> None:
    task, visitor, number = open_tasks(site, "T11")[0]
    assert visitor == "zheng.jianli", "the visit belongs to the one person the appointment names"
    case = case_of(site, number)
    engineer = site.person(visitor)
    assert engineer.post(f"/tasks/{task}/release").status_code == 303
    for path in (f"/tasks/{task}", f"/cases/{number}"):
        page = engineer.get(path).text
        assert case.caller_name not in page, path
        assert "显示号码" not in page, path
    assert engineer.post(f"/tasks/{task}/phone").status_code == 403
    assert engineer.post(f"/tasks/{task}/claim").status_code == 303
    for path in (f"/tasks/{task}", f"/cases/{number}"):
        page = engineer.get(path).text
        assert case.caller_name in page, path
        assert "显示号码" in page, path
        assert not re.search(r"199\d{8}", page), path
    assert "tel:199" in engineer.post(f"/tasks/{task}/phone").text


def test_after_dispatching_the_agent_lands_in_the_call_that_comes_a_moment_later(site: Site) -> None:
    site.run_jobs()  # what is due for other cases
    escalated = {number for element in ("ES1", "ES2") for _, _, number in open_tasks(site, element)}
    task, assignee, number = next(one for one in open_tasks(site, "T07") if one[2] not in escalated)
    case = case_of(site, number)
    person, stop = site.person(assignee or "lin.xiaoan"), threading.Event()
    registry = site.app.extensions["keyturn"].registry

    def work() -> None:
        while not stop.is_set():
            if not worker.run_one(site.database, clock=site.clock, registry=registry):
                stop.wait(0.05)

    running = threading.Thread(target=work)
    running.start()
    try:
        person.post(f"/tasks/{task}/claim")
        answers = {
            "acceptor": holder(site, "cs_sup", case.project),
            "department": "客服部",
            "dispatch_note": "请尽快联系客户。",
        }
        due = re.search(r'name="accept_due" value="([^"]+)"', person.get(f"/tasks/{task}").text)
        answer = person.post(f"/tasks/{task}/complete", {**answers, **({"accept_due": due[1]} if due else {})})
    finally:
        stop.set()
        running.join()
    assert answer.status_code == 303, answer.text
    calls = {one for one, _, case_number in open_tasks(site, "T08") if case_number == number}
    assert answer.headers["Location"].rsplit("/", 1)[1] in calls
    page = person.get(answer.headers["Location"]).text
    assert "电话通知受理人" in page


def test_a_done_task_is_nobodys_any_more(site: Site) -> None:
    task, _, _ = open_tasks(site, "T08")[0]
    person = site.person("lin.xiaoan")
    person.post(f"/tasks/{task}/claim")
    assert "由您处理" in person.get(f"/tasks/{task}").text
    sent = {"attempts-0-at": "2026-03-02T09:00", "attempts-0-result": "接通"}
    answer = person.post(f"/tasks/{task}/complete", sent)
    assert answer.status_code == 303, answer.text
    page = person.get(f"/tasks/{task}").text
    assert "由您处理" not in page


def test_the_inbox_speaks_english_and_tells_apart_how_urgent_a_case_is(site: Site) -> None:
    person = site.person("lin.xiaoan")
    with site.database.transaction() as session:
        wanted = {number for _, _, number in open_tasks(site, "T07")[:2]}
        rows = session.scalars(select(ProcessInstance).where(ProcessInstance.business_key.in_(wanted))).all()
        for row, (priority, urgency) in zip(rows, ((90, "特急"), (70, "紧急")), strict=False):
            row.priority, row.fields = priority, {**row.fields, "urgency": urgency}
    page = person.get("/inbox?sort=priority&view=all").text
    assert re.search(r"chip-danger.*?</svg>特急</span>", page)
    assert re.search(r"chip-warn.*?</svg>紧急</span>", page)
    person.post("/me/language", {"language": "en"})
    page = person.get("/inbox?sort=priority&view=all").text
    lines = re.findall(r'<td class="c-subject">.*?<div class="sub">([^<]*)</div>', page)
    assert lines
    assert not [line for line in lines if any(word in line for word in ("投诉", "报修", "待派单", "待受理"))]
