"""A comparison in the browser: a line and its element light up together, in both pictures, and these scroll together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from engine import people, studio

if TYPE_CHECKING:
    from tests.browser.conftest import Live

FRAMES = (
    "() => [1, 2, 3, 4].reduce((before) => before.then(() => new Promise(requestAnimationFrame)), Promise.resolve())"
)
CHOSEN = "pane => [...pane.querySelectorAll('.is-chosen')].map(part => part.dataset.sign || part.dataset.element)"


def test_a_line_and_its_element_light_up_together(live: Live) -> None:
    now = live.site.clock()
    with live.site.database.transaction() as session:
        owner = people.viewer(session, "bai.liucheng", now=now)
        change = studio.begin(session, owner, wanted=["complaint_handle.bpmn"], title="x", reason="x", now=now)
        source = studio.draft(session, owner, change, "complaint_handle.bpmn").source
        for old, new in (("内部认定关闭", "内部认定结案"), ("回复客户结果", "答复客户结果")):
            assert old.encode() in source
            source = source.replace(f'name="{old}"'.encode(), f'name="{new}"'.encode(), 1)
        studio.save(session, owner, change, "complaint_handle.bpmn", source=source, revision=1, now=now)
    page = live.enter("bai.liucheng", f"/studio/changes/{change}/compare")
    panes = page.locator(".compare-scroll")
    for pane in panes.all():  # they open where something is different, not at the empty left end
        page.wait_for_function("pane => pane.scrollLeft > 0", arg=pane.element_handle())
    reply = page.get_by_role("button", name="回复客户结果")
    close = page.get_by_role("button", name="内部认定关闭")
    reply.click()
    expect(reply).to_have_attribute("aria-pressed", "true")
    for pane in panes.all():
        assert set(pane.evaluate(CHOSEN)) == {"T18"}
        expect(pane.locator(".sign.is-chosen")).to_be_in_viewport()
    right = panes.nth(1)
    right.locator('[data-sign="T20"] text').click()
    expect(close).to_have_attribute("aria-pressed", "true")
    expect(reply).to_have_attribute("aria-pressed", "false")
    assert set(panes.nth(0).evaluate(CHOSEN)) == {"T20"}
    page.evaluate(FRAMES)  # the pictures have come to rest where the click took them
    right.evaluate("pane => pane.scrollTo(0, 0)")
    page.wait_for_function("() => document.querySelector('.compare-scroll').scrollLeft < 3")
    page.get_by_role("button", name="适应宽度").click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.compare-scroll')].every(p => p.scrollWidth <= p.clientWidth)"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_form_of_the_library_opens_its_fields_as_a_task_does(live: Live) -> None:
    page = live.enter("bai.liucheng", "/studio/files/T09.form")
    reason = page.get_by_label("退回理由")
    expect(reason).to_be_hidden()
    page.get_by_label("退回改派").check()
    expect(reason).to_be_visible()
    reason.fill("不归我管")
    reason.press("Enter")
    assert page.url.endswith("/studio/files/T09.form")
