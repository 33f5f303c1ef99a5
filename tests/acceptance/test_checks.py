"""A process owner checks files and folders: what a deployment would refuse is told before."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tasks_ui.cli_check import check, mend
from tasks_ui.cli_scenario import scenario

PROCESSES = Path(__file__).parents[2] / "processes"
CALLBACK = PROCESSES / "callback"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of a process's folder, to be changed."""
    return Path(shutil.copytree(CALLBACK, tmp_path / "callback"))


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(check, [str(one) for one in arguments])
    return result.exit_code, result.output


def test_the_shipped_folders_pass_as_a_whole_and_file_by_file() -> None:
    code, said = run(PROCESSES)
    assert code == 0, said
    code, said = run(PROCESSES / "complaint" / "complaint_handle.bpmn")
    assert code == 0, said
    assert "unknown-" not in said


def test_what_a_deployment_would_refuse_is_refused(copied: Path) -> None:
    diagram = copied / "callback.bpmn"
    text = diagram.read_text(encoding="utf-8")
    assert 'formRef="CB1"' in text
    diagram.write_text(text.replace('formRef="CB1"', 'formRef="CB9"'), encoding="utf-8")
    for given in (copied, diagram):
        code, said = run(given)
        assert code == 1
        assert "unknown-form" in said
        assert "CB9" in said


def test_a_role_that_does_not_exist_is_refused(copied: Path) -> None:
    diagram = copied / "callback.bpmn"
    text = diagram.read_text(encoding="utf-8")
    lane = re.search(r'<bpmn:lane [^>]*name="([^"]+)"', text)
    assert lane
    diagram.write_text(text.replace(f'name="{lane[1]}"', 'name="没有的岗位"', 1), encoding="utf-8")
    code, said = run(copied)
    assert code == 1
    assert "unknown-role" in said
    result = CliRunner().invoke(scenario, ["--with", str(copied)])
    assert result.exit_code == 1, "nor is it deployed where the role table has roles"
    assert "没有的岗位" in result.output


def test_a_single_file_from_elsewhere_is_only_warned(copied: Path, tmp_path: Path) -> None:
    text = (copied / "callback.bpmn").read_text(encoding="utf-8").replace('formRef="CB1"', 'formRef="CB9"')
    (tmp_path / "alone").mkdir()
    alone = tmp_path / "alone" / "callback.bpmn"
    alone.write_text(text, encoding="utf-8")
    code, said = run(alone)
    assert code == 0, said
    assert "CB9" in said


def test_a_story_is_sent_to_its_own_command() -> None:
    story = next((PROCESSES / "complaint" / "scenarios").glob("*.yaml"))
    code, said = run(story)
    assert code == 1
    assert "keyturn scenario" in said


def test_repair_says_when_there_is_nothing_to_do(copied: Path) -> None:
    result = CliRunner().invoke(mend, [str(copied / "callback.bpmn")])
    assert "没有可以自动修复的地方" in result.output


def test_check_says_what_repair_mends_and_repair_what_is_left(tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.bpmn"
    drawn.write_text(
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"><process id="P" '
        'isExecutable="true"><startEvent id="s"/><task id="t" name="填单"/><endEvent id="e"/><sequenceFlow id="f" '
        'sourceRef="s" targetRef="t"/><sequenceFlow id="g" sourceRef="t" targetRef="e"/></process></definitions>',
        encoding="utf-8",
    )
    assert "keyturn repair 可以直接修好" in run(drawn)[1]
    mended = CliRunner().invoke(mend, [str(drawn)])
    assert mended.exit_code == 0
    assert "还有 0 个错误、1 个警告" in mended.output, "nobody's role: only administrators would see the task"
    assert "keyturn repair" not in run(drawn)[1]
