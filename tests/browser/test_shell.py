"""Header, sign-in and inbox in a browser: by mouse, by keyboard, by touch, without script, and for assistive technology."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Live, shoot, violations


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_colours_are_those_of_the_machine(live: Live, dark: bool) -> None:
    page = live.open("/login", dark=dark)
    assert page.locator("html").get_attribute("data-bs-theme") == ("dark" if dark else "light")
    assert violations(page) == []
    shoot(page, f"login-{'dark' if dark else 'light'}")


def test_targets_are_large_enough_for_a_finger(live: Live) -> None:
    page = live.enter("lin.xiaoan", size="phone")
    small = page.evaluate(
        """() => [...document.querySelectorAll("a.btn, button, select, input:not([type=hidden]):not([type=checkbox]), .tabs a, .places-row a, .pick label")]
          .filter((node) => node.offsetParent && !node.closest("dialog") && !node.closest("details:not([open]) .menu-body"))
          .map((node) => [node.outerHTML.slice(0, 80), node.getBoundingClientRect()])
          .filter(([, box]) => box.height && (box.height < 40 || box.width < 40)).map(([html, box]) => `${html} ${box.width}x${box.height}`)"""
    )
    assert small == []


def test_keyboard_moves_takes_gives_back_and_opens(live: Live) -> None:
    page = live.enter("lin.xiaoan", "/inbox?view=all")
    page.keyboard.press("j")
    page.keyboard.press("j")
    row = page.locator("tr.here")
    task = row.get_attribute("data-task")
    assert page.locator("#inbox tbody tr").nth(1).get_attribute("data-task") == task
    page.keyboard.press("c")
    page.locator(f"#back-{task}").wait_for()
    assert page.locator("tr.here").get_attribute("data-task") == task
    page.keyboard.press("u")
    page.locator(f"#act-{task}[data-key=claim]").wait_for()
    page.keyboard.press("k")
    assert page.locator("tr.here").get_attribute("data-task") != task
    page.keyboard.press("/")
    page.wait_for_function("() => document.activeElement.id === 'q'")
    page.keyboard.press("j")
    assert page.input_value("#q") == "j"
    page.fill("#q", "")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/*")


def test_two_keys_lead_to_another_page(live: Live) -> None:
    page = live.enter("lin.xiaoan")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/cases")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/inbox")


def test_an_input_method_at_work_triggers_nothing(live: Live) -> None:
    page = live.enter("lin.xiaoan")
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', isComposing: true, bubbles: true}))")
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', isComposing: true, bubbles: true}))"
    )
    assert page.locator("tr.here").count() == 0


def test_search_while_typing_keeps_the_focus(live: Live) -> None:
    page = live.enter("lin.xiaoan")
    number = page.locator("#inbox .num").first.inner_text()
    with page.expect_response(lambda answer: "q=" in answer.url):
        page.type("#q", number)
    page.wait_for_function("() => document.querySelectorAll('#inbox tbody tr').length < 5")
    page.wait_for_function("() => document.activeElement.id === 'q'")
    assert number in page.url


def test_refresh_keeps_the_choice_and_the_place(live: Live) -> None:
    page = live.enter("lin.xiaoan", "/inbox?view=group")
    page.locator("input[name=task]").nth(0).check()
    page.keyboard.press("j")
    here = page.locator("tr.here").get_attribute("data-task")
    live.site.clock.advance(minutes=2)
    with page.expect_response(lambda answer: answer.status == 200 and "/inbox" in answer.url):
        page.evaluate("htmx.trigger('#inbox', 'refresh')")
    page.wait_for_timeout(1_100)  # the forms' token differs from second to second
    assert page.locator("input[name=task]").nth(0).is_checked()
    assert page.locator("tr.here").get_attribute("data-task") == here
    with page.expect_response(lambda answer: answer.status == 204):
        page.evaluate("htmx.trigger('#inbox', 'refresh')")


def test_taking_several_at_once(live: Live) -> None:
    page = live.enter("lin.xiaoan", "/inbox?view=group")
    assert page.locator("[data-bulk]").is_hidden()
    page.locator("input[name=task]").nth(0).check()
    page.locator("input[name=task]").nth(1).check()
    page.locator("[data-bulk] button").click()
    page.get_by_text("已领取 2 个任务").wait_for()


def test_everything_works_without_script(live: Live) -> None:
    page = live.enter("lin.xiaoan", "/inbox?view=group", java_script_enabled=False)
    task = page.locator("#inbox tbody tr").first.get_attribute("data-task")
    page.locator(f"#act-{task}").click()
    assert page.get_by_text("已领取。").is_visible()
    page.goto(live.address + "/inbox?view=mine")
    page.locator(f"#back-{task}").click()
    assert page.get_by_text("已退回").is_visible()
    page.goto(live.address + "/inbox")
    page.fill("#q", "TS-")
    page.get_by_role("button", name="查询").click()
    assert "q=TS-" in page.url


def test_language_and_colours_are_changed_in_the_menu(live: Live) -> None:
    page = live.enter("lin.xiaoan")
    page.locator("summary.who").click()
    page.get_by_role("button", name="深色模式").click()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.locator("summary.who").click()
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Inbox").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"


def test_the_bell_counts_news(live: Live) -> None:
    from engine.notifications import notify

    with live.site.database.transaction() as session:
        notify(session, recipient="lin.xiaoan", template="Saved.", link="/me", now=live.site.clock())
    page = live.enter("lin.xiaoan")
    page.locator(".unread .dot").wait_for()
    page.goto(live.address + "/notifications")
    page.get_by_role("button", name="已保存。").first.click()
    page.wait_for_url("**/me")
