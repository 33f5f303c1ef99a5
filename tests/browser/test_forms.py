"""Forms in a real browser: conditions, rows, drafts, uploads, search, signature; and all of it without script."""

from __future__ import annotations

import itertools
import json
import logging
import re
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image
from playwright.sync_api import expect

from engine.core import forms
from storage.tables.work import UserTask
from tests.browser.conftest import AXE, SIZES, wrong_with
from tests.browser.form_host import Host, serve

FORMS = Path(__file__).parents[2] / "processes" / "complaint" / "forms"
YES_NO = [{"label": "是", "value": True}, {"label": "否", "value": False}]
SCHEMA = {
    "name": "查勘",
    "components": [
        {
            "type": "radio",
            "id": "r",
            "key": "reached",
            "label": "接通",
            "values": YES_NO,
            "validate": {"required": True},
        },
        {
            "type": "textarea",
            "id": "w",
            "key": "why",
            "label": "原因",
            "conditional": {"hide": "=reached != false"},
            "validate": {"required": True},
        },
        {
            "type": "textfield",
            "id": "n",
            "key": "note",
            "label": "说明",
            "properties": {"requiredIf": "=string length(why) > 3"},
        },
        {"type": "textfield", "id": "p", "key": "person", "label": "处理人", "properties": {"lookup": "users"}},
        {"type": "taglist", "id": "v", "key": "visitors", "label": "上门人", "properties": {"lookup": "users"}},
        {"type": "select", "id": "c1", "key": "cat1", "label": "大类", "properties": {"lookup": "categories"}},
        {
            "type": "select",
            "id": "c2",
            "key": "cat2",
            "label": "小类",
            "properties": {"lookup": "categories", "dependsOn": "cat1"},
        },
        {"type": "filepicker", "id": "f", "key": "photos", "label": "照片", "accept": "image/*", "multiple": True},
        {
            "type": "filepicker",
            "id": "s",
            "key": "sign",
            "label": "签名",
            "accept": "image/png",
            "properties": {"widget": "signature"},
        },
        {
            "type": "dynamiclist",
            "id": "d",
            "path": "tasks",
            "label": "任务",
            "components": [
                {"type": "textfield", "id": "dt", "key": "what", "label": "内容", "validate": {"required": True}},
                {"type": "checkbox", "id": "du", "key": "urgent", "label": "紧急"},
                {
                    "type": "textfield",
                    "id": "dw",
                    "key": "until",
                    "label": "何时",
                    "conditional": {"hide": "=urgent != true"},
                },
            ],
        },
        {
            "type": "textfield",
            "id": "m",
            "key": "many",
            "label": "多项原因",
            "conditional": {"hide": "=count(tasks) < 2"},
        },
    ],
}


@pytest.fixture(autouse=True)
def quiet():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)


@pytest.fixture
def open_form(chromium, tmp_path):
    """Serve a form and open it; at the end no page may have complained."""
    contexts, complaints, stack = [], [], []

    def start(schema, *, size="desk", query="", **options):
        host = Host(schema, folder=tmp_path, variables=options.pop("variables", None))
        host.script = options.pop("script", True)
        opened = serve(host)
        address = opened.__enter__()
        stack.append(opened)
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", java_script_enabled=host.script, **options
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if "Content Security" in m.text else None)
        page.goto(f"{address}/{query}")
        return host, page

    yield start
    for context in contexts:
        context.close()
    for opened in stack:
        opened.__exit__(None, None, None)
    assert complaints == []


def send(page):
    page.click("[data-submit]")
    page.wait_for_selector("#done, #faults")
    page.wait_for_load_state()  # what the answer's own script does has been done


def test_conditions_follow_what_is_chosen_and_hidden_fields_are_not_sent(open_form):
    host, page = open_form(SCHEMA)
    assert not page.is_visible("#f-why")
    page.check("input[name=reached][value=false]")
    assert page.is_visible("#f-why")
    page.fill("#f-why", "无人")
    page.check("input[name=reached][value=true]")
    assert not page.is_visible("#f-why")
    send(page)
    assert host.posts[0]["reached"] is True
    assert "why" not in host.posts[0]


