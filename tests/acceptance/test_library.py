"""The library of the studio: what is in force, its versions, who uses it, and any two versions compared."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

import pytest
from sqlalchemy import func, select

from engine import definitions, operations, people, studio
from engine.access import SYSTEM
from engine.connectors import Registry
from engine.studio import comparisons, document_heads, library, resources
from storage.tables.definitions import ProcessDefinition
from storage.tables.instances import AuditEntry
from tests.conftest import NOW
from tests.sites import demo_file, site  # noqa: F401

if TYPE_CHECKING:
    from storage.session import Database
    from tests.sites import Person, Site

OWNER = "bai.liucheng"


@pytest.fixture
def owner(site: Site) -> Person:  # noqa: F811
    return site.person(OWNER)


def plain(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def drafted(site: Site, **swaps: tuple[str, str]) -> UUID:  # noqa: F811
    """Draft files with one text for another in each."""
    files = {name.replace("__", "."): texts for name, texts in swaps.items()}
    now = site.clock()
    with site.database.transaction() as session:
        viewer = people.viewer(session, OWNER, now=now)
        change = studio.begin(
            session, viewer, wanted=list(files), title="第五天改第四天", reason="客户等得太久", now=now
        )
        for file, (old, new) in files.items():
            source = studio.draft(session, viewer, change, file).source.decode()
            assert old in source, (file, old)
            studio.save(session, viewer, change, file, source=source.replace(old, new, 1).encode(), revision=1, now=now)
    return change


def test_the_library_shows_what_is_in_force_and_finds_it(site: Site, owner: Person) -> None:  # noqa: F811
    change = drafted(site, time_limits__dmn=('row_18_out_1"><text>5<', 'row_18_out_1"><text>4<'))
    page = owner.get("/studio").text
    for name in ("交付", "验房"):  # folders that are called after none of their processes
        assert re.search(rf'<h2 id="shelf-\d+">{name} <code>', page)
    with site.database.read() as session:
        files = resources.published(session)
        handle = next(one for one in files if one.file == "complaint_handle.bpmn")
    assert page.count('class="library-card"') == sum(one.kind == "bpmn" for one in files)
    shown = plain(page)
    assert "KF-TS-04 · 客服部" in shown
    assert re.search(r"投诉处理 KF-TS-04 · 客服部 · 柏流程 第 1 版 · \S+ \S+ · 系统 随产品提供 运行中 \d+ 件", shown)
    assert f'/studio/changes/{change}"' in page, "the change under way stands at the table"
    found = plain(owner.get("/studio?q=" + quote("KF-TS-04")).text)
    assert "投诉处理" in found
    assert "投诉分派" not in found
    assert "没有找到" in owner.get("/studio?q=" + quote("没有这个")).text
    forms = owner.get("/studio?kind=form&q=T09").text
    assert re.search(r"表单 <b>1</b>", forms)  # what the search finds is counted
    assert re.search(r"图 <b>0</b>", forms)
    table = owner.get("/studio/files/time_limits.dmn").text
    assert 'wd <span class="muted small">工作日</span>' in table
    assert 'accept <span class="muted small">受理</span>' in table
    assert forms.count('href="/studio/files/') == 1
    picture = owner.get(f"/studio/pictures/{handle.definition_id}.svg")
    assert picture.mimetype == "image/svg+xml"
    assert "immutable" in picture.headers["Cache-Control"]
    assert picture.text.startswith("<svg")
    english = owner.client
    owner.post("/me/language", {"language": "en"})
    assert "Complaints and repairs" in english.get("/studio").text


def test_a_process_shows_its_picture_its_head_and_who_uses_what(site: Site, owner: Person) -> None:  # noqa: F811
    page = owner.get("/studio/processes/complaint_handle").text
    shown = plain(page)
    assert 'class="bpmn"' in page
    assert "文件编号 KF-TS-04" in shown
    assert "/studio/files/T18.form" in page, "its forms"
    assert "/studio/files/complaint_plan.bpmn" in page, "what it calls"
    assert "被这些流程调用 1 投诉与报修" in shown
    assert "/studio/files/ac10-dissatisfied-thrice.yaml" in page
    assert 'name="file" value="complaint_handle.bpmn"' in page, "straight into its editor"
    assert re.search(r"第 1 版 使用中 随产品提供 .* 系统 \d+", shown)
    form = plain(owner.get("/studio/files/T18.form").text)
    assert "被谁使用 投诉处理 complaint_handle.bpmn" in form
    table = owner.get("/studio/files/approval_authority.dmn").text
    assert "查勘与方案" in plain(table)
    assert "complaint_plan.bpmn" in table
    limits = plain(owner.get("/studio/files/time_limits.dmn").text)
    assert re.search("complaint, handover 客户诉求.交付 day5_call 第5日沟通", limits), "codes, and what they mean"
    assert "首行命中" in limits
    answer = owner.get("/studio/files/complaint_handle.bpmn")
    assert answer.headers["Location"] == "/studio/processes/complaint_handle"
    assert "登记接待" in owner.get("/studio/files/complaint.en.json").text
    for path in ("/studio/processes/nobody", "/studio/files/nobody.form", "/studio/files/T18.form?version=99"):
        assert owner.get(path).status_code == 404
    assert site.person("lin.xiaoan").get("/studio").status_code == 403


def test_the_head_of_a_process_is_written_without_a_new_version(site: Site, owner: Person) -> None:  # noqa: F811
    address = "/studio/processes/complaint/head"
    asked = owner.get(address).text
    assert 'value="KF-TS-01"' in asked
    wrong = owner.post(address, {"number": "KF-TS-99", "approved_on": "次日"})
    assert wrong.status_code == 422
    assert 'value="KF-TS-99"' in wrong.text, "nothing typed is lost"
    assert owner.post(address, {"changes": "-1"}).status_code == 422
    assert owner.post(address, {"author": "长" * 201}).status_code == 422
    head = {"number": "KF-TS-99", "approver": "柏流程", "approved_on": "2026-03-01", "changes": "2", "reviewed_on": ""}
    assert owner.post(address, head).status_code == 303
    shown = plain(owner.get("/studio/processes/complaint").text)
    assert "文件编号 KF-TS-99" in shown
    assert "批准人、日期 柏流程 2026-03-01" in shown
    assert "修改次数 2" in shown
    assert "审核人、日期 孙明礼 编制" not in shown
    with site.database.read() as session:
        versions = select(func.count()).select_from(ProcessDefinition).where(ProcessDefinition.key == "complaint")
        assert session.scalar(versions) == 1
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "definition.head")).one()
        assert entry.detail["changed"]["number"] == ["KF-TS-01", "KF-TS-99"]
        assert set(entry.detail["changed"]) == {"number", "approver", "approved_on", "changes", "reviewed_on"}
    assert "修改了流程文件头" in site.person("admin").get("/admin/audit").text
    assert site.person("lin.xiaoan").post(address, head).status_code == 403


def test_a_change_is_compared_with_what_is_published(site: Site, owner: Person) -> None:  # noqa: F811
    change = drafted(
        site,
        time_limits__dmn=('row_18_out_1"><text>5<', 'row_18_out_1"><text>4<'),
        T09__form=('"label": "退回理由"', '"label": "退回原因"'),
        complaint_level__bpmn=('name="提请升级"', 'name="建议升级"'),
        **{"ac02-shorter-limit-to-accept__yaml": ("2026-03-02 14:00", "2026-03-02 15:00")},
    )
    page = owner.get(f"/studio/changes/{change}/compare").text
    shown = plain(page)
    assert "第 18 行“时限”：5 → 4（流程 complaint, handover，时钟 day5_call）" in shown
    assert "标签：“退回理由” → “退回原因”" in shown
    assert "名称：“提请升级” → “建议升级”" in shown
    assert "直到：2026-03-02 14:00 → 直到：2026-03-02 15:00" in shown
    assert page.count("is-changed-sign") == 2, "the step is framed in both pictures"
    assert page.index("complaint_level.bpmn</code>") < page.index("time_limits.dmn</code>"), "diagrams first"
    assert "<del>5</del>" in page
    assert page.count('<tr id="row-1-time_limits_row') == 1, "only the row that differs"
    every = owner.get(f"/studio/changes/{change}/compare?every=1").text
    assert every.count('<tr id="row-1-time_limits_row') > 40
    assert f'href="/studio/changes/{change}/compare"' in owner.get(f"/studio/changes/{change}").text
    owner.post("/me/language", {"language": "en"})
    english = plain(owner.get(f"/studio/changes/{change}/compare").text)
    assert "Label: “Reason for the return” → “退回原因”" in english
    assert owner.get("/studio/changes/00000000-0000-0000-0000-000000000000/compare").status_code == 404


def test_any_two_versions_are_compared(site: Site, owner: Person) -> None:  # noqa: F811
    assert "选择文件" in owner.get("/studio/compare").text
    assert "只有一个版本" in owner.get("/studio/compare?file=T09.form").text
    with site.database.transaction() as session:
        form = resources.source(session, "T09.form").replace("退回理由".encode(), "退回原因".encode())
        viewer = people.viewer(session, OWNER, now=site.clock())
        context: Any = site.app.extensions["keyturn"]
        definitions.deploy(
            session, files={"T09.form": form}, viewer=viewer, now=site.clock(), registry=context.registry, note="换词"
        )
    page = owner.get("/studio/compare?file=T09.form").text
    assert "标签：“退回理由” → “退回原因”" in plain(page)
    assert "换词" in page
    assert "退回原因" not in plain(owner.get("/studio/files/T09.form?version=1").text)
    shown = plain(owner.get("/studio/files/T09.form").text)
    assert "换词" in shown
    assert "与上一版比较" in shown
    same = plain(owner.get("/studio/compare?file=T09.form&left=2&right=2").text)
    assert "没有差别" in same
    assert owner.get("/studio/compare?file=T09.form&left=1&right=9").status_code == 404


DRAWN = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">
<process id="tiny" name="%s" isExecutable="true"><startEvent id="s"/><endEvent id="e"/>
<sequenceFlow id="f" sourceRef="s" targetRef="e"/></process></definitions>"""


