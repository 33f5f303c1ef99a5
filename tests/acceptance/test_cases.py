"""The pages of cases over HTTP: who sees what, what each case waits for, what people may do from there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from processes.services.casepage import Wait
from processes.services.recording import add_event
from storage.instances import matches
from storage.tables.cases import CaseTask, ContactLog, ServiceCase
from storage.tables.deadlines import Escalation
from storage.tables.instances import ProcessInstance
from storage.tables.work import Attachment, Incident, UserTask
from tasks_ui.cases import sentence
from tests.sites import NOW, Site

WAITS = re.compile(r'<ul class="waits">(.*?)</ul>', re.DOTALL)


def number(site: Site, *, is_open: bool = True, project: str = "春和里", state: str = "") -> str:
    with site.database.read() as session:
        query = select(ServiceCase.number).where(
            ServiceCase.open == is_open, ServiceCase.instance_id.is_not(None), ServiceCase.project == project
        )
        query = query.where(ServiceCase.state == state) if state else query
        return session.scalars(query.order_by(ServiceCase.number)).first()


def waits(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", WAITS.search(text)[1]))


def test_the_page_says_what_the_case_waits_for_in_one_sentence(site: Site) -> None:
    waiting = number(site, state="待受理")
    page = site.person("lin.xiaoan").get(f"/cases/{waiting}").text
    assert re.search(r"等待\S+：受理，(剩|逾期) .+", waits(page)), waits(page)
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="bpmn"' in page
    assert "is-current" in page
    assert "is-done" in page
    assert "投诉分派" in page
    assert "style=" not in page


def test_a_pause_and_a_fault_are_said_in_a_sentence_too(site: Site) -> None:
    person = site.person("sun.mingli")
    with site.app.test_request_context():
        due = site.clock.now + timedelta(days=3)
        assert sentence(Wait("timer", "Wait", "d", "等待", "callback", due_at=due)) == "等到 3月5日 09:00（等待）。"
        assert sentence(Wait("service", "S", "d", "计算时限", "complaint")) == "系统正在办理“计算时限”。"
        assert sentence(Wait("message", "M", "d", "客户来信", "complaint")) == "等待消息：客户来信。"
        offered = Wait("task", "T", "d", "派单", "complaint", groups=("agent", "cs_sup"), due_at=due)
        assert sentence(offered).endswith("派单，剩 3天。")
        told = Wait("task", "T", "d", "受理", "complaint", person="陈立言", due_at=due, told=("陈立言",))
        assert sentence(told) == "等待陈立言：受理，剩 3天；已通知陈立言。"
    broken = number(site, state="待受理")
    with site.database.transaction() as session:
        case = session.scalars(select(ServiceCase).where(ServiceCase.number == broken)).one()
        session.add(
            Incident(
                kind="command", instance_id=case.instance_id, element_id="T09", created_at=site.clock.now,
                template="No service {topic} is installed.", fields={"topic": "case.gone"},
            )
        )  # fmt: skip
    page = person.get(f"/cases/{broken}").text
    assert "“受理”无法继续" in waits(page)
    assert "case.gone" in waits(page)
    assert "is-failed" in page


def test_every_case_of_the_demonstration_has_a_page(site: Site) -> None:
    person = site.person("sun.mingli")
    with site.database.read() as session:
        numbers = session.scalars(select(ServiceCase.number)).all()
    assert len(numbers) > 20
    for one in numbers:
        answer = person.get(f"/cases/{one}")
        assert answer.status_code == 200, one
        assert one in answer.text


def test_a_closed_case_says_when_it_was_closed_and_offers_no_actions(site: Site) -> None:
    page = site.person("sun.mingli").get(f"/cases/{number(site, is_open=False)}").text
    assert "关闭于" in waits(page)
    assert "确认撤诉" not in page
    assert "客户催办" not in page.split("时限")[0]


@pytest.mark.parametrize(
    "query", ["", "?status=", "?status=closed", "?page=999", "?page=x&level=9&status=odd&kind=<b>", "?q=%00"]
)
def test_the_list_takes_any_question(site: Site, query: str) -> None:
    assert site.person("lin.xiaoan").get(f"/cases{query}").status_code == 200


def test_the_list_finds_cases_by_number_house_name_and_phone(site: Site) -> None:
    wanted = number(site)
    with site.database.read() as session:
        case = session.scalars(select(ServiceCase).where(ServiceCase.number == wanted)).one()
        house, name = case.house, case.caller_name
    person = site.person("lin.xiaoan")
    phone = re.search(r'tel:(\d+)"', person.post(f"/cases/{wanted}/phone").text)[1]
    parts = house.rsplit("-", 1)[0]
    loose = parts.replace("-", "", 1)
    for typed in (
        wanted,
        wanted[-6:],
        house,
        name,
        phone,
        phone[-4:],
        loose,
        loose.replace("-", " "),
        house.replace("-", ""),
    ):
        query = {"q": typed, "status": "", "project": "春和里"}
        pages = [person.get("/cases", query_string=query | {"page": page}).text for page in (1, 2, 3)]
        assert any(wanted in page for page in pages), typed
    with site.database.read() as session:
        for typed in (phone[-4:], loose, house.replace("-", "")):
            found = session.scalars(select(ProcessInstance.business_key).where(*matches(typed))).all()
            assert wanted in found, typed
    assert "没有找到案件" in person.get("/cases?q=查无此案").text


def test_people_without_a_part_in_a_case_do_not_learn_of_it(site: Site) -> None:
    known = number(site)
    stranger = site.person("wei.yanfang1")
    assert stranger.get(f"/cases/{known}").status_code == 404
    assert known not in stranger.get("/cases?status=").text
    for action in ("urge", "escalate", "withdraw", "phone"):
        sent = {"reason": "x", "level": "2", "text": "x"}
        assert stranger.post(f"/cases/{known}/{action}", sent).status_code == 404
    assert stranger.get("/cases/TS-2026-999999").status_code == 404


def test_a_supervisor_sees_the_cases_of_his_project_only(site: Site) -> None:
    person = site.person("chen.liyan")
    assert person.get(f"/cases/{number(site)}").status_code == 200
    assert person.get(f"/cases/{number(site, project='望冬台')}").status_code == 404


def test_only_people_who_may_call_see_the_whole_number_and_each_look_is_logged(site: Site) -> None:
    case = number(site)
    engineer = site.person("zheng.jianli")
    page = engineer.get(f"/cases/{case}").text
    assert "显示号码" not in page
    assert engineer.post(f"/cases/{case}/phone").status_code == 403
    agent = site.person("lin.xiaoan")
    assert "tel:" not in agent.get(f"/cases/{case}").text
    assert re.search(r'tel:199\d{8}"', agent.post(f"/cases/{case}/phone").text)


def test_a_call_of_the_customer_is_logged_and_counted(site: Site) -> None:
    case = number(site)
    person = site.person("lin.xiaoan")
    answer = person.post(f"/cases/{case}/urge", {"text": "什么时候来人？"}, follow_redirects=True)
    assert "已记录客户催办" in answer.text
    assert "什么时候来人？" in answer.text
    with site.database.read() as session:
        assert session.scalars(
            select(ContactLog).where(ContactLog.case_number == case, ContactLog.kind == "客户催办")
        ).all()


def test_escalating_needs_a_reason_and_keeps_what_was_typed(site: Site) -> None:
    case = number(site)
    person = site.person("lin.xiaoan")
    answer = person.post(f"/cases/{case}/escalate", {"level": "3", "reason": " "})
    assert answer.status_code == 422
    assert '<option value="3" selected>' in answer.text
    assert person.post(f"/cases/{case}/escalate", {"level": "99", "reason": "太大"}).status_code == 422
    assert person.post(f"/cases/{case}/escalate", {"level": "x", "reason": "不是数"}).status_code == 422
    answer = person.post(f"/cases/{case}/escalate", {"level": "3", "reason": "客户要找媒体"}, follow_redirects=True)
    assert "等待主管领导：升级受理" in waits(answer.text)
    assert "客户要找媒体" in answer.text


def test_a_withdrawn_case_is_over_and_stays_readable(site: Site) -> None:
    case = number(site, state="待派单")
    person = site.person("lin.xiaoan")
    assert person.post(f"/cases/{case}/withdraw", {"reason": ""}).status_code == 422
    assert (
        person.post(f"/cases/{case}/withdraw", {"reason": "客户已自行解决", "evidence": "通话录音"}).status_code == 303
    )
    site.run_jobs()
    page = person.get(f"/cases/{case}").text
    assert "关闭于" in waits(page)
    assert "客户已自行解决" in page
    with site.database.read() as session:
        instance = session.scalars(select(ServiceCase.instance_id).where(ServiceCase.number == case)).one()
        assert not session.scalars(
            select(UserTask).where(UserTask.instance_id == instance, UserTask.state == "open")
        ).all()
        assert not session.scalars(
            select(Escalation).where(Escalation.case_number == case, Escalation.level_to > 5)
        ).all()
    assert person.post(f"/cases/{case}/withdraw", {"reason": "再来一次"}).status_code == 409
    assert person.post(f"/cases/{case}/escalate", {"reason": "再来一次", "level": "2"}).status_code == 409


def test_the_page_is_english_for_english_readers(site: Site) -> None:
    person = site.person("lin.xiaoan")
    person.post("/me/language", {"language": "en"})
    page = person.get(f"/cases/{number(site, state='待受理')}").text
    assert re.search(r"Waiting for .+: Accept, .+\.", waits(page)), waits(page)
    svg = page[page.index("<svg xmlns") : page.index("</svg>", page.index("<svg xmlns"))]
    named = re.findall(r"<title>([^<]+)</title>", svg)
    assert named
    assert not [text for text in named if re.search("[\u4e00-\u9fff]", text.split(": ")[0])]


def test_links_of_the_page_lead_to_tasks_that_the_reader_may_open(site: Site) -> None:
    seen = 0
    with site.database.read() as session:
        numbers = session.scalars(select(ServiceCase.number).where(ServiceCase.instance_id.is_not(None))).all()
    for login in ("lin.xiaoan", "chen.liyan"):
        person = site.person(login)
        for one in numbers[::3]:
            for path in set(re.findall(r'href="(/tasks/[^"]+)"', person.get(f"/cases/{one}").text)):
                assert person.get(path).status_code == 200, (login, one)
                seen += 1
    assert seen > 5


def test_another_case_of_the_house_stands_once_and_a_merged_one_is_named(site: Site) -> None:
    master = number(site)
    with site.database.transaction() as session:
        kept = session.scalars(select(ServiceCase).where(ServiceCase.number == master)).one()
        merged = session.scalars(select(ServiceCase).where(ServiceCase.number != master)).first()
        assert merged is not None
        merged.unit_id, merged.duplicate_of = kept.unit_id, master
        add_event(session, kept, "并入", "同一处渗漏", actor="lin.xiaoan", now=NOW, detail={"merged": merged.number})
        other = merged.number
    page = site.person("sun.mingli").get(f"/cases/{master}").text
    others = page[page.index('id="others-title"') :]
    assert others.count(f'href="/cases/{other}"') == 1
    history = page[page.index('class="timeline"') :].split("</ol>")[0]
    assert f'href="/cases/{other}"' in history


def test_the_files_of_a_case_stand_on_its_page_with_small_pictures(site: Site) -> None:
    with site.database.read() as session:
        row = session.execute(
            select(ServiceCase.number, Attachment.id)
            .join(Attachment, Attachment.instance_id == ServiceCase.instance_id)
            .where(Attachment.width.is_not(None), ServiceCase.project == "春和里")
        ).first()
    assert row is not None
    person = site.person("chen.liyan")
    page = person.get(f"/cases/{row[0]}").text
    assert "案件的全部文件" in page
    shown = re.search(rf'<img src="(/attachments/{row[1]}[^"]*)"', page)
    assert shown
    assert person.get(shown[1].replace("&amp;", "&")).status_code == 200


def test_a_clock_of_a_task_says_which_and_an_unchanged_date_stands_once(site: Site) -> None:
    with site.database.read() as session:
        orders = select(CaseTask).join(ServiceCase, ServiceCase.number == CaseTask.case_number)
        played = (CaseTask.due_at.is_not(None), ServiceCase.instance_id.is_not(None))
        order = session.scalars(orders.where(*played).order_by(CaseTask.id)).first()
    assert order is not None
    page = site.person("sun.mingli").get(f"/cases/{order.case_number}").text
    table = page[page.index('id="clocks-title"') :].split("</table>")[0]
    assert order.content in table
    for row in table.split("<tr>")[1:]:
        times = re.findall(r"<time[^>]*>([^<]+)</time>", row)
        assert len(times) == len(set(times)), row
