"""A complaint from the call to the closed case, through the pages of eight people, some of them on a phone."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select

from engine import instances
from processes.services.demo.answers import PHOTO, SIGNATURE, answers
from processes.services.demo.people import personas
from storage.tables.cases import ServiceCase
from storage.tables.instances import ProcessInstance
from storage.tables.work import Incident, UserTask
from tests.browser.conftest import Live, shoot

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

HOME = "春和里1期-02-1-1502"
CALL = {
    "kind": "投诉", "subject": "自己房产", "cat1": "工程维修类", "cat2": "户内维修", "brief": "客卫顶板渗水，第二次来电",
    "facts": "上周修过一次，昨晚下雨后又渗。", "demand": "彻底修好并赔偿吊顶。", "location": "客卫", "channel": "电话",
    "received_by": "地产", "urgency": "一般", "scope": "单人", "answered": False, "wording_confirmed": True, "readback": True,
}  # fmt: skip
NAMES = re.compile("|".join([*(person.name for person in personas()), "春和里", "秋实园", "知夏苑", "望冬台"]))
"""People and projects keep their names in English."""
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
CHROME = """() => [...document.querySelectorAll("nav a, h1, h2, th, .btn, label, legend, summary, caption")]
  .filter((one) => one.offsetParent && !one.closest(".diagram, .who, .case-head"))
  .map((one) => one.innerText.trim()).filter((text) => /[\\u4e00-\\u9fff]/.test(text))"""


def posted(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Write values as names of a page's fields."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for index, row in enumerate(value):
                found |= posted(row, f"{prefix}{name}-{index}-")
        elif value is not None and value != "":
            found[prefix + name] = value
    return found


def picture() -> dict[str, Any]:
    out = io.BytesIO()
    Image.effect_noise((640, 480), 60).convert("RGB").save(out, "JPEG")
    return {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def sign(page: Page, pad: Locator) -> None:
    """Draw a signature."""
    pad.scroll_into_view_if_needed()
    at = pad.bounding_box()
    assert at
    page.mouse.move(at["x"] + 20, at["y"] + 30)
    page.mouse.down()
    page.mouse.move(at["x"] + 140, at["y"] + 70, steps=6)
    page.mouse.up()


def choose(page: Page, css: str) -> None:
    """Tick a box or a star; of stars one sees the label only."""
    target = page.locator(f".kt-form {css}").first
    if target.is_checked():
        return
    around = page.locator(f".kt-form label:has({css})")
    if around.count():
        around.first.click()
    else:
        target.check()


def fill_one(page: Page, name: str, value: Any) -> None:
    """Fill one field the way its widget wants it."""
    box = page.locator(f'.kt-form [name="{name}"]')
    text = page.locator(f'.kt-form [name="{name}__text"]')
    if value == SIGNATURE:
        sign(page, page.locator(f'[data-field="{name}"] canvas, canvas').first)
    elif value in (PHOTO, [PHOTO]):
        page.locator(f'[name="{name}__file"]').set_input_files(picture())
        page.locator(f'[name="{name}"]').first.wait_for(state="attached")
    elif text.count():
        for one in value if isinstance(value, list) else [value]:
            text.fill("")
            text.press_sequentially(one)
            page.locator("[role=listbox]:visible [role=option]").first.click()
    elif box.first.evaluate("box => box.type") in {"radio", "checkbox"}:
        for one in value if isinstance(value, list) else [value]:
            wanted = str(one).lower() if isinstance(one, bool) else one
            choose(page, f'[name="{name}"][value="{wanted}"]')
    elif box.first.evaluate("box => box.tagName") == "SELECT":
        page.locator(f'.kt-form [name="{name}"] option[value="{value}"]').wait_for(state="attached")
        box.select_option(str(value))
    else:
        box.fill(value[:16] if re.match(r"\d{4}-\d\d-\d\dT", str(value)) else str(value))


def fill(page: Page, values: dict[str, Any]) -> None:
    """Fill in what is on the page."""
    for name, value in posted(values).items():
        if match := re.match(r"(\w+)-0-", name):
            row = page.locator(f'.kt-form [name^="{match[1]}-0-"]')
            if not row.count():
                page.locator(f'button[value="add:{match[1]}"]').click()
                row.first.wait_for()
        fill_one(page, name, value)


def submit(page: Page) -> str:
    """Press the button; gives what the page says then."""
    page.locator("[data-submit]").click()
    page.locator("#toasts p, .problem, .form-error").first.wait_for()
    problems = page.locator(".problem, .form-error").all_inner_texts()
    assert not problems, problems
    return page.locator("#toasts").inner_text()


class Story:
    """The case, and the people who have it open."""

    def __init__(self, live: Live) -> None:
        self.live, self.number = live, ""
        self.pages: dict[tuple[str, str], Page] = {}

    def page(self, login: str, size: str = "desk") -> Page:
        if (login, size) not in self.pages:
            self.pages[login, size] = self.live.enter(login, size=size)
        return self.pages[login, size]

    def known(self, element: str) -> dict[str, Any]:
        """Answer a task as the demonstration does."""
        with self.live.site.database.read() as session:
            query = select(UserTask).join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
            wanted = query.where(ProcessInstance.business_key == self.number, UserTask.element_id == element)
            row = session.scalars(wanted.where(UserTask.state == "open")).one()
            variables = instances.view_of(session.get_one(ProcessInstance, row.instance_id).variables, row.scope_id)
            return answers(element, variables, self.live.site.clock())

    def does(
        self, login: str, element: str, name: str, *, size: str = "desk", said: str = "已完成", **changes: Any
    ) -> Page:
        """Find the task in the inbox, fill it in, finish it; `said` is what the person reads then."""
        page = self.page(login, size)
        page.goto(f"{self.live.address}/inbox?q={self.number}")
        link = page.locator("a.name", has_text=name)
        for _ in range(100):  # the worker may still be on its way to this task
            if link.count():
                break
            page.wait_for_timeout(250)
            page.reload()
        link.first.click()
        page.wait_for_url("**/tasks/**")
        assert page.locator("h1").inner_text() == name
        assert self.number in page.locator("main").inner_text()
        fill(page, {key: value for key, value in (self.known(element) | changes).items() if value is not None})
        shoot(page, f"journey-{element}-{size}")
        told = submit(page)
        assert said in told, told
        return page


def register(live: Live, page: Page) -> str:
    """Register the call: the caller is found by the house, the rest is typed; gives the number."""
    page.goto(live.address + "/start/complaint")
    page.get_by_label("电话、房号或姓名").press_sequentially(HOME, delay=5)
    page.locator(".start-match").first.click()
    expect(page.locator("[name=unit__text]")).to_have_value(HOME)
    fill(page, CALL)
    page.locator("[data-submit]").click()
    page.wait_for_url("**/start/complaint/done/**")
    found = re.search(r"TS-2026-\d{6}", page.locator("h1").inner_text())
    assert found
    assert "首次联系" in page.locator("main").inner_text(), "the dates to tell the customer"
    return found[0]


def test_a_complaint_from_the_call_to_the_closed_case(live: Live) -> None:
    story = Story(live)
    story.number = register(live, story.page("lin.xiaoan"))
    story.does("lin.xiaoan", "T07", "派单", acceptor=None, department=None, accept_due=None)
    story.does("zhou.xiaoning", "T08", "电话通知受理人", said="受理", attempts=[{"result": "接通"}])
    story.does(
        "chen.liyan", "T09", "受理", size="phone", said="预约上门", needs_visit=True, reply_expected=None,
    )  # fmt: skip
    story.does("yang.guanjia", "T10", "预约上门", said="现场查勘", visitors=["郑监理"])
    story.does("zheng.jianli", "T11", "现场查勘", size="phone", said="制定方案与分派", defects=None)
    story.does(
        "chen.liyan", "T12", "制定方案与分派", said="领导审核方案", plan_types=["维修", "补偿"], compensation="800",
        plan_tasks=[{"type": "部门处理", "department": "工程部", "person": "康工程", "content": "拆吊顶，重做防水。",
                     "due": "2026-03-06T18:00"}],
    )  # fmt: skip
    story.does("yan.lingdao", "T13", "领导审核方案", said="答复客户方案")
    story.does("chen.liyan", "T14", "答复客户方案", said="部门处理")
    story.does("lin.xiaoan", "T15", "过程回访")
    story.does(
        "kang.gongcheng", "T16", "部门处理", size="phone", said="汇总与问题归类", task_photos=[PHOTO],
    )  # fmt: skip
    story.does(
        "chen.liyan", "T17", "汇总与问题归类", said="回复客户结果", final_cat1=None, final_cat2=None, responsible=None
    )
    story.does("lin.xiaoan", "T18", "回复客户结果", said="客户签认")
    story.does("lin.xiaoan", "T19", "客户签认", size="phone", said="流程会自动继续")
    case = story.page("lin.xiaoan")
    case.goto(f"{live.address}/cases/{story.number}")
    assert "待回访" in case.locator("main").inner_text()
    live.site.clock.advance(days=8)
    live.site.database.wake.set()
    story.does("zhou.xiaoning", "CB1", "回访通话", attempt=None)
    story.does("sun.mingli", "T25", "复查归档")
    case.reload()
    for _ in range(100):  # the worker closes it
        if "已关闭" in case.locator("main").inner_text():
            break
        case.wait_for_timeout(250)
        case.reload()
    shoot(case, "journey-closed")
    assert "已关闭" in case.locator("main").inner_text()
    with live.site.database.read() as session:
        assert session.scalars(select(ServiceCase.state).where(ServiceCase.number == story.number)).one() == "已关闭"
        assert session.scalars(select(Incident)).all() == []
        case_of = select(UserTask.element_id).join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        left = case_of.where(ProcessInstance.business_key == story.number, UserTask.state == "open")
        assert session.scalars(left.where(UserTask.process_key == "complaint")).all() == []


def test_no_chinese_in_the_pages_of_english_readers(live: Live) -> None:
    page = live.enter("lin.xiaoan")
    page.locator("summary.who").click()
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Inbox").wait_for()
    with live.site.database.read() as session:
        task = session.scalars(
            select(UserTask.id).where(UserTask.element_id == "T07", UserTask.state == "open")
        ).first()
        case = session.scalars(select(ServiceCase.number).where(ServiceCase.state == "处理中")).first()
    leaks = {}
    for path in (
        "/inbox",
        "/inbox?view=done",
        "/start",
        "/cases",
        f"/cases/{case}",
        f"/tasks/{task}",
        "/notifications",
        "/me",
    ):
        page.goto(live.address + path)
        assert page.locator("html").get_attribute("lang") == "en"
        texts = [NAMES.sub("", text) for text in page.evaluate(CHROME)]
        if found := [text for text in texts if CHINESE.search(text)]:
            leaks[path] = found
    assert leaks == {}