def test_the_queries_run_on_both_databases(database: Database) -> None:
    registry = Registry(services={}, listeners={}, connectors={}, periodic={})
    with database.transaction() as session:
        for name in (b"Tiny", b"Smaller"):
            definitions.deploy(session, files={"tiny.bpmn": DRAWN % name}, viewer=SYSTEM, now=NOW, registry=registry)
            assert [one.name for one in resources.published(session)] == [name.decode()], "seen at once by who writes"
    with database.transaction() as session:
        change = studio.begin(session, SYSTEM, wanted=["tiny.bpmn"], title="x", reason="x", now=NOW)
        source = studio.draft(session, SYSTEM, change, "tiny.bpmn").source
        studio.save(
            session, SYSTEM, change, "tiny.bpmn", source=source.replace(b"Smaller", b"Least"), revision=1, now=NOW
        )
        document_heads.change(session, SYSTEM, operations.version_id(session, "tiny"), {"number": "T-1"}, now=NOW)
    with database.read() as session:
        assert resources.published(session) is resources.published(session), "read once by who only reads"
        (item,) = library.shelves(session, SYSTEM).shelves[0].items
        assert (item.resource.version, item.versions, item.number, item.drafts[0].change_id) == (2, 2, "T-1", change)
        page = library.process(session, SYSTEM, "tiny")
        assert [row.version for row in page.versions] == [2, 1]
        assert library.file(session, SYSTEM, "tiny.bpmn", 1).newest is False
        _change, (compared,) = comparisons.of_change(session, SYSTEM, change)
        assert [line.message_zh for line in compared.changes] == ["流程名称：“Smaller” → “Least”"]
        compared = comparisons.versions(session, SYSTEM, "tiny.bpmn", left=1, right=2)
        assert [line.message for line in compared.changes] == ["Name of the process: “Tiny” → “Smaller”"]
