"""Every scenario of the shipped processes, played on a workbench of its own: one test a file."""

from __future__ import annotations

import shutil

import pytest

from engine import scenarios
from engine.scenarios import CheckFailed, ScenarioError
from engine.testing import Workbench
from processes import services
from processes.services import scenario_verbs, trials
from storage.session import Database

FILES = trials.shipped()
WANTED = ["AC01", "AC02", "AC03", "AC04", "AC05", "AC06", "AC07", "AC08", "AC09", "AC10", "AC11", "AC18", "AC21"]
WANTED += ["AC22", "AC23", "AC24"]
ENDS = ["已答复", "已并案", "非我方办结", "客户认可关闭", "内部认定关闭", "撤诉", "转外部解决"]
ENDS += ["户通过", "户带缺陷", "取消", "批次通过", "不通过转下一轮", "已取消"]
ENDS += ["已销项", "转有偿/指引", "作废", "挂账", "撤回"]
ENDS += ["已交付", "已交付（带问题）", "视同交付", "退房"]


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    """A database with roles, a small estate, its staff and the shipped processes, to be copied."""
    return trials.furnish(tmp_path_factory.mktemp("scenarios"))


@pytest.fixture
def database(furnished, tmp_path):
    """A copy of the furnished database."""
    shutil.copy(furnished, tmp_path / "scenario.db")
    database = Database(f"sqlite:///{tmp_path}/scenario.db")
    yield database
    database.dispose()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scenario(path, furnished, tmp_path):
    trials.play(path, furnished, tmp_path)


def test_every_acceptance_scenario_and_every_end_event_has_its_file():
    read = [scenarios.read(path) for path in FILES]
    rules = {rule for scenario in read for rule in scenario.rules}
    assert not set(WANTED) - rules
    reached = {step.get("结束") for scenario in read for step in scenario.steps}
    assert not set(ENDS) - reached


SMALL = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">
<process id="small" isExecutable="true"><startEvent id="s"/><userTask id="ask" name="Ask"/><endEvent id="e" name="Done"/>
<sequenceFlow id="a" sourceRef="s" targetRef="ask"/><sequenceFlow id="b" sourceRef="ask" targetRef="e"/></process></definitions>"""


@pytest.fixture
def small(tmp_path):
    """A stage with a process of one task."""
    (tmp_path / "small.bpmn").write_text(SMALL)
    with Workbench() as bench:
        bench.deploy(tmp_path / "small.bpmn")
        yield scenarios.Play(bench)


def play(text, stage, tmp_path):
    path = tmp_path / "story.yaml"
    path.write_text(text, encoding="utf-8")
    scenarios.play(scenarios.read(path), stage)


def test_english_keys_read_as_well(small, tmp_path):
    play(
        "name: Small\nsteps:\n  - start: small\n    fill: {n: 1}\n  - open: [Ask]\n    ended: false\n"
        '  - complete: Ask\n    by: anna\n    fill: {answer: "=1 + 1"}\n  - ended: Done\n    variables: {answer: 2, n: 1}\n',
        small,
        tmp_path,
    )


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("应有: [回访]", "not open: 回访; open are: Ask"),
        ("没有: [Ask]", "still open: Ask"),
        ("结束: Done", "has not ended"),
        ("完成: 派单", "no open task 派单"),
        ("变量: {n: 2}", "variable n is"),
        ("次数: {Ask: 2}", "was begun 1 times"),
        ("胡来: 1", "unknown: 胡来"),
        ("完成: Ask\n    被拒: 不行", "should have been refused"),
    ],
)
def test_a_step_that_does_not_go_as_written_is_named(small, tmp_path, step, reason):
    with pytest.raises(ScenarioError, match=reason) as caught:
        play(f"名称: 小\n步骤:\n  - 启动: small\n  - {step}\n", small, tmp_path)
    assert caught.value.step == 2


@pytest.mark.parametrize("text", ["[1, 2", "just a text", "名称: 没有步骤", "步骤: [一步]"])
def test_a_file_that_is_no_scenario_is_refused(small, tmp_path, text):
    with pytest.raises(ScenarioError):
        play(text, small, tmp_path)


def test_checks_say_what_they_found(database):
    stage = scenario_verbs.stage(database, services.registry(), begin=trials.BEGIN)
    stage.current = "TS-2026-999999"
    with pytest.raises(CheckFailed, match="no case"):
        scenario_verbs.VERBS["案件"](stage, {"状态": "待派单"}, {})
