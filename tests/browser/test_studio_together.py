"""Two people in one file, a lost connection, a page that is left: nothing of what was drawn is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from werkzeug.serving import make_server

from engine import people, studio
from engine.core import parse
from engine.core.model import Node
from tests.browser.conftest import Live, Quiet, wrong_with
from tests.sites import Site

FILE = "complaint_plan.bpmn"
SOON = 20_000
"""Milliseconds: asked for every two seconds, but this machine may be busy."""
WHO, OTHER = "bai.liucheng", "admin"
MODELER = "document.querySelector('#canvas').modeler"
RENAME = f"""([id, name]) => {{ const modeler = {MODELER};
  modeler.get('modeling').updateProperties(modeler.get('elementRegistry').get(id), {{ name }}); }}"""
NAME = f"([id, name]) => {MODELER}.get('elementRegistry').get(id)?.businessObject.name === name"


@pytest.fixture
def live(site: Site, chromium: Browser) -> Iterator[Live]:
    """A server without a worker: nothing here waits for one."""
    server = make_server("127.0.0.1", 0, site.app, threaded=True, request_handler=Quiet)
    serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    serving.start()
    found = Live(site, f"http://127.0.0.1:{server.server_port}", chromium)
    yield found
    for context in found.contexts:
        context.close()
    server.shutdown()
    serving.join()
    server.server_close()
    assert found.complaints == []


def begin(site: Site, *files: str) -> UUID:
    with site.database.transaction() as session:
        owner = people.viewer(session, WHO, now=site.clock())
        return studio.begin(session, owner, wanted=files, title="查勘一天内完成", now=site.clock())


def kept(site: Site, change: UUID, file: str = FILE) -> bytes:
    with site.database.read() as session:
        return studio.files(session, change)[file]


def node(site: Site, change: UUID, element: str) -> Node:
    found = parse.parse(kept(site, change)).node(element)
    assert found is not None
    return found


def ready(page: Page) -> Page:
    expect(page.locator("html[data-editor=ready]")).to_have_count(1, timeout=SOON)
    return page


def open_editor(live: Live, login: str, change: UUID, file: str = FILE, **options: Any) -> Page:
    return ready(live.enter(login, f"/studio/changes/{change}/edit/{file}", **options))


def saved(page: Page) -> None:
    expect(page.locator("#save-state[data-state=saved]")).to_be_visible(timeout=SOON)


def nobody_else(route: Route) -> None:
    route.fulfill(json={"others": [], "revision": 0, "editedBy": ""})


def test_two_people_draw_in_one_file(live: Live) -> None:
    change = begin(live.site, FILE)
    one, two = open_editor(live, WHO, change), open_editor(live, OTHER, change)
    expect(one.locator("#presence")).to_contain_text("系统管理员", timeout=SOON)
    expect(two.locator("#presence")).to_contain_text("柏流程", timeout=SOON)

    # what one draws the other sees
    one.evaluate(RENAME, ["T10", "一天内查勘"])
    saved(one)
    two.wait_for_function(NAME, arg=["T10", "一天内查勘"], timeout=SOON)
    expect(two.locator("#toasts")).to_contain_text("柏流程 修改了本文件", timeout=SOON)

    # both draw at once, different things: both are there, for both
    one.evaluate(RENAME, ["T12", "先审批"])
    two.evaluate(RENAME, ["G4", "要上门吗？"])
    for page in (one, two):
        page.wait_for_function(NAME, arg=["T12", "先审批"], timeout=SOON)
        page.wait_for_function(NAME, arg=["G4", "要上门吗？"], timeout=SOON)
    saved(one)
    saved(two)
    assert (node(live.site, change, "T12").name, node(live.site, change, "G4").name) == ("先审批", "要上门吗？")

    # both change the same name: the first stays, the second is told, and may take his own
    for page in (one, two):
        page.route("**/presence", nobody_else)  # none hears of the other before both have drawn
    one.evaluate(RENAME, ["T10", "柏的名称"])
    saved(one)
    two.evaluate(RENAME, ["T10", "管理员的名称"])
    conflict = two.locator(".conflict")
    expect(conflict).to_contain_text("您改为：管理员的名称；文件里是：柏的名称", timeout=SOON)
    assert node(live.site, change, "T10").name == "柏的名称"
    two.wait_for_function(NAME, arg=["T10", "柏的名称"], timeout=SOON)
    conflict.get_by_role("button", name="用我的").click()
    expect(conflict).to_have_count(0, timeout=SOON)
    assert node(live.site, change, "T10").name == "管理员的名称"
    one.unroute("**/presence")
    one.wait_for_function(NAME, arg=["T10", "管理员的名称"], timeout=SOON)


def test_what_is_drawn_without_a_connection_is_kept_and_sent(live: Live) -> None:
    change = begin(live.site, FILE)
    page = open_editor(live, WHO, change)
    page.context.set_offline(True)
    page.evaluate(RENAME, ["T10", "没有网络"])
    state = page.locator("#save-state")
    expect(state).to_contain_text("您的内容已存在本浏览器中", timeout=SOON)
    page.context.set_offline(False)
    saved(page)
    assert node(live.site, change, "T10").name == "没有网络"

    # the page is left before it could be sent, and somebody else draws meanwhile
    page.route(
        "**/files/complaint_plan.bpmn",
        lambda route: route.abort() if route.request.method == "PUT" else route.continue_(),
    )
    page.evaluate(RENAME, ["T12", "离开之前"])
    expect(state).to_contain_text("您的内容已存在本浏览器中", timeout=SOON)
    page.goto(live.address + "/notifications")
    page.unroute("**/files/complaint_plan.bpmn")
    with live.site.database.transaction() as session:
        other = people.viewer(session, OTHER, now=live.site.clock())
        draft = studio.draft(session, other, change, FILE)
        source = draft.source.replace("没有网络".encode(), "别人改的".encode())
        studio.save(session, other, change, FILE, source=source, revision=draft.revision, now=live.site.clock())
    page.goto(f"{live.address}/studio/changes/{change}/edit/{FILE}")
    ready(page)
    expect(page.locator("#toasts")).to_contain_text("现已保存", timeout=SOON)
    assert (node(live.site, change, "T10").name, node(live.site, change, "T12").name) == ("别人改的", "离开之前")


def test_the_page_around_the_drawing(live: Live) -> None:
    change = begin(live.site, FILE, "complaint.en.json")
    page = open_editor(live, WHO, change, "complaint.en.json", reduced_motion="reduce")
    text = page.locator("#canvas textarea")
    expect(text).to_have_value(kept(live.site, change, "complaint.en.json").decode(), timeout=SOON)
    text.fill("{")
    expect(page.locator("#problems-list")).to_contain_text("JSON", timeout=SOON)
    expect(page.locator("#problem-count")).to_have_text("1 个错误", timeout=SOON)
    saved(page)
    page.locator("#talk summary").click()
    page.locator("#talk-text").fill("@系统管理员 请看")
    page.get_by_role("button", name="发表").click()
    expect(page.locator("#talk-list")).to_contain_text("请看", timeout=SOON)
    assert wrong_with(page) == []
    text.fill('{"a": "b"}')
    page.get_by_role("link", name="返回变更").click()  # waits for the save
    page.wait_for_url(f"**/studio/changes/{change}")
    assert kept(live.site, change, "complaint.en.json") == b'{"a": "b"}'
    expect(page.locator("#comments")).to_contain_text("请看", timeout=SOON)
    phone = open_editor(live, OTHER, change, "complaint.en.json", size="phone", reduced_motion="reduce")
    expect(phone.locator("#canvas textarea")).to_have_value('{"a": "b"}', timeout=SOON)
    assert wrong_with(phone) == []
