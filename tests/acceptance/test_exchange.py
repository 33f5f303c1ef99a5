"""Processes in and out: files, folders, archives, on the command line."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from engine import definitions, studio
from engine.access import SYSTEM
from engine.connectors import Registry
from engine.errors import InvalidInputError
from engine.publishing import exports, parcels
from engine.studio import resources
from engine.studio import settings as studio_settings
from processes.services.demo import checklists, estate
from processes.services.demo import people as staff
from storage.session import Database
from tasks_ui import cli_exchange
from tasks_ui.app import default_registry
from tests.acceptance.api_client import APPROVAL, bpmn, program
from tests.sites import NOW, SECRET, Site, settings_for, site_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result
    from werkzeug.test import TestResponse

CALLBACK = ["callback/callback.bpmn", "callback/callback.en.json", "callback/forms/CB1.form"]


@pytest.fixture(scope="module")
def opened(demo_file: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    found = site_in(tmp_path_factory.mktemp("exchange") / "site", demo_file)
    yield found
    found.database.dispose()


def run(database: Database, *words: str | Path) -> Result:
    registry = default_registry(settings_for(Path(str(database.url.database)).parent))
    commands = {one.name: one for one in cli_exchange.commands(lambda _demo: (database, registry), lambda: NOW)}
    return CliRunner().invoke(commands[str(words[0])], [str(word) for word in words[1:]])


def digests(database: Database) -> dict[str, tuple[str, str, str]]:
    with database.read() as session:
        return {one.file: (one.folder, one.kind, one.digest) for one in resources.published(session)}


def test_everything_goes_out_and_into_a_fresh_installation(opened: Site, tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    assert run(opened.database, "export", "--to", archive).exit_code == 0
    assert {stat.date_time for stat in zipfile.ZipFile(archive).infolist()} == {(1980, 1, 1, 0, 0, 0)}
    again = parcels.pack(dict(reversed(parcels.unpack(archive.read_bytes()).items())))
    assert again == archive.read_bytes(), "the same files are the same archive"
    fresh = Database(f"sqlite:///{tmp_path / 'fresh.db'}", data_key=SECRET)
    fresh.create_all()
    with fresh.transaction() as session:
        staff.seed_roles(session)
        estate.add_registers(session)
        checklists.add_checklists(session)
    done = run(fresh, "deploy", archive, "--note", "搬家")
    assert done.exit_code == 0, done.output
    assert digests(fresh) == digests(opened.database)
    with opened.database.read() as before, fresh.read() as after:
        there, here = exports.exported(before, SYSTEM), exports.exported(after, SYSTEM)
    assert {path for path in there if there[path] != here[path]} == {"manifest.json"}
    told, kept = json.loads(there["manifest.json"]), json.loads(here["manifest.json"])
    assert told["heads"] == kept["heads"]
    assert told["heads"]["complaint"]["author"] == "柏流程"
    assert {line["note"] for line in kept["files"] if line["kind"] == "bpmn"} == {"搬家"}
    fresh.dispose()


def test_a_folder_shows_what_changed_and_no_more(opened: Site, tmp_path: Path) -> None:
    target = tmp_path / "out"
    first = run(opened.database, "export", "callback", "--to", target)
    assert first.exit_code == 0, first.output
    names = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    assert names == [*CALLBACK, "callback/forms/CB2.form", "manifest.json"]
    (target / "notes.md").write_text("mine")
    form = target / CALLBACK[2]
    stamp = (target / CALLBACK[0]).stat().st_mtime_ns
    form.write_text("changed")
    assert "1 个有变化" in run(opened.database, "export", "callback", "--to", target).output
    assert (target / CALLBACK[0]).stat().st_mtime_ns == stamp, "what is the same is not written again"
    other = run(opened.database, "export", "reminder", "--to", target, "--lang", "en")
    assert "4 removed" in other.output
    assert (target / "notes.md").exists()
    unknown = run(opened.database, "export", "nothing", "--to", target)
    assert (unknown.exit_code, "nothing" in unknown.output) == (1, True)


def test_what_cannot_be_published_is_listed_and_nothing_is(opened: Site, tmp_path: Path) -> None:
    before = digests(opened.database)
    broken = tmp_path / "broken.bpmn"
    broken.write_bytes(
        bpmn('<startEvent id="a"/><scriptTask id="b"/><sequenceFlow id="c" sourceRef="a" targetRef="b"/>')
    )
    (tmp_path / "good.bpmn").write_bytes(APPROVAL)
    refused = run(opened.database, "deploy", tmp_path, "--lang", "en")
    assert refused.exit_code == 1
    assert "broken.bpmn" in refused.output
    assert digests(opened.database) == before
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "good.bpmn").write_bytes(APPROVAL + b" ")
    double = run(opened.database, "deploy", tmp_path)
    assert (double.exit_code, "重名" in double.output) == (1, True)
    (tmp_path / "empty").mkdir()
    assert "没有可以发布的文件" in run(opened.database, "deploy", tmp_path / "empty").output


def test_where_a_second_person_must_agree_nothing_is_published_past_him(opened: Site, tmp_path: Path) -> None:
    file = tmp_path / "good.bpmn"
    file.write_bytes(APPROVAL)
    before = digests(opened.database)
    with opened.database.transaction() as session:
        studio_settings.set_second_person(session, SYSTEM, wanted=True, now=NOW)
    refused = run(opened.database, "deploy", file)
    assert (refused.exit_code, "第二人" in refused.output) == (1, True), refused.output
    tried = run(opened.database, "deploy", file, "--dry-run", "--lang", "en")
    assert (tried.exit_code, "nothing was published" in tried.output) == (0, True), tried.output
    sent = {"files": (io.BytesIO(APPROVAL), "good.bpmn")}
    problem = program(opened, "bai.liucheng").ask("POST", "/deployments", data=sent)
    assert (problem.status_code, "第二人" in problem.get_json(force=True)["detail"]) == (409, True)
    assert digests(opened.database) == before
    assert run(opened.database, "deploy", file, "--without-review").exit_code == 0
    with opened.database.transaction() as session:
        studio_settings.set_second_person(session, SYSTEM, wanted=False, now=NOW)
    assert "good.bpmn" in digests(opened.database)


def zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (zipped({"../../etc/x.bpmn": b"x"}), "leads elsewhere"),
        (zipped({"/x.bpmn": b"x"}), "leads elsewhere"),
        (zipped({"c:\\x.bpmn": b"x"}), "leads elsewhere"),
        (zipped({"big.bpmn": bytes(6_000_000)}), "too large"),
        (zipped({f"{at}.bpmn": bytes(4_900_000) for at in range(14)}), "too large"),
        (zipped({f"{at}.form": b"" for at in range(2_001)}), "more than"),
        (b"PK\x03\x04 and then nothing", "no readable zip"),
        (zipped({"a.bpmn": b"x" * 1000})[:-60], "no readable zip"),
    ],
)
def test_archives_that_mean_harm_or_are_damaged_are_refused(content: bytes, word: str) -> None:
    with pytest.raises(InvalidInputError, match=word):
        parcels.read([("x.zip", content)])


def test_several_archives_share_one_room() -> None:
    large = zipped({f"{at}.bpmn": bytes(4_900_000) for at in range(7)})
    with pytest.raises(InvalidInputError, match="too large"):
        parcels.read([("a.zip", large), ("b.zip", large)])
    many = zipped({f"{at}.form": b"" for at in range(1_001)})
    with pytest.raises(InvalidInputError, match="too much"):
        parcels.read([("a.zip", many), ("b.zip", many)])


def test_files_find_their_names_and_folders() -> None:
    outer = parcels.read(
        [
            ("repo/complaint/translations.en.json", b"{}"),
            ("repo/complaint/forms/T1.form", b"{}"),
            ("repo/complaint/scenarios/a.yml", b"x"),
            ("repo/complaint/README.md", b"x"),
            ("repo/complaint/x.bpmn20.xml", APPROVAL),
            ("repo/pom.xml", b"<project/>"),
            ("lone.dmn", b"x"),
        ]
    )
    assert outer.folders == dict.fromkeys(["complaint.en.json", "T1.form", "a.yaml", "x.bpmn"], "complaint")
    assert sorted(outer.files) == ["T1.form", "a.yaml", "complaint.en.json", "lone.dmn", "x.bpmn"]
    assert outer.aside == ("repo/complaint/README.md", "repo/pom.xml")
    twice = parcels.read([("a.zip", zipped({"p/x.bpmn": b"1", "q/x.bpmn": b"2"})), ("x.bpmn", b"1")])
    assert twice.doubles == {"x.bpmn": ("p/x.bpmn", "q/x.bpmn")}


FORM = b'{"type": "default", "id": "zz", "components": []}'


def test_no_folder_leads_out_of_the_target(opened: Site, tmp_path: Path) -> None:
    up = "../../up"
    told = {"format": parcels.FORMAT, "files": [{"file": "x.bpmn", "folder": up}], "heads": {}}
    given = [("manifest.json", json.dumps(told).encode()), ("x.bpmn", APPROVAL), (f"{up}/..new one/y.form", b"{}")]
    assert parcels.read(given).folders == {"y.form": "new_one"}
    owner = opened.person("bai.liucheng")
    change = owner.post("/studio/changes", {"title": "a"}).location.split("/")[3]
    typed = {"kind": "form", "name": "x", "key": "zzform", "folder": up}
    refused = owner.post(f"/studio/changes/{change}/new", typed)
    assert (refused.status_code, f"文件夹名只能用字母、数字、- 和 _；{up} 不符合" in refused.text) == (422, True)
    with opened.database.transaction() as session:
        one = {"files": {"zz.form": FORM}, "viewer": SYSTEM, "now": NOW, "registry": Registry(strict=False)}
        with pytest.raises(InvalidInputError):
            definitions.deploy(session, **one, folders={"zz.form": up})
        definitions.deploy(session, **one, name=up)
        assert f"{exports.LOOSE}/forms/zz.form" in exports.exported(session, SYSTEM)
        session.rollback()
    with pytest.raises(InvalidInputError):
        cli_exchange.write(tmp_path / "out", {"../x.bpmn": b"x"})
    assert not (tmp_path / "x.bpmn").exists()


# In the browser

FOREIGN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">
<process id="leave" name="请假审批">
<startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="t1"/>
<task id="t1" name="主管审批"/><sequenceFlow id="f2" sourceRef="t1" targetRef="g"/>
<exclusiveGateway id="g" name="同意？"/><sequenceFlow id="f3" name="同意" sourceRef="g" targetRef="e1"/>
<sequenceFlow id="f4" name="不同意" sourceRef="g" targetRef="e2"/><endEvent id="e1" name="完成"/><endEvent id="e2"/>
</process></definitions>""".encode()
KEPT = re.compile(r'name="kept" value="([^"]*)"')


