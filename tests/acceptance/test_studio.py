"""Changes over HTTP: drafts that others save too, what is said of them, who may do what, and what is kept of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from engine import definitions, studio
from engine.access import SYSTEM
from engine.studio import resources
from storage.tables.instances import AuditEntry
from tests.sites import Person, demo_file, site  # noqa: F401

if TYPE_CHECKING:
    from tests.sites import Site

OWNER, ADMIN = "bai.liucheng", "admin"
PLAN = "complaint_plan.bpmn"


def begun(person: Person, *files: str, **said: str) -> str:
    """Begin a change and give its address."""
    answer = person.post("/studio/changes", {"file": list(files), "title": "x", **said})
    assert answer.status_code == 303, answer.text
    return "/".join(answer.location.split("/")[:4])


def put(person: Person, change: str, file: str, source: str, revision: int) -> dict[str, Any]:
    answer = person.send("PUT", f"{change}/files/{file}", {"source": source, "revision": revision})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def read(person: Person, change: str, file: str) -> dict[str, Any]:
    found: dict[str, Any] = person.get(f"{change}/files/{file}").json
    return found


def page_data(person: Person, address: str) -> dict[str, Any]:
    found = re.search(r'id="page-data">(.*?)</script>', person.get(address).text, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_one_click_begins_a_change_and_opens_the_editor(site: Site) -> None:  # noqa: F811
    owner = site.person(OWNER)
    answer = owner.post("/studio/changes", {"file": PLAN})
    assert answer.location.endswith(f"/edit/{PLAN}")
    page = owner.get(answer.location)
    policy = page.headers["Content-Security-Policy"]
    assert "style-src-attr 'unsafe-inline'" in policy
    assert "script-src 'self';" in policy
    data = page_data(owner, answer.location)
    assert (data["kind"], data["file"], data["folder"]) == ("bpmn", PLAN, "complaint")
    assert {"code": "cs_sup", "name": "项目客服主管"}.items() <= data["known"]["roles"][1].items() or any(
        role["name"] == "项目客服主管" for role in data["known"]["roles"]
    )
    assert any(form["key"] == "T10" and form["fields"] for form in data["known"]["forms"])
    assert data["texts"]["Saved"] == "已保存"
    change = answer.location.removesuffix(f"/edit/{PLAN}")
    assert "查勘与方案" in owner.get(change).text  # named after what is changed
    case = re.search(r'href="(/cases/TS[^"]*)"', owner.get("/cases").text)
    assert case
    key = re.search(r'name="process" value="(\w+)"', owner.get(case[1]).text)
    assert key
    assert owner.post("/studio/changes", {"process": key[1]}).location.endswith(f"/edit/{key[1]}.bpmn")
    assert owner.post("/studio/changes", {"process": "none"}).status_code == 404
    assert 'name="process"' not in site.person("lin.xiaoan").get(case[1]).text
    assert "尚未修改" in owner.get(change).text
    for file, kind in (("time_limits.dmn", "dmn"), ("T09.form", "form")):
        owner.post(f"{change}/files", {"file": file})
        policy = owner.get(f"{change}/edit/{file}").headers["Content-Security-Policy"]
        nonce = page_data(owner, f"{change}/edit/{file}")["nonce"]
        assert re.search(r"style-src 'self' 'nonce-[\w-]+'", policy), kind
        assert nonce not in policy  # a fresh one each time
    owner.post("/me/language", {"language": "en"})
    assert page_data(owner, answer.location)["texts"] == {}
    assert "Reading order" not in owner.get("/studio/help/bpmn/userTask").text
    assert "Somebody does something" in owner.get("/studio/help/bpmn/userTask").text


def test_what_was_begun_today_takes_more_files(site: Site) -> None:  # noqa: F811
    owner = site.person(OWNER)
    place, table, story = "/studio/processes/complaint_plan", "/studio/files/time_limits.dmn", "emergency.yaml"
    change = owner.post("/studio/changes", {"file": PLAN}).location.removesuffix(f"/edit/{PLAN}")
    title = re.search(r"<h1>(.*?)</h1>", owner.get(change).text)
    assert title
    assert re.fullmatch(r".+ \d{4}-\d\d-\d\d", title[1])  # one of many: its day tells it from the others
    assert f'href="{change}/edit/{PLAN}"' in owner.get(place).text  # it is there already
    page = owner.get(table).text
    assert f"加入变更“{title[1]}”" in page
    assert "新的变更" in page
    assert f'action="{change}/files"' in page
    assert owner.post(f"{change}/files", {"file": "time_limits.dmn", "edit": "1"}).location.endswith(
        f"{change}/edit/time_limits.dmn"
    )
    assert f'action="{change}/files"' not in site.person(ADMIN).get(table).text  # it is not his
    other = begun(site.person(ADMIN), PLAN)
    page = owner.get(f"/studio/scenarios/{story}?change={other.rpartition('/')[2]}").text
    assert f'action="{other}/files"' in page
    assert 'action="/studio/changes"' not in page  # it was opened from that change
    assert owner.post(f"{other}/files", {"file": story, "edit": "1"}).location.endswith(f"{other}/edit/{story}")
    owner.post(f"{change}/discard", {"reason": "x"})
    assert f'"{change}/' not in owner.get(table).text.partition("drafted")[0]  # it is over


def test_two_save_one_file(site: Site) -> None:  # noqa: F811
    owner, admin = site.person(OWNER), site.person(ADMIN)
    change = begun(owner, PLAN)
    source = read(owner, change, PLAN)["source"]
    assert put(owner, change, PLAN, source.replace('id="T10" name="', 'id="T10" name="一'), 1)["revision"] == 2
    theirs = put(admin, change, PLAN, source.replace('id="T12" name="', 'id="T12" name="二'), 1)
    assert (theirs["merged"], theirs["conflicts"]) == (True, [])
    assert 'id="T10" name="一' in theirs["source"]
    assert 'id="T12" name="二' in theirs["source"]
    seen = admin.send("POST", f"{change}/files/{PLAN}/presence", {"element": "T12"}).json
    assert (seen["others"], seen["revision"], seen["editedBy"]) == ([], theirs["revision"], "系统管理员")
    others = owner.send("POST", f"{change}/files/{PLAN}/presence", {"element": "T10"}).json["others"]
    assert others == [{"login": ADMIN, "name": "系统管理员", "element": "T12"}]
    assert "系统管理员 正在编辑" in owner.get(change).text

    # the same name: named with both values, one's own is kept aside, and may be taken
    base, text = theirs["revision"], theirs["source"]
    put(owner, change, PLAN, text.replace('id="T10" name="一', 'id="T10" name="三'), base)
    clash = put(admin, change, PLAN, text.replace('id="T10" name="一', 'id="T10" name="四'), base)
    (named,) = clash["conflicts"]
    assert (named["elementId"], named["what"], named["mine"][0], named["theirs"][0]) == ("T10", "名称", "四", "三")
    assert 'id="T10" name="三' in clash["source"]
    kept = admin.get(f"{change}/history/{PLAN}/{clash['mine']}")
    assert 'id="T10" name="四' in kept.text
    taken = admin.send("POST", f"{change}/files/{PLAN}/mine", {"mine": clash["mine"], "revision": base}).json
    assert 'id="T10" name="四' in taken["source"]
    assert owner.send("POST", f"{change}/files/{PLAN}/mine", {"mine": 99, "revision": 1}).status_code == 404

    # history: back to the beginning, and nothing of what was between is lost
    assert owner.post(f"{change}/history/{PLAN}", {"revision": "1"}).status_code == 303
    assert read(owner, change, PLAN)["source"] == source
    assert f"{taken['revision']}" in owner.get(f"{change}/history/{PLAN}").text
    site.clock.advance(hours=2)
    for name in "五六七":
        now = read(owner, change, PLAN)
        text = now["source"].replace('id="T10" name="', f'id="T10" name="{name}')
        put(owner, change, PLAN, text, now["revision"])
        site.clock.advance(minutes=1)
    site.clock.advance(hours=2)
    put(owner, change, PLAN, source, read(owner, change, PLAN)["revision"])
    kept_numbers = [one["revision"] for one in owner.get(f"{change}/files/{PLAN}/revisions").json["revisions"]]
    assert kept_numbers[0] == taken["revision"] + 5  # the last; of those saved within minutes long ago only one is kept
    assert 1 in kept_numbers
    assert taken["revision"] + 2 not in kept_numbers


def test_what_cannot_be_saved_and_what_is_kept_all_the_same(site: Site) -> None:  # noqa: F811
    owner, agent = site.person(OWNER), site.person("lin.xiaoan")
    change = begun(owner, PLAN, "T09.form", "complaint.en.json")
    for method, path, body in (
        ("GET", f"{change}/files/{PLAN}", None),
        ("PUT", f"{change}/files/{PLAN}", {"source": "", "revision": 1}),
        ("POST", f"{change}/files/{PLAN}/check", {"source": ""}),
    ):
        answer = agent.send(method, path, body)
        assert (answer.status_code, answer.json) == (403, {"error": "您没有权限执行此操作。"})
    assert agent.post("/studio/changes", {"file": PLAN}).status_code == 403
    for path, sentence in (
        (f"{change}/files/none.bpmn", "这个变更里没有文件 none.bpmn。"),
        (f"/studio/changes/{UUID(int=5)}/files/{PLAN}", "没有这个变更。"),
    ):
        answer = owner.send("PUT", path, {"source": "x", "revision": 1})
        assert (answer.status_code, answer.json["error"]) == (404, sentence)
    for body in (
        [],
        {"source": 5, "revision": 1},
        {"source": "x"},
        {"source": "x", "revision": "1"},
        {"source": "x", "revision": 7},
    ):
        assert owner.send("PUT", f"{change}/files/{PLAN}", body).status_code == 422
    answer = owner.send("PUT", f"{change}/files/{PLAN}", {"source": "x" * 5_000_001, "revision": 1})
    assert (answer.status_code, answer.json["error"]) == (422, "文件超过 5000000 字节。")
    assert read(owner, change, PLAN)["revision"] == 1

    broken = put(owner, change, PLAN, "<bpmn:definitions", 1)
    assert [(one["rule"], one["file"]) for one in broken["findings"] if one["severity"] == "error"] == [
        ("not-xml", PLAN)
    ]
    assert read(owner, change, PLAN)["source"] == "<bpmn:definitions"
    assert "第 1 行不是合法的 XML" in owner.get(change).text
    assert owner.get(f"{change}/edit/{PLAN}").status_code == 200
    checked = owner.send("POST", f"{change}/files/T09.form/check", {"source": "{}"}).json["findings"]
    assert {one["file"] for one in checked} == {"T09.form", PLAN}
    texts = read(owner, change, "complaint.en.json")["source"]
    assert list(json.loads(texts)) == sorted(json.loads(texts))
    assert put(owner, change, "complaint.en.json", '{"投诉": 5}', 1)["findings"][-1]["file"] in (
        "complaint.en.json",
        PLAN,
    )

    drawn = resources_source(site, PLAN).replace(b'<bpmn:exclusiveGateway id="G4"', b'<bpmn:scriptTask id="G4"')
    drawn = drawn.replace(b"</bpmn:exclusiveGateway>", b"</bpmn:scriptTask>", 1)
    put(owner, change, PLAN, resources_source(site, PLAN).decode(), 2)
    mended = owner.send("POST", f"{change}/files/{PLAN}/repair", {"source": drawn.decode(), "wanted": ["none"]})
    assert mended.status_code == 404
    assert owner.send("POST", f"{change}/files/{PLAN}/repair", {"source": "<x", "wanted": []}).json["source"] == "<x"


def resources_source(site: Site, file: str) -> bytes:  # noqa: F811
    with site.database.read() as session:
        return resources.source(session, file)


def test_a_change_is_talked_over_reviewed_and_given_up(site: Site) -> None:  # noqa: F811
    owner, admin = site.person(OWNER), site.person(ADMIN)
    change = begun(owner, "T09.form", title="受理表单加一项", reason="客户要求")
    assert owner.post(f"{change}/comments", {"text": "@系统管理员请看这里", "file": "T09.form"}).status_code == 303
    assert "柏流程 在变更“受理表单加一项”中提到您：@系统管理员请看这里" in admin.get("/notifications").text
    site.clock.advance(seconds=5)
    said = admin.send("POST", f"{change}/files/T09.form/comments", {"text": "为什么？", "element": "T09_decision"}).json
    assert [(one["element"], one["text"]) for one in said["comments"]] == [
        ("", "@系统管理员请看这里"),
        ("T09_decision", "为什么？"),
    ]
    assert "评论了您的变更" in owner.get("/notifications").text
    settled = owner.send("POST", f"{change}/files/T09.form/comments", {"settle": said["comments"][1]["id"]}).json
    assert [one["settled"] for one in settled["comments"]] == [False, True]
    assert owner.post(f"{change}/comments", {"text": " "}).status_code == 422

    # four eyes
    source = read(owner, change, "T09.form")["source"]
    put(owner, change, "T09.form", source.replace('"受理"', '"接受"', 1), 1)
    assert owner.post(f"{change}/ask-review", {"reviewer": OWNER}).status_code == 422
    assert owner.post(f"{change}/ask-review", {"reviewer": "lin.xiaoan"}).status_code == 422
    assert admin.post(f"{change}/review", {"verdict": "approved"}).status_code == 409  # nobody asked
    owner.post(f"{change}/ask-review", {"reviewer": ADMIN})
    assert "请您审阅变更“受理表单加一项”" in admin.get("/notifications").text
    assert owner.post(f"{change}/review", {"verdict": "approved"}).status_code == 403
    refused = admin.post(f"{change}/review", {"verdict": "refused", "opinion": ""})
    assert refused.status_code == 422
    admin.post(f"{change}/review", {"verdict": "refused", "opinion": "名称不对"})
    assert "退回了变更“受理表单加一项”：名称不对" in owner.get("/notifications").text
    owner.post(f"{change}/ask-review", {"reviewer": ADMIN})
    admin.post(f"{change}/review", {"verdict": "approved", "opinion": "好"})
    assert "已同意" in owner.get(change).text
    put(owner, change, "T09.form", source, read(owner, change, "T09.form")["revision"])  # edited after the approval
    assert "已同意" not in owner.get(change).text

    assert owner.post(f"{change}/discard", {"reason": ""}).status_code == 422
    owner.post(f"{change}/discard", {"reason": "不改了"})
    assert owner.post(f"{change}/title", {"title": "z", "reason": "z"}).status_code == 409
    late = owner.send("PUT", f"{change}/files/T09.form", {"source": "{}", "revision": 1})
    assert (late.status_code, late.json["error"]) == (409, "这个变更已经放弃。要继续修改，请新建一个变更。")
    assert owner.get(f"{change}/edit/T09.form").status_code == 200
    assert "受理表单加一项" in owner.get("/studio/changes?state=discarded").text
    owner.post(f"{change}/reopen")
    owner.post(f"{change}/title", {"title": "受理表单", "reason": "y"})
    assert "受理表单加一项" not in owner.get("/studio/changes").text
    owner.post(f"{change}/files/T09.form/remove")
    assert owner.get(f"{change}/files/T09.form").status_code == 404

    # whether a second person is needed is the administrator's decision
    assert owner.post("/studio/settings", {"second_person": "yes"}).status_code == 403
    admin.post("/studio/settings", {"second_person": "yes"})
    assert "须经审阅" in owner.get(change).text
    with site.database.read() as session:
        entries = select(AuditEntry).where(AuditEntry.action.like("studio.%")).order_by(AuditEntry.id)
        done = [row.action for row in session.scalars(entries)]
    assert done == [
        "studio.open", "studio.file.add", "studio.comment", "studio.comment", "studio.comment.settled", "studio.edit",
        "studio.review.ask", "studio.review.refused", "studio.review.ask", "studio.review.approved",
        "studio.review.void", "studio.discard", "studio.reopen", "studio.rename", "studio.file.remove", "studio.settings",
    ]  # fmt: skip


def test_something_new_can_be_published_at_once(site: Site) -> None:  # noqa: F811
    owner = site.person(OWNER)
    answer = owner.post("/studio/changes", {"title": "夜间巡查", "then": "bpmn"})
    change = answer.location.split("/new")[0]
    for said in (
        {"kind": "bpmn", "name": "夜间巡查", "role": "cs_sup"},
        {"kind": "dmn", "name": "通知谁", "key": "night_news", "folder": "complaint"},
        {"kind": "form", "name": "现场 <情况>", "key": "N1"},
    ):
        made = owner.post(f"{change}/new", said)
        assert made.status_code == 303, made.text
        assert owner.get(made.location).status_code == 200
    for wrong in ({"key": "complaint"}, {"key": "1x"}, {"name": ""}, {"kind": "texts"}, {"key": "process_1"}):
        assert owner.post(f"{change}/new", {"kind": "bpmn", "name": "x", **wrong}).status_code == 422, wrong
    with site.database.read() as session:
        files = studio.files(session, UUID(change.split("/")[-1]))
        found = studio.check(
            session, SYSTEM, UUID(change.split("/")[-1]), registry=site.app.extensions["keyturn"].registry
        )
    assert [one for one in found if one.severity != "info"] == []
    assert sorted(files) == ["N1.form", "night_news.dmn", "process_1.bpmn"]
    with site.database.transaction() as session:
        registry = site.app.extensions["keyturn"].registry
        done = definitions.deploy(session, files=files, viewer=SYSTEM, now=site.clock(), registry=registry)
    assert {item.key for item in done.items} == {"process_1", "night_news", "N1"}


def test_what_was_published_since_is_taken_over(site: Site) -> None:  # noqa: F811
    owner = site.person(OWNER)
    change = begun(owner, "T09.form")
    source = read(owner, change, "T09.form")["source"]
    mine, published = json.loads(source), json.loads(source)
    mine["components"][0]["label"], published["name"] = "怎么办", "受理（新）"
    published["components"][0]["label"] = "如何处理"
    put(owner, change, "T09.form", json.dumps(mine), 1)
    assert "之后又发布过" not in owner.get(change).text
    with site.database.transaction() as session:
        definitions.deploy(
            session, files={"T09.form": json.dumps(published).encode()}, viewer=SYSTEM, now=site.clock(),
            registry=site.app.extensions["keyturn"].registry,
        )  # fmt: skip
    assert "之后又发布过" in owner.get(change).text
    page = owner.get(owner.post(f"{change}/take-over", {"file": "T09.form"}).location).text
    assert "标签两边都改了。草稿保留 &#34;怎么办&#34;；已发布的是 &#34;如何处理&#34;。" in page
    form = json.loads(read(owner, change, "T09.form")["source"])
    assert (form["name"], form["components"][0]["label"]) == ("受理（新）", "怎么办")
    assert "之后又发布过" not in owner.get(change).text


def test_whatever_is_sent_is_answered_with_a_sentence(site: Site) -> None:  # noqa: F811
    owner = site.person(OWNER)
    change = begun(owner, "T09.form")
    huge = "9" * 21
    for address in (
        f"/studio/changes?page={huge}", f"/studio/publications?page={huge}", f"/studio/compare?file=T09.form&left={huge}",
        f"/studio/files/T09.form?version={huge}", f"/studio/processes/complaint_plan?version={huge}",
    ):  # fmt: skip
        assert owner.get(address).status_code == 200, address
    here = f"{change}/files/T09.form"
    for address, body in (
        (f"{here}/mine", {"mine": int(huge), "revision": 1}),
        (f"{here}/mine", {"mine": 1, "revision": -1}),
        (f"{here}/repair", {"wanted": 5, "source": "{}"}),
        (f"{here}/repair", {"wanted": [5], "source": "{}"}),
        (f"{here}/comments", {"text": "a\0b"}),
        (f"{here}/comments", {"text": "a", "element": "\0"}),
        (f"{here}/presence", {"element": "\ud800"}),
    ):
        answer = owner.send("POST", address, body)
        assert (answer.status_code, bool(answer.json["error"])) == (422, True), address
    for address, form in (
        (f"{change}/comments", {"text": "a\0b"}),
        (f"{change}/title", {"title": "\0", "reason": ""}),
        ("/studio/changes", {"title": "a\0"}),
    ):
        assert owner.post(address, form).status_code == 422, address
    assert owner.post(f"{change}/history/T09.form", {"revision": huge}).status_code == 404
