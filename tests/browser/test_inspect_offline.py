"""A house inspected on a phone without network: nothing lost, nothing twice, conflicts shown (AC15)."""

from __future__ import annotations

import io
import random
import re
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from sqlalchemy import func, select

from storage.tables.defects import Defect, DefectEvent
from storage.tables.inspections import ChecklistItem, InspectionResult, InspectionUnit
from storage.tables.work import Attachment, UserTask
from tests.browser.conftest import Live, shoot, wrong_with
from tests.visits import INSPECTOR, OTHER, add_visits

if TYPE_CHECKING:
    from playwright.sync_api import Page

READY = "() => navigator.serviceWorker?.controller && navigator.serviceWorker.controller.state === 'activated'"
LINES = "[data-at=lines] .inspect-line"
SENT = """async () => {
  const { standing, look, rows } = window.inspection;
  if (!standing.asked || !standing.online || !standing.signedIn) return false;
  return (await look((at) => rows(at, standing.login))).length === 0;
}"""
TAPS = """() => { window.taps = 0;
  addEventListener("click", (event) => { window.taps += event.isTrusted && !event.target.closest("#shoot"); }, true); }"""
AGAIN = f"async () => {{ await window.inspection.round(); return ({SENT})(); }}"


def picture() -> dict[str, Any]:
    """A photo as large as a phone takes it, each with bytes of its own."""
    made, out = Image.new("RGB", (2400, 1800), tuple(random.choices(range(256), k=3))), io.BytesIO()
    made.save(out, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def aboard(live: Live, number: str, login: str = INSPECTOR, **options: Any) -> Page:
    """Open a house with a network, so that the phone takes it along; its worker is at work then."""
    page = live.enter(login, f"/inspect/{number}", size="phone", **options)
    page.locator(".inspect-rooms a").first.wait_for()
    page.wait_for_function(READY)
    settled(page)
    return page


def until(page: Page, question: str) -> None:
    """Ask the page until it says yes, for half a minute."""
    for _ in range(600):
        if page.evaluate(question):
            return
        page.wait_for_timeout(50)
    raise AssertionError(page.locator("#standing").inner_text())


def settled(page: Page) -> None:
    """Wait until nothing is left to be sent, and the page says so."""
    until(page, SENT)
    page.locator("#standing", has_text="已全部上传").wait_for()


def waiting(page: Page, count: int) -> None:
    page.locator(f"#standing[data-waiting='{count}']").wait_for()


def enter_room(page: Page, name: str) -> None:
    page.locator(".inspect-rooms a", has_text=name).tap()
    page.locator("[data-at=parts] button").first.wait_for()


def note(page: Page, part: str, problem: str) -> None:
    """Note a defect from inside its room: part, problem, photo, save."""
    page.locator("[data-at=parts] button", has_text=part).tap()
    page.locator("[data-at=problems] button", has_text=problem).tap()
    with page.expect_file_chooser() as chooser:
        page.locator(".inspect-shoot").tap()
    chooser.value.set_files([picture()])
    page.locator(".inspect-photo img").wait_for()
    page.locator(".inspect-save").tap()
    page.locator("[data-at=card]").wait_for(state="hidden")


def answer(page: Page, line: int, label: str) -> None:
    row = page.locator(LINES).nth(line)
    row.get_by_role("button", name=label, exact=True).tap()
    row.locator(".inspect-mark:not(:empty)").wait_for()


def stored(live: Live, number: str) -> tuple[list[tuple[str, str]], list[Defect], int]:
    """Read what the server has: answers, defects, photos."""
    with live.site.database.read() as session:
        results = select(InspectionResult.item, InspectionResult.result)
        results = results.where(InspectionResult.inspection_number == number).order_by(InspectionResult.item)
        defects = session.scalars(select(Defect).where(Defect.found_in == number).order_by(Defect.room)).all()
        photos = select(func.count()).select_from(photos_of(number).subquery())
        return [tuple(row) for row in session.execute(results)], list(defects), session.scalar(photos) or 0


def photos_of(number: str) -> Any:
    """Select the photos of a house's visit."""
    house = select(InspectionUnit.instance_id).where(InspectionUnit.number == number)
    return select(Attachment).where(Attachment.instance_id.in_(house), Attachment.field == "photos")


def watched(live: Live) -> list[str]:
    """Note what is asked of the server from now on."""
    asked: list[str] = []
    before = live.site.app.wsgi_app

    def note_path(environ: Any, start: Any) -> Any:
        asked.append(environ["PATH_INFO"])
        return before(environ, start)

    live.site.app.wsgi_app = note_path  # type: ignore[method-assign]
    return asked


@pytest.fixture
def number(live: Live) -> str:
    return add_visits(live.site, 3, inspectors=(INSPECTOR, OTHER))[0]


def test_a_house_inspected_without_network_arrives_exactly_once(live: Live, number: str) -> None:
    page = aboard(live, number)
    asked = watched(live)
    page.context.set_offline(True)
    enter_room(page, "客厅")
    answer(page, 1, "不适用")
    note(page, "木地板", "起鼓")
    page.locator("[data-at=rest]").tap()
    page.get_by_text("还有 1 项要逐项填写").wait_for()  # the floor has a defect: it is not passed with the rest
    waiting(page, 4)
    answer(page, 0, "合格")
    waiting(page, 5)
    page.locator("#back").tap()
    enter_room(page, "主卧")
    answer(page, 0, "合格")
    answer(page, 1, "合格")
    note(page, "窗", "关闭不严")
    waiting(page, 9)
    assert stored(live, number) == ([], [], 0)
    # the phone is switched off and on in the cellar
    reloaded = page.reload()
    assert reloaded is not None
    assert reloaded.from_service_worker
    waiting(page, 9)
    page.locator("#standing", has_text="无网络").wait_for()
    page.locator(f"{LINES} [aria-pressed=true]").nth(1).wait_for()
    page.locator(".inspect-defect", has_text="关闭不严").wait_for()
    page.goto(f"{live.address}/inspect")
    page.locator(".inspect-card:has([data-at=aboard]:not([hidden]))").wait_for()
    page.locator("#find").fill("nowhere")
    page.get_by_text("没有符合的房屋").wait_for()
    page.locator("#find").fill("")
    page.locator(f".inspect-card[href='/inspect/{number}']").tap()
    page.locator(".inspect-rooms a").first.wait_for()
    assert asked == [], "neither the page nor its worker had a network"
    page.context.set_offline(False)
    settled(page)
    results, defects, photos = stored(live, number)
    assert results == [("B1", "合格"), ("B2", "合格"), ("L1", "合格"), ("L2", "不适用"), ("L3", "合格")]
    assert [(one.room, one.problem, one.severity, len(one.photos)) for one in defects] == [
        ("主卧", "门窗/关闭不严", "B", 1),
        ("客厅", "精装/起鼓", "B", 1),
    ]
    assert photos == 2
    with live.site.database.read() as session:
        assert [(one.width, one.height) for one in session.scalars(photos_of(number))] == [(1600, 1200), (1600, 1200)]
        events = select(func.count()).where(DefectEvent.defect_id.in_([one.id for one in defects]))
        assert session.scalar(events) == 2
    page.reload()
    settled(page)
    assert stored(live, number)[2] == 2


def test_a_defect_takes_five_taps_and_is_sent_again_when_the_answer_is_lost(live: Live, number: str) -> None:
    """The server has the rows, the phone does not know: it sends them again and nothing is there twice."""
    page = aboard(live, number)
    page.evaluate(TAPS)
    lost = []

    def lose(route: Any) -> None:
        lost.append(route.fetch())
        route.abort()

    page.route("**/inspect/*/defects", lose, times=1)
    page.route("**/inspect/*/results", lose, times=1)
    page.route("**/inspect/*/photos", lose, times=1)
    enter_room(page, "主卫")
    note(page, "地面防水", "渗漏")
    assert page.evaluate("window.taps") <= 5
    answer(page, 0, "不合格")
    until(page, AGAIN)
    settled(page)
    assert [one.status for one in lost] == [200, 200, 200]
    results, (defect,), photos = stored(live, number)
    assert (results, photos) == ([("W1", "不合格")], 1)
    assert (defect.part, defect.problem, defect.trade, defect.text) == ("卫生间/地面防水", "防水/渗漏", "防水", "渗漏")


def test_marks_and_the_place_on_the_plan_lie_beside_the_photo(live: Live, number: str) -> None:
    page = aboard(live, number)
    enter_room(page, "客厅")
    page.locator("[data-at=parts] button", has_text="木地板").tap()
    page.locator("[data-at=problems] button", has_text="起鼓").tap()
    page.locator("#shoot").set_input_files([picture()])
    page.locator(".inspect-photo img").wait_for()
    page.get_by_role("button", name="在照片上标注").tap()
    canvas = page.locator("#marks canvas")
    page.locator("#marks[open]").wait_for()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.5, steps=6)
    page.mouse.up()
    assert wrong_with(page) == []
    shoot(page, "inspect-marks")
    page.locator("#marks [data-at=done]").tap()
    page.locator(".inspect-photo polyline").wait_for(state="attached")
    page.get_by_role("button", name="标在平面图上").tap()
    page.locator("#pin[open]").wait_for()
    page.locator("#pin svg").tap(position={"x": 60, "y": 200})
    shoot(page, "inspect-pin")
    page.locator("#pin [data-at=done]").tap()
    page.get_by_role("button", name="已标在平面图上").wait_for()
    # the draft outlives the page
    page.reload()
    page.get_by_role("button", name="已标在平面图上").wait_for()
    page.locator(".inspect-photo polyline").wait_for(state="attached")
    page.locator(".inspect-save").tap()
    page.locator("[data-at=card]").wait_for(state="hidden")
    settled(page)
    (defect,) = stored(live, number)[1]
    ((stroke,),) = [one["marks"] for one in defect.photos]
    assert stroke[0] == pytest.approx([0.25, 0.25], abs=0.02)
    assert stroke[-1] == pytest.approx([0.75, 0.5], abs=0.02)
    assert 0 < defect.plan_x < 0.5 < defect.plan_y < 1


