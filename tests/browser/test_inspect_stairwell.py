"""What happens to an inspector between floors: a full phone, two tabs, a new version, a code on a door, going home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processes.services import doors
from storage import inspections as rows
from tests.acceptance.test_inspect import Phone
from tests.acceptance.test_recheck import at_recheck, give_back, row
from tests.browser.conftest import Live, shoot, wrong_with
from tests.browser.test_inspect_offline import LINES, READY, aboard, answer, enter_room, picture, settled, waiting
from tests.sites import SECRET
from tests.visits import INSPECTOR, OTHER, add_visits

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Page

SHELLS = "async () => (await caches.keys()).filter((name) => name.includes('shell'))"
FULL = """() => {
  const put = IDBObjectStore.prototype.put;
  window.room = () => { IDBObjectStore.prototype.put = put; };
  IDBObjectStore.prototype.put = function (...given) {
    if (this.name === "photos") throw new DOMException("The current transaction exceeded its quota.", "QuotaExceededError");
    return put.apply(this, given);
  };
}"""
CAMERA = """(address) => {
  navigator.mediaDevices.getUserMedia = async () => document.createElement("canvas").captureStream(1);
  HTMLMediaElement.prototype.play = async () => {};
  window.BarcodeDetector = class { async detect() { return [{ rawValue: address }]; } };
}"""


def door(live: Live, number: str) -> str:
    with live.site.database.read() as session:
        row = rows.house(session, number)
        assert row is not None
        return f"/inspect/door/{doors.token(row.unit_id, SECRET)}"


def test_between_floors(live: Live) -> None:
    first, second = add_visits(live.site, 2)
    page = aboard(live, first)
    page.goto(f"{live.address}/inspect")
    page.get_by_role("button", name="把今天的 1 户存到手机").tap()
    page.locator("[data-at=aboard]:visible").nth(1).wait_for()
    _two_tabs(live, page, first)
    _full_phone(page)
    _new_version(live, page, first)
    page.context.set_offline(True)
    page.goto(live.address + door(live, second))  # the phone's camera app opens the address of the code
    page.wait_for_url(f"**/inspect/{second}")
    page.locator(".inspect-rooms a").first.wait_for()
    page.context.set_offline(False)
    settled(page)
    _going_home(live, page)


def _two_tabs(live: Live, page: Page, number: str) -> None:
    """What is answered in one tab is seen in the other, and sent once."""
    page.goto(f"{live.address}/inspect/{number}#0")
    other = page.context.new_page()
    other.goto(f"{live.address}/inspect/{number}#0")
    for one in (page, other):
        one.locator(LINES).first.wait_for()
    answer(page, 0, "合格")
    other.locator(LINES).first.locator("[value=合格][aria-pressed=true]").wait_for()
    settled(page)
    other.close()


def _full_phone(page: Page) -> None:
    page.locator("[data-at=parts] button").first.tap()
    page.locator("[data-at=problems] button").first.tap()
    page.evaluate(FULL)
    page.locator("#shoot").set_input_files([picture()])
    page.get_by_text("手机存储空间已满").wait_for()
    page.evaluate("window.room()")
    page.locator("#shoot").set_input_files([picture()])
    page.locator(".inspect-photo img").wait_for()
    page.locator(".inspect-save").tap()
    page.locator("[data-at=card]").wait_for(state="hidden")
    settled(page)


def _new_version(live: Live, page: Page, number: str) -> None:
    """After a deployment the next visit brings the new files, and what was kept of houses stays."""
    before = live.site.app.view_functions["inspect.worker"]

    def changed() -> Any:
        found = before()
        found.set_data(found.get_data(as_text=True).replace('const VERSION = "', 'const VERSION = "new-'))
        return found

    live.site.app.view_functions["inspect.worker"] = changed
    (old,) = page.evaluate(SHELLS)
    page.goto(f"{live.address}/inspect/{number}")
    for _ in range(100):
        names = page.evaluate(SHELLS)
        if names == [old.replace("shell-", "shell-new-")]:
            break
        page.wait_for_timeout(50)
    assert names == [old.replace("shell-", "shell-new-")]
    page.reload()
    page.wait_for_function(READY)
    page.context.set_offline(True)
    page.reload()
    page.locator(".inspect-rooms a").first.wait_for()
    page.context.set_offline(False)
    settled(page)


def _going_home(live: Live, page: Page) -> None:
    """Signing out asks when something is only on this phone."""
    page.route("**/inspect/*/results", lambda route: route.abort())
    enter_room(page, "客厅")
    answer(page, 0, "合格")
    waiting(page, 1)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.goto(f"{live.address}/inbox")
    page.once("dialog", stay)
    page.locator("summary.who").tap()
    page.get_by_role("button", name="退出").tap()
    for _ in range(200):
        if asked:
            break
        page.wait_for_timeout(20)
    assert "还有 1 条" in asked[0]
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="退出").tap()
    page.wait_for_url("**/login")


def test_a_recheck_that_a_colleague_did_otherwise_is_shown_with_a_choice(live: Live) -> None:
    phone = at_recheck(live.site)
    due = phone.state()["due"]
    page = live.enter(INSPECTOR, f"/inspect/{phone.number}", size="phone")
    cards = page.locator(".inspect-again")
    cards.nth(1).wait_for()
    cards.nth(0).get_by_text("整改前").wait_for()
    assert cards.get_by_text("本次", exact=True).count() == 2
    settled(page)
    page.context.set_offline(True)
    for at in range(2):
        cards.nth(at).get_by_role("button", name="已修好", exact=True).tap()
        cards.nth(at).get_by_text("至少拍一张照片").wait_for()
        cards.nth(at).locator("input[type=file]").set_input_files([picture()])
        cards.nth(at).locator(".inspect-photo img").wait_for()
        cards.nth(at).get_by_role("button", name=("已修好", "没修好")[at], exact=True).tap()
        cards.nth(at).locator("[data-at=problem]").wait_for(state="hidden")
    waiting(page, 4)
    assert cards.nth(1).locator("input[type=text]").input_value() == "问题仍在"
    give_back(live.site, phone.number)
    other = Phone(live.site, OTHER, phone.number)
    for defect in due:
        assert other.send("rechecks", row(other, defect, passed="不通过", note="还在漏")).status_code == 200
    page.context.set_offline(False)
    page.locator("#standing[data-trouble='2']").wait_for()
    page.locator("#standing").tap()
    first, second = page.locator(".inspect-row[data-kind=recheck]").all()
    assert "已修好" in first.locator("[data-at=mine]").inner_text()
    assert "还在漏" in first.locator("[data-at=theirs]").inner_text()
    second.get_by_role("button", name="用我的").tap()
    page.locator("#standing[data-trouble='1']").wait_for()
    page.locator(".inspect-row").get_by_role("button", name="用对方的").tap()
    settled(page)
    notes = {one["defect"]: one["note"] for one in phone.state()["rechecks"]}
    assert sorted(notes.values()) == ["还在漏", "问题仍在"]
    page.locator("#outbox [data-close]").tap()
    assert page.locator(".inspect-again [value=不通过][aria-pressed=true]").count() == 2


def test_a_code_is_read_by_the_page_itself_where_the_browser_can(live: Live) -> None:
    (number,) = add_visits(live.site, 1)
    page = live.enter(INSPECTOR, size="phone")
    page.add_init_script(f"({CAMERA})('https://elsewhere.example{door(live, number)}')")
    page.goto(f"{live.address}/inspect")
    page.get_by_role("button", name="扫门上的码").tap()
    page.wait_for_url(f"**/inspect/{number}")
    page.locator(".inspect-rooms a").first.wait_for()
    stranger = live.open(door(live, number), size="phone", reduced_motion="reduce")
    assert wrong_with(stranger) == []
    shoot(stranger, "door")
    stranger.get_by_role("link", name="登录").tap()
    stranger.locator(f'button[name=login][value="{INSPECTOR}"]').first.tap()
    stranger.wait_for_url(f"**/inspect/{number}")