class Doctor:
    """The page of the import doctor, which keeps its files itself."""

    def __init__(self, site: Site) -> None:
        self.person, self.kept = site.person("bai.liucheng"), ""

    def act(self, act: str, *files: tuple[str, bytes], **typed: str) -> TestResponse:
        sent: dict[str, object] = {"act": act, "kept": self.kept, **typed}
        sent |= {"files": [(io.BytesIO(content), name) for name, content in files]} if files else {}
        answer = self.person.post("/studio/doctor", sent, content_type="multipart/form-data")
        if found := KEPT.search(answer.text):
            self.kept = found[1]
        return answer


def test_nothing_is_unpacked_for_somebody_who_may_not_edit(opened: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: list[str] = []
    unpack = parcels.unpack
    monkeypatch.setattr(parcels, "unpack", lambda *given: unpacked.append(given[1]) or unpack(*given))
    doctor = Doctor(opened)
    files = [("a.zip", zipped({"x.bpmn": FOREIGN})), ("b.zip", zipped({"y.bpmn": FOREIGN}))]
    assert (doctor.act("look", *files).status_code, unpacked) == (200, ["a.zip", "b.zip"])
    unpacked.clear()
    assert (doctor.act("away:y.bpmn").status_code, unpacked) == (200, ["…"]), "once a request"
    unpacked.clear()
    doctor.person = opened.person("lin.xiaoan")
    assert (doctor.act("look", *files).status_code, unpacked) == (403, [])


def test_a_diagram_from_elsewhere_is_mended_and_taken_into_a_change(opened: Site) -> None:
    doctor = Doctor(opened)
    page = doctor.act("look", ("请假 (1).bpmn", FOREIGN)).text
    assert "1 个问题妨碍运行" in page
    assert "自动排布" in page
    assert 'data-element="g"><title>同意？: 问题 1' in page, "the number stands on the diagram"
    assert 'class="badge stop"' in page
    one = doctor.act("mend:请假 (1).bpmn:user-task:t1").text
    assert "把“主管审批”改成人工任务" in one.split("已修复")[1].split("</div>")[0]
    assert 'class="node userTask' in one
    assert "恢复成原来的文件" in one
    every = doctor.act("all:请假 (1).bpmn").text
    assert "1 个问题妨碍运行" in every, "nobody would see the task: its role is still to be chosen"
    assert "只有管理员" in every
    back = doctor.act("back:请假 (1).bpmn").text
    assert "1 个问题妨碍运行" in back
    doctor.act("all:请假 (1).bpmn")
    refused = doctor.act("continue", **{"name:请假 (1).bpmn": "有 空格.bpmn", "title": "我的标题"})
    assert refused.status_code == 422
    assert "有 空格.bpmn" in refused.text
    assert "我的标题" in refused.text, "what was typed stays"
    gone_on = doctor.act("continue", **{"name:请假 (1).bpmn": "请假.bpmn", "title": "请假流程"})
    assert gone_on.status_code == 303, gone_on.text
    change = gone_on.location.split("/")[3]
    with opened.database.read() as session:
        drafts = studio.files(session, UUID(change))
        view = studio.change(session, SYSTEM, UUID(change))
    assert (list(drafts), view.title) == (["请假.bpmn"], "请假流程")
    assert b"BPMNShape" in drafts["请假.bpmn"]
    assert b"userTask" in drafts["请假.bpmn"]


def test_an_archive_of_published_files_becomes_a_change_of_what_is_different(opened: Site) -> None:
    owner = opened.person("bai.liucheng")
    sent = owner.get("/studio/export?process=callback")
    assert sent.headers["Content-Disposition"] == "attachment; filename=callback-2026-03-02.zip"
    files = parcels.unpack(sent.data)
    assert "callback/callback.bpmn" in files
    files["callback/callback.bpmn"] = files["callback/callback.bpmn"].replace("回访通话".encode(), "电话回访".encode())
    doctor = Doctor(opened)
    page = doctor.act("look", ("callback.zip", parcels.pack(files))).text
    assert page.count("与已发布的完全相同") == 3
    assert "导入后是它的新版本" in page
    gone_on = doctor.act("continue", title="回访改名")
    change = UUID(gone_on.location.split("/")[3])
    with opened.database.read() as session:
        (draft,) = studio.change(session, SYSTEM, change).drafts
        assert (draft.file, draft.is_new, draft.folder) == ("callback.bpmn", False, "callback")
        assert "电话回访".encode() in studio.files(session, change)["callback.bpmn"]
    assert 'href="/studio/export?process=complaint"' in owner.get("/studio/exchange").text
    assert owner.get("/studio/export?process=none").status_code == 404


def test_what_is_no_diagram_is_refused_with_a_sentence_and_nothing_is_lost(opened: Site) -> None:
    doctor = Doctor(opened)
    assert "请先选择" in doctor.act("look").text
    doctor.act("look", ("good.bpmn", FOREIGN))
    for name, content, word in (
        ("notes.txt", b"hello", "notes.txt"),
        ("bad.zip", b"PK\x03\x04nothing", "不是可以读取的 zip"),
        ("bomb.zip", zipped({"x.bpmn": bytes(9_000_000)}), "解开后太大"),
        ("two.zip", zipped({"a/x.bpmn": b"1", "b/x.bpmn": b"2"}), "出现了几次"),
    ):
        answer = doctor.act("look", (name, content))
        assert word in answer.text, name
        assert "good.bpmn" in answer.text, "what lay there stays"
    assert "读不出来" in doctor.act("look", ("evil.bpmn", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')).text
    assert "good.bpmn" not in doctor.act("away:good.bpmn").text.split("doctor-file")[1]
    doctor.kept = "%%%"
    assert doctor.act("look").status_code == 422
    stale_post = opened.person("bai.liucheng").client.post(
        "/studio/doctor", data={"act": "look", "csrf_token": "x", "files": (io.BytesIO(FOREIGN), "a.bpmn")}
    )
    assert stale_post.status_code == 400
    assert "请假审批" in stale_post.text, "a page out of date keeps its files"
