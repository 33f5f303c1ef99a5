"""The task page over HTTP, without script: what a person meets, and what goes wrong."""

import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from engine import deployment, instances, people, tasks
from engine.access import SYSTEM, Grant
from engine.connectors import Registry
from engine.tasks import InboxQuery
from storage.session import Database
from tasks_ui.app import create_app
from tasks_ui.settings import from_environment

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
BPMN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t">
<process id="visit" name="上门" isExecutable="true">
<startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="A"/>
<userTask id="A" name="查勘" camunda:formKey="camunda-forms:deployment:A.form" camunda:candidateGroups="engineer"/>
<sequenceFlow id="f2" sourceRef="A" targetRef="B"/>
<userTask id="B" name="复核" camunda:formKey="camunda-forms:deployment:B.form" camunda:candidateGroups="engineer"/>
<sequenceFlow id="f3" sourceRef="B" targetRef="C"/>
<userTask id="C" name="归档" camunda:candidateGroups="cs_mgr"/>
<sequenceFlow id="f4" sourceRef="C" targetRef="e"/><endEvent id="e"/></process></definitions>"""
FORM_A = {
    "id": "A",
    "type": "default",
    "components": [
        {
            "type": "radio",
            "id": "A1",
            "key": "found",
            "label": "结果",
            "values": [{"label": "属实", "value": "属实"}, {"label": "无人在家", "value": "无人在家"}],
            "validate": {"required": True},
        },
        {
            "type": "textarea",
            "id": "A2",
            "key": "cause",
            "label": "根因说明",
            "validate": {"required": True, "minLength": 3},
            "conditional": {"hide": '=found != "属实"'},
        },
        {
            "type": "textfield",
            "id": "A3",
            "key": "phone",
            "label": "电话",
            "properties": {"widget": "phone", "variable": "no"},
        },
        {"type": "textfield", "id": "A4", "key": "person", "label": "处理人", "properties": {"lookup": "people"}},
        {"type": "filepicker", "id": "A5", "key": "photos", "label": "照片", "accept": "image/*", "multiple": True},
        {
            "type": "dynamiclist",
            "id": "A6",
            "path": "defects",
            "label": "缺陷",
            "components": [
                {"type": "textfield", "id": "A7", "key": "place", "label": "部位", "validate": {"required": True}},
                {"type": "checkbox", "id": "A8", "key": "urgent", "label": "紧急"},
            ],
        },
    ],
}
FORM_B = {
    "id": "B",
    "components": [{"type": "textfield", "id": "B1", "key": "ok", "label": "意见", "validate": {"required": True}}],
}
PEOPLE = {"chen": "陈立言", "chenxi": "陈曦", "zhao": "赵知秋"}


def search(_session, _viewer):
    def found(typed, context):
        if "value" in context:
            return [{"value": k, "label": v} for k, v in PEOPLE.items() if k == context["value"]]
        return [{"value": k, "label": v} for k, v in PEOPLE.items() if typed in v]

    return {"people": found, "users": found}


REGISTRY = Registry(extra={"lookups": search})


class Site:
    def __init__(self, folder):
        self.database = Database(f"sqlite:///{folder / 'test.db'}")
        self.database.create_all()
        settings = from_environment({"KEYTURN_DATA_DIR": str(folder), "KEYTURN_SECRET_KEY": "k" * 40})
        self.now = NOW
        self.app = create_app(settings, database=self.database, registry=REGISTRY, clock=lambda: self.now)
        with self.database.transaction() as session:
            for code, name in (("engineer", "专业工程师"), ("cs_mgr", "客服经理"), ("admin", "系统管理员")):
                people.save_role(session, code=code, name_zh=name, name_en=code)
            for login, name, roles in (
                ("wu", "吴工甲", ["engineer"]),
                ("li", "李工乙", ["engineer"]),
                ("sun", "孙明礼", ["cs_mgr"]),
                ("root", "管理员", ["admin"]),
            ):
                people.save_user(session, SYSTEM, login=login, name=name, now=NOW)
                people.set_grants(session, SYSTEM, login=login, grants=[Grant(role) for role in roles], now=NOW)
            files = {
                "visit.bpmn": BPMN.encode(),
                "A.form": json.dumps(FORM_A).encode(),
                "B.form": json.dumps(FORM_B).encode(),
                "translations.en.json": json.dumps({"查勘": "Survey", "结果": "Result", "属实": "Confirmed"}).encode(),
            }
            deployment.deploy(session, files=files, viewer=SYSTEM, now=NOW, registry=REGISTRY)
        self.start()

    def start(self):
        with self.database.transaction() as session:
            self.instance = instances.start(
                session, key="visit", variables={}, viewer=SYSTEM, now=NOW, registry=REGISTRY,
                business_key="TS-2026-000001", title="3-1502 渗漏",
            )  # fmt: skip

    def person(self, login):
        client = self.app.test_client()
        with client.session_transaction() as session:
            session["login"] = login
            with self.database.read() as opened:
                session["proof"] = people.session_proof(opened, login)
        return Person(self, client, login)


class Person:
    def __init__(self, site, client, login):
        self.site, self.client, self.login = site, client, login

    def task(self):
        with self.site.database.read() as session:
            viewer = people.viewer(session, self.login, now=self.site.now)
            (item,) = tasks.inbox(session, viewer, InboxQuery(), now=self.site.now).items
        return f"/tasks/{item.id}"

    def get(self, path):
        with self.client.get(path) as answer:
            answer.get_data()
            return answer

    def page(self, path):
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path, data=None, **more):
        page = self.client.get(path.rsplit("/", 1)[0] if path.count("/") > 2 else path).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        key = re.search(r'name="_key" value="([^"]+)"', page)
        fields = {"csrf_token": token, "_key": key[1] if key else ""} | (data or {})
        return self.client.post(path, data=fields, **more)


@pytest.fixture
def site(tmp_path):
    found = Site(tmp_path)
    yield found
    found.database.dispose()


def picture():
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "PNG")
    out.seek(0)
    return out


GOOD = {"found": "属实", "cause": "防水层开裂"}


def test_the_page_shows_the_case_the_form_and_who_may_take_it(site):
    wu = site.person("wu")
    page = wu.page(wu.task())
    assert "TS-2026-000001" in page
    assert "3-1502 渗漏" in page
    assert "查勘" in page
    assert "待领取" in page
    assert 'name="found"' in page
    assert "领取" in page


def test_names_labels_and_options_come_in_the_readers_language(site):
    wu = site.person("wu")
    wu.client.set_cookie("language", "en")
    with site.database.transaction() as session:
        people.set_locale(session, people.viewer(session, "wu", now=NOW), "en")
    page = wu.page(wu.task())
    assert "Survey" in page
    assert "Result" in page
    assert "Confirmed" in page
    assert "Complete the task" in page


def test_completing_leads_to_the_next_task_of_the_case_then_to_the_inbox(site):
    wu = site.person("wu")
    first = wu.task()
    answer = wu.post(f"{first}/complete", GOOD)
    assert answer.status_code == 303
    second = answer.location
    assert second == wu.task() != first
    page = wu.page(second)
    assert "下一步：复核" in page
    assert "此前的处理记录" in page
    assert "防水层开裂" in page
    answer = wu.post(f"{second}/complete", {"ok": "同意"})
    assert answer.location == "/inbox"
    assert "归档 (客服经理)" in wu.page("/inbox")


def test_mistakes_are_said_next_to_the_fields_and_nothing_typed_is_lost(site):
    wu = site.person("wu")
    answer = wu.post(
        f"{wu.task()}/complete",
        {"found": "属实", "cause": "漏", "phone": "12ab", "defects-4-_row": "1", "defects-4-urgent": "true"},
    )
    assert answer.status_code == 422
    assert "有 3 处需要修改" in answer.text
    assert '<a href="#f-cause">根因说明</a>：至少填写 3 个字。' in answer.text
    assert '<a href="#f-defects-0-place">缺陷 1 · 部位</a>：此项必填。' in answer.text
    assert 'value="12ab"' in answer.text
    assert re.search(r'id="f-cause"[^>]*aria-invalid="true"', answer.text)
    assert re.search(r'name="defects-0-urgent"[^>]*checked', answer.text)


def test_hidden_fields_are_not_asked_for(site):
    wu = site.person("wu")
    assert wu.post(f"{wu.task()}/complete", {"found": "无人在家"}).status_code == 303


def test_a_form_posted_twice_counts_once(site):
    wu = site.person("wu")
    path = wu.task()
    page = wu.page(path)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    key = re.search(r'name="_key" value="([^"]+)"', page)[1]
    fields = {"csrf_token": token, "_key": key, **GOOD}
    first = wu.client.post(f"{path}/complete", data=fields)
    again = wu.client.post(f"{path}/complete", data=fields)
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.location == again.location


def test_who_comes_second_reads_who_was_first_and_keeps_what_he_typed(site):
    wu, li = site.person("wu"), site.person("li")
    path = wu.task()
    page = li.page(path)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    assert wu.post(f"{path}/complete", GOOD).status_code == 303
    answer = li.client.post(
        f"{path}/complete", data={"csrf_token": token, "_key": "other", "found": "属实", "cause": "我的长长的说明"}
    )
    assert answer.status_code == 409
    assert "吴工甲" in answer.text
    assert "09:00" in answer.text
    assert "我的长长的说明" in answer.text
    assert "data-submit" not in answer.text


def test_a_task_somebody_else_took_cannot_be_completed_and_says_so(site):
    wu, li = site.person("wu"), site.person("li")
    path = wu.task()
    page = li.page(path)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    wu.post(f"{path}/claim")
    answer = li.client.post(f"{path}/complete", data={"csrf_token": token, "_key": "k", **GOOD})
    assert answer.status_code == 409
    assert "吴工甲" in answer.text
    assert "防水层开裂" in answer.text
    assert "吴工甲 正在处理此任务" in li.page(path)


def test_tasks_of_another_role_are_not_found(site):
    path = site.person("wu").task()
    sun = site.person("sun")
    assert sun.get(path).status_code == 404
    for action in ("complete", "claim", "draft", "preview", "comment", "attachments"):
        token = re.search(r'name="csrf_token" value="([^"]+)"', sun.page("/inbox"))[1]
        answer = sun.client.post(
            f"{path}/{action}", data={"csrf_token": token, "text": "x", "file": (picture(), "x.png")}
        )
        assert answer.status_code == 404, action


def test_without_the_token_nothing_happens(site):
    wu = site.person("wu")
    path = wu.task()
    assert wu.client.post(f"{path}/complete", data=GOOD).status_code == 400
    assert wu.task() == path


def test_rows_are_added_and_removed_without_script(site):
    wu = site.person("wu")
    path = wu.task()
    two = wu.post(
        f"{path}/complete",
        {"_action": "add:defects", "defects-0-place": "厨房", "defects-0-_row": "1", "cause": "写到一半"},
    )
    assert two.status_code == 200
    assert 'name="defects-1-place"' in two.text
    assert "写到一半" in two.text
    one = wu.post(
        f"{path}/complete", {"_action": "del:defects-0-", "defects-0-place": "厨房", "defects-1-place": "阳台"}
    )
    assert 'name="defects-0-place" value="阳台"' in one.text
    assert 'name="defects-1-place"' not in one.text


def test_drafts_come_back(site):
    wu = site.person("wu")
    path = wu.task()
    saved = wu.post(f"{path}/draft", {"found": "属实", "cause": "草稿"}, headers={"Accept": "application/json"})
    assert saved.json == {"saved": "09:00"}
    page = wu.page(path)
    assert "草稿</textarea>" in page
    assert "已恢复您" in page
    assert wu.post(f"{path}/draft", {"_discard": "1"}).status_code == 303
    assert "草稿</textarea>" not in wu.page(path)


def test_the_button_saves_a_draft_without_script(site):
    wu = site.person("wu")
    path = wu.task()
    assert wu.post(f"{path}/complete", {"_action": "save", "cause": "只是草稿"}).location == path
    assert "只是草稿" in wu.page(path)


def test_a_photo_uploaded_at_once_belongs_to_the_form(site):
    wu = site.person("wu")
    path = wu.task()
    answer = wu.post(
        f"{path}/attachments",
        {"field": "photos", "file": (picture(), "墙面.png")},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json["name"] == "墙面.png"
    assert wu.get(answer.json["preview"]).content_type == "image/png"
    wu.post(f"{path}/complete", {**GOOD, "photos": answer.json["id"]})
    page = wu.page(wu.task())
    assert answer.json["url"] in page
    assert 'alt="墙面.png"' in page


def test_a_file_of_another_case_cannot_be_put_into_a_form(site):
    wu = site.person("wu")
    first = wu.task()
    photo = wu.post(
        f"{first}/attachments",
        {"field": "photos", "file": (picture(), "a.png")},
        headers={"Accept": "application/json"},
    ).json["id"]
    wu.post(f"{first}/complete", {**GOOD, "photos": photo})
    wu.post(f"{wu.task()}/complete", {"ok": "好"})
    site.start()
    wu.post(f"{wu.task()}/complete", {**GOOD, "photos": photo})
    assert photo not in wu.page(wu.task())


def test_a_file_that_is_no_picture_is_refused_with_a_sentence(site):
    wu = site.person("wu")
    path = wu.task()
    answer = wu.post(
        f"{path}/attachments",
        {"field": "photos", "file": (io.BytesIO(b"%PDF-1.4 x"), "a.pdf")},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.json["error"]["message"] == "“a.pdf”不是可用的图片，请选择 JPEG、PNG 或 WebP 图片。"


def test_files_that_come_with_the_form_are_kept_and_bad_ones_are_said_at_the_field(site):
    wu = site.person("wu")
    path = wu.task()
    answer = wu.post(
        f"{path}/complete", {**GOOD, "photos__file": [(picture(), "a.png"), (io.BytesIO(b"%PDF-1.4"), "b.pdf")]}
    )
    assert answer.status_code == 422
    assert "“b.pdf”不是可用的图片，请选择 JPEG、PNG 或 WebP 图片。" in answer.text
    assert 'alt="a.png"' in answer.text
    kept = re.search(r'name="photos" value="([^"]+)"', answer.text)[1]
    assert wu.post(f"{path}/complete", {**GOOD, "photos": kept}).status_code == 303


def test_foreign_files_stay_hidden(site):
    wu = site.person("wu")
    answer = wu.post(
        f"{wu.task()}/attachments",
        {"field": "photos", "file": (picture(), "a.png")},
        headers={"Accept": "application/json"},
    )
    assert wu.get(answer.json["url"]).status_code == 200
    with site.database.transaction() as session:
        people.save_user(session, SYSTEM, login="guest", name="外人", now=NOW)
    assert site.person("guest").get(answer.json["url"]).status_code == 404


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [("赵", 303, ""), ("陈", 422, "“陈”有多个匹配"), ("王", 422, "没有找到“王”"), ("陈曦", 303, "")],
)
def test_a_name_typed_without_choosing(site, typed, status, sentence):
    wu = site.person("wu")
    answer = wu.post(f"{wu.task()}/complete", {**GOOD, "person": "", "person__text": typed})
    assert answer.status_code == status
    assert sentence in answer.text
    if status == 303:
        page = wu.page(wu.task())
        assert ("陈曦" if typed == "陈曦" else "赵知秋") in page


def test_a_value_the_host_does_not_know_is_refused(site):
    wu = site.person("wu")
    answer = wu.post(f"{wu.task()}/complete", {**GOOD, "person": "nobody"})
    assert answer.status_code == 422
    assert "请从列表中选择。" in answer.text


def test_search_while_typing(site):
    wu = site.person("wu")
    assert wu.get("/lookup/people?q=陈").json == [
        {"value": "chen", "label": "陈立言", "hint": ""},
        {"value": "chenxi", "label": "陈曦", "hint": ""},
    ]
    assert wu.get("/lookup/secrets?q=x").status_code == 404


def test_taking_giving_back_and_comments(site):
    wu = site.person("wu")
    path = wu.task()
    assert wu.post(f"{path}/claim").location == path
    assert "由您处理" in wu.page(path)
    assert wu.post(f"{path}/comment", {"text": "业主 <b>下午</b> 在家"}).status_code == 303
    assert "业主 &lt;b&gt;下午&lt;/b&gt; 在家" in wu.page(path)
    assert wu.post(f"{path}/release").location == "/inbox"
    assert "待领取" in wu.page(path)


def test_handing_on_needs_a_reason(site):
    wu = site.person("wu")
    path = wu.task()
    wu.post(f"{path}/claim")
    answer = wu.post(f"{path}/reassign", {"how": "delegate", "to": "li", "reason": " "})
    assert answer.status_code == 422
    assert wu.post(f"{path}/reassign", {"how": "delegate", "to": "li", "reason": "休假"}).status_code == 303
    assert "由您处理" in site.person("li").page(path)


def test_a_task_without_fields_is_just_completed(site):
    wu, sun = site.person("wu"), site.person("sun")
    wu.post(f"{wu.task()}/complete", GOOD)
    wu.post(f"{wu.task()}/complete", {"ok": "好"})
    path = sun.task()
    assert "无需填写" in sun.page(path)
    assert sun.post(f"{path}/complete").location == "/inbox"
    assert "流程到此结束" in sun.page("/inbox")
    assert "孙明礼" in sun.page(path)


def test_phone_numbers_are_masked_for_those_who_do_not_call(site):
    wu = site.person("wu")
    wu.post(f"{wu.task()}/complete", {**GOOD, "phone": "199-0000-0001"})
    page = wu.page(wu.task())
    assert "199****0001" in page
    assert "19900000001" not in page


def test_what_is_hidden_can_be_asked_of_the_server(site):
    wu = site.person("wu")
    path = wu.task()
    answer = wu.post(f"{path}/preview", {"found": "无人在家"}, headers={"Accept": "application/json"})
    assert answer.json == {"hidden": ["A2"], "required": ["A1", "A2"]}


def test_overdue_is_said_in_words(site):
    wu = site.person("wu")
    path = wu.task()
    with site.database.transaction() as session:
        root = people.viewer(session, "root", now=NOW)
        tasks.set_due(
            session,
            root,
            __import__("uuid").UUID(path.rsplit("/", 1)[1]),
            due_at=NOW - timedelta(hours=3),
            reason="x",
            now=NOW,
        )
    assert "逾期" in wu.page(path)
