"""Every scenario of the shipped processes, played on a workbench of its own: one test a file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import processes
from engine import scenarios
from engine.core import parse
from engine.scenarios import CheckFailed, ScenarioError
from engine.testing import Workbench
from processes import services
from processes.services import scenario_verbs, trials
from storage.session import Database

FILES = trials.shipped()
PROCESSES = Path(processes.__file__).parent
WANTED = ["AC01", "AC02", "AC03", "AC04", "AC05", "AC06", "AC07", "AC08", "AC09", "AC10", "AC11", "AC18", "AC21"]
WANTED += ["AC22", "AC23", "AC24"]


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
def test_scenario(path, furnished):
    trials.play(path, furnished)


def test_every_acceptance_scenario_has_its_file():
    rules = {rule for path in FILES for rule in scenarios.read(path).rules}
    assert not set(WANTED) - rules


@pytest.mark.parametrize(
    "folder", sorted({path.parent for path in PROCESSES.glob("*/*.bpmn")}), ids=lambda path: path.name
)
def test_every_end_of_every_process_is_come_to_in_a_scenario(folder):
    """Those of called processes and sub-processes too: a scenario names them with 结束 or 走到."""
    reached = set()
    for path in FILES:
        for step in scenarios.read(path).steps:
            came = step.get("走到") or []
            reached |= {step.get("结束"), *(came if isinstance(came, list) else [came])}
    models = [parse.parse(path.read_bytes()) for path in folder.glob("*.bpmn")]
    nodes = [node for model in models for process in model.processes.values() for node in process.nodes.values()]
    assert not sorted({node.name for node in nodes if node.type == "endEvent"} - reached)


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
