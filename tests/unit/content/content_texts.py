"""Collects every Chinese text that people read in forms, decision tables and diagrams."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3] / "processes"
PROCESSES = ("complaint", "callback", "escalation", "reminder", "rectification", "handover")
CHINESE = re.compile(r"[\u3400-\u9fff]")
SHOWN = (
    "name",
    "label",
    "dateLabel",
    "timeLabel",
    "description",
    "text",
    "prefixAdorner",
    "suffixAdorner",
    "patternErrorMessage",
    "checkMessage",
    "help",
)
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def of_form(path: Path) -> Iterator[str]:
    yield from _json(json.loads(path.read_text(encoding="utf-8")))


def _json(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _json(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in SHOWN and isinstance(value, str):
                yield value
            else:
                yield from _json(value)


def of_decision(path: Path) -> Iterator[str]:
    for element in ET.parse(path).iter():
        tag = element.tag.rpartition("}")[2]
        if tag in {"definitions", "decision", "annotation"}:
            yield element.get("name", "")
        yield element.get("label", "")
        if tag == "description":
            yield element.text or ""
        if tag in {"inputEntry", "outputEntry"}:
            yield from QUOTED.findall("".join(element.itertext()))


def of_diagram(path: Path) -> Iterator[str]:
    for element in ET.parse(path).iter():
        tag = element.tag.rpartition("}")[2]
        if tag not in {"property", "inputParameter", "outputParameter"}:
            yield element.get("name", "")
        if tag in {"documentation", "text"}:
            yield (element.text or "").strip()


def of_process(folder: Path) -> dict[str, str]:
    """Every Chinese text of a process with the first file that holds it."""
    found: dict[str, str] = {}
    for pattern, collect in (("forms/*.form", of_form), ("*.dmn", of_decision), ("*.bpmn", of_diagram)):
        for path in sorted(folder.glob(pattern)):
            for text in collect(path):
                if CHINESE.search(text):
                    found.setdefault(text, path.name)
    return found
