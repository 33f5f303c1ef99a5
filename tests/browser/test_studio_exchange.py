"""In a browser: a diagram from elsewhere is dropped, mended and opened in the editor; a case is played again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storage.tables.instances import HistoryEvent, ProcessInstance
from tests.acceptance.test_exchange import FOREIGN
from tests.browser.conftest import Live, shoot, wrong_with

if TYPE_CHECKING:
    from playwright.sync_api import Page

DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, {type: "text/xml"}));
  document.querySelector("[data-drop]").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
}"""
STEP = "step => document.querySelector('.replay').dataset.step === String(step)"


def test_a_diagram_is_dropped_mended_and_edited(live: Live) -> None:
    page = live.enter("bai.liucheng", "/studio/doctor", reduced_motion="reduce")
    page.evaluate(DROP, ["请假.bpmn", FOREIGN.decode()])
    page.locator(".remarks li").first.wait_for()
    assert wrong_with(page) == []
    shoot(page, "doctor")
    page.locator(".remarks li").first.hover()
    assert "is-shown" in (page.locator('.node[data-element="g"]').get_attribute("class") or "")
    page.get_by_role("button", name="能修的全部修好").click()
    page.get_by_text("1 个问题妨碍运行").wait_for()  # who does it is still to be said, in the editor
    assert page.locator(".doctor-done li").count() >= 3
    page.get_by_label("变更标题").fill("请假流程")
    page.get_by_role("button", name="继续编辑").click()
    page.wait_for_url("**/studio/changes/*/edit/*.bpmn")
    assert page.url.endswith("/edit/%E8%AF%B7%E5%81%87.bpmn")


def _longest(live: Live) -> str:
    with live.site.database.read() as session:
        most = select(HistoryEvent.instance_id).group_by(HistoryEvent.instance_id).order_by(func.count().desc())
        return str(session.get_one(ProcessInstance, session.scalars(most).first()).business_key)


def _marked(page: Page) -> str:
    return page.locator(".replay .is-named").first.get_attribute("data-element") or ""


def test_a_case_is_played_step_by_step(live: Live) -> None:
    page = live.enter("lin.xiaoan", f"/cases/{_longest(live)}/replay?step=1", size="phone", reduced_motion="reduce")
    page.locator("[data-play]").wait_for()
    last = int(page.locator(".replay input[type=range]").get_attribute("max") or 0)
    assert last > 20
    first, said = _marked(page), page.locator("[data-said]").inner_text()
    assert first == "T01"
    page.locator("[data-play]").click()
    page.wait_for_function("() => Number(document.querySelector('.replay').dataset.step) >= 2")
    page.locator("[data-play]").click()
    paused = int(page.locator(".replay").get_attribute("data-step") or 0)
    page.locator("[data-go='-1']").click()
    page.wait_for_function(STEP, arg=paused - 1)
    page.locator(".replay input[type=range]").fill("5")
    page.wait_for_function(STEP, arg=5)
    assert page.locator("[data-said]").inner_text() != said
    box = page.locator(".replay .is-named").first.bounding_box()
    frame = page.locator(".replay-page[open] .diagram").bounding_box()
    assert box
    assert frame
    assert frame["x"] <= box["x"] + box["width"] / 2 <= frame["x"] + frame["width"], "the element is brought into view"
    page.locator(f'[data-to="{last}"]').click()
    page.wait_for_function(STEP, arg=last)
    assert page.locator(".replay-rows [aria-current=step]").get_attribute("id") == f"step-{last}"
    shoot(page, "replay-phone")
