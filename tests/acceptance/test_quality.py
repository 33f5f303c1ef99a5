"""Reviews, surveys and the daily check in their pages, on a phone or at a desk (E20, B19, B28, B41, K32, K34)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import delete, select

from engine.access import SYSTEM
from engine.connectors import ServiceContext
from engine.core.calendar import CHINA
from engine.errors import InvalidFormError, NotAllowedError
from processes.services import reviews
from storage import surveys
from storage.tables.cases import CaseEvent, ServiceCase
from storage.tables.parties import AccessLog
from storage.tables.people import RoleGrant
from storage.tables.surveys import CaseReview, SurveyPlan
from tests import halls, quality
from tests.acceptance.api_client import program

if TYPE_CHECKING:
    from tests.sites import Site


def test_a_survey_is_asked_house_by_house_and_its_averages_are_shown(site: Site) -> None:
    number = quality.survey(site)
    agent, elsewhere = site.person(quality.AGENT), site.person("zhao.zhiqiu")
    page = agent.get(f"/quality/surveys/{number}")
    assert "3 户中已完成 0 户" in page.text
    assert elsewhere.get(f"/quality/surveys/{number}").status_code == 404
    first = agent.get(f"/quality/surveys/{number}/1").text
    assert re.search(r"\d{3}\*{4}\d{4}", first), "the number is masked"
    assert re.search(r'href="tel:\d{11}"', agent.post(f"/quality/surveys/{number}/1", {"_reveal": "1"}).text)
    with site.database.read() as session:
        assert session.scalars(select(AccessLog).order_by(AccessLog.id.desc())).first().actor == quality.AGENT
    codes = re.findall(r'name="(q-\w+)" value="5"', first)
    assert len(codes) == 5
    short = agent.post(f"/quality/surveys/{number}/1", {"result": "完成", codes[0]: "5", "opinion": "电梯要修"})
    assert short.status_code == 422
    assert "每一题都要选" in short.text
    assert "电梯要修" in short.text, "what was typed stays"
    full = dict.fromkeys(codes, "4")
    kept = agent.post(f"/quality/surveys/{number}/1", {"result": "完成", **full, "opinion": "电梯要修"})
    assert kept.location.endswith(f"/{number}/2")
    assert agent.post(f"/quality/surveys/{number}/2", {"result": "未接"}).location.endswith("/3")
    again = agent.post(f"/quality/surveys/{number}/1", {"result": "完成", **dict.fromkeys(codes, "5")})
    assert again.location.endswith("/3")
    supervisor = site.person(quality.SUPERVISOR)  # had the sheet open before, and nobody answered his call
    late = supervisor.post(f"/quality/surveys/{number}/1", {"result": "未接", "attempts": "1", "opinion": "再打"})
    assert (late.status_code, "已为这一户作了记录" in late.text) == (409, True)
    assert "再打" in late.text
    assert supervisor.post(f"/quality/surveys/{number}/1", {"result": "未接", "attempts": "2"}).status_code == 422
    with site.database.read() as session:
        plan = surveys.progress(session, date(2026, 1, 1), date(2026, 12, 31), None)[-1]
        assert (plan.planned, plan.done, plan.score) == (3, 1, 100.0), "K32: one of three, the newest answer counts"
    shown = agent.get(f"/quality/surveys/{number}").text
    assert shown.count('<td class="num">5.0</td>') == 5
    quality.do(site, number, quality.SUPERVISOR, "S3")
    assert agent.post(f"/quality/surveys/{number}/3", {"result": "完成", **full}).status_code == 409
    assert "满意度调查" in agent.get("/quality").text


def test_a_review_shows_its_lists_and_is_printed_as_r8(site: Site) -> None:
    manager = site.person(quality.MANAGER)
    assert "案例分析" in manager.get("/start").text, "begun by hand too"
    started = manager.post("/start/process/review", {"period": "本月至今", "_place": "春和里", "_key": "k"})
    assert started.status_code == 303
    site.run_jobs()
    number = quality.review(site, period="本月至今")
    assert manager.get(f"/quality/reviews/{number}").text.count("TS-2026") > 1
    again = {"variables": {"period": "本月至今"}, "scope": "春和里"}
    refused = program(site, quality.MANAGER).post("/definitions/review/start", again, status=409)
    assert "AL-2026-000001" in refused["detail"], "a program is refused a second one as a person is"
    twice = manager.post("/start/process/review", {"period": "本月至今", "_place": "春和里", "_key": "k2"})
    assert (twice.status_code, 'href="/quality/reviews/AL-2026-000001"' in twice.text) == (409, True)
    offered = f"/lookup/review_cases?review_number={number}"
    assert "TS-2026" in manager.get(offered).text
    assert "TS-2026" not in site.person("qing.shifu").get(offered).text, "a contractor sees no review"
    assert manager.get(f"/quality/surveys/DC-2026-000001/{'9' * 30}").status_code == 404
    for login, element in ((quality.AGENT, "V1"), (quality.MANAGER, "V2"), (quality.LEADER, "V3")):
        quality.do(site, number, login, element)
    shown = manager.get(f"/quality/reviews/{number}").text
    assert "外窗安装增加淋水试验" in shown
    assert "渗漏和上门不及时占多数" in shown
    assert site.person("chen.liyan").get(f"/quality/reviews/{number}").status_code == 404, "of every project"
    assert "外窗安装增加淋水试验" in site.person("kang.gongcheng").get("/quality").text, "his own"
    sheet = manager.get(f"/print/analysis/{number}").text
    assert "案例分析报告" in sheet
    assert "派单时同时写明责任单位和上门时间" in sheet
    assert manager.post(f"/print/analysis/{number}/issue").status_code == 303
    assert "WJ-2026-" in manager.get(f"/print/analysis/{number}").text
    assert manager.get(f"/print/analysis/{number}/pdf").status_code == 200


def test_yesterdays_closed_cases_are_checked_and_scored(site: Site) -> None:
    with site.database.transaction() as session:
        rows = session.scalars(select(ServiceCase).where(~ServiceCase.open).order_by(ServiceCase.id)).all()
        here = [row for row in rows if row.project == "春和里"][:12]
        there = next(row for row in rows if row.project != "春和里")
        for row in [*here, there]:
            row.closed_at = site.clock() - timedelta(days=2)  # Saturday: since Friday, the last working day
        numbers, foreign = [row.number for row in here], there.number
    supervisor = site.person("chen.liyan")
    page = supervisor.get("/quality").text
    offered = [number for number in numbers if f"/quality/check/{number}" in page]
    assert 0 < len(offered) == min(10, len(numbers))
    assert f"/quality/check/{foreign}" not in page
    assert f"/quality/check/{offered[0]}" not in site.person(quality.AGENT).get("/quality").text
    assert supervisor.post(f"/quality/check/{offered[0]}", {"score": "101"}).status_code == 422
    assert supervisor.post(f"/quality/check/{foreign}", {"score": "90"}).status_code == 404
    assert site.person(quality.AGENT).post(f"/quality/check/{offered[0]}", {"score": "90"}).status_code == 403
    assert supervisor.post(f"/quality/check/{offered[0]}", {"score": "90", "note": "缺照片"}).status_code == 303
    with site.database.read() as session:
        assert session.scalars(select(ServiceCase.norm_score).where(ServiceCase.number == offered[0])).one() == 90
        event = session.scalars(select(CaseEvent).where(CaseEvent.kind == "每日抽查")).one()
        assert (event.case_number, event.text) == (offered[0], "90 分 缺照片")
    assert "已抽查" in supervisor.get("/quality").text


def test_a_holiday_leaves_no_week_unreviewed(site: Site) -> None:
    """E20: what is due on a Monday of holidays begins on the first working day, and still looks at the week before."""
    batch, _ = halls.add_hall(site, 1)
    registry, looked = quality.registry_of(site), []
    for monday in (datetime(2026, 2, 16, 0, 5, tzinfo=CHINA), datetime(2026, 2, 23, 0, 5, tzinfo=CHINA)):
        with site.database.transaction() as session:
            known = ServiceContext(
                session, monday, uuid4(), "", "", "x", uuid4(), {"period": "上周"}, SYSTEM, "k", registry
            )
            answer = reviews.due(known)
            begins = datetime.fromisoformat(answer["begin_at"])
            assert begins.date() == date(2026, 2, 24), "the spring festival"
            reviews.begin(replace(known, now=begins, variables={"period": "上周", **answer}))
        site.run_jobs()
        with site.database.read() as session:
            row = session.scalars(select(CaseReview).order_by(CaseReview.id.desc())).first()
            looked.append((row.first, row.last))
    assert looked == [(date(2026, 2, 9), date(2026, 2, 15)), (date(2026, 2, 16), date(2026, 2, 22))], batch


def test_nobody_approves_his_own_plan_and_a_meeting_decides_on_measures_or_says_that_none_are_needed(
    site: Site,
) -> None:
    manager = site.person(quality.MANAGER)
    begun = manager.post("/start/process/survey", {"_title": "雨季渗漏回访", "_place": "春和里", "_key": "s"})
    assert begun.status_code == 303
    page = manager.get(begun.location).text
    link = re.search(
        r'已发起[^<]*<a href="(/tasks/[0-9a-f-]+)">编制调查计划</a>|<a href="(/tasks/[0-9a-f-]+)">编制调查计划</a></p>',
        page,
    )
    assert link, "what was begun leads to its first task"
    assert "雨季渗漏回访" in manager.get("/inbox").text
    assert "> ·" not in manager.get("/inbox").text
    with site.database.read() as session:
        number = session.scalars(select(SurveyPlan.number).order_by(SurveyPlan.id.desc())).first()
    quality.do(site, number, quality.MANAGER, "S1", count=2)
    with site.database.transaction() as session:
        session.add(RoleGrant(login=quality.LEADER, role="cs_mgr", granted_at=site.clock()))
    with pytest.raises(NotAllowedError):
        quality.do(site, number, quality.MANAGER, "S2")
    with site.database.transaction() as session:
        session.execute(delete(RoleGrant).where(RoleGrant.login == quality.LEADER, RoleGrant.role == "cs_mgr"))
    quality.do(site, number, quality.MANAGER, "S2")  # there is nobody else
    number = quality.review(site, period="本月至今")
    again = manager.post("/start/process/review", {"period": "本月至今", "_place": "", "_key": "r"})
    assert again.status_code == 409
    assert f'<a href="/quality/reviews/{number}">' in again.text
    for login, element in ((quality.AGENT, "V1"), (quality.MANAGER, "V2")):
        quality.do(site, number, login, element)
    for measures in ([], [{"measure": "", "person": "", "due": ""}]):
        with pytest.raises(InvalidFormError):
            quality.do(site, number, quality.LEADER, "V3", measures=measures)
    quality.do(site, number, quality.LEADER, "V3", measures=[], no_measures=True)
