"""A process owner plays scenarios on the command line, with a changed table, before it counts."""

from __future__ import annotations

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
    assert "step" in result.output


def test_a_file_that_cannot_be_deployed_is_named(tmp_path):
    (tmp_path / "bad.bpmn").write_text("<no-bpmn/>")
    result = CliRunner().invoke(scenario, [str(DAY_FIVE), "--with", str(tmp_path)])
    assert result.exit_code == 1
    assert "BPMN" in result.output
