"""A process owner's days in the studio, by clicks alone: a new step, another time limit, a change that is refused."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from engine import people
from engine.rehearsing import scenario_runs
from storage.tables.deadlines import Deadline
from storage.tables.studio import ScenarioRun
from storage.tables.work import Job
from tests.acceptance.api_client import program
from tests.acceptance.test_studio_publish import TABLE, bring, change, in_lane
from tests.browser.conftest import wrong_with
from tests.browser.test_start_in_browser import fill, find_caller

if TYPE_CHECKING:
    from datetime import datetime

    from tests.browser.conftest import Live

OWNER = "bai.liucheng"
LONG = 30_000
"""Milliseconds, for what is played in the background."""
REHEARSAL = re.compile(r"/studio/rehearsals/[0-9a-f-]+$")
CHANGE = re.compile(r"/studio/changes/([0-9a-f-]{36})")
FIFTH = "time_limits_row_18_out_1"
STEP = "审查装修方案"


def change_of(page: Page) -> UUID:
    found = CHANGE.search(page.url)
    assert found, page.url
    return UUID(found[1])


def saved(page: Page) -> None:
    expect(page.locator("#save-state[data-state=saved]")).to_be_visible(timeout=LONG)


def act(page: Page, card: str) -> None:
    """Do a task of the rehearsal as its form is filled in."""
    page.locator(".task-card", has_text=card).click()
    page.locator("[data-submit]").click()
    page.wait_for_url(REHEARSAL)


def drawn(page: Page, element: str) -> None:
    """Click an element of the diagram."""
    page.locator(f".djs-element[data-element-id{element}]").first.click()


def test_a_new_step_is_drawn_rehearsed_published_and_done_by_the_right_person(live: Live) -> None:
    page = live.enter(OWNER, "/studio/processes/decoration")
    begun, places = time.monotonic(), list[str]()
    page.on("framenavigated", lambda frame: places.append(frame.url) if frame == page.main_frame else None)
    _draw(page)
    _fill_form(page)
    _rehearse(page)
    _stories(page)
    _publish(page)
    assert time.monotonic() - begun < 5 * 60
    assert {place.removeprefix(live.address).split("/")[1] for place in places} == {"studio"}
    _in_the_right_inbox(live)


def _draw(page: Page) -> None:
    page.get_by_role("button", name="改这个流程").click()
    page.locator("html[data-editor=ready]").wait_for()
    drawn(page, "=D1")
    page.locator(".djs-context-pad [data-action='append.append-task']").click()
    page.keyboard.type(STEP)
    drawn(page, "=Wait")  # ends the typing
    drawn(page, "^=Task_")
    page.locator("#prop-role").select_option(label="物业复核员")
    page.locator("#prop-due-unit").select_option(label="工作日")
    page.locator("#prop-due").fill("2")
    page.locator("#prop-due").press("Tab")
    page.locator("#prop-remind").click()
    expect(page.locator("#panel .prop-title")).to_have_text("定时边界事件")


def _fill_form(page: Page) -> None:
    drawn(page, "^=Task_")
    page.locator("#prop-form-new").click()
    page.locator("#canvas[data-ready=yes]").wait_for()
    expect(page.locator(".editor-name strong")).to_have_text(STEP)  # named after the task
    page.locator('#canvas .fjs-element[data-id$="_note"]').click()
    page.locator("#prop-label").fill("审查意见")
    page.locator("#prop-label").press("Tab")
    expect(page.locator("#problem-count")).to_have_text("没有问题")
    saved(page)


def _rehearse(page: Page) -> None:
    page.get_by_role("link", name="演练").click()
    page.locator("button[name=process][value=decoration]").click()
    page.wait_for_url(REHEARSAL)
    expect(page.locator(".diagram")).to_contain_text(STEP)  # before anything is begun
    assert page.get_by_text("有效期至").count() == 0
    page.get_by_role("link", name="发起", exact=True).click()
    page.locator("[data-submit]").click()
    page.wait_for_url(REHEARSAL)
    expect(page.locator(".led-said").first).to_contain_text("启动流程“装修管理”")
    act(page, "装修登记")  # its house and the rest are filled in
    card = page.locator(".task-card", has_text=STEP)
    expect(card).to_contain_text("沈复核")
    expect(card).to_contain_text("物业复核员")
    expect(page.locator(".led-limits").first).to_contain_text(f"{STEP} 3月4日 09:00")
    page.get_by_role("button", name="过 3 天").click()
    expect(page.locator(".clock")).to_contain_text("3月5日 09:00")
    told = page.locator(".led-told").first
    expect(told).to_contain_text("沈复核")
    expect(told).to_contain_text(STEP)
    expect(page.locator(".page-of")).to_have_count(1)  # nothing of what else the calendar began
    page.locator(".task-card", has_text=STEP).click()
    page.get_by_label("审查意见").fill("")
    page.locator("[data-submit]").click()
    expect(page.locator("#faults")).to_contain_text("审查意见")
    page.get_by_label("审查意见").fill("不得拆改承重墙")
    page.locator("[data-submit]").click()
    page.wait_for_url(REHEARSAL)
    expect(page.locator(".task-card")).to_contain_text("装修巡查")


def _stories(page: Page) -> None:
    """Both stories of the process are red, rightly: they do not know the new step."""
    page.locator(".page-head a", has_text="装修管理").click()
    page.get_by_role("button", name="运行场景").click()
    expect(page.locator(".run-red")).to_have_count(2, timeout=LONG)
    expect(page.locator(".run-red").first).to_contain_text(f"实际待办：{STEP}")
    page.locator("form.run-step", has_text=STEP).get_by_role("button").click()
    expect(page.locator("#runs .ok")).to_contain_text("2 个场景", timeout=LONG)


def _publish(page: Page) -> None:
    page.locator(".page-head a", has_text="装修管理").click()
    page.get_by_role("link", name="发布", exact=True).click()
    expect(page.locator("#ready")).to_have_text("可以发布")
    page.locator("#why").fill("装修前先看方案")
    page.get_by_role("button", name="发布", exact=True).click()
    page.wait_for_url("**/studio/publications/*")


def _in_the_right_inbox(live: Live) -> None:
    """One begins a decoration and registers it; the inspector finds the new step with its date, nobody else does."""
    desk = live.enter("yang.guanjia", "/start/process/decoration")
    desk.get_by_role("button", name="发起").last.click()
    desk.get_by_role("link", name="装修登记").last.click()
    desk.locator("[name=unit__text]").press_sequentially("春和里1期-02-1-1502")
    desk.get_by_role("option").first.click()
    desk.locator("[name=begins_on]").fill("2026-03-02")
    desk.locator("[name=ends_on]").fill("2026-03-31")
    desk.locator("[name=company]").fill("美家装饰")
    desk.locator("[data-submit]").click()
    desk.wait_for_url("**/inbox*")
    inspector = live.enter("shen.fuhe", "/inbox?view=all&q=ZX-2026")
    row = inspector.locator("main tr, main li").filter(has_text=STEP).first
    expect(row).to_contain_text("3月4日 09:00")
    desk.goto(f"{live.address}/inbox?view=all&q=ZX-2026")
    expect(desk.locator("main")).not_to_contain_text(STEP)
    inspector.get_by_role("link", name=STEP).first.click()
    inspector.get_by_label("审查意见").fill("不得拆改承重墙")
    inspector.locator("[data-submit]").click()
    inspector.wait_for_url("**/inbox*")


def test_the_fifth_day_becomes_the_fourth_for_the_next_case_and_stays_for_the_running(live: Live) -> None:
    running = _registered(live, "running")
    before = _fifth_day(live, running)
    page = live.enter(OWNER, "/studio/files/time_limits.dmn")
    page.get_by_role("button", name="改这张表").click()
    page.locator("#canvas[data-ready]").wait_for()
    page.get_by_role("searchbox", name="找行").fill("第5日")
    page.locator(f'td[data-element-id="{FIFTH}"]').click()
    page.get_by_role("button", name="减", exact=True).click()
    expect(page.locator("#cell-text")).to_have_value("4")
    expect(page.locator("#problem-count")).to_have_text("没有问题")
    saved(page)
    _played(live, change_of(page))
    page.get_by_role("link", name="发布", exact=True).click()
    expect(page.locator("#ready")).to_have_text("可以发布")
    expect(page.locator(".differences")).to_contain_text("5 → 4")
    page.locator("#why").fill("第5日太晚")
    page.get_by_role("button", name="发布", exact=True).click()
    page.wait_for_url("**/studio/publications/*")
    assert _fifth_day(live, _registered(live, "next")) == before - timedelta(days=1)
    assert _fifth_day(live, running) == before


def _registered(live: Live, brief: str) -> str:
    page = live.enter("lin.xiaoan", "/start/complaint")
    find_caller(page, "19900000001")
    page.locator(".start-match").first.click()
    fill(page, brief)
    page.locator("input[name=kind][value=投诉]").check()
    page.locator("input[name=urgency][value=一般]").check()
    page.locator("[data-submit]").click()
    page.wait_for_url("**/start/complaint/done/**")
    return str(page.url.rpartition("/")[2])


def _fifth_day(live: Live, number: str) -> datetime:
    with live.site.database.read() as session:
        query = select(Deadline.due_at).filter_by(case_number=number, clock="day5_call")
        return session.scalars(query).one()


def _played(live: Live, change_id: UUID) -> None:
    """Say that the scenarios went well: they are played elsewhere, all of them ask this table."""
    registry, now = live.site.app.extensions["keyturn"].registry, live.site.clock()
    with live.site.database.transaction() as session:
        viewer = people.viewer(session, OWNER, now=now)
        assert scenario_runs.request(session, viewer, change_id, now=now, registry=registry)
        session.execute(delete(Job).where(Job.kind == scenario_runs.KIND))
        for run in session.scalars(select(ScenarioRun)):
            run.state = "passed"


def test_what_cannot_run_is_refused_named_marked_and_a_click_leads_there(live: Live) -> None:
    admin, owner = program(live.site, "admin"), live.site.person(OWNER)
    bring(admin, urgent__dmn=TABLE.format('"渗漏"').encode())
    bring(admin, probe__bpmn=in_lane())
    script = '<scriptTask id="rule" name="跑脚本" scriptFormat="python"><script>import os</script></scriptTask>'
    wrong = in_lane(rule=script, lane="a", default="").replace(
        b'<sequenceFlow id="g_b"', b'<sequenceFlow id="g_b" name="x"'
    )
    made = change(owner, "改坏了", probe__bpmn=wrong, urgent__dmn=TABLE.format("渗漏，开裂").encode())
    page = live.enter(OWNER, f"/studio/changes/{made}/publish", reduced_motion="reduce")
    page.locator("#why").fill("我写了很久的原因")
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.locator("main .problem").first).to_contain_text("没有发布任何内容")
    expect(page.locator("#why")).to_have_value("我写了很久的原因")
    for name, words in (
        ("跑脚本", "脚本任务不能运行"), ("加急吗？", "这些连线没有条件"), ("回复客户", "它不在任何泳道里"), ("加急", "FEEL 不认识“，”"),
    ):  # fmt: skip
        row = page.locator(".wrong-list li").filter(has=page.locator("strong", has_text=re.compile(f"^{name}$")))
        expect(row).to_contain_text(words)
        expect(row.get_by_role("link", name="到编辑器里改")).to_have_count(1)
    for element in ("b", "g", "rule"):
        expect(page.locator(f".wrong .is-failed[data-element={element}]")).to_have_count(1)
    expect(page.locator(".wrong-cell code")).to_have_text("渗漏，开裂")
    assert wrong_with(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert wrong_with(page) == []
    page.set_viewport_size({"width": 1180, "height": 800})
    asked = page.url
    page.locator(".wrong-list li", has_text="回复客户").get_by_role("link").click()
    expect(page.locator("#prop-name")).to_have_value("回复客户", timeout=LONG)
    page.goto(asked.replace("/edit/probe.bpmn", "/publish").partition("#")[0])
    page.locator(".wrong-list li", has_text="FEEL").get_by_role("link").click()
    expect(page.locator("#cell-text")).to_have_value("渗漏，开裂", timeout=LONG)