def test_a_row_changed_by_somebody_else_is_shown_with_a_choice(live: Live, number: str) -> None:
    page = aboard(live, number)
    enter_room(page, "客厅")
    note(page, "木地板", "起鼓")
    answer(page, 0, "合格")
    settled(page)
    page.context.set_offline(True)
    page.locator(".inspect-defect").tap()
    page.locator("[data-at=card]").wait_for()
    page.locator("#words").fill("我写的")
    page.locator(".inspect-save").tap()
    answer(page, 0, "不适用")
    answer(page, 2, "合格")
    waiting(page, 3)
    with live.site.database.transaction() as session:
        session.delete(session.scalars(select(ChecklistItem).where(ChecklistItem.code == "L3")).one())
        defect = session.scalars(select(Defect).where(Defect.found_in == number)).one()
        defect.text, defect.revision = "主管写的", 2
        line = session.scalars(select(InspectionResult).where(InspectionResult.inspection_number == number)).one()
        line.result, line.revision, line.actor = "不合格", 2, "chen.liyan"
    page.context.set_offline(False)
    page.locator("#standing[data-trouble='3']").wait_for()
    page.locator("#standing").tap()
    refused = page.locator(".inspect-row:has([data-state=refused])")
    refused.get_by_text("没有“客厅 L3”这一项").wait_for()
    refused.get_by_role("button", name="放弃这条").tap()
    page.locator("#standing[data-trouble='2']").wait_for()
    first = page.locator(".inspect-row[data-kind=defect]")
    assert "我写的" in first.locator("[data-at=mine]").inner_text()
    assert "主管写的" in first.locator("[data-at=theirs]").inner_text()
    assert wrong_with(page) == []
    shoot(page, "inspect-conflict")
    assert stored(live, number)[1][0].text == "主管写的", "nothing is overwritten before the choice"
    first.get_by_role("button", name="用我的").tap()
    page.locator("#standing[data-trouble='1']").wait_for()
    page.locator(".inspect-row[data-kind=result]").get_by_role("button", name="用对方的").tap()
    settled(page)
    results, (defect,), _photos = stored(live, number)
    assert (defect.text, defect.revision, results) == ("我写的", 3, [("L1", "不合格")])
    page.locator("#outbox [data-close]").tap()
    page.locator(LINES).first.locator("[value=不合格][aria-pressed=true]").wait_for()


