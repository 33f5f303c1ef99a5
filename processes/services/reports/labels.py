"""How the texts of dimensions are shown: people by name, clocks in words, nothing as —."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processes.services import clocks
from storage import definitions
from storage import people as staff

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.orm import Session

    from processes.services.reports.measure import Measure

NAMES = {
    "project": ("项目", "Project"),
    "phase": ("分期", "Phase"),
    "building": ("楼栋", "Building"),
    "department": ("部门", "Department"),
    "contractor": ("责任单位", "Responsible unit"),
    "person": ("人员", "Person"),
    "category": ("类别", "Category"),
    "channel": ("渠道", "Channel"),
    "stage": ("阶段", "Stage"),
    "urgency": ("紧急程度", "Urgency"),
    "severity": ("严重程度", "Severity"),
    "batch": ("批次", "Batch"),
    "use": ("用途", "Use of the house"),
}

ENGLISH = {
    "不足 1 天": "Less than 1 day", "1–3 天": "1–3 days", "4–7 天": "4–7 days", "8–15 天": "8–15 days",
    "16–30 天": "16–30 days", "30 天以上": "More than 30 days",
    "群诉": "Of a group", "升级": "Escalated", "区域或媒体": "Area or media", "二次处理": "Handled again",
    "不满意": "Dissatisfied", "逾期": "Late", "多次催促": "Pressed often",
}  # fmt: skip
"""Words that reports themselves put into rows."""
WORDED = frozenset({"stage", "category", "department", "channel", "urgency", "severity", "use"})
"""Dimensions whose texts are words of forms and processes, not names of people, places and units."""


def dimension(measure: Measure | None, name: str, locale: str) -> str:
    """Name a dimension in a language, as the measure calls it."""
    if measure is not None and name == "stage":
        return measure.stage_en if locale == "en" else measure.stage_zh
    if measure is not None and name == "category" and measure.of_process:
        return "Process" if locale == "en" else "流程"
    zh, english = NAMES[name]
    return english if locale == "en" else zh


def shown(session: Session, name: str, texts: Collection[str], locale: str = "zh") -> Mapping[str, str]:
    """Say how texts of a dimension are shown in a language; one that has no translation stays as it is."""
    if name == "person":
        known = staff.names(session, [text for text in texts if text])
        return {text: known.get(text, text) for text in texts}
    if name == "stage":
        plain = {text: clocks.NAMES.get(text, text) for text in texts}
    elif name == "category":
        plain = {text: _process(session, text) for text in texts}
    else:
        plain = {text: text for text in texts}
    return _in_english(session, plain) if locale == "en" and name in WORDED else plain


def _process(session: Session, key: str) -> str:
    """Name a process by its key; a category that is no process is its own name."""
    found = definitions.latest_process(session, key, usable=False) if key.isascii() and key else None
    return found.name if found else key


def _in_english(session: Session, plain: Mapping[str, str]) -> Mapping[str, str]:
    known = definitions.every_text(session, "en")
    return {
        text: ENGLISH.get(word) or known.get(word) or (text.replace("_", " ").capitalize() if text != word else word)
        for text, word in plain.items()
    }