def test_conditions_that_only_the_server_knows_are_asked_for(open_form):
    _host, page = open_form(SCHEMA)
    mark = page.locator("[data-uid=n] .form-req")
    assert not mark.is_visible()
    page.check("input[name=reached][value=false]")
    with page.expect_response("**/preview"):
        page.fill("#f-why", "业主不在家")
    mark.wait_for(state="visible")


def test_rows_are_added_numbered_and_removed(open_form):
    host, page = open_form(SCHEMA)
    assert not page.is_visible("#f-many")
    page.fill("[name=tasks-0-what]", "一")
    page.click(".form-add")
    page.wait_for_function("() => document.activeElement.name === 'tasks-1-what'")
    assert page.is_visible("#f-many")
    page.keyboard.type("二")
    assert not page.is_visible("[name=tasks-1-until]")
    page.check("[name=tasks-1-urgent]")
    page.fill("[name=tasks-1-until]", "今天")
    page.click(".form-add")
    page.wait_for_function("() => document.activeElement.name === 'tasks-2-what'")
    page.keyboard.type("三")
    page.locator(".form-del").nth(0).click()
    assert page.locator(".form-number").all_inner_texts() == ["1", "2"]
    page.check("input[name=reached][value=true]")
    send(page)
    assert host.posts[0]["tasks"] == [
        {"what": "二", "urgent": True, "until": "今天"},
        {"what": "三", "urgent": False},
    ]


def test_drafts_save_themselves_and_come_back(open_form):
    host, page = open_form(SCHEMA)
    page.fill("#f-note", "写到一半")
    page.click(".form-add")
    page.keyboard.type("第二行")
    page.get_by_text("已自动保存 10:30").wait_for()
    assert host.drafts[-1]["note"] == "写到一半"
    page.reload()
    assert page.input_value("#f-note") == "写到一半"
    assert page.input_value("[name=tasks-1-what]") == "第二行"


def test_photos_are_uploaded_at_once_shown_and_removed(open_form, tmp_path):
    host, page = open_form(SCHEMA)
    Image.effect_noise((3000, 1500), 80).convert("RGB").save(tmp_path / "墙.jpg", quality=95)
    (tmp_path / "bad.jpg").write_bytes(b"nothing")
    page.set_input_files("#f-photos", [tmp_path / "墙.jpg", tmp_path / "bad.jpg"])
    page.locator("img[alt='墙.jpg']").wait_for()
    page.get_by_text("bad.jpg: 这不是图片").wait_for()
    size = len(next(iter(host.uploads.values()))[1])
    assert size < (tmp_path / "墙.jpg").stat().st_size / 2
    page.set_input_files("#f-photos", [tmp_path / "墙.jpg"])
    expect(page.locator("[data-name=photos] img")).to_have_count(2)
    page.locator("[data-name=photos] .form-drop").nth(0).click()
    page.check("input[name=reached][value=true]")
    send(page)
    assert host.posts[0]["photos"] == ["u2"]


def test_search_while_typing_with_the_keyboard(open_form):
    host, page = open_form(SCHEMA)
    box = page.get_by_role("combobox", name=re.compile("处理人"))
    box.press_sequentially("陈")
    option = page.get_by_role("option", name="陈立言")
    option.wait_for()
    assert box.get_attribute("aria-expanded") == "true"
    box.press("ArrowDown")
    assert option.get_attribute("aria-selected") == "true"
    box.press("Enter")
    assert box.input_value() == "陈立言"
    assert page.locator("[name=person]").input_value() == "chen"
    tags = page.locator("#f-visitors")
    for name in ("陈", "孙"):
        tags.fill(name)
        page.get_by_role("option", name=re.compile(name)).wait_for()
        tags.press("Enter")
    page.select_option("[name=cat1]", "房屋质量")
    expect(page.locator("[name=cat2] option")).to_have_text(["请选择", "渗漏", "空鼓开裂"])
    page.select_option("[name=cat2]", "渗漏")
    page.check("input[name=reached][value=true]")
    send(page)
    post = host.posts[0]
    assert (post["person"], post["visitors"]) == ("chen", ["chen", "sun"])
    assert (post["cat1"], post["cat2"]) == ("房屋质量", "渗漏")


def test_changing_the_text_forgets_the_choice(open_form):
    _host, page = open_form(SCHEMA)
    box = page.locator("#f-person")
    box.press_sequentially("赵")
    page.get_by_role("option", name="赵知秋").click()
    box.press("Backspace")
    assert page.locator("[name=person]").input_value() == ""
    box.press("Escape")