def test_what_one_person_wrote_is_not_sent_by_another(live: Live, number: str) -> None:
    page = aboard(live, number)
    page.context.set_offline(True)
    enter_room(page, "客厅")
    answer(page, 0, "合格")
    waiting(page, 1)
    session_cookie = [one for one in page.context.cookies() if one["name"] == "keyturn"]
    page.context.clear_cookies()
    page.context.set_offline(False)
    page.locator("#standing", has_text="登录后上传").wait_for()
    assert stored(live, number)[0] == []
    page.goto(f"{live.address}/login")
    page.locator(f'button[name=login][value="{OTHER}"]').first.tap()
    page.wait_for_url("**/inbox")
    page.goto(f"{live.address}/inspect")
    settled(page)
    page.locator("#standing").tap()
    page.locator("[data-at=others]", has_text="1").wait_for()
    assert stored(live, number)[0] == []
    page.context.clear_cookies()
    page.context.add_cookies(session_cookie)
    page.goto(f"{live.address}/inspect")
    settled(page)
    assert stored(live, number)[0] == [("L1", "合格")]


def test_the_visit_is_ended_on_the_phone_when_all_else_is_sent(live: Live, number: str) -> None:
    page = aboard(live, number)
    page.context.set_offline(True)
    enter_room(page, "客厅")
    page.locator("[data-at=rest]").tap()
    page.locator("#back").tap()
    enter_room(page, "主卧")
    page.locator("[data-at=rest]").tap()
    page.get_by_text("还有 1 项要逐项填写").wait_for()  # a value is measured there
    page.locator("#back").tap()
    page.get_by_role("button", name="结束验房").tap()
    page.get_by_text("请先签名").wait_for()
    box = page.locator(".inspect-pad").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 60, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="结束验房").tap()
    page.get_by_text("还有 2 项未查：请勾选确认").wait_for()
    page.get_by_label("确认未查，仍要结束验房").check()
    page.get_by_role("button", name="结束验房").tap()
    page.get_by_text("已在手机上结束验房").wait_for()
    waiting(page, 6)
    page.context.set_offline(False)
    settled(page)
    page.get_by_text(re.compile("已于 .+ 提交")).wait_for()
    with live.site.database.read() as session:
        house = select(InspectionUnit.instance_id).where(InspectionUnit.number == number)
        done = select(UserTask.element_id, UserTask.completed_by).where(UserTask.instance_id.in_(house))
        assert [tuple(row) for row in session.execute(done.where(UserTask.state == "completed"))] == [
            ("U01", INSPECTOR)
        ]
    left = [line for line, result in stored(live, number)[0] if result == "未查"]
    assert left == ["B1", "W1"], "what nobody looked at is not passed"


