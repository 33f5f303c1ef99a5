"""A process owner plays scenarios on the command line, with a changed table, before it counts."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from tasks_ui.cli_scenario import scenario

PROCESSES = Path(__file__).parents[2] / "processes"
DAY_FIVE = PROCESSES / "complaint" / "scenarios" / "ac05-unfinished-on-day-five.yaml"


def test_a_scenario_passes_with_the_shipped_processes():
    result = CliRunner().invoke(scenario, [str(DAY_FIVE)])
    assert result.exit_code == 0, result.output
    assert "✓ ac05-unfinished-on-day-five" in result.output


def test_a_changed_table_makes_the_scenario_fail_at_its_step(tmp_path):
    table = PROCESSES / "complaint" / "time_limits.dmn"
    text = table.read_text(encoding="utf-8")
    before, clock, after = text.partition("&quot;day5_call&quot;")
    (tmp_path / "time_limits.dmn").write_text(before + clock + after.replace("<text>5</text>", "<text>9</text>", 1), encoding="utf-8")
    result = CliRunner().invoke(scenario, [str(DAY_FIVE), "--with", str(tmp_path)])
    assert result.exit_code == 1
    assert "✗ ac05-unfinished-on-day-five" in result.output
    assert re.search(r"第 \d+ 步：", result.output)
    assert "应有" in result.output
    assert "实际" in result.output


def test_a_file_that_cannot_be_deployed_is_named(tmp_path):
    (tmp_path / "bad.bpmn").write_text("<no-bpmn/>")
    result = CliRunner().invoke(scenario, [str(DAY_FIVE), "--with", str(tmp_path)])
    assert result.exit_code == 1
    assert "BPMN" in result.output


def test_a_task_without_form_and_a_story_that_means_nothing_are_sentences(tmp_path):
    """A user task drawn in without a form is done with nothing filled in; a wrong value names its step."""
    (tmp_path / "bare.bpmn").write_text(
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t">'
        '<process id="bare" isExecutable="true"><startEvent id="s"/><userTask id="look" name="看看" camunda:candidateGroups="agent"/>'
        '<endEvent id="e" name="完"/><sequenceFlow id="f1" sourceRef="s" targetRef="look"/>'
        '<sequenceFlow id="f2" sourceRef="look" targetRef="e"/></process></definitions>',
        encoding="utf-8",
    )
    good, odd, broken = (tmp_path / f"{name}.yaml" for name in ("good", "odd", "broken"))
    good.write_text("名称: 好\n步骤:\n  - 启动: bare\n  - 完成: 看看\n  - 结束: 完\n", encoding="utf-8")
    odd.write_text("名称: 怪\n步骤:\n  - 启动: bare\n  - 完成: 看看\n    填写: 5\n", encoding="utf-8")
    broken.write_text("名称: 坏\n步骤: [一\n", encoding="utf-8")
    result = CliRunner().invoke(scenario, [str(good), str(odd), str(broken), "--with", str(tmp_path / "bare.bpmn")])
    assert "✓ good" in result.output, result.output
    assert "✗ odd: 怪，第 2 步：“完成, 填写”无法执行" in result.output
    assert "✗ broken: broken.yaml：第 2 行不符合 YAML" in result.output
    assert "Traceback" not in result.output
    english = CliRunner().invoke(scenario, [str(odd), "--with", str(tmp_path / "bare.bpmn"), "--lang", "en"])
    assert "step 2" in english.output