def test_an_input_method_is_left_alone_while_it_composes(open_form):
    _host, page = open_form(SCHEMA)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/lookup/" in request.url else None)
    page.evaluate("""() => { const box = document.querySelector("#f-person"); box.value = "chen";
        box.dispatchEvent(new InputEvent("input", {bubbles: true, isComposing: true})); }""")
    page.wait_for_timeout(400)
    assert asked == []
    page.evaluate("""() => { const box = document.querySelector("#f-person"); box.focus(); box.value = "陈";
        box.dispatchEvent(new CompositionEvent("compositionend", {bubbles: true})); }""")
    page.get_by_role("option", name="陈立言").wait_for()


def test_a_signature_is_drawn_and_sent(open_form):
    host, page = open_form(SCHEMA)
    page.check("input[name=reached][value=true]")
    pad = page.locator("canvas")
    pad.scroll_into_view_if_needed()
    at = pad.bounding_box()
    page.mouse.move(at["x"] + 20, at["y"] + 30)
    page.mouse.down()
    page.mouse.move(at["x"] + 120, at["y"] + 60, steps=5)
    page.mouse.up()
    send(page)
    (name, _data) = host.uploads[host.posts[0]["sign"]]
    assert name == "signature.png"


def test_two_clicks_send_one_form(open_form):
    host, page = open_form(SCHEMA)
    page.check("input[name=reached][value=true]")
    page.evaluate("() => { const b = document.querySelector('[data-submit]'); b.click(); b.click(); }")
    page.wait_for_selector("#done")
    assert len(host.posts) == 1


def test_mistakes_take_the_focus_and_lead_to_their_fields(open_form):
    _host, page = open_form(SCHEMA, size="phone")
    page.check("input[name=reached][value=false]")
    page.fill("[name=note]", "保留")
    send(page)
    page.wait_for_function("() => document.activeElement.id === 'faults'")
    assert page.locator("#faults li").count() == 1
    page.click("#faults a")
    assert page.evaluate("document.activeElement.id || location.hash") in {"f-why", "#f-why"}
    assert page.locator("#f-why").get_attribute("aria-invalid") == "true"
    assert page.input_value("[name=note]") == "保留"
    assert page.is_visible("#f-why")


def test_what_was_said_of_an_empty_field_goes_when_it_is_filled(open_form):
    _, page = open_form(SCHEMA)
    send(page)
    wrong = page.locator("[data-uid]:has(.form-error[id]) input[type=radio]").first
    before = page.locator(".form-error[id]").count()
    assert before
    wrong.check()
    assert page.locator(".form-error[id]").count() == before - 1
    assert page.locator("#faults li").count() == before - 1


def test_the_browser_decides_as_the_server_does(open_form):
    """All conditions of the form-js comparison in one form, over many combinations of values."""
    cases = json.loads((Path(__file__).parents[1] / "unit" / "forms" / "formjs_cases.json").read_text())["conditions"]
    hides = sorted({case["hide"] for case in cases})[:150]
    fields = [
        {"type": "select", "key": "kind", "values": [{"value": v} for v in ("报修", "投诉", "咨询")]},
        {"type": "number", "key": "count"},
        {"type": "checkbox", "key": "ok"},
        {"type": "textfield", "key": "note"},
    ]
    schema = {"components": [{**one, "id": one["key"], "label": one["key"]} for one in fields]}
    schema["components"] += [
        {"type": "text", "id": f"h{at}", "text": hide, "conditional": {"hide": hide}} for at, hide in enumerate(hides)
    ]
    host, page = open_form(schema)
    env = host.page().env
    for kind, count, ok, note in itertools.product(
        ("", "报修", "投诉"), ("", "0", "3", "10.5", "11"), (True, False), ("", "x")
    ):
        page.evaluate(
            """([kind, count, ok, note]) => { const e = document.querySelector("form.kt-form").elements;
            e.kind.value = kind; e.count.value = count; e.ok.checked = ok; e.note.value = note;
            e.note.dispatchEvent(new Event("input", {bubbles: true})); }""",
            [kind, count, ok, note],
        )
        shown = page.evaluate(
            "[...document.querySelectorAll('[data-hide]')].filter((at) => at.hidden).map((at) => at.dataset.uid)"
        )
        data = forms.type_values(host.form, {"kind": kind, "count": count, "ok": ok, "note": note}, {}, env)
        assert set(shown) == forms.find_hidden(host.form, data, {}, env), (kind, count, ok, note)


