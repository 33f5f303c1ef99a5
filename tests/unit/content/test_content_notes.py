"""What a task's page says of its task holds no rule numbers: those are for the owner of the process."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest
from content_texts import PROCESSES, ROOT

from tasks_ui.notes import plain_note

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
RULE = re.compile(r"\b(?:DMN-\d+|AC\d+|[A-EGX]\d{1,2})\b|上线|（）|\(\)", re.ASCII)
NOTES = [
    (process, note.text.strip())
    for process in PROCESSES
    for file in sorted((ROOT / process).glob("*.bpmn"))
    for task in ET.parse(file).iter(f"{BPMN}userTask")
    if (note := task.find(f"{BPMN}documentation")) is not None and note.text
]


@pytest.mark.parametrize(("process", "note"), NOTES)
def test_notes_on_a_page_name_no_rules(process, note):
    english = json.loads((ROOT / process / "translations.en.json").read_text(encoding="utf-8"))
    assert RULE.findall(plain_note(note)) == []
    assert RULE.findall(plain_note(english.get(note, ""))) == []


def test_numbers_before_within_and_after_a_note_are_left_out():
    assert plain_note("D14、B45、B64-8、E16：最终分类（A17）。") == "最终分类。"
    assert plain_note("C26–C28: the head comes (C37, AC21).") == "The head comes."
    assert plain_note("解释。\n规则：D14、B45") == "解释。"
    assert plain_note("24 小时内受理。") == "24 小时内受理。"
    assert plain_note("SP4 案例分析（E20、B28、B62）：汇总。") == "案例分析：汇总。"
    assert plain_note("DMN-08 第 15 行。") == ""
    assert plain_note("SP2：按问卷表。") == "按问卷表。"
