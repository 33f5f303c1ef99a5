"""Registering a call in a browser: found while typing, filled in by a click, dates and repeats at hand."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Live, shoot, wrong_with

if TYPE_CHECKING:
    from playwright.sync_api import Page

HOME = "春和里1期-03-2-1502"


def find_caller(page: Page, typed: str) -> None:
    page.get_by_label("电话、房号或姓名").press_sequentially(typed, delay=10)
    page.locator(".start-match").first.wait_for()


def fill(page: Page, brief: str) -> None:
    page.locator("input[name=kind][value=报修]").check()
    page.locator("select[name=subject]").select_option("自己房产")
    page.locator("select[name=cat1]").select_option("工程维修类")
    page.locator("select[name=cat2] option[value=户内维修]").wait_for(state="attached")
    page.locator("select[name=cat2]").select_option("户内维修")
    page.locator("input[name=brief]").fill(brief)
    page.locator("textarea[name=facts]").fill("今早发现客卫门口地板有水。")
    page.locator("input[name=location]").fill("客卫门口")
    page.locator("textarea[name=demand]").fill("尽快查明原因。")
    page.locator("input[name=wording_confirmed]").check()
    page.locator("input[name=readback]").check()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_call_is_registered(live: Live, size: str) -> None:
    page = live.enter("lin.xiaoan", "/start/complaint", size=size)
    before = page.locator("#expected").inner_text()
    find_caller(page, "19900000001")
    assert "王安然" in page.locator("#matches").inner_text()
    began = time.perf_counter()
    page.locator(".start-match").first.click()
    expect(page.locator("[name=name]")).to_have_value("王安然")
    assert page.locator("[name=phone]").input_value() == "19900000001"
    assert page.locator("[name=unit__text]").input_value() == HOME
    assert page.locator("input[name=is_owner][value=业主]").is_checked()
    page.locator("#repeats li").first.wait_for()  # the demonstration has an open case here
    fill(page, "客卫门口渗水")
    page.locator("input[name=urgency][value=紧急]").check()
    expect(page.locator("#expected")).not_to_have_text(before, use_inner_text=True)
    shoot(page, f"start-{size}")
    page.locator("[data-submit]").click()
    page.wait_for_url("**/start/complaint/done/**")
    assert time.perf_counter() - began < 30
    assert re.search(r"TS-2026-\d{6}", page.locator("h1").inner_text())
    assert "首次联系" in page.locator("main").inner_text()
    shoot(page, f"start-done-{size}")
    page.get_by_role("link", name="下一步：派单").click()  # as soon as the worker has come round
    page.wait_for_url("**/tasks/**")
    page.goto(f"{live.address}/start/complaint")  # the next caller
    page.wait_for_load_state("networkidle")
    assert page.locator("[name=name]").input_value() == ""
    assert page.locator("textarea[name=facts]").input_value() == ""


def test_a_repetition_is_merged_with_one_click(live: Live) -> None:
    page = live.enter("lin.xiaoan", "/start/complaint")
    find_caller(page, "0001")
    page.locator(".start-match").first.click()
    merge = page.locator("[data-merge]").first
    merge.wait_for()
    number = merge.get_attribute("data-merge")
    fill(page, "又漏了")
    merge.click()
    page.locator("[data-submit]").click()
    page.wait_for_url("**/start/complaint/done/**")
    assert number in page.locator("main").inner_text()


def test_the_keyboard_alone_will_do(live: Live) -> None:
    page = live.enter("lin.xiaoan", "/start/complaint")
    box = page.get_by_label("电话、房号或姓名")
    expect(box).to_be_focused()
    find_caller(page, "3-2-1502")
    box.press("Enter")
    expect(page.locator("[name=unit__text]")).not_to_have_value("")


def test_an_unfinished_call_comes_back(live: Live) -> None:
    page = live.enter("lin.xiaoan", "/start/complaint")
    with page.expect_response("**/start/complaint/draft"):
        page.locator("textarea[name=facts]").fill("说到一半断线了")
    page.goto(live.address + "/start/complaint")
    assert page.locator("textarea[name=facts]").input_value() == "说到一半断线了"
    page.get_by_role("button", name="重新填写").click()
    page.wait_for_url("**/start/complaint")
    assert page.locator("textarea[name=facts]").input_value() == ""


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_pages_are_accessible(live: Live, size: str) -> None:
    found = {}
    page = live.enter("lin.xiaoan", "/start", size=size, reduced_motion="reduce")
    found["start"] = wrong_with(page)
    page.goto(f"{live.address}/start/complaint")
    found["form"] = wrong_with(page)
    find_caller(page, "1502")
    found["matches"] = wrong_with(page)
    page.locator(".start-match").first.click()
    expect(page.locator("[name=name]")).not_to_have_value("")
    page.locator("[data-submit]").click()
    page.locator("#faults").wait_for()
    found["faults"] = wrong_with(page)
    shoot(page, f"start-faults-{size}")
    admin = live.enter("admin", size=size, reduced_motion="reduce")
    for path in ("registers/units", "registers/owners", "registers/units/new", "registers/parts", "holidays"):
        admin.goto(f"{live.address}/admin/{path}")
        found[path] = wrong_with(admin)
    assert {name: text for name, text in found.items() if text} == {}