def test_the_same_form_without_script(open_form):
    host, page = open_form(SCHEMA, script=False)
    page.check("input[name=reached][value=true]")
    page.fill("[name=tasks-0-what]", "一")
    page.click(".form-add")
    page.fill("[name=tasks-1-what]", "二")
    page.fill("[name=note]", "好")
    page.click("[data-submit]")
    page.wait_for_selector("#done")
    assert [row["what"] for row in host.posts[0]["tasks"]] == ["一", "二"]


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("name", ["T01", "T11", "T12"])
def test_accessible_and_not_wider_than_the_screen(open_form, name, size):
    if not AXE.exists():
        pytest.skip("axe-core is installed with the front end: run `make demo` or `make test`")
    schema = json.loads((FORMS / f"{name}.form").read_text())
    _host, page = open_form(schema, size=size, bypass_csp=True, reduced_motion="reduce")
    assert wrong_with(page) == []
    send(page)
    assert wrong_with(page) == []
    if size == "phone":
        small = page.evaluate("""() => [...document.querySelectorAll('.kt-form input:not([type=hidden],[type=radio],[type=checkbox],[type=file]), .kt-form select, .kt-form textarea, .kt-form .btn, .kt-form .form-opt')]
            .filter((node) => node.offsetParent && (node.offsetHeight < 44 || (node.matches('input,select,textarea') && parseFloat(getComputedStyle(node).fontSize) < 16)))
            .map((node) => node.outerHTML.slice(0, 90))""")
        assert small == []


@contextmanager
def signed_out(page):
    """Lose the session, as after a long break."""
    kept = page.context.cookies()
    page.context.clear_cookies()
    yield
    page.context.add_cookies(kept)


def test_a_lost_session_loses_no_text(live):
    page = live.enter("lin.xiaoan", "/inbox?view=all")
    page.locator("a.name").first.click()
    page.wait_for_selector("form.kt-form")
    page.wait_for_load_state("load")  # scripts are deferred
    with signed_out(page):
        page.locator("form.kt-form textarea[name=remark]").fill("断线之前写的话")
        page.get_by_text("未保存").wait_for()
    page.reload()
    expect(page.locator("form.kt-form [name=remark]")).to_have_value("断线之前写的话")


def test_who_types_reads_that_somebody_else_finished_the_task(live):
    page = live.enter("lin.xiaoan", "/inbox?view=all")
    page.locator("a.name").first.click()
    page.wait_for_selector("form.kt-form")
    page.wait_for_load_state("load")  # scripts are deferred
    with live.site.database.transaction() as session:
        task = session.get(UserTask, UUID(page.url.rsplit("/", 1)[1]))
        task.state, task.completed_by, task.completed_at = "completed", "zhou.xiaoning", live.site.clock.now
    page.locator("form.kt-form textarea[name=remark]").fill("写到一半")
    state = page.locator(".form-state")
    expect(state).to_contain_text("周小宁")
    expect(state).to_contain_text("09:00")
    page.click("[data-submit]")
    expect(page.locator(".problem")).to_contain_text("周小宁")
    assert page.locator("[name=remark]").input_value() == "写到一半"


def test_control_and_enter_send_the_form(live):
    page = live.enter("lin.xiaoan", "/inbox?view=all")
    page.locator("a.name").first.click()
    page.wait_for_selector("form.kt-form")
    page.wait_for_load_state("load")  # scripts are deferred
    page.locator("form.kt-form textarea[name=remark]").press("Control+Enter")
    page.wait_for_selector("#faults, .toast-line")


def test_a_group_comes_back_with_all_its_fields(open_form):
    inner = {"type": "textfield", "id": "i", "key": "inner", "label": "内"}
    group = {"type": "group", "id": "g", "label": "组", "components": [inner], "conditional": {"hide": "=on != true"}}
    choice = {"type": "radio", "id": "o", "key": "on", "label": "开", "values": YES_NO}
    _host, page = open_form({"components": [choice, group]})
    assert not page.is_visible("#f-inner")
    page.check("input[name=on][value=true]")
    expect(page.locator("#f-inner")).to_be_visible()
