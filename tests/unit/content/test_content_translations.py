"""Every Chinese text of a process has its English in `translations.en.json`, and nothing there is left over."""

from __future__ import annotations

import json

import pytest
from content_texts import CHINESE, PROCESSES, ROOT, of_process

TRANSLATED = (*PROCESSES, "decoration", "inspection", "review", "survey")


def english(process: str) -> dict[str, str]:
    return json.loads((ROOT / process / "translations.en.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("process", TRANSLATED)
def test_every_text_has_its_english(process):
    translated = english(process)
    missing = {text: file for text, file in of_process(ROOT / process).items() if not translated.get(text, "").strip()}
    assert missing == {}


@pytest.mark.parametrize("process", TRANSLATED)
def test_no_translation_is_left_over(process):
    assert sorted(set(english(process)) - set(of_process(ROOT / process))) == []


@pytest.mark.parametrize("process", TRANSLATED)
def test_english_is_english(process):
    assert [text for text in english(process).values() if CHINESE.search(text)] == []


def test_the_same_text_is_translated_alike_everywhere():
    seen: dict[str, str] = {}
    for process in TRANSLATED:
        for text, translated in english(process).items():
            assert seen.setdefault(text, translated) == translated, text