def test_the_pages_are_accessible_in_both_colours(live: Live, number: str) -> None:
    page = live.enter(INSPECTOR, "/inspect", size="phone", reduced_motion="reduce")
    wrong = {}
    page.locator(".inspect-card").first.wait_for()
    shoot(page, "inspect-list")
    wrong["list"] = wrong_with(page)
    page.goto(f"{live.address}/inspect/{number}")
    page.locator(".inspect-rooms a").first.wait_for()
    settled(page)
    shoot(page, "inspect-house")
    wrong["house"] = wrong_with(page)
    page.locator(".inspect-rooms a").first.click()
    page.locator("[data-at=parts] button").first.click()
    page.locator("[data-at=problems] button").first.click()
    page.locator("#shoot").set_input_files([picture()])
    page.locator(".inspect-photo img").wait_for()
    page.locator(LINES).first.get_by_role("button", name="合格", exact=True).click()
    settled(page)
    page.evaluate("scrollTo(0, 0)")
    shoot(page, "inspect-room")
    wrong["room"] = wrong_with(page)
    shoot(page, "inspect-room-dark")
    page.set_viewport_size({"width": 1180, "height": 800})
    wrong["room on a desk"] = wrong_with(page)
    assert {name: found for name, found in wrong.items() if found} == {}
