"""A process owner plays a complaint through in a browser, lets three days pass and keeps the walk as a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import Live

OWNER = "bai.liucheng"


def test_a_walk_becomes_a_scenario_that_passes(live: Live) -> None:
    page = live.enter(OWNER, "/studio/rehearse")
    page.locator("button[name=process][value=complaint]").click()
    page.wait_for_url("**/studio/rehearsals/*")
    place = page.url
    page.get_by_role("link", name="登记一个来电").click()
    expect(page.get_by_label("简述")).to_have_value("电梯异响")
    page.locator("[data-submit]").click()
    page.wait_for_url(place)
    expect(page.locator(".bpmn .is-current").first).to_be_attached()
    page.locator(".task-card", has_text="派单").click()
    page.locator("[data-submit]").click()
    page.wait_for_url(place)
    expect(page.locator(".outcome").first).to_contain_text("陈立言")
    page.locator(".task-card", has_text="电话通知受理人").click()
    page.locator("[data-submit]").click()
    page.wait_for_url(place)
    page.get_by_role("button", name="过 3 天").click()
    expect(page.locator(".clock")).to_contain_text("3月5日 09:00")
    expect(page.locator(".led-told").first).to_contain_text("逾期")
    page.get_by_label("把这一程存为场景").fill("三天没有受理")
    page.get_by_role("button", name="存为场景").click()
    page.wait_for_url("**/studio/scenarios/*")
    expect(page.locator(".story")).to_contain_text("过 3 天")
    page.get_by_role("link", name="变更的场景").click()
    page.get_by_role("button", name="运行场景").click()
    expect(page.locator("#runs .ok")).to_contain_text("1", timeout=30_000)
