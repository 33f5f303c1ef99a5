"""Processes in and out: files, folders, archives, on the command line."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from engine import exports, parcels, resources
from engine.access import SYSTEM
from engine.errors import InvalidInputError
from processes.services.demo import checklists, estate
from processes.services.demo import people as staff
from storage.session import Database
from tasks_ui import cli_exchange
from tasks_ui.app import default_registry
from tests.acceptance.api_client import APPROVAL, bpmn
from tests.sites import NOW, SECRET, Site, settings_for, site_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

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
    again = tmp_path / "again.zip"
    run(opened.database, "export", "--to", again)
    assert again.read_bytes() == archive.read_bytes(), "the same files are the same archive"
    fresh = Database(f"sqlite:///{tmp_path / 'fresh.db'}", data_key=SECRET)
    fresh.create_all()
    with fresh.transaction() as session:
        staff.seed_roles(session)
        estate.add_registers(session)
        checklists.add_checklists(session)
    tried = run(fresh, "deploy", archive, "--dry-run", "--lang", "en")
    assert (tried.exit_code, "nothing was published" in tried.output) == (0, True), tried.output
    assert digests(fresh) == {}
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
